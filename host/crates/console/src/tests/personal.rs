//! Sealed values seen again on a ticket's page, and a person's own page: what it shows, hands out and takes out.

use domain::Actor;
use domain::clock::MINUTE_MS;
use domain::id::RedactionId;
use domain::ticket::Ticket;
use domain::token::Scope;

use super::access::{session, sign_in};
use super::work::{messages, post};
use super::world::World;

/// The form that asks to see a value.
fn asking(id: impl std::fmt::Display) -> String {
    format!("reason.{id}=Refund+by+bank+transfer")
}

/// The cookie of somebody who signed in with these scopes.
async fn with_scopes(world: &World, scopes: &[Scope]) -> String {
    let (_, secret) = world.token(scopes, None).await;
    session(&sign_in(world, &secret).await)
}

/// A ticket with a sealed name on it.
async fn with_sealed_name(world: &World) -> (Ticket, RedactionId) {
    let ticket = world.ticket("Parcel", "Call Bertholdine about it.").await;
    let message = messages(world, &ticket).await.remove(0);
    Box::pin(world.desk.mark_miss(message.id, "Bertholdine", "PERSON", Actor::system())).await.unwrap();
    let redaction = world.desk.ask().redactions_of(ticket.id).await.unwrap().remove(0);
    (ticket, redaction.id)
}

async fn audited(world: &World, action: &str) -> usize {
    let audit = world.store.audit(0, 100).await.unwrap();
    audit.iter().filter(|entry| entry.record.action == action).count()
}

#[tokio::test]
async fn a_value_is_seen_again_with_a_reason_on_a_page_that_nobody_keeps() {
    let world = World::open().await;
    let (_, id) = Box::pin(with_sealed_name(&world)).await;
    let cookie = with_scopes(&world, &[Scope::Read, Scope::Reveal]).await;
    let path = format!("/tickets/1/redactions/{id}/reveal");
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&[&path, "See it again", "Show the value", "without names (it is written down for good)"]);
    assert!(!page.text.contains("Bertholdine"));
    let seen = post(&world, &cookie, &path, &asking(id)).await;
    assert_eq!((seen.status.as_u16(), seen.header("cache-control")), (200, "no-store"));
    assert_eq!((seen.header("referrer-policy"), seen.header("location")), ("same-origin", ""));
    seen.says(&[
        "The value behind [PERSON-1]",
        ">Bertholdine</div>",
        "Refund by bank transfer",
        "href=\"/tickets/1\"",
    ]);
    assert_eq!(audited(&world, "redaction.reveal_asked").await, 1);
    assert_eq!(audited(&world, "redaction.revealed").await, 1);
    let page = world.get_with("/tickets/1?lang=de", &[("cookie", &cookie)]).await;
    page.says(&["Wünsche, einen Wert zu sehen", "Noch einmal zeigen", "<details open>"]);
    assert!(!page.text.contains("Bertholdine"));
    let again = page.text.split("action=\"").find(|part| part.contains("/reveals/")).unwrap();
    let again = again.split('"').next().unwrap().to_owned();
    post(&world, &cookie, &again, "").await.says(&[">Bertholdine</div>", "Zurück zum Ticket"]);
    assert_eq!(audited(&world, "redaction.revealed").await, 2);
    world.clock.advance(15 * MINUTE_MS);
    let late = post(&world, &cookie, &again, "").await;
    assert_eq!(late.status, 422);
    late.says(&["Die Zeit zum Ansehen ist vorbei"]);
    assert!(!late.text.contains("Bertholdine"));
}

#[tokio::test]
async fn without_the_scope_or_from_another_site_no_value_is_seen() {
    let world = World::open().await;
    let (_, id) = Box::pin(with_sealed_name(&world)).await;
    let path = format!("/tickets/1/redactions/{id}/reveal");
    let admin = with_scopes(&world, &[Scope::Admin]).await;
    for cookie in ["", &admin] {
        let page = world.get_with("/tickets/1", &[("cookie", cookie)]).await;
        assert!(!page.text.contains("/reveal"));
        for path in [path.as_str(), "/tickets/1/reveals/rev_1/grant", "/tickets/1/reveals/rev_1/value"] {
            let sent = post(&world, cookie, path, &asking(id)).await;
            assert_eq!((sent.status.as_u16(), sent.header("location")), (303, "/login"), "{path}");
        }
    }
    let cookie = with_scopes(&world, &[Scope::Read, Scope::Reveal]).await;
    let foreign = [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")];
    assert_eq!(world.post(&path, &foreign, &asking(id)).await.status, 403);
    assert_eq!(audited(&world, "redaction.reveal_asked").await, 0);
}

#[tokio::test]
async fn a_reason_that_says_nothing_is_asked_for_again_and_stays_in_the_form() {
    let world = World::open().await;
    let (_, id) = Box::pin(with_sealed_name(&world)).await;
    let cookie = with_scopes(&world, &[Scope::Read, Scope::Write, Scope::Reveal]).await;
    let path = format!("/tickets/1/redactions/{id}/reveal");
    let told = post(&world, &cookie, &path, &format!("reason.{id}=just+so")).await;
    assert_eq!(told.status, 422);
    told.says(&["Say in 8 to 500 characters", ">just so</textarea>", "<details class=\"miss\" open>"]);
    let german = post(&world, &cookie, &format!("{path}?lang=de"), &format!("reason.{id}=so")).await;
    german.says(&["Sagen Sie in 8 bis 500 Zeichen"]);
    world.ticket("Other", "x").await;
    for elsewhere in [path.replace("/tickets/1/", "/tickets/2/"), "/tickets/1/redactions/x/reveal".to_owned()]
    {
        assert_eq!(post(&world, &cookie, &elsewhere, &asking(id)).await.status, 404, "{elsewhere}");
    }
    assert_eq!(audited(&world, "redaction.reveal_asked").await, 0);
}

#[tokio::test]
async fn an_answer_that_was_begun_comes_along_to_the_value_and_back() {
    let world = World::open().await;
    let (ticket, id) = Box::pin(with_sealed_name(&world)).await;
    let cookie = with_scopes(&world, &[Scope::Read, Scope::Write, Scope::Reveal]).await;
    let path = format!("/tickets/1/redactions/{id}/reveal");
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&[&format!("formaction=\"{path}\""), &format!("form=\"composer\" name=\"reason.{id}\"")]);
    let begun = "was.team=&team=billing&text=Dear+%3CAna%3E,%0D%0Ayour&draft=&files=label.pdf";
    let told = post(&world, &cookie, &path, &format!("{begun}&reason.{id}=so")).await;
    assert_eq!(told.status, 422);
    told.says(&["Say in 8 to 500 characters", ">so</textarea>", "Dear &lt;Ana&gt;,\r\nyour</textarea>"]);

    let seen = post(&world, &cookie, &path, &format!("{begun}&{}", asking(id))).await;
    seen.says(&[
        ">Bertholdine</div>",
        "Your answer is not sent yet",
        "action=\"/tickets/1/answer#answer\"",
        "name=\"text\" value=\"Dear &lt;Ana&gt;,\r\nyour\"",
        "name=\"team\" value=\"billing\"",
    ]);
    assert!(!seen.text.contains(&format!("name=\"reason.{id}\"")), "it was said");
    let back = post(&world, &cookie, "/tickets/1/answer", begun).await;
    back.says(&["Dear &lt;Ana&gt;,\r\nyour</textarea>", "value=\"billing\"", "Choose the files again"]);
    let wish = world.store.reveals_of(ticket.id, super::world::NOW).await.unwrap();
    let again = format!("/tickets/1/reveals/{}/value", wish[0].id);
    post(&world, &cookie, &again, begun).await.says(&[">Bertholdine</div>", "name=\"text\" value=\"Dear"]);

    // A draft that nobody touched waits in the store, as it stands there by then.
    let untouched = post(&world, &cookie, &again, "text=A+draft&was.text=A+draft&draft=").await;
    untouched.says(&[">Bertholdine</div>", "href=\"/tickets/1\""]);
    assert!(!untouched.text.contains("A draft"));
    let from = format!("{again}?article=art_1");
    let untouched = post(&world, &cookie, &from, "text=A+draft&was.text=A+draft&draft=dec_1").await;
    untouched.says(&["href=\"/tickets/1?article=art_1&amp;draft=dec_1\""]);

    let signed_out = post(&world, "", &path, &format!("{begun}&{}", asking(id))).await;
    assert_eq!(signed_out.status, 401);
    signed_out.says(&["not signed in any more", "Dear &lt;Ana&gt;,\r\nyour</textarea>"]);
    assert!(!signed_out.text.contains("Bertholdine"));
}

#[tokio::test]
async fn an_answer_that_was_begun_stays_while_somebody_is_asked_to_agree_and_agrees() {
    let world = World::with_four_eyes().await;
    let (ticket, id) = Box::pin(with_sealed_name(&world)).await;
    let scopes = [Scope::Read, Scope::Write, Scope::Reveal];
    let (asker, other) = (with_scopes(&world, &scopes).await, with_scopes(&world, &scopes).await);
    let form = format!("text=Dear+Ana&draft=&{}", asking(id));
    let asked = post(&world, &asker, &format!("/tickets/1/redactions/{id}/reveal"), &form).await;
    assert_eq!(asked.status, 200);
    asked.says(&[">Dear Ana</textarea>", "is not sent yet", "has to agree here first"]);
    let wish = world.store.reveals_of(ticket.id, super::world::NOW).await.unwrap().remove(0).id;
    let grant = format!("/tickets/1/reveals/{wish}/grant");
    let agreed = post(&world, &other, &grant, "text=Dear+colleague&draft=").await;
    assert_eq!(agreed.status, 200);
    agreed.says(&[">Dear colleague</textarea>", "is not sent yet"]);
    assert_eq!(audited(&world, "redaction.reveal_granted").await, 1);
}

#[tokio::test]
async fn a_reason_that_was_begun_stays_while_fields_are_saved_and_a_false_alarm_keeps_the_answer() {
    let world = World::open().await;
    let (ticket, id) = Box::pin(with_sealed_name(&world)).await;
    let cookie = with_scopes(&world, &[Scope::Read, Scope::Write, Scope::Reveal]).await;
    let form = format!("was.team=&team=billing&text=&reason.{id}=Refund");
    let saved = post(&world, &cookie, "/tickets/1/fields", &form).await;
    assert_eq!(saved.status, 200);
    saved.says(&["Saved.", ">Refund</textarea>", "<details open>"]);
    let path = format!("/tickets/1/redactions/{id}/false-alarm");
    let put_back = post(&world, &cookie, &path, "text=Dear+Ana&draft=").await;
    assert_eq!(put_back.status, 200);
    put_back.says(&[">Dear Ana</textarea>", "Call Bertholdine about it."]);
    assert_eq!(messages(&world, &ticket).await.len(), 1, "nothing was sent");
}

#[tokio::test]
async fn a_draft_that_nobody_touched_comes_from_the_store_after_a_false_alarm() {
    let world = World::open().await;
    let (_, id) = Box::pin(with_sealed_name(&world)).await;
    let cookie = with_scopes(&world, &[Scope::Read, Scope::Write, Scope::Reveal]).await;
    let path = format!("/tickets/1/redactions/{id}/false-alarm");
    let put_back = post(&world, &cookie, &path, "text=A+draft&was.text=A+draft&draft=").await;
    assert_eq!((put_back.status.as_u16(), put_back.header("location")), (303, "/tickets/1?done=saved"));
}

#[tokio::test]
async fn fields_that_are_not_saved_yet_stay_after_a_false_alarm_though_nobody_touched_the_draft() {
    let world = World::open().await;
    let (ticket, id) = Box::pin(with_sealed_name(&world)).await;
    let cookie = with_scopes(&world, &[Scope::Read, Scope::Write, Scope::Reveal]).await;
    let path = format!("/tickets/1/redactions/{id}/false-alarm");
    let form = "text=Quillfeather&was.text=Quillfeather&draft=&was.team=&team=billing";
    let put_back = post(&world, &cookie, &path, form).await;
    assert_eq!(put_back.status, 200);
    put_back.says(&["Saved.", "value=\"billing\"", "Call Bertholdine about it."]);
    assert!(!put_back.text.contains("Quillfeather"), "it comes from the store");
    assert_eq!(messages(&world, &ticket).await.len(), 1, "nothing was sent");
}

#[tokio::test]
async fn where_four_eyes_are_asked_for_another_person_agrees_on_the_page_of_the_ticket() {
    let world = World::with_four_eyes().await;
    let (ticket, id) = Box::pin(with_sealed_name(&world)).await;
    let asker = with_scopes(&world, &[Scope::Read, Scope::Reveal]).await;
    let other = with_scopes(&world, &[Scope::Read, Scope::Reveal]).await;
    let reader = with_scopes(&world, &[Scope::Read, Scope::Write]).await;
    let page = world.get_with("/tickets/1", &[("cookie", &asker)]).await;
    page.says(&["Ask another person to agree"]);
    let asked = post(&world, &asker, &format!("/tickets/1/redactions/{id}/reveal"), &asking(id)).await;
    assert_eq!((asked.status.as_u16(), asked.header("location")), (303, "/tickets/1?done=saved"));
    let wish = world.store.reveals_of(ticket.id, super::world::NOW).await.unwrap().remove(0).id;
    let (grant, value) =
        (format!("/tickets/1/reveals/{wish}/grant"), format!("/tickets/1/reveals/{wish}/value"));
    let waits = world.get_with("/tickets/1", &[("cookie", &asker)]).await;
    waits.says(&["Refund by bank transfer", "has to agree here first"]);
    assert!(!waits.text.contains(&grant) && !waits.text.contains(&value));
    assert!(!world.get_with("/tickets/1", &[("cookie", &reader)]).await.text.contains("Refund by bank"));
    for (path, why) in [(&grant, "four eyes see more"), (&value, "has to agree first")] {
        let early = post(&world, &asker, path, "").await;
        assert_eq!(early.status, 422, "{path}");
        early.says(&[why]);
    }
    world.get_with("/tickets/1", &[("cookie", &other)]).await.says(&["Agree that they see it", &grant]);
    assert_eq!(post(&world, &other, &grant, "").await.header("location"), "/tickets/1?done=saved");
    let not_theirs = post(&world, &other, &value, "").await;
    not_theirs.says(&["Only who asked for the value"]);
    assert!(!not_theirs.text.contains("Bertholdine"));
    world.get_with("/tickets/1", &[("cookie", &asker)]).await.says(&[&value]);
    post(&world, &asker, &value, "").await.says(&[">Bertholdine</div>"]);
    assert_eq!(audited(&world, "redaction.reveal_granted").await, 1);
    assert_eq!(audited(&world, "redaction.revealed").await, 1);
}

#[tokio::test]
async fn the_page_of_a_person_tells_what_is_known_and_offers_nothing_to_who_only_looks() {
    let world = World::open().await;
    let ticket = world.ticket("Parcel <late>", "x").await;
    let path = format!("/contacts/{}", ticket.requester_id);
    world.get("/tickets/1").await.says(&[&format!("href=\"{path}\">What is kept of this person")]);
    let reader = with_scopes(&world, &[Scope::Read, Scope::Write]).await;
    for cookie in ["", &reader] {
        let page = world.get_with(&path, &[("cookie", cookie)]).await;
        page.says(&[
            "Person: Ana",
            "<bdi>ana@example.org</bdi> (not confirmed)",
            "allowed, until the person ends",
        ]);
        page.says(&["Known since", "not on it", "Parcel &lt;late&gt;", "href=\"/tickets/1\""]);
        let forms = page.text.matches("action=\"/contacts/").count();
        let of_notices = page.text.matches(&format!("action=\"{path}/consent\"")).count();
        let expected = usize::from(!cookie.is_empty());
        assert_eq!((forms, of_notices), (expected, expected), "who works here writes down who wants notices");
        for what in ["export", "erase", "suppress", "lift"] {
            let sent =
                post(&world, cookie, &format!("{path}/{what}"), "address=ana@example.org&reason=x").await;
            assert_eq!((sent.status.as_u16(), sent.header("location")), (303, "/login"), "{what}");
        }
    }
    world.get(&format!("{path}?lang=de")).await.says(&["Sperrliste", "steht nicht darauf"]);
    for nobody in ["/contacts/x", "/contacts/con_01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
        assert_eq!(world.get(nobody).await.status, 404, "{nobody}");
    }
    assert!(!world.desk.ask().contact(ticket.requester_id).await.unwrap().unwrap().is_erased());
}

#[tokio::test]
async fn everything_kept_of_a_person_is_saved_as_a_file_and_it_is_written_down() {
    let world = World::open().await;
    let (ticket, _) = Box::pin(with_sealed_name(&world)).await;
    let (person, path) = (ticket.requester_id, format!("/contacts/{}", ticket.requester_id));
    let cookie = with_scopes(&world, &[Scope::Read, Scope::Reveal]).await;
    let page = world.get_with(&path, &[("cookie", &cookie)]).await;
    page.says(&["Save the file", &format!("action=\"{path}/export\"")]);
    assert!(
        !page.text.contains("/erase\"") && !page.text.contains("/suppress\""),
        "that takes the scope admin"
    );
    let got = post(&world, &cookie, &format!("{path}/export"), "").await;
    assert_eq!((got.status.as_u16(), got.header("cache-control")), (200, "no-store"));
    assert!(
        got.header("content-disposition").starts_with(&format!("attachment; filename=\"{person}.json\""))
    );
    let export: serde_json::Value = serde_json::from_str(&got.text).unwrap();
    assert_eq!(export["contact"]["email"], "ana@example.org");
    assert_eq!(export["tickets"][0]["values"][0]["value"], "Bertholdine");
    assert_eq!(audited(&world, "person.exported").await, 1);
    let admin = with_scopes(&world, &[Scope::Admin]).await;
    assert_eq!(post(&world, &admin, &format!("{path}/export"), "").await.header("location"), "/login");
}

#[tokio::test]
async fn where_four_eyes_are_asked_for_the_operator_makes_the_file() {
    let world = World::with_four_eyes().await;
    let path = format!("/contacts/{}", world.ticket("Parcel", "x").await.requester_id);
    let cookie = with_scopes(&world, &[Scope::Read, Scope::Reveal]).await;
    let page = world.get_with(&path, &[("cookie", &cookie)]).await;
    page.says(&["kulanz person export"]);
    assert!(!page.text.contains("/export\""));
    let refused = post(&world, &cookie, &format!("{path}/export?lang=de"), "").await;
    assert_eq!((refused.status.as_u16(), audited(&world, "person.exported").await), (422, 0));
    refused.says(&["Ein Export enthält jeden Wert der Person"]);
}

#[tokio::test]
async fn a_person_is_erased_only_by_who_types_the_address() {
    let world = World::open().await;
    let ticket = world.ticket("Parcel", "Where is my parcel?").await;
    let path = format!("/contacts/{}", ticket.requester_id);
    let cookie = with_scopes(&world, &[Scope::Admin]).await;
    let erase = format!("{path}/erase");
    let page = world.get_with(&path, &[("cookie", &cookie)]).await;
    page.says(&[
        &format!("action=\"{erase}\""),
        "What stays: status",
        "reasons for seeing values again",
        "cannot be undone",
        "Type the address",
    ]);
    for wrong in ["", "address=", "address=bo@example.org"] {
        let told = post(&world, &cookie, &erase, wrong).await;
        assert_eq!(told.status, 422, "{wrong}");
        told.says(&["Nothing was erased", "ana@example.org"]);
    }
    assert_eq!(audited(&world, "person.erased").await, 0);
    let done = post(&world, &cookie, &erase, "address=+Ana%40Example.org").await;
    assert_eq!(done.status, 200);
    done.says(&["Erased: 1 tickets, 1 messages, 0 sealed values.", "This person was erased."]);
    for gone in ["ana@example.org", "erased.invalid", "Type the address"] {
        assert!(!done.text.contains(gone), "{gone}");
    }
    assert_eq!(audited(&world, "person.erased").await, 1);
    done.says(&["Erase what was written since", &format!("action=\"{erase}\"")]);
    assert_eq!(done.text.matches("action=\"/contacts/").count(), 1, "nothing else is left to do");
    post(&world, &cookie, "/tickets/1/message", "text=Ana+called&kind=note").await;
    let again = post(&world, &cookie, &format!("{erase}?lang=de"), "").await;
    assert_eq!(again.status, 200);
    again.says(&["Gelöscht: 1 Tickets, 1 Nachrichten, 0 versiegelte Werte."]);
    for (what, form) in [("suppress", "reason=x"), ("consent", "notices=yes")] {
        let refused = post(&world, &cookie, &format!("{path}/{what}?lang=de"), form).await;
        assert_eq!(refused.status, 422, "{what}");
        refused.says(&["Diese Person wurde schon gelöscht."]);
    }
}

#[tokio::test]
async fn who_works_here_writes_down_whether_a_person_wants_notices() {
    let world = World::open().await;
    let path = format!("/contacts/{}", world.ticket("Parcel", "x").await.requester_id);
    let cookie = with_scopes(&world, &[Scope::Read, Scope::Write]).await;
    let form = format!("{path}/consent");
    for (offered, wish, now) in [
        ("The person wants none", "no", "not allowed: this person gets none"),
        ("The person wants them", "yes", "allowed, until the person ends them"),
    ] {
        world.get_with(&path, &[("cookie", &cookie)]).await.says(&[offered]);
        for _ in 0..2 {
            let sent = post(&world, &cookie, &form, &format!("notices={wish}")).await;
            assert_eq!((sent.status.as_u16(), sent.header("location")), (303, path.as_str()));
        }
        world.get(&path).await.says(&[now]);
    }
    for nothing in ["", "notices=", "notices=maybe"] {
        assert_eq!(post(&world, &cookie, &form, nothing).await.status, 422, "{nothing}");
    }
    assert_eq!(audited(&world, "contact.consent_set").await, 2);
    assert_eq!(post(&world, "", &form, "notices=no").await.header("location"), "/login");
}

#[tokio::test]
async fn legal_hold_keeps_a_person_and_the_page_says_what_to_do() {
    let world = World::open().await;
    let ticket = world.ticket("Parcel", "x").await;
    let hold = desk::TicketChange::AddTag(domain::retention::LEGAL_HOLD.to_owned());
    world.desk.change_ticket(ticket.id, vec![hold], None, Actor::system()).await.unwrap();
    let cookie = with_scopes(&world, &[Scope::Admin]).await;
    let path = format!("/contacts/{}/erase", ticket.requester_id);
    let kept = post(&world, &cookie, &path, "address=ana@example.org").await;
    assert_eq!(kept.status, 422);
    kept.says(&["is on legal hold", "ana@example.org"]);
}

#[tokio::test]
async fn an_address_is_put_on_the_suppression_list_and_taken_off_again() {
    let world = World::open().await;
    let ticket = world.ticket("Parcel", "x").await;
    let path = format!("/contacts/{}", ticket.requester_id);
    let cookie = with_scopes(&world, &[Scope::Admin]).await;
    let done = post(&world, &cookie, &format!("{path}/suppress"), "reason=asked+by+phone").await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, path.as_str()));
    let page = world.get_with(&path, &[("cookie", &cookie)]).await;
    page.says(&["<bdi>asked by phone</bdi>", "Take off the suppression list", "Change the reason, for good"]);
    let looked = world.get(&path).await;
    looked.says(&["since <time"]);
    assert!(!looked.text.contains("asked by phone"), "why is for those who work here");
    for _ in 0..2 {
        assert_eq!(post(&world, &cookie, &format!("{path}/lift"), "").await.status, 303);
    }
    assert!(world.desk.suppression_now("ana@example.org").await.unwrap().is_none());
    assert_eq!(audited(&world, "address.suppressed").await, 1);
    assert_eq!(audited(&world, "address.released").await, 1);
}
