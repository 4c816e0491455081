//! `kulanz config`: the manual, the merged settings with who set them, a check.

use clap::Subcommand;

use super::{Ground, screen};
use crate::config::{Config, DEFAULTS};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Read all layers and say whether they fit
    Check,
    /// Print the merged settings, each with who set it; secrets hidden
    Show,
    /// Print the commented defaults: the manual, and a file to begin with
    Default,
}

impl ConfigCommand {
    pub(super) fn run(&self, ground: &Ground) -> anyhow::Result<()> {
        match self {
            Self::Check => {
                let config = Config::load(&ground.sources())?;
                config.database_url()?;
                screen::line("The configuration fits.")?;
            }
            Self::Show => screen::line(Config::load(&ground.sources())?.show().trim_end())?,
            Self::Default => screen::line(DEFAULTS.trim_end())?,
        }
        Ok(())
    }
}
