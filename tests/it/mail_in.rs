//! The mail server's door, from outside: the real binary, and another program's LMTP and SMTP clients.

use std::process::{Command, Stdio};
use std::time::Duration;

use tests::binary::{Ground, pause};
use tests::database::Database;

/// Hands mails over with Python's own clients and prints how each was answered.
const CLIENT: &str = r#"
import smtplib, sys
mail = lambda n: f"From: Ana <ana@kunde.example>\r\nTo: help@shop.example\r\nSubject: Parcel {n}\r\nMessage-ID: <m{n}@kunde.example>\r\n\r\nWhere is my parcel {n}?\r\n.\r\nAna\r\n"
place = sys.argv[1]
host, port = (place, 0) if place.startswith("/") else (place.rsplit(":", 1)[0], int(place.rsplit(":", 1)[1]))
lmtp = smtplib.LMTP(host, port)
print("own", lmtp.sendmail("ana@kunde.example", ["help+12.token@shop.example"], mail(1)))
print("twice", lmtp.sendmail("ana@kunde.example", ["help@shop.example"], mail(1)))
print("other way", lmtp.sendmail("ana@kunde.example", ["help@shop.example"], "Received: from mx2.shop.example\r\n" + mail(1)))
try:
    lmtp.sendmail("ana@kunde.example", ["boss@elsewhere.example"], mail(2))
except smtplib.SMTPRecipientsRefused as refused:
    print("foreign", refused.recipients["boss@elsewhere.example"][0])
lmtp.quit()
if port:
    smtp = smtplib.SMTP(host, port)
    print("smtp", smtp.sendmail("", ["help@shop.example"], mail(3)))
    smtp.quit()
"#;

fn handed_over(place: &str) -> String {
    let out = Command::new("python3").args(["-c", CLIENT, place]).stderr(Stdio::piped()).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

async fn serving(ground: &mut Ground, place: &str) -> tests::binary::Server {
    ground.variables.push(("KULANZ_MAIL__LISTENER__LISTEN", place.to_owned()));
    ground.variables.push(("KULANZ_MAIL__FROM_ADDRESS", "help@shop.example".to_owned()));
    ground.variables.push(("KULANZ_DESK__REDACTION_REQUIRED", "false".to_owned()));
    let mut server = ground.serve();
    server.ready(&reqwest::Client::new()).await;
    server
}

/// The page of all tickets, once it names one of these.
async fn page_with(server: &tests::binary::Server, subject: &str) -> String {
    let mut page = String::new();
    for _ in 0..1_000 {
        page = reqwest::get(&server.base).await.unwrap().text().await.unwrap();
        if page.contains(subject) {
            return page;
        }
        pause(Duration::from_millis(20)).await;
    }
    panic!("{subject} is not on the page: {page}");
}

on_both!(mail_from_another_programs_client_becomes_tickets_once, |backend| {
    let database = Database::fresh(backend).await;
    let data = database.dir.path().to_owned();
    let mut ground = Ground { data, database: database.url.clone(), variables: Vec::new() };
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let server = serving(&mut ground, &free).await;
    assert_eq!(handed_over(&free), "own {}\ntwice {}\nother way {}\nforeign 550\nsmtp {}\n");
    page_with(&server, "Parcel 1").await;
    let page = page_with(&server, "Parcel 3").await;
    assert_eq!(page.matches("Parcel 1").count(), 1, "{page}");
    assert!(!page.contains("Parcel 2"), "{page}");
    assert!(server.stop().success());
});

#[tokio::test]
async fn a_socket_file_is_taken_over_from_a_server_that_was_killed() {
    let data = tempfile::tempdir().unwrap();
    let place = data.path().join("lmtp.sock");
    let place = place.to_str().unwrap();
    let database = format!("sqlite://{}", data.path().join("kulanz.db").display());
    let mut ground = Ground { data: data.path().to_owned(), database, variables: Vec::new() };
    serving(&mut ground, place).await.kill();
    let server = serving(&mut ground, place).await;
    assert_eq!(handed_over(place), "own {}\ntwice {}\nother way {}\nforeign 550\n");
    assert!(server.stop().success());
}

/// Ana's mail as it comes by one way, with the words of the servers there on top.
fn by_way_of(server: &str, words: &str) -> Vec<u8> {
    format!(
        "Received: from kunde.example by {server}.shop.example
Authentication-Results: {server}.shop.example; spf=none
From: Ana <ana@kunde.example>
To: sales@shop.example, help@shop.example
Subject: Parcel
Message-ID: <parcel@kunde.example>
Date: Mon, 02 Mar 2026 09:00:00 +0100

{words}
"
    )
    .replace('\n', "\r\n")
    .into_bytes()
}

on_both!(copies_of_one_mail_that_come_at_the_same_instant_by_several_ways_are_one_ticket, |backend| {
    let house = tests::House::bare(backend).await;
    let ways = [("lmtp", "mx1"), ("lmtp", "mx2"), ("api", "mx1"), ("api", "mx2"), ("imap", "store")];
    let words = "Where is my parcel?";
    let copies = ways.map(|(entrance, server)| house.desk.receive_mail(entrance, by_way_of(server, words)));
    let receipts: Vec<_> = futures::future::join_all(copies).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(receipts.iter().filter(|receipt| !receipt.duplicate).count(), 1, "{receipts:?}");
    assert!(receipts.iter().all(|receipt| receipt.intake_id == receipts[0].intake_id), "{receipts:?}");
    house.settle().await;
    assert_eq!(house.tickets().await.len(), 1);
    // Who knows the Message-ID and no more than that.
    let guessed = house.desk.receive_mail("lmtp", by_way_of("mx1", "Never mind.")).await.unwrap();
    assert!(!guessed.duplicate);
    house.settle().await;
    let mut said = Vec::new();
    for ticket in house.tickets().await {
        said.extend(house.store.messages(ticket.id).await.unwrap().into_iter().map(|message| message.text));
    }
    assert!(said.iter().any(|text| text.contains(words)), "{said:?}");
    assert!(said.iter().any(|text| text.contains("Never mind.")), "{said:?}");
});

/// A mail with one file.
fn with_file(name: &str, content: &str) -> String {
    format!(
        "From: Ana <ana@kunde.example>
To: help@shop.example
Subject: The invoice
Message-ID: <file-{name}@kunde.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

Please find the invoice attached and tell me whether it is right.
--b
Content-Type: application/pdf; name=\"{name}\"
Content-Disposition: attachment; filename=\"{name}\"
Content-Transfer-Encoding: base64

{content}
--b--
"
    )
}

on_both!(an_agent_is_told_of_a_file_that_is_not_what_it_looks_like, |backend| {
    let house = tests::House::bare(backend).await;
    // A Windows program that calls itself a PDF, and a PDF.
    house.mail(&with_file("invoice.pdf", "TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAA=")).await;
    house.mail(&with_file("letter.pdf", "JVBERi0xLjQKJcOkw7zDtsOfCg==")).await;
    let notes = async |number| {
        let ticket = house.ticket(number).await;
        let messages = house.store.messages(ticket.id).await.unwrap();
        let notes = messages.into_iter().filter(|m| m.direction == domain::message::Direction::Note);
        notes.map(|m| m.text).collect::<Vec<_>>()
    };
    assert_eq!(notes(1).await, ["Careful with what is attached: “invoice.pdf” is a program."]);
    assert_eq!(notes(2).await, [""; 0]);
});
