//! Senders, checked against a name server of the test's own.

use std::collections::BTreeMap;

use mail_auth::AuthenticationResults;
use mail_auth::arc::ArcSealer;
use mail_auth::common::crypto::Ed25519Key;
use mail_auth::common::headers::HeaderWriter;
use tokio::net::UdpSocket;

use super::*;
use crate::email::sign::{DomainKey, Signer};

/// Names with the texts that stand under them; every other name is not there.
async fn name_server(texts: &[(&str, String)]) -> SocketAddr {
    let texts: BTreeMap<String, String> =
        texts.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut packet = [0; 1_500];
        while let Ok((length, from)) = socket.recv_from(&mut packet).await {
            let _ = socket.send_to(&answer(&packet[..length], &texts), from).await;
        }
    });
    address
}

/// RFC 1035 §4: the question again, and the text if there is one.
fn answer(question: &[u8], texts: &BTreeMap<String, String>) -> Vec<u8> {
    let mut at = 12;
    let mut name = String::new();
    while question[at] != 0 {
        let length = usize::from(question[at]);
        name.push_str(std::str::from_utf8(&question[at + 1..=at + length]).unwrap());
        name.push('.');
        at += length + 1;
    }
    let end = at + 5;
    let is_text = question[at + 1..at + 3] == [0, 16];
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let text = texts.get(&name).filter(|_| is_text);
    // A name with others below it, or with another type of record, is there all the same.
    let is_there = texts.keys().any(|known| *known == name || known.ends_with(&format!(".{name}")));
    let mut out = question[..2].to_vec();
    out.extend([0x84, if is_there { 0 } else { 3 }, 0, 1, 0, u8::from(text.is_some()), 0, 0, 0, 0]);
    out.extend(&question[12..end]);
    if let Some(text) = text {
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(255).collect();
        let length = u16::try_from(text.len() + pieces.len()).unwrap();
        out.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60]);
        out.extend(length.to_be_bytes());
        for piece in pieces {
            out.push(u8::try_from(piece.len()).unwrap());
            out.extend(piece);
        }
    }
    out
}

const PEM: &str = crate::email::sign::tests::ED25519;

fn key() -> Ed25519Key {
    use base64::Engine;
    let body = PEM.lines().nth(1).unwrap();
    let der = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
    Ed25519Key::from_pkcs8_maybe_unchecked_der(&der).unwrap()
}

fn public_key() -> String {
    use base64::Engine;
    format!("v=DKIM1; k=ed25519; p={}", base64::engine::general_purpose::STANDARD.encode(key().public_key()))
}

/// What the name server knows: one domain with everything, one that asks for nothing, one with a key alone.
async fn world() -> SocketAddr {
    let texts = [
        ("kunde.example", "v=spf1 ip4:192.0.2.7 -all".to_owned()),
        ("_dmarc.kunde.example", "v=DMARC1; p=reject".to_owned()),
        ("s1._domainkey.kunde.example", public_key()),
        ("lax.example", "v=spf1 ip4:192.0.2.7 -all".to_owned()),
        ("_dmarc.lax.example", "v=DMARC1; p=none; rua=mailto:a@lax.example".to_owned()),
        ("s1._domainkey.small.example", public_key()),
        ("s1._domainkey.lists.example", public_key()),
    ];
    name_server(&texts).await
}

fn asking(server: SocketAddr, arc_trusted: &[&str], authserv_id: &str) -> Senders {
    Senders::new(SenderConfig {
        authserv_id: authserv_id.to_owned(),
        look_up: true,
        name_server: Some(server),
        arc_trusted: arc_trusted.iter().map(|domain| (*domain).to_owned()).collect(),
        timeout_ms: 5_000,
    })
    .unwrap()
}

/// A mail as our mail server has it: handed over from this address, with this sender on the envelope.
fn mail(from: &str, ip: &str) -> String {
    format!(
        "Return-Path: <{from}>\r\nReceived: from mail.x.example (mail.x.example [{ip}])\r\n\tby mx.shop.example\r\n{}",
        bare(from)
    )
}

fn bare(from: &str) -> String {
    format!(
        "From: Ana <{from}>\r\nTo: help@shop.example\r\nSubject: Hi\r\nDate: Mon, 02 Mar 2026 09:00:00 +0000\r\n\
         Message-ID: <1@kunde.example>\r\n\r\nWhere is it?\r\n"
    )
}

fn signed(domain: &str, mail: &str) -> String {
    let key = DomainKey { domain: domain.into(), selector: "s1".into(), private_pem: PEM.into() };
    let signer = Signer::new(&[key]).unwrap();
    String::from_utf8(signer.signed(&format!("x@{domain}"), mail.as_bytes().to_vec()).unwrap()).unwrap()
}

async fn auth(senders: &Senders, mail: &str) -> SenderAuth {
    senders.check(mail.as_bytes()).await.auth
}

#[tokio::test]
async fn a_domain_vouches_by_its_servers_or_by_its_signature() {
    let senders = asking(world().await, &[], "");
    let ana = "ana@kunde.example";
    assert_eq!(auth(&senders, &mail(ana, "192.0.2.7")).await, SenderAuth::Pass, "its own server");
    assert_eq!(auth(&senders, &signed("kunde.example", &bare(ana))).await, SenderAuth::Pass, "its signature");
    assert_eq!(
        auth(&senders, &signed("small.example", &bare("b@small.example"))).await,
        SenderAuth::Pass,
        "its signature, though it has no DMARC"
    );
    let verdict = senders.check(mail(ana, "192.0.2.7").as_bytes()).await;
    assert_eq!(verdict.domain, "kunde.example");
}

#[tokio::test]
async fn a_domain_that_is_strict_disowns_what_is_not_from_it() {
    let senders = asking(world().await, &[], "");
    let ana = "ana@kunde.example";
    assert_eq!(auth(&senders, &mail(ana, "203.0.113.9")).await, SenderAuth::Fail, "a stranger's server");
    let altered = signed("kunde.example", &bare(ana)).replace("Where is it?", "Send me money!");
    assert_eq!(auth(&senders, &altered).await, SenderAuth::Fail, "altered on the way");
    let of_another = signed("small.example", &bare(ana));
    assert_eq!(auth(&senders, &of_another).await, SenderAuth::Fail, "another domain's signature");
    let other_envelope = mail(ana, "192.0.2.7").replace("Return-Path: <ana@kunde", "Return-Path: <ana@lax");
    assert_eq!(auth(&senders, &other_envelope).await, SenderAuth::Fail, "another domain's envelope");
}

#[tokio::test]
async fn a_domain_that_asks_for_nothing_or_says_nothing_leaves_its_senders_unproven() {
    let senders = asking(world().await, &[], "");
    for from in ["ana@lax.example", "ana@silent.example"] {
        assert_eq!(auth(&senders, &mail(from, "203.0.113.9")).await, SenderAuth::None, "{from}");
    }
    let two = mail("ana@kunde.example", "192.0.2.7").replace("\r\nTo:", "\r\nFrom: boss@evil.example\r\nTo:");
    assert_eq!(auth(&senders, &two).await, SenderAuth::None, "two senders");
    let none = mail("ana@kunde.example", "192.0.2.7").replace("From: Ana <ana@kunde.example>\r\n", "");
    assert_eq!(auth(&senders, &none).await, SenderAuth::None, "no sender");
}

#[tokio::test]
async fn what_cannot_be_found_out_stays_unchecked() {
    assert_eq!(
        auth(&Senders::unchecked(), &mail("a@kunde.example", "192.0.2.7")).await,
        SenderAuth::Unchecked
    );
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let config = SenderConfig {
        authserv_id: String::new(),
        look_up: true,
        name_server: Some(silent.local_addr().unwrap()),
        arc_trusted: Vec::new(),
        timeout_ms: 200,
    };
    let senders = Senders::new(config).unwrap();
    assert_eq!(auth(&senders, &mail("a@kunde.example", "192.0.2.7")).await, SenderAuth::Unchecked);
}

#[tokio::test]
async fn our_mail_servers_word_counts_before_our_own_looking_up() {
    let server = name_server(&[]).await;
    let senders = asking(server, &[], "mx.shop.example");
    let with = |results: &str| format!("{results}{}", mail("ana@kunde.example", "192.0.2.7"));
    let ours = "Authentication-Results: mx.shop.example; dmarc=pass header.from=kunde.example\r\n";
    let strange = "Authentication-Results: mx.evil.example; dmarc=pass header.from=kunde.example\r\n";
    assert_eq!(auth(&senders, &with(ours)).await, SenderAuth::Pass);
    assert_eq!(auth(&senders, &with(strange)).await, SenderAuth::None);
}

/// A list alters a mail that was signed, and seals what it saw before.
async fn passed_on(server: SocketAddr) -> String {
    let dns = resolver(Some(server)).unwrap();
    let original = signed("kunde.example", &bare("ana@kunde.example"));
    let message = AuthenticatedMessage::parse(original.as_bytes()).unwrap();
    let dkim = dns.verify_dkim(&message).await;
    let spf = SpfOutput::default();
    let dmarc = dns.verify_dmarc(DmarcParameters::new(&message, &dkim, "", &spf)).await;
    let results = AuthenticationResults::new("mx.lists.example").with_dmarc_result(&dmarc);
    let altered = original.replace("Where is it?", "Where is it?\r\n-- \r\nthe list");
    let message = AuthenticatedMessage::parse(altered.as_bytes()).unwrap();
    let before = dns.verify_arc(&message).await;
    let set = ArcSealer::from_key(key())
        .domain("lists.example")
        .selector("s1")
        .headers(["From", "To", "Subject", "Date", "Message-ID"])
        .seal(&message, &results, &before)
        .unwrap();
    format!("{}{altered}", set.to_header())
}

#[tokio::test]
async fn a_trusted_lists_word_counts_for_what_it_passed_on_and_nobody_elses() {
    let server = world().await;
    let mail = passed_on(server).await;
    assert_eq!(auth(&asking(server, &[" Lists.Example "], ""), &mail).await, SenderAuth::Pass);
    assert_eq!(auth(&asking(server, &[], ""), &mail).await, SenderAuth::Fail, "nobody trusts it");
    let altered = mail.replace("the list", "Send me money!");
    assert_eq!(
        auth(&asking(server, &["lists.example"], ""), &altered).await,
        SenderAuth::Fail,
        "altered since"
    );
}
