//! A contact: who asks.

use crate::Timestamp;
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

/// The domain of what stands in the place of erased addresses: never anybody's (RFC 2606).
const ERASED_DOMAIN: &str = "erased.invalid";

/// What stands in the place of an erased person's address: unique, and no address of anybody.
#[must_use]
pub fn erased_address(contact: ContactId) -> String {
    format!("{}@{ERASED_DOMAIN}", contact.to_string().to_lowercase())
}

/// The one spelling of an address: trimmed, lower case, its domain as mail servers know it.
#[must_use]
pub fn canonical_address(address: &str) -> String {
    with_ascii_domain(&address.trim().to_lowercase())
}

/// A domain as DNS has it (`müller.de` is `xn--mller-kva.de`, RFC 5891); as it is where it is ASCII or cannot be one.
#[must_use]
pub fn ascii_domain(domain: &str) -> String {
    let ascii = (!domain.is_ascii()).then(|| idna::domain_to_ascii_strict(domain).ok()).flatten();
    ascii.unwrap_or_else(|| domain.to_owned())
}

/// The address with its domain as DNS has it.
#[must_use]
pub fn with_ascii_domain(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", ascii_domain(domain)),
        None => address.to_owned(),
    }
}

/// The address with its domain in the letters that people write, where that says the same.
#[must_use]
pub fn as_people_write(address: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else { return address.to_owned() };
    let written = format!("{local}@{}", idna::domain_to_unicode(domain).0);
    if with_ascii_domain(&written) == address { written } else { address.to_owned() }
}

/// Whether an address is well enough formed to be written to: one `@`, a dotted domain or
/// `localhost`, which DNS can have, no blanks or control characters, at most 254 bytes (RFC 5321 §4.5.3.1.3). What
/// stands for an erased person is none: nobody writes under it, and nobody is written to.
#[must_use]
pub fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    !local.is_empty()
        && local.len() <= 64
        && address.len() <= 254
        && (domain.contains('.') || domain == "localhost")
        && !domain.eq_ignore_ascii_case(ERASED_DOMAIN)
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !address.chars().any(|c| c.is_whitespace() || c.is_control() || "<>,;\"\\".contains(c))
        && !local.contains('@')
        && (domain.is_ascii() || idna::domain_to_ascii_strict(domain).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_has_one_spelling_whatever_letters_it_was_written_in() {
        for (written, is) in [
            (" Info@Müller.DE ", "info@xn--mller-kva.de"),
            ("info@mu\u{308}ller.de", "info@xn--mller-kva.de"),
            ("info@xn--mller-kva.de", "info@xn--mller-kva.de"),
            ("info@straße.de", "info@xn--strae-oqa.de"),
            ("jörg@shop.example", "jörg@shop.example"),
            ("ana@my_host.example", "ana@my_host.example"),
        ] {
            assert_eq!(canonical_address(written), is);
            assert!(is_address(is), "{is}");
        }
        assert!(is_address("info@müller.de"));
    }

    #[test]
    fn what_no_domain_can_be_is_no_address() {
        for wrong in ["a@-ü.de", "a@ü..de", "a@ü＠b.de", "a@ü＜b.de", "a@\u{200b}.", "ü.de"] {
            assert!(!is_address(&canonical_address(wrong)), "{wrong}");
        }
    }

    #[test]
    fn a_domain_reads_as_people_write_it() {
        assert_eq!(as_people_write("info@xn--mller-kva.de"), "info@müller.de");
        for same in ["info@shop.example", "info@xn--.de", "nobody"] {
            assert_eq!(as_people_write(same), same);
        }
    }

    #[test]
    fn what_stands_for_an_erased_person_is_no_address() {
        let person = ContactId::first_at(crate::Timestamp(1_795_000_000_000));
        let erased = erased_address(person);
        assert!(erased.ends_with("@erased.invalid"), "{erased}");
        assert!(!is_address(&erased) && !is_address(&erased.to_uppercase()));
        assert!(is_address("ana@example.org") && is_address("ana@unerased.invalid"));
    }
}
