//! Who calls: a bearer token and what it may do. Each handler names the scope that it needs in its
//! signature, so none can forget to ask.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use domain::token::{Scope, Token};
use domain::{Actor, ActorKind};

use crate::Api;
use crate::error::ApiError;
use crate::pace::Pace;

/// A scope as a type.
pub(crate) trait Needs {
    /// The scope it stands for.
    const SCOPE: Scope;
}

macro_rules! scopes {
    ($($(#[$meta:meta])* $name:ident),+) => {$(
        $(#[$meta])*
        pub(crate) enum $name {}
        impl Needs for $name {
            const SCOPE: Scope = Scope::$name;
        }
    )+};
}

scopes! {
    /// Reads tickets and what belongs to them.
    Read,
    /// Writes tickets and messages.
    Write,
    /// Hands in raw mail.
    Inbound,
    /// Administers.
    Admin,
    /// Sees sealed values.
    Reveal
}

/// A caller whose token is valid and has the scope `S`.
pub(crate) struct Caller<S> {
    pub(crate) token: Token,
    scope: PhantomData<S>,
}

impl<S> Caller<S> {
    /// The caller as somebody who acts.
    pub(crate) fn actor(&self) -> Actor {
        Actor::new(ActorKind::Api, self.token.id.to_string())
    }
}

impl<S: Needs> FromRequestParts<Api> for Caller<S> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let token = admitted(parts, api, S::SCOPE).await?;
        Ok(Self { token, scope: PhantomData })
    }
}

/// A caller who may open attachments: which scope that takes, the house says.
pub(crate) struct Opener {
    token: Token,
}

impl Opener {
    /// The caller as somebody who acts.
    pub(crate) fn actor(&self) -> Actor {
        Actor::new(ActorKind::Api, self.token.id.to_string())
    }
}

impl FromRequestParts<Api> for Opener {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let scope = api.desk.config().vault.attachments.scope();
        Ok(Self { token: admitted(parts, api, scope).await? })
    }
}

async fn admitted(parts: &Parts, api: &Api, scope: Scope) -> Result<Token, ApiError> {
    let secret = bearer(&parts.headers)
        .ok_or_else(|| ApiError::no_token("Send a token: Authorization: Bearer klz_…"))?;
    let wrong = || ApiError::bad_token("The token is unknown, revoked or expired: make a new one.");
    if Pace::is_wrong(&parts.extensions) {
        return Err(wrong());
    }
    // What could not be looked up stays counted: an overload must not feed itself.
    let found = api.desk.token_with(secret).await?;
    let (now, moment) = (api.desk.now(), api.desk.moment());
    let Some(token) = found else {
        api.pace.refuse(secret, moment);
        return Err(wrong());
    };
    // One that has expired is no guess.
    api.pace.recognise(secret, &parts.extensions, moment);
    if !token.stands(now) {
        return Err(wrong());
    }
    if token.allows(scope, now) { Ok(token) } else { Err(ApiError::no_scope(scope)) }
}

/// The secret that a request brings along.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !secret.trim().is_empty()).then(|| secret.trim())
}
