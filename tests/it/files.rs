//! Files that people send along with an answer: they arrive as they were, are kept like those that came in, and go with
//! the person they were sent to.

use channels::email::{compose, parse};
use desk::{DeskError, NewFile, NewMessage, NewMessageKind};
use domain::message::Message;
use tests::House;
use tests::house::{admin, agent};

const QUESTION: &str = "From: Ana <ana@kunde.example>
To: help@shop.example
Subject: Return
Message-ID: <return-1@kunde.example>
Content-Type: text/plain; charset=utf-8

I want to send the shoes back. Where is the label?
";

const LABEL: &[u8] = b"%PDF-1.4\nthe label\n";

fn label() -> NewFile {
    NewFile { file_name: "../Rücksendung.pdf".to_owned(), content_type: None, bytes: LABEL.to_vec() }
}

async fn post(house: &House, kind: NewMessageKind, files: Vec<NewFile>) -> Result<Message, DeskError> {
    let ticket = house.ticket(1).await;
    let text = "Here is the label.".to_owned();
    let new = NewMessage { kind, text, article: None, draft: None, seen: None, solves: false };
    let posted = house.desk.post_with_files(ticket.id, new, files, None, agent()).await;
    house.settle().await;
    posted
}

on_both!(a_file_arrives_as_it_was_and_goes_with_the_person_it_was_sent_to, |backend| {
    let house = House::bare(backend).await;
    house.mail(QUESTION).await;
    let answer = post(&house, NewMessageKind::Reply, vec![label()]).await.unwrap();
    let sent = house.outbox.take().pop().unwrap();
    let read = parse(&compose(&sent).unwrap());
    let [file] = read.attachments.as_slice() else { panic!("{read:?}") };
    assert_eq!((file.file_name.as_str(), file.content_type.as_str()), ("Rücksendung.pdf", "application/pdf"));
    assert_eq!(file.bytes, LABEL);
    assert!(read.text.contains("Here is the label."), "{}", read.text);

    // The same bytes twice lie there once.
    post(&house, NewMessageKind::Note, vec![label()]).await.unwrap();
    assert!(house.outbox.take().is_empty(), "a note stays among us, with its file");
    let id = answer.attachments[0].id;
    assert_eq!(house.desk.open_attachment(id, agent()).await.unwrap().bytes, LABEL);

    let ana = house.store.contact_by_email("ana@kunde.example").await.unwrap().unwrap();
    let export = house.desk.export_person(ana.id, admin()).await.unwrap().to_string();
    assert!(export.contains("JVBERi0xLjQKdGhlIGxhYmVsCg=="), "{export}");
    house.desk.erase_person(ana.id, admin()).await.unwrap();
    let gone = house.desk.open_attachment(id, agent()).await.unwrap_err();
    assert!(matches!(gone, DeskError::Missing { what: "attachment", .. }), "{gone}");
});
