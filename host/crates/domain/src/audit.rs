//! The audit chain: what people and plugins did, each entry bound to the one before by a digest.
//! Details stay out of the chain (only their digest is in it), so that erasing them leaves it valid.

use sha2::{Digest, Sha256};

use crate::id::AuditId;
use crate::{Actor, Timestamp};

/// Something to be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// Dotted verb: `plugin.installed`.
    pub action: String,
    /// On what.
    pub object: String,
    /// Particulars, without personal data.
    pub details: serde_json::Value,
}

/// An entry as it stands in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Place in the chain, from 1, without gaps.
    pub sequence: i64,
    /// The record.
    pub record: AuditRecord,
    /// Digest of the entry before; 64 zeros for the first.
    pub previous: String,
    /// Digest of this entry.
    pub digest: String,
}

/// Digest before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The digest that binds a record to its place and predecessor.
#[must_use]
pub fn link(sequence: i64, previous: &str, record: &AuditRecord) -> String {
    let mut hash = Sha256::new();
    let details = hex::encode(Sha256::digest(record.details.to_string().as_bytes()));
    for part in [
        previous,
        &sequence.to_string(),
        &record.id.to_string(),
        &record.at.0.to_string(),
        record.actor.kind.as_str(),
        &record.actor.id,
        &record.action,
        &record.object,
        &details,
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

/// The first entry that does not fit, by sequence; `None` when the chain is whole.
#[must_use]
pub fn first_broken(entries: &[AuditEntry]) -> Option<i64> {
    let mut previous = GENESIS.to_owned();
    for (expected, entry) in (1..).zip(entries) {
        let whole = entry.sequence == expected
            && entry.previous == previous
            && entry.digest == link(entry.sequence, &entry.previous, &entry.record);
        if !whole {
            return Some(expected);
        }
        previous.clone_from(&entry.digest);
    }
    None
}
