//! Reading the audit trail: the names of who acted and of what was acted on, put in where it is read, and the chain to be
//! followed. What an erasure or a removal took away has no name any more, and persons have none here.

use std::collections::BTreeSet;

use domain::actor::{Names, ids_in};
use domain::audit::{AuditEntry, Chain};
use domain::id::{ArticleId, AttachmentId, DecisionId, EventId, MessageId, RedactionId, TicketId};

use crate::{Desk, DeskError};

impl Desk {
    /// The chain before its first entry, to be followed with the house's key.
    #[must_use]
    pub fn audit_chain(&self) -> Chain {
        Chain::with(Some(self.0.seal.audit_key()))
    }

    /// Names of who acted in these entries and of what was acted on: tokens that stand, installed plugins and their
    /// schedules, articles, and tickets by their number, also where something of theirs was acted on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn names_in(&self, entries: &[AuditEntry]) -> Result<Names, DeskError> {
        let store = &self.0.store;
        let mut names = self.names().await?;
        let installations = store.installations().await?;
        for schedule in store.schedules().await? {
            let whose = installations.iter().find(|of| of.id == schedule.installation_id);
            let whose = whose.map_or("", |of| of.manifest.id.as_str());
            let name = format!("{whose} {}", schedule.declaration.name);
            names.add(schedule.id.to_string(), name.trim_start().to_owned());
        }
        for installation in installations {
            names.add(installation.id.to_string(), installation.manifest.id);
        }
        let ids: BTreeSet<&str> = entries.iter().flat_map(|entry| ids_in(&entry.record.object)).collect();
        for id in ids {
            if let Ok(article) = id.parse::<ArticleId>() {
                if let Some(article) = store.article(article).await? {
                    names.add(id, article.key);
                }
            } else if let Some(ticket) = self.ticket_of(id).await?
                && let Some(ticket) = store.ticket(ticket).await?
            {
                names.add(id, format!("#{}", ticket.number));
            }
        }
        Ok(names)
    }

    /// The ticket that an id is of, or of something of.
    async fn ticket_of(&self, id: &str) -> Result<Option<TicketId>, DeskError> {
        let store = &self.0.store;
        if let Ok(ticket) = id.parse::<TicketId>() {
            return Ok(Some(ticket));
        }
        if let Ok(message) = id.parse::<MessageId>() {
            return Ok(store.message(message).await?.map(|message| message.ticket_id));
        }
        if let Ok(redaction) = id.parse::<RedactionId>() {
            return Ok(store.redaction(redaction).await?.map(|redaction| redaction.ticket_id));
        }
        if let Ok(attachment) = id.parse::<AttachmentId>() {
            return Ok(store.ticket_of_attachment(attachment).await?);
        }
        if let Ok(decision) = id.parse::<DecisionId>() {
            return Ok(store.decision(decision).await?.map(|decision| decision.ticket_id));
        }
        if let Ok(event) = id.parse::<EventId>() {
            return Ok(store.event(event).await?.and_then(|event| event.ticket_id));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use domain::id::{CountingIds, InstallationId};
    use serde_json::Value;

    use crate::fixture::{Fixture, NOW, agent};

    #[tokio::test]
    async fn what_was_acted_on_is_named_as_long_as_it_is_there() {
        let f = Fixture::new().await;
        let ticket = f.ticket("ana@example.org").await;
        let message = f.store.messages(ticket.id).await.unwrap().remove(0);
        let plugin = f.installation(|_| {}).await;
        let gone = InstallationId::mint(&CountingIds::default(), NOW.plus(9));
        let objects = [
            ticket.id.to_string(),
            message.id.to_string(),
            plugin.id.to_string(),
            format!("{}/{}/key", ticket.id, plugin.id),
            gone.to_string(),
            ticket.requester_id.to_string(),
            "off".to_owned(),
        ];
        let acted = |object: &String| f.desk.audit(&agent(), "test.done", object, Value::Null);
        f.facts(objects.iter().map(acted).collect()).await;
        let entries = f.store.audit(0, 100).await.unwrap();
        let names = f.desk.names_in(&entries).await.unwrap();
        let number = format!("#{}", ticket.number);
        let both = format!("{number}, {}", plugin.manifest.id);
        let told: Vec<Option<String>> = objects.iter().map(|object| names.about(object)).collect();
        let wanted =
            [Some(number.clone()), Some(number), Some(plugin.manifest.id), Some(both), None, None, None];
        assert_eq!(told, wanted, "a person has no name here");
    }
}
