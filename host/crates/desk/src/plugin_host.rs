//! What a run may ask of the desk while it runs: its own kv, other tickets, articles, HTTP. Grants were
//! checked by the runtime before a question comes here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::grant::Grants;
use domain::id::{InstallationId, TicketId};
use domain::plugin::{Installation, Mode, covers};
use domain::snapshot::TicketView;
use runtime::{EmbedModel, FoundArticle, Host, HostError, HttpRequest, HttpResponse, TicketQuery};
use store::{Page, TicketFilter};

use crate::bench::Seen;
use crate::knowledge::Ground;
use crate::plugins::{Secret, secrets_of};
use crate::turn::values::Values;
use crate::{Desk, Inner};

/// Tickets a search answers at most.
const TICKETS_MAX: u32 = 200;

/// Keys that are read at most; the contract's own bound is the runtime's.
const KEYS_MAX: i64 = 1_000;

/// The desk as one installation sees it.
pub(crate) struct PluginHost {
    desk: Arc<Inner>,
    installation_id: InstallationId,
    /// The ticket it is called for.
    ticket: Option<TicketId>,
    grants: Grants,
    mode: Mode,
    /// What it may see of tickets; empty: all.
    inboxes: BTreeSet<String>,
    secrets: Vec<Secret>,
    /// What its plugin's earlier hooks in the same turn wrote, not stored yet.
    laid: Values,
    /// What the store said of values, each as it was said first.
    read: Mutex<Values>,
    seen: Mutex<BTreeMap<TicketId, Seen>>,
}

impl PluginHost {
    /// The desk for one run of this installation.
    pub(crate) fn of(desk: &Arc<Inner>, installation: &Installation, ticket: Option<TicketId>) -> Self {
        let secrets = secrets_of(&desk.seal, installation);
        let inboxes = installation.inboxes.clone();
        Self {
            desk: Arc::clone(desk),
            installation_id: installation.id,
            ticket,
            grants: installation.grants.clone(),
            mode: installation.mode,
            inboxes,
            secrets,
            laid: Values::new(),
            read: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// With these values in place of what is stored.
    pub(crate) fn over(self, laid: Values) -> Self {
        Self { laid, ..self }
    }

    /// What the run was told of stored values.
    pub(crate) fn values_read(&self) -> Values {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the run has read of tickets so far, each as it saw it first.
    pub(crate) fn seen(&self) -> BTreeMap<TicketId, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn shows(&self, view: &TicketView) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.entry(view.ticket.id).or_insert_with(|| Seen::of(view));
    }
}

fn unavailable(error: impl std::fmt::Display) -> HostError {
    tracing::warn!(%error, "a plugin's question could not be answered");
    HostError::Unavailable("the house cannot answer just now".to_owned())
}

#[async_trait]
impl Host for PluginHost {
    async fn kv_get(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        if let Some(laid) = self.laid.get(key) {
            return Ok(laid.clone());
        }
        let value = self.desk.store.kv_get(self.installation_id, key).await.map_err(unavailable)?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.entry(key.to_owned()).or_insert_with(|| value.clone());
        Ok(value)
    }

    async fn kv_table(&self, key: &str) -> Result<Option<Arc<Vec<u8>>>, HostError> {
        if let Some(laid) = self.laid.get(key) {
            return Ok(laid.clone().map(Arc::new));
        }
        if let Some(table) = self.desk.tables.get(self.installation_id, key) {
            return Ok(Some(table));
        }
        let table =
            self.desk.store.kv_get(self.installation_id, key).await.map_err(unavailable)?.map(Arc::new);
        if let Some(table) = &table {
            self.desk.tables.keep(self.installation_id, key, Arc::clone(table));
        }
        Ok(table)
    }

    async fn kv_keys(&self, prefix: &str) -> Result<Vec<String>, HostError> {
        let stored =
            self.desk.store.kv_keys(self.installation_id, prefix, KEYS_MAX).await.map_err(unavailable)?;
        let mut keys: BTreeSet<String> = stored.into_iter().collect();
        keys.retain(|key| !self.laid.contains_key(key));
        let laid = self.laid.iter().filter(|(key, value)| key.starts_with(prefix) && value.is_some());
        keys.extend(laid.map(|(key, _)| key.clone()));
        Ok(keys.into_iter().collect())
    }

    async fn kv_bytes(&self) -> Result<u64, HostError> {
        let bytes = self.desk.store.kv_bytes(self.installation_id).await.map_err(unavailable)?;
        Ok(u64::try_from(bytes).unwrap_or(0))
    }

    async fn ticket(&self, id: TicketId) -> Result<Option<TicketView>, HostError> {
        let view = self.desk.store.view(id).await.map_err(unavailable)?;
        // What lies in another inbox is not there for it.
        let view = view.filter(|view| covers(&self.inboxes, view.ticket.inbox.as_deref()));
        view.iter().for_each(|view| self.shows(view));
        Ok(view)
    }

    async fn search_tickets(&self, query: TicketQuery) -> Result<Vec<TicketView>, HostError> {
        let requester = match query.requester_of {
            None => None,
            Some(ticket) => match self.desk.store.ticket(ticket).await.map_err(unavailable)? {
                Some(ticket) => Some(ticket.requester_id),
                None => return Ok(Vec::new()),
            },
        };
        let filter = TicketFilter {
            status_category: query.status_category,
            tag: query.tag,
            team: query.team,
            category: None,
            assignee: None,
            words: None,
            requester,
            customer_silent_since: query.customer_silent_since,
            replied_before: query.replied_before,
            solved_before: query.solved_before,
            created_after: query.created_after,
            inboxes: self.inboxes.clone(),
            oldest_first: true,
            ..TicketFilter::default()
        };
        let page = Page { after: None, limit: query.limit.min(TICKETS_MAX) };
        let views = self.desk.store.views(&filter, &page).await.map_err(unavailable)?;
        views.iter().for_each(|view| self.shows(view));
        Ok(views)
    }

    async fn search_articles(
        &self,
        question: &str,
        language: Option<&str>,
        limit: u32,
    ) -> Result<Vec<FoundArticle>, HostError> {
        let limit = usize::try_from(limit.min(20)).unwrap_or(20);
        let desk = &self.desk;
        let ground = Ground { store: &desk.store, meaning: &desk.meaning, now: desk.clock.now() };
        let found = desk.knowledge.search(&ground, question, language, limit).await.map_err(unavailable)?;
        Ok(found.into_iter().map(found_article).collect())
    }

    fn embed_model(&self) -> Option<EmbedModel> {
        self.desk.meaning.model()
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, HostError> {
        let vectors = self.desk.meaning.of_texts(texts).await;
        let vectors = vectors.ok_or_else(|| {
            HostError::Unavailable("no language model is in place, or it cannot say".to_owned())
        })?;
        Ok(vectors.into_iter().map(|vector| vector.as_ref().clone()).collect())
    }

    async fn http(&self, request: HttpRequest) -> Result<HttpResponse, HostError> {
        if !self.mode.sends(&request.method) {
            return Err(HostError::Denied(format!(
                "in shadow mode no {} leaves the house, only GET and HEAD do",
                request.method
            )));
        }
        let Some(fetch) = &self.desk.fetch else {
            return Err(HostError::Unavailable(
                "outbound HTTP is switched off (plugins.http = false)".to_owned(),
            ));
        };
        let host = channels::fetch::host_of(&request.url).unwrap_or_default();
        let carried = match self.ticket {
            Some(ticket) => Desk(Arc::clone(&self.desk))
                .carried(ticket, &self.grants, &host, &request)
                .await
                .map_err(unavailable)?,
            None => Vec::new(),
        };
        crate::plugins::fetch(fetch, request, &self.secrets, &carried).await
    }
}

pub(crate) fn found_article(found: crate::knowledge::Found) -> FoundArticle {
    let article = found.article;
    FoundArticle {
        id: article.id,
        key: article.key,
        locale: article.locale,
        title: article.title,
        body: article.body,
        product: article.product,
        score: found.hit.score,
        terms: found.hit.terms,
        signals: found.hit.signals.named(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    #[tokio::test]
    async fn in_shadow_mode_a_request_that_changes_something_does_not_leave_the_house() {
        let house = Fixture::new().await;
        let request = |method: &str| HttpRequest {
            method: method.to_owned(),
            url: "https://api.example.com/orders".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let shadow = house.installation(|i| i.mode = Mode::Shadow).await;
        let host = PluginHost::of(&house.desk.0, &shadow, None);
        let why = "in shadow mode no POST leaves the house, only GET and HEAD do".to_owned();
        assert_eq!(host.http(request("POST")).await, Err(HostError::Denied(why)));
        // This house has no way out: the request came as far as that.
        assert!(matches!(host.http(request("GET")).await, Err(HostError::Unavailable(_))));
        let live = Installation { mode: Mode::Live, ..shadow };
        let host = PluginHost::of(&house.desk.0, &live, None);
        assert!(matches!(host.http(request("POST")).await, Err(HostError::Unavailable(_))));
    }
}
