//! Facts: what is to be true after a commit. The only way to write. Whether a fact is allowed was decided
//! above; what is checked here is only that nothing changed since it was decided.

use domain::Timestamp;
use domain::article::{Alternate, Article};
use domain::audit::AuditRecord;
use domain::contact::Contact;
use domain::event::Event;
use domain::id::{
    ArticleId, ContactId, DecisionId, EventId, InstallationId, IntakeId, MessageId, ScheduleId, TicketId,
    TokenId, WebhookId,
};
use domain::job::{Lease, NewJob};
use domain::ledger::LedgerEntry;
use domain::message::{Delivery, Message};
use domain::plugin::{Installation, Schedule};
use domain::redaction::Redaction;
use domain::run::{Decision, DecisionStatus, Run};
use domain::seal::Sealed;
use domain::session::Session;
use domain::strike::Strike;
use domain::ticket::Ticket;
use domain::token::Token;
use domain::vault::Reveal;
use domain::version::PluginVersion;
use domain::webhook::Webhook;

use crate::records::{Forget, Intake, IntakeState, Suppression};

/// Facts that become true together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// What is to be true. Facts do not depend on each other's order, except jobs of one lane, events and
    /// audit records among themselves: those keep it.
    pub facts: Vec<Fact>,
}

impl Commit {
    /// A commit of these facts.
    #[must_use]
    pub const fn of(facts: Vec<Fact>) -> Self {
        Self { facts }
    }
}

impl From<Vec<Fact>> for Commit {
    fn from(facts: Vec<Fact>) -> Self {
        Self { facts }
    }
}

/// What a plugin's value has to be for a new one to take its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Over {
    /// Whatever there is.
    Anything,
    /// What the run had read when it made the new one, none if there was none (`Stale("kv")` otherwise).
    Read(Option<Vec<u8>>),
}

/// One thing that is to be true.
#[derive(Debug, Clone)]
pub enum Fact {
    /// A ticket, as it shall be.
    PutTicket {
        /// The ticket.
        ticket: Box<Ticket>,
        /// Version it was read with (else `Stale("ticket")`); `None` inserts (else `Conflict("ticket")`).
        read_version: Option<i64>,
    },
    /// A contact, new or changed; its address is unique (`Conflict("contact_email")`).
    PutContact(Contact),
    /// What a message tells of a contact: a name where there is none, and that the address has proved to be theirs.
    /// Nothing where the address is another one by now (an erasure).
    LearnContact {
        /// Whose.
        contact_id: ContactId,
        /// The address that the message came from.
        email: String,
        /// A name.
        name: Option<String>,
        /// Whether the address was proved.
        verified: bool,
    },
    /// A contact's address in its one spelling, there and on what was written to it on their tickets. Nothing where the
    /// address is another one by now; `Conflict("contact_email")` where the new spelling is somebody's.
    RespellContact {
        /// Whose.
        contact_id: ContactId,
        /// The address as it is stored.
        was: String,
        /// The same address as it shall be.
        now: String,
    },
    /// Whether somebody wants notices.
    SetConsent {
        /// Whose.
        contact_id: ContactId,
        /// The address they had when that was read (else `Stale("contact")`: an erasure came between).
        email: String,
        /// From now on.
        consent: bool,
    },
    /// A new message with its attachments (`Conflict("message")`).
    AddMessage(Box<Message>),
    /// Where a message is on its way out.
    SetDelivery {
        /// Which message (`Stale("delivery")` when there is none).
        message_id: MessageId,
        /// State from now on.
        delivery: Delivery,
        /// Why, for people.
        reason: Option<String>,
        /// State it must be in before (else `Stale("delivery")`).
        expect: Option<Delivery>,
        /// Whether it was to be one that may have arrived before (else `Stale("delivery")`); `None` does not ask.
        expect_doubt: Option<bool>,
        /// When it passed the gate; `None` keeps what is there.
        passed_at: Option<Timestamp>,
        /// Whether it may have arrived, and nobody knows; `None` keeps what is there.
        may_have_arrived: Option<bool>,
    },
    /// Whether an answer helped.
    RateMessage {
        /// Which message.
        message_id: MessageId,
        /// What the customer says.
        helped: bool,
        /// What was said before (else `Stale("message")`).
        expect: Option<bool>,
    },
    /// A question that an article was confirmed to answer; one per article and ticket, the newest counts.
    PutAlternate(Alternate),
    /// Takes the question of a ticket from an article, or from all.
    RemoveAlternate {
        /// Which article; none: all.
        article_id: Option<ArticleId>,
        /// Whose question.
        ticket_id: TicketId,
    },
    /// A message's subject, text, reply text and names of files as they shall be, if they are still what was read
    /// (else `Stale("message")`).
    RewriteMessage {
        /// As it was read.
        was: Box<Message>,
        /// As it shall be.
        now: Box<Message>,
    },
    /// Values that were found late are struck out of what is recorded of a ticket: runs, decisions, events, kept
    /// answers.
    Strike {
        /// Which ticket.
        ticket_id: TicketId,
        /// Which values.
        values: Strike,
    },
    /// The key with which values of one person are sealed, itself sealed (`Conflict("vault_key")` when there is
    /// one).
    AddVaultKey {
        /// Whose.
        contact_id: ContactId,
        /// The sealed key.
        sealed: Sealed,
        /// When.
        at: Timestamp,
    },
    /// Somebody's wish to see a sealed value, new or changed.
    PutReveal(Box<Reveal>),
    /// Sealed values made before this are gone; their placeholders stay.
    ExpireValues {
        /// The moment.
        before: Timestamp,
    },
    /// Sealed originals that came in before this and have become tickets are gone.
    DropOriginals {
        /// The moment.
        before: Timestamp,
        /// At most so many rows at a time: nobody shall wait long behind them.
        most: i64,
    },
    /// Runs and decided effects from before this are gone.
    DropRuns {
        /// The moment.
        before: Timestamp,
        /// At most so many rows at a time: nobody shall wait long behind them.
        most: i64,
    },
    /// Answers remembered for repeated requests before this are gone; that something was seen stays.
    DropAnswers {
        /// The moment.
        before: Timestamp,
        /// At most so many rows at a time: nobody shall wait long behind them.
        most: i64,
    },
    /// The words of a ticket are gone; its numbers stay.
    ForgetTicket(TicketId),
    /// A person is taken out of everything; numbers stay.
    Forget(Box<Forget>),
    /// Sealed bytes by the digest of what they hold; bytes that are there already stay as they are.
    AddBlob {
        /// SHA-256 of the clear bytes, hex.
        sha256: String,
        /// The sealed bytes.
        sealed: Sealed,
    },
    /// Events (`Conflict("event_sequence")` when a ticket has one with that sequence).
    AddEvents(Vec<Event>),
    /// A run (`Conflict("run")`).
    AddRun(Box<Run>),
    /// A decision (`Conflict("decision")`).
    AddDecision(Box<Decision>),
    /// What became of a decision later.
    SetDecision {
        /// Which (`Stale("decision")` when there is none).
        id: DecisionId,
        /// What became of it.
        status: DecisionStatus,
        /// Why, for people.
        reason: String,
        /// When.
        decided_at: Timestamp,
        /// Status it must have before (else `Stale("decision")`).
        expect: Option<DecisionStatus>,
    },
    /// A redaction, with the sealed value if it is kept.
    AddRedaction {
        /// That something was replaced.
        redaction: Redaction,
        /// What, sealed.
        sealed: Option<Sealed>,
    },
    /// Whether a value that was replaced once is let stand on its ticket.
    LetStand {
        /// Which ticket.
        ticket_id: TicketId,
        /// The value's keyed digest.
        digest: String,
        /// Whether it is.
        stands: bool,
    },
    /// Something that came in (`Conflict("intake")`).
    AddIntake(Box<Intake>),
    /// What became of it.
    SetIntake {
        /// Which (`Stale("intake")` when there is none).
        id: IntakeId,
        /// State from now on.
        state: IntakeState,
        /// Why, for people.
        reason: Option<String>,
        /// The ticket it became.
        ticket_id: Option<TicketId>,
    },
    /// Work for later.
    Enqueue(NewJob),
    /// The head job is done. Guarded by fence and lease (`Stale("lease")`).
    FinishJob {
        /// Lane.
        lane: String,
        /// Fence of the lease.
        fence: i64,
        /// The job.
        sequence: i64,
    },
    /// The head job is to be tried again. Guarded like `FinishJob`.
    RetryJob {
        /// Lane.
        lane: String,
        /// Fence of the lease.
        fence: i64,
        /// The job.
        sequence: i64,
        /// Not before.
        ready_at: Timestamp,
        /// What went wrong, or what it waits for.
        error: String,
        /// Whether this was a try; waiting for room or for the morning is none.
        counts: bool,
    },
    /// The head job is given up: it moves to the dead ones and the lane goes on. Guarded like `FinishJob`.
    BuryJob {
        /// Lane.
        lane: String,
        /// Fence of the lease.
        fence: i64,
        /// The job.
        sequence: i64,
        /// What went wrong.
        error: String,
        /// When.
        at: Timestamp,
    },
    /// A job that waits until an instant is due at an earlier one. Nothing happens where it waits for another instant by now,
    /// is held, or is gone.
    HastenJob {
        /// Lane.
        lane: String,
        /// Until when it waits.
        was: Timestamp,
        /// Not before.
        ready_at: Timestamp,
    },
    /// Changes nothing: a lane is held (else `Stale("lease")`). For a step in the middle of a job.
    HoldLease {
        /// Lane.
        lane: String,
        /// Fence of the lease.
        fence: i64,
    },
    /// Takes a dead job away, because it is queued again.
    RemoveDead {
        /// Lane.
        lane: String,
        /// The job (`Stale("dead_job")` when there is none).
        sequence: i64,
    },
    /// Drops all jobs of a lane and voids its lease: whoever works in it finds its completion stale.
    ClearLane {
        /// Lane.
        lane: String,
    },
    /// A plugin's value; `None` removes it.
    KvPut {
        /// Whose.
        installation_id: InstallationId,
        /// Which.
        key: String,
        /// What.
        value: Option<Vec<u8>>,
        /// What it was made of.
        over: Over,
    },
    /// An installation, new (`Conflict("plugin")` when the plugin is installed already) or changed since it was read
    /// (`Stale("installation")` when somebody else changed it meanwhile).
    PutInstallation(Box<Installation>),
    /// Removes an installation with its schedules, values, versions and ledger.
    RemoveInstallation(InstallationId),
    /// A component file by its digest; the same digest again is fine.
    PutComponent {
        /// SHA-256, hex.
        digest: String,
        /// The file.
        bytes: Vec<u8>,
    },
    /// A version of an installation, new or changed.
    PutVersion(Box<PluginVersion>),
    /// Removes a version, and its component when no other version is the same file.
    RemoveVersion {
        /// Whose.
        installation_id: InstallationId,
        /// Which.
        digest: String,
    },
    /// Adds to what the ledger holds of a day and version.
    AddToLedger {
        /// What is added.
        entry: Box<LedgerEntry>,
        /// Which of a day's rows takes it: writers with different numbers do not wait for each other.
        shard: i64,
    },
    /// Faults in a row and quarantine of an installation.
    SetFaults {
        /// Whose (`Stale("installation")` when there is none).
        installation_id: InstallationId,
        /// How many.
        faults_in_a_row: i64,
        /// Why it is quarantined from now on; `None` leaves a quarantine as it is (`PutInstallation` lifts it).
        quarantine: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// Lifts a quarantine that still has this reason; another one, or none, stays as it is.
    EndQuarantine {
        /// Whose.
        installation_id: InstallationId,
        /// The reason it was seen with.
        expect: String,
        /// When.
        at: Timestamp,
    },
    /// A schedule, new or changed.
    PutSchedule(Schedule),
    /// Removes all schedules of an installation.
    RemoveSchedules(InstallationId),
    /// A schedule fires: at most once per due time (`Conflict("schedule_fire")`).
    FireSchedule {
        /// Which.
        schedule_id: ScheduleId,
        /// The due time.
        scheduled_for: Timestamp,
        /// The event it became.
        event_id: EventId,
    },
    /// When a schedule fires next.
    SetScheduleNext {
        /// Which.
        schedule_id: ScheduleId,
        /// Next firing, if there is one.
        next_at: Option<Timestamp>,
        /// Newest firing; `None` keeps the one stored.
        last_for: Option<Timestamp>,
        /// `next_at` as it was read, none meaning none (else `Stale("schedule")`).
        expect_next: Option<Timestamp>,
    },
    /// An article, new or changed; key and locale are unique together (`Conflict("article_key")`).
    PutArticle(Article),
    /// Removes an article.
    RemoveArticle(ArticleId),
    /// Vectors of texts by the model that made them; those that are there stay as they are.
    PutVectors {
        /// Digest of the model.
        model: String,
        /// Digest of a text with its vector, four bytes a number, little end first.
        vectors: Vec<(String, Vec<u8>)>,
    },
    /// Removes the vectors of all other models.
    KeepVectorsOf(String),
    /// A token, new or changed (`Conflict("token_digest")`).
    PutToken(Token),
    /// Removes a token and the sessions it began.
    RemoveToken(TokenId),
    /// A session that begins.
    PutSession(Session),
    /// Ends a session, by its digest.
    EndSession(String),
    /// Takes away sessions that are over.
    EndSessions {
        /// At this moment.
        before: Timestamp,
    },
    /// A webhook, new or changed.
    PutWebhook(Webhook),
    /// Removes a webhook.
    RemoveWebhook(WebhookId),
    /// Something to be remembered: gets its place in the chain within the transaction.
    Audit(AuditRecord),
    /// An outside id that was handled (`Conflict("seen")` the second time).
    Seen {
        /// Where the id comes from.
        source: String,
        /// The id there.
        external_id: String,
        /// What became of it, for the answer to a repeated request.
        outcome: String,
        /// When.
        at: Timestamp,
    },
    /// An address that is not written to, new or changed.
    PutSuppression(Suppression),
    /// Allows an address again.
    RemoveSuppression(String),
    /// Gives reserved ticket numbers back that were not used: from `first` to the one before `end`. Nothing happens when
    /// somebody reserved more since.
    ReturnNumbers {
        /// The first unused one.
        first: i64,
        /// The one after the last that was reserved.
        end: i64,
    },
    /// A house-wide value.
    PutSetting {
        /// Which.
        key: String,
        /// What.
        value: String,
    },
    /// A house-wide value in the place of the one that was read (else `Stale("setting")`).
    ReplaceSetting {
        /// Which.
        key: String,
        /// What was read; none: there was none.
        read: Option<String>,
        /// What.
        value: String,
    },
}

impl Fact {
    /// The job that somebody holds is done.
    #[must_use]
    pub fn finish(lease: &Lease) -> Self {
        Self::FinishJob { lane: lease.lane.clone(), fence: lease.fence, sequence: lease.sequence }
    }

    /// It failed and is tried again.
    #[must_use]
    pub fn retry(lease: &Lease, ready_at: Timestamp, error: String) -> Self {
        let (lane, fence, sequence) = (lease.lane.clone(), lease.fence, lease.sequence);
        Self::RetryJob { lane, fence, sequence, ready_at, error, counts: true }
    }

    /// It is given up.
    #[must_use]
    pub fn bury(lease: &Lease, error: String, at: Timestamp) -> Self {
        let (lane, fence, sequence) = (lease.lane.clone(), lease.fence, lease.sequence);
        Self::BuryJob { lane, fence, sequence, error, at }
    }
}
