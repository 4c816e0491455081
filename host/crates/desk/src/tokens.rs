//! The tokens of the house: looked up by their secrets, and remembered for doors that count who asks. What is remembered
//! tells whose a secret is and nothing more; whether its token stands, and what it may do, is looked up each time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::clock::{Moment, SECOND_MS};
use domain::token::Token;

use crate::administer::digest;
use crate::{Desk, DeskError};

/// What this process remembers of the tokens, under their digests. One that was revoked elsewhere stays until somebody
/// brings it.
#[derive(Debug)]
pub(crate) struct KnownTokens {
    known: Mutex<HashMap<String, Token>>,
    /// From when on all may be read again. Held while they are read: whoever comes meanwhile waits for that reading.
    read_next: tokio::sync::Mutex<Moment>,
}

impl Default for KnownTokens {
    fn default() -> Self {
        Self { known: Mutex::default(), read_next: tokio::sync::Mutex::new(Moment(i64::MIN)) }
    }
}

impl KnownTokens {
    /// A thread that panicked left whole entries behind.
    fn known(&self) -> MutexGuard<'_, HashMap<String, Token>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, digest: &str) -> Option<Token> {
        self.known().get(digest).cloned()
    }

    pub(crate) fn add(&self, token: Token) {
        self.known().insert(token.digest.clone(), token);
    }

    pub(crate) fn forget(&self, digest: &str) {
        self.known().remove(digest);
    }
}

impl Desk {
    /// The token that is stored under this digest, as far as this process knows, whether it has expired or not. For one
    /// that it does not know all are read, once a second at most, so that guesses cost no look-up each: one that was made
    /// here is known at once, one that was made by another process a second later at most.
    pub async fn known_token(&self, digest: &str) -> Option<Token> {
        let tokens = &self.0.tokens;
        if let Some(token) = tokens.get(digest) {
            return Some(token);
        }
        let mut read_next = tokens.read_next.lock().await;
        if *read_next <= self.moment() {
            // Before as well as after: who breaks off while they are read does not make the next one read.
            *read_next = self.moment().plus(SECOND_MS);
            match self.0.store.tokens().await {
                Ok(all) => all.into_iter().for_each(|token| tokens.add(token)),
                Err(error) => {
                    tracing::debug!(%error, "the tokens could not be read; those known before count")
                }
            }
            *read_next = self.moment().plus(SECOND_MS);
        }
        drop(read_next);
        tokens.get(digest)
    }

    /// The token with this secret, if there is one, whether it has expired or not. Secrets are looked up by their
    /// digest, so comparing them takes the same time whether they are near or not.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn token_with(&self, secret: &str) -> Result<Option<Token>, DeskError> {
        let digest = digest(secret);
        let found = self.0.store.token_by_digest(&digest).await?;
        match &found {
            Some(token) => self.0.tokens.add(token.clone()),
            None => self.0.tokens.forget(&digest),
        }
        Ok(found)
    }

    /// The token with this secret, if there is one and it has not expired.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn authenticate(&self, secret: &str) -> Result<Option<Token>, DeskError> {
        let token = self.token_with(secret).await?;
        let now = self.now();
        Ok(token.filter(|token| token.stands(now)))
    }
}

#[cfg(test)]
mod tests {
    use domain::Actor;
    use domain::id::TokenId;
    use domain::token::Scope;
    use store::Fact;

    use super::*;
    use crate::NewToken;
    use crate::fixture::{Fixture, NOW};

    async fn made_here(house: &Fixture, name: &str) -> (Token, String) {
        let new = NewToken { name: name.to_owned(), scopes: vec![Scope::Read], expires_at: None };
        house.desk.create_token(new, Actor::system()).await.unwrap()
    }

    /// A token that another process made; what it is stored under.
    async fn made_elsewhere(house: &Fixture, secret: &str) -> String {
        let id = TokenId::mint(house.desk.0.ids.as_ref(), NOW);
        let (name, scopes) = (secret.to_owned(), vec![Scope::Read]);
        let token = Token { id, name, digest: digest(secret), scopes, created_at: NOW, expires_at: None };
        house.facts(vec![Fact::PutToken(token)]).await;
        digest(secret)
    }

    async fn knows(house: &Fixture, digest: &str) -> bool {
        house.desk.known_token(digest).await.is_some()
    }

    #[tokio::test]
    async fn a_token_made_here_is_known_at_once_and_one_made_elsewhere_a_second_later_at_most() {
        let house = Fixture::new().await;
        let first = made_elsewhere(&house, "klz_first").await;
        assert!(knows(&house, &first).await, "what was there is read when somebody asks");
        let second = made_elsewhere(&house, "klz_second").await;
        let (here, _) = made_here(&house, "here").await;
        assert!(knows(&house, &here.digest).await);
        assert!(!knows(&house, &second).await, "they were read just now");
        house.clock.advance(999);
        assert!(!knows(&house, &second).await);
        house.clock.advance(1);
        assert!(knows(&house, &second).await);
        let third = made_elsewhere(&house, "klz_third").await;
        assert!(!knows(&house, &third).await, "a second begins anew with each reading");
        assert!(house.desk.token_with("klz_third").await.unwrap().is_some());
        assert!(knows(&house, &third).await, "what was looked up is known");
    }

    #[tokio::test]
    async fn a_revoked_token_is_forgotten_at_once_here_and_when_it_is_brought_where_it_was_not() {
        let house = Fixture::new().await;
        let (here, _) = made_here(&house, "here").await;
        house.desk.revoke_token(here.id, Actor::system()).await.unwrap();
        assert!(!knows(&house, &here.digest).await);
        let (other, secret) = made_here(&house, "other").await;
        house.facts(vec![Fact::RemoveToken(other.id)]).await;
        assert!(knows(&house, &other.digest).await, "nobody has brought it since");
        assert!(house.desk.authenticate(&secret).await.unwrap().is_none());
        assert!(!knows(&house, &other.digest).await);
    }

    #[tokio::test]
    async fn while_the_database_is_away_those_that_are_known_stay_so() {
        let house = Fixture::new().await;
        let (here, _) = made_here(&house, "here").await;
        house.store.close().await;
        assert!(knows(&house, &here.digest).await);
        assert!(!knows(&house, &digest("klz_guess")).await);
    }
}
