//! The vault's rules: who may see a sealed value again, after whom, and for how long. Knows neither keys nor
//! values.

use crate::id::{RedactionId, RevealId, TicketId};
use crate::token::Scope;
use crate::{Actor, Refusal, Timestamp, text_enum};

/// Longest reason for a look at a value, characters.
pub const REASON_CHARS_MAX: usize = 500;
/// Shortest reason in characters: a dot is none.
const REASON_CHARS_MIN: usize = 8;

/// Classes that are filled unless the admin says otherwise: what a letter is addressed with.
const FILLED: [&str; 4] = ["PERSON", "EMAIL", "PHONE", "ADDRESS"];

text_enum! {
    /// Who may open what came attached to a message: it is kept as it was sent, so nothing in it is redacted.
    Openers {
        /// Whoever may write on tickets.
        Agents = "agents",
        /// Only who may see sealed values again.
        Reveal = "reveal",
    }
}

impl Openers {
    /// The scope that it takes.
    #[must_use]
    pub const fn scope(self) -> Scope {
        match self {
            Self::Agents => Scope::Write,
            Self::Reveal => Scope::Reveal,
        }
    }
}

/// Settings of the vault.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VaultRules {
    /// Whether a second person has to agree before a value is shown.
    pub four_eyes: bool,
    /// How long a value may be looked at, minutes.
    pub reveal_minutes: i64,
    /// Values that one person may ask for per hour.
    pub reveals_per_hour: i64,
    /// Classes whose placeholders may be filled in mail to the very customer who gave the value.
    pub fill: Vec<String>,
    /// How long sealed values are kept, days; 0: as long as their ticket.
    pub keep_days: i64,
    /// Who may open attachments.
    pub attachments: Openers,
}

impl Default for VaultRules {
    fn default() -> Self {
        Self {
            four_eyes: false,
            reveal_minutes: 15,
            reveals_per_hour: 20,
            fill: FILLED.map(str::to_owned).to_vec(),
            keep_days: 0,
            attachments: Openers::Agents,
        }
    }
}

/// Somebody wants to see a sealed value.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reveal {
    /// Id.
    pub id: RevealId,
    /// Which value.
    pub redaction_id: RedactionId,
    /// On which ticket.
    pub ticket_id: TicketId,
    /// Who asks.
    pub asked_by: Actor,
    /// Why, in their words.
    pub reason: String,
    /// When.
    pub asked_at: Timestamp,
    /// Who agreed; nobody yet.
    pub granted_by: Option<Actor>,
    /// Until when the value may be looked at.
    pub until: Option<Timestamp>,
}

/// Whether a reason says anything.
///
/// # Errors
/// Names the field and what is wanted.
pub fn check_reason(reason: &str) -> Result<String, Refusal> {
    let reason: String = reason.trim().chars().filter(|c| !c.is_control()).collect();
    let count = reason.chars().count();
    if (REASON_CHARS_MIN..=REASON_CHARS_MAX).contains(&count) {
        return Ok(reason);
    }
    let sentence = format!(
        "Say in {REASON_CHARS_MIN} to {REASON_CHARS_MAX} characters why the value is needed; it stands in the audit trail."
    );
    Err(Refusal::new("reason_missing", sentence).at("reason"))
}

/// An actor as one word, to count by.
#[must_use]
pub fn asker(actor: &Actor) -> String {
    format!("{} {}", actor.kind, actor.id)
}

impl Reveal {
    /// Whether it was this one who asked. Through the API and in the console somebody acts with the same token, so the
    /// door does not matter.
    #[must_use]
    pub fn is_asked_by(&self, who: &Actor) -> bool {
        self.asked_by.id == who.id
    }

    /// The same with somebody's consent.
    ///
    /// # Errors
    /// When it is whoever asked, or there is consent already.
    pub fn granted(mut self, by: Actor, now: Timestamp, rules: &VaultRules) -> Result<Self, Refusal> {
        if self.granted_by.is_some() {
            return Err(Refusal::new("already_granted", "Somebody has agreed already."));
        }
        if rules.four_eyes && self.is_asked_by(&by) {
            let sentence = "Another person has to agree: four eyes see more than two.";
            return Err(Refusal::new("four_eyes", sentence));
        }
        self.granted_by = Some(by);
        self.until = Some(now.plus(rules.reveal_minutes.max(1) * crate::clock::MINUTE_MS));
        Ok(self)
    }

    /// Whether somebody may look at the value now.
    ///
    /// # Errors
    /// When they did not ask for it, nobody agreed, or the time is over.
    pub fn may_look(&self, who: &Actor, now: Timestamp) -> Result<(), Refusal> {
        if !self.is_asked_by(who) {
            return Err(Refusal::new("not_yours", "Only who asked for the value may look at it."));
        }
        match self.until {
            None => Err(Refusal::new("not_granted", "Another person has to agree first.")),
            Some(until) if now < until => Ok(()),
            Some(_) => Err(Refusal::new("expired", "The time to look is over: ask again, with a reason.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ActorKind;
    use crate::clock::MINUTE_MS;
    use crate::id::CountingIds;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    fn who(name: &str) -> Actor {
        Actor::new(ActorKind::Agent, name)
    }

    fn asked() -> Reveal {
        let ids = CountingIds::default();
        Reveal {
            id: RevealId::mint(&ids, NOW),
            redaction_id: RedactionId::mint(&ids, NOW),
            ticket_id: TicketId::mint(&ids, NOW),
            asked_by: who("ines"),
            reason: "refund by bank transfer".into(),
            asked_at: NOW,
            granted_by: None,
            until: None,
        }
    }

    #[test]
    fn with_four_eyes_another_person_has_to_agree() {
        let rules = VaultRules { four_eyes: true, ..VaultRules::default() };
        assert_eq!(asked().granted(who("ines"), NOW, &rules).unwrap_err().code, "four_eyes");
        assert_eq!(asked().may_look(&who("ines"), NOW).unwrap_err().code, "not_granted");
        let granted = asked().granted(who("kim"), NOW, &rules).unwrap();
        assert_eq!(granted.may_look(&who("ines"), NOW), Ok(()));
        assert_eq!(granted.may_look(&who("kim"), NOW).unwrap_err().code, "not_yours");
        assert_eq!(granted.granted(who("lee"), NOW, &rules).unwrap_err().code, "already_granted");
    }

    #[test]
    fn who_comes_through_another_door_is_nobody_else() {
        let rules = VaultRules { four_eyes: true, ..VaultRules::default() };
        let by_api = Actor::new(ActorKind::Api, "ines");
        assert_eq!(asked().granted(by_api.clone(), NOW, &rules).unwrap_err().code, "four_eyes");
        let granted = asked().granted(who("kim"), NOW, &rules).unwrap();
        assert_eq!(granted.may_look(&by_api, NOW), Ok(()));
    }

    #[test]
    fn the_time_to_look_ends() {
        let granted = asked().granted(who("ines"), NOW, &VaultRules::default()).unwrap();
        assert_eq!(granted.may_look(&who("ines"), NOW.plus(15 * MINUTE_MS - 1)), Ok(()));
        assert_eq!(granted.may_look(&who("ines"), NOW.plus(15 * MINUTE_MS)).unwrap_err().code, "expired");
    }

    #[test]
    fn agents_open_attachments_unless_the_house_wants_it_another_way() {
        assert_eq!(VaultRules::default().attachments.scope(), Scope::Write);
        assert_eq!(Openers::Reveal.scope(), Scope::Reveal);
    }

    #[test]
    fn a_reason_is_more_than_a_dot() {
        for bad in ["", ".......", &"x".repeat(501)] {
            assert_eq!(check_reason(bad).unwrap_err().field.as_deref(), Some("reason"));
        }
        assert_eq!(check_reason("  refund by bank transfer\n").as_deref(), Ok("refund by bank transfer"));
    }
}
