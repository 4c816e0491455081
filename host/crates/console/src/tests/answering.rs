//! What answering asks for beside the words: solving at once, a receipt that is past, the other language, the next ticket.

use desk::{NewMessage, NewMessageKind};
use domain::clock::MINUTE_MS;
use domain::id::{CountingIds, DecisionId};
use domain::run::DecisionStatus;
use domain::ticket::{StatusCategory, Ticket};
use domain::{Actor, ActorKind};

use super::work::{agent_at_work, messages, post, suggest_from};
use super::world::World;

/// A confirmation of receipt as a plugin proposes it, and as a person reads it in the composer.
const RECEIPT: &str = "We have it.\n\nThis confirmation was sent automatically. Simply reply.";
const RECEIPT_BY_HAND: &str = "We have it.\n\nSimply reply.";

async fn now(world: &World, ticket: &Ticket) -> Ticket {
    world.desk.ask().ticket(ticket.id).await.unwrap().unwrap()
}

async fn status_of(world: &World, decision: DecisionId) -> (DecisionStatus, String) {
    let decision = world.desk.ask().decision(decision).await.unwrap().unwrap();
    (decision.status, decision.reason)
}

#[tokio::test]
async fn an_answer_solves_its_ticket_in_one_commit_and_the_customers_next_word_opens_it_again() {
    let (world, cookie, ticket) = agent_at_work().await;
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&["name=\"kind\" value=\"solve\">Send and solve the ticket</button>"]);
    let before = now(&world, &ticket).await.version;
    // What the button says counts, whatever stands in the field.
    let form = "was.status=new&status=pending&text=It+left+today&kind=solve&once=abc";
    for _ in 0..2 {
        let sent = post(&world, &cookie, "/tickets/1/message?lang=de", form).await;
        assert_eq!((sent.status.as_u16(), sent.header("location")), (303, "/tickets/1?done=solved&lang=de"));
    }
    let solved = now(&world, &ticket).await;
    assert_eq!((solved.status_category, solved.version), (StatusCategory::Solved, before + 1));
    assert_eq!(messages(&world, &ticket).await.len(), 2);
    world.get("/tickets/1?done=solved&lang=de").await.says(&["<p role=\"status\">", "das Ticket ist gelöst"]);
    let word = NewMessage {
        kind: NewMessageKind::Inbound,
        text: "It is not here.".to_owned(),
        article: None,
        draft: None,
        seen: None,
        solves: false,
    };
    world.desk.post_message(ticket.id, word, None, Actor::new(ActorKind::Api, "shop")).await.unwrap();
    assert_eq!(now(&world, &ticket).await.status_category, StatusCategory::Open);
}

#[tokio::test]
async fn fields_beside_an_answer_that_solves_are_saved_with_it_and_a_note_solves_nothing() {
    let (world, cookie, ticket) = agent_at_work().await;
    post(&world, &cookie, "/tickets/1/message", "text=Call+her&kind=note").await;
    assert_eq!(now(&world, &ticket).await.status_category, StatusCategory::New);
    post(&world, &cookie, "/tickets/1/message", "was.team=&team=billing&text=Done&kind=solve").await;
    let solved = now(&world, &ticket).await;
    assert_eq!((solved.status_category, solved.team.as_deref()), (StatusCategory::Solved, Some("billing")));
}

#[tokio::test]
async fn a_receipt_is_past_once_a_person_has_answered_and_an_articles_draft_is_not() {
    let (world, cookie, ticket) = agent_at_work().await;
    let ids = CountingIds::default();
    let receipt = suggest_from(&world, &ticket, RECEIPT, &ids, None).await;
    let draft = suggest_from(&world, &ticket, "Parcels take three days.", &ids, Some("delivery")).await;
    let form = format!("/tickets/1/suggestions/{receipt}");
    post(&world, &cookie, "/tickets/1/message", "text=Call+her&kind=note").await;
    world.get_with("/tickets/1", &[("cookie", &cookie)]).await.says(&[&form]);
    assert_eq!(status_of(&world, receipt).await.0, DecisionStatus::Suggested, "a note answers nobody");
    post(&world, &cookie, "/tickets/1/message", "text=It+left+today&kind=reply").await;
    let past = (DecisionStatus::Superseded, "a person has answered meanwhile".to_owned());
    assert_eq!(status_of(&world, receipt).await, past);
    assert_eq!(status_of(&world, draft).await.0, DecisionStatus::Suggested);
    let page = world.get_with("/tickets/1?lang=de", &[("cookie", &cookie)]).await;
    page.says(&["ein Mensch hat inzwischen geantwortet", &format!("/tickets/1/suggestions/{draft}")]);
    assert!(!page.text.contains(&form));
}

#[tokio::test]
async fn a_receipt_in_the_composer_does_not_say_that_it_is_automatic() {
    let (world, cookie, ticket) = agent_at_work().await;
    let receipt = suggest_from(&world, &ticket, RECEIPT, &CountingIds::default(), None).await;
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&[&format!("<div class=\"text\" dir=\"auto\">{RECEIPT_BY_HAND}</div>")]);
    let page = world.get_with(&format!("/tickets/1?draft={receipt}"), &[("cookie", &cookie)]).await;
    page.says(&[&format!(">{RECEIPT_BY_HAND}</textarea>")]);
    let form = format!("text=We+have+it.%0D%0A%0D%0ASimply+reply.&kind=reply&draft={receipt}");
    post(&world, &cookie, "/tickets/1/message", &form).await;
    assert_eq!(messages(&world, &ticket).await[1].text, RECEIPT_BY_HAND);
    let (status, reason) = status_of(&world, receipt).await;
    assert!(status == DecisionStatus::Applied && reason.starts_with("sent by agent tok_"), "{reason}");
}

#[tokio::test]
async fn the_other_language_takes_along_an_answer_that_was_begun() {
    let (world, cookie, ticket) = agent_at_work().await;
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&["formaction=\"/tickets/1/answer?lang=de\"", "lang=\"de\">Deutsch</button>"]);
    let form = "text=Dear+Ana&draft=&was.team=&team=billing&was.find=&find=&into=7";
    let german = post(&world, &cookie, "/tickets/1/answer?lang=de", form).await;
    german.says(&["<html lang=\"de\">", ">Dear Ana</textarea>", "value=\"billing\"", "value=\"7\""]);
    german.says(&["formaction=\"/tickets/1/answer?lang=en\"", "lang=\"en\">English</button>"]);
    assert_eq!((now(&world, &ticket).await.team, messages(&world, &ticket).await.len()), (None, 1));
    world.get("/tickets/1").await.says(&["href=\"/tickets/1?lang=de\" lang=\"de\""]);
}

#[tokio::test]
async fn the_tickets_beside_one_are_those_of_the_list_that_it_was_opened_from() {
    let (world, cookie, _) = agent_at_work().await;
    for subject in ["Invoice", "Parcel again"] {
        world.clock.advance(MINUTE_MS);
        world.ticket(subject, "x").await;
    }
    post(&world, &cookie, "/tickets/2/fields", "was.status=new&status=pending").await;
    let cookies = [("cookie", cookie.as_str())];
    world
        .get_with("/?status=new", &cookies)
        .await
        .says(&["href=\"/tickets/3?status=new\"", "accesskey=\"s\""]);
    let page = world.get_with("/tickets/3?status=new", &cookies).await;
    page.says(&["href=\"/tickets/1?status=new\" rel=\"next\" accesskey=\"j\"", "href=\"/?status=new\""]);
    page.says(&["action=\"/tickets/3/message?status=new\"", "<kbd>j</kbd> Next ticket"]);
    assert!(!page.text.contains("rel=\"prev\""), "it is the first");
    let form = "text=It+left+today&kind=solve";
    let sent = post(&world, &cookie, "/tickets/3/message?status=new", form).await;
    assert_eq!(sent.header("location"), "/tickets/3?done=solved&status=new");
    world
        .get_with(sent.header("location"), &cookies)
        .await
        .says(&["href=\"/tickets/1?status=new\" rel=\"next\""]);

    let last = world.get("/tickets/1").await;
    last.says(&["href=\"/tickets/2\" rel=\"prev\" accesskey=\"k\""]);
    assert!(!last.text.contains("rel=\"next\"") && !last.text.contains("accesskey=\"r\""));
    world.get("/tickets/1?order=longest").await.says(&["href=\"/tickets/2?order=longest\" rel=\"next\""]);
}

#[tokio::test]
async fn keys_lead_to_the_search_and_to_the_answer_and_the_page_says_which() {
    let (world, cookie, _) = agent_at_work().await;
    let page = world.get_with("/tickets/1?lang=de", &[("cookie", &cookie)]).await;
    page.says(&["accesskey=\"r\"", "Tasten, mit Alt", "<kbd>r</kbd> Antworten"]);
    world.get("/").await.says(&["type=\"search\" accesskey=\"s\"", "<kbd>s</kbd> Search"]);
}

#[tokio::test]
async fn a_very_long_subject_is_cut_and_the_whole_is_not_far() {
    let world = World::open().await;
    let subject = ["parcel"; 30].join(" ");
    world.ticket(&subject, "x").await;
    world.get("/").await.says(&[&format!("title=\"{subject}\""), "…</a>"]);
    let page = world.get("/tickets/1").await;
    page.says(&[&format!("title=\"#1 {subject}\""), "…</h1>"]);
    page.says(&[&format!("<dt>Subject</dt><dd dir=\"auto\">{subject}</dd>")]);
}
