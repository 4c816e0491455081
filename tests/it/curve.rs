//! The coverage curve: the house asks its own past questions again, the admin chooses the threshold that keeps a promise,
//! and from then on only what is that sure goes out.

use desk::{AnswerCurve, DeskConfig, InstallationChange, NewArticle, NewMessage, NewMessageKind};
use domain::article::ArticleState;
use domain::clock::MINUTE_MS;
use domain::gate::Budgets;
use domain::id::InstallationId;
use domain::message::Direction;
use domain::plugin::{Installation, Mode};
use serde_json::{Value, json};
use tests::house::{admin, agent};
use tests::{Backend, House, plugins};

use super::answers::{link_after, public, visit};

/// One of so many questions of the set makes the house's past.
const EVERY: usize = 3;

fn lines(name: &str) -> Vec<Value> {
    let path = tests::source().join("tests/data/answers/fit/webapps-en").join(name);
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap().to_owned()
}

/// Everybody writes from a domain of his own, once.
fn asks(n: usize, question: &str) -> String {
    format!(
        "From: someone@host{n}.example\nTo: help@shop.example\nSubject: A question\nMessage-ID: <q{n}@host{n}.example>\nContent-Type: text/plain; charset=utf-8\n\nHello, {question}\n"
    )
}

async fn house_of_web_apps(backend: Backend) -> (House, Installation) {
    let gate = Budgets { total_hour: 10_000, per_inbox_hour: 10_000, ..Budgets::default() };
    let house = House::with(backend, DeskConfig { gate, ..public() }).await;
    house.install(plugins::bundled("redaction"), Mode::Live).await;
    house.install(plugins::bundled("triage"), Mode::Live).await;
    let answering = house.install(plugins::bundled("auto-reply"), Mode::Live).await;
    for row in lines("kb.jsonl") {
        let article = NewArticle {
            key: text(&row, "id"),
            locale: "en".to_owned(),
            state: ArticleState::Public,
            title: text(&row, "question"),
            body: text(&row, "answer"),
            product: None,
            valid_from: None,
            valid_until: None,
        };
        house.desk.put_article(article, admin()).await.unwrap();
    }
    (house, answering)
}

async fn with_threshold(house: &House, id: InstallationId, threshold: f64) {
    let mut settings = house.store.installation(id).await.unwrap().unwrap().settings;
    settings["threshold"] = json!(threshold);
    let change = InstallationChange { settings: Some(settings), ..InstallationChange::default() };
    house.desk.change_installation(id, change, admin()).await.unwrap();
}

/// The article that went out on a ticket as an answer.
async fn answered_with(house: &House, number: i64) -> Option<String> {
    let ticket = house.ticket(number).await;
    let messages = house.store.messages(ticket.id).await.unwrap();
    messages.into_iter().filter(|m| m.direction == Direction::Outbound).find_map(|m| m.article)
}

async fn agent_replies(house: &House, number: i64, article: Option<String>, text: &str) {
    let ticket = house.ticket(number).await;
    house.clock.advance(MINUTE_MS);
    let reply = NewMessage {
        kind: NewMessageKind::Reply,
        text: text.to_owned(),
        article,
        draft: None,
        seen: None,
        solves: false,
    };
    house.desk.post_message(ticket.id, reply, None, agent()).await.unwrap();
    house.settle().await;
}

/// A mail, and what comes of it: customers say whether the answer helped, agents answer the others.
async fn lives_through(house: &House, number: i64, row: &Value) {
    house.clock.advance(MINUTE_MS);
    house.mail(&asks(usize::try_from(number).unwrap(), &text(row, "text"))).await;
    let right = row["article"].as_str();
    match answered_with(house, number).await {
        Some(sent) => {
            let helped = right == Some(sent.as_str());
            let link = link_after(house, if helped { "help? Yes: " } else { "No, I need a person: " });
            let form = if helped { "helped=yes" } else { "helped=no" };
            assert_eq!(visit(house, "POST", &link, form).await.0, 200);
            house.settle().await;
        }
        None => {
            agent_replies(house, number, right.map(ToOwned::to_owned), "I have looked into it for you.").await
        }
    }
}

fn told(curve: &AnswerCurve) -> String {
    let mut out = format!(
        "{} tickets: helped {}, sent {}, not helped {}, own words {}, faults {}\n",
        curve.tickets, curve.helped, curve.sent, curve.not_helped, curve.own_words, curve.faults
    );
    for point in curve.points.iter().step_by(10).chain(curve.chosen.iter()) {
        out.push_str(&format!(
            "{:.2}: {} sent, {} right, at least {:.3}, answered {:.3}\n",
            point.threshold, point.sent, point.right, point.floor, point.answered
        ));
    }
    out
}

on_both!(a_house_chooses_its_threshold_by_its_own_past, |backend| {
    let (house, answering) = house_of_web_apps(backend).await;
    // A bold beginning: the house finds out what that is worth.
    with_threshold(&house, answering.id, 0.5).await;
    let mut number = 0;
    for row in lines("queries.jsonl").iter().step_by(EVERY) {
        number += 1;
        lives_through(&house, number, row).await;
    }
    let mails = house.outbox.sent().len();
    let curve = house.desk.answer_curve(answering.id, 1_000, 0.9).await.unwrap();
    insta::assert_snapshot!("answer_curve", told(&curve));
    assert_eq!(i64::from(curve.tickets), number);
    let now = curve.now.unwrap();
    assert!((curve.in_force - 0.5).abs() < 1e-9 && now.floor < 0.9, "{now:?}");
    let chosen = curve.chosen.unwrap();
    assert!(chosen.threshold > 0.5 && chosen.floor >= 0.9 && chosen.right < now.right, "{chosen:?}");
    assert_eq!(house.outbox.sent().len(), mails, "looking sends nothing");

    house.desk.choose_threshold(answering.id, &curve, admin()).await.unwrap();
    // Surer than before, not sure enough now: it goes to an agent with the article at hand.
    house.mail(&asks(1_001, "what is the longest video I may add to a post?")).await;
    assert_eq!(answered_with(&house, number + 1).await, None);
    house.mail(&asks(1_002, "how do I schedule an email to be sent later?")).await;
    assert_eq!(answered_with(&house, number + 2).await.as_deref(), Some("mail-schedule"));

    let too_much = house.desk.answer_curve(answering.id, 1_000, 0.999).await.unwrap();
    let refused = house.desk.choose_threshold(answering.id, &too_much, admin()).await.unwrap_err();
    assert!(refused.to_string().contains("No threshold keeps the promise"), "{refused}");
    let other =
        house.store.installations().await.unwrap().into_iter().find(|i| i.manifest.id == "kulanz.triage");
    let refused = house.desk.answer_curve(other.unwrap().id, 10, 0.95).await.unwrap_err();
    assert!(refused.to_string().contains("has no curve"), "{refused}");
});

on_both!(what_a_ticket_taught_is_not_known_when_its_own_question_is_asked_again, |backend| {
    let (house, answering) = house_of_web_apps(backend).await;
    let strange = "my zorble quuxes the flimflam, where is the vertex of blorp?";
    house.mail(&asks(1, strange)).await;
    agent_replies(&house, 1, Some("mail-undo".to_owned()), "It stands in the article.").await;
    assert_eq!(house.store.alternates(None).await.unwrap().len(), 1);
    let alone = house.desk.answer_curve(answering.id, 10, 0.95).await.unwrap();
    assert_eq!((alone.sent, alone.points[0].sent), (1, 0), "it would only find what it taught itself");

    // The same words teach nothing new: the second question is known from the first, the first from none.
    house.mail(&asks(2, strange)).await;
    let known = answered_with(&house, 2).await;
    assert_eq!(known.as_deref(), Some("mail-undo"), "what was learnt answers the next one");
    agent_replies(&house, 2, Some("mail-undo".to_owned()), "It does stand in the article.").await;
    let both = house.desk.answer_curve(answering.id, 10, 0.95).await.unwrap();
    assert_eq!((both.sent, both.points[0].sent, both.points[0].right), (2, 1, 1));
});
