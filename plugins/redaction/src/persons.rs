//! Names of people in running text: an averaged perceptron that reads a line from left to right and says for
//! each word with a capital whether a name begins, goes on, or none is there.
//!
//! Owns lines, words and spans; what a word looks like to the model stands in `features`, what the model
//! learned in two files that the workshop example makes again (`docs/redaction.md`).

mod features;
pub mod lists;
mod model;
mod words;

pub use features::{FEATURES, Features, features};
pub use model::{MARGIN_MIN, Model, SLOTS, TAGS, Tag};
pub use words::{Line, Shape, Word, read_line};

use crate::view::View;

/// Words of one line that are looked at together at most; a longer line is read in stretches.
pub const LINE_WORDS_MAX: usize = 512;

/// Names in a text: spans and scores.
pub(crate) fn names(view: &View<'_>) -> Vec<(usize, usize, f32)> {
    let model = Model::built_in();
    let mut out = Vec::new();
    let mut line = Line::default();
    let mut at = 0;
    while at < view.len() {
        at = read_line(view.bytes(), at, &mut line);
        tag(&model, &mut line);
        spans(&line, &mut out);
    }
    out
}

/// Tags the words of a line.
pub fn tag(model: &Model<'_>, line: &mut Line) {
    for place in 0..line.words.len() {
        let (tag, margin) = if line.is_candidate(place) {
            model.decide(&features(line, place), line.tag(place, -1))
        } else {
            (Tag::Out, 0)
        };
        if let Some(word) = line.words.get_mut(place) {
            (word.tag, word.margin) = (tag, margin);
        }
    }
}

fn spans(line: &Line, out: &mut Vec<(usize, usize, f32)>) {
    let mut open: Option<(usize, usize, i32)> = None;
    for word in &line.words {
        match (word.tag, open.as_mut()) {
            (Tag::Goes, Some(span)) => *span = (span.0, word.end, span.2.max(word.margin)),
            (Tag::Begins | Tag::Goes, _) => {
                out.extend(open.take().map(scored));
                open = Some((word.start, word.end, word.margin));
            }
            (Tag::Out, _) => out.extend(open.take().map(scored)),
        }
    }
    out.extend(open.map(scored));
}

/// From a margin to 0.5 … 1, in integers first: the same on every machine.
fn scored((start, end, margin): (usize, usize, i32)) -> (usize, usize, f32) {
    let thousandths = 500 + 490 * margin / (margin + MARGIN_HALF);
    (start, end, f32::from(u16::try_from(thousandths.clamp(0, 1000)).unwrap_or(0)) / 1000.0)
}

/// The margin that is half as sure as can be.
const MARGIN_HALF: i32 = 150;

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let view = View::new(text);
        names(&view).into_iter().map(|(s, e, _)| String::from_utf8_lossy(view.slice(s, e)).into_owned()).collect()
    }

    #[test]
    fn names_in_greetings_signatures_and_sentences_are_found() {
        assert_eq!(found("Sehr geehrte Frau Hoffmann,"), ["Hoffmann"]);
        assert_eq!(found("Mit freundlichen Grüßen\nThomas Becker"), ["Thomas Becker"]);
        assert_eq!(found("My name is Sarah Mitchell and I ordered a lamp."), ["Sarah Mitchell"]);
        assert_eq!(found("Dear Ms. Johnson,"), ["Johnson"]);
        assert_eq!(found("Kind regards,\nEmre Yılmaz"), ["Emre Yılmaz"]);
    }

    #[test]
    fn nouns_places_days_and_polite_phrases_are_nobody() {
        for text in [
            "Mit freundlichen Grüßen",
            "Die Lieferung kommt am Montag im Januar nach Berlin.",
            "Sehr geehrte Damen und Herren,",
            "Kind Regards",
            "Please Update My Billing Address",
            "Der Rechnungsbetrag der Bestellung ist falsch.",
            "Ich habe bei Amazon ein iPhone und einen Kühlschrank bestellt.",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
