//! The name of a plugin in a registry: `registry.example.com/acme/lost-parcel:0.1.0`, or pinned with
//! `@sha256:…`. Owns how such names are read and written; asks no registry.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// What a reference begins with where a file could stand as well.
pub const SCHEME: &str = "oci://";
/// Longest host with repository, bytes: what registries agree on.
const NAME_BYTES_MAX: usize = 255;
/// Longest tag, bytes.
const TAG_BYTES_MAX: usize = 128;
/// SHA-256 as hex.
const HEX_BYTES: usize = 64;

/// The name of some bytes that fits no others: `sha256:` and 64 hex digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest(String);

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(format!("sha256:{}", hex::encode(Sha256::digest(bytes))))
    }

    /// Reads `sha256:…`; none for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:")?;
        let is_hex = hex.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
        (is_hex && hex.len() == HEX_BYTES).then(|| Self(text.to_owned()))
    }

    /// `sha256:…`
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a plugin is in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Host, with its port where it is not the usual one.
    pub registry: String,
    /// Path at the registry: `acme/lost-parcel`.
    pub repository: String,
    /// A name that the registry may give to other bytes later.
    pub tag: Option<String>,
    /// The one artifact that is meant.
    pub digest: Option<Digest>,
}

/// Why a text is no reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` names nothing in a registry ({why}); write it as in registry.example.com/acme/lost-parcel:0.1.0"
)]
pub struct ReferenceError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Reference {
    /// What the registry is asked for: the digest where one is given, else the tag.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.digest.as_ref().map(Digest::as_str).or(self.tag.as_deref())
    }

    /// The same with a tag, in the place of the one it may have.
    #[must_use]
    pub fn tagged(&self, tag: &str) -> Self {
        Self { tag: Some(tag.to_owned()), ..self.clone() }
    }

    /// The same, pinned to one artifact.
    #[must_use]
    pub fn pinned(&self, digest: Digest) -> Self {
        Self { digest: Some(digest), ..self.clone() }
    }

    /// Whether the registry is on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        is_loopback(host_and_port(&self.registry).0)
    }
}

/// Whether a host, without port, is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let bad = |why| ReferenceError { text: text.to_owned(), why };
        let rest = text.strip_prefix(SCHEME).unwrap_or(text);
        let (rest, digest) = match rest.split_once('@') {
            Some((rest, digest)) => {
                let digest = Digest::parse(digest);
                (rest, Some(digest.ok_or_else(|| bad("behind @ stands no sha256: with 64 hex digits"))?))
            }
            None => (rest, None),
        };
        let (registry, path) =
            rest.split_once('/').ok_or_else(|| bad("host and name are parted by a slash"))?;
        let (repository, tag) = match path.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (path, None),
        };
        if !is_registry(registry) {
            return Err(bad("it does not begin with a registry's host"));
        }
        if !repository.split('/').all(is_part) || registry.len() + repository.len() >= NAME_BYTES_MAX {
            return Err(bad("names are lower-case letters, digits and single . _ - between them"));
        }
        if !tag.is_none_or(is_tag) {
            return Err(bad("a tag is at most 128 letters, digits, . _ and -"));
        }
        Ok(Self {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            tag: tag.map(ToOwned::to_owned),
            digest,
        })
    }
}

/// `[::1]:5000` is `[::1]` and `5000`.
fn host_and_port(registry: &str) -> (&str, Option<&str>) {
    match registry.rsplit_once(':') {
        Some((host, port)) if !registry.ends_with(']') => (host, Some(port)),
        _ => (registry, None),
    }
}

/// A host that cannot be taken for the first part of a path: with a dot, a port, or this machine.
fn is_registry(text: &str) -> bool {
    let (host, port) = host_and_port(text);
    let fits = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(bare) => bare.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        }
    };
    let is_told = host.contains('.') || host == "localhost" || port.is_some() || host.starts_with('[');
    fits && is_told && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

fn is_part(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = text.bytes().next().is_some_and(plain) && text.bytes().last().is_some_and(plain);
    ends && !text.contains("..") && text.bytes().all(|b| plain(b) || matches!(b, b'.' | b'_' | b'-'))
}

fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= TAG_BYTES_MAX
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reference {
        text.parse().unwrap()
    }

    #[test]
    fn a_reference_is_written_as_it_was_read() {
        let digest = Digest::of(b"");
        for text in [
            "registry.example.com/acme/lost-parcel",
            "registry.example.com/acme/lost-parcel:0.1.0",
            "localhost/lost_parcel:latest",
            "[::1]:5000/a.b/c--d:x",
            &format!("host:5000/a:0.1.0@{digest}"),
            &format!("127.0.0.1:5000/a@{digest}"),
        ] {
            assert_eq!(read(text).to_string(), text);
            assert_eq!(read(&format!("oci://{text}")).to_string(), text);
        }
    }

    #[test]
    fn a_digest_counts_more_than_a_tag() {
        let digest = Digest::of(b"file");
        let tagged = read("r.example/a").tagged("0.1.0");
        assert_eq!(tagged.version(), Some("0.1.0"));
        assert_eq!(tagged.pinned(digest.clone()).version(), Some(digest.as_str()));
        assert_eq!(read("r.example/a").version(), None);
    }

    #[test]
    fn what_is_no_reference_is_told_why() {
        for (text, why) in [
            ("lost-parcel", "slash"),
            ("acme/lost-parcel:0.1.0", "host"),
            ("r.example:99999/a", "host"),
            ("[::g]/a", "host"),
            ("user@r.example/a", "sha256"),
            ("r.example/Acme/a", "lower-case"),
            ("r.example/a//b", "lower-case"),
            ("r.example/../b", "lower-case"),
            ("r.example/a..b", "lower-case"),
            ("r.example/a?b", "lower-case"),
            ("r.example/a:", "tag"),
            ("r.example/a:b/c", "tag"),
            ("r.example/a@sha256:abc", "sha256"),
        ] {
            let said = text.parse::<Reference>().unwrap_err().to_string();
            assert!(said.contains(why) && said.contains("registry.example.com/acme"), "{text}: {said}");
        }
        let long = format!("r.example/{}", "a".repeat(NAME_BYTES_MAX));
        assert!(long.parse::<Reference>().is_err());
        assert!(format!("r.example/a:{}", "1".repeat(TAG_BYTES_MAX + 1)).parse::<Reference>().is_err());
    }

    #[test]
    fn only_this_machine_is_local() {
        for local in ["localhost/a", "localhost:1/a", "127.0.0.1:5000/a", "127.8.8.8/a", "[::1]:5000/a"] {
            assert!(read(local).is_local(), "{local}");
        }
        for far in ["localhost.example/a", "10.0.0.1:5000/a", "registry.example.com/a", "[2001:db8::1]/a"] {
            assert!(!read(far).is_local(), "{far}");
        }
    }
}
