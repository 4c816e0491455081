//! The queue: how much work waits, what is held, what was given up.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::{DeadJob, Intake, IntakeState, Page, QueueState, StoreError};
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
}

/// Shows the queue.
pub(crate) async fn show(State(console): State<Console>, visit: Visit) -> Response {
    match standing(&console).await {
        Ok(standing) => visit.page(visit.texts().queue).of(&body(&visit, &standing)).into_response(),
        Err(error) => visit.failed(error),
    }
}

async fn standing(console: &Console) -> Result<Standing, StoreError> {
    let store = console.desk.ask();
    let page = Page { after: None, limit: ROWS_MAX };
    Ok(Standing {
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
