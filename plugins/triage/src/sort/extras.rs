//! What goes into custom fields: numbers, amounts, dates, products, and what kind of message it is. Each is
//! proposed only where its field is still empty.

use super::category::{Verdict, by_rules};
use super::{EVIDENCE_MAX, Input, Settings, Sorted, Why, quoted};
use crate::learn::examples::Like;
use crate::rules::Ticket;
use crate::{amounts, defaults, numbers};

/// Which type the messages of a built-in category are.
const TYPES: &[(&str, &str)] = &[
    ("refund", "return"),
    ("order_status", "order"),
    ("shipping", "question"),
    ("cancellation", "cancellation"),
    ("invoice", "invoice"),
    ("account", "incident"),
    ("outage", "incident"),
    ("complaint", "complaint"),
    ("praise", "praise"),
    ("spam", "spam"),
];
/// Confidence that a message with a question mark and nothing else to go by is a question.
const ASKS: f32 = 0.6;

impl Sorted {
    /// Everything for custom fields that the settings ask for.
    pub(super) fn extras(&mut self, input: &Input, settings: &Settings, words: &Ticket<'_>, kinds: &[Like]) {
        if settings.extract_numbers {
            self.numbers(input);
        }
        if settings.extract_facts {
            self.facts(input);
        }
        self.product(input, settings, words);
        if settings.extract_type {
            self.corrected(input, kinds);
            self.kind(input, words);
        }
    }

    /// What a person said of a ticket much like this one comes before the built-in words.
    fn corrected(&mut self, input: &Input, kinds: &[Like]) {
        for like in kinds {
            let Some(key) = like.field.custom_key() else { continue };
            let reason = format!("Like #{}, of which a person said {}.", like.ticket, like.label);
            self.custom(input, key, &like.label, reason, like.confidence, like.evidence.clone());
        }
    }

    fn numbers(&mut self, input: &Input) {
        for number in numbers::find(&input.subject, &input.text) {
            let reason = format!("The customer names it: {}.", number.evidence);
            self.custom(input, number.key, &number.value, reason, 0.9, vec![number.evidence]);
        }
    }

    fn facts(&mut self, input: &Input) {
        for fact in amounts::find(&input.subject, &input.text) {
            let reason = format!("The customer writes “{}”.", fact.evidence);
            self.custom(input, fact.key, &fact.value, reason, 0.85, vec![fact.evidence]);
        }
    }

    /// The first product of the settings that the message names.
    fn product(&mut self, input: &Input, settings: &Settings, words: &Ticket<'_>) {
        for product in &settings.products {
            let pieces: Vec<String> = product
                .split(|c: char| !c.is_alphanumeric())
                .filter(|piece| !piece.is_empty())
                .map(|piece| format!("={piece}"))
                .collect();
            let pattern = pieces.join(" ");
            if let Some((_, shown)) =
                words.matches(std::iter::once((pattern.as_str(), 1.0))).into_iter().next()
            {
                let reason = format!("{}.", quoted("The customer writes", std::slice::from_ref(&shown)));
                self.custom(input, "product", product, reason, 0.9, vec![shown]);
                return;
            }
        }
    }

    /// Type and sentiment, by the built-in words, whatever rules decide about the category.
    fn kind(&mut self, input: &Input, words: &Ticket<'_>) {
        let rules = defaults::rules();
        let found = by_rules(&Settings::default(), &rules, words);
        let mut says = None;
        if let Some(Verdict::Sure(rule, score, confidence)) = found {
            says = Some((rule.category, score.evidence, confidence));
        }
        if let Some((category, evidence, confidence)) = &says
            && let Some((_, kind)) = TYPES.iter().find(|(of, _)| of == category)
        {
            let reason = format!("{}.", quoted("The customer writes", evidence));
            self.custom(input, "type", kind, reason, *confidence, evidence.clone());
        } else if input.text.contains('?') || input.subject.contains('?') {
            let reason = "The customer asks something.".to_owned();
            self.custom(input, "type", "question", reason, ASKS, vec!["?".to_owned()]);
        }
        let angry: Vec<String> =
            words.matches(defaults::ANGRY.iter().map(|p| (*p, 1.0))).into_iter().map(|(_, s)| s).collect();
        let (value, evidence, confidence) = match says {
            _ if !angry.is_empty() => ("negative", angry, 0.8),
            Some((category, evidence, confidence)) if category == "complaint" => {
                ("negative", evidence, confidence)
            }
            Some((category, evidence, confidence)) if category == "praise" => {
                ("positive", evidence, confidence)
            }
            _ => return,
        };
        let reason = format!("{}.", quoted("The customer writes", &evidence));
        self.custom(input, "sentiment", value, reason, confidence, evidence);
    }

    /// Fills a custom field that is empty: what somebody entered stays.
    fn custom(
        &mut self,
        input: &Input,
        key: &str,
        value: &str,
        reason: String,
        confidence: f32,
        mut evidence: Vec<String>,
    ) {
        let field = format!("custom.{key}");
        if input.custom.iter().any(|filled| filled == key)
            || self.fields.iter().any(|(set, ..)| *set == field)
        {
            return;
        }
        evidence.truncate(EVIDENCE_MAX);
        self.set(&field, value, Why { reason, confidence, evidence });
    }
}

#[cfg(test)]
mod tests {
    use super::super::sort;
    use super::*;
    use crate::rules::IN_SUBJECT;

    fn custom(text: &str, settings: &Settings, filled: &[&str]) -> Vec<(String, String)> {
        let input = Input {
            text: text.to_owned(),
            auto_class: "human".to_owned(),
            custom: filled.iter().map(|key| (*key).to_owned()).collect(),
            ..Input::default()
        };
        let fields = sort(&input, settings, &crate::sort::Learnt::default()).fields.into_iter();
        fields
            .filter_map(|(field, value, why)| {
                assert!(!why.evidence.is_empty() && !why.reason.contains(IN_SUBJECT), "{field}");
                field.strip_prefix("custom.").map(|key| (key.to_owned(), value))
            })
            .collect()
    }

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn amounts_dates_and_products_of_the_list_go_into_their_fields() {
        let settings = Settings { products: vec!["Brew-Master X2".to_owned()], ..Settings::default() };
        assert_eq!(
            custom("Die brew master x2 vom 12.03.2026 hat 149,90 Euro gekostet", &settings, &[]),
            pairs(&[("date", "2026-03-12"), ("amount", "149.90 EUR"), ("product", "Brew-Master X2")])
        );
        assert_eq!(custom("Die Kaffeemaschine war teuer", &settings, &[]), []);
    }

    #[test]
    fn what_somebody_has_entered_stays() {
        let settings =
            Settings { products: vec!["lamp".to_owned()], extract_type: true, ..Settings::default() };
        let text = "Where is my order 4711042? The lamp cost 20 EUR on 2026-03-12";
        let filled = ["order_number", "amount", "date", "product", "type"];
        assert_eq!(custom(text, &settings, &filled), []);
    }

    #[test]
    fn type_and_sentiment_are_named_when_asked_for() {
        let settings = Settings { extract_type: true, ..Settings::default() };
        for (text, want) in [
            ("Ich möchte mein Geld zurück, bitte um Rückerstattung", &[("type", "return")][..]),
            ("Ein großes Lob an Ihr Team, alles perfekt", &[("type", "praise"), ("sentiment", "positive")]),
            ("Checkout is down, I get a server error", &[("type", "incident")]),
            ("Please cancel my subscription", &[("type", "cancellation")]),
            ("I want to complain, this is unacceptable", &[("type", "complaint"), ("sentiment", "negative")]),
            ("Do you sell left-handed scissors?", &[("type", "question")]),
            ("Hello there", &[]),
        ] {
            assert_eq!(custom(text, &settings, &[]), pairs(want), "{text}");
        }
        assert_eq!(custom("Do you sell left-handed scissors?", &Settings::default(), &[]), []);
    }
}
