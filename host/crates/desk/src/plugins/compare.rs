//! What an upgrade would have done: the version in force and the one that waits, run side by side over the
//! newest tickets. Nothing is stored, applied or sent: requests to the outside are answered `unavailable`.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use domain::event::Event;
use domain::id::{InstallationId, TicketId};
use domain::message::{Direction, Message};
use domain::plugin::{Hook, Installation};
use domain::run::Fault;
use domain::snapshot::{Snapshot, TicketView};
use domain::story::describe;
use domain::ticket::StatusCategory;
use domain::version::{PluginVersion, VersionState};
use runtime::{
    Call, EmbedModel, FoundArticle, Host, HostError, HttpRequest, HttpResponse, Input, RunReport, TicketQuery,
};

use super::Installed;
use super::install::no_version;
use super::past::Walk;
use crate::plugin_host::PluginHost;
use crate::{Desk, DeskError};

/// Most tickets of one comparison.
const TICKETS_MAX: u32 = 1_000;
/// Differences told in full; the rest is counted.
const CHANGED_MAX: usize = 100;
/// Hooks that are called with a ticket that is stored. The others see what is not kept (a text before
/// redaction) or a firing.
const COMPARED: &[Hook] = &[Hook::Triage, Hook::Answering, Hook::Notification, Hook::Events];

/// Two versions over the same tickets.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Comparison {
    /// Tickets looked at.
    pub tickets: u32,
    /// Calls that came out the same.
    pub same: u32,
    /// Calls that came out differently.
    pub different: u32,
    /// The first of them.
    pub changed: Vec<Changed>,
    /// The version in force.
    pub before: Tally,
    /// The version that waits.
    pub after: Tally,
    /// Hooks that cannot be compared on stored tickets.
    pub not_compared: Vec<Hook>,
}

/// What one version did over all tickets.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Tally {
    /// Calls.
    pub calls: u32,
    /// Calls that failed, by kind.
    pub faults: BTreeMap<String, u32>,
    /// Effects proposed.
    pub effects: u32,
    /// Fuel used.
    pub fuel: u64,
}

/// One call that came out differently.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Changed {
    /// Number of the ticket.
    pub ticket: i64,
    /// What happened there.
    pub event: String,
    /// Which hook was called.
    pub hook: Hook,
    /// What the version in force said.
    pub before: Saying,
    /// What the version that waits said.
    pub after: Saying,
}

/// What came out of one call.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Saying {
    /// Its verdict, or how it failed; none when this version does not listen to the event.
    pub said: Option<String>,
    /// What it proposed.
    pub effects: Vec<String>,
}

impl Desk {
    /// Runs the version in force and the one that waits over the newest tickets.
    ///
    /// # Errors
    /// When none waits, or one of the two cannot be loaded.
    pub async fn compare(
        &self,
        id: InstallationId,
        digest: Option<&str>,
        tickets: u32,
    ) -> Result<Comparison, DeskError> {
        let in_force = self.installation(id).await?;
        let version = self.waiting(id, digest).await?;
        let next = as_installed(&in_force, version);
        let mut walk = Walk::over(in_force.inboxes.clone(), tickets.clamp(1, TICKETS_MAX));
        let (before, after) = (Box::pin(self.ready(in_force)).await?, Box::pin(self.ready(next)).await?);
        let mut out = Comparison { not_compared: not_compared(&before, &after), ..Comparison::default() };
        loop {
            let found = walk.next(self).await?;
            if found.is_empty() {
                break;
            }
            for view in found {
                self.compare_on(&view, &before, &after, &mut out).await?;
                out.tickets += 1;
            }
        }
        Ok(out)
    }

    pub(super) async fn ready(&self, installation: Installation) -> Result<Installed, DeskError> {
        let roster = self.roster().await;
        let id = installation.manifest.id.clone();
        let loaded = self.load(&roster, installation).await;
        loaded.map_err(|why| no_version(format!("{id} cannot be loaded: {why}.")).into())
    }

    /// Every event of one ticket that either version listens to, each with the messages there were then.
    async fn compare_on(
        &self,
        view: &TicketView,
        before: &Installed,
        after: &Installed,
        out: &mut Comparison,
    ) -> Result<(), DeskError> {
        for event in self.0.store.events_of(view.ticket.id).await? {
            for hook in COMPARED {
                let listening = [before, after].map(|i| crate::turn::listens(i, *hook, &event));
                if listening == [false, false] {
                    continue;
                }
                let snapshot = Arc::new(Snapshot { event: event.clone(), view: as_it_was(view, &event) });
                let mut said = Vec::new();
                for (installed, listens, tally) in
                    [(before, listening[0], &mut out.before), (after, listening[1], &mut out.after)]
                {
                    let report = match listens {
                        true => Some(Box::pin(self.try_out(installed, *hook, &snapshot)).await),
                        false => None,
                    };
                    said.push(tally.saying(report));
                }
                out.note(view, &event, *hook, said);
            }
        }
        Ok(())
    }

    /// One call whose outcome counts for nothing. Both versions get the same seed and the same hour.
    async fn try_out(&self, installed: &Installed, hook: Hook, snapshot: &Arc<Snapshot>) -> RunReport {
        let inside = PluginHost::of(&self.0, &installed.installation, None);
        let call = Call {
            input: Input::Ticket { hook, snapshot: Arc::clone(snapshot) },
            grants: Arc::clone(&installed.grants),
            settings: Arc::clone(&installed.settings),
            limits: installed.installation.limits,
            seed: 0,
            now: snapshot.event.time,
            host: Arc::new(NothingLeaves(inside)),
            replay: None,
        };
        installed.plugin.run(call).await
    }
}

impl Comparison {
    fn note(&mut self, view: &TicketView, event: &Event, hook: Hook, mut said: Vec<Saying>) {
        let (Some(after), Some(before)) = (said.pop(), said.pop()) else { return };
        if before == after {
            self.same += 1;
            return;
        }
        self.different += 1;
        if self.changed.len() < CHANGED_MAX {
            let (ticket, event) = (view.ticket.number, event.kind.to_string());
            self.changed.push(Changed { ticket, event, hook, before, after });
        }
    }
}

impl Tally {
    fn saying(&mut self, report: Option<RunReport>) -> Saying {
        let Some(report) = report else { return Saying { said: None, effects: Vec::new() } };
        self.calls += 1;
        self.fuel = self.fuel.saturating_add(report.fuel);
        self.effects += u32::try_from(report.proposals.len()).unwrap_or(u32::MAX);
        let said = match &report.outcome {
            Ok(verdict) => format!("{}: {}", verdict.word, verdict.why),
            Err(fault) => {
                *self.faults.entry(fault.code().to_owned()).or_default() += 1;
                format!("fault {}", Fault::hint(fault))
            }
        };
        Saying { said: Some(said), effects: report.proposals.iter().map(|p| describe(&p.effect)).collect() }
    }
}

/// The installation as it would be with another version.
pub(super) fn as_installed(in_force: &Installation, version: PluginVersion) -> Installation {
    let grants = match version.state {
        VersionState::Waiting => super::upgrade::with_wishes(version.grants, &version.wishes),
        _ => version.grants,
    };
    Installation {
        manifest: version.manifest,
        digest: version.digest,
        publisher: version.publisher,
        grants,
        settings: version.settings,
        limits: version.limits,
        ..in_force.clone()
    }
}

/// The ticket with what had been said by then, not solved yet if it was solved later. Its other fields are those of
/// today: what they were is not kept.
pub(super) fn as_it_was(view: &TicketView, event: &Event) -> TicketView {
    let (mut view, then) = (view.clone(), event.time);
    // What we said at the same instant came after it, unless it is what happened.
    let came_first = |m: &Message| m.direction == Direction::Inbound || event.message_id() == Some(m.id);
    view.messages.retain(|m| m.created_at < then || (m.created_at == then && came_first(m)));
    let newest = |way: Direction| {
        let of_way = view.messages.iter().filter(move |m| m.direction == way && m.public);
        of_way.map(|m| m.created_at).max()
    };
    let (asked, replied) = (newest(Direction::Inbound), newest(Direction::Outbound));
    let ticket = &mut view.ticket;
    ticket.last_customer_message_at = asked;
    ticket.last_reply_at = replied;
    // It took messages still.
    ticket.merged_into = None;
    if ticket.solved_at.is_some_and(|at| at > then) {
        ticket.solved_at = None;
        ticket.status_category = if replied.is_none() { StatusCategory::New } else { StatusCategory::Open };
        ticket.status = ticket.status_category.to_string();
    }
    view
}

fn not_compared(before: &Installed, after: &Installed) -> Vec<Hook> {
    let has = |hook: Hook| [before, after].iter().any(|i| i.installation.manifest.hook(hook).is_some());
    Hook::ALL.iter().copied().filter(|hook| !COMPARED.contains(hook) && has(*hook)).collect()
}

/// The desk for a run that only looks: everything may be read, nothing goes out.
pub(super) struct NothingLeaves(pub(super) PluginHost);

#[async_trait]
impl Host for NothingLeaves {
    async fn kv_get(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        self.0.kv_get(key).await
    }
    async fn kv_keys(&self, prefix: &str) -> Result<Vec<String>, HostError> {
        self.0.kv_keys(prefix).await
    }
    async fn kv_bytes(&self) -> Result<u64, HostError> {
        self.0.kv_bytes().await
    }
    async fn ticket(&self, id: TicketId) -> Result<Option<TicketView>, HostError> {
        self.0.ticket(id).await
    }
    async fn search_tickets(&self, query: TicketQuery) -> Result<Vec<TicketView>, HostError> {
        self.0.search_tickets(query).await
    }
    async fn search_articles(
        &self,
        question: &str,
        language: Option<&str>,
        limit: u32,
    ) -> Result<Vec<FoundArticle>, HostError> {
        self.0.search_articles(question, language, limit).await
    }
    fn embed_model(&self) -> Option<EmbedModel> {
        self.0.embed_model()
    }
    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, HostError> {
        self.0.embed(texts).await
    }
    async fn http(&self, _: HttpRequest) -> Result<HttpResponse, HostError> {
        Err(HostError::Unavailable("nothing leaves the house while past tickets are looked at".to_owned()))
    }
}
