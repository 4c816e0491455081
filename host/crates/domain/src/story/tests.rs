//! Stories told from rows made by hand.

use super::*;
use crate::actor::{Actor, Cause};
use crate::effect::{Basis, Effect};
use crate::event::Change;
use crate::id::{
    ContactId, CountingIds, DecisionId, InstallationId, MessageId, RedactionId, RunId, TicketId, TokenId,
};
use crate::plugin::Mode;
use crate::run::{Fault, Verdict};
use crate::ticket::Channel;
use crate::token::Token;
use crate::work::{blank_message, blank_ticket};

const NOW: Timestamp = Timestamp(1_795_000_000_000);

/// A mail that was redacted and triaged by one plugin run.
fn material() -> Material {
    let ids = CountingIds::default();
    let ticket_id = TicketId::mint(&ids, NOW);
    let actor = Actor::new(ActorKind::Contact, "ana");
    let mut message =
        blank_message(MessageId::mint(&ids, NOW), ticket_id, Direction::Inbound, actor.clone(), NOW);
    message.reply_text = "Ana schreibt. ".repeat(40);
    let event = |sequence: i64, kind: EventType| Event {
        id: EventId::mint(&ids, NOW),
        kind,
        time: NOW,
        ticket_id: Some(ticket_id),
        sequence,
        actor: actor.clone(),
        cause: None,
        changes: Vec::new(),
        data: serde_json::json!({ "message_id": message.id, "tag": "refund" }),
    };
    let received = event(2, EventType::MessageReceived);
    let (redaction, triage) =
        (run(&ids, Hook::Redaction, received.id, "3 found"), run(&ids, Hook::Triage, received.id, "refund"));
    let cause = Some(Cause { event_id: received.id, run_id: Some(triage.id), depth: 1 });
    let by_plugin =
        |event: Event| Event { cause, actor: Actor::new(ActorKind::Plugin, "kulanz.triage"), ..event };
    let set = |sequence: i64, field: &str, from: Option<&str>, to: &str| {
        let change = Change { field: field.into(), from: from.map(Into::into), to: Some(to.into()) };
        by_plugin(Event { changes: vec![change], ..event(sequence, EventType::TicketFieldChanged) })
    };
    let redacted = |placeholder: &str, score: f32| Redaction {
        id: RedactionId::mint(&ids, NOW),
        ticket_id,
        message_id: message.id,
        part: "text".into(),
        class: "PHONE".into(),
        placeholder: placeholder.into(),
        rule: "phone.shape".into(),
        score,
        digest: "d".into(),
        stands: false,
    };
    Material {
        ticket: blank_ticket(ticket_id, 7, ContactId::mint(&ids, NOW), Channel::Email, NOW),
        decisions: vec![decision(&ids, &triage, ticket_id)],
        redactions: vec![redacted("[PHONE-1]", 0.8), redacted("[PHONE-2]", 0.9), redacted("[PHONE-1]", 0.95)],
        events: vec![
            event(1, EventType::TicketCreated),
            received,
            set(3, "language", None, "de"),
            set(4, "priority", Some("normal"), "high"),
            by_plugin(event(5, EventType::TicketTagged)),
            set(6, "team", None, "billing"),
        ],
        runs: vec![redaction, triage],
        messages: vec![message],
        phrases: HashMap::default(),
        names: Names::default(),
        merged_into: None,
        took_in: Vec::new(),
    }
}

#[test]
fn what_was_said_on_a_merged_ticket_stands_where_it_was_said_with_its_number() {
    let mut material = material();
    let ids = CountingIds::default();
    let earlier = Timestamp(NOW.0 - 1);
    let other =
        blank_ticket(TicketId::mint(&ids, earlier), 5, material.ticket.requester_id, Channel::Form, earlier);
    let id = MessageId::mint(&ids, earlier);
    let ana = Actor::new(ActorKind::Contact, "ana");
    let mut message = blank_message(id, other.id, Direction::Inbound, ana.clone(), earlier);
    message.reply_text = "Where is it, [PERSON-1]?".to_owned();
    let event = |sequence: i64, kind: EventType, time: Timestamp| Event {
        id: EventId::mint(&ids, time),
        kind,
        time,
        ticket_id: Some(other.id),
        sequence,
        actor: ana.clone(),
        cause: None,
        changes: Vec::new(),
        data: serde_json::json!({ "message_id": id, "number": 7 }),
    };
    let events = vec![event(1, EventType::MessageReceived, earlier), event(2, EventType::TicketMerged, NOW)];
    let took_in = event(7, EventType::TicketTookIn, NOW.plus(1));
    material.events.push(Event { data: serde_json::json!({ "number": 5 }), ..took_in });
    material.took_in = vec![TookIn { ticket: other, events, messages: vec![message] }];
    let story = Story::tell(&material);
    let (first, last) = (story.lines.first().unwrap(), story.lines.last().unwrap());
    assert_eq!(
        (first.number.as_str(), first.text.as_str()),
        ("", "“Where is it, [PERSON-1 of #5]?” (human) from #5")
    );
    assert_eq!((last.what.as_str(), last.text.as_str()), ("ticket.took_in", "#5"));
    let thread: Vec<i64> = material.thread().into_iter().map(|(of, _)| of.number).collect();
    assert_eq!(thread, [5, 7]);
    assert!(Story::tell_in(&material, Tongue::German).to_string().contains("aus #5"));
}

#[test]
fn runs_that_make_up_for_what_was_missed_stand_below_the_note_that_says_so() {
    let mut material = material();
    let received = material.events[1].clone();
    material.runs[1].started_at = NOW.plus(60_000);
    let data = serde_json::json!({ "why": "nobody was asked", "missed": [received.id] });
    let id = EventId::mint(&CountingIds::default(), NOW.plus(1));
    let note = Event { id, kind: EventType::AutomationStopped, sequence: 3, data, ..received };
    material.events.truncate(2);
    material.events.push(note);
    let lines = Story::tell(&material).lines;
    let whats: Vec<&str> = lines.iter().map(|line| line.what.as_str()).collect();
    let stopped = whats.iter().position(|what| *what == "automation.stopped").unwrap();
    assert_eq!(whats[stopped + 1..stopped + 3], ["made up for", "run kulanz.triage"]);
    assert!(
        whats[..stopped].contains(&"run kulanz.redaction")
            && !whats[..stopped].contains(&"run kulanz.triage")
    );
    let german = Story::tell_in(&material, Tongue::German).lines;
    assert!(german.iter().any(|line| line.text.ends_with("Plugins wurden doch noch gefragt")));

    material.runs[1].started_at = NOW;
    let before = Story::tell(&material).lines;
    assert!(before.iter().all(|line| line.what != "made up for"), "it ran before that was noted");
}

fn run(ids: &CountingIds, hook: Hook, event: EventId, why: &str) -> Run {
    Run {
        id: RunId::mint(ids, NOW),
        installation_id: InstallationId::mint(ids, NOW),
        plugin_id: format!("kulanz.{hook}"),
        plugin_version: "0.1.0".into(),
        digest: String::new(),
        hook,
        mode: Mode::Live,
        event_id: Some(event),
        ticket_id: None,
        started_at: NOW,
        duration_us: 1,
        cpu_us: 0,
        fuel: 12_345,
        memory_bytes: 1,
        host_calls: 1,
        seed: 1,
        input_digest: String::new(),
        reads: [].into(),
        calls: Default::default(),
        http: Default::default(),
        verdict: Some(Verdict { word: "done".into(), why: why.into() }),
        fault: None,
        log: Vec::new(),
        log_dropped: 0,
        answers: serde_json::Value::Null,
        case: None,
    }
}

fn decision(ids: &CountingIds, run: &Run, ticket_id: TicketId) -> Decision {
    let effect = Effect::Reply { text: "x".into(), language: None, article: Some("return".into()) };
    let reason = "a reason of many words that has to be folded ".repeat(5);
    Decision {
        id: DecisionId::mint(ids, NOW),
        run_id: run.id,
        installation_id: run.installation_id,
        plugin_id: run.plugin_id.clone(),
        ordinal: 0,
        ticket_id,
        effect,
        basis: Basis { reason: reason.trim().to_owned(), confidence: 0.9, evidence: Vec::new() },
        status: DecisionStatus::Applied,
        reason: String::new(),
        digest: String::new(),
        decided_at: NOW,
    }
}

fn line<'a>(story: &'a Story, number: &str) -> &'a Line {
    story.lines.iter().find(|line| line.number == number).unwrap()
}

#[test]
fn events_that_go_on_with_the_one_before_share_a_line_and_keep_their_numbers() {
    let story = Story::tell(&material());
    let numbers: Vec<&str> = story.lines.iter().filter(|l| l.level == 0).map(|l| l.number.as_str()).collect();
    assert_eq!(numbers, ["1", "2", "3–4", "5", "6"]);
    assert_eq!(
        line(&story, "3–4").text,
        "language = de, priority: normal → high  by plugin kulanz.triage  because of 2"
    );
}

#[test]
fn a_placeholder_is_told_once_below_the_run_that_made_it_and_counted_so() {
    let story = Story::tell(&material());
    let kinds: Vec<&str> = story.lines.iter().skip(2).take(5).map(|l| l.kind).collect();
    assert_eq!(kinds, ["run", "redaction", "redaction", "run", "decision"]);
    let texts: Vec<&str> = story.lines.iter().skip(2).take(3).map(|l| l.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "done: 2 redacted  (0.1.0 live, 12k fuel)",
            "[PHONE-1] in text, rule phone.shape, 95 %",
            "[PHONE-2] in text, rule phone.shape, 90 %",
        ]
    );
}

#[test]
fn what_was_redacted_in_our_own_message_is_counted_and_told_below_it() {
    let mut material = material();
    material.events[1].kind = EventType::MessageCreated;
    let story = Story::tell(&material);
    assert!(story.lines.iter().any(|l| l.text.starts_with("done: 2 redacted")), "{story}");
    assert_eq!(story.lines.iter().filter(|l| l.kind == "redaction").count(), 2);
}

#[test]
fn what_was_found_in_a_stored_message_is_counted_where_it_was_found() {
    let mut material = material();
    material.events[1].kind = EventType::MessageRedacted;
    material.events[1].data["values"] = 3.into();
    let story = Story::tell(&material);
    assert!(story.lines.iter().any(|l| l.text.starts_with("done: 3 redacted")), "{story}");
}

#[test]
fn an_erased_ticket_tells_who_and_why_and_that_words_were_erased() {
    let mut material = material();
    for event in &mut material.events {
        event.changes.clear();
        event.data = serde_json::json!({});
    }
    // So that four in a row are alike.
    material.events[4].kind = EventType::TicketFieldChanged;
    let story = Story::tell(&material);
    let line = line(&story, "3–6");
    assert_eq!(line.text, "(erased)  by plugin kulanz.triage  because of 2");
    material.events[4].kind = EventType::TicketTagged;
    let german = Story::tell_in(&material, Tongue::German);
    let tagged = german.lines.iter().find(|line| line.number == "5").unwrap();
    assert_eq!(tagged.text, "(gelöscht)  von plugin kulanz.triage  wegen 2");
}

#[test]
fn who_acts_with_a_standing_token_goes_by_its_name() {
    let mut material = material();
    let token = Token {
        id: TokenId::mint(&CountingIds::default(), NOW),
        name: "ines".into(),
        digest: String::new(),
        scopes: Vec::new(),
        created_at: NOW,
        expires_at: None,
    };
    material.events[1].actor = Actor::new(ActorKind::Agent, token.id.to_string());
    material.decisions[0].reason = format!("sent by agent {}", token.id);
    let revoked = Story::tell(&material);
    assert!(line(&revoked, "2").text.ends_with(&format!("by agent {}", token.id)), "{revoked}");
    material.names = Names::of(&[token]);
    let story = Story::tell(&material);
    assert!(line(&story, "2").text.ends_with("by agent ines"), "{story}");
    assert!(story.lines.iter().any(|l| l.text.ends_with("[sent by agent ines]")), "{story}");
    let german = Story::tell_in(&material, Tongue::German);
    assert!(german.lines.iter().any(|l| l.text.ends_with("[gesendet von Agent ines]")), "{german}");
}

#[test]
fn redactions_are_told_when_their_run_is_gone() {
    let mut material = material();
    material.runs.clear();
    let story = Story::tell(&material);
    assert_eq!(story.lines.iter().filter(|l| l.kind == "redaction").count(), 2);
}

#[test]
fn a_german_story_keeps_the_words_of_the_design_and_tells_reasons_where_the_plugin_has_them_in_german() {
    let mut material = material();
    let story = Story::tell_in(&material, Tongue::German);
    assert_eq!(line(&story, "1").text, "#7 über email");
    assert_eq!(line(&story, "5").text, "refund  von plugin kulanz.triage  wegen 2");
    let text = story.to_string();
    for said in ["message.received", "applied", "Antwort aus Artikel return — a reason", "2 geschwärzt"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let phrase = |said: &str, de: &str| Phrase {
        said: said.to_owned(),
        told: [("de".to_owned(), de.to_owned())].into(),
    };
    let phrases = vec![phrase("a reason of {1}", "ein Grund aus {1}"), phrase("refund", "Erstattung")];
    let runs = material.runs.iter().map(|run| run.installation_id);
    let speakers = runs.chain(material.decisions.iter().map(|of| of.installation_id));
    material.phrases = speakers.map(|id| (id, phrases.clone())).collect();
    let text = Story::tell_in(&material, Tongue::German).to_string();
    assert!(text.contains("— ein Grund aus many words") && text.contains("done: Erstattung"), "{text}");
    assert!(Story::tell(&material).to_string().contains("— a reason"));
    let failed = material.runs.iter_mut().find(|run| run.hook != Hook::Redaction).unwrap();
    failed.fault = Some(Fault::Refused {
        kind: "internal".to_owned(),
        message: "refund".to_owned(),
        retry_after_s: None,
    });
    let story = Story::tell_in(&material, Tongue::German);
    let words = "Fehler refused: antwortete mit internal: Erstattung";
    assert!(story.lines.iter().any(|line| line.text.starts_with(words)), "{story}");
}

#[test]
fn no_printed_line_is_wide_none_ends_blank_and_nothing_is_lost() {
    let story = Story::tell(&material());
    let text = story.to_string();
    for line in text.lines() {
        assert!(line.chars().count() <= 150 && line.trim_end() == line, "{line:?}");
    }
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let printed = flat(&text);
    assert!(story.lines.iter().all(|line| printed.contains(&flat(&line.text))));
}

#[test]
fn an_excerpt_ends_between_words_and_cuts_only_endless_ones() {
    assert_eq!(excerpt("two  words\n", 20), "two words");
    assert_eq!(excerpt("some words and more", 12), "some words …");
    assert_eq!(excerpt(&"x".repeat(9), 4), "xxxx …");
    assert_eq!(excerpt("a bbbbbbbbbbbb", 8), "a bbbbbb …");
}

#[test]
fn a_tongue_is_read_from_a_language_tag() {
    assert_eq!("de-AT".parse(), Ok(Tongue::German));
    assert_eq!("EN".parse(), Ok(Tongue::English));
    assert!("fr".parse::<Tongue>().is_err() && "".parse::<Tongue>().is_err());
    for (bytes, english, german) in
        [(1_i64, "1 byte", "1 Byte"), (20, "20 bytes", "20 Byte"), (12_345_678, "12.3 MB", "12,3 MB")]
    {
        assert_eq!(Tongue::English.size(bytes), english);
        assert_eq!(Tongue::German.size(bytes), german);
    }
}
