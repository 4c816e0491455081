//! Tickets found by who asks, and the list narrowed by inbox and by who is in charge.

use domain::ticket::Ticket;
use store::Fact;

use super::world::{Answer, World};

/// A ticket that came in by an inbox and has somebody in charge.
async fn ticket_in(world: &World, inbox: &str, assignee: &str, subject: &str) {
    let ticket = Box::pin(world.ticket(subject, "x")).await;
    let read_version = Some(ticket.version);
    let ticket = Ticket {
        inbox: Some(inbox.to_owned()),
        assignee: Some(assignee.to_owned()),
        version: ticket.version + 1,
        ..ticket
    };
    Box::pin(world.facts(vec![Fact::PutTicket { ticket: Box::new(ticket), read_version }])).await;
}

/// Where the next page is.
fn next(page: &Answer) -> String {
    let link = page.text.split("href=\"").find(|part| part.contains("rel=\"next\"")).unwrap();
    link.split('"').next().unwrap().replace("&amp;", "&")
}

#[tokio::test]
async fn tickets_are_found_by_the_customers_name_and_the_beginning_of_an_address() {
    let world = World::open().await;
    world.ticket_of("ana@example.org", Some("Ana Müller"), "Parcel", "x").await;
    world.ticket_of("bo@example.org", None, "Invoice", "Müller sent it.").await;
    world.ticket_of("cy@example.org", Some("Cy"), "Coat", "x").await;
    for (typed, subjects) in [
        ("muller+ana", vec!["Parcel"]),
        ("M%C3%BCll", vec!["Parcel", "Invoice"]),
        ("ANA%40ex", vec!["Parcel"]),
        ("bo%40", vec!["Invoice"]),
        ("cy", vec!["Coat"]),
        ("example.org", vec![]),
        ("ana+invoice", vec![]),
    ] {
        let page = world.get(&format!("/?q={typed}")).await;
        for subject in ["Parcel", "Invoice", "Coat"] {
            let is_shown = page.text.contains(&format!(">{subject}</a>"));
            assert_eq!(is_shown, subjects.contains(&subject), "{typed}: {subject}");
        }
    }
    let solved = world.get("/?q=muller&status=solved").await;
    solved.says(&["There is no ticket here.", "customers' names", "three letters or more"]);
    let german = world.get("/?q=example.org&lang=de").await;
    german.says(&["Hier ist kein Ticket.", "Namen der Kundschaft", "ab drei Zeichen"]);
    assert!(!world.get("/?team=nobody").await.text.contains("customers' names"), "nothing was searched");
}

#[tokio::test]
async fn what_is_found_by_a_name_goes_on_on_the_next_page() {
    let world = World::open().await;
    for n in 0..51 {
        world.ticket(&format!("Subject-{n:02}."), "x").await;
    }
    world.ticket_of("bo@example.org", Some("Bo"), "Invoice", "x").await;
    let page = world.get("/?q=ana").await;
    page.says(&["Subject-50.", "Subject-01."]);
    let rest = world.get(&next(&page)).await;
    rest.says(&["Subject-00.", "value=\"ana\""]);
    assert!(!rest.text.contains("Subject-01.") && !rest.text.contains("Invoice"));
}

#[tokio::test]
async fn the_list_tells_inbox_and_assignee_and_is_narrowed_by_both_on_every_page() {
    let world = World::with_inboxes(&["help", "sales"]).await;
    for n in 0..51 {
        ticket_in(&world, "sales", "kim", &format!("Offer-{n:02}.")).await;
    }
    ticket_in(&world, "help", "kim", "Repair").await;
    ticket_in(&world, "sales", "bo", "Discount").await;
    let page = world.get("/?assignee=Kim&inbox=sales").await;
    page.says(&[
        "<th scope=\"col\">Assignee</th><th scope=\"col\">Inbox</th>",
        "data-name=\"Assignee\">kim</td><td class=\"short\" data-name=\"Inbox\">sales</td>",
        "<option value=\"help\">help</option><option value=\"sales\" selected>sales</option>",
        "<details open>",
        "href=\"/?status=new&amp;assignee=Kim&amp;inbox=sales\"",
        "Offer-50.",
        "Offer-01.",
    ]);
    let rest = world.get(&next(&page)).await;
    rest.says(&["Offer-00.", "<option value=\"sales\" selected>", "value=\"Kim\""]);
    for others in ["Offer-01.", "Repair", "Discount"] {
        assert!(!rest.text.contains(others), "{others}");
    }
    let help = world.get("/?inbox=help&lang=de").await;
    help.says(&["Repair", ">Zuständig</th>", ">Posteingang</th>", "<option value=\"\">alle</option>"]);
    assert!(!help.text.contains("Offer-"));
    let unknown = world.get("/?inbox=gone").await;
    unknown.says(&["There is no ticket here.", "<option value=\"gone\" selected>gone</option>"]);
}

#[tokio::test]
async fn a_house_with_one_inbox_says_nothing_of_it() {
    let world = World::with_inboxes(&["help"]).await;
    ticket_in(&world, "help", "kim", "Repair").await;
    let page = world.get("/").await;
    page.says(&["Repair", "data-name=\"Assignee\">kim</td>"]);
    assert!(!page.text.contains("Inbox"));
    world.get("/?inbox=help").await.says(&["Repair", "<option value=\"help\" selected>"]);
}
