//! Webhooks: who is told of which events, and what could not be told. Making one stays with the API: its secret is for
//! the program that checks it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use desk::{DeadJob, DeskError, Page};
use domain::Actor;
use domain::id::WebhookId;
use domain::job::Job;
use domain::webhook::Webhook;
use maud::{Markup, html};

use super::framed;
use crate::Console;
use crate::pages::{Visit, id_of};
use crate::session::Administrator;

/// Where it stands.
pub(super) const PATH: &str = "/settings/webhooks";
/// Dead jobs that are looked through, the newest ones.
const DEAD_LOOKED_AT: u32 = 200;
/// How every endpoint's address begins.
const SCHEME: &str = "https://";

/// Shows the endpoints.
pub(crate) async fn show(State(console): State<Console>, visit: Visit) -> Response {
    match standing(&console).await {
        Ok((webhooks, dead)) => framed(&visit, PATH, StatusCode::OK, &body(&visit, &webhooks, &dead)),
        Err(error) => visit.failed(error),
    }
}

/// Removes an endpoint.
pub(crate) async fn remove(
    State(console): State<Console>,
    admin: Administrator,
    visit: Visit,
    Path(id): Path<String>,
) -> Response {
    match removed(&console, &id, admin.0).await {
        Ok(()) => Redirect::to(&visit.spoken.link(PATH, &[])).into_response(),
        Err(error) => visit.failed(error),
    }
}

async fn removed(console: &Console, id: &str, actor: Actor) -> Result<(), DeskError> {
    let id: WebhookId = id_of("webhook", id)?;
    console.desk.remove_webhook(id, actor).await
}

async fn standing(console: &Console) -> Result<(Vec<Webhook>, Vec<DeadJob>), DeskError> {
    let store = console.desk.ask();
    Ok((store.webhooks().await?, store.dead_jobs(&Page::first(DEAD_LOOKED_AT)).await?))
}

fn body(visit: &Visit, webhooks: &[Webhook], dead: &[DeadJob]) -> Markup {
    let (texts, words) = (visit.setting_texts(), visit.texts());
    let heads = [texts.endpoint, texts.events, words.state, texts.given_up, words.last_error, words.remove];
    html! {
        @if webhooks.is_empty() { p { (texts.no_webhooks) } } @else {
            table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for webhook in webhooks { (row(visit, webhook, dead)) } }
            }
        }
        p { a href=(visit.spoken.link("/queue", &[])) { (texts.to_queue) } }
    }
}

fn row(visit: &Visit, webhook: &Webhook, dead: &[DeadJob]) -> Markup {
    let (texts, words) = (visit.setting_texts(), visit.texts());
    let address = webhook.url.strip_prefix(SCHEME).unwrap_or(&webhook.url);
    let is_its =
        |dead: &&DeadJob| matches!(&dead.job, Job::Webhook { webhook_id, .. } if *webhook_id == webhook.id);
    let newest = dead.iter().find(is_its);
    let state = if webhook.enabled { texts.switched_on } else { words.switched_off };
    html! {
        tr {
            th scope="row" data-name=(texts.endpoint) { div { bdi { (address) } " " small { code { (webhook.id) } } } }
            td data-name=(texts.events) {
                div {
                    @if webhook.events.is_empty() { (words.all) }
                    @for event in &webhook.events { code.tag { (event) } " " }
                }
            }
            td data-name=(words.state) { (state) }
            td data-name=(texts.given_up) { (dead.iter().filter(is_its).count()) }
            td data-name=(words.last_error) dir="auto" {
                @match newest {
                    Some(job) => div { (visit.time(job.died_at)) " " (visit.tell(&job.last_error)) },
                    None => "–",
                }
            }
            td data-name=(words.remove) { (removal(visit, webhook)) }
        }
    }
}

fn removal(visit: &Visit, webhook: &Webhook) -> Markup {
    let (texts, words) = (visit.setting_texts(), visit.texts());
    let action = format!("{PATH}/{}/remove", webhook.id);
    html! {
        details {
            summary { (words.remove) }
            form method="post" action=(visit.spoken.link(&action, &[])) {
                p { (texts.remove_webhook_help) }
                button type="submit" { (words.remove) }
            }
        }
    }
}
