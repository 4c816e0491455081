//! A desk, a console, and a visitor who reads what is answered.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use channels::Memory;
use channels::fetch::{Fetch, FetchOptions};
use desk::{Desk, DeskConfig, DeskParts, MailIdentity, NewTicket, NewToken, SealKey};
use domain::clock::FixedClock;
use domain::id::CountingIds;
use domain::ticket::{Channel, Ticket};
use domain::token::Scope;
use domain::vault::VaultRules;
use domain::{Actor, ActorKind, Clock, Timestamp};
use runtime::{Runtime, RuntimeOptions};
use store::{Commit, Fact, Options, Store};
use tower::ServiceExt;

use crate::Access;

/// The instant at which tests begin.
pub(super) const NOW: Timestamp = Timestamp(1_795_000_000_000);

pub(super) struct World {
    pub(super) desk: Desk,
    pub(super) clock: Arc<FixedClock>,
    pub(super) store: Store,
    router: Router,
}

/// A page as it was answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    /// A header as text.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Asserts that all of it stands on the page.
    pub(super) fn says(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(self.text.contains(text), "`{text}` is not on the page:\n{}", self.text);
        }
        self
    }
}

impl World {
    /// A console that is open, over a desk that stores without redaction.
    pub(super) async fn open() -> Self {
        Self::with(Access::Open, false).await
    }

    /// The same for people whose clocks show another zone's time.
    pub(super) async fn in_zone(zone: &str) -> Self {
        let time_zone = zone.to_owned();
        Box::pin(Self::of(
            Access::Open,
            DeskConfig { redaction_required: false, time_zone, ..DeskConfig::default() },
        ))
        .await
    }

    pub(super) async fn with(access: Access, redaction_required: bool) -> Self {
        Box::pin(Self::of(access, DeskConfig { redaction_required, ..DeskConfig::default() })).await
    }

    /// A console that is open, over a desk that stores without redaction and shows values to two people only.
    pub(super) async fn with_four_eyes() -> Self {
        let vault = VaultRules { four_eyes: true, ..VaultRules::default() };
        let config = DeskConfig { redaction_required: false, vault, ..DeskConfig::default() };
        Box::pin(Self::of(Access::Open, config)).await
    }

    /// A console that is open, over a desk with these inboxes that stores without redaction.
    pub(super) async fn with_inboxes(names: &[&str]) -> Self {
        let inboxes = names.iter().map(|name| ((*name).to_owned(), vec![format!("{name}@shop.example")]));
        let mail = MailIdentity { inboxes: inboxes.collect(), ..MailIdentity::default() };
        let config = DeskConfig { redaction_required: false, mail, ..DeskConfig::default() };
        Box::pin(Self::of(Access::Open, config)).await
    }

    async fn of(access: Access, config: DeskConfig) -> Self {
        let clock = Arc::new(FixedClock::at(NOW));
        let store = Store::open("sqlite::memory:", &Options::default()).await.unwrap();
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
        let desk = Box::pin(Desk::open(parts)).await.unwrap();
        Self { router: crate::router(desk.clone(), access, crate::FormPace::default()), desk, clock, store }
    }

    /// The same over another console: of a process started anew, or of another host.
    pub(super) fn elsewhere(self, access: Access) -> Self {
        let router = crate::router(self.desk.clone(), access, crate::FormPace::default());
        Self { router, ..self }
    }

    /// Stores facts behind the desk's back.
    pub(super) async fn facts(&self, facts: Vec<Fact>) {
        self.store.commit(Commit::of(facts)).await.unwrap();
    }

    /// A new ticket.
    pub(super) async fn ticket(&self, subject: &str, text: &str) -> Ticket {
        self.ticket_of("ana@example.org", Some("Ana"), subject, text).await
    }

    /// A new ticket of somebody.
    pub(super) async fn ticket_of(
        &self,
        email: &str,
        name: Option<&str>,
        subject: &str,
        text: &str,
    ) -> Ticket {
        let new = NewTicket {
            subject: subject.to_owned(),
            text: text.to_owned(),
            email: email.to_owned(),
            name: name.map(str::to_owned),
            channel: Channel::Form,
            inbox: None,
            language: Some("de".to_owned()),
            category: None,
            team: None,
            priority: None,
            custom: [("order".to_owned(), "4711".to_owned())].into(),
            tags: vec!["parcel".to_owned()],
        };
        self.desk.create_ticket(new, None, Actor::new(ActorKind::Agent, "kim")).await.unwrap()
    }

    /// A token with these scopes; its secret. The first is called `t`, and no two are called the same.
    pub(super) async fn token(
        &self,
        scopes: &[Scope],
        expires_at: Option<Timestamp>,
    ) -> (domain::id::TokenId, String) {
        let all = self.desk.ask().tokens().await.unwrap();
        let mut name = "t".to_owned();
        while all.iter().any(|token| token.name == name) {
            name.push('t');
        }
        let new = NewToken { name, scopes: scopes.to_vec(), expires_at };
        let (token, secret) = self.desk.create_token(new, Actor::system()).await.unwrap();
        (token.id, secret)
    }

    /// Reads a page.
    pub(super) async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    /// Reads a page with request headers.
    pub(super) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, String::new()).await
    }

    /// Sends a form.
    pub(super) async fn post(&self, path: &str, headers: &[(&str, &str)], form: &str) -> Answer {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/x-www-form-urlencoded"));
        self.send("POST", path, &headers, form.to_owned()).await
    }

    /// Sends a form with a file in it; `b` stands between its parts.
    pub(super) async fn upload(&self, path: &str, headers: &[(&str, &str)], form: &str) -> Answer {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "multipart/form-data; boundary=b"));
        self.send("POST", path, &headers, form.to_owned()).await
    }

    /// Sends a request as it is.
    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "localhost:8080");
        }
        let request = request.body(Body::from(body)).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        let answer = Answer { status: parts.status, headers: parts.headers, text };
        let policy = answer.header("content-security-policy");
        if answer.header("content-disposition").starts_with("attachment") {
            // What customers sent, to be saved.
            assert_eq!(policy, "sandbox; default-src 'none'", "{method} {path}");
            assert_eq!(answer.header("content-type"), "application/octet-stream", "{method} {path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            return answer;
        }
        assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{method} {path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        for forbidden in ["<script", " style=", "javascript:", " onclick", "https://"] {
            assert!(!answer.text.contains(forbidden), "{method} {path} contains {forbidden}");
        }
        answer
    }
}
