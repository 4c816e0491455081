//! The list of tickets with who asks and how long they wait: views of it, its order, and changing several at once.

pub(crate) mod bulk;
pub(crate) mod neighbours;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use desk::{DeskError, TicketFilter, WordsIn};
use domain::Timestamp;
use domain::address::{canonical_address, is_address};
use domain::contact::Contact;
use domain::id::{ContactId, TicketId};
use domain::ticket::{StatusCategory, Ticket};
use domain::token::Scope;
use maud::{Markup, html};
use serde::Deserialize;

use self::bulk::Chosen;
use self::rows::{called, table};
use super::Visit;
use crate::Console;
use crate::language::Texts;
use crate::session::{holder, own_name};
use crate::view::{key, keys};

/// Tickets on a page.
const TICKETS_ON_PAGE: u32 = 50;

/// What the list is asked for.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    status: String,
    /// A number, words of the subject, of a message or of a customer's name, or an address or its beginning.
    q: String,
    /// Id of the person who asks.
    requester: String,
    team: String,
    category: String,
    assignee: String,
    inbox: String,
    tag: String,
    /// A view of the house's own; see `View`.
    view: String,
    /// In which order; see `Order`.
    order: String,
    /// Where the page before ended.
    after: String,
    /// Which tickets are ticked at first: `all` that are shown, or none.
    tick: String,
}

/// The word in the address for all tickets ticked.
const ALL: &str = "all";

/// The boxes before the tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Boxes {
    /// There are none: the visitor changes nothing.
    Absent,
    Empty,
    Ticked,
}

/// Which tickets, beside everything else that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    All,
    /// Of whoever signed in.
    Mine,
    /// Nobody's.
    Unassigned,
    /// Of what people wrote the newest is the customer's.
    Waiting,
}

impl View {
    const EVERY: [Self; 4] = [Self::All, Self::Mine, Self::Unassigned, Self::Waiting];

    /// The word in the address.
    const fn word(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Mine => "mine",
            Self::Unassigned => "unassigned",
            Self::Waiting => "waiting",
        }
    }

    /// Whether it says itself who is in charge.
    const fn says_who(self) -> bool {
        matches!(self, Self::Mine | Self::Unassigned)
    }

    const fn name(self, texts: &Texts) -> &'static str {
        match self {
            Self::All => texts.view_all,
            Self::Mine => texts.view_mine,
            Self::Unassigned => texts.view_unassigned,
            Self::Waiting => texts.view_waiting,
        }
    }
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Newest tickets first.
    Arrival,
    /// Whose customer has been silent longest first.
    Longest,
    /// Whose customer wrote last first.
    Latest,
}

impl Order {
    const EVERY: [Self; 3] = [Self::Arrival, Self::Longest, Self::Latest];

    /// The word in the address.
    const fn word(self) -> &'static str {
        match self {
            Self::Arrival => "arrival",
            Self::Longest => "longest",
            Self::Latest => "latest",
        }
    }

    const fn name(self, texts: &Texts) -> &'static str {
        match self {
            Self::Arrival => texts.order_arrival,
            Self::Longest => texts.order_longest,
            Self::Latest => texts.order_latest,
        }
    }
}

/// What is listed.
struct Listed {
    /// Tickets with who asks; one more than fits on the page where there are more.
    found: Vec<(Ticket, Option<Contact>)>,
    /// Those of them that wait for us.
    waiting: BTreeSet<TicketId>,
    /// Numbers of those where merged ones go on.
    homes: BTreeMap<TicketId, i64>,
    now: Timestamp,
    /// The house's inboxes by name, where it has several.
    inboxes: Vec<String>,
    /// The person whose tickets they are, where only theirs were asked for.
    person: Option<Contact>,
}

/// Who looks at the list.
struct Looker {
    /// What they are called, where they signed in.
    name: Option<String>,
    /// Whether they may work on tickets.
    works: bool,
}

/// Shows the list; a number leads to its ticket, an address to its person's tickets.
pub(crate) async fn show(
    State(console): State<Console>,
    visit: Visit,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let shown = async {
        if let Some(number) = number_named(&console, &asked).await? {
            let ticket = visit.spoken.link(&format!("/tickets/{number}"), &[]);
            return Ok(Redirect::to(&ticket).into_response());
        }
        if let Some(person) = person_named(&console, &asked).await? {
            let theirs = asked.of(person);
            return Ok(Redirect::to(&theirs.link(&visit, theirs.status(), None)).into_response());
        }
        let looker = looker(&console, &visit).await?;
        if asked.view() == View::Mine && looker.name.is_none() {
            return Ok(Redirect::to(&visit.spoken.link("/login", &[])).into_response());
        }
        let listed = listed(&console, &asked, &looker).await?;
        let body = list(&visit, &listed, &asked, &looker, &Chosen::default());
        Ok::<_, DeskError>(visit.page_at(visit.texts().tickets, "/").of(&body).into_response())
    };
    shown.await.unwrap_or_else(|error| visit.failed(error))
}

/// The number that was typed, where it is a ticket's; another one is a word like others.
async fn number_named(console: &Console, asked: &Asked) -> Result<Option<i64>, DeskError> {
    let Ok(number) = asked.q.trim().trim_start_matches('#').parse::<i64>() else { return Ok(None) };
    Ok(console.desk.ask().ticket_by_number(number).await?.map(|ticket| ticket.number))
}

/// The person whose whole address was typed.
async fn person_named(console: &Console, asked: &Asked) -> Result<Option<ContactId>, DeskError> {
    let address = canonical_address(&asked.q);
    if !is_address(&address) {
        return Ok(None);
    }
    let person = console.desk.ask().contact_by_email(&address).await?;
    Ok(person.map(|person| person.id))
}

async fn looker(console: &Console, visit: &Visit) -> Result<Looker, DeskError> {
    let token = holder(console, &visit.headers).await?;
    let works = token.as_ref().is_some_and(|token| token.allows(Scope::Write, console.desk.now()));
    Ok(Looker { name: token.as_ref().and_then(own_name), works })
}

async fn listed(console: &Console, asked: &Asked, looker: &Looker) -> Result<Listed, DeskError> {
    let store = console.desk.ask();
    let filter = asked.filter(looker);
    let page = filter.page_behind(&asked.after, TICKETS_ON_PAGE + 1);
    let person = match asked.requester() {
        Some(id) => store.contact(id).await?,
        None => None,
    };
    let found = store.tickets_and_requesters(&filter, &page).await?;
    let ids: Vec<TicketId> = found.iter().map(|(ticket, _)| ticket.id).collect();
    let waiting = store.tickets_waiting(&ids).await?.into_iter().collect();
    let homes = homes(console, found.iter().filter_map(|(ticket, _)| ticket.merged_into).collect()).await?;
    Ok(Listed { found, waiting, homes, now: console.desk.now(), inboxes: inboxes(console), person })
}

/// The house's inboxes by name; where there is one at most, no ticket has to say its own.
fn inboxes(console: &Console) -> Vec<String> {
    let inboxes = &console.desk.config().mail.inboxes;
    if inboxes.len() > 1 { inboxes.keys().cloned().collect() } else { Vec::new() }
}

/// The numbers of tickets where merged ones go on.
pub(super) async fn homes(
    console: &Console,
    ids: BTreeSet<TicketId>,
) -> Result<BTreeMap<TicketId, i64>, DeskError> {
    let mut homes = BTreeMap::new();
    for id in ids {
        homes.extend(console.desk.ask().ticket(id).await?.map(|home| (id, home.number)));
    }
    Ok(homes)
}

/// Says behind a merged ticket's subject where it goes on, with the way there.
pub(super) fn goes_on(visit: &Visit, homes: &BTreeMap<TicketId, i64>, ticket: &Ticket) -> Markup {
    let home = ticket.merged_into.and_then(|home| homes.get(&home));
    html! {
        @if let Some(home) = home {
            " · " (visit.texts().goes_on) " " a href=(visit.spoken.link(&format!("/tickets/{home}"), &[])) { "#" (home) }
        }
    }
}

impl Asked {
    /// What an address asks for; nothing where it cannot be read.
    fn at(uri: &Uri) -> Self {
        Query::try_from_uri(uri).map(|Query(asked)| asked).unwrap_or_default()
    }

    fn status(&self) -> Option<StatusCategory> {
        self.status.parse().ok()
    }

    fn requester(&self) -> Option<ContactId> {
        self.requester.parse().ok()
    }

    fn view(&self) -> View {
        View::EVERY.into_iter().find(|view| view.word() == self.view).unwrap_or(View::All)
    }

    /// What waits for us is shown longest first, unless something else is asked for.
    fn order(&self) -> Order {
        let usual = if self.view() == View::Waiting { Order::Longest } else { Order::Arrival };
        Order::EVERY.into_iter().find(|order| order.word() == self.order).unwrap_or(usual)
    }

    /// The same in a view, in its usual order.
    fn seen_as(&self, view: View) -> Self {
        Self { view: view.word().to_owned(), order: String::new(), after: String::new(), ..self.clone() }
    }

    /// The same in an order.
    fn sorted(&self, order: Order) -> Self {
        Self { order: order.word().to_owned(), after: String::new(), ..self.clone() }
    }

    /// The same of one person instead of what was typed.
    fn of(&self, person: ContactId) -> Self {
        Self { q: String::new(), requester: person.to_string(), after: String::new(), ..self.clone() }
    }

    /// Who is asked for as in charge, where the view leaves that open.
    fn in_charge(&self) -> &str {
        if self.view().says_who() { "" } else { &self.assignee }
    }

    fn filter(&self, looker: &Looker) -> TicketFilter {
        let told = |word: &str| Some(word.trim().to_owned()).filter(|word| !word.is_empty());
        let assignee = match self.view() {
            View::Mine => looker.name.clone(),
            View::Unassigned => Some(String::new()),
            View::All | View::Waiting => told(self.in_charge()),
        };
        TicketFilter {
            status_category: self.status(),
            words: told(&self.q),
            words_in: WordsIn::MessagesAndCustomers,
            team: told(&self.team),
            category: told(&self.category),
            assignee,
            inboxes: told(&self.inbox).into_iter().collect(),
            tag: told(&self.tag),
            requester: self.requester(),
            waiting: self.view() == View::Waiting,
            by_customer: self.order() != Order::Arrival,
            oldest_first: self.order() == Order::Longest,
            ..TicketFilter::default()
        }
    }

    /// Everything that is asked for beside status and place, with its name.
    fn words(&self) -> [(&'static str, &str); 7] {
        let Self { q, requester, team, category, inbox, tag, .. } = self;
        [
            ("q", q),
            ("requester", requester),
            ("team", team),
            ("category", category),
            ("assignee", self.in_charge()),
            ("inbox", inbox),
            ("tag", tag),
        ]
    }

    /// View and order, as they are asked for.
    fn looks(&self) -> [(&'static str, &str); 2] {
        [("view", &self.view), ("order", &self.order)]
    }

    fn is_narrow(&self) -> bool {
        self.words().iter().any(|(_, word)| !word.trim().is_empty())
    }

    fn link(&self, visit: &Visit, status: Option<StatusCategory>, after: Option<&str>) -> String {
        visit.spoken.link("/", &self.query(status, after))
    }

    /// The same page, with all that are shown ticked or with none, at its tickets.
    fn link_ticking(&self, visit: &Visit, after: Option<&str>, boxes: Boxes) -> String {
        let mut query = self.query(self.status(), after);
        if boxes == Boxes::Ticked {
            query.push(("tick", ALL));
        }
        format!("{}#several", visit.spoken.link("/", &query))
    }

    fn query<'a>(
        &'a self,
        status: Option<StatusCategory>,
        after: Option<&'a str>,
    ) -> Vec<(&'a str, &'a str)> {
        let mut query: Vec<(&str, &str)> = Vec::new();
        query.extend(status.map(|s| ("status", s.as_str())));
        query.extend(self.words().into_iter().filter(|(_, word)| !word.trim().is_empty()));
        query.extend(self.looks().into_iter().filter(|(_, word)| !word.is_empty()));
        query.extend(after.map(|id| ("after", id)));
        query
    }
}

fn list(visit: &Visit, listed: &Listed, asked: &Asked, looker: &Looker, chosen: &Chosen) -> Markup {
    let texts = visit.texts();
    let found = listed.found.as_slice();
    let limit = usize::try_from(TICKETS_ON_PAGE).unwrap_or(usize::MAX);
    let tickets = found.get(..limit).unwrap_or(found);
    let last = tickets.last().filter(|_| found.len() > limit);
    let older = last.map(|(ticket, _)| asked.filter(looker).place(ticket));
    let (first, next) = match asked.order() {
        Order::Arrival => (texts.newest, texts.older),
        Order::Longest | Order::Latest => (texts.first_page, texts.further),
    };
    html! {
        (search(visit, asked, &listed.inboxes))
        @if let Some(person) = &listed.person { p { (texts.tickets_of) " " strong { bdi { (called(texts, person)) } } } }
        (views(visit, asked, looker))
        (filters(visit, asked))
        (orders(visit, asked))
        @if tickets.is_empty() {
            p { (texts.no_tickets) }
            @if !asked.q.trim().is_empty() { p { (texts.searched) } }
        } @else if looker.works {
            @let here = Some(asked.after.as_str()).filter(|after| !after.is_empty());
            @let boxes = if asked.tick == ALL { Boxes::Ticked } else { Boxes::Empty };
            // The links below lead here: whoever reads by ear or by keys goes on from here.
            form #several tabindex="-1" method="post" action=(asked.link(visit, asked.status(), here)) {
                (bulk::form(visit, looker.name.as_deref(), boxes == Boxes::Ticked, chosen))
                p {
                    @if boxes == Boxes::Ticked {
                        a href=(asked.link_ticking(visit, here, Boxes::Empty)) { (texts.untick_all) }
                    } @else {
                        a href=(asked.link_ticking(visit, here, Boxes::Ticked)) { (texts.tick_all) }
                    }
                }
                (table(visit, listed, tickets, asked, boxes, chosen))
            }
        } @else { (table(visit, listed, tickets, asked, Boxes::Absent, chosen)) }
        nav.pages {
            @if !asked.after.is_empty() { a href=(asked.link(visit, asked.status(), None)) rel="first" accesskey=(key::BEFORE) { "« " (first) } }
            @if let Some(id) = &older { a href=(asked.link(visit, asked.status(), Some(id))) rel="next" accesskey=(key::BEHIND) { (next) " »" } }
        }
        (keys(texts, &[Some((key::SEARCH, texts.search)), older.as_ref().map(|_| (key::BEHIND, next)), (!asked.after.is_empty()).then_some((key::BEFORE, first))]))
    }
}

fn search(visit: &Visit, asked: &Asked, inboxes: &[String]) -> Markup {
    let texts = visit.texts();
    let mut fields = vec![
        ("team", texts.team, asked.team.as_str()),
        ("category", texts.category, asked.category.as_str()),
        ("tag", texts.tag, asked.tag.as_str()),
    ];
    if !asked.view().says_who() {
        fields.insert(1, ("assignee", texts.assignee, asked.assignee.as_str()));
    }
    let narrowed = !asked.inbox.is_empty() || fields.iter().any(|(.., word)| !word.is_empty());
    html! {
        form.search method="get" action="/" role="search" {
            label for="q" { (texts.search_tickets) }
            @if visit.spoken.chosen { input type="hidden" name="lang" value=(visit.spoken.language.tag()); }
            @if !asked.requester.is_empty() { input type="hidden" name="requester" value=(asked.requester); }
            @if !asked.status.is_empty() { input type="hidden" name="status" value=(asked.status); }
            @for (name, word) in asked.looks() {
                @if !word.is_empty() { input type="hidden" name=(name) value=(word); }
            }
            p.buttons {
                input #q name="q" type="search" accesskey=(key::SEARCH) maxlength="200" value=(asked.q);
                button type="submit" { (texts.search) }
            }
            details open[narrowed] {
                summary { (texts.narrow) }
                div.fields {
                    @for (name, label, word) in fields {
                        label { (label) input name=(name) maxlength="100" value=(word); }
                    }
                    (choice_of_inbox(texts, &asked.inbox, inboxes))
                }
            }
            @if asked.is_narrow() { a href=(visit.spoken.link("/", &[])) { (texts.everything) } }
        }
    }
}

/// Which inbox; one that is asked for stays, whether the house has several or knows it at all.
fn choice_of_inbox(texts: &Texts, asked: &str, inboxes: &[String]) -> Markup {
    let unknown = (!inboxes.iter().any(|inbox| inbox == asked)).then_some(asked);
    let offered = inboxes.iter().map(String::as_str).chain(unknown.filter(|inbox| !inbox.is_empty()));
    html! {
        @if !inboxes.is_empty() || !asked.is_empty() {
            label {
                (texts.inbox)
                select name="inbox" {
                    option value="" selected[asked.is_empty()] { (texts.all) }
                    @for inbox in offered { option value=(inbox) selected[inbox == asked] { (inbox) } }
                }
            }
        }
    }
}

fn views(visit: &Visit, asked: &Asked, looker: &Looker) -> Markup {
    let texts = visit.texts();
    let offered = View::EVERY.into_iter().filter(|view| *view != View::Mine || looker.name.is_some());
    html! {
        nav.filters aria-label=(texts.show_view) {
            @for view in offered {
                a href=(asked.seen_as(view).link(visit, asked.status(), None)) aria-current=[(view == asked.view()).then_some("true")] {
                    (view.name(texts))
                }
            }
        }
    }
}

fn orders(visit: &Visit, asked: &Asked) -> Markup {
    let texts = visit.texts();
    html! {
        nav.filters aria-label=(texts.show_order) {
            @for order in Order::EVERY {
                a href=(asked.sorted(order).link(visit, asked.status(), None)) aria-current=[(order == asked.order()).then_some("true")] {
                    (order.name(texts))
                }
            }
        }
    }
}

fn filters(visit: &Visit, asked: &Asked) -> Markup {
    let texts = visit.texts();
    let choices = std::iter::once(None).chain(StatusCategory::ALL.iter().copied().map(Some));
    html! {
        nav.filters aria-label=(texts.show_status) {
            @for choice in choices {
                a href=(asked.link(visit, choice, None)) aria-current=[(choice == asked.status()).then_some("true")] {
                    (choice.map_or(texts.all, |status| visit.spoken.language.status(status)))
                }
            }
        }
    }
}
