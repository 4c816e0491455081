//! Everything that can be asked. Questions read and change nothing; absence is `None` or an empty list.

use domain::Timestamp;
use domain::article::{Alternate, Article, ArticleState};
use domain::audit::AuditEntry;
use domain::contact::Contact;
use domain::event::Event;
use domain::id::{
    ArticleId, AttachmentId, ContactId, DecisionId, EventId, InstallationId, IntakeId, MessageId,
    RedactionId, RevealId, RunId, ScheduleId, TicketId, WebhookId,
};
use domain::ledger::{Day, LedgerEntry};
use domain::message::{Attachment, Message};
use domain::plugin::{Installation, Schedule};
use domain::redaction::Redaction;
use domain::run::{Decision, Run};
use domain::seal::Sealed;
use domain::snapshot::TicketView;
use domain::ticket::Ticket;
use domain::token::Token;
use domain::vault::Reveal;
use domain::version::PluginVersion;
use domain::webhook::Webhook;

use crate::error::StoreError;
use crate::records::{
    AutomaticCounts, Changes, DeadJob, Intake, IntakeState, Page, QueueState, Suppression, TicketFilter,
};
use crate::{Backend, Store};

/// Answer of every question.
type Answer<T> = Result<T, StoreError>;

/// Declares questions: each borrows a connection of its backend and asks the statement of that name there.
macro_rules! questions {
    ($($(#[$meta:meta])* $name:ident($($arg:ident: $type:ty),*) -> $answer:ty = $module:ident::$function:ident($($pass:expr),*);)+) => {
        impl Store {$(
            $(#[$meta])*
            ///
            /// # Errors
            /// When the database cannot be reached or a stored value cannot be read.
            pub async fn $name(&self $(, $arg: $type)*) -> Answer<$answer> {
                match &*self.backend {
                    Backend::Sqlite(sqlite) => {
                        let mut c = sqlite.reader().await?;
                        Ok(crate::sqlite::sql::$module::$function(&mut c $(, $pass)*).await?)
                    }
                    Backend::Postgres(postgres) => {
                        let work = async {
                            let mut c = postgres.reader().await?;
                            Ok(crate::postgres::sql::$module::$function(&mut c $(, $pass)*).await?)
                        };
                        postgres.reading(work).await
                    }
                }
            }
        )+}
    };
}

questions! {
    /// Whether the database can be read.
    ping_reader() -> () = setting::ping();

    /// A ticket.
    ticket(id: TicketId) -> Option<Ticket> = ticket::by_id(id);
    /// A ticket by the number people say.
    ticket_by_number(number: i64) -> Option<Ticket> = ticket::by_number(number);
    /// Tickets that were merged into this one itself, oldest first.
    merged_into(id: TicketId) -> Vec<Ticket> = ticket::merged_into(id);
    /// Tickets, newest first unless the filter says otherwise.
    tickets(filter: &TicketFilter, page: &Page) -> Vec<Ticket> = ticket::list(filter, page);
    /// The same with each one's requester, and without messages.
    tickets_and_requesters(filter: &TicketFilter, page: &Page) -> Vec<(Ticket, Option<Contact>)> = ticket::list_with_requesters(filter, page);
    /// Which of these tickets wait for us: new or open, and of what people wrote the newest is the customer's.
    tickets_waiting(ids: &[TicketId]) -> Vec<TicketId> = ticket::waiting(ids);
    /// A ticket with its requester and its newest 50 messages, among them those of tickets that were merged into it:
    /// their placeholders bear their ticket's number.
    view(id: TicketId) -> Option<TicketView> = ticket::view(id);
    /// The same with the decisions that were applied on the ticket since an instant: how often each digest.
    view_and_changes(id: TicketId, since: Timestamp) -> Option<(TicketView, Changes)> = ticket::view_and_changes(id, since);

    /// Tickets with their requesters and the newest 50 of their own messages each; for pages of at most 200.
    views(filter: &TicketFilter, page: &Page) -> Vec<TicketView> = ticket::views(filter, page);

    /// A contact.
    contact(id: ContactId) -> Option<Contact> = contact::by_id(&id.to_string());
    /// A contact by address (lower case).
    contact_by_email(email: &str) -> Option<Contact> = contact::by_email(email);
    /// Contacts, newest first.
    contacts(page: &Page) -> Vec<Contact> = contact::list(page);
    /// Contacts whose address has letters beyond ASCII, oldest first: every contact is looked at.
    contacts_beyond_ascii() -> Vec<Contact> = contact::beyond_ascii();

    /// A message.
    message(id: MessageId) -> Option<Message> = message::by_id(id);
    /// All messages of a ticket, oldest first.
    messages(id: TicketId) -> Vec<Message> = message::of_ticket(id);
    /// The first of these Message-IDs that is known.
    message_by_internet_id(ids: &[String]) -> Option<(MessageId, TicketId)> = message::by_internet_id(ids);
    /// An attachment with its sealed bytes; none when the bytes are not there.
    attachment(id: AttachmentId) -> Option<(Attachment, Sealed)> = message::attachment(&id.to_string());
    /// The ticket that an attachment belongs to.
    ticket_of_attachment(id: AttachmentId) -> Option<TicketId> = message::ticket_of_attachment(id);
    /// Messages that the gate left to a person, newest first.
    held_messages(page: &Page) -> Vec<Message> = message::held(page);
    /// How many those are.
    held_count() -> i64 = message::held_count();
    /// Automatic messages that passed the gate since then and of which nobody knows whether they arrived, newest first.
    unknown_messages(since: Timestamp, most: i64) -> Vec<Message> = message::unknown(since, most);
    /// What the gate's budgets count: outbound automatic messages that left or may have left.
    automatic_counts(ticket: TicketId, address: &str, domain: &str, now: Timestamp, most: i64) -> AutomaticCounts = message::automatic_counts(ticket, address, domain, now, most);

    /// The sealed key of one person.
    vault_key(contact: ContactId) -> Option<Sealed> = vault::key(contact);
    /// A redaction.
    redaction(id: RedactionId) -> Option<Redaction> = vault::redaction(id);
    /// Somebody's wish to see a sealed value.
    reveal(id: RevealId) -> Option<Reveal> = vault::reveal(id);
    /// Everybody's wishes since then on one ticket, oldest first.
    reveals_of(ticket: TicketId, since: Timestamp) -> Vec<Reveal> = vault::reveals_of(ticket, since);
    /// How many somebody asked for since then.
    reveals_since(asked_by: &str, since: Timestamp) -> i64 = vault::reveals_since(asked_by, since);
    /// Ids of messages after one, of all tickets, oldest first.
    message_ids(after: Option<MessageId>, limit: i64) -> Vec<MessageId> = vault::message_ids(after, limit);
    /// Sealed originals from before a moment that have become tickets, those on legal hold aside.
    originals_before(before: Timestamp) -> i64 = retention::originals_before(before);
    /// Runs from before a moment, those of tickets on legal hold aside.
    runs_before(before: Timestamp) -> i64 = retention::runs_before(before);
    /// What was decided before a moment about effects, suggestions that wait and tickets on legal hold aside.
    decisions_before(before: Timestamp) -> i64 = retention::decisions_before(before);
    /// Answers from before a moment that are remembered for repeated requests.
    answers_before(before: Timestamp) -> i64 = retention::answers_before(before);
    /// Solved and closed tickets of an inbox (empty: of none) that have not changed since, with words in them.
    count_old_tickets(inbox: &str, before: Timestamp) -> i64 = retention::count_old(inbox, before);
    /// Some of them.
    old_tickets(inbox: &str, before: Timestamp, limit: i64) -> Vec<TicketId> = retention::old(inbox, before, limit);
    /// Tickets on which a person asks or has written, oldest first.
    tickets_of_person(contact: ContactId) -> Vec<TicketId> = person::tickets(contact);

    /// An event.
    event(id: EventId) -> Option<Event> = event::by_id(id);
    /// A ticket's events in sequence.
    events_of(id: TicketId) -> Vec<Event> = event::of_ticket(id);
    /// Events after one, oldest first.
    events(after: Option<EventId>, limit: i64) -> Vec<Event> = event::after(after, limit);

    /// A ticket's runs, oldest first.
    runs_of(id: TicketId) -> Vec<Run> = run::of_ticket(id);
    /// A run.
    run(id: RunId) -> Option<Run> = run::by_id(id);
    /// Runs, newest first, of one installation or of all.
    runs(installation: Option<InstallationId>, page: &Page) -> Vec<Run> = run::list(installation, page);
    /// A ticket's decisions, oldest first.
    decisions_of(id: TicketId) -> Vec<Decision> = run::decisions_of(id);
    /// A decision.
    decision(id: DecisionId) -> Option<Decision> = run::decision(id);
    /// Decisions, newest first.
    decisions(page: &Page) -> Vec<Decision> = run::decisions(page);
    /// A ticket's redactions with their digests, oldest first.
    redactions_of(id: TicketId) -> Vec<Redaction> = run::redactions_of(id);
    /// The sealed value behind a redaction, when it was kept.
    sealed_value(id: RedactionId) -> Option<Sealed> = run::sealed_value(id);

    /// Something that came in, with its sealed bytes.
    intake(id: IntakeId) -> Option<Intake> = intake::by_id(id);
    /// What came in, oldest first, without the sealed bytes.
    intakes(state: Option<IntakeState>, page: &Page) -> Vec<Intake> = intake::list(state, page);
    /// What became of an outside id that was handled before.
    seen(source: &str, external_id: &str) -> Option<String> = intake::seen(source, external_id);
    /// Whether and why an address is not written to.
    suppression(address: &str) -> Option<Suppression> = intake::suppression(address);
    /// Addresses that are not written to, by address.
    suppressions(page: &Page) -> Vec<Suppression> = intake::suppressions(page);
    /// Those whose address has letters beyond ASCII, by address: every one is looked at.
    suppressions_beyond_ascii() -> Vec<Suppression> = intake::suppressions_beyond_ascii();

    /// A plugin's value.
    kv_get(installation: InstallationId, key: &str) -> Option<Vec<u8>> = plugin::kv_get(installation, key);
    /// A plugin's keys that begin with `prefix`, in byte order.
    kv_keys(installation: InstallationId, prefix: &str, limit: i64) -> Vec<String> = plugin::kv_keys(installation, prefix, limit);
    /// Bytes of a plugin's keys and values.
    kv_bytes(installation: InstallationId) -> i64 = plugin::kv_bytes(installation);
    /// All installations, oldest first.
    installations() -> Vec<Installation> = plugin::list();
    /// An installation.
    installation(id: InstallationId) -> Option<Installation> = plugin::by_id(id);
    /// A component file by its digest.
    component(digest: &str) -> Option<Vec<u8>> = plugin::component(digest);
    /// An installation's versions, newest handed in first.
    versions_of(id: InstallationId) -> Vec<PluginVersion> = version::of(id);
    /// What an installation did on the days from one to another, both included: by day, then version.
    ledger(id: InstallationId, from: &Day, to: &Day) -> Vec<LedgerEntry> = ledger::between(id, from, to);
    /// All schedules, oldest first.
    schedules() -> Vec<Schedule> = plugin::schedules();
    /// Enabled schedules whose time has come, longest due first.
    due_schedules(now: Timestamp) -> Vec<Schedule> = plugin::due_schedules(now);
    /// Whether a firing's job waits or is being worked (its lane is named after the schedule).
    schedule_busy(id: ScheduleId) -> bool = queue::schedule_busy(id);
    /// Firings' jobs that wait, without one that is being worked.
    schedule_waiting(id: ScheduleId) -> i64 = queue::schedule_waiting(id);

    /// Articles, oldest first; of one locale or state if given.
    articles(locale: Option<&str>, state: Option<ArticleState>) -> Vec<Article> = article::list(locale, state);
    /// The article of a key, in every locale.
    articles_with_key(key: &str) -> Vec<Article> = article::with_key(key);
    /// An article.
    article(id: ArticleId) -> Option<Article> = article::by_id(id);
    /// Vectors of texts that a model made, by digest; those that there are.
    vectors(model: &str, digests: &[String]) -> Vec<(String, Vec<u8>)> = article::vectors(model, digests);
    /// Numbers that change whenever any article does, and whenever any learnt question does.
    articles_versions() -> (i64, i64) = article::versions();
    /// Questions that an article, or any, was confirmed to answer.
    alternates(article: Option<ArticleId>) -> Vec<Alternate> = article::alternates(article);

    /// All tokens, oldest first.
    tokens() -> Vec<Token> = access::tokens();
    /// A token by the digest of its secret.
    token_by_digest(digest: &str) -> Option<Token> = access::token_by_digest(digest);
    /// The token that a session stands for, by the session's digest, as long as it lasts.
    session_token(digest: &str, now: Timestamp) -> Option<Token> = access::session_token(digest, now);
    /// All webhooks, oldest first.
    webhooks() -> Vec<Webhook> = access::webhooks();
    /// A webhook.
    webhook(id: WebhookId) -> Option<Webhook> = access::webhook(id);
    /// Audit entries after a sequence number, in sequence.
    audit(after: i64, limit: i64) -> Vec<AuditEntry> = audit::list(after, limit);
    /// Audit entries before a sequence number, newest first.
    audit_before(before: i64, limit: i64) -> Vec<AuditEntry> = audit::list_before(before, limit);
    /// A house-wide value.
    setting(key: &str) -> Option<String> = setting::get(key);

    /// The clock that leases go by: PostgreSQL's own, or the caller's where one process has the database to itself.
    clock(now: Timestamp) -> Timestamp = queue::clock(now);
    /// How much work there is.
    queue(now: Timestamp) -> QueueState = queue::state(now);
    /// Jobs that were given up, newest first.
    dead_jobs(page: &Page) -> Vec<DeadJob> = queue::dead(page);
    /// A job that was given up.
    dead_job(lane: &str, sequence: i64) -> Option<DeadJob> = queue::dead_one(lane, sequence);
}
