//! Whether a ticket is answered automatically, only acknowledged, or left to people, and why. Pure: facts
//! and found articles in, one decision out.

use crate::ask::AskFor;
use crate::confidence::{Signals, confidence};
use crate::hours::Closed;
use crate::markup;
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
    /// What is wrong with the opening hours: they are then left out.
    pub hours_wrong: Option<String>,
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

    /// Why it may not be sent in that language, however sure it is.
    fn obstacle(&self, facts: &Facts, language: Option<Language>) -> Option<Obstacle> {
        if language.is_none() || Language::of(Some(&self.locale)) != language {
            return Some(Obstacle::Language(self.locale.clone()));
        }
        if !self.is_about(facts) {
            return Some(Obstacle::Product(self.product.clone().unwrap_or_default()));
        }
        markup::found(&self.body).or_else(|| markup::found(&self.title)).map(Obstacle::Markup)
    }

    /// How sure it is the answer, by the search and by what customers said.
    fn sure(&self) -> f32 {
        self.past.shifted(confidence(&self.signals))
    }
}

/// Why an article is not sent, however sure it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// It is in this language, and the customer's is another.
    Language(String),
    /// It is about this product, and the ticket is not known to be.
    Product(String),
    /// It still holds this piece of markup.
    Markup(String),
}

impl Obstacle {
    /// What is in the way, for people: the rest of a sentence about the article.
    #[must_use]
    pub fn told(&self, language: Language) -> String {
        match (self, language) {
            (Self::Language(locale), Language::German) => {
                format!("ist in einer anderen Sprache ({locale}) als der des Kunden")
            }
            (Self::Language(locale), Language::English) => {
                format!("is not in the customer's language but in {locale}")
            }
            (Self::Product(product), Language::German) => {
                format!("handelt von {product}, einem Produkt, das im Ticket nicht genannt ist")
            }
            (Self::Product(product), Language::English) => {
                format!("is about {product}, a product that the ticket does not name")
            }
            (Self::Markup(piece), Language::German) => {
                format!("enthält noch HTML oder Skript (`{piece}`) und wird so nie verschickt")
            }
            (Self::Markup(piece), Language::English) => {
                format!("still holds HTML or script (`{piece}`) and is never sent like that")
            }
        }
    }
}

/// An article that is shown to an agent.
#[derive(Debug)]
pub struct Shown<'h> {
    /// The article.
    pub hit: &'h Hit,
    /// How sure it is the answer.
    pub sure: f32,
    /// Why it could not have been sent.
    pub obstacle: Option<Obstacle>,
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

/// What is decided with the articles that were found.
///
/// The surest that may be sent is: the search's own order knows neither what customers said nor how much a score is
/// worth. Where the customer's language is not known it is taken to be the surest article's: a question that is
/// sure to be answered by an article is written in its words.
#[must_use]
pub fn after_search(facts: &Facts, settings: &Settings, hits: &[Hit]) -> Decision {
    let language = language(facts, hits);
    let with = |hit| Shown { hit, sure: hit.sure(), obstacle: hit.obstacle(facts, language) };
    let (free, barred): (Vec<Shown<'_>>, Vec<_>) =
        hits.iter().map(with).partition(|shown| shown.obstacle.is_none());
    let (best, barred) = (surest(&free), surest(&barred));
    if let Some(why) = in_the_way(best, barred, settings.threshold) {
        return acknowledge(facts, settings, why, false);
    }
    let (Some(Shown { hit: best, sure: general, .. }), Some(language)) = (best, language) else {
        let why = match barred {
            Some(Shown { obstacle: Some(Obstacle::Product(product)), .. }) => {
                format!("the articles found are about {product}, a product that the ticket does not name")
            }
            Some(Shown { hit, obstacle: Some(obstacle @ Obstacle::Markup(_)), .. }) => {
                format!("article “{}” {}", hit.key, obstacle.told(Language::English))
            }
            Some(_) => "no article in the customer's language has words of this question".to_owned(),
            None => "no article has words of this question".to_owned(),
        };
        return acknowledge(facts, settings, why, false);
    };
    let general = *general;
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
pub fn suggestions<'h>(facts: &Facts, settings: &Settings, hits: &'h [Hit]) -> Vec<Shown<'h>> {
    if !settings.suggest {
        return Vec::new();
    }
    let language = language(facts, hits);
    let with = |hit: &'h Hit| Shown { hit, sure: hit.sure(), obstacle: hit.obstacle(facts, language) };
    let mut shown: Vec<_> = hits.iter().map(with).filter(|one| one.sure >= settings.suggest_from).collect();
    shown.sort_by(|one, other| other.sure.total_cmp(&one.sure));
    shown.truncate(SUGGESTIONS_MAX);
    shown
}

/// The language to answer in, if it is one that can be written.
fn language(facts: &Facts, hits: &[Hit]) -> Option<Language> {
    let surest = || hits.iter().max_by(|one, other| first_of(one.sure(), other.sure()));
    let known = facts.language.as_deref().or_else(|| surest().map(|hit| hit.locale.as_str()));
    Language::of(known)
}

fn surest<'s, 'h>(of: &'s [Shown<'h>]) -> Option<&'s Shown<'h>> {
    of.iter().max_by(|one, other| first_of(one.sure, other.sure))
}

/// Of two that are equally sure the one that the search put first is the greater, for the last one wins.
fn first_of(one: f32, other: f32) -> std::cmp::Ordering {
    one.total_cmp(&other).then(std::cmp::Ordering::Greater)
}

/// Why nothing is sent though an article fits that may not be: none where another one does, unless the surest is only
/// badly written, for then the next is no answer.
fn in_the_way(best: Option<&Shown<'_>>, barred: Option<&Shown<'_>>, threshold: f32) -> Option<String> {
    let barred = barred.filter(|barred| barred.sure >= threshold)?;
    let obstacle = barred.obstacle.as_ref()?;
    let best = best.map_or(0.0, |best| best.sure);
    let instead = best >= threshold && !(matches!(obstacle, Obstacle::Markup(_)) && barred.sure > best);
    let (key, sure) = (&barred.hit.key, percent(barred.sure));
    (!instead).then(|| format!("article “{key}” fits ({sure} sure) but {}", obstacle.told(Language::English)))
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
            // What is just below shall not look as if it were enough.
            percent((general * 100.0).floor() / 100.0),
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
    if settings.drafts {
        return silent(format!("{why}; a confirmation of receipt is no draft"));
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

/// What is wrong with the settings that had a part in a decision: what was done without it, and what to change.
#[must_use]
pub fn settings_wrong(decision: &Decision, facts: &Facts, settings: &Settings) -> Option<String> {
    let note = words::acknowledgement_language(Some(&settings.default_language), "en");
    match decision {
        Decision::Answer { language, .. } => {
            words::without_body(*language, settings).map(|name| words::wrong_text(note, name))
        }
        Decision::Acknowledge { .. } => {
            facts.hours_wrong.as_ref().map(|error| words::wrong_hours(note, error))
        }
        _ => None,
    }
}

/// A mail with a hole in it is worse than none.
fn broken(text: &Broken, settings: &Settings, answers: bool) -> Decision {
    let language = words::acknowledgement_language(Some(&settings.default_language), "en");
    Decision::Broken { note: text.note(language), why: text.why(), answers }
}

#[cfg(test)]
mod tests;
