//! An e-mail address: its two sides, its one spelling and that of its domain, and which domains lie below which. Knows
//! nobody whose address it is.

/// The domain of what stands in the place of erased addresses: never anybody's (RFC 2606).
pub(crate) const ERASED_DOMAIN: &str = "erased.invalid";

/// What stands in front of the last `@` and behind it.
#[must_use]
pub fn sides(address: &str) -> Option<(&str, &str)> {
    address.rsplit_once('@')
}

/// What stands in front of the first `@`; all of it where there is none. Gateways put a host of their own behind a whole
/// address (`root@srv1@example.com`): who is told by a name is told by this one.
#[must_use]
pub fn name_of(address: &str) -> &str {
    address.split_once('@').map_or(address, |(name, _)| name)
}

/// What stands behind the `@`; empty where there is none.
#[must_use]
pub fn domain_of(address: &str) -> &str {
    sides(address).map_or("", |(_, domain)| domain)
}

/// Whether a domain is this one or one below it; both in the same spelling. None is below an empty one.
#[must_use]
pub fn is_within(domain: &str, above: &str) -> bool {
    let rest = domain.strip_suffix(above).filter(|_| !above.is_empty());
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// `help+12.token@shop.example` is `help@shop.example`.
#[must_use]
pub fn without_tag(address: &str) -> String {
    let (local, domain) = sides(address).unwrap_or((address, ""));
    let base = local.split('+').next().unwrap_or(local);
    format!("{base}@{domain}")
}

/// The one spelling of an address: trimmed, lower case, its domain as mail servers know it.
#[must_use]
pub fn canonical_address(address: &str) -> String {
    with_ascii_domain(&address.trim().to_lowercase())
}

/// The one spelling of a domain: trimmed, lower case, as mail servers know it.
#[must_use]
pub fn canonical_domain(domain: &str) -> String {
    ascii_domain(&domain.trim().to_lowercase())
}

/// A domain as DNS has it (`müller.de` is `xn--mller-kva.de`, RFC 5891); as it is where it is ASCII or cannot be one.
fn ascii_domain(domain: &str) -> String {
    let ascii = (!domain.is_ascii()).then(|| idna::domain_to_ascii_strict(domain).ok()).flatten();
    ascii.unwrap_or_else(|| domain.to_owned())
}

/// The address with its domain as DNS has it.
#[must_use]
pub fn with_ascii_domain(address: &str) -> String {
    match sides(address) {
        Some((local, domain)) => format!("{local}@{}", ascii_domain(domain)),
        None => address.to_owned(),
    }
}

/// The address with its domain in the letters that people write, where that says the same.
#[must_use]
pub fn as_people_write(address: &str) -> String {
    let Some((local, domain)) = sides(address) else { return address.to_owned() };
    let written = format!("{local}@{}", idna::domain_to_unicode(domain).0);
    if with_ascii_domain(&written) == address { written } else { address.to_owned() }
}

/// Whether an address is well enough formed to be written to: one `@`, a dotted domain or
/// `localhost`, which DNS can have, no blanks or control characters, at most 254 bytes (RFC 5321 §4.5.3.1.3). What
/// stands for an erased person is none: nobody writes under it, and nobody is written to.
#[must_use]
pub fn is_address(address: &str) -> bool {
    let Some((local, domain)) = sides(address) else { return false };
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
    fn an_address_has_two_sides_and_the_last_sign_parts_them() {
        assert_eq!(sides("ana@shop.example"), Some(("ana", "shop.example")));
        assert_eq!(sides("\"a@b\"@c.example"), Some(("\"a@b\"", "c.example")));
        assert_eq!((sides("ana"), domain_of("ana")), (None, ""));
        assert_eq!(without_tag("help+12.ab@shop.example"), "help@shop.example");
    }

    #[test]
    fn a_name_ends_at_the_first_sign() {
        for (address, name, domain) in [
            ("ana@shop.example", "ana", "shop.example"),
            ("mailer-daemon@mx1@gw.example", "mailer-daemon", "gw.example"),
            ("ana", "ana", ""),
        ] {
            assert_eq!((name_of(address), domain_of(address)), (name, domain));
        }
    }

    #[test]
    fn a_domain_lies_within_itself_and_those_above_it() {
        for (domain, above, is) in [
            ("shop.example", "shop.example", true),
            ("mail.shop.example", "shop.example", true),
            ("othershop.example", "shop.example", false),
            ("shop.example", "mail.shop.example", false),
            ("shop.example", "", false),
            ("", "", false),
        ] {
            assert_eq!(is_within(domain, above), is, "{domain} in {above}");
        }
        assert_eq!(canonical_domain(" Müller.DE "), "xn--mller-kva.de");
    }

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
}
