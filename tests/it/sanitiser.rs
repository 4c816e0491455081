//! The HTML of hostile mails, cleaned, in a real Chromium without sandbox or policy around it: no script runs
//! and nothing is asked for. The same pieces uncleaned do both, so that the test can fail.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use channels::email;

mod payloads;

/// What a page knows: how a script tells that it ran (a name that no element has as a property); and, after loading, what is done to it: links that run
/// are followed, what is left is written out and read in again.
const HARNESS: &str = "<!DOCTYPE html><script>function ran(n) { new Image().src = '/leak/' + n }</script>";
const PROBE: &str = "<script>onload = () => {
  for (const a of document.querySelectorAll('a, area')) {
    const to = a.protocol || (a.href && a.href.baseVal || '');
    if (/^javascript:/i.test(to.trim())) a.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
  }
  const seen = document.getElementById('seen');
  if (!seen) return;
  for (const one of seen.querySelectorAll('*'))
    for (const attribute of one.attributes)
      if (/^(on|style$|ping$|srcset$|background$|formaction$)/i.test(attribute.name)) ran('attribute');
  const again = document.createElement('div');
  document.body.append(again);
  again.innerHTML = seen.innerHTML;
  again.innerHTML = again.innerHTML;
}</script>";

/// Serves a folder page and a page a piece, and notes what else is asked for.
struct Listener {
    port: u16,
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl Listener {
    fn start(socket: TcpListener, pages: Vec<String>) -> Self {
        let port = socket.local_addr().unwrap().port();
        let asked: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let (pages, noted) = (Arc::new(pages), asked.clone());
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in socket.incoming().flatten() {
                let (pages, noted) = (pages.clone(), noted.clone());
                std::thread::spawn(move || answer(stream, &pages, &noted));
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> BTreeSet<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, pages: &[String], asked: &Mutex<BTreeSet<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let path = first.split(' ').nth(1).unwrap_or("").to_owned();
    for line in lines {
        if line.is_empty() {
            break;
        }
    }
    let page = path.strip_prefix("/page/").and_then(|number| pages.get(number.parse::<usize>().ok()?));
    let body = match (path.as_str(), page) {
        ("/", _) => {
            (0..pages.len()).map(|number| format!("<iframe src=/page/{number}></iframe>")).collect::<String>()
        }
        (_, Some(page)) => page.clone(),
        _ => String::new(),
    };
    asked.lock().unwrap().insert(path);
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // A browser that has gone away needs no answer.
    drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())));
}

/// Loads the pages and says what was asked for besides them.
fn leaks(make: impl Fn(&str) -> String) -> BTreeSet<String> {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = socket.local_addr().unwrap().to_string();
    let pages: Vec<String> = payloads::all()
        .iter()
        .enumerate()
        .map(|(number, piece)| {
            let number = number.to_string();
            let piece = piece
                .replace("LEAK", &format!("http://{host}/leak/{number}"))
                .replace("RUN", &format!("ran({number})"))
                .replace("NUMBER", &number)
                .replace("HOST", &host);
            make(&piece)
        })
        .collect();
    let listener = Listener::start(socket, pages);
    let profile = tempfile::tempdir().unwrap();
    let browser = Command::new("timeout")
        .args(["120", "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .args(["--no-first-run", "--disable-background-networking", "--disable-component-update"])
        .args(["--virtual-time-budget=10000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("http://127.0.0.1:{}/", listener.port))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .unwrap();
    assert!(browser.status.success(), "chromium ends well: {}", browser.status);
    let asked = listener.asked();
    let is_page =
        |path: &String| path.strip_prefix("/page/").is_some_and(|number| number.parse::<usize>().is_ok());
    assert_eq!(
        asked.iter().filter(|path| is_page(path)).count(),
        payloads::all().len(),
        "every page is loaded"
    );
    asked.into_iter().filter(|path| path != "/" && path != "/favicon.ico" && !is_page(path)).collect()
}

/// The HTML as intake cleans it.
fn cleaned(html: &str) -> String {
    let mail = format!(
        "From: mallory@client.example\nTo: help@shop.example\nSubject: Hi\nContent-Type: text/html; charset=utf-8\n\n{html}\n"
    );
    email::parse(mail.as_bytes()).html_safe.unwrap_or_default()
}

#[test]
fn hostile_html_that_was_cleaned_runs_no_script_and_asks_for_nothing_in_a_real_browser() {
    let pieces = payloads::all().len();
    assert!(pieces >= 200, "{pieces}");
    if !tests::binary::is_here("chromium", "chromium") {
        return;
    }
    let mut raw = leaks(|html| format!("{HARNESS}{html}\n{PROBE}"));
    raw.retain(|path| path.starts_with("/leak/"));
    // Every other piece at least is live ammunition in this browser.
    assert!(raw.len() * 2 > pieces, "{} of {pieces} uncleaned pieces leak: {raw:?}", raw.len());
    let safe = leaks(|html| format!("{HARNESS}<div id=seen>{}</div>\n{PROBE}", cleaned(html)));
    let pieces = payloads::all();
    let told: Vec<_> = safe
        .iter()
        .map(|path| {
            let number = path.rsplit('/').next().and_then(|number| number.parse::<usize>().ok());
            (path, number.and_then(|number| pieces.get(number)))
        })
        .collect();
    assert!(told.is_empty(), "cleaned pieces leak: {told:#?}");
}

#[test]
fn what_people_format_survives_the_cleaning() {
    let html = cleaned(
        "<h1>Order</h1><p>Hello <b>Bea</b>, <i>thanks</i>!</p><ul><li>one</li><li>two</li></ul>\
         <table><tr><th>Item</th><td colspan=2>Lamp</td></tr></table><blockquote>old</blockquote>\
         <a href=\"https://shop.example/o?a=1&amp;b=2\">order</a> <a href='mailto:help@shop.example'>us</a>\
         <img src='cid:logo' alt='Logo'><pre>a  b</pre>",
    );
    for kept in [
        "<b>Bea</b>",
        "<i>thanks</i>",
        "<li>one</li>",
        "<th>Item</th>",
        "<td colspan=\"2\">Lamp</td>",
        "<blockquote>old</blockquote>",
        "href=\"https://shop.example/o?a=1&amp;b=2\"",
        "mailto:help@shop.example",
        "src=\"cid:logo\"",
        "alt=\"Logo\"",
        "<pre>a  b</pre>",
    ] {
        assert!(html.contains(kept), "{kept} is missing in {html}");
    }
}
