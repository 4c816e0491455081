//! Signing in to the console and out again. Sessions are kept in the database, so that each host knows those that
//! another one began, and a restart signs nobody out.

use domain::session::{SESSION_MS, Session};
use domain::token::Token;
use store::{Commit, Fact};

use crate::administer::{digest, random_32};
use crate::{Desk, DeskError};

impl Desk {
    /// Begins a session for a token; the id that the browser shows from now on. Sessions that are over are taken away.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn begin_session(&self, token: &Token) -> Result<String, DeskError> {
        let id = hex::encode(random_32());
        let now = self.now();
        let session = Session { digest: digest(&id), token_id: token.id, until: now.plus(SESSION_MS) };
        let facts = vec![Fact::EndSessions { before: now }, Fact::PutSession(session)];
        self.0.store.commit(Commit { facts }).await?;
        Ok(id)
    }

    /// The token that somebody signed in with, as long as the session lasts and the token stands.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn session_token(&self, id: &str) -> Result<Option<Token>, DeskError> {
        Ok(self.0.store.session_token(&digest(id), self.now()).await?)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn end_session(&self, id: &str) -> Result<(), DeskError> {
        Ok(self.0.store.commit(Commit::of(vec![Fact::EndSession(digest(id))])).await?)
    }
}
