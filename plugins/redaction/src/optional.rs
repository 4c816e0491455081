//! Classes that are off until an admin switches them on, and cost nothing until then: web addresses and user
//! names by their shape and their labels; places and firms stand in `words`.

mod words;

use crate::find::Found;
use crate::recognisers::email::is_top_level;
use crate::settings::Settings;
use crate::view::{View, is_word};

/// Longest web address and user name.
const URL_BYTES_MAX: usize = 2048;
const NAME_BYTES_MAX: usize = 40;

/// Adds what the classes that are switched on find.
pub(crate) fn find(view: &View<'_>, settings: &Settings, out: &mut Vec<Found<'_>>) {
    if settings.wants("URL") {
        urls(view, out);
    }
    if settings.wants("USERNAME") {
        user_names(view, out);
    }
    let (places, firms) = (settings.wants("LOCATION"), settings.wants("ORG"));
    if places || firms {
        words::find(view, (places, firms), out);
    }
}

fn urls(view: &View<'_>, out: &mut Vec<Found<'_>>) {
    let mut at = 0;
    while at < view.len() {
        let end = if is_word(view.before(at)) { None } else { url_end(view, at) };
        if let Some((end, score)) = end {
            out.push(Found::new(at, end, "URL", score, "url.shape"));
        }
        at = end.map_or(at + 1, |(end, _)| end);
    }
}

/// The end of a web address at a place, and how sure it is one.
fn url_end(view: &View<'_>, start: usize) -> Option<(usize, f32)> {
    const HEADS: [&[u8]; 5] = [b"https://", b"http://", b"ftp://", b"sftp://", b"www."];
    let headed = HEADS.iter().find(|h| view.slice(start, start + h.len()).eq_ignore_ascii_case(h));
    if let Some(head) = headed {
        let end = printed_end(view, start + head.len());
        return (end > start + head.len() + 2).then_some((end, 0.95));
    }
    // "example.org/path" without a scheme: a path makes it one.
    let host =
        (start..start + NAME_BYTES_MAX).find(|p| !is_word(view.at(*p)) && !b".-".contains(&view.at(*p)))?;
    let label = (start..host).rev().find(|p| view.at(*p) == b'.')?;
    let top =
        is_top_level(view.slice(label + 1, host)) && view.at(host) == b'/' && is_word(view.at(host + 1));
    top.then(|| (printed_end(view, host), 0.8))
}

/// Where what is printed in one piece ends, without the marks of the sentence around.
fn printed_end(view: &View<'_>, start: usize) -> usize {
    let limit = (start + URL_BYTES_MAX).min(view.len());
    let inner = |byte: u8| byte > b' ' && !b"<>\"`{}|\\^".contains(&byte);
    let mut end = (start..limit).find(|p| !inner(view.at(*p))).unwrap_or(limit);
    while end > start && b".,;:!?'\x29]*_".contains(&view.before(end)) {
        end -= 1;
    }
    end
}

/// Words that announce a user name.
const LABELS: &[&str] = &[
    "benutzername",
    "nutzername",
    "benutzer",
    "benutzerkennung",
    "nutzerkennung",
    "anmeldename",
    "login",
    "loginname",
    "username",
    "user",
    "userid",
    "nickname",
    "handle",
    "skype",
    "discord",
    "telegram",
    "instagram",
    "twitter",
    "github",
];
/// Words between label and name.
const LINKS: &[&str] = &["ist", "lautet", "is", "name", "heißt"];
/// Words behind a label that are no names.
const NOT_NAMES: &[&str] = &[
    "und", "and", "or", "oder", "the", "der", "die", "das", "with", "mit", "passwort", "password", "has",
    "hat",
];

fn user_names(view: &View<'_>, out: &mut Vec<Found<'_>>) {
    let mut at = 0;
    while at < view.len() {
        let start = at;
        at += 1;
        if is_word(view.before(start)) {
            continue;
        }
        if view.at(start) == b'@' {
            let end = name_end(view, start + 1);
            // "@ana" at the beginning of a word, but not the domain of an address.
            if end > start + 2 && !b"._-+%".contains(&view.before(start)) {
                out.push(Found::new(start, end, "USERNAME", 0.75, "username.handle"));
            }
        } else if let Some((from, to, score)) = labelled(view, start) {
            out.push(Found::new(from, to, "USERNAME", score, "username.label"));
            at = to;
        }
    }
}

/// The user name behind the label that begins at a place.
fn labelled(view: &View<'_>, start: usize) -> Option<(usize, usize, f32)> {
    let mut end = word_end(view, start);
    if end == start || !is_one_of(view, start, end, LABELS) {
        return None;
    }
    let mut linked = false;
    let mut marked = false;
    for _ in 0..3 {
        let at = skip(view, end, b" \t\"'");
        if b":=".contains(&view.at(at)) && !marked {
            marked = true;
            end = at + 1;
            continue;
        }
        let word = word_end(view, at);
        if marked || !is_one_of(view, at, word, LINKS) {
            break;
        }
        linked = true;
        end = word;
    }
    let from = skip(view, end, b" \t\"'");
    let to = name_end(view, from);
    let digit = view.slice(from, to).iter().any(|b| b.is_ascii_digit() || b"._-".contains(b));
    let score = match (marked, linked) {
        (true, _) => 0.9,
        (_, true) => 0.8,
        // "user anna42 cannot log in"
        _ if digit => 0.7,
        _ => return None,
    };
    let named = to > from + 1 && view.at(to) != b'@' && !is_one_of(view, from, to, NOT_NAMES);
    named.then_some((from, to, score))
}

fn skip(view: &View<'_>, start: usize, bytes: &[u8]) -> usize {
    (start..start + 4).find(|p| !bytes.contains(&view.at(*p))).unwrap_or(start)
}

fn word_end(view: &View<'_>, start: usize) -> usize {
    (start..start + NAME_BYTES_MAX).find(|p| !is_word(view.at(*p))).unwrap_or(start)
}

fn name_end(view: &View<'_>, start: usize) -> usize {
    let limit = start + NAME_BYTES_MAX;
    let mut end =
        (start..limit).find(|p| !is_word(view.at(*p)) && !b"._-".contains(&view.at(*p))).unwrap_or(start);
    while end > start && b"._-".contains(&view.before(end)) {
        end -= 1;
    }
    end
}

fn is_one_of(view: &View<'_>, start: usize, end: usize, words: &[&str]) -> bool {
    let text = view.slice(start, end);
    words.iter().any(|w| w.len() == text.len() && w.as_bytes().eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, class: &str) -> Vec<String> {
        let settings = Settings::default().with(class, true).with("PERSON", false);
        let found = crate::find::find(text, &crate::Known::default(), &settings);
        found.iter().filter(|f| f.class == class).map(|f| text[f.start..f.end].to_owned()).collect()
    }

    #[test]
    fn web_addresses_are_found_without_the_marks_around_them() {
        assert_eq!(found("siehe https://example.org/a?b=c#d, danke", "URL"), ["https://example.org/a?b=c#d"]);
        assert_eq!(found("(www.example.org).", "URL"), ["www.example.org"]);
        assert_eq!(found("unter shop.example.org/korb nachsehen", "URL"), ["shop.example.org/korb"]);
        assert!(found("z.B. und/oder 1.2/3, ana@example.org", "URL").is_empty());
    }

    #[test]
    fn user_names_stand_behind_labels_and_signs() {
        assert_eq!(found("Benutzername: wal_42, sonst nichts", "USERNAME"), ["wal_42"]);
        assert_eq!(found("my username is bluewhale", "USERNAME"), ["bluewhale"]);
        assert_eq!(found("login=w.fisch", "USERNAME"), ["w.fisch"]);
        assert_eq!(found("hey @blauwal schau mal", "USERNAME"), ["@blauwal"]);
        assert!(found("Der Benutzer und das Login gehen nicht, ana@example.org", "USERNAME").is_empty());
    }

    #[test]
    fn places_are_found_by_list_context_and_postcode() {
        assert_eq!(
            found("Ich komme aus Leipzig und fahre nach Hamburg.", "LOCATION"),
            ["Leipzig", "Hamburg"]
        );
        assert_eq!(found("Ich wohne in Quarkhausen.", "LOCATION"), ["Quarkhausen"]);
        assert_eq!(found("She lives in Fernborough.", "LOCATION"), ["Fernborough"]);
        assert!(found("In Rechnung steht ein Betrag.", "LOCATION").is_empty());
    }

    #[test]
    fn firms_are_found_by_their_legal_form() {
        assert_eq!(
            found("Rechnung der Blauwal Technik GmbH & Co. KG vom Mai", "ORG"),
            ["Blauwal Technik GmbH & Co. KG"]
        );
        assert_eq!(found("I work at Whale Song Ltd. in town", "ORG"), ["Whale Song Ltd"]);
        assert_eq!(found("Die Sparkasse Leipzig schrieb.", "ORG"), ["Sparkasse Leipzig"]);
        assert!(found("Eine GmbH hat einen Geschäftsführer.", "ORG").is_empty());
    }

    #[test]
    fn nothing_of_it_is_found_by_default() {
        let text = "https://example.org Benutzername: wal_42 Leipzig Blauwal GmbH";
        let settings = Settings::default().with("PERSON", false);
        assert!(crate::find::find(text, &crate::Known::default(), &settings).is_empty());
    }
}
