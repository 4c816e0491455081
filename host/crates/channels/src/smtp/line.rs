//! One connection to a mail server: opened, one mail handed over on it, taken leave of. Owns how long each step may
//! take (RFC 5321 §4.5.3.2) and which failure leaves open whether the mail was taken. Keeps no connection.

use std::fmt::Display;
use std::pin::pin;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Tls};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter, ServerInfo};
use lettre::transport::smtp::response::{Response, Severity};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{NOT_TAKEN, channel_error, words};
use crate::{ChannelError, Progress};

/// Bytes that are handed over at a time, each within a time of its own.
const BLOCK_BYTES: usize = 64 << 10;

/// How long a server may take to say goodbye, or that it is still there.
const COURTESY: Duration = Duration::from_secs(5);

/// Addresses of one host that are tried within the time for connecting, even where none of them answers.
const ADDRESSES_TRIED: u32 = 3;

/// How long the server may take for each step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Connecting until it has greeted us, and each answer to a command.
    pub(super) step: Duration,
    /// Taking one block of a mail.
    pub(super) block: Duration,
    /// Taking all blocks of a mail, and once more answering the whole mail.
    pub(super) end: Duration,
}

/// Whom to connect to, and how.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) hello: ClientId,
    pub(super) login: Option<Credentials>,
    pub(super) limits: Limits,
}

/// Why a mail was not handed over, or not for certain.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: ChannelError,
    /// Whether both sides still know where they are, so that a connection can be ended in order. Else an answer may
    /// still be on its way, and who used the connection again would take it for his own.
    pub(super) in_step: bool,
}

impl Failure {
    /// What went wrong before the whole mail was handed over, or what the server said to it.
    fn of(error: &Error, recipient: &str) -> Self {
        Self { error: channel_error(error, recipient), in_step: error.status().is_some() }
    }

    fn silent(limit: Duration) -> Self {
        let why = format!("mail server: no answer within {} ms", limit.as_millis());
        Self { error: ChannelError::transient(why), in_step: false }
    }

    /// It took block after block, but not all of them in time.
    fn slow(limit: Duration) -> Self {
        let why = format!("mail server: it did not take all of the mail within {} ms", limit.as_millis());
        Self { error: ChannelError::transient(why), in_step: false }
    }

    fn out_of_step(response: &Response) -> Self {
        let why = format!("mail server: {} is no answer to what it was asked", response.code());
        Self { error: ChannelError::transient(why), in_step: false }
    }

    /// It can do less than this mail needs; nothing was sent.
    fn unable(why: &str) -> Self {
        Self { error: ChannelError::transient(format!("mail server: {why}")), in_step: true }
    }

    /// The whole mail was handed over, and nothing says what became of it.
    fn unknown(why: String) -> Self {
        Self { error: ChannelError::Unknown { why }, in_step: false }
    }
}

/// How far a mail has been handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reached {
    /// A block of it is on its way: without the end, the server must not take the mail.
    Block,
    /// Its end is on its way, or an answer to it.
    End,
}

/// The blocks of a mail. Who asks for the next one has handed over all before it.
struct Blocks<'m> {
    left: std::slice::Chunks<'m, u8>,
    reached: &'m watch::Sender<Reached>,
    progress: &'m Progress,
}

impl<'m> Iterator for Blocks<'m> {
    type Item = &'m [u8];

    fn next(&mut self) -> Option<&'m [u8]> {
        let block = self.left.next();
        let now = if block.is_some() { Reached::Block } else { Reached::End };
        if now == Reached::End {
            self.progress.reach_whole();
        }
        self.reached.send_modify(|reached| *reached = now);
        block
    }
}

impl Server {
    /// Connects, encrypts and logs in, as it was configured.
    pub(super) async fn open(&self) -> Result<AsyncSmtpConnection, Failure> {
        let limit = self.limits.step;
        let wrapped = match &self.tls {
            Tls::Wrapper(parameters) => Some(parameters.clone()),
            _ => None,
        };
        let server = (self.host.as_str(), self.port);
        // A host may have several addresses: one that swallows what it is sent leaves time for the next ones.
        let each = Some(limit / ADDRESSES_TRIED);
        let opening = AsyncSmtpConnection::connect_tokio1(server, each, &self.hello, wrapped, None);
        let mut line = within(limit, "", Box::pin(opening)).await?;
        if let Tls::Required(parameters) = &self.tls {
            within(limit, "", Box::pin(line.starttls(parameters.clone(), &self.hello))).await?;
        }
        if let Some(login) = &self.login {
            within(limit, "", line.auth(DEFAULT_MECHANISMS, login)).await?;
        }
        Ok(line)
    }

    /// Hands one mail over. After a failure the connection is not to be used again.
    pub(super) async fn hand_over(
        &self,
        line: &mut AsyncSmtpConnection,
        envelope: &Envelope,
        mail: &[u8],
        progress: &Progress,
    ) -> Result<Response, Failure> {
        let parameters = parameters(line.server_info(), envelope, mail)?;
        let recipient = recipient_of(envelope);
        let from = Mail::new(envelope.from().cloned(), parameters);
        self.command(line, recipient, from, Severity::PositiveCompletion).await?;
        for to in envelope.to() {
            let to = Rcpt::new(to.clone(), Vec::new());
            self.command(line, recipient, to, Severity::PositiveCompletion).await?;
        }
        self.command(line, recipient, Data, Severity::PositiveIntermediate).await?;
        self.content(line, recipient, mail, progress).await
    }

    async fn command(
        &self,
        line: &mut AsyncSmtpConnection,
        recipient: &str,
        command: impl Display + Send,
        due: Severity,
    ) -> Result<(), Failure> {
        let response = within(self.limits.step, recipient, line.command(command)).await?;
        if response.code().severity == due { Ok(()) } else { Err(Failure::out_of_step(&response)) }
    }

    async fn content(
        &self,
        line: &mut AsyncSmtpConnection,
        recipient: &str,
        mail: &[u8],
        progress: &Progress,
    ) -> Result<Response, Failure> {
        let (reached, mut reaching) = watch::channel(Reached::Block);
        let blocks = Blocks { left: mail.chunks(BLOCK_BYTES), reached: &reached, progress };
        let mut telling = pin!(line.message_iter(blocks));
        let begun = Instant::now();
        loop {
            let now = *reaching.borrow_and_update();
            let limit = match now {
                Reached::Block => self.limits.block.min(self.limits.end.saturating_sub(begun.elapsed())),
                Reached::End => self.limits.end,
            };
            let told = tokio::select! {
                biased;
                told = &mut telling => Some(told),
                _ = reaching.changed() => continue,
                () = tokio::time::sleep(limit) => None,
            };
            let whole = *reaching.borrow() == Reached::End;
            return match told {
                Some(Ok(response)) if response.code().severity == Severity::PositiveCompletion => {
                    Ok(response)
                }
                Some(Ok(response)) => Err(Failure::unknown(format!(
                    "mail server: {} is no answer to a whole mail",
                    response.code()
                ))),
                Some(Err(error)) if whole && error.status().is_none() => {
                    Err(Failure::unknown(words(&error, recipient)))
                }
                Some(Err(error)) => Err(Failure::of(&error, recipient)),
                None if whole => Err(Failure::unknown(format!(
                    "mail server: no answer to the whole mail within {} ms",
                    limit.as_millis()
                ))),
                None if limit < self.limits.block => Err(Failure::slow(self.limits.end)),
                None => Err(Failure::silent(limit)),
            };
        }
    }
}

/// To whom a mail goes: there is one.
fn recipient_of(envelope: &Envelope) -> &str {
    envelope.to().first().map_or("", AsRef::<str>::as_ref)
}

async fn within<T>(
    limit: Duration,
    recipient: &str,
    step: impl Future<Output = Result<T, Error>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(limit, step).await {
        Ok(done) => done.map_err(|error| Failure::of(&error, recipient)),
        Err(_) => Err(Failure::silent(limit)),
    }
}

/// What the server has to be told of a mail beforehand.
fn parameters(server: &ServerInfo, envelope: &Envelope, mail: &[u8]) -> Result<Vec<MailParameter>, Failure> {
    let mut parameters = Vec::new();
    let mut addresses = envelope.from().into_iter().chain(envelope.to());
    if !addresses.all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
        if !server.supports_feature(Extension::SmtpUtfEight) {
            return Err(Failure { error: ChannelError::permanent(NOT_TAKEN), in_step: true });
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !mail.is_ascii() {
        if !server.supports_feature(Extension::EightBitMime) {
            return Err(Failure::unable("it takes no mail with letters beyond ASCII (8BITMIME)"));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
}

/// Whether the server still answers on a connection that was left alone for a while.
pub(super) async fn is_there(line: &mut AsyncSmtpConnection) -> bool {
    matches!(tokio::time::timeout(COURTESY, line.test_connected()).await, Ok(true))
}

/// Takes leave as the protocol wants it; nobody waits for that.
pub(super) fn leave(mut line: AsyncSmtpConnection) {
    tokio::spawn(async move {
        // Whether it says goodbye as well is its own affair.
        let _ = tokio::time::timeout(COURTESY, line.quit()).await;
    });
}
