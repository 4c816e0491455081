//! `kulanz plugin settings`: the settings of an installation, shown without secrets, and changed one by one.

use std::path::PathBuf;

use clap::Args;
use desk::InstalledView;
use domain::plugin::SecretSetting;

use super::install::read_settings;
use super::manage::find;
use crate::cli::{Ground, instead, operator, screen};

#[derive(Debug, Args)]
pub(in crate::cli) struct Settings {
    /// Plugin id or installation id
    plugin: String,
    /// Change the settings that this JSON file names (-: what is typed); null puts a default back. All others stay
    #[arg(long, value_name = "FILE")]
    set: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Settings {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let given = read_settings(self.set.as_deref())?;
        let call = if given.is_some() { instead::MODE } else { instead::INSTALLATIONS };
        let house = ground.house(call).await?;
        let mut view = find(&house.desk, &self.plugin).await?;
        if let Some(given) = given {
            house.desk.set_settings(view.installation.id, given, operator()).await?;
            view = find(&house.desk, &self.plugin).await?;
        }
        self.print(&view)?;
        house.close().await;
        Ok(())
    }

    /// What is printed can be changed and handed in again: a secret that reads `(hidden)` stays.
    fn print(&self, view: &InstalledView) -> anyhow::Result<()> {
        let installation = &view.installation;
        let (plugin, settings) = (&installation.manifest.id, desk::masked(installation));
        if self.json {
            return screen::json(&serde_json::json!({
                "id": installation.id, "plugin": plugin, "settings": settings,
                "unset_secrets": view.unset_secrets,
            }));
        }
        let pretty = serde_json::to_string_pretty(&settings)?;
        let lines: Vec<String> = pretty.lines().map(screen::escaped).collect();
        screen::line(lines.join("\n"))?;
        say_unset(plugin, &view.unset_secrets);
        Ok(())
    }
}

/// Says which secrets have no value, if any has none.
pub(super) fn say_unset(plugin: &str, unset: &[SecretSetting]) {
    if !unset.is_empty() {
        screen::say(unset_text(plugin, unset));
    }
}

/// Which secrets have no value and how they get one.
pub(super) fn unset_text(plugin: &str, unset: &[SecretSetting]) -> String {
    let mut out = String::new();
    for secret in unset {
        out.push_str(&format!(
            "The secret {} is not set: requests to {} that need it fail.\n",
            secret.name, secret.host
        ));
    }
    let named: Vec<String> = unset.iter().map(|secret| format!("\"{}\": \"…\"", secret.name)).collect();
    out.push_str(&format!(
        "Put {{{}}} into a file: kulanz plugin settings {plugin} --set FILE",
        named.join(", ")
    ));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_is_not_set_is_named_with_the_command_that_sets_it() {
        let secret = SecretSetting { name: "key".into(), host: "shop.example".into() };
        assert_eq!(
            unset_text("acme.shop", &[secret]),
            "The secret key is not set: requests to shop.example that need it fail.\n\
             Put {\"key\": \"…\"} into a file: kulanz plugin settings acme.shop --set FILE"
        );
    }
}
