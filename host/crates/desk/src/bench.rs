//! The bench: the tickets that a turn decides about, with what has to be known beside each, and what was
//! decided so far. Lives in memory only; knows no plugin call, no job, no commit.

use std::collections::{BTreeMap, BTreeSet};

use domain::ActorKind;
use domain::effect::Proposal;
use domain::id::{MessageId, TicketId};
use domain::message::{Direction, Message, SenderAuth};
use domain::run::Decision;
use domain::snapshot::TicketView;
use domain::ticket::Ticket;
use domain::turn::{Standing, moved_fields};
use domain::work::Work;
use store::Changes;

use crate::config::Ours;
use crate::{Desk, DeskError};

/// Everything a turn decided, on tickets as they were read.
#[derive(Default)]
pub(crate) struct Bench {
    pub(crate) works: BTreeMap<TicketId, Work>,
    pub(crate) views: BTreeMap<TicketId, TicketView>,
    pub(crate) standings: BTreeMap<TicketId, Standing>,
    pub(crate) decisions: Vec<Decision>,
    /// What the plugins saw of each ticket first: what moved since then is stale, however often the
    /// ticket is read anew.
    pub(crate) seen: BTreeMap<TicketId, Seen>,
    /// Whether a plugin was not called because all automation is off.
    pub(crate) was_off: bool,
}

/// What a plugin saw of a ticket, as far as it matters for telling what moved since.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    ticket: Ticket,
    messages: BTreeSet<MessageId>,
}

impl Seen {
    /// What this view shows.
    pub(crate) fn of(view: &TicketView) -> Self {
        Self { ticket: view.ticket.clone(), messages: view.messages.iter().map(|m| m.id).collect() }
    }

    /// Whether a person has written to the customer since. What was said on merged tickets was said before.
    fn person_wrote(&self, fresh: &TicketView) -> bool {
        fresh.messages.iter().any(|m| {
            m.ticket_id == fresh.ticket.id
                && m.direction == Direction::Outbound
                && m.author.kind == ActorKind::Agent
                && !self.messages.contains(&m.id)
        })
    }
}

impl Bench {
    /// A bench that knows nothing but what the plugins saw: to decide again on fresh tickets.
    pub(crate) fn after(seen: BTreeMap<TicketId, Seen>) -> Self {
        Self { seen, ..Self::default() }
    }

    /// Keeps what plugins read of other tickets while they ran; the first sight counts.
    pub(crate) fn saw(&mut self, seen: BTreeMap<TicketId, Seen>) {
        for (id, seen) in seen {
            self.seen.entry(id).or_insert(seen);
        }
    }

    /// The view with everything laid over it that was decided so far.
    pub(crate) fn overlay(&self, id: TicketId) -> Option<TicketView> {
        let mut view = self.views.get(&id)?.clone();
        if let Some(work) = self.works.get(&id) {
            view.ticket.clone_from(&work.ticket);
            view.messages.extend(work.messages.iter().cloned());
        }
        Some(view)
    }
}

impl Desk {
    /// Puts a ticket on the bench as it is now, with the changes that were applied on it within the hour and whatever else
    /// has to be known to decide about it; `false` when there is none of that id.
    pub(crate) async fn bring(&self, bench: &mut Bench, id: TicketId) -> Result<bool, DeskError> {
        let hour_ago = self.now().plus(-domain::clock::HOUR_MS);
        let found = Box::pin(self.0.store.view_and_changes(id, hour_ago)).await?;
        let Some((view, changes)) = found else { return Ok(false) };
        let seen = bench.seen.entry(id).or_insert_with(|| Seen::of(&view));
        let standing = Standing {
            moved: moved_fields(&seen.ticket, &view.ticket),
            person_wrote: seen.person_wrote(&view),
            ..standing(&view, changes, &self.0.ours)
        };
        bench.standings.insert(id, standing);
        bench.works.insert(id, Work::on(view.ticket.clone()));
        bench.views.insert(id, view);
        Ok(true)
    }

    /// Brings the tickets that proposals are for and that are not there yet.
    pub(crate) async fn bring_targets<'a>(
        &self,
        bench: &mut Bench,
        proposals: impl Iterator<Item = &'a Proposal>,
    ) -> Result<(), DeskError> {
        let targets: BTreeSet<TicketId> = proposals.map(|p| p.ticket_id).collect();
        for id in targets {
            if !bench.works.contains_key(&id) {
                self.bring(bench, id).await?;
            }
        }
        Ok(())
    }
}

/// Whether the requester's address has proved to be theirs: by their newest message, or once where nobody looked at
/// that one. What the form or a forger wrote in somebody's name proves nothing, however well that address is known.
pub(crate) fn is_proved(view: &TicketView) -> bool {
    let Some(requester) = &view.requester else { return false };
    let id = requester.id.to_string();
    let is_theirs = |m: &&Message| m.direction == Direction::Inbound && m.author.id == id;
    match view.messages.iter().rev().find(is_theirs).map(|m| m.sender_auth) {
        Some(SenderAuth::Pass) => true,
        Some(SenderAuth::None | SenderAuth::Fail) => false,
        Some(SenderAuth::Unchecked) | None => requester.verified,
    }
}

fn standing(view: &TicketView, changes: Changes, ours: &Ours) -> Standing {
    let inbound: Option<&Message> = view.messages.iter().rev().find(|m| m.direction == Direction::Inbound);
    let address = view.requester.as_ref().map(|r| r.email.clone()).unwrap_or_default();
    Standing {
        changes_hour: changes.iter().map(|(_, n)| n).sum(),
        repeats: changes.into_iter().collect(),
        writable: domain::gate::may_address(
            &address,
            inbound.map(|m| m.auto_class),
            &ours.addresses,
            &ours.private_domains,
        )
        .err(),
        thread: view.thread(),
        address,
        proved: is_proved(view),
        ..Standing::default()
    }
}

#[cfg(test)]
mod tests {
    use domain::Actor;
    use domain::ActorKind;
    use domain::id::MessageId;
    use domain::work::blank_message;

    use super::*;
    use crate::fixture::{Fixture, NOW};

    #[tokio::test]
    async fn a_known_address_proves_nothing_for_what_somebody_else_or_the_form_wrote() {
        let house = Fixture::new().await;
        let ticket = house.ticket("ana@example.org").await;
        let mut view = house.store.view(ticket.id).await.unwrap().unwrap();
        let ana = view.ticket.requester_id.to_string();
        let mut wrote = |author: &str, auth: SenderAuth, verified: bool| {
            let id = MessageId::mint(house.desk.0.ids.as_ref(), NOW);
            let author = Actor::new(ActorKind::Contact, author);
            let message = blank_message(id, ticket.id, Direction::Inbound, author, NOW);
            view.messages.push(Message { sender_auth: auth, ..message });
            view.requester.as_mut().unwrap().verified = verified;
            is_proved(&view)
        };
        assert!(wrote(&ana, SenderAuth::Pass, false));
        assert!(!wrote(&ana, SenderAuth::None, true), "the form: anybody may write any address");
        assert!(!wrote(&ana, SenderAuth::Fail, true));
        assert!(wrote(&ana, SenderAuth::Unchecked, true) && !wrote(&ana, SenderAuth::Unchecked, false));
        assert!(!wrote("con_somebody", SenderAuth::Pass, false), "somebody else's proof is not hers");
    }
}
