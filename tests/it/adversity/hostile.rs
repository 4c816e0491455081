//! Mails and requests made to harm: each ends as a ticket or a refusal, in bounded time and memory, and what
//! they hold never shows in logs or metrics.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tests::binary::{Server, kulanz, pause};

use super::{Site, sqlite};

/// Resident memory of a server that has read mails of a few MB, most, kB. The binary under test is a
/// debug build; a leak or a blow-up per part or header would be far above.
const RESIDENT_KB_MAX: u64 = 400_000;
/// Time one hostile mail of a few MB may take from arrival to ticket in a debug build.
const TICKET_WAIT: Duration = Duration::from_secs(30);

fn resident_kb(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn mail(name: &str, rest: &[u8]) -> Vec<u8> {
    let head = format!(
        "From: {name}@example.org\r\nMessage-ID: <{name}@example.org>\r\nSubject: hostile {name}\r\n"
    );
    [head.as_bytes(), rest].concat()
}

/// Shapes that bring other readers of mail down.
fn shapes() -> Vec<(&'static str, Vec<u8>)> {
    let mixed = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    let parts = format!("{mixed}{}", "--b\r\n\r\nx\r\n".repeat(100_000));
    let headers = format!("{}\r\nbody", "X-A: y\r\n".repeat(100_000));
    let mut nested = "Content-Type: multipart/mixed; boundary=b0\r\n\r\n".to_owned();
    for n in 0..10_000 {
        nested.push_str(&format!("--b{n}\r\nContent-Type: multipart/mixed; boundary=b{}\r\n\r\n", n + 1));
    }
    let names: String = ["../../x", "..\\..\\x", "/etc/passwd", "con", "\u{202e}gnp.exe", "..", ""]
        .iter()
        .map(|name| format!("--b\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\nx\r\n"))
        .collect();
    vec![
        ("parts", mail("parts", parts.as_bytes())),
        ("headers", mail("headers", headers.as_bytes())),
        ("nested", mail("nested", nested.as_bytes())),
        ("names", mail("names", format!("{mixed}{names}--b--").as_bytes())),
        ("big", mail("big", &[b"\r\n".as_slice(), &vec![b'x'; 4_000_000]].concat())),
        ("html", mail("html", format!("Content-Type: text/html\r\n\r\n{}", "<div>".repeat(60_000)).as_bytes())),
        ("bytes", mail("bytes", b"Content-Type: text/plain; charset=utf-8\r\n\r\n\xff\xfe\xc3\x28\0\xed\xa0\x80")),
        ("subject", format!("From: s@example.org\r\nSubject: {}\r\n\r\nhi", "s".repeat(200_000)).into_bytes()),
        ("inject", b"From: =?utf-8?q?a=0D=0ABcc:_e@x.example?= <v@example.org>\r\nSubject: =?utf-8?q?hi=0D=0ABcc:_e@x.example?=\r\n\r\nhello".to_vec()),
        ("nobody", b"Subject: nobody\r\n\r\nhi".to_vec()),
        ("nothing", b"x".to_vec()),
        ("zeros", vec![0; 500_000]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hostile_mail_ends_as_a_ticket_in_bounded_time_and_memory() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::prepare(dir.path(), sqlite(dir.path()));
    let server = site.serve().await;
    let shapes = shapes();
    let count = shapes.len();
    for (name, raw) in shapes {
        let begun = Instant::now();
        assert_eq!(site.mail(&server, raw).await, 202, "{name}");
        assert_eq!(site.settled(&server).await, 0, "{name} was given up");
        assert!(begun.elapsed() < TICKET_WAIT, "{name} took {:?}", begun.elapsed());
    }
    let (_, page) = site.get(&server, "/api/v1/tickets?limit=200").await;
    let tickets = page["items"].as_array().unwrap().clone();
    assert_eq!(tickets.len(), count, "one ticket each");
    for ticket in tickets {
        assert!(!ticket["subject"].as_str().unwrap().contains(['\r', '\n', '\0']));
        let path = format!("/api/v1/tickets/{}/messages", ticket["number"]);
        let (status, messages) = site.get(&server, &path).await;
        assert_eq!(status, 200);
        for message in messages["items"].as_array().unwrap() {
            assert!(!message["text"].as_str().unwrap().contains('\0'));
            for file in message["attachments"].as_array().unwrap() {
                let name = file["file_name"].as_str().unwrap();
                assert!(
                    !name.contains(['/', '\\', '\u{202e}']) && name != ".." && !name.is_empty(),
                    "{name:?}"
                );
            }
        }
    }
    let resident = resident_kb(&server);
    assert!(resident < RESIDENT_KB_MAX, "{resident} kB");
    assert!(server.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_requests_are_refused_as_problems_and_never_break_the_server() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::prepare(dir.path(), sqlite(dir.path()));
    let server = site.serve().await;
    let deep_array = "[".repeat(200_000);
    let deep_object = "{\"subject\":".repeat(40_000);
    let bodies: [&[u8]; 10] = [
        deep_array.as_bytes(),
        deep_object.as_bytes(),
        b"{\"subject\":\"a\",\"subject\":\"b\",\"text\":\"t\",\"email\":\"a@b.example\"}",
        b"{\"subject\":\"\xff\",\"text\":\"t\",\"email\":\"a@b.example\"}",
        b"{\"subject\":\"\\ud800\",\"text\":\"t\",\"email\":\"a@b.example\"}",
        b"{\"subject\":1e999,\"text\":\"t\",\"email\":\"a@b.example\"}",
        b"{\"subject\":\"s\",\"text\":\"t\",\"email\":\"a@b.example\\r\\nBcc: c@d.example\"}",
        b"null",
        b"",
        b"{",
    ];
    for body in bodies {
        let request = site.http.post(format!("{}/api/v1/tickets", server.base)).bearer_auth(&site.secret);
        let answer =
            request.header("content-type", "application/json").body(body.to_vec()).send().await.unwrap();
        assert!(answer.status().is_client_error(), "{}: {:?}", answer.status(), &body[..body.len().min(60)]);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
    let number = "9".repeat(10_000);
    let many: String = (0..8_000).map(|n| format!("k{n}=1&")).collect();
    for path in [
        &format!("tickets/{number}"),
        &format!("tickets?{many}"),
        "tickets/%00",
        "tickets?tag=%00",
        "tickets/..%2f..%2fetc%2fpasswd",
        "tickets/%ff",
        "tickets?cursor=tkt_ZZZZZZZZZZZZZZZZZZZZZZZZZZZ",
        "tickets?cursor=';--",
        "tickets?limit=0",
        "contacts?email=%00",
        "runs/run_%00",
        "nothing",
    ] {
        let (status, problem) = site.get(&server, &format!("/api/v1/{path}")).await;
        let shown = &path[..path.len().min(40)];
        assert!((400..500).contains(&status), "{shown}: {status}");
        assert!(problem["code"].is_string(), "{shown}: {problem}");
    }
    for raw in [
        "POST /api/v1/tickets HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef"
            .to_owned(),
        format!("GET / HTTP/1.1\r\nhost: x\r\nx-a: {}\r\n\r\n", "a".repeat(1_000_000)),
        format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(2_000)),
    ] {
        let mut line = std::net::TcpStream::connect(server.base.trim_start_matches("http://")).unwrap();
        line.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        // The server may answer and close before it was sent all.
        let _ = line.write_all(raw.as_bytes());
        let mut answer = [0; 12];
        if line.read_exact(&mut answer).is_ok() {
            assert!(answer.starts_with(b"HTTP/1.1 4"), "{:?}", String::from_utf8_lossy(&answer));
        }
    }
    assert_eq!(site.get(&server, "/api/v1/tickets").await.0, 200, "and it lives");
    assert!(server.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_customers_write_and_what_opens_doors_is_in_no_log_and_no_metric() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::prepare(dir.path(), sqlite(dir.path()));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let log = dir.path().join("server.log");
    let mut server = Command::new(kulanz())
        .arg("--data-dir")
        .arg(dir.path())
        .args(["--database", &sqlite(dir.path()), "--log", "trace", "serve"])
        .args(["--listen", &format!("127.0.0.1:{port}")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let base = format!("http://127.0.0.1:{port}");
    let mut alive = false;
    for _ in 0..2_000 {
        alive = site.http.get(format!("{base}/readyz")).send().await.is_ok_and(|a| a.status().is_success());
        if alive {
            break;
        }
        pause(Duration::from_millis(10)).await;
    }
    assert!(alive);
    let raw = b"From: Zebulon Quux <zquux@private.example>\r\nSubject: Zsubject\r\nMessage-ID: <zid@private.example>\r\n\r\nZbody, IBAN DE89 3704 0044 0532 0130 00.\r\n";
    assert_eq!(super::send(&site.http, &base, &site.secret, raw.to_vec()).await.unwrap(), 202);
    // A broken body and an address in a path are logged by careless servers.
    let request = site.http.post(format!("{base}/api/v1/tickets")).bearer_auth(&site.secret);
    let broken = "{\"subject\":\"Zsubject\",\"text\":7}";
    assert_eq!(
        request.header("content-type", "application/json").body(broken).send().await.unwrap().status(),
        422
    );
    let gone = site.http.delete(format!("{base}/api/v1/suppressions/zquux@private.example"));
    assert_eq!(gone.bearer_auth(&site.secret).send().await.unwrap().status(), 404);
    let mut waiting = true;
    for _ in 0..600 {
        let answer =
            site.http.get(format!("{base}/api/v1/tickets")).bearer_auth(&site.secret).send().await.unwrap();
        let tickets: serde_json::Value = answer.json().await.unwrap();
        waiting = tickets["items"].as_array().unwrap().is_empty();
        if !waiting {
            break;
        }
        pause(Duration::from_millis(50)).await;
    }
    assert!(!waiting, "no ticket");
    let metrics = site.http.get(format!("{base}/metrics")).send().await.unwrap().text().await.unwrap();
    super::signal(server.id(), "-TERM");
    assert!(server.wait().unwrap().success());
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("ready") && metrics.contains("kulanz_"));
    for word in ["Zebulon", "zquux", "Zsubject", "Zbody", "zid@", "DE89", "3704", site.secret.as_str()] {
        let line = log.lines().find(|line| line.contains(word)).unwrap_or_default();
        assert!(line.is_empty(), "`{word}` stands in the log: {line}");
        assert!(!metrics.contains(word), "`{word}` stands in the metrics");
    }
}
