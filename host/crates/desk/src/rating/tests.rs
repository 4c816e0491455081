//! What customers say about answers, on a desk without plugins: the answer is put on the ticket by hand.

use domain::article::ArticleState;
use domain::message::{Delivery, Message};
use domain::work::blank_message;

use super::*;
use crate::fixture::{Fixture, agent};
use crate::{NewArticle, NewMessage, NewMessageKind, TicketChange};

struct World {
    f: Fixture,
    ticket: Ticket,
    answer: Message,
    article: Article,
}

impl World {
    async fn new() -> Self {
        Box::pin(Self::furnished()).await
    }

    async fn furnished() -> Self {
        let f = Fixture::new().await;
        let article = f.desk.put_article(parcel(), agent()).await.unwrap();
        let ticket = f.ticket("ana@example.org").await;
        let answer = answer_to(&f, &ticket).await;
        Self { f, ticket, answer, article }
    }

    fn word(&self) -> String {
        self.f.desk.signed_word(PURPOSE, &self.answer.id)
    }

    async fn rate(&self, helped: bool) -> Rated {
        self.f.desk.rate_answer(&self.word(), helped).await.unwrap()
    }

    async fn now(&self) -> Ticket {
        self.f.store.ticket(self.ticket.id).await.unwrap().unwrap()
    }

    async fn learnt(&self) -> Vec<String> {
        self.f.store.alternates(None).await.unwrap().into_iter().map(|a| a.text).collect()
    }

    async fn ratings(&self) -> usize {
        let events = self.f.store.events_of(self.ticket.id).await.unwrap();
        events.iter().filter(|e| e.kind == EventType::AnswerRated).count()
    }
}

fn parcel() -> NewArticle {
    NewArticle {
        key: "parcel".into(),
        locale: "en".into(),
        state: ArticleState::Public,
        title: "How long does delivery take?".into(),
        body: "Three days.".into(),
        product: None,
        valid_from: None,
        valid_until: None,
    }
}

async fn answer_to(f: &Fixture, ticket: &Ticket) -> Message {
    answer_in(f, ticket, Delivery::Sent).await
}

async fn answer_in(f: &Fixture, ticket: &Ticket, delivery: Delivery) -> Message {
    let ticket = f.store.ticket(ticket.id).await.unwrap().unwrap();
    let mut work = Work::on(ticket);
    let stamp = f.desk.stamp(Actor::new(ActorKind::Plugin, "kulanz.auto-reply"));
    let id = MessageId::mint(f.desk.0.ids.as_ref(), f.desk.now());
    let mut message =
        blank_message(id, work.ticket.id, Direction::Outbound, stamp.actor.clone(), f.desk.now());
    message.automatic = true;
    message.delivery = delivery;
    message.to_address = Some("ana@example.org".into());
    message.in_reply_to = Some("asked@example.org".into());
    message.article = Some("parcel".into());
    message.language = Some("en".into());
    work.add_message(&stamp, message.clone());
    let facts = f.desk.work_facts(std::slice::from_mut(&mut work)).await;
    f.facts(facts).await;
    message
}

#[tokio::test]
async fn a_yes_solves_the_ticket_and_teaches_another_way_to_ask() {
    let w = World::new().await;
    assert_eq!(w.rate(true).await, Rated::Noted { helped: true });
    assert_eq!(w.now().await.status_category, StatusCategory::Solved);
    assert_eq!(w.learnt().await, ["Parcel Where is it?"]);
    assert_eq!(w.f.store.alternates(Some(w.article.id)).await.unwrap().len(), 1);
    assert_eq!(w.f.store.message(w.answer.id).await.unwrap().unwrap().helped, Some(true));
}

#[tokio::test]
async fn a_no_hands_the_ticket_to_people_and_teaches_nothing() {
    let w = World::new().await;
    assert_eq!(w.rate(false).await, Rated::Noted { helped: false });
    let ticket = w.now().await;
    assert_eq!(ticket.status_category, StatusCategory::Open);
    assert!(ticket.tags.contains(NOT_HELPED));
    let events = w.f.store.events_of(w.ticket.id).await.unwrap();
    assert!(events.iter().any(|e| e.kind == EventType::TicketEscalated));
    assert!(w.learnt().await.is_empty());
}

#[tokio::test]
async fn the_last_word_counts_and_the_same_word_again_changes_nothing() {
    let w = World::new().await;
    w.rate(true).await;
    w.rate(true).await;
    assert_eq!(w.ratings().await, 1);
    w.rate(false).await;
    assert_eq!(w.now().await.status_category, StatusCategory::Open, "a no after a yes opens it again");
    assert!(w.learnt().await.is_empty(), "what was learnt from the yes is taken back");
    w.rate(true).await;
    assert_eq!((w.ratings().await, w.learnt().await.len()), (3, 1));
    assert!(!w.now().await.tags.contains(NOT_HELPED));
}

#[tokio::test]
async fn a_yes_does_not_solve_what_the_customer_went_on_asking() {
    let w = World::new().await;
    let new = NewMessage {
        kind: NewMessageKind::Inbound,
        text: "And abroad?".into(),
        article: None,
        draft: None,
        seen: None,
        solves: false,
    };
    w.f.desk.post_message(w.ticket.id, new, None, agent()).await.unwrap();
    w.rate(true).await;
    assert_ne!(w.now().await.status_category, StatusCategory::Solved);
}

#[tokio::test]
async fn a_guessed_link_and_an_old_one_change_nothing() {
    let w = World::new().await;
    for guess in ["", "x", &w.answer.id.to_string(), &format!("{}.{}", w.answer.id, "0".repeat(20))] {
        assert_eq!(w.f.desk.rate_answer(guess, true).await.unwrap(), Rated::Unknown, "{guess}");
    }
    w.f.clock.advance((LINK_DAYS + 1) * DAY_MS);
    assert_eq!(w.rate(true).await, Rated::Late);
    assert_eq!(w.ratings().await, 0);
}

#[tokio::test]
async fn an_article_that_an_agent_sends_is_learnt_as_well_and_an_unknown_one_is_refused() {
    let w = World::new().await;
    let reply = |article: &str| NewMessage {
        kind: NewMessageKind::Reply,
        text: "Three days.".into(),
        article: Some(article.into()),
        draft: None,
        seen: None,
        solves: false,
    };
    let refused = w.f.desk.post_message(w.ticket.id, reply("nope"), None, agent()).await.unwrap_err();
    assert!(refused.to_string().contains("no article `nope`"), "{refused}");
    let sent = w.f.desk.post_message(w.ticket.id, reply("parcel"), None, agent()).await.unwrap();
    assert_eq!(sent.article.as_deref(), Some("parcel"));
    assert_eq!(w.learnt().await, ["Parcel Where is it?"]);
    assert!(w.f.desk.rating_links(&sent).is_none(), "people's answers ask for no rating");
}

#[tokio::test]
async fn an_answer_whose_article_is_not_what_it_was_waits_for_a_person() {
    for (change, why) in
        [("deleted", "was deleted"), ("internal", "not public"), ("changed", "was changed since")]
    {
        let f = Fixture::new().await;
        let article = f.desk.put_article(parcel(), agent()).await.unwrap();
        let ticket = f.ticket("ana@example.org").await;
        let answer = answer_in(&f, &ticket, Delivery::Queued).await;
        f.clock.advance(1);
        match change {
            "deleted" => f.desk.remove_article(article.id, agent()).await.unwrap(),
            "internal" => {
                let hidden = NewArticle { state: ArticleState::Internal, ..parcel() };
                f.desk.put_article(hidden, agent()).await.map(drop).unwrap();
            }
            _ => {
                let other = NewArticle { body: "Four days.".into(), ..parcel() };
                f.desk.put_article(other, agent()).await.map(drop).unwrap();
            }
        }
        f.desk.settle().await.unwrap();
        let kept = f.store.message(answer.id).await.unwrap().unwrap();
        assert_eq!(kept.delivery, Delivery::Held, "{change}: {:?}", kept.delivery_reason);
        assert!(kept.delivery_reason.unwrap().contains(why));
    }
}

#[tokio::test]
async fn what_a_person_answered_since_is_not_the_customers_verdict_on_the_machine() {
    let w = World::new().await;
    let reply = NewMessage {
        kind: NewMessageKind::Reply,
        text: "Here is what you need.".into(),
        article: Some("parcel".into()),
        draft: None,
        seen: None,
        solves: false,
    };
    w.f.desk.post_message(w.ticket.id, reply, None, agent()).await.unwrap();
    let before = w.now().await.status_category;
    w.rate(false).await;
    let after = w.now().await;
    assert_eq!((after.status_category, w.ratings().await), (before, 1));
    assert!(!after.tags.contains(NOT_HELPED));
}

#[tokio::test]
async fn whoever_changes_their_mind_without_end_is_not_listened_to_without_end() {
    let w = World::new().await;
    for n in 0..20 {
        w.rate(n % 2 == 0).await;
    }
    assert_eq!(w.ratings().await, RATINGS_MAX);
}

#[tokio::test]
async fn an_erased_ticket_can_not_be_rated_and_nothing_learnt_from_it_is_left() {
    let w = World::new().await;
    w.rate(true).await;
    assert_eq!(w.learnt().await.len(), 1);
    w.f.facts(vec![store::Fact::ForgetTicket(w.ticket.id)]).await;
    assert_eq!(w.rate(false).await, Rated::Unknown);
    assert!(w.learnt().await.is_empty());
}

#[tokio::test]
async fn what_did_not_help_on_a_merged_ticket_opens_the_one_where_it_goes_on() {
    let w = World::new().await;
    let home = w.f.ticket("ana@example.org").await;
    w.f.desk.merge_ticket(w.ticket.id, home.number, None, agent()).await.unwrap();
    let solve = TicketChange::SetField { field: Field::Status, value: "solved".to_owned() };
    w.f.desk.change_ticket(home.id, vec![solve], None, agent()).await.unwrap();
    assert_eq!(w.rate(false).await, Rated::Noted { helped: false });
    let home = w.f.store.ticket(home.id).await.unwrap().unwrap();
    assert_eq!(home.status_category, StatusCategory::Open);
    assert!(home.tags.contains(NOT_HELPED));
    assert_eq!((w.now().await.status_category, w.ratings().await), (StatusCategory::Closed, 1));
}
