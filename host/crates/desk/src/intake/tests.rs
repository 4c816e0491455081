//! What counts as having come in before.

use super::*;
use crate::fixture::Fixture;
use crate::{Page, TicketFilter};

const MAIL: &str = "From: Ana <ana@example.org>\nTo: sales@shop.example, help@shop.example\nSubject: Parcel\n\
    Message-ID: <1@example.org>\nDate: Mon, 2 Mar 2026 09:00:00 +0100\n\nWhere is it?\n";

async fn received(house: &Fixture, source: &str, mail: &str) -> IntakeReceipt {
    house.desk.receive_mail(source, mail.as_bytes().to_vec()).await.unwrap()
}

/// How many tickets there are once everything is worked.
async fn tickets(house: &Fixture) -> usize {
    house.desk.settle().await.unwrap();
    house.store.tickets(&TicketFilter::default(), &Page::first(9)).await.unwrap().len()
}

#[tokio::test]
async fn one_mail_by_several_ways_is_taken_once() {
    let house = Fixture::new().await;
    let first = received(&house, "lmtp", &format!("Received: from mx1\nX-Spam: no\n{MAIL}")).await;
    assert!(!first.duplicate);
    assert_eq!(tickets(&house).await, 1);
    for (source, copy) in [
        ("lmtp", format!("Received: from mx2\nDelivered-To: sales@shop.example\n{MAIL}")),
        ("api", MAIL.to_owned()),
        ("imap", format!("Authentication-Results: mx; dmarc=fail\n{MAIL}").replace('\n', "\r\n")),
    ] {
        let again = received(&house, source, &copy).await;
        assert_eq!((again.duplicate, again.intake_id), (true, first.intake_id), "{source}");
    }
    assert_eq!(tickets(&house).await, 1);
}

#[tokio::test]
async fn who_guesses_a_message_id_keeps_nobodys_mail_out() {
    let house = Fixture::new().await;
    let guessed = MAIL.replace("Where is it?", "Nothing.");
    let forged = MAIL.replace("ana@", "eve@");
    for mail in [guessed.as_str(), forged.as_str(), MAIL] {
        assert!(!received(&house, "lmtp", mail).await.duplicate, "{mail}");
    }
    assert_eq!(tickets(&house).await, 3);
}

#[tokio::test]
async fn without_a_message_id_a_mail_is_known_by_its_bytes_at_its_entrance_only() {
    let house = Fixture::new().await;
    let mail = MAIL.replace("Message-ID: <1@example.org>\n", "");
    let first = received(&house, "lmtp", &mail).await;
    assert_eq!(received(&house, "lmtp", &mail).await, IntakeReceipt { duplicate: true, ..first });
    assert!(!received(&house, "lmtp", &format!("Received: from mx2\n{mail}")).await.duplicate);
    assert!(!received(&house, "api", &mail).await.duplicate);
    assert_eq!(tickets(&house).await, 3);
}

#[tokio::test]
async fn what_is_remembered_of_a_writing_tells_nothing_to_who_lacks_the_key() {
    let house = Fixture::new().await;
    let first = received(&house, "lmtp", MAIL).await;
    let written = email::written_digest(MAIL.as_bytes()).unwrap();
    assert_eq!(house.store.seen(AS_WRITTEN, &written).await.unwrap(), None);
    let keyed = house.desk.0.seal.digest(AS_WRITTEN, &written);
    assert_eq!(house.store.seen(AS_WRITTEN, &keyed).await.unwrap(), Some(first.intake_id.to_string()));
}
