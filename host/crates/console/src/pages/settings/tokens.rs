//! Tokens: who may come in and do what. A secret is shown once, on the page that answers its making, which no browser
//! keeps; after that nobody knows it, not even the house.

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use desk::{DeskError, NewToken};
use domain::id::TokenId;
use domain::token::{Scope, Token};
use domain::{Actor, Timestamp};
use maud::{Markup, html};

use super::{days_field, end_after, framed};
use crate::Console;
use crate::language::settings::Texts;
use crate::pages::{Visit, id_of};
use crate::session::{Administrator, holder};

/// Where it stands.
pub(super) const PATH: &str = "/settings/tokens";

/// What the form sends: `name`, `days`, and `scope.…` for each scope that is ticked.
type Sent = BTreeMap<String, String>;

/// What came of the form.
enum Outcome<'a> {
    /// There was none.
    Nothing,
    /// It was refused, with what was typed.
    Refused(&'a str, &'a Sent),
    /// A token, and its secret.
    Made(&'a Token, &'a str),
}

struct Standing {
    all: Vec<Token>,
    /// The one that the visitor signed in with.
    mine: Option<Token>,
    /// Whether values are shown to two people only.
    four_eyes: bool,
    now: Timestamp,
}

/// Shows the tokens.
pub(crate) async fn show(State(console): State<Console>, visit: Visit) -> Response {
    page(&console, &visit, &Outcome::Nothing).await
}

/// Makes a token.
pub(crate) async fn make(
    State(console): State<Console>,
    admin: Administrator,
    visit: Visit,
    sent: Result<Form<Sent>, FormRejection>,
) -> Response {
    let Ok(Form(sent)) = sent else {
        let why = visit.texts().form_unreadable;
        return page(&console, &visit, &Outcome::Refused(why, &Sent::new())).await;
    };
    match made(&console, &sent, admin.0).await {
        Ok((token, secret)) => page(&console, &visit, &Outcome::Made(&token, &secret)).await,
        Err(DeskError::Refused(refusal)) => {
            let why = visit.tell(&refusal.sentence);
            page(&console, &visit, &Outcome::Refused(&why, &sent)).await
        }
        Err(error) => visit.failed(error),
    }
}

/// Makes a token useless.
pub(crate) async fn revoke(
    State(console): State<Console>,
    admin: Administrator,
    visit: Visit,
    Path(id): Path<String>,
) -> Response {
    match revoked(&console, &id, admin.0).await {
        Ok(()) => Redirect::to(&visit.spoken.link(PATH, &[])).into_response(),
        Err(error) => visit.failed(error),
    }
}

async fn made(console: &Console, sent: &Sent, actor: Actor) -> Result<(Token, String), DeskError> {
    let typed = |name: &str| sent.get(name).map_or("", |value| value.trim());
    let scopes: Vec<Scope> = Scope::ALL.iter().copied().filter(|scope| is_ticked(sent, *scope)).collect();
    let expires_at = end_after(console.desk.now(), typed("days"))?;
    console.desk.create_token(NewToken { name: typed("name").to_owned(), scopes, expires_at }, actor).await
}

async fn revoked(console: &Console, id: &str, actor: Actor) -> Result<(), DeskError> {
    let id: TokenId = id_of("token", id)?;
    console.desk.revoke_token(id, actor).await
}

impl Standing {
    /// Why the scope `reveal` is not offered, where it is not. Whether it is given the desk decides.
    fn withheld(&self, texts: &Texts) -> Option<&'static str> {
        if self.four_eyes {
            return Some(texts.reveal_by_operator);
        }
        let reveals = self.mine.as_ref().is_some_and(|token| token.allows(Scope::Reveal, self.now));
        (!reveals).then_some(texts.reveal_by_reveal)
    }
}

fn is_ticked(sent: &Sent, scope: Scope) -> bool {
    sent.contains_key(&field(scope))
}

/// What a scope's box is called.
fn field(scope: Scope) -> String {
    format!("scope.{scope}")
}

async fn page(console: &Console, visit: &Visit, outcome: &Outcome<'_>) -> Response {
    let nothing = Sent::new();
    let (status, sent) = match outcome {
        Outcome::Refused(_, sent) => (StatusCode::UNPROCESSABLE_ENTITY, *sent),
        Outcome::Nothing | Outcome::Made(..) => (StatusCode::OK, &nothing),
    };
    match standing(console, visit).await {
        Ok(standing) => {
            let body = html! {
                (told(visit, outcome))
                (list(visit, &standing))
                h2 { (visit.setting_texts().new_token) }
                (form(visit, &standing, sent))
            };
            framed(visit, PATH, status, &body)
        }
        Err(error) => visit.failed(error),
    }
}

async fn standing(console: &Console, visit: &Visit) -> Result<Standing, DeskError> {
    Ok(Standing {
        all: console.desk.ask().tokens().await?,
        mine: holder(console, &visit.headers).await?,
        four_eyes: console.desk.config().vault.four_eyes,
        now: console.desk.now(),
    })
}

fn told(visit: &Visit, outcome: &Outcome<'_>) -> Markup {
    html! {
        @match outcome {
            Outcome::Nothing => {}
            Outcome::Refused(why, _) => p.alarm role="alert" dir="auto" { (why) },
            Outcome::Made(token, secret) => div.found role="status" {
                p { (visit.setting_texts().token_made) }
                p { bdi { (token.name) } ": " code { (secret) } }
            },
        }
    }
}

fn list(visit: &Visit, standing: &Standing) -> Markup {
    let (texts, words) = (visit.setting_texts(), visit.texts());
    let heads = [words.name, texts.scopes, texts.made, texts.ends, texts.revoke];
    html! {
        table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { @for token in &standing.all { (row(visit, standing, token)) } }
        }
    }
}

fn row(visit: &Visit, standing: &Standing, token: &Token) -> Markup {
    let (texts, words) = (visit.setting_texts(), visit.texts());
    let is_mine = standing.mine.as_ref().is_some_and(|mine| mine.id == token.id);
    html! {
        tr {
            th scope="row" data-name=(words.name) {
                div {
                    bdi { (token.name) } " " small { code { (token.id) } }
                    @if is_mine { " (" (texts.this_one) ")" }
                }
            }
            td data-name=(texts.scopes) { div { @for scope in &token.scopes { code.tag { (scope) } " " } } }
            td data-name=(texts.made) { (visit.time(token.created_at)) }
            td data-name=(texts.ends) { div { (end(visit, standing.now, token.expires_at)) } }
            td data-name=(texts.revoke) { (revocation(visit, standing, token)) }
        }
    }
}

fn end(visit: &Visit, now: Timestamp, expires_at: Option<Timestamp>) -> Markup {
    let texts = visit.setting_texts();
    html! {
        @match expires_at {
            None => (texts.never_ends),
            Some(at) => {
                (visit.time(at))
                @if at <= now { " (" (texts.ended) ")" }
            }
        }
    }
}

fn revocation(visit: &Visit, standing: &Standing, token: &Token) -> Markup {
    let texts = visit.setting_texts();
    let administers = |token: &Token| token.allows(Scope::Admin, standing.now);
    let is_last = administers(token) && standing.all.iter().filter(|other| administers(other)).count() == 1;
    let action = format!("{PATH}/{}/revoke", token.id);
    html! {
        details {
            summary { (texts.revoke) }
            form method="post" action=(visit.spoken.link(&action, &[])) {
                p { (texts.revoke_help) }
                @if is_last { p.alarm { (texts.last_admin) } }
                button type="submit" { (texts.revoke) }
            }
        }
    }
}

fn form(visit: &Visit, standing: &Standing, sent: &Sent) -> Markup {
    let texts = visit.setting_texts();
    let typed = |name: &str| sent.get(name).map_or("", String::as_str);
    let withheld = standing.withheld(texts);
    html! {
        form.composer method="post" action=(visit.spoken.link(PATH, &[])) {
            label for="name" { (texts.token_name) }
            input #name name="name" required maxlength="80" dir="auto" value=(typed("name"));
            fieldset {
                legend { (texts.scopes) }
                @for scope in Scope::ALL.iter().copied().filter(|scope| withheld.is_none() || *scope != Scope::Reveal) {
                    label.choice { input type="checkbox" name=(field(scope)) value="yes" checked[is_ticked(sent, scope)]; " " (scope) } " "
                }
                @if let Some(why) = withheld { p.meta { (why) } }
            }
            (days_field(visit, typed("days")))
            p.buttons { button.main type="submit" { (texts.make) } }
        }
    }
}
