//! Views and order of the list, several tickets at once, the desk's own clock, and an answer that is not lost.

use domain::Actor;
use domain::clock::{HOUR_MS, MINUTE_MS};
use domain::ticket::{Field, StatusCategory, Ticket};
use domain::token::Scope;

use super::access::{session, sign_in};
use super::work::{agent_at_work, hidden, messages, post, suggest};
use super::world::World;

async fn now(world: &World, ticket: &Ticket) -> Ticket {
    world.desk.ask().ticket(ticket.id).await.unwrap().unwrap()
}

async fn set(world: &World, ticket: &Ticket, field: Field, value: &str) {
    let change = desk::TicketChange::SetField { field, value: value.to_owned() };
    world.desk.change_ticket(ticket.id, vec![change], None, Actor::system()).await.unwrap();
}

/// An agent, whose token is called `t`; a parcel that nobody looks after, and an invoice of hers, answered.
async fn a_parcel_and_an_invoice() -> (World, String, Ticket, Ticket) {
    let (world, cookie, parcel) = Box::pin(agent_at_work()).await;
    world.clock.advance(MINUTE_MS);
    let invoice = Box::pin(world.ticket("Invoice", "Where is my invoice?")).await;
    set(&world, &invoice, Field::Assignee, "t").await;
    world.clock.advance(MINUTE_MS);
    post(&world, &cookie, "/tickets/2/message", "text=Here+it+is.&kind=reply").await;
    (world, cookie, parcel, invoice)
}

#[tokio::test]
async fn the_list_shows_mine_what_nobody_looks_after_and_who_waits_since_when() {
    let (world, cookie, _, invoice) = a_parcel_and_an_invoice().await;
    world.clock.advance(3 * HOUR_MS);
    for (query, shown, hidden) in [
        ("view=mine", ">Invoice</a>", ">Parcel</a>"),
        ("view=unassigned", ">Parcel</a>", ">Invoice</a>"),
        ("view=waiting", ">Parcel</a>", ">Invoice</a>"),
    ] {
        let page = world.get_with(&format!("/?{query}"), &[("cookie", &cookie)]).await;
        page.says(&[shown, &format!("href=\"/?{query}\" aria-current=\"true\"")]);
        assert!(!page.text.contains(hidden), "{query}");
    }
    world.get("/").await.says(&["<span>waits 3 h", ">waiting for us</a>"]);
    world.get("/?view=waiting&lang=de").await.says(&["wartet 3 Std.", "warten auf uns"]);
    let open = world.get("/?view=mine").await;
    assert_eq!((open.status.as_u16(), open.header("location")), (303, "/login"), "whose?");
    assert!(!world.get("/").await.text.contains("view=mine"));

    set(&world, &invoice, Field::Assignee, "T").await;
    world.get_with("/?view=mine", &[("cookie", &cookie)]).await.says(&[">Invoice</a>"]);
    let unassigned = world.get("/?view=unassigned&assignee=kim").await;
    unassigned.says(&[">Parcel</a>"]);
    assert!(!unassigned.text.contains("value=\"kim\""), "a word that does not count is not shown");
    set(&world, &invoice, Field::Assignee, "").await;
    let mine = world.get_with("/?view=mine", &[("cookie", &cookie)]).await;
    mine.says(&["There is no ticket here."]);
}

#[tokio::test]
async fn the_list_is_put_into_the_order_of_the_customers_newest_messages() {
    let (world, ..) = a_parcel_and_an_invoice().await;
    for (order, parcel_is_first) in [("arrival", false), ("longest", true), ("latest", false)] {
        let page = world.get(&format!("/?order={order}")).await;
        let (parcel, invoice) = (page.text.find(">Parcel</a>"), page.text.find(">Invoice</a>"));
        assert_eq!(parcel < invoice, parcel_is_first, "{order}");
        page.says(&[&format!("href=\"/?order={order}\" aria-current=\"true\"")]);
    }
    for n in 0..50 {
        world.clock.advance(MINUTE_MS);
        world.ticket(&format!("Subject-{n:02}."), "x").await;
    }
    let page = world.get("/?order=longest").await;
    page.says(&[">Parcel</a>", "Subject-47.", "rel=\"next\"", "Further"]);
    assert!(!page.text.contains("Subject-48."));
    let next =
        page.text.split("href=\"").find(|part| part.starts_with("/?order=longest&amp;after=")).unwrap();
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    let rest = world.get(&next).await;
    rest.says(&["Subject-48.", "Subject-49.", "First page"]);
    assert!(!rest.text.contains("Subject-47."));
}

#[tokio::test]
async fn ticked_tickets_are_changed_together_and_what_was_refused_is_told() {
    let (world, cookie, first) = agent_at_work().await;
    let second = world.ticket("Second", "x").await;
    let third = world.ticket("Third", "x").await;
    let box_of = |ticket: &Ticket| format!("ticked={}.{}", ticket.number, ticket.version);
    let boxes = [box_of(&first), box_of(&second), box_of(&third)].join("&");
    let page = world.get_with("/", &[("cookie", &cookie)]).await;
    page.says(&[&format!("name=\"ticked\" value=\"1.{}\"", first.version), "Change the ticked tickets"]);
    assert!(!world.get("/").await.text.contains("name=\"ticked\""));

    set(&world, &third, Field::Priority, "high").await;
    let form = format!("{boxes}&status=pending&team=billing&assignee=t&tags=late+vip&what=change");
    let done = post(&world, &cookie, "/?view=unassigned", &form).await;
    assert_eq!(done.status, 200);
    done.says(&["Changed: 2.", "Not changed: 1.", ">#3</a>", "meanwhile", "href=\"/?view=unassigned\""]);
    done.says(&["<details class=\"bulk\" open>", "value=\"billing\"", "value=\"late vip\""]);
    done.says(&["<option value=\"pending\" selected>"]);
    assert!(!done.text.contains(" checked"), "who changed it meanwhile is looked at first");
    for ticket in [&first, &second] {
        let changed = now(&world, ticket).await;
        assert_eq!(changed.status_category, StatusCategory::Pending);
        assert_eq!((changed.team.as_deref(), changed.assignee.as_deref()), (Some("billing"), Some("t")));
        assert!(changed.tags.contains("late") && changed.tags.contains("vip"));
    }
    assert_eq!(
        now(&world, &third).await.status_category,
        StatusCategory::New,
        "nothing of it is changed unseen"
    );

    let form = format!("{}&team=billing", box_of(&now(&world, &first).await));
    post(&world, &cookie, "/", &form).await.says(&["Changed: 0.", "Were so already: 1."]);
    let form = format!("{}&team=Not+a+key", box_of(&now(&world, &first).await));
    let refused = post(&world, &cookie, "/?lang=de", &form).await;
    refused.says(&["Nicht geändert: 1.", "Ein Teamschlüssel besteht aus", "value=\"Not a key\""]);
    assert_eq!(refused.text.matches(" checked").count(), 1, "it can be tried again");
    let both = format!("{}&{}", box_of(&now(&world, &first).await), box_of(&now(&world, &second).await));
    let twice = post(&world, &cookie, "/?lang=de", &format!("{both}&team=Not+a+key")).await;
    twice.says(&["Nicht geändert: 2.", ">#1</a>", ">#2</a>"]);
    assert_eq!(twice.text.matches("Ein Teamschlüssel besteht aus").count(), 1, "a reason is told once");
    let form = format!("{}&ticked=99.1&what=spam", box_of(&now(&world, &third).await));
    post(&world, &cookie, "/", &form).await.says(&["Changed: 1.", "#99"]);
    let spam = now(&world, &third).await;
    assert_eq!((spam.status_category, spam.category.as_deref()), (StatusCategory::Closed, Some("spam")));
}

#[tokio::test]
async fn nothing_ticked_too_much_ticked_and_nothing_to_do_are_told() {
    let (world, cookie, ticket) = agent_at_work().await;
    let one = format!("ticked=1.{}", ticket.version);
    let many = (1..=101).map(|n| format!("ticked={n}.1")).collect::<Vec<_>>().join("&");
    for (form, why) in [
        ("status=closed".to_owned(), "Tick at least one ticket"),
        (format!("{many}&status=closed"), "At most 100 tickets"),
        (format!("{one}&status=&team=+&tags=&what=change"), "Say what is to be changed"),
    ] {
        let done = post(&world, &cookie, "/", &form).await;
        assert_eq!(done.status, 422);
        done.says(&[why]);
        let is_ticked = form.contains("ticked=1.");
        assert_eq!(done.text.contains(" checked"), is_ticked, "what was chosen stays chosen: {form}");
        assert_eq!(done.text.contains("<option value=\"closed\" selected>"), form.contains("closed"));
    }
    let (_, secret) = world.token(&[Scope::Read], None).await;
    let reader = session(&sign_in(&world, &secret).await);
    let refused = post(&world, &reader, "/", &format!("{one}&status=closed")).await;
    assert_eq!(refused.header("location"), "/login");
    assert_eq!(now(&world, &ticket).await.version, ticket.version);
}

#[tokio::test]
async fn times_are_those_of_the_desks_own_clock() {
    let world = World::in_zone("Europe/Berlin").await;
    world.ticket("Parcel", "x").await;
    let time =
        "<time datetime=\"2026-11-18T11:06:40.000Z\" title=\"CET (Europe/Berlin)\">2026-11-18 12:06</time>";
    for path in ["/", "/tickets/1"] {
        world.get(path).await.says(&[time]);
    }
    let summer = domain::Timestamp(super::world::NOW.0 + 240 * 24 * HOUR_MS);
    world.clock.set(summer);
    world.ticket("Second", "x").await;
    world.get("/").await.says(&["title=\"CEST (Europe/Berlin)\">2027-07-16 13:06</time>"]);
}

#[tokio::test]
async fn an_answer_that_was_begun_stands_in_the_composer_when_fields_are_saved() {
    let (world, cookie, ticket) = agent_at_work().await;
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&[
        "id=\"composer\"",
        "form=\"composer\" formaction=\"/tickets/1/fields\"",
        "<select form=\"composer\" name=\"status\">",
    ]);
    let form = "was.team=&team=billing&new.key=order_date&new.value=May&text=Half+an+%3Canswer%3E&draft=";
    for time in ["first", "again, by the browser's reload"] {
        let saved = post(&world, &cookie, "/tickets/1/fields", form).await;
        assert_eq!((saved.status.as_u16(), saved.header("location")), (200, ""), "{time}");
        saved.says(&[">Half an &lt;answer&gt;</textarea>", "is not sent yet", "value=\"billing\""]);
    }
    let saved = now(&world, &ticket).await;
    assert_eq!((saved.team.as_deref(), saved.custom["order_date"].as_str()), (Some("billing"), "May"));
    assert_eq!(messages(&world, &ticket).await.len(), 1, "nothing was sent");

    let form = "was.priority=normal&priority=enormous&text=Half+an+answer";
    let refused = post(&world, &cookie, "/tickets/1/fields", form).await;
    assert_eq!(refused.status, 422);
    refused.says(&[">Half an answer</textarea>"]);
    let signed_out =
        post(&world, "", "/tickets/1/fields", "was.team=billing&team=&text=Half+an+answer").await;
    assert_eq!(signed_out.status, 401);
    signed_out.says(&[">Half an answer</textarea>", "not signed in any more"]);
    let plain = post(&world, &cookie, "/tickets/1/fields", "was.team=billing&team=&text=").await;
    assert_eq!((plain.status.as_u16(), plain.header("location")), (303, "/tickets/1?done=saved"));
    world
        .get_with("/tickets/1?done=saved", &[("cookie", &cookie)])
        .await
        .says(&["role=\"status\">Saved.</p>"]);
}

#[tokio::test]
async fn saving_fields_beside_an_answer_does_not_hide_what_a_colleague_wrote_meanwhile() {
    let (world, cookie, ticket) = agent_at_work().await;
    let seen = hidden(&world.get_with("/tickets/1", &[("cookie", &cookie)]).await, "seen");
    let (_, secret) = world.token(&[Scope::Read, Scope::Write], None).await;
    let colleague = session(&sign_in(&world, &secret).await);
    post(&world, &colleague, "/tickets/1/message", "text=We+pay+it+back").await;
    let form = format!("was.team=&team=billing&text=You+get+a+new+one&seen={seen}");
    let saved = post(&world, &cookie, "/tickets/1/fields", &form).await;
    assert_eq!(hidden(&saved, "seen"), seen);
    let form = format!("text=You+get+a+new+one&seen={}", hidden(&saved, "seen"));
    let told = post(&world, &cookie, "/tickets/1/message", &form).await;
    assert_eq!(told.status, 422);
    told.says(&["Somebody else wrote on this ticket meanwhile"]);
    assert_ne!(hidden(&told, "seen"), seen, "whoever was told has read it");
    assert_eq!(messages(&world, &ticket).await.len(), 2);
}

#[tokio::test]
async fn fields_that_were_changed_beside_an_answer_are_saved_with_it() {
    let (world, cookie, ticket) = agent_at_work().await;
    let fields = "was.status=new&status=solved&was.team=&team=billing&was.tags=parcel&tags=parcel+late";
    for _ in 0..2 {
        let form = format!("{fields}&text=It+left+today&kind=reply&once=abc");
        let sent = post(&world, &cookie, "/tickets/1/message", &form).await;
        assert_eq!(sent.header("location"), "/tickets/1?done=sent");
    }
    let sorted = now(&world, &ticket).await;
    assert_eq!((sorted.status_category, sorted.team.as_deref()), (StatusCategory::Solved, Some("billing")));
    assert!(sorted.tags.contains("late"));
    assert_eq!(messages(&world, &ticket).await.len(), 2);

    let overtaken = "was.team=&team=shipping&text=One+more&kind=note";
    let refused = post(&world, &cookie, "/tickets/1/message?lang=de", overtaken).await;
    assert_eq!(refused.status, 422);
    refused.says(&["hat jemand team auf „billing“ gesetzt", ">One more</textarea>", "value=\"shipping\""]);
    assert_eq!(messages(&world, &ticket).await.len(), 2, "nothing went");

    let wrong = "was.team=billing&team=Not+a+key&text=One+more&kind=note";
    let told = post(&world, &cookie, "/tickets/1/message", wrong).await;
    assert_eq!(told.status, 422);
    told.says(&[
        "The message was sent or kept, but the fields were not saved: A team key",
        "value=\"Not a key\"",
    ]);
    assert!(!told.text.contains(">One more</textarea>"), "it went");
    assert_eq!(messages(&world, &ticket).await.len(), 3);
}

#[tokio::test]
async fn an_answer_that_was_begun_stays_while_articles_are_looked_for_and_one_is_put_behind_it() {
    let (world, cookie, ticket) = agent_at_work().await;
    let new = serde_json::from_value(serde_json::json!({
        "key": "parcel", "locale": "de", "state": "public", "title": "Where is my parcel?", "body": "See there." }));
    let article = world.desk.put_article(new.unwrap(), Actor::system()).await.unwrap();
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&["formaction=\"/tickets/1/answer#answer\"", "form=\"composer\" name=\"find\""]);
    let form = "was.team=&team=billing&text=Dear+Ana&draft=&was.find=&find=umbrella";
    let looked = post(&world, &cookie, "/tickets/1/answer", form).await;
    assert_eq!(looked.status, 200);
    looked.says(&[
        ">Dear Ana</textarea>",
        "name=\"find\" type=\"search\" maxlength=\"500\" value=\"umbrella\"",
    ]);
    looked.says(&["value=\"billing\"", "Articles to answer from (0)"]);
    assert_eq!(now(&world, &ticket).await.team, None, "looking saves nothing");
    let entered = post(&world, &cookie, "/tickets/1/fields", "was.find=&find=umbrella&text=").await;
    entered.says(&["value=\"umbrella\"", "Saved."]);

    let path = format!("/tickets/1/answer?article={}", article.id);
    let put = post(&world, &cookie, &path, "text=Dear+Ana&put=article").await;
    put.says(&[">Dear Ana\n\nSee there.</textarea>", "name=\"article\" value=\"parcel\" checked"]);
    let untouched = "text=A+draft.%0D%0AYours&was.text=A+draft.%0D%0AYours&put=article";
    post(&world, &cookie, &path, untouched).await.says(&[">See there.</textarea>"]);
    let signed_out = post(&world, "", &path, "text=Dear+Ana&put=article").await;
    assert_eq!(signed_out.status, 401);
    signed_out.says(&[">Dear Ana</textarea>"]);
}

#[tokio::test]
async fn an_answer_that_was_begun_stays_when_a_suggestion_is_decided() {
    let (world, cookie, ticket) = agent_at_work().await;
    let id = suggest(&world, &ticket, "Parcels take three days.").await;
    let path = format!("/tickets/1/suggestions/{id}");
    let declined = post(&world, &cookie, &path, "what=decline&text=Dear+Ana&draft=").await;
    assert_eq!(declined.status, 200);
    declined.says(&[">Dear Ana</textarea>", "is not sent yet"]);
    let decision = world.desk.ask().decision(id).await.unwrap().unwrap();
    assert_eq!(decision.status, domain::run::DecisionStatus::Rejected);
}

#[tokio::test]
async fn an_answer_that_was_begun_stays_when_what_redaction_missed_is_taken_out() {
    let (world, cookie, _) = agent_at_work().await;
    let ticket = world.ticket("Call", "Call Bertholdine or Quandt.").await;
    let message = messages(&world, &ticket).await.remove(0).id;
    let path = format!("/tickets/2/messages/{message}/miss");
    let page = world.get_with("/tickets/2", &[("cookie", &cookie)]).await;
    page.says(&[&format!("form=\"composer\" formaction=\"{path}\""), "name=\"page\" value=\"2\""]);
    page.says(&["aria-label=\"Take it out: Something personal was left in, from the customer · 2026-"]);
    let begun = "was.team=&team=billing&text=Dear+Ana&draft=";
    let wrong = format!("{begun}&value.{message}=Nobody&class.{message}=EMAIL&page=2");
    let told = post(&world, &cookie, &path, &wrong).await;
    assert_eq!(told.status, 422);
    told.says(&[">Dear Ana</textarea>", ">Nobody</textarea>", "<option value=\"EMAIL\" selected>"]);

    let form = format!("{begun}&value.{message}=Bertholdine&class.{message}=PERSON&page=2");
    let taken = post(&world, &cookie, &path, &form).await;
    assert_eq!(taken.status, 200);
    taken.says(&[
        ">Dear Ana</textarea>",
        "is not sent yet",
        "Call [PERSON-1] or Quandt.",
        "value=\"billing\"",
    ]);
    assert!(!taken.text.contains("Bertholdine"));
    assert_eq!(now(&world, &ticket).await.team, None, "nothing else is saved");
    assert_eq!(messages(&world, &ticket).await.len(), 1, "nothing was sent");

    let signed_out = post(&world, "", &path, &form).await;
    assert_eq!(signed_out.status, 401);
    signed_out.says(&[">Dear Ana</textarea>"]);
    assert!(!signed_out.text.contains("Bertholdine"));
}

#[tokio::test]
async fn what_redaction_missed_does_not_come_back_in_a_draft() {
    let (world, cookie, _) = agent_at_work().await;
    let ticket = world.ticket("Call", "Call Bertholdine or Quandt.").await;
    suggest(&world, &ticket, "Dear Bertholdine and Quandt.").await;
    let message = messages(&world, &ticket).await.remove(0).id;
    let path = format!("/tickets/2/messages/{message}/miss");
    let page = world.get_with("/tickets/2", &[("cookie", &cookie)]).await;
    page.says(&[">Dear Bertholdine and Quandt.</textarea>"]);
    let miss = async |written: &str, value: &str| {
        let form = format!("{written}&draft=&value.{message}={value}&class.{message}=PERSON&page=2");
        post(&world, &cookie, &path, &form).await
    };
    let draft = "Dear+Bertholdine+and+Quandt.";
    let untouched = miss(&format!("text={draft}&was.text={draft}"), "Bertholdine").await;
    assert_eq!((untouched.status.as_u16(), untouched.header("location")), (303, "/tickets/2?done=saved"));
    let page = world.get_with("/tickets/2", &[("cookie", &cookie)]).await;
    page.says(&[">Dear [PERSON-1] and Quandt.</textarea>"]);
    assert!(!page.text.contains("Bertholdine"));

    let draft = "Dear+[PERSON-1]+and+Quandt.";
    let changed = miss(&format!("text={draft}%0D%0AYours&was.text={draft}"), "Quandt").await;
    assert_eq!(changed.status, 200);
    changed.says(&[">Dear [PERSON-1] and [PERSON-2].\nYours</textarea>"]);
    changed.says(&["name=\"was.text\" value=\"Dear [PERSON-1] and [PERSON-2].\""]);
    assert!(!changed.text.contains("Quandt"));
}

#[tokio::test]
async fn a_value_that_was_taken_out_of_a_message_goes_from_an_answer_inside_a_word_too() {
    let (world, cookie, _) = agent_at_work().await;
    let ticket = world.ticket("Call", "Call Bertholdine.").await;
    let message = messages(&world, &ticket).await.remove(0).id;
    let path = format!("/tickets/2/messages/{message}/miss");
    let form =
        format!("text=Bertholdines+parcel&draft=&value.{message}=Bertholdine&class.{message}=PERSON&page=2");
    let taken = post(&world, &cookie, &path, &form).await;
    taken.says(&[">[PERSON-1]s parcel</textarea>"]);
    assert!(!taken.text.contains("Bertholdine"));
}

#[tokio::test]
async fn all_tickets_that_are_shown_are_ticked_and_unticked_with_a_link() {
    let (world, cookie, _) = agent_at_work().await;
    world.ticket("Parcel again", "x").await;
    world.ticket("Invoice", "x").await;
    post(&world, &cookie, "/tickets/2/merge", "into=1").await;
    let cookie = [("cookie", cookie.as_str())];
    let plain = world.get_with("/?tag=parcel&order=latest", &cookie).await;
    let all = "/?tag=parcel&amp;order=latest&amp;tick=all#several";
    plain.says(&[&format!("<a href=\"{all}\">Tick all that are shown</a>"), "<details class=\"bulk\">"]);
    assert!(!plain.text.contains(" checked"));
    let ticked = world.get_with("/?tag=parcel&order=latest&tick=all", &cookie).await;
    ticked.says(&[
        "<a href=\"/?tag=parcel&amp;order=latest#several\">Untick all</a>",
        "<details class=\"bulk\" open>",
        "<form id=\"several\" tabindex=\"-1\" method=\"post\" action=\"/?tag=parcel&amp;order=latest\">",
    ]);
    assert_eq!(ticked.text.matches(" checked").count(), 2, "the merged one takes nothing any more");
    world
        .get_with("/?lang=de", &cookie)
        .await
        .says(&["href=\"/?tick=all&amp;lang=de#several\">Alle gezeigten"]);
    world.get_with("/?lang=de&tick=all", &cookie).await.says(&["Alle Kreuze wegnehmen"]);
    let looked = world.get("/?tick=all").await;
    assert!(!looked.text.contains("Tick all") && !looked.text.contains(" checked"), "who only looks");
}

#[tokio::test]
async fn ticking_all_keeps_the_page() {
    let (world, cookie, _) = agent_at_work().await;
    for n in 0..51 {
        world.clock.advance(MINUTE_MS);
        world.ticket(&format!("Subject-{n:02}."), "x").await;
    }
    let cookie = [("cookie", cookie.as_str())];
    let first = world.get_with("/?tick=all", &cookie).await;
    assert_eq!(first.text.matches(" checked").count(), 50);
    let next = first.text.split("href=\"").find(|part| part.contains("rel=\"next\"")).unwrap();
    let next = next.split('"').next().unwrap();
    assert!(!next.contains("tick="), "another page is ticked by itself: {next}");
    let second = world.get_with(next, &cookie).await;
    second.says(&[&format!("href=\"{next}&amp;tick=all#several\"")]);
    let ticked = world.get_with(&format!("{next}&tick=all"), &cookie).await;
    assert_eq!(ticked.text.matches(" checked").count(), 2);
    ticked.says(&[&format!("href=\"{next}#several\">Untick all")]);
}
