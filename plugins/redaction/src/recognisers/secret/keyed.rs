//! What stands behind a key that is called secret: `password: …`, `api_key=…`, "mein Passwort ist …".

use crate::view::{View, is_word};

use super::{Finding, entropy_tenths};

/// How a key is spelled, without `_`, `-` and blanks: the end of it decides.
/// Passwords may be any word; tokens are long and varied.
const PASSWORDS: &[&str] = &[
    "password",
    "passwort",
    "passwd",
    "passphrase",
    "kennwort",
    "pwd",
    "passcode",
    "zugangscode",
    "zugangsdaten",
    "pw",
    "losung",
    "passwörter",
    "passwords",
    "pass",
    "psw",
    "contraseña",
    "motdepasse",
    "wachtwoord",
    "kennwörter",
    "masterpasswort",
    "losungswort",
];
const PINS: &[&str] = &[
    "pin",
    "puk",
    "tan",
    "pincode",
    "geheimzahl",
    "geheimnummer",
    "otp",
    "mtan",
    "sicherheitspin",
    "passkey",
    "einmalcode",
    "einmalpasswort",
    "onetimecode",
];
const TOKENS: &[&str] = &[
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "authkey",
    "credential",
    "credentials",
    "authorization",
    "auth",
    "clientsecret",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "bearer",
    "encryptionkey",
    "signingkey",
    "sig",
    "signature",
    "jwt",
    "sessionid",
    "sessiontoken",
    "session",
    "sid",
    "cookie",
    "schlüssel",
    "apischlüssel",
    "zugangsschlüssel",
    "geheimnis",
    "accountkey",
    "sharedaccesskey",
    "secretaccesskey",
    "apitoken",
    "xapikey",
    "licensekey",
    "lizenzschlüssel",
    "webhooksecret",
    "code",
    "key",
    "resettoken",
    "apisecret",
    "consumersecret",
    "masterkey",
    "storagekey",
    "dbpassword",
    "recoverycode",
    "backupcode",
    "salt",
    "hmac",
    "nonce",
    "authcode",
    "otpsecret",
    "connectionstring",
    "appkey",
    "sharedkey",
    "accesscode",
    "pat",
    "apisecretkey",
    "encryptkey",
    "deploykey",
    "secrettoken",
    "apicredential",
    "basic",
];
/// Keys that end alike and are harmless.
const HARMLESS: &[&str] = &[
    "publickey",
    "primarykey",
    "foreignkey",
    "zipcode",
    "postcode",
    "errorcode",
    "statuscode",
    "countrycode",
    "languagecode",
    "exitcode",
    "couponcode",
    "barcode",
    "qrcode",
    "sortkey",
    "keyboardkey",
    "monkey",
    "turkey",
    "hotkey",
    "idempotencykey",
    "partitionkey",
    "cachekey",
    "csrftoken",
    "nexttoken",
    "pagetoken",
    "productcode",
    "bankcode",
    "sortcode",
    "branchcode",
    "fehlercode",
    "gutscheincode",
    "rabattcode",
    "discountcode",
    "promocode",
    "sourcecode",
    "dresscode",
    "areacode",
    "bypass",
    "compass",
    "swiftcode",
    "securitycode",
    "buchungscode",
    "bookingcode",
    "vouchercode",
    "responsecode",
    "trackingcode",
    "objectkey",
    "sshkey",
    "hashkey",
    "etag",
    "produktschlüssel",
    "encode",
    "decode",
    "unicode",
    "bitcode",
    "opcode",
    "geocode",
    "vscode",
    "xcode",
    "returncode",
    "httpcode",
    "reasoncode",
    "typecode",
    "currencycode",
    "keycode",
    "colorcode",
    "farbcode",
    "abholcode",
];

/// What kind of key it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Password,
    Pin,
    Token,
}

/// Bytes of a key and of a value at most.
pub(super) const KEY_BYTES_MAX: usize = 40;
const VALUE_BYTES_MAX: usize = 512;

/// A value behind the `:` or `=` at `mark`; answers where it ends.
pub(in super::super) fn keyed(view: &View<'_>, mark: usize, out: &mut Vec<Finding>) -> usize {
    let Some(kind) = key_before(view, mark) else { return mark };
    let mut at = mark + 1;
    if matches!(view.at(at), b'=' | b'>' | b':') {
        at += 1;
    }
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
    let text = view.slice(start, end);
    let ends_line = matches!(view.at(end), 0 | b'\n' | b'\r')
        || (view.at(end) == b'.' && matches!(view.at(end + 1), 0 | b'\n'));
    let score = match kind {
        _ if is_stand_in(text) => 0.0,
        Kind::Password => password_score(text, quoted, ends_line || view.at(mark) == b'='),
        Kind::Pin if is_pin(text) => 0.9,
        Kind::Pin => 0.0,
        Kind::Token => token_score(text, quoted),
    };
    if score > 0.0 {
        out.push(Finding::new(start, end, "SECRET", score, "secret.keyed"));
        return end;
    }
    mark
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
    while end - at < KEY_BYTES_MAX {
        match view.before(at) {
            byte if is_word(byte) => key.push(byte.to_ascii_lowercase()),
            b'_' | b'-' | b'.' => {}
            b' ' if words < 2 => words += 1,
            _ => break,
        }
        at -= 1;
    }
    key.reverse();
    kind_of(&key)
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
    // "a;Password=b;c": values of connection strings end at a semicolon.
    if !quoted && let Some(semicolon) = (start..end).find(|p| view.at(*p) == b';') {
        end = semicolon;
    }
    (end > start).then_some((start, end, quoted))
}

fn is_in_url(view: &View<'_>, mark: usize) -> bool {
    let from = mark.saturating_sub(KEY_BYTES_MAX);
    view.slice(from, mark)
        .iter()
        .rev()
        .take_while(|b| !b.is_ascii_whitespace())
        .any(|b| matches!(b, b'?' | b'&'))
}

/// Not a value but a place for one: `<password>`, `${TOKEN}`, "xxxx", "null", a placeholder of ours.
pub(super) fn is_stand_in(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
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
    same || masked
        || marks
        || words.iter().any(|w| lower == *w)
        || lower.starts_with(b"your")
        || lower.starts_with(b"process.env")
        || lower.starts_with(b"os.")
        || lower.starts_with(b"http")
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
    fn values_of_secret_keys_are_found() {
        for (text, value) in [
            ("Passwort: Sommer2024!", "Sommer2024!"),
            ("password=hunter2", "hunter2"),
            ("DB_PASSWORD=\"corr3ct horse\"", "corr3ct horse"),
            ("\"api_key\": \"9f8a7b6c5d4e3f2a\"", "9f8a7b6c5d4e3f2a"),
            ("client_secret = Zq8-kk2_MMd9tLx0", "Zq8-kk2_MMd9tLx0"),
            ("Authorization: Bearer 9f8a7b6c5d4e3f2a1b", "9f8a7b6c5d4e3f2a1b"),
            ("https://example.org/?token=a8Zk31pQx9&x=1", "a8Zk31pQx9"),
            ("PIN: 4821", "4821"),
            ("Server=db;User=sa;Password=Zebra77;Encrypt=yes", "Zebra77"),
            ("mein Passwort ist Sommer2024 und", "Sommer2024"),
            ("the password is still p@ssw0rd.", "p@ssw0rd"),
            ("Mein Kennwort lautet: xK9-blau", "xK9-blau"),
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
        ] {
            assert_eq!(secret(text), None, "{text}");
        }
    }
}
