//! Servers that behave oddly, on the loopback; well-behaved ones are real and stand in the tests from outside.

use std::sync::Mutex;

use domain::clock::FixedClock;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::*;

/// What a server answers to a command, `TAG` standing for the command's own; none hangs up.
type Answers = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// A server with two mails, of ten bytes each, and neither IDLE nor manners.
fn usual(command: &str) -> String {
    let uid = command.split(' ').nth(2).unwrap_or_default();
    let word = command.split(' ').next().unwrap_or_default();
    match (word, command) {
        ("CAPABILITY", _) => "* CAPABILITY IMAP4rev1 MOVE UIDPLUS\r\nTAG OK\r\n".to_owned(),
        ("SELECT", _) => {
            "* OK [UIDVALIDITY 7] so\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] so\r\nTAG OK so\r\n".to_owned()
        }
        (_, "UID SEARCH UNDELETED UNKEYWORD KulanzRefused") => "* SEARCH 1 2\r\nTAG OK so\r\n".to_owned(),
        (_, search) if search.starts_with("UID SEARCH UID ") => "* SEARCH\r\nTAG OK so\r\n".to_owned(),
        (_, fetch) if fetch.ends_with("(UID RFC822.SIZE)") => {
            format!("* {uid} FETCH (UID {uid} RFC822.SIZE 10)\r\nTAG OK so\r\n")
        }
        (_, fetch) if fetch.starts_with("UID FETCH") => {
            format!("* {uid} FETCH (UID {uid} BODY[]<0> {{10}}\r\nSubject: {uid})\r\nTAG OK so\r\n")
        }
        _ => "TAG OK so\r\n".to_owned(),
    }
}

async fn server(answers: Answers) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut line = BufReader::new(stream);
            let mut tag = String::new();
            line.write_all(b"* OK at your service\r\n").await.unwrap();
            loop {
                let mut said = String::new();
                if line.read_line(&mut said).await.unwrap_or(0) == 0 {
                    break;
                }
                let said = said.trim_end();
                // The answer to a challenge bears no tag.
                let command = match said.split_once(' ') {
                    Some((first, command)) => {
                        first.clone_into(&mut tag);
                        command
                    }
                    None => said,
                };
                let Some(answer) = answers(command) else { break };
                if line.write_all(answer.replace("TAG", &tag).as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    port
}

/// Tells what it is given and told, in order.
struct Shelf(mpsc::UnboundedSender<String>);

#[async_trait]
impl Postbox for Shelf {
    async fn secret(&self) -> Result<String, ChannelError> {
        Ok("hush".to_owned())
    }

    async fn keep(&self, raw: Vec<u8>) -> Result<(), ChannelError> {
        self.0.send(format!("kept {}", String::from_utf8(raw).unwrap())).unwrap();
        Ok(())
    }

    async fn mark(&self) -> Result<Option<Mark>, ChannelError> {
        Ok(None)
    }

    async fn set_mark(&self, _mark: Mark) -> Result<(), ChannelError> {
        Ok(())
    }

    fn tell(&self, news: News) {
        let said = match news {
            News::Open { idle } => format!("open {idle}"),
            News::Renumbered => "renumbered".to_owned(),
            News::Refused { uid, why } => format!("refused {uid}: {why}"),
            News::Stuck { uid, why } => format!("stuck {uid}: {why}"),
            News::Lost { error, .. } => format!("lost: {error}"),
        };
        self.0.send(said).unwrap();
    }
}

fn mailbox(port: u16) -> Mailbox {
    Mailbox {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::None,
        trusted_pem: Vec::new(),
        user: "help".to_owned(),
        login: Login::Password,
        folder: "INBOX".to_owned(),
        after: After::Move,
        move_to: "Kulanz".to_owned(),
        poll_ms: 3_600_000,
        idle_ms: 1_000,
        retry_ms_max: 2,
        timeout_ms: 5_000,
        mail_bytes_max: 1_000,
    }
}

fn reader(mailbox: Mailbox) -> (Reader, mpsc::UnboundedReceiver<String>) {
    let (tell, told) = mpsc::unbounded_channel();
    let clock = Arc::new(FixedClock::at(Timestamp(0)));
    (Reader::new(mailbox, Arc::new(Shelf(tell)), clock, Arc::new(|_| 0)).unwrap(), told)
}

async fn read(mailbox: Mailbox) -> (mpsc::UnboundedReceiver<String>, watch::Sender<bool>, JoinHandle<()>) {
    let (reader, told) = reader(mailbox);
    let (stop, stopped) = watch::channel(false);
    (told, stop, tokio::spawn(reader.run(stopped)))
}

async fn next(told: &mut mpsc::UnboundedReceiver<String>) -> String {
    tokio::time::timeout(Duration::from_secs(20), told.recv()).await.expect("nothing happened").unwrap()
}

#[tokio::test]
async fn a_mail_whose_fetching_breaks_the_connection_is_left_alone_and_the_next_ones_go_on() {
    let port =
        server(Box::new(|command| (!command.starts_with("UID FETCH 1 (UID BODY")).then(|| usual(command))))
            .await;
    let (mut told, _stop, _task) = read(mailbox(port)).await;
    let mut lost = 0;
    let refused = loop {
        match next(&mut told).await {
            said if said.starts_with("lost") => lost += 1,
            said if said.starts_with("refused") => break said,
            said => assert_eq!(said, "open false"),
        }
    };
    assert_eq!(lost, BREAKS_MAX);
    assert!(refused.starts_with("refused 1: the connection broke 3 times"), "{refused}");
    assert_eq!(next(&mut told).await, "kept Subject: 2");
}

#[tokio::test]
async fn a_server_that_does_not_move_keeps_nobody_from_reading_on() {
    let port = server(Box::new(|command| {
        let moves = command.starts_with("UID MOVE");
        Some(if moves { "TAG NO [OVERQUOTA] the folder is full\r\n".to_owned() } else { usual(command) })
    }))
    .await;
    let (mut told, _stop, _task) = read(mailbox(port)).await;
    assert_eq!(next(&mut told).await, "open false");
    for uid in [1, 2] {
        assert_eq!(next(&mut told).await, format!("kept Subject: {uid}"));
        let stuck = next(&mut told).await;
        let why = "moving a mail to `Kulanz` (setting `move_to`): the folder is full";
        assert_eq!(stuck, format!("stuck {uid}: {why}"));
    }
}

#[tokio::test]
async fn a_mail_that_somebody_else_took_away_is_passed_over() {
    let port = server(Box::new(|command| {
        let of_first = command.starts_with("UID FETCH 1 ");
        Some(if of_first { "TAG OK so\r\n".to_owned() } else { usual(command) })
    }))
    .await;
    let (mut told, _stop, _task) = read(mailbox(port)).await;
    assert_eq!(next(&mut told).await, "open false");
    assert_eq!(next(&mut told).await, "kept Subject: 2");
}

#[tokio::test]
async fn a_size_that_is_not_true_is_found_out() {
    let port = server(Box::new(|command| {
        let of_first = command.starts_with("UID FETCH 1 (UID BODY");
        let body = format!("* 1 FETCH (UID 1 BODY[]<0> {{1001}}\r\n{})\r\nTAG OK so\r\n", "x".repeat(1_001));
        Some(if of_first { body } else { usual(command) })
    }))
    .await;
    let (mut told, _stop, _task) = read(mailbox(port)).await;
    assert_eq!(next(&mut told).await, "open false");
    let refused = next(&mut told).await;
    assert!(refused.starts_with("refused 1: it has 1001 bytes, 1000 are allowed"), "{refused}");
    assert_eq!(next(&mut told).await, "kept Subject: 2");
}

#[tokio::test]
async fn a_token_is_shown_once_and_its_refusal_is_a_refusal() {
    use base64::Engine;
    let good = base64::engine::general_purpose::STANDARD.encode("user=help\x01auth=Bearer hush\x01\x01");
    for is_valid in [true, false] {
        let (good, seen) = (good.clone(), Mutex::new(Vec::new()));
        let port = server(Box::new(move |command| {
            seen.lock().unwrap().push(command.to_owned());
            Some(match command {
                "AUTHENTICATE XOAUTH2" => "+ \r\n".to_owned(),
                // The reason comes as a challenge, which wants an empty answer.
                said if said == good && !is_valid => "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n".to_owned(),
                "" => "TAG NO [AUTHENTICATIONFAILED] the token has run out\r\n".to_owned(),
                said if said == good => "TAG OK welcome\r\n".to_owned(),
                other => usual(other),
            })
        }))
        .await;
        let (mut told, _stop, _task) = read(Mailbox { login: Login::Xoauth2, ..mailbox(port) }).await;
        let said = next(&mut told).await;
        if is_valid {
            assert_eq!(said, "open false");
        } else {
            assert!(said.starts_with("lost: the server refused the login: the token has run out"), "{said}");
        }
    }
}

#[tokio::test]
async fn waits_grow_to_their_limit_and_a_refused_login_waits_longer() {
    let (mut reader, _told) = reader(Mailbox { retry_ms_max: 300_000, ..mailbox(1) });
    reader.chance = Arc::new(|below| below - 1);
    let lost = ChannelError::transient("gone");
    let waits: Vec<u64> = [0, 1, 2, 30].map(|failures| reader.wait_ms(&lost, failures)).to_vec();
    assert_eq!(waits, [999, 1_999, 3_999, 299_999]);
    reader.chance = Arc::new(|_| 0);
    assert_eq!(reader.wait_ms(&lost, 2), 2_000, "half of it at least");
    let refused = ChannelError::Credentials { why: "no".to_owned() };
    assert_eq!(reader.wait_ms(&refused, 0), 30_000);
    assert_eq!(reader.wait_ms(&refused, 30), 150_000);
}

#[tokio::test]
async fn a_password_is_not_sent_in_clear_to_another_machine() {
    let (tell, _told) = mpsc::unbounded_channel();
    let clock = Arc::new(FixedClock::at(Timestamp(0)));
    let clear = Mailbox { host: "mx.example".to_owned(), ..mailbox(143) };
    let error = Reader::new(clear, Arc::new(Shelf(tell)), clock, Arc::new(|_| 0)).err().unwrap();
    assert!(error.to_string().contains("would travel in clear to mx.example"), "{error}");
}

#[tokio::test]
async fn a_reader_stops_at_once_whatever_it_does() {
    let silent = server(Box::new(|command| command.starts_with("LOGIN").then(String::new))).await;
    let idle = server(Box::new(|command| Some(usual(command)))).await;
    for port in [silent, idle, 1] {
        let (_told, stop, task) = read(Mailbox { retry_ms_max: 3_600_000, ..mailbox(port) }).await;
        stop.send(true).unwrap();
        tokio::time::timeout(Duration::from_secs(2), task).await.expect("it goes on").unwrap();
    }
}
