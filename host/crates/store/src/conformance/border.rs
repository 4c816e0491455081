//! The house's border: intake, seen ids, suppression, tokens, webhooks; audit, articles, settings.

use domain::article::{Alternate, Article, ArticleState};
use domain::audit::{AuditRecord, first_broken};
use domain::event::{Change, EventType};
use domain::id::TicketId;
use domain::run::Run;
use domain::seal::Sealed;
use domain::session::Session;
use domain::ticket::Ticket;
use domain::token::{Scope, Token};
use domain::webhook::Webhook;
use domain::{Actor, ActorKind};

use super::{Sample, Verdict, holds, same};
use crate::{
    Commit, ERASED, Fact, Forget, Intake, IntakeKind, IntakeState, Page, Store, StoreError, Suppression,
};

pub(super) async fn intake_waits_is_held_and_is_done(store: &Store) -> Verdict {
    let make = Sample::default();
    let intake = |kind| Intake {
        id: make.intake_id(),
        source: "inbox".to_owned(),
        received_at: make.now,
        kind,
        sealed: Sealed(vec![7, 0, 7]),
        state: IntakeState::Waiting,
        reason: None,
        ticket_id: None,
    };
    let (mut first, second) = (intake(IntakeKind::Mail), intake(IntakeKind::Ticket));
    let facts = [&first, &second].map(|i| Fact::AddIntake(Box::new(i.clone()))).to_vec();
    store.commit(Commit { facts }).await?;
    same!(store.intake(first.id).await?, Some(first.clone()));
    let set =
        |id, state, ticket_id| Fact::SetIntake { id, state, reason: Some("because".to_owned()), ticket_id };
    store.commit(Commit::of(vec![set(first.id, IntakeState::Held, None)])).await?;
    first.state = IntakeState::Held;
    first.reason = Some("because".to_owned());
    same!(store.intake(first.id).await?, Some(first.clone()));
    let held = store.intakes(Some(IntakeState::Held), &Page::default()).await?;
    holds!(held.iter().map(|i| i.id).eq([first.id]) && held.iter().all(|i| i.sealed.0.is_empty()));
    let all = store.intakes(None, &Page::after(first.id, 5)).await?;
    holds!(all.iter().map(|i| i.id).eq([second.id]));
    let ticket = make.ticket_id();
    store.commit(Commit::of(vec![set(first.id, IntakeState::Done, Some(ticket))])).await?;
    first.state = IntakeState::Done;
    first.ticket_id = Some(ticket);
    same!(store.intake(first.id).await?, Some(first));
    let unknown = set(make.intake_id(), IntakeState::Done, None);
    same!(store.commit(Commit::of(vec![unknown])).await, Err(StoreError::Stale("intake")));
    Ok(())
}

pub(super) async fn an_outside_id_is_handled_once(store: &Store) -> Verdict {
    let make = Sample::default();
    let seen = |source: &str, outcome: &str| Fact::Seen {
        source: source.to_owned(),
        external_id: "id-1".to_owned(),
        outcome: outcome.to_owned(),
        at: make.now,
    };
    store.commit(Commit::of(vec![seen("imap", "itk_1")])).await?;
    let second = vec![Fact::PutSetting { key: "k".to_owned(), value: "v".to_owned() }, seen("imap", "itk_2")];
    same!(store.commit(Commit { facts: second }).await, Err(StoreError::Conflict("seen")));
    holds!(store.setting("k").await?.is_none());
    store.commit(Commit::of(vec![seen("api", "tkt_1")])).await?;
    same!(store.seen("imap", "id-1").await?, Some("itk_1".to_owned()));
    same!(store.seen("api", "id-1").await?, Some("tkt_1".to_owned()));
    holds!(store.seen("api", "id-2").await?.is_none());
    let answer = "a long answer ".repeat(10);
    store.commit(Commit::of(vec![seen("answers", &answer)])).await?;
    for (before, left) in [(make.now, Some(answer.clone())), (make.now.plus(1), None)] {
        store.commit(Commit::of(vec![Fact::DropAnswers { before, most: 1 }])).await?;
        same!(store.seen("answers", "id-1").await?, left);
    }
    store.commit(Commit::of(vec![seen("one", &answer), seen("another", &answer)])).await?;
    let before = make.now.plus(1);
    for left in [1, 0] {
        store.commit(Commit::of(vec![Fact::DropAnswers { before, most: 1 }])).await?;
        same!(store.answers_before(before).await?, left);
    }
    holds!(store.seen("imap", "id-1").await?.is_some());
    Ok(())
}

pub(super) async fn a_request_about_somebody_erased_is_remembered_without_a_word(store: &Store) -> Verdict {
    let make = Sample::default();
    let person = make.contact("ana_b@example.org");
    let mut ticket = make.ticket(1);
    ticket.requester_id = person.id;
    let about = |id: &str, what: &str| format!("{{\"id\":\"{id}\",\"body\":\"{}\"}}", what.repeat(10));
    let seen = |key: &str, outcome: String| Fact::Seen {
        source: "answers".to_owned(),
        external_id: key.to_owned(),
        outcome,
        at: make.now,
    };
    let others = about("tkt_other", "a jacket");
    let facts = vec![
        Fact::PutContact(person.clone()),
        Fact::PutTicket { ticket: Box::new(ticket.clone()), read_version: None },
        seen("theirs", about(&ticket.id.to_string(), "my jacket")),
        seen("address", about("tkt_other", "from Ana_B@example.org")),
        seen("written", about("tkt_other", "from ana_b@müller.example")),
        seen("ana_b@example.org-1", "itk_1".to_owned()),
        seen("order-Ana_B@example.org-1", "itk_1".to_owned()),
        seen("ana_b@müller.example", "itk_1".to_owned()),
        seen("%3Cana_b@example.org%3E", "itk_1".to_owned()),
        seen("17ana_b@example.org1", "itk_1".to_owned()),
        seen("joana_b@example.org-1", "itk_3".to_owned()),
        seen("ana_b@example.organic", "itk_4".to_owned()),
        seen("anaxb@example.org-1", "itk_2".to_owned()),
        seen("others", others.clone()),
    ];
    store.commit(Commit { facts }).await?;
    let forget = Forget {
        contact_id: person.id,
        addresses: vec![person.email, "ana_b@müller.example".to_owned()],
        address_after: "erased@invalid".to_owned(),
        digests: Vec::new(),
    };
    store.commit(Commit::of(vec![Fact::Forget(Box::new(forget))])).await?;
    let erased = Some(ERASED.to_owned());
    for (key, left) in [
        ("theirs", erased.clone()),
        ("address", erased.clone()),
        ("written", erased.clone()),
        ("ana_b@example.org-1", None),
        ("order-Ana_B@example.org-1", None),
        ("ana_b@müller.example", None),
        ("%3Cana_b@example.org%3E", None),
        ("17ana_b@example.org1", None),
        // Other people's.
        ("joana_b@example.org-1", Some("itk_3".to_owned())),
        ("ana_b@example.organic", Some("itk_4".to_owned())),
        ("anaxb@example.org-1", Some("itk_2".to_owned())),
        ("others", Some(others)),
    ] {
        same!((key, store.seen("answers", key).await?), (key, left));
    }
    same!(
        store.commit(Commit::of(vec![seen("theirs", "again".to_owned())])).await,
        Err(StoreError::Conflict("seen"))
    );
    for (before, left) in [(make.now, erased), (make.now.plus(1), None)] {
        store.commit(Commit::of(vec![Fact::DropAnswers { before, most: 9 }])).await?;
        same!(store.seen("answers", "theirs").await?, left);
    }
    holds!(store.seen("answers", "anaxb@example.org-1").await?.is_some());
    Ok(())
}

pub(super) async fn tags_and_who_was_in_charge_go_with_a_person(store: &Store) -> Verdict {
    let make = Sample::default();
    let person = make.contact("ana_b@example.org");
    let of =
        |number: i64, assignee: &str| Ticket { assignee: Some(assignee.to_owned()), ..make.ticket(number) };
    let mut theirs = Ticket { requester_id: person.id, ..of(1, "ana müller") };
    theirs.set_by_hand.insert("custom.mrs_b".to_owned());
    let others = [of(2, "Ana_B@example.org"), of(3, "Ana Müller"), of(4, "joana_b@example.org")];
    let mut handed = make.event(others[0].id, 1);
    let change = |from: &str, to: &str| Change {
        field: "assignee".to_owned(),
        from: Some(from.to_owned()),
        to: Some(to.to_owned()),
    };
    handed.changes = vec![change("joana_b@example.org", "Ana_B@example.org")];
    let told_of = |ticket: &Ticket| {
        let answers = serde_json::json!([{ "call": "tickets.search", "answer": [{ "id": ticket.id }] }]);
        Run { ticket_id: None, answers, ..make.run(make.installation_id(), ticket.id) }
    };
    let (of_theirs, of_another) = (told_of(&theirs), told_of(&others[2]));
    let tickets = others.iter().chain([&theirs]);
    let mut facts: Vec<Fact> = tickets
        .map(|ticket| Fact::PutTicket { ticket: Box::new(ticket.clone()), read_version: None })
        .collect();
    facts.push(Fact::PutContact(person.clone()));
    facts.push(Fact::AddEvents(vec![handed.clone()]));
    facts.extend([&of_theirs, &of_another].map(|run| Fact::AddRun(Box::new(run.clone()))));
    store.commit(Commit { facts }).await?;
    let forget = Forget {
        contact_id: person.id,
        addresses: vec![person.email],
        address_after: "erased@invalid".to_owned(),
        digests: Vec::new(),
    };
    store.commit(Commit::of(vec![Fact::Forget(Box::new(forget))])).await?;
    let left = store.ticket(theirs.id).await?;
    same!(left.as_ref().map(|ticket| (ticket.tags.len(), ticket.assignee.as_deref())), Some((0, None)));
    holds!(left.is_some_and(|ticket| ticket.set_by_hand.is_empty() && ticket.team == theirs.team));
    for (ticket, in_charge) in others.iter().zip([None, Some("Ana Müller"), Some("joana_b@example.org")]) {
        let left = store.ticket(ticket.id).await?;
        same!(left.as_ref().map(|ticket| ticket.assignee.as_deref()), Some(in_charge));
        same!(left.map(|ticket| ticket.tags), Some(ticket.tags.clone()));
    }
    handed.changes = vec![change("joana_b@example.org", ERASED)];
    same!(store.events_of(others[0].id).await?, vec![handed]);
    holds!(store.run(of_theirs.id).await?.is_none() && store.run(of_another.id).await?.is_some());
    Ok(())
}

pub(super) async fn suppressed_addresses_are_listed_until_removed(store: &Store) -> Verdict {
    let make = Sample::default();
    let suppression = |address: &str| Suppression {
        address: address.to_owned(),
        reason: "bounced".to_owned(),
        until: None,
        created_at: make.now,
    };
    let mut a = suppression("a@example.org");
    let b = suppression("b@example.org");
    let facts = vec![Fact::PutSuppression(b.clone()), Fact::PutSuppression(a.clone())];
    store.commit(Commit { facts }).await?;
    a.until = Some(make.now.plus(5));
    store.commit(Commit::of(vec![Fact::PutSuppression(a.clone())])).await?;
    same!(store.suppression("a@example.org").await?, Some(a.clone()));
    same!(store.suppressions(&Page::first(1)).await?, vec![a]);
    same!(store.suppressions(&Page::after("a@example.org", 9)).await?, vec![b]);
    let c = suppression("c@müller.example");
    store.commit(Commit::of(vec![Fact::PutSuppression(c.clone())])).await?;
    same!(store.suppressions_beyond_ascii().await?, vec![c]);
    store.commit(Commit::of(vec![Fact::RemoveSuppression("a@example.org".to_owned())])).await?;
    holds!(store.suppression("a@example.org").await?.is_none());
    Ok(())
}

pub(super) async fn audit_entries_form_one_chain(store: &Store) -> Verdict {
    let make = Sample::default();
    let record = |n: i64| AuditRecord {
        id: make.audit_id(),
        at: make.now.plus(n),
        actor: Actor::new(ActorKind::Agent, "agent-1"),
        action: "plugin.installed".to_owned(),
        object: "ins_1".to_owned(),
        details: serde_json::json!({ "z": n, "a": [1.5, null, "ü"] }),
    };
    let records: Vec<AuditRecord> = (0..5).map(record).collect();
    let (head, tail) = records.split_at(3);
    for part in [head, tail] {
        store.commit(Commit { facts: part.iter().cloned().map(Fact::Audit).collect() }).await?;
    }
    let entries = store.audit(0, 100).await?;
    same!(entries.iter().map(|e| e.record.clone()).collect::<Vec<_>>(), records);
    same!(first_broken(&entries, None), None);
    same!(store.audit(3, 1).await?.iter().map(|e| e.sequence).collect::<Vec<_>>(), vec![4]);
    same!(store.audit_before(4, 2).await?.iter().map(|e| e.sequence).collect::<Vec<_>>(), vec![3, 2]);
    same!(store.audit_before(i64::MAX, 1).await?.iter().map(|e| e.sequence).collect::<Vec<_>>(), vec![5]);
    Ok(())
}

pub(super) async fn articles_change_their_version(store: &Store) -> Verdict {
    let make = Sample::default();
    let article = |key: &str, locale: &str, state| Article {
        id: make.article_id(),
        key: key.to_owned(),
        locale: locale.to_owned(),
        state,
        title: "Wo ist mein Paket?".to_owned(),
        body: "Unterwegs.".to_owned(),
        product: (locale == "de").then(|| "Lampe".to_owned()),
        valid_from: (locale == "en").then_some(make.now),
        valid_until: (locale == "en").then(|| make.now.plus(1)),
        updated_at: make.now,
    };
    let mut german = article("parcel", "de", ArticleState::Public);
    let english = article("parcel", "en", ArticleState::Draft);
    let before = store.articles_versions().await?;
    let facts = vec![Fact::PutArticle(german.clone()), Fact::PutArticle(english.clone())];
    store.commit(Commit { facts }).await?;
    let between = store.articles_versions().await?;
    holds!(between != before);
    "Geliefert.".clone_into(&mut german.body);
    store.commit(Commit::of(vec![Fact::PutArticle(german.clone())])).await?;
    same!(store.article(german.id).await?, Some(german.clone()));
    same!(store.articles(None, None).await?, vec![german.clone(), english.clone()]);
    same!(store.articles(Some("de"), None).await?, vec![german.clone()]);
    same!(store.articles(None, Some(ArticleState::Draft)).await?, vec![english.clone()]);
    holds!(store.articles(Some("de"), Some(ArticleState::Draft)).await?.is_empty());
    let double = Fact::PutArticle(article("parcel", "de", ArticleState::Draft));
    same!(store.commit(Commit::of(vec![double])).await, Err(StoreError::Conflict("article_key")));
    let changed = store.articles_versions().await?;
    holds!(changed != between);
    store.commit(Commit::of(vec![Fact::RemoveArticle(german.id)])).await?;
    holds!(store.article(german.id).await?.is_none());
    holds!(store.articles_versions().await? != changed);
    Ok(())
}

pub(super) async fn what_an_article_was_confirmed_to_answer_is_kept_until_its_ticket_is_forgotten(
    store: &Store,
) -> Verdict {
    let make = Sample::default();
    let (article, contact) = (make.article_id(), make.contact("ana@customer.example"));
    let (first, second) = (make.ticket(1), make.ticket(2));
    let asked = |ticket: TicketId, text: &str| Alternate {
        article_id: article,
        ticket_id: ticket,
        contact_id: contact.id,
        text: text.to_owned(),
        at: make.now,
    };
    let before = store.articles_versions().await?;
    let facts = vec![
        Fact::PutTicket { ticket: Box::new(first.clone()), read_version: None },
        Fact::PutTicket { ticket: Box::new(second.clone()), read_version: None },
        Fact::PutAlternate(asked(first.id, "Wo bleibt es?")),
        Fact::PutAlternate(asked(second.id, "Kommt es noch?")),
        Fact::PutAlternate(asked(first.id, "Wo bleibt mein Paket?")),
    ];
    store.commit(Commit { facts }).await?;
    let after = store.articles_versions().await?;
    holds!(after.0 == before.0 && after.1 > before.1);
    let texts: Vec<String> = store.alternates(Some(article)).await?.into_iter().map(|a| a.text).collect();
    same!(texts, ["Wo bleibt mein Paket?", "Kommt es noch?"]);
    holds!(store.alternates(Some(make.article_id())).await?.is_empty());
    store.commit(Commit::of(vec![Fact::ForgetTicket(first.id)])).await?;
    same!(store.alternates(None).await?, vec![asked(second.id, "Kommt es noch?")]);
    let remove = Fact::RemoveAlternate { article_id: Some(article), ticket_id: second.id };
    store.commit(Commit::of(vec![remove])).await?;
    holds!(store.alternates(None).await?.is_empty());
    Ok(())
}

pub(super) async fn vectors_are_kept_by_model_and_text(store: &Store) -> Verdict {
    let put = |model: &str, vectors: &[(&str, u8)]| {
        let vectors = vectors.iter().map(|(digest, byte)| ((*digest).to_owned(), vec![*byte; 8])).collect();
        Commit::of(vec![Fact::PutVectors { model: model.to_owned(), vectors }])
    };
    store.commit(put("one", &[("a", 1), ("b", 2)])).await?;
    store.commit(put("one", &[("a", 9), ("c", 3)])).await?;
    store.commit(put("two", &[("a", 4)])).await?;
    let ask = ["c", "x", "a"].map(str::to_owned);
    let found = store.vectors("one", &ask).await?;
    same!(found, vec![("c".to_owned(), vec![3; 8]), ("a".to_owned(), vec![1; 8])]);
    store.commit(Commit::of(vec![Fact::KeepVectorsOf("two".to_owned())])).await?;
    holds!(store.vectors("one", &ask).await?.is_empty());
    same!(store.vectors("two", &ask).await?.len(), 1);
    Ok(())
}

pub(super) async fn an_answer_is_rated_only_as_it_was_read(store: &Store) -> Verdict {
    let make = Sample::default();
    let ticket = make.ticket(1);
    let mut answer = make.message(ticket.id);
    answer.article = Some("parcel".to_owned());
    let facts = vec![
        Fact::PutTicket { ticket: Box::new(ticket), read_version: None },
        Fact::AddMessage(Box::new(answer.clone())),
    ];
    store.commit(Commit { facts }).await?;
    let rate = |helped, expect| Commit::of(vec![Fact::RateMessage { message_id: answer.id, helped, expect }]);
    store.commit(rate(true, None)).await?;
    same!(store.commit(rate(false, None)).await, Err(StoreError::Stale("message")));
    store.commit(rate(false, Some(true))).await?;
    let kept = store.message(answer.id).await?;
    same!(kept.map(|m| (m.article, m.helped)), Some((answer.article.clone(), Some(false))));
    Ok(())
}

pub(super) async fn tokens_and_webhooks_read_back(store: &Store) -> Verdict {
    let make = Sample::default();
    let token = Token {
        id: make.token_id(),
        name: "shop".to_owned(),
        digest: "d1".to_owned(),
        scopes: vec![Scope::Read, Scope::Inbound],
        created_at: make.now,
        expires_at: Some(make.now.plus(1)),
    };
    let mut webhook = Webhook {
        id: make.webhook_id(),
        url: "https://example.org/hook".to_owned(),
        events: vec![EventType::MessageSent],
        secret: Sealed(vec![1, 2]),
        enabled: true,
        created_at: make.now,
    };
    let facts = vec![Fact::PutToken(token.clone()), Fact::PutWebhook(webhook.clone())];
    store.commit(Commit { facts }).await?;
    webhook.enabled = false;
    store.commit(Commit::of(vec![Fact::PutWebhook(webhook.clone())])).await?;
    same!(store.tokens().await?, vec![token.clone()]);
    same!(store.token_by_digest("d1").await?, Some(token.clone()));
    holds!(store.token_by_digest("d2").await?.is_none());
    same!(store.webhooks().await?, vec![webhook.clone()]);
    same!(store.webhook(webhook.id).await?, Some(webhook.clone()));
    let twin = Token { id: make.token_id(), ..token.clone() };
    same!(
        store.commit(Commit::of(vec![Fact::PutToken(twin)])).await,
        Err(StoreError::Conflict("token_digest"))
    );
    let facts = vec![Fact::RemoveToken(token.id), Fact::RemoveWebhook(webhook.id)];
    store.commit(Commit { facts }).await?;
    holds!(store.tokens().await?.is_empty() && store.webhooks().await?.is_empty());
    Ok(())
}

pub(super) async fn a_session_stands_for_its_token_until_it_is_over(store: &Store) -> Verdict {
    let make = Sample::default();
    let token = |name: &str| Token {
        id: make.token_id(),
        name: name.to_owned(),
        digest: name.to_owned(),
        scopes: vec![Scope::Read],
        created_at: make.now,
        expires_at: None,
    };
    let (ana, kim) = (token("ana"), token("kim"));
    let session = |digest: &str, token: &Token, until: i64| {
        Fact::PutSession(Session {
            digest: digest.to_owned(),
            token_id: token.id,
            until: make.now.plus(until),
        })
    };
    let facts = vec![
        Fact::PutToken(ana.clone()),
        Fact::PutToken(kim.clone()),
        session("s1", &ana, 10),
        session("s2", &ana, 20),
        session("s3", &kim, 20),
        session("s4", &kim, 20),
    ];
    store.commit(Commit { facts }).await?;
    same!(store.session_token("s1", make.now.plus(9)).await?, Some(ana.clone()));
    holds!(store.session_token("s1", make.now.plus(10)).await?.is_none());
    holds!(store.session_token("s0", make.now).await?.is_none());
    let facts = vec![Fact::EndSessions { before: make.now.plus(10) }, Fact::EndSession("s3".to_owned())];
    store.commit(Commit { facts }).await?;
    holds!(store.session_token("s1", make.now).await?.is_none());
    holds!(store.session_token("s3", make.now).await?.is_none());
    same!(store.session_token("s2", make.now).await?, Some(ana.clone()));
    store.commit(Commit::of(vec![Fact::RemoveToken(ana.id)])).await?;
    holds!(store.session_token("s2", make.now).await?.is_none());
    // Not even when a token of that id comes again.
    store.commit(Commit::of(vec![Fact::PutToken(ana)])).await?;
    holds!(store.session_token("s2", make.now).await?.is_none());
    same!(store.session_token("s4", make.now).await?, Some(kim));
    Ok(())
}

pub(super) async fn settings_keep_their_newest_value(store: &Store) -> Verdict {
    for value in ["on", "off"] {
        let put = Fact::PutSetting { key: "kill_switch".to_owned(), value: value.to_owned() };
        store.commit(Commit::of(vec![put])).await?;
        same!(store.setting("kill_switch").await?, Some(value.to_owned()));
    }
    holds!(store.setting("other").await?.is_none());
    let replace = |key: &str, read: Option<&str>, value: &str| {
        let (key, read, value) = (key.to_owned(), read.map(str::to_owned), value.to_owned());
        store.commit(Commit::of(vec![Fact::ReplaceSetting { key, read, value }]))
    };
    replace("kill_switch", Some("off"), "on").await?;
    same!(replace("kill_switch", Some("off"), "x").await, Err(StoreError::Stale("setting")));
    same!(replace("kill_switch", None, "x").await, Err(StoreError::Stale("setting")));
    same!(replace("other", Some("off"), "x").await, Err(StoreError::Stale("setting")));
    same!(store.setting("kill_switch").await?, Some("on".to_owned()));
    replace("other", None, "x").await?;
    same!(store.setting("other").await?, Some("x".to_owned()));
    store.ping().await?;
    Ok(())
}
