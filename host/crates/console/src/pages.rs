//! The list of pages. Each file has its view and its handler.

pub(crate) mod articles;
pub(crate) mod contacts;
pub(crate) mod login;
pub(crate) mod plugins;
pub(crate) mod problem;
pub(crate) mod queue;
pub(crate) mod rating;
pub(crate) mod request;
pub(crate) mod settings;
pub(crate) mod ticket;
pub(crate) mod tickets;
pub(crate) mod unsubscribe;

use std::net::IpAddr;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::Response;
use desk::DeskError;
use domain::asker::Asker;
use domain::schedule::Zone;
use domain::{Refusal, Timestamp};
use maud::{Markup, html};
use rand::Rng;

use crate::Console;
use crate::language::{self, Spoken, Texts};
use crate::session::{Administers, id_in};
use crate::view::{self, Page};

/// An id out of an address; what is none names nothing that is here.
pub(crate) fn id_of<Id: FromStr>(what: &'static str, text: &str) -> Result<Id, DeskError> {
    /// What is shown of it, characters.
    const SHOWN: usize = 40;
    text.parse().map_err(|_| DeskError::missing(what, text.chars().take(SHOWN).collect::<String>()))
}

/// What is made with a form, so that sending it twice is sending it once.
pub(crate) fn once() -> String {
    hex::encode(rand::rng().random::<[u8; 16]>())
}

/// Stands on a request while all automation is switched off.
#[derive(Clone, Copy)]
struct AutomationOff;

/// Has every page of the console proper show times in the desk's zone, and say so while all automation is switched off.
/// The desk knows both without asking the database.
pub(crate) async fn tell_house(State(console): State<Console>, mut request: Request, next: Next) -> Response {
    if !console.desk.automation_on().await {
        request.extensions_mut().insert(AutomationOff);
    }
    request.extensions_mut().insert(console.zone);
    next.run(request).await
}

/// What every page knows of its request.
pub(crate) struct Visit {
    pub(crate) spoken: Spoken,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    /// Who asks, where that is known.
    pub(crate) from: Option<IpAddr>,
    signed_in: bool,
    administers: bool,
    automation_off: bool,
    /// Whose clocks are shown: UTC's on pages that are everybody's.
    zone: Zone,
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.uri, &parts.headers, &parts.extensions))
    }
}

impl Visit {
    /// What a request says.
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap, extensions: &Extensions) -> Self {
        Self {
            spoken: Spoken::of(asked(uri, "lang"), headers),
            uri: uri.clone(),
            headers: headers.clone(),
            from: extensions.get::<Asker>().map(|Asker(address)| *address),
            // The browser drops the cookie when the session ends.
            signed_in: id_in(headers).is_some(),
            administers: extensions.get::<Administers>().is_some(),
            automation_off: extensions.get::<AutomationOff>().is_some(),
            zone: extensions.get::<Zone>().copied().unwrap_or_default(),
        }
    }

    /// The texts in the visitor's language.
    pub(crate) const fn texts(&self) -> &'static Texts {
        self.spoken.language.texts()
    }

    /// The texts of the settings in the visitor's language.
    pub(crate) const fn setting_texts(&self) -> &'static language::settings::Texts {
        self.spoken.language.setting_texts()
    }

    /// What the house said, in the visitor's language.
    pub(crate) fn tell(&self, said: &str) -> String {
        self.spoken.language.tongue().tell(said)
    }

    /// An instant as the desk's clocks show it.
    pub(crate) fn time(&self, at: Timestamp) -> Markup {
        view::time(at, self.zone)
    }

    /// A query parameter.
    pub(crate) fn asked(&self, key: &str) -> Option<&str> {
        asked(&self.uri, key)
    }

    /// The frame for a page that is everybody's: without a menu, and telling nothing of the house.
    pub(crate) fn open_page<'a>(&self, title: &'a str, path: &'a str) -> Page<'a> {
        let spoken = self.spoken;
        Page {
            title,
            path,
            spoken,
            menu: false,
            signed_in: false,
            administers: false,
            automation_off: false,
            to_other_language: None,
        }
    }

    /// The frame for a page of the console proper, which stands at this address.
    pub(crate) fn page_at<'a>(&self, title: &'a str, path: &'a str) -> Page<'a> {
        let Self { spoken, signed_in, administers, automation_off, .. } = *self;
        Page {
            title,
            path,
            spoken,
            menu: true,
            signed_in,
            administers,
            automation_off,
            to_other_language: None,
        }
    }

    /// Why nothing comes of a form that could not be read.
    pub(crate) fn unreadable(&self) -> Refusal {
        Refusal::new("bad_request", self.texts().form_unreadable)
    }

    /// The page for a failure, as a customer sees it.
    pub(crate) fn failed_customer(&self, error: &DeskError, title: &str) -> Response {
        let body = html! { p role="alert" { (self.texts().customer_not_now) } };
        problem::of_customer(error, self, title, &body)
    }

    /// The page for a failure.
    pub(crate) fn failed(&self, error: impl Into<DeskError>) -> Response {
        problem::of(error.into(), self)
    }
}

/// A query parameter as it stands there: the console's own links need no escaping.
fn asked<'a>(uri: &'a Uri, key: &str) -> Option<&'a str> {
    let pairs = uri.query().unwrap_or("").split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)
}
