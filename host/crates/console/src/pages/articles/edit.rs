//! One article: reading it, writing it, taking it away.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use desk::{DeskError, NewArticle, Seen};
use domain::article::{Article, ArticleState};
use domain::id::ArticleId;
use domain::token::Scope;
use domain::{Refusal, Timestamp};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Console;
use crate::pages::{Visit, id_of, login};
use crate::session::{Administrator, signed_in};
use crate::view::fact;

/// Longest text that the form takes, characters.
const TEXT_CHARS_MAX: usize = 60_000;

/// What the form sends.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Written {
    key: String,
    locale: String,
    state: String,
    title: String,
    body: String,
    product: String,
    valid_from: String,
    valid_until: String,
    /// When the article that was opened had been changed last; empty for a new one.
    seen: String,
}

/// Shows the form for a new article.
pub(crate) async fn blank(visit: Visit) -> Response {
    let locale = visit.spoken.language.tag().to_owned();
    let written = Written { locale, state: ArticleState::Draft.to_string(), ..Written::default() };
    written_page(&visit, None, &written, None)
}

/// Shows an article; with the form for whoever may write it.
pub(crate) async fn show(State(console): State<Console>, visit: Visit, Path(id): Path<String>) -> Response {
    let shown = async {
        let article = standing(&console, &id).await?;
        let writes = signed_in(&console, &visit.headers, Scope::Admin).await?.is_some();
        Ok::<_, DeskError>((article, writes))
    };
    match shown.await {
        Ok((article, true)) => written_page(&visit, Some(&article), &Written::of(&article), None),
        Ok((article, false)) => read_page(&visit, &article),
        Err(error) => visit.failed(error),
    }
}

/// Writes an article.
pub(crate) async fn save(
    State(console): State<Console>,
    admin: Result<Administrator, Response>,
    visit: Visit,
    sent: Result<Form<Written>, FormRejection>,
) -> Response {
    let Ok(Form(written)) = sent else {
        return written_page(&visit, None, &Written::default(), Some(visit.texts().form_unreadable));
    };
    let admin = match admin {
        Ok(admin) => admin,
        Err(answer) if answer.status().is_redirection() => return login::again(&visit, &written.body),
        Err(answer) => return answer,
    };
    let done = async {
        let standing = match written.seen.is_empty() {
            true => None,
            false => one_of(&console, &written).await?,
        };
        let (new, seen) = written.article(standing.as_ref())?;
        console.desk.write_article(new, seen, admin.0).await
    };
    match done.await {
        Ok(article) => {
            let path = format!("/articles/{}", article.id);
            Redirect::to(&visit.spoken.link(&path, &[("saved", "yes")])).into_response()
        }
        Err(DeskError::Refused(refusal)) => {
            let standing =
                if written.seen.is_empty() { None } else { one_of(&console, &written).await.ok().flatten() };
            written_page(&visit, standing.as_ref(), &written, Some(&visit.tell(&refusal.sentence)))
        }
        Err(error) => visit.failed(error),
    }
}

/// Takes an article away.
pub(crate) async fn remove(
    State(console): State<Console>,
    admin: Administrator,
    visit: Visit,
    Path(id): Path<String>,
) -> Response {
    let done = async {
        let article = standing(&console, &id).await?;
        console.desk.remove_article(article.id, admin.0).await
    };
    match done.await {
        Ok(()) => Redirect::to(&visit.spoken.link("/articles", &[])).into_response(),
        Err(error) => visit.failed(error),
    }
}

async fn standing(console: &Console, id: &str) -> Result<Article, DeskError> {
    let id: ArticleId = id_of("article", id)?;
    console.desk.ask().article(id).await?.ok_or_else(|| DeskError::missing("article", id))
}

/// The article that the form was opened for.
async fn one_of(console: &Console, written: &Written) -> Result<Option<Article>, DeskError> {
    let known = console.desk.ask().articles_with_key(&written.key).await?;
    Ok(known.into_iter().find(|article| article.locale == written.locale))
}

impl Written {
    fn of(article: &Article) -> Self {
        Self {
            key: article.key.clone(),
            locale: article.locale.clone(),
            state: article.state.to_string(),
            title: article.title.clone(),
            body: article.body.clone(),
            product: article.product.clone().unwrap_or_default(),
            valid_from: minute(article.valid_from),
            valid_until: minute(article.valid_until),
            seen: article.updated_at.to_string(),
        }
    }

    /// The article that the form says, and what its writer saw.
    fn article(&self, standing: Option<&Article>) -> Result<(NewArticle, Seen), Refusal> {
        let state: ArticleState = self
            .state
            .parse()
            .map_err(|_| Refusal::new("bad_request", "A state is draft, internal or public.").at("state"))?;
        let seen = match self.seen.as_str() {
            "" => Seen::Nothing,
            at => Seen::Changed(at.parse()?),
        };
        let product = Some(self.product.trim()).filter(|product| !product.is_empty());
        let new = NewArticle {
            key: self.key.trim().to_owned(),
            locale: self.locale.trim().to_owned(),
            state,
            title: self.title.trim().to_owned(),
            // Browsers send line ends as the form's standard has them.
            body: self.body.replace("\r\n", "\n").trim().to_owned(),
            product: product.map(ToOwned::to_owned),
            valid_from: instant("valid_from", &self.valid_from, standing.and_then(|a| a.valid_from))?,
            valid_until: instant("valid_until", &self.valid_until, standing.and_then(|a| a.valid_until))?,
        };
        Ok((new, seen))
    }
}

/// An instant as the form shows it: without seconds, UTC.
fn minute(at: Option<Timestamp>) -> String {
    at.map(|at| at.to_string().chars().take(16).collect()).unwrap_or_default()
}

/// An instant as the form sends it. What was left as it was shown keeps its seconds.
fn instant(field: &str, typed: &str, standing: Option<Timestamp>) -> Result<Option<Timestamp>, Refusal> {
    let typed = typed.trim();
    if typed == minute(standing) {
        return Ok(standing);
    }
    if typed.is_empty() {
        return Ok(None);
    }
    let at = format!("{}:00Z", typed.chars().take(16).collect::<String>()).parse::<Timestamp>();
    at.map(Some).map_err(|_| {
        Refusal::new("bad_request", "Write a time as 2026-12-24T18:00 (UTC), or leave it empty.").at(field)
    })
}

fn read_page(visit: &Visit, article: &Article) -> Response {
    let texts = visit.texts();
    let body = html! {
        (facts(visit, article))
        div.text dir="auto" lang=(article.locale) { (article.body) }
        p { a href=(visit.spoken.link("/login", &[])) { (texts.sign_in_to_write) } }
        p { a href=(visit.spoken.link("/articles", &[])) { (texts.back_to_articles) } }
    };
    let path = format!("/articles/{}", article.id);
    visit.page_at(&article.title, &path).of(&body).into_response()
}

fn facts(visit: &Visit, article: &Article) -> Markup {
    let texts = visit.texts();
    html! {
        dl.facts {
            (fact(texts.key, Some(&article.key)))
            (fact(texts.language, Some(&article.locale)))
            (fact(texts.state, Some(visit.spoken.language.article_state(article.state))))
            (fact(texts.product, article.product.as_deref()))
            @if let Some(from) = article.valid_from { div { dt { (texts.holds_from) } dd { (visit.time(from)) } } }
            @if let Some(until) = article.valid_until { div { dt { (texts.holds_until) } dd { (visit.time(until)) } } }
            div { dt { (texts.changed) } dd { (visit.time(article.updated_at)) } }
        }
    }
}

/// The form, with what stood in it and what was wrong with it.
fn written_page(
    visit: &Visit,
    standing: Option<&Article>,
    written: &Written,
    wrong: Option<&str>,
) -> Response {
    let texts = visit.texts();
    let saved = wrong.is_none() && visit.asked("saved").is_some();
    let body = html! {
        @if let Some(wrong) = wrong { p.alarm role="alert" dir="auto" { (wrong) } }
        @if saved { p role="status" { (texts.saved) } }
        (form(visit, standing, written))
        @if let Some(article) = standing { (removal(visit, article)) }
        p { a href=(visit.spoken.link("/articles", &[])) { (texts.back_to_articles) } }
    };
    let status = wrong.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    let path = standing.map_or_else(|| "/articles/new".to_owned(), |a| format!("/articles/{}", a.id));
    let title = standing.map_or(texts.new_article, |article| article.title.as_str());
    (status, visit.page_at(title, &path).of(&body)).into_response()
}

fn form(visit: &Visit, standing: Option<&Article>, written: &Written) -> Markup {
    let texts = visit.texts();
    html! {
        form.composer method="post" action=(visit.spoken.link("/articles", &[])) {
            @if let Some(article) = standing {
                input type="hidden" name="key" value=(article.key);
                input type="hidden" name="locale" value=(article.locale);
                input type="hidden" name="seen" value=(written.seen);
                dl.facts { (fact(texts.key, Some(&article.key))) (fact(texts.language, Some(&article.locale))) }
            } @else {
                label for="key" { (texts.article_key) }
                input #key name="key" required maxlength="64" pattern="[a-z0-9_.:\\-]+" autocapitalize="none" value=(written.key);
                label for="locale" { (texts.article_locale) }
                input #locale name="locale" required maxlength="35" value=(written.locale);
            }
            label for="title" { (texts.article_title) }
            input #title name="title" required maxlength="500" dir="auto" value=(written.title);
            label for="body" { (texts.article_body) }
            textarea #body name="body" rows="14" required maxlength=(TEXT_CHARS_MAX) dir="auto" { "\n" (written.body) }
            label for="state" { (texts.article_state) }
            select #state name="state" {
                @for state in ArticleState::ALL {
                    option value=(state) selected[state.as_str() == written.state] { (visit.spoken.language.article_state(*state)) }
                }
            }
            label for="product" { (texts.article_product) }
            input #product name="product" maxlength="80" value=(written.product);
            label for="valid_from" { (texts.article_from) }
            input #valid_from name="valid_from" type="datetime-local" value=(written.valid_from);
            label for="valid_until" { (texts.article_until) }
            input #valid_until name="valid_until" type="datetime-local" value=(written.valid_until);
            p.buttons { button.main type="submit" { (texts.save) } }
        }
    }
}

fn removal(visit: &Visit, article: &Article) -> Markup {
    let texts = visit.texts();
    let action = format!("/articles/{}/remove", article.id);
    html! {
        details {
            summary { (texts.remove_article) }
            form method="post" action=(visit.spoken.link(&action, &[])) {
                p { (texts.remove_article_help) }
                button type="submit" { (texts.remove) }
            }
        }
    }
}
