//! The vault: values that were replaced, sealed under a key of the person they are of, and seen again only with a
//! reason, for a while, by whoever may. The key of a person destroyed, nobody reads them any more.

use domain::clock::HOUR_MS;
use domain::id::{ContactId, RedactionId, RevealId};
use domain::redaction::Redaction;
use domain::seal::Sealed;
use domain::vault::{Reveal, asker, check_reason};
use domain::{Actor, ActorKind, Refusal};
use store::{Commit, Fact};

use crate::seal::SealKey;
use crate::{Desk, DeskError};

/// The key of one person, and the fact that makes it known when it is new.
pub(crate) struct PersonKey {
    key: SealKey,
    pub(crate) fact: Option<Fact>,
}

impl PersonKey {
    /// Seals a value in its place.
    pub(crate) fn seal(&self, place: &str, clear: &[u8]) -> Result<Sealed, DeskError> {
        self.key.seal(place, clear)
    }
}

/// A wish that waits, and a consent that may still hold, was asked for within this time, milliseconds.
const CONSENT_LOOKED_FOR_MS: i64 = 7 * domain::clock::DAY_MS;

impl Desk {
    /// The key of a person, made when there is none. Who commits its fact first wins; the other one's commit
    /// meets `Conflict("vault_key")` and is tried again.
    pub(crate) async fn person_key(&self, contact: ContactId) -> Result<PersonKey, DeskError> {
        if let Some(key) = self.known_key(contact).await? {
            return Ok(PersonKey { key, fact: None });
        }
        let bytes = crate::administer::random_32();
        let sealed = self.0.seal.seal(&place_of(contact), &bytes)?;
        let fact = Fact::AddVaultKey { contact_id: contact, sealed, at: self.now() };
        Ok(PersonKey { key: SealKey::new(&bytes), fact: Some(fact) })
    }

    async fn known_key(&self, contact: ContactId) -> Result<Option<SealKey>, DeskError> {
        let Some(sealed) = self.0.store.vault_key(contact).await? else { return Ok(None) };
        let bytes = self.0.seal.open(&place_of(contact), &sealed)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| DeskError::Seal)?;
        Ok(Some(SealKey::new(&bytes)))
    }

    /// The clear value behind a redaction; none when it was dropped, has expired or its person was erased.
    pub(crate) async fn open_value(&self, redaction: &Redaction) -> Result<Option<String>, DeskError> {
        let Some(sealed) = self.0.store.sealed_value(redaction.id).await? else { return Ok(None) };
        let Some(ticket) = self.0.store.ticket(redaction.ticket_id).await? else { return Ok(None) };
        let place = redaction.id.to_string();
        let by_person = match self.known_key(ticket.requester_id).await? {
            Some(key) => key.open(&place, &sealed).ok(),
            None => None,
        };
        // What was sealed before people had keys of their own lies under the house's.
        let clear = by_person.or_else(|| self.0.seal.open(&place, &sealed).ok());
        Ok(clear.and_then(|bytes| String::from_utf8(bytes).ok()))
    }

    /// Asks to see a value. Without four eyes it is granted at once; a wish of theirs that waits for consent stays the one
    /// that there is.
    ///
    /// # Errors
    /// When there is no such value, the reason says nothing, or one person asks too often.
    pub async fn ask_reveal(
        &self,
        redaction: RedactionId,
        reason: &str,
        actor: Actor,
    ) -> Result<Reveal, DeskError> {
        let reason = check_reason(reason)?;
        let redaction = self
            .0
            .store
            .redaction(redaction)
            .await?
            .ok_or_else(|| DeskError::missing("redaction", redaction))?;
        if self.0.store.sealed_value(redaction.id).await?.is_none() {
            let sentence = "This value was not kept: it was dropped, has expired, or its person was erased.";
            return Err(Refusal::new("not_kept", sentence).into());
        }
        let (now, rules) = (self.now(), &self.0.config.vault);
        let asked = self.asked_within_an_hour(&actor).await?;
        if asked >= rules.reveals_per_hour {
            let sentence =
                format!("{asked} values asked for within an hour: more needs an export, or patience.");
            return Err(Refusal::new("too_often", sentence).into());
        }
        if rules.four_eyes
            && let Some(waiting) = self.wish_that_waits(&redaction, &actor).await?
        {
            return Ok(waiting);
        }
        let mut reveal = Reveal {
            id: RevealId::mint(self.0.ids.as_ref(), now),
            redaction_id: redaction.id,
            ticket_id: redaction.ticket_id,
            asked_by: actor.clone(),
            reason,
            asked_at: now,
            granted_by: None,
            until: None,
        };
        if !rules.four_eyes {
            reveal = reveal.granted(actor.clone(), now, rules)?;
        }
        self.keep_reveal(&reveal, &actor, "redaction.reveal_asked").await?;
        Ok(reveal)
    }

    /// Somebody's wish to see a value to which nobody has agreed yet.
    async fn wish_that_waits(
        &self,
        redaction: &Redaction,
        actor: &Actor,
    ) -> Result<Option<Reveal>, DeskError> {
        let since = self.now().plus(-CONSENT_LOOKED_FOR_MS);
        let asked = self.0.store.reveals_of(redaction.ticket_id, since).await?;
        let waits = |reveal: &Reveal| {
            reveal.redaction_id == redaction.id && reveal.until.is_none() && reveal.is_asked_by(actor)
        };
        Ok(asked.into_iter().find(waits))
    }

    /// Values that somebody asked for, through the API and in the console together.
    async fn asked_within_an_hour(&self, actor: &Actor) -> Result<i64, DeskError> {
        let since = self.now().plus(-HOUR_MS);
        let mut asked = 0;
        for door in [ActorKind::Api, ActorKind::Agent] {
            let there = Actor::new(door, actor.id.clone());
            asked += self.0.store.reveals_since(&asker(&there), since).await?;
        }
        Ok(asked)
    }

    /// Agrees that somebody else sees a value.
    ///
    /// # Errors
    /// When there is no such wish, it is the actor's own, or somebody agreed before.
    pub async fn grant_reveal(&self, id: RevealId, actor: Actor) -> Result<Reveal, DeskError> {
        let reveal = self.reveal(id).await?.granted(actor.clone(), self.now(), &self.0.config.vault)?;
        self.keep_reveal(&reveal, &actor, "redaction.reveal_granted").await?;
        Ok(reveal)
    }

    /// The clear value. Each look is in the audit trail before it is answered.
    ///
    /// # Errors
    /// When the actor did not ask for it, nobody agreed, the time is over, or the value is gone.
    pub async fn look(&self, id: RevealId, actor: Actor) -> Result<String, DeskError> {
        let reveal = self.reveal(id).await?;
        reveal.may_look(&actor, self.now())?;
        let redaction = self.0.store.redaction(reveal.redaction_id).await?;
        let value = match &redaction {
            Some(redaction) => self.open_value(redaction).await?,
            None => None,
        };
        let value = value.ok_or_else(|| Refusal::new("not_kept", "The value is not kept any more."))?;
        self.keep_reveal(&reveal, &actor, "redaction.revealed").await?;
        Ok(value)
    }

    /// Where values are shown to two people only, what shows one for good needs the same consent as looking at it.
    pub(crate) async fn check_may_show(&self, redaction: &Redaction, actor: &Actor) -> Result<(), DeskError> {
        if !self.0.config.vault.four_eyes {
            return Ok(());
        }
        let now = self.now();
        let is_theirs = |reveal: &Reveal| reveal.redaction_id == redaction.id && reveal.is_asked_by(actor);
        let since = now.plus(-CONSENT_LOOKED_FOR_MS);
        let asked = self.0.store.reveals_of(redaction.ticket_id, since).await?;
        if asked.iter().any(|reveal| is_theirs(reveal) && reveal.until.is_some_and(|until| now < until)) {
            return Ok(());
        }
        let sentence = "Putting the value back shows it to everybody: ask to see it first, and let another person agree.";
        Err(Refusal::new("four_eyes", sentence).into())
    }

    async fn reveal(&self, id: RevealId) -> Result<Reveal, DeskError> {
        self.0.store.reveal(id).await?.ok_or_else(|| DeskError::missing("reveal", id))
    }

    async fn keep_reveal(&self, reveal: &Reveal, actor: &Actor, action: &str) -> Result<(), DeskError> {
        let details = serde_json::json!({
            "reveal": reveal.id, "ticket": reveal.ticket_id, "reason": reveal.reason,
        });
        let facts = vec![
            Fact::PutReveal(Box::new(reveal.clone())),
            self.audit(actor, action, reveal.redaction_id, details),
        ];
        Ok(self.0.store.commit(Commit { facts }).await?)
    }

    /// Takes sealed values out that are older than the rules keep them.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn expire_values(&self) -> Result<(), DeskError> {
        let days = self.0.config.vault.keep_days;
        if days <= 0 {
            return Ok(());
        }
        let before = self.now().plus(-days.saturating_mul(domain::clock::DAY_MS));
        Ok(self.0.store.commit(Commit { facts: vec![Fact::ExpireValues { before }] }).await?)
    }
}

fn place_of(contact: ContactId) -> String {
    format!("vault_key:{contact}")
}
