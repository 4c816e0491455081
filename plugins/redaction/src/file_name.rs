//! Names of files: words that underscores and hyphens glue together are words like others.

use crate::find::{Found, find};
use crate::names::Known;
use crate::placeholders::placeholders;
use crate::settings::Settings;
use crate::view::View;

/// Finds personal data in a file's name as it stands, and with blanks in the place of what glues its words. Findings may
/// overlap: the host joins them, so that no rest is left.
pub(crate) fn find_in_name<'s>(name: &str, known: &Known, settings: &'s Settings) -> Vec<Found<'s>> {
    let mut found = find(name, known, settings);
    let apart = unglued(name);
    if apart != name {
        found.extend(find(&apart, known, settings).into_iter().filter(|f| !is_counted(name, f)));
        found.sort_by_key(|f| (f.start, f.end));
        found.dedup_by_key(|f| (f.start, f.end, f.class));
    }
    found
}

/// Whether that is a phone's number only since blanks stand in the place of what glues numbers together: dates and running
/// numbers are written so ("Scan_08_01_2024").
fn is_counted(name: &str, found: &Found<'_>) -> bool {
    let bytes = name.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let joins = |at: usize| bytes.get(at) == Some(&b'_') && digit(at.checked_sub(1)) && digit(Some(at + 1));
    found.class == "PHONE" && (found.start.saturating_sub(1)..=found.end).any(joins)
}

/// A name of as many bytes with blanks for underscores, and for hyphens that do not stand between digits: dates and
/// numbers keep theirs, and so do placeholders.
fn unglued(name: &str) -> String {
    let view = View::new(name);
    let standing: Vec<(usize, usize)> =
        placeholders(&view).into_iter().map(|(start, end)| view.original(start, end)).collect();
    let digit = |at: Option<usize>| at.and_then(|at| name.as_bytes().get(at)).is_some_and(u8::is_ascii_digit);
    let glues = |at: usize, c: char| match c {
        '_' => true,
        '-' => !(digit(at.checked_sub(1)) && digit(Some(at + 1))),
        _ => false,
    };
    let stands = |at: usize| standing.iter().any(|(start, end)| (*start..*end).contains(&at));
    name.char_indices().map(|(at, c)| if glues(at, c) && !stands(at) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values that are found, as they stand in the name, with their classes.
    fn found(name: &str) -> Vec<(String, String)> {
        let settings = Settings::default();
        let all = find_in_name(name, &Known::default(), &settings);
        all.iter().map(|f| (name[f.start..f.end].to_owned(), f.class.to_owned())).collect()
    }

    #[test]
    fn values_that_are_glued_together_are_found() {
        for (name, values) in [
            ("Rechnung_DE89370400440532013000", vec![("DE89370400440532013000", "IBAN")]),
            ("scan-4111111111111111", vec![("4111111111111111", "CREDIT_CARD")]),
            ("Befund_A000500015_neu", vec![("A000500015", "HEALTH_ID")]),
            ("Mueller_Hans_1961-04-03", vec![("Mueller_Hans", "PERSON"), ("1961-04-03", "DOB")]),
        ] {
            let found = found(name);
            for (value, class) in values {
                let same = |(v, c): &(String, String)| v == value && c == class;
                assert!(found.iter().any(same), "{name}: {value} not among {found:?}");
            }
        }
    }

    #[test]
    fn names_that_say_nothing_of_anybody_stay() {
        for name in [
            "IMG_20240103_123456",
            "Rechnung_2024-0815",
            "Screenshot_2024-01-03-12-30-45",
            "Screenshot_2024_01_03_12_30_45",
            "2024_01_03 10_22 Office Lens",
            "Scan_08_01_2024_12_30",
            "IMG_0815_20240103",
            "DSC_0412_2024",
            "Anlage_02_20240103",
            "Kontoauszug_04_2024_001",
            "Rechnung_2024_01_03_4711",
            "Lampe_defekt",
            "Vertrag-final-v2",
            "[CREDIT_CARD-1]_[PERSON-2]",
        ] {
            assert!(found(name).is_empty(), "{name}: {:?}", found(name));
        }
    }

    #[test]
    fn what_glues_gives_way_and_nothing_moves() {
        assert_eq!(unglued("Öl_A-B_2024-01-03-x [A_B-1]"), "Öl A B 2024-01-03 x [A_B-1]");
    }
}
