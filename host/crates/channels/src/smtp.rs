//! An egress over SMTP: lettre's pooled async client with rustls. Owns the mapping from SMTP replies to
//! "try again", "give up" and "who are you". Knows nothing of what the mail says.

use std::time::Duration;

use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls as LettreTls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::email::{Outgoing, Signer, compose};
use crate::{ChannelError, Egress, Receipt};

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Plain greeting, then STARTTLS; without it nothing is sent (submission, port 587).
    #[default]
    StartTls,
    /// TLS from the first byte (submissions, port 465).
    Tls,
    /// No protection: for a relay on this machine only. Passwords are refused.
    None,
}

/// Where mail goes out.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmtpConfig {
    /// Mail server; the name its certificate must show.
    pub host: String,
    /// Port; 587 unless told otherwise.
    pub port: u16,
    /// `starttls` (default), `tls` or `none`.
    pub tls: Tls,
    /// User name, if the server wants one.
    pub user: Option<String>,
    /// Password. Never written out again.
    #[serde(skip_serializing)]
    pub password: Option<String>,
    /// Longest time for handing over one mail, connecting included.
    pub timeout_ms: u64,
    /// Connections kept open at most.
    pub pool_max: u32,
    /// How long an unused connection is kept.
    pub pool_idle_ms: u64,
    /// Name given in EHLO; this machine's name when missing.
    pub hello_name: Option<String>,
    /// Whether automatic replies leave with an empty envelope sender, so that a bounce of them can never
    /// start a loop (RFC 3834 §3.3). Switch off for providers that refuse `MAIL FROM:<>`.
    pub null_sender_for_replies: bool,
}

impl Default for SmtpConfig {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 587,
            tls: Tls::StartTls,
            user: None,
            password: None,
            timeout_ms: 30_000,
            pool_max: 4,
            pool_idle_ms: 60_000,
            hello_name: None,
            null_sender_for_replies: true,
        }
    }
}

impl std::fmt::Debug for SmtpConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("user", &self.user)
            .field("password", &self.password.as_ref().map(|_| "…"))
            .finish_non_exhaustive()
    }
}

/// A mail server to hand mail to.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    signer: Signer,
    timeout: Duration,
    null_sender_for_replies: bool,
}

impl Smtp {
    /// Prepares the way out; connects only when there is something to send. Needs a running tokio runtime.
    ///
    /// # Errors
    /// When the configuration cannot work: a bad server name, a password without TLS.
    pub fn new(config: &SmtpConfig, signer: Signer) -> Result<Self, ChannelError> {
        if config.tls == Tls::None && config.password.is_some() {
            return Err(ChannelError::permanent(
                "smtp: a password needs `tls = \"starttls\"` or `tls = \"tls\"`; without it the password would travel in clear",
            ));
        }
        // The pool starts its housekeeping at once, which panics where no runtime is.
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(ChannelError::permanent(
                "smtp: open the mail server connection inside the async runtime",
            ));
        }
        let pool = PoolConfig::new()
            .max_size(config.pool_max.max(1))
            .idle_timeout(Duration::from_millis(config.pool_idle_ms));
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(config.host.as_str())
            .port(config.port)
            .timeout(Some(Duration::from_millis(config.timeout_ms)))
            .tls(tls(config)?)
            .pool_config(pool);
        if let (Some(user), Some(password)) = (&config.user, &config.password) {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        if let Some(name) = &config.hello_name {
            builder = builder.hello_name(ClientId::Domain(name.clone()));
        }
        let timeout = Duration::from_millis(config.timeout_ms);
        Ok(Self {
            transport: builder.build(),
            signer,
            timeout,
            null_sender_for_replies: config.null_sender_for_replies,
        })
    }
}

fn tls(config: &SmtpConfig) -> Result<LettreTls, ChannelError> {
    let parameters = || {
        TlsParameters::new_rustls(config.host.clone()).map_err(|error| {
            ChannelError::permanent(format!("smtp: `{}` is no usable server name: {error}", config.host))
        })
    };
    Ok(match config.tls {
        Tls::StartTls => LettreTls::Required(parameters()?),
        Tls::Tls => LettreTls::Wrapper(parameters()?),
        Tls::None => LettreTls::None,
    })
}

/// Bytes per second that even a slow line carries.
const BYTES_PER_SECOND_MIN: usize = 128 << 10;

/// SMTP reply codes that speak of who we are rather than of the mail (RFC 4954 §6).
const CREDENTIAL_CODES: &[u16] = &[530, 534, 535, 538];

/// Said of an address that the mail server cannot be told: another day changes nothing.
const NOT_TAKEN: &str = "the mail server takes no address with letters beyond a-z before its @ (it lacks SMTPUTF8): ask for another address";

fn channel_error(error: &lettre::transport::smtp::Error) -> ChannelError {
    // The client itself gives up then, before it asks the server, and has only words for it.
    if error.is_client() && error.to_string().contains("SMTPUTF8") {
        return ChannelError::permanent(NOT_TAKEN);
    }
    let why = format!("mail server: {error}");
    let code = error.status().map(u16::from);
    if code.is_some_and(|code| CREDENTIAL_CODES.contains(&code)) {
        return ChannelError::Credentials { why };
    }
    if error.is_permanent() {
        return ChannelError::Permanent { why };
    }
    // No answer, half an answer, a closed line, no TLS today: all of these may be over tomorrow.
    ChannelError::Transient { why, after_ms: None }
}

#[async_trait::async_trait]
impl Egress for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    async fn send(&self, mail: &Outgoing) -> Result<Receipt, ChannelError> {
        let bytes = self.signer.signed(&mail.from, compose(mail)?)?;
        let envelope = crate::email::envelope(mail, self.null_sender_for_replies)?;
        let timeout = self.timeout + transfer(bytes.len());
        // The client's own limit covers connecting only: a server that falls silent would hold us for ever.
        match tokio::time::timeout(timeout, self.transport.send_raw(&envelope, &bytes)).await {
            Ok(Ok(response)) => Ok(Receipt(format!(
                "{} {}",
                response.code(),
                response.message().collect::<Vec<_>>().join(" ")
            ))),
            Ok(Err(error)) => Err(channel_error(&error)),
            Err(_) => Err(ChannelError::transient(format!(
                "mail server: no answer within {} ms",
                timeout.as_millis()
            ))),
        }
    }
}

/// How long a mail with files may take beyond what every mail may, on a slow line.
const fn transfer(bytes: usize) -> Duration {
    Duration::from_secs((bytes / BYTES_PER_SECOND_MIN) as u64)
}

#[cfg(test)]
mod tests;
