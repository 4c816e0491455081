//! Webhooks: who is told of which events, and what could not be told. A secret is shown once, on the page that answers its
//! making, which no browser keeps: it is for the program that checks signatures.

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use desk::{DeadJob, DeskError, Memo, NewWebhook, Page};
use domain::Actor;
use domain::event::EventType;
use domain::id::WebhookId;
use domain::job::Job;
use domain::webhook::Webhook;
use maud::{Markup, html};

use super::framed;
use crate::Console;
use crate::pages::{Visit, id_of, once};
use crate::session::Administrator;

/// Where it stands.
pub(super) const PATH: &str = "/settings/webhooks";
/// Dead jobs that are looked through, the newest ones.
const DEAD_LOOKED_AT: u32 = 200;
/// How every endpoint's address begins.
const SCHEME: &str = "https://";

/// What the form sends: `url`, `once`, and `event.…` for each type that is ticked.
type Sent = BTreeMap<String, String>;

/// What came of the form.
enum Outcome<'a> {
    /// There was none.
    Nothing,
    /// It was refused, with what was typed.
    Refused(&'a str, &'a Sent),
    /// An endpoint, and its secret.
    Made(&'a Webhook, &'a str),
}

/// Shows the endpoints.
pub(crate) async fn show(State(console): State<Console>, visit: Visit) -> Response {
    page(&console, &visit, &Outcome::Nothing).await
}

/// Makes an endpoint.
pub(crate) async fn make(
    State(console): State<Console>,
    admin: Administrator,
    visit: Visit,
    sent: Result<Form<Sent>, FormRejection>,
) -> Response {
    let nothing = Sent::new();
    let Ok(Form(sent)) = sent else {
        let why = visit.texts().form_unreadable;
        return page(&console, &visit, &Outcome::Refused(why, &nothing)).await;
    };
    match made(&console, &sent, admin.0).await {
        Ok((webhook, secret)) => page(&console, &visit, &Outcome::Made(&webhook, &secret)).await,
        Err(DeskError::Refused(refusal)) => {
            let why = visit.tell(&refusal.sentence);
            page(&console, &visit, &Outcome::Refused(&why, &sent)).await
        }
        Err(DeskError::Repeated) => {
            let why = visit.setting_texts().webhook_made_before;
            page(&console, &visit, &Outcome::Refused(why, &nothing)).await
        }
        Err(error) => visit.failed(error),
    }
}

async fn made(console: &Console, sent: &Sent, actor: Actor) -> Result<(Webhook, String), DeskError> {
    let typed = |name: &str| sent.get(name).map_or("", |value| value.trim());
    let events = EventType::ALL.iter().copied().filter(|event| is_ticked(sent, *event)).collect();
    let once = Some(typed("once")).filter(|once| !once.is_empty() && once.len() <= 64);
    let memo = once.map(|once| Memo {
        source: "console".to_owned(),
        key: format!("webhook:{once}"),
        outcome: Box::new(|webhook: &Webhook| webhook.id.to_string()),
    });
    console.desk.create_webhook(NewWebhook { url: whole(typed("url")), events }, memo, actor).await
}

/// The address with its scheme, which need not be typed; another one is for the desk to refuse.
fn whole(typed: &str) -> String {
    let has_scheme =
        typed.split_once("://").is_some_and(|(scheme, _)| scheme.bytes().all(|b| b.is_ascii_alphanumeric()));
    if has_scheme { typed.to_owned() } else { format!("{SCHEME}{typed}") }
}

/// The address as the page shows it.
fn shown(url: &str) -> &str {
    url.strip_prefix(SCHEME).unwrap_or(url)
}

fn is_ticked(sent: &Sent, event: EventType) -> bool {
    sent.contains_key(&field(event))
}

/// What an event's box is called.
fn field(event: EventType) -> String {
    format!("event.{event}")
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

async fn page(console: &Console, visit: &Visit, outcome: &Outcome<'_>) -> Response {
    let nothing = Sent::new();
    let (status, sent) = match outcome {
        Outcome::Refused(_, sent) => (StatusCode::UNPROCESSABLE_ENTITY, *sent),
        Outcome::Nothing | Outcome::Made(..) => (StatusCode::OK, &nothing),
    };
    match standing(console).await {
        Ok((webhooks, dead)) => {
            let body = html! {
                (told(visit, outcome))
                (list(visit, &webhooks, &dead))
                h2 { (visit.setting_texts().new_webhook) }
                (form(visit, sent))
            };
            framed(visit, PATH, status, &body)
        }
        Err(error) => visit.failed(error),
    }
}

fn told(visit: &Visit, outcome: &Outcome<'_>) -> Markup {
    html! {
        @match outcome {
            Outcome::Nothing => {}
            Outcome::Refused(why, _) => p.alarm role="alert" dir="auto" { (why) },
            Outcome::Made(webhook, secret) => div.found role="status" {
                p { (visit.setting_texts().webhook_made) }
                p { bdi { (shown(&webhook.url)) } ": " code { (secret) } }
            },
        }
    }
}

fn form(visit: &Visit, sent: &Sent) -> Markup {
    let texts = visit.setting_texts();
    let url = sent.get("url").map_or("", |url| shown(url.trim()));
    let is_narrowed = EventType::ALL.iter().any(|event| is_ticked(sent, *event));
    html! {
        form.composer method="post" action=(visit.spoken.link(PATH, &[])) {
            input type="hidden" name="once" value=(once());
            label for="url" { (texts.endpoint_url) }
            input #url name="url" required maxlength="2000" dir="auto" value=(url);
            details open[is_narrowed] {
                summary { (texts.only_these_events) }
                @for event in EventType::ALL.iter().copied() {
                    label.choice { input type="checkbox" name=(field(event)) value="yes" checked[is_ticked(sent, event)]; " " (event) } " "
                }
            }
            p.buttons { button.main type="submit" { (texts.make) } }
        }
    }
}

fn list(visit: &Visit, webhooks: &[Webhook], dead: &[DeadJob]) -> Markup {
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
    let address = shown(&webhook.url);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_need_not_be_typed_and_no_other_one_is_hidden() {
        for (typed, url) in [
            ("hooks.example.org/kulanz", "https://hooks.example.org/kulanz"),
            ("https://hooks.example.org", "https://hooks.example.org"),
            ("http://hooks.example.org", "http://hooks.example.org"),
            (
                "hooks.example.org/x?next=http://y.example",
                "https://hooks.example.org/x?next=http://y.example",
            ),
            ("", "https://"),
        ] {
            assert_eq!(whole(typed), url);
        }
        assert_eq!(shown("https://hooks.example.org"), "hooks.example.org");
        assert_eq!(shown("http://hooks.example.org"), "http://hooks.example.org");
    }
}
