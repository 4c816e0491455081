//! Identity numbers of many countries by table: shape, check, layout, and the words that call them by name.
//!
//! A rule is a line in one of the tables; this file reads values against them and knows no country.

mod america;
mod asia;
mod europe;
mod germany;
mod labelled;
mod vat;

use crate::labels::{Context, Label, Labels};
use crate::pieces::{Candidate, Pieces, SYMBOLS_MAX};
use crate::view::{View, is_word};

use super::Finding;
use crate::find::SCORE_MIN;

/// One kind of number.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    /// `9` a digit, `A` a letter, `X` either, a lower-case letter itself.
    pub(super) shape: &'static str,
    pub(super) check: fn(&[u8]) -> bool,
    /// How people write it: lengths of the pieces; empty for none.
    pub(super) layout: &'static [u8],
    /// Score in this layout without a label.
    pub(super) laid_out: f32,
    /// Score in one piece without a label.
    pub(super) plain: f32,
    /// Labels that call it by name.
    pub(super) labels: Labels,
    /// Score with a label, however it is written.
    pub(super) called: f32,
}

/// What most rules are: nothing without a label, nearly sure with one.
pub(super) const RULE: Rule = Rule {
    class: "NATIONAL_ID",
    name: "",
    shape: "",
    check: |_| true,
    layout: &[],
    laid_out: 0.0,
    plain: 0.0,
    labels: IDENTITY,
    called: 0.95,
};

/// Words that may call any identity number.
pub(super) const IDENTITY: Labels = Labels::of(&[Label::NationalId, Label::Tax, Label::SocialDe, Label::Ssn]);

/// The family: one list, one file each.
const TABLES: &[&[Rule]] = &[germany::RULES, europe::RULES, america::RULES, asia::RULES, vat::RULES];

/// Labels that stand for a number of its own kind: what follows them is nothing else.
const FOREIGN: Labels = Labels::of(&[
    Label::Thing,
    Label::Customer,
    Label::Phone,
    Label::Version,
    Label::Card,
    Label::Bank,
    Label::Imei,
    Label::Company,
    Label::Ip,
]);

/// Scores of a shape that another label claims shrink to this share.
const DENIED_SHARE: f32 = 0.5;

/// Identity numbers that begin with the word at `start`.
pub(super) fn find(view: &View<'_>, pieces: &Pieces, out: &mut Vec<Finding>) {
    let start = pieces.start;
    for candidate in pieces.candidates() {
        if candidate.symbols.len() < SYMBOLS_MIN {
            continue;
        }
        let mut context: Option<Context> = None;
        let mut glued = None;
        for rule in rules_for(&candidate) {
            let context = context.get_or_insert_with(|| pieces.context(view, candidate.end));
            let score = score(rule, &candidate, context, view);
            if score < SCORE_MIN || !fits(rule.shape, candidate.symbols) {
                continue;
            }
            if *glued.get_or_insert_with(|| is_glued(view, &candidate)) {
                break;
            }
            if (rule.check)(candidate.symbols) {
                out.push(Finding::new(start, candidate.end, rule.class, score, rule.name));
            }
        }
    }
    labelled::find(view, pieces, out);
}

fn score(rule: &Rule, candidate: &Candidate<'_>, context: &Context, view: &View<'_>) -> f32 {
    if context.calls(rule.labels) {
        return rule.called;
    }
    let shaped = if candidate.is_whole() {
        rule.plain
    } else if candidate.is_laid_out(rule.layout) && candidate.is_even() {
        rule.laid_out
    } else {
        return 0.0;
    };
    let denied = context.nearest.is_some_and(|l| FOREIGN.has(l)) && shaped < SURE;
    let lower = view.slice(candidate.start, candidate.end).iter().any(u8::is_ascii_lowercase);
    shaped * if denied || lower { DENIED_SHARE } else { 1.0 }
}

/// Symbols of an identity number at least.
const SYMBOLS_MIN: usize = 7;

/// From here on a shape is so rigid that no other word next to it weighs against it.
const SURE: f32 = 0.9;

/// Rules whose shape has the length of a candidate, and digits and letters where it has them.
fn rules_for(candidate: &Candidate<'_>) -> impl Iterator<Item = &'static Rule> {
    let (digits, symbols) = (candidate.digits, candidate.symbols);
    let list = if digits & 1 == 1 { &WITH_DIGIT } else { &WITH_LETTER };
    let places =
        list.get(symbols.len()).map_or(&[][..], |(places, count)| places.get(..*count).unwrap_or(&[]));
    places
        .iter()
        .filter(move |place| digits & place.digits == place.digits && digits & place.letters == 0)
        .filter_map(|place| TABLES.get(usize::from(place.table))?.get(usize::from(place.rule)))
}

/// Rules of one length at most.
const SAME_LENGTH_MAX: usize = 48;

/// Where a rule stands, and which symbols of its shape are digits and letters.
#[derive(Clone, Copy)]
struct Place {
    table: u8,
    rule: u8,
    digits: u64,
    letters: u64,
}

type Places = ([Place; SAME_LENGTH_MAX], usize);

static WITH_DIGIT: [Places; SYMBOLS_MAX + 1] = by_length(true);
static WITH_LETTER: [Places; SYMBOLS_MAX + 1] = by_length(false);

const fn by_length(digit: bool) -> [Places; SYMBOLS_MAX + 1] {
    const NOWHERE: Place = Place { table: 0, rule: 0, digits: 0, letters: 0 };
    let mut out = [([NOWHERE; SAME_LENGTH_MAX], 0); SYMBOLS_MAX + 1];
    let mut table = 0;
    while table < TABLES.len() {
        let mut rule = 0;
        while rule < TABLES[table].len() {
            let shape = TABLES[table][rule].shape.as_bytes();
            let begins = match shape[0] {
                b'X' => true,
                first => first.is_ascii_digit() == digit,
            };
            if begins {
                let slot = out[shape.len()].1;
                out[shape.len()].0[slot] = place_of(table, rule, shape);
                out[shape.len()].1 += 1;
            }
            rule += 1;
        }
        table += 1;
    }
    out
}

#[expect(clippy::cast_possible_truncation, reason = "tables and rules are fewer than 256")]
const fn place_of(table: usize, rule: usize, shape: &[u8]) -> Place {
    let mut place = Place { table: table as u8, rule: rule as u8, digits: 0, letters: 0 };
    let mut at = 0;
    while at < shape.len() {
        match shape[at] {
            b'X' => {}
            symbol if symbol.is_ascii_digit() => place.digits |= 1 << at,
            _ => place.letters |= 1 << at,
        }
        at += 1;
    }
    place
}

fn fits(shape: &str, symbols: &[u8]) -> bool {
    shape.len() == symbols.len()
        && shape.bytes().zip(symbols).all(|(wanted, symbol)| match wanted {
            b'9' => symbol.is_ascii_digit(),
            b'A' => symbol.is_ascii_uppercase(),
            b'X' => symbol.is_ascii_alphanumeric(),
            literal => literal.to_ascii_uppercase() == *symbol,
        })
}

/// Whether the value is a part of something longer: a path, a decimal number, a UUID.
fn is_glued(view: &View<'_>, candidate: &Candidate<'_>) -> bool {
    let beyond = candidate.start.checked_sub(2).map_or(0, |p| view.at(p));
    let before = match view.before(candidate.start) {
        b'-' | b'/' | b'.' | b',' => {
            beyond.is_ascii_digit() || (is_word(beyond) && !is_label_end(view, candidate.start))
        }
        b'_' | b'@' | b'%' | b'&' | b'+' | b'\\' => true,
        b':' => beyond.is_ascii_digit(),
        mark => is_word(mark),
    };
    let behind = view.at(candidate.end + 1);
    let after = match view.at(candidate.end) {
        b'-' | b'/' | b'_' | b'\\' => is_word(behind),
        b'.' | b',' | b':' => {
            behind.is_ascii_digit() || (view.at(candidate.end) == b'.' && behind.is_ascii_lowercase())
        }
        b'@' | b'%' => true,
        mark => is_word(mark),
    };
    before || after
}

/// "SSN-123-45-6789", "Nr.123": the word before is letters only and short.
fn is_label_end(view: &View<'_>, start: usize) -> bool {
    let from = (start.saturating_sub(14)..start.saturating_sub(1))
        .rev()
        .find(|p| !view.at(*p).is_ascii_alphabetic());
    let from = from.map_or(start.saturating_sub(14), |p| p + 1);
    let outside = view.before(from);
    start - from > 1 && !is_word(outside) && outside != b'-' && outside != b'.' && outside != b'/'
}
