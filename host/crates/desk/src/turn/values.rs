//! The values that the runs of one turn keep: a later hook of a plugin reads what an earlier one wrote, and nothing is
//! written over what somebody else wrote since it was read.

use std::collections::BTreeMap;

use domain::id::InstallationId;
use store::{Fact, Over};

use super::Ran;

/// Values of one installation by their keys; `None` is one that is taken away.
pub(crate) type Values = BTreeMap<String, Option<Vec<u8>>>;

/// What a turn keeps.
#[derive(Debug, Default)]
pub(crate) struct Kept(BTreeMap<InstallationId, BTreeMap<String, Write>>);

#[derive(Debug)]
struct Write {
    value: Option<Vec<u8>>,
    over: Over,
}

impl Kept {
    /// What the runs of these stages keep, in their order. What the first hook had read is what must still be there.
    pub(super) fn of(stages: &[Vec<Ran>]) -> Self {
        let mut kept = Self::default();
        for ran in stages.iter().flatten() {
            let of_it = kept.0.entry(ran.installation.id).or_default();
            for (key, value) in &ran.kv_writes {
                let read = || ran.kv_read.get(key).map_or(Over::Anything, |read| Over::Read(read.clone()));
                let write = of_it.entry(key.clone()).or_insert_with(|| Write { value: None, over: read() });
                write.value.clone_from(value);
            }
        }
        kept
    }

    /// What an installation's next hook finds in place of what the store has.
    pub(super) fn by(&self, id: InstallationId) -> Values {
        let writes = self.0.get(&id).into_iter().flatten();
        writes.map(|(key, write)| (key.clone(), write.value.clone())).collect()
    }

    /// What is to be stored.
    pub(super) fn facts(self) -> impl Iterator<Item = Fact> {
        self.0.into_iter().flat_map(|(installation_id, writes)| {
            writes.into_iter().map(move |(key, Write { value, over })| Fact::KvPut {
                installation_id,
                key,
                value,
                over,
            })
        })
    }
}
