//! Samples with every field filled, so that a column that is lost or mixed up shows.

use std::collections::{BTreeMap, BTreeSet};

use domain::canary::Canary;
use domain::contact::Contact;
use domain::effect::{Basis, Effect};
use domain::event::{Change, Event, EventType};
use domain::grant::{Capability, FieldClass};
use domain::id::{
    AttachmentId, AuditId, ContactId, DecisionId, EventId, InstallationId, MessageId, RunId, ScheduleId,
    TicketId,
};
use domain::job::NewJob;
use domain::ledger::{Day, LedgerCounts, LedgerEntry, Use};
use domain::message::{Attachment, AutoClass, Delivery, Direction, Message, SenderAuth};
use domain::plugin::{Hook, Installation, Limits, Manifest, Mode, Schedule, ScheduleDeclaration};
use domain::reproducer::{Case, CaseInput};
use domain::run::{Decision, DecisionStatus, LogLine, Run, Verdict};
use domain::schedule::{Missed, Overlap};
use domain::snapshot::Firing;
use domain::ticket::{Channel, Ticket};
use domain::version::{PluginVersion, VersionState, Wish};
use domain::{Actor, ActorKind, Cause, Timestamp};

/// Makes samples; ids count up, time stands still.
#[derive(Debug)]
pub struct Sample {
    ids: domain::id::CountingIds,
    /// The instant all samples carry.
    pub now: Timestamp,
}

impl Default for Sample {
    fn default() -> Self {
        Self { ids: domain::id::CountingIds::default(), now: Timestamp(1_800_000_000_000) }
    }
}

macro_rules! mints {
    ($($(#[$meta:meta])* $name:ident: $id:path),+ $(,)?) => {$(
        $(#[$meta])*
        #[must_use]
        pub fn $name(&self) -> $id {
            <$id>::mint(&self.ids, self.now)
        }
    )+};
}

impl Sample {
    mints! {
        /// A new id.
        ticket_id: TicketId,
        /// A new id.
        message_id: MessageId,
        /// A new id.
        contact_id: ContactId,
        /// A new id.
        event_id: EventId,
        /// A new id.
        run_id: RunId,
        /// A new id.
        decision_id: DecisionId,
        /// A new id.
        installation_id: InstallationId,
        /// A new id.
        schedule_id: ScheduleId,
        /// A new id.
        attachment_id: AttachmentId,
        /// A new id.
        audit_id: AuditId,
        /// A new id.
        intake_id: domain::id::IntakeId,
        /// A new id.
        redaction_id: domain::id::RedactionId,
        /// A new id.
        article_id: domain::id::ArticleId,
        /// A new id.
        token_id: domain::id::TokenId,
        /// A new id.
        webhook_id: domain::id::WebhookId,
    }

    /// A contact with this address.
    #[must_use]
    pub fn contact(&self, email: &str) -> Contact {
        Contact {
            id: self.contact_id(),
            name: Some("Ana Müller".to_owned()),
            email: email.to_owned(),
            locale: Some("de-DE".to_owned()),
            time_zone: Some("Europe/Berlin".to_owned()),
            verified: true,
            proactive_consent: false,
            created_at: self.now,
        }
    }

    /// A ticket with this number.
    #[must_use]
    pub fn ticket(&self, number: i64) -> Ticket {
        let mut ticket =
            domain::work::blank_ticket(self.ticket_id(), number, self.contact_id(), Channel::Email, self.now);
        "Wo bleibt mein Paket? 📦".clone_into(&mut ticket.subject);
        ticket.language = Some("de".to_owned());
        ticket.category = Some("shipping".to_owned());
        ticket.team = Some("logistics".to_owned());
        ticket.assignee = Some("agent-7".to_owned());
        ticket.tags = BTreeSet::from(["parcel".to_owned(), "vip_1".to_owned()]);
        ticket.custom = BTreeMap::from([("order".to_owned(), "4711 \"x\"".to_owned())]);
        ticket.set_by_hand = BTreeSet::from(["team".to_owned()]);
        ticket.version = 1;
        ticket.event_sequence = 2;
        ticket.updated_at = self.now.plus(1);
        ticket.last_customer_message_at = Some(self.now.plus(2));
        ticket.last_reply_at = Some(self.now.plus(3));
        ticket.solved_at = Some(self.now.plus(4));
        ticket
    }

    /// An inbound message of a ticket.
    #[must_use]
    pub fn message(&self, ticket_id: TicketId) -> Message {
        let author = Actor::new(ActorKind::Contact, "con_x");
        let mut message =
            domain::work::blank_message(self.message_id(), ticket_id, Direction::Inbound, author, self.now);
        "Betreff".clone_into(&mut message.subject);
        "Guten Tag,\n[EMAIL-1] 🙂 'quoted' \"text\"".clone_into(&mut message.text);
        "Guten Tag".clone_into(&mut message.reply_text);
        message.internet_message_id = Some(format!("{}@example.org", message.id));
        message.in_reply_to = Some("before@example.org".to_owned());
        message.references = vec!["first@example.org".to_owned(), "before@example.org".to_owned()];
        message.language = Some("de".to_owned());
        message.sender_auth = SenderAuth::Fail;
        message.attachments = vec![Attachment {
            id: self.attachment_id(),
            file_name: "Rechnung.pdf".to_owned(),
            content_type: "application/pdf".to_owned(),
            size_bytes: 12_345,
            sha256: "ab".repeat(32),
        }];
        message
    }

    /// An automatic message to an address, in a state of delivery.
    #[must_use]
    pub fn automatic(&self, ticket_id: TicketId, to: &str, delivery: Delivery) -> Message {
        let mut message = self.message(ticket_id);
        message.direction = Direction::Outbound;
        message.author = Actor::new(ActorKind::Plugin, "kulanz.auto-reply");
        message.auto_class = AutoClass::AutoReplied;
        message.automatic = true;
        message.to_address = Some(to.to_owned());
        message.delivery = delivery;
        message.attachments = Vec::new();
        message
    }

    /// An event of a ticket.
    #[must_use]
    pub fn event(&self, ticket_id: TicketId, sequence: i64) -> Event {
        Event {
            id: self.event_id(),
            kind: EventType::TicketFieldChanged,
            time: self.now,
            ticket_id: Some(ticket_id),
            sequence,
            actor: Actor::new(ActorKind::Plugin, "kulanz.triage"),
            cause: Some(Cause { event_id: self.event_id(), run_id: Some(self.run_id()), depth: 3 }),
            changes: vec![Change { field: "priority".to_owned(), from: Some("low".to_owned()), to: None }],
            data: serde_json::json!({ "message_id": "msg_x", "n": 1 }),
        }
    }

    /// A run on a ticket.
    #[must_use]
    pub fn run(&self, installation_id: InstallationId, ticket_id: TicketId) -> Run {
        Run {
            id: self.run_id(),
            installation_id,
            plugin_id: "kulanz.triage".to_owned(),
            plugin_version: "1.2.3".to_owned(),
            digest: "cd".repeat(32),
            hook: Hook::Triage,
            mode: Mode::Live,
            event_id: Some(self.event_id()),
            ticket_id: Some(ticket_id),
            started_at: self.now,
            duration_us: 1_234,
            cpu_us: 1_200,
            fuel: 5_678_901,
            memory_bytes: 1 << 20,
            host_calls: 12,
            seed: i64::MIN,
            input_digest: "ef".repeat(32),
            reads: BTreeMap::from([(FieldClass::Text, 2), (FieldClass::ContactName, 1)]),
            calls: BTreeMap::from([(Capability::Kv, 3)]),
            http: BTreeMap::from([(
                "api.example.com".to_owned(),
                Use { calls: 1, bytes_out: 200, bytes_in: 3_000 },
            )]),
            verdict: Some(Verdict { word: "done".to_owned(), why: "rule 3".to_owned() }),
            fault: None,
            log: vec![LogLine { level: "info".to_owned(), message: "hello".to_owned() }],
            log_dropped: 4,
            answers: serde_json::json!([{ "call": "now", "answer": 1 }]),
            case: Some(Box::new(Case {
                input: CaseInput::Schedule(Firing {
                    schedule: "daily".to_owned(),
                    scheduled_for: self.now,
                    fired_at: self.now.plus(1),
                    missed: 2,
                }),
                grants: domain::grant::Grants::default(),
                settings: serde_json::json!({ "tone": "kind" }),
                limits: Limits::default(),
            })),
        }
    }

    /// An applied decision of a run.
    #[must_use]
    pub fn decision(&self, run: &Run, ticket_id: TicketId, digest: &str) -> Decision {
        Decision {
            id: self.decision_id(),
            run_id: run.id,
            installation_id: run.installation_id,
            plugin_id: run.plugin_id.clone(),
            ordinal: 0,
            ticket_id,
            effect: Effect::AddTag { tag: "parcel".to_owned() },
            basis: Basis {
                reason: "says parcel".to_owned(),
                confidence: 0.75,
                evidence: vec!["Paket".to_owned()],
            },
            status: DecisionStatus::Applied,
            reason: String::new(),
            digest: digest.to_owned(),
            decided_at: self.now,
        }
    }

    /// An installation.
    #[must_use]
    pub fn installation(&self) -> Installation {
        let id = self.installation_id();
        let mut manifest = manifest();
        // A plugin is installed once.
        manifest.id = format!("acme.{}", id.to_string().to_lowercase());
        Installation {
            id,
            manifest,
            digest: "12".repeat(32),
            publisher: Some(domain::version::PublisherKey([7; 32])),
            mode: Mode::Shadow,
            grants: domain::grant::Grants::default(),
            inboxes: Default::default(),
            settings: serde_json::json!({ "greeting": "Hallo" }),
            limits: Limits::default(),
            canary: Some(Canary {
                digest: "34".repeat(32),
                share_percent: 10,
                teams: vec!["billing".to_owned()],
                since: self.now,
                counted: LedgerCounts::default(),
            }),
            faults_in_a_row: 0,
            quarantine: None,
            installed_at: self.now,
            updated_at: self.now,
            version: 0,
        }
    }

    /// A version of an installation that waits for consent.
    #[must_use]
    pub fn version(&self, installation_id: InstallationId, digest: &str) -> PluginVersion {
        let installation = self.installation();
        PluginVersion {
            installation_id,
            digest: digest.to_owned(),
            manifest: installation.manifest,
            publisher: None,
            state: VersionState::Waiting,
            wishes: vec![Wish::Downgrade { from: "2.0.0".to_owned(), to: "1.2.3".to_owned() }],
            grants: installation.grants,
            settings: installation.settings,
            limits: installation.limits,
            received_at: self.now,
            received_by: Actor::new(ActorKind::Agent, "ana"),
            activated_at: None,
            activated_by: None,
        }
    }

    /// What one run adds to the ledger of a day.
    #[must_use]
    pub fn ledger_entry(&self, installation_id: InstallationId, digest: &str) -> LedgerEntry {
        let mut entry = LedgerEntry::empty(installation_id, Day::of(self.now), digest);
        entry.counts = LedgerCounts {
            runs: 1,
            faults: 2,
            fuel: 3,
            cpu_us: 4,
            wall_us: 5,
            host_calls: 6,
            kv_bytes: 7,
            proposed: 8,
            applied: 9,
            rejected: 10,
            corrected: 11,
            memory_bytes: 12,
        };
        entry.uses.insert("read:text".to_owned(), Use { calls: 1, bytes_out: 2, bytes_in: 3 });
        entry
    }

    /// A schedule that is due now.
    #[must_use]
    pub fn schedule(&self, installation_id: InstallationId) -> Schedule {
        Schedule {
            id: self.schedule_id(),
            installation_id,
            declaration: ScheduleDeclaration {
                name: "daily".to_owned(),
                cron: "0 9 * * *".to_owned(),
                zone: "Europe/Berlin".to_owned(),
                missed: Missed::Once,
                overlap: Overlap::Queue,
            },
            enabled: true,
            next_at: Some(self.now),
            last_for: None,
        }
    }

    /// A job in a lane, ready now.
    #[must_use]
    pub fn job(&self, lane: &str) -> NewJob {
        NewJob::turn(lane, self.event_id(), self.now)
    }
}

fn manifest() -> Manifest {
    Manifest {
        id: "example.triage".to_owned(),
        name: "Triage".to_owned(),
        version: "1.2.3".to_owned(),
        contract: domain::plugin::CONTRACT_TRACK.to_owned(),
        description: "Sorts.".to_owned(),
        authors: vec!["Ana".to_owned()],
        licence: "MIT".to_owned(),
        languages: vec!["de".to_owned()],
        hooks: Vec::new(),
        schedules: Vec::new(),
        grants: Vec::new(),
        settings: serde_json::json!({}),
        limits: Limits::default(),
        phrases: Vec::new(),
    }
}
