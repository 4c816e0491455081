//! The outside of a case: what it records about values kept, other tickets, articles and HTTP answers. Answers
//! from that and from nothing else, so that a case says the same on every machine. Keeps the requests that were
//! sent, and tells whether their headers are as the case says.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

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
    /// Requests that are answered.
    pub(super) http: Vec<Exchange>,
    /// Requests that were sent, answered or not; clones write into the same list.
    sent: Arc<Mutex<Vec<HttpRequest>>>,
}

/// A request that a case answers.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    /// Upper-case method.
    pub(super) method: String,
    /// Exactly this URL.
    pub(super) url: String,
    /// What comes back.
    pub(super) answer: HttpResponse,
    /// Headers that are compared, by name in small letters, with all their values; none: the request must not have it.
    pub(super) headers: BTreeMap<String, Vec<String>>,
}

impl Exchange {
    fn is_of(&self, request: &HttpRequest) -> bool {
        self.method == request.method && self.url == request.url
    }

    /// What of the compared headers a request does not have as it should, one sentence each.
    fn misheaded(&self, request: &HttpRequest) -> Vec<String> {
        let compared = self.headers.iter().filter_map(|(name, wanted)| {
            let of_name = request.headers.iter().filter(|(sent, _)| sent.eq_ignore_ascii_case(name));
            let sent: Vec<&str> = of_name.map(|(_, value)| value.trim()).collect();
            let said = match (wanted.is_empty(), sent.is_empty()) {
                _ if *wanted == sent => return None,
                (true, _) => format!("must not be there, and was sent as {}", quoted(&sent)),
                (false, true) => format!("was not sent, expected {}", quoted(wanted)),
                (false, false) => format!("was sent as {}, expected {}", quoted(&sent), quoted(wanted)),
            };
            Some(format!("{} {}: header {name} {said}", self.method, self.url))
        });
        compared.collect()
    }
}

fn quoted<S: AsRef<str>>(values: &[S]) -> String {
    values.iter().map(|value| format!("`{}`", value.as_ref())).collect::<Vec<_>>().join(", ")
}

impl Script {
    /// Compares a header of the request named last: a value that it must have, or none for a header that it must not.
    pub(super) fn compare_header(&mut self, name: String, value: Option<String>) -> Result<(), String> {
        let Some(exchange) = self.http.last_mut() else {
            return Err("a `header` line stands below the `http` line of its request".to_owned());
        };
        match exchange.headers.entry(name) {
            Entry::Vacant(place) => _ = place.insert(value.into_iter().collect()),
            Entry::Occupied(mut there) => match value {
                Some(value) if !there.get().is_empty() => there.get_mut().push(value),
                None if there.get().is_empty() => {}
                _ => return Err(format!("header {} stands here with a value and without one", there.key())),
            },
        }
        Ok(())
    }

    /// The requests that were sent since this was asked last.
    pub(super) fn take_sent(&self) -> Vec<HttpRequest> {
        std::mem::take(&mut *self.sent.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What of all compared headers was not sent as it should be, one sentence each. A request that was never sent had
    /// none of them.
    pub(super) fn misheaded(&self, sent: &[HttpRequest]) -> Vec<String> {
        let mut out = Vec::new();
        for exchange in self.http.iter().filter(|exchange| !exchange.headers.is_empty()) {
            let mut requests = sent.iter().filter(|request| exchange.is_of(request)).peekable();
            if requests.peek().is_none() {
                let Exchange { method, url, .. } = exchange;
                out.push(format!("{method} {url}: was not sent, so its headers could not be compared"));
            }
            for said in requests.flat_map(|request| exchange.misheaded(request)) {
                if !out.contains(&said) {
                    out.push(said);
                }
            }
        }
        out
    }

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
        let found = self.http.iter().find(|exchange| exchange.is_of(&request));
        let answer = found.map(|exchange| exchange.answer.clone()).ok_or_else(|| {
            HostError::Unavailable(format!(
                "the case records no answer: add `http: {} {} | 200 | …`",
                request.method, request.url
            ))
        });
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str) -> HttpRequest {
        HttpRequest { method: "GET".into(), url: url.into(), headers: Vec::new(), body: Vec::new() }
    }

    const URL: &str = "https://api.example.com/x";

    /// A case that answers one request and compares these headers of it.
    fn script(headers: &[(&str, Option<&str>)]) -> Script {
        let answer = HttpResponse { status: 200, headers: Vec::new(), body: b"{}".to_vec() };
        let exchange = Exchange { method: "GET".into(), url: URL.into(), answer, headers: BTreeMap::new() };
        let mut script = Script { http: vec![exchange], ..Script::default() };
        for (name, value) in headers {
            script.compare_header((*name).into(), value.map(Into::into)).unwrap();
        }
        script
    }

    fn with(headers: &[(&str, &str)]) -> HttpRequest {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        HttpRequest { headers, ..request(URL) }
    }

    #[tokio::test]
    async fn an_unrecorded_request_is_answered_with_the_line_that_is_missing() {
        let script = script(&[]);
        assert_eq!(script.http(request(URL)).await, Ok(script.http[0].answer.clone()));
        let Err(HostError::Unavailable(said)) = script.http(request("https://api.example.com/y")).await
        else {
            panic!("answered")
        };
        assert!(said.contains("http: GET https://api.example.com/y | 200"), "{said}");
    }

    #[tokio::test]
    async fn what_a_clone_was_asked_is_told_once() {
        let script = script(&[]);
        let _ = script.clone().http(request("https://api.example.com/y")).await;
        assert_eq!(script.take_sent(), [request("https://api.example.com/y")]);
        assert!(script.take_sent().is_empty());
    }

    #[test]
    fn only_named_headers_are_compared_and_letters_of_names_count_alike() {
        let script = script(&[("authorization", Some("Bearer {{secret:key}}")), ("cookie", None)]);
        let sent = [with(&[("Authorization", "Bearer {{secret:key}} "), ("accept", "*/*")])];
        assert!(script.misheaded(&sent).is_empty());
    }

    #[test]
    fn each_header_that_is_not_as_expected_is_named_once_with_its_request() {
        let script = script(&[("accept", Some("text/csv")), ("cookie", None), ("x-key", Some("k"))]);
        let sent = with(&[("Accept", "*/*"), ("Cookie", "a"), ("cookie", "b")]);
        assert_eq!(
            script.misheaded(&[sent.clone(), sent]),
            [
                "GET https://api.example.com/x: header accept was sent as `*/*`, expected `text/csv`",
                "GET https://api.example.com/x: header cookie must not be there, and was sent as `a`, `b`",
                "GET https://api.example.com/x: header x-key was not sent, expected `k`",
            ]
        );
    }

    #[test]
    fn a_header_that_is_named_twice_is_sent_twice() {
        let script = script(&[("accept", Some("a")), ("accept", Some("b"))]);
        assert!(script.misheaded(&[with(&[("accept", "a"), ("accept", "b")])]).is_empty());
        assert_eq!(script.misheaded(&[with(&[("accept", "a")])]).len(), 1);
    }

    #[test]
    fn headers_of_a_request_that_was_never_sent_are_a_difference_and_a_case_that_names_none_compares_none() {
        let said = script(&[("cookie", None)]).misheaded(&[request("https://api.example.com/y")]);
        assert_eq!(
            said,
            ["GET https://api.example.com/x: was not sent, so its headers could not be compared"]
        );
        assert!(script(&[]).misheaded(&[]).is_empty());
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
