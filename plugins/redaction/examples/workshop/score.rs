//! What the plugin finds in texts it was not made from: recall and precision per class.

use std::collections::BTreeMap;
use std::io::Write;

use plugin_redaction::{Found, Known, ON, Settings, find};

use crate::chance::Chance;
use crate::templates::{Sample, Span, fill, read};
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
    samples_of([("de", "corpus/score/de.txt"), ("en", "corpus/score/en.txt")])
}

fn samples_of(files: [(&'static str, &str); 2]) -> std::io::Result<Vec<Sample>> {
    let words = Words::for_score()?;
    let mut chance = Chance::new(SEED);
    let mut out = Vec::new();
    for (language, path) in files {
        for template in read(path)? {
            out.extend((0..PER_TEMPLATE).map(|_| fill(&template, language, &words, &mut chance)));
        }
    }
    Ok(out)
}

pub(crate) fn run(misses: bool) -> std::io::Result<()> {
    let settings = Settings::default();
    let samples = samples()?;
    let mut tally = Tally { misses, ..Tally::default() };
    for sample in &samples {
        tally.add(sample, &find(&sample.text, &Known::default(), &settings));
    }
    tally.tell(samples.len());
    run_optional(misses)
}

/// Classes that are off until they are switched on, and have texts of their own.
const OPTIONAL: &[&str] = &["LOCATION", "ORG", "URL", "USERNAME"];

fn run_optional(misses: bool) -> std::io::Result<()> {
    let on = |settings: Settings, class: &&str| settings.with(class, true);
    let settings = OPTIONAL.iter().fold(Settings::default().with("PERSON", false), on);
    let mut tally = Tally { misses, ..Tally::default() };
    for sample in
        samples_of([("de", "corpus/score/optional-de.txt"), ("en", "corpus/score/optional-en.txt")])?
    {
        tally.add(&sample, &find(&sample.text, &Known::default(), &settings));
    }
    println!("\nSwitched on:\n\n{TABLE_HEAD}");
    tally.classes.iter().for_each(|(name, count)| row(name, count));
    Ok(())
}

const TABLE_HEAD: &str =
    "| class | spans | masked % | typed % | found | precision % |\n|---|---|---|---|---|---|";

/// Everything that is counted, over all texts.
#[derive(Default)]
struct Tally {
    /// Whether each miss and each false finding is printed.
    misses: bool,
    classes: BTreeMap<&'static str, Count>,
    languages: BTreeMap<&'static str, Count>,
    harmless: usize,
    touched: usize,
    personal: usize,
    leaking: usize,
    /// Bytes: of personal data, of it left visible, of other text, of it removed.
    secret: usize,
    visible: usize,
    other: usize,
    over: usize,
}

impl Tally {
    fn add(&mut self, sample: &Sample, found: &[Found<'_>]) {
        let mut leaks = false;
        for span in &sample.spans {
            leaks |= !self.add_span(sample, span, found);
        }
        found.iter().for_each(|finding| self.add_finding(sample, finding));
        self.other += sample.text.len() - sample.spans.iter().map(|s| s.1 - s.0).sum::<usize>();
        if sample.spans.is_empty() {
            self.harmless += 1;
            self.touched += usize::from(!found.is_empty());
        } else {
            self.personal += 1;
            self.leaking += usize::from(leaks);
        }
    }

    fn counts(&mut self, class: &'static str, language: &'static str, count: impl Fn(&mut Count)) {
        count(self.classes.entry(class).or_default());
        count(self.languages.entry(language).or_default());
    }

    /// Whether a span of personal data was masked, at least half of it.
    fn add_span(&mut self, sample: &Sample, span: &Span, found: &[Found<'_>]) -> bool {
        let (start, end, class) = *span;
        let hits: Vec<&Found<'_>> = found.iter().filter(|f| shared(f, span) > 0).collect();
        let covered: usize = hits.iter().map(|f| shared(f, span)).sum();
        self.visible += end - start - covered;
        self.secret += end - start;
        let masked = covered * 2 > end - start;
        let typed = masked && hits.iter().any(|f| f.class == class);
        self.counts(class, sample.language, |count| {
            count.spans += 1;
            count.masked += usize::from(masked);
            count.typed += usize::from(typed);
        });
        if self.misses && !typed {
            let classes: Vec<&str> = hits.iter().map(|f| f.class).collect();
            println!("missed {class} {:?} in {:?}; found {classes:?}", &sample.text[start..end], sample.text);
        }
        masked
    }

    fn add_finding(&mut self, sample: &Sample, f: &Found<'_>) {
        let covered: usize = sample.spans.iter().map(|span| shared(f, span)).sum();
        self.over += f.end - f.start - covered;
        self.counts(class_of(f.class), sample.language, |count| {
            count.found += 1;
            count.right += usize::from(covered > 0);
        });
        if self.misses && covered == 0 {
            let text = &sample.text[f.start..f.end];
            println!("false {} {text:?} {} {:.2} in {:?}", f.class, f.rule, f.score, sample.text);
        }
    }

    fn tell(&self, texts: usize) {
        println!("{TABLE_HEAD}");
        for (name, count) in self.classes.iter().chain(&self.languages) {
            row(name, count);
        }
        let share = |a: usize, b: usize| 100.0 * a as f64 / b.max(1) as f64;
        println!("\n{texts} texts, {} of them without personal data", self.harmless);
        println!("characters of personal data left visible: {:.2} %", share(self.visible, self.secret));
        println!("texts that leak: {:.2} %", share(self.leaking, self.personal));
        println!("over-redaction: {:.3} %", share(self.over, self.other));
        println!("harmless texts touched: {:.2} %", share(self.touched, self.harmless));
    }
}

/// Bytes that a finding and a span share.
fn shared(f: &Found<'_>, span: &Span) -> usize {
    f.end.min(span.1).saturating_sub(f.start.max(span.0))
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
    ON.iter().chain(OPTIONAL).find(|c| **c == class).copied().unwrap_or("other")
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
