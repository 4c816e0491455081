//! What the plugin finds in texts it was not made from: recall and precision per class.

use std::collections::BTreeMap;
use std::io::Write;

use plugin_redaction::{Known, Settings, find};

use crate::chance::Chance;
use crate::templates::{Sample, fill, read};
use crate::words::Words;

/// Texts per template.
const PER_TEMPLATE: usize = 12;
const SEED: u64 = 7_011_954;

#[derive(Default, Clone, Copy)]
struct Count {
    spans: usize,
    masked: usize,
    typed: usize,
    found: usize,
    right: usize,
}

/// All texts of the score.
fn samples() -> std::io::Result<Vec<Sample>> {
    let words = Words::for_score()?;
    let mut chance = Chance::new(SEED);
    let mut out = Vec::new();
    for (language, path) in [("de", "corpus/score/de.txt"), ("en", "corpus/score/en.txt")] {
        for template in read(path)? {
            out.extend((0..PER_TEMPLATE).map(|_| fill(&template, language, &words, &mut chance)));
        }
    }
    Ok(out)
}

pub(crate) fn run(misses: bool) -> std::io::Result<()> {
    let settings = Settings::default();
    let mut counts: BTreeMap<&'static str, Count> = BTreeMap::new();
    let mut language: BTreeMap<&'static str, Count> = BTreeMap::new();
    let (mut harmless, mut touched, mut leaking, mut personal) = (0, 0, 0, 0);
    let (mut visible, mut secret, mut over, mut other) = (0, 0, 0, 0);
    let samples = samples()?;
    for sample in &samples {
        let found = find(&sample.text, &Known::default(), &settings);
        let overlap = |a: (usize, usize), b: (usize, usize)| a.0 < b.1 && b.0 < a.1;
        let mut leaks = false;
        for (start, end, class) in &sample.spans {
            let hits: Vec<_> = found.iter().filter(|f| overlap((f.start, f.end), (*start, *end))).collect();
            let covered: usize = hits.iter().map(|f| f.end.min(*end) - f.start.max(*start)).sum();
            visible += end - start - covered;
            secret += end - start;
            let masked = covered * 2 > end - start;
            let typed = masked && hits.iter().any(|f| f.class == *class);
            leaks |= !masked;
            for count in [counts.entry(class).or_default(), language.entry(sample.language).or_default()] {
                count.spans += 1;
                count.masked += usize::from(masked);
                count.typed += usize::from(typed);
            }
            if misses && !typed {
                println!(
                    "missed {class} {:?} in {:?}; found {:?}",
                    &sample.text[*start..*end],
                    sample.text,
                    hits.iter().map(|f| f.class).collect::<Vec<_>>()
                );
            }
        }
        for f in &found {
            let covered: usize = sample
                .spans
                .iter()
                .filter(|s| overlap((f.start, f.end), (s.0, s.1)))
                .map(|s| f.end.min(s.1) - f.start.max(s.0))
                .sum();
            over += f.end - f.start - covered;
            let class = crate::score::class_of(f.class);
            for count in [counts.entry(class).or_default(), language.entry(sample.language).or_default()] {
                count.found += 1;
                count.right += usize::from(covered > 0);
            }
            if misses && covered == 0 {
                println!(
                    "false {} {:?} {} {:.2} in {:?}",
                    f.class,
                    &sample.text[f.start..f.end],
                    f.rule,
                    f.score,
                    sample.text
                );
            }
        }
        other += sample.text.len() - sample.spans.iter().map(|s| s.1 - s.0).sum::<usize>();
        match sample.spans.is_empty() {
            true => (harmless, touched) = (harmless + 1, touched + usize::from(!found.is_empty())),
            false => (personal, leaking) = (personal + 1, leaking + usize::from(leaks)),
        }
    }
    println!("| class | spans | masked % | typed % | found | precision % |\n|---|---|---|---|---|---|");
    for (name, count) in counts.iter().chain(&language) {
        row(name, count);
    }
    let share = |a: usize, b: usize| 100.0 * a as f64 / b.max(1) as f64;
    println!("\n{} texts, {harmless} of them without personal data", samples.len());
    println!("characters of personal data left visible: {:.2} %", share(visible, secret));
    println!("texts that leak: {:.2} %", share(leaking, personal));
    println!("over-redaction: {:.3} %", share(over, other));
    println!("harmless texts touched: {:.2} %", share(touched, harmless));
    Ok(())
}

fn row(name: &str, count: &Count) {
    let share = |a: usize, b: usize| {
        if b == 0 { "–".to_owned() } else { format!("{:.1}", 100.0 * a as f64 / b as f64) }
    };
    println!(
        "| {name} | {} | {} | {} | {} | {} |",
        count.spans,
        share(count.masked, count.spans),
        share(count.typed, count.spans),
        count.found,
        share(count.right, count.found)
    );
}

/// A class name that outlives the settings it came from.
pub(crate) fn class_of(class: &str) -> &'static str {
    const CLASSES: &[&str] = &[
        "EMAIL",
        "PHONE",
        "IBAN",
        "BIC",
        "BANK_ACCOUNT",
        "CREDIT_CARD",
        "CARD_SECURITY_CODE",
        "DE_TAX_ID",
        "DE_TAX_NUMBER",
        "DE_SSN",
        "VAT_ID",
        "US_SSN",
        "US_ITIN",
        "NATIONAL_ID",
        "HEALTH_ID",
        "PASSPORT",
        "ID_CARD",
        "DRIVER_LICENSE",
        "LICENSE_PLATE",
        "VIN",
        "IMEI",
        "IP_ADDRESS",
        "MAC_ADDRESS",
        "CRYPTO",
        "SECRET",
        "DOB",
        "PERSON",
        "ADDRESS",
    ];
    CLASSES.iter().find(|c| **c == class).copied().unwrap_or("other")
}

/// The texts as `kulanz eval redact` reads them, and what is in them.
pub(crate) fn export(folder: &str) -> std::io::Result<()> {
    let folder = std::path::Path::new(folder);
    let mut texts = std::fs::File::create(folder.join("texts.jsonl"))?;
    let mut spans = std::fs::File::create(folder.join("gold.jsonl"))?;
    for (id, sample) in samples()?.iter().enumerate() {
        let point = |at: usize| sample.text[..at].chars().count();
        let inside: Vec<String> = sample
            .spans
            .iter()
            .map(|(s, e, class)| format!(r#"{{"start":{},"end":{},"type":"{class}"}}"#, point(*s), point(*e)))
            .collect();
        writeln!(texts, r#"{{"id":{id},"text":{},"lang":"{}"}}"#, quoted(&sample.text), sample.language)?;
        writeln!(spans, r#"{{"id":{id},"spans":[{}]}}"#, inside.join(","))?;
    }
    Ok(())
}

/// A text as a JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}
