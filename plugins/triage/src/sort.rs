//! What triage proposes for a message: pure, from text and settings to proposals with their reasons.

use crate::guess::Guess;
use crate::learn::examples::Like;
use crate::learn::{Learning, history};
use crate::rules::{self, Rule, Score, Ticket};
use crate::text::{self, Word};
use crate::{defaults, language};

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
    /// Number of the ticket.
    pub number: u64,
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

/// What rules come to.
enum Verdict {
    Sure(Rule, Score, f32),
    Unsure(String),
}

/// Evidence pieces kept.
const EVIDENCE_MAX: usize = 6;

/// What was learnt, about one message.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Learnt {
    /// What the model makes of it.
    pub guess: Option<Guess>,
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

    /// Proposes category, team and tags; answers the category that the ticket then has.
    ///
    /// Rules of an admin come first, then what past tickets teach, then what a person corrected, then the built-in
    /// rules; these are silent
    /// about categories that the desk does not use, and altogether once the model keeps its promise.
    fn category(
        &mut self,
        input: &Input,
        settings: &Settings,
        words: &Ticket<'_>,
        learnt: &Learnt,
    ) -> Option<String> {
        let (guess, like) = (learnt.guess.as_ref(), learnt.like.as_ref());
        if (guess.is_some() || like.is_some())
            && let Some(Verdict::Sure(rule, score, confidence)) = by_rules(settings, &settings.rules, words)
        {
            return self.settle(input, settings, &rule, &score, confidence);
        }
        let is_corrected = |guess: &Guess| like.is_some_and(|like| like.instead_of == guess.label);
        if let Some(guess) = guess.filter(|guess| guess.is_sure() && !is_corrected(guess)) {
            return self.learned(input, settings, guess);
        }
        if let Some(like) = like {
            return self.alike(input, settings, like);
        }
        match guess {
            Some(guess) => {
                let mut known = settings.rules();
                known.retain(|rule| guess.sure_from.is_none() && guess.labels.contains(&rule.category));
                match by_rules(settings, &known, words) {
                    // Asked for its best guess at any price, the model is the one that is asked.
                    Some(Verdict::Sure(rule, score, confidence)) if settings.threshold > 0.0 => {
                        self.settle(input, settings, &rule, &score, confidence)
                    }
                    _ => self.unsure(input, settings, guess),
                }
            }
            None => match by_rules(settings, &settings.rules(), words) {
                Some(Verdict::Sure(rule, score, confidence)) => {
                    self.settle(input, settings, &rule, &score, confidence)
                }
                Some(Verdict::Unsure(why)) => {
                    self.abstain(why);
                    input.category.clone()
                }
                None => self.nothing_fits(input, settings, words),
            },
        }
    }

    /// A rule decided; an earlier category gives way only to a clear one.
    fn settle(
        &mut self,
        input: &Input,
        settings: &Settings,
        rule: &Rule,
        score: &Score,
        confidence: f32,
    ) -> Option<String> {
        if let Some(before) = self.keeps(input, settings, &rule.category, confidence) {
            return Some(before);
        }
        self.propose(input, rule, score, confidence);
        Some(rule.category.clone())
    }

    /// The category that stays, where the new one is not sure enough to take its place.
    fn keeps(
        &mut self,
        input: &Input,
        settings: &Settings,
        category: &str,
        confidence: f32,
    ) -> Option<String> {
        let before = input.category.as_ref().filter(|before| *before != category)?;
        if confidence >= settings.change_threshold {
            return None;
        }
        self.abstain(format!("keeps category {before}: {category} is only {} % sure", percent(confidence)));
        Some(before.clone())
    }

    /// The model decided.
    fn learned(&mut self, input: &Input, settings: &Settings, guess: &Guess) -> Option<String> {
        if guess.field == history::Field::Category
            && let Some(before) = self.keeps(input, settings, &guess.label, guess.confidence)
        {
            return Some(before);
        }
        self.taught(input, guess);
        self.summary =
            format!("{} ({} %), learned from past tickets", guess.label, percent(guess.confidence));
        if guess.field == history::Field::Team { input.category.clone() } else { Some(guess.label.clone()) }
    }

    /// A ticket that a person corrected is much like it.
    fn alike(&mut self, input: &Input, settings: &Settings, like: &Like) -> Option<String> {
        let Like { field, ticket, label, team, confidence, evidence, .. } = like;
        let is_category = *field == history::Field::Category;
        if is_category && let Some(before) = self.keeps(input, settings, label, *confidence) {
            return Some(before);
        }
        let why = |did: String| Why {
            reason: format!("Like #{ticket}, which a person {did}."),
            confidence: *confidence,
            evidence: evidence.clone(),
        };
        self.summary = format!("{label} ({} %), like #{ticket}", percent(*confidence));
        if is_category && input.category.as_ref() != Some(label) {
            self.set("category", label, why(format!("sorted as {label}")));
        }
        let team = if is_category { team } else { label };
        if !team.is_empty() && input.team.as_ref() != Some(team) {
            self.set("team", team, why(format!("gave to {team}")));
        }
        if is_category { Some(label.clone()) } else { input.category.clone() }
    }

    /// The model is not sure enough; asked for its best guess at any price, it still names it.
    fn unsure(&mut self, input: &Input, settings: &Settings, guess: &Guess) -> Option<String> {
        if settings.threshold <= 0.0 {
            self.taught(input, guess);
        }
        let close =
            if guess.rival.is_empty() { String::new() } else { format!(", {} comes next", guess.rival) };
        self.abstain(format!("not sure enough: {} {} %{close}", guess.label, percent(guess.confidence)));
        input.category.clone()
    }

    fn taught(&mut self, input: &Input, guess: &Guess) {
        let past = if guess.meant {
            "Past tickets of this meaning and these words"
        } else {
            "Past tickets with these words"
        };
        let says = quoted(past, &guess.evidence);
        let why = |what: String| Why {
            reason: format!(
                "{}: {what} ({} tickets of it are known).",
                if says.is_empty() { "Past tickets" } else { &says },
                guess.tickets
            ),
            confidence: guess.confidence,
            evidence: guess.evidence.clone(),
        };
        let field = guess.field.name();
        let before = if guess.field == history::Field::Team { &input.team } else { &input.category };
        if before.as_deref() != Some(guess.label.as_str()) {
            self.set(field, &guess.label, why(format!("{field} {}", guess.label)));
            if guess.field == history::Field::Category && !guess.team.is_empty() {
                self.set("team", &guess.team, why(format!("{} goes to {}", guess.label, guess.team)));
            }
        }
    }

    fn propose(&mut self, input: &Input, rule: &Rule, score: &Score, confidence: f32) {
        let evidence: Vec<String> = score.evidence.iter().take(EVIDENCE_MAX).cloned().collect();
        let why = |reason: String| Why { reason, confidence, evidence: evidence.clone() };
        let says = quoted("The customer writes", &evidence);
        self.summary = format!("{} ({} %)", rule.category, percent(confidence));
        if input.category.as_deref() != Some(rule.category.as_str()) {
            self.set("category", &rule.category, why(format!("{says}.")));
            if !rule.team.is_empty() {
                self.set(
                    "team",
                    &rule.team,
                    why(format!("{says}; {} goes to {}.", rule.category, rule.team)),
                );
            }
        }
        for tag in &rule.tags {
            self.tag(input, tag, &why(format!("{says}.")));
        }
    }

    fn nothing_fits(&mut self, input: &Input, settings: &Settings, words: &Ticket<'_>) -> Option<String> {
        let fallback = &settings.fallback_category;
        if words.is_empty() {
            self.abstain("the message has no text".to_owned());
        } else if fallback.is_empty() || input.category.is_some() {
            self.abstain("no rule has a word of this message".to_owned());
        } else {
            let why = Why {
                reason: "No rule has a word of this message.".to_owned(),
                confidence: 0.3,
                evidence: Vec::new(),
            };
            self.set("category", fallback, why);
            self.summary = format!("{fallback}: no rule fits");
            return Some(fallback.clone());
        }
        input.category.clone()
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

/// What rules say; none when none has a word of the message.
fn by_rules(settings: &Settings, rules: &[Rule], words: &Ticket<'_>) -> Option<Verdict> {
    let scores = rules::score(rules, words);
    let second = scores.get(1).map_or(0.0, |s| s.points);
    let (score, rule) = scores.first().and_then(|s| rules.get(s.rule).map(|r| (s, r)))?;
    let confidence = rules::confidence(score.points, second);
    if confidence >= settings.threshold {
        return Some(Verdict::Sure(rule.clone(), score.clone(), confidence));
    }
    let rival = scores.get(1).and_then(|s| rules.get(s.rule));
    let rival = rival.map(|r| format!(", {} is close", r.category)).unwrap_or_default();
    Some(Verdict::Unsure(format!("not sure enough: {} {} %{rival}", rule.category, percent(confidence))))
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
