//! What triage proposes for a message: pure, from text and settings to proposals with their reasons.

use crate::guess::Guess;
use crate::learn::examples::Like;
use crate::learn::{Learning, history};
use crate::rules::{self, Rule, Ticket};
use crate::text::{self, Word};
use crate::{defaults, language};

mod category;
mod extras;

/// What an admin can set.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Below this, no category is proposed.
    pub threshold: f32,
    /// From this on, a category from an earlier message is replaced.
    pub change_threshold: f32,
    /// From this on, the language is set.
    pub language_threshold: f32,
    /// Category for human messages that nothing fits; empty: abstain.
    pub fallback_category: String,
    /// Whether the built-in rules apply beside those in `rules`.
    pub built_in_rules: bool,
    /// The admin's own rules; one with a built-in category's name replaces that.
    pub rules: Vec<Rule>,
    /// Further words that raise the priority to high.
    pub high_words: Vec<String>,
    /// Further words that raise the priority to urgent.
    pub urgent_words: Vec<String>,
    /// Categories that are high by themselves.
    pub high_categories: Vec<String>,
    /// Whether order, invoice, customer and tracking numbers go into custom fields.
    pub extract_numbers: bool,
    /// Whether amounts and dates go into custom fields.
    pub extract_facts: bool,
    /// Whether type and sentiment go into custom fields.
    pub extract_type: bool,
    /// Names of products; the first one named goes into a custom field.
    pub products: Vec<String>,
    /// Whether to learn from past tickets and corrections; off forgets what was learnt.
    pub learn: bool,
    /// What is learnt: the category, or the team itself.
    pub learn_field: history::Field,
    /// Whether what is changed through the API counts as a person's correction.
    pub learn_from_api: bool,
    /// Share of learnt categories that must be right for one to be set.
    pub precision: f32,
    /// Millions of calculations in one firing.
    pub learn_slice: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            change_threshold: 0.8,
            language_threshold: 0.45,
            fallback_category: String::new(),
            built_in_rules: true,
            rules: Vec::new(),
            high_words: Vec::new(),
            urgent_words: Vec::new(),
            high_categories: vec!["outage".to_owned()],
            extract_numbers: true,
            extract_facts: true,
            extract_type: false,
            products: Vec::new(),
            learn: true,
            learn_field: history::Field::Category,
            learn_from_api: false,
            precision: 0.95,
            learn_slice: 600,
        }
    }
}

impl Settings {
    /// The settings about learning.
    #[must_use]
    pub fn learning(&self) -> Learning {
        Learning {
            on: self.learn,
            field: self.learn_field,
            work: u64::from(self.learn_slice) * 1_000_000,
            precision: self.precision,
        }
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        let mut all = if self.built_in_rules { defaults::rules() } else { Vec::new() };
        all.retain(|built_in| self.rules.iter().all(|own| own.category != built_in.category));
        all.extend(self.rules.iter().cloned());
        all
    }
}

/// The message and what is known of its ticket.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// Digest of the ticket's id.
    pub key: u64,
    /// Subject line.
    pub subject: String,
    /// Text without quotes and signature.
    pub text: String,
    /// `human` or what kind of machine wrote.
    pub auto_class: String,
    /// The ticket's priority now.
    pub priority: String,
    /// The ticket's category now.
    pub category: Option<String>,
    /// The ticket's team now.
    pub team: Option<String>,
    /// The ticket's language now.
    pub language: Option<String>,
    /// The ticket's tags now.
    pub tags: Vec<String>,
    /// Custom fields that are filled already.
    pub custom: Vec<String>,
}

/// A proposal's reason, confidence and evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// One sentence.
    pub reason: String,
    /// 0 to 1.
    pub confidence: f32,
    /// The words that decided.
    pub evidence: Vec<String>,
}

/// Everything triage proposes for one message.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sorted {
    /// Field, value, why.
    pub fields: Vec<(String, String, Why)>,
    /// Tag, why.
    pub tags: Vec<(String, Why)>,
    /// Why no category is proposed, when none is.
    pub abstained: Option<String>,
    /// What was decided, for people.
    pub summary: String,
}

/// Evidence pieces kept.
const EVIDENCE_MAX: usize = 6;

/// What was learnt, about one message.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Learnt {
    /// What the model makes of it.
    pub guess: Option<Guess>,
    /// Labels that the model knows, which are those that the desk uses; none without a model.
    pub labels: Vec<String>,
    /// The corrected ticket that it is like.
    pub like: Option<Like>,
    /// The corrected tickets that say of what type it is and how the customer feels.
    pub kinds: Vec<Like>,
}

/// Sorts one message, with what was learnt.
#[must_use]
pub fn sort(input: &Input, settings: &Settings, learnt: &Learnt) -> Sorted {
    let mut out = Sorted::default();
    if input.auto_class != "human" {
        out.machine_mail(input);
        return out;
    }
    let words = text::words(&input.subject, &input.text);
    out.language(input, settings, &words);
    let words = Ticket::of(&words);
    let category = out.category(input, settings, &words, learnt);
    out.priority(input, settings, &words, category.as_deref());
    out.anger(input, &words);
    out.extras(input, settings, &words, &learnt.kinds);
    out
}

impl Sorted {
    /// A machine's mail is marked and otherwise left alone: routing it would wake people for nothing.
    fn machine_mail(&mut self, input: &Input) {
        let (tag, what) = match input.auto_class.as_str() {
            "auto_replied" => ("auto-reply", "an automatic reply"),
            "bounce" => ("bounce", "a delivery failure notice"),
            "list" => ("newsletter", "a newsletter or list mail"),
            _ => ("auto-generated", "written by a machine"),
        };
        let why = Why {
            reason: format!("The message is {what}."),
            confidence: 0.95,
            evidence: vec![input.auto_class.clone()],
        };
        self.tag(input, tag, &why);
        self.summary = format!("machine mail: {what}, only tagged");
    }

    fn language(&mut self, input: &Input, settings: &Settings, words: &[Word]) {
        let guess = language::guess(words);
        let Some(code) = guess.language.filter(|_| guess.confidence >= settings.language_threshold) else {
            return;
        };
        if input.language.as_deref().is_some_and(|known| known.split('-').next() == Some(code)) {
            return;
        }
        let reason = format!("The text is {}{}.", guess.name, quoted(", going by", &guess.evidence));
        self.set("language", code, Why { reason, confidence: guess.confidence, evidence: guess.evidence });
    }

    /// Only ever raises.
    fn priority(&mut self, input: &Input, settings: &Settings, words: &Ticket<'_>, category: Option<&str>) {
        let find = |fixed: &[&str], own: &[String]| {
            let patterns = fixed.iter().copied().chain(own.iter().map(String::as_str)).map(|p| (p, 1.0));
            words.matches(patterns).into_iter().map(|(_, shown)| shown).take(EVIDENCE_MAX).collect::<Vec<_>>()
        };
        let (urgent, high) =
            (find(defaults::URGENT, &settings.urgent_words), find(defaults::HIGH, &settings.high_words));
        let by_category = category.filter(|c| settings.high_categories.iter().any(|h| h == c));
        let (value, why) = if !urgent.is_empty() {
            (
                "urgent",
                Why {
                    reason: format!("{}.", quoted("The customer writes", &urgent)),
                    confidence: 0.85,
                    evidence: urgent,
                },
            )
        } else if !high.is_empty() {
            (
                "high",
                Why {
                    reason: format!("{}.", quoted("The customer writes", &high)),
                    confidence: 0.8,
                    evidence: high,
                },
            )
        } else if let Some(category) = by_category {
            let reason = format!("Tickets of category {category} come before others.");
            ("high", Why { reason, confidence: 0.75, evidence: vec![category.to_owned()] })
        } else {
            return;
        };
        if rank(value) > rank(&input.priority) {
            self.set("priority", value, why);
        }
    }

    fn anger(&mut self, input: &Input, words: &Ticket<'_>) {
        let mut evidence: Vec<String> =
            words.matches(defaults::ANGRY.iter().map(|p| (*p, 1.0))).into_iter().map(|(_, s)| s).collect();
        if input.text.contains("!!!") || input.subject.contains("!!!") {
            evidence.push("!!!".to_owned());
        }
        if evidence.is_empty() {
            return;
        }
        evidence.truncate(EVIDENCE_MAX);
        let confidence = if evidence.len() > 1 { 0.85 } else { 0.65 };
        self.tag(
            input,
            "angry",
            &Why {
                reason: format!("{}.", quoted("The customer sounds angry:", &evidence)),
                confidence,
                evidence,
            },
        );
    }

    fn abstain(&mut self, why: String) {
        self.summary.clone_from(&why);
        self.abstained = Some(why);
    }

    fn set(&mut self, field: &str, value: &str, why: Why) {
        self.fields.push((field.to_owned(), value.to_owned(), why));
    }

    fn tag(&mut self, input: &Input, tag: &str, why: &Why) {
        if !input.tags.iter().any(|t| t == tag) && self.tags.iter().all(|(t, _)| t != tag) {
            self.tags.push((tag.to_owned(), why.clone()));
        }
    }
}

fn rank(priority: &str) -> u8 {
    match priority {
        "low" => 0,
        "high" => 2,
        "urgent" => 3,
        _ => 1,
    }
}

/// A share as people read it.
#[must_use]
pub fn percent(share: f32) -> String {
    format!("{:.0}", share * 100.0)
}

fn quoted(lead: &str, words: &[String]) -> String {
    if words.is_empty() {
        return String::new();
    }
    let list: Vec<String> = words
        .iter()
        .take(4)
        .map(|word| match word.strip_suffix(rules::IN_SUBJECT) {
            Some(word) => format!("“{word}”{}", rules::IN_SUBJECT),
            None => format!("“{word}”"),
        })
        .collect();
    format!("{lead} {}", list.join(", "))
}

#[cfg(test)]
mod tests;
