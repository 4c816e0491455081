//! The admin's rules about personal data: what stands in a value's place, where values go back to, and how long
//! anything is kept.

use desk::{DeskConfig, NewMessage, NewMessageKind, Page, TicketChange, TicketFilter};
use domain::clock::DAY_MS;
use domain::effect::Effect;
use domain::message::{Delivery, Direction};
use domain::plugin::Mode;
use domain::redaction::{Operators, Own};
use domain::retention::{Due, Retention};
use domain::run::DecisionStatus;
use domain::ticket::Field;
use store::{Commit, Fact};
use tests::house::{admin, agent, config};
use tests::{House, plugins};

fn mail(from: &str, to: &str, n: u32, text: &str) -> String {
    format!(
        "From: Ana Quillfeather <{from}>
To: {to}
Subject: Question {n}
Message-ID: <q{n}@example.org>
Content-Type: text/plain; charset=utf-8

{text}
"
    )
}

const CARD: &str = "Please refund my card 4111 1111 1111 1234 and write to Ana Quillfeather, CVV 123. My phone is +49 171 2345678.";
/// The card above with a right check digit.
fn card() -> String {
    CARD.replace("4111 1111 1111 1234", "4111 1111 1111 1111")
}

async fn text_of(house: &House, number: i64) -> String {
    house.store.messages(house.ticket(number).await.id).await.unwrap().remove(0).text
}

fn refusal_of(error: desk::DeskError) -> domain::Refusal {
    match error {
        desk::DeskError::Refused(refusal) => refusal,
        other => panic!("{other}"),
    }
}

on_both!(each_class_and_inbox_is_replaced_as_the_admin_says, |backend| {
    let list = |classes: &[&str]| classes.iter().map(|c| (*c).to_owned()).collect();
    let mut settings = config();
    settings.operators =
        Operators { mask: list(&["CREDIT_CARD"]), pseudonym: list(&["PERSON"]), drop: list(&["PHONE"]) };
    settings.mail.inboxes.insert("jobs".to_owned(), vec!["jobs@shop.example".to_owned()]);
    settings
        .inbox_operators
        .insert("jobs".to_owned(), Operators { drop: list(&["CREDIT_CARD"]), ..Operators::default() });
    let house = House::furnished_with(backend, settings).await;
    house.mail(&mail("ana@example.org", "help@shop.example", 1, &card())).await;
    house.mail(&mail("bea@example.org", "jobs@shop.example", 2, &card())).await;

    let text = text_of(&house, 1).await;
    assert!(text.contains("[CREDIT_CARD-1:411111****1111]"), "{text}");
    assert!(text.contains("CVV [CARD_SECURITY_CODE-1]"), "{text}");
    let pseudonym = text.split("[PERSON-").nth(1).unwrap().split(']').next().unwrap().to_owned();
    assert_eq!(pseudonym.len(), 11, "{text}");
    let other = text_of(&house, 2).await;
    assert!(other.contains("[CREDIT_CARD-1]"), "{other}");
    assert!(other.contains(&format!("[PERSON-{pseudonym}]")), "the same person on another ticket: {other}");

    let ticket = house.ticket(1).await;
    for redaction in house.store.redactions_of(ticket.id).await.unwrap() {
        assert_eq!(
            house.store.sealed_value(redaction.id).await.unwrap(),
            None,
            "{} is not kept",
            redaction.class
        );
    }
    // What is masked is not found again by whoever redacts what is stored.
    let again = house.desk.redact_stored(None, 100, true, &admin()).await.unwrap();
    assert_eq!(again.changed, 0, "{again:?}");
});

/// A house with a plugin that repeats what the customer wrote and may have phone numbers filled in.
async fn repeating(backend: tests::Backend) -> House {
    let house = House::with(backend, config()).await;
    house.install(plugins::bundled("redaction"), Mode::Live).await;
    let grant = "[[grant]]\nto = \"effect:reply\"";
    let more =
        format!("[[grant]]\nto = \"fill:PHONE\"\nreason = \"To say which number we call.\"\n\n{grant}");
    house.install(plugins::altered(&plugins::guest("parrots"), &[(grant, more.as_str())]), Mode::Live).await;
    house
}

async fn prove(house: &House, email: &str) {
    let mut contact = house.store.contact_by_email(email).await.unwrap().unwrap();
    contact.verified = true;
    house.store.commit(Commit { facts: vec![Fact::PutContact(contact)] }).await.unwrap();
}

on_both!(values_go_back_only_to_who_gave_them_and_only_where_it_is_granted, |backend| {
    let house = repeating(backend).await;
    house.mail(&mail("ana@example.org", "help@shop.example", 1, "Hello, how are you there?")).await;
    prove(&house, "ana@example.org").await;
    house.clock.advance(2 * DAY_MS);
    let second = mail("ana@example.org", "help@shop.example", 2, &card());
    house.mail(&second.replace("Question 2", "My phone is +49 171 2345678")).await;
    let sent = house.outbox.sent().pop().unwrap();
    assert!(sent.text.contains("+49 171 2345678"), "{}", sent.text);
    assert!(sent.text.contains("[CREDIT_CARD-1]"), "no card goes out: {}", sent.text);
    assert!(sent.text.contains("[PERSON-"), "the plugin was not granted names: {}", sent.text);
    let ticket = house.ticket(2).await;
    let stored = house.store.messages(ticket.id).await.unwrap();
    assert!(stored.iter().all(|m| !m.text.contains("2345678")), "what is stored keeps its placeholders");

    // A person may have more filled in; a card never.
    let text = "Dear [PERSON-1], we call [PHONE-1] about [CREDIT_CARD-1].".to_owned();
    house
        .desk
        .post_message(
            ticket.id,
            NewMessage {
                kind: NewMessageKind::Reply,
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
    house.settle().await;
    let sent = house.outbox.sent().pop().unwrap();
    assert_eq!(sent.text, "Dear Ana Quillfeather, we call +49 171 2345678 about [CREDIT_CARD-1].");
    assert_eq!(sent.subject, "Re: My phone is +49 171 2345678", "a subject is filled as the text is");

    // Who has proved nothing gets nothing back, whoever gave it.
    house.mail(&mail("eve@example.org", "help@shop.example", 3, &card())).await;
    let eves = house.ticket(3).await;
    let text = "We call [PHONE-1].".to_owned();
    house
        .desk
        .post_message(
            eves.id,
            NewMessage {
                kind: NewMessageKind::Reply,
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
    house.settle().await;
    assert_eq!(house.outbox.sent().pop().unwrap().text, "We call [PHONE-1].");
});

on_both!(what_is_the_houses_own_stands_in_what_comes_in_and_in_what_leaves, |backend| {
    let redaction_own = Own::new(&["DE89370400440532013000"]);
    let house = House::furnished_with(backend, DeskConfig { redaction_own, ..config() }).await;
    let asked = "Is DE89 3704 0044 0532 0130 00 still your account? Mine is DE02 1203 0000 0000 2020 51.";
    let told = "Is DE89 3704 0044 0532 0130 00 still your account? Mine is [IBAN-1].";
    house.mail(&mail("ana@example.org", "help@shop.example", 1, asked)).await;
    let kept = text_of(&house, 1).await;
    assert!(kept.contains(told), "{kept}");
    assert_eq!(house.desk.try_text(asked, None).await.unwrap().text, told);

    let text = "Yes, DE89-3704-0044-0532-0130-00 is ours.".to_owned();
    let new = NewMessage {
        kind: NewMessageKind::Reply,
        text,
        article: None,
        draft: None,
        seen: None,
        solves: false,
    };
    house.desk.post_message(house.ticket(1).await.id, new, None, agent()).await.unwrap();
    house.settle().await;
    assert_eq!(house.outbox.sent().pop().unwrap().text, "Yes, DE89-3704-0044-0532-0130-00 is ours.");
});

on_both!(what_was_kept_long_enough_goes_and_legal_hold_stays, |backend| {
    let retention = Retention { originals_days: 10, runs_days: 20, words_days: 30, ..Retention::default() };
    let house = House::furnished_with(backend, DeskConfig { retention, ..config() }).await;
    for n in 1..=3 {
        house.mail(&mail(&format!("p{n}@example.org"), "help@shop.example", n, &card())).await;
    }
    for number in [1, 2] {
        let ticket = house.ticket(number).await;
        let mut changes = vec![TicketChange::SetField { field: Field::Status, value: "closed".into() }];
        if number == 2 {
            changes.push(TicketChange::AddTag("legal-hold".into()));
        }
        house.desk.change_ticket(ticket.id, changes, None, agent()).await.unwrap();
    }
    house.settle().await;
    let who = admin();
    let due = || house.desk.retention(false, &who);
    assert_eq!(due().await.unwrap(), Due::default());
    house.clock.advance(11 * DAY_MS);
    assert_eq!(due().await.unwrap(), Due { originals: 2, ..Due::default() }, "the one on hold stays");
    house.clock.advance(20 * DAY_MS);
    let preview = due().await.unwrap();
    assert_eq!((preview.originals, preview.tickets), (2, 1));
    assert!(preview.runs > 2, "{preview:?}");
    assert_eq!(house.desk.retention(true, &admin()).await.unwrap(), preview, "the preview told the truth");
    assert_eq!(due().await.unwrap(), Due::default(), "once is enough");

    let closed = house.ticket(1).await;
    assert_eq!(
        (closed.subject.as_str(), closed.category.is_some()),
        ("(erased)", house.ticket(3).await.category.is_some())
    );
    assert!(house.store.messages(closed.id).await.unwrap().iter().all(|m| m.text == "(erased)"));
    for kept in [2, 3] {
        assert!(text_of(&house, kept).await.contains("Please refund"), "#{kept}");
    }
    let held = house.ticket(2).await;
    assert!(!house.store.runs_of(held.id).await.unwrap().is_empty());
    let mail = house.store.messages(held.id).await.unwrap();
    assert!(mail.iter().any(|m| m.direction == Direction::Outbound && m.delivery == Delivery::Sent));
});

on_both!(what_an_agent_marks_is_mended_at_once_and_kept_as_a_case_without_the_data, |backend| {
    let house = House::furnished(backend).await;
    house
        .mail(&mail(
            "ana@example.org",
            "help@shop.example",
            1,
            "My club card is ZX-77-Kestrel, and call +49 171 2345678.",
        ))
        .await;
    let ticket = house.ticket(1).await;
    let message = house.store.messages(ticket.id).await.unwrap().remove(0);
    let note = serde_json::json!({ "kind": "note", "text": "Asked the club about ZX-77-Kestrel." });
    house.desk.post_message(ticket.id, serde_json::from_value(note).unwrap(), None, agent()).await.unwrap();
    let kestrel = TicketFilter { words: Some("kestrel".to_owned()), ..TicketFilter::default() };
    assert_eq!(house.store.tickets(&kestrel, &Page::default()).await.unwrap().len(), 1);
    let missed = house.desk.mark_miss(message.id, "ZX-77-Kestrel", "CLUB_CARD", agent()).await.unwrap();
    assert!(house.store.tickets(&kestrel, &Page::default()).await.unwrap().is_empty(), "nor is it found");
    assert!(missed.text.contains("My club card is [CLUB_CARD-1]"), "{}", missed.text);
    assert!(
        house.desk.mark_miss(message.id, "ZX-77-Kestrel", "CLUB_CARD", agent()).await.is_err(),
        "it is gone"
    );
    let runs = house.store.runs_of(ticket.id).await.unwrap();
    let decisions = house.store.decisions_of(ticket.id).await.unwrap();
    assert!(!runs.is_empty() && !decisions.is_empty());
    let messages = house.store.messages(ticket.id).await.unwrap();
    assert!(messages.iter().any(|m| m.text == "Asked the club about [CLUB_CARD-1]."), "{messages:?}");
    assert!(!format!("{runs:?} {decisions:?}").contains("Kestrel"), "no record of the ticket has it");

    let all = house.store.redactions_of(ticket.id).await.unwrap();
    let phone = all.iter().find(|r| r.class == "PHONE").unwrap();
    let back = house.desk.mark_false_alarm(phone.id, agent()).await.unwrap();
    assert!(back.text.contains("call +49 171 2345678"), "{}", back.text);
    let batch = house.desk.redact_stored(None, 50, true, &admin()).await.unwrap();
    assert_eq!((batch.changed, batch.held.len()), (0, 0), "what is let stand is not found again");
    let again = house.desk.mark_miss(message.id, "+49 171 2345678", "PHONE", agent()).await.unwrap();
    assert!(again.text.contains("call [PHONE-1]"), "a person may think better of it: {}", again.text);

    let trail = house.store.audit(0, 100).await.unwrap();
    let missed: Vec<_> = trail.iter().filter(|e| e.record.action == "redaction.missed").collect();
    assert_eq!(missed.len(), 2, "{trail:?}");
    assert_eq!(missed[0].record.object, message.id.to_string());
    assert_eq!(missed[0].record.details, serde_json::json!({ "class": "CLUB_CARD" }));

    let marks = house.desk.marks().await.unwrap();
    let told = serde_json::to_string(&marks).unwrap();
    assert_eq!(marks.len(), 3);
    assert_eq!((marks[0].class.as_str(), marks[0].shape.as_str()), ("CLUB_CARD", "AA-00-Aaaaaaa"));
    assert_eq!((marks[1].shape.as_str(), marks[1].rule.is_empty()), ("+00 000 0000000", false));
    assert!(!told.contains("Kestrel") && !told.contains("2345678"), "{told}");
});

on_both!(an_admin_tries_settings_of_redaction_out_before_they_are_in_force, |backend| {
    let house = House::furnished(backend).await;
    let text = "Your order KV-1234-AB is late. Please write to ana.quill@example.org.";
    let now = house.desk.try_text(text, None).await.unwrap();
    assert_eq!(now.text, "Your order KV-1234-AB is late. Please write to [EMAIL-1].");
    let found: Vec<_> = now.findings.iter().map(|f| (f.class.as_str(), f.value.as_str())).collect();
    assert_eq!(found, [("EMAIL", "ana.quill@example.org")]);
    assert!(now.findings[0].score >= 0.9 && now.findings[0].rule == "email.shape");

    let policy =
        serde_json::json!({ "custom": [{ "class": "POLICY_NO", "patterns": ["KV-####-??"], "score": 0.9 }] });
    let tried = house.desk.try_text(text, Some(policy)).await.unwrap();
    assert_eq!(tried.text, "Your order [POLICY_NO-1] is late. Please write to [EMAIL-1].");
    let again = house.desk.try_text(text, None).await.unwrap();
    assert_eq!(again, now, "what was tried is not in force");

    let wrong = serde_json::json!({ "custom": [{ "class": "POLICY_NO", "patterns": ["KV-####-??"], "score": "high" }] });
    let refused = house.desk.try_text(text, Some(wrong)).await.unwrap_err();
    assert!(refused.to_string().contains("score"), "{refused}");
    let bare = House::bare(backend).await;
    assert!(
        bare.desk
            .try_text(text, None)
            .await
            .unwrap_err()
            .to_string()
            .contains("redaction plugins are called")
    );
});

on_both!(custom_fields_of_a_request_are_redacted_like_its_text, |backend| {
    let house = House::furnished(backend).await;
    let request = serde_json::json!({
        "email": "ana@example.org", "subject": "Refund", "text": "Please see the fields.",
        "custom": { "note": "Please pay to DE89 3704 0044 0532 0130 00", "order_number": "4711-2231" },
    });
    let ticket =
        house.desk.create_ticket(serde_json::from_value(request).unwrap(), None, admin()).await.unwrap();
    let custom = house.ticket(ticket.number).await.custom;
    assert_eq!(custom["note"], "Please pay to [IBAN-1]");
    assert_eq!(custom["order_number"], "4711-2231");
    let found = house.store.redactions_of(ticket.id).await.unwrap();
    assert_eq!(found.iter().map(|r| r.part.as_str()).collect::<Vec<_>>(), ["custom.note"]);
});

on_both!(a_field_takes_no_value_that_redaction_would_take_out_of_a_text, |backend| {
    let house = House::furnished(backend).await;
    let request = serde_json::json!({ "email": "ana@example.org", "subject": "Refund", "text": "Please." });
    let ticket =
        house.desk.create_ticket(serde_json::from_value(request).unwrap(), None, admin()).await.unwrap();
    let set = async |field: Field, value: &str| {
        let change = TicketChange::SetField { field, value: value.to_owned() };
        house.desk.change_ticket(ticket.id, vec![change], None, admin()).await
    };
    let custom = |key: &str| Field::Custom(key.to_owned());
    for (field, value) in [
        (custom("contact"), "ana.quill@example.org"),
        (custom("phone"), "+49 171 2345678"),
        (custom("bank"), "DE89 3704 0044 0532 0130 00"),
        // Looked through as it would be kept: without signs that show nothing.
        (custom("hidden"), "DE89 3704\u{200b} 0044 0532 0130\u{2060} 00"),
        (Field::Category, "ana.quill@example.org"),
    ] {
        let name = field.to_string();
        match set(field, value).await {
            Err(desk::DeskError::Refused(refusal)) => {
                assert_eq!((refusal.code, refusal.field), ("personal_data", Some(name)));
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    set(custom("order_number"), "4711-2231").await.unwrap();
    set(Field::Category, "Shop returns").await.unwrap();
    let changed = set(Field::Assignee, "kim@shop.example").await.unwrap();
    assert_eq!(changed.assignee.as_deref(), Some("kim@shop.example"), "one of our own people");
    let request = serde_json::json!({
        "email": "ana@example.org", "subject": "Refund", "text": "Please.", "category": "ana.quill@example.org",
    });
    let new: desk::NewTicket = serde_json::from_value(request).unwrap();
    let refused = house.desk.create_ticket(new.clone(), None, admin()).await;
    assert!(matches!(&refused, Err(desk::DeskError::Refused(r)) if r.code == "personal_data"), "{refused:?}");
    // A file is taken first and redacted later: there is nobody left to refuse it to.
    house.desk.receive_ticket("file", None, new).await.unwrap();
    house.desk.settle().await.unwrap();
    let ticket = house.tickets().await.pop().unwrap();
    assert_ne!(ticket.category.as_deref(), Some("[EMAIL-1]"));
    assert!(!ticket.set_by_hand.contains("category"));
    let notes = house.store.messages(ticket.id).await.unwrap();
    assert!(notes.iter().any(|m| m.direction == Direction::Note && m.text.contains("category")), "{notes:?}");
});

on_both!(tags_and_teams_take_nothing_that_redaction_would_take_out_of_a_text, |backend| {
    let house = House::furnished(backend).await;
    let request = |more: serde_json::Value| {
        let mut new =
            serde_json::json!({ "email": "ana@example.org", "subject": "Refund", "text": "Please." });
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value::<desk::NewTicket>(new).unwrap()
    };
    let plain = serde_json::json!({ "tags": ["vip", "q3"], "team": "team-2" });
    let ticket = house.desk.create_ticket(request(plain), None, admin()).await.unwrap();
    assert_eq!((ticket.tags.len(), ticket.team.as_deref()), (2, Some("team-2")));
    let team = TicketChange::SetField { field: Field::Team, value: "089-1234567".to_owned() };
    for (change, at) in [(TicketChange::AddTag("01712345678".to_owned()), "tags"), (team, "team")] {
        let refused = house.desk.change_ticket(ticket.id, vec![change], None, agent()).await.unwrap_err();
        let refusal = refusal_of(refused);
        assert_eq!((refusal.code, refusal.field.as_deref()), ("personal_data", Some(at)));
    }
    let late = vec![TicketChange::AddTag("order-late".to_owned())];
    house.desk.change_ticket(ticket.id, late, None, agent()).await.unwrap();
    let told = serde_json::json!({ "tags": ["vip", "01712345678"], "team": "089-1234567" });
    for (at, value) in told.as_object().unwrap() {
        let new = request(serde_json::json!({ at: value }));
        let refused = house.desk.create_ticket(new, None, admin()).await.unwrap_err();
        let refusal = refusal_of(refused);
        assert_eq!((refusal.code, refusal.field.as_ref()), ("personal_data", Some(at)));
    }
    // A file is taken first and redacted later: what it should not have named is left out.
    house.desk.receive_ticket("file", None, request(told)).await.unwrap();
    house.settle().await;
    let ticket = house.tickets().await.into_iter().max_by_key(|ticket| ticket.number).unwrap();
    // The other one is triage's, after the subject.
    assert_eq!(ticket.tags.iter().collect::<Vec<_>>(), ["refund", "vip"]);
    assert!(!ticket.set_by_hand.contains("team"));
    let messages = house.store.messages(ticket.id).await.unwrap();
    let noted = |name: &str| {
        let says = format!("named as its {name}.");
        messages.iter().any(|m| m.direction == Direction::Note && m.text.ends_with(&says))
    };
    assert!(noted("tags") && noted("team"), "{messages:?}");
});

on_both!(a_tag_with_personal_data_that_a_plugin_proposes_is_rejected_alone, |backend| {
    let house = House::furnished(backend).await;
    let all = house.store.installations().await.unwrap();
    let triage = all.into_iter().find(|i| i.manifest.id == "kulanz.triage").unwrap();
    let mut settings = triage.settings.clone();
    settings["rules"] = serde_json::json!([{
        "category": "voucher", "team": "089-1234567", "tags": ["voucher", "01712345678"],
        "words": { "quillvoucher": 5.0 },
    }]);
    house.desk.set_settings(triage.id, settings, admin()).await.unwrap();
    let text = "Hello, my quillvoucher does not work. Please send me another quillvoucher.";
    house.mail(&mail("ana@example.org", "help@shop.example", 1, text)).await;
    let ticket = house.ticket(1).await;
    assert_eq!((ticket.category.as_deref(), ticket.team.as_deref()), (Some("voucher"), None));
    assert_eq!(ticket.tags.iter().filter(|tag| tag.as_str() != "voucher").count(), 0, "{:?}", ticket.tags);
    let decisions = house.store.decisions_of(ticket.id).await.unwrap();
    let rejected: Vec<_> =
        decisions.iter().filter(|d| d.status == DecisionStatus::Rejected).map(|d| &d.effect).collect();
    let (tag, value) = ("…".to_owned(), "…".to_owned());
    assert!(rejected.contains(&&Effect::AddTag { tag }), "{decisions:?}");
    assert!(rejected.contains(&&Effect::SetField { field: "team".to_owned(), value }), "{decisions:?}");
    let story = house.story(1).await;
    assert!(story.contains("looks like personal data (PHONE)"), "{story}");
    let kept = format!("{story}{decisions:?}");
    assert!(!kept.contains("1712345678") && !kept.contains("1234567"), "{kept}");
});

on_both!(a_mail_that_is_redacted_ends_the_count_of_faults, |backend| {
    let house = House::furnished(backend).await;
    let all = house.store.installations().await.unwrap();
    let redaction = all.iter().find(|i| i.manifest.id == "kulanz.redaction").unwrap().id;
    let faults = Fact::SetFaults {
        installation_id: redaction,
        faults_in_a_row: 4,
        quarantine: None,
        at: house.desk.now(),
    };
    house.store.commit(Commit::of(vec![faults])).await.unwrap();
    house.desk.reload_plugins().await.unwrap();
    house.mail(&mail("ana@example.org", "help@shop.example", 1, &card())).await;
    assert_eq!(house.store.installation(redaction).await.unwrap().unwrap().faults_in_a_row, 0);
});
