//! The audit trail, newest first. Whether its chain holds is not looked at here; `kulanz db check` follows it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use desk::DeskError;
use domain::actor::Names;
use domain::audit::AuditEntry;
use domain::id::ContactId;
use maud::{Markup, html};

use super::framed;
use crate::Console;
use crate::pages::Visit;

/// Where it stands.
pub(super) const PATH: &str = "/settings/audit";
/// Entries on a page.
const ENTRIES_ON_PAGE: i64 = 50;

/// Shows the newest entries, or those before one.
pub(crate) async fn show(State(console): State<Console>, visit: Visit) -> Response {
    let before = visit.asked("before").and_then(|before| before.parse().ok());
    match standing(&console, before).await {
        Ok((entries, names)) => {
            let body = body(&visit, &entries, &names, before.is_some());
            framed(&visit, PATH, StatusCode::OK, &body)
        }
        Err(error) => visit.failed(error),
    }
}

async fn standing(console: &Console, before: Option<i64>) -> Result<(Vec<AuditEntry>, Names), DeskError> {
    let entries = console.desk.ask().audit_before(before.unwrap_or(i64::MAX), ENTRIES_ON_PAGE).await?;
    let names = console.desk.names_in(&entries).await?;
    Ok((entries, names))
}

fn body(visit: &Visit, entries: &[AuditEntry], names: &Names, is_older: bool) -> Markup {
    let (texts, words) = (visit.setting_texts(), visit.texts());
    let heads = [words.number, texts.at, texts.who, texts.action, texts.target, texts.details];
    // Entries are numbered from 1 without gaps.
    let older = entries.last().map(|entry| entry.sequence).filter(|sequence| *sequence > 1);
    html! {
        @if entries.is_empty() { p { (texts.nothing_recorded) } } @else {
            table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for entry in entries { (row(visit, entry, names)) } }
            }
        }
        nav.pages {
            @if is_older { a href=(visit.spoken.link(PATH, &[])) rel="first" { "« " (words.newest) } }
            @if let Some(before) = older {
                a href=(visit.spoken.link(PATH, &[("before", &before.to_string())])) rel="next" { (words.older) " »" }
            }
        }
    }
}

fn row(visit: &Visit, entry: &AuditEntry, names: &Names) -> Markup {
    let (texts, words) = (visit.setting_texts(), visit.texts());
    let record = &entry.record;
    html! {
        tr {
            td data-name=(words.number) { (entry.sequence) }
            td data-name=(texts.at) { (visit.time(record.at)) }
            td data-name=(texts.who) { div { (visit.spoken.language.actor(record.actor.kind)) " " bdi { (names.who(&record.actor)) } } }
            td data-name=(texts.action) { code { (record.action) } }
            td data-name=(texts.target) { (target(visit, &record.object, names)) }
            td data-name=(texts.details) dir="auto" {
                @if record.details.is_null() { "–" } @else { code { (record.details) } }
            }
        }
    }
}

/// On what: its name with a link where there is a page, and its id. A person is told on their own page only.
fn target(visit: &Visit, object: &str, names: &Names) -> Markup {
    let link = |path: String| visit.spoken.link(&path, &[]);
    let Some(name) = names.about(object) else {
        return match object.parse::<ContactId>() {
            Ok(contact) => html! { a href=(link(format!("/contacts/{contact}"))) { bdi { (object) } } },
            Err(_) => html! { bdi { (object) } },
        };
    };
    let number = name.strip_prefix('#').and_then(|number| number.parse::<i64>().ok());
    html! {
        @if let Some(number) = number {
            a href=(link(format!("/tickets/{number}"))) { bdi { (name) } }
        } @else { bdi { (name) } }
        " " code { (object) }
    }
}
