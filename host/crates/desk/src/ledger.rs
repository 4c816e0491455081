//! The ledger: what each installation read, called, cost and changed, written with the run it is about and by
//! the same commit. And what people took back: the one number a plugin cannot flatter.

use std::collections::BTreeMap;

use domain::effect::Effect;
use domain::event::{Event, EventType};
use domain::grant::Grant;
use domain::id::{InstallationId, TicketId};
use domain::ledger::{Day, LedgerCounts, LedgerEntry, UNUSED_AFTER_DAYS, Use, unused};
use domain::plugin::Hook;
use domain::run::{Decision, DecisionStatus, Run};
use domain::work::Work;
use domain::{ActorKind, Timestamp, plain};
use runtime::RunReport;
use store::Fact;

use crate::{Desk, DeskError};

/// Rows of one day and version: so many writers do not wait for each other.
const SHARDS: i64 = 16;
/// Longest look back, days.
const DAYS_MAX: i64 = 366;

/// What an installation did within some days.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LedgerView {
    /// Whose.
    pub installation_id: InstallationId,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// By day and version.
    pub entries: Vec<LedgerEntry>,
    /// All of them together.
    pub total: LedgerCounts,
    /// What of its grants it used, all days together.
    pub uses: BTreeMap<String, Use>,
    /// Bytes in its key-value store now.
    pub kv_bytes_kept: i64,
    /// Grants that it has not used for 30 days. Empty before the version in force is that old.
    pub unused: Vec<Grant>,
    /// From when on unused grants are known.
    pub unused_known_at: Timestamp,
}

/// A run to be stored, and what it adds to the ledger.
pub(crate) fn run_facts(run: &Run, kv_bytes: usize, decisions: &[Decision]) -> [Fact; 2] {
    let mut entry = LedgerEntry::of_run(run, i64::try_from(kv_bytes).unwrap_or(i64::MAX));
    decisions.iter().filter(|d| d.run_id == run.id).for_each(|d| entry.decided(d));
    [Fact::AddRun(Box::new(run.clone())), add(entry, run.ticket_id)]
}

/// Events of one ticket are worked one after another, so they may share a row.
fn add(entry: LedgerEntry, ticket: Option<TicketId>) -> Fact {
    let place = ticket.map_or(0, |id| id.to_string().bytes().map(i64::from).sum::<i64>());
    Fact::AddToLedger { entry: Box::new(entry), shard: place % SHARDS }
}

/// Whose ledger a fact adds to.
pub(crate) fn whose(fact: &Fact) -> Option<InstallationId> {
    match fact {
        Fact::AddToLedger { entry, .. } => Some(entry.installation_id),
        _ => None,
    }
}

/// The same as metrics. Hosts are few: only granted ones are ever called.
pub(crate) fn measure(plugin: &str, hook: Hook, report: &RunReport) {
    let plugin = || plugin.to_owned();
    let outcome = match &report.outcome {
        Ok(_) => "ok",
        Err(fault) => fault.code(),
    };
    metrics::counter!("kulanz_runs_total", "plugin" => plugin(), "hook" => hook.to_string(), "outcome" => outcome)
        .increment(1);
    metrics::counter!("kulanz_run_fuel_total", "plugin" => plugin()).increment(report.fuel);
    #[expect(clippy::cast_precision_loss, reason = "a duration in microseconds stays far below 2^52")]
    metrics::histogram!("kulanz_run_seconds", "plugin" => plugin()).record(report.duration_us as f64 / 1e6);
    for (class, times) in &report.reads {
        metrics::counter!("kulanz_plugin_reads_total", "plugin" => plugin(), "class" => class.as_str())
            .increment(u64::from(*times));
    }
    for (host, traffic) in &report.http {
        for (direction, bytes) in [("out", traffic.bytes_out), ("in", traffic.bytes_in)] {
            metrics::counter!("kulanz_plugin_http_bytes_total", "plugin" => plugin(), "host" => host.clone(), "direction" => direction)
                .increment(u64::try_from(bytes).unwrap_or(0));
        }
    }
    metrics::counter!("kulanz_plugin_cpu_microseconds_total", "plugin" => plugin()).increment(report.cpu_us);
    #[expect(clippy::cast_precision_loss, reason = "memory of one run stays far below 2^52 bytes")]
    metrics::histogram!("kulanz_plugin_memory_bytes", "plugin" => plugin())
        .record(report.memory_bytes as f64);
}

impl Desk {
    /// What an installation did within the newest days, today included.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn ledger(&self, id: InstallationId, days: i64) -> Result<LedgerView, DeskError> {
        let installation = self.installation(id).await?;
        let now = self.now();
        let (from, to) = (Day::before(now, days.clamp(1, DAYS_MAX) - 1), Day::of(now));
        let entries = self.0.store.ledger(id, &from, &to).await?;
        let mut sum = LedgerEntry::empty(id, to.clone(), "");
        entries.iter().for_each(|entry| sum.add(entry));
        let in_force = self.versions(id).await?.into_iter().find(|v| v.digest == installation.digest);
        let since = in_force.and_then(|v| v.activated_at).unwrap_or(installation.installed_at);
        let unused_known_at = since.plus(UNUSED_AFTER_DAYS * domain::clock::DAY_MS);
        let unused = if now < unused_known_at {
            Vec::new()
        } else {
            let month = self.0.store.ledger(id, &Day::before(now, UNUSED_AFTER_DAYS), &to).await?;
            unused(&installation.grants, &month)
        };
        Ok(LedgerView {
            installation_id: id,
            from,
            to,
            entries,
            total: sum.counts,
            uses: sum.uses,
            kv_bytes_kept: self.0.store.kv_bytes(id).await?,
            unused,
            unused_known_at,
        })
    }

    /// What a person's change of a ticket says about plugins: whatever it undoes of what they had set.
    pub(crate) async fn corrections(&self, work: &Work) -> Result<Vec<Fact>, DeskError> {
        let undone: Vec<Undone<'_>> = work.events.iter().flat_map(undone_by).collect();
        if undone.is_empty() {
            return Ok(Vec::new());
        }
        let decisions = self.0.store.decisions_of(work.ticket.id).await?;
        let mut facts = Vec::new();
        for undone in undone {
            // The newest word counts: what another one had replaced was not corrected by this person.
            let mut applied = decisions.iter().rev().filter(|d| d.status == DecisionStatus::Applied);
            if let Some(decision) = applied.find(|d| undone.is(&d.effect)) {
                facts.extend(self.correction(decision).await?);
            }
        }
        Ok(facts)
    }

    /// Something that a plugin proposed was taken back by a person.
    pub(crate) async fn correction(&self, decision: &Decision) -> Result<Option<Fact>, DeskError> {
        let Some(run) = self.0.store.run(decision.run_id).await? else { return Ok(None) };
        metrics::counter!("kulanz_plugin_corrected_total", "plugin" => run.plugin_id.clone()).increment(1);
        let counts = LedgerCounts { corrected: 1, ..LedgerCounts::default() };
        Ok(Some(self.later(decision, &run, counts)))
    }

    /// A suggestion of a plugin that a person accepted.
    pub(crate) async fn acceptance(&self, decision: &Decision) -> Result<Option<Fact>, DeskError> {
        let Some(run) = self.0.store.run(decision.run_id).await? else { return Ok(None) };
        let counts = LedgerCounts { applied: 1, ..LedgerCounts::default() };
        Ok(Some(self.later(decision, &run, counts)))
    }

    /// Counted on the day it happens, for the version that proposed it.
    fn later(&self, decision: &Decision, run: &Run, counts: LedgerCounts) -> Fact {
        let mut entry = LedgerEntry::empty(decision.installation_id, Day::of(self.now()), &run.digest);
        entry.counts = counts;
        add(entry, Some(decision.ticket_id))
    }
}

/// What a person's event undid: a value that a field had, a tag that was there or was not.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Undone<'e> {
    Value { field: &'e str, value: &'e str },
    Added(&'e str),
    Removed(&'e str),
}

impl Undone<'_> {
    fn is(&self, effect: &Effect) -> bool {
        match (self, effect) {
            (Self::Value { field, value }, Effect::SetField { field: set, value: to }) => {
                field == set && *value == plain::line(to)
            }
            (Self::Added(tag), Effect::AddTag { tag: added }) => tag == added,
            (Self::Removed(tag), Effect::RemoveTag { tag: removed }) => tag == removed,
            _ => false,
        }
    }
}

fn undone_by(event: &Event) -> Vec<Undone<'_>> {
    if event.actor.kind != ActorKind::Agent {
        return Vec::new();
    }
    let tag = || event.data.get("tag").and_then(|t| t.as_str());
    match event.kind {
        EventType::TicketFieldChanged => event
            .changes
            .iter()
            .filter_map(|c| Some(Undone::Value { field: &c.field, value: c.from.as_deref()? }))
            .collect(),
        EventType::TicketUntagged => tag().map(Undone::Added).into_iter().collect(),
        EventType::TicketTagged => tag().map(Undone::Removed).into_iter().collect(),
        _ => Vec::new(),
    }
}
