//! Phone numbers: international, with a trunk zero, North American, or called one by a label.

use super::card::is_spelled_on;
use crate::labels::{Label, label_before};
use crate::run::{Group, Run, gap};
use crate::view::{CURRENCY, View, is_word};

/// Digits of an international number at most (E.164), and of one with a trunk zero.
const INTERNATIONAL_DIGITS_MAX: usize = 15;
const NATIONAL_DIGITS_MAX: usize = 13;

/// How a number begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plus,
    DoubleZero,
    TrunkZero,
    Other,
}

/// A phone number that begins with group `first`: its span, how many groups it takes, and its score.
pub(crate) fn phone_at(view: &View<'_>, run: &Run, first: usize) -> Option<(usize, usize, usize, f32)> {
    let begin = run.group(first)?;
    if is_spelled_on(run, first) || !may_begin(view, begin, first) {
        return None;
    }
    let kind = kind_of(view, begin);
    let groups = extent(view, run, first, kind);
    let last = groups.last().copied()?;
    let end = extension_end(view, last.end);
    if is_word(view.at(end)) || is_amount(view, end) {
        return None;
    }
    let score = score(view, groups, kind)?;
    let start = opening(view, begin, last.end);
    Some((start, end, groups.len(), score))
}

/// Digits of an extension at most.
const EXTENSION_DIGITS_MAX: usize = 6;

/// The end of an extension behind a number: "x34908", "ext. 12".
fn extension_end(view: &View<'_>, end: usize) -> usize {
    let near = view.at(end + usize::from(view.at(end) == b' '));
    let head = [b"x".as_slice(), b" x", b" ext. ", b" ext ", b" ext.", b" Ext. "]
        .into_iter()
        .filter(|_| matches!(near, b'x' | b'e' | b'E'))
        .find(|h| view.slice(end, end + h.len()) == *h);
    let Some(start) = head.map(|h| end + h.len()) else { return end };
    let stop =
        (start..=start + EXTENSION_DIGITS_MAX).find(|at| !view.at(*at).is_ascii_digit()).unwrap_or(start);
    if stop > start { stop } else { end }
}

/// A number begins a word, and is no later part of a date, price or version.
fn may_begin(view: &View<'_>, begin: Group, first: usize) -> bool {
    if first > 0 {
        return begin.gap & (gap::SPACE | gap::LINE | gap::PAREN) != 0 && begin.gap & gap::DOT == 0;
    }
    let beyond = begin.start.checked_sub(2).map_or(0, |p| view.at(p));
    match view.before(begin.start) {
        b'.' | b',' | b':' => !beyond.is_ascii_digit(),
        b'-' | b'/' | b'_' => !is_word(beyond),
        mark => !is_word(mark),
    }
}

fn kind_of(view: &View<'_>, begin: Group) -> Kind {
    let plus = view.before(begin.start) == b'+'
        || (view.before(begin.start) == b'(' && begin.start > 1 && view.at(begin.start - 2) == b'+');
    match (plus, view.at(begin.start), view.at(begin.start + 1)) {
        (true, _, _) => Kind::Plus,
        (_, b'0', b'0') => Kind::DoubleZero,
        (_, b'0', _) => Kind::TrunkZero,
        _ => Kind::Other,
    }
}

/// The groups that belong to the number.
fn extent<'r>(view: &View<'_>, run: &'r Run, first: usize, kind: Kind) -> &'r [Group] {
    let max = if kind == Kind::TrunkZero { NATIONAL_DIGITS_MAX } else { INTERNATIONAL_DIGITS_MAX + 2 };
    let mut digits = 0;
    let mut end = first;
    for (index, group) in run.groups.iter().enumerate().skip(first) {
        let ends =
            index > first && (ends_number(view, run, index, digits, kind) || digits + group.len() > max);
        if ends {
            break;
        }
        digits += group.len();
        end = index + 1;
    }
    run.groups.get(first..end).unwrap_or_default()
}

/// Whether group `index` is something else that merely follows: another number, a date, a time, a price.
fn ends_number(view: &View<'_>, run: &Run, index: usize, digits: usize, kind: Kind) -> bool {
    let Some(group) = run.group(index) else { return true };
    // "(212)" at the end of a line and the rest on the next.
    let bracketed = group.gap & gap::PAREN != 0 && digits <= 4;
    let wraps = group.gap & gap::LINE != 0
        && (digits > 7 || (kind == Kind::Other && !bracketed) || group.gap & gap::DOT != 0);
    let another = digits >= 9
        && group.len() >= 3
        && view.at(group.start) == b'0'
        && group.gap & (gap::HYPHEN | gap::SLASH) == 0;
    let dotted = |i: usize| run.group(i).is_some_and(|g| g.gap == gap::DOT);
    let date = !dotted(index) && dotted(index + 1) && dotted(index + 2);
    let time_or_price = matches!(view.at(group.end), b':' | b',') && view.at(group.end + 1).is_ascii_digit();
    wraps || another || date || (time_or_price && digits >= 7) || (is_amount(view, group.end) && digits >= 7)
}

fn score(view: &View<'_>, groups: &[Group], kind: Kind) -> Option<f32> {
    let digits: usize = groups.iter().map(|g| g.len()).sum();
    let start = groups.first()?.start;
    let label =
        label_before(view, start - usize::from(view.before(start) == b'+' || view.before(start) == b'('));
    let called = label == Some(Label::Phone);
    let other_name = label.is_some() && !called;
    match kind {
        Kind::Plus => {
            ((8..=INTERNATIONAL_DIGITS_MAX + 1).contains(&digits) && view.at(start) != b'0').then_some(0.95)
        }
        _ if is_date(view, groups) => None,
        Kind::DoubleZero => {
            let fits = (10..=INTERNATIONAL_DIGITS_MAX + 2).contains(&digits) && view.at(start + 2) != b'0';
            (fits && !other_name).then_some(if called { 0.95 } else { 0.8 })
        }
        _ if called => {
            ((6..=INTERNATIONAL_DIGITS_MAX).contains(&digits) && has_phone_marks(groups)).then_some(0.9)
        }
        _ if other_name => None,
        Kind::TrunkZero => trunk_score(view, groups, digits),
        Kind::Other => is_north_american(view, groups).then_some(0.75),
    }
}

/// With a trunk zero and no label: mobile numbers in one piece; else an area code set apart.
fn trunk_score(view: &View<'_>, groups: &[Group], digits: usize) -> Option<f32> {
    let first = groups.first()?;
    // Spelled out digit by digit.
    if groups.len() >= 10 && groups.iter().all(|g| g.len() == 1) {
        return Some(0.7);
    }
    let head = view.slice(first.start, first.start + 3);
    let mobile = matches!(head, b"015" | b"016" | b"017") && (11..=12).contains(&digits);
    if let [_] = groups {
        let plausible = (10..=12).contains(&digits) && !matches!(view.at(first.start + 1), b'0' | b'1');
        return if mobile { Some(0.85) } else { plausible.then_some(0.55) };
    }
    let dots = groups.iter().skip(1).filter(|g| g.gap == gap::DOT).count();
    let area_apart = (2..=6).contains(&first.len()) && (8..=NATIONAL_DIGITS_MAX).contains(&digits);
    let all_dots_of_a_version =
        dots > 0 && dots + 1 == groups.len() && first.len() < 3 && groups.len() < 4 && digits < 10;
    (area_apart && !all_dots_of_a_version).then_some(if mobile { 0.9 } else { 0.8 })
}

/// `(555) 123-4567`, `555-123-4567`, `555.123.4567`, with or without a leading 1.
fn is_north_american(view: &View<'_>, groups: &[Group]) -> bool {
    let groups = match groups {
        [one, rest @ ..] if one.len() == 1 && view.at(one.start) == b'1' => rest,
        all => all,
    };
    let [area, exchange, line] = groups else { return false };
    let shape = (area.len(), exchange.len(), line.len()) == (3, 3, 4);
    let begins = |g: &Group| (b'2'..=b'9').contains(&view.at(g.start));
    let bracketed = exchange.gap & gap::PAREN != 0 && line.gap & (gap::HYPHEN | gap::DOT | gap::SPACE) != 0;
    let joined = exchange.gap == line.gap && matches!(line.gap, gap::HYPHEN | gap::DOT);
    shape && begins(area) && begins(exchange) && (bracketed || joined)
}

/// Day, month and year (or the other way round) with equal marks between.
fn is_date(view: &View<'_>, groups: &[Group]) -> bool {
    let [a, b, c, ..] = groups else { return false };
    let value = |g: &Group| {
        view.slice(g.start, g.end)
            .iter()
            .fold(0_u32, |n, d| n.saturating_mul(10).saturating_add(u32::from(d - b'0')))
    };
    let calendar =
        (1..=31).contains(&value(a)) && (1..=31).contains(&value(b)) && value(a).min(value(b)) <= 12;
    let year = c.len() == 2 || (c.len() == 4 && (1900..=2099).contains(&value(c)));
    let whole =
        groups.len() == 3 || groups.get(3).is_some_and(|d| d.gap & gap::DOT == 0 && b.gap & gap::SPACE == 0);
    a.len() <= 2 && b.len() <= 2 && calendar && year && b.gap == c.gap && whole
}

/// A label alone does not make a price or a version a phone number.
fn has_phone_marks(groups: &[Group]) -> bool {
    let dots = groups.iter().filter(|g| g.gap & gap::DOT != 0).count();
    dots == 0 || groups.first().is_some_and(|g| g.len() >= 3) || groups.len() >= 4
}

/// A decimal part, a currency or a unit follows: it was an amount.
fn is_amount(view: &View<'_>, end: usize) -> bool {
    let decimal = view.at(end) == b',' && view.at(end + 1).is_ascii_digit();
    let place = end + usize::from(view.at(end) == b' ');
    let unit = match view.at(place) {
        CURRENCY | b'$' | b'%' => true,
        b'E' | b'U' | b'C' => matches!(view.slice(place, place + 3), b"EUR" | b"USD" | b"CHF"),
        b'k' | b'G' | b'M' => matches!(view.slice(place, place + 2), b"kg" | b"km" | b"GB" | b"MB"),
        _ => false,
    };
    decimal || unit
}

/// Where the number begins for the eye: with its plus and its bracket.
fn opening(view: &View<'_>, begin: Group, end: usize) -> usize {
    let mut start = begin.start;
    if view.before(start) == b'(' && view.slice(start, end).contains(&b')') {
        start -= 1;
    }
    if view.before(start) == b'+' {
        start -= 1;
    }
    if view.before(start) == b'('
        && view.slice(start, end).contains(&b')')
        && !view.slice(start, end).contains(&b'(')
    {
        start -= 1;
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(text: &str) -> Option<String> {
        let view = View::new(text);
        let mut at = 0;
        while at < view.len() {
            if view.at(at).is_ascii_digit() {
                let run = Run::read(&view, at);
                for first in 0..run.groups.len() {
                    if let Some((start, end, _, score)) = phone_at(&view, &run, first)
                        && score >= 0.5
                    {
                        return Some(text[start..end].to_owned());
                    }
                }
                at = run.end;
            }
            at += 1;
        }
        None
    }

    #[test]
    fn german_and_international_shapes_are_known_whole() {
        for number in [
            "+49 171 2345678",
            "+49 (0) 171 / 234 56 78",
            "+49-30-12345678",
            "+491712345678",
            "0049 171 2345678",
            "0171/2345678",
            "0171 2345678",
            "01712345678",
            "030 12345678",
            "030/123456-78",
            "(030) 123456",
            "089-1234567",
            "06251 / 9876-0",
            "+1 (555) 123-4567",
            "+44 20 7946 0958",
            "020 7946 0958",
            "06 12 34 56 78",
            "079 123 45 67",
            "0664 1234567",
            "(555) 234-5678",
            "555-234-5678",
            "+43 1 5880000",
            "(+49) 171 2345678",
        ] {
            assert_eq!(phone(&format!("Ich bin unter {number} da")).as_deref(), Some(number), "{number}");
        }
    }

    #[test]
    fn a_label_makes_a_bare_number_a_phone_number() {
        assert_eq!(phone("Tel.: 2345678").as_deref(), Some("2345678"));
        assert_eq!(phone("call me on 234 5678").as_deref(), Some("234 5678"));
        assert_eq!(phone("Telefon:\n49 171 2345678").as_deref(), Some("49 171 2345678"));
    }

    #[test]
    fn what_is_numbered_is_no_phone_number() {
        for text in [
            "Bestellnummer 0301234567",
            "order number: 0171 2345678",
            "am 01.02.2024 um 10",
            "seit 01/02/2024",
            "Version 0.12.345.6789",
            "0,99 EUR",
            "1.234.567,89 EUR",
            "Rechnung 2024-00012345",
            "PLZ 04109",
            "um 08:00-12:30 Uhr",
            "2024-05-12 14:30:00",
            "1700000000",
            "12345678901",
            "ISBN 978-3-16-148410-0",
            "#0123456789",
            "Artikel 0815-4711-99",
            "01 02 2024",
            "550e8400-e29b-41d4-a716-446655440000",
            "0.5",
        ] {
            assert_eq!(phone(text), None, "{text}");
        }
    }

    #[test]
    fn what_follows_a_number_is_not_part_of_it() {
        assert_eq!(phone("0171 2345678 12.05.2024").as_deref(), Some("0171 2345678"));
        assert_eq!(phone("030 12345678\n030 87654321").as_deref(), Some("030 12345678"));
        assert_eq!(phone("0171 2345678 14:30").as_deref(), Some("0171 2345678"));
    }
}
