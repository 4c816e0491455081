//! A desk, a router and tokens for a test; and the check that every answer is as the document says.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use channels::Memory;
use channels::fetch::{Fetch, FetchOptions};
use desk::{Desk, DeskConfig, DeskParts, NewToken, SealKey};
use domain::clock::FixedClock;
use domain::id::CountingIds;
use domain::token::Scope;
use domain::{Actor, Clock, Timestamp};
use runtime::{Runtime, RuntimeOptions};
use serde_json::{Value, json};
use store::{Commit, Fact, Options, Store};
use tower::ServiceExt;

/// The instant at which tests begin.
pub(super) const NOW: Timestamp = Timestamp(1_795_000_000_000);

pub(super) struct World {
    pub(super) desk: Desk,
    pub(super) clock: Arc<FixedClock>,
    pub(super) store: Store,
    router: Router,
    document: Value,
    secrets: Vec<(Scope, String)>,
}

/// An answer, read whole.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) json: Value,
    pub(super) bytes: Vec<u8>,
}

impl Answer {
    /// A header as text.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Status, code and field of a problem.
    pub(super) fn problem(&self) -> (u16, &str, &str) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.json);
        let text = |key: &str| self.json.get(key).and_then(Value::as_str).unwrap_or("");
        (self.status.as_u16(), text("code"), text("field"))
    }

    /// The body of a success.
    pub(super) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.json);
        self.json
    }
}

impl World {
    /// A desk that stores without redaction.
    pub(super) async fn new() -> Self {
        Self::with(DeskConfig { redaction_required: false, ..DeskConfig::default() }).await
    }

    /// A desk with these settings.
    pub(super) async fn with(config: DeskConfig) -> Self {
        let store = Store::open("sqlite::memory:", &Options::default()).await.unwrap();
        let desk = desk_on(&store, NOW, config).await;
        let mut secrets = Vec::new();
        for scope in Scope::ALL {
            let new = NewToken { name: scope.to_string(), scopes: vec![*scope], expires_at: None };
            secrets.push((*scope, desk.0.create_token(new, Actor::system()).await.unwrap().1));
        }
        Self::of(desk, store, secrets)
    }

    /// Another process on the same database, a second later, that knows the same tokens.
    pub(super) async fn restarted(&self) -> Self {
        let desk = desk_on(&self.store, self.clock.now().plus(1_000), self.desk.config().clone()).await;
        Self::of(desk, self.store.clone(), self.secrets.clone())
    }

    fn of((desk, clock): (Desk, Arc<FixedClock>), store: Store, secrets: Vec<(Scope, String)>) -> Self {
        let document = serde_json::from_str(&crate::openapi()).unwrap();
        let router = crate::router(desk.clone(), crate::ApiPace::UNBOUNDED);
        Self { router, desk, clock, store, document, secrets }
    }

    /// The same world behind a door that lets through so many requests.
    pub(super) fn at_pace(self, pace: crate::ApiPace) -> Self {
        Self { router: crate::router(self.desk.clone(), pace), ..self }
    }

    /// The secret of the token that has this scope only.
    pub(super) fn secret(&self, scope: Scope) -> &str {
        &self.secrets.iter().find(|(s, _)| *s == scope).unwrap().1
    }

    /// Stores facts behind the desk's back.
    pub(super) async fn facts(&self, facts: Vec<Fact>) {
        self.store.commit(Commit::of(facts)).await.unwrap();
    }

    /// A request by a token with `scope`; a JSON body unless null.
    pub(super) async fn call(&self, scope: Scope, method: &str, path: &str, body: Value) -> Answer {
        self.call_with(scope, method, path, body, &[]).await
    }

    /// The same with further headers.
    pub(super) async fn call_with(
        &self,
        scope: Scope,
        method: &str,
        path: &str,
        body: Value,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.request(scope, method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        };
        self.send(request.body(body).unwrap()).await
    }

    /// A request with a raw body.
    pub(super) async fn upload(&self, scope: Scope, path: &str, media: &str, body: Vec<u8>) -> Answer {
        let request = self.request(scope, "POST", path).header("content-type", media);
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// The beginning of a request.
    pub(super) fn request(&self, scope: Scope, method: &str, path: &str) -> axum::http::request::Builder {
        let bearer = format!("Bearer {}", self.secret(scope));
        Request::builder().method(method).uri(path).header("authorization", bearer)
    }

    /// The answer of the router, not waited for.
    pub(super) fn begin(&self, request: Request<Body>) -> impl Future<Output = ()> + use<> {
        let answer = self.router.clone().oneshot(request);
        async move {
            answer.await.unwrap();
        }
    }

    /// Sends a request, and holds the answer against the document.
    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().as_str().to_lowercase(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let is_json =
            parts.headers.get("content-type").is_some_and(|t| t.to_str().unwrap().ends_with("json"));
        // A HEAD is answered without a body.
        let json =
            if is_json && !bytes.is_empty() { serde_json::from_slice(&bytes).unwrap() } else { Value::Null };
        let answer = Answer { status: parts.status, headers: parts.headers, json, bytes: bytes.to_vec() };
        assert!(!answer.header("x-request-id").is_empty(), "{method} {path} has no request id");
        if let Some(operation) = self.operation(&method, &path) {
            self.check(&format!("{method} {path}"), operation, &answer);
        }
        answer
    }

    /// The document.
    pub(super) const fn document(&self) -> &Value {
        &self.document
    }

    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let wanted: Vec<&str> = path.split('/').collect();
        let fits = |template: &str| {
            let parts: Vec<&str> = template.split('/').collect();
            parts.len() == wanted.len()
                && parts.iter().zip(&wanted).all(|(t, w)| t.starts_with('{') || t == w)
        };
        let paths = self.document["paths"].as_object().unwrap();
        let mut found: Vec<_> =
            paths.iter().filter(|(t, item)| fits(t) && item.get(method).is_some()).collect();
        found.sort_by_key(|(template, _)| template.contains('{'));
        found.first().map(|(_, item)| &item[method])
    }

    fn check(&self, what: &str, operation: &Value, answer: &Answer) {
        let status = answer.status.as_u16().to_string();
        let mut response = operation["responses"].get(&status);
        if let Some(reference) = response.and_then(|r| r["$ref"].as_str()) {
            response = self.document.pointer(reference.trim_start_matches('#'));
        }
        let response =
            response.unwrap_or_else(|| panic!("{what}: {status} is not documented: {}", answer.json));
        let Some(content) = response.get("content").and_then(Value::as_object) else { return };
        let media = answer.header("content-type");
        let schema =
            &content.get(media).unwrap_or_else(|| panic!("{what}: {media} is not documented"))["schema"];
        if !media.ends_with("json") {
            return;
        }
        if let Err(wrong) = self.fits(schema, &answer.json, "") {
            panic!("{what} answers {status} otherwise than documented: {wrong}\n{}", answer.json);
        }
    }

    /// Whether a value is as its schema says: the part of JSON Schema that the document uses. Fields that
    /// the schema does not know are wrong too: nothing is answered that is not documented.
    fn fits(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        if let Some(reference) = schema["$ref"].as_str() {
            let target = self.document.pointer(reference.trim_start_matches('#'));
            return self.fits(target.ok_or_else(|| format!("{at}: {reference} leads nowhere"))?, value, at);
        }
        for word in ["oneOf", "anyOf"] {
            if let Some(choices) = schema[word].as_array() {
                let tried: Vec<_> = choices.iter().map(|c| self.fits(c, value, at)).collect();
                return if tried.iter().any(Result::is_ok) {
                    Ok(())
                } else {
                    Err(format!("{at}: {tried:?}"))
                };
            }
        }
        if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
            return Err(format!("{at}: {value} is none of {}", schema["enum"]));
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
            _ => return Ok(()),
        };
        let fits = types.iter().any(|kind| match *kind {
            "null" => value.is_null(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("unknown type {other}"),
        });
        if !fits {
            return Err(format!("{at}: {value} is no {types:?}"));
        }
        self.members_fit(schema, value, at)
    }

    fn members_fit(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        for (n, item) in value.as_array().into_iter().flatten().enumerate() {
            self.fits(&schema["items"], item, &format!("{at}[{n}]"))?;
        }
        let (Some(object), Some(properties)) = (value.as_object(), schema["properties"].as_object()) else {
            return Ok(());
        };
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(required) {
                return Err(format!("{at}: {required} is missing"));
            }
        }
        for (key, member) in object {
            let of = properties.get(key).ok_or_else(|| format!("{at}.{key} is not documented"))?;
            self.fits(of, member, &format!("{at}.{key}"))?;
        }
        Ok(())
    }
}

/// A desk on this store, and its clock.
async fn desk_on(store: &Store, now: Timestamp, config: DeskConfig) -> (Desk, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at(now));
    let parts = DeskParts {
        store: store.clone(),
        runtime: Runtime::new(RuntimeOptions { pooling: false, ..RuntimeOptions::default() }).unwrap(),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ids: Arc::new(CountingIds::default()),
        egress: Arc::new(Memory::new()),
        senders: channels::sender::Senders::unchecked(),
        seal: SealKey::new(&[7; 32]),
        tombstones: Arc::new(desk::NoTombstones),
        meaning: desk::Meaning::none(),
        fetch: None,
        webhooks: Fetch::new(FetchOptions::default()),
        config,
    };
    (Box::pin(Desk::open(parts)).await.unwrap(), clock)
}

/// A new ticket, as a request.
pub(super) fn new_ticket(subject: &str) -> Value {
    json!({ "subject": subject, "text": "Where is my parcel?", "email": "Ana@Example.org", "name": "Ana" })
}
