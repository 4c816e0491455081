//! Reading a text again with its placeholders in place: what stands beside a placeholder is read differently from what
//! stands beside a value, and nothing may be left that a second redaction would find. Knows no rule.

use crate::find::Found;

/// Longest text that is read again, bytes: a second reading costs as much as the first, and a mail of this length says
/// less in each further line.
const TEXT_BYTES_MAX: usize = 256 << 10;
/// Readings after the first; one is enough but for a few texts in ten thousand.
const READINGS_MAX: usize = 3;

/// Adds what `read` finds once placeholders stand where something was found, until that is nothing.
pub(crate) fn until_quiet<'s>(
    text: &str,
    mut found: Vec<Found<'s>>,
    read: impl Fn(&str) -> Vec<Found<'s>>,
) -> Vec<Found<'s>> {
    for _ in 0..READINGS_MAX {
        if found.is_empty() || text.len() > TEXT_BYTES_MAX {
            break;
        }
        let masked = Masked::of(text, &found);
        let more: Vec<Found<'s>> = read(&masked.text).iter().filter_map(|f| masked.place(f)).collect();
        if more.is_empty() {
            break;
        }
        found.extend(more);
        found.sort_by_key(|f| f.start);
    }
    found
}

/// A text with placeholders, and where its own stretches came from.
struct Masked {
    text: String,
    /// Where a stretch begins in the masked text, where in the original, and how long it is.
    stretches: Vec<(usize, usize, usize)>,
}

impl Masked {
    /// `found` is in order and without overlaps.
    fn of(text: &str, found: &[Found<'_>]) -> Self {
        let mut out = Self { text: String::with_capacity(text.len()), stretches: Vec::new() };
        let mut from = 0;
        for f in found {
            out.keep(text, from, f.start);
            out.text.push('[');
            out.text.push_str(f.class);
            out.text.push_str("-1]");
            from = f.end;
        }
        out.keep(text, from, text.len());
        out
    }

    fn keep(&mut self, text: &str, from: usize, to: usize) {
        let stretch = text.get(from..to).unwrap_or_default();
        self.stretches.push((self.text.len(), from, stretch.len()));
        self.text.push_str(stretch);
    }

    /// A finding at its place in the original; none where it is not within one stretch.
    fn place<'s>(&self, found: &Found<'s>) -> Option<Found<'s>> {
        let index = self.stretches.partition_point(|s| s.0 <= found.start).checked_sub(1)?;
        let (masked, original, length) = *self.stretches.get(index)?;
        let (start, end) = (found.start - masked, found.end.checked_sub(masked)?);
        (end <= length).then_some(Found { start: original + start, end: original + end, ..*found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finds `word` wherever a placeholder stands right in front of it.
    fn behind_a_placeholder<'s>(word: &'s str) -> impl Fn(&str) -> Vec<Found<'s>> {
        move |text| {
            let behind = format!("] {word}");
            let places = text.match_indices(&behind).map(|(at, _)| at + 2);
            places.map(|at| Found::new(at, at + word.len(), "PERSON", 0.9, "test")).collect()
        }
    }

    #[test]
    fn what_only_a_placeholder_gives_away_is_found_at_its_place() {
        let text = "Grüße an Ada Berg";
        let ada = text.find("Ada").unwrap();
        let first = vec![Found::new(ada, ada + 3, "PERSON", 0.9, "test")];
        let found = until_quiet(text, first, behind_a_placeholder("Berg"));
        let spans: Vec<&str> = found.iter().map(|f| &text[f.start..f.end]).collect();
        assert_eq!(spans, ["Ada", "Berg"]);
    }

    #[test]
    fn a_text_in_which_nothing_was_found_is_not_read_again() {
        let found = until_quiet("x] Berg", Vec::new(), |_| panic!("read again"));
        assert!(found.is_empty());
    }

    #[test]
    fn a_finding_that_runs_into_a_placeholder_has_no_place() {
        let masked = Masked::of("ab cd ef", &[Found::new(3, 5, "X", 1.0, "t")]);
        assert_eq!(masked.text, "ab [X-1] ef");
        assert!(masked.place(&Found::new(0, 5, "Y", 1.0, "t")).is_none());
        let behind = masked.place(&Found::new(9, 11, "Y", 1.0, "t")).unwrap();
        assert_eq!((behind.start, behind.end), (6, 8));
    }
}
