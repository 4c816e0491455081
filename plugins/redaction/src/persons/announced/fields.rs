//! Names in the fields of a form, also where several fields stand on one line: "Vorname: Ana Nachname: Muster". Knows
//! no weights.

use super::words::{NAME, SMALL};
use super::{Hashes, OTHERS, is_nobody_else};
use crate::persons::lists::{COMMON, FIRST, HERALD, LAST, PARTICLE};
use crate::persons::words::{Line, Shape, Word};

/// What a field of a part of a name is called in one word.
static LABELS: Hashes<15> = Hashes::of([
    "vorname",
    "vornamen",
    "rufname",
    "nachname",
    "nachnamen",
    "familienname",
    "zuname",
    "geburtsname",
    "surname",
    "forename",
    "firstname",
    "lastname",
    "first-name",
    "last-name",
    "middlename",
]);
/// What stands before "name" where it is called in two.
static HEADS: Hashes<8> =
    Hashes::of(["first", "last", "family", "given", "middle", "maiden", "christian", "second"]);

fn is_colon(line: &Line, place: usize, away: isize) -> bool {
    line.word(place, away)
        .is_some_and(|w| w.shape == Shape::Mark && (w.hash == u32::from(b':') || w.hash == u32::from(b'=')))
}

/// Whether the label of such a field begins at a place.
pub(super) fn is_label(line: &Line, place: usize) -> bool {
    let hash = |away: isize| line.word(place, away).map_or(0, |w| w.hash);
    (LABELS.has(hash(0)) && is_colon(line, place, 1))
        || (HEADS.has(hash(0)) && hash(1) == NAME && is_colon(line, place, 2))
}

/// Whether a word that can be a name is the first in such a field.
pub(super) fn is_filled(line: &Line, place: usize, word: &Word) -> bool {
    if !is_colon(line, place, -1) {
        return false;
    }
    let hash = |away: isize| line.word(place, away).map_or(0, |w| w.hash);
    let labelled = LABELS.has(hash(-2)) || (hash(-2) == NAME && HEADS.has(hash(-3)));
    let listed = word.lists.any(FIRST | LAST);
    let fits = match word.shape {
        Shape::Capital | Shape::Joined => listed || is_nobody_else(word),
        Shape::Capitals => listed,
        Shape::Lower => listed && !word.lists.any(OTHERS | HERALD | PARTICLE),
        Shape::Mixed => word.surname && !word.lists.any(COMMON),
        Shape::Initial | Shape::Number | Shape::Mark => false,
    };
    labelled && fits && !SMALL.has(word.hash) && !is_label(line, place)
}

#[cfg(test)]
mod tests {
    use crate::persons::found;

    #[test]
    fn fields_on_one_line_hold_one_name_each() {
        for (text, names) in [
            ("Vorname: Hans Nachname: Müller", ["Hans", "Müller"]),
            ("Nachname: Lampe Vorname: Zorvana", ["Lampe", "Zorvana"]),
            ("First name: Hans Last name: Müller", ["Hans", "Müller"]),
            ("vorname: hans nachname: müller", ["hans", "müller"]),
            ("VORNAME: HANS, NACHNAME: MÜLLER", ["HANS", "MÜLLER"]),
        ] {
            assert_eq!(found(text), names, "{text}");
        }
    }

    #[test]
    fn what_is_said_of_a_field_is_nobody() {
        for text in ["Vorname: Nachname:", "Vorname: Rechnung", "Nachname: fehlt", "last name: wrong"] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
