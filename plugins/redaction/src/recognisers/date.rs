//! Dates, and which of them are somebody's birth.

use crate::checks::is_day;
use crate::labels::{Context, Label, Labels};
use crate::persons::lists::{self, COMMON, FIRST, LAST, Lists, ORGANISATION, PLACE, TITLE};
use crate::view::{View, is_word};

use super::Finding;

const BORN: Labels = Labels::of(&[Label::Born]);

/// Months as people write them, by their first letters; longer words must be one of the full names.
const MONTHS: &[&[&str]] = &[
    &["january", "januar", "jänner", "jan"],
    &["february", "februar", "feber", "feb", "febr"],
    &["march", "märz", "maerz", "mar", "mär", "mrz"],
    &["april", "apr"],
    &["may", "mai"],
    &["june", "juni", "jun"],
    &["july", "juli", "jul"],
    &["august", "aug"],
    &["september", "sept", "sep"],
    &["october", "oktober", "oct", "okt"],
    &["november", "nov"],
    &["december", "dezember", "dec", "dez"],
];

/// A date whose first digit, or whose first digit behind the month's name, stands at `digit`.
pub(super) fn find(view: &View<'_>, digit: usize, out: &mut Vec<Finding>) {
    if !view.at(digit).is_ascii_digit() || is_word(view.before(digit)) {
        return;
    }
    let Some((start, end)) =
        numeric(view, digit).or_else(|| day_first(view, digit)).or_else(|| month_first(view, digit))
    else {
        return born_in_one_piece(view, digit, out);
    };
    let context = Context::around(view, start, end);
    let near = context.nearest == Some(Label::Born) || context.before.meets(BORN);
    let behind = context.nearest.is_none() && context.behind.meets(BORN);
    let starred =
        view.before(start) == b'*' || (view.before(start) == b' ' && start > 1 && view.at(start - 2) == b'*');
    if near || behind || starred {
        out.push(Finding::new(start, end, "DOB", 0.95, "date.birth"));
    } else if is_field_of_person(view, start, end) {
        out.push(Finding::new(start, end, "DOB", 0.6, "date.field"));
    } else if !matches!(context.nearest, Some(Label::Thing | Label::Version))
        && is_behind_name(view, start, end)
    {
        out.push(Finding::new(start, end, "DOB", 0.7, "date.name"));
    } else {
        out.push(Finding::new(start, end, "DATE", 0.7, "date.shape"));
    }
}

/// Bytes of a line of fields on either side of a date that are looked at.
const LINE_BYTES: usize = 160;
/// Years that people who write to somebody were born in.
const BIRTH_YEARS: std::ops::RangeInclusive<u32> = 1925..=2009;

/// "Ana Muster,Ahornweg 3,ana@example.org,1985-03-12": a field of its own beside an address, long ago.
fn is_field_of_person(view: &View<'_>, start: usize, end: usize) -> bool {
    let separator = |byte: u8| matches!(byte, b',' | b';' | b'|' | b'\t');
    let line_end = |byte: u8| matches!(byte, 0 | b'\n' | b'\r');
    let (before, behind) = (view.before(start), view.at(end));
    let alone = (separator(before) && (separator(behind) || line_end(behind)))
        || (line_end(before) && separator(behind));
    if !alone || !year_of(view.slice(start, end)).is_some_and(|year| BIRTH_YEARS.contains(&year)) {
        return false;
    }
    let head = view.slice(start.saturating_sub(LINE_BYTES), start).iter().rev();
    let tail = view.slice(end, (end + LINE_BYTES).min(view.len())).iter();
    let in_line = |byte: &&u8| !line_end(**byte);
    let fields: Vec<u8> = head.take_while(in_line).chain(tail.take_while(in_line)).copied().collect();
    fields.contains(&b'@') && fields.iter().filter(|b| separator(**b)).count() >= 2
}

/// "geb. 03041961", "DOB 19610403": eight digits that are a day only because a word of birth stands before them.
fn born_in_one_piece(view: &View<'_>, start: usize, out: &mut Vec<Finding>) {
    let end = start + 8;
    let digits = view.slice(start, end);
    let whole = digits.len() == 8 && digits.iter().all(u8::is_ascii_digit) && !is_word(view.at(end));
    if !whole || view.before(start) == b'+' {
        return;
    }
    let number = |from: usize, to: usize| {
        let figures = digits.get(from..to).unwrap_or_default();
        figures.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
    };
    let (first, second, year) = (number(0, 2), number(2, 4), number(4, 8));
    let day_first = is_year(year, 4) && (is_day(first, second) || is_day(second, first));
    let year_first = is_year(number(0, 4), 4) && is_day(number(6, 8), number(4, 6));
    if (day_first || year_first) && Context::before(view, start).nearest == Some(Label::Born) {
        out.push(Finding::new(start, end, "DOB", 0.9, "date.birth"));
    }
}

/// Bytes of one part of a name, and marks between a name and what follows, at most.
const NAME_BYTES_MAX: usize = 32;
const MARKS_MAX: usize = 2;

/// "Müller, Hans, 03.04.1961", "Hans Müller (03.04.1961)": a date long ago right behind a first and a family name.
fn is_behind_name(view: &View<'_>, start: usize, end: usize) -> bool {
    if !year_of(view.slice(start, end)).is_some_and(|year| BIRTH_YEARS.contains(&year)) {
        return false;
    }
    let Some((second, at)) = name_before(view, start) else { return false };
    let Some((first, _)) = name_before(view, at) else { return false };
    // One of the two may be in no list.
    let fits = |name: Lists| name.any(FIRST | LAST) || name == Lists::NONE;
    (first.any(FIRST) && fits(second)) || (second.any(FIRST) && fits(first))
}

/// The lists of the word with a capital that stands before a place, and where it begins; none if it is no name.
fn name_before(view: &View<'_>, place: usize) -> Option<(Lists, usize)> {
    let mut end = place;
    while place - end < MARKS_MAX && matches!(view.before(end), b' ' | b',' | b';' | b'(') {
        end -= 1;
    }
    let mut start = end;
    while end - start < NAME_BYTES_MAX && (is_word(view.before(start)) || view.before(start) == b'-') {
        start -= 1;
    }
    let word = std::str::from_utf8(view.slice(start, end)).ok()?;
    let capital = end < place && word.chars().next().is_some_and(char::is_uppercase);
    if !capital || word.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let lower = word.to_lowercase();
    let found = lists::of(lower.as_bytes(), lists::hash(lower.as_bytes()), true, lower.contains('-'));
    (!found.any(COMMON | PLACE | ORGANISATION | TITLE)).then_some((found, start))
}

/// The year of a date: its group of four digits.
fn year_of(date: &[u8]) -> Option<u32> {
    let group = date.split(|b| !b.is_ascii_digit()).find(|g| g.len() == 4)?;
    std::str::from_utf8(group).ok()?.parse().ok()
}

/// The digits at a place: their number and the end.
fn figures(view: &View<'_>, start: usize) -> (u32, usize) {
    let mut at = start;
    let mut number = 0_u32;
    while view.at(at).is_ascii_digit() && at - start < 5 {
        number = number * 10 + u32::from(view.at(at) - b'0');
        at += 1;
    }
    (number, at)
}

fn is_year(number: u32, digits: usize) -> bool {
    (digits == 4 && (1880..=2100).contains(&number)) || digits == 2
}

/// `12.03.1985`, `12. 3. 85`, `1985-03-12`, `03/12/1985`.
fn numeric(view: &View<'_>, start: usize) -> Option<(usize, usize)> {
    if matches!(view.before(start), b'.' | b'-' | b'/' | b',' | b':')
        && view.at(start.saturating_sub(2)).is_ascii_digit()
    {
        return None;
    }
    let (first, first_end) = figures(view, start);
    let mark = view.at(first_end);
    if !matches!(mark, b'.' | b'-' | b'/') {
        return None;
    }
    let second_at = first_end + 1 + usize::from(mark == b'.' && view.at(first_end + 1) == b' ');
    let (second, second_end) = figures(view, second_at);
    if view.at(second_end) != mark {
        return None;
    }
    let third_at = second_end + 1 + usize::from(mark == b'.' && view.at(second_end + 1) == b' ');
    let (third, end) = figures(view, third_at);
    let lengths = (first_end - start, second_end - second_at, end - third_at);
    let fits = match lengths {
        (4, 1..=2, 1..=2) => is_year(first, 4) && is_day(third, second),
        (1..=2, 1..=2, 2 | 4) => {
            is_year(third, lengths.2) && (is_day(first, second) || is_day(second, first))
        }
        _ => false,
    };
    let goes_on = is_word(view.at(end)) && view.at(end) != b'T'
        || (matches!(view.at(end), b'-' | b'/' | b'.') && view.at(end + 1).is_ascii_digit());
    (fits && !goes_on).then_some((start, end))
}

/// `12. März 1985`, `12th of March 1985`, `12-Mar-1985`.
fn day_first(view: &View<'_>, start: usize) -> Option<(usize, usize)> {
    let (day, mut at) = figures(view, start);
    if at - start > 2 {
        return None;
    }
    for ending in [b"st".as_slice(), b"nd", b"rd", b"th", b"."] {
        if view.slice(at, at + ending.len()).eq_ignore_ascii_case(ending) {
            at += ending.len();
            break;
        }
    }
    while matches!(view.at(at), b' ' | b'-') {
        at += 1;
    }
    if view.slice(at, at + 3).eq_ignore_ascii_case(b"of ") {
        at += 3;
    }
    let (month, mut at) = month(view, at)?;
    while matches!(view.at(at), b' ' | b'-' | b',' | b'.') {
        at += 1;
    }
    let (year, end) = figures(view, at);
    (end - at == 4 && is_year(year, 4) && is_day(day, month) && !is_word(view.at(end)))
        .then_some((start, end))
}

/// `March 12, 1985`: the day stands at `digit`.
fn month_first(view: &View<'_>, digit: usize) -> Option<(usize, usize)> {
    let (day, mut at) = figures(view, digit);
    let name_end = digit.checked_sub(1).filter(|p| view.at(*p) == b' ')?;
    let name_end = name_end - usize::from(view.before(name_end) == b'.');
    let mut start = name_end;
    while is_word(view.before(start)) && name_end - start < 10 {
        start -= 1;
    }
    let (number, end) = month(view, start)?;
    if end != name_end || at - digit > 2 || !is_day(day, number) {
        return None;
    }
    for ending in [b"st".as_slice(), b"nd", b"rd", b"th"] {
        if view.slice(at, at + 2).eq_ignore_ascii_case(ending) {
            at += 2;
        }
    }
    while matches!(view.at(at), b' ' | b',') {
        at += 1;
    }
    let (year, end) = figures(view, at);
    (end - at == 4 && is_year(year, 4) && !is_word(view.at(end))).then_some((start, end))
}

/// The month whose name begins at a place, and the name's end.
fn month(view: &View<'_>, start: usize) -> Option<(u32, usize)> {
    if !matches!(view.at(start) | 0x20, b'j' | b'f' | b'm' | b'a' | b's' | b'o' | b'n' | b'd') {
        return None;
    }
    let mut end = start;
    while is_word(view.at(end)) && end - start < 11 {
        end += 1;
    }
    let word = view.slice(start, end);
    let place =
        MONTHS.iter().position(|names| names.iter().any(|n| n.as_bytes().eq_ignore_ascii_case(word)))?;
    Some((u32::try_from(place).ok()? + 1, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Option<(String, &'static str)> {
        let view = View::new(text);
        let mut out = Vec::new();
        for at in 0..view.len() {
            if view.at(at).is_ascii_digit() && !view.before(at).is_ascii_digit() {
                find(&view, at, &mut out);
            }
        }
        out.first().map(|f| (text[f.start..f.end].to_owned(), f.class))
    }

    #[test]
    fn dates_of_birth_have_a_word_for_it_beside_them() {
        for (text, value) in [
            ("geb. 12.03.1985 in Bonn", "12.03.1985"),
            ("Geburtsdatum: 1.1.70", "1.1.70"),
            ("I was born on March 12, 1985.", "March 12, 1985"),
            ("DOB 1985-03-12", "1985-03-12"),
            ("date of birth: 03/12/1985", "03/12/1985"),
            ("geboren am 12. März 1985", "12. März 1985"),
            ("born 12th of March 1985", "12th of March 1985"),
            ("12.03.1985 ist mein Geburtstag", "12.03.1985"),
            ("Ana Muster (*12.03.1985)", "12.03.1985"),
            ("dob: 12-Mar-1985", "12-Mar-1985"),
            ("Ana Muster,Ahornweg 3,ana@example.org,1985-03-12", "1985-03-12"),
            ("Müller, Hans, 03.04.1961", "03.04.1961"),
            ("Hans Zorvanek (03.04.1961)", "03.04.1961"),
            ("geb. 03041961", "03041961"),
            ("Geburtsdatum: 19610403", "19610403"),
            ("geb. am 3. April 1961", "3. April 1961"),
            ("DOB 04/03/1961", "04/03/1961"),
            ("born on April 3, 1961", "April 3, 1961"),
        ] {
            assert_eq!(date(text), Some((value.to_owned(), "DOB")), "{text}");
        }
    }

    #[test]
    fn late_dates_and_lines_of_nobody_hold_no_birth() {
        for text in [
            "7;ana@example.org;12.03.2024;offen",
            "7;Pumpe;12.03.1985;offen",
            "Müller, Hans, 03.04.2024",
            "Rechnung Hans Müller, 03.04.2005",
            "Hans, Berlin, 03.04.1961",
            "Hans Müller schrieb am 03.04.1999",
        ] {
            assert_eq!(date(text).map(|d| d.1), Some("DATE"), "{text}");
        }
    }

    #[test]
    fn other_dates_are_only_dates_and_other_numbers_none() {
        assert_eq!(date("bestellt am 12.03.2024"), Some(("12.03.2024".to_owned(), "DATE")));
        for text in [
            "Version 1.2.3.4",
            "31.02.2024",
            "12.50",
            "10-20-30-40",
            "99/99/9999",
            "3 March",
            "Tel. 03041961",
            "geb. 99999999",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
