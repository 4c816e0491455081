//! Filling placeholders on the way out, of classes that may leave: what one of our people typed reaches whom it was
//! written to, and a customer's own values go back to that customer and to nobody else. What is stored keeps its placeholders; the clear text lives
//! as long as the handing over.

use std::collections::BTreeMap;

use domain::grant::Grant;
use domain::message::{Direction, Message};
use domain::redaction::{Redaction, fill};
use domain::snapshot::TicketView;

use crate::bench::is_proved;
use crate::{Desk, DeskError};

impl Desk {
    /// The text with those placeholders filled that may be, of classes the admin allows: what a person typed in this very
    /// message; else what was granted to the plugin that wrote it and given by the very customer that it goes to, whose
    /// address is proved.
    pub(crate) async fn filled(&self, message: &Message, text: String) -> Result<String, DeskError> {
        let allowed = &self.0.config.vault.fill;
        if allowed.is_empty() || !text.contains('[') {
            return Ok(text);
        }
        let Some(view) = self.0.store.view(message.ticket_id).await? else { return Ok(text) };
        let goes_back = is_proved(&view) && goes_to_requester(message, &view);
        let mut values = BTreeMap::new();
        for redaction in self.0.store.redactions_of(message.ticket_id).await? {
            if !text.contains(&redaction.placeholder) || !allowed.contains(&redaction.class) {
                continue;
            }
            let typed = !message.automatic && redaction.message_id == message.id;
            let may = typed
                || (goes_back
                    && was_given_by_requester(&redaction, &view)
                    && self.may_fill(message, &redaction.class).await);
            if may && let Some(value) = self.open_value(&redaction).await? {
                match typed {
                    // Of two values under one placeholder the one that stands in this very text is meant.
                    true => drop(values.insert(redaction.placeholder, value)),
                    false => drop(values.entry(redaction.placeholder).or_insert(value)),
                }
            }
        }
        Ok(fill(&text, &values))
    }

    /// Whether who wrote the message may have such values filled in: a person may, a plugin needs the grant.
    async fn may_fill(&self, message: &Message, class: &str) -> bool {
        if !message.automatic {
            return true;
        }
        let roster = self.roster().await;
        let grant = Grant::Fill(class.to_owned());
        roster.installed.iter().any(|installed| {
            let installation = &installed.installation;
            installation.manifest.id == message.author.id && installation.grants.0.contains(&grant)
        })
    }
}

fn goes_to_requester(message: &Message, view: &TicketView) -> bool {
    view.requester.as_ref().is_some_and(|r| message.to_address.as_deref() == Some(r.email.as_str()))
}

pub(crate) fn was_given_by_requester(redaction: &Redaction, view: &TicketView) -> bool {
    let requester = view.ticket.requester_id.to_string();
    view.messages.iter().any(|m| {
        m.id == redaction.message_id && m.direction == Direction::Inbound && m.author.id == requester
    })
}
