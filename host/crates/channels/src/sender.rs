//! Whether a mail's sender is who its From says: SPF, DKIM, DMARC and ARC, looked up by ourselves, or as the
//! mail server before us wrote it down. Says what is known of a sender; what follows from it is decided above.

mod path;
mod results;

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use domain::address::{canonical_domain, domain_of, is_within, sides};
use domain::message::SenderAuth;
use futures::FutureExt;
use mail_auth::common::verify::VerifySignature;
use mail_auth::dmarc::Policy;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::hickory_resolver::config::{NameServerConfig, ResolverConfig, ResolverOpts};
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DmarcOutput, DmarcResult, MessageAuthenticator, SpfOutput,
    SpfResult,
};

use crate::ChannelError;
use crate::email::{Headers, limits};
use path::Path;

/// Signatures of one mail that are looked at; whoever sends more does it to keep us busy.
const SIGNATURES_MAX: usize = 10;

/// What is known of a mail's sender.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Whether the domain vouches for the mail.
    pub auth: SenderAuth,
    /// The domain in the From field.
    pub domain: String,
}

/// How senders are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderConfig {
    /// Name under which the mail server before us writes its results; empty: it writes none.
    pub authserv_id: String,
    /// Whether we look up ourselves what it did not write.
    pub look_up: bool,
    /// Name server; none: the system's.
    pub name_server: Option<SocketAddr>,
    /// Domains whose word (ARC) counts for mail that they pass on.
    pub arc_trusted: Vec<String>,
    /// How long looking up may take for one mail.
    pub timeout_ms: u64,
}

/// Checks senders.
#[derive(Clone, Default)]
pub struct Senders(Option<Arc<Checks>>);

struct Checks {
    config: SenderConfig,
    dns: Option<MessageAuthenticator>,
}

impl Senders {
    /// Nothing is known of anybody.
    #[must_use]
    pub fn unchecked() -> Self {
        Self(None)
    }

    /// Prepares the checks.
    ///
    /// # Errors
    /// When the system names no name server.
    pub fn new(mut config: SenderConfig) -> Result<Self, ChannelError> {
        for domain in &mut config.arc_trusted {
            *domain = canonical_domain(domain);
        }
        let dns = config.look_up.then(|| resolver(config.name_server)).transpose()?;
        Ok(Self(Some(Arc::new(Checks { config, dns }))))
    }

    /// What is known of a mail's sender. Bounded in time; what cannot be found out now stays unchecked.
    pub async fn check(&self, raw: &[u8]) -> Verdict {
        let Some(checks) = &self.0 else { return Verdict::default() };
        let time = Duration::from_millis(checks.config.timeout_ms);
        // A library that reads strangers' mails: should it panic, nothing is known.
        let checked = AssertUnwindSafe(checks.check(raw)).catch_unwind();
        match tokio::time::timeout(time, checked).await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(_)) | Err(_) => Verdict::default(),
        }
    }
}

fn resolver(server: Option<SocketAddr>) -> Result<MessageAuthenticator, ChannelError> {
    let made = match server {
        None => MessageAuthenticator::new_system_conf(),
        Some(address) => {
            let mut server = NameServerConfig::udp_and_tcp(address.ip());
            server.connections.iter_mut().for_each(|connection| connection.port = address.port());
            let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
            MessageAuthenticator::new(config, ResolverOpts::default())
        }
    };
    made.map_err(|error| {
        ChannelError::permanent(format!(
            "no name server can be asked about senders: {error}; name one in mail.sender.name_server, or set mail.sender.look_up = false"
        ))
    })
}

impl Checks {
    async fn check(&self, raw: &[u8]) -> Verdict {
        let (headers, _) = Headers::read(raw.get(..limits::HEADER_BYTES_MAX).unwrap_or(raw));
        let domains = from_domains(&headers);
        // Several senders: programs differ in whom they show, so no domain can vouch for what is seen.
        let [domain] = domains.as_slice() else {
            return Verdict { auth: SenderAuth::None, domain: String::new() };
        };
        let auth = match results::believed(&headers, &self.config.authserv_id, domain) {
            Some(auth) => auth,
            None => self.look_up(raw, &headers, domain).await,
        };
        Verdict { auth, domain: domain.clone() }
    }

    async fn look_up(&self, raw: &[u8], headers: &Headers, domain: &str) -> SenderAuth {
        let Some(dns) = &self.dns else { return SenderAuth::Unchecked };
        if headers.count("dkim-signature") > SIGNATURES_MAX || raw.len() > limits::RAW_BYTES_MAX {
            return SenderAuth::None;
        }
        let Some(message) = AuthenticatedMessage::parse(raw) else { return SenderAuth::None };
        let path = Path::of(headers);
        let dkim = dns.verify_dkim(&message).await;
        let spf = match &path.client {
            Some(client) => {
                let parameters = SpfParameters::verify(client.ip, &client.hello, domain, &path.sender);
                dns.verify_spf(parameters).await
            }
            None => SpfOutput::default(),
        };
        let sender_domain = domain_of(&path.sender);
        let dmarc = dns.verify_dmarc(DmarcParameters::new(&message, &dkim, sender_domain, &spf)).await;
        let auth = judged(domain, &dmarc, &dkim, &spf, sender_domain);
        if auth == SenderAuth::Pass || !self.is_passed_on_by_a_trusted_one(headers, domain) {
            return auth;
        }
        match dns.verify_arc(&message).await.result() {
            DkimResult::Pass => SenderAuth::Pass,
            _ => auth,
        }
    }

    /// Whether the newest ARC seal is of a domain we trust, and says that the mail came to it well. Whether
    /// the seal is whole is another question.
    fn is_passed_on_by_a_trusted_one(&self, headers: &Headers, domain: &str) -> bool {
        let newest = |name: &str| {
            let all = headers.all_texts(name);
            all.into_iter().max_by_key(|text| tag(text, "i").and_then(|i| i.parse::<u32>().ok()).unwrap_or(0))
        };
        let sealer = newest("arc-seal").and_then(|seal| tag(&seal, "d").map(canonical_domain));
        let is_trusted = sealer.is_some_and(|sealer| self.config.arc_trusted.contains(&sealer));
        is_trusted
            && newest("arc-authentication-results").is_some_and(|text| {
                let said = text.split_once(';').map_or("", |(_, said)| said);
                results::read(said, domain) == Some(SenderAuth::Pass)
            })
    }
}

/// DMARC decides where the domain speaks of it; else a signature or sending server of the very domain counts.
fn judged(
    domain: &str,
    dmarc: &DmarcOutput,
    dkim: &[DkimOutput<'_>],
    spf: &SpfOutput,
    sender_domain: &str,
) -> SenderAuth {
    match dmarc.result() {
        DmarcResult::Pass => return SenderAuth::Pass,
        DmarcResult::TempError(_) => return SenderAuth::Unchecked,
        DmarcResult::Fail(_) | DmarcResult::PermError(_) if dmarc.dmarc_record().is_some() => {
            return match dmarc.policy() {
                Policy::Reject | Policy::Quarantine => SenderAuth::Fail,
                Policy::None | Policy::Unspecified => SenderAuth::None,
            };
        }
        DmarcResult::Fail(_) | DmarcResult::PermError(_) | DmarcResult::None => {}
    }
    let signed = dkim.iter().any(|found| {
        *found.result() == DkimResult::Pass
            && found.signature().is_some_and(|signature| speaks_for(signature.domain(), domain))
    });
    let sent = spf.result() == SpfResult::Pass && speaks_for(sender_domain, domain);
    if signed || sent { SenderAuth::Pass } else { SenderAuth::None }
}

/// Whether one domain may speak for another: it is the same, or one above it.
fn speaks_for(speaker: &str, domain: &str) -> bool {
    // Servers write them in either spelling.
    let (speaker, domain) = (canonical_domain(speaker), canonical_domain(domain));
    speaker.contains('.') && is_within(&domain, &speaker)
}

/// The domains of all senders named in all From fields.
fn from_domains(headers: &Headers) -> Vec<String> {
    let mut domains: Vec<String> = headers
        .all_texts("from")
        .iter()
        .flat_map(|value| crate::email::addresses(value, SIGNATURES_MAX))
        .filter_map(|address| sides(&address).map(|(_, domain)| domain.to_owned()))
        .collect();
    domains.sort();
    domains.dedup();
    domains
}

/// The value of a tag in `k=v; k=v`.
fn tag<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.split(';').find_map(|part| {
        let (key, value) = part.split_once('=')?;
        (key.trim() == name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests;
