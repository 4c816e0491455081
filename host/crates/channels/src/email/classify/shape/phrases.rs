//! Finds the set phrases of machines in a mail: folds letters, joins wrapped lines, marks where sentences
//! begin, and looks for all phrases of all families in one pass. Knows no rule.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// The lists: sections that begin with `= name`, a phrase a line.
const LISTS: &[&str] = &[
    include_str!("phrases/absence.txt"),
    include_str!("phrases/advert.txt"),
    include_str!("phrases/bounce.txt"),
    include_str!("phrases/bulk.txt"),
    include_str!("phrases/notice.txt"),
];

/// Section, sign of its phrases.
const SIGNS: &[(&str, Sign)] = &[
    ("away", Sign::Away),
    ("away-abroad", Sign::AwayAbroad),
    ("away-weak", Sign::AwayWeak),
    ("return", Sign::Return),
    ("until", Sign::Until),
    ("substitute", Sign::Substitute),
    ("mail-handling", Sign::MailHandling),
    ("auto-reply", Sign::AutoReply),
    ("machine", Sign::Machine),
    ("received", Sign::Received),
    ("thanks", Sign::Thanks),
    ("promise", Sign::Promise),
    ("soon", Sign::Soon),
    ("notice", Sign::Notice),
    ("receipt", Sign::Receipt),
    ("unsubscribe", Sign::Unsubscribe),
    ("browser", Sign::Browser),
    ("bulk-reason", Sign::BulkReason),
    ("list-footer", Sign::ListFooter),
    ("advert", Sign::Advert),
    ("advert-strong", Sign::AdvertStrong),
    ("advert-topic", Sign::AdvertTopic),
    ("customer", Sign::Customer),
    ("customer-site", Sign::CustomerSite),
    ("undelivered", Sign::Undelivered),
    ("server-reply", Sign::ServerReply),
];

/// The lines of a section of the lists.
fn section(name: &str) -> impl Iterator<Item = &'static str> {
    LISTS.iter().flat_map(move |list| {
        list.lines()
            .skip_while(move |line| line.strip_prefix("= ") != Some(name))
            .skip(1)
            .take_while(|line| !line.starts_with("= "))
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
    })
}

/// How subjects of one kind begin, folded.
static SUBJECTS: LazyLock<HashMap<&'static str, Vec<String>>> = LazyLock::new(|| {
    ["absence", "absence-weak", "bounce", "notice", "received", "program", "program-weak", "receipt"]
        .into_iter()
        .map(|kind| (kind, section(&format!("subject-{kind}")).map(fold_letters).collect()))
        .collect()
});

/// Whether a folded subject begins like those of this kind, a tag (`[desk #12]`) in front or not.
pub(super) fn subject_is(folded: &str, kind: &str) -> bool {
    subject_after(folded, kind).is_some()
}

/// What comes behind the beginning that a folded subject shares with those of this kind.
pub(super) fn subject_after<'a>(folded: &'a str, kind: &str) -> Option<&'a str> {
    let list = SUBJECTS.get(kind)?;
    let behind = |subject: &'a str| {
        list.iter().filter_map(|start| subject.strip_prefix(start.as_str())).min_by_key(|rest| rest.len())
    };
    behind(folded).or_else(|| behind(without_tag(folded)))
}

/// A subject without the tag in front.
pub(super) fn without_tag(subject: &str) -> &str {
    subject
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .map_or(subject, |(_, rest)| rest.trim_start())
}

/// What a phrase is a sign of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// Somebody says of himself that he is away.
    Away,
    /// The same in languages of which no other phrases are known here.
    AwayAbroad,
    /// Words of being away that people also use of parcels and holidays.
    AwayWeak,
    /// When somebody is back.
    Return,
    /// Until when, or from when on: dates also stand in orders.
    Until,
    /// Who answers instead.
    Substitute,
    /// What becomes of the mail meanwhile.
    MailHandling,
    /// A program says that it answers.
    AutoReply,
    /// A program says that it is one.
    Machine,
    /// A request has arrived somewhere.
    Received,
    /// Thanks for writing.
    Thanks,
    /// Somebody will see to it.
    Promise,
    /// It will be soon.
    Soon,
    /// A business tells its customer how things stand.
    Notice,
    /// A mail was read.
    Receipt,
    /// A way out of a distribution list.
    Unsubscribe,
    /// A page that shows the mail better.
    Browser,
    /// Why somebody is on a distribution list.
    BulkReason,
    /// The footer of a discussion list.
    ListFooter,
    /// Advertising and fraud; a customer may say it too.
    Advert,
    /// The same, and hardly any customer says it.
    AdvertStrong,
    /// What they are often about.
    AdvertTopic,
    /// What customers say, and advertising hardly ever.
    Customer,
    /// Whose site it is: customers report faults of it, and salesmen promise to better it.
    CustomerSite,
    /// A mail was not delivered.
    Undelivered,
    /// What mail servers say to each other.
    ServerReply,
}

/// One phrase in a text.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) sign: Sign,
    pub(super) phrase: &'static str,
    /// Byte in the folded text.
    pub(super) at: usize,
}

/// A text and the phrases in it.
#[derive(Clone)]
pub(super) struct Scan {
    pub(super) folded: String,
    found: Vec<Found>,
}

impl Scan {
    /// Looks through a text.
    pub(super) fn of(text: &str) -> Self {
        let Folded { text, starts } = folded(text);
        let mut found: Vec<Found> = Vec::new();
        let hits = FINDER.automaton.iter().flat_map(|automaton| automaton.find_overlapping_iter(&text));
        for hit in hits {
            let Some(&(sign, phrase)) = FINDER.phrases.get(hit.pattern().as_usize()) else { continue };
            let fits = if phrase.starts_with('^') {
                starts.binary_search(&hit.start()).is_ok()
            } else {
                begins_word(&text, hit.start())
            };
            if fits && found.iter().all(|before| before.phrase != phrase) {
                found.push(Found { sign, phrase, at: hit.start() });
            }
        }
        Self { folded: text, found }
    }

    pub(super) fn first(&self, sign: Sign) -> Option<Found> {
        self.all(sign).next()
    }

    pub(super) fn all(&self, sign: Sign) -> impl Iterator<Item = Found> + '_ {
        self.found.iter().filter(move |found| found.sign == sign).copied()
    }

    pub(super) fn has(&self, sign: Sign) -> bool {
        self.first(sign).is_some()
    }

    /// Links to web pages.
    pub(super) fn links(&self) -> impl Iterator<Item = &str> {
        self.folded.split(' ').filter(|word| word.contains("://"))
    }

    /// How many different phrases there are.
    pub(super) fn count(&self, sign: Sign) -> usize {
        self.all(sign).count()
    }
}

/// A phrase that begins inside a Latin word is none; languages without blanks have no such borders.
fn begins_word(text: &str, start: usize) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
    let before = text.get(..start).and_then(|front| front.chars().next_back());
    let first = text.get(start..).and_then(|rest| rest.chars().next());
    !(is_letter(before) && is_letter(first))
}

struct Finder {
    /// The list is fixed, so there is one; a test says so.
    automaton: Option<AhoCorasick>,
    phrases: Vec<(Sign, &'static str)>,
}

static FINDER: LazyLock<Finder> = LazyLock::new(|| {
    let phrases: Vec<(Sign, &'static str)> =
        SIGNS.iter().flat_map(|(name, sign)| section(name).map(|phrase| (*sign, phrase))).collect();
    let patterns = phrases.iter().map(|(_, phrase)| fold_letters(phrase.trim_start_matches('^')));
    Finder { automaton: AhoCorasick::new(patterns).ok(), phrases }
});

/// Lower case, German umlauts as two letters, other accents off, one spelling of "email" and of quotes.
pub(super) fn fold_letters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' => out.push_str("ae"),
            'ö' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ě' => out.push('e'),
            'á' | 'à' | 'â' | 'ã' | 'å' | 'ą' => out.push('a'),
            'í' | 'ì' | 'î' | 'ï' => out.push('i'),
            'ó' | 'ò' | 'ô' | 'õ' | 'ø' => out.push('o'),
            'ú' | 'ù' | 'û' => out.push('u'),
            'ñ' => out.push('n'),
            'ç' => out.push('c'),
            '\u{2018}' | '\u{2019}' | '`' | '´' => out.push('\''),
            '\u{2010}' | '\u{2011}' => out.push('-'),
            '\u{a0}' | '\t' => out.push(' '),
            c => out.push(c),
        }
    }
    if out.contains("e-mail") { out.replace("e-mail", "email") } else { out }
}

/// A text in one line.
struct Folded {
    text: String,
    /// Where sentences begin, ascending.
    starts: Vec<usize>,
}

/// A folded text in one line, its phrases not looked for.
pub(super) fn in_one_line(text: &str) -> String {
    folded(text).text
}

/// Folds the front and the end of a text: machines say there what they are.
fn folded(text: &str) -> Folded {
    const FRONT_CHARS: usize = 6_000;
    const BACK_CHARS: usize = 2_000;
    let front_end = text.char_indices().nth(FRONT_CHARS).map_or(text.len(), |(at, _)| at);
    let (front, rest) = text.split_at(front_end);
    let back_start = rest.char_indices().rev().nth(BACK_CHARS).map_or(0, |(at, _)| at);
    let mut out = Folded { text: String::with_capacity(text.len().min(4 * FRONT_CHARS)), starts: Vec::new() };
    out.add(&fold_letters(front));
    out.add(&fold_letters(rest.get(back_start..).unwrap_or("")));
    out
}

impl Folded {
    fn add(&mut self, text: &str) {
        /// A line that is shorter was ended by its writer, not wrapped.
        const WRAPPED_CHARS_MIN: usize = 50;
        let mut begins = true;
        for line in text.lines() {
            let line = line.trim();
            begins |= line.is_empty();
            for word in line.split(' ').filter(|word| !word.is_empty()) {
                if !self.text.is_empty() {
                    self.text.push(' ');
                }
                // Stars, bullets and quotes stand in front of a sentence, not in it.
                if begins && let Some(at) = word.find(char::is_alphanumeric) {
                    self.starts.push(self.text.len() + at);
                    begins = false;
                }
                self.text.push_str(word);
                begins |= word.ends_with(['.', '!', '?', ':', ';', '。', '！']);
            }
            begins |= line.chars().count() < WRAPPED_CHARS_MIN;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_folded_alike_in_text_and_phrase() {
        assert_eq!(fold_letters("Größe\u{a0}der E\u{2011}Mail’s É"), "groesse der email's e");
    }

    #[test]
    fn sentences_begin_after_stops_short_lines_and_gaps_but_not_after_a_wrap() {
        let starts = |text: &str| {
            let folded = folded(text);
            folded
                .starts
                .iter()
                .map(|at| folded.text[*at..].split(' ').next().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(starts("one two. three\n\n* four (five"), ["one", "three", "four"]);
        let long = "a line that is long enough to have been wrapped by a program";
        assert_eq!(starts(&format!("{long}\ngoes on here")), ["a"]);
    }

    #[test]
    fn every_phrase_is_written_as_it_is_looked_for_and_once() {
        assert!(FINDER.automaton.is_some());
        let mut folded: Vec<String> = FINDER
            .phrases
            .iter()
            .map(|(sign, phrase)| format!("{sign:?} {}", fold_letters(phrase)))
            .collect();
        folded.sort();
        let doubled: Vec<_> =
            folded.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone()).collect();
        assert!(doubled.is_empty(), "{doubled:?}");
        assert!(SIGNS.iter().all(|(name, _)| section(name).count() > 5), "a section is missing");
        assert!(SUBJECTS.values().all(|list| list.len() > 5), "a section of subjects is missing");
        assert!(folded.iter().all(|phrase| phrase.trim() == phrase && !phrase.contains("  ")), "blanks");
    }

    #[test]
    fn phrases_are_found_whole_and_where_they_belong() {
        let scan = Scan::of("Hello.\n\nThis is an automated message. I am out of the office until Monday.");
        assert!(scan.has(Sign::Machine) && scan.has(Sign::Away));
        assert!(!Scan::of("You say this is an automated message, but why?").has(Sign::Machine));
        assert!(!Scan::of("rebetriebsferien").has(Sign::Away), "inside a word");
    }

    #[test]
    fn the_end_of_a_long_text_is_looked_at_too() {
        let text = format!("{}\n\nPlease do not reply to this email.", "word ".repeat(20_000));
        assert!(Scan::of(&text).has(Sign::Machine));
    }
}
