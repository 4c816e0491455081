//! People behind marks that machines share with them: who writes a plain letter through a relay, from a
//! newsletter's office, by the form on a site. Gives nobody's humanity back; it only keeps a weak mark from
//! deciding alone.

use domain::address::{as_people_write, canonical_domain, domain_of, is_within, sides};
use domain::gate::is_robot_address;

use super::{Evidence, shape, speech};

/// A short letter without links and pictures in which somebody asks, wants something or speaks of himself.
pub(super) fn wrote_letter(mail: &Evidence<'_>) -> bool {
    let words = mail.folded();
    is_plain(mail) && !words.contains("://") && !words.contains("www.") && speaks(words)
}

fn is_plain(mail: &Evidence<'_>) -> bool {
    const LETTER_BYTES_MAX: usize = 3_000;
    let look = mail.look;
    mail.words.len() <= LETTER_BYTES_MAX
        && look.remote_images + look.pixels + look.linked_images + look.forms + look.ways_out == 0
}

/// Whether folded words are somebody's.
fn speaks(words: &str) -> bool {
    speech::asks(words) || speech::requests(words) || speech::is_personal(words)
}

/// Whether it answers a mail of ours, going by whose server made the Message-ID that it names.
pub(super) fn answers_us(mail: &Evidence<'_>) -> bool {
    let named = ["in-reply-to", "references"].iter().filter_map(|field| mail.headers.text(field));
    named.flat_map(|value| super::super::header::message_ids(&value)).any(|id| is_of_ours(mail, &id))
}

/// Whether an address or Message-ID is of a domain that is ours: named as such, or written to.
pub(super) fn is_of_ours(mail: &Evidence<'_>, id: &str) -> bool {
    const RECIPIENTS_LOOKED_AT: usize = 20;
    let Some((_, host)) = sides(id) else { return false };
    // Message-IDs bear a domain as it was written in the settings once.
    let host = canonical_domain(host);
    let recipients = mail.recipients.iter().flat_map(|list| list.iter()).take(RECIPIENTS_LOOKED_AT);
    let mut ours = recipients.chain(mail.own_addresses).filter_map(|address| sides(address));
    ours.any(|(_, ours)| ours == host)
}

/// A form on a site: a robot sends it, a person elsewhere gets the answer, and the words are a person's. That
/// the answer goes to Reply-To behind a robot's From is the desk's rule.
pub(super) fn filled_in_form(mail: &Evidence<'_>) -> bool {
    let (Some(from), [reply_to]) = (mail.from, mail.reply_to) else { return false };
    let is_elsewhere = site(reply_to) != site(from) && !is_robot_address(reply_to);
    let words = mail.folded();
    let mut links = words.split(' ').filter(|word| word.contains("://"));
    let links_home = links.all(|link| {
        is_link_to(link, from)
            || mail.recipients.iter().flat_map(|list| list.iter()).any(|address| is_link_to(link, address))
    });
    is_robot_address(from) && is_elsewhere && is_plain(mail) && links_home && speaks(words)
}

/// Whether a link leads to the site that the mail came from.
pub(super) fn leads_to_sender(mail: &Evidence<'_>, link: &str) -> bool {
    mail.from.is_some_and(|from| is_link_to(link, from))
}

/// Whether a link in folded words leads to the site of an address. Folding makes `mueller.de` of `müller.de`, so a
/// domain that people write in such letters is looked for folded as well.
pub(super) fn is_link_to(link: &str, address: &str) -> bool {
    let host = link.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(['/', '?', '>', '#', ')', ':']).next().unwrap_or("");
    let is_in_its_letters = || is_within(host, &shape::fold(site(&as_people_write(address))));
    is_within(host, site(address)) || domain_of(address).contains("xn--") && is_in_its_letters()
}

/// The last two labels of an address's host.
fn site(address: &str) -> &str {
    let host = domain_of(address);
    let start = host.rmatch_indices('.').nth(1).map_or(0, |(at, _)| at + 1);
    host.get(start..).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_a_site_in_whatever_letters_its_domain_is_written() {
        for (link, address, leads) in [
            ("https://www.shop.example/faq", "help@mail.shop.example", true),
            ("https://www.Müller.example/faq", "help@xn--mller-kva.example", true),
            ("https://www.xn--mller-kva.example", "help@xn--mller-kva.example", true),
            ("https://möller.example/", "help@xn--mller-kva.example", false),
            ("https://müller.example.evil.example/", "help@xn--mller-kva.example", false),
        ] {
            assert_eq!(is_link_to(&shape::fold(link), address), leads, "{link} to {address}");
        }
    }
}
