//! A small SMTP server on loopback that can be told how to answer, and what `Smtp` makes of it.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;
use crate::email::compose::tests::{files, outgoing};
use crate::email::{AutoKind, parse};

/// What the server answers where it matters.
#[derive(Clone, Copy)]
struct Answers {
    mail_from: &'static str,
    rcpt_to: &'static str,
    data_end: &'static str,
}

const FINE: Answers =
    Answers { mail_from: "250 ok", rcpt_to: "250 ok", data_end: "250 2.0.0 queued as 4711" };

/// What the server was given.
#[derive(Debug, Default)]
struct Given {
    mail_from: String,
    rcpt_to: Vec<String>,
    data: Vec<u8>,
}

async fn serve(stream: TcpStream, answers: Answers, given: mpsc::Sender<Given>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 test ready\r\n").await?;
    let mut now = Given::default();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let upper = line.to_uppercase();
        let answer = if upper.starts_with("EHLO") {
            "250-test\r\n250 8BITMIME"
        } else if upper.starts_with("MAIL FROM:") {
            now.mail_from = line.trim().to_owned();
            answers.mail_from
        } else if upper.starts_with("RCPT TO:") {
            now.rcpt_to.push(line.trim().to_owned());
            answers.rcpt_to
        } else if upper.starts_with("DATA") {
            stream.write_all(b"354 go on\r\n").await?;
            loop {
                let mut data = Vec::new();
                stream.read_until(b'\n', &mut data).await?;
                if data == b".\r\n" {
                    break;
                }
                now.data.extend_from_slice(data.strip_prefix(b".").unwrap_or(&data));
            }
            let _ = given.send(std::mem::take(&mut now)).await;
            answers.data_end
        } else if upper.starts_with("QUIT") {
            "221 bye"
        } else {
            "250 ok"
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

/// Starts a server; gives its port and what it will be given.
async fn server(answers: Answers) -> (u16, mpsc::Receiver<Given>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (send, receive) = mpsc::channel(16);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, answers, send.clone()));
        }
    });
    (port, receive)
}

fn config(port: u16) -> SmtpConfig {
    SmtpConfig {
        host: "127.0.0.1".into(),
        port,
        tls: Tls::None,
        timeout_ms: 5_000,
        hello_name: Some("test.example".into()),
        ..SmtpConfig::default()
    }
}

#[tokio::test]
async fn a_mail_arrives_whole_with_the_right_envelope() {
    let (port, mut given) = server(FINE).await;
    let smtp = Smtp::new(&config(port), Signer::default()).unwrap();
    let receipt = smtp.send(&outgoing()).await.unwrap();
    assert_eq!(receipt.to_string(), "250 2.0.0 queued as 4711");
    let got = given.recv().await.unwrap();
    assert!(
        got.mail_from.starts_with("MAIL FROM:<>"),
        "an automatic reply bounces to nobody: {}",
        got.mail_from
    );
    assert_eq!(got.rcpt_to, ["RCPT TO:<anna@kunde.example>"]);
    let read = parse(&got.data);
    assert_eq!(read.subject, "Ihre Anfrage");
    assert_eq!(read.text, outgoing().text.trim_end(), "the line with a single dot included");
}

#[tokio::test]
async fn files_arrive_as_they_were() {
    let (port, mut given) = server(FINE).await;
    let smtp = Smtp::new(&config(port), Signer::default()).unwrap();
    smtp.send(&Outgoing { files: files(), ..outgoing() }).await.unwrap();
    assert_eq!(parse(&given.recv().await.unwrap().data).attachments, files());
}

#[test]
fn a_mail_with_files_has_longer_on_its_way() {
    assert_eq!(transfer(20_000), Duration::ZERO);
    assert_eq!(transfer(28 << 20), Duration::from_secs(224));
}

#[tokio::test]
async fn a_persons_mail_and_a_notice_carry_our_address_in_the_envelope() {
    let (port, mut given) = server(FINE).await;
    let smtp = Smtp::new(&config(port), Signer::default()).unwrap();
    for auto in [None, Some(AutoKind::Generated)] {
        smtp.send(&Outgoing { auto, ..outgoing() }).await.unwrap();
        assert!(given.recv().await.unwrap().mail_from.starts_with("MAIL FROM:<help@shop.example>"));
    }
    let smtp =
        Smtp::new(&SmtpConfig { null_sender_for_replies: false, ..config(port) }, Signer::default()).unwrap();
    smtp.send(&outgoing()).await.unwrap();
    assert!(given.recv().await.unwrap().mail_from.starts_with("MAIL FROM:<help@shop.example>"));
}

#[tokio::test]
async fn several_mails_at_once_all_arrive() {
    let (port, mut given) = server(FINE).await;
    let smtp = std::sync::Arc::new(
        Smtp::new(&SmtpConfig { pool_max: 2, ..config(port) }, Signer::default()).unwrap(),
    );
    let sends = (0..6).map(|n| {
        let smtp = smtp.clone();
        tokio::spawn(async move { smtp.send(&Outgoing { subject: format!("mail {n}"), ..outgoing() }).await })
    });
    for send in sends.collect::<Vec<_>>() {
        send.await.unwrap().unwrap();
    }
    let mut subjects = Vec::new();
    for _ in 0..6 {
        subjects.push(parse(&given.recv().await.unwrap().data).subject);
    }
    subjects.sort();
    assert_eq!(subjects, (0..6).map(|n| format!("mail {n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn answers_say_whether_trying_again_makes_sense() {
    for (answers, want) in [
        (Answers { rcpt_to: "550 5.1.1 no such user", ..FINE }, "permanent"),
        (Answers { mail_from: "550 no", ..FINE }, "permanent"),
        (Answers { data_end: "554 spam", ..FINE }, "permanent"),
        (Answers { rcpt_to: "450 4.2.1 greylisted", ..FINE }, "transient"),
        (Answers { data_end: "452 disk full", ..FINE }, "transient"),
        (Answers { mail_from: "421 going down", ..FINE }, "transient"),
        (Answers { mail_from: "530 5.7.0 authentication required", ..FINE }, "credentials"),
        (Answers { mail_from: "535 bad password", ..FINE }, "credentials"),
    ] {
        let (port, _given) = server(answers).await;
        let error = Smtp::new(&config(port), Signer::default()).unwrap().send(&outgoing()).await.unwrap_err();
        let kind = match error {
            ChannelError::Transient { .. } => "transient",
            ChannelError::Permanent { .. } => "permanent",
            ChannelError::Credentials { .. } => "credentials",
        };
        assert_eq!(kind, want, "{error}");
    }
}

#[tokio::test]
async fn a_domain_beyond_ascii_is_written_to_and_a_name_beyond_it_fails_at_once() {
    let (port, mut given) = server(FINE).await;
    let smtp = Smtp::new(&config(port), Signer::default()).unwrap();
    smtp.send(&Outgoing { to: "info@müller.example".into(), ..outgoing() }).await.unwrap();
    assert_eq!(given.recv().await.unwrap().rcpt_to, ["RCPT TO:<info@xn--mller-kva.example>"]);
    let error = smtp.send(&Outgoing { to: "jörg@kunde.example".into(), ..outgoing() }).await.unwrap_err();
    assert_eq!(error, ChannelError::permanent(NOT_TAKEN));
    assert!(given.try_recv().is_err());
}

#[tokio::test]
async fn no_server_no_greeting_and_no_tls_are_transient_and_send_nothing() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    assert!(
        Smtp::new(&config(port), Signer::default())
            .unwrap()
            .send(&outgoing())
            .await
            .unwrap_err()
            .is_transient()
    );
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let impatient = SmtpConfig { timeout_ms: 200, ..config(silent.local_addr().unwrap().port()) };
    assert!(
        Smtp::new(&impatient, Signer::default()).unwrap().send(&outgoing()).await.unwrap_err().is_transient()
    );
    let (port, mut given) = server(FINE).await;
    let strict = SmtpConfig { tls: Tls::StartTls, host: "localhost".into(), ..config(port) };
    assert!(
        Smtp::new(&strict, Signer::default()).unwrap().send(&outgoing()).await.is_err(),
        "the server offers no STARTTLS"
    );
    assert!(given.try_recv().is_err());
}

#[tokio::test]
async fn what_cannot_be_composed_never_reaches_the_server() {
    let (port, mut given) = server(FINE).await;
    let smtp = Smtp::new(&config(port), Signer::default()).unwrap();
    let bad = Outgoing { to: "a@b.example>\r\nRCPT TO:<c@d.example".into(), ..outgoing() };
    assert!(matches!(smtp.send(&bad).await, Err(ChannelError::Permanent { .. })));
    assert!(given.try_recv().is_err());
}

#[test]
fn a_password_is_refused_without_tls_and_never_shown() {
    let config = SmtpConfig {
        tls: Tls::None,
        user: Some("u".into()),
        password: Some("geheim".into()),
        ..SmtpConfig::default()
    };
    assert!(matches!(Smtp::new(&config, Signer::default()), Err(ChannelError::Permanent { .. })));
    assert!(!format!("{config:?}").contains("geheim"));
    assert!(!serde_json::to_string(&config).unwrap().contains("geheim"));
}

#[test]
fn outside_of_the_runtime_it_is_refused_instead_of_panicking() {
    assert!(matches!(Smtp::new(&config(25), Signer::default()), Err(ChannelError::Permanent { .. })));
}

#[test]
fn configuration_has_defaults_and_knows_its_keys() {
    let config: SmtpConfig =
        serde_json::from_str(r#"{"host":"mail.shop.example","tls":"tls","port":465}"#).unwrap();
    assert_eq!(
        (config.tls, config.port, config.timeout_ms, config.null_sender_for_replies),
        (Tls::Tls, 465, 30_000, true)
    );
    assert!(serde_json::from_str::<SmtpConfig>(r#"{"hosst":"x"}"#).is_err());
}
