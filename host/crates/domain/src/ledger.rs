//! The ledger: what an installation read, called, cost and changed, per day and version. Counts only: no
//! value that was read, no address that was called beyond the host's name.

use std::collections::{BTreeMap, BTreeSet};

use crate::Timestamp;
use crate::clock::DAY_MS;
use crate::effect::EffectKind;
use crate::grant::{Grant, Grants};
use crate::id::InstallationId;
use crate::run::{Decision, DecisionStatus, Run};

/// After so many days without use a grant is offered for removal.
pub const UNUSED_AFTER_DAYS: i64 = 30;

/// A day in UTC, as `2026-03-02`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Day(pub String);

impl Day {
    /// The day of an instant.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        Self(at.to_string().chars().take(10).collect())
    }

    /// The day so many days before an instant.
    #[must_use]
    pub fn before(at: Timestamp, days: i64) -> Self {
        Self::of(at.plus(-days.saturating_mul(DAY_MS)))
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// What one version of an installation did on one day (or, while it is added, in one run).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LedgerEntry {
    /// Whose.
    pub installation_id: InstallationId,
    /// Which day.
    pub day: Day,
    /// SHA-256 of the component that ran.
    pub digest: String,
    /// What it cost and what became of its effects.
    pub counts: LedgerCounts,
    /// What of its grants it used: `read:text`, `http:api.example.com`, `effect:reply`, `use:kv`.
    pub uses: BTreeMap<String, Use>,
}

/// Names every count once: the struct, its list and its sum follow.
macro_rules! counts {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {
        /// What it cost and what became of its effects.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
        pub struct LedgerCounts {
            $($(#[$meta])* pub $name: i64,)+
            /// Highest memory of a single run, bytes.
            pub memory_bytes: i64,
        }

        impl LedgerCounts {
            /// Adds the counts of another entry; of memory the higher one counts.
            pub fn add(&mut self, other: &Self) {
                $(self.$name = self.$name.saturating_add(other.$name);)+
                self.memory_bytes = self.memory_bytes.max(other.memory_bytes);
            }
        }
    };
}

counts! {
    /// Runs.
    runs,
    /// Runs that failed by the plugin's own fault.
    faults,
    /// Fuel: the price.
    fuel,
    /// Processor time, microseconds.
    cpu_us,
    /// Wall time, microseconds.
    wall_us,
    /// Calls of host functions.
    host_calls,
    /// Bytes that it wrote into its key-value store.
    kv_bytes,
    /// Effects that it proposed.
    proposed,
    /// Effects that were applied, by the desk or by an agent who accepted them.
    applied,
    /// Effects that a rule refused or another effect superseded.
    rejected,
    /// Effects that people took back: a field or tag changed again by hand, a suggestion declined.
    corrected,
}

/// How often something was used, and how many bytes went over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Use {
    /// How often.
    pub calls: i64,
    /// Bytes that left (request line, headers and body of HTTP requests).
    pub bytes_out: i64,
    /// Bytes that came in.
    pub bytes_in: i64,
}

impl Use {
    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.bytes_out = self.bytes_out.saturating_add(other.bytes_out);
        self.bytes_in = self.bytes_in.saturating_add(other.bytes_in);
    }
}

impl LedgerEntry {
    /// Nothing yet.
    #[must_use]
    pub fn empty(installation_id: InstallationId, day: Day, digest: &str) -> Self {
        let (counts, uses) = (LedgerCounts::default(), BTreeMap::new());
        Self { installation_id, day, digest: digest.to_owned(), counts, uses }
    }

    /// What one run is to the ledger. `kv_bytes` is what it wrote.
    #[must_use]
    pub fn of_run(run: &Run, kv_bytes: i64) -> Self {
        let mut out = Self::empty(run.installation_id, Day::of(run.started_at), &run.digest);
        out.counts = LedgerCounts {
            runs: 1,
            faults: i64::from(run.fault.as_ref().is_some_and(crate::run::Fault::is_plugins_fault)),
            fuel: run.fuel,
            cpu_us: run.cpu_us,
            wall_us: run.duration_us,
            host_calls: run.host_calls,
            kv_bytes,
            memory_bytes: run.memory_bytes,
            ..LedgerCounts::default()
        };
        for (class, times) in &run.reads {
            out.used(&Grant::Read(*class), Use { calls: i64::from(*times), ..Use::default() });
        }
        for (host, traffic) in &run.http {
            out.used(&Grant::Http(host.clone()), *traffic);
        }
        for (capability, times) in &run.calls {
            out.used(&Grant::Use(*capability), Use { calls: *times, ..Use::default() });
        }
        out
    }

    /// Counts what became of one of its effects.
    pub fn decided(&mut self, decision: &Decision) {
        self.counts.proposed += 1;
        match decision.status {
            DecisionStatus::Applied => self.counts.applied += 1,
            DecisionStatus::Rejected | DecisionStatus::Superseded | DecisionStatus::Failed => {
                self.counts.rejected += 1;
            }
            DecisionStatus::Suggested | DecisionStatus::Shadowed => {}
        }
        let field = match &decision.effect {
            crate::effect::Effect::SetField { field, .. } => Some(field.clone()),
            _ => None,
        };
        self.used(&Grant::Effect(decision.effect.kind(), field), Use { calls: 1, ..Use::default() });
    }

    fn used(&mut self, grant: &Grant, how: Use) {
        self.uses.entry(grant.to_string()).or_default().add(&how);
    }

    /// Adds another entry of the same installation.
    pub fn add(&mut self, other: &Self) {
        self.counts.add(&other.counts);
        for (what, how) in &other.uses {
            self.uses.entry(what.clone()).or_default().add(how);
        }
    }
}

/// Grants that nothing in these entries used. Rights are counted by what was done, so a grant that allows
/// several fields counts as used when one of them was set.
#[must_use]
pub fn unused(grants: &Grants, entries: &[LedgerEntry]) -> Vec<Grant> {
    let used: BTreeSet<Grant> =
        entries.iter().flat_map(|e| e.uses.keys()).filter_map(|what| what.parse().ok()).collect();
    let called = |host: &String| used.contains(&Grant::Http(host.clone()));
    let wrote =
        used.iter().any(|what| matches!(what, Grant::Effect(EffectKind::Reply | EffectKind::Notify, _)));
    let is_used = |grant: &Grant| {
        match grant {
            // What is filled in is the desk's doing: it goes with the request or the message that it stands in.
            Grant::Send(_, host) if called(host) => return true,
            Grant::Fill(_) if wrote => return true,
            _ => {}
        }
        let alone: Grants = std::iter::once(grant.clone()).collect();
        used.iter().any(|what| alone.covers(what))
    };
    grants.0.iter().filter(|grant| !is_used(grant)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CountingIds;

    fn entry(uses: &[&str]) -> LedgerEntry {
        let id = InstallationId::mint(&CountingIds::default(), Timestamp(0));
        let mut entry = LedgerEntry::empty(id, Day::of(Timestamp(0)), "ab");
        for what in uses {
            entry.used(&what.parse().unwrap(), Use { calls: 1, bytes_out: 2, bytes_in: 3 });
        }
        entry
    }

    fn grants(list: &[&str]) -> Grants {
        list.iter().map(|g| g.parse::<Grant>().unwrap()).collect()
    }

    #[test]
    fn a_day_is_the_date_in_utc() {
        assert_eq!(Day::of(Timestamp(1_772_442_000_000)).0, "2026-03-02");
        assert_eq!(Day::before(Timestamp(1_772_442_000_000), 30).0, "2026-01-31");
    }

    #[test]
    fn a_grant_nobody_used_is_named_and_a_wide_one_counts_by_any_of_its_fields() {
        let allowed =
            grants(&["read:text", "read:subject", "effect:set-field", "http:api.example.com", "use:kv"]);
        let entries = [entry(&["read:text"]), entry(&["effect:set-field:team"])];
        let named: Vec<String> = unused(&allowed, &entries).iter().map(ToString::to_string).collect();
        assert_eq!(named, ["read:subject", "use:kv", "http:api.example.com"]);
    }

    #[test]
    fn entries_add_up_and_of_memory_the_peak_counts() {
        let mut sum = entry(&["read:text"]);
        sum.counts = LedgerCounts { runs: 1, fuel: 10, memory_bytes: 5, ..LedgerCounts::default() };
        let mut other = entry(&["read:text", "use:kv"]);
        other.counts = LedgerCounts { runs: 2, fuel: 1, memory_bytes: 9, ..LedgerCounts::default() };
        sum.add(&other);
        assert_eq!((sum.counts.runs, sum.counts.fuel, sum.counts.memory_bytes), (3, 11, 9));
        assert_eq!(sum.uses["read:text"], Use { calls: 2, bytes_out: 4, bytes_in: 6 });
        assert_eq!(sum.uses.len(), 2);
    }
}
