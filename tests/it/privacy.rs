//! What is kept of people: seen again only with a reason, redacted afterwards, handed out, and taken out so that no
//! byte is left, whatever backup comes back.

use desk::{DeskConfig, DeskError, NewMessage, NewMessageKind, Page};
use domain::clock::{DAY_MS, MINUTE_MS};
use domain::message::Message;
use domain::plugin::Mode;
use domain::redaction::Redaction;
use domain::ticket::Field;
use domain::vault::VaultRules;
use tests::database::Database;
use tests::house::{admin, agent, config};
use tests::{House, plugins};

const IBAN: &str = "DE89 3704 0044 0532 0130 00";

fn refund(from: &str, name: &str, n: u32) -> String {
    format!(
        "From: {name} <{from}>
To: help@shop.example
Subject: Refund for {name}, order {n}
Message-ID: <refund-{n}@example.org>
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

Hello, please send the refund to {IBAN}. Call me at +49 171 2345678. Kind regards, {name}
--b
Content-Type: text/plain; name=\"{name}.txt\"
Content-Disposition: attachment; filename=\"{name}.txt\"

Quillfeather lives here.
--b--
"
    )
}

fn refused(error: DeskError) -> &'static str {
    match error {
        DeskError::Refused(refusal) => refusal.code,
        other => panic!("{other}"),
    }
}

async fn redaction_of(house: &House, number: i64, class: &str) -> Redaction {
    let ticket = house.ticket(number).await;
    let all = house.store.redactions_of(ticket.id).await.unwrap();
    all.into_iter().find(|r| r.class == class).unwrap()
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle.as_bytes())
}

on_both!(a_value_is_seen_again_with_a_reason_for_a_while_and_every_look_is_audited, |backend| {
    let house = House::furnished(backend).await;
    house.mail(&refund("ana@example.org", "Ana Quillfeather", 1)).await;
    let iban = redaction_of(&house, 1, "IBAN").await;
    assert_eq!(refused(house.desk.ask_reveal(iban.id, "why", agent()).await.unwrap_err()), "reason_missing");
    let reveal = house.desk.ask_reveal(iban.id, "refund by bank transfer", agent()).await.unwrap();
    assert_eq!(house.desk.look(reveal.id, agent()).await.unwrap(), IBAN);
    assert_eq!(refused(house.desk.look(reveal.id, admin()).await.unwrap_err()), "not_yours");
    house.clock.advance(15 * MINUTE_MS);
    assert_eq!(refused(house.desk.look(reveal.id, agent()).await.unwrap_err()), "expired");
    let audit = house.store.audit(0, 100).await.unwrap();
    let of = |action: &str| audit.iter().filter(|e| e.record.action == action).count();
    assert_eq!((of("redaction.reveal_asked"), of("redaction.revealed")), (1, 1));
    let looked = audit.iter().find(|e| e.record.action == "redaction.revealed").unwrap();
    assert_eq!(looked.record.details["reason"], "refund by bank transfer");
    assert!(!audit.iter().any(|e| e.record.details.to_string().contains("DE89")));
});

on_both!(with_four_eyes_another_person_has_to_agree_and_few_are_asked_for, |backend| {
    let vault = VaultRules { four_eyes: true, reveals_per_hour: 2, keep_days: 30, ..VaultRules::default() };
    let house = House::furnished_with(backend, DeskConfig { vault, ..config() }).await;
    house.mail(&refund("ana@example.org", "Ana Quillfeather", 1)).await;
    let iban = redaction_of(&house, 1, "IBAN").await;
    let why = "refund by bank transfer";
    assert_eq!(refused(house.desk.mark_false_alarm(iban.id, agent()).await.unwrap_err()), "four_eyes");
    let ana = house.store.contact_by_email("ana@example.org").await.unwrap().unwrap();
    let by_api = domain::Actor::new(domain::ActorKind::Api, "tok_1");
    let in_console = domain::Actor::new(domain::ActorKind::Agent, ana.id.to_string().replace("con_", "tok_"));
    for with_token in [by_api, in_console] {
        assert_eq!(refused(house.desk.export_person(ana.id, with_token).await.unwrap_err()), "four_eyes");
    }
    let reveal = house.desk.ask_reveal(iban.id, why, agent()).await.unwrap();
    let again = house.desk.ask_reveal(iban.id, why, agent()).await.unwrap();
    assert_eq!(again, reveal, "one wish of one person for one value");
    house.mail(&refund("bo@example.org", "Bo Quillfeather", 2)).await;
    let (first, other) = (house.ticket(1).await.id, house.ticket(2).await.id);
    assert_eq!(house.store.reveals_of(first, reveal.asked_at).await.unwrap(), std::slice::from_ref(&reveal));
    assert!(house.store.reveals_of(other, reveal.asked_at).await.unwrap().is_empty());
    assert!(house.store.reveals_of(first, reveal.asked_at.plus(1)).await.unwrap().is_empty());
    assert_eq!(refused(house.desk.look(reveal.id, agent()).await.unwrap_err()), "not_granted");
    let through_the_api = domain::Actor::new(domain::ActorKind::Api, agent().id);
    for same in [agent(), through_the_api.clone()] {
        assert_eq!(refused(house.desk.grant_reveal(reveal.id, same).await.unwrap_err()), "four_eyes");
    }
    house.desk.grant_reveal(reveal.id, admin()).await.unwrap();
    assert_eq!(house.desk.look(reveal.id, agent()).await.unwrap(), IBAN);
    house.desk.ask_reveal(iban.id, why, agent()).await.unwrap();
    for same in [agent(), through_the_api] {
        assert_eq!(refused(house.desk.ask_reveal(iban.id, why, same).await.unwrap_err()), "too_often");
    }
    house.clock.advance(31 * DAY_MS);
    house.desk.expire_values().await.unwrap();
    assert_eq!(refused(house.desk.ask_reveal(iban.id, why, agent()).await.unwrap_err()), "not_kept");
    let text = house.store.messages(house.ticket(1).await.id).await.unwrap().remove(0).text;
    assert!(text.contains("[IBAN-1]"), "the placeholder stays: {text}");
});

on_both!(what_was_stored_before_there_was_a_rule_is_redacted_later_and_goes_on_where_it_stopped, |backend| {
    let house = House::bare(backend).await;
    for n in 1..=5 {
        house.mail(&refund(&format!("p{n}@example.org"), "Ana Quillfeather", n)).await;
    }
    let text = "We sent it to DE89 3704 0044 0532 0130 00.".to_owned();
    let ticket = house.ticket(1).await;
    house
        .desk
        .post_message(
            ticket.id,
            NewMessage {
                kind: NewMessageKind::Note,
                text,
                article: None,
                draft: None,
                seen: None,
                solves: false,
            },
            None,
            agent(),
        )
        .await
        .unwrap();
    house.install(plugins::bundled("redaction"), Mode::Live).await;

    let dry = house.desk.redact_stored(None, 100, false, &admin()).await.unwrap();
    assert_eq!((dry.read, dry.changed), (6, 6), "{dry:?}");
    assert_eq!(dry.found["IBAN"], 6);
    assert!(
        house.store.messages(ticket.id).await.unwrap()[0].text.contains("DE89"),
        "a trial changes nothing"
    );

    let first = house.desk.redact_stored(None, 2, true, &admin()).await.unwrap();
    assert_eq!(first.changed, 2);
    let after = house.desk.retro_position().await.unwrap();
    assert_eq!(after, first.last);
    let rest = house.desk.redact_stored(after, 100, true, &admin()).await.unwrap();
    assert_eq!(rest.changed, 4);
    for ticket in house.tickets().await {
        for Message { text, reply_text, subject, .. } in house.store.messages(ticket.id).await.unwrap() {
            for part in [text, reply_text, subject, ticket.subject.clone()] {
                assert!(!part.contains("DE89") && !part.contains("Quillfeather"), "{part}");
            }
        }
    }
    let again = house.desk.redact_stored(None, 100, true, &admin()).await.unwrap();
    assert_eq!((again.read, again.changed), (6, 0), "redacted twice is redacted once");
    let story = house.story(1).await;
    assert!(story.contains("message.redacted"), "{story}");
    // What was taken out can be seen again like anything else.
    let iban = redaction_of(&house, 1, "IBAN").await;
    let reveal = house.desk.ask_reveal(iban.id, "refund by bank transfer", agent()).await.unwrap();
    assert_eq!(house.desk.look(reveal.id, agent()).await.unwrap(), IBAN);
});

on_both!(a_person_gets_everything_that_is_kept_of_them_and_nothing_of_others, |backend| {
    let house = House::furnished(backend).await;
    house.mail(&refund("ana@example.org", "Ana Quillfeather", 1)).await;
    house
        .mail(&refund("bob@example.org", "Bob Underwood", 2).replace(IBAN, "DE02 1203 0000 0000 2020 51"))
        .await;
    let ana = house.store.contact_by_email("ana@example.org").await.unwrap().unwrap();
    let export = house.desk.export_person(ana.id, admin()).await.unwrap();
    let text = export.to_string();
    assert_eq!(export["contact"]["email"], "ana@example.org");
    for theirs in [IBAN, "+49 171 2345678", "automatic_decisions", "kulanz.triage"] {
        assert!(text.contains(theirs), "{theirs}: {text}");
    }
    assert!(!text.contains("Underwood") && !text.contains("DE02"), "{text}");
    let messages = export["tickets"][0]["messages"].as_array().unwrap();
    let file = messages.iter().find_map(|m| m["attachments"].get(0)).unwrap();
    // "Quillfeather lives here." as base64.
    let content = file["content"].as_str().unwrap();
    assert!(content.starts_with("UXVpbGxmZWF0aGVyIGxpdmVzIGhlcmUu"), "{file}");
});

on_both!(the_ending_of_a_files_name_stays_and_an_address_before_it_is_the_one_in_the_text, |backend| {
    let house = House::furnished(backend).await;
    let mail = refund("ana@example.org", "Ana Quillfeather", 1)
        .replace("Ana Quillfeather.txt", "Invoice for ana@example.org.pdf")
        .replace("Call me", "Write to ana@example.org or call me");
    house.mail(&mail).await;
    let ticket = house.ticket(1).await;
    let redactions = house.store.redactions_of(ticket.id).await.unwrap();
    let mut addresses: Vec<&str> =
        redactions.iter().filter(|r| r.class == "EMAIL").map(|r| r.placeholder.as_str()).collect();
    addresses.dedup();
    assert_eq!(addresses, ["[EMAIL-1]"]);
    let messages = house.store.messages(ticket.id).await.unwrap();
    let message = messages.iter().find(|m| !m.attachments.is_empty()).unwrap();
    assert_eq!(message.attachments[0].file_name, "Invoice for [EMAIL-1].pdf");
    assert!(message.text.contains("Write to [EMAIL-1] or"), "{}", message.text);
});

on_both!(an_attachment_opens_until_its_person_is_erased, |backend| {
    let house = House::furnished(backend).await;
    house.mail(&refund("ana@example.org", "Ana Quillfeather", 1)).await;
    let messages = house.store.messages(house.ticket(1).await.id).await.unwrap();
    let id = messages.iter().find_map(|m| m.attachments.first()).unwrap().id;
    let opened = house.desk.open_attachment(id, agent()).await.unwrap();
    assert!(contains(&opened.bytes, "Quillfeather lives here."));
    let ana = house.store.contact_by_email("ana@example.org").await.unwrap().unwrap();
    house.desk.erase_person(ana.id, admin()).await.unwrap();
    let gone = house.desk.open_attachment(id, agent()).await.unwrap_err();
    assert!(matches!(gone, DeskError::Missing { what: "attachment", .. }), "{gone}");
    let audit = house.store.audit(0, 100).await.unwrap();
    assert_eq!(audit.iter().filter(|e| e.record.action == "attachment.opened").count(), 1);
    let told = |words: &str| audit.iter().any(|e| e.record.details.to_string().contains(words));
    assert!(!told(&opened.file_name) && !told("lives here"), "neither the file nor its name outlives it");
});

on_both!(h53_no_byte_of_an_erased_person_is_left_and_the_numbers_are, |backend| {
    let house = House::on(Database::alone(backend).await, config()).await.furnish().await;
    house.mail(&refund("ana.quillfeather@example.org", "Ana Quillfeather", 1)).await;
    house.mail(&refund("bob@example.org", "Bob Underwood", 2)).await;
    // Another plugin's memory, a suppression and a failed delivery know the address, too.
    let triage = house.install(plugins::guest("echo_effect"), Mode::Live).await;
    house
        .store
        .commit(store::Commit::of(vec![store::Fact::KvPut {
            installation_id: triage.id,
            key: "seen".into(),
            value: Some(b"\xff ana.quillfeather@example.org".to_vec()),
            over: store::Over::Anything,
        }]))
        .await
        .unwrap();
    house.desk.suppress("ana.quillfeather@example.org", "bounced", None, admin()).await.unwrap();
    let ana = house.store.contact_by_email("ana.quillfeather@example.org").await.unwrap().unwrap();
    // So do tags, those that came with another ticket of hers too, and whoever was in charge.
    house.mail(&refund("ana.quillfeather@example.org", "Ana Quillfeather", 3)).await;
    for (number, tag) in [(1, "quillfeather"), (3, "mrs-quillfeather"), (2, "parcel")] {
        let value = "Ana.Quillfeather@example.org".to_owned();
        let changes = vec![
            desk::TicketChange::AddTag(tag.to_owned()),
            desk::TicketChange::SetField { field: Field::Assignee, value },
        ];
        house.desk.change_ticket(house.ticket(number).await.id, changes, None, agent()).await.unwrap();
    }
    house.desk.merge_ticket(house.ticket(3).await.id, 1, None, agent()).await.unwrap();
    house.settle().await;
    assert!(house.ticket(1).await.tags.contains("mrs-quillfeather"));
    let before = house.ticket(1).await;
    let sealed = redaction_of(&house, 1, "IBAN").await;

    let held = house.desk.change_ticket(
        before.id,
        vec![desk::TicketChange::AddTag("legal-hold".into())],
        None,
        agent(),
    );
    held.await.unwrap();
    assert_eq!(refused(house.desk.erase_person(ana.id, admin()).await.unwrap_err()), "legal_hold");
    let free = house.desk.change_ticket(
        before.id,
        vec![desk::TicketChange::RemoveTag("legal-hold".into())],
        None,
        agent(),
    );
    free.await.unwrap();

    let erased = house.desk.erase_person(ana.id, admin()).await.unwrap();
    assert_eq!(erased.tickets, 2);
    assert!(erased.messages >= 2 && erased.values >= 2, "{erased:?}");
    for number in [1, 3] {
        assert!(house.ticket(number).await.tags.is_empty(), "#{number}");
        let story = house.story(number).await;
        assert!(story.contains("(erased)") && !story.contains("uillfeather"), "{story}");
    }
    let bobs = house.ticket(2).await;
    assert!(bobs.tags.contains("parcel") && bobs.assignee.is_none(), "{bobs:?}");
    let story = house.story(2).await;
    assert!(story.contains("assignee = (erased)"), "{story}");
    let after = house.ticket(1).await;
    assert_eq!(
        (after.category, after.status_category, after.created_at),
        (before.category, before.status_category, before.created_at)
    );
    assert_eq!(house.store.sealed_value(sealed.id).await.unwrap(), None);
    assert_eq!(house.store.vault_key(ana.id).await.unwrap(), None, "the key is destroyed");
    let again = house.desk.erase_person(ana.id, admin()).await.unwrap();
    assert_eq!((again.tickets, again.messages, again.values), (2, 0, 0), "there is nothing more to take out");
    let reply = NewMessage {
        kind: NewMessageKind::Reply,
        text: "Hello?".to_owned(),
        article: None,
        draft: None,
        seen: None,
        solves: false,
    };
    let answered = house.desk.post_message(house.ticket(1).await.id, reply, None, agent()).await;
    assert_eq!(refused(answered.unwrap_err()), "erased", "nobody is written to at a dead address");

    // The others are still there, whole.
    let bobs = redaction_of(&house, 2, "IBAN").await;
    let reveal = house.desk.ask_reveal(bobs.id, "refund by bank transfer", agent()).await.unwrap();
    assert_eq!(house.desk.look(reveal.id, agent()).await.unwrap(), IBAN);
    if backend == tests::Backend::Postgres {
        // Rows that are no more lie in free room until it is written over; that is PostgreSQL's own business.
        let all = whole_text(&house).await;
        assert!(!all.contains("uillfeather"), "{all}");
        return;
    }
    let raw = house.database.raw_bytes();
    assert!(contains(&raw, "bob@example.org"), "the search works");
    for word in ["uillfeather", "QUILLFEATHER", "DE89 3704", "171 2345678"] {
        assert!(!contains(&raw, word), "{word} is still in the files");
    }
});

on_both!(what_comes_to_the_ticket_of_somebody_erased_goes_when_they_are_erased_again, |backend| {
    let house = House::furnished(backend).await;
    house.mail(&refund("ana@example.org", "Ana Quillfeather", 1)).await;
    let ana = house.store.contact_by_email("ana@example.org").await.unwrap().unwrap();
    house.desk.erase_person(ana.id, admin()).await.unwrap();
    let ticket = house.ticket(1).await;
    let written = |kind, text: &str| NewMessage {
        kind,
        text: text.to_owned(),
        article: None,
        draft: None,
        seen: None,
        solves: false,
    };
    let inbound = written(NewMessageKind::Inbound, "It is me, Ana Quillfeather.");
    let came = house.desk.post_message(ticket.id, inbound, None, agent()).await;
    assert_eq!(refused(came.unwrap_err()), "erased");
    // What a mail says belongs to whoever writes it now.
    house.mail(&refund("ana@example.org", "Ana Quillfeather", 2).replace("Refund", "[#1] Refund")).await;
    let anew = house.ticket(2).await;
    assert_eq!((anew.custom["related"].as_str(), anew.requester_id == ana.id), ("#1", false));

    let note = written(NewMessageKind::Note, &format!("Quillfeather called, IBAN {IBAN}."));
    house.desk.post_message(ticket.id, note, None, agent()).await.unwrap();
    let caller =
        desk::TicketChange::SetField { field: Field::Custom("caller".into()), value: "Quillfeather".into() };
    house.desk.change_ticket(ticket.id, vec![caller], None, agent()).await.unwrap();
    house.settle().await;
    let kept = house.desk.export_person(ana.id, admin()).await.unwrap().to_string();
    assert!(kept.contains("Quillfeather") && kept.contains(IBAN), "it is kept, so it is shown: {kept}");

    let again = house.desk.erase_person(ana.id, admin()).await.unwrap();
    assert!(again.messages >= 1 && again.values >= 1, "{again:?}");
    let kept = house.desk.export_person(ana.id, admin()).await.unwrap().to_string();
    assert!(!kept.contains("uillfeather") && !kept.contains("DE89"), "{kept}");
    assert_eq!(house.store.vault_key(ana.id).await.unwrap(), None);
    let audit = house.store.audit(0, 200).await.unwrap();
    assert_eq!(audit.iter().filter(|e| e.record.action == "person.erased").count(), 2);
    let messages = house.store.messages(anew.id).await.unwrap();
    assert!(messages.iter().all(|m| m.text != desk::ERASED), "whoever wrote anew keeps their words");
});

/// Every row that can be read, as text.
async fn whole_text(house: &House) -> String {
    let page = Page { after: None, limit: 200 };
    let mut out = format!("{:?}", house.store.contacts(&page).await.unwrap());
    for ticket in house.tickets().await {
        out.push_str(&format!("{ticket:?}{:?}", house.store.messages(ticket.id).await.unwrap()));
        out.push_str(&format!("{:?}", house.store.events_of(ticket.id).await.unwrap()));
        out.push_str(&format!("{:?}", house.store.runs_of(ticket.id).await.unwrap()));
        out.push_str(&format!("{:?}", house.store.decisions_of(ticket.id).await.unwrap()));
    }
    out.push_str(&format!("{:?}", house.store.suppressions(&page).await.unwrap()));
    out
}

/// Values that must not be anywhere, each of a class of its own; the words around them are those of a customer.
const CANARIES: [(&str, &str); 8] = [
    ("card", "4111 1111 1111 1111"),
    ("card", "5500005555555559"),
    ("IBAN", "GB29 NWBK 6016 1331 9268 19"),
    ("tax id", "Steuer-ID 86 095 742 719"),
    ("phone", "+49 30 901820"),
    ("address", "canary.bird@example.net"),
    ("password", "Passwort: Kanarienvogel7!"),
    ("key", "AKIAIOSFODNN7CANARY1"),
];

on_both!(h51_in_a_stolen_database_no_planted_value_can_be_read, |backend| {
    let house = House::on(Database::alone(backend).await, config()).await.furnish().await;
    for (n, (what, value)) in CANARIES.iter().enumerate() {
        let mail = refund("ana@example.org", "Ana Quillfeather", u32::try_from(n).unwrap())
            .replace("Kind regards", &format!("My {what} is {value}. Kind regards"))
            .replace("Subject: Refund", &format!("Subject: {value}, refund"))
            .replace("order", &format!("order {n} differs"));
        house.mail(&mail).await;
    }
    assert_eq!(house.tickets().await.len(), CANARIES.len(), "none is held");
    house.store.scrub().await.unwrap();
    let raw = house.database.raw_bytes();
    assert!(contains(&raw, "ana@example.org"), "the search works");
    let mut sent = String::new();
    for mail in house.outbox.sent() {
        sent.push_str(&format!("{mail:?}"));
    }
    for (what, value) in CANARIES {
        let word = value.rsplit(": ").next().unwrap().trim_start_matches("Steuer-ID ");
        let compact: String = word.chars().filter(|c| *c != ' ').collect();
        for form in [word, compact.as_str()] {
            assert!(!contains(&raw, form), "{what} {form} is in the database");
            assert!(!sent.contains(form), "{what} {form} was sent");
        }
    }
    // What is sealed opens only with the key that is not in the database.
    let iban = redaction_of(&house, 3, "IBAN").await;
    let sealed = house.store.sealed_value(iban.id).await.unwrap().unwrap();
    let thief = desk::SealKey::new(&[6; 32]);
    assert!(thief.open(&iban.id.to_string(), &sealed).is_err());
});

#[test]
fn h52_who_was_erased_stays_erased_when_an_older_backup_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let ground = tests::binary::Ground {
        database: format!("sqlite://{}", data.join("kulanz.db").display()),
        data,
        variables: Vec::new(),
    };
    let plugin = folder.path().join("redaction.wasm");
    std::fs::write(&plugin, plugins::bundled("redaction")).unwrap();
    ground.run(&["plugin", "install", plugin.to_str().unwrap(), "--mode", "live", "--yes"]);
    let mail = folder.path().join("one.eml");
    let raw = refund("ana.quillfeather@example.org", "Ana Quillfeather", 1).replace('\n', "\r\n");
    std::fs::write(&mail, raw).unwrap();
    ground.run(&["ingest", "--wait", mail.to_str().unwrap()]);
    let backup = folder.path().join("backup");
    ground.run(&["db", "backup", backup.to_str().unwrap()]);
    let export = ground.run(&["person", "export", "ana.quillfeather@example.org"]);
    assert!(export.contains(IBAN), "{export}");

    let said = ground.refused(&["person", "erase", "ana.quillfeather@example.org"]);
    assert!(said.contains("--yes"), "{said}");
    let erased = ground.run(&["person", "erase", "Ana.Quillfeather@example.org", "--yes", "--json"]);
    assert!(erased.contains("\"tickets\":1"), "{erased}");
    ground.run(&["db", "restore", backup.to_str().unwrap()]);
    let said = ground.refused(&["person", "export", "ana.quillfeather@example.org"]);
    assert!(said.contains("nobody with the address"), "{said}");
    let restored = std::fs::read(ground.data.join("kulanz.db")).unwrap();
    assert!(!contains(&restored, "uillfeather"), "the restored file holds nothing of her");
    assert!(contains(&std::fs::read(backup.join("kulanz.db")).unwrap(), "uillfeather"), "the backup does");
    let told = ground.run(&["explain", "1"]);
    assert!(told.contains("(erased)"), "{told}");
}

#[test]
fn the_command_redacts_what_is_stored_and_reports_what_it_found() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let ground = tests::binary::Ground {
        database: format!("sqlite://{}", data.join("kulanz.db").display()),
        data,
        variables: vec![("KULANZ_DESK__REDACTION_REQUIRED", "false".to_owned())],
    };
    let mail = folder.path().join("one.eml");
    std::fs::write(&mail, refund("ana@example.org", "Ana Quillfeather", 1).replace('\n', "\r\n")).unwrap();
    ground.run(&["ingest", "--wait", mail.to_str().unwrap()]);
    let plugin = folder.path().join("redaction.wasm");
    std::fs::write(&plugin, plugins::bundled("redaction")).unwrap();
    ground.run(&["plugin", "install", plugin.to_str().unwrap(), "--mode", "live", "--yes"]);
    let dry = ground.run(&["redact", "--dry-run", "--json"]);
    assert!(dry.contains("\"class\":\"IBAN\"") && !dry.contains("DE89"), "{dry}");
    let done = ground.run(&["redact", "--apply"]);
    assert!(done.contains("1  IBAN") && done.contains("1 message read, 1 were changed, 0 held."), "{done}");
    let again = ground.run(&["redact", "--apply"]);
    assert!(again.contains("0 messages read"), "it goes on where it stopped: {again}");
    let anew = ground.run(&["redact", "--apply", "--restart"]);
    assert!(anew.contains("1 message read, 0 were changed"), "{anew}");
    assert!(!contains(&std::fs::read(ground.data.join("kulanz.db")).unwrap(), "DE89 3704"));
}
