//! The outside of a case: what it records about values kept, other tickets, articles and HTTP answers. Answers
//! from that and from nothing else, so that a case says the same on every machine.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::id::TicketId;
use domain::snapshot::TicketView;
use runtime::{FoundArticle, Host, HostError, HttpRequest, HttpResponse, TicketQuery};

/// What a case records of the outside.
#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    /// Values kept.
    pub(super) kv: BTreeMap<String, Vec<u8>>,
    /// Other tickets.
    pub(super) tickets: Vec<TicketView>,
    /// Articles that every question finds, best first.
    pub(super) hits: Vec<FoundArticle>,
    /// Answers to requests: method, URL, answer.
    pub(super) http: Vec<(String, String, HttpResponse)>,
}

impl Script {
    /// Keeps what a run wrote, for the next one.
    pub(super) fn keep(&mut self, writes: &BTreeMap<String, Option<Vec<u8>>>) {
        for (key, value) in writes {
            match value {
                Some(value) => self.kv.insert(key.clone(), value.clone()),
                None => self.kv.remove(key),
            };
        }
    }

    /// As the store selects: see its conformance suite.
    fn fits(&self, view: &TicketView, query: &TicketQuery) -> bool {
        let ticket = &view.ticket;
        let replied_last = ticket.last_reply_at > ticket.last_customer_message_at;
        let requester = query.requester_of.map(|id| self.tickets.iter().find(|v| v.ticket.id == id));
        query.status_category.is_none_or(|wanted| ticket.status_category == wanted)
            && query.tag.as_ref().is_none_or(|tag| ticket.tags.contains(tag))
            && query.team.as_ref().is_none_or(|team| ticket.team.as_ref() == Some(team))
            && requester.is_none_or(|of| of.is_some_and(|v| v.ticket.requester_id == ticket.requester_id))
            && query
                .customer_silent_since
                .is_none_or(|since| ticket.last_customer_message_at.is_none_or(|at| at < since))
            && query
                .replied_before
                .is_none_or(|limit| replied_last && ticket.last_reply_at.is_some_and(|at| at < limit))
            && query.solved_before.is_none_or(|limit| ticket.solved_at.is_some_and(|at| at < limit))
            && query.created_after.is_none_or(|after| ticket.created_at > after)
    }
}

/// `de` of `de-AT`.
fn primary(tag: &str) -> String {
    tag.split('-').next().unwrap_or(tag).to_lowercase()
}

#[async_trait]
impl Host for Script {
    async fn kv_get(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        Ok(self.kv.get(key).cloned())
    }

    async fn kv_keys(&self, prefix: &str) -> Result<Vec<String>, HostError> {
        Ok(self.kv.keys().filter(|key| key.starts_with(prefix)).cloned().collect())
    }

    async fn kv_bytes(&self) -> Result<u64, HostError> {
        Ok(self.kv.iter().map(|(key, value)| (key.len() + value.len()) as u64).sum())
    }

    async fn ticket(&self, id: TicketId) -> Result<Option<TicketView>, HostError> {
        Ok(self.tickets.iter().find(|view| view.ticket.id == id).cloned())
    }

    async fn search_tickets(&self, query: TicketQuery) -> Result<Vec<TicketView>, HostError> {
        let mut found: Vec<TicketView> =
            self.tickets.iter().filter(|view| self.fits(view, &query)).cloned().collect();
        found.sort_by_key(|view| (view.ticket.created_at, view.ticket.id));
        found.truncate(query.limit as usize);
        Ok(found)
    }

    async fn search_articles(
        &self,
        _: &str,
        language: Option<&str>,
        limit: u32,
    ) -> Result<Vec<FoundArticle>, HostError> {
        let spoken = |hit: &&FoundArticle| language.is_none_or(|one| primary(one) == primary(&hit.locale));
        Ok(self.hits.iter().filter(spoken).take(limit as usize).cloned().collect())
    }

    async fn http(&self, request: HttpRequest) -> Result<HttpResponse, HostError> {
        let found =
            self.http.iter().find(|(method, url, _)| *method == request.method && *url == request.url);
        found.map(|(_, _, answer)| answer.clone()).ok_or_else(|| {
            HostError::Unavailable(format!(
                "the case records no answer: add `http: {} {} | 200 | …`",
                request.method, request.url
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str) -> HttpRequest {
        HttpRequest { method: "GET".into(), url: url.into(), headers: Vec::new(), body: Vec::new() }
    }

    #[tokio::test]
    async fn an_unrecorded_request_is_answered_with_the_line_that_is_missing() {
        let answer = HttpResponse { status: 200, headers: Vec::new(), body: b"{}".to_vec() };
        let url = "https://api.example.com/x";
        let script = Script { http: vec![("GET".into(), url.into(), answer.clone())], ..Script::default() };
        assert_eq!(script.http(request(url)).await, Ok(answer));
        let Err(HostError::Unavailable(said)) = script.http(request("https://api.example.com/y")).await
        else {
            panic!("answered")
        };
        assert!(said.contains("http: GET https://api.example.com/y | 200"), "{said}");
    }

    #[tokio::test]
    async fn what_a_run_kept_is_there_for_the_next_one() {
        let mut script = Script::default();
        script.keep(&BTreeMap::from([("a".into(), Some(b"1".to_vec())), ("b".into(), Some(b"2".to_vec()))]));
        script.keep(&BTreeMap::from([("a".into(), None)]));
        assert_eq!(script.kv_keys("").await.unwrap(), ["b"]);
        assert_eq!(script.kv_bytes().await.unwrap(), 2);
    }
}
