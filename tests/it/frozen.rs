//! A component that was built for contract 0.1.0 and is kept as it was built: whatever the host becomes, it goes on
//! saying the same. What was built of the same source today says the same as it, too.

use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use domain::Timestamp;
use domain::grant::Grants;
use domain::id::{ArticleId, TicketId};
use domain::plugin::Hook;
use domain::snapshot::{Firing, TicketView};
use kulanz::sample::{CASE_TIME, Case};
use runtime::{
    Call, FoundArticle, Host, HostError, HttpRequest, HttpResponse, Input, Plugin, RunReport, TicketQuery,
};
use tests::{plugins, source};

use crate::contract::compare;

/// Everything outside, with one of each.
struct Outside;

fn other_ticket() -> TicketView {
    let mut view = Case { number: 11, subject: "Another".into(), ..Case::default() }.snapshot().view;
    view.ticket.id = TicketId(ulid::Ulid::from_parts(1, 11));
    view
}

#[async_trait]
impl Host for Outside {
    async fn kv_get(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        Ok((key == "old").then(|| b"12345".to_vec()))
    }
    async fn kv_keys(&self, _: &str) -> Result<Vec<String>, HostError> {
        Ok(vec!["old".to_owned()])
    }
    async fn kv_bytes(&self) -> Result<u64, HostError> {
        Ok(8)
    }
    async fn ticket(&self, id: TicketId) -> Result<Option<TicketView>, HostError> {
        Ok(Some(other_ticket()).filter(|view| view.ticket.id == id))
    }
    async fn search_tickets(&self, _: TicketQuery) -> Result<Vec<TicketView>, HostError> {
        Ok(vec![other_ticket()])
    }
    async fn search_articles(
        &self,
        _: &str,
        _: Option<&str>,
        _: u32,
    ) -> Result<Vec<FoundArticle>, HostError> {
        Ok(vec![FoundArticle {
            id: ArticleId(ulid::Ulid::from_parts(1, 1)),
            key: "password-reset".into(),
            locale: "en".into(),
            title: "How do I reset my password?".into(),
            body: "Choose “Forgot password”.".into(),
            score: 0.5,
            terms: vec!["password".into()],
                signals: Vec::new(),
            }])
    }
    async fn http(&self, _: HttpRequest) -> Result<HttpResponse, HostError> {
        Ok(HttpResponse { status: 200, headers: Vec::new(), body: b"{}".to_vec() })
    }
}

fn input(hook: Hook) -> Input {
    let case = Case {
        subject: "Password".into(),
        text: "How do I reset my password?\n\n> earlier".into(),
        name: Some("Ana".into()),
        language: Some("en".into()),
        tags: ["old".to_owned()].into(),
        custom: [("order".to_owned(), "17".to_owned())].into(),
        ..Case::default()
    };
    match hook {
        Hook::Redaction => Input::Redaction(Arc::new(case.document())),
        Hook::Schedule => Input::Schedule(Firing {
            schedule: "daily".into(),
            scheduled_for: CASE_TIME,
            fired_at: CASE_TIME.plus(5),
            missed: 2,
        }),
        _ => Input::Ticket { hook, snapshot: Arc::new(case.snapshot()) },
    }
}

async fn run(plugin: &Plugin, hook: Hook, grants: Grants) -> RunReport {
    let manifest = &plugin.inspection().manifest;
    let mut limits = manifest.limits;
    limits.wall_ms = 60_000;
    let call = Call {
        input: input(hook),
        grants: Arc::new(grants),
        settings: r#"{"a": 1}"#.into(),
        limits,
        seed: 7,
        now: Timestamp(CASE_TIME.0),
        host: Arc::new(Outside),
        replay: None,
    };
    plugin.run(call).await
}

fn told(hook: Hook, report: &RunReport) -> String {
    let mut out = format!("{hook}: {:?}\n", report.outcome);
    report.proposals.iter().for_each(|p| writeln!(out, "  {:?} {:?}", p.effect, p.basis).unwrap());
    report.findings.iter().for_each(|f| writeln!(out, "  {f:?}").unwrap());
    report.kv_writes.iter().for_each(|(k, v)| writeln!(out, "  {k} {v:?}").unwrap());
    report.log.iter().for_each(|l| writeln!(out, "  {} {}", l.level, l.message).unwrap());
    out
}

/// What a component says in every hook, with everything granted and with nothing.
async fn everything(component: &[u8]) -> String {
    let plugin = plugins::runtime().load(component).await.unwrap();
    let requested = plugin.inspection().manifest.requested();
    let mut out = String::new();
    for hook in Hook::ALL {
        out.push_str(&told(*hook, &run(&plugin, *hook, requested.clone()).await));
    }
    out.push_str("\nwith nothing granted\n");
    for hook in Hook::ALL {
        out.push_str(&told(*hook, &run(&plugin, *hook, Grants::default()).await));
    }
    out
}

#[tokio::test]
async fn a_component_built_for_0_1_0_says_what_it_always_said() {
    let frozen = std::fs::read(source().join("tests/frozen/contract-0.1.0.wasm")).unwrap();
    let said = everything(&frozen).await;
    compare("contract-0.1.0.txt", &said);
    assert_eq!(
        everything(&plugins::guest("whole_contract")).await,
        said,
        "the SDK of today says it otherwise"
    );
}

#[tokio::test]
async fn it_uses_every_function_that_was_released() {
    let frozen = std::fs::read(source().join("tests/frozen/contract-0.1.0.wasm")).unwrap();
    let imports = pack::surface(&frozen).unwrap().imports;
    let released = std::fs::read_to_string(source().join("wit/released/0.1.0.wit")).unwrap();
    let mut interface = "";
    let mut unused = Vec::new();
    for line in released.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("interface ") {
            interface = name.trim_end_matches(" {");
        } else if let Some((function, _)) = line.split_once(": func(")
            && !Hook::ALL.iter().any(|hook| hook.as_str() == interface)
            && !imports.iter().any(|i| {
                i == &format!("{interface}.{function}")
                    || (interface == "types" && i.ends_with(&format!(".{function}")))
            })
        {
            unused.push(format!("{interface}.{function}"));
        }
    }
    assert!(unused.is_empty(), "{unused:?}");
    assert!(imports.len() > 60, "{}", imports.len());
}
