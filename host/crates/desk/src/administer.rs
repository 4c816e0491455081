//! Administration: tokens, articles, webhooks, schedules, suppressions. Every change leaves an audit entry.

use domain::article::{Article, ArticleState};
use domain::event::EventType;
use domain::id::{ArticleId, ScheduleId, TokenId, WebhookId};
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

/// An article to be written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewArticle {
    /// Key for links and imports; unique per locale.
    pub key: String,
    /// BCP 47 locale.
    pub locale: String,
    /// Who may see it.
    #[serde(default = "public")]
    pub state: ArticleState,
    /// The question it answers.
    pub title: String,
    /// The answer, plain text.
    pub body: String,
    /// The product that it is about; absent: it holds for all.
    #[serde(default)]
    pub product: Option<String>,
    /// From when on it holds; absent: at once.
    #[serde(default)]
    pub valid_from: Option<Timestamp>,
    /// Until when it holds, this instant not included; absent: until it is changed.
    #[serde(default)]
    pub valid_until: Option<Timestamp>,
}

const fn public() -> ArticleState {
    ArticleState::Public
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
        let facts = vec![Fact::RemoveToken(id), self.audit(&actor, "token.revoked", id, Value::Null)];
        Ok(self.0.store.commit(Commit { facts }).await?)
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

    /// Writes an article; one with the same key and locale is replaced.
    ///
    /// # Errors
    /// When key, locale, title, body, product or times are out of bounds.
    pub async fn put_article(&self, new: NewArticle, actor: Actor) -> Result<Article, DeskError> {
        let bad = |field: &str, sentence: &str| Err(Refusal::new("bad_request", sentence).at(field).into());
        if !domain::ticket::is_key(&new.key) {
            return bad("key", "A key consists of 1 to 64 of a-z 0-9 _ - . :");
        }
        if !domain::ticket::is_language_tag(&new.locale) {
            return bad("locale", "A locale is a BCP 47 tag such as de or en-GB.");
        }
        if new.title.trim().is_empty() || new.title.len() > 500 {
            return bad("title", "A title has 1 to 500 bytes.");
        }
        if new.body.trim().is_empty() || new.body.len() > domain::effect::TEXT_BYTES_MAX {
            return bad("body", "A body has 1 byte to 64 KiB.");
        }
        if new.product.as_ref().is_some_and(|product| product.trim().is_empty() || product.len() > 80) {
            return bad(
                "product",
                "A product has 1 to 80 bytes; leave it out where the article holds for all.",
            );
        }
        if new.valid_from.zip(new.valid_until).is_some_and(|(from, until)| until <= from) {
            return bad("valid_until", "It has to come after valid_from, or the article would never hold.");
        }
        let now = self.now();
        let known = self.0.store.articles_with_key(&new.key).await?;
        let standing = known.into_iter().find(|article| article.locale == new.locale);
        if let Some(same) = standing.as_ref().filter(|a| says_the_same(a, &new)) {
            // An import that runs each night changes nothing, and no answer waits for it.
            return Ok(same.clone());
        }
        let id = standing.map_or_else(|| ArticleId::mint(self.0.ids.as_ref(), now), |a| a.id);
        let article = Article {
            id,
            key: new.key,
            locale: new.locale,
            state: new.state,
            title: new.title,
            body: new.body,
            product: new.product.map(|product| product.trim().to_owned()),
            valid_from: new.valid_from,
            valid_until: new.valid_until,
            updated_at: now,
        };
        let facts =
            vec![Fact::PutArticle(article.clone()), self.audit(&actor, "article.written", id, Value::Null)];
        self.0.store.commit(Commit { facts }).await?;
        Ok(article)
    }

    /// Removes an article.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn remove_article(&self, id: ArticleId, actor: Actor) -> Result<(), DeskError> {
        self.0.store.article(id).await?.ok_or_else(|| DeskError::missing("article", id))?;
        let facts = vec![Fact::RemoveArticle(id), self.audit(&actor, "article.removed", id, Value::Null)];
        Ok(self.0.store.commit(Commit { facts }).await?)
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

fn says_the_same(article: &Article, new: &NewArticle) -> bool {
    (article.state, &article.title, &article.body) == (new.state, &new.title, &new.body)
        && (&article.product, article.valid_from, article.valid_until)
            == (&new.product, new.valid_from, new.valid_until)
}

fn digest(secret: &str) -> String {
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
