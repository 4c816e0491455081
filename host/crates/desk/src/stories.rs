//! Telling a ticket's story from what is stored.

use domain::id::TicketId;
use domain::story::{Material, Story};

use crate::{Desk, DeskError};

impl Desk {
    /// Everything a story is told from.
    ///
    /// # Errors
    /// When there is no such ticket.
    pub async fn material(&self, id: TicketId) -> Result<Material, DeskError> {
        let store = &self.0.store;
        let ticket = store.ticket(id).await?.ok_or_else(|| DeskError::missing("ticket", id))?;
        let phrases =
            store.installations().await?.into_iter().map(|of| (of.id, of.manifest.phrases)).collect();
        let home = Box::pin(self.goes_on_as(&ticket)).await?;
        Ok(Material {
            merged_into: home.map(|home| home.number),
            took_in: Box::pin(self.took_in(id)).await?,
            ticket,
            events: store.events_of(id).await?,
            messages: store.messages(id).await?,
            redactions: store.redactions_of(id).await?,
            runs: store.runs_of(id).await?,
            decisions: store.decisions_of(id).await?,
            phrases,
            names: self.names().await?,
        })
    }

    /// A ticket's story.
    ///
    /// # Errors
    /// When there is no such ticket.
    pub async fn story(&self, id: TicketId) -> Result<Story, DeskError> {
        Ok(Story::tell(&self.material(id).await?))
    }
}
