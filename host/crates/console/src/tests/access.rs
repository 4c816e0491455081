//! Who gets in.

use domain::Actor;
use domain::clock::HOUR_MS;
use domain::token::Scope;

use super::world::{NOW, World};
use crate::Access;

const PAGES: [&str; 6] = ["/", "/articles", "/articles/new", "/plugins", "/queue", "/tickets/1"];

pub(super) async fn sign_in(world: &World, secret: &str) -> super::world::Answer {
    world.post("/login", &[("sec-fetch-site", "same-origin")], &format!("token={secret}")).await
}

pub(super) fn session(answer: &super::world::Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

/// The cookie of somebody who signed in with these scopes.
pub(super) async fn signed_in(world: &World, scopes: &[Scope]) -> String {
    let (_, secret) = world.token(scopes, None).await;
    session(&sign_in(world, &secret).await)
}

#[tokio::test]
async fn without_signing_in_there_is_only_the_login_page() {
    let world = World::with(Access::Token, false).await;
    for path in PAGES.into_iter().chain(["/nowhere"]) {
        let answer = world.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login"), "{path}");
        let forged = world.get_with(path, &[("cookie", "kulanz_session=0000")]).await;
        assert_eq!(forged.header("location"), "/login", "{path}");
    }
    let login = world.get("/login?lang=de").await;
    login.says(&["Anmelden", "type=\"password\"", "<label for=\"token\">", "action=\"/login?lang=de\""]);
    assert!(!login.text.contains("/plugins"));
    assert_eq!(world.get("/assets/console.css").await.status, 200);
}

#[tokio::test]
async fn a_token_that_may_read_opens_the_console_until_signing_out() {
    let world = World::with(Access::Token, false).await;
    let (_, secret) = world.token(&[Scope::Read], None).await;
    let signed_in = sign_in(&world, &secret).await;
    assert_eq!((signed_in.status.as_u16(), signed_in.header("location")), (303, "/"));
    let attributes = signed_in.header("set-cookie");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(attributes.contains(attribute), "{attributes}");
    }
    assert!(!attributes.contains(&secret));
    let cookie = session(&signed_in);
    let page = world.get_with("/", &[("cookie", &cookie)]).await;
    page.says(&["Tickets", "action=\"/logout\""]);

    let signed_out = world.post("/logout", &[("cookie", &cookie)], "").await;
    assert!(signed_out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(world.get_with("/", &[("cookie", &cookie)]).await.header("location"), "/login");
}

#[tokio::test]
async fn who_tries_tokens_is_slowed_down_and_who_signs_in_with_a_right_one_is_not_counted() {
    let world = World::with(Access::Token, false).await;
    let (_, secret) = world.token(&[Scope::Read], None).await;
    for _ in 0..30 {
        assert_eq!(sign_in(&world, &secret).await.status, 303);
    }
    for _ in 0..20 {
        assert_eq!(sign_in(&world, "klz_guess").await.status, 403);
    }
    let refused = sign_in(&world, "klz_guess").await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "6"));
    refused.says(&["Please wait a minute"]);
    assert_eq!(sign_in(&world, &secret).await.status, 303, "nobody is locked out by others' guesses");
}

#[tokio::test]
async fn a_restart_signs_nobody_out_and_another_host_knows_who_is_signed_in() {
    let world = World::with(Access::Token, false).await;
    let (id, secret) = world.token(&[Scope::Read], None).await;
    let cookie = session(&sign_in(&world, &secret).await);
    let world = world.elsewhere(Access::Token);
    world.get_with("/", &[("cookie", &cookie)]).await.says(&["action=\"/logout\""]);
    world.desk.revoke_token(id, Actor::system()).await.unwrap();
    let world = world.elsewhere(Access::Open);
    let open = world.get_with("/", &[("cookie", &cookie), ("host", "localhost")]).await;
    assert!(
        open.header("set-cookie").contains("Max-Age=0") && !open.text.contains("/logout"),
        "nobody is signed in"
    );
    let world = world.elsewhere(Access::Token);
    assert_eq!(world.get_with("/", &[("cookie", &cookie)]).await.header("location"), "/login");
}

#[tokio::test]
async fn a_customer_ends_notices_without_signing_in_and_only_with_the_link() {
    let world = World::with(Access::Token, false).await;
    let asked = world.get("/unsubscribe/con_nobody.0000").await;
    assert_eq!(
        (
            asked.status.as_u16(),
            world.post("/unsubscribe/x", &[], "List-Unsubscribe=One-Click").await.status.as_u16()
        ),
        (404, 404)
    );
    asked.says(&["not ours"]);
    assert!(!asked.text.contains("/plugins") && !asked.text.contains("<button"));
}

#[tokio::test]
async fn a_customer_writes_a_request_without_signing_in_and_twice_is_once() {
    let world = World::with(Access::Token, false).await;
    let form = world.get("/request?lang=de").await;
    form.says(&["Schreiben Sie uns", "Ihre E-Mail-Adresse"]);
    let once = form.text.split("name=\"once\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let filled =
        format!("email=Ana%40example.org&name=Ana&subject=Paket&text=Wo%20ist%20es%3F&website=&once={once}");
    for _ in 0..2 {
        let sent = world.post("/request?lang=de", &[("sec-fetch-site", "same-origin")], &filled).await;
        assert_eq!(sent.status, 200);
        sent.says(&["ist angekommen", "Ana@example.org"]);
    }
    world.desk.settle().await.unwrap();
    let ticket = world.store.ticket_by_number(1).await.unwrap().unwrap();
    assert_eq!((ticket.subject.as_str(), ticket.language.as_deref()), ("Paket", Some("de")));
    assert_eq!(ticket.channel, domain::ticket::Channel::Form);
    assert!(world.store.ticket_by_number(2).await.unwrap().is_none());
}

#[tokio::test]
async fn a_request_that_is_wrong_keeps_what_was_written_and_names_the_field() {
    let world = World::with(Access::Token, false).await;
    let wrong = world.post("/request", &[], "email=ana&subject=%3Cb%3E&text=Where").await;
    assert_eq!(wrong.status, 422);
    wrong.says(&[
        "check the e-mail address",
        "value=\"&lt;b&gt;\"",
        "aria-invalid=\"true\"",
        ">Where</textarea>",
    ]);
    let foreign = [("sec-fetch-site", "cross-site")];
    let fine = "email=ana%40example.org&subject=a&text=b";
    let refused = world.post("/request?lang=de", &foreign, fine).await;
    assert_eq!(refused.status, 422);
    refused.says(&["öffnen Sie es hier noch einmal", ">b</textarea>"]);
    assert!(!refused.text.contains("Anmeldeseite"), "customers have none");
    let robot = world.post("/request", &[], &format!("{fine}&website=http%3A%2F%2Fx.example")).await;
    assert_eq!(robot.status, 200);
    world.desk.settle().await.unwrap();
    assert!(world.store.ticket_by_number(1).await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_no_form_or_not_in_utf_8_is_refused_with_a_sentence() {
    let world = World::with(Access::Token, false).await;
    let part = "--b\r\ncontent-disposition: form-data; name=\"text\"\r\n\r\nHello\r\n--b--\r\n";
    let multipart = world.upload("/request", &[], part).await;
    assert_eq!(multipart.status, 415);
    multipart.says(&["What was sent is no form", "<textarea"]);
    for (field, form) in [
        ("subject", "email=ana%40example.org&subject=Gr%FC%DFe&text=b"),
        ("text", "email=ana%40example.org&subject=a&text=Gr%FC%DFe"),
        ("email", "email=j%FCrgen%40example.org&subject=a&text=b"),
    ] {
        let latin = world.post("/request", &[], form).await;
        assert_eq!(latin.status, 422, "{field}");
        latin.says(&["arrived broken"]);
        let input = latin.text.split(&format!("id=\"{field}\"")).nth(1).unwrap();
        assert!(input.split('>').next().unwrap().contains("aria-invalid=\"true\""), "{field}");
    }
    world.desk.settle().await.unwrap();
    assert!(world.store.ticket_by_number(1).await.unwrap().is_none());
}

#[tokio::test]
async fn what_shows_nothing_is_empty_and_a_sign_that_was_written_is_none_of_broken_letters() {
    let world = World::with(Access::Token, false).await;
    for (field, form) in [
        ("subject", "email=ana%40example.org&subject=%E2%80%8B&text=b"),
        ("text", "email=ana%40example.org&subject=a&text=%07"),
    ] {
        let empty = world.post("/request", &[], form).await;
        assert_eq!(empty.status, 422, "{field}");
        let input = empty.text.split(&format!("id=\"{field}\"")).nth(1).unwrap();
        assert!(input.split('>').next().unwrap().contains("aria-invalid=\"true\""), "{field}");
    }
    let sign = "email=ana%40example.org&subject=What+is+%ef%bf%bd%3F&text=It+stands+in+your+mail.";
    assert_eq!(world.post("/request", &[], sign).await.status, 200);
}

#[tokio::test]
async fn our_own_address_is_nobody_who_asks_us() {
    let world = World::with(Access::Token, false).await;
    for own in ["support%40localhost", "Support%2Bx%40localhost"] {
        let refused = world.post("/request", &[], &format!("email={own}&subject=a&text=typed")).await;
        assert_eq!(refused.status, 422, "{own}");
        refused.says(&["our own address", ">typed</textarea>"]);
    }
}

#[tokio::test]
async fn who_sends_too_many_requests_is_told_to_wait_and_loses_nothing() {
    let world = World::with(Access::Token, false).await;
    let fine = |n: usize| format!("email=ana%40example.org&subject=a{n}&text=typed");
    let mut refused = None;
    for n in 0..301 {
        let sent = world.post("/request", &[], &fine(n)).await;
        if sent.status != 200 {
            refused = Some((n, sent));
        }
    }
    let (n, sent) = refused.unwrap();
    assert_eq!((n, sent.status.as_u16(), sent.header("retry-after")), (300, 429, "1"));
    sent.says(&["wait a minute", ">typed</textarea>"]);
    world.clock.advance(1_000);
    assert_eq!(world.post("/request", &[], &fine(301)).await.status, 200);
}

#[tokio::test]
async fn while_the_database_is_away_customers_stay_on_their_own_pages_and_lose_nothing() {
    let world = World::with(Access::Token, false).await;
    world.store.close().await;
    let typed = "email=ana%40example.org&name=Ana&subject=Paket&text=Wo%20ist%20es%3F&once=0123";
    let sent = world.post("/request?lang=de", &[], typed).await;
    sent.says(&[
        "in einigen Minuten noch einmal",
        "value=\"ana@example.org\"",
        "value=\"Paket\"",
        ">Wo ist es?</textarea>",
        "value=\"0123\"",
    ]);
    assert_eq!((sent.status.as_u16(), sent.header("retry-after")), (503, "180"));
    assert!(
        !sent.text.contains("Zurück zu den Tickets") && !sent.text.contains("href=\"/queue"),
        "{}",
        sent.text
    );
}

#[tokio::test]
async fn a_wrong_weak_or_foreign_login_is_refused() {
    let world = World::with(Access::Token, false).await;
    let (_, weak) = world.token(&[Scope::Write, Scope::Inbound], None).await;
    let (_, expired) = world.token(&[Scope::Read], Some(NOW.plus(1))).await;
    world.clock.advance(1);
    for secret in ["", "klz_nonsense", weak.as_str(), expired.as_str()] {
        let answer = sign_in(&world, secret).await;
        assert_eq!((answer.status.as_u16(), answer.header("set-cookie")), (403, ""), "{secret}");
        answer.says(&["role=\"alert\"", "This token does not open the console"]);
    }
    let (_, secret) = world.token(&[Scope::Read], None).await;
    let foreign = world.post("/login", &[("sec-fetch-site", "cross-site")], &format!("token={secret}")).await;
    assert_eq!((foreign.status.as_u16(), foreign.header("set-cookie")), (403, ""));
    let nothing = world.post("/login", &[], "colour=red").await;
    assert_eq!(nothing.status, 403);
}

#[tokio::test]
async fn wrong_tokens_of_a_network_hold_up_wrong_ones_only_and_an_empty_form_counts_for_nothing() {
    let world = World::with(Access::Token, false).await;
    let (_, secret) = world.token(&[Scope::Read], None).await;
    for _ in 0..30 {
        assert_eq!(sign_in(&world, "").await.status, 403);
        assert_eq!(world.post("/login", &[], "colour=red").await.status, 403);
    }
    for n in 0..20 {
        assert_eq!(sign_in(&world, &format!("klz_{n}")).await.status, 403, "{n}");
    }
    let refused = sign_in(&world, "klz_20").await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "6"));
    assert_eq!(sign_in(&world, &secret).await.status, 303);
    let (_, new) = world.token(&[Scope::Read], None).await;
    assert_eq!(sign_in(&world, &new).await.status, 303, "one that was made since");
    assert_eq!(sign_in(&world, "klz_21").await.status, 429);
}

#[tokio::test]
async fn a_session_ends_with_its_token_and_after_twelve_hours() {
    let world = World::with(Access::Token, false).await;
    let (id, secret) = world.token(&[Scope::Admin], None).await;
    let cookie = session(&sign_in(&world, &secret).await);
    let may_look = async || world.get_with("/", &[("cookie", &cookie)]).await.status == 200;
    assert!(may_look().await);
    world.clock.advance(12 * HOUR_MS);
    assert!(!may_look().await);
    world.clock.set(NOW);
    assert!(may_look().await);
    world.desk.revoke_token(id, Actor::system()).await.unwrap();
    assert!(!may_look().await);
}

#[tokio::test]
async fn what_admins_alone_may_see_is_refused_with_a_page_and_linked_for_nobody_else() {
    let admins = ["/plugins", "/settings", "/settings/nothing", "/articles/new"];
    for access in [Access::Token, Access::Open] {
        let world = World::with(access, false).await;
        let reader = signed_in(&world, &[Scope::Read, Scope::Write, Scope::Reveal]).await;
        let menu = world.get_with("/", &[("cookie", &reader)]).await;
        for path in admins {
            let told = world.get_with(path, &[("cookie", &reader)]).await;
            assert_eq!(told.status, 403, "{path}");
            told.says(&["lacks the scope admin", "href=\"/\"", "action=\"/logout\""]);
            let german = world.get_with(&format!("{path}?lang=de"), &[("cookie", &reader)]).await;
            german.says(&["Das Recht admin fehlt", "href=\"/?lang=de\""]);
            let stranger = world.get(&format!("{path}?lang=de")).await;
            assert_eq!(stranger.header("location"), "/login?lang=de", "{path}");
            assert!(!menu.text.contains(&format!("href=\"{path}\"")), "{path}");
        }
        let admin = signed_in(&world, &[Scope::Admin]).await;
        let page = world.get_with("/", &[("cookie", &admin)]).await;
        page.says(&["href=\"/plugins\"", "href=\"/settings\"", "href=\"/queue\""]);
        for path in ["/plugins", "/settings", "/articles/new"] {
            assert_eq!(world.get_with(path, &[("cookie", &admin)]).await.status, 200, "{path}");
        }
    }
}

#[tokio::test]
async fn an_open_console_is_open_to_this_machine_only() {
    let world = World::open().await;
    for headers in [
        [("host", "rebound.example"), ("accept", "*/*")],
        [("host", "localhost:8080"), ("x-forwarded-for", "203.0.113.9")],
    ] {
        for path in PAGES {
            let answer = world.get_with(path, &headers).await;
            assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login"), "{path}");
        }
        assert_eq!(world.get_with("/request", &headers).await.status, 200, "customers may write");
    }
}

#[tokio::test]
async fn an_open_console_asks_for_nothing() {
    let world = World::open().await;
    assert_eq!(world.get("/").await.status, 200);
    let page = world.get("/").await;
    page.says(&["href=\"/login\""]);
    world.get("/login?ticket=7&lang=de").await.says(&["name=\"ticket\" value=\"7\""]);
    let (_, secret) = world.token(&[Scope::Read], None).await;
    for (ticket, to) in [("7", "/tickets/7"), ("//evil.example", "/"), ("", "/")] {
        let form = format!("token={secret}&ticket={ticket}");
        assert_eq!(
            world.post("/login?lang=de", &[], &form).await.header("location"),
            format!("{to}?lang=de")
        );
    }
    assert!(!page.text.contains("/logout"));
}
