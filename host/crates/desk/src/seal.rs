//! Sealing: XChaCha20-Poly1305 with a key from a file outside the database. The purpose and the id of
//! what is sealed are bound to it as associated data, so a sealed value cannot be moved to another row.

use chacha20poly1305::aead::{Aead, AeadCore, KeyInit, OsRng, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use domain::audit::AuditKey;
use domain::seal::Sealed;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::DeskError;

/// Version byte in front of every sealed value.
const VERSION: u8 = 1;
/// Length of an XChaCha nonce in bytes.
const NONCE_BYTES: usize = 24;

/// The key that seals and that makes digests of personal values.
#[derive(Clone)]
pub struct SealKey {
    cipher: XChaCha20Poly1305,
    digest_key: [u8; 32],
    audit_key: AuditKey,
}

impl SealKey {
    /// From 32 bytes of a key file.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        let derived = |purpose: &[u8]| keyed(key, &[purpose]);
        Self {
            cipher: XChaCha20Poly1305::new(key.into()),
            digest_key: derived(b"kulanz digest key"),
            audit_key: AuditKey::new(derived(b"kulanz audit key")),
        }
    }

    /// Seals bytes for one purpose and place.
    ///
    /// # Errors
    /// When the bytes are too long for the cipher (256 GiB).
    pub fn seal(&self, place: &str, clear: &[u8]) -> Result<Sealed, DeskError> {
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let payload = Payload { msg: clear, aad: place.as_bytes() };
        let cipher_text = self.cipher.encrypt(&nonce, payload).map_err(|_| DeskError::Seal)?;
        let mut out = Vec::with_capacity(1 + NONCE_BYTES + cipher_text.len());
        out.push(VERSION);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&cipher_text);
        Ok(Sealed(out))
    }

    /// Opens what was sealed for the same place.
    ///
    /// # Errors
    /// When the key or the place is another one, or the bytes are damaged.
    pub fn open(&self, place: &str, sealed: &Sealed) -> Result<Vec<u8>, DeskError> {
        let (version, rest) = sealed.0.split_first().ok_or(DeskError::Seal)?;
        if *version != VERSION || rest.len() < NONCE_BYTES {
            return Err(DeskError::Seal);
        }
        let (nonce, cipher_text) = rest.split_at(NONCE_BYTES);
        let payload = Payload { msg: cipher_text, aad: place.as_bytes() };
        self.cipher.decrypt(XNonce::from_slice(nonce), payload).map_err(|_| DeskError::Seal)
    }

    /// What binds the entries of the audit trail.
    #[must_use]
    pub const fn audit_key(&self) -> AuditKey {
        self.audit_key
    }

    /// A keyed digest of a personal value: equal values can be told without knowing them. 128 bits, hex.
    #[must_use]
    pub fn digest(&self, class: &str, value: &str) -> String {
        let full = keyed(&self.digest_key, &[class.as_bytes(), b"\0", value.as_bytes()]);
        hex::encode(full.get(..16).unwrap_or(&full))
    }
}

fn keyed(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length; the error case cannot happen and yields a digest of nothing.
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_in_its_place_and_undamaged() {
        let key = SealKey::new(&[7; 32]);
        let sealed = key.seal("intake:1", b"4111 1111 1111 1111").unwrap();
        assert!(!sealed.0.windows(4).any(|w| w == b"4111"));
        assert_eq!(key.open("intake:1", &sealed).unwrap(), b"4111 1111 1111 1111");
        assert!(key.open("intake:2", &sealed).is_err());
        let mut damaged = sealed.clone();
        *damaged.0.last_mut().unwrap() ^= 1;
        assert!(key.open("intake:1", &damaged).is_err());
        assert!(SealKey::new(&[8; 32]).open("intake:1", &sealed).is_err());
    }

    #[test]
    fn each_purpose_and_each_key_has_a_key_of_its_own() {
        let audit_key = |bytes: [u8; 32]| SealKey::new(&bytes).audit_key();
        assert_eq!(audit_key([7; 32]), audit_key([7; 32]));
        assert_ne!(audit_key([7; 32]), audit_key([8; 32]));
        assert_ne!(audit_key([7; 32]), AuditKey::new([7; 32]));
        assert_ne!(audit_key([7; 32]), AuditKey::new(SealKey::new(&[7; 32]).digest_key));
    }

    #[test]
    fn the_same_value_has_the_same_digest_under_one_key_only() {
        let key = SealKey::new(&[7; 32]);
        assert_eq!(key.digest("IBAN", "x"), key.digest("IBAN", "x"));
        assert_ne!(key.digest("IBAN", "x"), key.digest("PHONE", "x"));
        assert_ne!(key.digest("IBAN", "x"), SealKey::new(&[8; 32]).digest("IBAN", "x"));
    }
}
