//! A small SMTP server on loopback that can be told how to answer, and what `Smtp` makes of it.

use std::sync::Arc;

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
    data: &'static str,
    data_end: &'static str,
    /// Whether it stays after a mail, or hangs up.
    stays: bool,
}

/// No answer yet: it comes before that to the next command.
const LATE: &str = "";

const FINE: Answers = Answers {
    mail_from: "250 ok",
    rcpt_to: "250 ok",
    data: "354 go on",
    data_end: "250 2.0.0 queued as 4711",
    stays: true,
};

/// What the server was given.
#[derive(Debug, Default)]
struct Given {
    /// Over which of its connections, counted from 1.
    connection: usize,
    mail_from: String,
    rcpt_to: Vec<String>,
    data: Vec<u8>,
}

/// One connection on the server's side.
struct Served {
    stream: BufReader<TcpStream>,
    answers: Answers,
    given: mpsc::Sender<Given>,
    now: Given,
    /// An answer that is late.
    owed: &'static str,
}

impl Served {
    async fn talk(mut self) -> std::io::Result<()> {
        self.say("220 test ready").await?;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let owed = std::mem::take(&mut self.owed);
            if !owed.is_empty() {
                self.say(owed).await?;
            }
            let upper = line.to_uppercase();
            let answer = if upper.starts_with("EHLO") {
                "250-test\r\n250 8BITMIME"
            } else if upper.starts_with("MAIL FROM:") {
                self.now.mail_from = line.trim().to_owned();
                self.answers.mail_from
            } else if upper.starts_with("RCPT TO:") {
                self.now.rcpt_to.push(line.trim().to_owned());
                self.answers.rcpt_to
            } else if upper.starts_with("DATA") {
                if self.answers.data == LATE {
                    self.owed = "354 go on";
                    self.hand_on().await;
                    continue;
                }
                self.say(self.answers.data).await?;
                self.take_mail().await?;
                if !self.answers.stays && self.answers.data_end == LATE {
                    return Ok(());
                }
                self.answers.data_end
            } else if upper.starts_with("QUIT") {
                "221 bye"
            } else {
                "250 ok"
            };
            if answer == LATE {
                self.owed = "250 2.0.0 queued late";
                continue;
            }
            self.say(answer).await?;
            if upper.starts_with("DATA") && !self.answers.stays {
                return Ok(());
            }
        }
    }

    async fn say(&mut self, answer: &str) -> std::io::Result<()> {
        self.stream.write_all(format!("{answer}\r\n").as_bytes()).await
    }

    async fn take_mail(&mut self) -> std::io::Result<()> {
        loop {
            let mut data = Vec::new();
            if self.stream.read_until(b'\n', &mut data).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if data == b".\r\n" {
                self.hand_on().await;
                return Ok(());
            }
            self.now.data.extend_from_slice(data.strip_prefix(b".").unwrap_or(&data));
        }
    }

    /// Shows the test what has been given so far.
    async fn hand_on(&mut self) {
        let next = Given { connection: self.now.connection, ..Given::default() };
        let _ = self.given.send(std::mem::replace(&mut self.now, next)).await;
    }
}

/// Starts a server; gives its port and what it will be given.
async fn server(answers: Answers) -> (u16, mpsc::Receiver<Given>) {
    server_that(&[answers]).await
}

/// One that answers differently on each connection; on all after the last as on the last.
async fn server_that(script: &[Answers]) -> (u16, mpsc::Receiver<Given>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (given, receive) = mpsc::channel(16);
    let script = script.to_vec();
    tokio::spawn(async move {
        let mut connection = 0;
        while let Ok((stream, _)) = listener.accept().await {
            let answers = script[connection.min(script.len() - 1)];
            connection += 1;
            let now = Given { connection, ..Given::default() };
            let stream = BufReader::new(stream);
            tokio::spawn(Served { stream, answers, given: given.clone(), now, owed: "" }.talk());
        }
    });
    (port, receive)
}

/// Lets time pass at once.
async fn pass(ms: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_millis(ms)).await;
    tokio::time::resume();
}

/// Sends a mail beside the test.
fn send(smtp: &Arc<Smtp>) -> tokio::task::JoinHandle<Result<Receipt, ChannelError>> {
    let smtp = Arc::clone(smtp);
    tokio::spawn(async move { smtp.send(&outgoing()).await })
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
    let smtp = Arc::new(Smtp::new(&SmtpConfig { pool_max: 2, ..config(port) }, Signer::default()).unwrap());
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
        (Answers { data_end: "421 4.3.2 going down", ..FINE }, "transient"),
        (Answers { data_end: LATE, stays: false, ..FINE }, "unknown"),
        (Answers { data_end: "354 go on", ..FINE }, "unknown"),
        (Answers { data: "250 ok", ..FINE }, "transient"),
        (Answers { mail_from: "421 going down", ..FINE }, "transient"),
        (Answers { mail_from: "530 5.7.0 authentication required", ..FINE }, "credentials"),
        (Answers { mail_from: "535 bad password", ..FINE }, "credentials"),
    ] {
        let (port, _given) = server(answers).await;
        let error = Smtp::new(&config(port), Signer::default()).unwrap().send(&outgoing()).await.unwrap_err();
        let kind = match error {
            ChannelError::Transient { .. } => "transient",
            ChannelError::Permanent { .. } => "permanent",
            ChannelError::Unknown { .. } => "unknown",
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

#[tokio::test]
async fn a_late_answer_to_a_whole_mail_leaves_it_unknown_and_is_taken_for_no_other_mail() {
    let full = Answers { data_end: "552 5.2.2 mailbox full", ..FINE };
    let (port, mut given) = server_that(&[Answers { data_end: LATE, ..FINE }, full]).await;
    let smtp = Arc::new(Smtp::new(&config(port), Signer::default()).unwrap());
    let sending = send(&smtp);
    let got = given.recv().await.unwrap();
    assert_eq!((got.connection, parse(&got.data).subject.as_str()), (1, "Ihre Anfrage"));
    pass(599_000).await;
    tokio::task::yield_now().await;
    assert!(!sending.is_finished(), "ten minutes are the server's (RFC 5321 §4.5.3.2.6)");
    pass(2_000).await;
    let error = sending.await.unwrap().unwrap_err();
    assert!(matches!(error, ChannelError::Unknown { .. }), "{error}");
    assert!(error.to_string().contains("within 600000 ms; whether it was taken is not known"), "{error}");

    let error = smtp.send(&outgoing()).await.unwrap_err();
    assert!(matches!(error, ChannelError::Permanent { .. }) && error.to_string().contains("552"), "{error}");
    assert_eq!(given.recv().await.unwrap().connection, 2);
}

#[tokio::test]
async fn silence_before_the_mail_is_wanted_is_no_danger_and_the_next_one_goes_another_way() {
    let (port, mut given) = server_that(&[Answers { data: LATE, ..FINE }, FINE]).await;
    let smtp = Arc::new(Smtp::new(&config(port), Signer::default()).unwrap());
    let sending = send(&smtp);
    assert!(given.recv().await.unwrap().data.is_empty());
    pass(6_000).await;
    let error = sending.await.unwrap().unwrap_err();
    assert!(error.is_transient(), "{error}");
    smtp.send(&outgoing()).await.unwrap();
    assert_eq!(given.recv().await.unwrap().connection, 2);
}

#[tokio::test]
async fn who_may_not_wait_is_told_whether_the_server_may_have_taken_the_mail() {
    for (answers, whole) in
        [(Answers { data: LATE, ..FINE }, false), (Answers { data_end: LATE, ..FINE }, true)]
    {
        let (port, mut given) = server(answers).await;
        let smtp = Smtp::new(&config(port), Signer::default()).unwrap();
        let (mail, progress) = (outgoing(), Progress::default());
        tokio::select! {
            said = smtp.hand_over(&mail, &progress) => panic!("nobody answered: {said:?}"),
            _ = given.recv() => {}
        }
        assert_eq!(progress.is_whole(), whole);
    }
}

/// What comes of a long mail to a server that stops taking it.
async fn failure_of_stalling(data_timeout_ms: u64) -> Failure {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let smtp = Smtp::new(&SmtpConfig { data_timeout_ms, ..config(port) }, Signer::default()).unwrap();
    let stalls = tokio::spawn(async move {
        let mut stream = BufReader::new(listener.accept().await.unwrap().0);
        for answer in ["220 test ready", "250 test", "250 ok", "250 ok", "354 go on"] {
            stream.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            if !answer.starts_with("354") {
                stream.read_line(&mut String::new()).await.unwrap();
            }
        }
        // It has begun; nobody reads on.
        stream.fill_buf().await.unwrap();
        stream
    });
    let mut line = smtp.server.open().await.unwrap();
    let envelope = crate::email::envelope(&outgoing(), true).unwrap();
    // Far more than lies between two sockets.
    let mail = b"A line of a very long mail.\r\n".repeat(1 << 20);
    let sending = tokio::spawn(async move {
        smtp.server.hand_over(&mut line, &envelope, &mail, &Progress::default()).await
    });
    let _stream = stalls.await.unwrap();
    while !sending.is_finished() {
        pass(181_000).await;
        tokio::task::yield_now().await;
    }
    sending.await.unwrap().unwrap_err()
}

#[tokio::test]
async fn a_mail_that_the_server_stops_taking_is_tried_again() {
    for (data_timeout_ms, why) in [
        (86_400_000, "no answer within 180000 ms"),
        (90_000, "it did not take all of the mail within 90000 ms"),
    ] {
        let failure = failure_of_stalling(data_timeout_ms).await;
        assert!(failure.error.is_transient() && !failure.in_step, "{failure:?}");
        assert!(failure.error.to_string().contains(why), "{failure:?}");
    }
}

#[tokio::test]
async fn the_servers_words_are_made_plain_and_short() {
    let (port, _given) = server(Answers { rcpt_to: "550 5.1.1 no\tsuch \u{1b}\u{202e}user", ..FINE }).await;
    let error = Smtp::new(&config(port), Signer::default()).unwrap().send(&outgoing()).await.unwrap_err();
    assert!(error.to_string().ends_with("no such user"), "{error}");
    let long: &'static str = Box::leak(format!("550 {}", "no".repeat(400)).into_boxed_str());
    let (port, _given) = server(Answers { rcpt_to: long, ..FINE }).await;
    let error = Smtp::new(&config(port), Signer::default()).unwrap().send(&outgoing()).await.unwrap_err();
    assert_eq!(error.to_string().chars().count(), WORDS_CHARS_MAX);
}

#[tokio::test]
async fn of_what_the_server_says_nobodys_data_is_kept() {
    let unknown = "550 5.1.1 <anna@kunde.example>: Anna is unknown, ask +49 171 2345678";
    let refused = "554-5.7.1 it says 'Ihre Anfrage'\r\n554 5.7.1 and that is spam";
    for (answers, left) in [
        (Answers { rcpt_to: unknown, ..FINE }, "(550): 5.1.1 <…>: … is unknown, ask …"),
        (Answers { data_end: refused, ..FINE }, "(554): 5.7.1 it says … and that is spam"),
    ] {
        let (port, _given) = server(answers).await;
        let error = Smtp::new(&config(port), Signer::default()).unwrap().send(&outgoing()).await.unwrap_err();
        assert_eq!(error, ChannelError::permanent(format!("mail server: permanent error {left}")));
    }
}

#[tokio::test]
async fn a_connection_is_used_again_for_a_short_while() {
    let (port, mut given) = server(FINE).await;
    let smtp = Smtp::new(&config(port), Signer::default()).unwrap();
    for (wait_ms, connection) in [(0, 1), (59_000, 1), (61_000, 2)] {
        pass(wait_ms).await;
        smtp.send(&outgoing()).await.unwrap();
        assert_eq!(given.recv().await.unwrap().connection, connection);
    }
    let each_its_own = SmtpConfig { pool_max: 0, ..config(port) };
    let smtp = Smtp::new(&each_its_own, Signer::default()).unwrap();
    for connection in [3, 4] {
        smtp.send(&outgoing()).await.unwrap();
        assert_eq!(given.recv().await.unwrap().connection, connection);
    }
}

#[tokio::test]
async fn a_connection_that_the_server_has_left_costs_no_mail() {
    let (port, mut given) = server(Answers { stays: false, ..FINE }).await;
    let smtp = Smtp::new(&config(port), Signer::default()).unwrap();
    for connection in [1, 2, 3] {
        smtp.send(&outgoing()).await.unwrap();
        assert_eq!(given.recv().await.unwrap().connection, connection);
    }
}

#[test]
fn configuration_has_defaults_and_knows_its_keys() {
    let config: SmtpConfig =
        serde_json::from_str(r#"{"host":"mail.shop.example","tls":"tls","port":465}"#).unwrap();
    assert_eq!(
        (config.tls, config.port, config.timeout_ms, config.null_sender_for_replies),
        (Tls::Tls, 465, 30_000, true)
    );
    assert_eq!((config.block_timeout_ms, config.data_timeout_ms), (180_000, 600_000));
    assert!(serde_json::from_str::<SmtpConfig>(r#"{"hosst":"x"}"#).is_err());
}
