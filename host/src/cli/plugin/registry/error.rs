//! Why nothing was published or fetched. Each sentence ends with what to do; nobody's password is in any.

use pack::ArtifactError;

use super::credentials::{PASSWORD, USER};

/// Why nothing was published or fetched.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum RegistryError {
    /// A reference without tag and digest.
    #[error(
        "{reference} names no version: add a tag, as in {reference}:0.1.0, or a digest, as in {reference}@sha256:…"
    )]
    NoVersion { reference: String },
    /// A digest where something is published.
    #[error("the digest comes from what is published: name a tag, or leave it out for the plugin's version")]
    Chosen,
    /// The registry does not have it.
    #[error("{reference} is not in the registry: look at name and version")]
    Missing { reference: String },
    /// The registry wants to know who asks.
    #[error(
        "{registry} wants to know who asks ({status}): set {USER} and {PASSWORD}, or let `docker login {registry}` write them into ~/.docker/config.json"
    )]
    NoCredentials { registry: String, status: u16 },
    /// The registry knows who asks and says no.
    #[error(
        "{registry} does not allow it ({status}) with the credentials from {origin}: renew them, or ask whoever runs the registry for the right to do it"
    )]
    Denied { registry: String, status: u16, origin: String },
    /// The tag names something else.
    #[error(
        "{reference} names other bytes already ({digest}): raise the plugin's version or choose another tag; --force takes the tag away from them"
    )]
    Taken { reference: String, digest: String },
    /// What is there is no plugin, or not what was promised.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// No answer.
    #[error("{registry} cannot be reached by {scheme} ({why}): look at its name and at the network{hint}")]
    Unreachable { registry: String, scheme: String, why: String, hint: &'static str },
    /// An answer that is not in the book.
    #[error("{registry} answered {status}{said}: try again later, or tell whoever runs the registry")]
    Answered { registry: String, status: u16, said: String },
    /// Credentials would go over the wire in clear.
    #[error(
        "{registry} wants credentials sent to {realm} in clear, and nothing was sent: it has to name an https address (--plain-http allows it)"
    )]
    InClear { registry: String, realm: String },
    /// Credentials that cannot be read.
    #[error("{place}: {why}")]
    Credentials { place: String, why: String },
}

impl RegistryError {
    /// Whether a rule said no, and not the network.
    pub(in crate::cli) const fn is_refusal(&self) -> bool {
        !matches!(self, Self::Unreachable { .. } | Self::Answered { .. })
    }
}
