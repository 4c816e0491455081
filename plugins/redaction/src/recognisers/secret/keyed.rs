//! What stands behind a key that is called secret: `password: …`, `api_key=…`, "mein Passwort ist …".

mod words;

use crate::view::{View, is_word};

use super::{Finding, entropy_tenths};
use words::{APART, HARMLESS, PAIRS, PASSWORDS, PINS, TOKENS};

/// What kind of key it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Password,
    Pin,
    Token,
    /// A name, a slash, a password.
    Pair,
}

/// Bytes of a key and of a value at most.
pub(super) const KEY_BYTES_MAX: usize = 40;
const VALUE_BYTES_MAX: usize = 512;
/// Stars that Markdown puts on one side of a word: one leans it, two make it bold.
const STARS_MAX: usize = 2;

/// A value behind the `:` or `=` at `mark`; answers where it ends.
pub(in super::super) fn keyed(view: &View<'_>, mark: usize, out: &mut Vec<Finding>) -> usize {
    let Some(kind) = key_before(view, mark) else { return user_and_password(view, mark, out) };
    let mut at = mark + 1;
    if matches!(view.at(at), b'=' | b'>' | b':') {
        at += 1;
    }
    // "**Passwort:** Sommer2024": the stars are the key's.
    at = behind_stars(view, at);
    let line = at;
    while matches!(view.at(at), b' ' | b'\t') && at - line < 24 {
        at += 1;
    }
    // "Passwort:" with the value on the line below.
    if matches!(view.at(at), b'\n' | b'\r') && kind == Kind::Password && view.at(mark) == b':' {
        at += 1 + usize::from(view.slice(at, at + 2) == b"\r\n");
    }
    for scheme in [b"Bearer ".as_slice(), b"Basic ", b"bearer ", b"basic ", b"Token ", b"token "] {
        if view.slice(at, at + scheme.len()) == scheme {
            at += scheme.len();
        }
    }
    let url = view.before(mark) != b' ' && is_in_url(view, mark);
    let Some((start, end, quoted)) = value(view, at, url) else { return mark };
    let first = start;
    let (start, end) = if kind == Kind::Pair { behind_slash(view, start, end) } else { (start, end) };
    let text = view.slice(start, end);
    let behind = (end..end + STARS_MAX).find(|place| view.at(*place) != b'*').unwrap_or(end + STARS_MAX);
    let ends_line = matches!(view.at(behind), 0 | b'\n' | b'\r')
        || (view.at(end) == b'.' && matches!(view.at(end + 1), 0 | b'\n'));
    let score = match kind {
        _ if is_stand_in(text) => 0.0,
        Kind::Password => password_score(text, quoted, ends_line || view.at(mark) == b'='),
        Kind::Pin if is_pin(text) => 0.9,
        Kind::Pin => 0.0,
        Kind::Pair if start > first => pair_score(text),
        Kind::Pair => 0.0,
        Kind::Token if ends_line && is_strong(text) => 0.7,
        Kind::Token => token_score(text, quoted),
    };
    if score > 0.0 {
        out.push(Finding::new(start, end, "SECRET", score, "secret.keyed"));
        return end;
    }
    mark
}

/// "admin / Sommer2024!", "admin/Sommer2024!": the second of the two, or what there is.
fn behind_slash(view: &View<'_>, start: usize, end: usize) -> (usize, usize) {
    let slash = if view.slice(end, end + 3) == b" / " {
        Some(end + 3)
    } else {
        (start..end).find(|at| view.at(*at) == b'/').map(|at| at + 1)
    };
    let second = slash.and_then(|at| value(view, at, false)).map(|(from, to, _)| (from, to));
    second.filter(|(from, _)| !view.slice(start, *from).contains(&b':')).unwrap_or((start, end))
}

/// `curl -u admin:…`, `--user admin:…`: what follows the colon at `mark`.
fn user_and_password(view: &View<'_>, mark: usize, out: &mut Vec<Finding>) -> usize {
    let mut user = mark;
    while mark - user < KEY_BYTES_MAX
        && (is_word(view.before(user)) || matches!(view.before(user), b'_' | b'-' | b'.' | b'@'))
    {
        user -= 1;
    }
    let option = view.slice(user.saturating_sub(8), user);
    let option = option.strip_suffix(b"'").or_else(|| option.strip_suffix(b"\"")).unwrap_or(option);
    if user == mark || !(option.ends_with(b" -u ") || option.ends_with(b"--user ")) {
        return mark;
    }
    let Some((start, end, _)) = value(view, mark + 1, false) else { return mark };
    let text = view.slice(start, end);
    if is_stand_in(text) || text.len() < 4 {
        return mark;
    }
    out.push(Finding::new(start, end, "SECRET", 0.85, "secret.option"));
    end
}

/// `-p …` and `--password …` of a command, whose first hyphen stands at `mark`.
pub(in super::super) fn option(view: &View<'_>, mark: usize, out: &mut Vec<Finding>) {
    if view.slice(mark, mark + 3) != b"-p " || !matches!(view.before(mark), b' ' | 0 | b'\n') {
        return;
    }
    let Some((start, end, _)) = value(view, mark + 3, false) else { return };
    let text = view.slice(start, end);
    // "-p build/x86", "-p 8080:80", "-p file2.txt": only what is drawn by lot or clearly a password.
    let hexadecimal = text.len() >= 20 && text.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    let path = matches!(text.first(), Some(b'/' | b'.' | b'-')) || text.contains(&b'.');
    let score = if path || is_stand_in(text) { 0.0 } else { token_score(text, false) };
    let mixed = text.iter().any(u8::is_ascii_uppercase) && text.iter().any(u8::is_ascii_lowercase);
    if (score >= 0.7 && (hexadecimal || (mixed && text.len() >= 12))) || (!path && is_strong(text)) {
        out.push(Finding::new(start, end, "SECRET", 0.75, "secret.option"));
    }
}

/// Letters, at least two digits, and a sign at the end or within: as people make passwords.
fn is_strong(text: &[u8]) -> bool {
    let count = |of: fn(&u8) -> bool| text.iter().filter(|b| of(b)).count();
    let sign = count(|b| matches!(b, b'!' | b'$' | b'#' | b'%' | b'&' | b'*' | b'?' | b'@' | b'+'));
    (8..=32).contains(&text.len())
        && count(u8::is_ascii_alphabetic) >= 3
        && count(u8::is_ascii_digit) >= 2
        && (1..=3).contains(&sign)
        && !text.iter().any(|b| matches!(b, b'(' | b')' | b'{' | b'}' | b'<' | b'>' | b'=' | b'/'))
}

fn pair_score(text: &[u8]) -> f32 {
    let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = text.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let sign = text.iter().any(|b| matches!(b, b'#' | b'!' | b'$' | b'%' | b'&' | b'*' | b'?' | b'@'));
    if text.len() >= 6 && (digits >= 2 || sign) && letters >= 2 && is_varied(text) { 0.8 } else { 0.0 }
}

/// The kind of the key that ends before a mark, if it is called secret.
fn key_before(view: &View<'_>, mark: usize) -> Option<Kind> {
    let mut end = mark;
    while matches!(view.before(end), b' ' | b'"' | b'\'' | b'`' | b')' | b']' | b'*') && mark - end < 4 {
        end -= 1;
    }
    let mut key = Vec::with_capacity(KEY_BYTES_MAX);
    let mut at = end;
    let mut words = 0;
    let mut last = 0;
    while end - at < KEY_BYTES_MAX {
        match view.before(at) {
            byte if is_word(byte) => key.push(byte.to_ascii_lowercase()),
            b'_' | b'-' | b'.' => {}
            b' ' if words < 2 => words += 1,
            _ => break,
        }
        if last == 0 && !is_word(view.before(at)) {
            last = key.len();
        }
        at -= 1;
    }
    key.reverse();
    let tail = key.get(key.len() - last..).filter(|_| last > 0).unwrap_or_default();
    kind_of(&key).or_else(|| APART.iter().any(|w| w.as_bytes() == tail).then_some(Kind::Token))
}

fn kind_of(key: &[u8]) -> Option<Kind> {
    let ends = |list: &[&str], least: usize| {
        list.iter().any(|w| {
            key.ends_with(w.as_bytes())
                && (w.len() >= least || key.len() == w.len() || is_apart(key, w.len()))
        })
    };
    if HARMLESS.iter().any(|w| key.ends_with(w.as_bytes())) {
        return None;
    }
    if ends(PAIRS, 5) {
        return Some(Kind::Pair);
    }
    if ends(PASSWORDS, 6) {
        return Some(Kind::Password);
    }
    if ends(PINS, 6) {
        return Some(Kind::Pin);
    }
    ends(TOKENS, 5).then_some(Kind::Token)
}

/// Short words end many others: "pass" in "Reisepass", "tan" in "Titan". They count after a few known heads.
fn is_apart(key: &[u8], tail: usize) -> bool {
    let head = key.get(..key.len() - tail).unwrap_or_default();
    [
        b"db".as_slice(),
        b"user",
        b"my",
        b"die",
        b"meine",
        b"mein",
        b"your",
        b"the",
        b"api",
        b"access",
        b"mysql",
        b"admin",
        b"root",
        b"app",
        b"sms",
        b"sim",
        b"karten",
        b"card",
        b"client",
        b"smtp",
        b"ftp",
        b"wifi",
        b"wlan",
        b"online",
        b"reset",
        b"auth",
        b"secret",
        b"private",
        b"account",
        b"storage",
        b"primary",
    ]
    .iter()
    .any(|h| head.ends_with(h))
}

/// The value from a place on: within quotes, or up to a blank.
pub(super) fn value(view: &View<'_>, at: usize, url: bool) -> Option<(usize, usize, bool)> {
    let quote = view.at(at);
    let quoted = matches!(quote, b'"' | b'\'' | b'`');
    let start = at + usize::from(quoted || quote == crate::view::MARK);
    let limit = (start + VALUE_BYTES_MAX).min(view.len());
    let ends = |byte: u8| {
        if quoted {
            byte == quote || byte == b'\n'
        } else {
            byte.is_ascii_whitespace()
                || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | crate::view::MARK)
                || (url && matches!(byte, b'&' | b'#' | b')' | b']'))
        }
    };
    let mut end = (start..limit).find(|p| ends(view.at(*p))).unwrap_or(limit);
    if quoted && view.at(end) != quote {
        return None;
    }
    while !quoted
        && end > start
        && matches!(view.before(end), b',' | b';' | b'.' | b')' | b']' | b'}' | b':' | b'?')
    {
        end -= 1;
    }
    let (start, mut end) = if quoted { (start, end) } else { without_stars(view, start, end) };
    // "a;Password=b;c": values of connection strings end at a semicolon.
    if !quoted && let Some(semicolon) = (start..end).find(|p| view.at(*p) == b';') {
        end = semicolon;
    }
    (end > start).then_some((start, end, quoted))
}

/// Behind the stars that end a word, where a blank or a line's end follows them.
pub(super) fn behind_stars(view: &View<'_>, at: usize) -> usize {
    let end = at + (at..at + STARS_MAX).take_while(|place| view.at(*place) == b'*').count();
    if matches!(view.at(end), b' ' | b'\n' | b'\r') { end } else { at }
}

/// A value without the stars around it, or behind it where they began before it: "**vergessen**", "vergessen**". Nothing
/// but stars, or more of them, are a mask.
fn without_stars(view: &View<'_>, start: usize, end: usize) -> (usize, usize) {
    let text = view.slice(start, end);
    let ahead = text.iter().take_while(|b| **b == b'*').count();
    let behind = text.iter().rev().take_while(|b| **b == b'*').count();
    match (ahead, behind) {
        _ if ahead == text.len() => (start, end),
        (1..=STARS_MAX, _) => (start + ahead, end - behind.min(ahead)),
        (0, STARS_MAX) => (start, end - STARS_MAX),
        _ => (start, end),
    }
}

fn is_in_url(view: &View<'_>, mark: usize) -> bool {
    let from = mark.saturating_sub(KEY_BYTES_MAX);
    view.slice(from, mark)
        .iter()
        .rev()
        .take_while(|b| !b.is_ascii_whitespace())
        .any(|b| matches!(b, b'?' | b'&'))
}

/// What is said of a password instead of it.
const STATES: &[&str] = &[
    "vergessen",
    "forgotten",
    "abgelaufen",
    "expired",
    "falsch",
    "wrong",
    "ungültig",
    "invalid",
    "geändert",
    "changed",
    "gesperrt",
    "locked",
    "unbekannt",
    "unknown",
    "fehlt",
    "missing",
    "siehe",
    "bitte",
    "please",
    "reset",
    "zurücksetzen",
    "incorrect",
    "korrekt",
    "correct",
    "keine",
    "keines",
    "unverändert",
    "unchanged",
    "hidden",
    "versteckt",
    "forgot",
    "zurückgesetzt",
    "zurückzusetzen",
    "ändern",
    "change",
    "eingeben",
    "enter",
    "anfordern",
    "request",
    "folgt",
    "follows",
    "separat",
    "separately",
    "erforderlich",
    "verloren",
    "lost",
    "gestohlen",
    "stolen",
    "gelöscht",
    "deleted",
    "abgelehnt",
    "rejected",
];
/// Words for a password that stand in the names of buttons and pages.
const NAMES: &[&str] = &["passwort", "password", "kennwort"];

/// Not a value but a place for one: `<password>`, `${TOKEN}`, "xxxx", "null", a placeholder of ours.
pub(super) fn is_stand_in(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    let word = bare(&lower);
    let same = text.iter().all(|b| Some(b) == text.first());
    let masked =
        text.iter().filter(|b| matches!(**b, b'*' | b'x' | b'X' | b'.' | b'-' | crate::view::MARK)).count()
            * 2
            > text.len();
    let marks = matches!(text.first(), Some(b'<' | b'$' | b'{' | b'%' | b'[' | b'('));
    let words = [
        b"null".as_slice(),
        b"none",
        b"true",
        b"false",
        b"undefined",
        b"required",
        b"optional",
        b"string",
        b"your",
        b"todo",
        b"empty",
        b"nil",
        b"n/a",
        b"process.env",
        b"os.environ",
        b"getenv",
        b"example",
        b"function",
        b"required",
    ];
    let states = STATES.iter().any(|w| word == w.as_bytes());
    same || masked
        || marks
        || states
        || names_itself(word)
        || words.contains(&word)
        || lower.starts_with(b"your")
        || lower.starts_with(b"process.env")
        || lower.starts_with(b"os.")
        || lower.starts_with(b"http")
        // "getpass()" without its last bracket.
        || lower.ends_with(b"(")
}

/// A word without the marks of a sentence, or of Markdown, around it: "vergessen!", "vergessen*".
fn bare(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|b| !b.is_ascii_punctuation()).unwrap_or(text.len());
    let end = text.iter().rposition(|b| !b.is_ascii_punctuation()).map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}

/// Several words, one of them the word for a password: "Passwort vergessen" is what a button is called.
fn names_itself(text: &[u8]) -> bool {
    text.contains(&b' ')
        && !text.iter().any(u8::is_ascii_digit)
        && text.split(|b| *b == b' ').any(|word| NAMES.iter().any(|name| word == name.as_bytes()))
}

pub(super) fn is_varied(text: &[u8]) -> bool {
    let digits = text.iter().any(u8::is_ascii_digit);
    let letters = text.iter().any(|b| b.is_ascii_alphabetic() || *b >= 0x80);
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    let special = inner.iter().any(|b| b.is_ascii_punctuation() && !matches!(b, b'-' | b'/' | b'.' | b'\''));
    let ending = text.last().is_some_and(|b| matches!(b, b'!' | b'$' | b'#' | b'%' | b'&' | b'*'));
    let mixed = inner.iter().any(u8::is_ascii_uppercase) && text.iter().any(u8::is_ascii_lowercase);
    letters && (digits || special || mixed || ending) || (digits && text.len() >= 4 && text.len() < 17)
}

fn password_score(text: &[u8], quoted: bool, alone: bool) -> f32 {
    match text.len() {
        0..=3 => 0.0,
        129.. => 0.0,
        _ if is_varied(text) => 0.92,
        _ if quoted => 0.75,
        5.. if alone => 0.6,
        _ => 0.0,
    }
}

fn token_score(text: &[u8], quoted: bool) -> f32 {
    let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = text.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let dense = text.iter().all(|b| b.is_ascii_alphanumeric() || b"-_+/=.~:%".contains(b));
    let code_like = text.iter().any(|b| matches!(b, b'(' | b')' | b'{' | b'}'));
    match text.len() {
        _ if code_like => 0.0,
        0..=7 => 0.0,
        _ if dense && digits >= 2 && letters >= 2 && entropy_tenths(text) >= 28 => 0.9,
        16.. if dense && letters >= 8 && entropy_tenths(text) >= 37 => 0.7,
        12.. if quoted && is_varied(text) => 0.75,
        8.. if quoted && is_varied(text) && digits > 0 => 0.6,
        _ => 0.0,
    }
}

/// Four to eight digits.
pub(super) fn is_pin(text: &[u8]) -> bool {
    (4..=8).contains(&text.len()) && text.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::super::spoken::spoken;
    use super::*;

    fn secret(text: &str) -> Option<String> {
        let view = View::new(text);
        let mut out = Vec::new();
        for at in 0..view.len() {
            match view.at(at) {
                b':' | b'=' => {
                    keyed(&view, at, &mut out);
                }
                _ => spoken(&view, at, &mut out),
            }
        }
        out.iter().find(|f| f.score >= 0.5).map(|f| {
            let (start, end) = view.original(f.start, f.end);
            text[start..end].to_owned()
        })
    }

    #[test]
    fn options_of_commands_hold_secrets_too() {
        let found = |text: &str| {
            let mut out = Vec::new();
            option(&View::new(text), 0, &mut out);
            !out.is_empty()
        };
        assert!(found("-p 23b3eab6-10bd-447b-a9c4-2ac31551d567 --user root"));
        assert!(found("-p Winter2019! -u root"));
        for text in ["-p 8080:80", "-p /var/www/site01", "-p build2024", "-p file2.txt", "-p 2222"] {
            assert!(!found(text), "{text}");
        }
    }

    #[test]
    fn values_of_secret_keys_are_found() {
        for (text, value) in [
            ("Passwort: Sommer2024!", "Sommer2024!"),
            ("Passwort: **Sommerregen**", "Sommerregen"),
            ("**Passwort: Sommerregen**", "Sommerregen"),
            ("password=hunter2", "hunter2"),
            ("DB_PASSWORD=\"corr3ct horse\"", "corr3ct horse"),
            ("\"api_key\": \"9f8a7b6c5d4e3f2a\"", "9f8a7b6c5d4e3f2a"),
            ("client_secret = Zq8-kk2_MMd9tLx0", "Zq8-kk2_MMd9tLx0"),
            ("Authorization: Bearer 9f8a7b6c5d4e3f2a1b", "9f8a7b6c5d4e3f2a1b"),
            ("https://example.org/?token=a8Zk31pQx9&x=1", "a8Zk31pQx9"),
            ("PIN: 4821", "4821"),
            ("Server=db;User=sa;Password=Zebra77;Encrypt=yes", "Zebra77"),
            ("WLAN-Schlüssel: Tiger7021!", "Tiger7021!"),
            ("Zugangsdaten: admin / Katze1998!", "Katze1998!"),
            ("login: admin/Katze1998", "Katze1998"),
            ("login: admin / myYh#nCPRF", "myYh#nCPRF"),
            ("secret_key=Fussball8741*", "Fussball8741*"),
            ("curl -u admin:f1c874a13c82 https://example.com", "f1c874a13c82"),
            ("der Link mit sig=AWgF73XUUWv2IxyCdvifmxd9%3D geht", "AWgF73XUUWv2IxyCdvifmxd9%3D"),
            ("mein Passwort ist Sommer2024 und", "Sommer2024"),
            ("the password is still p@ssw0rd.", "p@ssw0rd"),
            ("Mein Kennwort lautet: xK9-blau", "xK9-blau"),
            ("Passwort: Hund4711!", "Hund4711!"),
            ("**Passwort:** Hund4711!", "Hund4711!"),
            ("**Passwort**: Hund4711!", "Hund4711!"),
            ("**Passwort: Hund4711!**", "Hund4711!"),
            ("Passwort: **Hund4711!**", "Hund4711!"),
            ("*Passwort:*\nHund4711!", "Hund4711!"),
            ("**Passwort** ist *Hund4711!*.", "Hund4711!"),
            ("password **hunter2**", "hunter2"),
            ("Ihre **PIN** ist **4821**", "4821"),
            ("Passwort: \"corr3ct password horse\"", "corr3ct password horse"),
        ] {
            assert_eq!(secret(text).as_deref(), Some(value), "{text}");
        }
    }

    #[test]
    fn talk_about_secrets_is_no_secret() {
        for text in [
            "Mein Passwort ist abgelaufen",
            "Passwort: bitte zurücksetzen",
            "the password is wrong",
            "password=<your password>",
            "token: ${TOKEN}",
            "max_tokens=1000",
            "Fehlercode: E1234567890a",
            "Reisepass: abgelaufen",
            "Password: ********",
            "commit: 9f8a7b6c5d4e3f2a1b0c",
            "sha256: 9f8a7b6c5d4e3f2a1b0c9f8a7b6c5d4e",
            "PLZ-Code: 04109",
            "password reset link 2024",
            "Login: https://example.org/a1b2c3",
            "login: 12.03.2024 / 14:30",
            "Zugangsdaten: per Post / am 12.03.2024",
            "Zugang: Tor 3/4",
            "passwort: vergessen",
            "login: \"anna1998\"",
            "Klicken Sie auf **Passwort vergessen**.",
            "Klicken Sie auf *Passwort vergessen*.",
            "Klicken Sie auf **Passwort** **vergessen**?",
            "Klicken Sie beim Passwort auf \"Passwort vergessen\"",
            "Choose **password reset** and wait",
            "Set your password with \"Forgot password\" anew",
            "**Passwort zurücksetzen**",
            "Passwort **ändern**",
            "Mein Passwort ist falsch!",
            "Passwort vergessen!",
            "Passwort: vergessen!",
            "Passwort: siehe Brief",
            "Passwort: **siehe Brief**",
            "**Passwort:** siehe Brief",
            "Passwort: folgt",
            "Passwort: folgt per Post",
            "**Passwort:** ********",
            "Passwort: **",
            "Zeit 10:30 -u 10:45",
        ] {
            assert_eq!(secret(text), None, "{text}");
        }
    }
}
