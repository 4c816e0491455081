//! The knowledge base: its articles, what a question would find among them, and the way in for many at once.

pub(crate) mod edit;
pub(crate) mod import;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use desk::DeskError;
use domain::Timestamp;
use domain::article::{Article, ArticleState};
use domain::token::Scope;
use maud::{Markup, html};
use serde::Deserialize;

use super::Visit;
use crate::Console;
use crate::session::signed_in;

/// Articles on a page.
const ARTICLES_ON_PAGE: usize = 100;

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// Words, or a customer's question.
    q: String,
    locale: String,
    state: String,
    /// How many articles stand on the pages before.
    from: usize,
}

struct Listed {
    /// Those of this page.
    articles: Vec<Article>,
    /// How many there are on all pages.
    count: usize,
    /// Every locale that there is an article in.
    locales: Vec<String>,
    /// What the question finds.
    found: Vec<Article>,
    now: Timestamp,
    /// Whether the visitor may write.
    writes: bool,
}

/// Shows the list.
pub(crate) async fn show(
    State(console): State<Console>,
    visit: Visit,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    page(&console, &visit, &asked, StatusCode::OK, &html! {}).await
}

/// The list under something that is to be said first.
async fn page(
    console: &Console,
    visit: &Visit,
    asked: &Asked,
    status: StatusCode,
    said: &Markup,
) -> Response {
    match listed(console, visit, asked).await {
        Ok(listed) => {
            let body = html! { (said) (body(visit, asked, &listed)) };
            (status, visit.page_at(visit.texts().articles, "/articles").of(&body)).into_response()
        }
        Err(error) => visit.failed(error),
    }
}

async fn listed(console: &Console, visit: &Visit, asked: &Asked) -> Result<Listed, DeskError> {
    let all = console.desk.ask().articles(None, None).await?;
    let mut locales: Vec<String> = all.iter().map(|article| article.locale.clone()).collect();
    locales.sort();
    locales.dedup();
    let question = asked.q.trim();
    let found = match question.is_empty() {
        true => Vec::new(),
        false => {
            console.desk.try_question(question, Some(asked.locale.as_str()).filter(|l| !l.is_empty())).await?
        }
    };
    let chosen: Vec<Article> = all.into_iter().filter(|article| asked.wants(article)).collect();
    Ok(Listed {
        count: chosen.len(),
        articles: chosen.into_iter().skip(asked.from).take(ARTICLES_ON_PAGE).collect(),
        locales,
        found,
        now: console.desk.now(),
        writes: signed_in(console, &visit.headers, Scope::Admin).await?.is_some(),
    })
}

impl Asked {
    /// Whether an article is of the locale and state, and has all the words.
    fn wants(&self, article: &Article) -> bool {
        let fits = |wanted: &str, has: &str| wanted.is_empty() || wanted == has;
        let has_words = || {
            let text = format!("{}\n{}\n{}", article.key, article.title, article.body).to_lowercase();
            self.q.to_lowercase().split_whitespace().all(|word| text.contains(word))
        };
        fits(&self.locale, &article.locale)
            && fits(&self.state, article.state.as_str())
            && (self.q.trim().is_empty() || has_words())
    }

    fn link(&self, visit: &Visit, locale: &str, state: &str, from: usize) -> String {
        let from = from.to_string();
        let pairs = [("locale", locale), ("state", state), ("from", from.as_str())];
        let told: Vec<(&str, &str)> =
            pairs.into_iter().filter(|(_, value)| !value.is_empty() && *value != "0").collect();
        visit.spoken.link("/articles", &told)
    }
}

fn body(visit: &Visit, asked: &Asked, listed: &Listed) -> Markup {
    let texts = visit.texts();
    html! {
        (search(visit, asked))
        (filters(visit, asked, listed))
        @if !asked.q.trim().is_empty() { (found(visit, &listed.found)) }
        @if listed.writes {
            p { a href=(visit.spoken.link("/articles/new", &[])) { (texts.new_article) } }
        } @else {
            p { a href=(visit.spoken.link("/login", &[])) { (texts.sign_in_to_write) } }
        }
        @if listed.articles.is_empty() { p { (texts.no_articles) } } @else { (table(visit, listed)) }
        (pages(visit, asked, listed))
        @if listed.writes { (import::form(visit)) }
    }
}

fn search(visit: &Visit, asked: &Asked) -> Markup {
    let texts = visit.texts();
    html! {
        form.search method="get" action="/articles" role="search" {
            label for="q" { (texts.search_articles) }
            @if visit.spoken.chosen { input type="hidden" name="lang" value=(visit.spoken.language.tag()); }
            @if !asked.locale.is_empty() { input type="hidden" name="locale" value=(asked.locale); }
            @if !asked.state.is_empty() { input type="hidden" name="state" value=(asked.state); }
            p.buttons {
                input #q name="q" type="search" maxlength="500" value=(asked.q);
                button type="submit" { (texts.search) }
            }
        }
    }
}

fn filters(visit: &Visit, asked: &Asked, listed: &Listed) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    let choice = |href: String, name: &str, current: bool| {
        html! { a href=(href) aria-current=[current.then_some("true")] { (name) } }
    };
    html! {
        nav.filters aria-label=(texts.show_state) {
            (choice(asked.link(visit, &asked.locale, "", 0), texts.all, asked.state.is_empty()))
            @for state in ArticleState::ALL {
                @let word = state.as_str();
                (choice(asked.link(visit, &asked.locale, word, 0), language.article_state(*state), asked.state == word))
            }
        }
        @if listed.locales.len() > 1 {
            nav.filters aria-label=(texts.show_language) {
                (choice(asked.link(visit, "", &asked.state, 0), texts.all, asked.locale.is_empty()))
                @for locale in &listed.locales {
                    (choice(asked.link(visit, locale, &asked.state, 0), locale, &asked.locale == locale))
                }
            }
        }
    }
}

/// What the words find as a customer's question.
fn found(visit: &Visit, found: &[Article]) -> Markup {
    let texts = visit.texts();
    html! {
        section.found {
            h2 { (texts.question_finds) }
            @if found.is_empty() { p { (texts.question_finds_nothing) } } @else {
                ol { @for article in found { li { (link_to(visit, article)) " " code { (article.locale) } } } }
            }
        }
    }
}

fn link_to(visit: &Visit, article: &Article) -> Markup {
    html! {
        a href=(visit.spoken.link(&format!("/articles/{}", article.id), &[])) dir="auto" lang=(article.locale) { (article.title) }
    }
}

fn table(visit: &Visit, listed: &Listed) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    let heads =
        [texts.question, texts.key, texts.language, texts.state, texts.product, texts.holds, texts.changed];
    html! {
        table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody {
                @for article in &listed.articles {
                    tr {
                        th scope="row" data-name=(texts.question) { (link_to(visit, article)) }
                        td data-name=(texts.key) { code { (article.key) } }
                        td data-name=(texts.language) { (article.locale) }
                        td data-name=(texts.state) { (language.article_state(article.state)) }
                        td data-name=(texts.product) class={ @if article.product.is_none() { "empty" } } { (article.product.as_deref().unwrap_or("–")) }
                        td data-name=(texts.holds) { (holds(visit, article, listed.now)) }
                        td data-name=(texts.changed) { (visit.time(article.updated_at)) }
                    }
                }
            }
        }
    }
}

/// Whether it holds now, and when that changes.
fn holds(visit: &Visit, article: &Article, now: Timestamp) -> Markup {
    let texts = visit.texts();
    let turns = article.turns_at(now);
    html! {
        @match (article.holds_at(now), turns) {
            (true, None) => (texts.holds_now),
            (true, Some(at)) => { (texts.holds_until) " " (visit.time(at)) },
            (false, Some(at)) => { (texts.holds_from) " " (visit.time(at)) },
            (false, None) => (texts.holds_no_more),
        }
    }
}

fn pages(visit: &Visit, asked: &Asked, listed: &Listed) -> Markup {
    let texts = visit.texts();
    let next = asked.from.saturating_add(ARTICLES_ON_PAGE);
    html! {
        nav.pages {
            @if asked.from > 0 {
                a href=(asked.link(visit, &asked.locale, &asked.state, asked.from.saturating_sub(ARTICLES_ON_PAGE))) rel="prev" { "« " (texts.earlier) }
            }
            // A search shows its first page only: narrower words are quicker than leafing.
            @if next < listed.count && asked.q.trim().is_empty() {
                a href=(asked.link(visit, &asked.locale, &asked.state, next)) rel="next" { (texts.further) " »" }
            }
        }
    }
}
