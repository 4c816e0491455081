//! The door to the outside: what a run may ask that is not in its input. Implemented by the desk.
//!
//! Every method must be cancel-safe: a run that passes its deadline drops the future where it stands.

use std::sync::Arc;

use async_trait::async_trait;
use domain::Timestamp;
use domain::id::{ArticleId, TicketId};
use domain::snapshot::TicketView;
use domain::ticket::StatusCategory;

/// Longest key of a plugin's key-value store, bytes.
pub const KEY_BYTES_MAX: usize = 256;

/// Whether a plugin may keep a value under this key.
#[must_use]
pub fn is_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= KEY_BYTES_MAX && !key.chars().any(char::is_control)
}

/// Answers what the sandbox cannot know. Grants are checked before it is asked.
#[async_trait]
pub trait Host: Send + Sync {
    /// A kept value.
    async fn kv_get(&self, key: &str) -> Result<Option<Vec<u8>>, HostError>;
    /// A kept value that is read in pieces and never written anew: it may be kept at hand.
    async fn kv_table(&self, key: &str) -> Result<Option<Arc<Vec<u8>>>, HostError> {
        Ok(self.kv_get(key).await?.map(Arc::new))
    }
    /// Keys that begin with `prefix`, in order.
    async fn kv_keys(&self, prefix: &str) -> Result<Vec<String>, HostError>;
    /// Bytes of all kept keys and values together.
    async fn kv_bytes(&self) -> Result<u64, HostError>;
    /// Another ticket.
    async fn ticket(&self, id: TicketId) -> Result<Option<TicketView>, HostError>;
    /// Other tickets, oldest first.
    async fn search_tickets(&self, query: TicketQuery) -> Result<Vec<TicketView>, HostError>;
    /// Public articles, best first.
    async fn search_articles(
        &self,
        question: &str,
        language: Option<&str>,
        limit: u32,
    ) -> Result<Vec<FoundArticle>, HostError>;
    /// The language model in place, if there is one.
    fn embed_model(&self) -> Option<EmbedModel> {
        None
    }
    /// What texts mean, a vector of length one each, in their order. Without a model: unavailable.
    async fn embed(&self, _: &[String]) -> Result<Vec<Vec<f32>>, HostError> {
        Err(HostError::Unavailable("no language model is in place".to_owned()))
    }
    /// An HTTP request; the host is granted, everything else (addresses, sizes, redirects) is the desk's to guard.
    async fn http(&self, request: HttpRequest) -> Result<HttpResponse, HostError>;
}

/// Why the outside gave no answer. Reaches the plugin as a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostError {
    /// Not allowed; names the rule.
    #[error("denied: {0}")]
    Denied(String),
    /// Not there just now.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// Makes no sense; names what to fix.
    #[error("invalid: {0}")]
    Invalid(String),
    /// Try again after so many seconds.
    #[error("try again in {0} s")]
    Retry(u32),
}

/// Which tickets; `None` means any.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct TicketQuery {
    /// In this category.
    pub status_category: Option<StatusCategory>,
    /// With this tag.
    pub tag: Option<String>,
    /// Of this team.
    pub team: Option<String>,
    /// Of the same requester as this ticket.
    pub requester_of: Option<TicketId>,
    /// No message from the customer since.
    pub customer_silent_since: Option<Timestamp>,
    /// Newest public message was ours and before this.
    pub replied_before: Option<Timestamp>,
    /// Solved before this.
    pub solved_before: Option<Timestamp>,
    /// Created after this.
    pub created_after: Option<Timestamp>,
    /// At most so many (1 to 200).
    pub limit: u32,
}

/// A language model, as plugins know it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EmbedModel {
    /// Digest of its files: vectors of another one cannot be compared with its own.
    pub digest: String,
    /// Numbers in a vector.
    pub dimension: u32,
}

/// A public article that fits a question.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FoundArticle {
    /// Id.
    pub id: ArticleId,
    /// Key.
    pub key: String,
    /// BCP 47 locale.
    pub locale: String,
    /// The question it answers.
    pub title: String,
    /// The answer.
    pub body: String,
    /// The product that it is about; none: it holds for all. Absent in older records.
    #[serde(default)]
    pub product: Option<String>,
    /// 0 to 1: how well it fits.
    pub score: f32,
    /// Words of the question that it has, strongest first.
    pub terms: Vec<String>,
    /// What the score is made of and how far it can be trusted, by name, 0 to 1. Absent in older records.
    #[serde(default)]
    pub signals: Vec<(String, f32)>,
}

/// A request as the plugin wrote it, to a granted host.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct HttpRequest {
    /// Upper-case method.
    pub method: String,
    /// The https URL.
    pub url: String,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// Body.
    #[serde(with = "crate::record::hex_bytes")]
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct HttpResponse {
    /// Status code.
    pub status: u16,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// Body.
    #[serde(with = "crate::record::hex_bytes")]
    pub body: Vec<u8>,
}

/// Nobody outside: for redaction, for replays and for tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHost;

fn nobody<T>() -> Result<T, HostError> {
    Err(HostError::Unavailable("this run has no outside".to_owned()))
}

#[async_trait]
impl Host for NoHost {
    async fn kv_get(&self, _: &str) -> Result<Option<Vec<u8>>, HostError> {
        nobody()
    }
    async fn kv_keys(&self, _: &str) -> Result<Vec<String>, HostError> {
        nobody()
    }
    async fn kv_bytes(&self) -> Result<u64, HostError> {
        nobody()
    }
    async fn ticket(&self, _: TicketId) -> Result<Option<TicketView>, HostError> {
        nobody()
    }
    async fn search_tickets(&self, _: TicketQuery) -> Result<Vec<TicketView>, HostError> {
        nobody()
    }
    async fn search_articles(
        &self,
        _: &str,
        _: Option<&str>,
        _: u32,
    ) -> Result<Vec<FoundArticle>, HostError> {
        nobody()
    }
    async fn http(&self, _: HttpRequest) -> Result<HttpResponse, HostError> {
        nobody()
    }
}
