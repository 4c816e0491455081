//! API tokens: scopes. The secret itself is shown once and kept only as a digest.

use crate::id::TokenId;
use crate::{Timestamp, text_enum};

text_enum! {
    /// What a token may do. `admin` includes all others but `reveal`.
    Scope {
        /// Read tickets, messages, contacts, events, runs, decisions, articles.
        Read = "read",
        /// Write tickets and messages.
        Write = "write",
        /// Hand in raw mail.
        Inbound = "inbound",
        /// Plugins, installations, schedules, tokens, webhooks, articles.
        Admin = "admin",
        /// See sealed personal values again, with a reason. No other scope includes it.
        Reveal = "reveal",
    }
}

/// An API token as stored.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Token {
    /// Id.
    pub id: TokenId,
    /// Name for people.
    pub name: String,
    /// SHA-256 of the secret, hex.
    pub digest: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Created.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

impl Token {
    /// Whether it has not expired at `now`.
    #[must_use]
    pub fn stands(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| now < at)
    }

    /// Whether the token may do what `scope` stands for at `now`.
    #[must_use]
    pub fn allows(&self, scope: Scope, now: Timestamp) -> bool {
        self.stands(now)
            && (self.scopes.contains(&scope)
                || (scope != Scope::Reveal && self.scopes.contains(&Scope::Admin)))
    }

    /// Its name in one line: what tickets, lists and stories call whoever acts with it.
    #[must_use]
    pub fn in_one_line(&self) -> String {
        one_line(&self.name)
    }
}

/// A name without line ends and doubled blanks.
#[must_use]
pub fn one_line(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CountingIds;

    #[test]
    fn an_admin_may_do_all_but_see_sealed_values() {
        let id = TokenId::mint(&CountingIds::default(), Timestamp(0));
        let token = Token {
            id,
            name: String::new(),
            digest: String::new(),
            scopes: vec![Scope::Admin],
            created_at: Timestamp(0),
            expires_at: None,
        };
        for scope in Scope::ALL {
            assert_eq!(token.allows(*scope, Timestamp(0)), *scope != Scope::Reveal, "{scope}");
        }
    }
}
