//! Who the customer is, whether mail reaches them, and what waits on a ticket's page.

use domain::clock::DAY_MS;
use domain::id::{CountingIds, MessageId};
use domain::message::{AutoClass, Delivery, Direction};
use domain::ticket::Field;
use domain::token::Scope;
use domain::work::blank_message;
use domain::{Actor, ActorKind};
use store::Fact;

use super::access::signed_in;
use super::work::{agent_at_work, messages, post};
use super::world::{NOW, World};

#[tokio::test]
async fn the_ticket_tells_who_asks_and_leads_to_their_other_tickets() {
    let world = World::open().await;
    let ticket = world.ticket("Parcel", "x").await;
    world.ticket("Second <parcel>", "x").await;
    world.ticket_of("bo@example.org", None, "Invoice", "x").await;
    let page = world.get("/tickets/1").await;
    page.says(&[
        "<h2>Customer</h2>",
        "<dd dir=\"auto\">Ana</dd>",
        "<bdi>ana@example.org</bdi> (not confirmed)",
    ]);
    assert!(!page.text.contains("No automatic mail"));
    let theirs = format!("/?requester={}", ticket.requester_id);
    page.says(&[&format!("href=\"{theirs}\">All tickets of this person")]);
    let list = world.get(&theirs).await;
    list.says(&["Tickets of", "<bdi>Ana</bdi>", "Parcel", "Second &lt;parcel&gt;", "Show everything again"]);
    list.says(&["name=\"requester\"", &format!("status=new&amp;requester={}", ticket.requester_id)]);
    assert!(!list.text.contains("Invoice"));
    let german = world.get("/tickets/1?lang=de").await;
    german.says(&["<h2>Kundschaft</h2>", "(nicht bestätigt)", "Alle Tickets dieser Person"]);
    world.get("/").await.says(&["data-name=\"Customer\">bo@example.org<"]);
}

#[tokio::test]
async fn a_whole_address_leads_to_its_persons_tickets_and_nobodys_to_none() {
    let world = World::open().await;
    let ticket = world.ticket("Parcel", "x").await;
    world.ticket_of("bo@example.org", None, "Invoice", "x").await;
    let found = world.get("/?q=+Ana%40Example.ORG&status=new&lang=de").await;
    let place = format!("/?status=new&requester={}&lang=de", ticket.requester_id);
    assert_eq!((found.status.as_u16(), found.header("location")), (303, place.as_str()));
    let list = world.get(&place).await;
    list.says(&["Tickets von", "Parcel"]);
    assert!(!list.text.contains("Invoice"));
    world.get("/?q=nobody%40example.org").await.says(&["There is no ticket here."]);
    world.get(&format!("/?requester={}&q=invoice", ticket.requester_id)).await.says(&["no ticket here"]);
}

#[tokio::test]
async fn whoever_answers_is_told_that_mail_to_the_address_comes_back() {
    let (world, cookie, ticket) = agent_at_work().await;
    let until = Some(NOW.plus(DAY_MS));
    world.desk.suppress("ana@example.org", "hard bounce (5.1.1)", until, Actor::system()).await.unwrap();
    let looked = world.get("/tickets/1").await;
    looked.says(&["No automatic mail", "since <time datetime=\"2026-11-18"]);
    for others in ["may not arrive", "hard bounce"] {
        assert!(!looked.text.contains(others), "who only looks answers nobody");
    }
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&["The address is on the suppression list (since", ", until <time", "may not arrive."]);
    page.says(&["Send to the customer", "<bdi>hard bounce (5.1.1)</bdi>"]);
    let german = world.get_with("/tickets/1?lang=de", &[("cookie", &cookie)]).await;
    german.says(&["Die Adresse steht auf der Sperrliste (seit", "endgültig unzustellbar (5.1.1)"]);
    post(&world, &cookie, "/tickets/1/message", "text=Hello&kind=reply").await;
    assert_eq!(messages(&world, &ticket).await.len(), 2, "a person may write all the same");
    world.desk.unsuppress("ana@example.org", Actor::system()).await.unwrap();
    world.desk.suppress("ana@example.org", "for now", Some(NOW.plus(1)), Actor::system()).await.unwrap();
    world.clock.advance(1);
    let over = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    assert!(!over.text.contains("suppression list") && !over.text.contains("No automatic mail"));
}

#[tokio::test]
async fn nobody_answers_a_person_who_was_erased_but_notes_can_be_kept() {
    let (world, cookie, ticket) = agent_at_work().await;
    world.desk.erase_person(ticket.requester_id, Actor::system()).await.unwrap();
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&["This person was erased.", "there is nobody to answer", "value=\"note\""]);
    assert!(!page.text.contains("value=\"reply\"") && !page.text.contains("erased.invalid"));
    let sent = post(&world, &cookie, "/tickets/1/message", "text=Dear+Ana&kind=reply").await;
    assert_eq!(sent.status, 422);
    sent.says(&["nobody is left to answer", ">Dear Ana</textarea>"]);
    let noted = post(&world, &cookie, "/tickets/1/message", "text=Closed+by+wish&kind=note").await;
    assert_eq!(noted.status, 303);
    let notes = messages(&world, &ticket).await;
    assert_eq!((notes.len(), notes[1].direction), (2, Direction::Note));
    let list = world.get("/?lang=de").await;
    list.says(&["data-name=\"Kundschaft\">gelöscht<"]);
    assert!(!list.text.contains("erased.invalid"));
}

#[tokio::test]
async fn what_a_machine_wrote_is_not_shown_as_the_customers_word() {
    let world = World::open().await;
    let ticket = world.ticket("Parcel", "Where is my parcel?").await;
    let ids = CountingIds::default();
    let classes = [AutoClass::Bounce, AutoClass::AutoReplied, AutoClass::AutoGenerated, AutoClass::List];
    for (n, class) in (1..).zip(classes) {
        let id = MessageId::mint(&ids, NOW.plus(n));
        let author = Actor::new(ActorKind::Contact, ticket.requester_id.to_string());
        let mut message = blank_message(id, ticket.id, Direction::Inbound, author, NOW);
        message.auto_class = class;
        world.facts(vec![Fact::AddMessage(Box::new(message))]).await;
    }
    let page = world.get("/tickets/1").await;
    page.says(&["machine: delivery failure", "machine: automatic reply", "machine: automatic mail"]);
    page.says(&["machine: mailing list or newsletter", "class=\"message machine\""]);
    assert_eq!(page.text.matches("<strong>from the customer</strong>").count(), 1);
    assert_eq!(page.text.matches("class=\"message inbound\"").count(), 1);
    let german = world.get("/tickets/1?lang=de").await;
    german.says(&["Maschine: Zustellung gescheitert", "Maschine: automatische Antwort"]);
}

#[tokio::test]
async fn the_ticket_that_this_one_may_belong_to_is_a_link() {
    let world = World::open().await;
    let ticket = world.ticket("Parcel", "x").await;
    let set = async |key: &str, value: &str| {
        let change =
            desk::TicketChange::SetField { field: Field::Custom(key.to_owned()), value: value.to_owned() };
        world.desk.change_ticket(ticket.id, vec![change], None, Actor::system()).await.unwrap();
    };
    set("related", "#8").await;
    set("shelf", "#9").await;
    let page = world.get("/tickets/1?lang=de").await;
    page.says(&["Gehört vielleicht zu", "<a href=\"/tickets/8?lang=de\">#8</a>", "<dt>shelf</dt>"]);
    assert!(!page.text.contains("href=\"/tickets/9"));
    set("related", "shelf 8").await;
    world.get("/tickets/1").await.says(&["<dt>related</dt>", "shelf 8"]);
}

#[tokio::test]
async fn held_mail_is_decided_on_the_page_of_its_ticket() {
    let (world, cookie, ticket) = agent_at_work().await;
    let id = MessageId::mint(&CountingIds::default(), NOW.plus(1));
    let mut held = blank_message(id, ticket.id, Direction::Outbound, Actor::system(), NOW);
    held.delivery = Delivery::Held;
    held.to_address = Some("ana@example.org".to_owned());
    world.facts(vec![Fact::AddMessage(Box::new(held))]).await;
    let form = format!("/queue/mail/{id}");
    assert!(!world.get("/tickets/1").await.text.contains(&form), "who only looks decides nothing");
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&[&form, "Send after all", "Do not send", "name=\"ticket\" value=\"1\""]);
    let done = post(&world, &cookie, &format!("{form}?lang=de"), "what=discard&ticket=1").await;
    assert_eq!(done.header("location"), "/tickets/1?lang=de");
    assert_eq!(messages(&world, &ticket).await[1].delivery, Delivery::Suppressed);
    assert!(!world.get_with("/tickets/1", &[("cookie", &cookie)]).await.text.contains(&form));
}

#[tokio::test]
async fn while_all_automation_is_off_every_page_of_the_console_says_so() {
    let world = World::open().await;
    world.ticket("Parcel", "x").await;
    let pages = ["/", "/tickets/1", "/articles", "/queue", "/nowhere"];
    let admin = signed_in(&world, &[Scope::Admin]).await;
    let cookie = [("cookie", admin.as_str())];
    let leads = "All automation is switched off. <a href=\"/plugins\">To the plugins</a>";
    for path in pages {
        assert!(!world.get(path).await.text.contains("All automation is"), "{path}");
    }
    world.desk.set_automation(false, Actor::system()).await.unwrap();
    for path in pages {
        let page = world.get(path).await;
        page.says(&["All automation is switched off."]);
        assert!(!page.text.contains("/plugins"), "{path} leads nobody where they may not go");
        world.get_with(path, &cookie).await.says(&[leads]);
    }
    world.get_with("/?lang=de", &cookie).await.says(&["<a href=\"/plugins?lang=de\">Zu den Plugins</a>"]);
    let plugins = world.get_with("/plugins", &cookie).await;
    assert_eq!(plugins.text.matches("All automation is switched off.").count(), 1);
    for path in ["/request", "/login", "/answer/x", "/unsubscribe/x"] {
        assert!(!world.get(path).await.text.contains("All automation is"), "customers are not told: {path}");
    }
}
