//! Merging tickets for people: reads them, writes them in one commit, and says where a merged ticket goes on. Messages
//! stay where they were written; the rules are the domain's.

use domain::Actor;
use domain::id::TicketId;
use domain::merge::{MERGED, follow, goes_on_elsewhere, goes_on_here, merge, no_ticket, not_merged, unmerge};
use domain::story::TookIn;
use domain::ticket::Ticket;
use domain::work::Work;
use store::{Commit, Fact};

use crate::meanwhile::withdraw_held;
use crate::people::check_version;
use crate::races::Races;
use crate::{Desk, DeskError};

impl Desk {
    /// Merges a ticket into another one of the same customer, by its number; into a merged one means into the one where
    /// that goes on. What was merged into the ticket goes on there too. With `expect_version` only if the ticket still
    /// has that version. Answers with the ticket, which is closed now.
    ///
    /// # Errors
    /// When one of them does not exist, it has another version, or they cannot be merged; then nothing is changed.
    pub async fn merge_ticket(
        &self,
        id: TicketId,
        into: i64,
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
        into: i64,
        expect_version: Option<i64>,
        actor: &Actor,
    ) -> Result<Ticket, DeskError> {
        let view = self.0.store.view(id).await?.ok_or_else(|| DeskError::missing("ticket", id))?;
        check_version(&view.ticket, expect_version)?;
        let named = self.0.store.ticket_by_number(into).await?.ok_or_else(|| no_ticket(into))?;
        let home = self.goes_on_as(&named).await?;
        let home = match home {
            Some(home) if home.id == id => return Err(goes_on_here(&named, &home).into()),
            Some(home) => home,
            None => named,
        };
        let (mut from, mut into) = (Work::on(view.ticket.clone()), Work::on(home));
        let stamp = self.stamp(actor.clone());
        merge(&mut from, &mut into, &stamp)?;
        let withdrawn = withdraw_held(&mut from, &view, &stamp, MERGED);
        let ticket = from.ticket.clone();
        let mut works = vec![from];
        for child in self.0.store.merged_into(id).await? {
            let mut child = Work::on(child);
            follow(&mut child, &mut into, &stamp);
            works.push(child);
        }
        works.push(into);
        self.write_all(works, withdrawn).await?;
        Ok(ticket)
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
        let ticket = from.ticket.clone();
        self.write_all(vec![from, into], Vec::new()).await?;
        Ok(ticket)
    }

    /// All tickets or none. In the order of their ids, as turns write them: two writers never wait for each other.
    async fn write_all(&self, mut works: Vec<Work>, more: Vec<Fact>) -> Result<(), DeskError> {
        works.sort_by_key(|work| work.ticket.id);
        let mut facts = self.work_facts(&mut works).await;
        facts.extend(more);
        Ok(self.0.store.commit(Commit { facts }).await?)
    }

    /// The ticket with this id, or where it goes on if it was merged; none when there is no such ticket.
    pub(crate) async fn home_of(&self, id: TicketId) -> Result<Option<Ticket>, DeskError> {
        let Some(ticket) = self.0.store.ticket(id).await? else { return Ok(None) };
        let home = self.goes_on_as(&ticket).await?;
        Ok(Some(home.unwrap_or(ticket)))
    }

    /// Where a merged ticket goes on; none for one that is not merged.
    pub(crate) async fn goes_on_as(&self, ticket: &Ticket) -> Result<Option<Ticket>, DeskError> {
        match ticket.merged_into {
            Some(into) => Ok(self.0.store.ticket(into).await?),
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

    /// The other tickets that are about the same matter: where this one goes on, and whatever else goes on there.
    pub(crate) async fn family_of(&self, ticket: &Ticket) -> Result<Vec<Ticket>, DeskError> {
        let home = self.goes_on_as(ticket).await?;
        let merged = self.0.store.merged_into(home.as_ref().map_or(ticket.id, |home| home.id)).await?;
        Ok(home.into_iter().chain(merged).filter(|other| other.id != ticket.id).collect())
    }

    /// What was said on the tickets that go on as this one.
    pub(crate) async fn took_in(&self, id: TicketId) -> Result<Vec<TookIn>, DeskError> {
        let mut took_in = Vec::new();
        for ticket in self.0.store.merged_into(id).await? {
            let (events, messages) =
                (self.0.store.events_of(ticket.id).await?, self.0.store.messages(ticket.id).await?);
            took_in.push(TookIn { ticket, events, messages });
        }
        Ok(took_in)
    }
}

#[cfg(test)]
mod tests;
