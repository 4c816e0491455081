//! `kulanz plugin new`: begins a plugin that builds, tests and installs at once.

use std::path::PathBuf;

use clap::Args;
use domain::plugin::Hook;
use pack::{NewPlugin, Template};

use crate::cli::screen;

#[derive(Debug, Args)]
pub(in crate::cli) struct New {
    /// Its name, as in recall, or its whole id, as in acme.recall; the folder is called like its last part
    name: String,
    /// Language: rust, js, ts or python
    #[arg(long, value_name = "LANGUAGE")]
    lang: Template,
    /// Hooks it has: redaction, triage, answering, notification, events, schedule
    #[arg(long, value_delimiter = ',', required = true, value_name = "HOOK,…")]
    hooks: Vec<Hook>,
    /// Folder in which it begins
    #[arg(long, value_name = "DIR", default_value = ".")]
    parent: PathBuf,
}

impl New {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self { name, lang, hooks, parent } = self;
        let dir = pack::new(&NewPlugin { name, parent, template: lang, hooks })?;
        screen::say(format_args!(
            "{} is there. Next: `kulanz plugin test {0}` builds it and runs its cases.",
            dir.display()
        ));
        screen::line(dir.display())?;
        Ok(())
    }
}
