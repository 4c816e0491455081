//! A turn: one event, all hooks that listen to it, one commit.
//!
//! Stage by stage the hooks run on the same snapshot; between stages what was decided is laid over it in
//! memory. When somebody changed the ticket meanwhile, the same proposals are decided again on the fresh
//! ticket; plugins are run a second time only when another run wrote a value that they had read and wrote as well.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::clock::MINUTE_MS;
use domain::effect::Proposal;
use domain::event::{Event, EventType};
use domain::id::{EventId, InstallationId, RunId, TicketId};
use domain::job::{Job, Lease, NewJob};
use domain::message::Delivery;
use domain::plugin::{Hook, Installation};
use domain::reproducer::{Case, CaseInput};
use domain::run::{Fault, Run};
use domain::snapshot::{Firing, Snapshot};
use domain::ticket::Ticket;
use domain::turn::{Bid, resolve};
use domain::work::Work;
use domain::{Actor, ActorKind};
use futures::future::join_all;
use runtime::{Call, Host, Input, RunReport};
use sha2::{Digest, Sha256};
use store::{Commit, Fact, StoreError};

use crate::automation::is_heard;
use crate::bench::{Bench, Seen};
use crate::ledger::run_facts;
use crate::plugin_host::PluginHost;
use crate::plugins::{Installed, Roster};
use crate::races::note_stale;
use crate::thread::reply_token;
use crate::worker::Outcome;
use crate::{Desk, DeskError};
use values::Kept;

pub(crate) mod values;

/// How often a turn is tried again when others changed what it is about. Many turns may write one value, and each
/// that comes first makes the others read it anew.
const TURN_RACES_MAX: u32 = 32;

/// First wait before a plugin's own retry where it named none, milliseconds; each later one is three times as long.
const RETRY_FIRST_MS: i64 = 5_000;
/// Shortest and longest wait before a plugin's own retry, whatever it named, milliseconds.
const RETRY_MS: (i64, i64) = (1_000, 60 * MINUTE_MS);

/// Whom alone a turn calls, because that call failed before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retried {
    pub(crate) installation_id: InstallationId,
    /// The hook that failed: what its other hooks did is done. None: all of them.
    pub(crate) hook: Option<Hook>,
}

impl Retried {
    fn means(self, id: InstallationId, hook: Hook) -> bool {
        self.installation_id == id && self.hook.is_none_or(|meant| meant == hook)
    }
}

/// A run that ended, with what it offered.
struct Ran {
    installation: Arc<Installation>,
    order: i32,
    run: Run,
    proposals: Vec<Proposal>,
    kv_writes: values::Values,
    /// What it was told of values, each as it was told first.
    kv_read: values::Values,
    /// What it read of tickets beside the one it was handed.
    seen: BTreeMap<TicketId, Seen>,
    /// Why some of what it proposed must not be kept, by its place.
    unfit: BTreeMap<usize, String>,
}

impl Desk {
    /// Works one turn job.
    pub(crate) async fn work_turn(
        &self,
        lease: &Lease,
        event_id: EventId,
        only: Option<Retried>,
    ) -> Result<Outcome, DeskError> {
        let Some(event) = self.0.store.event(event_id).await? else { return Ok(Outcome::Done(Vec::new())) };
        if only.is_none() && self.is_peoples(&event).await? {
            return Ok(Outcome::Done(Vec::new()));
        }
        let Some((mut stages, mut bench)) = self.run_stages(&event, only).await? else {
            return Ok(Outcome::Done(Vec::new()));
        };
        let mut in_line = None;
        for _ in 0..TURN_RACES_MAX {
            let facts = self.turn_facts(lease, &event, &stages, &bench, only).await;
            match self.commit_and_reload(facts).await {
                Ok(()) => {
                    self.forget_tables(&stages);
                    self.watch_canaries(&stages).await;
                    return Ok(Outcome::Committed);
                }
                Err(DeskError::Store(StoreError::Stale("lease"))) => return Ok(Outcome::Lost),
                Err(DeskError::Store(StoreError::Stale("kv"))) => {
                    note_stale("what plugins keep");
                    // One at a time: who all write the same value would else disturb each other again.
                    in_line = match in_line.take() {
                        None => Some(self.0.rerun.lock().await),
                        held => held,
                    };
                    let Some(again) = self.run_stages(&event, only).await? else {
                        return Ok(Outcome::Done(Vec::new()));
                    };
                    (stages, bench) = again;
                }
                Err(DeskError::Store(StoreError::Stale(_) | StoreError::Conflict(_))) => {
                    note_stale("the ticket");
                    let (seen, was_off) = (std::mem::take(&mut bench.seen), bench.was_off);
                    bench = Bench { was_off, ..self.decide_again(&event, seen, &stages).await? };
                }
                Err(error) => return Err(error),
            }
        }
        Err(DeskError::Busy("the ticket or what its plugins keep"))
    }

    /// Values that were written are read anew.
    fn forget_tables(&self, stages: &[Vec<Ran>]) {
        for ran in stages.iter().flatten() {
            ran.kv_writes.keys().for_each(|key| self.0.tables.forget(ran.installation.id, key));
        }
    }

    /// A version that is tried and failed is looked at.
    async fn watch_canaries(&self, stages: &[Vec<Ran>]) {
        for ran in stages.iter().flatten() {
            if ran.installation.is_canary() && ran.run.fault.is_some() {
                self.watch_canary(ran.installation.id).await;
            }
        }
    }

    /// Runs all stages, deciding after each, so that the next one sees what was decided; none when the ticket is gone.
    async fn run_stages(
        &self,
        event: &Event,
        only: Option<Retried>,
    ) -> Result<Option<(Vec<Vec<Ran>>, Bench)>, DeskError> {
        let mut bench = Bench::default();
        if let Some(id) = event.ticket_id
            && !self.bring_for(&mut bench, event, id).await?
        {
            return Ok(None);
        }
        let mut stages = Vec::new();
        for stage in Hook::STAGES {
            let ticket = event.ticket_id.and_then(|id| bench.overlay(id)).map(|view| view.ticket);
            let roster = self.roster().await;
            bench.was_off |= !roster.automation;
            let calls = self.calls_for(&roster, event, stage, only, ticket.as_ref());
            if calls.is_empty() {
                continue;
            }
            let mut ran = self.run_stage(event, &bench, &Kept::of(&stages), calls).await;
            for ran in &mut ran {
                bench.saw(std::mem::take(&mut ran.seen));
                ran.unfit = Box::pin(self.unfit(ticket.as_ref(), &ran.proposals)).await;
            }
            self.bring_targets(&mut bench, ran.iter().flat_map(|r| &r.proposals)).await?;
            self.decide(event, &ran, &mut bench);
            stages.push(ran);
        }
        Ok(Some((stages, bench)))
    }

    /// Who is to be called in a stage.
    fn calls_for(
        &self,
        roster: &Roster,
        event: &Event,
        stage: &[Hook],
        only: Option<Retried>,
        ticket: Option<&Ticket>,
    ) -> Vec<(Hook, i32, Arc<Installed>)> {
        if !roster.automation {
            return Vec::new();
        }
        let mut calls = Vec::new();
        for hook in stage {
            for (order, installed) in roster.with_hook(*hook, self.now()) {
                let installed = installed.version_for(ticket);
                let is_meant = only.is_none_or(|retried| retried.means(installed.installation.id, *hook));
                let covers = ticket.is_none_or(|t| installed.installation.covers(t.inbox.as_deref()));
                if is_meant && covers && listens(&installed, *hook, event) && installed.may_be_called() {
                    calls.push((*hook, order, installed));
                }
            }
        }
        calls
    }

    async fn run_stage(
        &self,
        event: &Event,
        bench: &Bench,
        kept: &Kept,
        calls: Vec<(Hook, i32, Arc<Installed>)>,
    ) -> Vec<Ran> {
        let snapshot = event
            .ticket_id
            .and_then(|id| bench.overlay(id))
            .map(|view| Arc::new(Snapshot { event: event.clone(), view }));
        let runs = calls.into_iter().filter_map(|(hook, order, installed)| {
            let input = match (&snapshot, hook) {
                (Some(snapshot), _) => Input::Ticket { hook, snapshot: Arc::clone(snapshot) },
                (None, Hook::Schedule) => Input::Schedule(firing_of(event)?),
                (None, _) => return None,
            };
            let laid = kept.by(installed.installation.id);
            Some(self.run_one(event, hook, order, installed, input, laid))
        });
        join_all(runs).await
    }

    async fn run_one(
        &self,
        event: &Event,
        hook: Hook,
        order: i32,
        installed: Arc<Installed>,
        input: Input,
        laid: values::Values,
    ) -> Ran {
        let host = Arc::new(PluginHost::of(&self.0, &installed.installation, event.ticket_id).over(laid));
        let door = Arc::clone(&host) as Arc<dyn Host>;
        let (report, run) = self.call(&installed, hook, input, Some(event.id), event.ticket_id, door).await;
        let (proposals, kv_writes) = if run.fault.is_some() {
            (Vec::new(), BTreeMap::new())
        } else {
            (report.proposals, report.kv_writes)
        };
        let installation = Arc::clone(&installed.installation);
        let (kv_read, seen) = (host.values_read(), host.seen());
        let unfit = BTreeMap::new();
        Ran { installation, order, run, proposals, kv_writes, kv_read, seen, unfit }
    }

    /// One call of one hook, as a run to be stored.
    pub(crate) async fn call(
        &self,
        installed: &Arc<Installed>,
        hook: Hook,
        input: Input,
        event_id: Option<EventId>,
        ticket_id: Option<TicketId>,
        host: Arc<dyn Host>,
    ) -> (RunReport, Run) {
        let started_at = self.now();
        let id = RunId::mint(self.0.ids.as_ref(), started_at);
        let seed = seed_of(id);
        let given = input.clone();
        let call = Call {
            input,
            grants: Arc::clone(&installed.grants),
            settings: Arc::clone(&installed.settings),
            limits: installed.installation.limits,
            seed,
            now: started_at,
            host,
            replay: None,
        };
        let mut report = installed.plugin.run(call).await;
        if hook == Hook::Redaction {
            keep_silent(&mut report);
        }
        crate::ledger::measure(&installed.installation.manifest.id, hook, &report);
        let (verdict, fault) = match &report.outcome {
            Ok(verdict) => (Some(verdict.clone()), None),
            Err(fault) => (None, Some(fault.clone())),
        };
        let answers = std::mem::take(&mut report.answers);
        let mut run = Run {
            id,
            installation_id: installed.installation.id,
            plugin_id: installed.installation.manifest.id.clone(),
            plugin_version: installed.installation.manifest.version.clone(),
            digest: installed.installation.digest.clone(),
            hook,
            mode: installed.installation.mode,
            event_id,
            ticket_id,
            started_at,
            duration_us: signed(report.duration_us),
            cpu_us: signed(report.cpu_us),
            fuel: signed(report.fuel),
            memory_bytes: signed(report.memory_bytes),
            host_calls: i64::from(report.host_calls),
            seed: i64::from_ne_bytes(seed.to_ne_bytes()),
            input_digest: std::mem::take(&mut report.input_digest),
            reads: std::mem::take(&mut report.reads),
            calls: std::mem::take(&mut report.calls),
            http: std::mem::take(&mut report.http),
            verdict,
            fault,
            log: std::mem::take(&mut report.log),
            log_dropped: i64::from(report.log_dropped),
            answers: serde_json::to_value(answers).unwrap_or_default(),
            case: None,
        };
        let failed = run.fault.as_ref().is_some_and(Fault::is_plugins_fault);
        run.case = failed.then(|| given_of(&given)).flatten().map(|input| {
            let settings = serde_json::from_str(&installed.settings).unwrap_or_default();
            Box::new(Case::new(input, &installed.grants, settings, installed.installation.limits))
        });
        (report, run)
    }

    fn decide(&self, event: &Event, ran: &[Ran], bench: &mut Bench) {
        let bids: Vec<Bid<'_>> = ran
            .iter()
            .map(|r| Bid {
                installation: &r.installation,
                order: r.order,
                run_id: r.run.id,
                proposals: &r.proposals,
                unfit: &r.unfit,
            })
            .collect();
        let stamp = self.stamp(Actor::system());
        let decisions =
            resolve(event, &bids, &mut bench.works, &mut bench.standings, &self.0.config.loops, &stamp);
        bench.decisions.extend(decisions);
    }

    /// The same proposals on the tickets as they are now. What moved since the plugins saw it is stale.
    async fn decide_again(
        &self,
        event: &Event,
        seen: BTreeMap<TicketId, Seen>,
        stages: &[Vec<Ran>],
    ) -> Result<Bench, DeskError> {
        let mut bench = Bench::after(seen);
        if let Some(id) = event.ticket_id {
            Box::pin(self.bring_for(&mut bench, event, id)).await?;
        }
        for ran in stages {
            Box::pin(self.bring_targets(&mut bench, ran.iter().flat_map(|r| &r.proposals))).await?;
            self.decide(event, ran, &mut bench);
        }
        Ok(bench)
    }

    /// Everything a turn writes.
    async fn turn_facts(
        &self,
        lease: &Lease,
        event: &Event,
        stages: &[Vec<Ran>],
        bench: &Bench,
        only: Option<Retried>,
    ) -> Vec<Fact> {
        let mut works: Vec<Work> = bench.works.values().filter(|w| w.is_changed()).cloned().collect();
        if bench.was_off && only.is_none() {
            self.note_missed_turn(event, bench, &mut works).await;
        }
        let mut facts = self.work_facts(&mut works).await;
        let mut again = None;
        for ran in stages.iter().flatten() {
            let kv_bytes = ran.kv_writes.iter().map(|(k, v)| k.len() + v.as_ref().map_or(0, Vec::len)).sum();
            facts.extend(run_facts(&ran.run, kv_bytes, &bench.decisions));
            facts.extend(self.fault_facts(&ran.installation, &ran.run).await);
            if let Some(fault) = ran.run.fault.as_ref().filter(|f| f.is_transient()) {
                if only.is_some() {
                    again = Some((retry_wait_ms(fault, lease.attempts + 1), fault.hint()));
                } else {
                    let wait_ms = retry_wait_ms(fault, 0);
                    facts.push(Fact::Enqueue(self.retry_turn(event, &ran.run, wait_ms)));
                }
            }
        }
        facts.extend(Kept::of(stages).facts());
        facts.extend(bench.decisions.iter().map(|d| Fact::AddDecision(Box::new(d.clone()))));
        let shut_out = if stages.is_empty() { self.shut_out(only, bench.was_off).await } else { None };
        facts.push(match shut_out {
            Some(why) => Fact::bury(lease, why, self.now()),
            None => self.end_of(lease, again),
        });
        facts
    }

    /// Why a call that was to be made again cannot be: all automation was switched off meanwhile, or its plugin was
    /// quarantined. It is not forgotten, a person has it tried once more.
    async fn shut_out(&self, only: Option<Retried>, was_off: bool) -> Option<String> {
        let retried = only?;
        if was_off {
            return Some("all automation is switched off".to_owned());
        }
        let roster = self.roster().await;
        let installed = roster.installed.iter().find(|i| i.installation.id == retried.installation_id)?;
        installed.installation.quarantine.as_ref().map(|why| format!("its plugin is quarantined: {why}"))
    }

    /// How the job ends: finished, tried again (a plugin's own retry), or given up.
    fn end_of(&self, lease: &Lease, again: Option<(i64, String)>) -> Fact {
        match again {
            None => Fact::finish(lease),
            Some((_, error)) if lease.attempts + 1 >= self.0.config.plugin_attempts_max => {
                Fact::bury(lease, error, self.now())
            }
            Some((wait_ms, error)) => Fact::retry(lease, self.now().plus(wait_ms), error),
        }
    }

    /// A plugin's own retry: a lane of its own, so that the ticket's other work goes on.
    fn retry_turn(&self, event: &Event, failed: &Run, wait_ms: i64) -> NewJob {
        let (installation_id, hook) = (failed.installation_id, failed.hook);
        NewJob {
            lane: format!("{}/{installation_id}/{hook}", event.id),
            ready_at: self.now().plus(wait_ms),
            job: Job::Turn { event_id: event.id, only: Some(installation_id), hook: Some(hook) },
        }
    }

    /// Tickets, messages, events and everything that follows from them: turns, deliveries, webhooks, timers.
    pub(crate) async fn work_facts(&self, works: &mut [Work]) -> Vec<Fact> {
        let roster = self.roster().await;
        let now = self.now();
        let mut facts = Vec::new();
        for work in works {
            self.note_missed(&roster, work);
            for message in &mut work.messages {
                if message.delivery == Delivery::Queued {
                    let to = message.to_address.as_deref().unwrap_or_default();
                    let token = reply_token(&self.0.seal, work.ticket.id, to);
                    message.internet_message_id = Some(self.0.config.mail.message_id(message.id, &token));
                    facts.push(Fact::Enqueue(NewJob::deliver(message.id, now)));
                }
            }
            facts.push(Fact::PutTicket {
                ticket: Box::new(work.ticket.clone()),
                read_version: work.read_version,
            });
            facts.extend(work.messages.iter().map(|m| Fact::AddMessage(Box::new(m.clone()))));
            for event in &work.events {
                if is_heard(&roster, event, now) {
                    facts.push(Fact::Enqueue(NewJob::turn(work.ticket.id, event.id, now)));
                }
                facts.extend(
                    roster
                        .webhooks
                        .iter()
                        .filter(|w| w.wants(event.kind))
                        .map(|w| Fact::Enqueue(crate::webhooks::job(w.id, event.id, now))),
                );
            }
            facts.extend(work.timers.iter().flat_map(|t| timer_facts(work.ticket.id, t)));
            facts.push(Fact::AddEvents(work.events.clone()));
        }
        facts
    }

    /// An event of the house with those who are to be told of it.
    pub(crate) async fn house_facts(&self, event: Event) -> Vec<Fact> {
        let roster = self.roster().await;
        let wanting = roster.webhooks.iter().filter(|w| w.wants(event.kind));
        let mut facts: Vec<Fact> =
            wanting.map(|w| Fact::Enqueue(crate::webhooks::job(w.id, event.id, event.time))).collect();
        facts.push(Fact::AddEvents(vec![event]));
        facts
    }

    /// An event of the house, on no ticket.
    pub(crate) fn house_event(&self, kind: EventType, data: serde_json::Value) -> Event {
        let now = self.now();
        Event {
            id: EventId::mint(self.0.ids.as_ref(), now),
            kind,
            time: now,
            ticket_id: None,
            sequence: 0,
            actor: Actor::system(),
            cause: None,
            changes: Vec::new(),
            data,
        }
    }

    /// Commits, and reads the roster anew when something in it changed with it.
    pub(crate) async fn commit_and_reload(&self, facts: Vec<Fact>) -> Result<(), DeskError> {
        let reload = facts.iter().any(|f| {
            matches!(
                f,
                Fact::SetFaults { .. }
                    | Fact::EndQuarantine { .. }
                    | Fact::PutWebhook(_)
                    | Fact::RemoveWebhook(_)
            )
        });
        self.0.store.commit(Commit { facts }).await?;
        // What is committed is done: that it cannot be read back just now must not look like a failure.
        if reload && let Err(error) = self.reload_plugins().await {
            tracing::warn!(%error, "installations could not be read now");
        }
        Ok(())
    }
}

/// Whether an installation is to be called for an event.
pub(crate) fn listens(installed: &Installed, hook: Hook, event: &Event) -> bool {
    let manifest = &installed.installation.manifest;
    let Some(declaration) = manifest.hook(hook) else { return false };
    if hook == Hook::Schedule {
        return event.kind == EventType::ScheduleFired
            && data(event, "installation_id") == installed.installation.id.to_string();
    }
    if event.kind == EventType::TimerDue
        && data(event, "installation_id") != installed.installation.id.to_string()
    {
        return false;
    }
    let own = event.actor.kind == ActorKind::Plugin && event.actor.id == manifest.id;
    declaration.events.contains(&event.kind) && (declaration.own_events || !own)
}

fn data<'a>(event: &'a Event, key: &str) -> &'a str {
    event.data.get(key).and_then(|v| v.as_str()).unwrap_or("")
}

fn firing_of(event: &Event) -> Option<Firing> {
    serde_json::from_value(event.data.get("firing")?.clone()).ok()
}

/// A timer has a name: setting it anew moves it. Behind the old one in its lane it would come too late.
fn timer_facts(ticket_id: TicketId, timer: &domain::work::Timer) -> [Fact; 2] {
    let lane = format!("{ticket_id}/{}/{}", timer.installation_id, timer.key);
    let job = NewJob {
        lane: lane.clone(),
        ready_at: timer.due_at,
        job: Job::Timer {
            ticket_id,
            installation_id: timer.installation_id,
            key: timer.key.clone(),
            depth: timer.depth,
            cause: timer.cause,
        },
    };
    [Fact::ClearLane { lane }, Fact::Enqueue(job)]
}

/// What the plugin asked for, or 5 s, 15 s, 45 s …; `tried` counts the retries that were made.
fn retry_wait_ms(fault: &Fault, tried: i64) -> i64 {
    let wait_ms = match fault {
        Fault::Refused { retry_after_s: Some(seconds), .. } => i64::from(*seconds) * 1_000,
        _ => RETRY_FIRST_MS * 3_i64.saturating_pow(u32::try_from(tried.clamp(0, 8)).unwrap_or(8)),
    };
    wait_ms.clamp(RETRY_MS.0, RETRY_MS.1)
}

/// The seed of a run's randomness follows from its id, so that a replay has it too.
fn seed_of(id: RunId) -> u64 {
    let digest = Sha256::digest(id.to_string());
    digest.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

/// What may be kept of a run's input, in case it fails. A text before redaction may not.
fn given_of(input: &Input) -> Option<CaseInput> {
    match input {
        Input::Redaction(_) => None,
        Input::Ticket { snapshot, .. } => Some(CaseInput::Ticket(Box::new(Snapshot::clone(snapshot)))),
        Input::Schedule(firing) => Some(CaseInput::Schedule(firing.clone())),
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// What saw clear text says nothing: its words would carry it into the log, the runs and the events. Which limit it
/// hit, and how often it logged, stays.
fn keep_silent(report: &mut RunReport) {
    let lines = std::mem::take(&mut report.log).len();
    report.log_dropped = report.log_dropped.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
    if let Err(fault) = &mut report.outcome {
        *fault = fault.clone().without_words();
    }
}

#[cfg(test)]
mod tests;
