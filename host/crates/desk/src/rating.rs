//! “Did this help?”: the links under an answer that quotes an article, and what following one changes. Knows no page;
//! whoever has the link has had the answer. What an article was confirmed to answer is learnt here and nowhere else.

use domain::article::{Alternate, Article, ArticleState, admit, question};
use domain::clock::DAY_MS;
use domain::event::{Event, EventType};
use domain::id::{ArticleId, MessageId, TicketId};
use domain::message::{Direction, Message};
use domain::snapshot::TicketView;
use domain::ticket::{Field, StatusCategory, Ticket};
use domain::work::{Stamp, Work};
use domain::{Actor, ActorKind};
use store::{Commit, Fact};

use crate::races::Races;
use crate::{Desk, DeskError};

/// What its links are for.
const PURPOSE: &str = "rating";
/// How long a link works, days. Later the ticket has gone its way, and a new message does more.
const LINK_DAYS: i64 = 30;
/// How often one answer can be rated: who changes his mind more often says nothing new.
const RATINGS_MAX: usize = 6;
/// What a ticket is marked with whose answer did not help.
pub const NOT_HELPED: &str = "not-helped";

/// What came of following a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rated {
    /// It is none of ours.
    Unknown,
    /// It is too old.
    Late,
    /// Written down.
    Noted {
        /// What the customer said.
        helped: bool,
    },
}

/// Where an answer can be rated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RatingLinks {
    pub(crate) helped: String,
    pub(crate) not_helped: String,
}

impl Desk {
    /// Where the customer can say whether this answer helped; none where it quotes no article or there is no public
    /// address.
    pub(crate) fn rating_links(&self, message: &Message) -> Option<RatingLinks> {
        if message.article.is_none() || !message.automatic {
            return None;
        }
        let page = self.public_page("answer", &self.signed_word(PURPOSE, &message.id))?;
        Some(RatingLinks { helped: format!("{page}?helped=yes"), not_helped: format!("{page}?helped=no") })
    }

    /// The answer that is meant by the last part of a link's path; none when it is not one of ours.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn rated_answer(&self, word: &str) -> Result<Option<Message>, DeskError> {
        let Some(id) = self.signed_id::<MessageId>(PURPOSE, word) else { return Ok(None) };
        Ok(self.0.store.message(id).await?.filter(|m| m.article.is_some()))
    }

    /// Writes down whether an answer helped. Yes solves the ticket unless something came after the answer; no opens it
    /// and hands it to people, even where it was closed. The same again changes nothing; another word counts from then on.
    ///
    /// # Errors
    /// When the store cannot be written, or others keep changing the ticket.
    pub async fn rate_answer(&self, word: &str, helped: bool) -> Result<Rated, DeskError> {
        let mut races = Races::about("the ticket");
        loop {
            let attempt = async {
                let Some(answer) = self.rated_answer(word).await? else { return Ok(Rated::Unknown) };
                if self.now() > answer.created_at.plus(LINK_DAYS * DAY_MS) {
                    return Ok(Rated::Late);
                }
                if answer.helped == Some(helped) {
                    return Ok(Rated::Noted { helped });
                }
                if self.ratings(&answer).await? >= RATINGS_MAX {
                    return Ok(Rated::Late);
                }
                let Some(view) = self.0.store.view(answer.ticket_id).await? else {
                    return Ok(Rated::Unknown);
                };
                let facts = Box::pin(self.rating_facts(&answer, &view, helped)).await?;
                self.0.store.commit(Commit { facts }).await?;
                Ok(Rated::Noted { helped })
            };
            if let Some(done) = races.end(attempt.await) {
                return done;
            }
        }
    }

    /// How often an answer was rated.
    async fn ratings(&self, answer: &Message) -> Result<usize, DeskError> {
        let events = self.0.store.events_of(answer.ticket_id).await?;
        let of_it = |e: &&Event| e.kind == EventType::AnswerRated && e.message_id() == Some(answer.id);
        Ok(events.iter().filter(of_it).count())
    }

    async fn rating_facts(
        &self,
        answer: &Message,
        view: &TicketView,
        helped: bool,
    ) -> Result<Vec<Fact>, DeskError> {
        let mut work = Work::on(view.ticket.clone());
        let stamp = self.stamp(Actor::new(ActorKind::Contact, view.ticket.requester_id.to_string()));
        let data =
            serde_json::json!({ "message_id": answer.id, "article": answer.article, "helped": helped });
        work.record(&stamp, EventType::AnswerRated, Vec::new(), data);
        let home = match Box::pin(self.goes_on_as(&view.ticket)).await? {
            Some(home) => self.0.store.view(home.id).await?,
            None => None,
        };
        let mut works = Vec::new();
        match home {
            // A merged ticket takes nothing any more: the customer's word counts where it goes on.
            Some(home) => {
                let mut on_home = Work::on(home.ticket.clone());
                follow(&mut on_home, &stamp, answer, &home, helped)?;
                works.extend(Some(on_home).filter(Work::is_changed));
            }
            None => follow(&mut work, &stamp, answer, view, helped)?,
        }
        works.push(work);
        works.sort_by_key(|work| work.ticket.id);
        let mut facts = self.work_facts(&mut works).await;
        facts.push(Fact::RateMessage { message_id: answer.id, helped, expect: answer.helped });
        facts.extend(match helped {
            true => self.confirmed(answer, view).await?,
            false => {
                let article = self.article_of(answer).await?;
                let gone = |article: Article| Fact::RemoveAlternate {
                    article_id: Some(article.id),
                    ticket_id: answer.ticket_id,
                };
                article.map(gone).into_iter().collect()
            }
        });
        Ok(facts)
    }

    /// What is learnt when a message that quotes an article turned out to answer the customer: the customer's
    /// question becomes another way to ask for the article.
    pub(crate) async fn confirmed(
        &self,
        answer: &Message,
        view: &TicketView,
    ) -> Result<Vec<Fact>, DeskError> {
        // Where the article in the answer's language is gone, the question teaches nothing to one in another.
        let Some(article) = self.article_in_its_language(answer).await? else { return Ok(Vec::new()) };
        // Only the requester's own words: they go when the requester goes.
        let requester = view.ticket.requester_id.to_string();
        let Some(asked) = asked_before(answer, view).filter(|m| m.author.id == requester) else {
            return Ok(Vec::new());
        };
        let new = Alternate {
            article_id: article.id,
            ticket_id: view.ticket.id,
            contact_id: view.ticket.requester_id,
            text: question(&view.ticket.subject, &asked.reply_text),
            at: self.now(),
        };
        let known = self.0.store.alternates(Some(article.id)).await?;
        Ok(learnt(&known, new))
    }

    /// The article that a message quotes; none where it is gone in the message's language: in another one it says
    /// something else.
    pub(crate) async fn article_in_its_language(
        &self,
        message: &Message,
    ) -> Result<Option<Article>, DeskError> {
        let spoken = message.language.as_deref().map(domain::article::primary);
        let in_it = |a: &Article| spoken.is_none_or(|spoken| domain::article::primary(&a.locale) == spoken);
        Ok(self.article_of(message).await?.filter(in_it))
    }

    /// The article that a message quotes, in the message's language if there is one; of two locales of it the one that
    /// customers may see.
    pub(crate) async fn article_of(&self, message: &Message) -> Result<Option<Article>, DeskError> {
        let Some(key) = &message.article else { return Ok(None) };
        let mut named = self.0.store.articles_with_key(key).await?;
        let language = message.language.as_deref().map(domain::article::primary);
        named.sort_by_key(|article| {
            let other = Some(domain::article::primary(&article.locale)) != language;
            (other, article.state != ArticleState::Public, !article.holds_at(self.now()))
        });
        Ok(named.into_iter().next())
    }
}

/// The ticket's way after a rating.
fn follow(
    work: &mut Work,
    stamp: &Stamp<'_>,
    answer: &Message,
    view: &TicketView,
    helped: bool,
) -> Result<(), DeskError> {
    let person_went_on = view
        .messages
        .iter()
        .any(|m| m.id > answer.id && m.direction == Direction::Outbound && m.author.kind == ActorKind::Agent);
    if person_went_on {
        // What a person has answered since is not the customer's verdict on the machine.
        return Ok(());
    }
    if helped {
        let last = view.messages.iter().rev().find(|m| m.direction != Direction::Note);
        if last.is_some_and(|m| m.id == answer.id) && is_under_way(&work.ticket) {
            work.set_field(stamp, &Field::Status, StatusCategory::Solved.as_str())?;
        }
        work.remove_tag(stamp, NOT_HELPED);
        return Ok(());
    }
    // A closed one as well: the page says that a person takes over.
    work.set_field(stamp, &Field::Status, StatusCategory::Open.as_str())?;
    work.add_tag(stamp, NOT_HELPED)?;
    work.escalate(stamp, None, "the automatic answer did not help")?;
    Ok(())
}

const fn is_under_way(ticket: &Ticket) -> bool {
    matches!(
        ticket.status_category,
        StatusCategory::New | StatusCategory::Open | StatusCategory::Pending | StatusCategory::OnHold
    )
}

/// What the customer wrote last before the answer.
fn asked_before<'v>(answer: &Message, view: &'v TicketView) -> Option<&'v Message> {
    view.messages.iter().rev().find(|m| m.direction == Direction::Inbound && m.id < answer.id)
}

fn learnt(known: &[Alternate], new: Alternate) -> Vec<Fact> {
    let Some(gone) = admit(known, &new) else { return Vec::new() };
    let remove = |article_id: ArticleId, ticket_id: TicketId| Fact::RemoveAlternate {
        article_id: Some(article_id),
        ticket_id,
    };
    let mut facts: Vec<Fact> = gone.into_iter().map(|ticket| remove(new.article_id, ticket)).collect();
    facts.push(Fact::PutAlternate(new));
    facts
}

#[cfg(test)]
mod tests;
