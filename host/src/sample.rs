//! One call of one hook without a house around it: for `plugin run`, `plugin test` and `eval`. A case is
//! a small JSON document; what it leaves out takes a sensible value, so that equal cases give equal runs.

mod ledger;
mod shelf;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::contact::Contact;
use domain::effect::Proposal;
use domain::event::{Event, EventType};
use domain::grant::Grants;
use domain::id::{ContactId, CountingIds, EventId, MessageId, TicketId};
use domain::message::{AutoClass, Direction};
use domain::plugin::{Hook, Limits};
use domain::redaction::{Document, part};
use domain::snapshot::{Firing, Snapshot, TicketView};
use domain::ticket::{Channel, Priority, StatusCategory, Ticket};
use domain::work::{blank_message, blank_ticket};
use domain::{Actor, ActorKind, Timestamp};
use runtime::{Call, Host, Input, NoHost, Plugin, RunReport};
use serde::Deserialize;

pub use ledger::{Ledger, Memory, Past};
pub use shelf::{Entry, Shelf};

/// The instant at which cases happen unless they say otherwise: 2026-01-05T09:00:00Z, a Monday.
pub const CASE_TIME: Timestamp = Timestamp(1_767_603_600_000);
/// Seed of every case's chance.
const CASE_SEED: u64 = 1;

/// One call, as JSON.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Case {
    /// Which hook; the plugin's only one when absent.
    pub hook: Option<Hook>,
    /// Type of the event that the hook is called for.
    pub event: EventType,
    /// Ticket number.
    pub number: i64,
    /// Subject.
    pub subject: String,
    /// Text of the customer's newest message.
    pub text: String,
    /// The customer's address.
    pub email: String,
    /// The customer's name.
    pub name: Option<String>,
    /// How it came in.
    pub channel: Channel,
    /// Language of the customer.
    pub language: Option<String>,
    /// What kind of sender wrote it.
    pub auto_class: AutoClass,
    /// What the status means.
    pub status: StatusCategory,
    /// How soon.
    pub priority: Priority,
    /// What it is about.
    pub category: Option<String>,
    /// Team.
    pub team: Option<String>,
    /// Tags.
    pub tags: BTreeSet<String>,
    /// Custom fields.
    pub custom: BTreeMap<String, String>,
    /// When.
    pub now: Timestamp,
    /// Settings laid over the plugin's defaults.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// Name of the schedule that fires, for the schedule hook.
    pub schedule: String,
    /// Articles that can be found.
    pub articles: Vec<Entry>,
    /// What must come of it (`plugin test`).
    pub expect: Expectation,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            hook: None,
            event: EventType::MessageReceived,
            number: 1,
            subject: String::new(),
            text: String::new(),
            email: "ana@customer.example".to_owned(),
            name: None,
            channel: Channel::Email,
            language: None,
            auto_class: AutoClass::Human,
            status: StatusCategory::New,
            priority: Priority::Normal,
            category: None,
            team: None,
            tags: BTreeSet::new(),
            custom: BTreeMap::new(),
            now: CASE_TIME,
            settings: serde_json::Map::new(),
            schedule: String::new(),
            articles: Vec::new(),
            expect: Expectation::default(),
        }
    }
}

/// What must come of a case. Effects are written as stories write them: `priority = high`, `+refund`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expectation {
    /// The verdict's word: done, answered, held, abstained.
    pub verdict: Option<String>,
    /// Effects that must be among the proposed ones.
    pub effects: Vec<String>,
    /// Effects that must not.
    pub not: Vec<String>,
    /// Findings as CLASS:text that must be among the found ones.
    pub findings: Vec<String>,
    /// Code of the fault with which the run must end.
    pub fault: Option<String>,
    /// Effects that must be among the proposed ones, and that every house would reject.
    pub rejected: Vec<String>,
}

impl Expectation {
    /// Whether nothing is expected: such a case proves nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.verdict.is_none()
            && self.fault.is_none()
            && self.effects.is_empty()
            && self.not.is_empty()
            && self.findings.is_empty()
            && self.rejected.is_empty()
    }

    /// What would be rejected and is not expected to be, and the other way round. `rejections` as [`rejections`]
    /// gives them.
    #[must_use]
    pub fn misjudged(&self, report: &RunReport, rejections: &[Option<String>]) -> Vec<String> {
        let effects = effects_of(report);
        let rejected: Vec<(&String, &String)> = effects
            .iter()
            .zip(rejections)
            .filter_map(|(effect, why)| Some((effect, why.as_ref()?)))
            .collect();
        let unforeseen = rejected
            .iter()
            .filter(|(effect, _)| !self.rejected.contains(effect))
            .map(|(effect, why)| format!("`{effect}` would be rejected: {why}"));
        let missing = self
            .rejected
            .iter()
            .filter(|wanted| !rejected.iter().any(|(effect, _)| effect == wanted))
            .map(|wanted| format!("`{wanted}` is not among what would be rejected"));
        unforeseen.chain(missing).collect()
    }

    /// What is not as expected, one sentence each.
    #[must_use]
    pub fn missed(&self, case: &Case, report: &RunReport) -> Vec<String> {
        let mut out = Vec::new();
        let word = report.outcome.as_ref().map_or_else(|fault| fault.code(), |verdict| verdict.word.as_str());
        let wanted = self.fault.as_deref().or(self.verdict.as_deref());
        match (&report.outcome, wanted) {
            (_, Some(wanted)) if wanted != word => out.push(format!("ended with {word}, expected {wanted}")),
            (Err(fault), None) => out.push(format!("fault {}: {}", fault.code(), fault.hint())),
            _ => {}
        }
        let effects = effects_of(report);
        let found = findings_of(&case.document(), report);
        out.extend(
            self.effects
                .iter()
                .filter(|e| !effects.contains(e))
                .map(|e| format!("did not propose `{e}`, but {}", listed(&effects))),
        );
        out.extend(self.not.iter().filter(|e| effects.contains(e)).map(|e| format!("proposed `{e}`")));
        out.extend(
            self.findings
                .iter()
                .filter(|f| !found.contains(f))
                .map(|f| format!("did not find `{f}`, but {}", listed(&found))),
        );
        out
    }
}

/// The proposed effects as stories write them.
#[must_use]
pub fn effects_of(report: &RunReport) -> Vec<String> {
    report.proposals.iter().map(|p| domain::story::describe(&p.effect)).collect()
}

/// For each proposed effect why every house would reject it; none: it would be applied where the plugin is live.
/// `own` is the ticket that the hook was handed, `others` are those that it could find.
#[must_use]
pub fn rejections(
    report: &RunReport,
    grants: &Grants,
    own: Option<&Ticket>,
    others: &[TicketView],
    now: Timestamp,
) -> Vec<Option<String>> {
    let judge = |proposal: &Proposal| {
        let mut known = own.into_iter().chain(others.iter().map(|view| &view.ticket));
        let ticket = known.find(|ticket| ticket.id == proposal.ticket_id);
        domain::turn::rejection(proposal, grants, own.map(|ticket| ticket.id), ticket, now)
    };
    report.proposals.iter().map(judge).collect()
}

/// The ticket that a hook is handed, if it is handed one.
#[must_use]
pub fn ticket_of(input: &Input) -> Option<&Ticket> {
    match input {
        Input::Ticket { snapshot, .. } => Some(&snapshot.view.ticket),
        Input::Redaction(_) | Input::Schedule(_) => None,
    }
}

/// The findings as `CLASS:text`.
#[must_use]
pub fn findings_of(document: &Document, report: &RunReport) -> Vec<String> {
    let text = |part: u32, start: u32, end: u32| {
        document.parts.get(part as usize)?.text.get(start as usize..end as usize)
    };
    report
        .findings
        .iter()
        .map(|f| format!("{}:{}", f.class, text(f.part, f.start, f.end).unwrap_or("?")))
        .collect()
}

fn listed(items: &[String]) -> String {
    if items.is_empty() { "nothing".to_owned() } else { items.join(", ") }
}

impl Case {
    /// The case as a redaction hook sees it.
    #[must_use]
    pub fn document(&self) -> Document {
        Document {
            parts: part::subject_and_text(&self.subject, &self.text),
            language: self.language.clone(),
            known: self.name.iter().cloned().chain([self.email.clone()]).collect(),
        }
    }

    /// The case as the other hooks see it.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let ids = CountingIds::default();
        let contact_id = ContactId::mint(&ids, self.now);
        let ticket = self.ticket(TicketId::mint(&ids, self.now), contact_id);
        let actor = Actor::new(ActorKind::Contact, contact_id.to_string());
        let mut message = blank_message(
            MessageId::mint(&ids, self.now),
            ticket.id,
            Direction::Inbound,
            actor.clone(),
            self.now,
        );
        message.subject.clone_from(&self.subject);
        message.text.clone_from(&self.text);
        message.reply_text = channels::email::reply_text(&self.text);
        message.auto_class = self.auto_class;
        message.language.clone_from(&self.language);
        let event = Event {
            id: EventId::mint(&ids, self.now),
            kind: self.event,
            time: self.now,
            ticket_id: Some(ticket.id),
            sequence: 1,
            actor,
            cause: None,
            changes: Vec::new(),
            data: serde_json::json!({ "message_id": message.id }),
        };
        let requester = Contact {
            id: contact_id,
            name: self.name.clone(),
            email: self.email.clone(),
            locale: self.language.clone(),
            time_zone: None,
            verified: false,
            proactive_consent: true,
            created_at: self.now,
        };
        Snapshot { event, view: TicketView { ticket, requester: Some(requester), messages: vec![message] } }
    }

    fn ticket(&self, id: TicketId, requester_id: ContactId) -> Ticket {
        let mut ticket = blank_ticket(id, self.number, requester_id, self.channel, self.now);
        ticket.subject.clone_from(&self.subject);
        ticket.status = self.status.to_string();
        ticket.status_category = self.status;
        ticket.priority = self.priority;
        ticket.language.clone_from(&self.language);
        ticket.category.clone_from(&self.category);
        ticket.team.clone_from(&self.team);
        ticket.tags.clone_from(&self.tags);
        ticket.custom.clone_from(&self.custom);
        ticket.last_customer_message_at = Some(self.now);
        ticket
    }

    fn input(&self, hook: Hook) -> Input {
        match hook {
            Hook::Redaction => Input::Redaction(Arc::new(self.document())),
            Hook::Triage | Hook::Answering | Hook::Notification | Hook::Events => {
                Input::Ticket { hook, snapshot: Arc::new(self.snapshot()) }
            }
            Hook::Schedule => Input::Schedule(Firing {
                schedule: self.schedule.clone(),
                scheduled_for: self.now,
                fired_at: self.now,
                missed: 0,
            }),
        }
    }
}

fn no_such(hook: Hook, hooks: &[Hook]) -> String {
    format!("the plugin has no hook {hook}; it has: {}", names(hooks))
}

fn names(hooks: &[Hook]) -> String {
    hooks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A plugin on the bench: loaded, with everything granted that it asks for.
#[derive(Clone)]
pub struct Bench {
    plugin: Arc<Plugin>,
    settings: serde_json::Map<String, serde_json::Value>,
    host: Arc<dyn Host>,
    limits: Limits,
}

impl Bench {
    /// With the manifest's default settings, a reference in the place of each secret as in a house, and an empty
    /// shelf.
    #[must_use]
    pub fn new(plugin: Arc<Plugin>) -> Self {
        let manifest = &plugin.inspection().manifest;
        let mut settings = match manifest.default_settings() {
            serde_json::Value::Object(map) => map,
            _ => serde_json::Map::new(),
        };
        let secrets = manifest.secrets();
        settings.extend(secrets.into_iter().map(|secret| (secret.name.clone(), secret.reference().into())));
        let limits = manifest.limits;
        Self { plugin, settings, host: Arc::new(Shelf::new(Vec::new())), limits }
    }

    /// With settings laid over the defaults.
    #[must_use]
    pub fn with_settings(mut self, settings: serde_json::Map<String, serde_json::Value>) -> Self {
        self.settings.extend(settings);
        self
    }

    /// With articles to be found.
    #[must_use]
    pub fn with_shelf(mut self, shelf: Arc<Shelf>) -> Self {
        self.host = shelf;
        self
    }

    /// With another outside.
    #[must_use]
    pub fn with_host(mut self, host: Arc<dyn Host>) -> Self {
        self.host = host;
        self
    }

    /// With other limits than the manifest's.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The plugin.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// The hook a case is for: the one it names, the only one that the plugin has, or the only one that takes
    /// its event.
    ///
    /// # Errors
    /// A sentence when it cannot be told.
    pub fn hook_of(&self, case: &Case) -> Result<Hook, String> {
        let inspection = self.plugin.inspection();
        let hooks = &inspection.hooks;
        if let Some(hook) = case.hook {
            return if hooks.contains(&hook) { Ok(hook) } else { Err(no_such(hook, hooks)) };
        }
        let takes = |hook: &&Hook| match hook {
            Hook::Schedule => !case.schedule.is_empty(),
            _ => {
                let declared = inspection.manifest.hooks.iter().find(|declared| declared.kind == **hook);
                case.schedule.is_empty() && declared.is_some_and(|d| d.events.contains(&case.event))
            }
        };
        let meant: Vec<Hook> = hooks.iter().filter(takes).copied().collect();
        match (hooks.as_slice(), meant.as_slice()) {
            ([only], _) | (_, [only]) => Ok(*only),
            _ => Err(format!(
                "which hook of {} is meant? Say it with `hook`, or name an event that only one of them takes",
                names(hooks)
            )),
        }
    }

    /// The bench's settings as one object.
    #[must_use]
    pub const fn settings(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.settings
    }

    /// Runs one case in the sandbox.
    pub async fn run(&self, hook: Hook, case: &Case) -> RunReport {
        let mut settings = self.settings.clone();
        settings.extend(case.settings.clone());
        let host = if case.articles.is_empty() {
            Arc::clone(&self.host)
        } else {
            Arc::new(Shelf::new(case.articles.clone()))
        };
        self.call(case.input(hook), settings, host, case.now).await
    }

    /// For each effect that a run of this case proposed why every house would reject it.
    #[must_use]
    pub fn rejected(&self, hook: Hook, case: &Case, report: &RunReport) -> Vec<Option<String>> {
        let grants = self.plugin.inspection().manifest.requested();
        let input = case.input(hook);
        rejections(report, &grants, ticket_of(&input), &[], case.now)
    }

    /// Runs the redaction hook on one document; as in the house, it has nobody outside.
    pub async fn redact(&self, document: Document) -> RunReport {
        self.call(Input::Redaction(Arc::new(document)), self.settings.clone(), Arc::new(NoHost), CASE_TIME)
            .await
    }

    async fn call(
        &self,
        input: Input,
        settings: serde_json::Map<String, serde_json::Value>,
        host: Arc<dyn Host>,
        now: Timestamp,
    ) -> RunReport {
        let manifest = &self.plugin.inspection().manifest;
        let call = Call {
            input,
            grants: Arc::new(manifest.requested()),
            settings: Arc::from(serde_json::Value::Object(settings).to_string()),
            limits: self.limits,
            seed: CASE_SEED,
            now,
            host,
            replay: None,
        };
        self.plugin.run(call).await
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn report(outcome: Result<domain::run::Verdict, domain::run::Fault>) -> RunReport {
        RunReport {
            outcome,
            findings: vec![domain::redaction::Finding {
                part: 1,
                start: 3,
                end: 8,
                class: "PHONE".into(),
                score: 0.9,
                rule: "r".into(),
            }],
            proposals: vec![domain::effect::Proposal {
                ticket_id: TicketId(ulid::Ulid::nil()),
                effect: domain::effect::Effect::AddTag { tag: "refund".into() },
                basis: domain::effect::Basis { reason: "the word refund".into(), ..Default::default() },
            }],
            kv_writes: BTreeMap::new(),
            cpu_us: 1,
            fuel: 1,
            duration_us: 1,
            memory_bytes: 1,
            host_calls: 0,
            reads: BTreeMap::new(),
            calls: BTreeMap::new(),
            http: BTreeMap::new(),
            log: Vec::new(),
            log_dropped: 0,
            answers: Vec::new(),
            input_digest: String::new(),
        }
    }

    fn done() -> Result<domain::run::Verdict, domain::run::Fault> {
        Ok(domain::run::Verdict { word: "done".into(), why: String::new() })
    }

    #[test]
    fn a_case_with_three_words_is_a_whole_ticket_and_a_slip_in_it_is_refused() {
        let case: Case =
            serde_json::from_str(r#"{"subject":"Hi","text":"bad\n-- \nAna","language":"en"}"#).unwrap();
        let snapshot = case.snapshot();
        assert_eq!(snapshot.view.messages[0].reply_text.trim(), "bad");
        assert_eq!(snapshot.event.message_id(), Some(snapshot.view.messages[0].id));
        assert_eq!(snapshot.view.ticket.last_customer_message_at, Some(CASE_TIME));
        assert!(serde_json::from_str::<Case>(r#"{"subjekt":"Hi"}"#).is_err());
    }

    #[test]
    fn equal_cases_give_equal_snapshots() {
        assert_eq!(Case::default().snapshot(), Case::default().snapshot());
    }

    #[test]
    fn an_expectation_names_everything_that_is_not_as_expected() {
        let case = Case { text: "is 12345 you?".into(), ..Case::default() };
        let expect: Expectation = serde_json::from_str(
            r#"{"verdict":"abstained","effects":["+refund","priority = high"],"not":["+refund"],"findings":["PHONE:12345","IBAN:x"]}"#,
        )
        .unwrap();
        let missed = expect.missed(&case, &report(done()));
        assert_eq!(
            missed,
            [
                "ended with done, expected abstained",
                "did not propose `priority = high`, but +refund",
                "proposed `+refund`",
                "did not find `IBAN:x`, but PHONE:12345",
            ]
        );
        assert!(
            Expectation { verdict: Some("done".into()), ..Expectation::default() }
                .missed(&case, &report(done()))
                .is_empty()
        );
    }

    #[test]
    fn an_effect_that_every_house_rejects_is_a_miss_unless_the_case_expects_it() {
        let report = report(done());
        let grants: Grants =
            ["effect:add-tag"].iter().map(|g| g.parse::<domain::grant::Grant>().unwrap()).collect();
        let id = report.proposals[0].ticket_id;
        let ticket = blank_ticket(id, 1, ContactId(ulid::Ulid::nil()), Channel::Email, CASE_TIME);
        let judged = |grants: &Grants| rejections(&report, grants, Some(&ticket), &[], CASE_TIME);
        assert_eq!(judged(&grants), [None::<String>]);
        let rejected = judged(&Grants::default());
        assert_eq!(rejected, [Some("not granted: add-tag".to_owned())]);
        assert_eq!(
            Expectation::default().misjudged(&report, &rejected),
            ["`+refund` would be rejected: not granted: add-tag"]
        );
        let expect = Expectation { rejected: vec!["+refund".into()], ..Expectation::default() };
        assert!(expect.misjudged(&report, &rejected).is_empty());
        assert_eq!(expect.misjudged(&report, &[None]), ["`+refund` is not among what would be rejected"]);
    }

    #[test]
    fn a_fault_nobody_expected_is_a_miss_and_an_expected_one_is_none() {
        let fault = || Err(domain::run::Fault::Deadline { limit_ms: 5 });
        let case = Case::default();
        assert_eq!(Expectation::default().missed(&case, &report(fault())).len(), 1);
        assert!(
            Expectation { fault: Some("deadline".into()), ..Expectation::default() }
                .missed(&case, &report(fault()))
                .is_empty()
        );
    }
}
