//! One person: what the house knows of them and what they may ask of it, that it is handed out, ended or taken out. Each
//! form takes the scope that the API asks for the same; how a person is erased is the desk's to know.

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use desk::{DeskError, Erased, Page, SUPPRESSION_REASON_CHARS_MAX, Suppression, TicketFilter};
use domain::address::canonical_address;
use domain::contact::Contact;
use domain::id::{ContactId, TicketId};
use domain::ticket::Ticket;
use domain::token::Scope;
use domain::{Refusal, download};
use maud::{Markup, html};
use serde::Deserialize;

use super::ticket::customer::{listing, particulars};
use super::tickets::{goes_on, homes};
use super::{Visit, id_of};
use crate::Console;
use crate::session::{Administrator, Agent, Revealer, holder};
use crate::view::{fact, subject};

/// Tickets that are listed, the newest ones; a link leads to all.
const TICKETS_SHOWN: u32 = 20;

/// What is known of somebody.
struct Known {
    person: Contact,
    /// Why their address gets no automatic mail now.
    suppression: Option<Suppression>,
    tickets: Vec<Ticket>,
    /// Numbers of those where merged ones go on.
    homes: BTreeMap<TicketId, i64>,
    may: May,
}

/// What the visitor may do here.
struct May {
    /// Work on tickets: then they read why an address is suppressed, and write down who wants notices.
    work: bool,
    /// See sealed values, which an export is full of.
    reveal: bool,
    /// Erase, suppress and lift.
    administer: bool,
    /// Whether values are shown to two people only.
    four_eyes: bool,
}

/// What the form for an erasure sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Confirmed {
    address: String,
}

/// What the form for a suppression sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Reason {
    reason: String,
}

/// What the form about notices sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wish {
    /// `yes` when the person wants them, `no` when not.
    notices: String,
}

/// Shows a person.
pub(crate) async fn show(State(console): State<Console>, visit: Visit, Path(id): Path<String>) -> Response {
    page(&console, &visit, &id, StatusCode::OK, &html! {}).await
}

/// Hands out everything that is kept of a person, as a file to be saved.
pub(crate) async fn export(
    State(console): State<Console>,
    revealer: Revealer,
    visit: Visit,
    Path(id): Path<String>,
) -> Response {
    let made = Box::pin(async {
        let person = person(&console, &id).await?;
        let export = console.desk.export_person(person.id, revealer.0).await?;
        // The name of the file tells nobody who it is.
        Ok((format!("{}.json", person.id), format!("{export:#}")))
    });
    match made.await {
        Ok((name, text)) => (download::fields(&name), text.into_bytes()).into_response(),
        Err(error) => refused(&console, &visit, &id, error).await,
    }
}

/// Erases a person whose address was typed to confirm it. Whoever was erased has none: then goes what came since.
pub(crate) async fn erase(
    State(console): State<Console>,
    admin: Administrator,
    visit: Visit,
    Path(id): Path<String>,
    sent: Result<Form<Confirmed>, FormRejection>,
) -> Response {
    let typed = sent.map(|Form(sent)| sent.address).unwrap_or_default();
    let done = Box::pin(async {
        let person = person(&console, &id).await?;
        if !person.is_erased() && canonical_address(&typed) != person.email {
            let sentence = "Nothing was erased: what was typed is not the address of this person. Type it as it stands above.";
            return Err(DeskError::from(Refusal::new("not_confirmed", sentence).at("address")));
        }
        console.desk.erase_person(person.id, admin.0).await
    });
    match done.await {
        Ok(erased) => page(&console, &visit, &id, StatusCode::OK, &came_to(&visit, &erased)).await,
        Err(error) => refused(&console, &visit, &id, error).await,
    }
}

/// Writes down whether a person wants notices.
pub(crate) async fn consent(
    State(console): State<Console>,
    agent: Agent,
    visit: Visit,
    Path(id): Path<String>,
    sent: Result<Form<Wish>, FormRejection>,
) -> Response {
    let done = Box::pin(async {
        let Form(Wish { notices }) = sent.map_err(|_| visit.unreadable())?;
        let consent = match notices.as_str() {
            "yes" => true,
            "no" => false,
            _ => return Err(DeskError::from(visit.unreadable())),
        };
        let person = person(&console, &id).await?;
        console.desk.set_consent(person.id, consent, agent.0).await.map(drop)
    });
    let done = done.await;
    back(&console, &visit, &id, done).await
}

/// Puts a person's address on the suppression list, for good.
pub(crate) async fn suppress(
    State(console): State<Console>,
    admin: Administrator,
    visit: Visit,
    Path(id): Path<String>,
    sent: Result<Form<Reason>, FormRejection>,
) -> Response {
    let done = Box::pin(async {
        let Form(Reason { reason }) = sent.map_err(|_| visit.unreadable())?;
        let person = reachable(person(&console, &id).await?)?;
        console.desk.suppress(&person.email, reason.trim(), None, admin.0).await
    });
    let done = done.await;
    back(&console, &visit, &id, done).await
}

/// Takes a person's address off the suppression list.
pub(crate) async fn lift(
    State(console): State<Console>,
    admin: Administrator,
    visit: Visit,
    Path(id): Path<String>,
) -> Response {
    let done = Box::pin(async {
        let person = reachable(person(&console, &id).await?)?;
        match console.desk.unsuppress(&person.email, admin.0).await {
            // Sent twice it is lifted once.
            Err(DeskError::Missing { .. }) => Ok(()),
            done => done,
        }
    });
    let done = done.await;
    back(&console, &visit, &id, done).await
}

async fn person(console: &Console, id: &str) -> Result<Contact, DeskError> {
    let id: ContactId = id_of("contact", id)?;
    console.desk.ask().contact(id).await?.ok_or_else(|| DeskError::missing("contact", id))
}

/// Somebody who has an address.
fn reachable(person: Contact) -> Result<Contact, Refusal> {
    match person.is_erased() {
        true => Err(Refusal::new("erased", "This person was erased before.")),
        false => Ok(person),
    }
}

/// After a form: back to the person, or the page with why nothing came of it.
async fn back(console: &Console, visit: &Visit, id: &str, done: Result<(), DeskError>) -> Response {
    match done {
        Ok(()) => Redirect::to(&visit.spoken.link(&format!("/contacts/{id}"), &[])).into_response(),
        Err(error) => refused(console, visit, id, error).await,
    }
}

async fn refused(console: &Console, visit: &Visit, id: &str, error: DeskError) -> Response {
    let why = match error {
        DeskError::Refused(refusal) => visit.tell(&refusal.sentence),
        // The erasure could not be written down: whoever wants it has to know that nothing was erased, and why.
        DeskError::Outside(why) => {
            tracing::error!(error = %why, path = visit.uri.path(), "a form could not be worked");
            why
        }
        error => return visit.failed(error),
    };
    let said = html! { p.alarm role="alert" dir="auto" { (why) } };
    page(console, visit, id, StatusCode::UNPROCESSABLE_ENTITY, &said).await
}

async fn page(console: &Console, visit: &Visit, id: &str, status: StatusCode, said: &Markup) -> Response {
    let known = match Box::pin(known(console, visit, id)).await {
        Ok(known) => known,
        Err(error) => return visit.failed(error),
    };
    let own = visit.spoken.language.personal();
    let person = &known.person;
    let title = match person.is_erased() {
        true => own.person.to_owned(),
        false => format!("{}: {}", own.person, person.name.as_deref().unwrap_or(&person.email)),
    };
    let path = format!("/contacts/{}", person.id);
    let body = html! { (said) (body(visit, &known)) };
    (status, visit.page_at(&title, &path).of(&body)).into_response()
}

async fn known(console: &Console, visit: &Visit, id: &str) -> Result<Known, DeskError> {
    let person = person(console, id).await?;
    let token = holder(console, &visit.headers).await?;
    let allows = |scope| token.as_ref().is_some_and(|token| token.allows(scope, console.desk.now()));
    let may = May {
        work: allows(Scope::Write),
        reveal: allows(Scope::Reveal),
        administer: allows(Scope::Admin),
        four_eyes: console.desk.config().vault.four_eyes,
    };
    let theirs = TicketFilter { requester: Some(person.id), ..TicketFilter::default() };
    let tickets = console.desk.ask().tickets(&theirs, &Page::first(TICKETS_SHOWN)).await?;
    Ok(Known {
        suppression: console.desk.suppression_now(&person.email).await?,
        homes: homes(console, tickets.iter().filter_map(|ticket| ticket.merged_into).collect()).await?,
        tickets,
        person,
        may,
    })
}

/// What an erasure came to.
fn came_to(visit: &Visit, erased: &Erased) -> Markup {
    let own = visit.spoken.language.personal();
    let Erased { tickets, messages, values, .. } = erased;
    html! {
        p role="status" {
            (own.erase_done) " " (tickets) " " (own.erase_tickets) " " (messages) " " (own.erase_messages) " "
            (values) " " (own.erase_values)
        }
    }
}

fn body(visit: &Visit, known: &Known) -> Markup {
    let Known { person, may, .. } = known;
    html! {
        @if person.is_erased() { p { (visit.texts().person_erased) } } @else { (facts(visit, known)) }
        (tickets(visit, known))
        @if person.is_erased() {
            @if may.administer { (erase_again_form(visit, person)) }
        } @else {
            @if may.work { (consent_form(visit, person)) }
            @if may.administer { (suppression_forms(visit, known)) }
            @if may.reveal { (export_form(visit, known)) }
            @if may.administer { (erase_form(visit, person)) }
        }
    }
}

fn facts(visit: &Visit, known: &Known) -> Markup {
    let (texts, own) = (visit.texts(), visit.spoken.language.personal());
    let person = &known.person;
    let consent = if person.proactive_consent { own.consent_given } else { own.consent_ended };
    html! {
        dl.facts {
            (particulars(visit, person))
            (fact(own.time_zone, person.time_zone.as_deref()))
            div { dt { (own.known_since) } dd { (visit.time(person.created_at)) } }
            (fact(own.consent, Some(consent)))
            div { dt { (own.suppression) } dd {
                @match &known.suppression {
                    // Why is for those who work here: the API shows the list to admins only.
                    Some(listed) if known.may.work => { (listing(visit, listed)) }
                    Some(listed) => { (texts.since) " " (visit.time(listed.created_at)) }
                    None => { (own.not_suppressed) }
                }
            } }
        }
    }
}

fn tickets(visit: &Visit, known: &Known) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    let id = known.person.id.to_string();
    html! {
        h2 { (texts.tickets) }
        @if known.tickets.is_empty() { p { (language.personal().no_tickets_of_theirs) } } @else {
            ul {
                @for ticket in &known.tickets {
                    li {
                        a href=(visit.spoken.link(&format!("/tickets/{}", ticket.number), &[])) { "#" (ticket.number) }
                        " " (subject(&ticket.subject)) " · " (language.status(ticket.status_category)) " · " (visit.time(ticket.created_at))
                        (goes_on(visit, &known.homes, ticket))
                    }
                }
            }
            p { a href=(visit.spoken.link("/", &[("requester", &id)])) { (texts.their_tickets) } }
        }
    }
}

/// Where a form of this person's page goes.
fn action(visit: &Visit, person: &Contact, what: &str) -> String {
    visit.spoken.link(&format!("/contacts/{}/{what}", person.id), &[])
}

fn consent_form(visit: &Visit, person: &Contact) -> Markup {
    let own = visit.spoken.language.personal();
    let (wish, button) = match person.proactive_consent {
        true => ("no", own.consent_end),
        false => ("yes", own.consent_allow),
    };
    html! {
        h2 { (own.consent) }
        form method="post" action=(action(visit, person, "consent")) {
            button type="submit" name="notices" value=(wish) { (button) }
        }
    }
}

fn suppression_forms(visit: &Visit, known: &Known) -> Markup {
    let own = visit.spoken.language.personal();
    let person = &known.person;
    let is_listed = known.suppression.is_some();
    html! {
        h2 { (own.suppression) }
        @if is_listed {
            form method="post" action=(action(visit, person, "lift")) { button type="submit" { (own.lift) } }
        }
        details {
            summary { (if is_listed { own.suppress_again } else { own.suppress }) }
            form.composer method="post" action=(action(visit, person, "suppress")) {
                label for="suppress-reason" { (own.suppress_reason) }
                input #suppress-reason name="reason" required maxlength=(SUPPRESSION_REASON_CHARS_MAX) autocomplete="off";
                p.buttons { button type="submit" { (own.suppress_send) } }
            }
        }
    }
}

fn export_form(visit: &Visit, known: &Known) -> Markup {
    let own = visit.spoken.language.personal();
    html! {
        h2 { (own.export) }
        @if known.may.four_eyes { p { (own.export_four_eyes) } } @else {
            p { (own.export_help) }
            form method="post" action=(action(visit, &known.person, "export")) { button type="submit" { (own.export_save) } }
        }
    }
}

fn erase_form(visit: &Visit, person: &Contact) -> Markup {
    let own = visit.spoken.language.personal();
    html! {
        h2 { (own.erase) }
        p { (own.erase_goes) }
        p { (own.erase_stays) }
        details {
            summary { (own.erase) }
            form.composer method="post" action=(action(visit, person, "erase")) {
                label for="erase-address" { (own.erase_confirm) }
                input #erase-address name="address" required autocapitalize="none" autocomplete="off";
                p.buttons { button type="submit" { (own.erase_send) } }
            }
        }
    }
}

fn erase_again_form(visit: &Visit, person: &Contact) -> Markup {
    let own = visit.spoken.language.personal();
    html! {
        h2 { (own.erase_again) }
        p { (own.erase_again_goes) }
        form method="post" action=(action(visit, person, "erase")) {
            button type="submit" { (own.erase_send) }
        }
    }
}
