//! What agents do on a ticket's page: only who signed in with a token that may write, and only from our own forms.

use domain::effect::{Basis, Effect};
use domain::id::{CountingIds, DecisionId, MessageId};
use domain::message::{Delivery, Direction, Message};
use domain::run::{Decision, DecisionStatus, Run};
use domain::ticket::{StatusCategory, Ticket};
use domain::token::Scope;
use domain::work::blank_message;
use domain::{Actor, ActorKind};
use store::Fact;

use super::access::{session, sign_in};
use super::pages::{record_a_run, run};
use super::world::{Answer, NOW, World};

/// A world in which somebody is signed in; the cookie.
async fn at_work(scopes: &[Scope]) -> (World, String) {
    let world = World::open().await;
    let (_, secret) = world.token(scopes, None).await;
    let cookie = session(&sign_in(&world, &secret).await);
    (world, cookie)
}

pub(super) async fn agent_at_work() -> (World, String, Ticket) {
    let (world, cookie) = at_work(&[Scope::Read, Scope::Write]).await;
    let ticket = world.ticket("Parcel", "Where is my parcel?").await;
    (world, cookie, ticket)
}

pub(super) async fn post(world: &World, cookie: &str, path: &str, form: &str) -> Answer {
    world.post(path, &[("cookie", cookie), ("sec-fetch-site", "same-origin")], form).await
}

pub(super) async fn messages(world: &World, ticket: &Ticket) -> Vec<Message> {
    world.desk.ask().messages(ticket.id).await.unwrap()
}

async fn now(world: &World, ticket: &Ticket) -> Ticket {
    world.desk.ask().ticket(ticket.id).await.unwrap().unwrap()
}

/// A reply that a plugin suggested; its id.
pub(super) async fn suggest(world: &World, ticket: &Ticket, text: &str) -> DecisionId {
    suggest_from(world, ticket, text, &CountingIds::default(), Some("delivery")).await
}

pub(super) async fn suggest_from(
    world: &World,
    ticket: &Ticket,
    text: &str,
    ids: &CountingIds,
    article: Option<&str>,
) -> DecisionId {
    let id = DecisionId::mint(ids, NOW.plus(1));
    let run = Run { ticket_id: Some(ticket.id), ..run(ids) };
    let decision = Decision {
        id,
        run_id: run.id,
        installation_id: run.installation_id,
        plugin_id: run.plugin_id.clone(),
        ordinal: 0,
        ticket_id: ticket.id,
        effect: Effect::Reply { text: text.into(), language: None, article: article.map(str::to_owned) },
        basis: Basis { reason: "the article fits".into(), confidence: 0.82, evidence: vec!["parcel".into()] },
        status: DecisionStatus::Suggested,
        reason: String::new(),
        digest: "d".into(),
        decided_at: NOW,
    };
    world.facts(vec![Fact::AddRun(Box::new(run)), Fact::AddDecision(Box::new(decision))]).await;
    id
}

#[tokio::test]
async fn who_only_looks_finds_no_form_and_can_send_none() {
    let (world, reader) = at_work(&[Scope::Read]).await;
    let ticket = world.ticket("Parcel", "x").await;
    for cookie in ["", &reader, "kulanz_session=0000"] {
        let page = world.get_with("/tickets/1", &[("cookie", cookie)]).await;
        page.says(&["Sign in to answer", "href=\"/login?ticket=1\""]);
        assert!(!page.text.contains("<textarea"));
        for path in [
            "/tickets/1/message",
            "/tickets/1/fields",
            "/tickets/1/enter",
            "/tickets/1/suggestions/dec_1",
            "/tickets/1/messages/msg_1/miss",
            "/tickets/1/redactions/red_1/false-alarm",
            "/queue/mail/msg_1",
        ] {
            let sent = post(&world, cookie, path, "category=billing&what=accept").await;
            assert_eq!((sent.status.as_u16(), sent.header("location")), (303, "/login"), "{path}");
        }
        let written = post(&world, cookie, "/tickets/1/message?lang=de", "text=Liebe+Ana,+&draft=").await;
        assert_eq!(written.status, 401, "what was written is not lost");
        written.says(&[">Liebe Ana, </textarea>", "nicht mehr angemeldet", "name=\"token\""]);
    }
    assert_eq!(messages(&world, &ticket).await.len(), 1);
    assert_eq!(now(&world, &ticket).await.version, ticket.version);
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let (world, cookie, ticket) = agent_at_work().await;
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")];
    let sent = world.post("/tickets/1/message", &headers, "text=Hello").await;
    assert_eq!(sent.status, 403);
    sent.says(&["came from another site"]);
    assert_eq!(messages(&world, &ticket).await.len(), 1);
    for (origin, status) in [("https://evil.example", 403), ("null", 403), ("http://desk.local:8080", 303)] {
        let headers = [("cookie", cookie.as_str()), ("host", "desk.local:8080"), ("origin", origin)];
        let sent = world.post("/tickets/1/message", &headers, "text=Note&kind=note").await;
        assert_eq!(sent.status, status, "{origin}: where browsers send no Sec-Fetch-Site");
    }
    assert_eq!(messages(&world, &ticket).await.len(), 2);
}

#[tokio::test]
async fn an_answer_goes_to_the_customer_once_however_often_it_is_sent() {
    let (world, cookie, ticket) = agent_at_work().await;
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&["action=\"/tickets/1/message\"", "Send to the customer", "name=\"once\""]);
    let form = "text=It+left+today.%0D%0AThanks&kind=reply&once=abc";
    for _ in 0..2 {
        let sent = post(&world, &cookie, "/tickets/1/message", form).await;
        assert_eq!((sent.status.as_u16(), sent.header("location")), (303, "/tickets/1?done=sent"));
    }
    world.get("/tickets/1?done=sent&lang=de").await.says(&["<p role=\"status\">Ihre Antwort geht hinaus"]);
    let messages = messages(&world, &ticket).await;
    let [_, answer] = messages.as_slice() else { panic!("{} messages", messages.len()) };
    assert_eq!((answer.direction, answer.text.as_str()), (Direction::Outbound, "It left today.\nThanks"));
    assert_eq!((answer.author.kind, answer.automatic), (ActorKind::Agent, false));
    world.get("/tickets/1").await.says(&["It left today."]);
}

/// The value of a hidden field.
pub(super) fn hidden(page: &Answer, name: &str) -> String {
    let behind = page.text.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
    behind.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_answers_beside_a_colleague_is_told_before_the_customer_reads_both() {
    let (world, cookie, ticket) = agent_at_work().await;
    let (_, secret) = world.token(&[Scope::Read, Scope::Write], None).await;
    let colleague = session(&sign_in(&world, &secret).await);
    let seen = hidden(&world.get_with("/tickets/1", &[("cookie", &cookie)]).await, "seen");
    let theirs = format!("text=We+pay+it+back&seen={seen}");
    assert_eq!(post(&world, &colleague, "/tickets/1/message", &theirs).await.status, 303);
    let ours = |seen: &str| format!("text=You+get+a+new+one&seen={seen}");
    let told = post(&world, &cookie, "/tickets/1/message?lang=de", &ours(&seen)).await;
    assert_eq!(told.status, 422);
    told.says(&["Inzwischen hat jemand anderes", ">You get a new one</textarea>", "We pay it back"]);
    assert_eq!(messages(&world, &ticket).await.len(), 2);
    let sent = post(&world, &cookie, "/tickets/1/message", &ours(&hidden(&told, "seen"))).await;
    assert_eq!(sent.status, 303, "whoever has read it decides");
}

#[tokio::test]
async fn going_back_and_sending_once_more_sends_nothing_twice() {
    let (world, cookie, ticket) = agent_at_work().await;
    for (once, status) in [("a", 303), ("b", 422)] {
        let seen = hidden(&world.get_with("/tickets/1", &[("cookie", &cookie)]).await, "seen");
        let form = format!("text=It+left+today&once={once}&seen={seen}");
        let sent = post(&world, &cookie, "/tickets/1/message", &form).await;
        assert_eq!(sent.status, status);
    }
    assert_eq!(messages(&world, &ticket).await.len(), 2);
    world.clock.advance(10 * domain::clock::MINUTE_MS);
    let seen = hidden(&world.get_with("/tickets/1", &[("cookie", &cookie)]).await, "seen");
    let later = post(&world, &cookie, "/tickets/1/message", &format!("text=It+left+today&seen={seen}")).await;
    assert_eq!(later.status, 303, "later it may be meant");
}

#[tokio::test]
async fn who_answered_goes_by_the_name_of_the_token_as_long_as_it_stands() {
    let (world, cookie, _) = agent_at_work().await;
    post(&world, &cookie, "/tickets/1/message", "text=It+left+today.&kind=reply").await;
    world.get("/tickets/1").await.says(&["<bdi>t</bdi>", "by agent t</span>"]);
    let token = world.desk.ask().tokens().await.unwrap().remove(0).id;
    world.desk.revoke_token(token, Actor::system()).await.unwrap();
    let page = world.get("/tickets/1").await;
    page.says(&[&format!("<bdi>{token}</bdi>"), &format!("by agent {token}</span>")]);
}

#[tokio::test]
async fn what_was_kept_as_a_note_by_mistake_can_be_sent_after_all() {
    let (world, cookie, ticket) = agent_at_work().await;
    for kind in ["note", "reply"] {
        let seen = hidden(&world.get_with("/tickets/1", &[("cookie", &cookie)]).await, "seen");
        let form = format!("text=It+left+today&kind={kind}&seen={seen}");
        assert_eq!(post(&world, &cookie, "/tickets/1/message", &form).await.status, 303, "{kind}");
    }
    assert_eq!(messages(&world, &ticket).await.len(), 3);
}

#[tokio::test]
async fn a_note_stays_among_us() {
    let (world, cookie, ticket) = agent_at_work().await;
    post(&world, &cookie, "/tickets/1/message?lang=de", "text=Ruft+morgen+an&kind=note").await;
    let notes = messages(&world, &ticket).await;
    assert_eq!((notes[1].direction, notes[1].text.as_str()), (Direction::Note, "Ruft morgen an"));
}

#[tokio::test]
async fn what_cannot_be_sent_is_told_and_what_was_typed_stays() {
    let (world, cookie, ticket) = agent_at_work().await;
    let sent = post(&world, &cookie, "/tickets/1/message", "text=Dear+Ana&draft=dec_nonsense").await;
    assert_eq!(sent.status, 422);
    sent.says(&["role=\"alert\"", "A draft is a suggested reply", ">Dear Ana</textarea>"]);
    sent.says(&["formaction=\"/tickets/1/answer?lang=de\""]);
    let endless = format!("text={}", "a".repeat(2 << 20));
    for (path, cookie, status) in [
        ("/tickets/1/message", cookie.as_str(), 422),
        ("/tickets/1/fields", cookie.as_str(), 422),
        ("/tickets/1/message", "", 303),
    ] {
        assert_eq!(post(&world, cookie, path, &endless).await.status, status, "{path}");
    }
    let empty = post(&world, &cookie, "/tickets/1/message?lang=de", "text=+").await;
    assert_eq!(empty.status, 422);
    empty.says(&["Schreiben Sie ein paar Worte"]);
    assert_eq!(post(&world, &cookie, "/tickets/99/message", "text=x").await.status, 404);
    assert_eq!(messages(&world, &ticket).await.len(), 1);
}

#[tokio::test]
async fn a_suggested_reply_stands_in_the_composer_with_its_source_and_is_sent_from_there() {
    let (world, cookie, ticket) = agent_at_work().await;
    let id = suggest(&world, &ticket, "Parcels take <three> days.").await;
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&[
        ">Parcels take &lt;three&gt; days.</textarea>",
        "example.vip",
        "82 %",
        "the article fits",
        "<li dir=\"auto\">parcel</li>",
        "stands in the answer below",
    ]);
    let form = format!("text=Parcels+take+four+days.&kind=reply&draft={id}");
    for _ in 0..2 {
        let sent = post(&world, &cookie, "/tickets/1/message", &format!("{form}&once=x")).await;
        assert_eq!(
            sent.header("location"),
            "/tickets/1?done=sent",
            "sent twice is sent once, with its draft too"
        );
    }
    assert_eq!(messages(&world, &ticket).await.len(), 2);
    assert_eq!(messages(&world, &ticket).await[1].text, "Parcels take four days.");
    let decision = world.desk.ask().decision(id).await.unwrap().unwrap();
    assert_eq!(decision.status, DecisionStatus::Applied);
    assert!(decision.reason.starts_with("sent in other words by agent tok_"), "{}", decision.reason);
}

#[tokio::test]
async fn what_is_no_answer_is_put_into_the_composer_only_when_somebody_asks_for_it() {
    let (world, cookie, ticket) = agent_at_work().await;
    let ids = CountingIds::default();
    let receipt = suggest_from(&world, &ticket, "We have your mail <1>.", &ids, None).await;
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&["We have your mail &lt;1&gt;.", "Put into the answer", &format!("draft={receipt}#answer")]);
    assert!(!page.text.contains("name=\"draft\"") && !page.text.contains("value=\"accept\""));
    let asked = world.get_with(&format!("/tickets/1?draft={receipt}"), &[("cookie", &cookie)]).await;
    asked.says(&[">We have your mail &lt;1&gt;.</textarea>", &format!("value=\"{receipt}\" checked")]);
    let blind = post(&world, &cookie, &format!("/tickets/1/suggestions/{receipt}"), "what=accept").await;
    assert_eq!(blind.status, 422);
    assert_eq!(messages(&world, &ticket).await.len(), 1, "nothing is sent that nobody has read");
    let waits = world.desk.ask().decision(receipt).await.unwrap().unwrap();
    assert_eq!(waits.status, DecisionStatus::Suggested);
}

#[tokio::test]
async fn what_was_written_without_the_draft_does_not_count_as_it() {
    let (world, cookie, ticket) = agent_at_work().await;
    let id = suggest(&world, &ticket, "Parcels take three days.").await;
    post(&world, &cookie, "/tickets/1/message", "text=Something+else&kind=reply").await;
    assert_eq!(messages(&world, &ticket).await[1].article, None);
    let decision = world.desk.ask().decision(id).await.unwrap().unwrap();
    assert_eq!(decision.status, DecisionStatus::Suggested);
    let failed = post(&world, &cookie, "/tickets/1/message", "text=+&kind=reply").await;
    assert!(!failed.text.contains("name=\"draft\""), "a draft that was not chosen does not come back");
}

#[tokio::test]
async fn what_belongs_to_another_ticket_is_not_touched_from_here() {
    let (world, cookie, ticket) = agent_at_work().await;
    let other = world.ticket("Other", "Call Bertholdine.").await;
    let id = suggest(&world, &other, "Hello").await;
    let message = messages(&world, &other).await.remove(0);
    for (path, form) in [
        (format!("/tickets/1/suggestions/{id}"), "what=decline"),
        (format!("/tickets/1/messages/{}/miss", message.id), "text=&value=Bertholdine"),
    ] {
        assert_eq!(post(&world, &cookie, &path, form).await.status, 404, "{path}");
    }
    assert_eq!(world.desk.ask().decision(id).await.unwrap().unwrap().status, DecisionStatus::Suggested);
    assert_eq!(messages(&world, &other).await[0].text, "Call Bertholdine.");
    assert_eq!(messages(&world, &ticket).await.len(), 1);
}

#[tokio::test]
async fn a_suggestion_is_declined_with_a_click() {
    let (world, cookie, ticket) = agent_at_work().await;
    let id = suggest(&world, &ticket, "Hello").await;
    post(&world, &cookie, &format!("/tickets/1/suggestions/{id}"), "what=decline").await;
    let decision = world.desk.ask().decision(id).await.unwrap().unwrap();
    assert_eq!(decision.status, DecisionStatus::Rejected);
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    assert!(!page.text.contains("name=\"draft\""));
    let again = post(&world, &cookie, &format!("/tickets/1/suggestions/{id}"), "what=accept").await;
    again.says(&["only a suggested one waits for an agent"]);
}

#[tokio::test]
async fn only_what_was_changed_in_the_form_is_changed_on_the_ticket() {
    let (world, cookie, ticket) = agent_at_work().await;
    let unchanged = "was.status=new&status=new&was.category=&category=";
    post(&world, &cookie, "/tickets/1/fields", unchanged).await;
    assert_eq!(now(&world, &ticket).await.version, ticket.version);
    let form = "was.status=new&status=pending&was.category=&category=+billing+&was.team=&team=";
    post(&world, &cookie, "/tickets/1/fields", form).await;
    let sorted = now(&world, &ticket).await;
    assert_eq!(
        (sorted.status_category, sorted.category.as_deref()),
        (StatusCategory::Pending, Some("billing"))
    );
    assert!(sorted.set_by_hand.contains("category"), "people win over plugins from now on");
    post(&world, &cookie, "/tickets/1/fields", "was.custom.order=4711&custom.order=4712").await;
    assert_eq!(now(&world, &ticket).await.custom["order"], "4712");
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&["<option value=\"billing\">", "<option value=\"pending\" selected>"]);
}

#[tokio::test]
async fn what_somebody_else_set_meanwhile_is_not_overwritten_unseen() {
    let (world, cookie, ticket) = agent_at_work().await;
    post(&world, &cookie, "/tickets/1/fields", "was.team=&team=shipping").await;
    let late = post(&world, &cookie, "/tickets/1/fields", "was.team=&team=billing").await;
    assert_eq!(late.status, 422);
    late.says(&["Somebody set team to “shipping” meanwhile", "lang=\"en\"", "value=\"billing\""]);
    late.says(&["<details class=\"sorting\" open"]);
    suggest(&world, &ticket, "Parcels take three days.").await;
    let draft = post(&world, &cookie, "/tickets/1/fields", "was.team=&team=billing").await;
    draft.says(&[">Parcels take three days.</textarea>"]);
    assert_eq!(now(&world, &ticket).await.team.as_deref(), Some("shipping"));
    let wrong = post(&world, &cookie, "/tickets/1/fields", "was.priority=normal&priority=enormous").await;
    assert_eq!(wrong.status, 422);
}

#[tokio::test]
async fn what_redaction_left_in_is_taken_out_with_a_click() {
    let (world, cookie) = at_work(&[Scope::Admin]).await;
    let ticket = world.ticket("Parcel", "Call Bertholdine about it.").await;
    let message = messages(&world, &ticket).await.remove(0);
    let path = format!("/tickets/1/messages/{}/miss", message.id);
    world
        .get_with("/tickets/1", &[("cookie", &cookie)])
        .await
        .says(&["Something personal was left in", &path]);
    let form = format!("value.{0}=Bertholdine&class.{0}=PERSON", message.id);
    post(&world, &cookie, &path, &form).await;
    assert_eq!(messages(&world, &ticket).await[0].text, "Call [PERSON-1] about it.");
    let gone = post(&world, &cookie, &path, &form).await;
    gone.says(&["does not stand in the message", ">Bertholdine</textarea>"]);
    let german = world.get_with("/tickets/1?lang=de", &[("cookie", &cookie)]).await;
    german.says(&[
        "<option value=\"PHONE\">Telefonnummer</option>",
        "data-name=\"Teil\">Text<",
        ">Formular<",
    ]);
}

#[tokio::test]
async fn a_false_alarm_takes_the_right_to_see_sealed_values_and_says_when_there_is_none() {
    let (world, writer, ticket) = agent_at_work().await;
    let (_, secret) = world.token(&[Scope::Read, Scope::Write, Scope::Reveal], None).await;
    let cookie = session(&sign_in(&world, &secret).await);
    record_a_run(&world, &ticket).await;
    let redaction = world.desk.ask().redactions_of(ticket.id).await.unwrap().remove(0);
    let path = format!("/tickets/1/redactions/{}/false-alarm", redaction.id);
    world.get_with("/tickets/1", &[("cookie", &cookie)]).await.says(&["False alarm: put it back", &path]);
    assert!(!world.get_with("/tickets/1", &[("cookie", &writer)]).await.text.contains("False alarm"));
    assert_eq!(post(&world, &writer, &path, "").await.header("location"), "/login");
    let sent = post(&world, &cookie, &path, "").await;
    assert_eq!(sent.status, 422);
    sent.says(&["was not kept"]);
    assert_eq!(post(&world, &cookie, "/tickets/1/redactions/x/false-alarm", "").await.status, 404);
}

#[tokio::test]
async fn mail_that_the_gate_left_to_people_is_sent_after_all_or_let_go() {
    let (world, cookie, ticket) = agent_at_work().await;
    let ids = CountingIds::default();
    let mut held = Vec::new();
    for n in 1..=2 {
        let id = MessageId::mint(&ids, NOW.plus(n));
        let mut message = blank_message(id, ticket.id, Direction::Outbound, Actor::system(), NOW);
        message.delivery = Delivery::Held;
        message.to_address = Some("ana@example.org".to_owned());
        held.push(id);
        world.facts(vec![Fact::AddMessage(Box::new(message))]).await;
    }
    let looked = world.get("/queue").await;
    assert!(!looked.text.contains("/queue/mail/"));
    let page = world.get_with("/queue", &[("cookie", &cookie)]).await;
    page.says(&["Send after all", "Do not send", &format!("/queue/mail/{}", held[0])]);
    for (id, what) in [(held[0], "send"), (held[1], "discard")] {
        let done = post(&world, &cookie, &format!("/queue/mail/{id}"), &format!("what={what}")).await;
        assert_eq!(done.header("location"), "/queue");
    }
    let now = messages(&world, &ticket).await;
    let delivery = |id| now.iter().find(|m| m.id == id).unwrap().delivery;
    assert_eq!((delivery(held[0]), delivery(held[1])), (Delivery::Queued, Delivery::Suppressed));
    let again = post(&world, &cookie, &format!("/queue/mail/{}", held[1]), "what=send").await;
    assert_eq!(again.status, 422);
    let looker = post(&world, "", &format!("/queue/mail/{}", held[0]), "what=send").await;
    assert_eq!(looker.header("location"), "/login");
}

#[tokio::test]
async fn a_revoked_token_can_do_nothing_any_more() {
    let world = World::open().await;
    let (id, secret) = world.token(&[Scope::Write], None).await;
    let refused = sign_in(&world, &secret).await;
    assert_eq!(refused.status, 403, "who may not read does not get in");
    let (other, secret) = world.token(&[Scope::Read, Scope::Write], None).await;
    let cookie = session(&sign_in(&world, &secret).await);
    let ticket = world.ticket("Parcel", "x").await;
    for token in [id, other] {
        world.desk.revoke_token(token, Actor::system()).await.unwrap();
    }
    let sent = post(&world, &cookie, "/tickets/1/message", "text=Hello").await;
    assert_eq!(sent.status, 401);
    assert_eq!(messages(&world, &ticket).await.len(), 1);
}

#[tokio::test]
async fn an_article_that_the_question_finds_is_put_into_the_answer_and_learns_it() {
    let (world, cookie, ticket) = agent_at_work().await;
    for (key, state, title) in
        [("parcel", "public", "Where is my parcel?"), ("inner", "internal", "Where is a parcel kept?")]
    {
        let new = serde_json::from_value(serde_json::json!({
            "key": key, "locale": "en", "state": state, "title": title, "body": format!("See {key}.\nThere.") }));
        world.desk.put_article(new.unwrap(), Actor::system()).await.unwrap();
    }
    let change = desk::TicketChange::SetField { field: domain::ticket::Field::Language, value: "en".into() };
    world.desk.change_ticket(ticket.id, vec![change], None, Actor::system()).await.unwrap();
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&["Articles to answer from (1)", "See parcel."]);
    assert!(!page.text.contains("See inner."));
    let looked = world.get_with("/tickets/1?find=umbrella", &[("cookie", &cookie)]).await;
    looked.says(&["Articles to answer from (0)", "value=\"umbrella\""]);
    let pick =
        page.text.split("formaction=\"").find(|part| part.starts_with("/tickets/1/answer?article=")).unwrap();
    let pick = pick.replacen("/answer", "", 1);
    let picked = world.get_with(pick.split('#').next().unwrap(), &[("cookie", &cookie)]).await;
    picked.says(&[">See parcel.\nThere.</textarea>", "name=\"article\" value=\"parcel\" checked"]);
    post(&world, &cookie, "/tickets/1/message", "text=See+parcel.%0D%0AThere.&kind=reply&article=parcel")
        .await;
    let sent = messages(&world, &ticket).await.pop().unwrap();
    assert_eq!((sent.article.as_deref(), sent.automatic), (Some("parcel"), false));
    let learnt = world.desk.ask().alternates(None).await.unwrap();
    assert_eq!(learnt.len(), 1, "its question is another way to ask for it");
    let wrong = post(&world, &cookie, "/tickets/1/message", "text=x&kind=reply&article=nothing").await;
    assert_eq!(wrong.status, 422);
}

#[tokio::test]
async fn tags_and_fields_of_the_houses_own_are_set_by_hand() {
    let (world, cookie, ticket) = agent_at_work().await;
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&["name=\"was.tags\" value=\"parcel\"", "name=\"new.key\""]);
    let form = "was.tags=parcel&tags=late+vip&new.key=contract&new.value=C-7";
    post(&world, &cookie, "/tickets/1/fields", form).await;
    let changed = now(&world, &ticket).await;
    assert_eq!(changed.tags.iter().map(String::as_str).collect::<Vec<_>>(), ["late", "vip"]);
    assert_eq!(changed.custom["contract"], "C-7");
    for (form, says) in [
        ("new.key=&new.value=x", "Name the field for its value"),
        ("new.key=order&new.value=x", "has a field order already"),
        ("was.tags=&tags=Bad!", "A tag consists of"),
        ("new.key=iban&new.value=DE89370400440532013000", "looks like personal data"),
    ] {
        post(&world, &cookie, "/tickets/1/fields", form).await.says(&[says]);
    }
    assert_eq!(now(&world, &ticket).await, changed);
}

#[tokio::test]
async fn a_ticket_is_merged_by_its_number_shows_where_it_goes_on_and_can_be_taken_out_again() {
    let (world, cookie, home) = agent_at_work().await;
    let ticket = world.ticket("Parcel again", "And the second one?").await;
    world.ticket_of("bo@example.org", None, "Invoice", "x").await;
    let page = world.get_with("/tickets/2", &[("cookie", &cookie)]).await;
    page.says(&["action=\"/tickets/2/merge\"", "name=\"into\""]);
    assert!(
        !world.get("/tickets/2").await.text.contains("/tickets/2/merge"),
        "who only looks merges nothing"
    );
    for (into, why) in [
        ("12x", "Give the number of the ticket"),
        ("99", "There is no ticket #99"),
        ("2", "cannot be merged into itself"),
        ("3", "is of another customer"),
    ] {
        let sent = post(&world, &cookie, "/tickets/2/merge", &format!("into={into}")).await;
        assert_eq!(sent.status, 422, "{into}");
        sent.says(&[why]);
    }
    let german = post(&world, &cookie, "/tickets/2/merge?lang=de", "into=3").await;
    german.says(&["Ticket #3 ist von jemand anderem"]);
    assert_eq!(now(&world, &ticket).await.merged_into, None);

    let sent = post(&world, &cookie, "/tickets/2/merge", "into=+%231").await;
    assert_eq!((sent.status.as_u16(), sent.header("location")), (303, "/tickets/1"));
    assert_eq!(now(&world, &ticket).await.merged_into, Some(home.id));
    for path in ["/", "/?q=second+one", &format!("/contacts/{}", home.requester_id)] {
        world.get(path).await.says(&[" · goes on as <a href=\"/tickets/1\">#1</a>"]);
    }
    let german = world.get("/?q=second+one&lang=de").await;
    german.says(&[" · geht weiter als <a href=\"/tickets/1?lang=de\">#1</a>"]);
    let page = world.get_with("/tickets/2", &[("cookie", &cookie)]).await;
    page.says(&["goes on as <a href=\"/tickets/1\">#1</a>", "Take the merge back"]);
    assert!(!page.text.contains("name=\"text\"") && !page.text.contains("/tickets/2/fields"));
    let looked = world.get("/tickets/2?lang=de").await;
    looked.says(&["geht weiter als", "ticket.merged"]);
    assert!(!looked.text.contains("/unmerge"));
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&["And the second one?", "from <a href=\"/tickets/2\">#2</a>", "ticket.took_in"]);
    page.says(&["/tickets/2/messages/", "action=\"/tickets/1/message\"", "name=\"page\" value=\"1\""]);
    page.says(&["Merged into this ticket: <a href=\"/tickets/2\">#2</a>. What was redacted"]);
    let round = post(&world, &cookie, "/tickets/1/merge", "into=2").await;
    round.says(&["Ticket #2 goes on as #1 already"]);

    let sent = post(&world, &cookie, "/tickets/2/unmerge", "").await;
    assert_eq!((sent.status.as_u16(), sent.header("location")), (303, "/tickets/2"));
    assert_eq!(now(&world, &ticket).await.status_category, StatusCategory::Open);
    assert!(!world.get("/tickets/1").await.text.contains("And the second one?"));
}

#[tokio::test]
async fn what_was_written_while_a_ticket_is_merged_is_not_lost() {
    let (world, cookie, _) = agent_at_work().await;
    let ticket = world.ticket("Parcel again", "And the second one?").await;
    let refused = post(&world, &cookie, "/tickets/2/merge", "into=99&text=It+left+today.").await;
    assert_eq!(refused.status, 422);
    refused.says(&[
        "There is no ticket #99",
        "name=\"into\" value=\"99\"",
        "dir=\"auto\">It left today.</textarea>",
    ]);
    let stale = post(&world, &cookie, "/tickets/2/merge", "into=1&version=0").await;
    assert_eq!((stale.status.as_u16(), now(&world, &ticket).await.merged_into), (422, None));

    let begun = "into=1&text=It+left+today.+We+call+[PHONE-1].";
    let merged = post(&world, &cookie, "/tickets/2/merge", begun).await;
    assert_eq!(merged.status, 200);
    merged.says(&[
        "Your answer is not sent yet",
        "action=\"/tickets/1/message\"",
        ">It left today. We call [PHONE-1 of #2].</textarea>",
    ]);

    let late = post(&world, &cookie, "/tickets/2/message", "text=It+left+today.&kind=reply").await;
    assert_eq!(late.status, 422);
    late.says(&[
        "goes on as <a href=\"/tickets/1\">#1</a>",
        "readonly dir=\"auto\">It left today.</textarea>",
    ]);
}

#[tokio::test]
async fn saving_fields_merges_nothing_and_keeps_the_number_that_was_typed_for_a_merge() {
    let (world, cookie, _) = agent_at_work().await;
    let ticket = world.ticket("Parcel again", "And the second one?").await;
    let form = format!("was.team=&team=billing&version={}&into=1", ticket.version);
    let sent = post(&world, &cookie, "/tickets/2/fields", &form).await;
    assert_eq!(sent.status, 200);
    sent.says(&["name=\"into\" value=\"1\""]);
    let saved = now(&world, &ticket).await;
    assert_eq!((saved.team.as_deref(), saved.merged_into), (Some("billing"), None));
}

#[tokio::test]
async fn enter_goes_by_what_was_filled_in_and_saves_no_field_of_a_ticket_that_is_merged_or_looked_at() {
    let (world, cookie, _) = agent_at_work().await;
    let ticket = world.ticket("Parcel again", "And the second one?").await;
    let page = world.get_with("/tickets/2", &[("cookie", &cookie)]).await;
    let first = page.text.split("form=\"composer\" formaction=\"").nth(1).unwrap();
    assert!(first.starts_with("/tickets/2/enter\""), "a browser presses the first button of a form");
    let closes = "was.status=new&status=closed&text=Dear+Ana";
    for (form, goes_to) in [
        (format!("{closes}&was.find=&find=&into=1"), "/tickets/2/merge"),
        (format!("{closes}&was.find=&find=umbrella&into="), "/tickets/2/answer#answer"),
        (format!("{closes}&was.find=&find=umbrella&into=1"), "/tickets/2/answer#answer"),
        (format!("{closes}&was.find=umbrella&find=&into="), "/tickets/2/answer#answer"),
        ("was.find=umbrella&find=umbrella&into=".to_owned(), "/tickets/2/answer#answer"),
        ("was.find=umbrella&find=umbrella&into=1".to_owned(), "/tickets/2/merge"),
        (format!("{closes}&was.find=umbrella&find=umbrella&into="), "/tickets/2/fields"),
        (format!("{closes}&into="), "/tickets/2/fields"),
    ] {
        let sent = post(&world, &cookie, "/tickets/2/enter", &form).await;
        assert_eq!((sent.status.as_u16(), sent.header("location")), (307, goes_to), "{form}");
    }
    let german = post(&world, &cookie, "/tickets/2/enter?lang=de", "into=1").await;
    assert_eq!(german.header("location"), "/tickets/2/merge?lang=de");
    assert_eq!(now(&world, &ticket).await.version, ticket.version, "it only shows the way");
    assert_eq!(post(&world, &cookie, "/tickets/99/enter", "into=1").await.status, 404);
    let signed_out = post(&world, "", "/tickets/2/enter", "into=1&text=Dear+Ana").await;
    assert_eq!(signed_out.status, 401);
    signed_out.says(&[">Dear Ana</textarea>"]);
}

#[tokio::test]
async fn a_miss_in_a_message_of_a_merged_ticket_is_marked_from_the_page_where_it_goes_on() {
    let (world, cookie, home) = agent_at_work().await;
    let ticket = world.ticket("Parcel again", "Ask Mrs Quandt.").await;
    post(&world, &cookie, "/tickets/2/merge", "into=1").await;
    let message = messages(&world, &ticket).await.remove(0);
    let path = format!("/tickets/2/messages/{}/miss", message.id);
    let form = format!("value.{0}=Quandt&class.{0}=PERSON&page=1", message.id);
    let sent = post(&world, &cookie, &path, &form).await;
    assert_eq!((sent.status.as_u16(), sent.header("location")), (303, "/tickets/1?done=saved"));
    let page = world.get_with(&format!("/tickets/{}", home.number), &[("cookie", &cookie)]).await;
    page.says(&["Ask Mrs [PERSON-1 of #2]."]);
}
