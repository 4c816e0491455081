//! A ticket, a call and an outside that answers: the ground on which guests are tried.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use domain::event::{Change, Event, EventType};
use domain::grant::Grants;
use domain::id::{ArticleId, ContactId, CountingIds, EventId, MessageId, TicketId};
use domain::message::{AutoClass, Delivery, Direction, Message};
use domain::plugin::{Hook, Limits};
use domain::snapshot::{Snapshot, TicketView};
use domain::ticket::{Channel, Priority, StatusCategory, Ticket};
use domain::{Actor, ActorKind, Timestamp};

use crate::call::{Call, Input};
use crate::host::{EmbedModel, FoundArticle, Host, HostError, HttpRequest, HttpResponse, TicketQuery};

/// The instant at which all tests stand.
pub(crate) const NOW: Timestamp = Timestamp(1_795_000_000_000);

/// Id of the ticket of all tests.
pub(crate) fn ticket_id() -> TicketId {
    TicketId::mint(&CountingIds::default(), NOW)
}

/// A ticket with two messages of a customer.
pub(crate) fn snapshot() -> Snapshot {
    let ids = CountingIds::default();
    let ticket = ticket(&ids);
    let messages =
        vec![message(&ids, ticket.id, "Where is my order?"), message(&ids, ticket.id, "This is urgent!")];
    let newest = messages.last().unwrap().id;
    let event = Event {
        id: EventId::mint(&ids, NOW),
        kind: EventType::MessageReceived,
        time: NOW,
        ticket_id: Some(ticket.id),
        sequence: 2,
        actor: Actor::new(ActorKind::Contact, "con_x"),
        cause: None,
        changes: vec![Change { field: "custom.iban_tail".into(), from: None, to: Some("4711".into()) }],
        data: serde_json::json!({ "message_id": newest }),
    };
    let requester = domain::contact::Contact {
        id: ticket.requester_id,
        name: Some("Ana".into()),
        email: "ana@example.org".into(),
        locale: Some("de".into()),
        time_zone: None,
        verified: true,
        proactive_consent: false,
        created_at: NOW,
    };
    Snapshot { event, view: TicketView { ticket, requester: Some(requester), messages } }
}

fn ticket(ids: &CountingIds) -> Ticket {
    Ticket {
        id: TicketId::mint(ids, NOW),
        number: 42,
        subject: "Order late".into(),
        status: "new".into(),
        status_category: StatusCategory::New,
        priority: Priority::Normal,
        channel: Channel::Email,
        inbox: None,
        language: Some("en".into()),
        category: None,
        requester_id: ContactId::mint(ids, NOW),
        team: None,
        assignee: None,
        tags: ["vip".to_owned()].into(),
        custom: BTreeMap::from([("order".to_owned(), "A-1".to_owned())]),
        set_by_hand: Default::default(),
        version: 1,
        event_sequence: 2,
        created_at: NOW,
        updated_at: NOW,
        last_customer_message_at: Some(NOW),
        last_reply_at: None,
        solved_at: None,
        merged_into: None,
    }
}

/// An inbound message.
pub(crate) fn message(ids: &CountingIds, ticket_id: TicketId, text: &str) -> Message {
    Message {
        id: MessageId::mint(ids, NOW),
        ticket_id,
        direction: Direction::Inbound,
        author: Actor::new(ActorKind::Contact, "con_x"),
        public: true,
        subject: "Order late".into(),
        text: text.into(),
        reply_text: text.into(),
        auto_class: AutoClass::Human,
        sender_auth: domain::message::SenderAuth::Unchecked,
        automatic: false,
        to_address: None,
        internet_message_id: None,
        in_reply_to: None,
        references: vec![],
        language: None,
        article: None,
        helped: None,
        delivery: Delivery::None,
        delivery_reason: None,
        may_have_arrived: false,
        passed_at: None,
        created_at: NOW,
        attachments: vec![],
    }
}

/// Input of the triage hook.
pub(crate) fn ticket_input(snapshot: Snapshot) -> Input {
    Input::Ticket { hook: Hook::Triage, snapshot: Arc::new(snapshot) }
}

/// Grants by their text.
pub(crate) fn grants(texts: &[&str]) -> Arc<Grants> {
    Arc::new(texts.iter().map(|t| t.parse::<domain::grant::Grant>().unwrap()).collect())
}

/// A call of the triage hook with usual grants and an outside that answers.
pub(crate) fn call() -> Call {
    Call {
        input: ticket_input(snapshot()),
        grants: grants(&[
            "read:subject",
            "read:text",
            "read:history",
            "use:kv",
            "use:tickets",
            "use:knowledge",
            "effect:add-tag",
        ]),
        settings: "{}".into(),
        limits: Limits::default(),
        seed: 7,
        now: NOW,
        host: Arc::new(Shelf::default()),
        replay: None,
    }
}

/// An outside made of a shelf of values, one other ticket and one article; counts how often it was asked.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    values: BTreeMap<String, Vec<u8>>,
    pub(crate) asked: AtomicU32,
}

impl Shelf {
    /// Number of the other ticket.
    pub(crate) const OTHER_NUMBER: i64 = 77;

    /// With these values.
    pub(crate) fn with(values: &[(&str, &[u8])]) -> Self {
        Self {
            values: values.iter().map(|(k, v)| ((*k).to_owned(), v.to_vec())).collect(),
            ..Self::default()
        }
    }

    fn count(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }

    fn other() -> TicketView {
        let mut view = snapshot().view;
        view.ticket.number = Self::OTHER_NUMBER;
        view
    }
}

#[async_trait]
impl Host for Shelf {
    fn embed_model(&self) -> Option<EmbedModel> {
        Some(EmbedModel { digest: "d".to_owned(), dimension: 2 })
    }

    /// A vector tells how long its text is.
    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, HostError> {
        Ok(texts.iter().map(|text| vec![f32::from(u16::try_from(text.len()).unwrap()), 0.5]).collect())
    }

    async fn kv_get(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        self.count();
        Ok(self.values.get(key).cloned())
    }

    async fn kv_keys(&self, prefix: &str) -> Result<Vec<String>, HostError> {
        self.count();
        Ok(self.values.keys().filter(|k| k.starts_with(prefix)).cloned().collect())
    }

    async fn kv_bytes(&self) -> Result<u64, HostError> {
        self.count();
        Ok(self.values.iter().map(|(k, v)| (k.len() + v.len()) as u64).sum())
    }

    async fn ticket(&self, _: TicketId) -> Result<Option<TicketView>, HostError> {
        self.count();
        Ok(Some(Self::other()))
    }

    async fn search_tickets(&self, _: TicketQuery) -> Result<Vec<TicketView>, HostError> {
        self.count();
        Ok(vec![Self::other()])
    }

    async fn search_articles(
        &self,
        _: &str,
        _: Option<&str>,
        _: u32,
    ) -> Result<Vec<FoundArticle>, HostError> {
        self.count();
        Ok(vec![FoundArticle {
            id: ArticleId::mint(&CountingIds::default(), NOW),
            key: "refund".into(),
            locale: "en".into(),
            title: "How to get a refund".into(),
            body: "Ask us.".into(),
            product: Some("Lamp".into()),
            score: 0.8,
            terms: vec!["refund".into()],
            signals: vec![("lead".into(), 0.5)],
        }])
    }

    async fn http(&self, _: HttpRequest) -> Result<HttpResponse, HostError> {
        self.count();
        Ok(HttpResponse { status: 200, headers: vec![], body: b"ok".to_vec() })
    }
}

/// An outside that never answers.
pub(crate) struct Silence;

#[async_trait]
impl Host for Silence {
    async fn kv_get(&self, _: &str) -> Result<Option<Vec<u8>>, HostError> {
        std::future::pending().await
    }
    async fn kv_keys(&self, _: &str) -> Result<Vec<String>, HostError> {
        std::future::pending().await
    }
    async fn kv_bytes(&self) -> Result<u64, HostError> {
        std::future::pending().await
    }
    async fn ticket(&self, _: TicketId) -> Result<Option<TicketView>, HostError> {
        std::future::pending().await
    }
    async fn search_tickets(&self, _: TicketQuery) -> Result<Vec<TicketView>, HostError> {
        std::future::pending().await
    }
    async fn search_articles(
        &self,
        _: &str,
        _: Option<&str>,
        _: u32,
    ) -> Result<Vec<FoundArticle>, HostError> {
        std::future::pending().await
    }
    async fn http(&self, _: HttpRequest) -> Result<HttpResponse, HostError> {
        std::future::pending().await
    }
}
