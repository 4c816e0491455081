//! The audit chain: what people and plugins did, each entry bound to the one before by a digest that only whoever has
//! the house's key can make. Entries from before there was a key are bound by a plain digest and stay as they are.

use std::fmt;

use hmac::{Hmac, Mac};
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
    /// Digest of this entry; how it begins says whether it is keyed.
    pub digest: String,
}

/// Digest before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// How a keyed digest begins. A plain one is 64 hex digits.
const KEYED: &str = "hmac:";

/// The key that entries are bound with. Not in the database: who can write there cannot write an entry that fits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuditKey([u8; 32]);

impl AuditKey {
    /// Of bytes that are used for nothing else.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditKey(…)")
    }
}

/// The digest that binds a record to its place and predecessor: keyed where there is a key.
#[must_use]
pub fn link(key: Option<AuditKey>, sequence: i64, previous: &str, record: &AuditRecord) -> String {
    let told = told(sequence, previous, record);
    let Some(AuditKey(key)) = key else { return hex::encode(Sha256::digest(&told)) };
    // HMAC takes keys of any length; the error case cannot happen and yields a digest that fits nothing.
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&key) else { return String::new() };
    mac.update(&told);
    format!("{KEYED}{}", hex::encode(mac.finalize().into_bytes()))
}

/// What a digest is of: every part with its length in front, so that none can run into the next.
fn told(sequence: i64, previous: &str, record: &AuditRecord) -> Vec<u8> {
    let details = hex::encode(Sha256::digest(record.details.to_string().as_bytes()));
    let mut told = Vec::new();
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
        told.extend_from_slice(&(part.len() as u64).to_be_bytes());
        told.extend_from_slice(part.as_bytes());
    }
    told
}

/// The chain as it is followed from its first entry.
#[derive(Debug, Clone)]
pub struct Chain {
    key: Option<AuditKey>,
    length: i64,
    end: String,
    keyed_from: Option<i64>,
}

impl Chain {
    /// Before the first entry.
    #[must_use]
    pub fn with(key: Option<AuditKey>) -> Self {
        Self { key, length: 0, end: GENESIS.to_owned(), keyed_from: None }
    }

    /// Goes on to the next entry and says whether it fits. Behind a keyed entry no plain one does: anybody can make
    /// those.
    pub fn follow(&mut self, entry: &AuditEntry) -> bool {
        let is_keyed = entry.digest.starts_with(KEYED);
        let may_be = if is_keyed { self.key.is_some() } else { self.keyed_from.is_none() };
        let key = self.key.filter(|_| is_keyed);
        let fits = may_be
            && entry.sequence == self.length + 1
            && entry.previous == self.end
            && entry.digest == link(key, entry.sequence, &entry.previous, &entry.record);
        if is_keyed && self.keyed_from.is_none() {
            self.keyed_from = Some(entry.sequence);
        }
        self.length = entry.sequence;
        self.end.clone_from(&entry.digest);
        fits
    }

    /// Place of the newest entry that was followed; 0 before the first.
    #[must_use]
    pub const fn length(&self) -> i64 {
        self.length
    }

    /// Digest of the newest entry that was followed: kept elsewhere, it shows later whether the end was cut off.
    #[must_use]
    pub fn end(&self) -> &str {
        &self.end
    }

    /// Place of the first keyed entry, if there was one.
    #[must_use]
    pub const fn keyed_from(&self) -> Option<i64> {
        self.keyed_from
    }
}

/// The first entry that does not fit, by its place; `None` when the chain is whole.
#[must_use]
pub fn first_broken(entries: &[AuditEntry], key: Option<AuditKey>) -> Option<i64> {
    let mut chain = Chain::with(key);
    (1..).zip(entries).find_map(|(place, entry)| (!chain.follow(entry)).then_some(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CountingIds;

    const KEY: AuditKey = AuditKey::new([7; 32]);

    /// A chain of so many entries; those from `keyed_from` on are keyed.
    fn chain(length: i64, keyed_from: i64, key: AuditKey) -> Vec<AuditEntry> {
        let ids = CountingIds::default();
        let mut previous = GENESIS.to_owned();
        let entry = |sequence: i64| {
            let at = Timestamp(sequence);
            let record = AuditRecord {
                id: AuditId::mint(&ids, at),
                at,
                actor: Actor::system(),
                action: "test.done".to_owned(),
                object: sequence.to_string(),
                details: serde_json::Value::Null,
            };
            let digest = link((sequence >= keyed_from).then_some(key), sequence, &previous, &record);
            let before = std::mem::replace(&mut previous, digest.clone());
            AuditEntry { sequence, record, previous: before, digest }
        };
        (1..=length).map(entry).collect()
    }

    #[test]
    fn a_chain_that_was_plain_at_first_is_whole_and_says_from_where_it_is_keyed() {
        let entries = chain(5, 3, KEY);
        assert_eq!(first_broken(&entries, Some(KEY)), None);
        let mut followed = Chain::with(Some(KEY));
        assert!(entries.iter().all(|entry| followed.follow(entry)));
        assert_eq!((followed.length(), followed.keyed_from()), (5, Some(3)));
        assert_eq!(followed.end(), entries[4].digest);
        let plain = chain(2, i64::MAX, KEY);
        assert_eq!((first_broken(&plain, Some(KEY)), first_broken(&plain, None)), (None, None));
        assert!(plain.iter().all(|entry| entry.digest.len() == 64));
    }

    #[test]
    fn whoever_changes_an_entry_without_the_key_breaks_the_chain() {
        let whole = chain(5, 3, KEY);
        let mut changed = whole.clone();
        changed[3].record.object = "another".to_owned();
        assert_eq!(first_broken(&changed, Some(KEY)), Some(4));
        // The chain goes on, but not from a plain digest or one of another key.
        changed[3].digest = link(None, 4, &changed[3].previous, &changed[3].record);
        assert_eq!(first_broken(&changed, Some(KEY)), Some(4));
        changed[3].digest = link(Some(AuditKey::new([8; 32])), 4, &changed[3].previous, &changed[3].record);
        assert_eq!(first_broken(&changed, Some(KEY)), Some(4));
        // What was plain is held by the first keyed entry.
        let mut before = chain(5, i64::MAX, KEY);
        before[0].record.object = "another".to_owned();
        before[0].digest = link(None, 1, GENESIS, &before[0].record);
        let mut mended = before[1].clone();
        mended.previous.clone_from(&before[0].digest);
        mended.digest = link(None, 2, &mended.previous, &mended.record);
        let forged = [vec![before[0].clone(), mended], whole[2..].to_vec()].concat();
        assert_eq!(first_broken(&forged, Some(KEY)), Some(3));
    }

    #[test]
    fn a_keyed_chain_is_not_taken_for_whole_without_its_key_and_an_entry_that_is_missing_is_noticed() {
        let whole = chain(3, 1, KEY);
        assert_eq!(first_broken(&whole, None), Some(1));
        assert_eq!(first_broken(&whole, Some(AuditKey::new([8; 32]))), Some(1));
        assert_eq!(first_broken(&[whole[0].clone(), whole[2].clone()], Some(KEY)), Some(2));
        assert_eq!(format!("{KEY:?}"), "AuditKey(…)");
    }
}
