//! Absence notices by their build: clause for clause, nothing but being away until a day, who answers instead,
//! what becomes of the mail, and greetings. Phrases are needed only for the clauses around the date.

use super::phrases::{Scan, Sign};

/// Words of being away, folded; the beginnings of words.
const AWAY: &[&str] = &[
    "urlaub",
    "verreist",
    "abwesend",
    "unterwegs",
    "dienstreise",
    "ferien",
    "betriebsferien",
    "elternzeit",
    "krank",
    "ausser haus",
    "nicht im",
    "nicht besetzt",
    "nicht erreichbar",
    "geschlossen",
    "leave",
    "vacation",
    "holiday",
    "out of office",
    "out of the office",
    "away",
    "travelling",
    "traveling",
    "currently out",
    "closed",
    "semester",
    "ferie",
    "urlop",
    "tillbaka pa",
    "dopust",
    "puhkus",
    "lomalla",
    "vacances",
    "conge",
    "absent",
    "vacaciones",
    "fuera de",
];

/// Words between which and a date hardly anything stands.
const UNTIL: &[&str] = &[
    "bis", "until", "till", "til", "back", "return", "zurueck", "ab", "vom", "from", "am", "on", "do",
    "kuni", "den", "jusqu'au", "hasta", "tot",
];

const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "maer", "apr", "mai", "may", "jun", "jul", "aug", "sep", "okt", "oct", "nov", "dez",
    "dec",
];

const DAYS: &[&str] = &[
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "naechste",
    "next",
    "jahresende",
];

/// Signs of the clauses that notices are made of.
const SIGNS: &[Sign] = &[
    Sign::Away,
    Sign::AwayAbroad,
    Sign::AwayWeak,
    Sign::Return,
    Sign::Substitute,
    Sign::MailHandling,
    Sign::Thanks,
    Sign::Promise,
    Sign::Soon,
];

/// What notices say besides, the beginnings of words.
const BESIDES: &[&str] = &[
    "vertretung",
    "vertret",
    "dringend",
    "urgent",
    "bradskande",
    "weiterleit",
    "forward",
    "email",
    "nachricht",
    "message",
    "response",
    "reply",
    "respond",
    "antwort",
    "feiertage",
    "holidays",
    "office",
    "buero",
    "wait",
    "meld",
];

/// What notices ask about, the beginnings of words.
const URGENT: &[&str] = &["dring", "eilig", "notfall", "urgent", "emergency", "help", "hilfe", "bradskande"];

/// What notices of a few words say of being away or coming back, folded. No "retour": it is what customers send.
#[rustfmt::skip]
const GONE: &[&str] = &[
    "abwesend", "absent", "absente", "afwezig", "assente", "away", "back", "conge", "ferie", "ferien", "fort", "fuera",
    "gone", "holiday", "krank", "leave", "ledig", "nieobecny", "off", "out", "semester", "terug", "tillbaka", "torno",
    "unterwegs", "urlaub", "urlop", "vacaciones", "vacances", "vacation", "verreist", "vuelvo", "weg", "wieder",
    "wracam", "zurueck",
];

/// The small words around them.
#[rustfmt::skip]
const AROUND: &[&str] = &[
    "ab", "again", "al", "am", "at", "au", "ausser", "be", "ben", "bin", "bis", "buero", "da", "dal", "de", "dem",
    "den", "der", "die", "do", "du", "einschliesslich", "el", "en", "erst", "fino", "from", "haus", "hasta", "heute",
    "i", "i'm", "ich", "ik", "im", "in", "inkl", "jusqu'au", "le", "morgen", "nicht", "od", "of", "office", "on", "op",
    "sind", "the", "til", "till", "to", "today", "tomorrow", "tot", "und", "until", "vanaf", "vom", "will", "wir",
    "week", "woche",
];

/// Whether a text of few words says until when somebody is away, or when he is back, and nothing besides but a name.
pub(super) fn is_bare(text: &str) -> bool {
    const WORDS_MAX: usize = 9;
    const NAME_WORDS: usize = 2;
    let words: Vec<&str> = text.split(' ').filter(|word| word.contains(char::is_alphanumeric)).collect();
    if text.contains('?') || !(2..=WORDS_MAX).contains(&words.len()) {
        return false;
    }
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let is_gone = |word: &&str| GONE.contains(&bare(word).as_str());
    let is_dated = |word: &&str| is_day(word) || matches!(bare(word).as_str(), "woche" | "week");
    let is_notices = |word: &&str| {
        is_gone(word) || is_dated(word) || is_day_number(word) || AROUND.contains(&bare(word).as_str())
    };
    let notice = words.iter().take_while(|word| is_notices(word)).count();
    let (said, rest) = words.split_at(notice);
    // Who wishes or thanks is there.
    let is_persons =
        |word: &&str| matches!(bare(word).as_str(), "bitte" | "danke" | "please" | "pls" | "thanks");
    rest.len() <= NAME_WORDS
        && !rest.iter().any(is_persons)
        && said.iter().any(is_gone)
        && said.iter().any(is_dated)
}

/// Whether a text is nothing but a notice. A question counts as one unless it leads to a substitute ("Is it
/// urgent? Then turn to …").
pub(super) fn is_notice(text: &str, scan: &Scan, asks: bool) -> bool {
    let is_away =
        scan.has(Sign::Away) || scan.has(Sign::AwayAbroad) || AWAY.iter().any(|word| begins_in(text, word));
    let clauses = if is_away { clauses(text) } else { Vec::new() };
    let dated = clauses.iter().any(|(_, clause)| has_until_date(clause));
    if !clauses.iter().all(|(from, clause)| is_known(clause, *from, scan)) {
        return false;
    }
    let leads_on = scan.has(Sign::Substitute) || scan.has(Sign::MailHandling);
    // "Is it urgent?" is asked of nobody.
    let is_about_urgency = |clause: &str| {
        // A clause may begin in front of a number's full stop.
        let sentence = clause.rsplit(". ").next().unwrap_or(clause);
        URGENT.iter().any(|word| begins_in(sentence, word))
    };
    let asks_only_whether = scan.has(Sign::Substitute)
        && clauses
            .iter()
            .filter(|(_, clause)| clause.contains('?'))
            .all(|(_, clause)| is_about_urgency(clause));
    is_away && (dated || leads_on) && (!asks || asks_only_whether)
}

/// Whether a word of the text begins so.
fn begins_in(text: &str, start: &str) -> bool {
    text.match_indices(start)
        .any(|(at, _)| !text.get(..at).is_some_and(|before| before.ends_with(char::is_alphanumeric)))
}

fn is_known(clause: &str, from: usize, scan: &Scan) -> bool {
    /// Greetings and names.
    const WORDS_FEW: usize = 3;
    let to = from + clause.len();
    let says_besides = || BESIDES.iter().any(|word| begins_in(clause, word));
    // Wishes and what is to happen then are talk, unless they are about mail and substitutes.
    const TALK: &[&str] = &["bitte", "please", "dann", "danach", "then", "gern", "passt", "suits", "works"];
    if TALK.iter().any(|word| begins_in(clause, word)) {
        let signs = [Sign::Substitute, Sign::MailHandling];
        let is_said = |sign: &Sign| scan.all(*sign).any(|found| (from..to).contains(&found.at));
        return says_besides() || signs.iter().any(is_said);
    }
    clause.split(' ').filter(|word| word.contains(char::is_alphanumeric)).count() <= WORDS_FEW
        || SIGNS.iter().any(|sign| scan.all(*sign).any(|found| (from..to).contains(&found.at)))
        || has_until_date(clause)
        || AWAY.iter().any(|word| begins_in(clause, word))
        || says_besides()
}

/// The text between stops and commas, and where each begins. Dots in dates end nothing.
fn clauses(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    for word in text.split(' ') {
        let end = at + word.len();
        let ends = word.ends_with(['!', '?', ';', ',', ':'])
            || word.strip_suffix('.').is_some_and(|word| word.ends_with(char::is_alphabetic));
        if ends {
            found.extend(text.get(start..end).map(|clause| (start, clause)));
            start = end + 1;
        }
        at = end + 1;
    }
    found.extend(text.get(start..).filter(|rest| !rest.is_empty()).map(|rest| (start, rest)));
    found
}

/// `bis 30.11.`, `back on monday 30 november`, `until 4/12`: a day close behind such a word.
fn has_until_date(clause: &str) -> bool {
    const WORDS_BETWEEN: usize = 4;
    let words: Vec<&str> = clause.split(' ').collect();
    let is_until = |word: &&str| UNTIL.contains(&word.trim_matches(|c: char| !c.is_alphanumeric()));
    words
        .iter()
        .enumerate()
        .filter(|(_, word)| is_until(word))
        .any(|(at, _)| words.iter().skip(at + 1).take(WORDS_BETWEEN).any(|word| is_day(word)))
}

/// A day of a month, alone or in a date.
pub(super) fn is_day_number(word: &str) -> bool {
    let digits = word.trim_matches(|c: char| !c.is_ascii_digit());
    let first = digits.split(|c: char| !c.is_ascii_digit()).next().unwrap_or("");
    first.parse::<u8>().is_ok_and(|day| (1..=31).contains(&day))
}

fn is_day(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let pieces: Vec<&str> = bare.split(['.', '/', '-']).filter(|piece| !piece.is_empty()).collect();
    let is_number = |piece: &&str| piece.len() <= 4 && piece.bytes().all(|byte| byte.is_ascii_digit());
    let is_date = pieces.len() >= 2 && pieces.iter().all(is_number) && bare.contains(['.', '/', '-']);
    let day = bare.parse::<u8>();
    let is_ordinal = word.ends_with('.') && day.is_ok_and(|day| (1..=31).contains(&day));
    let is_month = MONTHS.iter().any(|month| bare.starts_with(month)) && bare.len() >= 3;
    is_date || is_ordinal || is_month || DAYS.iter().any(|name| bare.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::is_bare;

    #[test]
    fn a_few_words_that_say_only_until_when_are_a_notice() {
        for text in [
            "zurueck am 9.6.",
            "weg bis 3.9.",
            "back on monday 9 june. kim",
            "bin ab dem 4.5. wieder da dr. w. stamm",
        ] {
            assert!(is_bare(text), "{text}");
        }
    }

    #[test]
    fn whoever_speaks_of_a_thing_or_asks_writes_no_notice() {
        for text in [
            "paket zurueck am 9.6.",
            "wann sind sie wieder da?",
            "wieder da am 9.6.?",
            "back to monday please",
            "am 9.6. passt es mir nicht",
            "am 9.6.",
            "urlaub",
        ] {
            assert!(!is_bare(text), "{text}");
        }
    }
}
