//! The German tax identification number: eleven digits, their pattern and the check digit.

use crate::labels::{Label, label_before};
use crate::run::{Run, gap};
use crate::view::{View, is_word};

/// A tax id that begins with group `first`: how many groups it takes, and its score.
pub(crate) fn tax_id_at(view: &View<'_>, run: &Run, first: usize) -> Option<(usize, f32)> {
    let begin = run.group(first)?;
    if first == 0 && is_word(view.before(begin.start)) {
        return None;
    }
    let mut total = 0;
    for (index, group) in run.groups.iter().enumerate().skip(first) {
        if index > first && group.gap & (gap::PAREN | gap::DOT) != 0 {
            return None;
        }
        total += group.len();
        if total >= 11 {
            let whole =
                total == 11 && !is_word(view.at(group.end)) && is_tax_id(&run.digits(view, first, index + 1));
            return whole.then(|| (index + 1 - first, score(view, run, first, index + 1)));
        }
    }
    None
}

fn score(view: &View<'_>, run: &Run, from: usize, to: usize) -> f32 {
    let groups = run.groups.get(from..to).unwrap_or_default();
    let start = groups.first().map_or(0, |g| g.start);
    let lengths: Vec<usize> = groups.iter().map(|g| g.len()).collect();
    match (label_before(view, start), lengths.as_slice()) {
        (Some(Label::Tax), _) => 1.0,
        (Some(Label::Thing), _) => 0.3,
        // Two in a thousand numbers of eleven digits pass pattern and check digit by chance.
        (_, [11] | [2, 3, 3, 3]) => 0.8,
        _ => 0.4,
    }
}

/// Pattern (§ 139b AO: one digit twice or three times among the first ten, the others at most once) and
/// the check digit of ISO 7064 MOD 11,10.
fn is_tax_id(digits: &[u8]) -> bool {
    let Some((check, body)) = digits.split_last() else { return false };
    if body.len() != 10 || body.first() == Some(&0) {
        return false;
    }
    let mut counts = [0_u8; 10];
    for digit in body {
        if let Some(count) = counts.get_mut(usize::from(*digit)) {
            *count += 1;
        }
    }
    let repeated: Vec<u8> = counts.iter().copied().filter(|c| *c > 1).collect();
    let product = body.iter().fold(10_u32, |product, digit| {
        let sum = (u32::from(*digit) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    matches!(repeated.as_slice(), [2 | 3]) && (11 - product) % 10 == u32::from(*check)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tax(text: &str) -> Option<f32> {
        let view = View::new(text);
        let start = (0..view.len()).find(|i| view.at(*i).is_ascii_digit())?;
        tax_id_at(&view, &Run::read(&view, start), 0).map(|t| t.1)
    }

    #[test]
    fn a_right_number_is_known_in_one_piece_and_in_groups() {
        assert_eq!(tax("86095742719"), Some(0.8));
        assert_eq!(tax("47 036 892 816"), Some(0.8));
        assert_eq!(tax("Steuer-ID: 65929970489"), Some(1.0));
    }

    #[test]
    fn a_wrong_check_digit_or_pattern_is_no_tax_id() {
        assert_eq!(tax("86095742718"), None);
        assert_eq!(tax("01234567890"), None);
        assert_eq!(tax("12345678901"), None);
        assert_eq!(tax("860957427190"), None);
    }
}
