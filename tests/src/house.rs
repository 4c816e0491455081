//! A house: desk, store, clock, outgoing mail. Opened on a fresh database of either kind.

use std::sync::Arc;

use channels::Memory;
use channels::sender::Senders;
use desk::{Desk, DeskConfig, DeskError, DeskParts, InstallRequest, MailIdentity, Received, SealKey, Store};
use domain::clock::FixedClock;
use domain::id::CountingIds;
use domain::plugin::{Installation, Mode};
use domain::ticket::Ticket;
use domain::{Actor, ActorKind, Timestamp};

use crate::database::{Backend, Database};
use crate::{plugins, source};

/// Monday, 2 March 2026, 09:00 UTC.
pub const START: Timestamp = Timestamp(1_772_442_000_000);

/// A house in a test's hands.
pub struct House {
    pub desk: Desk,
    pub store: Store,
    pub clock: Arc<FixedClock>,
    pub outbox: Arc<Memory>,
    pub database: Database,
}

/// What is outside of a house.
#[derive(Default)]
pub struct Outside {
    /// How mail leaves; none: into the outbox.
    pub egress: Option<Arc<dyn channels::Egress>>,
    /// What is known of senders.
    pub senders: Senders,
    /// What texts mean.
    pub meaning: desk::Meaning,
    /// How plugins' requests leave; none: they do not.
    pub fetch: Option<channels::fetch::Fetch>,
}

/// An admin.
#[must_use]
pub fn admin() -> Actor {
    Actor::new(ActorKind::Agent, "admin")
}

/// An agent.
#[must_use]
pub fn agent() -> Actor {
    Actor::new(ActorKind::Agent, "ines")
}

/// Settings for tests: one worker slot, so that ids and stories come out the same each time.
#[must_use]
pub fn config() -> DeskConfig {
    DeskConfig {
        mail: MailIdentity {
            from_address: "help@shop.example".to_owned(),
            from_name: "Shop Help".to_owned(),
            ..MailIdentity::default()
        },
        worker_slots: 1,
        ..DeskConfig::default()
    }
}

/// What seals in a house.
#[must_use]
pub fn seal() -> SealKey {
    SealKey::new(&[5; 32])
}

impl House {
    /// A house without plugins, that takes text as it comes.
    pub async fn bare(backend: Backend) -> Self {
        Self::with(backend, DeskConfig { redaction_required: false, ..config() }).await
    }

    /// A house with these settings and no plugins.
    pub async fn with(backend: Backend, config: DeskConfig) -> Self {
        Self::on(Database::fresh(backend).await, config).await
    }

    /// A house on this database.
    pub async fn on(database: Database, config: DeskConfig) -> Self {
        Self::facing(database, config, Outside::default()).await
    }

    /// A house with a world outside.
    pub async fn facing(database: Database, config: DeskConfig, outside: Outside) -> Self {
        let seal = seal();
        let options = store::Options { audit_key: Some(seal.audit_key()), ..store::Options::default() };
        let store = Store::open(&database.url, &options).await.unwrap();
        let clock = Arc::new(FixedClock::at(START));
        let outbox = Arc::new(Memory::new());
        let desk = Desk::open(DeskParts {
            store: store.clone(),
            runtime: plugins::runtime(),
            clock: Arc::clone(&clock) as Arc<dyn domain::Clock>,
            ids: Arc::new(CountingIds::default()),
            egress: outside.egress.unwrap_or_else(|| Arc::clone(&outbox) as Arc<dyn channels::Egress>),
            senders: outside.senders,
            seal,
            tombstones: Arc::new(desk::NoTombstones),
            meaning: outside.meaning,
            fetch: outside.fetch,
            webhooks: channels::fetch::Fetch::new(channels::fetch::FetchOptions {
                allow_plain_http: true,
                allow_private_addresses: true,
                ..Default::default()
            }),
            config,
        })
        .await
        .unwrap();
        Self { desk, store, clock, outbox, database }
    }

    /// A house with the bundled plugins live and the demo's articles.
    pub async fn furnished(backend: Backend) -> Self {
        Self::furnished_with(backend, config()).await
    }

    /// The same with other settings.
    pub async fn furnished_with(backend: Backend, config: DeskConfig) -> Self {
        Self::with(backend, config).await.furnish().await
    }

    /// Installs the bundled plugins live and the demo's articles.
    pub async fn furnish(self) -> Self {
        let house = self;
        for name in ["redaction", "triage", "auto-reply", "proactive-notice"] {
            house.install(plugins::bundled(name), Mode::Live).await;
        }
        let articles = std::fs::read_to_string(source().join("tests/fixtures/articles.jsonl")).unwrap();
        for line in articles.lines().filter(|l| !l.trim().is_empty()) {
            house.desk.put_article(serde_json::from_str(line).unwrap(), admin()).await.unwrap();
        }
        house
    }

    /// Installs a plugin with all that it asks for.
    pub async fn install(&self, bytes: Vec<u8>, mode: Mode) -> Installation {
        self.hand_in(bytes, mode).await.unwrap().installation
    }

    /// Hands a plugin file in: a first one gets all that it asks for, a new version what the old one had.
    pub async fn hand_in(&self, bytes: Vec<u8>, mode: Mode) -> Result<Received, DeskError> {
        self.desk.install(InstallRequest::new(bytes, mode), admin()).await
    }

    /// Takes in a mail and works everything that follows from it.
    pub async fn mail(&self, raw: &str) {
        self.desk.receive_mail("mail", raw.replace('\n', "\r\n").into_bytes()).await.unwrap();
        self.settle().await;
    }

    /// Works the queue until nothing is ready; fails the test when a job's own code failed.
    pub async fn settle(&self) {
        let settled = self.desk.settle().await.unwrap();
        assert_eq!(settled.failures, 0, "a job's own code failed: see the log");
    }

    /// The ticket with this number.
    pub async fn ticket(&self, number: i64) -> Ticket {
        self.store.ticket_by_number(number).await.unwrap().unwrap()
    }

    /// All tickets, oldest first.
    pub async fn tickets(&self) -> Vec<Ticket> {
        let filter = desk::TicketFilter { oldest_first: true, ..desk::TicketFilter::default() };
        self.store.tickets(&filter, &desk::Page { after: None, limit: 200 }).await.unwrap()
    }

    /// A ticket's story as text, with what changes between builds blanked.
    pub async fn story(&self, number: i64) -> String {
        let ticket = self.ticket(number).await;
        let story = self.desk.story(ticket.id).await.unwrap().to_string();
        blank_fuel(&story)
    }
}

/// Fuel depends on the compiler that built the plugin: `41k fuel` becomes `… fuel`.
fn blank_fuel(story: &str) -> String {
    story
        .lines()
        .map(|line| match (line.rfind(", "), line.strip_suffix(" fuel)")) {
            (Some(at), Some(_)) => format!("{}, … fuel)", line.get(..at).unwrap_or(line)),
            _ => line.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("\n")
}
