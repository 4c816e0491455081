//! The plugin as a whole: golden cases, idempotence, time, and the hook itself through the SDK's fixture.

use kulanz_sdk::Redaction;
use kulanz_sdk::fixture::DocumentBuilder;

use super::*;

/// What the host makes of findings, with numberless placeholders as the cases have them.
fn masked(text: &str, known: &[String]) -> String {
    replaced(text, known, "")
}

/// A text with placeholders that end in `number`.
fn replaced(text: &str, known: &[String], number: &str) -> String {
    let mut out = String::new();
    let mut at = 0;
    for found in find(text, &Known::new(known), &Settings::default()) {
        out.push_str(&text[at..found.start]);
        out.push_str(&format!("[{}{number}]", found.class));
        at = found.end;
    }
    out + &text[at..]
}

/// `\n`, `\t` and `\u{…}` as in Rust.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        if let Some((code, tail)) = after.strip_prefix("u{").and_then(|a| a.split_once('}')) {
            out.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
            rest = tail;
        } else {
            out.push(match after.chars().next().unwrap() {
                'n' => '\n',
                't' => '\t',
                other => other,
            });
            rest = &after[1..];
        }
    }
    out + rest
}

struct Case {
    place: String,
    text: String,
    expected: String,
    known: Vec<String>,
}

/// Golden cases: `known:` lines, then pairs of `<` (what comes in) and `>` (what remains). A `<` without a
/// `>` must come out as it is.
fn cases() -> Vec<Case> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
    let mut out: Vec<Case> = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    for file in files {
        let mut known = Vec::new();
        for (number, line) in std::fs::read_to_string(&file).unwrap().lines().enumerate() {
            let place = format!("{}:{}", file.file_name().unwrap().to_string_lossy(), number + 1);
            if let Some(names) = line.strip_prefix("known:") {
                known = names.split(';').map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect();
            } else if let Some(text) = line.strip_prefix("< ") {
                out.push(Case {
                    place,
                    text: unescape(text),
                    expected: unescape(text),
                    known: known.clone(),
                });
            } else if let Some(expected) = line.strip_prefix("> ") {
                out.last_mut().unwrap().expected = unescape(expected);
            } else {
                assert!(line.is_empty() || line.starts_with('#'), "{place}: {line}");
            }
        }
    }
    out
}

#[test]
fn golden_cases_come_out_as_written() {
    let cases = cases();
    assert!(cases.len() > 100, "only {} cases", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let got = masked(&case.text, &case.known);
            (got != case.expected).then(|| {
                format!(
                    "{}\n  in   {:?}\n  want {:?}\n  got  {:?}",
                    case.place, case.text, case.expected, got
                )
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} cases are wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn what_was_redacted_once_is_not_redacted_again() {
    for case in cases() {
        let once = replaced(&case.text, &case.known, "-1");
        assert_eq!(replaced(&once, &case.known, "-1"), once, "{}", case.place);
    }
}

#[test]
fn findings_are_in_order_apart_and_on_character_borders() {
    for case in cases() {
        let mut last = 0;
        for found in find(&case.text, &Known::new(&case.known), &Settings::default()) {
            assert!(found.start >= last && found.start < found.end, "{}", case.place);
            assert!(case.text.get(found.start..found.end).is_some(), "{}", case.place);
            assert!((0.5..=1.0).contains(&found.score), "{}", case.place);
            last = found.end;
        }
    }
}

#[test]
fn a_value_is_found_whatever_stands_around_it() {
    let values = ["DE89 3704 0044 0532 0130 00", "ana@example.org", "+49 171 2345678", "4111 1111 1111 1111"];
    let around = [
        ("", ""),
        ("ä", "ö"),
        ("😀 ", " 😀"),
        ("\u{200b}", "\u{200b}"),
        ("(", ")"),
        ("\n", "\n"),
        ("„", "“"),
        ("Hallo: ", "!"),
        ("> ", "\r\n"),
    ];
    for value in values {
        for (left, right) in around {
            // A letter right before a value makes it part of a word; a space keeps it a value.
            let left = if left == "ä" { "ä " } else { left };
            let right = if right == "ö" { " ö" } else { right };
            let text = format!("{left}{value}{right}");
            let settings = Settings::default();
            let found = find(&text, &Known::default(), &settings);
            assert_eq!(
                found.iter().map(|f| text[f.start..f.end].trim_matches('\u{200b}')).collect::<Vec<_>>(),
                [value],
                "{text:?}"
            );
        }
    }
}

#[test]
fn classes_and_threshold_are_the_admins_choice() {
    let text = "ana@example.org, 0171 2345678, DE88 3704 0044 0532 0130 00";
    let classes = |settings: &Settings| {
        find(text, &Known::default(), settings).iter().map(|f| f.class.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(classes(&Settings::default()), ["EMAIL", "PHONE", "IBAN"]);
    assert_eq!(classes(&Settings::default().with("EMAIL", false)), ["PHONE", "IBAN"]);
    assert_eq!(classes(&Settings::default().with("IBAN", false)), ["EMAIL", "PHONE"]);
    assert_eq!(classes(&Settings::default().at_least(0.95)), ["EMAIL"]);
    let per_class: Settings = kulanz_sdk::fixture::settings(r#"{"thresholds":{"IBAN":0.9}}"#).unwrap();
    assert_eq!(classes(&per_class), ["EMAIL", "PHONE"]);
}

/// Seconds this thread has run, where the system tells: a busy machine interrupts long runs only, which looks
/// as if they took more than their share.
fn on_processor() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e9)
}

#[test]
fn hostile_texts_take_time_in_proportion_to_their_length() {
    let known = Known::new(&["Ana Beispiel".to_owned()]);
    let unit = |pattern: &str, bytes: usize, times: usize| {
        let text = pattern.repeat(bytes / pattern.len());
        let once = || {
            let (begun, clock) = (std::time::Instant::now(), on_processor());
            for _ in 0..times {
                std::hint::black_box(find(&text, &known, &Settings::default()));
            }
            match (clock, on_processor()) {
                (Some(before), Some(now)) => now - before,
                _ => begun.elapsed().as_secs_f64(),
            }
        };
        // The best of nine: what else runs on this machine only ever adds.
        (0..9).map(|_| once()).fold(f64::INFINITY, f64::min)
    };
    for pattern in [
        "1",
        "1 ",
        "@",
        "a@",
        "a.",
        "DE12 ",
        "0171-",
        "(at)",
        "::",
        "a:1",
        "BIC ",
        "[",
        "[A-1",
        "\u{200b}1",
        "4111 1111 ",
        "Ana ",
        "12/27 ",
        "0171-",
        "AB 1 ",
        "-----BEGIN ",
        "Anna Schmidt ",
        "12 High Street ",
        "x=1",
        "password: ",
        "Passwort für das ",
        "Hans Müller 1.1.1961 ",
        "Weg 3, 12345 Ort ",
        "dot ",
        "&amp;",
        "=\n",
    ] {
        let (short, long) = (unit(pattern, 1 << 12, 8), unit(pattern, 1 << 15, 1));
        // As many bytes in one text; thrice that is room for noise, a quadratic rule would take eight times. The
        // system counts in steps of some milliseconds.
        assert!(long < short.max(0.02) * 3.0, "{pattern:?}: {short:.5} s, then {long:.5} s");
    }
}

#[test]
fn the_hook_names_parts_and_bytes() {
    let text = "Grüße, IBAN DE89370400440532013000";
    let document = DocumentBuilder::new()
        .part("subject", "Anruf von Ana")
        .part("text", text)
        .known("Ana Beispiel")
        .build();
    let findings = Redactor::redact(&document, Settings::default()).unwrap();
    let told: Vec<(u32, &str, u32, u32)> =
        findings.iter().map(|f| (f.part, f.class.as_str(), f.start, f.end)).collect();
    let start = u32::try_from(text.find("DE89").unwrap()).unwrap();
    assert_eq!(told, [(0, "PERSON", 10, 13), (1, "IBAN", start, start + 22)]);
}

#[test]
fn the_names_of_files_are_read_with_their_words_apart() {
    let document = DocumentBuilder::new().part("text", "").part("file_name", "Befund_A000500015").build();
    let findings = Redactor::redact(&document, Settings::default()).unwrap();
    let told: Vec<(u32, &str, u32)> = findings.iter().map(|f| (f.part, f.class.as_str(), f.start)).collect();
    assert_eq!(told, [(1, "HEALTH_ID", 7)]);
}

#[test]
fn the_defaults_of_the_manifest_are_the_defaults_of_the_code() {
    let manifest = include_str!("../plugin.toml");
    for (classes, default) in [(crate::classes::ON, "true"), (crate::classes::OFF, "false")] {
        for class in classes {
            let key = format!("[settings.properties.{}]", class.to_ascii_lowercase());
            let section = manifest.split(&key).nth(1).unwrap_or_else(|| panic!("{key} is missing"));
            let default = format!("default = {default}");
            assert!(section.split("\n[").next().unwrap().contains(&default), "{key}");
        }
    }
    assert!(manifest.contains("default = 0.5"));
    let given: Settings = kulanz_sdk::fixture::settings("{}").unwrap();
    assert_eq!(given, Settings::default());
}
