//! Past tickets and a memory for a run on the bench: what a plugin that learns needs to learn from files as it
//! would in the house. Keeps what runs write; has no articles and no HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::Timestamp;
use domain::id::{ContactId, CountingIds, TicketId};
use domain::snapshot::TicketView;
use domain::ticket::StatusCategory;
use embed::Model;
use runtime::{EmbedModel, FoundArticle, Host, HostError, HttpRequest, HttpResponse, TicketQuery};

use super::{CASE_TIME, Case};

/// A past ticket: its text, and what it turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Text.
    pub text: String,
    /// Category, and team as well.
    pub label: String,
}

/// The memory: values by key.
pub type Memory = BTreeMap<String, Arc<Vec<u8>>>;

/// Past tickets and what runs have kept.
#[derive(Debug, Default)]
pub struct Ledger {
    past: Vec<Past>,
    memory: Mutex<Memory>,
    model: Option<Arc<Model>>,
}

/// Time between two past tickets.
const APART_MS: i64 = 1_000;

impl Ledger {
    /// With past tickets, oldest first, and what was kept before.
    #[must_use]
    pub fn new(past: Vec<Past>, memory: Memory) -> Self {
        Self { past, memory: Mutex::new(memory), model: None }
    }

    /// The same with a language model in place.
    #[must_use]
    pub fn with_model(self, model: Option<Arc<Model>>) -> Self {
        Self { model, ..self }
    }

    /// What is kept.
    #[must_use]
    pub fn memory(&self) -> Memory {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what a run wrote.
    pub fn keep(&self, writes: BTreeMap<String, Option<Vec<u8>>>) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in writes {
            match value {
                Some(value) => drop(memory.insert(key, Arc::new(value))),
                None => drop(memory.remove(&key)),
            }
        }
    }

    fn value(&self, key: &str) -> Option<Arc<Vec<u8>>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).get(key).map(Arc::clone)
    }

    /// When the ticket at a place came: all of them before the cases happen.
    fn came_at(&self, place: usize) -> Timestamp {
        let back = i64::try_from(self.past.len() - place).unwrap_or(i64::MAX / APART_MS);
        CASE_TIME.plus(-APART_MS * back)
    }

    /// The ticket at a place: solved, each by a customer of its own.
    fn view(&self, place: usize, past: &Past) -> TicketView {
        let at = self.came_at(place);
        let case = Case { text: past.text.clone(), now: at, ..Case::default() };
        let mut view = case.snapshot().view;
        // Ids are minted from the instant, which differs from ticket to ticket.
        let ids = CountingIds::default();
        view.ticket.id = TicketId::mint(&ids, at);
        view.ticket.number = i64::try_from(place).unwrap_or(0) + 1;
        view.ticket.created_at = at;
        view.ticket.status_category = StatusCategory::Solved;
        view.ticket.category = Some(past.label.clone());
        view.ticket.team = Some(past.label.clone());
        if let Some(requester) = &mut view.requester {
            requester.id = ContactId::mint(&ids, at);
        }
        view
    }
}

fn not_here<T>() -> Result<T, HostError> {
    Err(HostError::Unavailable("on this bench there are only past tickets and a memory".to_owned()))
}

#[async_trait]
impl Host for Ledger {
    fn embed_model(&self) -> Option<EmbedModel> {
        let model = self.model.as_ref()?;
        let dimension = u32::try_from(model.dimension()).ok()?;
        Some(EmbedModel { digest: model.digest().to_owned(), dimension })
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, HostError> {
        let Some(model) = &self.model else { return not_here() };
        let (model, texts) = (Arc::clone(model), texts.to_vec());
        let reckoning = tokio::task::spawn_blocking(move || {
            model.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>())
        });
        let said = reckoning.await.map_err(|error| HostError::Unavailable(error.to_string()))?;
        said.map_err(|error| HostError::Unavailable(error.to_string()))
    }

    async fn kv_get(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        Ok(self.value(key).map(|value| value.to_vec()))
    }

    async fn kv_table(&self, key: &str) -> Result<Option<Arc<Vec<u8>>>, HostError> {
        Ok(self.value(key))
    }

    async fn kv_keys(&self, prefix: &str) -> Result<Vec<String>, HostError> {
        Ok(self.memory().into_keys().filter(|key| key.starts_with(prefix)).collect())
    }

    async fn kv_bytes(&self) -> Result<u64, HostError> {
        Ok(self.memory().iter().map(|(key, value)| (key.len() + value.len()) as u64).sum())
    }

    async fn ticket(&self, _: TicketId) -> Result<Option<TicketView>, HostError> {
        Ok(None)
    }

    async fn search_tickets(&self, query: TicketQuery) -> Result<Vec<TicketView>, HostError> {
        let after = query.created_after.unwrap_or(Timestamp(i64::MIN));
        let from =
            (0..self.past.len()).position(|place| self.came_at(place) > after).unwrap_or(self.past.len());
        let found = self.past.iter().enumerate().skip(from).take(query.limit as usize);
        Ok(found.map(|(place, past)| self.view(place, past)).collect())
    }

    async fn search_articles(
        &self,
        _: &str,
        _: Option<&str>,
        _: u32,
    ) -> Result<Vec<FoundArticle>, HostError> {
        Ok(Vec::new())
    }

    async fn http(&self, _: HttpRequest) -> Result<HttpResponse, HostError> {
        not_here()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn past_tickets_come_page_by_page_each_by_another_customer() {
        let past = (0..5).map(|n| Past { text: format!("text {n}"), label: "a".into() }).collect();
        let ledger = Ledger::new(past, Memory::new());
        let query = |after| TicketQuery { created_after: after, limit: 3, ..TicketQuery::default() };
        let first = ledger.search_tickets(query(None)).await.unwrap();
        let next = ledger.search_tickets(query(first.last().map(|v| v.ticket.created_at))).await.unwrap();
        assert_eq!((first.len(), next.len()), (3, 2));
        assert_eq!(next[0].messages[0].text, "text 3");
        let who: std::collections::BTreeSet<_> =
            first.iter().chain(&next).map(|v| v.requester.as_ref().unwrap().id.to_string()).collect();
        assert_eq!(who.len(), 5);
        assert!(first.iter().all(|v| v.ticket.created_at < CASE_TIME && v.ticket.solved_at.is_none()));
    }

    #[tokio::test]
    async fn what_a_run_kept_is_there_for_the_next_and_what_it_deleted_is_gone() {
        let ledger = Ledger::default();
        ledger.keep(BTreeMap::from([("a".to_owned(), Some(vec![1, 2])), ("b".to_owned(), Some(vec![]))]));
        ledger.keep(BTreeMap::from([("b".to_owned(), None)]));
        assert_eq!(ledger.kv_get("a").await.unwrap(), Some(vec![1, 2]));
        assert_eq!(
            (ledger.kv_keys("").await.unwrap(), ledger.kv_bytes().await.unwrap()),
            (vec!["a".to_owned()], 3)
        );
    }
}
