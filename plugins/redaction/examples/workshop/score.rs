//! What the plugin finds in texts it was not made from: recall and precision per class.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use plugin_redaction::{Found, Known, ON, Settings, find};

use crate::aims;
use crate::chance::Chance;
use crate::templates::{Sample, Span, fill, read};
use crate::words::Words;

/// Texts per template.
const PER_TEMPLATE: usize = 12;
const SEED: u64 = 7_011_954;

/// What is counted of one class in one language.
#[derive(Default, Clone, Copy)]
pub(crate) struct Count {
    pub(crate) spans: usize,
    pub(crate) masked: usize,
    pub(crate) typed: usize,
    pub(crate) found: usize,
    /// Findings that touch personal data, and those that call it by its class.
    pub(crate) right: usize,
    pub(crate) named: usize,
}

impl std::ops::Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            spans: self.spans + other.spans,
            masked: self.masked + other.masked,
            typed: self.typed + other.typed,
            found: self.found + other.found,
            right: self.right + other.right,
            named: self.named + other.named,
        }
    }
}

/// All texts of the score.
fn samples() -> std::io::Result<Vec<Sample>> {
    samples_of(&[
        ("de", "corpus/score/de.txt"),
        ("en", "corpus/score/en.txt"),
        ("de", "corpus/score/unseen-de.txt"),
        ("en", "corpus/score/unseen-en.txt"),
        ("de", "examples/workshop/harmless/de.txt"),
        ("en", "examples/workshop/harmless/en.txt"),
        ("de", "examples/workshop/unusual/de.txt"),
        ("en", "examples/workshop/unusual/en.txt"),
    ])
}

fn samples_of(files: &[(&'static str, &str)]) -> std::io::Result<Vec<Sample>> {
    let words = Words::for_score()?;
    let mut chance = Chance::new(SEED);
    let mut out = Vec::new();
    for (language, path) in files.iter().copied() {
        for template in read(path)? {
            // A text without slots says the same each time.
            let texts = if path.starts_with("corpus") { PER_TEMPLATE } else { 1 };
            out.extend((0..texts).map(|_| fill(&template, language, &words, &mut chance)));
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
    aims::tell(&tally);
    run_optional(misses)
}

/// Classes that are off until they are switched on, and have texts of their own.
const OPTIONAL: &[&str] = &["LOCATION", "ORG", "URL", "USERNAME"];

fn run_optional(misses: bool) -> std::io::Result<()> {
    let on = |settings: Settings, class: &&str| settings.with(class, true);
    let settings = OPTIONAL.iter().fold(Settings::default().with("PERSON", false), on);
    let mut tally = Tally { misses, ..Tally::default() };
    for sample in
        samples_of(&[("de", "corpus/score/optional-de.txt"), ("en", "corpus/score/optional-en.txt")])?
    {
        tally.add(&sample, &find(&sample.text, &Known::default(), &settings));
    }
    println!("\nSwitched on:\n\n{TABLE_HEAD}");
    OPTIONAL.iter().for_each(|class| row(class, &tally.sum(|name, _| name == *class)));
    Ok(())
}

const TABLE_HEAD: &str =
    "| class | spans | masked % | typed % | found | precision % |\n|---|---|---|---|---|---|";

/// Everything that is counted, over all texts.
#[derive(Default)]
pub(crate) struct Tally {
    /// Whether each miss and each false finding is printed.
    misses: bool,
    /// By class and language.
    pub(crate) counts: BTreeMap<(&'static str, &'static str), Count>,
    /// Spans of disguised texts, and how many of them were masked.
    pub(crate) disguised: Share,
    /// Harmless texts, and how many of them were touched: all, and those that look like secrets.
    pub(crate) touched: Share,
    pub(crate) alike: Share,
    /// Texts with personal data, and how many of them show some of it.
    pub(crate) leaking: Share,
    /// Bytes of personal data, and how many of them are left visible.
    pub(crate) visible: Share,
    /// Bytes of other text, and how many of them are removed.
    pub(crate) over: Share,
}

/// How many of how many.
#[derive(Default, Clone, Copy)]
pub(crate) struct Share {
    some: usize,
    all: usize,
}

impl Share {
    fn add(&mut self, some: usize, all: usize) {
        self.some += some;
        self.all += all;
    }

    pub(crate) fn percent(self) -> f64 {
        100.0 * self.some as f64 / self.all.max(1) as f64
    }
}

impl Tally {
    fn add(&mut self, sample: &Sample, found: &[Found<'_>]) {
        let mut leaks = false;
        for span in &sample.spans {
            leaks |= !self.add_span(sample, span, found);
        }
        found.iter().for_each(|finding| self.add_finding(sample, finding));
        self.over.add(0, sample.text.len() - sample.spans.iter().map(|s| s.1 - s.0).sum::<usize>());
        if !sample.spans.is_empty() {
            return self.leaking.add(usize::from(leaks), 1);
        }
        let touched = usize::from(!found.is_empty());
        self.touched.add(touched, 1);
        if sample.alike {
            self.alike.add(touched, 1);
        }
    }

    /// The sum over some classes and languages.
    pub(crate) fn sum(&self, counts: impl Fn(&str, &str) -> bool) -> Count {
        let chosen = self.counts.iter().filter(|((class, language), _)| counts(class, language));
        chosen.fold(Count::default(), |sum, (_, count)| sum + *count)
    }

    /// Whether a span of personal data was masked, at least half of it.
    fn add_span(&mut self, sample: &Sample, span: &Span, found: &[Found<'_>]) -> bool {
        let (start, end, class) = *span;
        let hits: Vec<&Found<'_>> = found.iter().filter(|f| shared(f, span) > 0).collect();
        let covered: usize = hits.iter().map(|f| shared(f, span)).sum();
        self.visible.add(end - start - covered, end - start);
        let masked = covered * 2 > end - start;
        let typed = masked && hits.iter().any(|f| f.class == class);
        let count = self.counts.entry((class, sample.language)).or_default();
        count.spans += 1;
        count.masked += usize::from(masked);
        count.typed += usize::from(typed);
        if sample.disguised {
            self.disguised.add(usize::from(masked), 1);
        }
        if self.misses && !typed {
            let classes: Vec<&str> = hits.iter().map(|f| f.class).collect();
            println!("missed {class} {:?} in {:?}; found {classes:?}", &sample.text[start..end], sample.text);
        }
        masked
    }

    fn add_finding(&mut self, sample: &Sample, f: &Found<'_>) {
        let covered: usize = sample.spans.iter().map(|span| shared(f, span)).sum();
        let named = sample.spans.iter().any(|span| span.2 == f.class && shared(f, span) > 0);
        self.over.add(f.end - f.start - covered, 0);
        let count = self.counts.entry((class_of(f.class), sample.language)).or_default();
        count.found += 1;
        count.right += usize::from(covered > 0);
        count.named += usize::from(named);
        if self.misses && covered == 0 {
            let text = &sample.text[f.start..f.end];
            println!("false {} {text:?} {} {:.2} in {:?}", f.class, f.rule, f.score, sample.text);
        }
    }

    fn tell(&self, texts: usize) {
        println!("{TABLE_HEAD}");
        let classes: BTreeSet<&str> = self.counts.keys().map(|(class, _)| *class).collect();
        for class in classes {
            row(class, &self.sum(|name, _| name == class));
        }
        for language in ["de", "en"] {
            row(language, &self.sum(|_, name| name == language));
        }
        println!("\n{texts} texts, {} of them without personal data", self.touched.all);
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
