//! Administration: tokens, webhooks, schedules, suppressions. Every change leaves an audit entry.

use domain::actor::Names;
use domain::event::EventType;
use domain::id::{ScheduleId, TokenId, WebhookId};
use domain::token::{Scope, Token};
use domain::webhook::Webhook;
use domain::{Actor, Refusal, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::{Commit, Fact, Suppression};

use crate::{Desk, DeskError};

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// Name for people.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it stops working.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// A webhook endpoint to be made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// Where to.
    pub url: String,
    /// Which events; empty for all.
    #[serde(default)]
    pub events: Vec<EventType>,
}

impl Desk {
    /// Makes a token. The secret is answered once and never again.
    ///
    /// # Errors
    /// When the name is empty or no scope is given.
    pub async fn create_token(&self, new: NewToken, actor: Actor) -> Result<(Token, String), DeskError> {
        if new.name.trim().is_empty() || new.name.len() > 80 {
            return Err(Refusal::new("bad_request", "A token's name has 1 to 80 bytes.").at("name").into());
        }
        if new.scopes.is_empty() {
            return Err(Refusal::new("bad_request", "Name at least one scope.").at("scopes").into());
        }
        let secret = format!("klz_{}", hex::encode(random_32()));
        let now = self.now();
        let id = TokenId::mint(self.0.ids.as_ref(), now);
        let token = Token {
            id,
            name: new.name,
            digest: digest(&secret),
            scopes: new.scopes,
            created_at: now,
            expires_at: new.expires_at,
        };
        let facts = vec![
            Fact::PutToken(token.clone()),
            self.audit(
                &actor,
                "token.created",
                id,
                serde_json::json!({ "name": token.name, "scopes": token.scopes }),
            ),
        ];
        self.0.store.commit(Commit { facts }).await?;
        Ok((token, secret))
    }

    /// Makes a token useless.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn revoke_token(&self, id: TokenId, actor: Actor) -> Result<(), DeskError> {
        let token = self.0.store.tokens().await?.into_iter().find(|token| token.id == id);
        // The token goes; what it was called is read from here ever after.
        let details = token.map_or(Value::Null, |token| serde_json::json!({ "name": token.name }));
        let facts = vec![Fact::RemoveToken(id), self.audit(&actor, "token.revoked", id, details)];
        Ok(self.0.store.commit(Commit { facts }).await?)
    }

    /// Names of those who act under the id of a token that stands.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn names(&self) -> Result<Names, DeskError> {
        Ok(Names::of(&self.0.store.tokens().await?))
    }

    /// The token with this secret, if there is one and it has not expired. Secrets are looked up by their
    /// digest, so comparing them takes the same time whether they are near or not.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn authenticate(&self, secret: &str) -> Result<Option<Token>, DeskError> {
        let token = self.0.store.token_by_digest(&digest(secret)).await?;
        let now = self.now();
        Ok(token.filter(|t| t.expires_at.is_none_or(|at| now < at)))
    }

    /// Makes a webhook endpoint. The signing secret is answered once and never again.
    ///
    /// # Errors
    /// When the address is one that is never called: no https, a loopback or private address.
    pub async fn create_webhook(
        &self,
        new: NewWebhook,
        actor: Actor,
    ) -> Result<(Webhook, String), DeskError> {
        let refused = |why: String| Refusal::new("bad_request", why).at("url");
        if new.url.len() > 2_000 {
            return Err(refused("A webhook's url has at most 2000 bytes.".to_owned()).into());
        }
        self.0
            .webhooks
            .check(&new.url)
            .map_err(|error| refused(format!("This url is never called: {error}.")))?;
        let now = self.now();
        let id = WebhookId::mint(self.0.ids.as_ref(), now);
        let secret = random_32();
        let sealed = self.0.seal.seal(&id.to_string(), &secret)?;
        let webhook =
            Webhook { id, url: new.url, events: new.events, secret: sealed, enabled: true, created_at: now };
        let facts =
            vec![Fact::PutWebhook(webhook.clone()), self.audit(&actor, "webhook.created", id, Value::Null)];
        self.commit_and_reload(facts).await?;
        Ok((webhook, channels::webhook::secret_to_text(&secret)))
    }

    /// Removes a webhook endpoint.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn remove_webhook(&self, id: WebhookId, actor: Actor) -> Result<(), DeskError> {
        self.0.store.webhook(id).await?.ok_or_else(|| DeskError::missing("webhook", id))?;
        let facts = vec![Fact::RemoveWebhook(id), self.audit(&actor, "webhook.removed", id, Value::Null)];
        self.commit_and_reload(facts).await
    }

    /// Switches a schedule on or off. What was due while it was off is not made up for.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn enable_schedule(
        &self,
        id: ScheduleId,
        enabled: bool,
        actor: Actor,
    ) -> Result<(), DeskError> {
        let schedule = self.0.store.schedules().await?.into_iter().find(|s| s.id == id);
        let mut schedule = schedule.ok_or_else(|| DeskError::missing("schedule", id))?;
        schedule.enabled = enabled;
        let cron = domain::schedule::Cron::parse(&schedule.declaration.cron, &schedule.declaration.zone)?;
        schedule.next_at = cron.next_after(self.now());
        let facts = vec![
            Fact::PutSchedule(schedule),
            self.audit(&actor, "schedule.switched", id, serde_json::json!({ "enabled": enabled })),
        ];
        Ok(self.0.store.commit(Commit { facts }).await?)
    }

    /// Puts an address on the suppression list: no automatic mail goes there.
    ///
    /// # Errors
    /// When it is no address.
    pub async fn suppress(
        &self,
        address: &str,
        reason: &str,
        until: Option<Timestamp>,
        actor: Actor,
    ) -> Result<(), DeskError> {
        let address = domain::contact::canonical_address(address);
        if !domain::contact::is_address(&address) {
            return Err(Refusal::new("bad_request", "An e-mail address looks like name@example.org.")
                .at("address")
                .into());
        }
        let suppression = Suppression {
            address,
            reason: reason.chars().take(500).collect(),
            until,
            created_at: self.now(),
        };
        let facts = vec![
            Fact::PutSuppression(suppression),
            self.audit(&actor, "address.suppressed", "address", Value::Null),
        ];
        Ok(self.0.store.commit(Commit { facts }).await?)
    }

    /// Why an address gets no automatic mail now; none where it may.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn suppression_now(&self, address: &str) -> Result<Option<Suppression>, DeskError> {
        let now = self.now();
        let listed = self.0.store.suppression(address).await?;
        Ok(listed.filter(|suppression| suppression.until.is_none_or(|until| now < until)))
    }

    /// Takes an address off the suppression list.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn unsuppress(&self, address: &str, actor: Actor) -> Result<(), DeskError> {
        let address = domain::contact::canonical_address(address);
        let facts = vec![
            Fact::RemoveSuppression(address),
            self.audit(&actor, "address.released", "address", Value::Null),
        ];
        Ok(self.0.store.commit(Commit { facts }).await?)
    }
}

/// What is kept of a secret.
pub(crate) fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// 32 bytes from the system's random source: these are secrets, not ids.
pub(crate) fn random_32() -> [u8; 32] {
    use chacha20poly1305::aead::OsRng;
    use chacha20poly1305::aead::rand_core::RngCore;
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    bytes
}
