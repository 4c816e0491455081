//! Links that are their own proof: an id and a token that only this house can make for it and for one purpose. Knows no
//! page and not what following a link changes.

use std::fmt::Display;
use std::str::FromStr;

use crate::Desk;

/// Characters of the token, hex: 80 bits, so that nobody speaks for another by trying.
const TOKEN_CHARS: usize = 20;

impl Desk {
    /// Where `page` is reached from outside; none without a public address.
    pub(crate) fn public_page(&self, page: &str, word: &str) -> Option<String> {
        let base = self.0.config.mail.public_url.trim_end_matches('/');
        (!base.is_empty()).then(|| format!("{base}/{page}/{word}"))
    }

    /// The last part of a link: the id with its token.
    pub(crate) fn signed_word(&self, purpose: &str, id: &impl Display) -> String {
        let id = id.to_string();
        let token: String = self.0.seal.digest(purpose, &id).chars().take(TOKEN_CHARS).collect();
        format!("{id}.{token}")
    }

    /// Whose link it is; none when it is not one of ours.
    pub(crate) fn signed_id<Id: FromStr + Display>(&self, purpose: &str, word: &str) -> Option<Id> {
        let (id, _) = word.split_once('.')?;
        let id: Id = id.parse().ok()?;
        let right = self.signed_word(purpose, &id);
        let is_ours: bool = subtle::ConstantTimeEq::ct_eq(word.as_bytes(), right.as_bytes()).into();
        is_ours.then_some(id)
    }
}
