//! Whether somebody gets notices: the link in each that ends them with one click (RFC 8058), and writing down what a
//! person said elsewhere. Knows no page; whoever has the link has had the notice.

use domain::contact::Contact;
use domain::id::ContactId;
use domain::{Actor, ActorKind, Refusal};
use store::{Commit, Fact};

use crate::races::Races;
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
        let mut races = Races::about("the contact");
        loop {
            let attempt = async {
                let Some(contact) = self.subscriber(word).await? else { return Ok(false) };
                if contact.proactive_consent {
                    let ends = consent_of(&contact, false);
                    let actor = Actor::new(ActorKind::Contact, contact.id.to_string());
                    let said =
                        self.audit(&actor, "contact.unsubscribed", contact.id, serde_json::Value::Null);
                    self.0.store.commit(Commit { facts: vec![ends, said] }).await?;
                }
                Ok(true)
            };
            if let Some(done) = races.end(attempt.await) {
                return done;
            }
        }
    }

    /// Writes down whether somebody may get notices, as they said it by other means than the link. The same again changes
    /// nothing.
    ///
    /// # Errors
    /// When there is no such contact, they were erased, or the store cannot be written.
    pub async fn set_consent(
        &self,
        contact: ContactId,
        consent: bool,
        actor: Actor,
    ) -> Result<Contact, DeskError> {
        let mut races = Races::about("the contact");
        loop {
            let attempt = async {
                let mut person = self.contact_or_missing(contact).await?;
                if person.is_erased() {
                    return Err(Refusal::new("erased", "This person was erased before.").into());
                }
                if person.proactive_consent != consent {
                    let set = consent_of(&person, consent);
                    let details = serde_json::json!({ "proactive_consent": consent });
                    let said = self.audit(&actor, "contact.consent_set", contact, details);
                    self.0.store.commit(Commit { facts: vec![set, said] }).await?;
                    person.proactive_consent = consent;
                }
                Ok(person)
            };
            if let Some(done) = races.end(attempt.await) {
                return done;
            }
        }
    }
}

/// Whether they want notices, as long as they are who was read.
fn consent_of(person: &Contact, consent: bool) -> Fact {
    Fact::SetConsent { contact_id: person.id, email: person.email.clone(), consent }
}

#[cfg(test)]
mod tests {
    use super::PURPOSE;
    use crate::DeskError;
    use crate::fixture::{Fixture, agent};

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

    #[tokio::test]
    async fn what_a_person_said_elsewhere_is_written_down_once_and_of_nobody_who_was_erased() {
        let f = Fixture::new().await;
        let contact = f.ticket("ana@example.org").await.requester_id;
        for wish in [false, false, true] {
            let told = f.desk.set_consent(contact, wish, agent()).await.unwrap();
            assert_eq!(told.proactive_consent, wish);
            assert_eq!(f.store.contact(contact).await.unwrap().unwrap(), told);
        }
        let trail = f.store.audit(0, 100).await.unwrap();
        let set: Vec<_> = trail.iter().filter(|e| e.record.action == "contact.consent_set").collect();
        assert_eq!(set.len(), 2, "{trail:?}");
        assert_eq!(set[0].record.object, contact.to_string());
        assert_eq!(set[0].record.details, serde_json::json!({ "proactive_consent": false }));
        f.desk.erase_person(contact, agent()).await.unwrap();
        let refused = f.desk.set_consent(contact, true, agent()).await;
        assert!(matches!(&refused, Err(DeskError::Refused(no)) if no.code == "erased"), "{refused:?}");
    }
}
