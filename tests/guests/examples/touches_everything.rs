//! Calls every function of the contract once and notes what came back, so that a host that answers one of them
//! differently is seen. Frozen as it was built for 0.1.0 (`tests/frozen`); its source stays for the next one.

use kulanz_sdk::http::Request;
use kulanz_sdk::prelude::*;

struct Guest;

fn about_ticket(ticket: &Ticket) -> Result<String, Error> {
    let messages: Vec<String> = ticket.messages()?.iter().map(|m| m.direction()).collect();
    Ok(format!(
        "{} {} {} {} {} {:?} {:?} {:?} {:?} {:?} {} {:?} {:?} {:?} “{}” {:?} {:?} {messages:?}",
        ticket.number(),
        ticket.status(),
        ticket.status_category(),
        ticket.priority(),
        ticket.channel(),
        ticket.language(),
        ticket.category(),
        ticket.team(),
        ticket.assignee(),
        ticket.tags(),
        ticket.created_at_ms(),
        ticket.last_customer_message_at_ms(),
        ticket.last_reply_at_ms(),
        ticket.solved_at_ms(),
        ticket.subject()?,
        ticket.custom("order")?,
        ticket.custom_fields()?,
    ))
}

fn about_people(ticket: &Ticket) -> Result<String, Error> {
    let Some(person) = ticket.requester() else { return Ok("nobody".to_owned()) };
    Ok(format!(
        "{:?} {} {:?} {:?} {} {}",
        person.name()?,
        person.email()?,
        person.locale(),
        person.time_zone(),
        person.verified(),
        person.proactive_consent(),
    ))
}

fn about_message(message: &Message) -> Result<String, Error> {
    Ok(format!(
        "{} {} {} {} {} {:?} {} “{}” “{}” “{}” {:?}",
        message.direction(),
        message.author_kind(),
        message.auto_class(),
        message.automatic(),
        message.public(),
        message.language(),
        message.created_at_ms(),
        message.subject()?,
        message.text()?,
        message.reply_text()?,
        message.attachment_names()?,
    ))
}

fn about_event(event: &Event) -> String {
    let changes: Vec<String> =
        event.changes().into_iter().map(|c| format!("{}: {:?} → {:?}", c.field, c.from, c.to)).collect();
    format!(
        "{} {} {} {} {changes:?} {}",
        event.event_type(),
        event.time_ms(),
        event.actor_kind(),
        event.depth(),
        event.message().is_some(),
    )
}

fn about_values() -> Result<String, Error> {
    let before = kv::get("kept")?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    kv::set("table", b"aabbccdd")?;
    let rows = kv::rows("table", 2, &[3, 0])?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    kv::set("gone", b"x")?;
    kv::delete("gone")?;
    Ok(format!("{before:?} {rows:?} {:?} {:?}", kv::keys("")?, kv::get("gone")?))
}

fn about_others() -> Result<String, Error> {
    let found = tickets::search(&tickets::Query { limit: 5, ..Default::default() })?;
    let numbers: Vec<u64> = found.iter().map(Ticket::number).collect();
    let again = found.first().map(|t| tickets::get(&t.id())).transpose()?.flatten().map(|t| t.number());
    Ok(format!("{numbers:?} {again:?}"))
}

fn about_articles() -> Result<String, Error> {
    let found = knowledge::search("refund", Some("en"), 3)?;
    let told: Vec<String> = found
        .iter()
        .map(|a| {
            format!(
                "{} {} “{}” “{}” {:.2} {:?} {:?}",
                a.key(),
                a.locale(),
                a.title(),
                a.body(),
                a.score(),
                a.terms(),
                a.signals()
            )
        })
        .collect();
    Ok(told.join("; "))
}

fn about_outside() -> String {
    match http::send(Request::get("https://api.example.com/order/7")) {
        Ok(answer) => format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)),
        Err(error) => error.to_string(),
    }
}

fn about_time_and_chance() -> String {
    let (first, second) = (random::next_u64(), random::next_u64());
    format!(
        "{} {:?} {:?} {} {}",
        clock::now_ms(),
        clock::utc_offset_s("Europe/Berlin", clock::now_ms()),
        clock::utc_offset_s("Nowhere/Nothing", 0),
        first != second,
        random::bytes(5).len(),
    )
}

impl Triage for Guest {
    type Settings = kulanz_sdk::serde_json::Value;

    fn triage(
        event: &Event,
        ticket: &Ticket,
        settings: Self::Settings,
        out: &mut Effects,
    ) -> Result<Outcome, Error> {
        log::trace("trace");
        log::debug("debug");
        log::info("info");
        log::warn("warn");
        log::error("error");
        let message = ticket.last_inbound().map(|m| about_message(&m)).transpose()?.unwrap_or_default();
        let facts = [
            about_ticket(ticket)?,
            about_people(ticket)?,
            message,
            about_event(event),
            about_values()?,
            about_others()?,
            about_articles()?,
            about_outside(),
            about_time_and_chance(),
            settings.to_string(),
        ];
        let why = || because("it is asked for", 0.5).evidence("order");
        out.on(ticket)
            .note(&facts.join("\n"), why())
            .set_field("priority", "high", why())
            .set_field("custom.seen", "yes", why())
            .add_tag("new", why())
            .remove_tag("old", why())
            .reply("An answer.", Some("en"), Some("refund"), why())
            .notify("A notice", "Its text.", Some("en"), why())
            .escalate(Some("leads"), why())
            .set_timer("later", 3_600, why());
        Ok(Outcome::done("everything was touched"))
    }
}

kulanz_sdk::export!(Guest: triage);
