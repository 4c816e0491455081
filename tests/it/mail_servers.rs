//! Real mail servers between us and others, and others that are machines: mail out and in through Postfix, two
//! desks that write to each other, a vacation responder, a responder that bears no mark. No chain of mails may
//! go on.

use std::sync::{Arc, Mutex};

use channels::email::{DomainKey, Signer};
use channels::{Egress, Smtp, SmtpConfig, Tls};
use desk::{DeskConfig, MailIdentity, NewFile, NewMessage, NewMessageKind};
use domain::message::Direction;
use kulanz::config::{Config, Sources};
use tests::binary::{free_port, is_here, until};
use tests::database::Database;
use tests::dovecot::Dovecot;
use tests::house::{Outside, agent, config};
use tests::postfix::Postfix;
use tests::{Backend, House};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A key made for tests.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";

/// A desk of one domain that sends through a mail server and takes mail from it.
struct Branch {
    house: House,
    doors: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Branch {
    async fn open(domain: &str, postfix: &Postfix, door: u16, null_sender: bool) -> Self {
        let address = format!("help@{domain}");
        let smtp = SmtpConfig {
            host: "127.0.0.1".to_owned(),
            port: postfix.port,
            tls: Tls::None,
            null_sender_for_replies: null_sender,
            ..SmtpConfig::default()
        };
        let key =
            DomainKey { domain: domain.to_owned(), selector: "s1".to_owned(), private_pem: KEY.to_owned() };
        let smtp = Smtp::new(&smtp, Signer::new(&[key]).unwrap()).unwrap();
        let identity = MailIdentity { from_address: address.clone(), ..config().mail };
        let settings = DeskConfig { mail: identity, ..config() };
        let outside = Outside { egress: Some(Arc::new(smtp) as Arc<dyn Egress>), ..Outside::default() };
        let database = Database::fresh(Backend::Sqlite).await;
        let house = House::facing(database, settings, outside).await.furnish().await;
        let variables = [
            ("KULANZ_MAIL__LISTENER__LISTEN", format!("127.0.0.1:{door}")),
            ("KULANZ_MAIL__FROM_ADDRESS", address),
        ]
        .map(|(key, value)| (key.to_owned(), value));
        let config = Config::load(&Sources { variables: variables.to_vec(), ..Sources::default() }).unwrap();
        let (stop, stopped) = watch::channel(false);
        let doors = kulanz::mail_in::open(&config, &house.desk, &stopped).await.unwrap();
        Self { house, doors, stop }
    }

    /// Automatic mails that left.
    async fn automatic_mails(&self) -> usize {
        let mut count = 0;
        for ticket in self.house.tickets().await {
            let messages = self.house.store.messages(ticket.id).await.unwrap();
            count += messages
                .iter()
                .filter(|m| m.automatic && m.delivery == domain::message::Delivery::Sent)
                .count();
        }
        count
    }

    async fn close(self) {
        self.stop.send(true).unwrap();
        self.doors.join_all().await;
    }
}

/// Works all desks until nothing moves any more, in them or in the mail server between them.
async fn rest(branches: &[&Branch], postfix: &Postfix) {
    // Far more rounds than any chain that ends; a chain that does not is cut here and found by the counts.
    for _ in 0..40 {
        postfix.idle().await;
        let mut jobs = 0;
        for branch in branches {
            jobs += branch.house.desk.settle().await.unwrap().jobs;
        }
        if jobs == 0 {
            return;
        }
    }
}

fn question(from: &str, to: &str) -> String {
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: Rückerstattung für Bestellung 4711-0815\r\nMessage-ID: <first@kunde.example>\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\nGuten Tag,\r\n\r\nich habe die Jacke zurückgeschickt und warte seit \
         drei Wochen auf die Rückerstattung.\r\n\r\nViele Grüße\r\nAna\r\n"
    )
}

/// Hands one mail to a mail server.
async fn hand_over(port: u16, from: &str, to: &str, mail: &str) {
    let mut line = BufReader::new(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    let commands = [
        "EHLO test.example",
        &format!("MAIL FROM:<{from}>"),
        &format!("RCPT TO:<{to}>"),
        "DATA",
        &format!("{mail}."),
        "QUIT",
    ];
    answer(&mut line).await;
    for command in commands {
        line.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
        answer(&mut line).await;
    }
}

async fn answer(line: &mut BufReader<TcpStream>) {
    let mut said = String::new();
    loop {
        said.clear();
        line.read_line(&mut said).await.unwrap();
        assert!(said.starts_with(['2', '3']), "the mail server said: {said}");
        if said.as_bytes().get(3) == Some(&b' ') {
            return;
        }
    }
}

/// Whether the mail servers of these stories are on this machine.
fn peers_are_here() -> bool {
    is_here("postfix", "postfix") && is_here("dovecot", "dovecot-imapd") && is_here("sievec", "dovecot-sieve")
}

/// A customer's first mail, handed over to the mail server.
async fn ask(postfix: &Postfix, from: &str, to: &str) {
    hand_over(postfix.port, from, to, &question(from, to)).await;
}

#[tokio::test]
async fn a_mail_comes_in_and_its_answer_goes_out_through_postfix() {
    if !peers_are_here() {
        return;
    }
    let (door, inbox) = (free_port(), free_port());
    let postfix = Postfix::start(&[("shop.example", door), ("kunde.example", inbox)]).await;
    let customer = Customer::at(inbox, "ana@kunde.example", &postfix, None).await;
    let shop = Branch::open("shop.example", &postfix, door, true).await;
    ask(&postfix, "ana@kunde.example", "help+x@shop.example").await;
    rest(&[&shop], &postfix).await;
    assert_eq!(
        (shop.automatic_mails().await, postfix.handed_on("kunde.example")),
        (1, 1),
        "{}",
        postfix.log()
    );
    let got = customer.got.lock().unwrap().concat();
    assert!(got.contains("DKIM-Signature: v=1; a=ed25519-sha256; s=s1; d=shop.example;"), "{got}");
    assert!(
        got.contains("Auto-Submitted: auto-replied") && got.contains("In-Reply-To: <first@kunde.example>"),
        "{got}"
    );
    shop.close().await;
}

#[tokio::test]
async fn h36_two_desks_that_write_to_each_other_fall_silent() {
    if !peers_are_here() {
        return;
    }
    for null_sender in [true, false] {
        let (one, two) = (free_port(), free_port());
        let postfix = Postfix::start(&[("shop.example", one), ("kunde.example", two)]).await;
        let shop = Branch::open("shop.example", &postfix, one, null_sender).await;
        let other = Branch::open("kunde.example", &postfix, two, null_sender).await;
        ask(&postfix, "help@kunde.example", "help@shop.example").await;
        rest(&[&shop, &other], &postfix).await;
        let (ours, theirs) = (shop.automatic_mails().await, other.automatic_mails().await);
        assert!(ours == 1 && theirs <= 1, "{ours} and {theirs} automatic mails: {}", postfix.log());
        shop.close().await;
        other.close().await;
    }
}

#[tokio::test]
async fn h36_a_vacation_responder_is_not_answered() {
    if !peers_are_here() {
        return;
    }
    let (door, inbox) = (free_port(), free_port());
    let postfix = Postfix::start(&[("shop.example", door), ("kunde.example", inbox)]).await;
    let away = Dovecot::on_vacation(inbox, postfix.port).await;
    let shop = Branch::open("shop.example", &postfix, door, false).await;
    ask(&postfix, "ana@kunde.example", "help@shop.example").await;
    rest(&[&shop], &postfix).await;
    assert_eq!(
        (shop.automatic_mails().await, postfix.handed_on("kunde.example")),
        (1, 1),
        "{}",
        postfix.log()
    );
    assert_eq!(
        postfix.handed_on("shop.example"),
        1,
        "the responder leaves automatic mail alone, too: {}",
        away.log()
    );
    // A person's answer is what it reacts to.
    let ticket = shop.house.tickets().await.remove(0);
    let reply = NewMessage {
        kind: NewMessageKind::Reply,
        text: "We look into it.".to_owned(),
        article: None,
        draft: None,
        seen: None,
        solves: false,
    };
    shop.house.desk.post_message(ticket.id, reply, None, agent()).await.unwrap();
    shop.house.settle().await;
    until("the responder answers", || postfix.handed_on("shop.example") == 2).await;
    rest(&[&shop], &postfix).await;
    assert_eq!(
        (shop.automatic_mails().await, postfix.handed_on("kunde.example")),
        (1, 2),
        "{}",
        postfix.log()
    );
    let messages = shop.house.store.messages(ticket.id).await.unwrap();
    let inbound = messages.iter().filter(|m| m.direction == Direction::Inbound).count();
    assert_eq!(inbound, 2, "it stands on the same ticket");
    shop.close().await;
}

#[tokio::test]
async fn a_file_that_an_agent_sends_arrives_whole_through_a_mail_server() {
    if !peers_are_here() {
        return;
    }
    let (door, inbox) = (free_port(), free_port());
    let postfix = Postfix::start(&[("shop.example", door), ("kunde.example", inbox)]).await;
    let customer = Customer::at(inbox, "ana@kunde.example", &postfix, None).await;
    let shop = Branch::open("shop.example", &postfix, door, false).await;
    ask(&postfix, "ana@kunde.example", "help@shop.example").await;
    rest(&[&shop], &postfix).await;
    let bytes: Vec<u8> = b"file".iter().copied().chain((0..300_000_u32).flat_map(u32::to_le_bytes)).collect();
    let file = NewFile { file_name: "Größe.bin".to_owned(), content_type: None, bytes: bytes.clone() };
    let reply = NewMessage {
        kind: NewMessageKind::Reply,
        text: "Here it is.".to_owned(),
        article: None,
        draft: None,
        seen: None,
        solves: false,
    };
    let ticket = shop.house.tickets().await.remove(0);
    shop.house.desk.post_with_files(ticket.id, reply, vec![file], None, agent()).await.unwrap();
    shop.house.settle().await;
    let came = || -> Vec<channels::email::File> {
        let got = customer.got.lock().unwrap();
        got.iter().flat_map(|mail| channels::email::parse(mail.as_bytes()).attachments).collect()
    };
    until("the file arrives", || !came().is_empty()).await;
    let files = came();
    assert_eq!((files.len(), files[0].file_name.as_str()), (1, "Größe.bin"));
    assert_eq!(files[0].bytes, bytes);
    shop.close().await;
}

/// A mailbox whose owner is a machine without any mark: it answers each mail like a person, every time from
/// another address if it is told so.
struct Customer {
    got: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

/// How the machine answers.
#[derive(Clone, Copy)]
enum Answers {
    /// From its own address.
    AsItself,
    /// From an address that changes each time.
    AsAnother,
}

impl Customer {
    async fn at(door: u16, address: &'static str, postfix: &Postfix, answers: Option<Answers>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", door)).await.unwrap();
        let port = postfix.port;
        let got = Arc::new(Mutex::new(Vec::new()));
        let shelf = Arc::clone(&got);
        let task = tokio::spawn(async move {
            let mut number = 0;
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                for mail in mails_of(stream).await {
                    shelf.lock().unwrap().push(mail.clone());
                    let Some(answers) = answers else { continue };
                    number += 1;
                    let from = match answers {
                        Answers::AsItself => address.to_owned(),
                        Answers::AsAnother => address.replace('@', &format!(".{number}@")),
                    };
                    let answer = answer_to(&mail, &from, number);
                    hand_over(port, &from, "help@shop.example", &answer).await;
                }
            }
        });
        Self { got, task }
    }
}

impl Drop for Customer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a person's mail program would make of an answer: in the thread, with other words each time.
fn answer_to(mail: &str, from: &str, number: u32) -> String {
    let id = mail.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap();
    let words =
        ["Wo bleibt denn die Rückerstattung", "Das hilft mir nicht", "Ich warte noch immer auf mein Geld"];
    let word = words[number as usize % words.len()];
    format!(
        "From: {from}\r\nTo: help@shop.example\r\nSubject: Re: Rückerstattung für Bestellung 4711-0815\r\n\
         Message-ID: <answer-{number}@kunde.example>\r\nIn-Reply-To: {id}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         {word}, Nummer {number}? Die Jacke habe ich zurückgeschickt, Bestellung 4711-0815.\r\n"
    )
}

/// Takes mails over LMTP, as the server of a mailbox does.
async fn mails_of(stream: TcpStream) -> Vec<String> {
    let mut line = BufReader::new(stream);
    let mut mails = Vec::new();
    line.write_all(b"220 inbox\r\n").await.unwrap();
    loop {
        let mut said = String::new();
        if line.read_line(&mut said).await.unwrap_or(0) == 0 {
            return mails;
        }
        let word = said.get(..4).unwrap_or_default().to_ascii_uppercase();
        if word == "DATA" {
            line.write_all(b"354 go on\r\n").await.unwrap();
            let mut mail = String::new();
            loop {
                let mut part = String::new();
                line.read_line(&mut part).await.unwrap();
                if part == ".\r\n" {
                    break;
                }
                mail.push_str(&part);
            }
            mails.push(mail);
        }
        let answer = if word == "QUIT" { "221 bye\r\n" } else { "250 fine\r\n" };
        if line.write_all(answer.as_bytes()).await.is_err() || word == "QUIT" {
            return mails;
        }
    }
}

#[tokio::test]
async fn h36_a_responder_without_any_mark_gets_two_automatic_mails_at_most() {
    if !peers_are_here() {
        return;
    }
    for (answers, most) in [(Answers::AsItself, 2), (Answers::AsAnother, 1)] {
        let (door, inbox) = (free_port(), free_port());
        let postfix = Postfix::start(&[("shop.example", door), ("kunde.example", inbox)]).await;
        let _machine = Customer::at(inbox, "ana@kunde.example", &postfix, Some(answers)).await;
        let shop = Branch::open("shop.example", &postfix, door, false).await;
        ask(&postfix, "ana@kunde.example", "help@shop.example").await;
        rest(&[&shop], &postfix).await;
        // The machine answers the last mail as well, after the mail server has come to rest.
        let sent = postfix.handed_on("kunde.example");
        until("the machine has answered", || postfix.handed_on("shop.example") > sent).await;
        rest(&[&shop], &postfix).await;
        let automatic = shop.automatic_mails().await;
        assert!((1..=most).contains(&automatic), "{automatic} automatic mails: {}", postfix.log());
        shop.close().await;
    }
}
