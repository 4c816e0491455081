//! What stands on the pages.

use domain::Actor;
use domain::effect::{Basis, Effect};
use domain::grant::Grants;
use domain::id::{CountingIds, DecisionId, InstallationId, MessageId, RedactionId, RunId};
use domain::job::NewJob;
use domain::message::{Delivery, Direction};
use domain::plugin::{Hook, Installation, Limits, Manifest, Mode};
use domain::redaction::Redaction;
use domain::run::{Decision, DecisionStatus, Run, Verdict};
use domain::ticket::Ticket;
use domain::token::Scope;
use store::Fact;

use super::access::signed_in;
use super::world::{NOW, World};
use crate::Access;

const MANIFEST: &str = r#"
id = "example.vip"
name = "VIP <b>"
version = "1.2.3"
contract = "0.1"
description = "Tags tickets."
[[hook]]
kind = "triage"
events = ["message.received"]
[[grant]]
to = "effect:add-tag"
reason = "It tags."
[[grant]]
to = "read:text"
reason = "It reads."
"#;

#[tokio::test]
async fn the_list_shows_tickets_newest_first_and_who_asks() {
    let world = World::open().await;
    world.ticket("First", "x").await;
    world.ticket("Second", "y").await;
    let page = world.get("/").await;
    assert_eq!(page.status, 200);
    page.says(&["<html lang=\"en\">", "First", "parcel", "normal", "title=\"UTC\">2026-11-18 "]);
    assert!(page.text.find("Second") < page.text.find("First"));
    page.says(&["data-name=\"Customer\">Ana<"]);
}

#[tokio::test]
async fn fifty_tickets_fill_a_page_and_the_rest_is_one_link_away() {
    let world = World::open().await;
    for n in 0..51 {
        world.ticket(&format!("Subject-{n:02}."), "x").await;
    }
    let page = world.get("/").await;
    page.says(&["Subject-50.", "Subject-01.", "rel=\"next\""]);
    assert!(!page.text.contains("Subject-00."));
    let next = page.text.split("href=\"").find(|part| part.starts_with("/?after=")).unwrap();
    let older = world.get(next.split('"').next().unwrap()).await;
    older.says(&["Subject-00.", "rel=\"first\""]);
    assert!(!older.text.contains("Subject-01.") && !older.text.contains("rel=\"next\""));
    let solved = world.get("/?status=solved").await;
    solved.says(&["There is no ticket here.", "aria-current=\"true\""]);
}

#[tokio::test]
async fn tickets_are_found_by_number_subject_and_words_and_the_search_goes_along() {
    let world = World::open().await;
    let ticket = world.ticket("Where is my parcel?", "x").await;
    world.ticket("Invoice & more", "y").await;
    let set = |field, value: &str| desk::TicketChange::SetField { field, value: value.to_owned() };
    let changes =
        vec![set(domain::ticket::Field::Team, "logistics"), set(domain::ticket::Field::Assignee, "kim")];
    world.desk.change_ticket(ticket.id, changes, None, Actor::system()).await.unwrap();
    assert_eq!(world.get("/?q=%232").await.header("location"), "/tickets/2");
    world.get("/?q=4711").await.says(&["There is no ticket here."]);
    world.ticket("Order", "It is order 4711.").await;
    world.get("/?q=4711").await.says(&[">Order</a>"]);
    world.get("/?q=*").await.says(&[">Order</a>", "Invoice &amp; more"]);
    world.ticket("Bu\u{308}cher", "x").await;
    world.get("/?q=b%C3%BCcher").await.says(&[">B\u{fc}cher</a>"]);
    let found = world.get("/?q=my+PARCEL&lang=de").await;
    found.says(&[
        "Where is my parcel?",
        "value=\"my PARCEL\"",
        "q=my%20PARCEL&amp;lang=de",
        "Wieder alles zeigen",
    ]);
    assert!(!found.text.contains("Invoice"));
    world.get("/?q=invoice+%26").await.says(&["Invoice &amp; more"]);
    for query in ["team=logistics", "assignee=kim", "tag=parcel&team=logistics"] {
        let page = world.get(&format!("/?{query}")).await;
        assert!(page.text.contains("my parcel?") && !page.text.contains("Invoice"), "{query}");
        page.says(&["<details open>"]);
    }
    world.get("/?team=nobody").await.says(&["There is no ticket here."]);
}

#[tokio::test]
async fn tickets_are_found_by_what_somebody_wrote() {
    let world = World::open().await;
    world.ticket("A bag", "The left zip is torn, and it was a present for my brother.").await;
    world.ticket("A coat", "The zip is fine.").await;
    let page = world.get("/?q=torn+ZIP").await;
    page.says(&["words of the subject or of a message", "A bag", "value=\"torn ZIP\""]);
    assert!(!page.text.contains("A coat"));
    let row = world.get("/?q=%22zip+is+torn%22").await;
    row.says(&["A bag", "value=\"&quot;zip is torn&quot;\""]);
    world.get("/?q=%22is+zip%22").await.says(&["There is no ticket here."]);
    world.get("/?q=%22+OR+NEAR(").await.says(&["There is no ticket here."]);
    world.get("/?q=torn&status=solved").await.says(&["There is no ticket here."]);
}

#[tokio::test]
async fn what_customers_write_is_text_and_never_markup() {
    let world = World::open().await;
    let evil = "<script>alert(1)</script><img src=x onerror=\"alert(2)\">";
    let ticket = world.ticket(&format!("{evil} & more"), &format!("{evil}\n'quoted'")).await;
    for path in ["/".to_owned(), format!("/tickets/{}", ticket.number)] {
        let page = world.get(&path).await;
        page.says(&["&lt;script&gt;alert(1)&lt;/script&gt;", "&amp; more"]);
        assert!(!page.text.contains("<img"), "{path}");
    }
}

#[tokio::test]
async fn a_ticket_shows_its_messages_and_why_it_is_as_it_is() {
    let world = World::open().await;
    let ticket = world.ticket("Parcel", "Where is my parcel?").await;
    record_a_run(&world, &ticket).await;
    let page = world.get(&format!("/tickets/{}", ticket.number)).await;
    page.says(&[
        &format!("#{} Parcel", ticket.number),
        "Where is my parcel?",
        "from the customer",
        "4711",
        "ticket.created",
        "run example.vip",
        "done: looked at it",
        "+vip",
        "it looks important",
        "machine mail",
        "the word &quot;urgent&quot;",
        "[IBAN-1]",
        "rejected",
        "90 %",
    ]);
}

#[tokio::test]
async fn pages_are_german_for_german_browsers_and_by_the_address() {
    let world = World::open().await;
    let ticket = world.ticket("Paket", "Wo ist es?").await;
    let german = [("accept-language", "de-DE,de;q=0.9,en;q=0.8")];
    world.get_with("/", &german).await.says(&["<html lang=\"de\">", "Betreff", "Warteschlange", ">neu<"]);
    world.get_with("/?lang=en", &german).await.says(&[
        "<html lang=\"en\">",
        "Subject",
        "href=\"/queue?lang=en\"",
    ]);
    let path = format!("/tickets/{}?lang=de", ticket.number);
    world.get(&path).await.says(&[
        "Warum: jeder Schritt und sein Grund",
        "von der Kundschaft",
        "href=\"/?lang=de\"",
    ]);
    world.get("/queue?lang=de").await.says(&["Keine Mail wartet", "mit dem Recht admin angemeldet hat"]);
    let admin = signed_in(&world, &[Scope::Admin]).await;
    let cookie = [("cookie", admin.as_str())];
    world.get_with("/plugins?lang=de", &cookie).await.says(&["Es ist kein Plugin installiert."]);
    world.get_with("/queue?lang=de", &cookie).await.says(&["Nichts wird zurückgehalten."]);
    world.get("/tickets/999?lang=de").await.says(&["Unter dieser Adresse gibt es nichts."]);
}

#[tokio::test]
async fn plugins_show_how_far_they_are_trusted_and_what_ails_them() {
    let world = World::open().await;
    world.desk.set_automation(false, Actor::system()).await.unwrap();
    world.facts(vec![Fact::PutInstallation(Box::new(installation()))]).await;
    world.desk.reload_plugins().await.unwrap();
    let admin = signed_in(&world, &[Scope::Admin]).await;
    world.get_with("/plugins", &[("cookie", &admin)]).await.says(&[
        "VIP &lt;b&gt;",
        "example.vip",
        "1.2.3",
        "shadow",
        "triage",
        "effect:add-tag",
        "Asks for, not granted",
        "read:text",
        "Quarantined",
        "trapped &lt;five&gt; times",
        "Not loaded",
        "All automation is switched off.",
        "aria-current=\"page\"",
    ]);
}

#[tokio::test]
async fn an_admin_switches_plugins_and_nobody_else_does() {
    let world = World::open().await;
    let installation = installation();
    let declaration = domain::plugin::ScheduleDeclaration {
        name: "nightly".into(),
        cron: "0 3 * * *".into(),
        zone: "UTC".into(),
        missed: domain::schedule::Missed::Skip,
        overlap: domain::schedule::Overlap::Forbid,
    };
    let schedule = domain::plugin::Schedule {
        id: domain::id::ScheduleId::mint(&CountingIds::default(), NOW),
        installation_id: installation.id,
        declaration,
        enabled: true,
        next_at: Some(NOW.plus(60_000)),
        last_for: None,
    };
    let fire = format!("/plugins/schedules/{}/fire", schedule.id);
    let (mode, release) =
        (format!("/plugins/{}/mode", installation.id), format!("/plugins/{}/release", installation.id));
    let id = installation.id;
    world.facts(vec![Fact::PutInstallation(Box::new(installation)), Fact::PutSchedule(schedule)]).await;
    world.desk.reload_plugins().await.unwrap();
    let agent = signed_in(&world, &[Scope::Read, Scope::Write]).await;
    let admin = signed_in(&world, &[Scope::Admin]).await;
    let post = async |cookie: &str, path: &str, form: &str| {
        world.post(path, &[("cookie", cookie), ("sec-fetch-site", "same-origin")], form).await
    };
    for (path, form) in
        [(mode.as_str(), "to=live"), (&release, ""), (&fire, ""), ("/plugins/automation", "to=off")]
    {
        assert_eq!(post(&agent, path, form).await.header("location"), "/login", "{path}");
    }
    let page = world.get_with("/plugins", &[("cookie", &agent)]).await;
    assert!(page.status == 403 && !page.text.contains("nightly"), "{}", page.text);
    let page = world.get_with("/plugins", &[("cookie", &admin)]).await;
    page.says(&["nightly", "0 3 * * *", &fire, &mode, &release, "Run now"]);

    assert_eq!(post(&admin, &mode, "to=suggest").await.status, 303);
    assert_eq!(post(&admin, &release, "").await.status, 303);
    let now = world.desk.installation(id).await.unwrap();
    assert_eq!((now.mode, now.quarantine), (Mode::Suggest, None));
    post(&admin, &mode, "to=everything").await.says(&["role=\"alert\""]);
    assert_eq!(post(&admin, &fire, "").await.status, 303);
    let again = post(&admin, &fire, "").await;
    assert_eq!(again.status, 422);
    again.says(&["still being worked"]);
    post(&admin, "/plugins/automation", "to=off").await;
    assert!(!world.desk.automation_on().await);
    let page = world.get_with("/plugins", &[("cookie", &admin)]).await;
    page.says(&["value=\"on-leaving-missed\"", "leave what came in meanwhile to people"]);
    world.ticket("Parcel", "x").await;
    post(&admin, "/plugins/automation", "to=on").await;
    assert!(world.desk.automation_on().await);
    let page = world.get_with("/plugins", &[("cookie", &admin)]).await;
    page.says(&["is being made up for", "value=\"on-leaving-missed\"", "Leave the rest"]);
    post(&admin, "/plugins/automation", "to=on-leaving-missed").await;
    let page = world.get_with("/plugins", &[("cookie", &admin)]).await;
    assert!(!page.text.contains("is being made up for"));
    for (to, on) in [("off", false), ("on-leaving-missed", true)] {
        post(&admin, "/plugins/automation", &format!("to={to}")).await;
        assert_eq!(world.desk.automation_on().await, on);
    }
}

#[tokio::test]
async fn the_queue_shows_what_is_held_and_what_was_given_up() {
    let world = World::with(Access::Open, true).await;
    let mail = b"From: a@b.example\r\nSubject: Secret\r\n\r\nx\r\n".to_vec();
    world.desk.receive_mail("box", mail).await.unwrap();
    world.desk.settle().await.unwrap();
    world
        .facts(vec![Fact::Enqueue(NewJob::deliver(MessageId::mint(&CountingIds::default(), NOW), NOW))])
        .await;
    let lease = world.store.claim("test", 1, NOW, 30_000).await.unwrap().remove(0);
    let (lane, fence, sequence) = (lease.lane, lease.fence, lease.sequence);
    world.facts(vec![Fact::BuryJob { lane, fence, sequence, error: "no <route>".into(), at: NOW }]).await;
    let admin = signed_in(&world, &[Scope::Admin]).await;
    let page = world.get_with("/queue", &[("cookie", &admin)]).await;
    page.says(&["box", "mail", "itk_", "redaction plugin", "deliver", "no &lt;route&gt;", "per_inbox_hour"]);
    assert!(!page.text.contains("Secret") && !page.text.contains("shown to whoever signed in"));
    let agent = signed_in(&world, &[Scope::Read, Scope::Write]).await;
    let page = world.get_with("/queue", &[("cookie", &agent)]).await;
    page.says(&["No mail waits for a decision.", "shown to whoever signed in with the scope admin"]);
    for admins in ["itk_", "no &lt;route&gt;", "per_inbox_hour", "Longest ready"] {
        assert!(!page.text.contains(admins), "{admins}");
    }
}

#[tokio::test]
async fn the_queue_shows_mail_that_waits_for_a_decision_and_why() {
    let world = World::open().await;
    let ticket = world.ticket("Parcel", "x").await;
    let id = MessageId::mint(&CountingIds::default(), NOW.plus(1));
    let mut held = domain::work::blank_message(id, ticket.id, Direction::Outbound, Actor::system(), NOW);
    held.delivery = Delivery::Held;
    held.to_address = Some("ana@example.org".to_owned());
    held.delivery_reason = Some("budget: 10 <of them>".to_owned());
    world.facts(vec![Fact::AddMessage(Box::new(held))]).await;
    let page = world.get("/queue").await;
    page.says(&[
        "waits for a decision",
        "ana@example.org",
        "budget: 10 &lt;of them&gt;",
        "href=\"/tickets/1\"",
    ]);
    world.get("/queue?lang=de").await.says(&["die auf eine Entscheidung wartet"]);
    world.get("/tickets/1").await.says(&["waits for a decision", "sender not confirmed"]);
}

#[tokio::test]
async fn the_queue_shows_mail_that_may_have_arrived_and_where_to_look() {
    let world = World::open().await;
    assert!(!world.get("/queue").await.text.contains("may have arrived"));
    let ticket = world.ticket("Parcel", "x").await;
    let id = MessageId::mint(&CountingIds::default(), NOW.plus(1));
    let mut unknown = domain::work::blank_message(id, ticket.id, Direction::Outbound, Actor::system(), NOW);
    (unknown.automatic, unknown.delivery, unknown.passed_at) = (true, Delivery::Unknown, Some(NOW));
    unknown.may_have_arrived = true;
    unknown.to_address = Some("ana@example.org".to_owned());
    unknown.delivery_reason = Some("look for <it>".to_owned());
    world.facts(vec![Fact::AddMessage(Box::new(unknown))]).await;
    let page = world.get("/queue").await;
    page.says(&[
        "may have arrived or not (the newest 100 of 30 days)",
        "ana@example.org",
        "look for &lt;it&gt;",
        "href=\"/tickets/1\"",
    ]);
    let page = world.get("/tickets/1").await;
    page.says(&["outcome unknown"]);
    assert!(!page.text.contains("may have arrived"), "that is said once");
}

#[tokio::test]
async fn a_ticket_says_which_mail_may_have_arrived_and_is_sent_again() {
    let world = World::open().await;
    let ticket = world.ticket("Parcel", "x").await;
    let id = MessageId::mint(&CountingIds::default(), NOW.plus(1));
    let mut queued = domain::work::blank_message(id, ticket.id, Direction::Outbound, Actor::system(), NOW);
    queued.may_have_arrived = true;
    world.facts(vec![Fact::AddMessage(Box::new(queued))]).await;
    world.get("/tickets/1").await.says(&["queued · may have arrived"]);
    world.get("/tickets/1?lang=de").await.says(&["wartet · vielleicht angekommen"]);
}

#[tokio::test]
async fn every_page_can_be_walked_with_the_keyboard_and_named_by_a_reader() {
    let world = World::open().await;
    let ticket = world.ticket("Parcel", "x").await;
    let admin = signed_in(&world, &[Scope::Admin]).await;
    for path in [
        "/".to_owned(),
        "/articles".into(),
        "/plugins".into(),
        "/queue".into(),
        format!("/tickets/{}", ticket.number),
    ] {
        let page = world.get_with(&path, &[("cookie", &admin)]).await;
        page.says(&[
            "class=\"skip\" href=\"#content\"",
            "<main id=\"content\"",
            "<h1",
            "name=\"viewport\"",
            "<nav aria-label=",
        ]);
        assert_eq!(page.text.matches("<h1").count(), 1, "{path}");
        assert_eq!(page.header("cache-control"), "no-store");
    }
    world.get("/").await.says(&["<th scope=\"col\">", "<th scope=\"row\"", "data-name=\"Subject\""]);
}

#[tokio::test]
async fn the_style_knows_dark_and_narrow_and_loads_nothing() {
    let world = World::open().await;
    let style = world.get("/assets/console.css").await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    style.says(&["prefers-color-scheme: dark", "max-width: 45rem", ":focus-visible"]);
    assert!(!style.text.contains("url(") && !style.text.contains("@import"));
}

#[tokio::test]
async fn what_is_not_there_is_a_page_and_what_is_broken_tells_nothing_internal() {
    let world = World::open().await;
    for path in ["/tickets/1", "/tickets/x%22%3E", "/nowhere", "/tickets/9999999999999999999999"] {
        let page = world.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        page.says(&["There is nothing at this address."]);
    }
    world.store.close().await;
    for (path, cookie) in [
        ("/", ""),
        ("/articles", ""),
        ("/queue", ""),
        ("/tickets/1", ""),
        ("/plugins", "kulanz_session=0000"),
    ] {
        let page = world.get_with(path, &[("cookie", cookie)]).await;
        assert_eq!(page.status, 503, "{path}");
        page.says(&["The page cannot be shown just now."]);
        assert!(!page.text.to_lowercase().contains("pool"), "{path}");
    }
}

fn installation() -> Installation {
    let manifest = Manifest::parse(MANIFEST).unwrap();
    Installation {
        id: InstallationId::mint(&CountingIds::default(), NOW),
        digest: "d".repeat(64),
        publisher: None,
        mode: Mode::Shadow,
        grants: Grants(manifest.requested().0.into_iter().filter(|g| g.to_string() != "read:text").collect()),
        inboxes: Default::default(),
        settings: serde_json::json!({}),
        limits: Limits::default(),
        canary: None,
        faults_in_a_row: 5,
        quarantine: Some("trapped <five> times".to_owned()),
        installed_at: NOW,
        updated_at: NOW,
        version: 0,
        manifest,
    }
}

/// A run that proposed a tag, which was applied, and a reply, which was not.
pub(super) async fn record_a_run(world: &World, ticket: &Ticket) {
    let ids = CountingIds::default();
    let store = world.desk.ask();
    let event = store.events_of(ticket.id).await.unwrap().remove(0);
    let message = store.messages(ticket.id).await.unwrap().remove(0);
    let run = Run { event_id: Some(event.id), ticket_id: Some(ticket.id), ..run(&ids) };
    let decision = |ordinal: i64, effect: Effect, status: DecisionStatus, reason: &str| {
        let basis = Basis {
            reason: "it looks important".into(),
            confidence: 0.9,
            evidence: vec!["the word \"urgent\"".into()],
        };
        Fact::AddDecision(Box::new(Decision {
            id: DecisionId::mint(&ids, NOW),
            run_id: run.id,
            installation_id: run.installation_id,
            plugin_id: run.plugin_id.clone(),
            ordinal,
            ticket_id: ticket.id,
            effect,
            basis,
            status,
            reason: reason.into(),
            digest: format!("{ordinal}"),
            decided_at: NOW,
        }))
    };
    let reply = Effect::Reply { text: "Hello".into(), language: None, article: None };
    let redaction = Redaction {
        id: RedactionId::mint(&ids, NOW),
        ticket_id: ticket.id,
        message_id: message.id,
        part: "text".into(),
        class: "IBAN".into(),
        placeholder: "[IBAN-1]".into(),
        rule: "iban".into(),
        score: 0.99,
        digest: "x".into(),
        stands: false,
    };
    let facts = vec![
        decision(0, Effect::AddTag { tag: "vip".into() }, DecisionStatus::Applied, ""),
        decision(1, reply, DecisionStatus::Rejected, "machine mail"),
        Fact::AddRedaction { redaction, sealed: None },
        Fact::AddRun(Box::new(run)),
    ];
    world.facts(facts).await;
}

pub(super) fn run(ids: &CountingIds) -> Run {
    Run {
        id: RunId::mint(ids, NOW),
        installation_id: InstallationId::mint(ids, NOW),
        plugin_id: "example.vip".into(),
        plugin_version: "1.2.3".into(),
        digest: "d".into(),
        hook: Hook::Triage,
        mode: Mode::Live,
        event_id: None,
        ticket_id: None,
        started_at: NOW,
        duration_us: 5,
        cpu_us: 0,
        fuel: 41_000,
        memory_bytes: 1,
        host_calls: 2,
        seed: 3,
        input_digest: "i".into(),
        reads: [].into(),
        calls: Default::default(),
        http: Default::default(),
        verdict: Some(Verdict { word: "done".into(), why: "looked at it".into() }),
        fault: None,
        log: Vec::new(),
        log_dropped: 0,
        answers: serde_json::Value::Null,
        case: None,
    }
}
