//! What an admin allowed an installation: read from a list of short strings, asked by the runtime
//! (reading, calling) and by `turn` (effects). What is not granted is answered `denied`.

use std::collections::BTreeSet;

use crate::effect::{Effect, EffectKind};
use crate::ticket::{CUSTOM, Field};
use crate::{Refusal, text_enum};

text_enum! {
    /// Classes of data a plugin may be allowed to read. Ticket metadata (number, status, priority,
    /// tags, language, times) is always readable.
    FieldClass {
        /// Subject lines.
        Subject = "subject",
        /// Message text.
        Text = "text",
        /// The requester's name.
        ContactName = "contact.name",
        /// The requester's address.
        ContactEmail = "contact.email",
        /// Custom fields.
        Custom = "custom",
        /// Earlier messages of the ticket.
        History = "history",
    }
}

text_enum! {
    /// Host interfaces that need a grant. `log`, `config`, `clock` and `random` need none.
    Capability {
        /// Search knowledge-base articles.
        Knowledge = "knowledge",
        /// Read other tickets.
        Tickets = "tickets",
        /// Keep values between runs.
        Kv = "kv",
        /// Ask what texts mean, as vectors of the language model in place.
        Embed = "embed",
    }
}

/// One thing asked for or allowed. Text form: `read:text`, `effect:reply`,
/// `effect:set-field:priority`, `use:knowledge`, `http:api.example.com`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grant {
    /// Read a class of fields.
    Read(FieldClass),
    /// Propose an effect; for `set-field` optionally one field only (`custom.*` covers all custom fields).
    Effect(EffectKind, Option<String>),
    /// Call a host interface.
    Use(Capability),
    /// Send HTTP requests to one host.
    Http(String),
    /// Have placeholders of one class filled in what it writes to the customer they are of. The plugin itself never
    /// sees a value.
    Fill(String),
    /// Have placeholders of one class filled in requests to one host. The plugin itself never sees a value.
    Send(String, String),
}

impl std::fmt::Display for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Read(class) => write!(f, "read:{class}"),
            Self::Effect(kind, None) => write!(f, "effect:{kind}"),
            Self::Effect(kind, Some(field)) => write!(f, "effect:{kind}:{field}"),
            Self::Use(capability) => write!(f, "use:{capability}"),
            Self::Http(host) => write!(f, "http:{host}"),
            Self::Fill(class) => write!(f, "fill:{class}"),
            Self::Send(class, host) => write!(f, "send:{class}:{host}"),
        }
    }
}

impl std::str::FromStr for Grant {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let (what, rest) = text.split_once(':').unwrap_or((text, ""));
        match what {
            "read" => rest.parse().map(Self::Read),
            "use" => rest.parse().map(Self::Use),
            "effect" => match rest.split_once(':') {
                None => rest.parse().map(|kind| Self::Effect(kind, None)),
                Some(("set-field", field))
                    if field.strip_prefix(CUSTOM) == Some("*") || field.parse::<Field>().is_ok() =>
                {
                    Ok(Self::Effect(EffectKind::SetField, Some(field.to_owned())))
                }
                Some(_) => Err(Refusal::new(
                    "bad_grant",
                    format!(
                        "`{text}`: only set-field is narrowed to a field, as in effect:set-field:priority."
                    ),
                )),
            },
            "http" if is_host(rest) => Ok(Self::Http(rest.to_owned())),
            "http" => Err(Refusal::new(
                "bad_grant",
                format!("`{text}`: name one exact host, as in http:api.example.com."),
            )),
            "fill" if crate::redaction::is_class(rest) => Ok(Self::Fill(rest.to_owned())),
            "fill" => Err(Refusal::new("bad_grant", format!("`{text}`: name one class, as in fill:PERSON."))),
            "send" => match rest.split_once(':') {
                Some((class, host)) if crate::redaction::is_class(class) && is_host(host) => {
                    Ok(Self::Send(class.to_owned(), host.to_owned()))
                }
                _ => Err(Refusal::new(
                    "bad_grant",
                    format!("`{text}`: name one class and one exact host, as in send:EMAIL:api.example.com."),
                )),
            },
            _ => {
                Err(Refusal::unknown_word("grant", what, &["read", "effect", "use", "http", "fill", "send"]))
            }
        }
    }
}

fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-:".contains(&b))
}

impl serde::Serialize for Grant {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Grant {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// All grants of an installation.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Grants(pub BTreeSet<Grant>);

impl Grants {
    /// Whether a class of fields may be read.
    #[must_use]
    pub fn may_read(&self, class: FieldClass) -> bool {
        self.0.contains(&Grant::Read(class))
    }

    /// Whether a host interface may be called.
    #[must_use]
    pub fn may_use(&self, capability: Capability) -> bool {
        self.0.contains(&Grant::Use(capability))
    }

    /// Whether requests may go to `host`.
    #[must_use]
    pub fn may_call(&self, host: &str) -> bool {
        self.0.contains(&Grant::Http(host.to_owned()))
    }

    /// Whether values of a class may be put into requests to `host`.
    #[must_use]
    pub fn may_send(&self, class: &str, host: &str) -> bool {
        self.0.contains(&Grant::Send(class.to_owned(), host.to_owned()))
    }

    /// Whether everything that `grant` allows is allowed: by itself, or by a wider one.
    #[must_use]
    pub fn covers(&self, grant: &Grant) -> bool {
        let wider = match grant {
            Grant::Effect(kind, Some(field)) => {
                self.0.contains(&Grant::Effect(*kind, None))
                    || (field.starts_with(CUSTOM) && self.0.contains(&for_custom_fields(*kind)))
            }
            Grant::Effect(_, None)
            | Grant::Read(_)
            | Grant::Use(_)
            | Grant::Http(_)
            | Grant::Fill(_)
            | Grant::Send(..) => false,
        };
        wider || self.0.contains(grant)
    }

    /// Whether an effect may be proposed.
    #[must_use]
    pub fn may_propose(&self, effect: &Effect) -> bool {
        let kind = effect.kind();
        if self.0.contains(&Grant::Effect(kind, None)) {
            return true;
        }
        let Effect::SetField { field, .. } = effect else { return false };
        self.0.contains(&Grant::Effect(kind, Some(field.clone())))
            || (field.starts_with(CUSTOM) && self.0.contains(&for_custom_fields(kind)))
    }
}

/// The grant of an effect on every custom field.
fn for_custom_fields(kind: EffectKind) -> Grant {
    Grant::Effect(kind, Some(format!("{CUSTOM}*")))
}

impl FromIterator<Grant> for Grants {
    fn from_iter<T: IntoIterator<Item = Grant>>(iter: T) -> Self {
        Self(iter.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_survives_its_text_form() {
        for text in [
            "read:text",
            "effect:reply",
            "effect:set-field:priority",
            "effect:set-field:custom.*",
            "use:kv",
            "http:api.example.com",
            "fill:PERSON",
            "send:EMAIL:api.example.com:8443",
        ] {
            assert_eq!(text.parse::<Grant>().map(|g| g.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn a_narrowed_set_field_grant_covers_only_its_field() {
        let grants: Grants =
            [Grant::Effect(EffectKind::SetField, Some("custom.*".into()))].into_iter().collect();
        let set = |field: &str| Effect::SetField { field: field.into(), value: "x".into() };
        assert!(grants.may_propose(&set("custom.order_number")));
        assert!(!grants.may_propose(&set("priority")));
    }

    #[test]
    fn a_wider_grant_covers_a_narrower_one_and_never_the_other_way_round() {
        let of = |text: &str| -> Grants { std::iter::once(text.parse::<Grant>().unwrap()).collect() };
        let covers = |have: &str, want: &str| of(have).covers(&want.parse().unwrap());
        assert!(covers("effect:set-field", "effect:set-field:team"));
        assert!(covers("effect:set-field:custom.*", "effect:set-field:custom.order"));
        assert!(!covers("effect:set-field:team", "effect:set-field"));
        assert!(!covers("effect:set-field:custom.*", "effect:set-field:team"));
        assert!(!covers("http:example.com", "http:api.example.com"));
    }
}
