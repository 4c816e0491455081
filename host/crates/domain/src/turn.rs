//! Policy: what becomes of everything that the plugins of one stage proposed. Pure: bids in, decisions
//! out, and the works changed by what was applied.
//!
//! Order of the rules: personal data → shape → ticket → grant → mode → people → gate → budgets → conflict. Within a
//! conflict the lower `order` wins, then the higher confidence, then the plugin's id.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use crate::effect::{Effect, Proposal, SUBJECT_BYTES_MAX, TEXT_BYTES_MAX, bounded};
use crate::event::{Event, EventType};
use crate::grant::Grants;
use crate::id::{CountingIds, DecisionId, InstallationId, MessageId, RunId, TicketId};
use crate::message::Direction;
use crate::plugin::{Installation, Mode};
use crate::run::{Decision, DecisionStatus};
use crate::ticket::{Field, Ticket};
use crate::work::{Stamp, Timer, Work, blank_message, check_numbers};
use crate::{Actor, ActorKind, Cause, Timestamp, plain};

/// Longest chain of automatic events.
pub const DEPTH_MAX: u32 = 10;

/// What is said of an answer that comes too late to leave by itself.
const TOO_LATE: &str = "waits for an agent: all automation was switched off when this came up";

/// Budgets of automatic changes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoopBudget {
    /// Longest chain of automatic events.
    pub depth_max: u32,
    /// Automatic changes per ticket and hour.
    pub changes_per_ticket_hour: i64,
    /// How often the same installation may apply the same effect to the same ticket per hour.
    pub repeats_per_hour: i64,
}

impl Default for LoopBudget {
    fn default() -> Self {
        Self { depth_max: DEPTH_MAX, changes_per_ticket_hour: 60, repeats_per_hour: 3 }
    }
}

/// What one run offers.
pub struct Bid<'a> {
    /// Whose run.
    pub installation: &'a Installation,
    /// Place in the stage.
    pub order: i32,
    /// Which run.
    pub run_id: RunId,
    /// What it proposed.
    pub proposals: &'a [Proposal],
    /// Why some of that must not even be kept, by its place: redaction would take its tag or team out of a text.
    pub unfit: &'a BTreeMap<usize, String>,
}

/// What has to be known about a ticket, beside the ticket, to decide.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// Applied automatic changes within the last hour.
    pub changes_hour: i64,
    /// Applied effects within the last hour by digest.
    pub repeats: HashMap<String, i64>,
    /// Fields that changed since the snapshot the plugins saw.
    pub moved: BTreeSet<String>,
    /// Whether a person answered since the snapshot.
    pub person_wrote: bool,
    /// Whether the customer may be written to automatically (the gate's view), and if not, why.
    pub writable: Option<String>,
    /// The requester's address.
    pub address: String,
    /// Whether that address has proved to be theirs: only then a subject of theirs goes there.
    pub proved: bool,
    /// Message-ID that an answer refers to, and the References before it.
    pub thread: (Option<String>, Vec<String>),
    /// Whether this began while all automation was off, so long ago that a person decides what is said to the customer.
    pub late: bool,
}

/// Compares what the plugins saw with what is there now.
#[must_use]
pub fn moved_fields(seen: &Ticket, fresh: &Ticket) -> BTreeSet<String> {
    let mut fields: Vec<Field> =
        vec![Field::Status, Field::Priority, Field::Language, Field::Category, Field::Team, Field::Assignee];
    fields.extend(seen.custom.keys().chain(fresh.custom.keys()).cloned().map(Field::Custom));
    fields
        .iter()
        .filter(|f| crate::work::field_of(seen, f) != crate::work::field_of(fresh, f))
        .map(ToString::to_string)
        .collect()
}

/// Decides everything one stage proposed.
pub fn resolve(
    event: &Event,
    bids: &[Bid<'_>],
    works: &mut BTreeMap<TicketId, Work>,
    standings: &mut BTreeMap<TicketId, Standing>,
    budget: &LoopBudget,
    stamp: &Stamp<'_>,
) -> Vec<Decision> {
    let mut queue: Vec<(usize, usize)> = Vec::new();
    for (b, bid) in bids.iter().enumerate() {
        queue.extend((0..bid.proposals.len()).map(|p| (b, p)));
    }
    queue.sort_by(|x, y| {
        rank(bids, *x).partial_cmp(&rank(bids, *y)).unwrap_or(std::cmp::Ordering::Equal).then(x.cmp(y))
    });
    let mut taken: HashMap<(TicketId, String), String> = HashMap::new();
    let mut decided: Vec<((usize, usize), Decision)> = Vec::new();
    for at in queue {
        let (Some(bid), Some(proposal)) =
            (bids.get(at.0), bids.get(at.0).and_then(|b| b.proposals.get(at.1)))
        else {
            continue;
        };
        if let Some(why) = bid.unfit.get(&at.1).cloned().or_else(|| number_in(&proposal.effect)) {
            // Nor in the record of its rejection.
            let proposal = proposal.without_word();
            let digest = digest(bid, &proposal);
            decided
                .push((at, decision(bid, at.1, &proposal, (DecisionStatus::Rejected, why), digest, stamp)));
            continue;
        }
        let digest = digest(bid, proposal);
        let mut court = Court {
            event,
            bid,
            proposal,
            digest: &digest,
            works,
            standings,
            budget,
            stamp,
            taken: &mut taken,
        };
        let (status, reason) = court.judge();
        decided.push((at, decision(bid, at.1, proposal, (status, reason), digest, stamp)));
    }
    decided.sort_by_key(|(at, _)| *at);
    decided.into_iter().map(|(_, d)| d).collect()
}

/// Why an effect's word may stand nowhere: it holds a number that no text may keep.
fn number_in(effect: &Effect) -> Option<String> {
    let (name, word) = effect.word()?;
    check_numbers(name, word).err().map(|refusal| refusal.sentence)
}

fn rank<'a>(bids: &'a [Bid<'_>], at: (usize, usize)) -> (i32, f32, &'a str) {
    bids.get(at.0).map_or((i32::MAX, 0.0, ""), |bid| {
        let confidence = bid.proposals.get(at.1).map_or(0.0, |p| p.basis.confidence);
        (bid.order, -confidence, bid.installation.manifest.id.as_str())
    })
}

fn decision(
    bid: &Bid<'_>,
    ordinal: usize,
    proposal: &Proposal,
    verdict: (DecisionStatus, String),
    digest: String,
    stamp: &Stamp<'_>,
) -> Decision {
    Decision {
        id: DecisionId::mint(stamp.ids, stamp.now),
        run_id: bid.run_id,
        installation_id: bid.installation.id,
        plugin_id: bid.installation.manifest.id.clone(),
        ordinal: i64::try_from(ordinal).unwrap_or(i64::MAX),
        ticket_id: proposal.ticket_id,
        effect: proposal.effect.clone(),
        basis: proposal.basis.clone(),
        status: verdict.0,
        reason: verdict.1,
        digest,
        decided_at: stamp.now,
    }
}

fn digest(bid: &Bid<'_>, proposal: &Proposal) -> String {
    let mut hash = Sha256::new();
    hash.update(bid.installation.id.to_string());
    hash.update(proposal.ticket_id.to_string());
    hash.update(serde_json::to_vec(&proposal.effect).unwrap_or_default());
    hex::encode(hash.finalize())
}

/// One proposal before its judge.
struct Court<'c, 'b> {
    event: &'c Event,
    bid: &'c Bid<'b>,
    proposal: &'c Proposal,
    digest: &'c str,
    works: &'c mut BTreeMap<TicketId, Work>,
    standings: &'c mut BTreeMap<TicketId, Standing>,
    budget: &'c LoopBudget,
    stamp: &'c Stamp<'c>,
    taken: &'c mut HashMap<(TicketId, String), String>,
}

impl Court<'_, '_> {
    fn judge(&mut self) -> (DecisionStatus, String) {
        if let Err(reason) = self.admissible() {
            return (DecisionStatus::Rejected, reason);
        }
        match self.bid.installation.mode {
            Mode::Off => return (DecisionStatus::Rejected, "the installation is off".to_owned()),
            Mode::Shadow => {
                return (DecisionStatus::Shadowed, "the installation is in shadow mode".to_owned());
            }
            Mode::Suggest => return (DecisionStatus::Suggested, "waits for an agent".to_owned()),
            Mode::Live => {}
        }
        if let Err(reason) = self.timely() {
            return (DecisionStatus::Rejected, reason);
        }
        let slot = self.proposal.effect.slot().map(|s| (self.proposal.ticket_id, s));
        if let Some(winner) = slot.as_ref().and_then(|s| self.taken.get(s)) {
            return (DecisionStatus::Superseded, format!("{winner} came first"));
        }
        let applied = if self.comes_too_late() {
            Ok((DecisionStatus::Suggested, TOO_LATE.to_owned()))
        } else {
            self.apply().map(|reason| (DecisionStatus::Applied, reason))
        };
        match applied {
            Ok(verdict) => {
                if let Some(slot) = slot {
                    self.taken.insert(slot, self.bid.installation.manifest.id.clone());
                }
                verdict
            }
            Err(refusal) => (DecisionStatus::Rejected, refusal.sentence),
        }
    }

    /// Whether it would speak to the customer too late to do so by itself. Where it does, the status that its plugin
    /// sets beside it waits too: it tells what would have been said.
    fn comes_too_late(&self) -> bool {
        let speaks = |p: &Proposal| matches!(p.effect, Effect::Reply { .. } | Effect::Notify { .. });
        let is_late = self.standings.get(&self.proposal.ticket_id).is_some_and(|standing| standing.late);
        let waits = match &self.proposal.effect {
            Effect::SetField { field, .. } if field == "status" => self.bid.proposals.iter().any(speaks),
            _ => speaks(self.proposal),
        };
        is_late && waits
    }

    /// Rules that hold in every mode.
    fn admissible(&self) -> Result<(), String> {
        let work = self.works.get(&self.proposal.ticket_id);
        let ticket = sound(self.proposal, self.event.ticket_id, work.map(|work| &work.ticket))?;
        if !self.bid.installation.covers(ticket.inbox.as_deref()) {
            return Err("not granted: the ticket is of another inbox".to_owned());
        }
        granted(self.proposal, &self.bid.installation.grants)
    }

    /// Rules about the moment: people, the gate, budgets.
    fn timely(&mut self) -> Result<(), String> {
        if self.event.depth() >= self.budget.depth_max {
            return Err(format!("the chain of automatic events is {} long", self.event.depth()));
        }
        let standing = self.standings.entry(self.proposal.ticket_id).or_default();
        if let Effect::SetField { field, .. } = &self.proposal.effect
            && standing.moved.contains(field)
        {
            return Err(format!("stale: {field} changed while the plugin ran"));
        }
        if matches!(self.proposal.effect, Effect::Reply { .. } | Effect::Notify { .. }) {
            if standing.person_wrote {
                return Err("stale: a person answered while the plugin ran".to_owned());
            }
            if let Some(why) = &standing.writable {
                return Err(why.clone());
            }
        }
        if standing.changes_hour >= self.budget.changes_per_ticket_hour {
            let count = standing.changes_hour;
            self.stop_automation();
            return Err(format!("budget: {count} automatic changes of this ticket within an hour"));
        }
        if standing.repeats.get(self.digest).copied().unwrap_or(0) >= self.budget.repeats_per_hour {
            return Err(format!(
                "the same effect was applied {} times within an hour",
                self.budget.repeats_per_hour
            ));
        }
        Ok(())
    }

    /// Says once per turn on the ticket that its budget is used up.
    fn stop_automation(&mut self) {
        let Some(work) = self.works.get_mut(&self.proposal.ticket_id) else { return };
        if work.events.iter().all(|e| e.kind != EventType::AutomationStopped) {
            let stamp = Stamp { actor: Actor::system(), ..self.stamp.clone() };
            work.record(
                &stamp,
                EventType::AutomationStopped,
                Vec::new(),
                serde_json::json!({ "why": "budget of automatic changes" }),
            );
        }
    }

    fn apply(&mut self) -> Result<String, crate::Refusal> {
        let stamp = Stamp {
            now: self.stamp.now,
            actor: Actor::new(ActorKind::Plugin, self.bid.installation.manifest.id.clone()),
            cause: Some(Cause {
                event_id: self.event.id,
                run_id: Some(self.bid.run_id),
                depth: self.event.depth() + 1,
            }),
            ids: self.stamp.ids,
        };
        let standing = self.standings.entry(self.proposal.ticket_id).or_default();
        let Some(work) = self.works.get_mut(&self.proposal.ticket_id) else {
            return Err(crate::Refusal::new("no_ticket", "there is no such ticket"));
        };
        let changed = apply_effect(work, standing, &stamp, self.bid.installation.id, self.proposal)?;
        if !changed {
            return Ok("already so".to_owned());
        }
        standing.changes_hour += 1;
        *standing.repeats.entry(self.digest.to_owned()).or_default() += 1;
        Ok(String::new())
    }
}

/// The ticket of a proposal that has a sound shape and is for a ticket that it may be for. `own` is the event's
/// ticket, `ticket` the proposal's.
fn sound<'t>(
    proposal: &Proposal,
    own: Option<TicketId>,
    ticket: Option<&'t Ticket>,
) -> Result<&'t Ticket, String> {
    proposal.check().map_err(|r| r.sentence)?;
    if own.is_some_and(|own| own != proposal.ticket_id) {
        return Err("it is for another ticket than the event's".to_owned());
    }
    let ticket = ticket.ok_or_else(|| "there is no such ticket".to_owned())?;
    match ticket.merged_into {
        Some(_) => Err(crate::merge::MERGED.to_owned()),
        None => Ok(ticket),
    }
}

fn granted(proposal: &Proposal, grants: &Grants) -> Result<(), String> {
    if grants.may_propose(&proposal.effect) {
        return Ok(());
    }
    Err(format!("not granted: {}", proposal.effect.kind()))
}

/// Why a proposal would be rejected by every house: one where it is live, nobody else changes the ticket and no
/// budget is used up. For authors, who have no house. None: nothing about this effect alone stands against it.
///
/// `own` is the event's ticket, if it has one; `ticket` the proposal's, as the plugin saw it.
#[must_use]
pub fn rejection(
    proposal: &Proposal,
    grants: &Grants,
    own: Option<TicketId>,
    ticket: Option<&Ticket>,
    now: Timestamp,
) -> Option<String> {
    let judge = || -> Result<bool, String> {
        if let Some(why) = number_in(&proposal.effect) {
            return Err(why);
        }
        let ticket = sound(proposal, own, ticket)?;
        granted(proposal, grants)?;
        let ids = CountingIds::default();
        let stamp = Stamp { now, actor: Actor::new(ActorKind::Plugin, "author"), cause: None, ids: &ids };
        let nobody = InstallationId::mint(&ids, now);
        let mut work = Work::on(ticket.clone());
        apply_effect(&mut work, &Standing::default(), &stamp, nobody, proposal).map_err(|r| r.sentence)
    };
    judge().err()
}

/// Lays an effect over the work; `false` when nothing had to change.
fn apply_effect(
    work: &mut Work,
    standing: &Standing,
    stamp: &Stamp<'_>,
    installation_id: InstallationId,
    proposal: &Proposal,
) -> Result<bool, crate::Refusal> {
    match &proposal.effect {
        Effect::SetField { field, value } => {
            work.set_field(stamp, &field.parse::<Field>()?, &plain::line(value))
        }
        Effect::AddTag { tag } => work.add_tag(stamp, tag),
        Effect::RemoveTag { tag } => Ok(work.remove_tag(stamp, tag)),
        Effect::Reply { text, language, article } => {
            let text = said(text)?;
            let tongue = language.as_deref().or(work.ticket.language.as_deref());
            let subject = match standing.proved {
                true => reply_subject(&work.ticket.subject),
                false => neutral_subject(work.ticket.number, tongue),
            };
            let id = outbound(work, standing, stamp, subject, text, language.clone());
            if let Some(message) = work.messages.iter_mut().find(|m| m.id == id) {
                message.in_reply_to.clone_from(&standing.thread.0);
                message.article.clone_from(article);
            }
            Ok(true)
        }
        Effect::Notify { subject, text, language } => {
            let subject = plain::line(subject);
            bounded("subject", &subject, 1, SUBJECT_BYTES_MAX)?;
            // Nobody asked for a notice: it stands in the thread but answers no message.
            outbound(work, standing, stamp, subject, said(text)?, language.clone());
            Ok(true)
        }
        Effect::Note { text } => {
            let text = said(text)?;
            let id = MessageId::mint(stamp.ids, stamp.now);
            let mut message =
                blank_message(id, work.ticket.id, Direction::Note, stamp.actor.clone(), stamp.now);
            message.reply_text.clone_from(&text);
            message.text = text;
            message.automatic = true;
            work.add_message(stamp, message);
            Ok(true)
        }
        Effect::Escalate { team } => {
            work.escalate(stamp, team.as_deref(), &proposal.basis.reason).map(|()| true)
        }
        Effect::SetTimer { key, after_s } => {
            let after_ms = i64::try_from(*after_s).unwrap_or(i64::MAX / 1000).saturating_mul(1000);
            let depth = stamp.cause.map_or(1, |c| c.depth);
            work.timers.push(Timer {
                installation_id,
                key: key.clone(),
                due_at: stamp.now.plus(after_ms),
                depth,
                cause: stamp.cause.filter(|_| standing.late).map(|cause| cause.event_id),
            });
            Ok(true)
        }
    }
}

/// A plugin's text as it is stored: plain like every other. Its decision keeps what was proposed, which is what digests
/// and replays go by.
fn said(text: &str) -> Result<String, crate::Refusal> {
    let text = plain::text(text);
    bounded("text", &text, 1, TEXT_BYTES_MAX)?;
    Ok(text)
}

/// An automatic message to the requester, queued for the gate.
fn outbound(
    work: &mut Work,
    standing: &Standing,
    stamp: &Stamp<'_>,
    subject: String,
    text: String,
    language: Option<String>,
) -> MessageId {
    let id = MessageId::mint(stamp.ids, stamp.now);
    let mut message = blank_message(id, work.ticket.id, Direction::Outbound, stamp.actor.clone(), stamp.now);
    message.subject = subject;
    message.reply_text.clone_from(&text);
    message.text = text;
    message.automatic = true;
    message.language = language;
    message.to_address = Some(standing.address.clone());
    message.references.clone_from(&standing.thread.1);
    work.add_message(stamp, message)
}

/// `Re: ` in front, once.
#[must_use]
pub fn reply_subject(subject: &str) -> String {
    let mut rest = subject.trim();
    loop {
        let cut = ["re:", "aw:", "antw:", "sv:"]
            .iter()
            .find_map(|p| rest.get(..p.len()).filter(|head| head.eq_ignore_ascii_case(p)).map(|_| p.len()));
        match cut {
            Some(n) => rest = rest.get(n..).unwrap_or("").trim_start(),
            None => return format!("Re: {rest}"),
        }
    }
}

/// The subject of an answer to an address that anybody may have written: nothing of theirs is in it.
#[must_use]
pub fn neutral_subject(number: i64, language: Option<&str>) -> String {
    match language.is_some_and(|tag| tag.starts_with("de")) {
        true => format!("Ihre Anfrage [#{number}]"),
        false => format!("Your request [#{number}]"),
    }
}

#[cfg(test)]
mod tests;
