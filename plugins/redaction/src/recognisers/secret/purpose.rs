//! What a password is for, between the word for it and its value: "Passwort für das Portal: …", "my password for the
//! shop is …". Knows no values.

use super::keyed::is_varied;
use crate::view::{MARK, View, is_word};

/// Words with which the purpose begins.
const HEADS: &[&str] = &["für", "fuer", "zu", "zum", "zur", "bei", "beim", "von", "vom", "for", "to", "of"];
/// Words behind which the value stands.
const TELLS: &[&str] = &["ist", "lautet", "heißt", "heisst", "war", "is", "was"];
/// Ends of words that announce something else than a password: "Passwort für Kundennummer: …".
const OTHERS: &[&str] = &[
    "nummer",
    "nr",
    "nr.",
    "number",
    "order",
    "bestellung",
    "auftrag",
    "kunde",
    "customer",
    "rechnung",
    "invoice",
    "gerät",
    "geraet",
    "device",
    "modell",
    "model",
    "anhang",
    "attachment",
    "datei",
    "file",
    "benutzer",
    "nutzer",
    "benutzername",
    "user",
    "username",
    "name",
    "login",
];
/// Words of a purpose at most, and bytes of one.
const WORDS_MAX: usize = 6;
const WORD_BYTES_MAX: usize = 32;

/// The place right behind what announces the value, where the word for a password that stands from `place` to `end` is
/// followed by its purpose.
pub(super) fn told(view: &View<'_>, place: usize, end: usize) -> Option<usize> {
    // "Schlüssel für das Schloss: X-4600": behind keys of doors stand models, not secrets.
    if view.at(place).eq_ignore_ascii_case(&b's') {
        return None;
    }
    let mut at = end;
    for count in 0..=WORDS_MAX {
        let start = at + 1;
        at = word_end(view, start).filter(|_| view.at(start - 1) == b' ')?;
        let word = view.slice(start, at).to_ascii_lowercase();
        let is_among = |list: &[&str]| list.iter().any(|w| w.as_bytes() == word);
        if count == 0 && !is_among(HEADS) {
            return None;
        }
        // "I changed my password to Rex4711 and it is rejected": that is no purpose.
        if is_varied(&word) && !word.contains(&b'.') {
            return None;
        }
        if view.at(at) == b':' {
            return (!OTHERS.iter().any(|end| word.ends_with(end.as_bytes()))).then_some(at + 1);
        }
        if count > 0 && is_among(TELLS) {
            return Some(at);
        }
    }
    None
}

/// Where a word with its quotes and inner marks ends, if there is one and it is not too long.
fn word_end(view: &View<'_>, start: usize) -> Option<usize> {
    let within = |at: usize| match view.at(at) {
        b'"' | MARK => true,
        b'-' | b'.' | b'_' | b'&' | b'@' | b'\'' => is_word(view.at(at + 1)),
        byte => is_word(byte),
    };
    let end = (start..=start + WORD_BYTES_MAX).find(|at| !within(*at))?;
    (end > start).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::super::spoken::spoken;
    use crate::view::View;

    fn secret(text: &str) -> Option<String> {
        let view = View::new(text);
        let mut out = Vec::new();
        for at in 0..view.len() {
            spoken(&view, at, &mut out);
        }
        out.first().map(|f| {
            let (start, end) = view.original(f.start, f.end);
            text[start..end].to_owned()
        })
    }

    #[test]
    fn a_value_is_found_behind_what_it_is_for() {
        for (text, value) in [
            ("Passwort für das Portal: Hund4711", "Hund4711"),
            ("mein Passwort für „Mein Konto“ lautet Hund4711.", "Hund4711"),
            ("my password for the shop is Rex4711 and fails", "Rex4711"),
            ("password to shop.example.org is still Rex4711", "Rex4711"),
            ("Kennwort zum WLAN ist: Hund4711!", "Hund4711!"),
            ("PIN für die Karte: 4821", "4821"),
            ("I changed my password to Rex4711 and it is rejected.", "Rex4711"),
            ("password to Rex4711: I cannot log in", "Rex4711"),
        ] {
            assert_eq!(secret(text).as_deref(), Some(value), "{text}");
        }
    }

    #[test]
    fn what_is_said_of_a_password_and_what_it_is_for_is_none() {
        for text in [
            "Passwort für das Portal: bitte zurücksetzen",
            "Passwort für Kunde 4711: geht nicht",
            "my password for the shop is not working",
            "the password for my account was changed on 12.03.2024",
            "Passwort für das Portal seit Update 7.2 falsch",
            "Passwort für das Portal: https://portal.example.org/a1",
            "Schlüssel für das Fahrradschloss: ABX-4600",
            "Passwort für Kundennummer: K48213 vergessen",
            "Password for order: A48213 does not work",
            "Passwort für Gerät: WR841N",
            "Passwort zum Anhang: Rechnung_2024.pdf",
            "Passwort für Benutzer: mueller61 geht nicht",
            "Fehler beim Passwort im Login: \"Zugang verweigert\"",
            "Die PIN für meine Karte war 2023 noch gültig",
            "Das Passwort für das Konto ist 8-stellig",
            "Passwort für eins zwei drei vier fünf sechs sieben: Hund4711",
        ] {
            assert_eq!(secret(text), None, "{text}");
        }
    }
}
