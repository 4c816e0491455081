//! kill -9, again and again, at random moments under load: nothing acknowledged is lost, nothing is
//! applied twice, order holds, the chain of audit entries is whole. The real binary on real databases.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use domain::event::EventType;
use domain::id::InstallationId;
use domain::message::{Delivery, Direction};
use domain::run::DecisionStatus;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use store::ephemeral::{Care, EphemeralPostgres};
use tests::binary::{Ground, Server, pause};
use tests::plugins;

/// Kills on each database.
const KILLS: u32 = 40;
/// Mails under way at a time.
const CALLERS: u32 = 6;

struct Storm {
    ground: Ground,
    http: reqwest::Client,
    secret: String,
    next: Arc<AtomicU32>,
    acknowledged: Vec<u32>,
    chance: StdRng,
    _dir: tempfile::TempDir,
}

impl Storm {
    fn prepare(database: impl FnOnce(&std::path::Path) -> String) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = database(dir.path());
        let variables = [
            ("KULANZ_DESK__GATE__PER_ADDRESS_DAY", "100000"),
            ("KULANZ_DESK__GATE__PER_DOMAIN_HOUR", "100000"),
            ("KULANZ_DESK__GATE__PER_INBOX_HOUR", "100000"),
            ("KULANZ_DESK__GATE__TOTAL_HOUR", "100000"),
            ("KULANZ_DESK__LEASE_MS", "2000"),
            ("KULANZ_MAIL__FROM_ADDRESS", "help@shop.example"),
        ];
        let variables = variables.map(|(k, v)| (k, v.to_owned())).to_vec();
        let ground = Ground { data: dir.path().join("data"), database, variables };
        for (name, bytes) in [
            ("echo", plugins::guest("echo_effect")),
            ("redaction", plugins::bundled("redaction")),
            ("reply", plugins::bundled("auto-reply")),
        ] {
            let file = dir.path().join(format!("{name}.wasm"));
            let grants = plugins::grants_of(&bytes);
            std::fs::write(&file, bytes).unwrap();
            let file = file.to_str().unwrap();
            let mut install = vec!["plugin", "install", file, "--mode", "live", "--yes"];
            if !grants.is_empty() {
                install.extend(["--grant", &grants]);
            }
            ground.run(&install);
        }
        let printed = ground.run(&["token", "create", "storm", "--scope", "admin", "--json"]);
        let token: serde_json::Value = serde_json::from_str(printed.trim()).unwrap();
        let secret = token["secret"].as_str().unwrap().to_owned();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
        Self {
            ground,
            http,
            secret,
            next: Arc::default(),
            acknowledged: Vec::new(),
            chance: StdRng::seed_from_u64(20_261_122),
            _dir: dir,
        }
    }

    /// One life of a server: started, loaded, killed at a random moment.
    async fn one_life(&mut self) {
        let mut server = self.ground.serve();
        server.ready(&self.http).await;
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                tokio::spawn(send_until_it_dies(
                    self.http.clone(),
                    server.base.clone(),
                    self.secret.clone(),
                    Arc::clone(&self.next),
                ))
            })
            .collect();
        pause(Duration::from_millis(self.chance.random_range(5..500))).await;
        server.kill();
        for caller in callers {
            self.acknowledged.extend(caller.await.unwrap());
        }
    }

    /// A last life, until nothing is left to do.
    async fn drain(&self) {
        let mut server = self.ground.serve();
        server.ready(&self.http).await;
        for _ in 0..1_200 {
            let queue = self.queue(&server).await;
            if queue["ready"] == 0 && queue["leased"] == 0 && queue["waiting"] == 0 {
                assert_eq!(queue["dead"], 0, "a job was given up");
                assert!(server.stop().success(), "the drain did not end well");
                return;
            }
            pause(Duration::from_millis(100)).await;
        }
        panic!("the queue did not drain: {}", self.queue(&server).await);
    }

    async fn queue(&self, server: &Server) -> serde_json::Value {
        self.http
            .get(format!("{}/api/v1/queue", server.base))
            .bearer_auth(&self.secret)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// The invariants I1 to I10, read from the database after the last drain.
    async fn check(&self) {
        let store = store::Store::open(&self.ground.database, &store::Options::default()).await.unwrap();
        let outbox = self.outbox();
        let mut found: BTreeMap<u32, u32> = BTreeMap::new();
        let mut counted: BTreeMap<InstallationId, usize> = BTreeMap::new();
        let mut after = None;
        loop {
            let filter = desk::TicketFilter { oldest_first: true, ..Default::default() };
            let page = desk::Page { after: after.clone(), limit: 200 };
            let tickets = store.tickets(&filter, &page).await.unwrap();
            let Some(last) = tickets.last() else { break };
            after = Some(last.id.to_string());
            for ticket in tickets {
                let number: u32 = ticket.subject.rsplit(' ').next().unwrap().parse().unwrap();
                *found.entry(number).or_default() += 1;
                let (echo, echoes) = check_ticket(&store, &outbox, &ticket).await;
                *counted.entry(echo).or_default() += echoes;
            }
        }
        for (echo, echoes) in counted {
            let all = store.kv_get(echo, "all").await.unwrap().unwrap();
            assert_eq!(
                String::from_utf8(all).unwrap(),
                echoes.to_string(),
                "I10: no count of another is lost"
            );
        }
        for number in &self.acknowledged {
            assert_eq!(
                found.get(number),
                Some(&1),
                "I1: mail {number} was acknowledged and is there so often"
            );
        }
        assert!(found.values().all(|n| *n == 1), "a mail became two tickets");
        let chain = store.audit(0, 10_000).await.unwrap();
        let key = std::fs::read(self.ground.data.join("keys/seal.key")).unwrap();
        let key = desk::SealKey::new(&key.try_into().unwrap()).audit_key();
        assert_eq!(domain::audit::first_broken(&chain, Some(key)), None, "I6: the audit chain");
        println!(
            "{KILLS} kills, {} mails acknowledged, {} taken in, none lost, none doubled",
            self.acknowledged.len(),
            found.len()
        );
        store.close().await;
        self.ground.run(&["db", "check"]);
    }

    /// How often each Message-ID lies in the outbox.
    fn outbox(&self) -> BTreeMap<String, u32> {
        let mut found = BTreeMap::new();
        for entry in std::fs::read_dir(self.ground.data.join("outbox/new")).into_iter().flatten().flatten() {
            let mail = channels::email::parse(&std::fs::read(entry.path()).unwrap());
            *found.entry(mail.message_id.unwrap()).or_default() += 1;
        }
        found
    }
}

/// Checks one ticket; answers who echoed on it, and how often.
async fn check_ticket(
    store: &store::Store,
    outbox: &BTreeMap<String, u32>,
    ticket: &domain::ticket::Ticket,
) -> (InstallationId, usize) {
    let events = store.events_of(ticket.id).await.unwrap();
    let sequences: Vec<i64> = events.iter().map(|e| e.sequence).collect();
    assert_eq!(sequences, (1..=ticket.event_sequence).collect::<Vec<_>>(), "I3: order without gaps");
    let messages = store.messages(ticket.id).await.unwrap();
    let decisions = store.decisions_of(ticket.id).await.unwrap();
    let echoes: Vec<_> = decisions
        .iter()
        .filter(|d| d.plugin_id == "guest.echo_effect" && d.status == DecisionStatus::Applied)
        .collect();
    let subscribed = events
        .iter()
        .filter(|e| matches!(e.kind, EventType::TicketCreated | EventType::MessageReceived))
        .count();
    assert_eq!(echoes.len(), subscribed, "I2: one effect for each event it listens to");
    let notes = messages.iter().filter(|m| m.direction == Direction::Note).count();
    assert_eq!(notes, subscribed, "I4: as many notes as effects");
    let kv = store.kv_get(echoes[0].installation_id, &ticket.id.to_string()).await.unwrap().unwrap();
    assert_eq!(String::from_utf8(kv).unwrap(), subscribed.to_string(), "I10: kv and effects agree");
    for message in messages.iter().filter(|m| m.direction == Direction::Outbound) {
        let mails = outbox.get(message.internet_message_id.as_deref().unwrap()).copied().unwrap_or(0);
        match message.delivery {
            Delivery::Sent => assert_eq!(mails, 1, "I7: sent once"),
            Delivery::Unknown => assert!(mails <= 1, "I7: one that may have arrived at most once"),
            other => panic!("I7: {} is still {other}", message.id),
        }
    }
    (echoes[0].installation_id, subscribed)
}

/// Sends numbered mails until the server is gone; answers the numbers that were acknowledged.
async fn send_until_it_dies(
    http: reqwest::Client,
    base: String,
    secret: String,
    next: Arc<AtomicU32>,
) -> Vec<u32> {
    let mut acknowledged = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let mail = format!(
            "From: c{number}@example.org\r\nTo: help@shop.example\r\nSubject: Question number {number}\r\nMessage-ID: <{number}@example.org>\r\n\r\nWhere is my parcel? My IBAN is DE89 3704 0044 0532 0130 00.\r\n"
        );
        let request = http
            .post(format!("{base}/api/v1/inbound/mail"))
            .bearer_auth(&secret)
            .header("content-type", "message/rfc822")
            .body(mail);
        match request.send().await {
            Ok(answer) if answer.status().is_success() => acknowledged.push(number),
            Ok(answer) => panic!("the server answered {}", answer.status()),
            Err(_) => return acknowledged,
        }
    }
}

async fn storm(mut storm: Storm) {
    for _ in 0..KILLS {
        storm.one_life().await;
    }
    assert!(storm.acknowledged.len() > 100, "too little load: {}", storm.acknowledged.len());
    storm.drain().await;
    storm.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_kills_on_sqlite_lose_and_double_nothing() {
    storm(Storm::prepare(|dir| format!("sqlite://{}", dir.join("kulanz.db").display()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_kills_on_postgres_lose_and_double_nothing() {
    if !tests::database::postgres_is_here().await {
        return;
    }
    let cluster =
        tokio::task::spawn_blocking(|| EphemeralPostgres::start_with(Care::Durable)).await.unwrap().unwrap();
    let url = cluster.fresh_database().await.unwrap();
    storm(Storm::prepare(|_| url)).await;
}
