//! An egress over SMTP: lettre's connection with rustls, the conversation in our own hands. Owns the mapping from
//! SMTP replies to "try again", "give up" and "who are you". Knows nothing of what the mail says.

mod idle;
mod line;
mod said;

use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{AsyncSmtpConnection, Tls as LettreTls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use self::idle::Idle;
use self::line::{Failure, Limits, Server, is_there, leave};
use self::said::without_people;
use crate::email::{Outgoing, Signer, clean_line, compose};
use crate::{ChannelError, Egress, Progress, Receipt};

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
    /// Longest wait for a connection, and for each answer to a command.
    pub timeout_ms: u64,
    /// Longest wait until the server has taken a block of 64 KiB of a mail.
    pub block_timeout_ms: u64,
    /// Longest wait until the server has taken all blocks of a mail, and once more for the answer to it. Who gives up
    /// the answer earlier does not know whether the mail was taken.
    pub data_timeout_ms: u64,
    /// Unused connections kept open at most; 0: each mail gets its own.
    pub pool_max: u32,
    /// How long an unused connection may be used again. One that is older is closed when the next mail comes.
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
            block_timeout_ms: 180_000,
            data_timeout_ms: 600_000,
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

/// A mail server to hand mail to. A connection on which anything failed or fell silent is never used again: the
/// answer that is still to come would be taken for that to another mail.
pub struct Smtp {
    server: Server,
    idle: Idle,
    signer: Signer,
    null_sender_for_replies: bool,
}

impl Smtp {
    /// Prepares the way out; connects only when there is something to send.
    ///
    /// # Errors
    /// When the configuration cannot work: a bad server name, a password without TLS.
    pub fn new(config: &SmtpConfig, signer: Signer) -> Result<Self, ChannelError> {
        if config.tls == Tls::None && config.password.is_some() {
            return Err(ChannelError::permanent(
                "smtp: a password needs `tls = \"starttls\"` or `tls = \"tls\"`; without it the password would travel in clear",
            ));
        }
        let login = config.user.clone().zip(config.password.clone());
        let server = Server {
            host: config.host.clone(),
            port: config.port,
            tls: tls(config)?,
            hello: config.hello_name.clone().map_or_else(ClientId::default, ClientId::Domain),
            login: login.map(|(user, password)| Credentials::new(user, password)),
            limits: Limits {
                step: Duration::from_millis(config.timeout_ms),
                block: Duration::from_millis(config.block_timeout_ms),
                end: Duration::from_millis(config.data_timeout_ms),
            },
        };
        let idle = Idle::new(config.pool_max as usize, Duration::from_millis(config.pool_idle_ms));
        Ok(Self { server, idle, signer, null_sender_for_replies: config.null_sender_for_replies })
    }

    /// A connection that waits for the next mail and still answers, or a new one.
    async fn line(&self) -> Result<AsyncSmtpConnection, Failure> {
        if let Some(mut line) = self.idle.take() {
            if is_there(&mut line).await {
                return Ok(line);
            }
            self.idle.forget();
        }
        self.server.open().await
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

/// SMTP reply codes that speak of who we are rather than of the mail (RFC 4954 §6).
const CREDENTIAL_CODES: &[u16] = &[530, 534, 535, 538];

/// Said of an address that the mail server cannot be told: another day changes nothing.
const NOT_TAKEN: &str = "the mail server takes no address with letters beyond a-z before its @ (it lacks SMTPUTF8): ask for another address";

/// Most characters of a server's words that are kept.
const WORDS_CHARS_MAX: usize = 500;

/// A failure in words for people. Those of the server are in it, and it may say anything: what is anybody's is taken out.
fn words(error: &lettre::transport::smtp::Error, recipient: &str) -> String {
    let told = clean_line(&error.to_string());
    let (what, said) = told.split_once(": ").unwrap_or((told.as_str(), ""));
    // What our own side says of a connection has nobody's data, and numbers that help.
    let told = match said {
        "" => what.to_owned(),
        said if error.status().is_some() || error.is_response() => {
            format!("{what}: {}", without_people(said, recipient))
        }
        said => format!("{what}: {said}"),
    };
    format!("mail server: {told}").chars().take(WORDS_CHARS_MAX).collect()
}

fn channel_error(error: &lettre::transport::smtp::Error, recipient: &str) -> ChannelError {
    let why = words(error, recipient);
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
        self.hand_over(mail, &Progress::default()).await
    }

    async fn hand_over(&self, mail: &Outgoing, progress: &Progress) -> Result<Receipt, ChannelError> {
        let bytes = self.signer.signed(&mail.from, compose(mail)?)?;
        let envelope = crate::email::envelope(mail, self.null_sender_for_replies)?;
        let mut line = self.line().await.map_err(|failure| failure.error)?;
        match self.server.hand_over(&mut line, &envelope, &bytes, progress).await {
            Ok(response) => {
                self.idle.keep(line);
                let said = response.message().collect::<Vec<_>>().join(" ");
                Ok(Receipt(format!("{} {said}", response.code())))
            }
            Err(failure) if failure.in_step => {
                leave(line);
                Err(failure.error)
            }
            Err(failure) => {
                self.idle.forget();
                Err(failure.error)
            }
        }
    }
}

#[cfg(test)]
mod tests;
