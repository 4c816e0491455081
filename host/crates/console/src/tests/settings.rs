//! The settings in the console: for admins alone, by the rules of the API.

use desk::{MailboxNews, NewWebhook};
use domain::Actor;
use domain::clock::DAY_MS;
use domain::event::EventType;
use domain::id::{CountingIds, EventId};
use domain::job::{Job, NewJob};
use domain::token::Scope;
use store::Fact;

use super::access::{session, sign_in};
use super::work::{hidden, post};
use super::world::{Answer, NOW, World};

const PAGES: [&str; 5] =
    ["/settings", "/settings/tokens", "/settings/suppressions", "/settings/webhooks", "/settings/audit"];

/// A world in which somebody with these scopes is signed in; the cookie.
async fn signed_in_with(scopes: &[Scope]) -> (World, String) {
    let world = World::open().await;
    let (_, secret) = world.token(scopes, None).await;
    let cookie = session(&sign_in(&world, &secret).await);
    (world, cookie)
}

async fn get(world: &World, cookie: &str, path: &str) -> Answer {
    world.get_with(path, &[("cookie", cookie)]).await
}

/// The secret that a page shows.
fn secret_on(answer: &Answer) -> String {
    let rest = answer.text.split("<code>klz_").nth(1).unwrap();
    format!("klz_{}", rest.split('<').next().unwrap())
}

#[tokio::test]
async fn who_may_not_administer_sees_no_settings_and_changes_none() {
    let (world, cookie) = signed_in_with(&[Scope::Read, Scope::Write, Scope::Inbound, Scope::Reveal]).await;
    let id = world.desk.ask().tokens().await.unwrap()[0].id;
    assert!(!get(&world, &cookie, "/").await.text.contains("/settings"));
    assert!(!world.get("/").await.text.contains("/settings"), "looking is open, the settings are not");
    let revoke = format!("/settings/tokens/{id}/revoke");
    for path in PAGES {
        let told = get(&world, &cookie, path).await;
        assert_eq!(told.status, 403, "{path}");
        told.says(&["lacks the scope admin"]);
        assert_eq!(world.get(path).await.header("location"), "/login", "{path}");
    }
    for (path, form) in [
        ("/settings/tokens", "name=x&scope.admin=yes"),
        (revoke.as_str(), ""),
        ("/settings/suppressions", "address=ana%40example.org&reason=x"),
        ("/settings/suppressions/remove", "address=ana%40example.org"),
        ("/settings/webhooks", "url=hooks.example.org"),
        ("/settings/webhooks/whk_1/remove", ""),
        ("/settings/budgets", "name=total_hour&value=0"),
    ] {
        assert_eq!(post(&world, &cookie, path, form).await.header("location"), "/login", "{path}");
        assert_eq!(world.post(path, &[], form).await.header("location"), "/login", "{path}");
    }
    assert_eq!(world.desk.ask().tokens().await.unwrap().len(), 1);
    assert!(world.desk.suppression_now("ana@example.org").await.unwrap().is_none());
    assert!(world.desk.ask().webhooks().await.unwrap().is_empty());
    assert_eq!(world.desk.budgets().await.unwrap(), world.desk.config().gate);
}

#[tokio::test]
async fn an_admins_menu_leads_to_the_settings_and_no_other_site_changes_them() {
    let (world, cookie) = signed_in_with(&[Scope::Admin]).await;
    get(&world, &cookie, "/").await.says(&["<a href=\"/settings\">Settings</a>"]);
    for path in PAGES {
        let page = get(&world, &cookie, path).await;
        assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"), "{path}");
        page.says(&["<a href=\"/settings\" aria-current=", "href=\"/settings/audit\""]);
    }
    get(&world, &cookie, "/settings?lang=de").await.says(&["Einstellungen", "Sperrliste", "Postfächer"]);
    let foreign = [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")];
    let sent = world.post("/settings/tokens", &foreign, "name=x&scope.admin=yes").await;
    assert_eq!(sent.status, 403);
    assert_eq!(world.desk.ask().tokens().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_made_here_signs_in_and_its_secret_is_shown_once() {
    let (world, cookie) = signed_in_with(&[Scope::Admin]).await;
    let form = "name=%3Cb%3EInes%3C%2Fb%3E&scope.read=yes&scope.write=yes&days=30";
    let made = post(&world, &cookie, "/settings/tokens", form).await;
    assert_eq!((made.status.as_u16(), made.header("cache-control")), (200, "no-store"));
    made.says(&["Copy it now", "&lt;b&gt;Ines&lt;/b&gt;"]);
    assert!(!made.text.contains("<b>Ines"));
    let secret = secret_on(&made);
    assert_eq!(made.text.matches(&secret).count(), 1);
    assert!(!get(&world, &cookie, "/settings/tokens").await.text.contains("klz_"));
    let token = world.desk.authenticate(&secret).await.unwrap().unwrap();
    assert_eq!(token.scopes, [Scope::Read, Scope::Write]);
    assert_eq!(token.expires_at, Some(NOW.plus(30 * DAY_MS)));
    let theirs = session(&sign_in(&world, &secret).await);
    assert_eq!(get(&world, &theirs, "/").await.status, 200);
    assert_eq!(get(&world, &theirs, "/settings/tokens").await.status, 403);
}

#[tokio::test]
async fn a_token_is_made_once_however_often_its_form_is_sent() {
    let (world, cookie) = signed_in_with(&[Scope::Admin]).await;
    let form = "name=Ines++Hauck&scope.read=yes";
    assert_eq!(post(&world, &cookie, "/settings/tokens", form).await.status, 200);
    let again = post(&world, &cookie, "/settings/tokens", form).await;
    assert_eq!(again.status, 422);
    again.says(&["A token of this name stands already"]);
    let german = post(&world, &cookie, "/settings/tokens?lang=de", "name=Ines+Hauck&scope.read=yes").await;
    german.says(&["Es gibt schon ein Token dieses Namens"]);
    let tokens = world.desk.ask().tokens().await.unwrap();
    assert_eq!(tokens.iter().map(|token| token.name.as_str()).collect::<Vec<_>>(), ["t", "Ines Hauck"]);
    let id = tokens[1].id;
    assert_eq!(post(&world, &cookie, &format!("/settings/tokens/{id}/revoke"), "").await.status, 303);
    assert_eq!(post(&world, &cookie, "/settings/tokens", form).await.status, 200, "the name is free again");
}

#[tokio::test]
async fn a_token_that_is_not_made_says_why_and_keeps_what_was_typed() {
    let (world, cookie) = signed_in_with(&[Scope::Admin]).await;
    for (form, why) in [
        ("name=Ines", "Name at least one scope."),
        ("name=&scope.read=yes", "has 1 to 80 bytes"),
        ("name=Ines&scope.read=yes&days=0", "from 1 to 36500"),
        ("name=Ines&scope.read=yes&days=soon", "from 1 to 36500"),
        ("name=Ines&scope.reveal=yes", "Only a token with the scope reveal"),
    ] {
        let refused = post(&world, &cookie, "/settings/tokens", form).await;
        assert_eq!(refused.status, 422, "{form}");
        refused.says(&["role=\"alert\"", why]);
    }
    let kept = post(&world, &cookie, "/settings/tokens?lang=de", "name=Ines&days=7").await;
    kept.says(&["Nennen Sie mindestens ein Recht.", "value=\"Ines\"", "value=\"7\""]);
    assert_eq!(world.desk.ask().tokens().await.unwrap().len(), 1);
}

#[tokio::test]
async fn only_who_may_reveal_makes_a_token_that_may() {
    let (world, cookie) = signed_in_with(&[Scope::Admin]).await;
    assert!(!get(&world, &cookie, "/settings/tokens").await.text.contains("name=\"scope.reveal\""));
    let (world, cookie) = signed_in_with(&[Scope::Admin, Scope::Reveal]).await;
    get(&world, &cookie, "/settings/tokens").await.says(&["name=\"scope.reveal\""]);
    let made = post(&world, &cookie, "/settings/tokens", "name=Ines&scope.reveal=yes").await;
    let token = world.desk.authenticate(&secret_on(&made)).await.unwrap().unwrap();
    assert_eq!((token.scopes, token.expires_at), (vec![Scope::Reveal], None));
}

#[tokio::test]
async fn where_four_eyes_are_asked_for_nobody_makes_a_second_pair_of_their_own() {
    let world = World::with_four_eyes().await;
    let (_, secret) = world.token(&[Scope::Admin, Scope::Reveal], None).await;
    let cookie = session(&sign_in(&world, &secret).await);
    let page = get(&world, &cookie, "/settings/tokens").await;
    page.says(&["is made on the machine here"]);
    assert!(!page.text.contains("name=\"scope.reveal\""));
    let refused = post(&world, &cookie, "/settings/tokens?lang=de", "name=Ines&scope.reveal=yes").await;
    assert_eq!(refused.status, 422);
    refused.says(&["deshalb macht der Betreiber jedes Token mit dem Recht `reveal`"]);
    assert_eq!(world.desk.ask().tokens().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_revoked_token_stops_working_at_once() {
    let (world, cookie) = signed_in_with(&[Scope::Admin]).await;
    let (id, secret) = world.token(&[Scope::Read], Some(NOW.plus(DAY_MS))).await;
    let theirs = session(&sign_in(&world, &secret).await);
    let page = get(&world, &cookie, "/settings/tokens").await;
    page.says(&["you are signed in with it", "It is the last one with the scope admin"]);
    let revoke = format!("/settings/tokens/{id}/revoke");
    page.says(&[&format!("action=\"{revoke}\"")]);
    let revoked = post(&world, &cookie, &revoke, "").await;
    assert_eq!((revoked.status.as_u16(), revoked.header("location")), (303, "/settings/tokens"));
    assert_eq!(sign_in(&world, &secret).await.status, 403);
    assert!(!get(&world, &theirs, "/").await.text.contains("/logout"), "and signs them out");
    assert_eq!(post(&world, &cookie, &revoke, "").await.status, 404);
    assert_eq!(post(&world, &cookie, "/settings/tokens/nonsense/revoke", "").await.status, 404);
}

#[tokio::test]
async fn an_address_put_on_the_list_is_told_on_its_ticket_until_it_is_taken_off() {
    let (world, cookie) = signed_in_with(&[Scope::Admin]).await;
    world.ticket("Parcel", "Where is it?").await;
    let form = "address=Ana%40Example.org&reason=wants+%3Cno%3E+mail&days=7";
    let added = post(&world, &cookie, "/settings/suppressions", form).await;
    assert_eq!(added.header("location"), "/settings/suppressions?saved=yes");
    let ticket = get(&world, &cookie, "/tickets/1").await;
    ticket.says(&["The address is on the suppression list", "wants &lt;no&gt; mail"]);
    let listed = world.desk.suppression_now("ana@example.org").await.unwrap().unwrap();
    assert_eq!(listed.until, Some(NOW.plus(7 * DAY_MS)));
    let found = get(&world, &cookie, "/settings/suppressions?q=ANA%40example.org").await;
    found.says(&["<bdi>ana@example.org</bdi>", "wants &lt;no&gt; mail"]);
    let nobody = get(&world, &cookie, "/settings/suppressions?q=bo%40example.org").await;
    nobody.says(&["This address is not on the list."]);
    assert!(!nobody.text.contains("<bdi>ana@example.org</bdi>"));
    world.clock.advance(8 * DAY_MS);
    let (_, secret) = world.token(&[Scope::Admin], None).await;
    let cookie = session(&sign_in(&world, &secret).await);
    get(&world, &cookie, "/settings/suppressions").await.says(&["(ended)"]);
    let off = "address=ana%40example.org";
    assert_eq!(post(&world, &cookie, "/settings/suppressions/remove", off).await.status, 303);
    get(&world, &cookie, "/settings/suppressions").await.says(&["No address is on the list."]);
    assert_eq!(post(&world, &cookie, "/settings/suppressions/remove", off).await.status, 404);
    let wrong = post(&world, &cookie, "/settings/suppressions", "address=ana&reason=typed").await;
    assert_eq!(wrong.status, 422);
    wrong.says(&["An e-mail address looks like", "value=\"ana\"", "value=\"typed\""]);
    let long = format!("address=bo%40example.org&reason={}", "x".repeat(501));
    let refused = post(&world, &cookie, "/settings/suppressions?lang=de", &long).await;
    assert_eq!(refused.status, 422);
    refused.says(&["höchstens 500 Zeichen"]);
    assert!(world.desk.suppression_now("bo@example.org").await.unwrap().is_none());
}

#[tokio::test]
async fn the_audit_trail_tells_whose_address_was_suppressed_and_keeps_no_address() {
    let (world, cookie) = signed_in_with(&[Scope::Admin]).await;
    let ana = world.ticket("Parcel", "Where is it?").await.requester_id.to_string();
    for address in ["ana@example.org", "nobody@example.org"] {
        world.desk.suppress(address, "bounced", None, Actor::system()).await.unwrap();
        world.desk.unsuppress(address, Actor::system()).await.unwrap();
    }
    let audit = world.store.audit(0, 100).await.unwrap();
    let objects: Vec<&str> = audit
        .iter()
        .filter(|entry| entry.record.action.starts_with("address."))
        .map(|entry| entry.record.object.as_str())
        .collect();
    assert_eq!(objects[..2], [ana.as_str(), ana.as_str()]);
    assert!(objects[2].starts_with("address ") && objects[2] == objects[3], "{objects:?}");
    let page = get(&world, &cookie, "/settings/audit").await;
    assert!(!page.text.contains("@example.org"));
    page.says(&[&format!("<a href=\"/contacts/{ana}\"><bdi>{ana}</bdi></a>")]);
    let twice = world.desk.unsuppress("ana@example.org", Actor::system()).await;
    assert!(matches!(twice, Err(desk::DeskError::Missing { .. })), "{twice:?}");
}

#[tokio::test]
async fn a_long_list_of_addresses_is_read_page_by_page() {
    let (world, cookie) = signed_in_with(&[Scope::Admin]).await;
    for n in 100..202 {
        let address = format!("a{n}@example.org");
        world.desk.suppress(&address, "bounced", None, Actor::system()).await.unwrap();
    }
    let first = get(&world, &cookie, "/settings/suppressions").await;
    first.says(&["a100@example.org", "for good", "?after=a199%40example.org"]);
    assert!(!first.text.contains("a200@example.org"));
    let second = get(&world, &cookie, "/settings/suppressions?after=a199%40example.org").await;
    second.says(&["a200@example.org", "a201@example.org", "rel=\"first\""]);
    assert!(!second.text.contains("<bdi>a199@example.org"));
}

#[tokio::test]
async fn an_endpoint_tells_what_it_could_not_be_told_and_is_removed() {
    let (world, cookie) = signed_in_with(&[Scope::Admin]).await;
    get(&world, &cookie, "/settings/webhooks").await.says(&["There is no webhook."]);
    let new = NewWebhook { url: "https://example.org/hook?a=1&b=2".into(), events: Vec::new() };
    let (webhook, _) = world.desk.create_webhook(new, None, Actor::system()).await.unwrap();
    let job = Job::Webhook { webhook_id: webhook.id, event_id: EventId::mint(&CountingIds::default(), NOW) };
    world.facts(vec![Fact::Enqueue(NewJob { lane: "hook".into(), ready_at: NOW, job })]).await;
    let leases = world.store.claim("w", 9, NOW, 60_000).await.unwrap();
    world
        .facts(leases.iter().map(|lease| Fact::bury(lease, "<it> answered 410".into(), NOW)).collect())
        .await;
    let page = get(&world, &cookie, "/settings/webhooks").await;
    page.says(&["<bdi>example.org/hook?a=1&amp;b=2</bdi>", "switched on", "&lt;it&gt; answered 410"]);
    page.says(&["data-name=\"Given up, among the newest\">1</td>"]);
    let remove = format!("/settings/webhooks/{}/remove", webhook.id);
    assert_eq!(post(&world, &cookie, &remove, "").await.header("location"), "/settings/webhooks");
    assert!(world.desk.ask().webhooks().await.unwrap().is_empty());
    assert_eq!(post(&world, &cookie, &remove, "").await.status, 404);
}

#[tokio::test]
async fn an_endpoint_made_here_shows_its_secret_once_and_is_made_once_however_often_its_form_is_sent() {
    let (world, cookie) = signed_in_with(&[Scope::Admin]).await;
    let once = hidden(&get(&world, &cookie, "/settings/webhooks").await, "once");
    let form = format!("url=hooks.example.org%2Fin&event.ticket.created=yes&once={once}");
    let made = post(&world, &cookie, "/settings/webhooks", &form).await;
    assert_eq!((made.status.as_u16(), made.header("cache-control")), (200, "no-store"));
    made.says(&["Copy its secret now", "<bdi>hooks.example.org/in</bdi>: <code>whsec_"]);
    for (path, sentence) in [
        ("/settings/webhooks", "This form was sent before"),
        ("/settings/webhooks?lang=de", "Dieses Formular wurde schon gesendet"),
    ] {
        let again = post(&world, &cookie, path, &form).await;
        assert!(again.status == 422 && !again.text.contains("whsec_"), "{}", again.text);
        again.says(&[sentence, "<bdi>hooks.example.org/in</bdi>"]);
    }
    let webhooks = world.desk.ask().webhooks().await.unwrap();
    let told: Vec<_> = webhooks.iter().map(|one| (one.url.as_str(), one.events.as_slice())).collect();
    assert_eq!(told, [("https://hooks.example.org/in", [EventType::TicketCreated].as_slice())]);
    assert!(!get(&world, &cookie, "/settings/webhooks").await.text.contains("whsec_"));
    let newest = world.desk.ask().audit_before(i64::MAX, 1).await.unwrap().remove(0).record;
    assert_eq!((newest.action.as_str(), newest.object), ("webhook.created", webhooks[0].id.to_string()));
}

#[tokio::test]
async fn an_endpoint_that_is_not_made_says_why_and_keeps_what_was_typed() {
    let (world, cookie) = signed_in_with(&[Scope::Admin]).await;
    for (form, why) in [
        ("url=", "This url is not called"),
        ("url=http%3A%2F%2Fhooks.example.org", "use https"),
        ("url=localhost%3A8080", "a loopback address"),
    ] {
        let refused = post(&world, &cookie, "/settings/webhooks", form).await;
        assert_eq!(refused.status, 422, "{form}");
        refused.says(&["role=\"alert\"", why]);
    }
    let form = "url=10.0.0.7%2Fin&event.ticket.created=yes";
    let kept = post(&world, &cookie, "/settings/webhooks?lang=de", form).await;
    kept.says(&["Diese Adresse wird nicht aufgerufen: `10.0.0.7` führt zu einer privaten Adresse."]);
    kept.says(&["value=\"10.0.0.7/in\"", "name=\"event.ticket.created\" value=\"yes\" checked"]);
    assert!(world.desk.ask().webhooks().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_budget_is_set_and_put_back_and_each_change_is_written_down() {
    let (world, cookie) = signed_in_with(&[Scope::Admin]).await;
    let send = async |form: &str| post(&world, &cookie, "/settings/budgets", form).await;
    let saved = send("name=total_hour&value=7").await;
    assert_eq!((saved.status.as_u16(), saved.header("location")), (303, "/settings?saved=yes"));
    let page = get(&world, &cookie, "/settings?saved=yes").await;
    page.says(&["Saved.", "data-name=\"Holds now\">7<", "As the configuration says"]);
    assert_eq!(page.text.matches("As the configuration says").count(), 1, "only where it is another");
    for (form, why) in [
        ("name=total_hour&value=-1", "`-1` is no budget"),
        ("name=total_hour&value=many", "as a whole number"),
        ("name=nothing&value=1", "`nothing`"),
    ] {
        let refused = send(form).await;
        assert_eq!(refused.status, 422, "{form}");
        refused.says(&["role=\"alert\"", why]);
    }
    let german = post(&world, &cookie, "/settings/budgets?lang=de", "name=total_hour&value=-1").await;
    german.says(&["`-1` ist kein Budget"]);
    assert_eq!(world.desk.budgets().await.unwrap().total_hour, 7);
    assert_eq!(send("name=total_hour&value=7&to=configured").await.status, 303);
    assert_eq!(world.desk.budgets().await.unwrap(), world.desk.config().gate);
    let audit = world.desk.ask().audit_before(i64::MAX, 2).await.unwrap();
    let said: Vec<_> = audit.iter().map(|entry| entry.record.details.to_string()).collect();
    assert_eq!(said, ["{\"total_hour\":null}", "{\"total_hour\":7}"]);
    assert!(audit.iter().all(|entry| entry.record.action == "gate.budgets_changed"));
}

#[tokio::test]
async fn the_first_page_tells_of_work_mailboxes_and_budgets() {
    let (world, cookie) = signed_in_with(&[Scope::Admin]).await;
    let page = get(&world, &cookie, "/settings").await;
    page.says(&["This process reads no mailbox.", "<code>total_hour</code>", "counted for each"]);
    page.says(&["Longest ready, seconds", "data-name=\"Holds now\">300<", "href=\"/queue\">0</a>"]);
    for (name, news) in [
        ("help", MailboxNews::Open),
        ("shop", MailboxNews::Lost("<the server> refused the login".into())),
        ("void", MailboxNews::Known),
    ] {
        world.desk.tell_of_mailbox(name, news);
    }
    let budget = [("total_hour".to_owned(), Some(7))];
    world.desk.change_budgets(&budget, Actor::system()).await.unwrap();
    let page = get(&world, &cookie, "/settings").await;
    page.says(&["<bdi>help</bdi>", "not connected since", "&lt;the server&gt; refused", "not tried yet"]);
    page.says(&["data-name=\"Holds now\">7<", "data-name=\"Configuration\">300<"]);
}

#[tokio::test]
async fn the_audit_trail_names_the_ticket_that_something_was_done_on() {
    let (world, cookie) = signed_in_with(&[Scope::Admin]).await;
    let ticket = world.ticket("Parcel", "My word is swordfish").await;
    let message = world.store.messages(ticket.id).await.unwrap().remove(0);
    Box::pin(world.desk.mark_miss(message.id, "swordfish", "SECRET", Actor::system())).await.unwrap();
    let page = get(&world, &cookie, "/settings/audit?lang=de").await;
    let number = ticket.number;
    page.says(&[&format!(
        "<a href=\"/tickets/{number}?lang=de\"><bdi>#{number}</bdi></a> <code>{}</code>",
        message.id
    )]);
}

#[tokio::test]
async fn the_audit_trail_begins_with_the_newest_fifty_entries() {
    let (world, cookie) = signed_in_with(&[Scope::Admin]).await;
    for n in 0..60 {
        let address = format!("a{n}@example.org");
        world.desk.suppress(&address, "x", None, Actor::system()).await.unwrap();
    }
    let made = post(&world, &cookie, "/settings/tokens", "name=%3Ci%3E&scope.read=yes").await;
    assert_eq!(made.status, 200);
    let entries = |page: &Answer| page.text.matches("<td data-name=\"No.\">").count();
    let newest = get(&world, &cookie, "/settings/audit").await;
    newest.says(&["<td data-name=\"No.\">62</td>", "token.created", "<bdi>t</bdi>", "&lt;i&gt;"]);
    newest.says(&["href=\"/settings/audit?before=13\""]);
    assert_eq!(entries(&newest), 50);
    let older = get(&world, &cookie, "/settings/audit?before=13").await;
    older.says(&["<td data-name=\"No.\">1</td>", "rel=\"first\""]);
    assert_eq!(entries(&older), 12);
    assert!(!older.text.contains("rel=\"next\""));
}
