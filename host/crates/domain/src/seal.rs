//! Sealed bytes: cipher text that only the holder of the key file can open. The domain knows the
//! word, so that a sealed value cannot be taken for a clear one; the cipher lives in `desk`.

/// Cipher text with its nonce and key id in front.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}
