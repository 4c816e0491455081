//! What the words around a number say that it is: whole words, words written together or apart, and the
//! ends of German compounds. Knows no numbers.

mod seen;
mod speaker;
mod words;

use crate::view::{View, is_word};
pub(crate) use seen::Seen;
use words::{WEAK, WORDS};

/// What a label says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Label {
    Phone,
    Card,
    SecurityCode,
    Bank,
    Routing,
    SortCode,
    Bic,
    /// A tax identification number, German or other.
    Tax,
    /// The number a German tax office gives.
    TaxNumber,
    Vat,
    SocialDe,
    Ssn,
    Itin,
    NationalId,
    Health,
    Passport,
    IdCard,
    License,
    Plate,
    Vin,
    Imei,
    Mac,
    Ip,
    Crypto,
    Born,
    Username,
    Postal,
    Company,
    Professional,
    Version,
    /// A number that a firm gives to a person.
    Customer,
    /// Something that is numbered and is nobody: an order, an invoice, a parcel.
    Thing,
}

/// Several labels, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Labels(u32);

impl Labels {
    pub(crate) const fn of(labels: &[Label]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < labels.len() {
            bits |= 1 << labels[i] as u8;
            i += 1;
        }
        Self(bits)
    }

    pub(crate) const fn has(self, label: Label) -> bool {
        self.0 & (1 << label as u8) != 0
    }

    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    const fn with(self, label: Label) -> Self {
        Self(self.0 | 1 << label as u8)
    }
}

/// What stands around a value.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Context {
    /// The nearest label before it.
    pub(crate) nearest: Option<Label>,
    /// All labels before it, in reach.
    pub(crate) before: Labels,
    /// All labels behind it, in reach.
    pub(crate) behind: Labels,
}

impl Context {
    /// Looks around a value.
    pub(crate) fn around(view: &View<'_>, start: usize, end: usize) -> Self {
        Self::before(view, start).and_behind(view, end)
    }

    /// The same with the words behind a value.
    pub(crate) fn and_behind(mut self, view: &View<'_>, end: usize) -> Self {
        if view.at(end) == b' ' && is_number_at(view, end + 1) {
            return self;
        }
        self.behind = view.seen.behind(end, || Words::behind(view, end).labels(view));
        self
    }

    /// Looks before a value only.
    pub(crate) fn before(view: &View<'_>, start: usize) -> Self {
        if view.before(start) == b' ' && is_number_before(view, start - 1) {
            return Self::default();
        }
        view.seen.before(start, || Self::read_before(view, start))
    }

    fn read_before(view: &View<'_>, start: usize) -> Self {
        let mut out = Self::default();
        let start = match speaker::asked(view, start) {
            speaker::Asked::No => start,
            speaker::Asked::Question(end) => end,
            speaker::Asked::Nothing => return out,
        };
        if view.before(start) == b'#' {
            out.nearest = Some(Label::Thing);
        }
        let words = Words::before(view, start);
        let mut weak = None;
        let mut index = 0;
        while index < words.count {
            let Some((label, found)) = words.label(view, index) else {
                index += 1;
                continue;
            };
            out.before = out.before.with(label);
            if found.weak {
                weak = weak.or(Some(label));
            } else if out.nearest.is_none() {
                out.nearest = Some(label);
            }
            index += found.words;
        }
        out.nearest = out.nearest.or(weak);
        out
    }

    /// Whether one of these labels is the nearest, or none is and one of these stands behind.
    pub(crate) fn calls(&self, labels: Labels) -> bool {
        match self.nearest {
            Some(label) => labels.has(label),
            None => labels.meets(self.behind),
        }
    }
}

/// Whether a word is a label of its own.
fn is_label(view: &View<'_>, start: usize, end: usize) -> bool {
    look_up((start..end).rev().fold(HASH_START, |hash, at| hashed(hash, lower(view, at)))).is_some()
}

/// Whether the word at a place is a number: no label is looked for beyond one.
fn is_number_at(view: &View<'_>, start: usize) -> bool {
    let mut at = start;
    while view.at(at).is_ascii_digit() {
        at += 1;
    }
    at > start && !is_word(view.at(at))
}

/// Whether the word that ends at a place is a number.
fn is_number_before(view: &View<'_>, end: usize) -> bool {
    let mut at = end;
    while view.before(at).is_ascii_digit() {
        at -= 1;
    }
    at < end && !is_word(view.before(at))
}

/// The nearest label before a place. A number between ends the search: a label belongs to the first number
/// after it.
pub(crate) fn label_before(view: &View<'_>, place: usize) -> Option<Label> {
    Context::before(view, place).nearest
}

/// How far a label may stand from its value, before and behind.
const REACH_BYTES: usize = 64;
const REACH_BEHIND_BYTES: usize = 40;
/// How many words away a label may stand.
const REACH_WORDS: usize = 6;
/// Words that one label may have.
const LABEL_WORDS_MAX: usize = 4;
/// Longest word that is looked at.
const WORD_BYTES_MAX: usize = 40;

/// Words near a value, the nearest first when before it, the first first when behind it.
struct Words {
    spans: [(usize, usize); REACH_WORDS + LABEL_WORDS_MAX],
    count: usize,
}

struct LabelFound {
    words: usize,
    weak: bool,
}

impl Words {
    fn before(view: &View<'_>, place: usize) -> Self {
        let mut out = Self { spans: Default::default(), count: 0 };
        let limit = place.saturating_sub(REACH_BYTES);
        let mut at = place;
        while out.count < REACH_WORDS {
            while at > limit && !is_word(view.before(at)) {
                if ends_reach(view, at) {
                    return out;
                }
                at -= 1;
            }
            let end = at;
            while at > limit && is_word(view.before(at)) {
                at -= 1;
            }
            if !out.push(view, at, end) || (at <= limit && is_word(view.before(at))) {
                return out;
            }
        }
        out
    }

    /// Words behind lie in the order of reading; labels of several words are read from their last word, as
    /// before.
    fn behind(view: &View<'_>, place: usize) -> Self {
        let mut out = Self { spans: Default::default(), count: 0 };
        let limit = (place + REACH_BEHIND_BYTES).min(view.len());
        let mut at = place;
        while out.count < REACH_WORDS {
            while at < limit && !is_word(view.at(at)) {
                if matches!(view.at(at), b'\n' | b'.' | b'!' | b'?' | b';' | b',') {
                    return out.reversed();
                }
                at += 1;
            }
            let start = at;
            while at < limit && is_word(view.at(at)) {
                at += 1;
            }
            // A colon makes it the label of what comes next.
            if matches!(view.at(at), b':' | b'=') || !out.push(view, start, at) {
                return out.reversed();
            }
        }
        out.reversed()
    }

    fn reversed(mut self) -> Self {
        if let Some(used) = self.spans.get_mut(..self.count) {
            used.reverse();
        }
        self
    }

    /// Takes a word; false if it is none, or a number.
    fn push(&mut self, view: &View<'_>, start: usize, end: usize) -> bool {
        let word = view.slice(start, end);
        let number = word.iter().filter(|b| b.is_ascii_digit()).count() * 2 > word.len();
        let fits = !word.is_empty() && word.len() <= WORD_BYTES_MAX && !number;
        if fits && let Some(slot) = self.spans.get_mut(self.count) {
            *slot = (start, end);
            self.count += 1;
        }
        fits
    }

    /// The labels of all words.
    fn labels(&self, view: &View<'_>) -> Labels {
        let found = (0..self.count).filter_map(|index| self.label(view, index));
        found.fold(Labels::default(), |all, (label, _)| all.with(label))
    }

    /// The label that ends with word `index`: the longest one, then a compound's end.
    fn label(&self, view: &View<'_>, index: usize) -> Option<(Label, LabelFound)> {
        let mut best = None;
        let mut hash = HASH_START;
        let mut next_start = usize::MAX;
        for (count, (start, end)) in
            self.spans.get(index..self.count)?.iter().copied().take(LABEL_WORDS_MAX).enumerate()
        {
            if count > 0 && next_start.saturating_sub(end) > JOINT_BYTES_MAX {
                break;
            }
            let mut at = end;
            while at > start {
                at -= 1;
                hash = hashed(hash, lower(view, at));
                if at > start
                    && count == 0
                    && end - at >= COMPOUND_BYTES_MIN
                    && let Some(entry) = look_up(hash).filter(|e| e.compound)
                {
                    best = Some((entry.label, LabelFound { words: 1, weak: false }));
                }
            }
            if let Some(entry) = look_up(hash) {
                best = Some((entry.label, LabelFound { words: count + 1, weak: entry.weak }));
            }
            next_start = start;
        }
        best
    }
}

/// Shortest end of a compound.
const COMPOUND_BYTES_MIN: usize = 4;
/// Marks between two words of one label at most.
const JOINT_BYTES_MAX: usize = 3;

/// The byte of a word in lower case; umlauts too.
fn lower(view: &View<'_>, at: usize) -> u8 {
    match view.at(at) {
        byte @ 0x80..=0x9E if view.before(at) == 0xC3 => byte + 0x20,
        byte => byte.to_ascii_lowercase(),
    }
}

/// An empty line, or the end of a sentence that is not an abbreviation's dot, lies between.
fn ends_reach(view: &View<'_>, at: usize) -> bool {
    match view.before(at) {
        b'\n' => !matches!(before_break(view, at), b':' | b'=' | b'|'),
        b'!' | b'?' | b';' => true,
        b'.' => is_sentence_end(view, at),
        _ => false,
    }
}

/// A dot behind a long word and before a capital: "…bezahlt. Die Nummer".
fn is_sentence_end(view: &View<'_>, at: usize) -> bool {
    let word = view.slice(at.saturating_sub(7), at - 1);
    // "Patientennr. P-48213": a number follows, no sentence.
    let numbers = word.get(4..).is_some_and(|end| end.eq_ignore_ascii_case(b"nr"));
    !numbers
        && view.at(at) == b' '
        && view.at(at + 1).is_ascii_uppercase()
        && word.len() == 6
        && word.iter().all(|b| is_word(*b))
}

/// The last mark before a line break that is no white space.
fn before_break(view: &View<'_>, at: usize) -> u8 {
    let line = view.slice(at.saturating_sub(8), at);
    line.iter().rev().copied().find(|b| !b.is_ascii_whitespace() && *b != b'>').unwrap_or(0)
}

#[derive(Clone, Copy)]
struct Entry {
    hash: u32,
    label: Label,
    compound: bool,
    weak: bool,
}

/// Slots of the table; about a quarter is used.
const SLOTS: usize = 4096;
const HASH_START: u32 = 0x811C_9DC5;

const fn hashed(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

/// Mixes the high bits in: the low ones of this hash alone crowd.
const fn slot_of(hash: u32) -> usize {
    ((hash ^ (hash >> 15)) as usize) % SLOTS
}

fn look_up(hash: u32) -> Option<Entry> {
    let mut slot = slot_of(hash);
    loop {
        let entry = (*TABLE.get(slot)?)?;
        if entry.hash == hash {
            return Some(entry);
        }
        slot = (slot + 1) % SLOTS;
    }
}

/// All words by the hash of their bytes from the last to the first. Made when the plugin is built.
static TABLE: [Option<Entry>; SLOTS] = table();

const fn table() -> [Option<Entry>; SLOTS] {
    let mut table = [None; SLOTS];
    let mut group = 0;
    while group < WORDS.len() {
        let (label, words) = WORDS[group];
        let bytes = words.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            while at < bytes.len() && bytes[at] == b' ' {
                at += 1;
            }
            let compound = at < bytes.len() && bytes[at] == b'*';
            let start = if compound { at + 1 } else { at };
            let mut end = start;
            while end < bytes.len() && bytes[end] != b' ' {
                end += 1;
            }
            if end > start {
                let hash = hash_back(bytes, start, end);
                let weak = is_weak(bytes, start, end);
                insert(&mut table, Entry { hash, label, compound, weak });
            }
            at = end;
        }
        group += 1;
    }
    table
}

const fn insert(table: &mut [Option<Entry>; SLOTS], entry: Entry) {
    let mut slot = slot_of(entry.hash);
    while let Some(other) = table[slot] {
        // The first that is written wins: "fin" is a Singaporean's number before it is a car's.
        if other.hash == entry.hash {
            return;
        }
        slot = (slot + 1) % SLOTS;
    }
    table[slot] = Some(entry);
}

const fn hash_back(bytes: &[u8], start: usize, end: usize) -> u32 {
    let mut hash = HASH_START;
    let mut at = end;
    while at > start {
        at -= 1;
        hash = hashed(hash, bytes[at].to_ascii_lowercase());
    }
    hash
}

const fn is_weak(bytes: &[u8], start: usize, end: usize) -> bool {
    let mut i = 0;
    while i < WEAK.len() {
        let weak = WEAK[i].as_bytes();
        let mut same = weak.len() == end - start;
        let mut at = 0;
        while same && at < weak.len() {
            same = weak[at] == bytes[start + at];
            at += 1;
        }
        if same {
            return true;
        }
        i += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(text: &str) -> Option<Label> {
        label_before(&View::new(text), text.len())
    }

    #[test]
    fn the_nearest_label_wins_over_words_that_say_nothing() {
        assert_eq!(label("Tel.-Nr.: "), Some(Label::Phone));
        assert_eq!(label("Meine Handynummer ist die "), Some(Label::Phone));
        assert_eq!(label("order number: "), Some(Label::Thing));
        assert_eq!(label("Zur Bestellung bitte zurückrufen unter "), Some(Label::Phone));
        assert_eq!(label("Kreditkarte: "), Some(Label::Card));
        assert_eq!(label("Steuer-ID "), Some(Label::Tax));
        assert_eq!(label("Kartenprüfnummer lautet "), Some(Label::SecurityCode));
        assert_eq!(label("security code: "), Some(Label::SecurityCode));
        assert_eq!(label("Ihre ID "), Some(Label::Thing));
        assert_eq!(label("#"), Some(Label::Thing));
    }

    #[test]
    fn words_written_apart_are_one_label() {
        assert_eq!(label("her date of birth is "), Some(Label::Born));
        assert_eq!(label("driver's license: "), Some(Label::License));
        assert_eq!(label("Social Security Number "), Some(Label::Ssn));
        assert_eq!(label("credit card number "), Some(Label::Card));
        assert_eq!(label("national insurance no. "), Some(Label::NationalId));
        assert_eq!(label("bank_account_number="), Some(Label::Bank));
        assert_eq!(label("patient no. "), Some(Label::Health));
        assert_eq!(label("policy number: "), Some(Label::Health));
        assert_eq!(label("our return policy: "), Some(Label::Thing));
    }

    #[test]
    fn compounds_and_capitals_with_umlauts_are_known() {
        assert_eq!(label("Firmenkontonummer "), Some(Label::Bank));
        assert_eq!(label("FÜHRERSCHEIN "), Some(Label::License));
        assert_eq!(label("Diensthandy "), Some(Label::Phone));
        assert_eq!(label("Versicherten-Nr.: "), Some(Label::Health));
        assert_eq!(label("Rentenversicherungsnummer "), Some(Label::SocialDe));
    }

    #[test]
    fn a_dot_behind_an_abbreviation_ends_no_sentence() {
        let before = |text: &str| label_before(&View::new(text), text.find("P-4").unwrap());
        assert_eq!(before("Patientennr. P-48213"), Some(Label::Health));
        assert_eq!(before("Das ist meine Krankenkasse. P-48213"), None);
    }

    #[test]
    fn a_label_belongs_to_the_first_number_after_it() {
        assert_eq!(label("Bestellnummer 4711, "), None);
    }

    #[test]
    fn labels_are_whole_words_not_parts_of_others() {
        assert_eq!(label("der Teller kostet "), None);
        assert_eq!(label("discard "), None);
        assert_eq!(label("duplicate public "), None);
        assert_eq!(label("Hallo "), None);
    }

    #[test]
    fn a_label_on_the_line_before_counts_when_it_ends_with_a_colon() {
        assert_eq!(label("Telefon:\n"), Some(Label::Phone));
        assert_eq!(label("Bitte anrufen!\n\n"), None);
    }

    #[test]
    fn a_label_may_follow_its_value() {
        let text = "078-05-1120 is my SSN";
        let context = Context::around(&View::new(text), 0, 11);
        assert!(context.calls(Labels::of(&[Label::Ssn])));
        let other = Context::around(&View::new("1234 SSN: 5"), 0, 4);
        assert!(!other.calls(Labels::of(&[Label::Ssn])));
    }
}
