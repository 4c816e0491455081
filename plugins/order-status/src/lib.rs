//! Order status: answers what only the shop knows. An example of a connector: it calls one granted host, and the
//! customer's address goes there without the plugin ever seeing it.
//!
//! This file only carries between the ticket, the shop and the pure parts.

pub mod order;
pub mod texts;

#[cfg(test)]
mod tests;

use kulanz_sdk::http::{Request, Response};
use kulanz_sdk::prelude::*;
use order::{Order, Topic};
use texts::Language;

/// Stands for the requester's own address in a request (grant `send:EMAIL:<host>`).
const OWN_ADDRESS: &str = "[EMAIL-0]";
/// Tag of tickets that were told of an order: another question there is for people.
const TOLD: &str = "order-told";
/// Tags and the priority of tickets that people answer.
const PEOPLES_TAGS: [&str; 3] = [TOLD, "not-helped", "angry"];
const PEOPLES_PRIORITY: &str = "urgent";
/// Letters of the longest order number.
const NUMBER_CHARS_MAX: usize = 40;

/// What an admin can set.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address of the shop's interface.
    pub shop: String,
    /// Whether it asks for a key.
    pub authorized: bool,
    /// What stands for the key.
    pub key: String,
    /// Categories that ask where an order is.
    pub status_categories: Vec<String>,
    /// Categories that ask about a return.
    pub return_categories: Vec<String>,
    /// Categories that ask about an invoice.
    pub invoice_categories: Vec<String>,
    /// Who signs.
    pub signature: String,
}

impl Default for Settings {
    fn default() -> Self {
        let list = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
        Self {
            shop: "https://shop.example/api".to_owned(),
            authorized: true,
            key: "{{secret:key}}".to_owned(),
            status_categories: list(&["order_status", "shipping"]),
            return_categories: list(&["refund", "return"]),
            invoice_categories: list(&["invoice"]),
            signature: String::new(),
        }
    }
}

impl Settings {
    /// What a ticket of this category wants to know.
    fn topic(&self, category: &str) -> Option<Topic> {
        let has = |list: &[String]| list.iter().any(|c| c == category);
        match () {
            () if has(&self.status_categories) => Some(Topic::Status),
            () if has(&self.return_categories) => Some(Topic::Return),
            () if has(&self.invoice_categories) => Some(Topic::Invoice),
            () => None,
        }
    }
}

/// The plugin.
pub struct OrderStatus;

impl Answering for OrderStatus {
    type Settings = Settings;

    fn answer(
        event: &Event<'_>,
        ticket: &Ticket<'_>,
        settings: Settings,
        out: &mut Effects,
    ) -> Result<Answer, Error> {
        let asked = match asked(event, ticket, &settings)? {
            Ok(asked) => asked,
            Err(silent) => return Ok(silent),
        };
        let response = match kulanz_sdk::http::send(request(&settings, &asked.number)) {
            Ok(response) => response,
            Err(Error::Unavailable(why)) => return Ok(unreachable_shop(ticket, out, &why)),
            Err(other) => return Err(other),
        };
        Ok(reply(ticket, &settings, &asked, &response, out))
    }
}

/// A question that the shop can answer.
struct Asked {
    topic: Topic,
    number: String,
    language: Language,
    name: Option<String>,
}

/// The question, or why this plugin keeps quiet.
fn asked(
    event: &Event<'_>,
    ticket: &Ticket<'_>,
    settings: &Settings,
) -> Result<Result<Asked, Answer>, Error> {
    let silent = |why: &str| Ok(Err(Answer::abstained(why)));
    let Some(message) = event.message().or_else(|| ticket.last_inbound()) else {
        return silent("there is no message of the customer");
    };
    if message.direction() != "inbound" || message.auto_class() != "human" {
        return silent("the message is no person's");
    }
    if ticket.messages()?.iter().any(|m| m.author_kind() == "agent") {
        return Ok(Err(Answer::held("an agent has written on this ticket: people go on")));
    }
    if ticket.tags().iter().any(|tag| PEOPLES_TAGS.contains(&tag.as_str()))
        || ticket.priority() == PEOPLES_PRIORITY
    {
        return Ok(Err(Answer::held(
            "people answer this one: it was told before, did not help, or is urgent",
        )));
    }
    let Some(topic) = ticket.category().and_then(|category| settings.topic(&category)) else {
        return silent("the ticket is not about an order");
    };
    let Some(number) =
        ticket.custom("order_number")?.filter(|number| order::is_number(number, NUMBER_CHARS_MAX))
    else {
        return silent("the customer named no order number yet");
    };
    let requester = ticket.requester();
    // Whoever writes under somebody's address must not learn of that one's orders.
    if !requester.as_ref().is_some_and(Contact::verified) {
        return silent("the customer's address is not proved: an order is told to its owner only");
    }
    let Some(language) = Language::of(ticket.language().as_deref()) else {
        return silent("there is no text in the customer's language");
    };
    let name = requester.and_then(|contact| contact.name().unwrap_or_default());
    Ok(Ok(Asked { topic, number, language, name }))
}

fn request(settings: &Settings, number: &str) -> Request {
    let shop = settings.shop.trim_end_matches('/');
    let mut request = Request::get(format!("{shop}/orders/{number}?email={OWN_ADDRESS}"));
    request.headers.push(("accept".to_owned(), "application/json".to_owned()));
    if settings.authorized {
        request.headers.push(("authorization".to_owned(), format!("Bearer {}", settings.key)));
    }
    request
}

fn unreachable_shop(ticket: &Ticket<'_>, out: &mut Effects, why: &str) -> Answer {
    let note = "The shop could not be asked for this order; its answer is missing.";
    out.on(ticket).note(note, because(why, 1.0));
    Answer::abstained(format!("the shop does not answer: {why}"))
}

fn reply(
    ticket: &Ticket<'_>,
    settings: &Settings,
    asked: &Asked,
    response: &Response,
    out: &mut Effects,
) -> Answer {
    let order = match (response.status, Order::read(&response.body)) {
        (200, Ok(order)) if order.number == asked.number => order,
        (200, Ok(_)) => return odd_shop(ticket, out, "it answered with another order"),
        (200, Err(why)) => return odd_shop(ticket, out, &why),
        (404, _) => return Answer::abstained("the shop knows no such order of this customer"),
        (status, _) => return odd_shop(ticket, out, &format!("it answered with the status {status}")),
    };
    let Some(text) =
        texts::answer(asked.language, asked.topic, &order, asked.name.as_deref(), &settings.signature)
    else {
        return Answer::abstained(format!(
            "the shop says nothing of the {} of this order",
            asked.topic.word()
        ));
    };
    let why = format!("the shop says of order {}: {}", order.number, order.told(asked.topic));
    let basis = || because(format!("{}.", capital(&why)), 1.0).evidence(order.number.clone());
    out.on(ticket).reply(&text, Some(asked.language.tag()), None, basis()).add_tag(TOLD, basis());
    Answer::answered(why)
}

/// A shop that answers nonsense is for people to look at, not for the customer.
fn odd_shop(ticket: &Ticket<'_>, out: &mut Effects, why: &str) -> Answer {
    out.on(ticket).note("The shop's answer about this order could not be used.", because(why, 1.0));
    Answer::abstained(format!("the shop's answer could not be used: {why}"))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

kulanz_sdk::export!(OrderStatus: answering);
