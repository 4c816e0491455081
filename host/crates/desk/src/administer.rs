//! Administration: tokens, webhooks, schedules, suppressions. Every change leaves an audit entry.

use domain::actor::Names;
use domain::event::EventType;
use domain::id::{ScheduleId, TokenId, WebhookId};
use domain::token::{Scope, Token, one_line};
use domain::webhook::Webhook;
use domain::{Actor, Refusal, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::{Commit, Fact, StoreError, Suppression};

use crate::idempotency::Memo;
use crate::{Desk, DeskError};

/// Longest reason of a suppression, characters.
pub const SUPPRESSION_REASON_CHARS_MAX: usize = 500;

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
    /// When the name is empty or another token's, no scope is given, its end has passed, or the actor may not give the
    /// scope `reveal`.
    pub async fn create_token(&self, new: NewToken, actor: Actor) -> Result<(Token, String), DeskError> {
        let name = one_line(&new.name);
        if name.is_empty() || name.len() > 80 {
            return Err(Refusal::new("bad_request", "A token's name has 1 to 80 bytes.").at("name").into());
        }
        if new.scopes.is_empty() {
            return Err(Refusal::new("bad_request", "Name at least one scope.").at("scopes").into());
        }
        let (now, tokens) = (self.now(), self.0.store.tokens().await?);
        if new.expires_at.is_some_and(|end| end <= now) {
            let sentence = "The end of a token lies ahead: name a later one, or none.";
            return Err(Refusal::new("bad_request", sentence).at("expires_at").into());
        }
        if new.scopes.contains(&Scope::Reveal) {
            self.check_may_give_reveal(&tokens, &actor)?;
        }
        // As *mine* finds tickets by it: capitals or not.
        let is_taken = |token: &Token| token.in_one_line().to_lowercase() == name.to_lowercase();
        if tokens.iter().any(|token| token.stands(now) && is_taken(token)) {
            let sentence = "A token of this name stands already, and tickets and stories go by the name: take another one, or revoke that one first.";
            return Err(Refusal::new("name_taken", sentence).at("name").into());
        }
        let secret = format!("klz_{}", hex::encode(random_32()));
        let id = TokenId::mint(self.0.ids.as_ref(), now);
        let token = Token {
            id,
            name,
            digest: digest(&secret),
            scopes: once_each(new.scopes),
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
        self.0.tokens.add(token.clone());
        Ok((token, secret))
    }

    /// No scope includes `reveal`, not even by a detour: who has it makes another one, the operator at the machine the
    /// first. Where a second person has to agree the operator makes each: with two tokens one person would be two.
    fn check_may_give_reveal(&self, tokens: &[Token], maker: &Actor) -> Result<(), Refusal> {
        if !maker.has_token() {
            return Ok(());
        }
        if self.0.config.vault.four_eyes {
            let sentence = "Here a second person has to agree before a value is seen, so the operator makes each token with the scope `reveal`: `kulanz token create`, on SQLite while the server is stopped.";
            return Err(Refusal::new("four_eyes", sentence).at("scopes"));
        }
        let now = self.now();
        let own = tokens.iter().find(|token| token.id.to_string() == maker.id);
        if own.is_some_and(|token| token.allows(Scope::Reveal, now)) {
            return Ok(());
        }
        let sentence = "Only a token with the scope `reveal` makes another that has it; the operator makes the first with `kulanz token create`.";
        Err(Refusal::new("scope_missing", sentence).at("scopes"))
    }

    /// Makes a token useless.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn revoke_token(&self, id: TokenId, actor: Actor) -> Result<(), DeskError> {
        let token = self.0.store.tokens().await?.into_iter().find(|token| token.id == id);
        let token = token.ok_or_else(|| DeskError::missing("token", id))?;
        // The token goes; what it was called is read from here ever after.
        let details = serde_json::json!({ "name": token.name });
        let facts = vec![Fact::RemoveToken(id), self.audit(&actor, "token.revoked", id, details)];
        self.0.store.commit(Commit { facts }).await?;
        self.0.tokens.forget(&token.digest);
        Ok(())
    }

    /// Names of those who act under the id of a token that stands.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn names(&self) -> Result<Names, DeskError> {
        Ok(Names::of(&self.0.store.tokens().await?))
    }

    /// Makes a webhook endpoint. The signing secret is answered once and never again; with a memo a second request makes
    /// no second endpoint.
    ///
    /// # Errors
    /// When the address is one that is not called: no https, or a loopback or private address that the operator did not
    /// open. `Repeated` when it was made before under the same key.
    pub async fn create_webhook(
        &self,
        new: NewWebhook,
        memo: Option<Memo<Webhook>>,
        actor: Actor,
    ) -> Result<(Webhook, String), DeskError> {
        let refused = |why: String| Refusal::new("bad_request", why).at("url");
        if new.url.len() > 2_000 {
            return Err(refused("A webhook's url has at most 2000 bytes.".to_owned()).into());
        }
        self.0
            .webhooks
            .check(&new.url)
            .map_err(|error| refused(format!("This url is not called: {error}.")))?;
        let now = self.now();
        let id = WebhookId::mint(self.0.ids.as_ref(), now);
        let secret = random_32();
        let sealed = self.0.seal.seal(&id.to_string(), &secret)?;
        let (url, events) = (new.url, once_each(new.events));
        let webhook = Webhook { id, url, events, secret: sealed, enabled: true, created_at: now };
        let mut facts =
            vec![Fact::PutWebhook(webhook.clone()), self.audit(&actor, "webhook.created", id, Value::Null)];
        facts.extend(memo.map(|memo| memo.fact(&webhook, now)));
        match self.commit_and_reload(facts).await {
            Ok(()) => Ok((webhook, channels::webhook::secret_to_text(&secret))),
            Err(DeskError::Store(StoreError::Conflict("seen"))) => Err(DeskError::Repeated),
            Err(error) => Err(error),
        }
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
    /// When it is no address, there is no reason or a too long one, or the end has passed.
    pub async fn suppress(
        &self,
        address: &str,
        reason: &str,
        until: Option<Timestamp>,
        actor: Actor,
    ) -> Result<(), DeskError> {
        let address = domain::address::canonical_address(address);
        if !domain::address::is_address(&address) {
            return Err(Refusal::new("bad_request", "An e-mail address looks like name@example.org.")
                .at("address")
                .into());
        }
        let (reason, now) = (domain::plain::line(reason), self.now());
        if reason.is_empty() {
            let sentence = "A suppression has a reason: say it in a few words.";
            return Err(Refusal::new("bad_request", sentence).at("reason").into());
        }
        if reason.chars().count() > SUPPRESSION_REASON_CHARS_MAX {
            let sentence = format!(
                "The reason of a suppression has at most {SUPPRESSION_REASON_CHARS_MAX} characters: say it shorter."
            );
            return Err(Refusal::new("bad_request", sentence).at("reason").into());
        }
        if until.is_some_and(|end| end <= now) {
            let sentence = "The end of a suppression lies ahead: name a later one, or none.";
            return Err(Refusal::new("bad_request", sentence).at("until").into());
        }
        let whose = self.whose(&address).await?;
        let suppression = Suppression { address, reason, until, created_at: now };
        let facts = vec![
            Fact::PutSuppression(suppression),
            self.audit(&actor, "address.suppressed", whose, Value::Null),
        ];
        Ok(self.0.store.commit(Commit { facts }).await?)
    }

    /// Why an address gets no automatic mail now; none where it may.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn suppression_now(&self, address: &str) -> Result<Option<Suppression>, DeskError> {
        let now = self.now();
        let listed = self.0.store.suppression(&domain::address::canonical_address(address)).await?;
        Ok(listed.filter(|suppression| suppression.until.is_none_or(|until| now < until)))
    }

    /// Takes an address off the suppression list.
    ///
    /// # Errors
    /// When it is not on it.
    pub async fn unsuppress(&self, address: &str, actor: Actor) -> Result<(), DeskError> {
        let address = domain::address::canonical_address(address);
        if self.0.store.suppression(&address).await?.is_none() {
            return Err(DeskError::missing("suppression of", address));
        }
        let whose = self.whose(&address).await?;
        let facts = vec![
            Fact::RemoveSuppression(address),
            self.audit(&actor, "address.released", whose, Value::Null),
        ];
        Ok(self.0.store.commit(Commit { facts }).await?)
    }

    /// How the audit trail, from which nothing is ever taken out, names an address: by its contact, of whom an erasure
    /// leaves the id; where nobody has it, by a digest that only this house can make.
    async fn whose(&self, address: &str) -> Result<String, DeskError> {
        let contact = self.0.store.contact_by_email(address).await?;
        Ok(match contact {
            Some(contact) => contact.id.to_string(),
            None => format!("address {}", self.0.seal.digest("EMAIL", address)),
        })
    }
}

/// The same list, with what stands in it twice once.
fn once_each<T: PartialEq>(all: Vec<T>) -> Vec<T> {
    let mut kept = Vec::with_capacity(all.len());
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

/// What is kept of a secret, in the database and by whoever remembers that it was sent.
#[must_use]
pub fn digest(secret: &str) -> String {
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
