//! Distribution and discussion lists, told by whom the mail names: fields of list programs, the keeper in
//! the envelope, a list's host among the recipients, a tag that goes with one, nobody at all.

use domain::address::{is_within, name_of, sides};
use domain::message::AutoClass;

use super::{Evidence, Found, by_shape, fields, person, shape, title, value};

/// A list's mail; or a machine's that a list passed on.
fn found(mail: &Evidence<'_>, reason: String) -> Found {
    Some((by_shape(mail).unwrap_or(AutoClass::List), reason))
}

fn first_label(host: &str) -> &str {
    host.split('.').next().unwrap_or("")
}

/// Whether the list is one of our own addresses: where the desk's mailbox is a group, all of its mail comes
/// through the group, and its fields say nothing of who wrote.
pub(super) fn is_own(mail: &Evidence<'_>) -> bool {
    let named = |field: &str| value(mail, field).unwrap_or_default();
    let (id, post) = (named("list-id"), named("list-post"));
    let id = id.rsplit_once('<').map_or(id.as_str(), |(_, id)| id).trim_matches(['<', '>', ' ']);
    let posts = super::super::addresses(&post.replace("mailto:", ""), 1);
    mail.own_addresses.iter().any(|own| {
        // RFC 2919 names `help@shop.example` so: `<help.shop.example>`.
        id == own || id == own.replacen('@', ".", 1) || posts.contains(own)
    })
}

/// RFC 2919, RFC 2369, and what list programs set besides.
pub(super) fn header_fields(mail: &Evidence<'_>) -> Found {
    if is_own(mail) {
        return None;
    }
    // Who writes to a list may write about being away: the field says what it is, whatever the words.
    if let Some(field) = fields::LIST.iter().find(|field| mail.headers.has(field)) {
        return Some((AutoClass::List, format!("{} is set", title(field))));
    }
    let delivered = value(mail, "delivered-to").is_some_and(|value| value.starts_with("mailing list"));
    if delivered { found(mail, "Delivered-To names a mailing list".to_owned()) } else { None }
}

/// Old list programs write no field of their own, but name the list's keeper as the sender.
pub(super) fn keeper(mail: &Evidence<'_>) -> Found {
    let is_keeper = |address: &str| Some(address) != mail.from && keeps(address);
    // Mailman's before 2.1; in the envelope alone the word is a web server's as well.
    let is_admin = |address: &str| Some(address) != mail.from && name_of(address).ends_with("-admin");
    let sender = ["sender", "errors-to", "x-errors-to"]
        .iter()
        .filter_map(|field| mail.headers.text(field))
        .flat_map(|value| super::super::addresses(&value, 1))
        .find(|address| is_keeper(address) || is_admin(address));
    if is_own(mail) {
        return None;
    }
    let keeper = sender.or_else(|| mail.return_path.filter(|path| is_keeper(path)).map(str::to_owned))?;
    found(mail, format!("the envelope names a list's keeper ({keeper})"))
}

/// Majordomo and Listserv: `owner-x`; Mailman: `x-bounces`; Sympa: `x-owner`; Ecartis:
/// `x-bounce`; Smartlist: `x-request`; LISTSERV lite: `x-errors`; ezmlm: `x-return-77-anna=shop.example`.
fn keeps(address: &str) -> bool {
    const ROLES: &[&str] = &["-owner", "-bounces", "-bounce", "-request", "-errors"];
    let local = name_of(address);
    let stem = local.split('+').next().unwrap_or("");
    let begins_with_number = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    // A relay's own name for one mail: 0102019c5f0a-bounce.
    let is_number = |stem: &str| stem.bytes().filter(u8::is_ascii_digit).count() >= 6;
    local.starts_with("owner-")
        || ROLES.iter().any(|role| stem.strip_suffix(role).is_some_and(|list| !is_number(list)))
        || local.split_once("-return-").is_some_and(|(_, rest)| begins_with_number(rest))
}

/// `roses-users@…`, `Roses Mailing List <…>` among the recipients.
pub(super) fn recipient_name(mail: &Evidence<'_>) -> Found {
    const NAMES: &[&str] = &["mailing list", "mailing-list", "mailingliste", " list <", " list\" <"];
    let everybody = mail.recipients.iter().flat_map(|list| list.iter()).take(20);
    let is_list = |address: &&String| fields::LIST_ROLES.iter().any(|role| name_of(address).ends_with(role));
    if let Some(address) = everybody.into_iter().find(is_list) {
        return found(mail, format!("it went to an address named like a list ({})", name_of(address)));
    }
    let is_called = ["to", "cc"]
        .iter()
        .filter_map(|field| value(mail, field))
        .any(|value| NAMES.iter().any(|name| value.contains(name)));
    if is_called { found(mail, "a recipient is called a mailing list".to_owned()) } else { None }
}

/// It went to a host that serves lists. In Cc people name lists too; there it takes an answer or a tag to
/// believe it.
pub(super) fn recipient_host(mail: &Evidence<'_>) -> Found {
    let [to, cc] = mail.recipients;
    let subject = mail.subject.to_lowercase();
    let in_cc = || {
        let belongs = shape::is_answer(&subject) || tag(&subject).is_some();
        cc.iter().find_map(|address| list_host(address)).filter(|_| belongs)
    };
    let host = to.iter().find_map(|address| list_host(address)).or_else(in_cc)?;
    found(mail, format!("it went to a list's host ({host})"))
}

/// Each host that an address names: gateways put one of their own behind a whole address.
fn hosts(address: &str) -> impl Iterator<Item = &str> {
    address.split('@').skip(1)
}

fn list_host(address: &str) -> Option<&str> {
    hosts(address).find(|host| is_list_host(host))
}

fn is_list_host(host: &str) -> bool {
    fields::LIST_HOSTS.iter().any(|known| is_within(host, known))
        || host.starts_with("yahoogroups.")
        // `lists.example` itself may be somebody's own domain.
        || host.split('.').count() > 2 && fields::LIST_LABELS.contains(&first_label(host))
}

/// `[gardeners] …` to `gardeners@…` or `garden-talk@…`, or to nobody: a list's tag in the subject.
pub(super) fn subject_tag(mail: &Evidence<'_>) -> Found {
    let subject = mail.subject.to_lowercase();
    let tag = tag(&subject)?;
    let mut recipients = mail.recipients.iter().flat_map(|list| list.iter()).take(20).peekable();
    if recipients.peek().is_none() {
        return found(mail, format!("it names no recipient and has a tag in the subject ({tag})"));
    }
    let is_list = |address: &String| {
        let local = name_of(address);
        local == tag || fields::LIST_ENDINGS.iter().any(|ending| local.ends_with(ending))
    };
    let listed = recipients.find(|address| is_list(address))?;
    found(mail, format!("it went to {} and has a list's tag in the subject ({tag})", name_of(listed)))
}

/// A list's tag in a lower-case subject. A help desk's has a number, a mail filter's is a warning.
fn tag(subject: &str) -> Option<&str> {
    let mut subject = subject.trim_start();
    while let Some(rest) =
        ["re:", "aw:", "fwd:", "fw:", "wg:", "sv:"].iter().find_map(|start| subject.strip_prefix(start))
    {
        subject = rest.trim_start();
    }
    let (tag, _) = subject.strip_prefix('[')?.split_once(']')?;
    let is_name = tag.chars().count() > 2
        && tag.chars().any(char::is_alphabetic)
        && tag.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    (is_name && !fields::TAGS_OF_OTHERS.contains(&tag)).then_some(tag)
}

/// “Anna via Gardeners”: lists rewrite senders whose domains forbid others to use them (DMARC).
pub(super) fn relayed(mail: &Evidence<'_>) -> Found {
    let name = mail.from_name?.to_lowercase();
    let from = mail.from?;
    let (_, relay) = name.split_once(" via ").or_else(|| name.split_once(" über "))?;
    let is_named = mail.recipients.iter().flat_map(|list| list.iter()).any(|address| address == from);
    (is_named || list_host(from).is_some() || mail.headers.has("x-original-from"))
        .then(|| (AutoClass::List, format!("the sender writes through “{}”", relay.trim())))
}

/// Many mails in one (`Gardeners Digest, Vol 3, Issue 7`), and what list programs tell members and keepers.
pub(super) fn program_subject(mail: &Evidence<'_>) -> Found {
    let subject = mail.subject.to_lowercase();
    let is_program =
        fields::LIST_SUBJECTS.iter().any(|mark| subject.contains(mark)) && !shape::is_answer(&subject);
    if is_program { found(mail, "only list programs write such subjects".to_owned()) } else { None }
}

/// `…@newsletter.shop.example`, `enews@…`: what is sent from there nobody wrote by hand.
pub(super) fn sender(mail: &Evidence<'_>) -> Found {
    let from = mail.from?;
    // People work in such houses too.
    if person::wrote_letter(mail) {
        return None;
    }
    if let Some(host) = host_for(from, fields::BULK_LABELS) {
        return found(mail, format!("it comes from a host for mailings ({host})"));
    }
    if let Some(host) = host_for(from, fields::NOTICE_LABELS) {
        return Some((AutoClass::AutoGenerated, format!("it comes from a host for notices ({host})")));
    }
    let local = name_of(from);
    let is_mailing = fields::BULK_SENDERS.contains(&local);
    if is_mailing { found(mail, format!("its sender is a mailing ({local})")) } else { None }
}

/// The host of an address that stands inside a domain under one of these labels.
fn host_for<'a>(address: &'a str, labels: &[&str]) -> Option<&'a str> {
    let is_inside = |host: &str| {
        let mut above = host.split('.').skip(1);
        above.next().is_some_and(|second| second.len() > 3) && above.next().is_some()
    };
    hosts(address).find(|host| is_inside(host) && labels.contains(&first_label(host)))
}

/// Envelope senders that collect bounces of mass mailings: nobody's mail program has such an address; of the
/// people who write through relays that give them one, only an answer to us is believed.
pub(super) fn bulk_envelope(mail: &Evidence<'_>) -> Found {
    if person::answers_us(mail) || is_own(mail) {
        return None;
    }
    let path = mail.return_path?;
    let (local, domain) = sides(path)?;
    let is_collector = |word: &str| word.starts_with("bounce");
    let collects =
        local.split(['-', '+', '_', '.', '=', '@']).any(is_collector) || domain.split('.').any(is_collector);
    if collects || names_recipient(mail, local) {
        let class = by_shape(mail).unwrap_or(AutoClass::AutoGenerated);
        return Some((class, "the envelope sender collects bounces of a mass mailing".to_owned()));
    }
    None
}

/// VERP: the recipient's address inside the sender's (`x-anna=shop.example@`). Not BATV (`prvs=`), which
/// names the sender himself, nor SRS, which names him too.
fn names_recipient(mail: &Evidence<'_>, local_path: &str) -> bool {
    mail.recipients
        .iter()
        .flat_map(|list| list.iter())
        .filter(|address| Some(address.as_str()) != mail.from)
        .any(|address| address.contains('@') && local_path.contains(&address.replace('@', "=")))
}

/// `To: undisclosed-recipients:;`: it went to many, and to us among them.
pub(super) fn undisclosed(mail: &Evidence<'_>) -> Found {
    const WORDS: &[&str] =
        &["undisclosed", "list suppressed", "recipient list not shown", "verborgene empf", "suppressed list"];
    let [_, cc] = mail.recipients;
    let to = value(mail, "to")?;
    let is_hidden = cc.is_empty() && WORDS.iter().any(|words| to.contains(words));
    if is_hidden { found(mail, "it names no recipients (undisclosed)".to_owned()) } else { None }
}
