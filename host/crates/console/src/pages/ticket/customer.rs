//! Who asks, and whether mail reaches them: the name and address that the API shows to the scope `read` as well, and what
//! the suppression list says. Sealed values are none of its business.

use desk::{DeskError, Suppression};
use domain::contact::Contact;
use domain::ticket::Ticket;
use maud::{Markup, html};

use crate::Console;
use crate::pages::Visit;
use crate::view::fact;

/// Who asks.
pub(super) struct Customer {
    person: Option<Contact>,
    /// Why their address gets no automatic mail now.
    suppression: Option<Suppression>,
}

impl Customer {
    /// A ticket's.
    pub(super) async fn of(console: &Console, ticket: &Ticket) -> Result<Self, DeskError> {
        let person = console.desk.ask().contact(ticket.requester_id).await?;
        let suppression = match &person {
            Some(person) => console.desk.suppression_now(&person.email).await?,
            None => None,
        };
        Ok(Self { person, suppression })
    }

    /// Whether there is nobody left to write to.
    pub(super) fn is_erased(&self) -> bool {
        self.person.as_ref().is_some_and(Contact::is_erased)
    }
}

/// What is known of them, with the way to their other tickets.
pub(super) fn block(visit: &Visit, customer: &Customer, works: bool) -> Markup {
    let (texts, own) = (visit.texts(), visit.spoken.language.personal());
    html! {
        @if let Some(person) = &customer.person {
            @let id = person.id.to_string();
            h2 { (texts.customer) }
            @if person.is_erased() { p { (texts.person_erased) } }
            dl.facts {
                @if !person.is_erased() { (particulars(visit, person)) }
                @if let Some(listed) = &customer.suppression {
                    div { dt { (texts.no_automatic_mail) } dd {
                        // Why is for those who work here: the API shows the list to admins only.
                        @if works { (listing(visit, listed)) } @else { (texts.since) " " (visit.time(listed.created_at)) }
                    } }
                }
                @let page = visit.spoken.link(&format!("/contacts/{id}"), &[]);
                div { dt { (own.person) } dd { a href=(page) { (own.to_person) } } }
                div { dt { (texts.tickets) } dd { a href=(visit.spoken.link("/", &[("requester", &id)])) { (texts.their_tickets) } } }
            }
        }
    }
}

/// Name, address and language.
pub(crate) fn particulars(visit: &Visit, person: &Contact) -> Markup {
    let texts = visit.texts();
    let confirmed = if person.verified { texts.address_confirmed } else { texts.address_unconfirmed };
    html! {
        (fact(texts.name, person.name.as_deref()))
        div { dt { (texts.address) } dd { bdi { (person.email) } " (" (confirmed) ")" } }
        (fact(texts.language, person.locale.as_deref()))
    }
}

/// What whoever answers has to know of the address; nothing where all is well.
pub(super) fn warning(visit: &Visit, customer: &Customer) -> Markup {
    let texts = visit.texts();
    html! {
        @if let Some(listed) = &customer.suppression {
            p.alarm { (texts.address_suppressed) " (" (listing(visit, listed)) "). " (texts.may_not_arrive) }
        }
    }
}

/// Since when, until when and why an address is on the suppression list.
pub(crate) fn listing(visit: &Visit, listed: &Suppression) -> Markup {
    let texts = visit.texts();
    html! {
        (texts.since) " " (visit.time(listed.created_at))
        @if let Some(until) = listed.until { ", " (texts.holds_until) " " (visit.time(until)) }
        @if !listed.reason.is_empty() { ": " bdi { (visit.tell(&listed.reason)) } }
    }
}
