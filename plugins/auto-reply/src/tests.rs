//! What the cases in `cases/` cannot say: several runs after each other, and what is not granted.

use kulanz_sdk::fixture::{self, ArticleBuilder, ContactBuilder, EventBuilder, TicketBuilder};
use kulanz_sdk::serde_json::json;
use kulanz_sdk::{Answer, Answering as _, Effect, Effects, Events as _};

use crate::{AutoReply, past};

/// A knowledge base of one article that the search says this much good of.
fn article(good: f32) {
    let mut article = ArticleBuilder::new().key("password-reset").title("How do I reset my password?");
    for name in ["title", "body", "reverse", "likeness", "coverage", "lead", "agreement"] {
        article = article.signal(name, good);
    }
    fixture::add_article(
        article.signal("unknown", 1.0 - good).signal("chance", 1.0 - good).body("Choose it on the page."),
    );
}

fn ticket() -> TicketBuilder {
    TicketBuilder::new().number(12).language("en").subject("Password")
}

fn answer_to(ticket: TicketBuilder) -> (Answer, Effects) {
    let mut out = Effects::new();
    let settings = fixture::settings("{}").unwrap();
    let answer = AutoReply::answer(&EventBuilder::new().build(), &ticket.build(), settings, &mut out);
    (answer.unwrap(), out)
}

fn ask() -> (Answer, Effects) {
    answer_to(ticket().text("How do I reset my password?"))
}

fn rate(contact: &str, data: &kulanz_sdk::serde_json::Value) -> String {
    let event = EventBuilder::of("answer.rated").data_json(data).build();
    let ticket = ticket().requester(ContactBuilder::new().id(contact)).build();
    AutoReply::handle(&event, &ticket, (), &mut Effects::new()).unwrap()
}

fn rated(contact: &str, helped: bool) -> String {
    rate(contact, &json!({ "message_id": "msg_1", "article": "password-reset", "helped": helped }))
}

#[test]
fn an_article_that_did_not_help_two_customers_goes_to_the_agent_instead() {
    fixture::clear();
    article(0.8);
    assert!(matches!(ask().0, Answer::Answered(_)));
    rated("con_1", false);
    assert_eq!(
        rated("con_2", false),
        "article “password-reset” did not help; customers said that it did not help: 2 of 2"
    );
    let (answer, out) = ask();
    assert!(matches!(&answer, Answer::Abstained(why) if why.contains("did not help: 2 of 2")), "{answer:?}");
    assert!(matches!(&out.all()[0].effect, Effect::Note { text } if text.contains("password-reset")));
    rated("con_1", true);
    assert!(rated("con_2", true).ends_with("it helped: 2 of 2"));
    assert!(matches!(ask().0, Answer::Answered(_)));
}

#[test]
fn without_a_place_to_keep_it_nothing_is_learnt_and_answers_go_on() {
    fixture::clear();
    article(0.85);
    fixture::deny("use:kv");
    assert!(rated("con_1", false).starts_with("nothing is learnt"));
    assert!(matches!(ask().0, Answer::Answered(_)));
}

#[test]
fn an_event_without_article_or_word_is_left_and_what_is_damaged_is_begun_anew() {
    fixture::clear();
    for data in [json!({}), json!({ "article": "a" }), json!({ "article": 7, "helped": true })] {
        assert!(rate("con_1", &data).contains("nothing is learnt"));
    }
    kulanz_sdk::kv::set(&past::key("password-reset"), b"{").unwrap();
    article(0.85);
    assert!(matches!(ask().0, Answer::Answered(_)));
    rated("con_1", false);
    let kept = String::from_utf8(fixture::kv_value("past:password-reset").unwrap()).unwrap();
    assert!(kept.contains("\"helped\":false") && !kept.contains("con_1"), "{kept}");
}

#[test]
fn a_reply_with_an_article_names_it_so_that_a_draft_carries_its_source() {
    fixture::clear();
    article(0.85);
    let (_, out) = ask();
    assert!(
        matches!(&out.all()[0].effect, Effect::Reply { article: Some(key), language: Some(language), .. }
            if key == "password-reset" && language == "en")
    );
}

#[test]
fn what_was_asked_for_is_recognised_in_a_later_message_or_in_the_field_and_asked_for_once() {
    fixture::clear();
    let order = || ticket().category("order_status");
    let (_, out) = answer_to(order().text("Where is my parcel?"));
    assert!(matches!(&out.all()[1].effect, Effect::AddTag { tag } if tag == "asked-order_number"));
    let again = || order().tag("asked-order_number").last_reply_at_ms(5).text("Where is my parcel?");
    for given in [
        again().text("It is 4711042."),
        again().text("Die Nummer ist 4711."),
        again().custom("order_number", "4711042").text("See above."),
    ] {
        let (answer, out) = answer_to(given);
        assert!(matches!(&answer, Answer::Held(why) if why.contains("given now")), "{answer:?}");
        assert!(
            matches!(out.all(), [one] if matches!(&one.effect, Effect::RemoveTag { tag } if tag == "asked-order_number"))
        );
    }
    let (answer, out) = answer_to(again().text("Please hurry, to 10115 Berlin."));
    assert!(matches!(answer, Answer::Held(_)) && out.all().is_empty());
}

#[test]
fn without_a_look_at_the_custom_fields_nothing_is_asked_for() {
    fixture::clear();
    fixture::deny("read:custom");
    let (_, out) = answer_to(ticket().category("order_status").text("Where is my parcel?"));
    assert!(
        matches!(out.all(), [one] if matches!(&one.effect, Effect::Reply { text, .. } if !text.contains("order number")))
    );
}

fn with_settings(json: &str, ticket: TicketBuilder) -> (Answer, Effects) {
    let mut out = Effects::new();
    let settings = fixture::settings(json).unwrap();
    let answer = AutoReply::answer(&EventBuilder::new().build(), &ticket.build(), settings, &mut out);
    (answer.unwrap(), out)
}

fn notes(out: &Effects) -> Vec<String> {
    let note = |effect: &Effect| match effect {
        Effect::Note { text } => Some(text.clone()),
        _ => None,
    };
    out.all().iter().filter_map(|p| note(&p.effect)).collect()
}

#[test]
fn hours_that_make_no_sense_are_left_out_and_agents_are_told_once() {
    for (hours, named) in [
        (r#"{"monday": ["9-5"]}"#, "hours.monday: `9-5`"),
        (r#"{"monday": ["09:00-17:00"], "holidays": ["2026-02-30"]}"#, "hours.holidays: `2026-02-30`"),
    ] {
        fixture::clear();
        let json = format!(r#"{{"hours": {hours}}}"#);
        let (answer, out) = with_settings(&json, ticket().text("Where is my parcel?"));
        assert!(matches!(&answer, Answer::Abstained(why) if why.contains(named)), "{answer:?}");
        assert!(out.all().iter().any(|p| matches!(p.effect, Effect::Reply { .. })), "receipt is confirmed");
        assert!(matches!(notes(&out).as_slice(), [note] if note.contains(named)), "{:?}", notes(&out));
        let (_, out) = with_settings(&json, ticket().last_reply_at_ms(5).text("Where is my parcel?"));
        assert_eq!(notes(&out), [""; 0]);
        article(0.9);
        let (answer, out) = with_settings(&json, ticket().text("How do I reset my password?"));
        assert!(matches!(answer, Answer::Answered(_)) && notes(&out).is_empty());
    }
}

#[test]
fn an_own_answer_without_the_article_is_sent_as_the_built_in_one_with_a_note() {
    fixture::clear();
    article(0.9);
    let json = r#"{"texts": {"answer_en": "{greeting} See our help centre."}}"#;
    let (answer, out) = with_settings(json, ticket().text("How do I reset my password?"));
    assert!(matches!(answer, Answer::Answered(_)));
    assert!(matches!(notes(&out).as_slice(), [note] if note.contains("`texts.answer_en`")));
    let sent = |p: &Effect| matches!(p, Effect::Reply { text, .. } if text.contains("Choose it on the page"));
    assert!(out.all().iter().any(|p| sent(&p.effect)));
}
