//! The way to an open session: address, TLS, greeting, login. Knows no folder and no mail.

use std::sync::Arc;
use std::time::Duration;

use async_imap::error::Error;
use async_imap::{Authenticator, Client, Session};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{Login, Mailbox};
use crate::{ChannelError, Tls};

/// Bytes to and from a server, protected or not.
pub(super) trait Line: AsyncRead + AsyncWrite + Unpin + Send + Sync + std::fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync + std::fmt::Debug> Line for T {}

pub(super) type Talk = Session<Box<dyn Line>>;
pub(super) type Trust = Arc<ClientConfig>;

/// Whom TLS trusts: these certificates, or the public ones.
pub(super) fn trust(pem: &[u8]) -> Result<Trust, ChannelError> {
    let bad = |why: String| ChannelError::permanent(format!("imap: {why}"));
    let mut roots = RootCertStore::empty();
    if pem.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate =
            certificate.map_err(|e| bad(format!("a trusted certificate cannot be read: {e}")))?;
        roots.add(certificate).map_err(|e| bad(format!("a trusted certificate is none: {e}")))?;
    }
    if roots.is_empty() {
        return Err(bad("the file of trusted certificates holds none; it must be PEM".to_owned()));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| bad(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Waits for the server's answer, but not for ever.
pub(super) async fn within<T>(
    timeout_ms: u64,
    what: &str,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, ChannelError> {
    match tokio::time::timeout(Duration::from_millis(timeout_ms), answer).await {
        Ok(answer) => answer.map_err(|error| failed(what, &error)),
        Err(_) => Err(ChannelError::transient(format!("{what}: no answer within {timeout_ms} ms"))),
    }
}

/// A server that answers no will say so again; a line that broke may hold the next time.
fn failed(what: &str, error: &Error) -> ChannelError {
    match error {
        Error::No(said) | Error::Bad(said) => ChannelError::permanent(format!("{what}: {}", words(said))),
        other => ChannelError::transient(format!("{what}: {other}")),
    }
}

/// The server's own words out of the client's report of them, without codes for programs.
fn words(said: &str) -> &str {
    let words =
        said.split_once("info: Some(\"").and_then(|(_, rest)| rest.strip_suffix("\")")).unwrap_or(said);
    match words.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, text)) => text.trim_start(),
        None => words,
    }
}

/// Connects and logs in.
pub(super) async fn log_in(mailbox: &Mailbox, trust: &Trust, secret: &str) -> Result<Talk, ChannelError> {
    let client = within(mailbox.timeout_ms, "connecting", connect(mailbox, trust)).await?;
    let user = mailbox.user.as_str();
    let answer = async {
        match mailbox.login {
            Login::Password => client.login(user, secret).await,
            Login::Xoauth2 => client.authenticate("XOAUTH2", Token::of(user, secret)).await,
        }
        .map_err(|(error, _)| error)
    };
    let timeout = Duration::from_millis(mailbox.timeout_ms);
    match tokio::time::timeout(timeout, answer).await {
        Ok(Ok(session)) => Ok(session),
        // RFC 5530: what is busy today says so in brackets; everything else is about who we are.
        Ok(Err(Error::No(said))) if said.contains("UNAVAILABLE") || said.contains("INUSE") => {
            Err(ChannelError::transient(format!("logging in: {}", words(&said))))
        }
        Ok(Err(Error::No(said) | Error::Bad(said))) => {
            Err(ChannelError::Credentials { why: format!("the server refused the login: {}", words(&said)) })
        }
        Ok(Err(error)) => Err(failed("logging in", &error)),
        Err(_) => {
            Err(ChannelError::transient(format!("logging in: no answer within {} ms", mailbox.timeout_ms)))
        }
    }
}

async fn connect(mailbox: &Mailbox, trust: &Trust) -> Result<Client<Box<dyn Line>>, Error> {
    let tcp = TcpStream::connect((mailbox.host.as_str(), mailbox.port)).await?;
    tcp.set_nodelay(true)?;
    if mailbox.tls == Tls::Tls {
        return greeted(Client::new(protected(tcp, mailbox, trust).await?)).await;
    }
    let mut client = greeted(Client::new(Box::new(tcp) as Box<dyn Line>)).await?;
    if mailbox.tls == Tls::None {
        return Ok(client);
    }
    client.run_command_and_check_ok("STARTTLS", None).await?;
    // What came in clear behind the answer is dropped with the client: nobody may slip words in.
    Ok(Client::new(protected(client.into_inner(), mailbox, trust).await?))
}

async fn protected<S>(line: S, mailbox: &Mailbox, trust: &Trust) -> std::io::Result<Box<dyn Line>>
where
    S: Line + 'static,
{
    let name = ServerName::try_from(mailbox.host.clone()).map_err(std::io::Error::other)?;
    Ok(Box::new(TlsConnector::from(Arc::clone(trust)).connect(name, line).await?))
}

async fn greeted(mut client: Client<Box<dyn Line>>) -> Result<Client<Box<dyn Line>>, Error> {
    match client.read_response().await? {
        Some(_) => Ok(client),
        None => Err(Error::ConnectionLost),
    }
}

/// XOAUTH2: the token first; a refusal comes with reasons that are answered with nothing.
struct Token(Option<String>);

impl Token {
    fn of(user: &str, token: &str) -> Self {
        Self(Some(format!("user={user}\x01auth=Bearer {token}\x01\x01")))
    }
}

impl Authenticator for Token {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        self.0.take().unwrap_or_default()
    }
}
