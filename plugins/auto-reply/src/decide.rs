//! Whether a ticket is answered automatically, only acknowledged, or left to people, and why. Pure: facts
//! and found articles in, one decision out.

use crate::ask::AskFor;
use crate::confidence::{Signals, confidence};
use crate::hours::Closed;
use crate::past::Record;
use crate::settings::Settings;
use crate::words::{self, Broken, Language};

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
    /// What the customer is to be asked for.
    pub ask: Option<AskFor>,
    /// Closed now, and until when.
    pub closed: Option<Closed>,
    /// The product that the ticket is about, if that is known.
    pub product: Option<String>,
    /// What the customer writes, in small letters.
    pub said: String,
}

impl Facts {
    /// The field that the customer is to be asked for.
    #[must_use]
    pub fn ask_field(&self) -> &str {
        self.ask.as_ref().map_or("", |ask| ask.field.as_str())
    }
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
    /// The product that it is about; none: it holds for all.
    pub product: Option<String>,
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
    /// Whether it holds for what the ticket is about: for all products, for the ticket's, or for one that the customer
    /// names.
    fn is_about(&self, facts: &Facts) -> bool {
        let Some(product) = self.product.as_ref().map(|product| product.to_lowercase()) else { return true };
        match &facts.product {
            Some(known) => known.to_lowercase() == product,
            None => names(&facts.said, &product),
        }
    }

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
        /// The field that it asks for.
        asked: Option<String>,
    },
    /// A text of the admin's cannot be sent: people see it in a note, and answer.
    Broken {
        /// The note.
        note: String,
        /// What is wrong with it.
        why: String,
        /// Whether an article was to be sent.
        answers: bool,
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
    let spoken = |hit: &&Hit| language.is_some() && Language::of(Some(&hit.locale)) == language;
    let best = hits.iter().filter(spoken).find(|hit| hit.is_about(facts));
    let (Some(best), Some(language)) = (best, language) else {
        let why = if hits.iter().any(|hit| spoken(&hit)) {
            "the articles found are about a product that the ticket does not name"
        } else if hits.is_empty() {
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
    let text = match words::answer(language, facts, settings, best) {
        Ok(text) => text,
        Err(text) => return broken(&text, settings, true),
    };
    Decision::Answer {
        text,
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

/// Whether a text has these words: "pro" is not in "problem".
fn names(text: &str, words: &str) -> bool {
    let ends = |beside: Option<char>| beside.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(words).any(|(at, found)| {
        let (before, behind) =
            (text.get(..at).unwrap_or_default(), text.get(at + found.len()..).unwrap_or_default());
        ends(before.chars().next_back()) && ends(behind.chars().next())
    })
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
    match words::acknowledgement(language, facts, settings) {
        Ok(text) => {
            let asked = facts.ask.as_ref().map(|ask| ask.field.clone());
            Decision::Acknowledge { text, language, why, held, asked }
        }
        Err(text) => broken(&text, settings, false),
    }
}

/// A mail with a hole in it is worse than none.
fn broken(text: &Broken, settings: &Settings, answers: bool) -> Decision {
    let language = words::acknowledgement_language(Some(&settings.default_language), "en");
    Decision::Broken { note: text.note(language), why: text.why(), answers }
}

#[cfg(test)]
mod tests;
