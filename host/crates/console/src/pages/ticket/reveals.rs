//! Seeing a sealed value again: asking with a reason, agreeing that somebody else sees it, looking. A value is on the page
//! that answers a form and nowhere else: in no address, no session and no cache. Who may is the desk's to say.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use desk::DeskError;
use domain::Actor;
use domain::clock::DAY_MS;
use domain::id::{RedactionId, RevealId, TicketId};
use domain::redaction::Redaction;
use domain::story::Material;
use domain::vault::{REASON_CHARS_MAX, Reveal};
use maud::{Markup, html};

use super::beside::{self, FormPlace, REASON, typed_in};
use super::written::Written;
use super::{Typed, composer};
use crate::Console;
use crate::pages::{Visit, id_of};
use crate::session::Revealer;
use crate::view::Page;

/// How long a wish to which nobody agreed stands on the page, milliseconds.
const WISHES_SHOWN_MS: i64 = 7 * DAY_MS;

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
    revealer: Result<Revealer, Response>,
    visit: Visit,
    Path((number, id)): Path<(String, String)>,
    request: Request,
) -> Response {
    let sent = Box::pin(Written::by(&console, revealer, &visit, request)).await;
    let (revealer, mut written, readable) = match sent {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let reason = format!("{REASON}{id}");
    let asked = Box::pin(async {
        if !readable {
            return Err(DeskError::from(visit.unreadable()));
        }
        let ticket = super::ticket(&console, &number).await?;
        let id: RedactionId = id_of("redaction", &id)?;
        let redaction = console.desk.ask().redaction(id).await?.filter(|r| r.ticket_id == ticket.id);
        let redaction = redaction.ok_or_else(|| DeskError::missing("redaction", id))?;
        let reveal = console.desk.ask_reveal(redaction.id, written.said(&reason), revealer.0.clone()).await?;
        match reveal.until {
            Some(_) => seen(&console, redaction.placeholder, reveal, revealer.0).await.map(Some),
            None => Ok(None),
        }
    });
    let asked: Result<Option<Seen>, DeskError> = asked.await;
    if asked.is_ok() {
        written.fields.remove(&reason);
    }
    match asked {
        Ok(Some(seen)) => shown(&visit, &number, &seen, &written),
        Ok(None) => beside::done(&console, &visit, &number, written, Ok(())).await,
        // A reason that did not do stands in the form again.
        Err(error) => beside::done(&console, &visit, &number, written, Err(error)).await,
    }
}

/// Agrees that somebody else sees a value.
pub(crate) async fn agree(
    State(console): State<Console>,
    revealer: Result<Revealer, Response>,
    visit: Visit,
    Path((number, id)): Path<(String, String)>,
    request: Request,
) -> Response {
    let sent = Box::pin(Written::by(&console, revealer, &visit, request)).await;
    let (revealer, written, readable) = match sent {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let done = Box::pin(async {
        if !readable {
            return Err(DeskError::from(visit.unreadable()));
        }
        let wish = wish(&console, &number, &id).await?;
        console.desk.grant_reveal(wish.id, revealer.0).await.map(drop)
    });
    let done = done.await;
    beside::done(&console, &visit, &number, written, done).await
}

/// Shows a value that was asked for, and agreed to where that is needed.
pub(crate) async fn look(
    State(console): State<Console>,
    revealer: Result<Revealer, Response>,
    visit: Visit,
    Path((number, id)): Path<(String, String)>,
    request: Request,
) -> Response {
    let sent = Box::pin(Written::by(&console, revealer, &visit, request)).await;
    let (revealer, written, readable) = match sent {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let looked = Box::pin(async {
        if !readable {
            return Err(DeskError::from(visit.unreadable()));
        }
        let wish = wish(&console, &number, &id).await?;
        let redaction = console.desk.ask().redaction(wish.redaction_id).await?;
        let redaction = redaction.ok_or_else(|| DeskError::missing("redaction", wish.redaction_id))?;
        seen(&console, redaction.placeholder, wish, revealer.0).await
    });
    let looked: Result<Seen, DeskError> = looked.await;
    match looked {
        Ok(seen) => shown(&visit, &number, &seen, &written),
        Err(error) => beside::done(&console, &visit, &number, written, Err(error)).await,
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
/// address of its own, so the other language leads back to the ticket. What was begun there waits on it, unseen.
fn shown(visit: &Visit, number: &str, seen: &Seen, sent: &Written) -> Response {
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
        (beside::way_back(visit, number, sent))
    };
    // Where an answer was begun, the other language takes it along as the way back does.
    let begun = number.parse::<i64>().ok().filter(|_| sent.is_own());
    let to_other_language =
        begun.map(|number| composer::other_language(visit, number, visit.asked("article")));
    Page { to_other_language, ..visit.page_at(&title, &ticket) }.of(&body).into_response()
}

/// The form with which a value is asked for; a reason that did not do stands in it again.
pub(super) fn form(
    visit: &Visit,
    place: FormPlace<'_>,
    redaction: &Redaction,
    wishes: &Wishes,
    typed: Option<&Typed>,
) -> Markup {
    let own = visit.spoken.language.personal();
    let path = format!("/tickets/{}/redactions/{}/reveal", place.page.number, redaction.id);
    let name = format!("{REASON}{}", redaction.id);
    let reason = typed_in(typed, &name);
    let send = if wishes.four_eyes { own.ask_to_see } else { own.see };
    let fields = html! {
        label {
            (own.see_reason)
            // In a field of one line Enter would press the first button of the composer's form.
            textarea form=[place.form()] name=(name) rows="1" required[place.insists()] maxlength=(REASON_CHARS_MAX) autocomplete="off" { (reason) }
        }
    };
    html! {
        details.miss open[!reason.is_empty()] {
            summary { (own.see_again) }
            (place.put(visit, &path, &fields, send, &redaction.placeholder))
        }
    }
}

/// The wishes that wait here for somebody, or for the look they were made for.
pub(super) fn list(visit: &Visit, place: FormPlace<'_>, material: &Material, wishes: &Wishes) -> Markup {
    let own = visit.spoken.language.personal();
    html! {
        @if wishes.are_there() {
            h3 { (own.wishes) }
            ul.suggestions {
                @for wish in &wishes.open {
                    @if let Some(redaction) = material.redactions.iter().find(|r| r.id == wish.redaction_id) {
                        li { (one(visit, place, material, wishes, wish, redaction)) }
                    }
                }
            }
        }
    }
}

fn one(
    visit: &Visit,
    place: FormPlace<'_>,
    material: &Material,
    wishes: &Wishes,
    wish: &Reveal,
    redaction: &Redaction,
) -> Markup {
    let own = visit.spoken.language.personal();
    let form = |what: &str, button: &str| {
        let path = format!("/tickets/{}/reveals/{}/{what}", place.page.number, wish.id);
        place.put(visit, &path, &html! {}, button, &redaction.placeholder)
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
