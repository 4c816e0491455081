//! Values that only a word beside them makes known: any country's passport, licence, account or health
//! number, as long as it looks like a number at all.

use crate::labels::Label;
use crate::pieces::Pieces;
use crate::view::{View, is_word};

use super::Finding;

/// What follows a label.
struct Called {
    label: Label,
    class: &'static str,
    /// Symbols, at least and at most; digits at least.
    symbols: (usize, usize),
    digits_min: usize,
    score: f32,
}

const fn called(
    label: Label,
    class: &'static str,
    symbols: (usize, usize),
    digits_min: usize,
    score: f32,
) -> Called {
    Called { label, class, symbols, digits_min, score }
}

const CALLED: &[Called] = &[
    called(Label::Bank, "BANK_ACCOUNT", (5, 18), 5, 0.7),
    called(Label::SortCode, "BANK_ACCOUNT", (6, 11), 6, 0.75),
    called(Label::Routing, "BANK_ACCOUNT", (8, 10), 8, 0.7),
    called(Label::Passport, "PASSPORT", (6, 12), 4, 0.7),
    called(Label::IdCard, "ID_CARD", (6, 14), 3, 0.7),
    called(Label::License, "DRIVER_LICENSE", (5, 20), 3, 0.65),
    called(Label::Health, "HEALTH_ID", (6, 18), 5, 0.7),
    called(Label::NationalId, "NATIONAL_ID", (6, 20), 5, 0.65),
    called(Label::Tax, "NATIONAL_ID", (8, 14), 7, 0.6),
    called(Label::Itin, "US_ITIN", (9, 9), 9, 0.7),
    called(Label::Vat, "VAT_ID", (8, 15), 7, 0.65),
    called(Label::TaxNumber, "DE_TAX_NUMBER", (9, 13), 9, 0.75),
    called(Label::SocialDe, "DE_SSN", (9, 14), 8, 0.65),
    called(Label::Ssn, "US_SSN", (9, 11), 9, 0.65),
    called(Label::Vin, "VIN", (11, 17), 5, 0.7),
    called(Label::Imei, "IMEI", (14, 17), 14, 0.75),
    called(Label::Crypto, "CRYPTO", (25, 110), 3, 0.7),
    called(Label::Company, "COMPANY_REG", (3, 14), 3, 0.6),
    called(Label::Professional, "PROFESSIONAL_ID", (5, 14), 5, 0.6),
    called(Label::Customer, "REFERENCE", (3, 24), 3, 0.6),
    called(Label::Thing, "REFERENCE", (4, 30), 3, 0.55),
    called(Label::Postal, "POSTAL_CODE", (4, 8), 1, 0.6),
];

/// Bytes of one value at most.
const VALUE_BYTES_MAX: usize = 120;
/// A longer group behind a blank is another value.
const GROUP_BYTES_MAX: usize = 5;

/// What the label before the word at `start` makes of it.
pub(super) fn find(view: &View<'_>, pieces: &Pieces, out: &mut Vec<Finding>) {
    let start = pieces.start;
    if is_word(view.before(start)) || matches!(view.before(start), b'-' | b'.' | b'/' | b',') {
        return;
    }
    let Some(label) = pieces.before(view).nearest else { return };
    for called in CALLED.iter().filter(|c| c.label == label) {
        let Some(end) = value_end(view, start, called.symbols.1) else { continue };
        let symbols = view.slice(start, end).iter().filter(|b| b.is_ascii_alphanumeric());
        let digits = view.slice(start, end).iter().filter(|b| b.is_ascii_digit()).count();
        if (called.symbols.0..=called.symbols.1).contains(&symbols.count())
            && digits >= called.digits_min
            && (label == Label::SortCode || !is_date_or_amount(view, start, end))
        {
            out.push(Finding::new(start, end, called.class, called.score, "label.value"));
        }
    }
}

/// The end of the value: a token with its inner marks, and further short groups behind single blanks.
fn value_end(view: &View<'_>, start: usize, symbols_max: usize) -> Option<usize> {
    let mut end = token_end(view, start)?;
    loop {
        let symbols = view.slice(start, end).iter().filter(|b| b.is_ascii_alphanumeric()).count();
        if view.at(end) != b' ' || !view.at(end + 1).is_ascii_alphanumeric() {
            return Some(end);
        }
        let next = token_end(view, end + 1)?;
        let group = view.slice(end + 1, next);
        let numeric = group.iter().all(u8::is_ascii_digit);
        let capitals = group.len() <= 4
            && group.iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
            && (group.iter().any(u8::is_ascii_digit) || group.len() == 1);
        if group.len() > GROUP_BYTES_MAX || !(numeric || capitals) || symbols + group.len() > symbols_max {
            return Some(end);
        }
        end = next;
    }
}

fn token_end(view: &View<'_>, start: usize) -> Option<usize> {
    let mut at = start;
    while at - start < VALUE_BYTES_MAX {
        let inner = matches!(view.at(at), b'-' | b'/' | b'.')
            && view.at(at + 1).is_ascii_alphanumeric()
            && at > start;
        if !view.at(at).is_ascii_alphanumeric() && !inner {
            break;
        }
        at += 1;
    }
    (at > start && !is_word(view.at(at)) && view.at(at) != b'@').then_some(at)
}

/// "12.03.2020", "2024-05-01", "1.500,00", "50 EUR", "14:30".
fn is_date_or_amount(view: &View<'_>, start: usize, end: usize) -> bool {
    let text = view.slice(start, end);
    let mut parts = text.split(|b| matches!(b, b'.' | b'-' | b'/'));
    let lengths =
        (parts.next().map(<[u8]>::len), parts.next().map(<[u8]>::len), parts.next().map(<[u8]>::len));
    let numeric = text.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'/'));
    let date = numeric
        && parts.next().is_none()
        && matches!(lengths, (Some(1 | 2), Some(1 | 2), Some(2 | 4)) | (Some(4), Some(1 | 2), Some(1 | 2)));
    let year_pair = numeric && matches!(lengths, (Some(1 | 2), Some(4), None));
    let decimal = matches!(view.at(end), b',' | b':') && view.at(end + 1).is_ascii_digit();
    let unit = view.at(end) == b'%'
        || (view.at(end) == b' ' && matches!(view.at(end + 1), b'%' | b'$' | crate::view::CURRENCY));
    date || year_pair
        || decimal
        || unit
        || view.slice(end, end + 4) == b" EUR"
        || view.before(start) == b'$'
        || view.before(start) == crate::view::CURRENCY
}
