//! What goes wrong around the house, on the real binary: full disks, databases that are away or damaged,
//! hostile mails and requests, signals, a host that stands still. Nothing acknowledged is ever lost.

mod hostile;
mod parsers;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use store::ephemeral::EphemeralPostgres;
use tests::binary::{Ground, Server, kulanz, pause};
use tests::plugins;

/// A data folder with plugins and a token.
pub(super) struct Site {
    pub(super) ground: Ground,
    pub(super) secret: String,
    pub(super) http: reqwest::Client,
}

impl Site {
    pub(super) fn prepare(data: &Path, database: String) -> Self {
        let mut site = Self::bare(data, database);
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in
            [("echo", plugins::guest("echo_effect")), ("redaction", plugins::bundled("redaction"))]
        {
            let file = folder.path().join(format!("{name}.wasm"));
            let grants = plugins::grants_of(&bytes);
            std::fs::write(&file, bytes).unwrap();
            let mut install = vec!["plugin", "install", file.to_str().unwrap(), "--mode", "live", "--yes"];
            if !grants.is_empty() {
                install.extend(["--grant", &grants]);
            }
            site.ground.run(&install);
        }
        let printed = site.ground.run(&["token", "create", "t", "--scope", "admin", "--json"]);
        let token: serde_json::Value = serde_json::from_str(printed.trim()).unwrap();
        site.secret = token["secret"].as_str().unwrap().to_owned();
        site
    }

    fn bare(data: &Path, database: String) -> Self {
        let variables = vec![("KULANZ_DESK__LEASE_MS", "2000".to_owned())];
        let ground = Ground { data: data.to_path_buf(), database, variables };
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        Self { ground, secret: String::new(), http }
    }

    pub(super) async fn serve(&self) -> Server {
        let mut server = self.ground.serve();
        server.ready(&self.http).await;
        server
    }

    pub(super) async fn get(&self, server: &Server, path: &str) -> (u16, serde_json::Value) {
        let url = format!("{}{path}", server.base);
        let answer = self.http.get(url).bearer_auth(&self.secret).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    pub(super) async fn mail(&self, server: &Server, raw: Vec<u8>) -> u16 {
        send(&self.http, &server.base, &self.secret, raw).await.unwrap()
    }

    /// Until the queue holds nothing any more, and how much was given up.
    pub(super) async fn settled(&self, server: &Server) -> i64 {
        for _ in 0..1_200 {
            let (status, queue) = self.get(server, "/api/v1/queue").await;
            if status == 200 && queue["ready"] == 0 && queue["leased"] == 0 && queue["waiting"] == 0 {
                return queue["dead"].as_i64().unwrap();
            }
            pause(Duration::from_millis(100)).await;
        }
        panic!("the queue does not settle: {}", self.get(server, "/api/v1/queue").await.1);
    }

    /// Each numbered mail is one ticket, with one note per event the echo plugin listens to.
    async fn holds_each_once(&self, acknowledged: &[u32]) {
        let store = store::Store::open(&self.ground.database, &store::Options::default()).await.unwrap();
        let mut found: BTreeMap<u32, u32> = BTreeMap::new();
        let mut page = desk::Page::first(200);
        loop {
            let tickets = store.tickets(&desk::TicketFilter::default(), &page).await.unwrap();
            let Some(last) = tickets.last() else { break };
            page = desk::Page::after(last.id, 200);
            for ticket in tickets {
                let number = ticket.subject.rsplit(' ').next().unwrap().parse().unwrap();
                *found.entry(number).or_default() += 1;
                let messages = store.messages(ticket.id).await.unwrap();
                let notes = messages.iter().filter(|m| m.direction == domain::message::Direction::Note);
                assert_eq!(notes.count(), 2, "one note for the ticket, one for its message");
            }
        }
        store.close().await;
        let lost: Vec<_> = acknowledged.iter().filter(|n| !found.contains_key(n)).collect();
        assert!(lost.is_empty(), "acknowledged and gone: {lost:?}");
        assert!(found.values().all(|times| *times == 1), "a mail became two tickets");
    }
}

async fn send(http: &reqwest::Client, base: &str, secret: &str, raw: Vec<u8>) -> reqwest::Result<u16> {
    let request = http.post(format!("{base}/api/v1/inbound/mail")).bearer_auth(secret);
    let answer = request.header("content-type", "message/rfc822").body(raw).send().await?;
    Ok(answer.status().as_u16())
}

/// Numbers that were acknowledged, and how often each other status came.
type Answers = (Vec<u32>, BTreeMap<u16, u32>);

/// A steady load of numbered mails; knows what was acknowledged and how the rest was answered.
struct Load {
    stop: Arc<AtomicBool>,
    callers: Vec<tokio::task::JoinHandle<Answers>>,
}

impl Load {
    fn start(site: &Site, server: &Server, bytes: usize) -> Self {
        let (stop, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let callers = (0..4)
            .map(|_| {
                let (stop, next) = (Arc::clone(&stop), Arc::clone(&next));
                let (http, base, secret) = (site.http.clone(), server.base.clone(), site.secret.clone());
                tokio::spawn(async move {
                    let (mut acknowledged, mut refused) = (Vec::new(), BTreeMap::new());
                    while !stop.load(Ordering::Relaxed) {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        match send(&http, &base, &secret, numbered(number, bytes)).await {
                            Ok(202) => acknowledged.push(number),
                            Ok(other) => {
                                *refused.entry(other).or_default() += 1;
                                pause(Duration::from_millis(20)).await;
                            }
                            // The server is gone.
                            Err(_) => break,
                        }
                    }
                    (acknowledged, refused)
                })
            })
            .collect();
        Self { stop, callers }
    }

    async fn end(self) -> Answers {
        self.stop.store(true, Ordering::Relaxed);
        let (mut acknowledged, mut refused) = (Vec::new(), BTreeMap::new());
        for caller in self.callers {
            let (numbers, answers) = caller.await.unwrap();
            acknowledged.extend(numbers);
            answers.into_iter().for_each(|(status, times)| *refused.entry(status).or_default() += times);
        }
        (acknowledged, refused)
    }
}

fn numbered(number: u32, bytes: usize) -> Vec<u8> {
    let mut mail = format!(
        "From: c{number}@example.org\r\nTo: help@shop.example\r\nSubject: Question number {number}\r\nMessage-ID: <{number}@example.org>\r\n\r\nWhere is my parcel?\r\n"
    )
    .into_bytes();
    mail.resize(mail.len() + bytes, b'y');
    mail
}

fn sqlite(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("kulanz.db").display())
}

/// A command that is expected to fail, and how it did.
fn failing(data: &Path, database: &str, arguments: &[&str]) -> (i32, String) {
    let out: Output = Command::new(kulanz())
        .arg("--data-dir")
        .arg(data)
        .args(["--database", database])
        .args(arguments)
        .env("KULANZ_SERVER__LISTEN", "127.0.0.1:0")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(!said.contains("panicked"), "{said}");
    (out.status.code().unwrap(), said)
}

fn signal(process: u32, name: &str) {
    assert!(Command::new("kill").args([name, &process.to_string()]).status().unwrap().success());
}

/// A small file system of its own; `None` where this process may not mount.
struct Disk(tempfile::TempDir);

impl Disk {
    fn of(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size},mode=0700");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then_some(Self(folder))
    }

    fn resize(&self, size: &str) {
        let option = format!("remount,size={size}");
        assert!(Command::new("mount").args(["-o", &option]).arg(self.0.path()).status().unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_mail_serves_reads_and_takes_mail_again_when_there_is_room() {
    let Some(disk) = Disk::of("24m") else {
        println!("SKIPPED: this process may not mount a file system of its own");
        return;
    };
    let data = disk.0.path().join("data");
    let site = Site::prepare(&data, sqlite(&data));
    let server = site.serve().await;
    let load = Load::start(&site, &server, 100_000);
    let begun = Instant::now();
    // Each of them another one: a mail that was taken before is acknowledged without a byte being written.
    let mut probe = 1_000_000_000;
    while site.mail(&server, numbered(probe, 0)).await == 202 {
        probe += 1;
        assert!(begun.elapsed() < Duration::from_secs(120), "the disk never filled up");
    }
    pause(Duration::from_millis(500)).await;
    let (status, tickets) = site.get(&server, "/api/v1/tickets?limit=5").await;
    assert_eq!((status, tickets["items"].as_array().unwrap().is_empty()), (200, false), "reads go on");
    let ready = async || site.http.get(format!("{}/readyz", server.base)).send().await.unwrap().status();
    assert_eq!(ready().await, 503);
    let (acknowledged, refused) = load.end().await;
    assert!(acknowledged.len() > 20, "too little load: {}", acknowledged.len());
    assert_eq!(refused.keys().collect::<Vec<_>>(), [&503], "only ever refused cleanly");
    disk.resize("400m");
    assert_eq!(site.mail(&server, numbered(u32::MAX - 1, 0)).await, 202, "without a restart");
    assert_eq!(ready().await, 200);
    assert_eq!(site.settled(&server).await, 0, "nothing was given up");
    assert!(server.stop().success());
    site.holds_each_once(&acknowledged).await;
    site.ground.run(&["db", "check"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_goes_away_is_refused_quickly_and_taken_up_again_when_it_is_back() {
    if !tests::database::postgres_is_here().await {
        return;
    }
    let mut cluster = tokio::task::spawn_blocking(EphemeralPostgres::start).await.unwrap().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let site = Site::prepare(&dir.path().join("data"), cluster.fresh_database().await.unwrap());
    let server = site.serve().await;
    let load = Load::start(&site, &server, 0);
    pause(Duration::from_millis(700)).await;
    cluster.crash().unwrap();
    // The first refusals may take as long as it takes to notice; then they are quick.
    pause(Duration::from_millis(2_500)).await;
    let begun = Instant::now();
    assert_eq!(site.mail(&server, numbered(u32::MAX, 0)).await, 503);
    let (status, problem) = site.get(&server, "/api/v1/tickets").await;
    assert_eq!((status, problem["code"].as_str()), (503, Some("store_unavailable")));
    assert!(begun.elapsed() < Duration::from_secs(4), "two refusals took {:?}", begun.elapsed());
    let ready = site.http.get(format!("{}/readyz", server.base)).send().await.unwrap();
    assert_eq!(ready.status(), 503);
    cluster.revive().unwrap();
    let begun = Instant::now();
    while site.mail(&server, numbered(u32::MAX - 1, 0)).await != 202 {
        assert!(begun.elapsed() < Duration::from_secs(10), "not back within 10 s");
    }
    let (acknowledged, refused) = load.end().await;
    assert!(!acknowledged.is_empty() && refused.keys().all(|status| *status == 503), "{refused:?}");
    assert_eq!(site.settled(&server).await, 0);
    assert!(server.stop().success());
    site.holds_each_once(&acknowledged).await;
}

#[test]
fn a_postgres_that_is_not_there_is_one_sentence_and_exit_code_4() {
    let dir = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://kulanz:hunter2@127.0.0.1:{port}/house");
    let (code, said) = failing(&dir.path().join("data"), &url, &["serve"]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains(&format!("nothing answers at 127.0.0.1:{port}")), "{said}");
    assert!(said.contains("start PostgreSQL") && !said.contains("hunter2"), "{said}");
}

#[test]
fn a_damaged_foreign_or_newer_database_file_is_a_sentence_that_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let good = dir.path().join("good");
    let ground = Ground { data: good.clone(), database: sqlite(&good), variables: Vec::new() };
    ground.run(&["token", "create", "t", "--scope", "read"]);
    let bytes = std::fs::read(good.join("kulanz.db")).unwrap();
    let with = |at: usize, new: &[u8]| {
        let mut changed = bytes.clone();
        changed[at..at + new.len()].copy_from_slice(new);
        changed
    };
    let garbled: Vec<u8> =
        bytes.iter().enumerate().map(|(at, b)| b ^ (u8::from(at >= 4_096) * 0x5a)).collect();
    let cases: [(&str, Vec<u8>, &str); 6] = [
        ("text", b"dear diary\n".repeat(1_000), "put a backup in its place"),
        ("cut", bytes[..bytes.len() / 3].to_vec(), "put a backup in its place"),
        ("garbled", garbled, "put a backup in its place"),
        ("zeros", vec![0; 50_000], "put a backup in its place"),
        // The header's user_version and application_id.
        ("newer", with(60, &99_u32.to_be_bytes()), "start the newer build"),
        ("other", with(68, &77_u32.to_be_bytes()), "name another file"),
    ];
    for (name, content, advice) in cases {
        let data = dir.path().join(name);
        std::fs::create_dir_all(data.join("keys")).unwrap();
        std::fs::copy(good.join("keys/seal.key"), data.join("keys/seal.key")).unwrap();
        std::fs::write(data.join("kulanz.db"), &content).unwrap();
        for command in [&["serve"][..], &["db", "check"][..]] {
            let (code, said) = failing(&data, &sqlite(&data), command);
            assert_eq!(code, 4, "{name} {command:?}: {said}");
            assert!(said.contains(advice) && said.contains("kulanz.db"), "{name} {command:?}: {said}");
        }
        assert_eq!(std::fs::read(data.join("kulanz.db")).unwrap(), content, "{name} was left as it is");
    }
}

#[test]
fn damage_inside_a_file_that_opens_is_found_by_db_check() {
    let dir = tempfile::tempdir().unwrap();
    let ground = Ground { data: dir.path().into(), database: sqlite(dir.path()), variables: Vec::new() };
    let articles: String = (0..400)
        .map(|n| format!("{{\"key\":\"a{n}\",\"locale\":\"en\",\"title\":\"t{n}\",\"body\":\"{}\",\"state\":\"public\"}}\n", "word ".repeat(400)))
        .collect();
    let file = dir.path().join("articles.jsonl");
    std::fs::write(&file, articles).unwrap();
    ground.run(&["article", "import", file.to_str().unwrap()]);
    ground.run(&["db", "check"]);
    let path = dir.path().join("kulanz.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() * 2 / 3 / 4_096 * 4_096;
    bytes[middle..middle + 8 * 4_096].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let (code, said) = failing(dir.path(), &sqlite(dir.path()), &["db", "check"]);
    assert!(code != 0 && said.contains("backup"), "{code} {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_under_load_drains_and_a_second_one_ends_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::prepare(dir.path(), sqlite(dir.path()));
    let server = site.serve().await;
    let load = Load::start(&site, &server, 0);
    pause(Duration::from_millis(500)).await;
    let begun = Instant::now();
    assert_eq!(server.stop().code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(20), "the drain took {:?}", begun.elapsed());
    let (acknowledged, _) = load.end().await;
    let server = site.serve().await;
    assert_eq!(site.settled(&server).await, 0);
    // A request that never ends keeps the drain waiting.
    let mut stuck = std::net::TcpStream::connect(server.base.trim_start_matches("http://")).unwrap();
    let head = format!(
        "POST /api/v1/inbound/mail HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: message/rfc822\r\ncontent-length: 9\r\n\r\nx",
        site.secret
    );
    stuck.write_all(head.as_bytes()).unwrap();
    pause(Duration::from_millis(300)).await;
    signal(server.pid(), "-TERM");
    pause(Duration::from_millis(500)).await;
    let begun = Instant::now();
    signal(server.pid(), "-TERM");
    assert_eq!(server.wait().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(2), "the second signal took {:?}", begun.elapsed());
    site.holds_each_once(&acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_stood_still_past_its_leases_doubles_nothing() {
    if !tests::database::postgres_is_here().await {
        return;
    }
    let cluster = tokio::task::spawn_blocking(EphemeralPostgres::start).await.unwrap().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let url = cluster.fresh_database().await.unwrap();
    let one = Site::prepare(&dir.path().join("one"), url.clone());
    // Hosts that share a database share the key.
    std::fs::create_dir_all(dir.path().join("two/keys")).unwrap();
    std::fs::copy(dir.path().join("one/keys/seal.key"), dir.path().join("two/keys/seal.key")).unwrap();
    let two = Site { secret: one.secret.clone(), ..Site::bare(&dir.path().join("two"), url) };
    let (first, second) = (one.serve().await, two.serve().await);
    let load = Load::start(&one, &first, 0);
    let mut lost = 0;
    // Whether it holds a lease at the moment it is stopped is chance: a few tries.
    for _ in 0..5 {
        pause(Duration::from_millis(700)).await;
        signal(second.pid(), "-STOP");
        pause(Duration::from_millis(3_500)).await;
        signal(second.pid(), "-CONT");
        pause(Duration::from_millis(500)).await;
        let metrics = two.http.get(format!("{}/metrics", second.base)).send().await.unwrap();
        let metrics = metrics.text().await.unwrap();
        let counted = metrics.lines().find_map(|l| l.strip_prefix("kulanz_leases_lost_total "));
        lost = counted.and_then(|n| n.parse().ok()).unwrap_or(0);
        if lost > 0 {
            break;
        }
    }
    let (acknowledged, refused) = load.end().await;
    assert!(refused.is_empty(), "{refused:?}");
    assert!(lost > 0, "the still host never came back to a lease that was somebody else's");
    assert_eq!(one.settled(&first).await, 0);
    assert!(first.stop().success() && second.stop().success());
    one.holds_each_once(&acknowledged).await;
}

#[test]
fn the_compiling_child_limits_its_own_memory_and_processor_time() {
    let mut child = Command::new(kulanz())
        .arg("__compile")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let file = format!("/proc/{}/limits", child.id());
    let limited = |limits: &str, name: &str| {
        limits.lines().any(|line| line.starts_with(name) && !line.contains("unlimited"))
    };
    let begun = Instant::now();
    loop {
        let limits = std::fs::read_to_string(&file).unwrap();
        if limited(&limits, "Max address space") && limited(&limits, "Max cpu time") {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{limits}");
        std::thread::yield_now();
    }
    // Many functions are work, no harm; nonsense is a sentence.
    let functions = "(func (result i32) i32.const 1)".repeat(10_000);
    let component = format!("(component (core module {functions}))");
    drop(child.stdin.take().unwrap().write_all(component.as_bytes()));
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("cannot be compiled"));
}
