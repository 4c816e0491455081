//! The queue: how much work waits, what is held, what was given up.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::{DeadJob, DeskError, Intake, IntakeState, Page, QueueState};
use domain::gate::Budgets;
use domain::message::Message;
use maud::{Markup, html};

use super::Visit;
use crate::Console;
use crate::view::{fact, time};

/// Rows of each table.
const ROWS_MAX: u32 = 100;

struct Standing {
    state: QueueState,
    held: Vec<Intake>,
    dead: Vec<DeadJob>,
    mail: Vec<(i64, Message)>,
    budgets: Budgets,
}

/// Shows the queue.
pub(crate) async fn show(State(console): State<Console>, visit: Visit) -> Response {
    match standing(&console).await {
        Ok(standing) => visit.page(visit.texts().queue).of(&body(&visit, &standing)).into_response(),
        Err(error) => visit.failed(error),
    }
}

async fn standing(console: &Console) -> Result<Standing, DeskError> {
    let store = console.desk.ask();
    let page = Page { after: None, limit: ROWS_MAX };
    let mut mail = Vec::new();
    for message in store.held_messages(&page).await? {
        let ticket = store.ticket(message.ticket_id).await?;
        mail.extend(ticket.map(|ticket| (ticket.number, message)));
    }
    Ok(Standing {
        mail,
        budgets: console.desk.budgets().await?,
        state: store.queue(console.desk.now()).await?,
        held: store.intakes(Some(IntakeState::Held), &page).await?,
        dead: store.dead_jobs(&page).await?,
    })
}

fn body(visit: &Visit, standing: &Standing) -> Markup {
    let texts = visit.texts();
    let state = standing.state;
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
        @if standing.held.is_empty() { p { (texts.nothing_held) } } @else { (held(visit, &standing.held)) }
        h2 { (texts.held_messages) }
        @if standing.mail.is_empty() { p { (texts.nothing_held_back) } } @else { (mail(visit, &standing.mail)) }
        details {
            summary { (texts.budgets) }
            dl.facts { @for (name, value) in standing.budgets.named() { (fact(name, Some(&value.to_string()))) } }
        }
        h2 { (texts.dead) }
        @if standing.dead.is_empty() { p { (texts.nothing_dead) } } @else { (dead(visit, &standing.dead)) }
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
                        td data-name=(texts.received) { (time(intake.received_at)) }
                        td data-name=(texts.source) { (intake.source) }
                        td data-name=(texts.work) { (intake.kind) " " code { (intake.id) } }
                        td data-name=(texts.reason) dir="auto" { (intake.reason.as_deref().unwrap_or("–")) }
                    }
                }
            }
        }
    }
}

fn mail(visit: &Visit, mail: &[(i64, Message)]) -> Markup {
    let texts = visit.texts();
    html! {
        table {
            thead { tr { @for head in [texts.number, texts.recipient, texts.created, texts.reason] { th scope="col" { (head) } } } }
            tbody {
                @for (number, message) in mail {
                    tr {
                        td data-name=(texts.number) { a href=(visit.spoken.link(&format!("/tickets/{number}"), &[])) { "#" (number) } " " code { (message.id) } }
                        td data-name=(texts.recipient) { bdi { (message.to_address.as_deref().unwrap_or("–")) } }
                        td data-name=(texts.created) { (time(message.created_at)) }
                        td data-name=(texts.reason) dir="auto" { (message.delivery_reason.as_deref().unwrap_or("–")) }
                    }
                }
            }
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
                        td data-name=(texts.given_up) { (time(job.died_at)) }
                        td data-name=(texts.work) { (job.job.name()) " " code { (job.lane) } }
                        td data-name=(texts.tries) { (job.attempts) }
                        td data-name=(texts.last_error) dir="auto" { (job.last_error) }
                    }
                }
            }
        }
    }
}
