//! Remembered outcomes: a request that is repeated under the same key gets the first one's answer. What is
//! to be done once only carries a memo, which becomes true in the same commit.

use domain::Timestamp;
use store::{Commit, Fact, StoreError};

use crate::{Desk, DeskError};

/// The mark of a request that is to be done once only, however often, wherever and at whatever time it is
/// sent again. The second time it is answered `DeskError::Repeated` and nothing is done.
pub struct Memo<T> {
    /// Whose keys these are.
    pub source: String,
    /// The request's key there.
    pub key: String,
    /// What is remembered, made from what was made.
    pub outcome: Box<dyn Fn(&T) -> String + Send + Sync>,
}

impl<T> Memo<T> {
    /// The memo as a fact of the commit that makes the thing.
    pub(crate) fn fact(&self, made: &T, at: Timestamp) -> Fact {
        Fact::Seen {
            source: self.source.clone(),
            external_id: self.key.clone(),
            outcome: (self.outcome)(made),
            at,
        }
    }
}

impl Desk {
    /// The outcome remembered under a key.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn remembered(&self, source: &str, key: &str) -> Result<Option<String>, DeskError> {
        Ok(self.0.store.seen(source, key).await?)
    }

    /// Remembers an outcome by itself; `false` when somebody else was first. What is made by the desk takes
    /// a `Memo` instead: then thing and outcome cannot come apart.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn remember(&self, source: &str, key: &str, outcome: &str) -> Result<bool, DeskError> {
        let fact = Fact::Seen {
            source: source.to_owned(),
            external_id: key.to_owned(),
            outcome: outcome.to_owned(),
            at: self.now(),
        };
        match self.0.store.commit(Commit { facts: vec![fact] }).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict("seen")) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, agent, request};
    use crate::{NewMessage, NewMessageKind, TicketFilter};

    fn memo<T: 'static>(outcome: fn(&T) -> String) -> Option<Memo<T>> {
        Some(Memo { source: "s".to_owned(), key: "k".to_owned(), outcome: Box::new(outcome) })
    }

    #[tokio::test]
    async fn what_is_made_with_a_memo_is_remembered_in_the_same_commit_and_made_once() {
        let house = Fixture::new().await;
        let number = |t: &domain::ticket::Ticket| t.number.to_string();
        let made = house.desk.create_ticket(request("ana@example.org"), memo(number), agent()).await.unwrap();
        assert_eq!(house.desk.remembered("s", "k").await.unwrap(), Some(made.number.to_string()));
        let again = house.desk.create_ticket(request("ana@example.org"), memo(number), agent()).await;
        assert!(matches!(again, Err(DeskError::Repeated)), "{again:?}");
        let note = NewMessage {
            kind: NewMessageKind::Note,
            text: "x".to_owned(),
            article: None,
            draft: None,
            seen: None,
            solves: false,
        };
        let third = house.desk.post_message(made.id, note, memo(|m| m.id.to_string()), agent()).await;
        assert!(matches!(third, Err(DeskError::Repeated)), "{third:?}");
        let all = house.store.tickets(&TicketFilter::default(), &crate::Page::first(9)).await.unwrap();
        assert_eq!(all.iter().map(|t| t.number).collect::<Vec<_>>(), [made.number]);
        assert_eq!(house.store.messages(made.id).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_fails_is_not_remembered() {
        let house = Fixture::new().await;
        let new = crate::NewTicket { subject: String::new(), ..request("ana@example.org") };
        assert!(house.desk.create_ticket(new, memo(|t| t.number.to_string()), agent()).await.is_err());
        assert_eq!(house.desk.remembered("s", "k").await.unwrap(), None);
    }
}
