//! Ids: typed, prefixed on the wire, sorting by time, needing no central counter.

use std::fmt;
use std::str::FromStr;

use ulid::Ulid;

use crate::{Refusal, Timestamp};

/// Where new ids come from: chance enters by this door. Ids minted later sort later.
pub trait Ids: Send + Sync {
    /// The next id for something that happens at `now`.
    fn next(&self, now: Timestamp) -> Ulid;
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident = $prefix:literal),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Ulid);

        impl $name {
            /// What the id begins with on the wire.
            pub const PREFIX: &'static str = $prefix;

            /// A new id.
            #[must_use]
            pub fn mint(ids: &dyn Ids, now: Timestamp) -> Self {
                Self(ids.next(now))
            }

            /// Below every id that was minted at this moment or later.
            #[must_use]
            pub fn first_at(at: Timestamp) -> Self {
                Self(Ulid::from_parts(u64::try_from(at.0).unwrap_or(0), 0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, self.0)
            }
        }

        impl FromStr for $name {
            type Err = Refusal;
            fn from_str(text: &str) -> Result<Self, Refusal> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(|rest| Ulid::from_string(rest).ok())
                    .map(Self)
                    .ok_or_else(|| Refusal::bad_id(stringify!($name), $prefix, text))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// A ticket.
    TicketId = "tkt",
    /// A message.
    MessageId = "msg",
    /// An attachment of a message.
    AttachmentId = "att",
    /// A contact.
    ContactId = "con",
    /// An event.
    EventId = "evt",
    /// A run of a plugin's hook.
    RunId = "run",
    /// What became of an effect.
    DecisionId = "dec",
    /// A plugin's presence here.
    InstallationId = "ins",
    /// A cron schedule of an installation.
    ScheduleId = "sch",
    /// A knowledge-base article.
    ArticleId = "art",
    /// Something that came in and waits, sealed, for redaction.
    IntakeId = "itk",
    /// One replaced span of personal data.
    RedactionId = "red",
    /// An API token.
    TokenId = "tok",
    /// A webhook endpoint.
    WebhookId = "whk",
    /// Somebody's wish to see a sealed value.
    RevealId = "rev",
    /// An audit entry.
    AuditId = "aud",
}

/// Ids that count up: for tests and for figures that must not depend on chance.
#[derive(Debug, Default)]
pub struct CountingIds(std::sync::atomic::AtomicU64);

impl Ids for CountingIds {
    fn next(&self, now: Timestamp) -> Ulid {
        let n = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ulid::from_parts(u64::try_from(now.0).unwrap_or(0), u128::from(n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_the_wire_and_refuses_a_foreign_prefix() {
        let id = TicketId::mint(&CountingIds::default(), Timestamp(1_700_000_000_000));
        assert_eq!(id.to_string().parse::<TicketId>(), Ok(id));
        assert!(id.to_string().replace("tkt", "msg").parse::<TicketId>().is_err());
    }
}
