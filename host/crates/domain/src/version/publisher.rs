//! The key of whoever signs a plugin. Knows how it is written; how it is checked is the pack step's business.

use crate::Refusal;

/// An Ed25519 public key. Text form: `ed25519:` and 64 hex digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublisherKey(pub [u8; 32]);

/// What the text form begins with.
const PREFIX: &str = "ed25519:";

impl std::fmt::Display for PublisherKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{PREFIX}{}", hex::encode(self.0))
    }
}

impl std::str::FromStr for PublisherKey {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let mut key = [0; 32];
        let digits = text.trim().strip_prefix(PREFIX).unwrap_or_default();
        hex::decode_to_slice(digits, &mut key)
            .map_err(|_| Refusal::new("bad_key", "A publisher's key is `ed25519:` and 64 hex digits."))?;
        Ok(Self(key))
    }
}

impl serde::Serialize for PublisherKey {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for PublisherKey {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_text_form_and_anything_else_is_refused() {
        let key = PublisherKey([0xab; 32]);
        assert_eq!(key.to_string().parse(), Ok(key.clone()));
        for text in ["", "ab", "ed25519:ab", &key.to_string()[8..]] {
            assert!(text.parse::<PublisherKey>().is_err(), "{text}");
        }
    }
}
