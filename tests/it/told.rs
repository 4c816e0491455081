//! An agent's answer leaves as it was typed, or not without a word: in the console, over the bundled redaction.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::{HeaderName, LOCATION, SET_COOKIE};
use desk::NewToken;
use domain::token::Scope;
use tests::House;
use tests::house::admin;
use tower::ServiceExt;

use super::gate::question;

/// What the console answers to a form.
struct Page {
    status: u16,
    location: String,
    cookie: String,
    text: String,
}

async fn post(house: &House, path: &str, cookie: &str, form: &str) -> Page {
    let request = Request::builder()
        .method("POST")
        .uri(path)
        .header("host", "localhost:8080")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .header("cookie", cookie)
        .body(Body::from(form.to_owned()))
        .unwrap();
    let router = console::router(house.desk.clone(), console::Access::Token, console::FormPace::default());
    let response = router.oneshot(request).await.unwrap();
    let header = |name: HeaderName| {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    let (location, cookie) = (header(LOCATION), header(SET_COOKIE));
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    Page { status, location, cookie, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

/// Somebody who may write on tickets; their cookie.
async fn signed_in(house: &House) -> String {
    let new = NewToken { name: "ines".to_owned(), scopes: vec![Scope::Read, Scope::Write], expires_at: None };
    let (_, secret) = house.desk.create_token(new, admin()).await.unwrap();
    let page = post(house, "/login", "", &format!("token={secret}")).await;
    assert_eq!(page.status, 303, "{}", page.text);
    page.cookie
}

async fn count(house: &House) -> usize {
    house.store.messages(house.ticket(1).await.id).await.unwrap().len()
}

on_both!(an_answer_leaves_with_placeholders_only_when_its_writer_was_told_of_them, |backend| {
    let house = House::furnished(backend).await;
    house.mail(&question("ana@example.org", 1)).await;
    let (cookie, before) = (signed_in(&house).await, count(&house).await);
    let text = "text=Please+pay+to+DE02+1203+0000+0000+2020+51.+Password:+Hund4711!&once=a1";
    let answer =
        async |path: &str, button: &str| post(&house, path, &cookie, &format!("{text}{button}")).await;

    let page = answer("/tickets/1/message", "&kind=reply").await;
    assert_eq!((page.status, count(&house).await), (422, before), "{}", page.location);
    for said in [
        "Your answer is not sent yet",
        ">Please pay to DE02 1203 0000 0000 2020 51. Password: Hund4711!</textarea>",
        "IBAN → <code>[IBAN-1]</code>",
        "password or other secret → <code>[SECRET-1]</code>",
        "name=\"told\" value=\"[IBAN-1] [SECRET-1]\">Send it so</button>",
    ] {
        assert!(page.text.contains(said), "`{said}` is not on the page:\n{}", page.text);
    }
    let page = answer("/tickets/1/message?lang=de", "&kind=reply").await;
    assert!(page.text.contains("noch nicht gesendet") && page.text.contains(">So senden<"), "{}", page.text);

    // Who was told of one of them was not told of the other.
    let page = answer("/tickets/1/message", "&told=%5BIBAN-1%5D").await;
    assert_eq!((page.status, count(&house).await), (422, before));

    let page = answer("/tickets/1/message", "&told=%5BIBAN-1%5D+%5BSECRET-1%5D").await;
    assert_eq!((page.status, page.location.as_str()), (303, "/tickets/1?done=sent"), "{}", page.text);
    house.settle().await;
    let sent = house.outbox.sent().pop().unwrap();
    assert_eq!(sent.text, "Please pay to [IBAN-1]. Password: [SECRET-1]");
});

on_both!(a_note_and_what_reaches_the_customer_as_it_was_typed_are_not_asked_about, |backend| {
    let house = House::furnished(backend).await;
    house.mail(&question("ana@example.org", 1)).await;
    let cookie = signed_in(&house).await;
    let note = "text=They+pay+to+DE02+1203+0000+0000+2020+51.&once=a1&kind=note";
    let page = post(&house, "/tickets/1/message", &cookie, note).await;
    assert_eq!((page.status, page.location.as_str()), (303, "/tickets/1?done=noted"), "{}", page.text);
    let reply = "text=Please+call+%2B49+171+2345678.&once=a2&kind=reply";
    let page = post(&house, "/tickets/1/message", &cookie, reply).await;
    assert_eq!((page.status, page.location.as_str()), (303, "/tickets/1?done=sent"), "{}", page.text);
    house.settle().await;
    assert_eq!(house.outbox.sent().pop().unwrap().text, "Please call +49 171 2345678.");
});
