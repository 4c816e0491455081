//! The guard against every way round it (attacks 14 to 19), and a server on loopback that misbehaves.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;

/// An HTTP answer as bytes.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len())
            .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A server on loopback that gives everybody the same bytes and tells what it was asked.
pub(crate) async fn loopback(answer: Vec<u8>) -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (send, receive) = mpsc::channel(16);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = read_request(&mut stream).await;
            let _ = send.send(request).await;
            let _ = stream.write_all(&answer).await;
            let _ = stream.flush().await;
        }
    });
    (port, receive)
}

async fn read_request(stream: &mut tokio::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0u8; 8_192];
    loop {
        let count = stream.read(&mut buffer).await.unwrap_or(0);
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if count == 0 {
            return text;
        }
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length: usize = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned))
            .and_then(|value| value.parse().ok())
            .unwrap_or(0);
        if body.len() >= length {
            return text;
        }
    }
}

fn open_options() -> FetchOptions {
    FetchOptions {
        allow_plain_http: true,
        allow_private_addresses: true,
        timeout_ms: 5_000,
        ..FetchOptions::default()
    }
}

fn get(url: &str) -> Request {
    Request { method: "GET".into(), url: url.into(), ..Request::default() }
}

/// A resolver with fixed answers, one per question; counts the questions.
struct Scripted {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Scripted {
    fn new(answers: Vec<Vec<IpAddr>>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers), asked: AtomicUsize::new(0) })
    }
}

#[async_trait::async_trait]
impl Resolve for Scripted {
    async fn resolve(&self, _host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        let answers = self.answers.lock().unwrap();
        Ok(answers[asked.min(answers.len() - 1)].iter().map(|ip| SocketAddr::new(*ip, port)).collect())
    }
}

const NOT_PUBLIC: &[&str] = &[
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "169.254.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::2",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00::1",
    "fd12:3456::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
];

const PUBLIC: &[&str] = &[
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "126.255.255.255",
    "128.0.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "2001:4860:4860::8888",
    "2606:4700::1111",
    "2a00:1450::1",
];

/// Every spelling of an address that is not public.
#[test]
fn h14_no_address_that_is_not_public_is_allowed() {
    for text in NOT_PUBLIC {
        assert!(refused_address(text.parse().unwrap()).is_some(), "{text}");
    }
    for text in PUBLIC {
        assert_eq!(refused_address(text.parse().unwrap()), None, "{text}");
    }
}

/// As URLs, granted by name even, and still refused before any connection.
#[tokio::test]
async fn h14_no_spelling_of_a_private_host_is_called() {
    let (port, mut requests) = loopback(answer("200 OK", "", b"secret")).await;
    let fetch = Fetch::new(FetchOptions { allow_private_addresses: false, ..open_options() });
    for host in [
        "127.0.0.1",
        "[::1]",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "017700000001",
        "127.1",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "[::]",
        "[0:0:0:0:0:ffff:7f00:1]",
        "169.254.169.254",
        "[fd00::1]",
        "100.64.0.1",
        "[64:ff9b::7f00:1]",
    ] {
        let url = format!("http://{host}:{port}/");
        let granted = host_of(&url).unwrap();
        let result = fetch.send(get(&url), &granted).await;
        assert!(matches!(result, Err(FetchError::Denied { .. })), "{host}: {result:?}");
    }
    assert!(requests.try_recv().is_err(), "something reached the server");
}

#[tokio::test]
async fn our_own_listeners_are_never_a_target() {
    let (port, mut requests) = loopback(answer("200 OK", "", b"")).await;
    let own = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    let fetch = Fetch::new(FetchOptions { own_addresses: vec![own], ..open_options() });
    for host in ["127.0.0.1", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "[::ffff:0.0.0.0]"] {
        let url = format!("http://{host}:{port}/");
        assert!(
            matches!(fetch.send(get(&url), &host_of(&url).unwrap()).await, Err(FetchError::Denied { .. })),
            "{host}"
        );
    }
    assert!(requests.try_recv().is_err());
}

#[tokio::test]
async fn a_listener_on_all_addresses_is_found_on_every_loopback_address_and_not_on_another_port() {
    let (port, mut requests) = loopback(answer("200 OK", "", b"hi")).await;
    for own in [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)] {
        let own_addresses = vec![SocketAddr::new(own, port)];
        let fetch = Fetch::new(FetchOptions { own_addresses, ..open_options() });
        for host in ["127.0.0.1", "127.0.0.2", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"] {
            let url = format!("http://{host}:{port}/");
            let sent = fetch.send(get(&url), &host_of(&url).unwrap()).await;
            assert!(matches!(sent, Err(FetchError::Denied { .. })), "{own} {host}: {sent:?}");
        }
    }
    assert!(requests.try_recv().is_err());
    let own_addresses = vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port.wrapping_add(1))];
    let fetch = Fetch::new(FetchOptions { own_addresses, ..open_options() });
    let url = format!("http://127.0.0.1:{port}/");
    assert!(fetch.send(get(&url), &host_of(&url).unwrap()).await.is_ok(), "another service of this machine");
}

/// The first answer is checked and used; a second one is never asked for.
#[tokio::test]
async fn h15_rebinding_changes_nothing_because_there_is_one_look_up() {
    let (port, mut requests) = loopback(answer("200 OK", "", b"hi")).await;
    let loopback_ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let resolver = Scripted::new(vec![vec!["8.8.8.8".parse().unwrap(), loopback_ip], vec![loopback_ip]]);
    let strict = FetchOptions { allow_private_addresses: false, ..open_options() };
    let fetch = Fetch::with_resolver(strict, resolver.clone());
    let url = format!("http://api.example.com:{port}/");
    let granted = format!("api.example.com:{port}");
    assert!(
        matches!(fetch.send(get(&url), &granted).await, Err(FetchError::Denied { .. })),
        "one private address among public ones"
    );
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 1);
    assert!(requests.try_recv().is_err());
    // The connection goes to what was looked up, under the name that was asked for.
    let resolver = Scripted::new(vec![vec![loopback_ip], vec!["192.0.2.1".parse().unwrap()]]);
    let fetch = Fetch::with_resolver(open_options(), resolver.clone());
    assert_eq!(fetch.send(get(&url), &granted).await.unwrap().body, b"hi");
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 1);
    assert!(requests.recv().await.unwrap().contains(&format!("host: api.example.com:{port}\r\n")));
}

/// A redirect is an answer, not an order.
#[tokio::test]
async fn h16_redirects_are_not_followed() {
    let (target, mut reached) = loopback(answer("200 OK", "", b"secret")).await;
    for location in [
        format!("http://127.0.0.1:{target}/"),
        "http://169.254.169.254/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let (port, _requests) =
            loopback(answer("302 Found", &format!("Location: {location}\r\n"), b"")).await;
        let response = Fetch::new(open_options())
            .send(get(&format!("http://127.0.0.1:{port}/")), &format!("127.0.0.1:{port}"))
            .await
            .unwrap();
        assert_eq!((response.status, response.body.len()), (302, 0));
    }
    assert!(reached.try_recv().is_err());
}

/// The granted host, exactly.
#[tokio::test]
async fn h17_only_the_granted_host_is_called() {
    let fetch = Fetch::with_resolver(
        FetchOptions::default(),
        Scripted::new(vec![vec!["127.0.0.1".parse().unwrap()]]),
    );
    for url in [
        "https://good.example@evil.example/",
        "https://good.example:x@evil.example/",
        "https://good.example.evil.example/",
        "https://good.example./",
        "https://evil.example/good.example",
        "https://evil.example#good.example",
        "https://evil.example?good.example",
        "https://evil.example\\@good.example/",
        "https://good.example\\.evil.example/",
        "https://good.example%2eevil.example/",
        "https://good.example:8443/",
        "https://sub.good.example/",
        "https://gооd.example/",
        "https://xn--god-hoa.example/",
        "http://good.example/",
        "ftp://good.example/",
        "file:///etc/passwd",
        "//good.example/",
        "good.example",
        "",
        "https://",
        "https:///",
        "https:///good.example/",
        "https:good.example",
        "https://good.example\t.evil.example/",
        "https://good.\nexample/",
        " https://good.example/",
        "https://user@good.example/",
        "https://@good.example/",
        "data:text/plain,x",
        "javascript:1",
    ] {
        let result = fetch.send(get(url), "good.example").await;
        let refused = matches!(&result, Err(FetchError::Denied { why } | FetchError::Invalid { why }) if !why.contains("leads to"));
        assert!(refused, "{url:?}: {result:?}");
    }
    // These are the granted host: they get as far as its (refused) address.
    for url in [
        "https://good.example/",
        "https://GOOD.example/a?b=c#d",
        "https://good.example:443/",
        "https://good%2Eexample/",
    ] {
        let result = fetch.send(get(url), "good.example").await;
        assert!(
            matches!(&result, Err(FetchError::Denied { why }) if why.contains("leads to a loopback")),
            "{url}: {result:?}"
        );
    }
    let result = fetch.send(get("https://good.example:8443/"), "good.example:8443").await;
    assert!(matches!(&result, Err(FetchError::Denied { why }) if why.contains("leads to")), "{result:?}");
}

/// Slow, endless, packed and talkative answers.
#[tokio::test]
async fn h18_answers_are_cut_by_time_and_size() {
    let options = FetchOptions { response_bytes_max: 1_000, timeout_ms: 300, ..open_options() };
    let fetch = Fetch::new(options.clone());
    let call = async |bytes: Vec<u8>| {
        let (port, _requests) = loopback(bytes).await;
        fetch.send(get(&format!("http://127.0.0.1:{port}/")), &format!("127.0.0.1:{port}")).await
    };
    assert_eq!(call(answer("200 OK", "", &[b'x'; 1_000])).await.unwrap().body.len(), 1_000);
    assert_eq!(
        call(answer("200 OK", "", &[b'x'; 1_001])).await,
        Err(FetchError::TooLarge { limit_bytes: 1_000 })
    );
    let mut endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
    endless.resize(100_000, b'x');
    assert_eq!(call(endless).await, Err(FetchError::TooLarge { limit_bytes: 1_000 }));
    let talkative = answer("200 OK", &"X-A: y\r\n".repeat(90), b"");
    assert_eq!(call(talkative).await, Err(FetchError::TooLarge { limit_bytes: options.header_bytes_max }));
    assert!(matches!(
        call(answer("200 OK", &"X-A: y\r\n".repeat(10_000), b"")).await,
        Err(FetchError::Unavailable { .. })
    ));
    assert!(matches!(call(b"no http at all\r\n\r\n".to_vec()).await, Err(FetchError::Unavailable { .. })));
    // Packed bytes are handed on as they are: nothing is unpacked, so nothing explodes.
    let packed = answer("200 OK", "Content-Encoding: gzip\r\n", b"\x1f\x8b\x08\x00");
    assert_eq!(call(packed).await.unwrap().body, b"\x1f\x8b\x08\x00");
    // A promise of more that never comes.
    let slow = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx".to_vec();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (hold, wait) = tokio::sync::oneshot::channel::<()>();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(&slow).await.unwrap();
        let _ = wait.await;
    });
    let result = fetch.send(get(&format!("http://127.0.0.1:{port}/")), &format!("127.0.0.1:{port}")).await;
    assert!(
        matches!(result, Err(FetchError::Timeout { limit_ms: 300 } | FetchError::Unavailable { .. })),
        "{result:?}"
    );
    drop(hold);
}

/// What frames the message is not the guest's to set.
#[tokio::test]
async fn h19_framing_headers_and_broken_values_are_refused() {
    let (port, mut requests) = loopback(answer("200 OK", "", b"")).await;
    let fetch = Fetch::new(open_options());
    let url = format!("http://127.0.0.1:{port}/");
    let granted = format!("127.0.0.1:{port}");
    for (name, value) in [
        ("Host", "evil.example"),
        ("content-length", "5"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
        ("Proxy-Authorization", "x"),
        ("proxy-x", "y"),
        ("Cookie", "a=b"),
        ("Upgrade", "h2c"),
        ("TE", "trailers"),
        ("X-A", "a\r\nX-B: c"),
        ("X-A", "a\nb"),
        ("X-A", "a\0b"),
        ("X A", "b"),
        ("X-A\r\nX-B", "c"),
        ("", "x"),
    ] {
        let request = Request { headers: vec![(name.into(), value.into())], ..get(&url) };
        assert!(
            matches!(fetch.send(request, &granted).await, Err(FetchError::Invalid { .. })),
            "{name}: {value:?}"
        );
    }
    let too_many =
        Request { headers: (0..65).map(|n| (format!("x-{n}"), "y".to_owned())).collect(), ..get(&url) };
    assert!(matches!(fetch.send(too_many, &granted).await, Err(FetchError::Invalid { .. })));
    let too_long = Request { method: "POST".into(), body: vec![b'x'; 256 * 1024 + 1], ..get(&url) };
    assert!(matches!(fetch.send(too_long, &granted).await, Err(FetchError::Invalid { .. })));
    for method in ["CONNECT", "TRACE", "", "GET /x", "FOO"] {
        assert!(
            matches!(
                fetch.send(Request { method: method.into(), ..get(&url) }, &granted).await,
                Err(FetchError::Invalid { .. })
            ),
            "{method}"
        );
    }
    assert!(requests.try_recv().is_err());
}

#[tokio::test]
async fn an_honest_request_gets_its_answer() {
    let (port, mut requests) =
        loopback(answer("201 Created", "X-Order: 17\r\nSet-Cookie: a=b\r\n", b"{\"ok\":true}")).await;
    let request = Request {
        method: "post".into(),
        url: format!("http://127.0.0.1:{port}/orders?id=7"),
        headers: vec![("X-Api-Key".into(), "k".into())],
        body: b"{}".to_vec(),
    };
    let response = Fetch::new(open_options()).send(request, &format!("127.0.0.1:{port}")).await.unwrap();
    assert_eq!((response.status, response.body.as_slice()), (201, &b"{\"ok\":true}"[..]));
    assert!(response.headers.contains(&("x-order".into(), "17".into())));
    assert!(!response.headers.iter().any(|(name, _)| name == "set-cookie"));
    let asked = requests.recv().await.unwrap();
    assert!(
        asked.starts_with("POST /orders?id=7 HTTP/1.1\r\n")
            && asked.contains("x-api-key: k\r\n")
            && asked.ends_with("\r\n\r\n{}"),
        "{asked}"
    );
}

#[tokio::test]
async fn a_host_that_is_not_there_is_unavailable_and_the_url_is_not_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = Fetch::new(open_options())
        .send(get(&format!("http://127.0.0.1:{port}/?token=geheim")), &format!("127.0.0.1:{port}"))
        .await
        .unwrap_err();
    assert!(matches!(error, FetchError::Unavailable { .. }));
    assert!(!error.to_string().contains("geheim"), "{error}");
}
