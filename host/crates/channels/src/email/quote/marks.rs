//! How mail programs mark quoted history: prefixes, separators, header blocks, attribution lines.

/// Whether a line is quoted by a prefix.
pub(super) fn is_quoted(line: &str) -> bool {
    let line = line.trim_start();
    // `>:(` is a face.
    line.starts_with('>') && !line.starts_with(">:")
}

/// Phrases inside a dashed line that start somebody else's mail.
const SEPARATORS: &[&str] = &[
    "original message",
    "ursprüngliche nachricht",
    "urspruengliche nachricht",
    "originalnachricht",
    "original-nachricht",
    "original nachricht",
    "ursprüngliche e-mail",
    "ursprüngliche mail",
    "original mail",
    "original email",
    "original e-mail",
    "weitergeleitete nachricht",
    "weitergeleitete e-mail",
    "forwarded message",
    "forwarded by",
    "weitergeleitet von",
    "original appointment",
    "ursprünglicher termin",
    "vorherige nachricht",
    "previous message",
    "reply message",
    "message d'origine",
    "mensaje original",
    "messaggio originale",
    "oorspronkelijk bericht",
];

/// Whole lines, undashed, that do the same.
const BARE_SEPARATORS: &[&str] = &[
    "begin forwarded message:",
    "anfang der weitergeleiteten nachricht:",
    "anfang der weitergeleiteten e-mail:",
    "start of forwarded message:",
    "beginn der weitergeleiteten nachricht:",
];

/// Whether a line says that what follows is an older mail.
pub(super) fn is_separator(line: &str) -> bool {
    let lower = line.trim().to_lowercase();
    if BARE_SEPARATORS.contains(&lower.as_str()) {
        return true;
    }
    let is_dash = |c: char| matches!(c, '-' | '–' | '—' | '_' | '=' | '*' | ' ');
    let inner = lower.trim_matches(is_dash);
    let dashes = lower.chars().take_while(|c| is_dash(*c)).count();
    dashes >= 2 && inner.len() <= 60 && SEPARATORS.iter().any(|phrase| inner.starts_with(phrase))
}

/// Lines with which ticket systems ask for the answer above.
pub(super) fn is_reply_above(line: &str) -> bool {
    let lower = line.to_lowercase();
    let asks = (lower.contains("reply") || lower.contains("antwort"))
        && (lower.contains("above this line")
            || lower.contains("oberhalb dieser")
            || lower.contains("über dieser zeile")
            || lower.contains("über dieser linie"));
    asks && lower.len() <= 160
        && (lower.contains("##") || lower.contains("--") || lower.contains("==") || lower.contains("__"))
}

/// Labels of the header block that Outlook, GMX and others put above a quote.
const LABELS: &[&str] = &[
    "von",
    "from",
    "gesendet",
    "sent",
    "datum",
    "date",
    "an",
    "to",
    "cc",
    "kopie",
    "betreff",
    "subject",
    "bcc",
    "gesendet am",
    "antwort an",
    "reply-to",
    "de",
    "envoyé",
    "à",
    "objet",
    "wichtigkeit",
    "importance",
    "priorität",
    "envoyé le",
    "enviado el",
    "enviado",
    "fecha",
    "para",
    "asunto",
    "assunto",
    "da",
    "inviato",
    "data",
    "a",
    "oggetto",
    "van",
    "verzonden",
    "aan",
    "onderwerp",
    "od",
    "wysłano",
    "do",
    "dw",
    "temat",
    "från",
    "skickat",
    "till",
    "ämne",
    "fra",
    "sendt",
    "til",
    "emne",
    "odesláno",
    "komu",
    "předmět",
    "от",
    "отправлено",
    "дата",
    "кому",
    "тема",
    "kimden",
    "gönderildi",
    "kime",
    "konu",
];
/// At least one of these must be among them: a list of facts about an order also has labels.
const SENDER_LABELS: &[&str] = &["von", "from", "de", "da", "van", "od", "från", "fra", "от", "kimden"];
const OTHER_LABELS: &[&str] = &[
    "gesendet",
    "sent",
    "datum",
    "date",
    "gesendet am",
    "envoyé",
    "envoyé le",
    "betreff",
    "subject",
    "objet",
    "enviado el",
    "enviado",
    "fecha",
    "asunto",
    "assunto",
    "inviato",
    "data",
    "oggetto",
    "verzonden",
    "onderwerp",
    "wysłano",
    "temat",
    "skickat",
    "ämne",
    "sendt",
    "emne",
    "odesláno",
    "předmět",
    "отправлено",
    "дата",
    "тема",
    "gönderildi",
    "konu",
];

/// Whether a block of mail header lines (`Von:`, `Gesendet:`, …) starts here.
pub(super) fn starts_header_block(rest: &[&str]) -> bool {
    const LINES_LOOKED_AT: usize = 8;
    let mut lines = rest.iter();
    let Some(first) = lines.next() else { return false };
    let is_rule = {
        let trimmed = first.trim();
        trimmed.chars().count() >= 5 && trimmed.chars().all(|c| matches!(c, '_' | '-' | '─'))
    };
    if !is_rule && label(first).is_none() {
        return false;
    }
    let (mut labelled, mut sender, mut other) = (0, false, false);
    let block = if is_rule { rest.get(1..).unwrap_or_default() } else { rest };
    for line in block.iter().filter(|line| !line.trim().is_empty()).take(LINES_LOOKED_AT) {
        match label(line) {
            Some(found) => {
                labelled += 1;
                sender |= SENDER_LABELS.contains(&found.as_str());
                other |= OTHER_LABELS.contains(&found.as_str());
            }
            // A long recipient list goes on in the next line.
            None if labelled > 0 && (line.contains('@') || line.starts_with([' ', '\t'])) => {}
            None => break,
        }
    }
    labelled >= 3 && sender && other
}

/// The label of a `Label: value` line, lower case, without the stars of bold text.
fn label(line: &str) -> Option<String> {
    let plain: String = line.chars().filter(|c| *c != '*').collect();
    let (name, _) = plain.trim().split_once(':')?;
    let name = name.trim().to_lowercase();
    LABELS.contains(&name.as_str()).then_some(name)
}

/// How many lines an attribution (`Am … schrieb …:`) takes at the front of `rest`.
pub(super) fn attribution_lines(rest: &[&str]) -> Option<usize> {
    const LINES_MAX: usize = 4;
    const CHARS_MAX: usize = 400;
    let mut joined = String::new();
    for (count, line) in rest.iter().take(LINES_MAX).enumerate() {
        let line = line.trim();
        if line.is_empty() || is_quoted(line) {
            return None;
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(line);
        if joined.len() > CHARS_MAX || (count == 0 && !may_start_attribution(line)) {
            return None;
        }
        // Some programs hang the colon on the next line, others leave it out before an empty line.
        if joined.ends_with(':') {
            let quote_follows = rest
                .iter()
                .skip(count + 1)
                .find(|line| !line.trim().is_empty())
                .is_some_and(|line| is_quoted(line));
            let introduces = is_attribution(&joined) || quote_follows && introduces_quote(&joined);
            return introduces.then_some(count + 1);
        }
    }
    None
}

/// A cheap look before lines are joined.
fn may_start_attribution(line: &str) -> bool {
    let lower = line.to_lowercase();
    [
        "am ",
        "on ",
        "le ",
        "el ",
        "il ",
        "op ",
        "em ",
        "dne ",
        "w dniu ",
        "den ",
        "zitat von",
        "quoting ",
        "at ",
    ]
    .iter()
    .any(|opener| lower.starts_with(opener))
        || WROTE.iter().chain(WRITES).any(|verb| lower.contains(verb.trim_start()))
        || lower.contains('@')
        || lower.chars().next().is_some_and(|c| c.is_ascii_digit())
}

/// Verbs of attribution.
const WROTE: &[&str] = &[
    " schrieb",
    " wrote",
    " hat geschrieben",
    " a écrit",
    " ha scritto",
    " escribió",
    " schreef",
    " geschrieben",
    " escreveu",
    " ha escrito",
    " skrev",
    " kirjoitti",
    " napsal",
    " napisał",
    " написал",
    " yazdı",
    " írta",
    " a scris",
];
/// Verbs that introduce a quote only when one follows.
const WRITES: &[&str] =
    &[" schreibt", " writes", " said", " meinte", " pisze", " пишет", " skriver", " schrijft"];
/// A person who tells of a letter, whatever follows.
const TELLS_ALWAYS: &[&str] = &[
    "schrieb ich",
    "schrieb mir",
    "schrieb uns",
    "schrieb man",
    "i wrote",
    "wrote me",
    "wrote to",
    "wrote that",
    "said to",
    "told",
    "habe ich",
    "hatte ich",
    "haben sie",
    "folgendes",
    "the following",
    "as follows",
];
/// A person who tells of a letter, rather than a program that introduces one.
const TELLS: &[&str] = &[
    "schrieb ich",
    "schrieb mir",
    "schrieb uns",
    "schrieb man",
    "schrieben sie",
    "i wrote",
    "wrote me",
    "wrote to",
    "wrote that",
    "you wrote",
    "habe ich",
    "hatte ich",
    "haben sie",
    "folgendes",
    "the following",
    "as follows",
];

/// Whether a line that stands right above a quote was put there by a program: it names a writer or a sender.
fn introduces_quote(joined: &str) -> bool {
    const CHARS_MAX: usize = 250;
    let lower = joined.to_lowercase();
    let writes = WROTE.iter().chain(WRITES).any(|verb| lower.contains(verb));
    lower.len() <= CHARS_MAX
        && !TELLS_ALWAYS.iter().any(|phrase| lower.contains(phrase))
        && (writes || has_date(&lower) && lower.contains('@'))
}

fn is_attribution(joined: &str) -> bool {
    let lower = joined.to_lowercase();
    if lower.starts_with("zitat von ") || lower.starts_with("quoting ") {
        return lower.len() <= 160;
    }
    let has_date = has_date(&lower);
    let has_address = lower.contains('@');
    let wrote = WROTE.iter().any(|verb| lower.contains(verb));
    // Yahoo: `Am …, 4. Mai 2026 um 10:12 hat Support <help@shop.example> Folgendes geschrieben:`
    if has_date && has_address && lower.ends_with("folgendes geschrieben:") {
        return true;
    }
    if wrote {
        return (has_date || has_address) && !TELLS.iter().any(|phrase| lower.contains(phrase));
    }
    // Old Gmail: `2026-11-20 10:11 GMT+01:00 Support <help@shop.example>:`
    has_date
        && has_address
        && lower.ends_with(">:")
        && lower.chars().next().is_some_and(|c| c.is_ascii_digit())
}

/// A clock time, a dotted or dashed date, or a year.
fn has_date(lower: &str) -> bool {
    let bytes = lower.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    (0..bytes.len()).any(|at| {
        let mark = bytes.get(at + 1).copied().unwrap_or(0);
        let clock_or_date = digit(at) && matches!(mark, b':' | b'.' | b'/' | b'-') && digit(at + 2);
        let year = bytes
            .get(at..at + 4)
            .is_some_and(|four| four.starts_with(b"20") && four.iter().all(u8::is_ascii_digit));
        clock_or_date || year
    })
}
