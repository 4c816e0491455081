//! The list of pages. Each file has its view and its handler.

pub(crate) mod articles;
pub(crate) mod login;
pub(crate) mod plugins;
pub(crate) mod problem;
pub(crate) mod queue;
pub(crate) mod rating;
pub(crate) mod request;
pub(crate) mod ticket;
pub(crate) mod tickets;
pub(crate) mod unsubscribe;

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use desk::DeskError;
use domain::Refusal;

use crate::language::{Spoken, Texts};
use crate::pace::asker;
use crate::session::id_in;
use crate::view::Page;

/// What every page knows of its request.
pub(crate) struct Visit {
    pub(crate) spoken: Spoken,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    /// Who asks, where that is known.
    pub(crate) from: Option<IpAddr>,
    signed_in: bool,
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts))
    }
}

impl Visit {
    /// What a request says.
    pub(crate) fn of(parts: &Parts) -> Self {
        let spoken = Spoken::of(asked(&parts.uri, "lang"), &parts.headers);
        // The browser drops the cookie when the session ends.
        let signed_in = id_in(&parts.headers).is_some();
        let from = asker(&parts.extensions, &parts.headers);
        Self { spoken, uri: parts.uri.clone(), headers: parts.headers.clone(), from, signed_in }
    }

    /// The texts in the visitor's language.
    pub(crate) const fn texts(&self) -> &'static Texts {
        self.spoken.language.texts()
    }

    /// What the house said, in the visitor's language.
    pub(crate) fn tell(&self, said: &str) -> String {
        self.spoken.language.tongue().tell(said)
    }

    /// A query parameter.
    pub(crate) fn asked(&self, key: &str) -> Option<&str> {
        asked(&self.uri, key)
    }

    /// The frame for a page of the console proper, which stands at this address.
    pub(crate) fn page_at<'a>(&self, title: &'a str, path: &'a str) -> Page<'a> {
        Page { title, path, spoken: self.spoken, menu: true, signed_in: self.signed_in }
    }

    /// Why nothing comes of a form that could not be read.
    pub(crate) fn unreadable(&self) -> Refusal {
        Refusal::new("bad_request", self.texts().form_unreadable)
    }

    /// The page for a failure.
    pub(crate) fn failed(&self, error: impl Into<DeskError>) -> axum::response::Response {
        problem::of(error.into(), &self.uri, &self.headers)
    }
}

/// A query parameter as it stands there: the console's own links need no escaping.
pub(crate) fn asked<'a>(uri: &'a Uri, key: &str) -> Option<&'a str> {
    let pairs = uri.query().unwrap_or("").split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)
}
