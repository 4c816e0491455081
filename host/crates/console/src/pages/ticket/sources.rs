//! Articles to answer from: those that the customer's message finds, or words that the agent looks for, and the one
//! that was put into the answer.

use axum::extract::Query;
use desk::DeskError;
use domain::article::{Article, ArticleState};
use domain::id::ArticleId;
use domain::message::{AutoClass, Direction, Message};
use domain::ticket::Ticket;
use maud::{Markup, html};
use serde::Deserialize;

use super::composer::{self, FORM};
use crate::Console;
use crate::pages::Visit;

/// Articles that are offered.
const OFFERED_MAX: usize = 5;
/// So much of a message is taken as its question, characters: what follows seldom says more.
const QUESTION_CHARS: usize = 1_000;

/// What the page is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Words to look for.
    find: String,
    /// The article to answer with.
    article: String,
}

/// Articles for one answer.
#[derive(Debug, Default)]
pub(super) struct Sources {
    words: String,
    offered: Vec<Article>,
    /// The one that stands in the answer.
    pub(super) picked: Option<Article>,
}

impl Sources {
    /// What the form (`find`) or the address asks for; else what the customer's newest message finds.
    pub(super) async fn of(
        console: &Console,
        visit: &Visit,
        ticket: &Ticket,
        messages: &[Message],
        find: Option<&str>,
    ) -> Result<Self, DeskError> {
        let asked = Query::<Asked>::try_from_uri(&visit.uri).map(|Query(asked)| asked).unwrap_or_default();
        let words = find.unwrap_or(&asked.find).trim().to_owned();
        let is_a_persons =
            |m: &&Message| m.direction == Direction::Inbound && m.auto_class == AutoClass::Human;
        let newest = messages.iter().rev().find(is_a_persons);
        let question = match newest {
            _ if !words.is_empty() => words.clone(),
            Some(message) => message.text.chars().take(QUESTION_CHARS).collect(),
            None => String::new(),
        };
        let mut offered = match question.trim().is_empty() {
            true => Vec::new(),
            false => console.desk.try_question(&question, ticket.language.as_deref()).await?,
        };
        offered.truncate(OFFERED_MAX);
        Ok(Self { words, offered, picked: picked(console, &asked.article).await? })
    }
}

/// The article that was picked, if a customer may read it now.
async fn picked(console: &Console, id: &str) -> Result<Option<Article>, DeskError> {
    let Ok(id) = id.parse::<ArticleId>() else { return Ok(None) };
    let article = console.desk.ask().article(id).await?;
    Ok(article.filter(|a| a.state == ArticleState::Public && a.holds_at(console.desk.now())))
}

/// The search, and what it found; an answer that was begun comes along with both.
pub(super) fn form(visit: &Visit, ticket: &Ticket, sources: &Sources) -> Markup {
    let texts = visit.texts();
    let path = format!("/tickets/{}/answer", ticket.number);
    let again = composer::sent_to(visit, &path, sources.picked.as_ref());
    html! {
        details.sources open[!sources.words.is_empty()] {
            summary { (texts.answer_from_article) " (" (sources.offered.len()) ")" }
            div.search role="search" {
                label for="find" { (texts.find_article) }
                input type="hidden" form=(FORM) name="was.find" value=(sources.words);
                p.buttons {
                    input #find form=(FORM) name="find" type="search" maxlength="500" value=(sources.words);
                    (composer::button(&again, "look", "for", texts.search))
                }
            }
            @if sources.offered.is_empty() { p { (texts.no_articles) } }
            ul {
                @for article in &sources.offered {
                    @let id = article.id.to_string();
                    li {
                        details {
                            summary dir="auto" lang=(article.locale) { (article.title) }
                            div.text dir="auto" lang=(article.locale) { (article.body) }
                        }
                        (composer::button(&super::link(visit, &path, &[("article", &id)]), "put", "article", texts.into_composer))
                    }
                }
            }
        }
    }
}
