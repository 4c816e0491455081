//! What comes after an answer: the customer says whether it helped, a person sends a draft, a notice is
//! the last one. The links are followed from the mail to the page to the ticket.

use axum::body::Body;
use axum::http::Request;
use desk::{DeskConfig, MailIdentity, NewMessage, NewMessageKind};
use domain::clock::{DAY_MS, MINUTE_MS};
use domain::effect::Effect;
use domain::event::EventType;
use domain::gate::QuietHours;
use domain::message::Delivery;
use domain::plugin::Mode;
use domain::run::DecisionStatus;
use domain::ticket::StatusCategory;
use tests::house::{admin, agent, config};
use tests::{Backend, House, plugins};
use tower::ServiceExt;

use super::gate::{OUTAGE, answer_of, question};

pub(super) fn public() -> DeskConfig {
    let mail = MailIdentity { public_url: "https://help.shop.example".to_owned(), ..config().mail };
    DeskConfig { mail, ..config() }
}

async fn open_house(backend: Backend) -> House {
    House::furnished_with(backend, public()).await
}

/// A customer's browser: what a page answers to a request.
pub(super) async fn visit(house: &House, method: &str, url: &str, form: &str) -> (u16, String) {
    let path = url.strip_prefix("https://help.shop.example").unwrap();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept-language", "en")
        .body(Body::from(form.to_owned()))
        .unwrap();
    let router = console::router(house.desk.clone(), console::Access::Token, console::FormPace::default());
    let response = router.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

/// The address behind words of the newest mail.
pub(super) fn link_after(house: &House, words: &str) -> String {
    let mail = house.outbox.sent().pop().unwrap();
    let rest = mail.text.split(words).nth(1).unwrap_or_else(|| panic!("no “{words}” in {}", mail.text));
    rest.split_whitespace().next().unwrap().trim_matches(['<', '>']).to_owned()
}

async fn ratings(house: &House, number: i64) -> usize {
    let events = house.store.events_of(house.ticket(number).await.id).await.unwrap();
    events.iter().filter(|e| e.kind == EventType::AnswerRated).count()
}

on_both!(a_customer_says_that_an_answer_helped_and_the_ticket_is_done, |backend| {
    let house = open_house(backend).await;
    house.mail(&question("ana@example.org", 1)).await;
    assert_eq!(answer_of(&house, 1).await.article.as_deref(), Some("password-reset"));
    let yes = link_after(&house, "Did this help? Yes: ");

    // A program that looks at links before the customer does changes nothing.
    let (status, page) = visit(&house, "GET", &yes, "").await;
    assert_eq!((status, ratings(&house, 1).await), (200, 0));
    assert!(page.contains("Yes, it helped") && page.contains("No, I need a person"), "{page}");
    let (status, page) = visit(&house, "POST", &yes, "helped=yes").await;
    house.settle().await;
    assert!(status == 200 && page.contains("Your request is done"), "{page}");
    assert_eq!(house.ticket(1).await.status_category, StatusCategory::Solved);
    let learnt = house.store.alternates(None).await.unwrap();
    assert!(learnt.len() == 1 && learnt[0].text.contains("reset link has expired"), "{learnt:?}");
    insta::assert_snapshot!("answer_helped", house.story(1).await);
});

on_both!(a_customer_says_that_an_answer_did_not_help_and_gets_a_person, |backend| {
    let house = open_house(backend).await;
    house.mail(&question("ana@example.org", 1)).await;
    let no = link_after(&house, "No, I need a person: ");
    let (_, page) = visit(&house, "GET", &no, "").await;
    let (yes_at, no_at) = (page.find("Yes, it helped").unwrap(), page.find("No, I need").unwrap());
    assert!(no_at < yes_at, "the button that the link was about comes first");
    visit(&house, "POST", &no, "helped=no").await;
    house.settle().await;
    let ticket = house.ticket(1).await;
    assert_eq!(ticket.status_category, StatusCategory::Open);
    assert!(ticket.tags.contains("not-helped"));
    assert_eq!(house.outbox.sent().len(), 1, "nothing automatic follows a no");
    // Half a word says nothing, a guess and another's link are nobody's.
    assert_eq!(visit(&house, "POST", &no, "helped=maybe").await.0, 422);
    let guess = no.replace(['0', '1', '2', '3'], "9");
    assert_eq!(visit(&house, "POST", &guess, "helped=yes").await.0, 404);
    assert_eq!(ratings(&house, 1).await, 1);
});

on_both!(a_draft_is_sent_in_other_words_and_its_article_is_learnt, |backend| {
    let house = House::with(backend, public()).await;
    for name in ["redaction", "triage"] {
        house.install(plugins::bundled(name), Mode::Live).await;
    }
    house.install(plugins::bundled("auto-reply"), Mode::Suggest).await;
    for line in
        std::fs::read_to_string(tests::source().join("tests/fixtures/articles.jsonl")).unwrap().lines()
    {
        house.desk.put_article(serde_json::from_str(line).unwrap(), admin()).await.unwrap();
    }
    house.mail(&question("ana@example.org", 1)).await;
    assert!(house.outbox.sent().is_empty(), "a suggestion is no mail");
    let ticket = house.ticket(1).await;
    let suggested = house.store.decisions_of(ticket.id).await.unwrap();
    let draft = suggested.iter().find(|d| d.effect.kind().as_str() == "reply").unwrap();
    assert!(draft.status == DecisionStatus::Suggested && !draft.basis.evidence.is_empty());

    let Effect::Reply { text: proposed, .. } = &draft.effect else { panic!("{draft:?}") };
    let reply = |draft| NewMessage {
        kind: NewMessageKind::Reply,
        text: format!("Dear Ana, we talked on the phone.\n\n{proposed}"),
        article: None,
        draft,
        seen: None,
        solves: false,
    };
    house.desk.post_message(ticket.id, reply(Some(draft.id)), None, agent()).await.unwrap();
    house.settle().await;
    let sent = house.outbox.sent();
    assert!(sent.len() == 1 && sent[0].text.contains("Dear Ana"), "{sent:?}");
    assert!(!sent[0].text.contains("Did this help"), "a person wrote it");
    assert_eq!(answer_of(&house, 1).await.article.as_deref(), Some("password-reset"));
    assert_eq!(house.store.alternates(None).await.unwrap().len(), 1);
    let decision = house.store.decision(draft.id).await.unwrap().unwrap();
    assert_eq!(
        (decision.status, decision.reason.as_str()),
        (DecisionStatus::Applied, "sent in other words by agent ines")
    );
    let again = house.desk.post_message(ticket.id, reply(Some(draft.id)), None, agent()).await.unwrap_err();
    assert!(again.to_string().contains("only a suggested one"), "{again}");

    // Who writes something else in a draft's place says that its article was the wrong one.
    house.mail(&question("bea@example.org", 2)).await;
    let ticket = house.ticket(2).await;
    let suggested = house.store.decisions_of(ticket.id).await.unwrap();
    let draft = suggested.iter().find(|d| d.effect.kind().as_str() == "reply").map(|d| d.id);
    assert!(draft.is_some());
    let text = "The page is broken today, we are working on it.".to_owned();
    let own_words =
        NewMessage { kind: NewMessageKind::Reply, text, article: None, draft, seen: None, solves: false };
    house.desk.post_message(ticket.id, own_words, None, agent()).await.unwrap();
    assert_eq!(answer_of(&house, 2).await.article, None);
    assert_eq!(house.store.alternates(None).await.unwrap().len(), 1, "the first one's");
});

on_both!(a_notice_carries_a_link_that_ends_notices, |backend| {
    let quiet = QuietHours { from: "00:00".into(), until: "00:00".into(), ..QuietHours::default() };
    let house = House::furnished_with(backend, DeskConfig { quiet, ..public() }).await;
    house.mail(OUTAGE).await;
    tell_of_an_outage(&house).await;
    let notice = house.outbox.sent().pop().unwrap();
    let link = notice.unsubscribe.clone().unwrap();
    assert!(notice.text.contains("We know of it.") && notice.text.contains(&link), "{}", notice.text);

    let (status, page) = visit(&house, "GET", &link, "").await;
    assert!(status == 200 && page.contains("End notices"), "{page}");
    let requester = house.ticket(1).await.requester_id;
    assert!(house.store.contact(requester).await.unwrap().unwrap().proactive_consent);
    // What a mail provider sends when its button is pressed (RFC 8058).
    assert_eq!(visit(&house, "POST", &link, "List-Unsubscribe=One-Click").await.0, 200);
    assert!(!house.store.contact(requester).await.unwrap().unwrap().proactive_consent);
    house.clock.advance(DAY_MS);
    house.mail(&OUTAGE.replace("down-1", "down-2").replace("Shop is down", "Shop is down again")).await;
    tell_of_an_outage(&house).await;
    let notices = house.outbox.sent().iter().filter(|mail| mail.text.contains("We know of it.")).count();
    assert_eq!(notices, 1, "who ended notices gets no other one");
    assert_eq!(answer_of(&house, 2).await.delivery, Delivery::Sent, "but answers to requests");
});

async fn tell_of_an_outage(house: &House) {
    let installed = house.desk.installations().await.unwrap();
    let notice = installed.iter().find(|i| i.installation.manifest.id == "kulanz.proactive-notice").unwrap();
    let mut settings = notice.installation.settings.clone();
    settings["incident"] = serde_json::json!({ "active": true, "category": "outage", "text_en": "We know of it.", "text_de": "Bekannt." });
    house.desk.set_settings(notice.installation.id, settings, admin()).await.unwrap();
    house.clock.advance(5 * MINUTE_MS);
    house.desk.fire_due_schedules().await.unwrap();
    house.settle().await;
}

on_both!(an_article_is_sent_while_it_holds_and_about_its_product_only, |backend| {
    let house = open_house(backend).await;
    let article = |key: &str, more: serde_json::Value| {
        let mut article = serde_json::json!({
            "key": key, "locale": "en", "title": "How do I claim the winter voucher?",
            "body": "Enter the code WINTER in the basket.",
        });
        article.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(article).unwrap()
    };
    let asks = |n: u32, words: &str| {
        format!(
            "From: c{n}@c{n}.example\nTo: help@shop.example\nSubject: Voucher\nMessage-ID: <v{n}@c{n}.example>\n\n{words}\n"
        )
    };
    const QUESTION: &str = "How do I claim the winter voucher?";
    let sent = async |number: i64| answer_of(&house, number).await.article;

    let (from, until) = (
        domain::Clock::now(house.clock.as_ref()).plus(DAY_MS),
        domain::Clock::now(house.clock.as_ref()).plus(2 * DAY_MS),
    );
    let holds = serde_json::json!({ "valid_from": from, "valid_until": until });
    house.desk.put_article(article("voucher", holds), admin()).await.unwrap();
    house.mail(&asks(1, QUESTION)).await;
    assert_eq!(sent(1).await, None, "it does not hold yet");
    house.clock.advance(DAY_MS);
    house.mail(&asks(2, QUESTION)).await;
    assert_eq!(sent(2).await.as_deref(), Some("voucher"));
    house.clock.advance(DAY_MS);
    house.mail(&asks(3, QUESTION)).await;
    assert_eq!(sent(3).await, None, "it does not hold any more");

    let never = serde_json::json!({ "valid_from": until, "valid_until": from });
    let refused = house.desk.put_article(article("never", never), admin()).await.unwrap_err();
    assert!(refused.to_string().contains("would never hold"), "{refused}");

    let of_lamp = serde_json::json!({ "product": "Lumo lamp" });
    house.desk.put_article(article("lamp-voucher", of_lamp), admin()).await.unwrap();
    house.mail(&asks(4, QUESTION)).await;
    assert_eq!(sent(4).await, None, "nobody spoke of a lamp");
    house.mail(&asks(5, "I bought the Lumo lamp. How do I claim the winter voucher?")).await;
    assert_eq!(sent(5).await.as_deref(), Some("lamp-voucher"));
});
