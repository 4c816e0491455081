//! Attachments on a ticket's page: links for whoever may open them, and only from our own page.

use domain::token::Scope;

use super::access::{session, sign_in};
use super::world::World;

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
    page.says(&[&format!("href=\"{path}\""), "page.html", "(20 B)", "not redacted"]);
    assert_eq!(openings(&world).await, 0, "looking at the ticket opens nothing");
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
        page.says(&["page.html", "(20 B)"]);
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
