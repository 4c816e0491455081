//! Mailboxes, read from a real Dovecot: what is taken, when it is put away, and what a restart, a wrong
//! password, new numbers or a mail that is too large change.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use channels::imap::{After, Login, Mailbox, Mark, News, Postbox, Reader};
use channels::{ChannelError, Tls};
use kulanz::config::{Config, Sources};
use tests::binary::{Ground, is_here, pause, until};
use tests::database::Database;
use tests::dovecot::{Dovecot, PASSWORD, USER};
use tests::{Backend, House};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// What a reader did.
#[derive(Debug, PartialEq, Eq)]
enum Did {
    Offered(String),
    Told(News),
}

/// A postbox that writes down what it is given and answers what the test says.
struct Shelf {
    did: mpsc::UnboundedSender<Did>,
    secret: Mutex<String>,
    answers: Mutex<mpsc::Receiver<Result<(), ChannelError>>>,
    mark: Mutex<Option<Mark>>,
    waits: bool,
}

#[async_trait]
impl Postbox for Shelf {
    async fn secret(&self) -> Result<String, ChannelError> {
        Ok(self.secret.lock().unwrap().clone())
    }

    async fn keep(&self, raw: Vec<u8>) -> Result<(), ChannelError> {
        let raw = String::from_utf8(raw).unwrap();
        let subject = raw.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or("").to_owned();
        self.did.send(Did::Offered(subject)).unwrap();
        if !self.waits {
            return Ok(());
        }
        std::future::poll_fn(|cx| self.answers.lock().unwrap().poll_recv(cx)).await.unwrap()
    }

    async fn mark(&self) -> Result<Option<Mark>, ChannelError> {
        Ok(*self.mark.lock().unwrap())
    }

    async fn set_mark(&self, mark: Mark) -> Result<(), ChannelError> {
        *self.mark.lock().unwrap() = Some(mark);
        Ok(())
    }

    fn tell(&self, news: News) {
        self.did.send(Did::Told(news)).unwrap();
    }
}

/// A reader at work.
struct Reading {
    did: mpsc::UnboundedReceiver<Did>,
    answer: mpsc::Sender<Result<(), ChannelError>>,
    shelf: Arc<Shelf>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Reading {
    fn of(mailbox: Mailbox, secret: &str, waits: bool) -> Self {
        let (tell, did) = mpsc::unbounded_channel();
        let (answer, answers) = mpsc::channel(1);
        let (stop, stopped) = watch::channel(false);
        let shelf = Arc::new(Shelf {
            did: tell,
            secret: Mutex::new(secret.to_owned()),
            answers: Mutex::new(answers),
            mark: Mutex::new(None),
            waits,
        });
        let clock = Arc::new(domain::clock::FixedClock::at(tests::house::START));
        let postbox = Arc::clone(&shelf) as Arc<dyn Postbox>;
        let reader = Reader::new(mailbox, postbox, clock, Arc::new(|_| 0)).unwrap();
        Self { did, answer, shelf, stop, task: tokio::spawn(reader.run(stopped)) }
    }

    async fn next(&mut self) -> Did {
        let did = tokio::time::timeout(Duration::from_secs(30), self.did.recv()).await;
        did.expect("nothing happened within 30 s").unwrap()
    }

    async fn opened(&mut self, idle: bool) {
        assert_eq!(self.next().await, Did::Told(News::Open { idle }));
    }

    async fn offered(&mut self, subject: &str) {
        assert_eq!(self.next().await, Did::Offered(subject.to_owned()));
    }

    async fn ended(self) {
        self.stop.send(true).unwrap();
        tokio::time::timeout(Duration::from_secs(2), self.task)
            .await
            .expect("it goes on after the stop")
            .unwrap();
    }
}

fn mailbox(server: &Dovecot) -> Mailbox {
    Mailbox {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        tls: Tls::None,
        trusted_pem: Vec::new(),
        user: USER.to_owned(),
        login: Login::Password,
        folder: "INBOX".to_owned(),
        after: After::Move,
        move_to: "Erledigt & Gelöscht".to_owned(),
        poll_ms: 3_600_000,
        idle_ms: 1_500_000,
        retry_ms_max: 50,
        timeout_ms: 10_000,
        mail_bytes_max: 4_000,
    }
}

/// How the folder is called on the server's disk.
const MOVED: &str = "Erledigt &- Gel&APY-scht";

fn mail(subject: &str) -> String {
    format!(
        "From: Ana <ana@kunde.example>\nTo: help@shop.example\nSubject: {subject}\nMessage-ID: <{subject}@kunde.example>\n\nWhere is it?\n"
    )
}

#[tokio::test]
async fn a_mail_is_moved_only_after_it_is_kept() {
    if !is_here("dovecot", "dovecot-imapd") {
        return;
    }
    let server = Dovecot::start().await;
    server.deliver(&mail("one"));
    let mut reading = Reading::of(mailbox(&server), PASSWORD, true);
    reading.opened(true).await;
    reading.offered("one").await;
    assert_eq!((server.inbox().len(), server.folder(MOVED).len()), (1, 0), "not yet kept, not yet moved");
    reading.answer.send(Err(ChannelError::transient("the database is away"))).await.unwrap();
    assert!(matches!(reading.next().await, Did::Told(News::Lost { again_ms: 25, .. })));
    reading.opened(true).await;
    reading.offered("one").await;
    assert_eq!((server.inbox().len(), server.folder(MOVED).len()), (1, 0));
    reading.answer.send(Ok(())).await.unwrap();
    until("the mail is moved", || server.inbox().is_empty() && server.folder(MOVED).len() == 1).await;
    reading.ended().await;
}

#[tokio::test]
async fn new_mail_is_heard_of_by_idle() {
    if !is_here("dovecot", "dovecot-imapd") {
        return;
    }
    let server = Dovecot::start().await;
    let mut reading = Reading::of(mailbox(&server), PASSWORD, false);
    reading.opened(true).await;
    for subject in ["one", "two"] {
        // The next look by the clock would be in 25 minutes.
        server.deliver(&mail(subject));
        reading.offered(subject).await;
    }
    reading.ended().await;
}

#[tokio::test]
async fn where_a_server_has_no_idle_and_no_move_it_is_asked_and_mails_are_copied_and_deleted() {
    if !is_here("dovecot", "dovecot-imapd") {
        return;
    }
    let server = Dovecot::start_with("protocol imap {\n  imap_capability = IMAP4rev1 UIDPLUS\n}\n").await;
    let mut reading = Reading::of(Mailbox { poll_ms: 20, ..mailbox(&server) }, PASSWORD, false);
    reading.opened(false).await;
    server.deliver(&mail("one"));
    reading.offered("one").await;
    until("the mail is moved", || server.inbox().is_empty() && server.folder(MOVED).len() == 1).await;
    reading.ended().await;
}

#[tokio::test]
async fn a_mail_is_deleted_or_marked_as_read_where_that_is_wanted() {
    if !is_here("dovecot", "dovecot-imapd") {
        return;
    }
    for after in [After::Delete, After::Flag] {
        let server = Dovecot::start().await;
        server.deliver(&mail("one"));
        let mut reading = Reading::of(Mailbox { after, ..mailbox(&server) }, PASSWORD, false);
        reading.opened(true).await;
        reading.offered("one").await;
        until("it is put away", || match after {
            After::Flag => server.inbox().iter().any(|name| name.ends_with(":2,S")),
            After::Delete | After::Move => server.inbox().is_empty(),
        })
        .await;
        reading.ended().await;
    }
}

#[tokio::test]
async fn a_mail_that_is_too_large_stays_flagged_and_the_next_ones_go_on() {
    if !is_here("dovecot", "dovecot-imapd") {
        return;
    }
    let server = Dovecot::start().await;
    server.deliver(&format!("{}{}\n", mail("large"), "x".repeat(5_000)));
    server.deliver(&mail("small"));
    let mut reading = Reading::of(mailbox(&server), PASSWORD, false);
    reading.opened(true).await;
    let Did::Told(News::Refused { uid: 1, why }) = reading.next().await else { panic!("it was not refused") };
    assert!(why.contains("4000 are allowed; raise mail_bytes_max"), "{why}");
    reading.offered("small").await;
    until("the small one is moved and the large one is flagged for people", || {
        let left = server.inbox();
        server.folder(MOVED).len() == 1 && left.len() == 1 && left[0].contains(":2,F")
    })
    .await;
    reading.ended().await;
    let mut again = Reading::of(mailbox(&server), PASSWORD, false);
    again.opened(true).await;
    server.deliver(&mail("later"));
    again.offered("later").await;
    again.ended().await;
}

#[tokio::test]
async fn what_the_postbox_refuses_for_good_stays_in_the_mailbox() {
    if !is_here("dovecot", "dovecot-imapd") {
        return;
    }
    let server = Dovecot::start().await;
    server.deliver(&mail("one"));
    server.deliver(&mail("two"));
    let mut reading = Reading::of(mailbox(&server), PASSWORD, true);
    reading.opened(true).await;
    reading.offered("one").await;
    reading.answer.send(Err(ChannelError::permanent("not this one"))).await.unwrap();
    assert_eq!(reading.next().await, Did::Told(News::Refused { uid: 1, why: "not this one".to_owned() }));
    reading.offered("two").await;
    reading.answer.send(Ok(())).await.unwrap();
    until("the second one is moved", || server.inbox().len() == 1 && server.folder(MOVED).len() == 1).await;
    reading.ended().await;
}

#[tokio::test]
async fn a_server_that_was_restarted_is_found_again() {
    if !is_here("dovecot", "dovecot-imapd") {
        return;
    }
    let mut server = Dovecot::start().await;
    let mut reading = Reading::of(mailbox(&server), PASSWORD, false);
    reading.opened(true).await;
    server.stop();
    assert!(matches!(reading.next().await, Did::Told(News::Lost { .. })));
    server.deliver(&mail("meanwhile"));
    server.run().await;
    loop {
        match reading.next().await {
            Did::Told(News::Lost { .. }) => {}
            Did::Told(News::Open { idle: true }) => break,
            other => panic!("{other:?}"),
        }
    }
    reading.offered("meanwhile").await;
    reading.ended().await;
}

#[tokio::test]
async fn a_wrong_password_is_told_clearly_and_the_right_one_is_taken_up() {
    if !is_here("dovecot", "dovecot-imapd") {
        return;
    }
    let server = Dovecot::start().await;
    let mut reading = Reading::of(mailbox(&server), "wrong", false);
    let Did::Told(News::Lost { error, .. }) = reading.next().await else { panic!("it was let in") };
    assert_eq!(
        error.to_string(),
        "the server refused the login: Authentication failed.; check the configured user name and password"
    );
    *reading.shelf.secret.lock().unwrap() = PASSWORD.to_owned();
    loop {
        match reading.next().await {
            Did::Told(News::Lost { error: ChannelError::Credentials { .. }, .. }) => {}
            Did::Told(News::Open { .. }) => break,
            other => panic!("{other:?}"),
        }
    }
    reading.ended().await;
}

#[tokio::test]
async fn tls_is_spoken_from_the_start_or_later_and_only_with_a_certificate_that_is_trusted() {
    if !is_here("dovecot", "dovecot-imapd") {
        return;
    }
    let server = Dovecot::start_with("disable_plaintext_auth = yes\n").await;
    let trusted_pem = std::fs::read(server.certificate()).unwrap();
    for (tls, port) in [(Tls::Tls, server.tls_port), (Tls::StartTls, server.port)] {
        let host = "localhost".to_owned();
        let trusting = Mailbox { host, port, tls, trusted_pem: trusted_pem.clone(), ..mailbox(&server) };
        let mut reading = Reading::of(trusting.clone(), PASSWORD, false);
        reading.opened(true).await;
        reading.ended().await;
        let mut doubting = Reading::of(Mailbox { trusted_pem: Vec::new(), ..trusting }, PASSWORD, false);
        let Did::Told(News::Lost { error, .. }) = doubting.next().await else { panic!("it was trusted") };
        assert!(error.to_string().contains("certificate"), "{error}");
        doubting.ended().await;
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_told_with_its_setting() {
    if !is_here("dovecot", "dovecot-imapd") {
        return;
    }
    let server = Dovecot::start().await;
    let mut reading = Reading::of(Mailbox { folder: "Nirgends".into(), ..mailbox(&server) }, PASSWORD, false);
    let Did::Told(News::Lost { error, .. }) = reading.next().await else { panic!("it was opened") };
    assert!(error.to_string().contains("opening the folder `Nirgends` (setting `folder`)"), "{error}");
    reading.ended().await;
}

/// The house's settings for a mailbox on this server.
fn settings(server: &Dovecot, after: &str) -> Vec<(String, String)> {
    [
        ("HOST", "127.0.0.1"),
        ("PORT", &server.port.to_string()),
        ("TLS", "none"),
        ("USER", USER),
        ("PASSWORD", PASSWORD),
        ("AFTER", after),
        ("RETRY_SECONDS_MAX", "1"),
    ]
    .map(|(key, value)| (format!("KULANZ_MAIL__IMAP__{key}"), value.to_owned()))
    .to_vec()
}

/// Reads the mailbox into a house until it has so many tickets.
async fn read_into(house: &House, server: &Dovecot, tickets: usize) {
    let sources = Sources { variables: settings(server, "flag"), ..Sources::default() };
    let config = Config::load(&sources).unwrap();
    let (stop, stopped) = watch::channel(false);
    let doors = kulanz::mail_in::open(&config, &house.desk, &stopped).await.unwrap();
    for _ in 0..1_500 {
        house.settle().await;
        if house.tickets().await.len() >= tickets {
            break;
        }
        pause(Duration::from_millis(20)).await;
    }
    until("all are marked", || server.inbox().iter().all(|name| name.ends_with(":2,S"))).await;
    stop.send(true).unwrap();
    doors.join_all().await;
    house.settle().await;
}

#[tokio::test]
async fn new_numbers_lose_no_mail_and_double_none() {
    if !is_here("dovecot", "dovecot-imapd") {
        return;
    }
    let mut server = Dovecot::start().await;
    let house = House::bare(Backend::Sqlite).await;
    server.deliver(&mail("one"));
    server.deliver(&mail("two"));
    read_into(&house, &server, 2).await;
    assert_eq!(house.tickets().await.len(), 2);
    // Somebody reads this one in a mail program before we do; then the mailbox is restored from a backup.
    server.deliver_read(&mail("three"));
    server.stop();
    server.renumber();
    server.run().await;
    server.deliver(&mail("four"));
    read_into(&house, &server, 4).await;
    let subjects: Vec<String> = house.tickets().await.into_iter().map(|ticket| ticket.subject).collect();
    assert_eq!(subjects.len(), 4, "{subjects:?}");
    for subject in ["one", "two", "three", "four"] {
        assert!(subjects.iter().any(|s| s == subject), "{subject} is missing: {subjects:?}");
    }
}

#[tokio::test]
async fn a_mail_that_somebody_opens_before_us_is_not_lost() {
    if !is_here("dovecot", "dovecot-imapd") {
        return;
    }
    let server = Dovecot::start().await;
    server.deliver_read(&mail("of old"));
    let marking = Mailbox { after: After::Flag, ..mailbox(&server) };
    let mut reading = Reading::of(marking, PASSWORD, false);
    reading.opened(true).await;
    until("the empty mailbox is marked", || reading.shelf.mark.lock().unwrap().is_some()).await;
    server.deliver_read(&mail("opened"));
    reading.offered("opened").await;
    reading.ended().await;
}

on_both!(a_server_killed_while_it_reads_loses_and_doubles_nothing, |backend| {
    const MAILS: usize = 60;
    if !is_here("dovecot", "dovecot-imapd") {
        return;
    }
    let peer = Dovecot::start().await;
    for number in 0..MAILS {
        peer.deliver(&mail(&format!("parcel-{number}")));
    }
    let database = Database::fresh(backend).await;
    let mut variables: Vec<(&'static str, String)> = vec![
        ("KULANZ_DESK__REDACTION_REQUIRED", "false".to_owned()),
        ("KULANZ_DESK__LEASE_MS", "2000".to_owned()),
        ("KULANZ_MAIL__FROM_ADDRESS", USER.to_owned()),
    ];
    variables.extend(settings(&peer, "move").into_iter().map(|(key, value)| (&*key.leak(), value)));
    let ground = Ground { data: database.dir.path().to_owned(), database: database.url.clone(), variables };
    let http = reqwest::Client::new();
    for share in [1, 20, 40] {
        let mut server = ground.serve();
        until("some are taken", || peer.folder("Kulanz").len() >= share).await;
        server.kill();
    }
    let mut server = ground.serve();
    server.ready(&http).await;
    until("all are taken", || peer.inbox().is_empty() && peer.folder("Kulanz").len() == MAILS).await;
    assert!(server.stop().success());
    // Works off what is left, once the leases of those that were killed have run out; nothing is handed in by it.
    until("the queue is empty", || {
        ground.run(&["ingest", "--wait", "/dev/null"]);
        let queue: serde_json::Value =
            serde_json::from_str(&ground.run(&["queue", "show", "--json"])).unwrap();
        ["ready", "waiting", "leased"].iter().all(|state| queue[*state] == 0)
    })
    .await;
    let house = House::on(database, tests::house::config()).await;
    let mut subjects: Vec<String> = house.tickets().await.into_iter().map(|ticket| ticket.subject).collect();
    subjects.sort();
    subjects.dedup();
    assert_eq!((subjects.len(), house.tickets().await.len()), (MAILS, MAILS));
});
