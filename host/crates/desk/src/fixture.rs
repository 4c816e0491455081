//! A desk in a test's hands: in-memory store, a clock that stands still, counted ids, a mail server that takes its time. No
//! plugin is loaded; installations lie in the store as their manifests.

use std::sync::Arc;

use channels::email::Outgoing;
use channels::fetch::{Fetch, FetchOptions};
use channels::{ChannelError, Egress, Memory, Progress, Receipt};
use domain::clock::FixedClock;
use domain::grant::Grants;
use domain::id::{CountingIds, InstallationId};
use domain::plugin::{Installation, Limits, Manifest, Mode};
use domain::ticket::{Channel, Ticket};
use domain::{Actor, ActorKind, Clock, Timestamp};
use runtime::{Runtime, RuntimeOptions};
use store::{Commit, Fact, Options, Store};
use tokio::sync::Semaphore;

use crate::{Desk, DeskConfig, DeskParts, NewTicket, SealKey};

/// The instant at which tests begin.
pub(crate) const NOW: Timestamp = Timestamp(1_795_000_000_000);

/// A manifest with a schedule, a triage hook and a setting.
const MANIFEST: &str = r#"
id = "example.clock"
name = "Clock"
version = "1.0.0"
contract = "0.1"
description = "Looks every hour."

[[hook]]
kind = "triage"
events = ["message.received"]

[[hook]]
kind = "schedule"

[[schedule]]
name = "hourly"
cron = "0 * * * *"

[[grant]]
to = "effect:set-field:priority"
reason = "It sets the priority."

[[grant]]
to = "effect:set-field:team"
reason = "It sets the team."

[settings]
type = "object"

[settings.properties.tone]
type = "string"
default = "kind"
"#;

pub(crate) struct Fixture {
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) store: Store,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::sending(Arc::new(Memory::new())).await
    }

    /// One whose mail leaves by this way.
    pub(crate) async fn sending(egress: Arc<dyn Egress>) -> Self {
        Box::pin(Self::of(egress, Arc::new(crate::NoTombstones), DeskConfig::default())).await
    }

    /// The same, whose leases are this long.
    pub(crate) async fn leasing(egress: Arc<dyn Egress>, lease_ms: i64) -> Self {
        let config = DeskConfig { lease_ms, ..DeskConfig::default() };
        Box::pin(Self::of(egress, Arc::new(crate::NoTombstones), config)).await
    }

    /// One that writes erasures down here.
    pub(crate) async fn erasing_into(tombstones: Arc<dyn crate::Tombstones>) -> Self {
        Box::pin(Self::of(Arc::new(Memory::new()), tombstones, DeskConfig::default())).await
    }

    async fn of(egress: Arc<dyn Egress>, tombstones: Arc<dyn crate::Tombstones>, config: DeskConfig) -> Self {
        let clock = Arc::new(FixedClock::at(NOW));
        let store = Store::open("sqlite::memory:", &Options::default()).await.unwrap();
        let parts = DeskParts {
            store: store.clone(),
            runtime: Runtime::new(RuntimeOptions { pooling: false, ..RuntimeOptions::default() }).unwrap(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ids: Arc::new(CountingIds::default()),
            egress,
            senders: channels::sender::Senders::unchecked(),
            seal: SealKey::new(&[7; 32]),
            tombstones,
            meaning: crate::Meaning::none(),
            fetch: None,
            webhooks: Fetch::new(FetchOptions::default()),
            config: DeskConfig { redaction_required: false, ..config },
        };
        Self { desk: Desk::open(parts).await.unwrap(), clock, store }
    }

    pub(crate) async fn facts(&self, facts: Vec<Fact>) {
        self.store.commit(Commit { facts }).await.unwrap();
    }

    pub(crate) async fn ticket(&self, email: &str) -> Ticket {
        Box::pin(self.desk.create_ticket(request(email), None, agent())).await.unwrap()
    }

    /// A live installation with all that its manifest asks for; its component is not there.
    pub(crate) async fn installation(&self, change: impl FnOnce(&mut Installation)) -> Installation {
        let manifest = Manifest::parse(MANIFEST).unwrap();
        let mut installation = Installation {
            id: InstallationId::mint(self.desk.0.ids.as_ref(), NOW),
            grants: manifest.requested(),
            inboxes: Default::default(),
            settings: manifest.default_settings(),
            manifest,
            digest: "0".repeat(64),
            publisher: None,
            mode: Mode::Live,
            limits: Limits::default(),
            canary: None,
            faults_in_a_row: 0,
            quarantine: None,
            installed_at: NOW,
            updated_at: NOW,
            version: 0,
        };
        change(&mut installation);
        self.facts(vec![Fact::PutInstallation(Box::new(installation.clone()))]).await;
        installation.version = 1;
        self.desk.reload_plugins().await.unwrap();
        installation
    }
}

/// A mail server that has each mail at once, whole or not, and answers when it is told to.
pub(crate) struct Post {
    whole: bool,
    pub(crate) begun: Semaphore,
    pub(crate) answers: Semaphore,
    pub(crate) outbox: Memory,
}

impl Post {
    pub(crate) fn that_has_it(whole: bool) -> Arc<Self> {
        let (begun, answers) = (Semaphore::new(0), Semaphore::new(0));
        Arc::new(Self { whole, begun, answers, outbox: Memory::new() })
    }

    pub(crate) async fn has_one(&self) {
        self.begun.acquire().await.unwrap().forget();
    }
}

#[async_trait::async_trait]
impl Egress for Post {
    fn name(&self) -> &'static str {
        "post"
    }

    async fn send(&self, mail: &Outgoing) -> Result<Receipt, ChannelError> {
        self.begun.add_permits(1);
        self.answers.acquire().await.unwrap().forget();
        self.outbox.send(mail).await
    }

    async fn hand_over(&self, mail: &Outgoing, progress: &Progress) -> Result<Receipt, ChannelError> {
        if self.whole {
            progress.reach_whole();
        }
        self.send(mail).await
    }
}

pub(crate) fn request(email: &str) -> NewTicket {
    NewTicket {
        subject: "Parcel".to_owned(),
        text: "Where is it?".to_owned(),
        email: email.to_owned(),
        name: Some("Ana".to_owned()),
        channel: Channel::Api,
        inbox: None,
        language: None,
        category: None,
        team: None,
        priority: None,
        custom: Default::default(),
        tags: Vec::new(),
    }
}

pub(crate) fn agent() -> Actor {
    Actor::new(ActorKind::Agent, "kim")
}

pub(crate) fn no_grants() -> Grants {
    Grants::default()
}
