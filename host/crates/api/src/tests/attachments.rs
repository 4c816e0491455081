//! Attachments: handed out to be saved, to whoever may.

use desk::DeskConfig;
use domain::id::{AttachmentId, CountingIds};
use domain::token::Scope::{Admin, Inbound, Read, Reveal, Write};
use domain::vault::{Openers, VaultRules};
use serde_json::{Value, json};

use super::world::{NOW, World, new_ticket};

const PAGE: &[u8] = b"<script>x()</script>";
const MAIL: &str = "From: Ana <ana@example.org>\r\nTo: support@localhost\r\nSubject: Page\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHere it is.\r\n--b\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe.html\r\nContent-Transfer-Encoding: base64\r\n\r\nPHNjcmlwdD54KCk8L3NjcmlwdD4=\r\n--b--\r\n";

/// Takes in a mail with a page; the address of the page.
async fn page(world: &World) -> String {
    world.upload(Inbound, "/api/v1/inbound/mail", "message/rfc822", MAIL.into()).await.ok();
    world.desk.settle().await.unwrap();
    let list = world.call(Read, "GET", "/api/v1/tickets/1/attachments", Value::Null).await.ok();
    format!("/api/v1/attachments/{}", list["items"][0]["id"].as_str().unwrap())
}

#[tokio::test]
async fn an_attachment_is_handed_out_to_be_saved_and_never_to_be_shown() {
    let world = World::new().await;
    let path = page(&world).await;
    let got = world.call(Write, "GET", &path, Value::Null).await;
    assert_eq!((got.status.as_u16(), got.bytes.as_slice()), (200, PAGE));
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        ("content-disposition", "attachment; filename=\"Gr__e.html\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.html"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(got.header(name), value, "{name}");
    }
    let looked = world.call(Write, "HEAD", &path, Value::Null).await;
    assert_eq!((looked.status.as_u16(), looked.header("allow")), (405, "GET"));
    let audit = world.store.audit(0, 100).await.unwrap();
    let openings: Vec<_> = audit.iter().filter(|e| e.record.action == "attachment.opened").collect();
    assert_eq!(openings.len(), 1, "what shows nothing is not written down");
    assert!(path.ends_with(&openings[0].record.object) && openings[0].record.details["ticket"].is_string());
}

#[tokio::test]
async fn who_may_open_an_attachment_is_a_setting() {
    for (attachments, may) in [(Openers::Agents, [Write, Admin].as_slice()), (Openers::Reveal, &[Reveal])] {
        let vault = VaultRules { attachments, ..VaultRules::default() };
        let config = DeskConfig { redaction_required: false, vault, ..DeskConfig::default() };
        let world = World::with(config).await;
        let path = page(&world).await;
        for scope in [Read, Write, Inbound, Admin, Reveal] {
            let got = world.call(scope, "GET", &path, Value::Null).await;
            if may.contains(&scope) {
                assert_eq!(got.status, 200, "{attachments}: {scope}");
            } else {
                assert_eq!(got.problem(), (403, "scope_missing", ""), "{attachments}: {scope}");
                assert!(!got.bytes.windows(7).any(|window| window == b"<script"));
            }
        }
    }
}

#[tokio::test]
async fn an_attachment_that_is_not_there_is_not_found() {
    let world = World::new().await;
    let nobodys = AttachmentId::mint(&CountingIds::default(), NOW);
    for id in [nobodys.to_string(), "nonsense".to_owned()] {
        let got = world.call(Write, "GET", &format!("/api/v1/attachments/{id}"), Value::Null).await;
        assert_eq!(got.problem(), (404, "not_found", ""), "{id}");
    }
}

#[tokio::test]
async fn a_message_takes_files_along_that_are_then_found_like_those_that_came_in() {
    let world = World::new().await;
    world.call(Write, "POST", "/api/v1/tickets", new_ticket("Label")).await.ok();
    let file = json!({ "file_name": "../Größe.pdf", "content": "JVBERi0xLjQK" });
    let new = json!({ "kind": "reply", "text": "Here it is.", "attachments": [file] });
    let post = async || {
        let path = "/api/v1/tickets/1/messages";
        world.call_with(Write, "POST", path, new.clone(), &[("idempotency-key", "k")]).await
    };
    let made = post().await;
    let made_file = &made.json["attachments"][0];
    assert_eq!((made.status.as_u16(), &made_file["file_name"]), (201, &json!("Größe.pdf")));
    assert_eq!(
        (&made_file["content_type"], &made_file["size_bytes"]),
        (&json!("application/pdf"), &json!(9))
    );
    assert_eq!(post().await.json, made.json, "sent twice is sent once, with its files");
    let list = world.call(Read, "GET", "/api/v1/tickets/1/attachments", Value::Null).await.ok();
    assert_eq!(list["items"], made.json["attachments"]);
    let path = format!("/api/v1/attachments/{}", made_file["id"].as_str().unwrap());
    assert_eq!(world.call(Write, "GET", &path, Value::Null).await.bytes, b"%PDF-1.4\n");
}

#[tokio::test]
async fn files_that_cannot_be_read_or_sent_are_refused_by_name() {
    let world = World::new().await;
    world.call(Write, "POST", "/api/v1/tickets", new_ticket("Label")).await.ok();
    for (file, code, field) in [
        (json!({ "file_name": "a.pdf", "content": "no base64!" }), "bad_body", "attachments[0].content"),
        (json!({ "file_name": "a.pdf" }), "bad_body", "attachments[0].content"),
        (json!({ "file_name": "a.pdf", "content": "" }), "bad_file", "attachments"),
        (json!({ "file_name": "a.pdf", "content": "TVqQAAMAAAA=" }), "harmful_file", "attachments"),
    ] {
        let new = json!({ "kind": "note", "text": "x", "attachments": [file] });
        let got = world.call(Write, "POST", "/api/v1/tickets/1/messages", new).await;
        assert_eq!(got.problem(), (422, code, field), "{}", got.json);
    }
}

#[tokio::test]
async fn the_largest_files_that_may_be_sent_fit_into_a_request() {
    let world = World::new().await;
    world.call(Write, "POST", "/api/v1/tickets", new_ticket("Label")).await.ok();
    // 10 MiB of zeros as base64.
    let content = format!("{}AA==", "A".repeat((10 << 20) / 3 * 4));
    let file = json!({ "file_name": "a.bin", "content": content });
    let new = json!({ "kind": "note", "text": "x", "attachments": [file, file] });
    let made = world.call(Write, "POST", "/api/v1/tickets/1/messages", new).await.ok();
    assert_eq!(made["attachments"][1]["size_bytes"], 10 << 20);
}
