//! Oddities of header and links that a customer's mail has now and then and mass mail often: points for
//! advertising, no verdict.

use domain::address::{domain_of, name_of, sides};

use super::super::super::header;
use super::super::forgery::around_clock;
use super::super::{Evidence, person, value};
use super::Shape;

/// Points for a header that was put together carelessly.
pub(super) fn carelessness(mail: &Evidence<'_>) -> usize {
    let came_by_mail = mail.headers.has("received");
    2 * usize::from(has_no_zone(mail))
        + usize::from(is_from_another_time(mail))
        + usize::from(came_by_mail && lacks_own_id(mail))
        + usize::from(is_rolled(mail.from.unwrap_or("")))
}

/// A clock without a zone, or with one in words: mail programs write `+0100` or `GMT`.
fn has_no_zone(mail: &Evidence<'_>) -> bool {
    let Some(date) = value(mail, "date") else { return false };
    let Some((_, zone)) = around_clock(&date) else { return false };
    let words = zone.split(' ').filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic())).count();
    let is_afternoon = zone.starts_with("am") || zone.starts_with("pm");
    zone.is_empty() || words > 1 || is_afternoon
}

/// Written days before it was sent, or days after.
fn is_from_another_time(mail: &Evidence<'_>) -> bool {
    const DAYS: i64 = 5;
    let written = mail.headers.text("date").and_then(|date| header::date(&date));
    let arrived =
        mail.headers.text("received").and_then(|line| header::date(line.rsplit(';').next()?.trim()));
    let Some((written, arrived)) = written.zip(arrived) else { return false };
    (arrived.0 - written.0).abs() > DAYS * 24 * 60 * domain::clock::MINUTE_MS
}

/// No Message-ID, or one that the server which took the mail from outside had to make.
fn lacks_own_id(mail: &Evidence<'_>) -> bool {
    let Some(id) = value(mail, "message-id") else { return true };
    let made_by = domain_of(id.trim_end_matches('>'));
    let from = mail.from.map_or("", domain_of);
    if made_by.is_empty() || site(made_by) == site(from) {
        return false;
    }
    let recipients = mail.recipients.iter().flat_map(|list| list.iter());
    let reached = recipients.filter_map(|address| sides(address));
    let is_reached = reached.take(20).any(|(_, host)| site(host) == site(made_by));
    is_reached || mail.headers.all_texts("received").iter().any(|line| took_from_outside(line, made_by))
}

/// `from elsewhere.example … by <host>`.
fn took_from_outside(received: &str, host: &str) -> bool {
    let line = received.to_lowercase();
    let mut words = line.split([' ', '(', ')']).filter(|word| !word.is_empty());
    let Some(from) = words.next().filter(|word| *word == "from").and_then(|_| words.next()) else {
        return false;
    };
    let by = words.skip_while(|word| *word != "by").nth(1).unwrap_or("");
    by == host && from.contains('.') && site(from) != site(host) && !from.starts_with("localhost")
}

/// The last two labels of a host.
fn site(host: &str) -> &str {
    let start = host.rmatch_indices('.').nth(1).map_or(0, |(at, _)| at + 1);
    host.get(start..).unwrap_or(host)
}

/// `ly9qowv6r47@`: letters and digits in turns.
fn is_rolled(address: &str) -> bool {
    const TURNS_MIN: usize = 4;
    let local = name_of(address).as_bytes();
    let turns = local.windows(2).filter(|pair| match pair {
        [a, b] => {
            a.is_ascii_digit() != b.is_ascii_digit() && a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric()
        }
        _ => false,
    });
    turns.count() >= TURNS_MIN - 1
}

/// Points for recipients that were taken from a list: the same name at many hosts, or strangers at many.
pub(super) fn crowd(mail: &Evidence<'_>) -> usize {
    const NAMESAKES: usize = 3;
    const HOSTS: usize = 5;
    // Parted where a name ends (`name_of`): who stands behind one relay stands at many hosts all the same.
    let everybody =
        || mail.recipients.iter().flat_map(|list| list.iter()).filter_map(|one| one.split_once('@'));
    let namesakes = everybody()
        .map(|(local, _)| everybody().filter(|(other, _)| other == &local).count())
        .take(50)
        .max()
        .unwrap_or(0);
    let mut hosts: Vec<&str> = everybody().map(|(_, host)| host).collect();
    hosts.sort_unstable();
    hosts.dedup();
    2 * usize::from(namesakes >= NAMESAKES) + 2 * usize::from(hosts.len() >= HOSTS)
}

/// Points for links to a bare number, with a name in front of the host, to a mail with a set subject.
pub(super) fn links(shape: &Shape<'_>) -> usize {
    let mut points = usize::from(shape.own.folded.contains("?subject="));
    for link in shape.own.links().take(LINKS_MAX) {
        let host = authority(link);
        let worth = match host.rsplit_once('@') {
            Some(_) => 3,
            None => 2 * usize::from(is_public_number(host)),
        };
        points = points.max(worth);
    }
    points
}

/// Whether there are links, and none to a site that the mail went to: customers name the pages they mean.
pub(super) fn leads_elsewhere(shape: &Shape<'_>) -> bool {
    let recipients = || shape.mail.recipients.iter().flat_map(|list| list.iter()).take(20);
    let is_ours = |link: &str| recipients().any(|address| person::is_link_to(link, address));
    let mut links = shape.own.links().take(LINKS_MAX).peekable();
    links.peek().is_some() && !links.any(is_ours)
}

/// Nobody names more pages.
const LINKS_MAX: usize = 100;

/// What stands between `://` and the path.
fn authority(link: &str) -> &str {
    let behind = link.split_once("://").map_or("", |(_, rest)| rest);
    behind.split(['/', '?', '>', '#', ')']).next().unwrap_or("")
}

/// Numbers of one's own network stand in questions about a router or a printer.
fn is_public_number(host: &str) -> bool {
    let number = host.split(':').next().unwrap_or("").parse::<std::net::Ipv4Addr>();
    number.is_ok_and(|number| {
        !(number.is_private() || number.is_loopback() || number.is_link_local() || number.is_unspecified())
    })
}
