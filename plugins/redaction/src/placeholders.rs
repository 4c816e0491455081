//! Where placeholders such as `[IBAN-1]` stand already: they are never matched again.

use crate::view::View;

/// Longest class name of a placeholder, and longest number.
const CLASS_BYTES_MAX: usize = 42;
const NUMBER_BYTES_MAX: usize = 12;
/// Longest rest of a masked value.
const ENDS_BYTES_MAX: usize = 18;

/// Spans of placeholders, in order.
pub(crate) fn placeholders(view: &View<'_>) -> Vec<(usize, usize)> {
    let open = view.bytes().iter().enumerate().filter(|(_, b)| **b == b'[').map(|(at, _)| at);
    open.filter_map(|start| placeholder_end(view, start).map(|end| (start, end))).collect()
}

fn placeholder_end(view: &View<'_>, start: usize) -> Option<usize> {
    if !view.at(start + 1).is_ascii_uppercase() {
        return None;
    }
    let class_end = (start + 2..start + CLASS_BYTES_MAX)
        .find(|i| !matches!(view.at(*i), b'A'..=b'Z' | b'0'..=b'9' | b'_'))
        .filter(|at| view.at(*at) == b'-')?;
    let number_end =
        (class_end + 1..class_end + NUMBER_BYTES_MAX + 1).find(|i| !view.at(*i).is_ascii_digit())?;
    // A masked value shows its ends behind the number.
    let end = match view.at(number_end) {
        b':' => (number_end + 1..number_end + ENDS_BYTES_MAX)
            .find(|i| !view.at(*i).is_ascii_alphanumeric() && view.at(*i) != b'*')?,
        _ => number_end,
    };
    (number_end > class_end + 1 && view.at(end) == b']').then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_ours_is_a_placeholder() {
        let view = View::new(
            "a [IBAN-1] [DE_TAX_ID-12] [x-1] [IBAN] [IBAN-] [1-1] [A-1:4 1] [CARD-1:411111****1234]",
        );
        assert_eq!(placeholders(&view), [(2, 10), (11, 25), (63, 86)]);
    }
}
