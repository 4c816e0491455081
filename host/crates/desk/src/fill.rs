//! Filling placeholders on the way out, of classes that may leave: what one of our people typed reaches whom it was
//! written to, and a customer's own values go back to that customer and to nobody else. What is stored keeps its placeholders; the clear text lives
//! as long as the handing over.

use std::collections::BTreeMap;

use domain::grant::Grant;
use domain::message::{Direction, Message};
use domain::redaction::{Redaction, fill, without_others};
use domain::snapshot::TicketView;
use domain::turn::neutral_subject;

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

    /// The subject as its reader gets it: filled as the text is, and without the placeholders that are left, which say
    /// nothing to whoever reads them. Where no word is left either, a neutral one stands in its place.
    pub(crate) async fn filled_subject(
        &self,
        message: &Message,
        number: Option<i64>,
        language: Option<&str>,
    ) -> Result<String, DeskError> {
        if !message.subject.contains('[') {
            return Ok(message.subject.clone());
        }
        let filled = Box::pin(self.filled(message, message.subject.clone())).await?;
        // Of this ticket only: a customer's own subject may have words in brackets.
        let redactions = self.0.store.redactions_of(message.ticket_id).await?;
        let left = redactions.into_iter().map(|redaction| (redaction.placeholder, String::new())).collect();
        let bare = without_others(&fill(&filled, &left));
        if bare == message.subject {
            return Ok(bare);
        }
        // A value may have several lines, a subject has one.
        let words = bare.split(|c: char| c.is_whitespace() || c.is_control());
        let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let says_something = line.trim_start_matches("Re:").chars().any(char::is_alphanumeric);
        Ok(number.filter(|_| !says_something).map_or(line, |number| neutral_subject(number, language)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, NOW, agent};
    use domain::id::{CountingIds, MessageId, RedactionId};
    use domain::redaction::part;
    use domain::work::blank_message;
    use store::Fact;

    #[tokio::test]
    async fn a_subject_says_nothing_in_placeholders_and_keeps_a_customers_own_brackets() {
        let fixture = Fixture::new().await;
        let ticket = fixture.ticket("ana@example.org").await;
        let asked = fixture.store.messages(ticket.id).await.unwrap().remove(0);
        let redaction = Redaction {
            id: RedactionId::mint(&CountingIds::default(), NOW),
            ticket_id: ticket.id,
            message_id: asked.id,
            part: part::SUBJECT.into(),
            class: "PERSON".into(),
            placeholder: "[PERSON-1]".into(),
            rule: "name".into(),
            score: 0.99,
            digest: "x".into(),
            stands: false,
        };
        fixture.facts(vec![Fact::AddRedaction { redaction, sealed: None }]).await;
        let id = MessageId::mint(&CountingIds::default(), NOW.plus(1));
        let answer = blank_message(id, ticket.id, Direction::Outbound, agent(), NOW.plus(1));
        for (subject, language, said) in [
            ("Re: [PERSON-1]", Some("de"), "Ihre Anfrage [#1]"),
            ("Re: [PERSON-1] / ", None, "Your request [#1]"),
            ("Re: Order of [PERSON-1], late", None, "Re: Order of , late"),
            ("Re: [PERSON-1] and [CASE-7]", None, "Re: and [CASE-7]"),
            ("Re: [CASE-7]  broken", None, "Re: [CASE-7]  broken"),
        ] {
            let message = Message { subject: subject.to_owned(), ..answer.clone() };
            let filled = fixture.desk.filled_subject(&message, Some(1), language).await.unwrap();
            assert_eq!(filled, said);
        }
    }
}
