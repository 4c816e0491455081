//! Whether a ticket is answered automatically, only acknowledged, or left to people, and why. Pure: facts
//! and found articles in, one decision out.

use crate::words::{self, Language};

/// What an admin can set.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How sure it must be of an article before it sends it.
    pub threshold: f32,
    /// Whether a first message that is not answered gets an acknowledgement.
    pub acknowledge: bool,
    /// Who signs; empty: “Ihr Serviceteam” or “Your service team”.
    pub signature: String,
    /// Language of an acknowledgement when the customer's is not known: `de` or `en`.
    pub default_language: String,
    /// Categories that people answer.
    pub hold_categories: Vec<String>,
    /// Tags of tickets that people answer.
    pub hold_tags: Vec<String>,
    /// Priorities that people answer.
    pub hold_priorities: Vec<String>,
    /// Categories that get nothing at all.
    pub silent_categories: Vec<String>,
    /// Own texts instead of the built-in ones.
    pub texts: words::Texts,
}

impl Default for Settings {
    fn default() -> Self {
        let list = |one: &str| vec![one.to_owned()];
        Self {
            threshold: 0.5,
            acknowledge: true,
            signature: String::new(),
            default_language: "de".to_owned(),
            hold_categories: list("complaint"),
            hold_tags: list("angry"),
            hold_priorities: list("urgent"),
            silent_categories: list("spam"),
            texts: words::Texts::default(),
        }
    }
}

/// What is known before anything is searched.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Ticket number.
    pub number: u64,
    /// Class of the customer's newest message.
    pub auto_class: String,
    /// Status category of the ticket.
    pub status_category: String,
    /// Category, if triage found one.
    pub category: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Priority.
    pub priority: String,
    /// The customer's language, as far as known.
    pub language: Option<String>,
    /// Whether an agent has written on the ticket, to the customer or a note.
    pub agent_wrote: bool,
    /// Whether the customer has had a message from us on this ticket.
    pub answered_before: bool,
    /// How many messages the customer has written on it.
    pub inbound: usize,
    /// Whether there is anything to search with.
    pub has_text: bool,
    /// Number of the order, invoice or contract that the message names.
    pub case_number: Option<String>,
    /// The requester's name, if it may be read and there is one.
    pub name: Option<String>,
}

/// An article that was found.
#[derive(Debug, Clone, Default)]
pub struct Hit {
    /// Key.
    pub key: String,
    /// BCP 47 locale.
    pub locale: String,
    /// The question it answers.
    pub title: String,
    /// The answer.
    pub body: String,
    /// 0 to 1.
    pub score: f32,
    /// Words of the question that it has.
    pub terms: Vec<String>,
}

/// What a message that names one order or invoice leaves of an article's confidence.
const CASE_FACTOR: f32 = 0.6;

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Send an article.
    Answer {
        /// The whole reply.
        text: String,
        /// Its language.
        language: Language,
        /// Key of the article.
        article: String,
        /// 0 to 1.
        confidence: f32,
        /// Words that decided.
        evidence: Vec<String>,
        /// Why.
        why: String,
    },
    /// Only say that the message has arrived.
    Acknowledge {
        /// The whole reply.
        text: String,
        /// Its language.
        language: Language,
        /// Why it is no answer.
        why: String,
        /// Whether people must answer this one.
        held: bool,
    },
    /// Nobody should answer automatically.
    Held(String),
    /// Nothing to say.
    Abstained(String),
}

/// What is decided without looking at articles; none: search.
#[must_use]
pub fn before_search(facts: &Facts, settings: &Settings) -> Option<Decision> {
    if facts.auto_class != "human" {
        return Some(Decision::Held(format!("machine mail ({}) gets no automatic answer", facts.auto_class)));
    }
    if facts.agent_wrote {
        return Some(Decision::Held("an agent has written on this ticket: people go on".to_owned()));
    }
    if facts.answered_before {
        return Some(Decision::Held(
            "the customer has had a message from us already: people go on".to_owned(),
        ));
    }
    if facts.status_category == "closed" {
        return Some(Decision::Abstained("the ticket is closed".to_owned()));
    }
    if let Some(category) = facts.category.as_ref().filter(|c| settings.silent_categories.contains(c)) {
        return Some(Decision::Abstained(format!("category {category} gets no message")));
    }
    if let Some(why) = held_for(facts, settings) {
        return Some(acknowledge(facts, settings, why, true));
    }
    if !facts.has_text {
        return Some(acknowledge(
            facts,
            settings,
            "the message has no text to search with".to_owned(),
            false,
        ));
    }
    if Language::of(facts.language.as_deref()).is_none() {
        let why = match &facts.language {
            Some(language) => format!("there are no answers in {language}"),
            None => "the customer's language is not known".to_owned(),
        };
        return Some(acknowledge(facts, settings, why, false));
    }
    None
}

/// What is decided with the articles that were found, best first.
#[must_use]
pub fn after_search(facts: &Facts, settings: &Settings, hits: &[Hit]) -> Decision {
    let language = Language::of(facts.language.as_deref());
    let mut fitting =
        hits.iter().filter(|hit| language.is_some() && Language::of(Some(&hit.locale)) == language);
    let (Some(best), Some(language)) = (fitting.next(), language) else {
        return acknowledge(facts, settings, "no article has words of this question".to_owned(), false);
    };
    let second = fitting.next().map_or(0.0, |hit| hit.score);
    let general = confidence(best.score, second, best.terms.len());
    let sure = if facts.case_number.is_some() { general * CASE_FACTOR } else { general };
    let percent = |share: f32| format!("{:.0} %", share * 100.0);
    if sure < settings.threshold {
        return acknowledge(facts, settings, too_weak(facts, best, general, settings.threshold), false);
    }
    Decision::Answer {
        text: words::answer(language, facts, settings, best),
        language,
        article: best.key.clone(),
        confidence: sure,
        evidence: best.terms.iter().take(8).cloned().collect(),
        why: format!("article “{}” answers the question ({} sure)", best.key, percent(sure)),
    }
}

/// Why an article is not sent.
fn too_weak(facts: &Facts, best: &Hit, general: f32, threshold: f32) -> String {
    let (key, percent) = (&best.key, |share: f32| format!("{:.0} %", share * 100.0));
    match &facts.case_number {
        Some(number) if general >= threshold => {
            format!("it is about one case ({number}), not a question that article “{key}” settles")
        }
        _ => format!(
            "no article fits well enough (best: “{key}”, {} of {} needed)",
            percent(general),
            percent(threshold)
        ),
    }
}

/// How sure an article is the answer: it fits the question well, clearly better than the next one, and
/// has more than one word of it. A search's score alone says little: it falls with every word of the
/// question that no article has.
#[must_use]
pub fn confidence(best: f32, second: f32, terms: usize) -> f32 {
    if best.is_nan() || best <= 0.0 {
        return 0.0;
    }
    let fit = 1.0 - (-3.5 * best).exp();
    let lead = ((best - second) / best).clamp(0.0, 1.0);
    let chance = if terms < 2 { 0.7 } else { 1.0 };
    (fit * (0.5 + 0.5 * lead) * chance).clamp(0.0, 1.0)
}

/// Why people answer this one.
fn held_for(facts: &Facts, settings: &Settings) -> Option<String> {
    let category =
        facts.category.iter().find(|c| settings.hold_categories.contains(c)).map(|c| format!("category {c}"));
    let tag = || facts.tags.iter().find(|t| settings.hold_tags.contains(t)).map(|t| format!("tag {t}"));
    let priority =
        || settings.hold_priorities.contains(&facts.priority).then(|| format!("priority {}", facts.priority));
    category.or_else(tag).or_else(priority).map(|what| format!("{what}: a person answers"))
}

/// An acknowledgement where it is due, else the reason alone.
fn acknowledge(facts: &Facts, settings: &Settings, why: String, held: bool) -> Decision {
    let silent = if held { Decision::Held } else { Decision::Abstained };
    if !settings.acknowledge {
        return silent(format!("{why}; acknowledgements are switched off"));
    }
    if facts.inbound > 1 {
        return silent(format!("{why}; only a first message is acknowledged"));
    }
    let language = words::acknowledgement_language(facts.language.as_deref(), &settings.default_language);
    Decision::Acknowledge { text: words::acknowledgement(language, facts, settings), language, why, held }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            number: 12,
            auto_class: "human".into(),
            status_category: "new".into(),
            priority: "normal".into(),
            language: Some("de".into()),
            inbound: 1,
            has_text: true,
            ..Facts::default()
        }
    }

    fn hit(key: &str, locale: &str, score: f32) -> Hit {
        Hit {
            key: key.into(),
            locale: locale.into(),
            title: "T".into(),
            body: "B".into(),
            score,
            terms: vec!["passwort".into()],
        }
    }

    fn decide(facts: &Facts, hits: &[Hit]) -> Decision {
        let settings = Settings::default();
        before_search(facts, &settings).unwrap_or_else(|| after_search(facts, &settings, hits))
    }

    #[test]
    fn no_machine_is_ever_written_to() {
        for class in ["auto_replied", "auto_generated", "bounce", "list", "something_new"] {
            let machine = Facts { auto_class: class.into(), ..facts() };
            assert!(matches!(decide(&machine, &[hit("a", "de", 0.99)]), Decision::Held(_)), "{class}");
        }
    }

    #[test]
    fn after_an_agent_or_an_earlier_message_it_keeps_quiet() {
        for quiet in [Facts { agent_wrote: true, ..facts() }, Facts { answered_before: true, ..facts() }] {
            assert!(matches!(decide(&quiet, &[hit("a", "de", 0.99)]), Decision::Held(_)));
        }
    }

    #[test]
    fn complaints_anger_and_urgency_are_acknowledged_and_never_answered() {
        for held in [
            Facts { category: Some("complaint".into()), ..facts() },
            Facts { tags: vec!["vip".into(), "angry".into()], ..facts() },
            Facts { priority: "urgent".into(), ..facts() },
        ] {
            let got = decide(&held, &[hit("a", "de", 0.99)]);
            assert!(
                matches!(&got, Decision::Acknowledge { held: true, why, .. } if why.contains("a person answers")),
                "{got:?}"
            );
            let second = Facts { inbound: 2, ..held };
            assert!(matches!(decide(&second, &[hit("a", "de", 0.99)]), Decision::Held(_)));
        }
    }

    #[test]
    fn only_an_article_in_the_customers_language_is_sent() {
        let got = decide(&facts(), &[hit("english", "en", 0.99), hit("deutsch", "de-AT", 0.6)]);
        assert!(matches!(&got, Decision::Answer { article, .. } if article == "deutsch"), "{got:?}");
        let got = decide(&facts(), &[hit("english", "en", 0.99)]);
        assert!(matches!(got, Decision::Acknowledge { held: false, .. }), "{got:?}");
    }

    #[test]
    fn weak_and_close_articles_are_not_sent() {
        for hits in [
            vec![],
            vec![hit("a", "de", 0.12)],
            vec![hit("a", "de", 0.8), hit("b", "de", 0.78)],
            vec![hit("a", "de", f32::NAN)],
        ] {
            let got = decide(&facts(), &hits);
            assert!(matches!(got, Decision::Acknowledge { held: false, .. }), "{hits:?} {got:?}");
        }
    }

    #[test]
    fn a_message_about_one_order_needs_a_far_better_article() {
        let case = Facts { case_number: Some("10-48213".into()), ..facts() };
        let hits = [Hit { terms: vec!["geld".into(), "zurueck".into()], ..hit("a", "de", 0.4) }];
        assert!(matches!(decide(&facts(), &hits), Decision::Answer { .. }));
        let got = decide(&case, &hits);
        assert!(matches!(&got, Decision::Acknowledge { why, .. } if why.contains("10-48213")), "{got:?}");
    }

    #[test]
    fn confidence_grows_with_fit_and_lead_and_needs_more_than_one_word() {
        assert!(confidence(0.6, 0.0, 3) > confidence(0.3, 0.0, 3));
        assert!(confidence(0.6, 0.1, 3) > confidence(0.6, 0.5, 3));
        assert!(confidence(0.3, 0.0, 2) > 0.5 && confidence(0.3, 0.0, 1) < 0.5);
        // Figures that unrelated questions reached against the sample articles.
        for (best, second, terms) in [(0.12, 0.08, 2), (0.10, 0.05, 2), (0.09, 0.0, 1), (0.27, 0.19, 2)] {
            assert!(confidence(best, second, terms) < 0.45, "{best}");
        }
    }

    #[test]
    fn unknown_languages_get_an_acknowledgement_and_spam_gets_nothing() {
        let unknown = Facts { language: None, ..facts() };
        assert!(matches!(decide(&unknown, &[]), Decision::Acknowledge { language: Language::German, .. }));
        let french = Facts { language: Some("fr".into()), ..facts() };
        assert!(matches!(decide(&french, &[]), Decision::Acknowledge { language: Language::English, .. }));
        let spam = Facts { category: Some("spam".into()), ..facts() };
        assert!(matches!(decide(&spam, &[]), Decision::Abstained(_)));
    }

    #[test]
    fn switched_off_acknowledgements_leave_the_reason() {
        let settings = Settings { acknowledge: false, ..Settings::default() };
        let got = after_search(&facts(), &settings, &[]);
        assert!(matches!(&got, Decision::Abstained(why) if why.contains("switched off")), "{got:?}");
    }
}
