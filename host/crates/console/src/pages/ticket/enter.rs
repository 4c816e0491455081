//! What Enter does in a field of one line on a ticket's page. All fields there are parts of one form, and a browser presses
//! the first button of a form: that is a hidden one, which goes by what was filled in. Knows where the words go on, not
//! what is done with them there.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::article::Article;
use domain::ticket::Ticket;
use maud::{Markup, html};

use super::composer::{self, FORM};
use super::written::Written;
use crate::Console;
use crate::pages::Visit;
use crate::session::Agent;

/// Sends the browser on, with all that it sent, to what the agent was about. An answer that was begun goes along.
pub(crate) async fn press(
    State(console): State<Console>,
    agent: Result<Agent, Response>,
    visit: Visit,
    Path(number): Path<String>,
    request: Request,
) -> Response {
    // What could not be read goes on as well: who reads it there says so.
    let written = match Box::pin(Written::by(&console, agent, &visit, request)).await {
        Ok((_, written, _)) => written,
        Err(answer) => return answer,
    };
    let ticket = match super::ticket(&console, &number).await {
        Ok(ticket) => ticket,
        Err(error) => return visit.failed(error),
    };
    let article: Vec<(&str, &str)> = visit.asked("article").map(|id| ("article", id)).into_iter().collect();
    let (what, place) = goes_to(&written);
    let address = super::link(&visit, &format!("/tickets/{}/{what}", ticket.number), &article);
    // A temporary one has the browser send the same form there.
    Redirect::temporary(&format!("{address}{place}")).into_response()
}

/// What was meant, and where on the page it is to be seen. Looking comes first: it changes nothing, and the number of a
/// merge stands there again.
fn goes_to(sent: &Written) -> (&'static str, &'static str) {
    let (words, was) = (sent.said("find").trim(), sent.said("was.find").trim());
    let is_merge = !sent.said("into").trim().is_empty();
    let looks_again = !words.is_empty() && !is_merge && !sent.changes_fields();
    if words != was || looks_again {
        return ("answer", "#answer");
    }
    (if is_merge { "merge" } else { "fields" }, "")
}

/// The button that nobody sees. It has to stand before all others of the form, and not folded away: some browsers press
/// none that is not drawn.
pub(super) fn button(visit: &Visit, ticket: &Ticket, picked: Option<&Article>) -> Markup {
    let action = composer::sent_to(visit, &format!("/tickets/{}/enter", ticket.number), picked);
    html! {
        button.unseen type="submit" form=(FORM) formaction=(action) formenctype="application/x-www-form-urlencoded" formnovalidate tabindex="-1" aria-hidden="true" {}
    }
}
