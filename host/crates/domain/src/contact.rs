//! A contact: who asks.

use crate::Timestamp;
use crate::address::ERASED_DOMAIN;
use crate::id::ContactId;

/// Somebody who writes to us. Keyed by address: one contact per address, lower case.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Contact {
    /// Id.
    pub id: ContactId,
    /// Display name as the customer wrote it.
    pub name: Option<String>,
    /// Address, lower case.
    pub email: String,
    /// BCP 47 locale, when known.
    pub locale: Option<String>,
    /// IANA time zone, when known.
    pub time_zone: Option<String>,
    /// Whether the address has proved to be theirs.
    pub verified: bool,
    /// Whether notices that they did not ask for may go to them: they may until the person ends them.
    pub proactive_consent: bool,
    /// Created.
    pub created_at: Timestamp,
}

impl Contact {
    /// Whether the person was erased: of them only the id is left.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.email == erased_address(self.id)
    }
}

/// What stands in the place of an erased person's address: unique, and no address of anybody.
#[must_use]
pub fn erased_address(contact: ContactId) -> String {
    format!("{}@{ERASED_DOMAIN}", contact.to_string().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::is_address;

    #[test]
    fn what_stands_for_an_erased_person_is_no_address() {
        let person = ContactId::first_at(crate::Timestamp(1_795_000_000_000));
        let erased = erased_address(person);
        assert!(erased.ends_with("@erased.invalid"), "{erased}");
        assert!(!is_address(&erased) && !is_address(&erased.to_uppercase()));
        assert!(is_address("ana@example.org") && is_address("ana@unerased.invalid"));
    }
}
