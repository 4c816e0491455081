//! Check digits: what registries add to a number so that a typing error shows. Knows no text.
//!
//! All functions take a compact value: upper-case letters and digits without separators.

/// The value of a digit or letter: 0–9, written or as a number, then A = 10 … Z = 35.
pub(crate) fn value(symbol: u8) -> u32 {
    match symbol {
        0..=9 => u32::from(symbol),
        b'0'..=b'9' => u32::from(symbol - b'0'),
        b'A'..=b'Z' => u32::from(symbol - b'A') + 10,
        b'a'..=b'z' => u32::from(symbol - b'a') + 10,
        _ => 0,
    }
}

/// The digit at a place; 0 beyond the end or for another symbol.
pub(crate) fn digit(symbols: &[u8], place: usize) -> u32 {
    symbols.get(place).filter(|s| s.is_ascii_digit()).map_or(0, |s| u32::from(s - b'0'))
}

/// The number that some digits write; saturates.
pub(crate) fn number(symbols: &[u8]) -> u64 {
    symbols.iter().fold(0, |n, s| n.saturating_mul(10).saturating_add(u64::from(value(*s))))
}

/// Weighted sum from the left; symbols without a weight do not count.
pub(crate) fn weighted(symbols: &[u8], weights: &[u32]) -> u32 {
    symbols.iter().zip(weights).map(|(s, w)| value(*s) * w).sum()
}

/// Weighted sum of the digit sums of the products, as Luhn has it.
pub(crate) fn weighted_crosswise(symbols: &[u8], weights: &[u32]) -> u32 {
    symbols.iter().zip(weights).map(|(s, w)| value(*s) * w).map(|p| p / 10 + p % 10).sum()
}

/// Luhn's check (ISO/IEC 7812-1): every second digit from the right doubled, the sum divisible by ten.
pub(crate) fn luhn(symbols: &[u8]) -> bool {
    let sum: u32 = symbols
        .iter()
        .rev()
        .enumerate()
        .map(|(place, s)| match (place % 2, value(*s)) {
            (0, d) => d,
            (_, d) if d > 4 => d * 2 - 9,
            (_, d) => d * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// ISO/IEC 7064 MOD 11,10 over the whole value with its check digit.
pub(crate) fn mod_11_10(symbols: &[u8]) -> bool {
    let Some((check, body)) = symbols.split_last() else { return false };
    let product = body.iter().fold(10, |product, s| {
        let sum = (value(*s) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == value(*check)
}

/// Remainder of a long value by 97, letters as two digits.
pub(crate) fn mod_97(symbols: impl IntoIterator<Item = u8>) -> u32 {
    symbols.into_iter().fold(0, |rest, s| match value(s) {
        v if v > 9 => (rest * 100 + v) % 97,
        v => (rest * 10 + v) % 97,
    })
}

/// Verhoeff's check over the dihedral group of order ten.
pub(crate) fn verhoeff(symbols: &[u8]) -> bool {
    const TURN: [u32; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let times = |a: u32, b: u32| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a - 5 + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let sum = symbols.iter().rev().enumerate().fold(0, |sum, (place, s)| {
        let turned = (0..place % 8).fold(value(*s), |v, _| TURN.get(v as usize).copied().unwrap_or_default());
        times(sum, turned)
    });
    sum == 0
}

/// ICAO Doc 9303: weights 7 3 1, the check digit behind.
pub(crate) fn icao(symbols: &[u8]) -> bool {
    let Some((check, body)) = symbols.split_last() else { return false };
    let sum: u32 = body.iter().zip([7, 3, 1].iter().cycle()).map(|(s, w)| value(*s) * w).sum();
    check.is_ascii_digit() && sum % 10 == value(*check)
}

/// Day and month that exist in some year.
pub(crate) fn is_day(day: u32, month: u32) -> bool {
    let days = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_number_passes_and_a_swapped_one_does_not() {
        assert!(luhn(b"79927398713") && !luhn(b"79927398731"));
        assert!(mod_11_10(b"86095742719") && !mod_11_10(b"86095742791"));
        assert!(verhoeff(b"2363") && !verhoeff(b"2336"));
        assert!(icao(b"L01X00T471") && icao(b"C01X00T478") && !icao(b"C01X00T477"));
        assert_eq!(mod_97(*b"3214282912345698765432161182"), 1);
    }

    #[test]
    fn days_that_no_calendar_has_are_none() {
        assert!(is_day(29, 2) && is_day(31, 12));
        assert!(!is_day(30, 2) && !is_day(31, 4) && !is_day(0, 1) && !is_day(1, 13));
    }
}
