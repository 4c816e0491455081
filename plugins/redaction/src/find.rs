//! One pass over a text: what stands out (a digit, an @, a mark, the head of a label) wakes the recognisers
//! for it; then it is decided which findings stand.
//!
//! Each recogniser looks at a bounded stretch around, so the time is linear in the length of the text.

use crate::classes::is_blocker;
use crate::memo::{Look, Memo};
use crate::names::Known;
use crate::placeholders::placeholders;
use crate::plain::Plain;
use crate::recognisers::bic::{bic_near, labelled_bic_at};
use crate::recognisers::card::{card_at, code_behind, named_code};
use crate::recognisers::email::{email_at, spelled_email_at, worded_email_at};
use crate::recognisers::iban::iban_at;
use crate::recognisers::ip::ipv4_at;
use crate::recognisers::phone::phone_at;
use crate::recognisers::{Reading, on_mark, on_word};
use crate::run::Run;
use crate::settings::Settings;
use crate::view::{View, is_word};

/// A span of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found<'s> {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Class such as `IBAN`.
    pub class: &'s str,
    /// 0 to 1.
    pub score: f32,
    /// The rule's name.
    pub rule: &'s str,
}

impl<'s> Found<'s> {
    pub(crate) fn new(start: usize, end: usize, class: &'s str, score: f32, rule: &'s str) -> Self {
        Self { start, end, class, score, rule }
    }

    /// What decides between two findings of one place: a secret or an address may hold other data, and is
    /// better masked whole.
    fn rank(&self) -> f32 {
        let whole = self.score >= WHOLE_SCORE_MIN && matches!(self.class, "SECRET" | "ADDRESS");
        self.score + if whole { WHOLE_BONUS } else { 0.0 }
    }
}

/// Scores below this are not worth carrying, whatever the threshold.
pub(crate) const SCORE_MIN: f32 = 0.3;
const WHOLE_SCORE_MIN: f32 = 0.8;
const WHOLE_BONUS: f32 = 0.1;

/// Finds personal data in a text: in order, without overlaps, never inside a placeholder. What it leaves, it leaves in
/// the text with placeholders as well.
#[must_use]
pub fn find<'s>(text: &str, known: &Known, settings: &'s Settings) -> Vec<Found<'s>> {
    let found = read(text, known, settings);
    crate::again::until_quiet(text, found, |masked| read(masked, known, settings))
}

/// One reading.
fn read<'s>(text: &str, known: &Known, settings: &'s Settings) -> Vec<Found<'s>> {
    let view = View::new(text);
    let mut found: Vec<Found<'s>> = Scan::all(&view, known, Reading::First);
    disguised(&view, known, &mut found);
    for (start, end, score) in known.names(&view) {
        found.push(Found::new(start, end, "PERSON", score, "person.known"));
    }
    if settings.wants("PERSON") {
        let names = crate::persons::names(&view);
        found
            .extend(names.into_iter().map(|(s, e, score)| Found::new(s, e, "PERSON", score, "person.model")));
    }
    crate::optional::find(&view, settings, &mut found);
    settings.custom_in(&view, &mut found);
    found.retain(|f| f.score >= SCORE_MIN && (settings.wants(f.class) || is_blocker(f.class)));
    let mut found = settle(found, &view);
    found.retain(|f| f.score >= settings.threshold_of(f.class) && settings.wants(f.class));
    for f in &mut found {
        (f.start, f.end) = view.original(f.start, f.end);
    }
    found
}

/// What a second reading without disguises finds: only what is sure enough, and nothing that needs no disguise.
fn disguised(view: &View<'_>, known: &Known, out: &mut Vec<Found<'_>>) {
    let Some(plain) = Plain::read(view) else { return };
    let again = View::new(&plain.text);
    for found in Scan::all(&again, known, Reading::Second) {
        let (start, end) = again.original(found.start, found.end);
        let Some((start, end)) = plain.place(start, end) else { continue };
        // Marks between digits are no proof of a phone number; digits in words are.
        let spoken = view.slice(start, end).iter().filter(|b| b.is_ascii_lowercase()).count() > 6;
        let least = if found.class == "PHONE" && !spoken { PHONE_SCORE_MIN } else { DISGUISED_SCORE_MIN };
        if found.score >= least && DISGUISED.contains(&found.class) {
            out.push(Found { start, end, ..found });
        }
    }
}

/// Classes that people disguise, and how sure a finding among them must be.
const DISGUISED: &[&str] = &[
    "EMAIL",
    "PHONE",
    "IBAN",
    "CREDIT_CARD",
    "BANK_ACCOUNT",
    "DE_TAX_ID",
    "DE_SSN",
    "US_SSN",
    "NATIONAL_ID",
    "HEALTH_ID",
    "IP_ADDRESS",
];
const DISGUISED_SCORE_MIN: f32 = 0.7;
const PHONE_SCORE_MIN: f32 = 0.85;

struct Scan<'a> {
    view: &'a View<'a>,
    known: &'a Known,
    out: Vec<Found<'static>>,
    /// Up to here, words with digits have been asked about.
    word_end: usize,
    memo: Memo,
    reading: Reading,
}

impl<'a> Scan<'a> {
    /// All that the rules propose in a text.
    fn all(view: &'a View<'a>, known: &'a Known, reading: Reading) -> Vec<Found<'static>> {
        let mut scan = Self { view, known, out: Vec::new(), word_end: 0, memo: Memo::default(), reading };
        scan.pass();
        scan.out
    }

    fn pass(&mut self) {
        let mut at = 0;
        let bytes = self.view.bytes();
        while let Some(step) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| wakes(*b) != SLEEPS))
        {
            at += step;
            at = match wakes(self.view.at(at)) {
                AT_WORD if is_word(self.view.before(at)) => at + 1,
                AT_WORD => self.look(at).max(at + 1),
                _ => self.look_again(at),
            };
        }
    }

    /// Looks at one place, or remembers what a look at one like it did.
    fn look_again(&mut self, at: usize) -> usize {
        let asked = self.word_end.saturating_sub(at);
        if let Some((away, seen)) = self.memo.recall(self.view, at, asked) {
            let from = self.out.len();
            for index in seen.from..seen.to {
                if let Some(found) = self.out.get(index).copied() {
                    self.out.push(Found { start: found.start + away, end: found.end + away, ..found });
                }
            }
            self.word_end = self.word_end.max(at + seen.asked_then);
            self.memo.renew(self.view, at, Look { from, to: self.out.len(), ..seen });
            return at + seen.next;
        }
        let from = self.out.len();
        let next = self.look(at).max(at + 1);
        let asked_then = self.word_end.saturating_sub(at);
        let look = Look { asked, asked_then, next: next - at, from, to: self.out.len() };
        self.memo.keep(self.view, at, look, self.out.get(from..).unwrap_or_default());
        next
    }

    /// Looks at one place; answers where to go on.
    fn look(&mut self, at: usize) -> usize {
        match self.view.at(at) {
            b'0'..=b'9' => self.digit(at),
            b'@' => self.sign(at),
            b'(' | b'[' | b'{' => spelled_email_at(self.view, at)
                .map_or(at, |(start, end, score)| self.add(start, end, "EMAIL", score, "email.spelled")),
            b':' | b'=' | b'-' | b'.' | b'_' => on_mark(self.view, at, &mut self.out),
            _ if is_word(self.view.before(at)) => at,
            b'd' | b'D' => self.worded(at),
            b'b' | b'B' | b's' | b'S' => {
                if let Some((start, end)) = labelled_bic_at(self.view, at) {
                    self.add(start, end, "BIC", 0.95, "bic.label");
                }
                on_mark(self.view, at, &mut self.out)
            }
            _ => {
                self.worded(at);
                on_mark(self.view, at, &mut self.out)
            }
        }
    }

    /// "ana at example dot org": the word for the dot stands at `at`.
    fn worded(&mut self, at: usize) -> usize {
        worded_email_at(self.view, at)
            .map_or(at, |(start, end, score)| self.add(start, end, "EMAIL", score, "email.worded"))
    }

    fn sign(&mut self, at: usize) -> usize {
        if let Some((start, end)) = self.known.address_at(self.view, at) {
            return self.add(start, end, "EMAIL", 1.0, "email.known");
        }
        email_at(self.view, at)
            .map_or(at, |(start, end, score)| self.add(start, end, "EMAIL", score, "email.shape"))
    }

    fn digit(&mut self, at: usize) -> usize {
        let run = Run::read(self.view, at);
        self.words(at, run.end);
        if let Some((start, end, score)) = iban_at(self.view, at) {
            if let Some((from, to)) = bic_near(self.view, (start, end)) {
                self.add(from, to, "BIC", 0.85, "bic.beside_iban");
            }
            let rule = if score < 1.0 { "iban.shape" } else { "iban.check" };
            return self.add(start, end, "IBAN", score, rule);
        }
        if let Some((start, end, score)) = ipv4_at(self.view, at) {
            return self.add(start, end, "IP_ADDRESS", score, "ip.v4");
        }
        self.run(&run);
        run.end
    }

    /// Asks about each word with a digit between two places.
    fn words(&mut self, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            if !self.view.at(at).is_ascii_digit() || at < self.word_end {
                at += 1;
                continue;
            }
            let mut start = at;
            while start > self.word_end && is_word(self.view.before(start)) {
                start -= 1;
            }
            self.word_end = at;
            while is_word(self.view.at(self.word_end)) {
                self.word_end += 1;
            }
            on_word(self.view, start, self.reading, &mut self.out);
            at = self.word_end;
        }
    }

    /// Cuts a run of digit groups into numbers, the surest rule first.
    fn run(&mut self, run: &Run) {
        let mut first = 0;
        while let Some(group) = run.group(first) {
            first += self.number(run, first, group.start).max(1);
        }
    }

    /// Groups that were taken as a number from group `first` on.
    fn number(&mut self, run: &Run, first: usize, start: usize) -> usize {
        let end_of = |taken: usize| run.group(first + taken - 1).map_or(start, |g| g.end);
        if let Some((taken, score)) = card_at(self.view, run, first) {
            let end = end_of(taken);
            self.add(start, end, "CREDIT_CARD", score, "card.check");
            if let Some((from, to)) = code_behind(self.view, end).filter(|_| score >= 0.5) {
                self.add(from, to, "CARD_SECURITY_CODE", 0.8, "card.code_behind");
            }
            return taken;
        }
        if let Some((from, to)) = named_code(self.view, run, first) {
            self.add(from, to, "CARD_SECURITY_CODE", 0.95, "card.code_label");
            return 1;
        }
        if let Some((from, to, taken, score)) = phone_at(self.view, run, first) {
            self.add(from, to, "PHONE", score, "phone.shape");
            return taken;
        }
        0
    }

    /// Notes a finding; answers its end.
    fn add(
        &mut self,
        start: usize,
        end: usize,
        class: &'static str,
        score: f32,
        rule: &'static str,
    ) -> usize {
        self.out.push(Found { start, end, class, score, rule });
        end
    }
}

/// Bytes that wake a recogniser: digits, marks, and the first letters of words that announce something (BIC,
/// SWIFT, dot, Punkt, PIN, Passwort, Kennwort, Geheimzahl, Zugangscode).
static WAKES: [u8; 256] = {
    let mut table = [SLEEPS; 256];
    let mut byte = 0_usize;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let b = byte as u8;
        table[byte] = match b.to_ascii_lowercase() {
            b'0'..=b'9' | b'@' | b'(' | b'[' | b'{' | b':' | b'=' | b'-' | b'.' | b'_' => ANYWHERE,
            b'b' | b's' | b'd' | b'p' | b'k' | b'g' | b'z' => AT_WORD,
            _ => SLEEPS,
        };
        byte += 1;
    }
    table
};

const SLEEPS: u8 = 0;
/// Wakes at the beginning of a word only.
const AT_WORD: u8 = 1;
const ANYWHERE: u8 = 2;

fn wakes(byte: u8) -> u8 {
    WAKES.get(usize::from(byte)).copied().unwrap_or(SLEEPS)
}

/// In order and without overlaps: the surest first, the longer one of equals, and what overlaps it goes.
/// Placeholders are left alone.
fn settle<'s>(mut found: Vec<Found<'s>>, view: &View<'_>) -> Vec<Found<'s>> {
    let standing = placeholders(view);
    found.sort_by(|a, b| {
        let (long, short) = (a.end - a.start, b.end - b.start);
        b.rank()
            .total_cmp(&a.rank())
            .then(short.cmp(&long))
            .then(a.start.cmp(&b.start))
            .then(a.class.cmp(b.class))
    });
    let mut taken: std::collections::BTreeMap<usize, Found<'s>> = std::collections::BTreeMap::new();
    for f in found {
        let place = standing.partition_point(|p| p.1 <= f.start);
        let in_placeholder = standing.get(place).is_some_and(|p| p.0 < f.end);
        let overlaps = taken.range(..f.end).next_back().is_some_and(|(_, other)| f.start < other.end);
        if !in_placeholder && !overlaps {
            taken.insert(f.start, f);
        }
    }
    taken.into_values().collect()
}
