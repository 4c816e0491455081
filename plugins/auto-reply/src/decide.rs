//! Whether a ticket is answered automatically, only acknowledged, or left to people, and why. Pure: facts
//! and found articles in, one decision out.

use crate::confidence::{Signals, confidence};
use crate::past::Record;
use crate::settings::Settings;
use crate::words::{self, Language};

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
    /// Why the text itself asks for a person, if it does.
    pub wants_person: Option<&'static str>,
    /// Articles that its single questions lead to, when they lead to different ones.
    pub topics: Vec<String>,
    /// Whether it is known that the address is the requester's.
    pub verified: bool,
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
    /// What the search says about it.
    pub signals: Signals,
    /// What customers said of it.
    pub past: Record,
}

impl Hit {
    /// How sure it is the answer, by the search and by what customers said.
    fn sure(&self) -> f32 {
        self.past.shifted(confidence(&self.signals))
    }
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
    let foreign = facts.language.as_ref().filter(|language| Language::of(Some(language)).is_none());
    foreign.map(|language| acknowledge(facts, settings, format!("there are no answers in {language}"), false))
}

/// What is decided with the articles that were found, best first.
///
/// Where the customer's language is not known it is taken to be the best article's: a question that is
/// sure to be answered by an article is written in its words.
#[must_use]
pub fn after_search(facts: &Facts, settings: &Settings, hits: &[Hit]) -> Decision {
    let known = facts.language.as_deref().or_else(|| hits.first().map(|hit| hit.locale.as_str()));
    let language = Language::of(known);
    let best = hits.iter().find(|hit| language.is_some() && Language::of(Some(&hit.locale)) == language);
    let (Some(best), Some(language)) = (best, language) else {
        let why = if hits.is_empty() {
            "no article has words of this question"
        } else {
            "no article in the customer's language has words of this question"
        };
        return acknowledge(facts, settings, why.to_owned(), false);
    };
    let general = best.sure();
    let sure = if facts.case_number.is_some() { general * CASE_FACTOR } else { general };
    if let Some(why) = doubt(facts, best, (general, sure), settings.threshold) {
        return acknowledge(facts, settings, why, false);
    }
    Decision::Answer {
        text: words::answer(language, facts, settings, best),
        language,
        article: best.key.clone(),
        confidence: sure,
        evidence: best.terms.iter().take(8).cloned().collect(),
        why: format!("article “{}” answers the question ({} sure{})", best.key, percent(sure), said_of(best)),
    }
}

/// Articles shown to an agent when none is sent.
const SUGGESTIONS_MAX: usize = 3;

/// The articles worth showing to an agent, best first, each with how sure it is.
#[must_use]
pub fn suggestions<'h>(settings: &Settings, hits: &'h [Hit]) -> Vec<(&'h Hit, f32)> {
    if !settings.suggest {
        return Vec::new();
    }
    let sure = hits.iter().map(|hit| (hit, hit.sure()));
    let mut shown: Vec<_> = sure.filter(|(_, sure)| *sure >= settings.suggest_from).collect();
    shown.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    shown.truncate(SUGGESTIONS_MAX);
    shown
}

/// Why an article is not sent; none: it is.
fn doubt(facts: &Facts, best: &Hit, (general, sure): (f32, f32), threshold: f32) -> Option<String> {
    let key = &best.key;
    match &facts.case_number {
        _ if general < threshold => Some(format!(
            "no article fits well enough (best: “{key}”, {} of {} needed{})",
            percent(general),
            percent(threshold),
            said_of(best)
        )),
        Some(number) if sure < threshold => {
            Some(format!("it is about one case ({number}), not a question that article “{key}” settles"))
        }
        _ if facts.topics.len() > 1 => {
            Some(format!("it asks several things (articles “{}”)", facts.topics.join("”, “")))
        }
        _ => None,
    }
}

/// What customers said of an article, as the end of a sentence.
fn said_of(hit: &Hit) -> String {
    hit.past.sentence().map_or_else(String::new, |said| format!("; {said}"))
}

pub(crate) fn percent(share: f32) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Why people answer this one.
fn held_for(facts: &Facts, settings: &Settings) -> Option<String> {
    let category =
        facts.category.iter().find(|c| settings.hold_categories.contains(c)).map(|c| format!("category {c}"));
    let tag = || facts.tags.iter().find(|t| settings.hold_tags.contains(t)).map(|t| format!("tag {t}"));
    let priority =
        || settings.hold_priorities.contains(&facts.priority).then(|| format!("priority {}", facts.priority));
    let text = || facts.wants_person.map(ToOwned::to_owned);
    category.or_else(tag).or_else(priority).or_else(text).map(|what| format!("{what}: a person answers"))
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
    use crate::past::{Voice, Voices};

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

    /// An article about which everything the search says is this good.
    pub(crate) fn hit(key: &str, locale: &str, good: f32) -> Hit {
        let signals = Signals {
            title: good,
            body: good,
            reverse: good,
            likeness: good,
            coverage: good,
            unknown: 1.0 - good,
            lead: good,
            chance: 1.0 - good,
            words: 0.7,
            agreement: good,
        };
        let (title, body) = ("T".into(), "B".into());
        let terms = vec!["passwort".into()];
        Hit {
            key: key.into(),
            locale: locale.into(),
            title,
            body,
            score: good,
            terms,
            signals,
            past: Record::default(),
        }
    }

    /// The article after these customers said whether it helped.
    fn rated(hit: Hit, said: &[(&str, bool)]) -> Hit {
        let mut voices = Voices::default();
        for (by, helped) in said {
            voices.take(Voice { by: (*by).to_owned(), category: None, helped: *helped });
        }
        Hit { past: voices.record(None), ..hit }
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
        let got = decide(&facts(), &[hit("english", "en", 0.99), hit("deutsch", "de-AT", 0.97)]);
        assert!(matches!(&got, Decision::Answer { article, .. } if article == "deutsch"), "{got:?}");
        let got = decide(&facts(), &[hit("english", "en", 0.99)]);
        assert!(matches!(&got, Decision::Acknowledge { held: false, why, .. } if why.contains("language")));
    }

    #[test]
    fn a_customer_whose_language_is_not_known_writes_in_the_words_of_the_article() {
        let unknown = Facts { language: None, ..facts() };
        let got = decide(&unknown, &[hit("english", "en", 0.99), hit("deutsch", "de", 0.9)]);
        assert!(matches!(&got, Decision::Answer { language: Language::English, .. }), "{got:?}");
        let got = decide(&unknown, &[hit("francais", "fr", 0.99)]);
        assert!(matches!(got, Decision::Acknowledge { .. }), "{got:?}");
    }

    #[test]
    fn weak_articles_are_not_sent_and_the_reason_says_how_weak() {
        for hits in [vec![], vec![hit("a", "de", 0.12)], vec![hit("a", "de", f32::NAN)]] {
            let got = decide(&facts(), &hits);
            assert!(matches!(got, Decision::Acknowledge { held: false, .. }), "{hits:?} {got:?}");
        }
        let got = decide(&facts(), &[hit("a", "de", 0.5)]);
        assert!(
            matches!(&got, Decision::Acknowledge { why, .. } if why.contains("of 80 % needed")),
            "{got:?}"
        );
    }

    #[test]
    fn a_message_about_one_order_goes_to_people_whatever_article_fits() {
        let case = Facts { case_number: Some("10-48213".into()), ..facts() };
        let hits = [hit("a", "de", 0.99)];
        assert!(matches!(decide(&facts(), &hits), Decision::Answer { .. }));
        let got = decide(&case, &hits);
        assert!(matches!(&got, Decision::Acknowledge { why, .. } if why.contains("10-48213")), "{got:?}");
    }

    #[test]
    fn a_message_that_asks_several_things_goes_to_people() {
        let several = Facts { topics: vec!["a".into(), "b".into()], ..facts() };
        let got = decide(&several, &[hit("a", "de", 0.99)]);
        assert!(matches!(&got, Decision::Acknowledge { why, .. } if why.contains("several")), "{got:?}");
    }

    #[test]
    fn who_asks_for_a_person_or_threatens_with_one_gets_a_person() {
        let asks = Facts { wants_person: Some("the customer asks for a person"), ..facts() };
        let got = decide(&asks, &[hit("a", "de", 0.99)]);
        assert!(matches!(&got, Decision::Acknowledge { held: true, .. }), "{got:?}");
    }

    #[test]
    fn articles_that_are_not_sure_enough_are_shown_to_the_agent_best_first() {
        let hits = [0.9, 0.85, 0.8, 0.75, 0.1].map(|good| hit("a", "de", good));
        let shown = suggestions(&Settings::default(), &hits);
        assert_eq!(shown.len(), SUGGESTIONS_MAX);
        assert!(shown.windows(2).all(|pair| pair[0].1 >= pair[1].1));
        assert!(suggestions(&Settings { suggest: false, ..Settings::default() }, &hits).is_empty());
        assert!(suggestions(&Settings::default(), &[hit("a", "de", 0.1)]).is_empty());
    }

    #[test]
    fn an_article_that_did_not_help_two_customers_is_sent_no_more_and_the_reason_says_so() {
        let sure = hit("a", "de", 0.85);
        assert!((0.88..0.94).contains(&sure.sure()), "{}", sure.sure());
        assert!(matches!(decide(&facts(), std::slice::from_ref(&sure)), Decision::Answer { .. }));
        let got = decide(&facts(), &[rated(sure.clone(), &[("ana", false), ("ben", false)])]);
        assert!(
            matches!(&got, Decision::Acknowledge { why, .. } if why.contains("customers said that it did not help: 2 of 2")),
            "{got:?}"
        );
        let got = decide(&facts(), &[rated(sure, &[("ana", true), ("ben", true)])]);
        assert!(matches!(&got, Decision::Answer { why, .. } if why.contains("it helped: 2 of 2")), "{got:?}");
    }

    #[test]
    fn an_article_that_did_not_help_is_shown_to_agents_after_one_that_did() {
        let hits = [rated(hit("blamed", "de", 0.8), &[("ana", false)]), hit("plain", "de", 0.7)];
        let keys: Vec<_> =
            suggestions(&Settings::default(), &hits).iter().map(|(hit, _)| hit.key.clone()).collect();
        assert_eq!(keys, ["plain", "blamed"]);
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
