//! `kulanz plugin allow`: what an installation may do from now on, and which inboxes it is held to.

use clap::Args;
use desk::InstallationChange;
use domain::grant::Grant;

use super::manage;
use crate::cli::{Ground, RefusedHere, instead, operator, screen};

#[derive(Debug, Args)]
pub(in crate::cli) struct Allow {
    /// Plugin id or installation id
    plugin: String,
    /// All that it may do from now on; several with commas or by repeating. Nothing else stays granted
    #[arg(long = "grant", value_name = "GRANTS", value_delimiter = ',')]
    grants: Option<Vec<Grant>>,
    /// Hold it to the tickets of this inbox (repeat for several)
    #[arg(long = "inbox", value_name = "INBOX", conflicts_with = "all_inboxes")]
    inboxes: Option<Vec<String>>,
    /// Let it see the tickets of all inboxes again
    #[arg(long)]
    all_inboxes: bool,
}

impl Allow {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let inboxes = if self.all_inboxes { Some(Vec::new()) } else { self.inboxes };
        if self.grants.is_none() && inboxes.is_none() {
            return Err(RefusedHere::because("name what to change: --grant, --inbox or --all-inboxes"));
        }
        let house = ground.house(instead::MODE).await?;
        let id = manage::find(&house.desk, &self.plugin).await?.installation.id;
        let change = InstallationChange {
            grants: self.grants.map(|grants| grants.into_iter().collect()),
            inboxes: inboxes.map(|inboxes| inboxes.into_iter().collect()),
            ..InstallationChange::default()
        };
        house.desk.change_installation(id, change, operator()).await?;
        let view = manage::find(&house.desk, &self.plugin).await?;
        screen::line(manage::told(&view).trim_end())?;
        house.close().await;
        Ok(())
    }
}
