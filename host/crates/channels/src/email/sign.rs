//! DKIM signatures (RFC 6376) on what goes out: one key for each domain that we write from. Knows bytes; does
//! not know what they say or where they go.

use std::collections::BTreeMap;

use domain::address::{canonical_domain, domain_of};
use mail_auth::common::crypto::{DkimKey, Ed25519Key, RsaKey, Sha256};
use mail_auth::common::headers::HeaderWriter;
use mail_auth::dkim::{DkimSigner, Done};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use crate::ChannelError;

/// Fields that are signed where they are there: all that a reader or his program acts upon.
const SIGNED: &[&str] = &[
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

/// A domain's key.
#[derive(Clone, PartialEq, Eq)]
pub struct DomainKey {
    /// Domain that we write from.
    pub domain: String,
    /// Name of the key: its public half stands in the DNS at `selector._domainkey.domain`.
    pub selector: String,
    /// The private half, PEM.
    pub private_pem: String,
}

impl std::fmt::Debug for DomainKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DomainKey")
            .field("domain", &self.domain)
            .field("selector", &self.selector)
            .finish_non_exhaustive()
    }
}

/// Signs mail from the domains that it has keys of.
#[derive(Default)]
pub struct Signer(BTreeMap<String, DkimSigner<DkimKey, Done>>);

impl Signer {
    /// Reads the keys.
    ///
    /// # Errors
    /// When one is no key that can sign.
    pub fn new(keys: &[DomainKey]) -> Result<Self, ChannelError> {
        let signer = |key: &DomainKey| {
            let domain = canonical_domain(&key.domain);
            let signer = DkimSigner::from_key(private_key(key)?)
                .domain(domain.clone())
                .selector(key.selector.clone())
                .headers(SIGNED.iter().copied());
            Ok((domain, signer))
        };
        keys.iter().map(signer).collect::<Result<_, _>>().map(Self)
    }

    /// The mail with a signature in front, if there is a key of the domain it is from.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn signed(&self, from: &str, mail: Vec<u8>) -> Result<Vec<u8>, ChannelError> {
        let Some(signer) = self.0.get(&canonical_domain(domain_of(from))) else { return Ok(mail) };
        let signature = signer
            .sign(&mail)
            .map_err(|error| ChannelError::permanent(format!("the mail cannot be signed (DKIM): {error}")))?;
        let mut signed = signature.to_header().into_bytes();
        signed.extend_from_slice(&mail);
        Ok(signed)
    }
}

fn private_key(key: &DomainKey) -> Result<DkimKey, ChannelError> {
    let bad = |why: &str| {
        ChannelError::permanent(format!(
            "the DKIM key of {} cannot sign: {why}; make one with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`",
            key.domain
        ))
    };
    let der = PrivateKeyDer::from_pem_slice(key.private_pem.as_bytes())
        .map_err(|_| bad("the file holds no private key (PEM)"))?;
    if let PrivateKeyDer::Pkcs8(pkcs8) = &der
        && let Ok(ed25519) = Ed25519Key::from_pkcs8_maybe_unchecked_der(pkcs8.secret_pkcs8_der())
    {
        return Ok(DkimKey::Ed25519(ed25519));
    }
    RsaKey::<Sha256>::from_key_der(der)
        .map(DkimKey::Rsa)
        .map_err(|_| bad("it is neither RSA of 2048 bits or more nor Ed25519"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::email::compose::tests::outgoing;
    use crate::email::{compose, parse};

    /// A key made for this test.
    pub(crate) const ED25519: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";

    fn key(domain: &str, private_pem: &str) -> DomainKey {
        DomainKey { domain: domain.into(), selector: "s1".into(), private_pem: private_pem.into() }
    }

    #[test]
    fn mail_of_a_domain_with_a_key_is_signed_and_other_mail_is_left_alone() {
        let mail = compose(&outgoing()).unwrap();
        let signer = Signer::new(&[key("Shop.example", ED25519)]).unwrap();
        let signed = signer.signed("help@shop.example", mail.clone()).unwrap();
        let text = String::from_utf8_lossy(&signed);
        assert!(text.starts_with("DKIM-Signature: v=1; a=ed25519-sha256; s=s1; d=shop.example;"), "{text}");
        assert!(text.contains("Auto-Submitted") && signed.ends_with(&mail));
        assert_eq!(parse(&signed).subject, "Ihre Anfrage");
        assert_eq!(signer.signed("help@other.example", mail.clone()).unwrap(), mail);
        assert_eq!(Signer::default().signed("help@shop.example", mail.clone()).unwrap(), mail);
    }

    #[test]
    fn what_is_no_key_is_refused_with_the_way_to_make_one() {
        for pem in ["", "hush", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            let error = Signer::new(&[key("shop.example", pem)]).err().unwrap().to_string();
            assert!(error.contains("shop.example") && error.contains("openssl genpkey"), "{error}");
            assert!(!error.contains("hush"));
        }
        assert!(!format!("{:?}", key("shop.example", "hush")).contains("hush"));
    }
}
