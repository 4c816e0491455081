//! The signature of a plugin file: the last section, over every byte before it. Says who signed; whether
//! that is somebody to be trusted is decided elsewhere.
//!
//! The section `kulanz:signature` holds one byte for the format (1), the publisher's public key (32 bytes)
//! and the Ed25519 signature (64 bytes). Signed is the text `kulanz plugin signature 1`, a line feed, and
//! the SHA-256 of everything before the section: so a signature over a plugin can be taken for nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::version::PublisherKey;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

use crate::PackError;
use crate::component::{section_of, top_sections, with_section, without_section};

/// Name of the custom section that holds the signature.
pub const SIGNATURE_SECTION: &str = "kulanz:signature";
/// The format of the section.
const FORMAT: u8 = 1;
/// What a signature is made for.
const PURPOSE: &[u8] = b"kulanz plugin signature 1\n";
/// First line of a key file.
const KEY_FILE_HEAD: &str = "kulanz publisher key 1";

/// Who signed a plugin file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// Nobody.
    None,
    /// The holder of this key, and nothing was changed since.
    By(PublisherKey),
}

impl Signature {
    /// The publisher's key, if there is one.
    #[must_use]
    pub fn publisher(self) -> Option<PublisherKey> {
        match self {
            Self::None => None,
            Self::By(key) => Some(key),
        }
    }
}

/// What a publisher signs with. Never printed.
pub struct PublisherSecret {
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

impl std::fmt::Debug for PublisherSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublisherSecret({})", self.public())
    }
}

impl PublisherSecret {
    /// A key from 32 random bytes.
    ///
    /// # Errors
    /// Never for 32 bytes; the library's type allows for it.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, PackError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .map_err(|_| PackError::component("These 32 bytes are no key: make another one."))?;
        Ok(Self { seed: *seed, pair })
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> PublisherKey {
        // An Ed25519 public key has 32 bytes.
        let mut key = [0; 32];
        key.iter_mut().zip(self.pair.public_key().as_ref()).for_each(|(to, from)| *to = *from);
        PublisherKey(key)
    }

    /// The text of a key file.
    #[must_use]
    pub fn to_file(&self) -> String {
        format!("{KEY_FILE_HEAD}\npublic {}\nsecret {}\n", self.public(), BASE64.encode(self.seed))
    }

    /// Reads the text of a key file.
    ///
    /// # Errors
    /// It is no key file, or its two halves do not belong together.
    pub fn from_file(text: &str) -> Result<Self, PackError> {
        let bad = |why: &str| {
            PackError::component(format!(
                "This is no key file ({why}): make one with `kulanz plugin keygen FILE`."
            ))
        };
        let mut lines = text.lines().map(str::trim);
        if lines.next() != Some(KEY_FILE_HEAD) {
            return Err(bad(&format!("it does not begin with `{KEY_FILE_HEAD}`")));
        }
        let named = |name: &str| {
            text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(' ').map(str::trim))
        };
        let secret =
            named("secret").and_then(|s| BASE64.decode(s).ok()).and_then(|s| <[u8; 32]>::try_from(s).ok());
        let key = Self::from_seed(&secret.ok_or_else(|| bad("its secret is no base64 of 32 bytes"))?)?;
        match named("public") {
            Some(public) if public == key.public().to_string() => Ok(key),
            _ => Err(bad("its public half does not belong to its secret")),
        }
    }
}

/// Signs a component, in the place of the signature it may have.
///
/// # Errors
/// The bytes are no component.
pub fn sign(component: &[u8], secret: &PublisherSecret) -> Result<Vec<u8>, PackError> {
    let unsigned = without_section(component, SIGNATURE_SECTION)?;
    let mut section = vec![FORMAT];
    section.extend_from_slice(&secret.public().0);
    section.extend_from_slice(secret.pair.sign(&message(&unsigned)).as_ref());
    with_section(&unsigned, SIGNATURE_SECTION, &section)
}

/// Who signed a component. A file without a signature is fine; one with a wrong signature is not.
///
/// # Errors
/// The signature is damaged, does not fit the bytes, or is not the last section.
pub fn verify(component: &[u8]) -> Result<Signature, PackError> {
    let sections = top_sections(component)?;
    let is_signature = |name: &Option<String>| name.as_deref() == Some(SIGNATURE_SECTION);
    let Some(first) = sections.iter().position(|(name, _)| is_signature(name)) else {
        return Ok(Signature::None);
    };
    let Some((_, range)) = sections.get(first).filter(|(_, range)| range.end == component.len()) else {
        return Err(wrong("something was added behind the signature"));
    };
    let section = section_of(component, SIGNATURE_SECTION)?.unwrap_or_default();
    let (Some(&FORMAT), Some(key), Some(signature), 97) = (
        section.first(),
        section.get(1..33).and_then(|k| <[u8; 32]>::try_from(k).ok()),
        section.get(33..97),
        section.len(),
    ) else {
        return Err(wrong("its signature is damaged"));
    };
    let signed = component.get(..range.start).unwrap_or_default();
    let verified = UnparsedPublicKey::new(&ED25519, key).verify(&message(signed), signature);
    match verified {
        Ok(()) => Ok(Signature::By(PublisherKey(key))),
        Err(_) => Err(wrong("its bytes are not the ones that were signed")),
    }
}

fn message(signed: &[u8]) -> Vec<u8> {
    let mut out = PURPOSE.to_vec();
    out.extend_from_slice(&Sha256::digest(signed));
    out
}

fn wrong(why: &str) -> PackError {
    PackError::component(format!(
        "The signature is wrong: {why}. Get the file again from its publisher, and do not install this one."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::with_manifest;

    fn component() -> Vec<u8> {
        with_manifest(&wasm_encoder::Component::new().finish(), "id = \"a.b\"").unwrap()
    }

    fn ours() -> PublisherSecret {
        PublisherSecret::from_seed(&[7; 32]).unwrap()
    }

    #[test]
    fn a_signed_file_names_its_publisher_and_an_unsigned_one_nobody() {
        let signed = sign(&component(), &ours()).unwrap();
        assert_eq!(verify(&signed).unwrap(), Signature::By(ours().public()));
        assert_eq!(verify(&component()).unwrap(), Signature::None);
        assert!(signed.starts_with(&component()), "what was signed stands unchanged before the signature");
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let signed = sign(&component(), &ours()).unwrap();
        for at in 0..signed.len() {
            let mut changed = signed.clone();
            changed[at] ^= 1;
            assert_ne!(verify(&changed).ok(), Some(Signature::By(ours().public())), "byte {at}");
        }
    }

    #[test]
    fn nothing_can_be_added_behind_or_signed_twice() {
        let signed = sign(&component(), &ours()).unwrap();
        let added = with_section(&signed, "x", b"y").unwrap();
        assert!(verify(&added).unwrap_err().to_string().contains("behind the signature"));
        let two = {
            let mut both = signed.clone();
            both.extend_from_slice(&signed[component().len()..]);
            both
        };
        assert!(verify(&two).is_err());
    }

    #[test]
    fn signing_again_replaces_the_signature_and_is_deterministic() {
        let other = PublisherSecret::from_seed(&[8; 32]).unwrap();
        let signed = sign(&component(), &ours()).unwrap();
        assert_eq!(sign(&signed, &ours()).unwrap(), signed);
        assert_eq!(verify(&sign(&signed, &other).unwrap()).unwrap(), Signature::By(other.public()));
    }

    #[test]
    fn a_key_file_reads_back_and_a_torn_one_is_refused() {
        let text = ours().to_file();
        assert_eq!(PublisherSecret::from_file(&text).unwrap().public(), ours().public());
        assert!(!format!("{:?}", ours()).contains(&BASE64.encode([7; 32])));
        let mixed = text.replace(
            &ours().public().to_string(),
            &PublisherSecret::from_seed(&[8; 32]).unwrap().public().to_string(),
        );
        for broken in ["", "hello", &text[..60], &mixed] {
            assert!(PublisherSecret::from_file(broken).is_err(), "{broken}");
        }
    }
}
