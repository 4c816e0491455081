//! The suppression list: addresses that get no automatic mail, why, and until when.

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use desk::{DeskError, Page, SUPPRESSION_REASON_CHARS_MAX, Suppression};
use domain::address::canonical_address;
use domain::{Actor, Timestamp};
use maud::{Markup, html};
use serde::Deserialize;

use super::{days_field, end_after, framed_after};
use crate::Console;
use crate::pages::Visit;
use crate::session::Administrator;

/// Where it stands.
pub(super) const PATH: &str = "/settings/suppressions";
/// Addresses on a page.
const ADDRESSES_ON_PAGE: u32 = 100;

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// A whole address.
    q: String,
    /// The last address of the page before.
    after: String,
}

/// What a form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Written {
    address: String,
    reason: String,
    days: String,
}

struct Standing {
    found: Vec<Suppression>,
    /// The last address of this page, where more follow.
    next: Option<String>,
    now: Timestamp,
}

/// Shows the list, or the one address that was asked for.
pub(crate) async fn show(
    State(console): State<Console>,
    visit: Visit,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    page(&console, &visit, &asked, &Written::default(), None).await
}

/// Puts an address on the list; one that is there gets the new reason and end.
pub(crate) async fn add(
    State(console): State<Console>,
    admin: Administrator,
    visit: Visit,
    sent: Result<Form<Written>, FormRejection>,
) -> Response {
    let done = match &sent {
        Ok(Form(written)) => suppress(&console, written, admin.0).await,
        Err(_) => Err(visit.unreadable().into()),
    };
    let written = sent.map(|Form(written)| written).unwrap_or_default();
    match done {
        Ok(()) => Redirect::to(&visit.spoken.link(PATH, &[("saved", "yes")])).into_response(),
        Err(DeskError::Refused(refusal)) => {
            let why = visit.tell(&refusal.sentence);
            page(&console, &visit, &Asked::default(), &written, Some(&why)).await
        }
        Err(error) => visit.failed(error),
    }
}

/// Takes an address off the list.
pub(crate) async fn remove(
    State(console): State<Console>,
    admin: Administrator,
    visit: Visit,
    sent: Result<Form<Written>, FormRejection>,
) -> Response {
    let written = sent.map(|Form(written)| written).unwrap_or_default();
    match console.desk.unsuppress(&written.address, admin.0).await {
        Ok(()) => Redirect::to(&visit.spoken.link(PATH, &[("saved", "yes")])).into_response(),
        Err(error) => visit.failed(error),
    }
}

async fn suppress(console: &Console, written: &Written, actor: Actor) -> Result<(), DeskError> {
    let until = end_after(console.desk.now(), &written.days)?;
    console.desk.suppress(&written.address, written.reason.trim(), until, actor).await
}

async fn page(
    console: &Console,
    visit: &Visit,
    asked: &Asked,
    written: &Written,
    refused: Option<&str>,
) -> Response {
    match standing(console, asked).await {
        Ok(standing) => {
            let body = html! {
                (search(visit, asked))
                (list(visit, asked, &standing))
                h2 { (visit.setting_texts().suppress) }
                (form(visit, written))
            };
            framed_after(visit, PATH, refused, &body)
        }
        Err(error) => visit.failed(error),
    }
}

async fn standing(console: &Console, asked: &Asked) -> Result<Standing, DeskError> {
    let (store, now) = (console.desk.ask(), console.desk.now());
    let address = canonical_address(&asked.q);
    if !address.is_empty() {
        let found = store.suppression(&address).await?.into_iter().collect();
        return Ok(Standing { found, next: None, now });
    }
    let after = Some(asked.after.clone()).filter(|after| !after.is_empty());
    let mut found = store.suppressions(&Page { after, limit: ADDRESSES_ON_PAGE + 1 }).await?;
    let most = usize::try_from(ADDRESSES_ON_PAGE).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    let next = found.last().filter(|_| more).map(|last| last.address.clone());
    Ok(Standing { found, next, now })
}

fn search(visit: &Visit, asked: &Asked) -> Markup {
    let (texts, words) = (visit.setting_texts(), visit.texts());
    html! {
        form.search method="get" action=(PATH) role="search" {
            label for="q" { (texts.search_address) }
            @if visit.spoken.chosen { input type="hidden" name="lang" value=(visit.spoken.language.tag()); }
            p.buttons {
                input #q name="q" type="search" maxlength="320" value=(asked.q);
                button type="submit" { (words.search) }
            }
            @if !asked.q.is_empty() { a href=(visit.spoken.link(PATH, &[])) { (words.everything) } }
        }
    }
}

fn list(visit: &Visit, asked: &Asked, standing: &Standing) -> Markup {
    let (texts, words) = (visit.setting_texts(), visit.texts());
    let none = if asked.q.is_empty() { texts.none_suppressed } else { texts.not_suppressed };
    html! {
        @if standing.found.is_empty() { p { (none) } } @else { (table(visit, standing)) }
        nav.pages {
            @if !asked.after.is_empty() { a href=(visit.spoken.link(PATH, &[])) rel="first" { "« " (words.earlier) } }
            @if let Some(last) = &standing.next {
                a href=(visit.spoken.link(PATH, &[("after", last)])) rel="next" { (words.further) " »" }
            }
        }
    }
}

fn table(visit: &Visit, standing: &Standing) -> Markup {
    let (texts, words) = (visit.setting_texts(), visit.texts());
    let heads = [words.address, words.reason, texts.made, texts.ends, texts.release];
    html! {
        table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { @for listed in &standing.found { (row(visit, standing.now, listed)) } }
        }
    }
}

fn row(visit: &Visit, now: Timestamp, listed: &Suppression) -> Markup {
    let (texts, words) = (visit.setting_texts(), visit.texts());
    html! {
        tr {
            th scope="row" data-name=(words.address) { bdi { (listed.address) } }
            td data-name=(words.reason) dir="auto" { (visit.tell(&listed.reason)) }
            td data-name=(texts.made) { (visit.time(listed.created_at)) }
            td data-name=(texts.ends) {
                div {
                    @match listed.until {
                        None => (texts.for_good),
                        Some(until) => {
                            (visit.time(until))
                            @if until <= now { " (" (texts.ended) ")" }
                        }
                    }
                }
            }
            td data-name=(texts.release) {
                form method="post" action=(visit.spoken.link("/settings/suppressions/remove", &[])) {
                    input type="hidden" name="address" value=(listed.address);
                    button type="submit" { (texts.release) }
                }
            }
        }
    }
}

fn form(visit: &Visit, written: &Written) -> Markup {
    let (texts, words) = (visit.setting_texts(), visit.texts());
    html! {
        form.composer method="post" action=(visit.spoken.link(PATH, &[])) {
            p { (texts.suppress_help) }
            label for="address" { (words.address) }
            input #address name="address" type="email" required maxlength="320" value=(written.address);
            label for="reason" { (words.reason) }
            input #reason name="reason" required maxlength=(SUPPRESSION_REASON_CHARS_MAX) dir="auto" value=(written.reason);
            (days_field(visit, &written.days))
            p.buttons { button.main type="submit" { (texts.add) } }
        }
    }
}
