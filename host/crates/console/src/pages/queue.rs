//! The queue: what becomes of mail that the gate left to people; for admins how much work waits, and what is held or given
//! up.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use desk::{DeadJob, DeskError, Intake, IntakeState, Page, QueueState};
use domain::clock::DAY_MS;
use domain::gate::Budgets;
use domain::message::Message;
use domain::token::Scope;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Visit, ticket};
use crate::Console;
use crate::session::{Agent, holder};
use crate::view::fact;

/// Rows of each table; the page's words name the number.
const ROWS_MAX: u32 = 100;
/// How far back mail is shown of which nobody knows whether it arrived.
const UNKNOWN_MS: i64 = 30 * DAY_MS;

struct Standing {
    mail: Vec<(i64, Message)>,
    unknown: Vec<(i64, Message)>,
    /// Whether the visitor may decide about held mail.
    works: bool,
    /// What only admins see.
    house: Option<House>,
}

/// How the house's work stands.
struct House {
    state: QueueState,
    held: Vec<Intake>,
    dead: Vec<DeadJob>,
    budgets: Budgets,
}

/// What the form of a held mail sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Decided {
    /// Which button: `send` sends it after all, anything else lets it go.
    what: String,
    /// Number of the ticket whose page the form stood on; empty for the queue's.
    ticket: String,
}

impl Decided {
    /// The page that the form stood on.
    fn back(&self) -> String {
        self.ticket.parse::<i64>().map_or_else(|_| "/queue".to_owned(), |number| format!("/tickets/{number}"))
    }
}

/// Shows the queue.
pub(crate) async fn show(State(console): State<Console>, visit: Visit) -> Response {
    page(&console, &visit, None).await
}

/// Sends a held mail after all, or decides that it is not sent.
pub(crate) async fn decide(
    State(console): State<Console>,
    agent: Agent,
    visit: Visit,
    Path(id): Path<String>,
    sent: Result<Form<Decided>, FormRejection>,
) -> Response {
    let decided = sent.map(|Form(decided)| decided).unwrap_or_default();
    let done = async {
        let id = id.parse().map_err(|_| DeskError::missing("message", &id))?;
        match decided.what.as_str() {
            "send" => console.desk.send_held(id, agent.0).await,
            _ => console.desk.discard_held(id, agent.0).await,
        }
    };
    match done.await {
        Ok(_) => Redirect::to(&visit.spoken.link(&decided.back(), &[])).into_response(),
        Err(DeskError::Refused(refusal)) if decided.ticket.is_empty() => {
            page(&console, &visit, Some(&visit.tell(&refusal.sentence))).await
        }
        Err(error @ DeskError::Refused(_)) => ticket::refused(&console, &visit, &decided.ticket, error).await,
        Err(error) => visit.failed(error),
    }
}

async fn page(console: &Console, visit: &Visit, failed: Option<&str>) -> Response {
    match standing(console, visit).await {
        Ok(standing) => {
            let status = failed.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
            let body = html! {
                @if let Some(why) = failed { p.alarm role="alert" { (why) } }
                (body(visit, &standing))
            };
            (status, visit.page_at(visit.texts().queue, "/queue").of(&body)).into_response()
        }
        Err(error) => visit.failed(error),
    }
}

async fn standing(console: &Console, visit: &Visit) -> Result<Standing, DeskError> {
    let (store, now) = (console.desk.ask(), console.desk.now());
    let token = holder(console, &visit.headers).await?;
    let may = |scope| token.as_ref().is_some_and(|token| token.allows(scope, now));
    Ok(Standing {
        mail: numbered(console, store.held_messages(&Page::first(ROWS_MAX)).await?).await?,
        unknown: numbered(console, store.unknown_messages(now.plus(-UNKNOWN_MS), i64::from(ROWS_MAX)).await?)
            .await?,
        works: may(Scope::Write),
        house: if may(Scope::Admin) { Some(house(console).await?) } else { None },
    })
}

async fn house(console: &Console) -> Result<House, DeskError> {
    let (store, page) = (console.desk.ask(), Page::first(ROWS_MAX));
    Ok(House {
        budgets: console.desk.budgets().await?,
        state: store.queue(console.desk.now()).await?,
        held: store.intakes(Some(IntakeState::Held), &page).await?,
        dead: store.dead_jobs(&page).await?,
    })
}

/// Messages with the numbers of their tickets.
async fn numbered(console: &Console, messages: Vec<Message>) -> Result<Vec<(i64, Message)>, DeskError> {
    let mut numbered = Vec::new();
    for message in messages {
        let ticket = console.desk.ask().ticket(message.ticket_id).await?;
        numbered.extend(ticket.map(|ticket| (ticket.number, message)));
    }
    Ok(numbered)
}

fn body(visit: &Visit, standing: &Standing) -> Markup {
    let texts = visit.texts();
    html! {
        @if let Some(house) = &standing.house { (work(visit, house)) }
        h2 { (texts.held_messages) }
        @if standing.mail.is_empty() { p { (texts.nothing_held_back) } } @else { (mail(visit, &standing.mail, standing.works)) }
        @if !standing.unknown.is_empty() {
            h2 { (texts.unknown_messages) }
            (mail(visit, &standing.unknown, false))
        }
        @match &standing.house {
            Some(house) => (given_up(visit, house)),
            None => p.meta { (texts.queue_for_admins) },
        }
    }
}

/// How much waits, and what came in and is held.
fn work(visit: &Visit, house: &House) -> Markup {
    let (texts, state) = (visit.texts(), house.state);
    let numbers = [
        (texts.ready, state.ready),
        (texts.waiting, state.waiting),
        (texts.leased, state.leased),
        (texts.dead, state.dead),
        (texts.oldest, state.oldest_ready_ms / 1_000),
    ];
    html! {
        dl.facts { @for (name, number) in numbers { (fact(name, Some(&number.to_string()))) } }
        h2 { (texts.held) }
        @if house.held.is_empty() { p { (texts.nothing_held) } } @else { (held(visit, &house.held)) }
    }
}

/// How much mail may leave, and which jobs were given up.
fn given_up(visit: &Visit, house: &House) -> Markup {
    let texts = visit.texts();
    html! {
        details {
            summary { (texts.budgets) }
            dl.facts { @for (name, value) in house.budgets.named() { (fact(name, Some(&value.to_string()))) } }
        }
        h2 { (texts.dead) }
        @if house.dead.is_empty() { p { (texts.nothing_dead) } } @else { (dead(visit, &house.dead)) }
    }
}

fn held(visit: &Visit, held: &[Intake]) -> Markup {
    let texts = visit.texts();
    html! {
        table {
            thead { tr { @for head in [texts.received, texts.source, texts.work, texts.reason] { th scope="col" { (head) } } } }
            tbody {
                @for intake in held {
                    tr {
                        td data-name=(texts.received) { (visit.time(intake.received_at)) }
                        td data-name=(texts.source) { (intake.source) }
                        td data-name=(texts.work) { (visit.spoken.language.work(intake.kind.as_str())) " " code { (intake.id) } }
                        td data-name=(texts.reason) dir="auto" { (visit.tell(intake.reason.as_deref().unwrap_or("–"))) }
                    }
                }
            }
        }
    }
}

fn mail(visit: &Visit, messages: &[(i64, Message)], works: bool) -> Markup {
    let texts = visit.texts();
    let heads = [texts.number, texts.recipient, texts.created, texts.reason];
    let decide = works.then_some(texts.decide);
    html! {
        table {
            thead { tr { @for head in heads.into_iter().chain(decide) { th scope="col" { (head) } } } }
            tbody {
                @for (number, message) in messages {
                    tr {
                        td data-name=(texts.number) { a href=(visit.spoken.link(&format!("/tickets/{number}"), &[])) { "#" (number) } " " code { (message.id) } }
                        td data-name=(texts.recipient) { bdi { (message.to_address.as_deref().unwrap_or("–")) } }
                        td data-name=(texts.created) { (visit.time(message.created_at)) }
                        td data-name=(texts.reason) dir="auto" { (visit.tell(message.delivery_reason.as_deref().unwrap_or("–"))) }
                        @if works {
                            td data-name=(texts.decide) { (decision(visit, message, None)) }
                        }
                    }
                }
            }
        }
    }
}

/// The buttons for a held mail; on a ticket's page they lead back there.
pub(super) fn decision(visit: &Visit, message: &Message, ticket: Option<i64>) -> Markup {
    let texts = visit.texts();
    let action = format!("/queue/mail/{}", message.id);
    html! {
        form.buttons method="post" action=(visit.spoken.link(&action, &[])) {
            @if let Some(number) = ticket { input type="hidden" name="ticket" value=(number); }
            button type="submit" name="what" value="send" { (texts.send_after_all) }
            button type="submit" name="what" value="discard" { (texts.let_go) }
        }
    }
}

fn dead(visit: &Visit, dead: &[DeadJob]) -> Markup {
    let texts = visit.texts();
    html! {
        table {
            thead { tr { @for head in [texts.given_up, texts.work, texts.tries, texts.last_error] { th scope="col" { (head) } } } }
            tbody {
                @for job in dead {
                    tr {
                        td data-name=(texts.given_up) { (visit.time(job.died_at)) }
                        td data-name=(texts.work) { (visit.spoken.language.work(job.job.name())) " " code { (job.lane) } }
                        td data-name=(texts.tries) { (job.attempts) }
                        td data-name=(texts.last_error) dir="auto" { (visit.tell(&job.last_error)) }
                    }
                }
            }
        }
    }
}
