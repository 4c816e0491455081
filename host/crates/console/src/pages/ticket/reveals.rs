//! Seeing a sealed value again: asking with a reason, agreeing that somebody else sees it, looking. A value is on the page
//! that answers a form and nowhere else: in no address, no session and no cache. Who may is the desk's to say.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use desk::DeskError;
use domain::Actor;
use domain::clock::DAY_MS;
use domain::id::{RedactionId, RevealId, TicketId};
use domain::redaction::Redaction;
use domain::story::Material;
use domain::ticket::Ticket;
use domain::vault::{REASON_CHARS_MAX, Reveal};
use maud::{Markup, html};
use serde::Deserialize;

use super::Typed;
use crate::Console;
use crate::pages::{Visit, id_of};
use crate::session::Revealer;

/// How long a wish to which nobody agreed stands on the page, milliseconds.
const WISHES_SHOWN_MS: i64 = 7 * DAY_MS;

/// Why a value is wanted, as the form sends it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Reason {
    reason: String,
}

/// A reason that did not do, to be mended.
#[derive(Debug)]
pub(super) struct Unmet {
    redaction: String,
    reason: String,
}

/// What who may see values finds on the page of a ticket.
pub(super) struct Wishes {
    /// Who looks at the page.
    viewer: Actor,
    /// Wishes that wait for consent, and the viewer's own that were granted.
    open: Vec<Reveal>,
    /// Whether a second person has to agree.
    four_eyes: bool,
}

/// A value for the eyes of whoever asked.
struct Seen {
    placeholder: String,
    reveal: Reveal,
    value: String,
}

impl Wishes {
    /// The wishes on a ticket that still lead somewhere.
    pub(super) async fn of(console: &Console, ticket: TicketId, viewer: Actor) -> Result<Self, DeskError> {
        let now = console.desk.now();
        let mut open = console.desk.ask().reveals_of(ticket, now.plus(-WISHES_SHOWN_MS)).await?;
        open.retain(|wish| wish.until.is_none_or(|until| now < until && wish.is_asked_by(&viewer)));
        Ok(Self { viewer, open, four_eyes: console.desk.config().vault.four_eyes })
    }

    /// Whether there is something to look at or to agree to.
    pub(super) fn are_there(&self) -> bool {
        !self.open.is_empty()
    }
}

/// Asks to see a value; it is shown at once where nobody else has to agree.
pub(crate) async fn ask(
    State(console): State<Console>,
    revealer: Revealer,
    visit: Visit,
    Path((number, id)): Path<(String, String)>,
    sent: Result<Form<Reason>, FormRejection>,
) -> Response {
    let reason = sent.map(|Form(sent)| sent.reason).unwrap_or_default();
    let asked = Box::pin(async {
        let ticket = super::ticket(&console, &number).await?;
        let id: RedactionId = id_of("redaction", &id)?;
        let redaction = console.desk.ask().redaction(id).await?.filter(|r| r.ticket_id == ticket.id);
        let redaction = redaction.ok_or_else(|| DeskError::missing("redaction", id))?;
        let reveal = console.desk.ask_reveal(redaction.id, &reason, revealer.0.clone()).await?;
        match reveal.until {
            Some(_) => seen(&console, redaction.placeholder, reveal, revealer.0).await.map(Some),
            None => Ok(None),
        }
    });
    let asked: Result<Option<Seen>, DeskError> = asked.await;
    match asked {
        Ok(Some(seen)) => shown(&visit, &number, &seen),
        Ok(None) => super::done(&console, &visit, &number, Typed::default(), Ok(())).await,
        Err(error) => {
            let typed = Typed { unmet: Some(Unmet { redaction: id, reason }), ..Typed::default() };
            super::done(&console, &visit, &number, typed, Err(error)).await
        }
    }
}

/// Agrees that somebody else sees a value.
pub(crate) async fn agree(
    State(console): State<Console>,
    revealer: Revealer,
    visit: Visit,
    Path((number, id)): Path<(String, String)>,
) -> Response {
    let done = Box::pin(async {
        let wish = wish(&console, &number, &id).await?;
        console.desk.grant_reveal(wish.id, revealer.0).await.map(drop)
    });
    let done = done.await;
    super::done(&console, &visit, &number, Typed::default(), done).await
}

/// Shows a value that was asked for, and agreed to where that is needed.
pub(crate) async fn look(
    State(console): State<Console>,
    revealer: Revealer,
    visit: Visit,
    Path((number, id)): Path<(String, String)>,
) -> Response {
    let looked = Box::pin(async {
        let wish = wish(&console, &number, &id).await?;
        let redaction = console.desk.ask().redaction(wish.redaction_id).await?;
        let redaction = redaction.ok_or_else(|| DeskError::missing("redaction", wish.redaction_id))?;
        seen(&console, redaction.placeholder, wish, revealer.0).await
    });
    let looked: Result<Seen, DeskError> = looked.await;
    match looked {
        Ok(seen) => shown(&visit, &number, &seen),
        Err(error) => super::done(&console, &visit, &number, Typed::default(), Err(error)).await,
    }
}

/// A wish about a value of this ticket.
async fn wish(console: &Console, number: &str, id: &str) -> Result<Reveal, DeskError> {
    let ticket = super::ticket(console, number).await?;
    let id: RevealId = id_of("reveal", id)?;
    let wish = console.desk.ask().reveal(id).await?.filter(|wish| wish.ticket_id == ticket.id);
    wish.ok_or_else(|| DeskError::missing("reveal", id))
}

async fn seen(
    console: &Console,
    placeholder: String,
    reveal: Reveal,
    viewer: Actor,
) -> Result<Seen, DeskError> {
    let value = console.desk.look(reveal.id, viewer).await?;
    Ok(Seen { placeholder, reveal, value })
}

/// The page with the value. Like every page that is not said otherwise it goes out with `no-store`; it stands at no
/// address of its own, so the other language leads back to the ticket.
fn shown(visit: &Visit, number: &str, seen: &Seen) -> Response {
    let (texts, own) = (visit.texts(), visit.spoken.language.personal());
    let title = format!("{} {}", own.value_seen, seen.placeholder);
    let ticket = format!("/tickets/{number}");
    let body = html! {
        div.text #value dir="auto" { (seen.value) }
        dl.facts {
            div { dt { (texts.reason) } dd dir="auto" { (seen.reveal.reason) } }
            @if let Some(until) = seen.reveal.until { div { dt { (own.may_be_seen_until) } dd { (visit.time(until)) } } }
        }
        p { (own.value_written_down) }
        p { a href=(visit.spoken.link(&ticket, &[])) { (own.back_to_ticket) } }
    };
    visit.page_at(&title, &ticket).of(&body).into_response()
}

/// The form with which a value is asked for; a reason that did not do stands in it again.
pub(super) fn form(
    visit: &Visit,
    ticket: &Ticket,
    redaction: &Redaction,
    wishes: &Wishes,
    typed: Option<&Typed>,
) -> Markup {
    let own = visit.spoken.language.personal();
    let id = redaction.id.to_string();
    let action = format!("/tickets/{}/redactions/{id}/reveal", ticket.number);
    let unmet = typed.and_then(|typed| typed.unmet.as_ref()).filter(|unmet| unmet.redaction == id);
    let send = if wishes.four_eyes { own.ask_to_see } else { own.see };
    html! {
        details.miss open[unmet.is_some()] {
            summary { (own.see_again) }
            form method="post" action=(visit.spoken.link(&action, &[])) {
                label {
                    (own.see_reason)
                    input name="reason" required maxlength=(REASON_CHARS_MAX) autocomplete="off" value=(unmet.map_or("", |unmet| unmet.reason.as_str()));
                }
                button type="submit" aria-label={ (send) ": " (redaction.placeholder) } { (send) }
            }
        }
    }
}

/// The wishes that wait here for somebody, or for the look they were made for.
pub(super) fn list(visit: &Visit, material: &Material, wishes: &Wishes) -> Markup {
    let own = visit.spoken.language.personal();
    html! {
        @if wishes.are_there() {
            h3 { (own.wishes) }
            ul.suggestions {
                @for wish in &wishes.open {
                    @if let Some(redaction) = material.redactions.iter().find(|r| r.id == wish.redaction_id) {
                        li { (one(visit, material, wishes, wish, redaction)) }
                    }
                }
            }
        }
    }
}

fn one(visit: &Visit, material: &Material, wishes: &Wishes, wish: &Reveal, redaction: &Redaction) -> Markup {
    let own = visit.spoken.language.personal();
    let form = |what: &str, button: &str| {
        let action = format!("/tickets/{}/reveals/{}/{what}", material.ticket.number, wish.id);
        html! {
            form.buttons method="post" action=(visit.spoken.link(&action, &[])) {
                button type="submit" aria-label={ (button) ": " (redaction.placeholder) } { (button) }
            }
        }
    };
    html! {
        p {
            bdi { (material.names.who(&wish.asked_by)) } " " (own.asks) ": " code { (redaction.placeholder) }
            " · " (visit.time(wish.asked_at)) " · " bdi { (wish.reason) }
            @if let Some(until) = wish.until { " · " (own.may_be_seen_until) " " (visit.time(until)) }
        }
        @if wish.until.is_some() {
            (form("value", own.see_once_more))
        } @else if wish.is_asked_by(&wishes.viewer) {
            p { (own.waits_for_another) }
        } @else {
            (form("grant", own.agree))
        }
    }
}
