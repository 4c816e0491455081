//! Tables of plugins that were read in pieces, kept at hand between runs: a model of megabytes is read from
//! the database once, not with every ticket. Holds copies only; the database stays the truth.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use domain::id::InstallationId;

/// Bytes of all tables at hand.
const BYTES_MAX: usize = 64 << 20;

/// The tables at hand, last used last.
#[derive(Debug, Default)]
pub(crate) struct Tables(Mutex<VecDeque<Table>>);

#[derive(Debug)]
struct Table {
    installation_id: InstallationId,
    key: String,
    bytes: Arc<Vec<u8>>,
}

impl Table {
    fn is(&self, installation_id: InstallationId, key: &str) -> bool {
        self.installation_id == installation_id && self.key == key
    }
}

impl Tables {
    /// A table, if it is at hand.
    pub(crate) fn get(&self, installation_id: InstallationId, key: &str) -> Option<Arc<Vec<u8>>> {
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = tables.iter().position(|table| table.is(installation_id, key))?;
        let table = tables.remove(at)?;
        let bytes = Arc::clone(&table.bytes);
        tables.push_back(table);
        Some(bytes)
    }

    /// Keeps a table; those not used for longest give way.
    pub(crate) fn keep(&self, installation_id: InstallationId, key: &str, bytes: Arc<Vec<u8>>) {
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tables.retain(|table| !table.is(installation_id, key));
        tables.push_back(Table { installation_id, key: key.to_owned(), bytes });
        while tables.len() > 1 && tables.iter().map(|table| table.bytes.len()).sum::<usize>() > BYTES_MAX {
            tables.pop_front();
        }
    }

    /// Lets go of all tables of an installation.
    pub(crate) fn forget_all(&self, installation_id: InstallationId) {
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tables.retain(|table| table.installation_id != installation_id);
    }

    /// Lets go of a table that a run wrote or deleted.
    pub(crate) fn forget(&self, installation_id: InstallationId, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|table| !table.is(installation_id, key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;
    use domain::id::CountingIds;

    #[test]
    fn the_table_not_used_for_longest_gives_way_and_a_written_one_is_let_go() {
        let id = InstallationId::mint(&CountingIds::default(), Timestamp(0));
        let tables = Tables::default();
        for key in ["a", "b"] {
            tables.keep(id, key, Arc::new(vec![0; BYTES_MAX / 2]));
        }
        assert!(tables.get(id, "a").is_some());
        tables.keep(id, "c", Arc::new(vec![0; BYTES_MAX / 2]));
        assert!(
            tables.get(id, "b").is_none() && tables.get(id, "a").is_some() && tables.get(id, "c").is_some()
        );
        tables.forget(id, "a");
        assert!(tables.get(id, "a").is_none());
        tables.forget_all(id);
        assert!(tables.get(id, "c").is_none());
    }
}
