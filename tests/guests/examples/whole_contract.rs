//! Uses every function of the contract in every hook, and says what it saw. Its component of contract 0.1.0 is
//! kept in `tests/frozen`: whatever the host becomes, that file must go on saying the same.

use kulanz_sdk::prelude::*;
use kulanz_sdk::serde_json::Value;

struct WholeContract;

fn shown<T: std::fmt::Debug>(value: Result<T, Error>) -> String {
    match value {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("<{error}>"),
    }
}

fn contact(contact: &Contact) -> String {
    format!(
        "contact {} {} {} {:?} {:?} {} {}",
        contact.id().len(),
        shown(contact.name()),
        shown(contact.email()),
        contact.locale(),
        contact.time_zone(),
        contact.verified(),
        contact.proactive_consent()
    )
}

fn message(message: &Message) -> String {
    format!(
        "message {} {} {} {} {} {} {:?} {} {} {} {} {}",
        message.id().len(),
        message.direction(),
        message.author_kind(),
        message.auto_class(),
        message.automatic(),
        message.public(),
        message.language(),
        message.created_at_ms(),
        shown(message.subject()),
        shown(message.text()),
        shown(message.reply_text()),
        shown(message.attachment_names())
    )
}

fn ticket(ticket: &Ticket) -> String {
    let requester = ticket.requester().map_or_else(|| "nobody".to_owned(), |c| contact(&c));
    let inbound = ticket.last_inbound().map_or_else(|| "nothing".to_owned(), |m| message(&m));
    format!(
        "ticket {} {} {} {} {} {:?} {:?} {:?} {:?} {:?} {} {:?} {:?} {:?} {} {} {} | {requester} | {inbound} | {}",
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
        shown(ticket.subject()),
        shown(ticket.custom("order")),
        shown(ticket.custom_fields()),
        shown(ticket.messages().map(|all| all.len()))
    )
}

fn event(event: &Event) -> String {
    format!(
        "event {} {} {} {} {} {} {:?} {} {}",
        event.id().len(),
        event.actor_id().len(),
        event.event_type(),
        event.time_ms(),
        event.actor_kind(),
        event.depth(),
        event.changes(),
        event.data().is_object(),
        event.message().is_some()
    )
}

/// Everything outside: each function of each host interface once.
fn outside() -> [String; 5] {
    let before = shown(kv::get("old").map(|v| v.map(|v| v.len())));
    let kept = shown(kv::set("new", b"value").and_then(|()| kv::keys("")));
    let gone = shown(kv::delete("old").and_then(|()| kv::get("old")));
    let articles = knowledge::search("reset my password", Some("en"), 3).map(|all| {
        all.iter()
            .map(|a| {
                format!(
                    "{} {} {} {} {} {:.2} {}",
                    a.id().len(),
                    a.key(),
                    a.locale(),
                    a.title(),
                    a.body(),
                    a.score(),
                    a.terms().len()
                )
            })
            .collect::<Vec<_>>()
    });
    let found =
        tickets::search(&tickets::Query { status_category: Some("pending".into()), ..Default::default() });
    let found = found.map(|all| {
        all.iter()
            .map(|t| format!("{} {}", t.number(), shown(tickets::get(&t.id()).map(|t| t.is_some()))))
            .collect::<Vec<_>>()
    });
    let answer =
        http::send(http::Request::get("https://api.example.com/state")).map(|a| (a.status, a.body.len()));
    [
        format!("kv {before} {kept} {gone}"),
        format!("knowledge {}", shown(articles)),
        format!("tickets {}", shown(found)),
        format!("http {}", shown(answer)),
        format!(
            "clock {} {:?}, random {} {}",
            clock::now_ms(),
            clock::utc_offset_s("Europe/Berlin", clock::now_ms()),
            random::next_u64() == random::next_u64(),
            random::bytes(7).len()
        ),
    ]
}

fn propose(out: &mut Effects, to: &Ticket) {
    let why = || because("The contract has it.", 0.5).evidence("one").evidence("two");
    out.on(to)
        .set_field("priority", "high", why())
        .add_tag("seen", why())
        .remove_tag("old", why())
        .reply("A reply.", Some("en"), Some("article"), why())
        .note("A note.", why())
        .notify("A notice", "Its text.", None, why())
        .escalate(Some("people"), why())
        .set_timer("again", 3_600, why());
}

fn all(e: &Event, t: &Ticket, settings: &Value, out: &mut Effects) -> String {
    log::debug("the whole contract");
    propose(out, t);
    log::info(event(e));
    log::info(ticket(t));
    outside().into_iter().for_each(log::info);
    format!("settings {settings}")
}

impl Redaction for WholeContract {
    type Settings = Value;
    fn redact(document: &Document<'_>, _: Value) -> Result<Vec<Finding>, Error> {
        log::info(format!("{:?} {:?} {}", document.language(), document.known(), document.part_name(0)));
        Ok((0..document.parts())
            .filter(|part| document.part_text(*part).len() > 4)
            .map(|part| Finding {
                part,
                start: 0,
                end: 4,
                class: "REFERENCE".into(),
                score: 0.5,
                rule: "first-four".into(),
            })
            .collect())
    }
}

impl Triage for WholeContract {
    type Settings = Value;
    fn triage(e: &Event, t: &Ticket, settings: Value, out: &mut Effects) -> Result<Outcome, Error> {
        Ok(Outcome::done(all(e, t, &settings, out)))
    }
}

impl Answering for WholeContract {
    type Settings = Value;
    fn answer(e: &Event, t: &Ticket, settings: Value, out: &mut Effects) -> Result<Answer, Error> {
        Ok(Answer::answered(all(e, t, &settings, out)))
    }
}

impl Notification for WholeContract {
    type Settings = Value;
    fn notify(e: &Event, t: &Ticket, settings: Value, out: &mut Effects) -> Result<String, Error> {
        Ok(all(e, t, &settings, out))
    }
}

impl Events for WholeContract {
    type Settings = Value;
    fn handle(e: &Event, t: &Ticket, settings: Value, out: &mut Effects) -> Result<String, Error> {
        Ok(all(e, t, &settings, out))
    }
}

impl Schedule for WholeContract {
    type Settings = Value;
    fn fire(firing: &Firing<'_>, _: Value, _: &mut Effects) -> Result<String, Error> {
        outside().into_iter().for_each(log::info);
        Ok(format!(
            "{} {} {} {}",
            firing.schedule(),
            firing.scheduled_for_ms(),
            firing.fired_at_ms(),
            firing.missed()
        ))
    }
}

kulanz_sdk::export!(WholeContract: redaction, triage, answering, notification, events, schedule);
