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

/// Words of coming back, folded. No "retour": it is what customers send.
const BACK: &[&str] = &["zurueck", "back", "terug", "tillbaka"];
/// Words of coming back together with the next one only: "wieder" alone is said of whatever happens again.
const BACK_WITH: &[(&str, &[&str])] =
    &[("wieder", &["da", "erreichbar", "im"]), ("again", &["available", "reachable"])];
/// Words of being away. Not of being ill or on holiday: who tells a firm that he is may be one of its own people.
const GONE: &[&str] =
    &["abwesend", "afwezig", "away", "fuera", "gone", "out", "unterwegs", "verreist", "weg"];
const GONE_UNTIL: &[&str] = &["bis", "fino", "hasta", "til", "till", "tot", "until"];

/// The small words around them.
#[rustfmt::skip]
const AROUND: &[&str] = &[
    "ab", "al", "am", "at", "ausser", "be", "ben", "bin", "buero", "de", "dem", "den", "der", "die", "einschliesslich",
    "el", "erst", "from", "haus", "i", "i'll", "i'm", "ich", "ik", "im", "in", "inkl", "of", "office", "on", "op",
    "the", "vanaf", "will", "wir", "sind",
];

/// Months as a notice of few words names them: others begin like names.
#[rustfmt::skip]
const MONTHS_WHOLE: &[&str] = &[
    "januar", "februar", "maerz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november",
    "dezember", "january", "february", "march", "may", "june", "july", "october", "december", "feb", "apr", "aug", "sep",
    "sept", "okt", "oct", "nov", "dez", "dec",
];

/// Whether a folded line says until when somebody is away or when he is back, and nothing besides.
pub(super) fn is_bare(said: &str) -> bool {
    const WORDS_MAX: usize = 8;
    let words: Vec<&str> = said.split(' ').filter(|word| word.contains(char::is_alphanumeric)).collect();
    if said.contains('?') || words.len() > WORDS_MAX {
        return false;
    }
    let bare: Vec<&str> =
        words.iter().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'')).collect();
    let has = |list: &[&str]| bare.iter().any(|word| list.contains(word));
    let pairs = |(first, next): &(&str, &[&str])| {
        bare.windows(2).any(|pair| matches!(pair, [one, two] if one == first && next.contains(two)))
    };
    // "May" is said of other things as well.
    let has_number = bare.iter().any(|word| is_day_number(word) && word.len() <= 2);
    let is_dated = |word: &&str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        is_calendar_date(word) || is_weekday(bare) || has_number && MONTHS_WHOLE.contains(&bare)
    };
    let is_small = |word: &str| {
        [BACK, GONE, GONE_UNTIL, AROUND].iter().any(|list| list.contains(&word))
            || BACK_WITH.iter().any(|(first, next)| *first == word || next.contains(&word))
            || word.len() <= 2 && is_day_number(word)
    };
    let is_told = has(BACK) || BACK_WITH.iter().any(pairs) || has(GONE) && has(GONE_UNTIL);
    is_told
        && words.iter().any(is_dated)
        && words.iter().zip(&bare).all(|(word, bare)| is_small(bare) || is_dated(word))
}

/// Whether a line below a notice is its writer's name, as it was written: each word has a capital.
pub(super) fn is_name(line: &str) -> bool {
    const WORDS_MAX: usize = 4;
    let has_capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
    let ends = line.ends_with(['!', '?', '.', ':']);
    line.split_whitespace().count() <= WORDS_MAX && !ends && line.split_whitespace().all(has_capital)
}

/// `30.11.`, `4/12/26`, `2026-12-04`, `9.`: a day of a year, unlike an amount, an order's or a phone's number.
fn is_calendar_date(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_ascii_digit() && c != '.').trim_start_matches('.');
    let pieces: Vec<&str> = bare.trim_end_matches('.').split(['.', '/', '-']).collect();
    let up_to = |piece: &str, most: u8| {
        piece.len() <= 2 && piece.parse::<u8>().is_ok_and(|number| (1..=most).contains(&number))
    };
    let is_day_of_month =
        |one: &str, two: &str| up_to(one, 31) && up_to(two, 12) || up_to(one, 12) && up_to(two, 31);
    let is_year =
        |piece: &str| matches!(piece.len(), 2 | 4) && piece.bytes().all(|byte| byte.is_ascii_digit());
    match pieces[..] {
        [day] => bare.ends_with('.') && up_to(day, 31),
        [one, two] => is_day_of_month(one, two),
        [year, month, day] if year.len() == 4 => is_year(year) && up_to(month, 12) && up_to(day, 31),
        [one, two, year] => is_day_of_month(one, two) && is_year(year),
        _ => false,
    }
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
    let is_month = MONTHS.iter().any(|month| bare.starts_with(month)) && bare.len() >= 3;
    is_date(word, bare) || is_month || is_weekday(bare)
}

/// `30.11.`, `4/12`, `9.`: a day in numbers.
fn is_date(word: &str, bare: &str) -> bool {
    let pieces: Vec<&str> = bare.split(['.', '/', '-']).filter(|piece| !piece.is_empty()).collect();
    let is_number = |piece: &&str| piece.len() <= 4 && piece.bytes().all(|byte| byte.is_ascii_digit());
    let is_date = pieces.len() >= 2 && pieces.iter().all(is_number) && bare.contains(['.', '/', '-']);
    let day = bare.parse::<u8>();
    let is_ordinal = word.ends_with('.') && day.is_ok_and(|day| (1..=31).contains(&day));
    is_date || is_ordinal
}

fn is_weekday(bare: &str) -> bool {
    DAYS.iter().any(|name| bare.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::{is_bare, is_name};

    #[test]
    fn a_few_words_that_say_only_until_when_are_a_notice() {
        for text in [
            "zurueck am 9.6.",
            "weg bis 3.9.",
            "back on monday 9 june.",
            "bin ab dem 4.5. wieder da",
            "i'm out until friday",
            "away until 2031-06-09",
        ] {
            assert!(is_bare(text), "{text}");
        }
        assert!(is_name("Dr. W. Stamm") && is_name("Kim"));
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
            "am 12.11. wieder doppelt abgebucht!",
            "montag wieder kein paket",
            "off on monday again, no heating",
            "away until 9 june, cancel delivery",
            "im urlaub bis 9.6., lieferung verschieben",
            "krank bis 9.6.",
            "krank vom 3.6. bis 9.6.",
            "urlaub vom 3.8. bis 14.8.",
            "bin am montag wieder zu hause",
            "bin wieder da. martin",
            "i'm back, mark",
            "49.90 zurueck",
            "1234-5678 zurueck",
            "zurueck: 4711-0815",
            "ich bin wieder erreichbar: 0431/5550",
            "i may be back",
        ] {
            assert!(!is_bare(text), "{text}");
        }
        for line in [
            "Stornieren Sie die Bestellung",
            "Kein Paket angekommen",
            "Keep the parcel then",
            "please ring me",
        ] {
            assert!(!is_name(line), "{line}");
        }
    }
}
