//! Leaving a list with one click (RFC 8058): the link that a notice carries, and what following it changes.
//! Knows no page; whoever has the link has had the notice.

use domain::contact::Contact;
use domain::id::ContactId;
use domain::{Actor, ActorKind};
use store::{Commit, Fact};

use crate::{Desk, DeskError};

/// What its links are for.
const PURPOSE: &str = "unsubscribe";

impl Desk {
    /// Where this contact's notices can be ended; none without a public address.
    pub(crate) fn unsubscribe_link(&self, contact: ContactId) -> Option<String> {
        self.public_page("unsubscribe", &self.signed_word(PURPOSE, &contact))
    }

    /// Who is meant by the last part of a link; none when it is not one of ours.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn subscriber(&self, word: &str) -> Result<Option<Contact>, DeskError> {
        match self.signed_id::<ContactId>(PURPOSE, word) {
            Some(id) => Ok(self.0.store.contact(id).await?),
            None => Ok(None),
        }
    }

    /// Ends notices to whom the link is of; `false` when it is not one of ours. A second time changes nothing.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn unsubscribe(&self, word: &str) -> Result<bool, DeskError> {
        let Some(contact) = self.subscriber(word).await? else { return Ok(false) };
        if contact.proactive_consent {
            let ends = Fact::SetConsent { contact_id: contact.id, consent: false };
            let actor = Actor::new(ActorKind::Contact, contact.id.to_string());
            let said = self.audit(&actor, "contact.unsubscribed", contact.id, serde_json::Value::Null);
            self.0.store.commit(Commit { facts: vec![ends, said] }).await?;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::PURPOSE;
    use crate::fixture::Fixture;

    #[tokio::test]
    async fn a_link_ends_the_notices_of_its_owner_and_a_guess_of_nobody() {
        let f = Fixture::new().await;
        let contact = f.ticket("ana@example.org").await.requester_id;
        assert_eq!(f.desk.unsubscribe_link(contact), None, "without a public address there is no link");
        let word = f.desk.signed_word(PURPOSE, &contact);
        for guess in
            ["", "x", &format!("{contact}"), &format!("{contact}."), &format!("{contact}.{}", "0".repeat(20))]
        {
            assert!(!f.desk.unsubscribe(guess).await.unwrap(), "{guess}");
        }
        assert!(f.store.contact(contact).await.unwrap().unwrap().proactive_consent);
        for _ in 0..2 {
            assert!(f.desk.unsubscribe(&word).await.unwrap());
        }
        assert!(!f.store.contact(contact).await.unwrap().unwrap().proactive_consent);
    }
}
