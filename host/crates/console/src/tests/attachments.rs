//! Attachments on a ticket's page: links for whoever may open them, and only from our own page.

use domain::token::Scope;

use super::access::{session, sign_in};
use super::world::{Answer, World};

const PAGE: &str = "<script>x()</script>";
const MAIL: &str = "From: Ana <ana@example.org>\r\nTo: support@localhost\r\nSubject: Page\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHere it is.\r\n--b\r\nContent-Type: text/html; name=\"page.html\"\r\nContent-Disposition: attachment; filename=\"page.html\"\r\nContent-Transfer-Encoding: base64\r\n\r\nPHNjcmlwdD54KCk8L3NjcmlwdD4=\r\n--b--\r\n";

/// A world with a page on ticket 1, another ticket, and somebody signed in; the cookie and the page's id.
async fn with_page(scopes: &[Scope]) -> (World, String, String) {
    let world = World::open().await;
    world.desk.receive_mail("test", MAIL.into()).await.unwrap();
    world.desk.settle().await.unwrap();
    world.ticket("Parcel", "Where is my parcel?").await;
    let ticket = world.store.ticket_by_number(1).await.unwrap().unwrap();
    let messages = world.store.messages(ticket.id).await.unwrap();
    let id = messages.iter().flat_map(|m| &m.attachments).next().unwrap().id.to_string();
    let (_, secret) = world.token(scopes, None).await;
    let cookie = session(&sign_in(&world, &secret).await);
    (world, cookie, id)
}

async fn openings(world: &World) -> usize {
    let audit = world.store.audit(0, 100).await.unwrap();
    audit.iter().filter(|e| e.record.action == "attachment.opened").count()
}

#[tokio::test]
async fn an_agent_saves_an_attachment_and_it_is_written_down() {
    let (world, cookie, id) = Box::pin(with_page(&[Scope::Read, Scope::Write])).await;
    let path = format!("/tickets/1/attachments/{id}");
    let page = world.get_with("/tickets/1", &[("cookie", &cookie)]).await;
    page.says(&[&format!("href=\"{path}\""), "page.html", "(20 bytes)", "not redacted"]);
    assert_eq!(openings(&world).await, 0, "looking at the ticket opens nothing");
    let head = world.send("HEAD", &path, &[("cookie", &cookie)], String::new()).await;
    assert_eq!((head.status.as_u16(), head.header("allow")), (405, "GET"));
    assert_eq!(openings(&world).await, 0, "nobody got the file");
    let got = world.get_with(&path, &[("cookie", &cookie), ("sec-fetch-site", "same-origin")]).await;
    assert_eq!((got.status.as_u16(), got.text.as_str()), (200, PAGE));
    assert_eq!(
        got.header("content-disposition"),
        "attachment; filename=\"page.html\"; filename*=UTF-8''page.html"
    );
    assert_eq!(openings(&world).await, 1);
}

#[tokio::test]
async fn an_attachment_is_found_on_its_own_ticket_only() {
    let (world, cookie, id) = Box::pin(with_page(&[Scope::Read, Scope::Write])).await;
    for path in [format!("/tickets/2/attachments/{id}"), "/tickets/1/attachments/nonsense".to_owned()] {
        let got = world.get_with(&path, &[("cookie", &cookie)]).await;
        assert_eq!(got.status, 404, "{path}");
    }
    assert_eq!(openings(&world).await, 0);
}

#[tokio::test]
async fn who_may_not_open_attachments_sees_their_names_and_no_link() {
    let (world, cookie, id) = Box::pin(with_page(&[Scope::Read])).await;
    let path = format!("/tickets/1/attachments/{id}");
    for headers in [vec![("cookie", cookie.as_str())], vec![]] {
        let page = world.get_with("/tickets/1", &headers).await;
        page.says(&["page.html", "(20 bytes)"]);
        assert!(!page.text.contains("/attachments/"));
        let got = world.get_with(&path, &headers).await;
        assert_eq!((got.status.as_u16(), got.header("location")), (303, "/login"));
    }
    assert_eq!(openings(&world).await, 0);
}

#[tokio::test]
async fn another_site_opens_no_attachment() {
    let (world, cookie, id) = Box::pin(with_page(&[Scope::Read, Scope::Write])).await;
    let path = format!("/tickets/1/attachments/{id}");
    let got = world.get_with(&path, &[("cookie", &cookie), ("sec-fetch-site", "cross-site")]).await;
    assert_eq!((got.status.as_u16(), openings(&world).await), (403, 0));
}

/// The answer form as a browser sends it, with these files.
fn form(text: &str, files: &[(&str, &str)]) -> String {
    let field = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file = |(name, content): &(&str, &str)| {
        format!(
            "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n{content}\r\n"
        )
    };
    let files: String = files.iter().map(file).collect();
    format!("{}{files}{}{}--b--\r\n", field("text", text), field("once", "abc"), field("kind", "reply"))
}

async fn send(world: &World, cookie: &str, form: &str) -> Answer {
    let headers = [("cookie", cookie), ("sec-fetch-site", "same-origin")];
    world.upload("/tickets/2/message", &headers, form).await
}

#[tokio::test]
async fn an_answer_takes_along_the_files_that_were_chosen() {
    let (world, cookie, _) = Box::pin(with_page(&[Scope::Read, Scope::Write])).await;
    let page = world.get_with("/tickets/2", &[("cookie", &cookie)]).await;
    page.says(&["enctype=\"multipart/form-data\"", "name=\"files\"", "(at most 10, together 20 MiB)"]);
    let written = form("Here it is.\r\nThanks", &[("label.pdf", "%PDF-1.4\n"), ("", "")]);
    for _ in 0..2 {
        let sent = send(&world, &cookie, &written).await;
        assert_eq!((sent.status.as_u16(), sent.header("location")), (303, "/tickets/2?done=sent"));
    }
    let ticket = world.store.ticket_by_number(2).await.unwrap().unwrap();
    let messages = world.store.messages(ticket.id).await.unwrap();
    let [_, answer] = messages.as_slice() else { panic!("{} messages", messages.len()) };
    let [file] = answer.attachments.as_slice() else { panic!("{:?}", answer.attachments) };
    assert_eq!((answer.text.as_str(), file.file_name.as_str()), ("Here it is.\nThanks", "label.pdf"));
    let path = format!("/tickets/2/attachments/{}", file.id);
    let page = world.get_with("/tickets/2", &[("cookie", &cookie)]).await;
    page.says(&[&format!("href=\"{path}\""), "label.pdf"]);
    assert_eq!(world.get_with(&path, &[("cookie", &cookie)]).await.text, "%PDF-1.4\n");
}

#[tokio::test]
async fn without_a_file_the_form_sends_its_words() {
    let (world, cookie, _) = Box::pin(with_page(&[Scope::Read, Scope::Write])).await;
    assert_eq!(send(&world, &cookie, &form("Hello", &[("", "")])).await.status, 303);
    let ticket = world.store.ticket_by_number(2).await.unwrap().unwrap();
    let messages = world.store.messages(ticket.id).await.unwrap();
    assert_eq!((messages.len(), messages[1].attachments.len()), (2, 0));
}

#[tokio::test]
async fn files_that_cannot_be_sent_are_told_by_name_and_what_was_typed_stays() {
    let (world, cookie, _) = Box::pin(with_page(&[Scope::Read, Scope::Write])).await;
    let large = "x".repeat(11 << 20);
    for (files, told) in [
        (vec![("invoice.pdf.js", "var a = 1")], "“invoice.pdf.js” is something that runs when it is opened"),
        (vec![("scan.txt", large.as_str())], "“scan.txt” is larger than 10 MiB"),
        (vec![("a.txt", "a"); 12], "is one file too many: a message takes 10"),
    ] {
        let sent = send(&world, &cookie, &form("Dear Ana", &files)).await;
        assert_eq!(sent.status, 422, "{told}");
        sent.says(&[told, ">Dear Ana</textarea>", "Choose the files again"]);
    }
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    let written = form("Liebe Ana", &[("photo.png", "MZ\0program")]);
    let told = world.upload("/tickets/2/message?lang=de", &headers, &written).await;
    told.says(&["„photo.png“ ist ein Programm"]);
}

#[tokio::test]
async fn a_quotation_mark_in_a_files_name_arrives_as_what_it_is() {
    let (world, cookie, _) = Box::pin(with_page(&[Scope::Read, Scope::Write])).await;
    let written = form("Here it is.", &[("the %22label%22.pdf", "%PDF-1.4\n")]);
    assert_eq!(send(&world, &cookie, &written).await.status, 303);
    let ticket = world.store.ticket_by_number(2).await.unwrap().unwrap();
    let answer = world.store.messages(ticket.id).await.unwrap().pop().unwrap();
    assert_eq!(answer.attachments[0].file_name, "the _label_.pdf");
}

#[tokio::test]
async fn whoever_is_no_agent_sends_no_files_and_no_long_form() {
    let (world, _, _) = Box::pin(with_page(&[Scope::Read, Scope::Write])).await;
    let file = "x".repeat(1 << 20);
    let sent = send(&world, "", &form("Dear Ana", &[("scan.txt", file.as_str())])).await;
    assert_eq!(sent.status, 401);
    sent.says(&[">Dear Ana</textarea>"]);
    // More than that is not read: there is nothing to show again.
    let long = "x".repeat(3 << 20);
    assert_eq!(send(&world, "", &form("Dear Ana", &[("scan.txt", long.as_str())])).await.status, 303);
}
