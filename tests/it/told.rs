//! An agent's answer leaves as it was typed, or not without a word: in the console, over the bundled redaction.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::{HeaderName, LOCATION, SET_COOKIE};
use desk::NewToken;
use domain::ticket::StatusCategory;
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
    send(house, path, cookie, "application/x-www-form-urlencoded", form).await
}

/// Sends an answer as the composer does, with these fields and a file.
async fn post_with_file(house: &House, cookie: &str, fields: &[(&str, &str)]) -> Page {
    let mut form = String::new();
    for (name, value) in fields {
        form += &format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    form += "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"label.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.4\n\r\n--b--\r\n";
    send(house, "/tickets/1/message", cookie, "multipart/form-data; boundary=b", &form).await
}

async fn send(house: &House, path: &str, cookie: &str, content_type: &str, form: &str) -> Page {
    let request = Request::builder()
        .method("POST")
        .uri(path)
        .header("host", "localhost:8080")
        .header("content-type", content_type)
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

on_both!(an_answer_that_was_to_solve_its_ticket_solves_it_once_its_writer_was_told, |backend| {
    let house = House::furnished(backend).await;
    house.mail(&question("ana@example.org", 1)).await;
    let (cookie, before) = (signed_in(&house).await, count(&house).await);
    let status = house.ticket(1).await.status_category;
    assert_ne!(status, StatusCategory::Solved);
    let text = "text=Please+pay+to+DE02+1203+0000+0000+2020+51.&once=a1&was.status=open&status=pending";
    let page = post(&house, "/tickets/1/message", &cookie, &format!("{text}&kind=solve")).await;
    assert_eq!((page.status, count(&house).await), (422, before), "{}", page.location);
    let button = "name=\"told.solve\" value=\"[IBAN-1]\">Send it so and solve the ticket</button>";
    assert!(page.text.contains(button), "{}", page.text);
    assert_eq!(house.ticket(1).await.status_category, status, "nothing of it is done");

    let page = post(&house, "/tickets/1/message", &cookie, &format!("{text}&told.solve=%5BIBAN-1%5D")).await;
    assert_eq!((page.status, page.location.as_str()), (303, "/tickets/1?done=solved"), "{}", page.text);
    assert_eq!(house.ticket(1).await.status_category, StatusCategory::Solved);
    house.settle().await;
    assert_eq!(house.outbox.sent().pop().unwrap().text, "Please pay to [IBAN-1].");
});

on_both!(an_answer_whose_writer_was_told_does_not_leave_without_the_files_that_were_chosen, |backend| {
    let house = House::furnished(backend).await;
    house.mail(&question("ana@example.org", 1)).await;
    let (cookie, before) = (signed_in(&house).await, count(&house).await);
    let words = ("text", "Please pay to DE02 1203 0000 0000 2020 51.");
    let page = post_with_file(&house, &cookie, &[words, ("once", "a1"), ("kind", "reply")]).await;
    assert_eq!((page.status, count(&house).await), (422, before), "{}", page.location);
    for said in ["name=\"had.files\" value=\"yes\"", "name=\"without.files\"", "Choose the files again"] {
        assert!(page.text.contains(said), "`{said}` is not on the page:\n{}", page.text);
    }

    let text = "text=Please+pay+to+DE02+1203+0000+0000+2020+51.&once=a1&had.files=yes&told=%5BIBAN-1%5D";
    let page = post(&house, "/tickets/1/message?lang=de", &cookie, text).await;
    assert_eq!((page.status, count(&house).await), (422, before), "{}", page.location);
    for said in [
        "Die Dateien, die Sie gewählt hatten, sind nicht mehr dabei",
        "name=\"told\" value=\"[IBAN-1]\">So senden</button>",
        "name=\"had.files\" value=\"yes\"",
    ] {
        assert!(page.text.contains(said), "`{said}` is not on the page:\n{}", page.text);
    }

    let fields = [words, ("once", "a1"), ("had.files", "yes"), ("told", "[IBAN-1]")];
    let page = post_with_file(&house, &cookie, &fields).await;
    assert_eq!((page.status, files_of_the_newest(&house).await), (303, 1), "{}", page.text);
    // Whatever number the value has by now.
    let text = text.replace("once=a1", "once=a2").replace("told=", "told=%5BIBAN-2%5D+");
    let page = post(&house, "/tickets/1/message", &cookie, &format!("{text}&without.files=yes")).await;
    assert_eq!((page.status, files_of_the_newest(&house).await), (303, 0), "{}", page.text);
    assert_eq!(count(&house).await, before + 2);
});

/// How many files the newest message has.
async fn files_of_the_newest(house: &House) -> usize {
    let mut messages = house.store.messages(house.ticket(1).await.id).await.unwrap();
    messages.pop().unwrap().attachments.len()
}

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
