//! The API as an author uses it, on the fixture.

use crate::fixture::{
    self, ArticleBuilder, ContactBuilder, EventBuilder, FiringBuilder, MessageBuilder, TicketBuilder,
};
use crate::prelude::*;
use crate::{Effect, tickets};

#[derive(serde::Deserialize)]
#[serde(default)]
struct Settings {
    word: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { word: "urgent".to_owned() }
    }
}

struct Sample;

impl Triage for Sample {
    type Settings = Settings;

    fn triage(
        _event: &Event,
        ticket: &Ticket,
        settings: Settings,
        out: &mut Effects,
    ) -> Result<Outcome, Error> {
        let text = ticket.last_inbound().ok_or_else(|| Error::invalid("no message"))?.reply_text()?;
        if !text.contains(&settings.word) {
            return Ok(Outcome::abstained("nothing said"));
        }
        out.on(ticket)
            .set_field("priority", "high", because("says so", 0.9).evidence(settings.word))
            .add_tag("seen", because("says so", 0.9));
        Ok(Outcome::done("raised"))
    }
}

crate::export!(Sample: triage);

#[test]
fn what_a_plugin_proposes_is_recorded_in_order_with_its_reasons() {
    let ticket = TicketBuilder::new().id("tkt_7").text("this is urgent").build();
    let mut out = Effects::new();
    let outcome = Sample::triage(&EventBuilder::new().build(), &ticket, Settings::default(), &mut out);
    assert_eq!(outcome, Ok(Outcome::done("raised")));
    let told: Vec<(&str, &Effect)> = out.all().iter().map(|p| (p.ticket.as_str(), &p.effect)).collect();
    let (set, tag) = (
        Effect::SetField { field: "priority".into(), value: "high".into() },
        Effect::AddTag { tag: "seen".into() },
    );
    assert_eq!(told, [("tkt_7", &set), ("tkt_7", &tag)]);
    assert_eq!(out.all()[0].basis, because("says so", 0.9).evidence("urgent"));
}

#[test]
fn every_effect_can_be_proposed() {
    let mut out = Effects::new();
    let basis = || because("why", 1.0);
    out.on_id("t")
        .remove_tag("a", basis())
        .reply("text", Some("de"), Some("art_1"), basis())
        .note("text", basis())
        .notify("subject", "text", None, basis())
        .escalate(None, basis())
        .set_timer("later", 60, basis());
    assert_eq!(out.all().len(), 6);
    assert_eq!(out.all()[5].effect, Effect::SetTimer { key: "later".into(), after_s: 60 });
    assert_eq!(out.take_refusal(), None);
}

#[test]
fn a_grant_that_is_taken_away_is_answered_denied() {
    fixture::clear();
    let ticket = TicketBuilder::new().subject("s").custom("k", "v").text("secret").build();
    assert_eq!(ticket.subject(), Ok("s".into()));
    assert_eq!(ticket.custom("k"), Ok(Some("v".into())));
    for grant in [
        "read:text",
        "read:subject",
        "read:custom",
        "read:history",
        "read:contact.email",
        "use:kv",
        "use:tickets",
        "use:knowledge",
    ] {
        fixture::deny(grant);
    }
    let denied = |grant: &str| Error::Denied(format!("grant {grant} is missing"));
    assert_eq!(ticket.subject(), Err(denied("read:subject")));
    assert_eq!(ticket.last_inbound().unwrap().text(), Err(denied("read:text")));
    assert_eq!(ticket.messages().map(|m| m.len()), Err(denied("read:history")));
    assert_eq!(ticket.custom("k"), Err(denied("read:custom")));
    assert_eq!(ticket.requester().unwrap().email(), Err(denied("read:contact.email")));
    assert_eq!(kv::get("x"), Err(denied("use:kv")));
    assert!(tickets::get("t").is_err() && knowledge::search("q", None, 1).is_err());
    fixture::clear();
    assert!(kv::get("x").is_ok());
}

#[test]
fn values_are_kept_listed_and_forgotten() {
    fixture::clear();
    kv::set_json("a:1", &vec![1, 2]).unwrap();
    kv::set("a:2", b"raw").unwrap();
    kv::set("b", b"other").unwrap();
    assert_eq!(kv::get_json::<Vec<i32>>("a:1"), Ok(Some(vec![1, 2])));
    assert_eq!(kv::keys("a:"), Ok(vec!["a:1".to_owned(), "a:2".to_owned()]));
    assert!(kv::get_json::<Vec<i32>>("a:2").is_err());
    kv::delete("a:1").unwrap();
    assert_eq!(kv::get("a:1"), Ok(None));
    assert_eq!(fixture::kv_value("b").as_deref(), Some(b"other".as_slice()));
}

#[test]
fn articles_are_ranked_by_common_words_and_narrowed_by_language() {
    fixture::clear();
    fixture::add_article(
        ArticleBuilder::new()
            .id("art_1")
            .title("Reset your password")
            .body("Open settings.")
            .signal("lead", 0.5),
    );
    fixture::add_article(
        ArticleBuilder::new().id("art_2").title("Track a parcel").body("Open an order, reset nothing."),
    );
    fixture::add_article(
        ArticleBuilder::new().id("art_3").locale("de").title("Passwort ändern").body("reset password"),
    );
    let found = knowledge::search("how to reset the password", Some("en"), 5).unwrap();
    assert_eq!(found.iter().map(Article::id).collect::<Vec<_>>(), ["art_1", "art_2"]);
    assert!(found[0].score() > found[1].score());
    assert_eq!(found[0].terms(), ["password", "reset"]);
    assert_eq!(found[0].signals(), [("lead".to_owned(), 0.5)]);
    assert!(found[1].signals().is_empty());
}

#[test]
fn tickets_are_searched_as_the_contract_says() {
    fixture::clear();
    let waiting = TicketBuilder::new()
        .id("t1")
        .status_category("pending")
        .last_customer_message_at_ms(10)
        .last_reply_at_ms(20)
        .created_at_ms(2);
    let answered = TicketBuilder::new()
        .id("t2")
        .status_category("open")
        .last_customer_message_at_ms(30)
        .last_reply_at_ms(20)
        .created_at_ms(1);
    let solved = TicketBuilder::new()
        .id("t3")
        .solved_at_ms(40)
        .tag("vip")
        .created_at_ms(3)
        .requester(ContactBuilder::new().id("con_2"));
    for ticket in [waiting, answered, solved] {
        fixture::add_ticket(ticket);
    }
    let ids =
        |query: tickets::Query| tickets::search(&query).unwrap().iter().map(Ticket::id).collect::<Vec<_>>();
    assert_eq!(ids(tickets::Query::default()), ["t2", "t1", "t3"]);
    assert_eq!(ids(tickets::Query { replied_before_ms: Some(25), ..Default::default() }), ["t1"]);
    assert_eq!(ids(tickets::Query { solved_before_ms: Some(41), ..Default::default() }), ["t3"]);
    assert_eq!(ids(tickets::Query { tag: Some("vip".into()), ..Default::default() }), ["t3"]);
    assert_eq!(ids(tickets::Query { requester_of: Some("t1".into()), ..Default::default() }), ["t2", "t1"]);
    assert_eq!(
        ids(tickets::Query { customer_silent_since_ms: Some(15), limit: 1, ..Default::default() }),
        ["t1"]
    );
    assert_eq!(tickets::get("t3").unwrap().map(|t| t.tags()), Some(vec!["vip".to_owned()]));
    assert!(tickets::get("t9").unwrap().is_none());
}

#[test]
fn events_and_firings_say_what_they_are_about() {
    let event = EventBuilder::of("ticket.field_changed")
        .change("status", Some("open"), Some("solved"))
        .data_json(&serde_json::json!({"timer": "survey"}))
        .message(MessageBuilder::new().text("hi").attachment("a.pdf"))
        .build();
    assert_eq!(event.change("status").and_then(|c| c.to), Some("solved".into()));
    assert_eq!(event.change("team"), None);
    assert_eq!(event.data()["timer"], "survey");
    assert_eq!(event.message().unwrap().attachment_names(), Ok(vec!["a.pdf".to_owned()]));
    let firing = FiringBuilder::new().schedule("nightly").missed(2).build();
    assert_eq!((firing.schedule().as_str(), firing.missed()), ("nightly", 2));
}

#[test]
fn requests_are_answered_from_the_fixture_and_only_over_https() {
    fixture::clear();
    let answer = http::Response { status: 200, headers: Vec::new(), body: b"ok".to_vec() };
    fixture::answer_http(answer.clone());
    assert_eq!(http::send(http::Request::get("https://api.example.com/a")), Ok(answer));
    assert!(matches!(
        http::send(http::Request::get("https://api.example.com/a")),
        Err(Error::Unavailable(_))
    ));
    assert!(matches!(
        http::send(http::Request::get("http://api.example.com/a")),
        Err(Error::InvalidInput(_))
    ));
    fixture::deny("http:api.example.com");
    let denied = http::send(http::Request::post_json("https://api.example.com/a", &serde_json::json!({})));
    assert!(matches!(denied, Err(Error::Denied(_))));
    assert_eq!(fixture::sent_requests().len(), 2);
}

#[test]
fn time_stands_still_and_chance_repeats() {
    fixture::clear();
    fixture::set_now_ms(1_000);
    fixture::set_utc_offset("Europe/Berlin", 7_200);
    assert_eq!((clock::now_ms(), clock::now_ms()), (1_000, 1_000));
    assert_eq!(clock::utc_offset_s("Europe/Berlin", 0), Some(7_200));
    assert_eq!(clock::utc_offset_s("Mars/Crater", 0), None);
    let first = (random::next_u64(), random::bytes(8));
    fixture::clear();
    assert_eq!((random::next_u64(), random::bytes(8)), first);
    log::warn("careful");
    assert_eq!(fixture::log_lines(), [("warn".to_owned(), "careful".to_owned())]);
}
