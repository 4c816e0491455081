//! Floor 2: the use cases. Every door (API, console, CLI, mail, cron) comes in here.
//!
//! Knows no HTTP, no HTML, no SQL text, no wasmtime type. Reads, decides with `domain`, writes one
//! `Commit`; no transaction is ever open while wasm, SMTP or HTTP runs.

mod administer;
mod arrival;
mod articles;
mod attachments;
mod audit;
mod automation;
mod bench;
mod bookmark;
mod breaker;
mod carry;
mod clocks;
mod config;
mod deliver;
mod error;
mod fill;
#[cfg(test)]
mod fixture;
mod frame;
mod idempotency;
mod intake;
mod knowledge;
mod ledger;
mod link;
mod mailboxes;
mod marks;
mod meaning;
mod meanwhile;
mod merge;
mod numbers;
mod people;
mod person;
mod plugin_host;
mod plugins;
mod races;
mod rating;
mod redact;
mod reproduce;
mod retention;
mod retro;
mod schedules;
mod seal;
mod sessions;
mod spelling;
mod stories;
mod suggestions;
mod tables;
mod thread;
mod tokens;
mod turn;
mod unsubscribe;
mod vault;
mod webhooks;
mod withheld;
mod words;
mod worker;

use std::sync::Arc;

use channels::Egress;
use domain::{Clock, Ids};
use runtime::Runtime;

pub use administer::{NewToken, NewWebhook, SUPPRESSION_REASON_CHARS_MAX, digest};
pub use arrival::{NewTicket, sender_of};
pub use articles::{Imported, NewArticle, Rows, Seen, articles_in};
pub use attachments::{NewFile, OpenedAttachment};
pub use config::{DeskConfig, MailIdentity};
pub use error::DeskError;
pub use frame::{Framed, Frames, Values};
pub use idempotency::Memo;
pub use intake::{IntakeReceipt, OWN_ADDRESS};
pub use ledger::LedgerView;
pub use mailboxes::{MailboxNews, MailboxState};
pub use meaning::{Meaning, beginning};
pub use people::{NewMessage, NewMessageKind, TicketChange};
pub use person::{Erased, NoTombstones, Tombstone, Tombstones};
pub use plugins::{
    AnswerCurve, Base64, Changed, Comparison, Consent, HIDDEN, InstallRequest, InstallationChange,
    InstalledView, PluginValues, Received, Saying, Tally, Trial, Tried, TriedFinding, masked,
};
pub use rating::{NOT_HELPED, Rated};
pub use retro::{RetroBatch, RetroFind};
pub use seal::SealKey;
pub use store::{
    AutomaticCounts, DeadJob, ERASED, Intake, IntakeKind, IntakeState, Page, QueueState, Store, StoreError,
    Suppression, TicketFilter, WordsIn,
};
pub use withheld::Withheld;
pub use worker::{Settled, Worker};

/// What a desk is made of. Time, chance and the outside come in by these doors.
pub struct DeskParts {
    /// Where facts lie.
    pub store: Store,
    /// What runs plugins.
    pub runtime: Runtime,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub ids: Arc<dyn Ids>,
    /// How mail leaves.
    pub egress: Arc<dyn Egress>,
    /// What is known of senders.
    pub senders: channels::sender::Senders,
    /// What seals.
    pub seal: SealKey,
    /// Where erasures are written down outside the database.
    pub tombstones: Arc<dyn Tombstones>,
    /// What texts mean.
    pub meaning: Meaning,
    /// Outbound HTTP for plugins; none: `http` answers unavailable.
    pub fetch: Option<channels::fetch::Fetch>,
    /// Outbound HTTP for webhooks.
    pub webhooks: channels::fetch::Fetch,
    /// Settings.
    pub config: DeskConfig,
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) runtime: Runtime,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) egress: Arc<dyn Egress>,
    pub(crate) senders: channels::sender::Senders,
    pub(crate) seal: SealKey,
    pub(crate) tombstones: Arc<dyn Tombstones>,
    pub(crate) meaning: Meaning,
    pub(crate) fetch: Option<channels::fetch::Fetch>,
    pub(crate) webhooks: channels::fetch::Fetch,
    pub(crate) ours: config::Ours,
    pub(crate) config: DeskConfig,
    pub(crate) numbers: numbers::Numbers,
    pub(crate) roster: plugins::RosterCell,
    pub(crate) knowledge: knowledge::Knowledge,
    pub(crate) tables: tables::Tables,
    pub(crate) tokens: tokens::KnownTokens,
    /// Counting a budget and beginning a passage must not interleave within this process.
    pub(crate) gate: tokio::sync::Mutex<()>,
    /// Turns that are run again, because another one wrote what their plugins keep, stand in line.
    pub(crate) rerun: tokio::sync::Mutex<()>,
    pub(crate) passing: deliver::Passing,
    pub(crate) rooms: deliver::Rooms,
    pub(crate) handing: deliver::Handing,
    pub(crate) unwritten: deliver::Unwritten,
    pub(crate) ending: deliver::Ending,
    pub(crate) mailboxes: mailboxes::Mailboxes,
    /// When retention was last seen to, milliseconds; 0: not since the start.
    pub(crate) retained_at: std::sync::atomic::AtomicI64,
    /// Name of this process as a holder of leases: new at every start, never a host name.
    pub(crate) owner: String,
}

/// The handle that every door receives. Cheap to clone.
#[derive(Clone)]
pub struct Desk(pub(crate) Arc<Inner>);

impl Desk {
    /// Puts a desk together and loads the installed plugins.
    ///
    /// # Errors
    /// When the store cannot be read. A plugin that cannot be loaded is not an error: it is quarantined.
    pub async fn open(parts: DeskParts) -> Result<Self, DeskError> {
        let owner = parts.ids.next(parts.clock.now()).to_string();
        let desk = Self(Arc::new(Inner {
            store: parts.store,
            runtime: parts.runtime,
            clock: parts.clock,
            ids: parts.ids,
            egress: parts.egress,
            senders: parts.senders,
            seal: parts.seal,
            tombstones: parts.tombstones,
            meaning: parts.meaning,
            fetch: parts.fetch,
            webhooks: parts.webhooks,
            ours: config::Ours::of(&parts.config),
            config: parts.config,
            numbers: numbers::Numbers::default(),
            roster: plugins::RosterCell::default(),
            knowledge: knowledge::Knowledge::default(),
            tables: tables::Tables::default(),
            tokens: tokens::KnownTokens::default(),
            gate: tokio::sync::Mutex::new(()),
            rerun: tokio::sync::Mutex::new(()),
            passing: deliver::Passing::default(),
            rooms: deliver::Rooms::default(),
            handing: deliver::Handing::default(),
            unwritten: deliver::Unwritten::default(),
            ending: deliver::Ending::default(),
            mailboxes: mailboxes::Mailboxes::default(),
            retained_at: std::sync::atomic::AtomicI64::default(),
            owner,
        }));
        // Before anything else: a restored backup serves nobody who was erased.
        desk.erase_again().await?;
        desk.spell_addresses().await?;
        desk.follow_zone_rules().await?;
        desk.0.meaning.tidy(&desk.0.store).await?;
        desk.reload_plugins().await?;
        Ok(desk)
    }

    /// Questions to what is stored. Doors read through this; only the desk writes.
    #[must_use]
    pub fn ask(&self) -> &Store {
        &self.0.store
    }

    /// Closes the desk: unused ticket numbers go back, what was promised is on disk, the lock is gone.
    pub async fn close(&self) {
        if let Err(error) = self.0.numbers.give_back(&self.0.store).await {
            tracing::debug!(%error, "unused ticket numbers were not given back; there will be a gap");
        }
        self.0.store.close().await;
    }

    /// A setting of the desk's own that is kept as JSON; the default where there is none. One that cannot be read is
    /// an error: read as empty it would be written over.
    pub(crate) async fn json_setting<T: serde::de::DeserializeOwned + Default>(
        &self,
        key: &'static str,
    ) -> Result<T, DeskError> {
        let Some(text) = self.0.store.setting(key).await? else { return Ok(T::default()) };
        let corrupt =
            |_| store::StoreError::Corrupt { table: "setting", column: "value", id: key.to_owned() };
        Ok(serde_json::from_str(&text).map_err(corrupt)?)
    }

    /// Now, by the desk's clock.
    #[must_use]
    pub fn now(&self) -> domain::Timestamp {
        self.0.clock.now()
    }

    /// Now, by the desk's clock that nobody sets: for how long somebody has to wait.
    #[must_use]
    pub fn moment(&self) -> domain::clock::Moment {
        self.0.clock.moment()
    }

    /// Settings in force.
    #[must_use]
    pub fn config(&self) -> &DeskConfig {
        &self.0.config
    }

    pub(crate) fn stamp(&self, actor: domain::Actor) -> domain::work::Stamp<'_> {
        domain::work::Stamp { now: self.now(), actor, cause: None, ids: self.0.ids.as_ref() }
    }
}
