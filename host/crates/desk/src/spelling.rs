//! Addresses that were stored before domains had one spelling are written in it, once per database: asked for by the
//! new spelling, they would not be found. Knows no rule of spelling: the domain has it.

use domain::address::canonical_address;
use store::{Commit, Fact, StoreError, Suppression};

use crate::{Desk, DeskError};

/// Setting that says which spelling the stored addresses are in.
const SPELLING: &str = "addresses.spelling";
/// Domains as DNS has them.
const ASCII_DOMAINS: &str = "ascii domains";

impl Desk {
    /// Writes what is stored under a domain beyond ASCII in the spelling that it is asked for by. A database that
    /// cannot do it just now keeps no house from starting: it is tried again while the house serves.
    pub(crate) async fn spell_addresses(&self) -> Result<(), DeskError> {
        match self.spell_all().await {
            Err(DeskError::Store(error)) if error.is_transient() => {
                tracing::warn!(%error, "addresses under domains beyond ASCII are written in their new spelling later");
                Ok(())
            }
            done => done,
        }
    }

    async fn spell_all(&self) -> Result<(), DeskError> {
        if self.0.store.setting(SPELLING).await?.as_deref() == Some(ASCII_DOMAINS) {
            return Ok(());
        }
        self.spell_contacts().await?;
        self.spell_suppressions().await?;
        let done = Fact::PutSetting { key: SPELLING.to_owned(), value: ASCII_DOMAINS.to_owned() };
        Ok(self.0.store.commit(Commit::of(vec![done])).await?)
    }

    /// Where the new spelling is somebody's already, both contacts stay as they are: which of them counts, and what
    /// becomes of the other one's tickets, people decide.
    async fn spell_contacts(&self) -> Result<(), DeskError> {
        for contact in self.0.store.contacts_beyond_ascii().await? {
            let now = canonical_address(&contact.email);
            if now == contact.email {
                continue;
            }
            let respell =
                Fact::RespellContact { contact_id: contact.id, was: contact.email, now: now.clone() };
            match self.0.store.commit(Commit::of(vec![respell])).await {
                Ok(()) => {}
                Err(StoreError::Conflict(_)) => {
                    let other = self.0.store.contact_by_email(&now).await?.map(|other| other.id.to_string());
                    tracing::warn!(
                        contact = %contact.id, other = other.as_deref().unwrap_or("unknown"),
                        "two contacts have one address in two spellings: mail goes to the other one; export or \
                         erase the person under both ids"
                    );
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Of two that turn out to be one address, the one that lasts longer stays.
    async fn spell_suppressions(&self) -> Result<(), DeskError> {
        for stored in self.0.store.suppressions_beyond_ascii().await? {
            let address = canonical_address(&stored.address);
            if address == stored.address {
                continue;
            }
            let mut facts = vec![Fact::RemoveSuppression(stored.address.clone())];
            let other = self.0.store.suppression(&address).await?;
            if other.is_none_or(|other| lasts_longer(&stored, &other)) {
                facts.push(Fact::PutSuppression(Suppression { address, ..stored }));
            }
            self.0.store.commit(Commit { facts }).await?;
        }
        Ok(())
    }
}

/// One without an end lasts forever.
fn lasts_longer(one: &Suppression, other: &Suppression) -> bool {
    match (one.until, other.until) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(one), Some(other)) => one > other,
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use domain::contact::Contact;

    use super::*;
    use crate::fixture::{Fixture, NOW};

    const WAS: &str = "info@müller.example";
    const NOW_SPELT: &str = "info@xn--mller-kva.example";

    /// As if the database were one from before.
    async fn from_before(house: &Fixture) {
        house.facts(vec![Fact::PutSetting { key: SPELLING.to_owned(), value: String::new() }]).await;
    }

    fn suppression(address: &str, until: Option<Timestamp>) -> Fact {
        let (address, reason) = (address.to_owned(), "bounced".to_owned());
        Fact::PutSuppression(Suppression { address, reason, until, created_at: NOW })
    }

    async fn stored(house: &Fixture, email: &str) -> Contact {
        let requester = house.ticket("ana@example.org").await.requester_id;
        let mut contact = house.store.contact(requester).await.unwrap().unwrap();
        email.clone_into(&mut contact.email);
        house.facts(vec![Fact::PutContact(contact.clone())]).await;
        contact
    }

    #[tokio::test]
    async fn what_was_stored_under_another_spelling_is_found_again() {
        let house = Fixture::new().await;
        let contact = stored(&house, WAS).await;
        let local = stored(&house, "jörg@shop.example").await;
        house.facts(vec![suppression(WAS, None)]).await;
        from_before(&house).await;
        for _ in 0..2 {
            house.desk.spell_addresses().await.unwrap();
            let found = house.store.contact_by_email(NOW_SPELT).await.unwrap().unwrap();
            assert_eq!(found.id, contact.id);
            assert!(house.store.suppression(NOW_SPELT).await.unwrap().is_some());
            assert!(house.store.suppression(WAS).await.unwrap().is_none());
            assert_eq!(house.store.contact(local.id).await.unwrap(), Some(local.clone()));
            from_before(&house).await;
        }
        assert_eq!(house.ticket("info@Müller.example").await.requester_id, contact.id);
    }

    #[tokio::test]
    async fn where_both_spellings_are_there_both_contacts_stay_and_the_longer_suppression_holds() {
        let house = Fixture::new().await;
        let old = stored(&house, WAS).await;
        let new = house.ticket(NOW_SPELT).await.requester_id;
        house
            .facts(vec![suppression(WAS, Some(NOW.plus(2))), suppression(NOW_SPELT, Some(NOW.plus(1)))])
            .await;
        from_before(&house).await;
        house.desk.spell_addresses().await.unwrap();
        assert_eq!(house.store.contact(old.id).await.unwrap(), Some(old));
        assert_eq!(house.store.contact_by_email(NOW_SPELT).await.unwrap().map(|c| c.id), Some(new));
        let holds = house.store.suppression(NOW_SPELT).await.unwrap().unwrap();
        assert_eq!(holds.until, Some(NOW.plus(2)));
    }

    #[tokio::test]
    async fn a_database_is_gone_through_once() {
        let house = Fixture::new().await;
        let contact = stored(&house, WAS).await;
        house.desk.spell_addresses().await.unwrap();
        assert_eq!(house.store.contact(contact.id).await.unwrap(), Some(contact));
    }

    #[tokio::test]
    async fn a_database_that_is_away_keeps_no_house_from_starting() {
        let house = Fixture::new().await;
        from_before(&house).await;
        house.store.close().await;
        house.desk.spell_addresses().await.unwrap();
    }
}
