//! A visit to the console of somebody who signed in. What travels in the cookie is kept only as a digest.

use crate::Timestamp;
use crate::clock::HOUR_MS;
use crate::id::TokenId;

/// How long a session lasts, milliseconds.
pub const SESSION_MS: i64 = 12 * HOUR_MS;

/// A session as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the id in the cookie, hex.
    pub digest: String,
    /// The token that was signed in with; without it the session is nothing.
    pub token_id: TokenId,
    /// When it ends.
    pub until: Timestamp,
}
