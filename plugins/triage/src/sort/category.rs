//! Which category, team and tags a message gets, and who decides: own rules, the model, corrected tickets, the
//! built-in rules. What other plugins rely on for safety is heard whatever was learnt.

use super::{EVIDENCE_MAX, Input, Learnt, Settings, Sorted, Why, percent, quoted};
use crate::guess::Guess;
use crate::learn::examples::Like;
use crate::learn::history;
use crate::rules::{self, Rule, Score, Ticket};

/// What rules come to.
pub(super) enum Verdict {
    Sure(Rule, Score, f32),
    Unsure(String),
}

impl Sorted {
    /// Proposes category, team and tags; answers the category that the ticket then has.
    pub(super) fn category(
        &mut self,
        input: &Input,
        settings: &Settings,
        words: &Ticket<'_>,
        learnt: &Learnt,
    ) -> Option<String> {
        let decided = self.decide(input, settings, words, learnt);
        if learnt.says_something() {
            self.tags_of_rules(input, settings, words, decided.as_deref());
        }
        decided
    }

    /// Rules of an admin come first, then what other plugins rely on for safety, then what past tickets teach, then
    /// what a person corrected, then the built-in rules; these are silent about categories that the desk does not
    /// use, and altogether once the model keeps its promise.
    fn decide(
        &mut self,
        input: &Input,
        settings: &Settings,
        words: &Ticket<'_>,
        learnt: &Learnt,
    ) -> Option<String> {
        if learnt.says_something()
            && let Some(Verdict::Sure(rule, score, confidence)) = by_rules(settings, &settings.rules, words)
        {
            return self.settle(input, settings, &rule, &score, confidence);
        }
        let (sure, like) = (learnt.sure(), learnt.like.as_ref());
        if sure.is_some() || like.is_some() {
            let heard =
                safety(settings, words).filter(|(rule, ..)| !learnt.has_seen(&rule.category, settings));
            if let Some((mut rule, score, confidence)) = heard {
                // A model of teams says nothing of categories: both are heard.
                if let Some(guess) = sure.filter(|guess| guess.field == history::Field::Team) {
                    self.learned(input, settings, guess);
                    rule.team.clear();
                }
                return self.settle(input, settings, &rule, &score, confidence);
            }
        }
        match (sure, like) {
            (Some(guess), _) => self.learned(input, settings, guess),
            (None, Some(like)) => self.alike(input, settings, like),
            (None, None) => self.without_learning(input, settings, words, learnt),
        }
    }

    /// Nothing that was learnt decides: the rules do, about what the desk uses.
    fn without_learning(
        &mut self,
        input: &Input,
        settings: &Settings,
        words: &Ticket<'_>,
        learnt: &Learnt,
    ) -> Option<String> {
        let mut rules = settings.rules();
        rules.retain(|rule| learnt.lets_speak(rule, settings));
        match (by_rules(settings, &rules, words), &learnt.guess) {
            // Asked for its best guess at any price, the model is the one that is asked.
            (Some(Verdict::Sure(rule, score, confidence)), guess)
                if (guess.is_none() || settings.threshold > 0.0)
                    && confidence >= learnt.least(&rule, settings) =>
            {
                self.settle(input, settings, &rule, &score, confidence)
            }
            (_, Some(guess)) => self.unsure(input, settings, guess),
            (Some(Verdict::Unsure(why)), None) => {
                self.abstain(why);
                input.category.clone()
            }
            (Some(Verdict::Sure(rule, _, confidence)), None) => {
                self.abstain(not_sure(&rule.category, confidence));
                input.category.clone()
            }
            (None, None) => self.nothing_fits(input, settings, words),
        }
    }

    /// Whoever decided: the tags of the category's own rule, and of each that is there for safety.
    fn tags_of_rules(
        &mut self,
        input: &Input,
        settings: &Settings,
        words: &Ticket<'_>,
        decided: Option<&str>,
    ) {
        let rules = settings.rules();
        for score in rules::score(&rules, words) {
            let Some(rule) = rules.get(score.rule) else { continue };
            let confidence = rules::confidence(score.points, 0.0);
            let least = match () {
                () if decided == Some(rule.category.as_str()) => settings.threshold,
                () if is_safety(&rule.category) => SAFETY_FROM,
                () => continue,
            };
            if confidence >= least {
                self.tags_of(input, rule, &why_of(&score, confidence));
            }
        }
    }

    fn tags_of(&mut self, input: &Input, rule: &Rule, why: &Why) {
        for tag in &rule.tags {
            self.tag(input, tag, why);
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
        self.abstain(guess.why_unsure(settings.precision));
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
        let why = why_of(score, confidence);
        self.summary = format!("{} ({} %)", rule.category, percent(confidence));
        if input.category.as_deref() != Some(rule.category.as_str()) {
            self.set("category", &rule.category, why.clone());
            if !rule.team.is_empty() {
                let goes = format!("{}; {} goes to {}.", says(score), rule.category, rule.team);
                self.set("team", &rule.team, Why { reason: goes, ..why.clone() });
            }
        }
        self.tags_of(input, rule, &why);
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
}

impl Learnt {
    /// Whether there is a model, or a corrected ticket like this one.
    const fn says_something(&self) -> bool {
        !self.labels.is_empty() || self.like.is_some()
    }

    /// The model's guess where it may decide: not against a person who corrected just that on a ticket like this.
    fn sure(&self) -> Option<&Guess> {
        let corrected = |guess: &Guess| self.like.as_ref().is_some_and(|like| like.instead_of == guess.label);
        self.guess.as_ref().filter(|guess| guess.is_sure() && !corrected(guess))
    }

    /// Whether people have told that category from others: in tickets that the model learnt from, or on the
    /// corrected ticket. What was never told apart cannot outvote a rule.
    fn has_seen(&self, category: &str, settings: &Settings) -> bool {
        if self.sure().is_some() {
            return settings.learn_field == history::Field::Category && self.knows(category);
        }
        self.like.as_ref().is_some_and(|like| like.label == category || like.instead_of == category)
    }

    /// How sure a rule must be beside the model: what the desk does not use comes only where it is needed for safety.
    fn least(&self, rule: &Rule, settings: &Settings) -> f32 {
        let foreign = !self.labels.is_empty() && is_safety(&rule.category) && !self.knows(&rule.category);
        if foreign && !settings.rules.contains(rule) { SAFETY_FROM } else { settings.threshold }
    }

    fn knows(&self, label: &str) -> bool {
        self.labels.iter().any(|known| known == label)
    }

    /// Whether a rule may decide beside the model: an admin's own and those for safety always, others until the
    /// promise is earned and where the desk uses their category.
    fn lets_speak(&self, rule: &Rule, settings: &Settings) -> bool {
        if self.labels.is_empty() || is_safety(&rule.category) || settings.rules.contains(rule) {
            return true;
        }
        let used = match settings.learn_field {
            history::Field::Team => rule.team.is_empty() || self.knows(&rule.team),
            _ => self.knows(&rule.category),
        };
        used && self.guess.as_ref().is_none_or(|guess| guess.sure_from.is_none())
    }
}

/// Categories by which other plugins keep quiet or hurry: a complaint is answered by a person, spam by nobody, an
/// outage comes first.
const SAFETY: &[&str] = &["complaint", "spam", "outage"];
/// From this on a rule for safety stands against what was learnt: “enttäuscht” alone reaches it, “kaputt” alone does
/// not, for a garage's model knows better what that means.
const SAFETY_FROM: f32 = 0.75;

fn is_safety(category: &str) -> bool {
    SAFETY.contains(&category)
}

/// The rule for safety that a message matches strongly.
fn safety(settings: &Settings, words: &Ticket<'_>) -> Option<(Rule, Score, f32)> {
    let mut rules = settings.rules();
    rules.retain(|rule| is_safety(&rule.category));
    match by_rules(settings, &rules, words)? {
        // Asked for its best guess at any price, the model is the one that is asked.
        Verdict::Sure(rule, score, confidence) if confidence >= SAFETY_FROM && settings.threshold > 0.0 => {
            Some((rule, score, confidence))
        }
        _ => None,
    }
}

fn says(score: &Score) -> String {
    let evidence: Vec<String> = score.evidence.iter().take(EVIDENCE_MAX).cloned().collect();
    quoted("The customer writes", &evidence)
}

fn why_of(score: &Score, confidence: f32) -> Why {
    let evidence = score.evidence.iter().take(EVIDENCE_MAX).cloned().collect();
    Why { reason: format!("{}.", says(score)), confidence, evidence }
}

/// What rules say; none when none has a word of the message.
pub(super) fn by_rules(settings: &Settings, rules: &[Rule], words: &Ticket<'_>) -> Option<Verdict> {
    let scores = rules::score(rules, words);
    let second = scores.get(1).map_or(0.0, |s| s.points);
    let (score, rule) = scores.first().and_then(|s| rules.get(s.rule).map(|r| (s, r)))?;
    let confidence = rules::confidence(score.points, second);
    if confidence >= settings.threshold {
        return Some(Verdict::Sure(rule.clone(), score.clone(), confidence));
    }
    let rival = scores.get(1).and_then(|s| rules.get(s.rule));
    let rival = rival.map(|r| format!(", {} is close", r.category)).unwrap_or_default();
    Some(Verdict::Unsure(not_sure(&rule.category, confidence) + &rival))
}

fn not_sure(category: &str, confidence: f32) -> String {
    format!("not sure enough: {category} {} %", percent(confidence))
}
