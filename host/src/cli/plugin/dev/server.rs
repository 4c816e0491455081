//! The server that a plugin under development is installed on, through its API like anybody else: in shadow
//! mode, so that it is recorded what it would have done, and none of it is applied.

use anyhow::Context;
use pack::Built;
use serde::Deserialize;

use crate::cli::{RefusedHere, screen};

/// Newest runs that are looked at each time.
const RUNS: u32 = 50;
/// How long a request may take, seconds: installing compiles.
const REQUEST_S: u64 = 300;

/// A server and the installation on it.
pub(super) struct Server {
    http: reqwest::Client,
    base: String,
    token: String,
    installation: Option<String>,
    /// The newest run that was told; ids sort by time.
    told: String,
}

#[derive(Debug, Deserialize)]
struct Installation {
    id: String,
    mode: String,
    manifest: Manifest,
    #[serde(default)]
    waiting: Option<Waiting>,
}

#[derive(Debug, Deserialize)]
struct Manifest {
    id: String,
    version: String,
}

/// A version that waits for consent.
#[derive(Debug, Deserialize)]
struct Waiting {
    digest: String,
    wishes: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Installations {
    items: Vec<Installation>,
}

#[derive(Debug, Deserialize)]
struct Page {
    items: Vec<Run>,
}

#[derive(Debug, Clone, Deserialize)]
struct Run {
    id: String,
    plugin_version: String,
    hook: String,
    duration_us: i64,
    fuel: i64,
    verdict: Option<Verdict>,
    fault: Option<Fault>,
    log: Vec<Line>,
}

#[derive(Debug, Clone, Deserialize)]
struct Verdict {
    word: String,
    why: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Fault {
    code: String,
    hint: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Line {
    level: String,
    message: String,
}

impl Server {
    pub(super) fn new(url: &str, token: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(std::time::Duration::from_secs(REQUEST_S))
            .build()
            .context("an HTTP client")?;
        Ok(Self {
            http,
            base: format!("{}/api/v1", url.trim_end_matches('/')),
            token: token.to_owned(),
            installation: None,
            told: String::new(),
        })
    }

    /// Installs a component in shadow mode with all that it asks for. An installation that is live here stays
    /// as it is: a plugin at work is not replaced by one that is being written.
    pub(super) async fn install(&mut self, built: Built) -> anyhow::Result<()> {
        if let Some(live) = self.installed(&built.name).await?.filter(|there| there.mode != "shadow") {
            return Err(RefusedHere::because(format!(
                "{} is installed there in mode {}: use another id while you write, or another server",
                built.name, live.mode
            )));
        }
        let request = self
            .http
            .post(format!("{}/installations?mode=shadow&grants=all", self.base))
            .header("content-type", "application/wasm")
            .body(built.bytes);
        let answer = self.answer(request).await?;
        let waits = answer.status() == reqwest::StatusCode::ACCEPTED;
        let there: Installation = answer.json().await.context("the server's answer")?;
        let build = format!("{} {}", built.name, built.version);
        match there.waiting.as_ref().filter(|_| waits) {
            Some(waiting) => screen::say(waits_text(&build, &there, waiting, &self.base)),
            None => screen::say(format_args!("{build} is installed in shadow mode")),
        }
        self.installation = Some(there.id);
        Ok(())
    }

    async fn installed(&self, plugin: &str) -> anyhow::Result<Option<Installation>> {
        let request = self.http.get(format!("{}/installations", self.base));
        let all: Installations = self.answer(request).await?.json().await.context("the server's answer")?;
        Ok(all.items.into_iter().find(|there| there.manifest.id == plugin))
    }

    /// Tells runs that came since the last time, oldest first.
    pub(super) async fn tell_runs(&mut self) -> anyhow::Result<()> {
        let Some(installation) = &self.installation else { return Ok(()) };
        let url = format!("{}/runs?installation_id={installation}&limit={RUNS}", self.base);
        let page: Page =
            self.answer(self.http.get(url)).await?.json().await.context("the server's answer")?;
        for run in newer(page.items, &self.told) {
            screen::line(told(&run))?;
            self.told = run.id;
        }
        Ok(())
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> anyhow::Result<reqwest::Response> {
        let answer = request.bearer_auth(&self.token).send().await.with_context(|| {
            format!("{} does not answer: start `kulanz serve`, or name another --server", self.base)
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let problem: serde_json::Value = answer.json().await.unwrap_or_default();
        let detail = problem.get("detail").and_then(serde_json::Value::as_str).unwrap_or("no reason given");
        Err(RefusedHere::because(format!("the server says {status}: {detail}")))
    }
}

/// What a build that waits waits for, and how it is consented to.
fn waits_text(build: &str, there: &Installation, waiting: &Waiting, base: &str) -> String {
    let mut out =
        format!("{build} waits for consent; {} is in force and keeps running.", there.manifest.version);
    for wish in &waiting.wishes {
        out.push_str(&format!("\n  It {wish}"));
    }
    out.push_str(&format!(
        "\nConsent to it: POST {base}/installations/{}/upgrade/consent with {{\"digest\": \"{}\"}}",
        there.id, waiting.digest
    ));
    out
}

/// Runs after the one told last, oldest first.
fn newer(newest_first: Vec<Run>, told: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = newest_first.into_iter().filter(|run| run.id.as_str() > told).collect();
    runs.reverse();
    runs
}

fn told(run: &Run) -> String {
    let ended = match (&run.verdict, &run.fault) {
        (Some(verdict), _) => format!("{}: {}", verdict.word, verdict.why),
        (None, Some(fault)) => format!("fault {}: {}", fault.code, fault.hint),
        (None, None) => "no outcome".to_owned(),
    };
    let mut out =
        format!("{} {} {ended}  ({} fuel, {} µs)", run.plugin_version, run.hook, run.fuel, run.duration_us);
    for line in &run.log {
        out.push_str(&format!("\n  log {}: {}", line.level, line.message.replace('\n', "\n    ")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str) -> Run {
        Run {
            id: id.into(),
            plugin_version: "0.1.0".into(),
            hook: "triage".into(),
            duration_us: 70,
            fuel: 900,
            verdict: Some(Verdict { word: "done".into(), why: "sorted".into() }),
            fault: None,
            log: vec![Line { level: "warn".into(), message: "a\nb".into() }],
        }
    }

    #[test]
    fn each_run_is_told_once_and_in_the_order_in_which_they_came() {
        let page = || vec![run("run_3"), run("run_2"), run("run_1")];
        let ids = |runs: Vec<Run>| runs.into_iter().map(|r| r.id).collect::<Vec<_>>();
        assert_eq!(ids(newer(page(), "")), ["run_1", "run_2", "run_3"]);
        assert_eq!(ids(newer(page(), "run_2")), ["run_3"]);
        assert!(newer(page(), "run_3").is_empty());
    }

    #[test]
    fn a_build_that_waits_says_for_what_and_how_it_is_consented_to() {
        let there: Installation = serde_json::from_value(serde_json::json!({
            "id": "ins_1", "mode": "shadow", "manifest": { "id": "acme.oops", "version": "0.1.0" },
            "waiting": { "digest": "ab", "wishes": ["asks for effect:reply: To answer."] },
        }))
        .unwrap();
        let said = waits_text("acme.oops 0.1.1", &there, there.waiting.as_ref().unwrap(), "http://h/api/v1");
        assert_eq!(
            said,
            "acme.oops 0.1.1 waits for consent; 0.1.0 is in force and keeps running.\n  \
             It asks for effect:reply: To answer.\n\
             Consent to it: POST http://h/api/v1/installations/ins_1/upgrade/consent with {\"digest\": \"ab\"}"
        );
    }

    #[test]
    fn a_run_is_told_with_its_outcome_its_cost_and_what_it_logged() {
        assert_eq!(told(&run("run_1")), "0.1.0 triage done: sorted  (900 fuel, 70 µs)\n  log warn: a\n    b");
        let failed = Run {
            verdict: None,
            fault: Some(Fault { code: "trap".into(), hint: "it panicked".into() }),
            log: Vec::new(),
            ..run("run_1")
        };
        assert!(told(&failed).starts_with("0.1.0 triage fault trap: it panicked"));
    }
}
