//! `kulanz redact`: redaction of what is stored already, as a trial or for good; and of a text of one's own, to try
//! settings out.

use std::collections::BTreeMap;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use desk::{Desk, RetroBatch};

use super::plugin::read_settings;
use super::{Ground, instead, operator, screen};

#[derive(Debug, Args)]
pub(super) struct Redact {
    /// Say what would be taken out, and change nothing
    #[arg(long, required_unless_present_any = ["apply", "text"], conflicts_with = "apply")]
    dry_run: bool,
    /// Take it out
    #[arg(long)]
    apply: bool,
    /// Redact the text of this file (-: what is typed) as a message would be, and say which rule found what; nothing is stored
    #[arg(long = "try", value_name = "FILE", conflicts_with_all = ["apply", "dry_run", "restart"])]
    text: Option<PathBuf>,
    /// Try it with these settings of the redaction plugin, a JSON file, laid over those in force
    #[arg(long, value_name = "FILE", requires = "text")]
    settings: Option<PathBuf>,
    /// Begin anew instead of going on where it stopped
    #[arg(long)]
    restart: bool,
    /// One JSON object per value that was found, and one for all
    #[arg(long)]
    json: bool,
}

/// Messages redacted at a time: between two batches it can be stopped and goes on there.
const BATCH: u32 = 50;

/// What all batches came to.
#[derive(Default, serde::Serialize)]
struct Total {
    read: usize,
    changed: usize,
    held: usize,
    found: BTreeMap<String, usize>,
}

impl Total {
    fn add(&mut self, batch: &RetroBatch) {
        self.read += batch.read;
        self.changed += batch.changed;
        self.held += batch.held.len();
        for (class, count) in &batch.found {
            *self.found.entry(class.clone()).or_default() += count;
        }
    }
}

impl Redact {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let instead = if self.text.is_some() { instead::TRY } else { instead::RETRO };
        let house = ground.house(instead).await?;
        if let Some(file) = &self.text {
            let done = self.try_out(&house.desk, file).await;
            house.close().await;
            return done;
        }
        let total = self.all(&house.desk).await?;
        if self.json {
            screen::json(&total)?;
        } else {
            self.report(&total)?;
        }
        house.close().await;
        Ok(())
    }

    async fn try_out(&self, desk: &Desk, file: &Path) -> anyhow::Result<()> {
        let text = if file == Path::new("-") {
            std::io::read_to_string(std::io::stdin())?
        } else {
            std::fs::read_to_string(file).with_context(|| file.display().to_string())?
        };
        let settings = read_settings(self.settings.as_deref())?;
        let tried = Box::pin(desk.try_text(&text, settings)).await?;
        if self.json {
            return screen::json(&tried);
        }
        for f in &tried.findings {
            screen::say(format_args!("{:<16} {:.2}  {:<22} {}", f.class, f.score, f.rule, f.value));
        }
        Ok(screen::line(tried.text.trim_end())?)
    }

    async fn all(&self, desk: &Desk) -> anyhow::Result<Total> {
        if self.restart && self.apply {
            desk.restart_retro().await?;
        }
        let mut after = match self.apply {
            true => desk.retro_position().await?,
            false => None,
        };
        let (mut total, actor) = (Total::default(), operator());
        let progress = screen::progress(None, "messages");
        loop {
            let batch = desk.redact_stored(after, BATCH, self.apply, &actor).await?;
            total.add(&batch);
            self.tell(&batch)?;
            progress.inc(batch.read as u64);
            let Some(last) = batch.last else {
                progress.finish_and_clear();
                return Ok(total);
            };
            after = Some(last);
        }
    }

    fn tell(&self, batch: &RetroBatch) -> anyhow::Result<()> {
        for find in batch.finds.iter().filter(|_| self.json) {
            screen::json(find)?;
        }
        for (message, why) in &batch.held {
            screen::say(format_args!("{message} stays as it was: {why}"));
        }
        Ok(())
    }

    fn report(&self, total: &Total) -> anyhow::Result<()> {
        for (class, count) in &total.found {
            screen::line(format_args!("{count:>7}  {class}"))?;
        }
        let did = if self.apply { "were changed" } else { "would be changed" };
        let read = screen::count(total.read as u64, "message");
        screen::line(format_args!("{read} read, {} {did}, {} held.", total.changed, total.held))?;
        Ok(())
    }
}
