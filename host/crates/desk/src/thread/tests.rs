//! Who may write into a ticket, and who gets one of his own.

use domain::clock::DAY_MS;
use domain::message::{Delivery, Message};
use domain::work::blank_message;
use domain::{Actor, Timestamp};
use store::{Fact, Page};

use super::*;
use crate::fixture::{Fixture, NOW};

/// A ticket of Ana's with an answer of ours on it that was sent.
async fn answered_ticket(house: &Fixture) -> (Ticket, Message) {
    let ticket = house.ticket("ana@example.org").await;
    let id = MessageId::mint(house.desk.0.ids.as_ref(), NOW);
    let mut message = blank_message(id, ticket.id, Direction::Outbound, Actor::system(), NOW);
    message.to_address = Some("ana@example.org".to_owned());
    message.internet_message_id = Some(house.desk.0.config.mail.message_id(id, "0123"));
    message.delivery = Delivery::Sent;
    house.facts(vec![Fact::AddMessage(Box::new(message.clone()))]).await;
    (ticket, message)
}

/// Takes in a mail and says which ticket it came to, and what that one may belong to.
async fn take_in(house: &Fixture, mail: &str) -> (i64, Option<String>) {
    let receipt = house.desk.receive_mail("test", mail.as_bytes().to_vec()).await.unwrap();
    house.desk.settle().await.unwrap();
    let intake = house.store.intake(receipt.intake_id).await.unwrap().unwrap();
    let ticket = house.store.ticket(intake.ticket_id.unwrap()).await.unwrap().unwrap();
    (ticket.number, ticket.custom.get("related").cloned())
}

#[tokio::test]
async fn the_participant_continues_a_ticket_by_id_number_or_token() {
    let house = Fixture::new().await;
    let (ticket, message) = answered_ticket(&house).await;
    let id = message.internet_message_id.unwrap();
    let token = reply_token(&house.desk.0.seal, ticket.id, "ana@example.org");
    let address = house.desk.0.config.mail.reply_address(ticket.number, &token).unwrap();
    for mail in [
        format!("From: Ana <ana@example.org>\nIn-Reply-To: <{id}>\nSubject: Re: Parcel\n\none\n"),
        format!("From: ana@example.org\nReferences: <x@y.example> <{id}>\nSubject: Re: Parcel\n\ntwo\n"),
        format!("From: ana@example.org\nSubject: AW: [#{}] Parcel\n\nthree\n", ticket.number),
        format!("From: ana@example.org\nTo: Support <{address}>\nSubject: something else\n\nfour\n"),
    ] {
        assert_eq!(take_in(&house, &mail).await, (ticket.number, None), "{mail}");
    }
}

#[tokio::test]
async fn a_token_of_the_spelling_that_an_address_had_before_is_good() {
    let house = Fixture::new().await;
    let ticket = house.ticket("info@müller.example").await;
    for spelling in ["info@müller.example", "info@xn--mller-kva.example"] {
        let token = reply_token(&house.desk.0.seal, ticket.id, spelling);
        let address = house.desk.0.config.mail.reply_address(ticket.number, &token).unwrap();
        let mail = format!("From: info@xn--mller-kva.example\nTo: <{address}>\nSubject: {spelling}\n\nhi\n");
        assert_eq!(take_in(&house, &mail).await, (ticket.number, None), "{mail}");
    }
}

#[tokio::test]
async fn a_stranger_with_evidence_gets_a_ticket_of_his_own_that_says_where_it_may_belong() {
    let house = Fixture::new().await;
    let (ticket, message) = answered_ticket(&house).await;
    let id = message.internet_message_id.unwrap();
    let token = reply_token(&house.desk.0.seal, ticket.id, "ana@example.org");
    let address = house.desk.0.config.mail.reply_address(ticket.number, &token).unwrap();
    for mail in [
        format!(
            "From: eve@evil.example\nCc: ana@example.org\nIn-Reply-To: <{id}>\nSubject: Re: Parcel\n\none\n"
        ),
        format!("From: eve@evil.example\nSubject: Re: [#{}] Parcel\n\ntwo\n", ticket.number),
        format!("From: eve@evil.example\nTo: {address}\nSubject: Parcel\n\nthree\n"),
    ] {
        let (number, related) = take_in(&house, &mail).await;
        assert_ne!(number, ticket.number, "{mail}");
        assert_eq!(related, Some(format!("#{}", ticket.number)), "{mail}");
    }
    let view = house.store.view(ticket.id).await.unwrap().unwrap();
    assert!(view.messages.iter().all(|message| !message.text.contains("one")));
}

#[tokio::test]
async fn a_bounce_of_the_customers_own_mail_lets_nobody_in() {
    let house = Fixture::new().await;
    let first = "From: Ana <ana@example.org>\nCc: eve@evil.example\nMessage-ID: <hers@example.org>\nSubject: Parcel\n\nWhere?\n";
    let (number, _) = take_in(&house, first).await;
    let forged = "From: eve@evil.example\nX-Failed-Recipients: x@y.example\nIn-Reply-To: <hers@example.org>\nSubject: Re: Parcel\n\npay here\n";
    let (other, related) = take_in(&house, forged).await;
    assert_ne!(other, number);
    assert_eq!(related, Some(format!("#{number}")));
    let (_, ours) = answered_ticket(&house).await;
    let ticket = house.store.ticket(ours.ticket_id).await.unwrap().unwrap();
    let real = format!(
        "From: MAILER-DAEMON@mx.example\nX-Failed-Recipients: ana@example.org\nIn-Reply-To: <{}>\nSubject: failure notice\n\nunknown user\n",
        ours.internet_message_id.unwrap()
    );
    assert_eq!(take_in(&house, &real).await, (ticket.number, None), "one of ours comes to its ticket");
}

#[tokio::test]
async fn a_token_of_one_ticket_opens_no_other() {
    let house = Fixture::new().await;
    let first = house.ticket("ana@example.org").await;
    let second = house.ticket("ana@example.org").await;
    let token = reply_token(&house.desk.0.seal, first.id, "ana@example.org");
    let forged = house.desk.0.config.mail.reply_address(second.number, &token).unwrap();
    let (number, related) =
        take_in(&house, &format!("From: ana@example.org\nTo: {forged}\nSubject: x\n\ntext\n")).await;
    assert!(number != first.number && number != second.number);
    assert_eq!(related, None);
}

#[tokio::test]
async fn tokens_are_read_from_our_own_addresses_only() {
    let mail = MailIdentity { from_address: "help@shop.example".to_owned(), ..MailIdentity::default() };
    let token = "0123456789abcdef0123";
    let own = mail.own();
    assert_eq!(token_in(&mail.reply_address(12, token).unwrap(), &own), Some((12, token.to_owned())));
    for other in [
        "help+12.0123456789abcdef0123@evil.example",
        "help+12.0123@shop.example",
        "help+x.0123456789abcdef0123@shop.example",
        "help@shop.example",
        "help+12@shop.example",
    ] {
        assert_eq!(token_in(other, &own), None, "{other}");
    }
}

fn bounce(recipient: &str, status: &str, id: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {recipient}\nAction: failed\nStatus: {status}\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{id}>\n--b--\n"
    )
}

#[tokio::test]
async fn a_hard_bounce_of_our_mail_joins_its_ticket_and_silences_the_address_for_sixty_days() {
    let house = Fixture::new().await;
    let (ticket, message) = answered_ticket(&house).await;
    let id = message.internet_message_id.unwrap();
    let (number, _) = take_in(&house, &bounce("ana@example.org", "5.1.1", &id)).await;
    assert_eq!(number, ticket.number);
    let suppression = house.store.suppression("ana@example.org").await.unwrap().unwrap();
    assert_eq!(suppression.reason, "hard bounce (5.1.1)");
    let until: Timestamp = suppression.until.unwrap();
    assert_eq!(until, NOW.plus(60 * DAY_MS));
}

#[tokio::test]
async fn a_bounce_of_mail_to_a_domain_in_its_other_spelling_silences_the_one_that_is_asked_for() {
    let house = Fixture::new().await;
    let ticket = house.ticket("info@müller.example").await;
    let id = MessageId::mint(house.desk.0.ids.as_ref(), NOW);
    let mut message = blank_message(id, ticket.id, Direction::Outbound, Actor::system(), NOW);
    message.to_address = Some("info@müller.example".to_owned());
    let internet_id = house.desk.0.config.mail.message_id(id, "0123");
    message.internet_message_id = Some(internet_id.clone());
    message.delivery = Delivery::Sent;
    house.facts(vec![Fact::AddMessage(Box::new(message))]).await;
    take_in(&house, &bounce("info@xn--mller-kva.example", "5.1.1", &internet_id)).await;
    assert!(house.store.suppression("info@xn--mller-kva.example").await.unwrap().is_some());
    assert!(house.desk.suppression_now("info@müller.example").await.unwrap().is_some());
}

fn complaint(recipient: &str, id: &str) -> String {
    format!(
        "From: Feedback <fbl@provider.example>\nTo: help@shop.example\nSubject: complaint\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nSomebody says that this is spam.\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: {recipient}\n--b\nContent-Type: message/rfc822\n\nFrom: help@shop.example\nMessage-ID: <{id}>\n\nNews\n--b--\n"
    )
}

#[tokio::test]
async fn who_calls_our_mail_spam_gets_none_any_more_and_nobody_can_say_so_for_others() {
    let house = Fixture::new().await;
    let (_, message) = answered_ticket(&house).await;
    let id = message.internet_message_id.unwrap();
    take_in(&house, &complaint("bob@example.org", &id)).await;
    take_in(&house, &complaint("ana@example.org", "guessed@localhost")).await;
    assert!(house.store.suppressions(&Page::first(10)).await.unwrap().is_empty());
    take_in(&house, &complaint("ana@example.org", &id)).await;
    let suppression = house.store.suppression("ana@example.org").await.unwrap().unwrap();
    assert_eq!((suppression.reason.as_str(), suppression.until), ("complaint: it was called spam", None));
}

#[tokio::test]
async fn no_soft_forged_or_foreign_bounce_silences_anybody() {
    let house = Fixture::new().await;
    let (_, message) = answered_ticket(&house).await;
    let id = message.internet_message_id.unwrap();
    for mail in [
        bounce("ana@example.org", "5.2.2", &id),
        bounce("ana@example.org", "5.1.1", "guessed@localhost"),
        bounce("bob@example.org", "5.1.1", &id),
    ] {
        take_in(&house, &mail).await;
    }
    assert!(house.store.suppressions(&Page::first(10)).await.unwrap().is_empty());
}

#[tokio::test]
async fn nobody_goes_on_with_the_ticket_of_somebody_who_was_erased() {
    let house = Fixture::new().await;
    let (ticket, message) = answered_ticket(&house).await;
    let token = reply_token(&house.desk.0.seal, ticket.id, "ana@example.org");
    let address = house.desk.0.config.mail.reply_address(ticket.number, &token).unwrap();
    let begun = Thread::Continues(ticket.clone());
    assert!(matches!(house.desk.reread(&begun).await.unwrap(), Thread::Continues(_)));
    house.desk.erase_person(ticket.requester_id, Actor::system()).await.unwrap();
    assert!(matches!(house.desk.reread(&begun).await.unwrap(), Thread::MayBelongTo(_)));
    let id = message.internet_message_id.unwrap();
    let placeholder = domain::contact::erased_address(ticket.requester_id);
    for mail in [
        format!("From: ana@example.org\nIn-Reply-To: <{id}>\nSubject: Re: Parcel\n\none\n"),
        format!("From: ana@example.org\nSubject: Re: [#{}] Parcel\n\ntwo\n", ticket.number),
        format!("From: ana@example.org\nTo: {address}\nSubject: Re: Parcel\n\nthree\n"),
        format!("From: {placeholder}\nSubject: Re: [#{}] Parcel\n\nfour\n", ticket.number),
    ] {
        let (number, _) = take_in(&house, &mail).await;
        assert_ne!(number, ticket.number, "{mail}");
        let came_to = house.store.ticket_by_number(number).await.unwrap().unwrap();
        assert_ne!(came_to.requester_id, ticket.requester_id, "{mail}");
    }
    assert_eq!(house.store.messages(ticket.id).await.unwrap().len(), 2, "hers and our answer");
}
