//! Card numbers and the security codes near them.

use crate::checks::luhn;
use crate::labels::{Label, label_before};
use crate::run::{Run, gap};
use crate::view::{View, is_word};

/// How far behind a card its security code is looked for.
const CODE_REACH_BYTES: usize = 48;

/// A card number that begins with group `first`: how many groups it takes, and its score.
pub(crate) fn card_at(view: &View<'_>, run: &Run, first: usize) -> Option<(usize, f32)> {
    let begin = run.group(first)?;
    if first == 0 && is_word(view.before(begin.start)) {
        return None;
    }
    if is_spelled_on(run, first) {
        return None;
    }
    let mut label = None;
    let mut digits = [0_u8; DIGITS_MAX];
    let mut total = 0;
    let mut best: Option<(usize, f32)> = None;
    for (index, group) in run.groups.iter().enumerate().skip(first) {
        if index > first
            && (group.gap & (gap::PAREN | gap::SLASH) != 0 || (group.len() < 2) != (begin.len() < 2))
        {
            break;
        }
        let Some(slots) = digits.get_mut(total..total + group.len()) else { break };
        for (slot, byte) in slots.iter_mut().zip(view.slice(group.start, group.end)) {
            *slot = byte - b'0';
        }
        total += group.len();
        if total < DIGITS_MIN || is_word(view.at(group.end)) {
            continue;
        }
        let number = digits.get(..total).unwrap_or_default();
        if !issuer_knows(number) {
            continue;
        }
        let label = *label.get_or_insert_with(|| label_before(view, begin.start));
        let score = score(number, is_usual(run, first, index + 1), label);
        if score > best.map_or(0.0, |b| b.1) {
            best = Some((index + 1 - first, score));
        }
    }
    best
}

/// Digits of a card number at least and at most.
const DIGITS_MIN: usize = 12;
const DIGITS_MAX: usize = 19;

/// Whether group `first` is a later digit of a number that is spelled out digit by digit.
pub(crate) fn is_spelled_on(run: &Run, first: usize) -> bool {
    let single = |index: usize| run.group(index).is_some_and(|g| g.len() == 1);
    single(first) && first.checked_sub(1).is_some_and(single)
}

/// Four by four, 4-6-5, 4-6-4, or in one piece: how people and printers write card numbers.
fn is_usual(run: &Run, from: usize, to: usize) -> bool {
    let groups = run.groups.get(from..to).unwrap_or_default();
    match groups {
        [_] => true,
        [a, b, c] if (a.len(), b.len()) == (4, 6) => matches!(c.len(), 4 | 5),
        // Spelled out.
        all if all.iter().all(|g| g.len() == 1) => true,
        [rest @ .., last] => rest.iter().all(|g| g.len() == 4) && last.len() <= 4,
        [] => false,
    }
}

fn score(digits: &[u8], usual: bool, label: Option<Label>) -> f32 {
    let named = matches!(label, Some(Label::Card | Label::SecurityCode));
    let thing = matches!(label, Some(Label::Thing));
    if !named && is_rare(digits) {
        return 0.0;
    }
    match (luhn(digits), named, usual) {
        (true, true, _) => 1.0,
        // Product codes have 13 digits and often begin with 4: one in ten passes the check.
        (true, false, _) if digits.len() < 14 => 0.0,
        (true, false, true) if !thing => 0.95,
        (true, false, true) => 0.55,
        (true, false, false) => 0.4,
        // A typing error in something called a card does not make it harmless.
        (false, true, true) => 0.6,
        (false, _, _) => 0.0,
    }
}

/// Whether some issuer gives out numbers with this beginning and this length.
fn issuer_knows(digits: &[u8]) -> bool {
    let head = |count: usize| digits.iter().take(count).fold(0_u32, |n, d| n * 10 + u32::from(*d));
    let length = digits.len();
    match (head(1), head(2), head(4)) {
        (4, _, _) => matches!(length, 13 | 16 | 19),
        (_, 34 | 37, _) => length == 15,
        (_, 51..=55, _) | (_, _, 2221..=2720) => length == 16,
        (_, 36 | 38 | 39, _) => (14..=19).contains(&length),
        (_, 30, _) => length == 14 || length == 16,
        (_, 35, _) | (_, 62 | 64 | 65 | 60, _) => (16..=19).contains(&length),
        (_, 50 | 56..=58 | 63 | 67, _) => (12..=19).contains(&length),
        (_, _, 1800 | 2131) => length == 15,
        _ => false,
    }
}

/// Old numbers of JCB, and Maestro's of unusual lengths: without a name, other numbers look the same.
fn is_rare(digits: &[u8]) -> bool {
    matches!(digits, [1 | 2, ..]) && digits.len() == 15
        || matches!(digits, [5 | 6, ..]) && matches!(digits.len(), 12..=15 | 17)
}

/// A security code that group `index` is: it stands alone, has three or four digits and its name before it.
pub(crate) fn named_code(view: &View<'_>, run: &Run, index: usize) -> Option<(usize, usize)> {
    let group = run.group(index)?;
    let alone = (3..=4).contains(&group.len()) && stands_alone(view, group.start, group.end);
    (alone && label_before(view, group.start) == Some(Label::SecurityCode))
        .then_some((group.start, group.end))
}

/// A security code without a name behind a card: `…, 12/27, 123`. Only marks, the expiry date and words
/// such as "exp" may stand between.
pub(crate) fn code_behind(view: &View<'_>, card_end: usize) -> Option<(usize, usize)> {
    let limit = (card_end + CODE_REACH_BYTES).min(view.len());
    let mut at = card_end;
    let mut seen_expiry = false;
    while at < limit {
        match view.at(at) {
            b'0'..=b'9' => {
                let (start, end) = (at, digits_end(view, at));
                if !seen_expiry && let Some(after) = expiry_end(view, start) {
                    seen_expiry = true;
                    at = after;
                    continue;
                }
                let is_code =
                    seen_expiry && (3..=4).contains(&(end - start)) && stands_alone(view, start, end);
                return is_code.then_some((start, end));
            }
            byte if is_word(byte) => {
                let end = (at..limit).find(|i| !is_word(view.at(*i))).unwrap_or(limit);
                if !is_filler(&view.slice(at, end).to_ascii_lowercase()) {
                    return None;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    None
}

fn digits_end(view: &View<'_>, start: usize) -> usize {
    (start..=view.len()).find(|i| !view.at(*i).is_ascii_digit()).unwrap_or(start)
}

/// The end of `12/27` or `12/2027` at a place.
fn expiry_end(view: &View<'_>, start: usize) -> Option<usize> {
    let month_end = digits_end(view, start);
    let month =
        view.slice(start, month_end).iter().fold(0_u32, |n, b| (n * 10 + u32::from(b - b'0')).min(99));
    let mark = (month_end..month_end + 3).find(|i| view.at(*i) != b' ')?;
    if !(1..=12).contains(&month) || month_end - start > 2 || !matches!(view.at(mark), b'/' | b'-' | b'.') {
        return None;
    }
    let year = (mark + 1..mark + 3).find(|i| view.at(*i) != b' ')?;
    let end = digits_end(view, year);
    matches!(end - year, 2 | 4).then_some(end)
}

fn is_filler(word: &[u8]) -> bool {
    let fillers: [&[u8]; 16] = [
        b"exp",
        b"expiry",
        b"expires",
        b"expiration",
        b"date",
        b"valid",
        b"thru",
        b"until",
        b"bis",
        b"ablauf",
        b"ablaufdatum",
        b"und",
        b"and",
        b"gueltig",
        "gültig".as_bytes(),
        b"code",
    ];
    fillers.contains(&word)
}

fn stands_alone(view: &View<'_>, start: usize, end: usize) -> bool {
    let glued =
        |mark: u8, beyond: u8| matches!(mark, b'.' | b',' | b'/' | b':' | b'-') && beyond.is_ascii_digit();
    !is_word(view.before(start)) && !is_word(view.at(end)) && !glued(view.at(end), view.at(end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(text: &str) -> Option<f32> {
        let view = View::new(text);
        let start = (0..view.len()).find(|i| view.at(*i).is_ascii_digit())?;
        let run = Run::read(&view, start);
        card_at(&view, &run, 0).map(|c| c.1)
    }

    #[test]
    fn each_issuers_sample_number_is_known() {
        for number in [
            "4111 1111 1111 1111",
            "5555-5555-5555-4444",
            "2223003122003222",
            "378282246310005",
            "3782 822463 10005",
            "6011111111111117",
            "3530 1113 3330 0000",
            "30569309025904",
            "6200 0000 0000 0005",
            "4111\u{a0}1111\n1111 1111",
        ] {
            assert_eq!(card(number), Some(0.95), "{number}");
        }
    }

    #[test]
    fn numbers_that_only_look_like_cards_are_left() {
        for number in [
            "4111 1111 1111 1112",
            "1234 5678 9012 3452",
            "4006381333931",
            "9111 1111 1111 1111",
            "41111111111111111111111111",
        ] {
            assert_eq!(card(number), None, "{number}");
        }
    }

    #[test]
    fn a_label_decides_doubtful_cases() {
        assert_eq!(card("Kreditkarte 4111 1111 1111 1112"), Some(0.6));
        assert!(card("Bestellnummer 4111111111111111").is_some_and(|s| s < 0.6));
    }

    #[test]
    fn a_code_behind_card_and_expiry_is_found_and_another_number_is_not() {
        let code = |text: &str| {
            let view = View::new(text);
            code_behind(&view, 0).map(|(s, e)| text[s..e].to_owned())
        };
        assert_eq!(code(", exp 12/27, 123"), Some("123".into()));
        assert_eq!(code(" gültig bis 01/2028 4321."), Some("4321".into()));
        assert_eq!(code(" 123"), None);
        assert_eq!(code(" 12/27 bestellt am 123"), None);
    }
}
