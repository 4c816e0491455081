//! Floor 3: REST, the door for programs. Every route lies under `/api` and is described by the OpenAPI
//! document made from the same declarations.
//!
//! Knows HTTP and JSON. Opens no transaction, sees no pool, decides nothing: it asks the desk.

mod auth;
mod docs;
mod error;
mod extract;
mod idempotency;
mod openapi;
mod pace;
mod page;
mod request;
mod v1;
mod wording;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};
use desk::Desk;
use tower_http::catch_panic::CatchPanicLayer;

pub use auth::bearer;
pub use error::problem;
pub use pace::ApiPace;
pub use request::given_request_id;

/// What every handler of the API shares.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) desk: Desk,
    /// Counts requests, for ids of those that bring none.
    pub(crate) requests: Arc<AtomicU64>,
    /// Counts them by whose they are.
    pub(crate) pace: pace::Pace,
}

impl FromRef<Api> for Desk {
    fn from_ref(api: &Api) -> Self {
        api.desk.clone()
    }
}

/// The whole API: `/api/v1/…`, `/api/openapi.json`, `/api/docs`.
pub fn router(desk: Desk, pace: ApiPace) -> Router {
    let api = Api { desk, requests: Arc::default(), pace: pace::Pace::new(pace) };
    let (routes, document) = openapi::assemble().split_for_parts();
    let described = Arc::new(openapi::Described::of(&document));
    let documents = Router::new()
        .route("/api/openapi.json", get(openapi::json))
        .route("/api/docs", get(docs::page))
        .route("/api/docs.css", get(docs::style))
        .with_state(described);
    // Only below `/api`: what lies elsewhere is not ours to answer.
    routes
        .merge(documents)
        .route("/api/{*rest}", any(error::no_such_address))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(from_fn_with_state(api.clone(), pace::hold))
        .layer(from_fn_with_state(api.clone(), request::frame))
        .with_state(api)
}

/// The OpenAPI document as pretty JSON: what is served, and what a golden file is compared with.
#[must_use]
pub fn openapi() -> String {
    openapi::Described::of(&openapi::assemble().into_openapi()).json
}
