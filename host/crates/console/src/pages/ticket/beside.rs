//! Small forms of a ticket's page that are not the composer's own: taking out what was missed, putting back a false alarm,
//! asking for a value, agreeing, looking. Where a composer stands they are parts of its form, so that an answer that was
//! begun comes along. Knows nothing of what they do.

use std::collections::BTreeMap;

use axum::response::Response;
use desk::DeskError;
use domain::article::Article;
use domain::ticket::Ticket;
use maud::{Markup, html};

use super::composer::{self, FORM};
use super::written::Written;
use super::{Bench, Typed};
use crate::Console;
use crate::pages::Visit;

/// A value that redaction missed; the message's id stands behind.
pub(super) const VALUE: &str = "value.";
/// What kind of value that is; the message's id stands behind.
pub(super) const CLASS: &str = "class.";
/// Why a value is wanted; the redaction's id stands behind.
pub(super) const REASON: &str = "reason.";

/// Where the small forms of a page belong.
#[derive(Clone, Copy)]
pub(super) struct FormPlace<'p> {
    /// Whose page it is.
    pub(super) page: &'p Ticket,
    /// Whether a composer stands on it.
    has_composer: bool,
    /// The article that was put into the answer.
    picked: Option<&'p Article>,
}

impl<'p> FormPlace<'p> {
    /// On the page of a ticket; with a composer where somebody may work there.
    pub(super) fn on(page: &'p Ticket, bench: Option<&'p Bench>) -> Self {
        let picked = bench.and_then(|bench| bench.sources.picked.as_ref());
        Self { page, has_composer: bench.is_some(), picked }
    }

    /// The form that a field belongs to, where that is not the one around it.
    pub(super) fn form(self) -> Option<&'static str> {
        self.has_composer.then_some(FORM)
    }

    /// Whether the browser may insist on a field: not in the composer's form, which is sent without it as well.
    pub(super) const fn insists(self) -> bool {
        !self.has_composer
    }

    /// Fields with the button that sends them; `about` is what it is about, for those who do not see the page.
    pub(super) fn put(self, visit: &Visit, path: &str, fields: &Markup, label: &str, about: &str) -> Markup {
        let (action, is_part) = (composer::sent_to(visit, path, self.picked), self.has_composer);
        let own_address = is_part.then_some(action.as_str());
        let kind = is_part.then_some("application/x-www-form-urlencoded");
        let send = html! {
            // What it is about may be on a ticket that was merged into the one on whose page it stands.
            button type="submit" form=[self.form()] formaction=[own_address] formenctype=[kind] formnovalidate[is_part] name="page" value=(self.page.number) aria-label={ (label) ": " (about) } { (label) }
        };
        html! {
            @if is_part { div.beside { (fields) (send) } } @else {
                form.beside method="post" action=(action) { (fields) (send) }
            }
        }
    }
}

/// What was typed into a field of a small form.
pub(super) fn typed_in<'t>(typed: Option<&'t Typed>, name: &str) -> &'t str {
    typed.and_then(|typed| typed.fields.get(name)).map_or("", |value| value.as_str())
}

/// Whether something stands in one of the fields whose names begin so.
pub(super) fn is_begun(fields: &BTreeMap<String, String>, kind: &str) -> bool {
    fields.iter().any(|(name, value)| name.starts_with(kind) && !value.trim().is_empty())
}

/// Whether a field is one of a small form.
pub(super) fn is_one(name: &str) -> bool {
    [VALUE, CLASS, REASON].iter().any(|kind| name.starts_with(kind))
}

/// The page after a small form, on which an answer that somebody wrote stands in the composer again. A text that nobody
/// touched comes anew from its article or draft, and fields that are not saved yet stay.
pub(super) async fn done(
    console: &Console,
    visit: &Visit,
    number: &str,
    sent: Written,
    done: Result<(), DeskError>,
) -> Response {
    let page =
        sent.said("page").parse::<i64>().map_or_else(|_| number.to_owned(), |number| number.to_string());
    match done {
        Ok(()) if sent.is_own() => {
            let notice = Some(visit.texts().saved_while_writing);
            super::while_writing(console, visit, &page, notice, sent.typed()).await
        }
        Ok(()) if visit.asked("article").is_some() || sent.holds_more() => {
            let notice = Some(visit.texts().saved);
            super::while_writing(console, visit, &page, notice, sent.typed_without_text()).await
        }
        done => super::saved(console, visit, &page, sent.typed(), done).await,
    }
}

/// The way back from a page that a small form leads to: an answer that was begun goes back with it, and where one comes
/// from an article or a chosen draft, that does.
pub(super) fn way_back(visit: &Visit, number: &str, sent: &Written) -> Markup {
    let label = visit.spoken.language.personal().back_to_ticket;
    let article: Vec<(&str, &str)> = visit.asked("article").map(|id| ("article", id)).into_iter().collect();
    let answer = super::link(visit, &format!("/tickets/{number}/answer"), &article);
    // A text that nobody touched comes from where it came from: the article, or the draft that was chosen.
    let draft = Some(("draft", sent.draft.as_str())).filter(|(_, id)| !id.is_empty());
    let sources: Vec<(&str, &str)> = article.iter().copied().chain(draft).collect();
    let page = super::link(visit, &format!("/tickets/{number}"), &sources);
    html! {
        @if sent.is_own() {
            form.buttons id=(FORM) method="post" action={ (answer) "#answer" } {
                @for (name, value) in sent.pairs() { input type="hidden" name=(name) value=(value); }
                button.main type="submit" { (label) }
                (visit.texts().answer_comes_along)
            }
        } @else { p { a href=(page) { (label) } } }
    }
}
