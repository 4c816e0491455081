//! `kulanz plugin`: build, try out, install and watch plugins.

mod conform;
mod dev;
mod golden;
mod install;
mod manage;
mod new;
mod source;
mod suite;
mod trial;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::plugin::{Hook, Mode};

use super::Ground;

pub(super) use source::{build_bundled, bundled, load};

#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// Begin a plugin that builds, tests and installs at once
    New(new::New),
    /// Build a plugin of any language into one component file
    Build {
        /// Folder with plugin.toml and Cargo.toml, package.json or pyproject.toml
        dir: PathBuf,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Say whether a plugin would be accepted, and what it asks for
    Check {
        /// Component file, or a plugin's folder (built first)
        #[arg(value_name = "FILE|DIR")]
        what: PathBuf,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Build a plugin and run its cases in the sandbox
    Test(suite::Suite),
    /// Watch a plugin's folder: build and run its cases again whenever a file changes
    Dev(dev::Dev),
    /// Ask a plugin what every plugin must answer: odd tickets, denied grants, replays, limits
    Conform(conform::Conform),
    /// Run one hook once, outside any house
    Run(trial::Once),
    /// Install a plugin, or a new version of one that is here
    Install(install::Install),
    /// List installations
    List {
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Show one installation: grants, settings, limits, schedules
    Show {
        /// Plugin id (kulanz.triage) or installation id (ins_…)
        plugin: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Change how far an installation is trusted: off, shadow, suggest or live
    Mode {
        /// Plugin id or installation id
        plugin: String,
        /// off, shadow, suggest or live; lifts a quarantine
        mode: Mode,
    },
    /// List what a plugin did: newest runs first, with what it logged
    Logs(Logs),
    /// Remove an installation with its schedules and values; what it did stays
    Remove {
        /// Plugin id or installation id
        plugin: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct Logs {
    /// Plugin id or installation id
    plugin: String,
    /// Newest runs
    #[arg(short = 'n', long, default_value_t = 20)]
    runs: u32,
    /// Only runs of this hook
    #[arg(long)]
    hook: Option<Hook>,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

impl PluginCommand {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        match self {
            Self::New(new) => new.run(),
            Self::Build { dir, json } => source::build_and_report(dir, json).await,
            Self::Check { what, json } => trial::check(ground, &what, json).await,
            Self::Test(suite) => suite.run(ground).await,
            Self::Dev(dev) => dev.run(ground).await,
            Self::Conform(conform) => conform.run(ground).await,
            Self::Run(once) => once.run(ground).await,
            Self::Install(install) => Box::pin(install.run(ground)).await,
            Self::List { json } => manage::list(ground, json).await,
            Self::Show { plugin, json } => manage::show(ground, &plugin, json).await,
            Self::Mode { plugin, mode } => manage::mode(ground, &plugin, mode).await,
            Self::Logs(logs) => manage::logs(ground, &logs).await,
            Self::Remove { plugin, yes } => manage::remove(ground, &plugin, yes).await,
        }
    }
}
