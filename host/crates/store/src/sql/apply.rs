//! Writes a commit's facts within the transaction that the backend opened. The first fact that does not
//! hold ends it; the backend then rolls everything back.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::queue::Head;
use super::script::Script;
use super::{
    Connection, Ground, Outcome, access, article, audit, contact, dialect, event, intake, ledger, message,
    person, plugin, queue, retention, run, setting, strike, ticket, vault, version,
};
use crate::facts::{Commit, Fact};

/// Writes everything; `true` when there is work that somebody may be waiting for.
pub(crate) async fn commit(c: &mut Connection, ground: &mut Ground, commit: &Commit) -> Outcome<bool> {
    let mut facts: Vec<&Fact> = commit.facts.iter().collect();
    // Every transaction locks in the same order, so that two of them cannot wait for each other: tickets
    // by id, then everything else by what it is about, then lanes by id, and last the two counters that
    // everybody wants.
    facts.sort_by_cached_key(|fact| place(fact));
    let mut left: Left<'_> = facts.into_iter().peekable();
    let mut script = Script::new(c);
    let mut work = false;
    while let Some(fact) = left.next() {
        work |= write(&mut script, ground, fact, &mut left).await?;
    }
    Ok(script.end().await? | work)
}

/// The facts that are still to be written, in their order.
type Left<'f> = Peekable<IntoIter<&'f Fact>>;

/// What a fact holds, and what those of its kind hold that stand right behind it: they are taken along.
fn with_its_like<'f, R>(fact: &'f Fact, left: &mut Left<'f>, held: impl Fn(&'f Fact) -> Option<R>) -> Vec<R> {
    let mut records: Vec<R> = held(fact).into_iter().collect();
    while let Some(record) = left.peek().copied().and_then(&held) {
        records.push(record);
        left.next();
    }
    records
}

/// Where a fact comes in the order of locks: its class, then the row it is about. Facts about one row keep the order they
/// were given in; everything that an installation has is one row here, so that removing it and putting it anew in one
/// commit keep theirs. Records of one kind stand together: they go in one statement.
#[expect(clippy::too_many_lines, reason = "the list of facts: none can be forgotten")]
fn place(fact: &Fact) -> (u8, String) {
    match fact {
        Fact::PutContact(contact) => (0, contact.email.clone()),
        Fact::LearnContact { contact_id, .. }
        | Fact::RespellContact { contact_id, .. }
        | Fact::SetConsent { contact_id, .. } => (0, contact_id.to_string()),
        Fact::PutTicket { ticket, .. } => (1, ticket.id.to_string()),
        Fact::AddEvents(_) => (2, "events".to_owned()),
        Fact::AddRun(_) => (2, "runs".to_owned()),
        Fact::AddRedaction { .. } => (2, "redactions".to_owned()),
        Fact::AddDecision(decision) => (2, decision.id.to_string()),
        Fact::SetDecision { id, .. } => (2, id.to_string()),
        Fact::AddMessage(message) => (2, message.id.to_string()),
        Fact::SetDelivery { message_id, .. } | Fact::RateMessage { message_id, .. } => {
            (2, message_id.to_string())
        }
        Fact::RewriteMessage { was, .. } => (2, was.id.to_string()),
        Fact::AddBlob { sha256, .. } => (2, sha256.clone()),
        Fact::LetStand { ticket_id, .. } => (2, ticket_id.to_string()),
        Fact::AddVaultKey { contact_id, .. } => (2, contact_id.to_string()),
        Fact::PutReveal(reveal) => (2, reveal.id.to_string()),
        Fact::AddIntake(intake) => (2, intake.id.to_string()),
        Fact::SetIntake { id, .. } => (2, id.to_string()),
        Fact::Seen { external_id, .. } => (2, external_id.clone()),
        Fact::PutSuppression(suppression) => (2, suppression.address.clone()),
        Fact::RemoveSuppression(address) => (2, address.clone()),
        Fact::PutSetting { key, .. } | Fact::ReplaceSetting { key, .. } => (2, key.clone()),
        Fact::PutComponent { digest, .. } => (2, digest.clone()),
        Fact::FireSchedule { schedule_id, .. } | Fact::SetScheduleNext { schedule_id, .. } => {
            (2, schedule_id.to_string())
        }
        Fact::PutToken(token) => (2, token.id.to_string()),
        Fact::RemoveToken(id) => (2, id.to_string()),
        Fact::PutSession(session) => (2, session.digest.clone()),
        Fact::EndSession(digest) => (2, digest.clone()),
        Fact::PutWebhook(webhook) => (2, webhook.id.to_string()),
        Fact::RemoveWebhook(id) => (2, id.to_string()),
        Fact::AddToLedger { entry, shard } => {
            (2, format!("{} {shard} {} {}", entry.installation_id, entry.day, entry.digest))
        }
        Fact::KvPut { installation_id, .. }
        | Fact::SetFaults { installation_id, .. }
        | Fact::EndQuarantine { installation_id, .. }
        | Fact::RemoveVersion { installation_id, .. } => (2, installation_id.to_string()),
        Fact::PutInstallation(installation) => (2, installation.id.to_string()),
        Fact::PutVersion(version) => (2, version.installation_id.to_string()),
        Fact::PutSchedule(schedule) => (2, schedule.installation_id.to_string()),
        Fact::RemoveInstallation(id) | Fact::RemoveSchedules(id) => (2, id.to_string()),
        Fact::Enqueue(job) => (3, job.lane.clone()),
        Fact::FinishJob { lane, .. }
        | Fact::RetryJob { lane, .. }
        | Fact::BuryJob { lane, .. }
        | Fact::HastenJob { lane, .. }
        | Fact::HoldLease { lane, .. }
        | Fact::RemoveDead { lane, .. }
        | Fact::ClearLane { lane } => (3, lane.clone()),
        Fact::PutArticle(_)
        | Fact::RemoveArticle(_)
        | Fact::PutAlternate(_)
        | Fact::RemoveAlternate { .. }
        | Fact::PutVectors { .. }
        | Fact::KeepVectorsOf(_)
        | Fact::ExpireValues { .. }
        | Fact::EndSessions { .. }
        | Fact::DropOriginals { .. }
        | Fact::DropRuns { .. }
        | Fact::DropAnswers { .. } => (4, String::new()),
        Fact::ForgetTicket(ticket) => (4, ticket.to_string()),
        // After the events and runs of the same commit.
        Fact::Strike { ticket_id, .. } => (4, ticket_id.to_string()),
        Fact::Forget(forget) => (4, forget.contact_id.to_string()),
        Fact::Audit(_) => (5, String::new()),
        Fact::ReturnNumbers { .. } => (6, String::new()),
    }
}

/// Writes one fact, a record or a job with those of its kind behind it in one statement: a statement costs more than its
/// rows. `true` when that leaves work that somebody may be waiting for.
#[expect(clippy::too_many_lines, reason = "the list of facts, an arm each: none can be forgotten")]
async fn write<'f>(
    script: &mut Script<'_>,
    ground: &mut Ground,
    fact: &'f Fact,
    left: &mut Left<'f>,
) -> Outcome<bool> {
    macro_rules! each {
        ($pattern:pat => $record:expr) => {
            with_its_like(fact, left, |fact| if let $pattern = fact { Some($record) } else { None })
        };
    }
    // For what reads, or has to know how it ended: all before it has been run then.
    macro_rules! c {
        () => {
            script.connection().await?
        };
    }
    match fact {
        // The queue.
        Fact::Enqueue(_) => {
            let jobs = each!(Fact::Enqueue(job) => job);
            dialect::enqueue(script, ground, &jobs).await?;
            return Ok(true);
        }
        Fact::FinishJob { lane, fence, sequence } => {
            let head = Head { lane, fence: *fence, sequence: *sequence };
            dialect::finish(script, ground, head);
        }
        Fact::RetryJob { lane, fence, sequence, ready_at, error, counts } => {
            let head = Head { lane, fence: *fence, sequence: *sequence };
            queue::retry(c!(), ground, head, *ready_at, error, *counts).await?;
            return Ok(true);
        }
        Fact::BuryJob { lane, fence, sequence, error, at } => {
            let head = Head { lane, fence: *fence, sequence: *sequence };
            queue::bury(script, ground, head, error, *at).await?;
        }
        Fact::HastenJob { lane, was, ready_at } => {
            return queue::hasten(c!(), lane, *was, *ready_at).await;
        }
        Fact::HoldLease { lane, fence } => queue::hold(c!(), ground, lane, *fence).await?,
        Fact::RemoveDead { lane, sequence } => queue::remove_dead(c!(), lane, *sequence).await?,
        Fact::ClearLane { lane } => queue::clear(c!(), lane).await?,
        // Tickets.
        Fact::PutTicket { ticket, read_version } => script.push(ticket::put(ticket, *read_version)?),
        Fact::PutContact(contact) => script.push(contact::put(contact)),
        Fact::LearnContact { contact_id, email, name, verified } => {
            script.push(contact::learn(*contact_id, email, name.as_deref(), *verified));
        }
        Fact::RespellContact { contact_id, was, now } => {
            contact::respell(c!(), *contact_id, was, now).await?
        }
        Fact::SetConsent { contact_id, email, consent } => {
            contact::set_consent(c!(), *contact_id, email, *consent).await?;
        }
        Fact::AddMessage(message) => script.extend(message::add(message)?),
        Fact::SetDelivery {
            message_id,
            delivery,
            reason,
            expect,
            expect_doubt,
            passed_at,
            may_have_arrived,
        } => {
            let step = message::Step {
                message_id: *message_id,
                delivery: *delivery,
                reason: reason.as_deref(),
                expect: *expect,
                expect_doubt: *expect_doubt,
                passed_at: *passed_at,
                may_have_arrived: *may_have_arrived,
            };
            script.push(message::set_delivery(&step));
        }
        Fact::RateMessage { message_id, helped, expect } => {
            script.push(message::rate(*message_id, *helped, *expect));
        }
        Fact::AddBlob { sha256, sealed } => script.push(message::add_blob(sha256, sealed)),
        Fact::AddEvents(events) => script.extend(event::add(events)?),
        Fact::AddRun(_) => script.extend(run::add(&each!(Fact::AddRun(run) => run.as_ref()))?),
        Fact::AddDecision(_) => {
            script.extend(run::add_decisions(&each!(Fact::AddDecision(decision) => decision.as_ref()))?);
        }
        Fact::SetDecision { id, status, reason, decided_at, expect } => {
            script.push(run::set_decision(*id, *status, reason, *decided_at, *expect));
        }
        Fact::AddRedaction { .. } => {
            let redactions = each!(Fact::AddRedaction { redaction, sealed } => (redaction, sealed.as_ref()));
            script.extend(run::add_redactions(&redactions)?);
        }
        Fact::LetStand { ticket_id, digest, stands } => {
            run::let_stand(c!(), *ticket_id, digest, *stands).await?
        }
        // The border: what came in, what was seen, who is not written to.
        Fact::AddIntake(intake) => script.push(intake::add(intake)),
        Fact::SetIntake { id, state, reason, ticket_id } => {
            let step =
                intake::Step { id: *id, state: *state, reason: reason.as_deref(), ticket_id: *ticket_id };
            script.push(intake::set(&step));
        }
        Fact::Seen { source, external_id, outcome, at } => {
            script.push(intake::add_seen(source, external_id, outcome, *at));
        }
        Fact::PutSuppression(suppression) => intake::put_suppression(c!(), suppression).await?,
        Fact::RemoveSuppression(address) => intake::remove_suppression(c!(), address).await?,
        // What is kept of people, and taking it out.
        Fact::RewriteMessage { was, now } => script.extend(vault::rewrite(was, now)?),
        Fact::Strike { ticket_id, values } => strike::out_of(c!(), *ticket_id, values).await?,
        Fact::AddVaultKey { contact_id, sealed, at } => script.push(vault::add_key(*contact_id, sealed, *at)),
        Fact::PutReveal(reveal) => vault::put_reveal(c!(), reveal).await?,
        Fact::ExpireValues { before } => {
            vault::expire_values(c!(), &domain::id::RedactionId::first_at(*before).to_string()).await?;
        }
        Fact::DropOriginals { before, most } => retention::drop_originals(c!(), *before, *most).await?,
        Fact::DropAnswers { before, most } => retention::drop_answers(c!(), *before, *most).await?,
        Fact::DropRuns { before, most } => retention::drop_runs(c!(), *before, *most).await?,
        Fact::ForgetTicket(ticket) => retention::forget_ticket(c!(), *ticket).await?,
        Fact::Forget(forget) => person::forget(c!(), forget).await?,
        // Plugins and their schedules.
        Fact::KvPut { installation_id, key, value, over } => {
            plugin::kv_put(c!(), *installation_id, key, value.as_deref(), over).await?;
        }
        Fact::PutInstallation(installation) => plugin::put(c!(), installation).await?,
        Fact::RemoveInstallation(id) => plugin::remove(c!(), *id).await?,
        Fact::PutComponent { digest, bytes } => plugin::put_component(c!(), digest, bytes).await?,
        Fact::PutVersion(version) => version::put(c!(), version).await?,
        Fact::RemoveVersion { installation_id, digest } => {
            version::remove(c!(), *installation_id, digest).await?
        }
        Fact::AddToLedger { .. } => {
            let entries = each!(Fact::AddToLedger { entry, shard } => (entry.as_ref(), *shard));
            script.push(ledger::add(&entries)?);
        }
        Fact::SetFaults { installation_id, faults_in_a_row, quarantine, at } => {
            plugin::set_faults(c!(), *installation_id, *faults_in_a_row, quarantine.as_deref(), *at).await?;
        }
        Fact::EndQuarantine { installation_id, expect, at } => {
            plugin::end_quarantine(c!(), *installation_id, expect, *at).await?;
        }
        Fact::PutSchedule(schedule) => plugin::put_schedule(c!(), schedule).await?,
        Fact::RemoveSchedules(id) => plugin::remove_schedules(c!(), *id).await?,
        Fact::FireSchedule { schedule_id, scheduled_for, event_id } => {
            plugin::fire(c!(), *schedule_id, *scheduled_for, *event_id).await?;
        }
        Fact::SetScheduleNext { schedule_id, next_at, last_for, expect_next } => {
            plugin::set_next(c!(), *schedule_id, *next_at, *last_for, *expect_next).await?;
        }
        // Knowledge, access and the house itself.
        Fact::PutArticle(article) => article::put(c!(), article).await?,
        Fact::RemoveArticle(id) => article::remove(c!(), *id).await?,
        Fact::PutAlternate(alternate) => article::put_alternate(c!(), alternate).await?,
        Fact::RemoveAlternate { article_id, ticket_id } => {
            article::remove_alternate(c!(), *article_id, *ticket_id).await?;
        }
        Fact::PutVectors { model, vectors } => article::put_vectors(c!(), model, vectors).await?,
        Fact::KeepVectorsOf(model) => article::keep_vectors_of(c!(), model).await?,
        Fact::PutToken(token) => access::put_token(c!(), token).await?,
        Fact::RemoveToken(id) => access::remove_token(c!(), *id).await?,
        Fact::PutSession(session) => access::put_session(c!(), session).await?,
        Fact::EndSession(digest) => access::end_session(c!(), digest).await?,
        Fact::EndSessions { before } => access::end_sessions(c!(), *before).await?,
        Fact::PutWebhook(webhook) => access::put_webhook(c!(), webhook).await?,
        Fact::RemoveWebhook(id) => access::remove_webhook(c!(), *id).await?,
        Fact::Audit(record) => audit::add(c!(), ground.audit_key, record).await?,
        Fact::ReturnNumbers { first, end } => ticket::return_numbers(c!(), *first, *end).await?,
        Fact::PutSetting { key, value } => setting::put(c!(), key, value).await?,
        Fact::ReplaceSetting { key, read, value } => {
            setting::replace(c!(), key, read.as_deref(), value).await?
        }
    }
    Ok(false)
}
