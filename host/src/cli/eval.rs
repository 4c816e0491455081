//! `kulanz eval`: a plugin, in the real sandbox, on data of your own. JSON Lines in, JSON Lines out, in
//! the order of the input; `{items, bytes, seconds, failed}` is the last line on stderr.

mod answer;
mod curve;
mod mail;
mod redact;
mod stream;
mod train;
mod triage;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use domain::plugin::Hook;
use runtime::Plugin;

use super::{Ground, RefusedHere, plugin};

#[derive(Debug, Subcommand)]
pub(super) enum Eval {
    /// Find personal data: {id, text, lang?} → {id, spans: [{start, end, type, score}]}
    Redact(Redact),
    /// Sort requests: {id, text} → {id, label, confidence, accepted, evidence, language}
    Triage(Triage),
    /// Answer questions: {id, text, lang?} → {id, ranked: [{id, score}], decision, confidence}
    Answer(Answer),
    /// What intake makes of raw mail: .eml, mbox, Maildir, folders
    Mail(Mail),
}

#[derive(Debug, Args)]
struct Files {
    /// JSON Lines, or - for stdin
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Where the answers go, or - for stdout
    #[arg(long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Items worked on at the same time
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    workers: u16,
}

#[derive(Debug, Args)]
struct Chosen {
    /// Another plugin than the bundled one: component file, folder, or id of an installed plugin
    #[arg(long, value_name = "FILE|ID")]
    plugin: Option<String>,
    /// Settings laid over the plugin's defaults: a JSON file
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Redact {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    chosen: Chosen,
}

#[derive(Debug, Args)]
pub(super) struct Triage {
    #[command(flatten)]
    files: Files,
    /// Labelled items {id, text, label} from which the plugin learns, in the sandbox
    #[arg(long, value_name = "FILE")]
    train: Option<PathBuf>,
    /// What it learnt: written with --train, read without
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    #[command(flatten)]
    chosen: Chosen,
}

#[derive(Debug, Args)]
pub(super) struct Answer {
    /// The knowledge base {id, question, answer, lang?}
    #[arg(long, value_name = "FILE")]
    kb: PathBuf,
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    chosen: Chosen,
}

#[derive(Debug, Args)]
pub(super) struct Mail {
    /// Mails: files, folders, mbox, Maildir, - for stdin
    #[arg(long, required = true, num_args = 1.., value_name = "DIR|FILE")]
    input: Vec<PathBuf>,
    /// Where the answers go, or - for stdout
    #[arg(long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Mails read at the same time
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    workers: u16,
}

impl Eval {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        match self {
            Self::Redact(command) => Box::pin(redact::run(command, ground)).await,
            Self::Triage(command) => Box::pin(triage::run(command, ground)).await,
            Self::Answer(command) => Box::pin(answer::run(command, ground)).await,
            Self::Mail(command) => mail::run(command, ground).await,
        }
    }
}

/// One text to be judged. Further keys of the data are not looked at.
#[derive(Debug, Clone, serde::Deserialize)]
struct Item {
    id: serde_json::Value,
    text: String,
    #[serde(default)]
    lang: Option<String>,
    #[serde(default)]
    label: Option<serde_json::Value>,
}

impl Chosen {
    /// The chosen plugin, or the bundled one of that name; it must have the hook.
    async fn load(&self, ground: &Ground, bundled: &str, hook: Hook) -> anyhow::Result<Arc<Plugin>> {
        let what = match &self.plugin {
            Some(what) => what.clone(),
            None => plugin::bundled(bundled)?.display().to_string(),
        };
        let loaded = plugin::load(ground, &what).await?;
        if !loaded.inspection().hooks.contains(&hook) {
            return Err(RefusedHere::because(format!("{what} has no hook {hook}")));
        }
        Ok(loaded)
    }

    fn settings(&self) -> anyhow::Result<serde_json::Map<String, serde_json::Value>> {
        self.settings.as_deref().map_or_else(|| Ok(serde_json::Map::new()), read_object)
    }
}

fn read_object(path: &Path) -> anyhow::Result<serde_json::Map<String, serde_json::Value>> {
    use anyhow::Context;
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| format!("{}: settings are one JSON object", path.display()))
}

/// A share with four digits: more would be noise in the output.
fn rounded(share: f32) -> f64 {
    (f64::from(share) * 10_000.0).round() / 10_000.0
}

/// A fault as the item's error.
fn sentence(fault: &domain::run::Fault) -> String {
    format!("{}: {}", fault.code(), fault.hint())
}
