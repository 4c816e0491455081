//! Merging tickets for people: reads both, writes both in one commit, and says where a merged ticket goes on. Messages
//! stay where they were written; the rules are the domain's.

use domain::Actor;
use domain::id::TicketId;
use domain::merge::{HOPS_MAX, MERGED, goes_on_elsewhere, merge, not_merged, unmerge};
use domain::snapshot::TicketView;
use domain::story::TookIn;
use domain::ticket::Ticket;
use domain::work::Work;
use store::{Commit, Fact};

use crate::meanwhile::withdraw_held;
use crate::people::check_version;
use crate::races::Races;
use crate::{Desk, DeskError};

/// Of so many tickets it is asked what was merged into them, for one thread.
const TICKETS_ASKED_MAX: usize = 64;

impl Desk {
    /// Merges a ticket into another one of the same customer; into a merged one means into the one where that goes on.
    /// With `expect_version` only if the ticket still has that version. Answers with the ticket, which is closed now.
    ///
    /// # Errors
    /// When one of them does not exist, it has another version, or they cannot be merged; then nothing is changed.
    pub async fn merge_ticket(
        &self,
        id: TicketId,
        into: TicketId,
        expect_version: Option<i64>,
        actor: Actor,
    ) -> Result<Ticket, DeskError> {
        let mut races = Races::about("the ticket");
        loop {
            let attempt = self.merge_once(id, into, expect_version, &actor);
            if let Some(done) = races.end(Box::pin(attempt).await) {
                return done;
            }
        }
    }

    async fn merge_once(
        &self,
        id: TicketId,
        into: TicketId,
        expect_version: Option<i64>,
        actor: &Actor,
    ) -> Result<Ticket, DeskError> {
        let view = self.0.store.view(id).await?.ok_or_else(|| DeskError::missing("ticket", id))?;
        check_version(&view.ticket, expect_version)?;
        let home = self.home_of(into).await?.ok_or_else(|| DeskError::missing("ticket", into))?;
        let (mut from, mut into) = (Work::on(view.ticket.clone()), Work::on(home));
        let stamp = self.stamp(actor.clone());
        merge(&mut from, &mut into, &stamp)?;
        let withdrawn = withdraw_held(&mut from, &view, &stamp, MERGED);
        self.write_both(from, into, withdrawn).await
    }

    /// Takes a merge back: the ticket goes on by itself, open. What came to the other one since stays there.
    ///
    /// # Errors
    /// When it does not exist, has another version, or is not merged; then nothing is changed.
    pub async fn unmerge_ticket(
        &self,
        id: TicketId,
        expect_version: Option<i64>,
        actor: Actor,
    ) -> Result<Ticket, DeskError> {
        let mut races = Races::about("the ticket");
        loop {
            let attempt = self.unmerge_once(id, expect_version, &actor);
            if let Some(done) = races.end(Box::pin(attempt).await) {
                return done;
            }
        }
    }

    async fn unmerge_once(
        &self,
        id: TicketId,
        expect_version: Option<i64>,
        actor: &Actor,
    ) -> Result<Ticket, DeskError> {
        let ticket = self.0.store.ticket(id).await?.ok_or_else(|| DeskError::missing("ticket", id))?;
        check_version(&ticket, expect_version)?;
        let into = ticket.merged_into.ok_or_else(|| not_merged(&ticket))?;
        let other = self.0.store.ticket(into).await?.ok_or_else(|| DeskError::missing("ticket", into))?;
        let (mut from, mut into) = (Work::on(ticket), Work::on(other));
        unmerge(&mut from, &mut into, &self.stamp(actor.clone()))?;
        self.write_both(from, into, Vec::new()).await
    }

    /// Both tickets or none. In the order of their ids, as turns write them: two writers never wait for each other.
    async fn write_both(&self, from: Work, into: Work, more: Vec<Fact>) -> Result<Ticket, DeskError> {
        let ticket = from.ticket.clone();
        let mut works = [from, into];
        works.sort_by_key(|work| work.ticket.id);
        let mut facts = self.work_facts(&mut works).await;
        facts.extend(more);
        self.0.store.commit(Commit { facts }).await?;
        Ok(ticket)
    }

    /// The ticket with this id, or where it goes on if it was merged; none when there is no such ticket.
    pub(crate) async fn home_of(&self, id: TicketId) -> Result<Option<Ticket>, DeskError> {
        let mut found = self.0.store.ticket(id).await?;
        for _ in 0..HOPS_MAX {
            let Some(into) = found.as_ref().and_then(|ticket| ticket.merged_into) else { break };
            match self.0.store.ticket(into).await? {
                Some(next) => found = Some(next),
                None => break,
            }
        }
        Ok(found)
    }

    /// Where a merged ticket goes on; none for one that is not merged.
    pub(crate) async fn goes_on_as(&self, ticket: &Ticket) -> Result<Option<Ticket>, DeskError> {
        match ticket.merged_into {
            Some(into) => self.home_of(into).await,
            None => Ok(None),
        }
    }

    /// Refuses what somebody wants to do on a ticket that was merged, naming the one where it goes on.
    pub(crate) async fn check_not_merged(&self, ticket: &Ticket) -> Result<(), DeskError> {
        match self.goes_on_as(ticket).await? {
            Some(home) => Err(goes_on_elsewhere(ticket, home.number).into()),
            None => Ok(()),
        }
    }

    /// All tickets that go on as this one, however many merges lie between.
    async fn merged_into(&self, id: TicketId) -> Result<Vec<Ticket>, DeskError> {
        let mut merged = self.0.store.merged_into(id).await?;
        let mut asked = 0;
        while asked < TICKETS_ASKED_MAX
            && let Some(next) = merged.get(asked).map(|ticket| ticket.id)
        {
            merged.extend(self.0.store.merged_into(next).await?);
            asked += 1;
        }
        Ok(merged)
    }

    /// What was said on the tickets that go on as this one.
    pub(crate) async fn took_in(&self, id: TicketId) -> Result<Vec<TookIn>, DeskError> {
        let mut took_in = Vec::new();
        for ticket in self.merged_into(id).await? {
            let (events, messages) =
                (self.0.store.events_of(ticket.id).await?, self.0.store.messages(ticket.id).await?);
            took_in.push(TookIn { ticket, events, messages });
        }
        Ok(took_in)
    }

    /// Message-ID and references for an answer on a ticket: the customer's newest mail may be on one that was merged
    /// into it.
    pub(crate) async fn thread_of(
        &self,
        view: &TicketView,
    ) -> Result<(Option<String>, Vec<String>), DeskError> {
        let merged = self.merged_into(view.ticket.id).await?;
        if merged.is_empty() {
            return Ok(view.thread());
        }
        let mut whole = view.clone();
        for ticket in merged {
            whole.messages.extend(self.0.store.messages(ticket.id).await?);
        }
        whole.messages.sort_by_key(|message| message.id);
        Ok(whole.thread())
    }
}

#[cfg(test)]
mod tests;
