//! One ticket: its messages, and why it is as it is; for whoever signed in to work on it, the forms beside them.

pub(crate) mod attachments;
mod beside;
pub(crate) mod composer;
pub(crate) mod customer;
pub(crate) mod enter;
pub(crate) mod fields;
pub(crate) mod marks;
pub(crate) mod merge;
pub(crate) mod reveals;
mod sources;
pub(crate) mod suggestions;
mod written;

use std::collections::BTreeMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use desk::{DeskError, Withheld};
use domain::actor::Names;
use domain::files::FileLimits;
use domain::id::MessageId;
use domain::message::{AutoClass, Delivery, Direction, Message, SenderAuth};
use domain::redaction::{Redaction, of_ticket};
use domain::run::Decision;
use domain::story::{Books, Line, Material, Story, describe_in};
use domain::ticket::{RELATED, Ticket};
use domain::token::Scope;
use domain::{Actor, ActorKind};
use maud::{Markup, html};

use self::customer::Customer;
use super::tickets::neighbours::{self, Neighbours};
use super::{Visit, queue};
use crate::Console;
use crate::language::Texts;
use crate::session::{holder, own_name, who_holds};
use crate::view::{Page, clipped, fact};

/// What was typed into a form.
#[derive(Debug, Default)]
struct Typed {
    text: String,
    /// The draft that it was written from, empty for none; absent where no text came along.
    draft: Option<String>,
    /// The newest message that stood on the page when it was begun.
    seen: Option<MessageId>,
    /// Whether what the address asks for is put behind it, not in its place.
    adds: bool,
    /// Whether files were chosen.
    files: bool,
    /// Words by which articles were looked for.
    find: Option<String>,
    fields: BTreeMap<String, String>,
    /// Number of the ticket that this one was to be merged into.
    into: String,
    /// What of the answer would leave as placeholders; nothing where nobody tried to send it.
    withheld: Vec<Withheld>,
}

/// The page after a form: what was typed stands in it again.
#[derive(Debug)]
struct After {
    /// Why nothing came of it; none where all went well.
    complaint: Option<Complaint>,
    /// What came of it.
    notice: Option<&'static str>,
    typed: Typed,
}

/// What a form could not do.
#[derive(Debug)]
struct Complaint {
    why: String,
    /// Language of the reason; the desk speaks English.
    language: &'static str,
}

/// What the visitor may do here.
struct May {
    /// Work on tickets; none: only look.
    work: Option<Bench>,
    /// See sealed values again, and put them back; with what was asked for already.
    reveal: Option<reveals::Wishes>,
    /// Open attachments.
    open: bool,
    /// Go on to the tickets beside this one.
    neighbours: Neighbours,
}

impl May {
    /// What lies ready here; a merged ticket takes nothing any more.
    fn bench(&self, material: &Material) -> Option<&Bench> {
        self.work.as_ref().filter(|_| material.merged_into.is_none())
    }
}

/// What lies ready for whoever works on a ticket.
struct Bench {
    /// Words that the house uses.
    known: fields::Known,
    sources: sources::Sources,
    /// What files a message may have.
    limits: FileLimits,
}

/// Shows a ticket.
pub(crate) async fn show(
    State(console): State<Console>,
    visit: Visit,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let number = path.map(|Path(text)| text).unwrap_or_default();
    Box::pin(page(&console, &visit, &number, None)).await
}

async fn page(console: &Console, visit: &Visit, number: &str, after: Option<&After>) -> Response {
    let shown = async {
        let material = material(console, number).await?;
        let customer = Customer::of(console, &material.ticket).await?;
        let token = holder(console, &visit.headers).await?;
        let allows = |scope| token.as_ref().is_some_and(|token| token.allows(scope, console.desk.now()));
        let work = match allows(Scope::Write) {
            true => Some(Bench {
                known: fields::Known::of(console, token.as_ref().and_then(own_name)).await?,
                sources: sources::Sources::of(
                    console,
                    visit,
                    &material.ticket,
                    &material.messages,
                    after.and_then(|after| after.typed.find.as_deref()),
                )
                .await?,
                limits: console.desk.config().attachments,
            }),
            false => None,
        };
        let reveal = match token.as_ref().filter(|_| allows(Scope::Reveal)) {
            Some(token) => Some(reveals::Wishes::of(console, material.ticket.id, who_holds(token)).await?),
            None => None,
        };
        let open = allows(console.desk.config().vault.attachments.scope());
        let name = token.as_ref().and_then(own_name);
        let neighbours = Box::pin(Neighbours::of(console, visit, &material.ticket, name)).await?;
        Ok::<_, DeskError>((material, customer, May { work, reveal, open, neighbours }))
    };
    match Box::pin(shown).await {
        Ok((material, customer, may)) => {
            let title = format!("#{} {}", material.ticket.number, material.ticket.subject);
            let complains = after.is_some_and(|after| after.complaint.is_some());
            let status = if complains { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            let body = body(visit, &material, &customer, &may, after);
            let path = format!("/tickets/{}", material.ticket.number);
            let page =
                Page { to_other_language: keeping(visit, &material, &may), ..visit.page_at(&title, &path) };
            (status, page.of(&body)).into_response()
        }
        Err(error) => visit.failed(error),
    }
}

/// Where somebody may be writing, the way to the other language that keeps what they wrote. Before it stands the button
/// that Enter presses: it has to be the form's first.
fn keeping(visit: &Visit, material: &Material, may: &May) -> Option<Markup> {
    let bench = may.bench(material)?;
    let picked = bench.sources.picked.as_ref();
    let article = picked.map(|article| article.id.to_string());
    Some(html! {
        (enter::button(visit, &material.ticket, picked))
        (composer::other_language(visit, material.ticket.number, article.as_deref()))
    })
}

/// After a form: back to the ticket, or the ticket with what went wrong and what was typed.
async fn done(
    console: &Console,
    visit: &Visit,
    number: &str,
    mut typed: Typed,
    done: Result<(), DeskError>,
) -> Response {
    let error = match done {
        // Sent twice is sent once.
        Ok(()) | Err(DeskError::Repeated) => return back(visit, number, &[]),
        Err(error @ DeskError::Missing { .. }) => return visit.failed(error),
        Err(error) => error,
    };
    // Who was told of the newest message may read it on this page.
    if matches!(&error, DeskError::Refused(refusal) if refusal.code == "written_meanwhile") {
        typed.seen = None;
    }
    let complaint = Some(complaint(visit, &error));
    Box::pin(page(console, visit, number, Some(&After { complaint, notice: None, typed }))).await
}

/// After a form that changed something: as after any, and the ticket's page says that it is saved.
async fn saved(
    console: &Console,
    visit: &Visit,
    number: &str,
    typed: Typed,
    result: Result<(), DeskError>,
) -> Response {
    match result {
        Ok(()) => back(visit, number, &[("done", composer::SAVED)]),
        result => done(console, visit, number, typed, result).await,
    }
}

/// Back to the ticket's page; the address says what came of it.
fn back(visit: &Visit, number: &str, said: &[(&str, &str)]) -> Response {
    Redirect::to(&link(visit, &format!("/tickets/{number}"), said)).into_response()
}

/// An address of the ticket's page, which keeps the list that it was opened from.
fn link(visit: &Visit, path: &str, said: &[(&str, &str)]) -> String {
    neighbours::link(visit, visit.spoken, path, said)
}

/// What a form could not do, as the reader reads it.
fn complaint(visit: &Visit, error: &DeskError) -> Complaint {
    let own = visit.spoken.language.tag();
    let (why, language) = match error {
        DeskError::Refused(refusal) => {
            let told = visit.tell(&refusal.sentence);
            let language = if told == refusal.sentence { "en" } else { own };
            (told, language)
        }
        DeskError::Redaction(_) | DeskError::Busy(_) => (error.to_string(), "en"),
        error => {
            tracing::error!(%error, path = visit.uri.path(), "a form could not be worked");
            (visit.texts().broken.to_owned(), own)
        }
    };
    Complaint { why, language }
}

/// After a form beside the composer: the ticket as it is now, with the answer that somebody had begun.
async fn while_writing(
    console: &Console,
    visit: &Visit,
    number: &str,
    notice: Option<&'static str>,
    typed: Typed,
) -> Response {
    Box::pin(page(console, visit, number, Some(&After { complaint: None, notice, typed }))).await
}

/// After an answer of which the customer would have read something else than was typed: it is not sent, and stands in the
/// composer again with what would leave as placeholders, and says why.
async fn withheld(console: &Console, visit: &Visit, number: &str, why: &str, typed: Typed) -> Response {
    let complaint = Some(Complaint { why: why.to_owned(), language: visit.spoken.language.tag() });
    Box::pin(page(console, visit, number, Some(&After { complaint, notice: None, typed }))).await
}

/// After a message that went while the fields that came with it could not be saved: these stand in the form again.
async fn gone_without_fields(
    console: &Console,
    visit: &Visit,
    number: &str,
    typed: Typed,
    why: &DeskError,
) -> Response {
    let Complaint { why, language } = complaint(visit, why);
    let complaint = Some(Complaint { why: format!("{} {why}", visit.texts().gone_without_fields), language });
    Box::pin(page(console, visit, number, Some(&After { complaint, notice: None, typed }))).await
}

/// The ticket with what could not be done about it elsewhere.
pub(super) async fn refused(console: &Console, visit: &Visit, number: &str, why: DeskError) -> Response {
    done(console, visit, number, Typed::default(), Err(why)).await
}

async fn ticket(console: &Console, number: &str) -> Result<Ticket, DeskError> {
    let missing = || DeskError::missing("ticket", number.chars().take(20).collect::<String>());
    let parsed: i64 = number.parse().map_err(|_| missing())?;
    console.desk.ask().ticket_by_number(parsed).await?.ok_or_else(missing)
}

async fn material(console: &Console, number: &str) -> Result<Material, DeskError> {
    console.desk.material(ticket(console, number).await?.id).await
}

/// What came of a form, where there was one.
fn outcome(visit: &Visit, after: Option<&After>) -> Markup {
    let notice = match after {
        Some(after) => after.notice,
        None => composer::notice(visit),
    };
    html! {
        @if let Some(Complaint { why, language }) = after.and_then(|after| after.complaint.as_ref()) {
            p.alarm role="alert" dir="auto" lang=(language) { (why) }
        }
        @if let Some(notice) = notice { p role="status" { (notice) } }
    }
}

/// The page's body; with the forms where somebody may use them.
fn body(visit: &Visit, material: &Material, customer: &Customer, may: &May, after: Option<&After>) -> Markup {
    let texts = visit.texts();
    let works = may.work.is_some();
    let typed = after.map(|after| &after.typed);
    let books = material.books(visit.spoken.language.tongue());
    let thread = material.thread();
    let bench = may.bench(material);
    let place = beside::FormPlace::on(&material.ticket, bench);
    html! {
        (outcome(visit, after))
        (may.neighbours.nav(visit))
        @if let Some(home) = material.merged_into {
            (merge::banner(visit, &material.ticket, home, works))
            (merge::left_over(visit, typed))
        }
        (merge::took_in(visit, material))
        (facts(visit, &material.ticket))
        @if let Some(bench) = bench {
            (fields::form(visit, &material.ticket, &bench.known, bench.sources.picked.as_ref(), typed.map(|typed| &typed.fields)))
            (merge::form(visit, &material.ticket, bench.sources.picked.as_ref(), typed))
        }
        (customer::block(visit, customer, works))
        h2 { (texts.messages) }
        @if thread.is_empty() { p { (texts.no_messages) } }
        @for (ticket, message) in thread {
            @let forms = works.then(|| message_forms(visit, place, ticket, message, typed));
            @let files = attachments::list(visit, ticket, message, may.open);
            @let from = (ticket.id != material.ticket.id).then_some(ticket.number);
            (one_message(visit, &material.names, message, from, &files, forms))
        }
        @if let Some(Bench { sources, limits, .. }) = bench {
            @let draft = composer::chosen(visit, material, typed).filter(|_| sources.picked.is_none() && !customer.is_erased());
            (suggestions::forms(visit, material, &books, draft))
            @let seen = material.messages.last().map(|message| message.id);
            @if customer.is_erased() { (composer::note_form(visit, &material.ticket, typed, limits)) } @else {
                (composer::form(visit, &material.ticket, &books, &composer::Stand { draft, sources, seen, customer, typed, limits }))
            }
        } @else if !works {
            @let number = material.ticket.number.to_string();
            p { a href=(visit.spoken.link("/login", &[("ticket", &number)])) { (texts.sign_in_to_work) } }
        }
        h2 { (texts.story) }
        (story(visit, &Story::tell_in(material, visit.spoken.language.tongue())))
        @if !material.decisions.is_empty() {
            details { summary { (texts.evidence) } (decisions(visit, material, &books)) }
        }
        @if !material.redactions.is_empty() {
            @let wishes = may.reveal.as_ref();
            @let is_open = wishes.is_some_and(reveals::Wishes::are_there) || typed.is_some_and(|typed| beside::is_begun(&typed.fields, beside::REASON));
            details open[is_open] { summary { (texts.redactions) } (redactions(visit, place, material, wishes, typed)) }
        }
        (may.neighbours.keys(visit, bench.is_some()))
    }
}

fn facts(visit: &Visit, ticket: &Ticket) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    html! {
        dl.facts {
            (fact(texts.subject, clipped(&ticket.subject).1))
            (fact(texts.status, Some(language.status(ticket.status_category))))
            (fact(texts.priority, Some(language.priority(ticket.priority))))
            (fact(texts.category, ticket.category.as_deref()))
            (fact(texts.language, ticket.language.as_deref()))
            (fact(texts.team, ticket.team.as_deref()))
            (fact(texts.assignee, ticket.assignee.as_deref()))
            (fact(texts.channel, Some(language.channel(ticket.channel))))
            @for (key, value) in &ticket.custom { (own_field(visit, key, value)) }
            @if !ticket.tags.is_empty() {
                div { dt { (texts.tags) } dd { @for tag in &ticket.tags { span.tag { (tag) } " " } } }
            }
            div { dt { (texts.created) } dd { (visit.time(ticket.created_at)) } }
            div { dt { (texts.changed) } dd { (visit.time(ticket.updated_at)) } }
        }
    }
}

/// A field of the house's own; another ticket's number leads there.
fn own_field(visit: &Visit, key: &str, value: &str) -> Markup {
    let related = value.strip_prefix('#').filter(|_| key == RELATED).and_then(|n| n.parse::<i64>().ok());
    html! {
        @if let Some(number) = related {
            div { dt { (visit.texts().may_belong_to) } dd { a href=(visit.spoken.link(&format!("/tickets/{number}"), &[])) { "#" (number) } } }
        } @else { (fact(key, Some(value))) }
    }
}

/// What an agent may do about one message of a ticket, on the page of one.
fn message_forms(
    visit: &Visit,
    place: beside::FormPlace<'_>,
    ticket: &Ticket,
    message: &Message,
    typed: Option<&Typed>,
) -> Markup {
    html! {
        @if message.delivery == Delivery::Held { (queue::decision(visit, message, Some(ticket.number))) }
        (marks::miss_form(visit, place, ticket, message, typed))
    }
}

/// What a message looks like: which way it went; a machine's mail is none of the customer's.
fn look(message: &Message) -> &'static str {
    match (message.direction, message.auto_class) {
        (Direction::Inbound, AutoClass::Human) | (Direction::Outbound | Direction::Note, _) => {
            message.direction.as_str()
        }
        (Direction::Inbound, _) => "machine",
    }
}

/// A message; `from` is the number of the ticket that it was said on, if that is another one.
fn one_message(
    visit: &Visit,
    names: &Names,
    message: &Message,
    from: Option<i64>,
    files: &Markup,
    forms: Option<Markup>,
) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    html! {
        article class={ "message " (look(message)) } id=(message.id) {
            p.meta {
                strong { (language.direction(message.direction, message.auto_class)) }
                @if let Some(who) = one_of_us(names, &message.author) { " · " bdi { (who) } }
                @if message.automatic { " · " (texts.automatic) }
                @if message.direction == Direction::Outbound && message.delivery != Delivery::None {
                    " · " (language.delivery(message.delivery))
                    @if let Some(why) = &message.delivery_reason { ": " (visit.tell(why)) }
                    @if says_may_have_arrived(message) { " · " (texts.may_have_arrived) }
                }
                " · " (visit.time(message.created_at))
                @if let Some(number) = from {
                    " · " (texts.from_ticket) " " a href=(visit.spoken.link(&format!("/tickets/{number}"), &[])) { "#" (number) }
                }
                @if let Some(article) = &message.article { " · " bdi { (article) } }
                @if let Some(helped) = message.helped { " · " (if helped { texts.rated_yes } else { texts.rated_no }) }
                @if let Some(sender) = sender(texts, message) { " · " span class={ "sender " (message.sender_auth) } { (sender) } }
            }
            div.text dir="auto" {
                @if let Some(number) = from { (of_ticket(&message.text, number)) } @else { (message.text) }
            }
            (files)
            @if let Some(forms) = forms { (forms) }
        }
    }
}

/// Whether it is to be said of a message that it may have arrived: of one whose outcome is unknown that is said already.
fn says_may_have_arrived(message: &Message) -> bool {
    message.may_have_arrived && message.delivery != Delivery::Unknown
}

/// Who of us wrote it: by name as long as the token stands, by its id after that.
fn one_of_us<'n>(names: &'n Names, author: &'n Actor) -> Option<&'n str> {
    matches!(author.kind, ActorKind::Agent | ActorKind::Api).then(|| names.who(author))
}

/// What is known of who wrote a mail; nothing where nobody looked.
const fn sender(texts: &Texts, message: &Message) -> Option<&'static str> {
    match (message.direction, message.sender_auth) {
        (Direction::Inbound, SenderAuth::Pass) => Some(texts.sender_pass),
        (Direction::Inbound, SenderAuth::None) => Some(texts.sender_none),
        (Direction::Inbound, SenderAuth::Fail) => Some(texts.sender_fail),
        (_, SenderAuth::Unchecked) | (Direction::Outbound | Direction::Note, _) => None,
    }
}

fn story(visit: &Visit, story: &Story) -> Markup {
    html! {
        p.standing dir="auto" { (story.standing) }
        ol.story { @for line in &story.lines { (one_line(visit, line)) } }
    }
}

fn one_line(visit: &Visit, line: &Line) -> Markup {
    let texts = visit.texts();
    let kind = match line.kind {
        "run" => texts.kind_run,
        "decision" => texts.kind_decision,
        "redaction" => texts.kind_redaction,
        _ => texts.kind_event,
    };
    html! {
        li class={ "level" (line.level) " " (line.kind) } {
            span.kind { @if line.level == 0 { b { (line.number) } " " } (kind) } " "
            div {
                code { (line.what) } " "
                span dir="auto" { (line.text) } " "
                @if line.level == 0 { (visit.time(line.at)) }
            }
        }
    }
}

/// Why a plugin proposed something, in the reader's language as far as the plugin has it.
fn reason(books: &Books<'_>, decision: &Decision) -> String {
    books.tell(decision.installation_id, &decision.basis.reason)
}

fn decisions(visit: &Visit, material: &Material, books: &Books<'_>) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    let heads = [texts.plugin, texts.effect, texts.outcome, texts.certainty, texts.found];
    html! {
        table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody {
                @for decision in &material.decisions {
                    tr {
                        td data-name=(texts.plugin) { (decision.plugin_id) }
                        td data-name=(texts.effect) dir="auto" {
                            (describe_in(&decision.effect, language.tongue()))
                            @if !decision.basis.reason.is_empty() { " — " (reason(books, decision)) }
                        }
                        td data-name=(texts.outcome) {
                            (language.decision(decision.status))
                            @if !decision.reason.is_empty() { ": " (material.names.tell(&visit.tell(&decision.reason))) }
                        }
                        td data-name=(texts.certainty) { (percent(decision.basis.confidence)) }
                        td data-name=(texts.found) {
                            ul { @for piece in &decision.basis.evidence { li dir="auto" { (piece) } } }
                        }
                    }
                }
            }
        }
    }
}

fn redactions(
    visit: &Visit,
    place: beside::FormPlace<'_>,
    material: &Material,
    wishes: Option<&reveals::Wishes>,
    typed: Option<&Typed>,
) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    let redactions: &[Redaction] = &material.redactions;
    let heads = [texts.placeholder, texts.part, texts.rule, texts.certainty];
    let mark = wishes.map(|_| texts.mark);
    html! {
        @if let Some(wishes) = wishes { (reveals::list(visit, place, material, wishes)) }
        table {
            thead { tr { @for head in heads.into_iter().chain(mark) { th scope="col" { (head) } } } }
            tbody {
                @for redaction in redactions {
                    tr {
                        td data-name=(texts.placeholder) { code { (redaction.placeholder) } }
                        td data-name=(texts.part) { (language.part(&redaction.part)) }
                        td data-name=(texts.rule) { (redaction.rule) }
                        td data-name=(texts.certainty) { (percent(redaction.score)) }
                        @if let Some(wishes) = wishes {
                            td data-name=(texts.mark) {
                                @if redaction.stands { (texts.let_stand) } @else {
                                    (reveals::form(visit, place, redaction, wishes, typed))
                                    (marks::false_alarm_form(visit, place, redaction))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn percent(share: f32) -> String {
    format!("{:.0} %", share * 100.0)
}
