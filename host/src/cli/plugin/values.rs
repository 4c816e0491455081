//! `kulanz plugin values`: what an installation keeps, such as what triage has learnt: listed, exported, put back,
//! let go of.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use desk::PluginValues;

use super::manage::find;
use crate::cli::{Ground, RefusedHere, instead, operator, screen};

#[derive(Debug, Args)]
pub(in crate::cli) struct Values {
    /// Plugin id or installation id
    plugin: String,
    /// Write everything into this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["import", "clear"])]
    export: Option<PathBuf>,
    /// Put what was exported in the place of everything there is
    #[arg(long, value_name = "FILE", conflicts_with = "clear")]
    import: Option<PathBuf>,
    /// Let go of everything: the plugin begins anew
    #[arg(long)]
    clear: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Print one JSON object per key
    #[arg(long)]
    json: bool,
}

impl Values {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let call = match (&self.import, self.clear) {
            (Some(_), _) => instead::PUT_VALUES,
            (None, true) => instead::CLEAR_VALUES,
            (None, false) => instead::VALUES,
        };
        let house = ground.house(call).await?;
        let installation = find(&house.desk, &self.plugin).await?.installation;
        let (id, name) = (installation.id, installation.manifest.id);
        if let Some(file) = &self.import {
            let text = tokio::fs::read(file).await.with_context(|| file.display().to_string())?;
            let values: PluginValues = serde_json::from_slice(&text).map_err(|e| {
                RefusedHere::because(format!("{} is no export of values: {e}", file.display()))
            })?;
            self.agree(&format!("Put these values in the place of everything {name} keeps?"))?;
            let count = values.values.len();
            house.desk.put_plugin_values(id, values, operator()).await?;
            screen::say(format_args!("{name} keeps {} now.", screen::count(count as u64, "value")));
        } else if self.clear {
            self.agree(&format!("Let go of everything {name} keeps?"))?;
            house.desk.clear_plugin_values(id, operator()).await?;
            screen::say(format_args!("{name} keeps nothing now."));
        } else {
            self.look(&house.desk.plugin_values(id).await?).await?;
        }
        house.close().await;
        Ok(())
    }

    fn agree(&self, question: &str) -> anyhow::Result<()> {
        if self.yes || (screen::can_ask() && screen::ask(question)?) {
            return Ok(());
        }
        Err(RefusedHere::because("nothing was changed; --yes does it without asking"))
    }

    async fn look(&self, values: &PluginValues) -> anyhow::Result<()> {
        if let Some(file) = &self.export {
            tokio::fs::write(file, serde_json::to_vec(values)?)
                .await
                .with_context(|| file.display().to_string())?;
            screen::say(format_args!(
                "{} of {} into {}.",
                screen::count(values.values.len() as u64, "value"),
                values.plugin,
                file.display()
            ));
            return Ok(());
        }
        for (key, value) in &values.values {
            if self.json {
                screen::json(&serde_json::json!({ "key": key, "bytes": value.0.len() }))?;
            } else {
                screen::line(format_args!("{:>10}  {key}", domain::files::size(value.0.len())))?;
            }
        }
        Ok(())
    }
}
