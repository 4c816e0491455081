//! What people and plugins write where nothing is redacted: into fields, tags and teams. Looked through as a text would
//! be, and refused where something would be taken out of one; what a request brings in them is redacted with it. Stores
//! nothing.

use std::collections::BTreeMap;

use domain::effect::{Effect, Proposal};
use domain::id::TicketId;
use domain::redaction::{Document, Part, part};
use domain::ticket::{Field, Ticket, is_key, may_tell};
use domain::work::{check_numbers, field_of, personal_data};

use crate::people::TicketChange;
use crate::{Desk, DeskError};

/// Why a plugin's word is not kept that nobody can look through.
const NOT_NOW: &str = "whether it holds personal data cannot be told now: redaction is not possible";

impl Desk {
    /// Refuses values and tags that redaction would take out of a text: fields and tags are no place for them.
    ///
    /// # Errors
    /// `personal_data`, or that it cannot be told now.
    pub(crate) async fn check_words(&self, id: TicketId, changes: &[TicketChange]) -> Result<(), DeskError> {
        if !changes.iter().any(|change| words_of(change).is_some()) {
            return Ok(());
        }
        let Some(ticket) = self.0.store.ticket(id).await? else { return Ok(()) };
        let news = changes.iter().filter(|change| !stands(&ticket, change)).filter_map(words_of);
        let parts: Vec<Part> = news.map(|(name, words)| Part::new(&name, words)).collect();
        if parts.is_empty() {
            return Ok(());
        }
        parts.iter().try_for_each(|part| check_numbers(&part.name, &part.text))?;
        let document = Document { parts, ..Document::default() };
        let redacted = Box::pin(self.redacted_or_told(document, Some(id), ticket.inbox.as_deref())).await?;
        redacted.refuse_in(|_| true).map_err(DeskError::from)
    }

    /// Why some of these proposals must not be kept, by their place: redaction would take their tag or team out of a text.
    /// What cannot be looked through now is not kept either.
    pub(crate) async fn unfit(
        &self,
        ticket: Option<&Ticket>,
        proposals: &[Proposal],
    ) -> BTreeMap<usize, String> {
        let made_up = proposals.iter().enumerate().filter_map(|(place, proposal)| {
            let (name, word) = key_of(&proposal.effect)?;
            Some((place, Part::new(name, word)))
        });
        let (places, parts): (Vec<usize>, Vec<Part>) = made_up.unzip();
        if parts.is_empty() {
            return BTreeMap::new();
        }
        let document = Document { parts, ..Document::default() };
        let inbox = ticket.and_then(|ticket| ticket.inbox.as_deref());
        let redacted = match Box::pin(self.redact(document, ticket.map(|ticket| ticket.id), inbox)).await {
            Ok(redacted) => redacted,
            Err(held) => {
                tracing::warn!(
                    why = held.why,
                    "tags and teams that plugins propose cannot be looked through"
                );
                return places.into_iter().map(|place| (place, NOT_NOW.to_owned())).collect();
            }
        };
        let found = redacted.finds().filter_map(|(name, found)| {
            let place = places.get(usize::try_from(found.part).ok()?)?;
            Some((*place, personal_data(name, &found.class).sentence))
        });
        found.collect()
    }
}

/// What a change writes that may be anybody's, with the name of where it goes. A key that tells nothing is set also while
/// no text can be redacted. Who is in charge is one of our own people.
fn words_of(change: &TicketChange) -> Option<(String, &str)> {
    match change {
        TicketChange::SetField { field: field @ (Field::Category | Field::Custom(_)), value } => {
            let is_topic = is_key(value) && !may_tell(value);
            (!value.is_empty() && !is_topic).then(|| (field.to_string(), value.as_str()))
        }
        // What is no key is refused as none.
        TicketChange::SetField { field: Field::Team, value } => {
            (is_key(value) && may_tell(value)).then(|| (part::TEAM.to_owned(), value.as_str()))
        }
        TicketChange::AddTag(tag) => {
            (is_key(tag) && may_tell(tag)).then(|| (part::TAGS.to_owned(), tag.as_str()))
        }
        TicketChange::SetField { .. } | TicketChange::RemoveTag(_) => None,
    }
}

/// Whether a change asks for what is so already.
fn stands(ticket: &Ticket, change: &TicketChange) -> bool {
    match change {
        TicketChange::SetField { field, value } => field_of(ticket, field).as_deref() == Some(value.as_str()),
        TicketChange::AddTag(tag) => ticket.tags.contains(tag),
        TicketChange::RemoveTag(tag) => !ticket.tags.contains(tag),
    }
}

/// The tag or team that an effect would put on a ticket, unless it tells nothing. One that is no key at all is looked
/// through as well: it is rejected, but its record would keep it.
fn key_of(effect: &Effect) -> Option<(&str, &str)> {
    let (name, word) = effect.word().filter(|(name, _)| [part::TEAM, part::TAGS].contains(name))?;
    (!is_key(word) || may_tell(word)).then_some((name, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_anybodys_is_looked_through_and_a_word_of_the_house_is_not() {
        let set = |field: Field, value: &str| TicketChange::SetField { field, value: value.to_owned() };
        let custom = || Field::Custom("note".to_owned());
        for (change, looked) in [
            (TicketChange::AddTag("01712345678".to_owned()), Some("tags")),
            (TicketChange::AddTag("ana-at-example-org".to_owned()), Some("tags")),
            (TicketChange::AddTag("legal-hold".to_owned()), None),
            (TicketChange::AddTag("No key: 01712345678".to_owned()), None),
            (TicketChange::RemoveTag("01712345678".to_owned()), None),
            (set(Field::Team, "089-1234567"), Some("team")),
            (set(Field::Team, "billing"), None),
            (set(Field::Team, ""), None),
            (set(Field::Category, "Shop returns"), Some("category")),
            (set(Field::Category, "refund"), None),
            (set(custom(), "Ana"), Some("custom.note")),
            (set(custom(), ""), None),
            (set(Field::Assignee, "kim@shop.example"), None),
        ] {
            assert_eq!(words_of(&change).map(|(name, _)| name).as_deref(), looked, "{change:?}");
        }
    }

    #[test]
    fn of_what_plugins_propose_tags_and_teams_are_looked_through_also_where_they_are_no_keys() {
        let tag = |tag: &str| Effect::AddTag { tag: tag.to_owned() };
        let team = |value: &str| Effect::SetField { field: "team".to_owned(), value: value.to_owned() };
        let escalate = |team: Option<&str>| Effect::Escalate { team: team.map(str::to_owned) };
        for (effect, looked) in [
            (tag("01712345678"), Some("tags")),
            (tag("+49 171 2345678"), Some("tags")),
            (tag("vip"), None),
            (team("089-1234567"), Some("team")),
            (team("billing"), None),
            (escalate(Some("089-1234567")), Some("team")),
            (escalate(None), None),
            (Effect::SetField { field: "priority".to_owned(), value: "high".to_owned() }, None),
            (Effect::Note { text: "01712345678".to_owned() }, None),
        ] {
            assert_eq!(key_of(&effect).map(|(name, _)| name), looked, "{effect:?}");
        }
    }
}
