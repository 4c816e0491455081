//! Auto-reply: answers from the knowledge base, acknowledges, or leaves it to people and says why.
//!
//! This file only carries between the ticket and the pure decision in `decide`; it knows no rule itself.

pub mod ask;
pub mod confidence;
pub mod decide;
pub mod greeting;
pub mod hours;
pub mod markup;
pub mod number;
pub mod past;
pub mod person;
pub mod question;
pub mod settings;
pub mod template;
pub mod words;

use confidence::Signals;
use decide::{Decision, Facts, Hit};
use kulanz_sdk::prelude::*;
use past::{Voice, Voices};
use settings::Settings;

/// Articles looked at.
const HITS_MAX: u32 = 10;
/// Keys that the host lists at once, as the contract says.
const KEYS_MAX: usize = 1_000;

/// The plugin.
pub struct AutoReply;

impl Answering for AutoReply {
    type Settings = Settings;

    fn answer(
        event: &Event<'_>,
        ticket: &Ticket<'_>,
        settings: Settings,
        out: &mut Effects,
    ) -> Result<Answer, Error> {
        let Some(message) = event.message().or_else(|| ticket.last_inbound()) else {
            return Ok(Answer::abstained("there is no message of the customer"));
        };
        if message.direction() != "inbound" {
            return Ok(Answer::abstained("the message is not the customer's"));
        }
        let (subject, text) = (ticket.subject()?, message.reply_text()?);
        let question = question::question(&subject, &text);
        let case_number = number::case_number(&subject, &text, ticket.number());
        let wants_person = person::wants_person(&subject, &text);
        let said = format!("{subject}\n{text}").to_lowercase();
        let mut facts =
            Facts { case_number, wants_person, said, ..facts(&message, ticket, !question.is_empty())? };
        // Hours that make no sense must not keep customers waiting for everything else.
        match settings.hours.closed(clock::now_ms(), clock::utc_offset_s) {
            Ok(closed) => facts.closed = closed,
            Err(error) => facts.hours_wrong = Some(error),
        }
        let number = number::given_number(&text, facts.number);
        if let Some(answer) = given(&facts, &settings, number, ticket, out) {
            return Ok(answer);
        }
        facts.ask = missing(&facts, &settings, ticket);
        if let Some(decision) = decide::before_search(&facts, &settings) {
            return Ok(told(decision, &facts, &settings, ticket, out));
        }
        let mut hits = search(&question, HITS_MAX)?;
        remember(&mut hits, facts.category.as_deref());
        facts.topics = topics(&text)?;
        let decision = decide::after_search(&facts, &settings, &hits);
        if matches!(
            decision,
            Decision::Acknowledge { .. } | Decision::Abstained(_) | Decision::Broken { answers: false, .. }
        ) {
            suggest(&facts, &settings, &hits, ticket, out);
        }
        Ok(told(decision, &facts, &settings, ticket, out))
    }
}

impl Events for AutoReply {
    type Settings = ();

    /// A customer said whether an answer helped.
    fn handle(event: &Event<'_>, ticket: &Ticket<'_>, (): (), _: &mut Effects) -> Result<String, Error> {
        let data = event.data();
        let (Some(article), Some(helped)) = (data["article"].as_str(), data["helped"].as_bool()) else {
            return Ok("the event names no article and whether it helped: nothing is learnt".to_owned());
        };
        let Some(by) = ticket.requester().map(|contact| past::digest(&contact.id())) else {
            return Ok("nobody is known who said it: nothing is learnt".to_owned());
        };
        let key = past::key(article);
        let mut voices = match kv::get_json::<Voices>(&key) {
            Ok(voices) => voices.unwrap_or_default(),
            Err(Error::Denied(grant)) => return Ok(format!("nothing is learnt: {grant}")),
            Err(Error::InvalidInput(_)) => Voices::default(),
            Err(other) => return Err(other),
        };
        voices.take(Voice { by, category: ticket.category(), helped });
        kv::set_json(&key, &voices)?;
        let said = voices.record(None).sentence().unwrap_or_default();
        Ok(format!("article “{article}” {}; {said}", if helped { "helped" } else { "did not help" }))
    }
}

fn facts(message: &Message, ticket: &Ticket<'_>, has_text: bool) -> Result<Facts, Error> {
    let messages = ticket.messages()?;
    let requester = ticket.requester();
    let locale = || requester.as_ref().and_then(Contact::locale);
    Ok(Facts {
        number: ticket.number(),
        auto_class: message.auto_class(),
        status_category: ticket.status_category(),
        category: ticket.category(),
        tags: ticket.tags(),
        priority: ticket.priority(),
        language: ticket.language().or_else(|| message.language()).or_else(locale),
        agent_wrote: messages.iter().any(|m| m.author_kind() == "agent"),
        answered_before: ticket.last_reply_at_ms().is_some()
            || messages.iter().any(|m| m.direction() == "outbound"),
        inbound: messages.iter().filter(|m| m.direction() == "inbound").count(),
        has_text,
        case_number: None,
        wants_person: None,
        topics: Vec::new(),
        verified: requester.as_ref().is_some_and(Contact::verified),
        // Not granted means no name, not no greeting.
        name: requester.as_ref().and_then(|contact| contact.name().unwrap_or_default()),
        ask: None,
        closed: None,
        hours_wrong: None,
        product: ticket.custom("product").ok().flatten(),
        said: String::new(),
    })
}

/// Whether a custom field has a value; none where custom fields may not be read.
fn has_field(ticket: &Ticket<'_>, field: &str) -> Option<bool> {
    let value = ticket.custom(field).ok()?;
    Some(value.is_some_and(|value| !value.trim().is_empty()))
}

/// What the customer is to be asked for. Without a look at the custom fields nothing is: it may be known.
fn missing(facts: &Facts, settings: &Settings, ticket: &Ticket<'_>) -> Option<ask::AskFor> {
    let known = |field: &str| facts.case_number.is_some() || has_field(ticket, field).unwrap_or(true);
    ask::missing(&settings.ask_for, facts.category.as_deref(), &facts.tags, known).cloned()
}

/// Takes the mark off a ticket whose customer has given what was asked for.
fn given(
    facts: &Facts,
    settings: &Settings,
    number: Option<String>,
    ticket: &Ticket<'_>,
    out: &mut Effects,
) -> Option<Answer> {
    if facts.auto_class != "human" {
        return None;
    }
    let known = |field: &str| number.is_some() || has_field(ticket, field).unwrap_or(false);
    let field = ask::answered(&settings.ask_for, &facts.tags, known)?;
    let basis = because(format!("The customer was asked for {field} and has given it."), 0.9);
    out.on(ticket).remove_tag(&ask::tag(field), basis.evidences(number));
    Some(Answer::held(format!("{field} was asked for and is given now: people or a connector go on")))
}

/// All languages are searched: a language that was mistaken for another must not hide the article, and
/// which article may be sent is decided afterwards.
fn search(question: &str, limit: u32) -> Result<Vec<Hit>, Error> {
    let found = match knowledge::search(question, None, limit) {
        Ok(found) => found,
        Err(Error::Denied(grant)) => {
            // An admin who refuses the knowledge base still gets receipts confirmed.
            log::info(format!("no articles: {grant}"));
            Vec::new()
        }
        Err(other) => return Err(other),
    };
    Ok(found
        .iter()
        .map(|a| Hit {
            key: a.key(),
            locale: a.locale(),
            title: a.title(),
            body: a.body(),
            product: a.product(),
            score: a.score(),
            terms: a.terms(),
            signals: Signals::of(&a.signals()),
            past: past::Record::default(),
        })
        .collect())
}

/// Adds what customers said of the articles. What cannot be read counts for nothing: the plugin then is as
/// sure as the search is.
fn remember(hits: &mut [Hit], category: Option<&str>) {
    // Of most articles nobody has said anything: asking which there are is one look, not one for each. A list as
    // long as the host gives may be cut off.
    let known = match kv::keys(past::PREFIX) {
        Ok(known) => known,
        Err(Error::Denied(_)) => return,
        Err(other) => {
            log::warn(format!("what customers said cannot be read: {other}"));
            return;
        }
    };
    let spoken_of = |key: &String| known.len() >= KEYS_MAX || known.contains(key);
    for hit in hits.iter_mut().filter(|hit| spoken_of(&past::key(&hit.key))) {
        match kv::get_json::<Voices>(&past::key(&hit.key)) {
            Ok(voices) => hit.past = voices.unwrap_or_default().record(category),
            Err(Error::Denied(_)) => return,
            Err(other) => log::warn(format!("what customers said of “{}” cannot be read: {other}", hit.key)),
        }
    }
}

/// The articles that the single questions of a text lead to, each once.
fn topics(text: &str) -> Result<Vec<String>, Error> {
    let mut topics: Vec<String> = Vec::new();
    for single in question::single_questions(text) {
        let best = search(&single, 1)?.into_iter().next().map(|hit| hit.key);
        topics.extend(best.filter(|key| !topics.contains(key)));
    }
    Ok(topics)
}

/// Shows the agent what was found, with the answer ready to be sent by hand.
fn suggest(facts: &Facts, settings: &Settings, hits: &[Hit], ticket: &Ticket<'_>, out: &mut Effects) {
    let shown = decide::suggestions(facts, settings, hits);
    let Some(decide::Shown { sure, .. }) = shown.first() else { return };
    let language = words::acknowledgement_language(Some(&settings.default_language), "en");
    let why = if *sure < settings.threshold { "Not sure enough to be sent" } else { "Not sent" };
    let reason = format!("{why} ({}): for the agent to choose.", decide::percent(*sure));
    let sources = shown.iter().map(|shown| shown.hit.key.clone());
    let note = words::suggestion(language, facts, &shown);
    out.on(ticket).note(&note, because(reason, *sure).evidences(sources));
}

/// What was decided, with a note where a setting is wrong that had a part in it.
fn told(
    decision: Decision,
    facts: &Facts,
    settings: &Settings,
    ticket: &Ticket<'_>,
    out: &mut Effects,
) -> Answer {
    if let Some(note) = decide::settings_wrong(&decision, facts, settings) {
        out.on(ticket).note(&note, because("A setting of the plugin is wrong.", 1.0));
    }
    let answer = propose(decision, ticket, out);
    let Some(error) = &facts.hours_wrong else { return answer };
    let with = |why: String| format!("{why}; opening hours were left out: {error}");
    match answer {
        Answer::Answered(why) => Answer::Answered(why),
        Answer::Held(why) => Answer::Held(with(why)),
        Answer::Abstained(why) => Answer::Abstained(with(why)),
    }
}

fn propose(decision: Decision, ticket: &Ticket<'_>, out: &mut Effects) -> Answer {
    match decision {
        Decision::Answer { text, language, article, confidence, evidence, why } => {
            let basis = because(sentence(&why), confidence).evidences(evidence);
            out.on(ticket).reply(&text, Some(language.tag()), Some(&article), basis);
            Answer::answered(why)
        }
        Decision::Acknowledge { text, language, why, held, asked } => {
            let reason = format!("Only confirms receipt: {why}.");
            out.on(ticket).reply(&text, Some(language.tag()), None, because(reason, 0.9));
            let mut told = format!("{why}; receipt was confirmed");
            if let Some(field) = asked {
                told.push_str(&format!(", and {field} was asked for"));
                let reason = format!("The confirmation of receipt asks for {field}, which is not known.");
                out.on(ticket).add_tag(&ask::tag(&field), because(reason, 0.9));
            }
            if held { Answer::held(told) } else { Answer::abstained(told) }
        }
        Decision::Broken { note, why, .. } => {
            out.on(ticket).note(&note, because(format!("Nothing was sent: {why}."), 1.0));
            Answer::held(why)
        }
        Decision::Held(why) => Answer::held(why),
        Decision::Abstained(why) => Answer::abstained(why),
    }
}

fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).chain(['.']).collect())
}

kulanz_sdk::export!(AutoReply: answering, events);

#[cfg(test)]
mod tests;
