//! `kulanz plugin`: build, try out, install and watch plugins.

mod allow;
mod conform;
mod curve;
mod dev;
mod golden;
mod install;
mod ledger;
pub(super) mod manage;
mod new;
mod package;
mod registry;
mod replay;
mod settings;
mod source;
mod suite;
mod trial;
mod upgrade;
mod values;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::id::RunId;
use domain::plugin::{Hook, Mode};

use super::Ground;

pub(in crate::cli) use install::read_settings;
pub(super) use registry::RegistryError;
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
        /// Component file, a plugin's folder (built first), or oci://REFERENCE
        #[arg(value_name = "FILE|DIR|OCI")]
        what: source::Source,
        #[command(flatten)]
        access: registry::Access,
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
    Run(replay::Run),
    /// Make a key to sign plugins with
    Keygen {
        /// Where the key file goes; readable by you alone
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Make one file of a plugin: component, manifest, readme, licence, list of parts, signature
    Pack(package::Pack),
    /// Sign a plugin file
    Sign(package::Sign),
    /// Say who signed a plugin file, and whether anything was changed since
    Verify(package::Verify),
    /// Put a plugin file into an OCI registry, from where oci://REFERENCE gets it
    Publish(registry::Publish),
    /// Install a plugin, or hand in a new version of one that is here
    Install(install::Install),
    /// Look at a version that waits: what more it asks, what it would do differently; consent or decline
    Upgrade(upgrade::Upgrade),
    /// Put an earlier version back, with the grants it had
    Rollback {
        /// Plugin id or installation id
        plugin: String,
        /// Which version: the beginning of its sha256 [default: the newest earlier one]
        #[arg(long, value_name = "DIGEST")]
        to: Option<String>,
    },
    /// List the versions of a plugin that are kept
    Versions {
        /// Plugin id or installation id
        plugin: String,
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Show what a plugin read, called, cost and changed, and which grants it does not use
    Ledger {
        /// Plugin id or installation id
        plugin: String,
        /// The newest so many days
        #[arg(long, default_value_t = 30)]
        days: i64,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Tell what an answering plugin would have been worth on past questions; choose its threshold
    Curve(curve::Curve),
    /// Look at what a plugin keeps (what it has learnt): list, export, put back, let go of
    Values(values::Values),
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
    /// Change what an installation may do and which tickets it may see
    Allow(allow::Allow),
    /// Show the settings of an installation, without secrets; change some of them
    Settings(settings::Settings),
    /// Change how far an installation is trusted: off, shadow, suggest or live
    Mode {
        /// Plugin id or installation id
        plugin: String,
        /// off, shadow, suggest or live; lifts a quarantine
        mode: Mode,
    },
    /// Write a failed run into a file that its author can run again
    Reproduce {
        /// The run's id (run_…), as `kulanz plugin logs --json` shows it
        run: RunId,
        /// Where the file goes
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
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
            Self::Check { what, access, json } => trial::check(ground, &what, access, json).await,
            Self::Test(suite) => suite.run(ground).await,
            Self::Dev(dev) => dev.run(ground).await,
            Self::Conform(conform) => conform.run(ground).await,
            Self::Run(once) => Box::pin(once.run(ground)).await,
            Self::Reproduce { run, output } => replay::reproduce(ground, run, &output).await,
            Self::Keygen { file } => package::keygen(&file),
            Self::Pack(pack) => pack.run().await,
            Self::Sign(sign) => sign.run(),
            Self::Verify(verify) => Box::pin(verify.run()).await,
            Self::Publish(publish) => Box::pin(publish.run()).await,
            Self::Install(install) => Box::pin(install.run(ground)).await,
            Self::Upgrade(upgrade) => Box::pin(upgrade.run(ground)).await,
            Self::Rollback { plugin, to } => {
                Box::pin(upgrade::roll_back(ground, &plugin, to.as_deref())).await
            }
            Self::Versions { plugin, json } => Box::pin(upgrade::versions(ground, &plugin, json)).await,
            Self::Ledger { plugin, days, json } => Box::pin(ledger::show(ground, &plugin, days, json)).await,
            Self::Curve(curve) => Box::pin(curve.run(ground)).await,
            Self::Values(values) => Box::pin(values.run(ground)).await,
            Self::List { json } => manage::list(ground, json).await,
            Self::Show { plugin, json } => manage::show(ground, &plugin, json).await,
            Self::Allow(allow) => Box::pin(allow.run(ground)).await,
            Self::Settings(settings) => Box::pin(settings.run(ground)).await,
            Self::Mode { plugin, mode } => Box::pin(manage::mode(ground, &plugin, mode)).await,
            Self::Logs(logs) => Box::pin(manage::logs(ground, &logs)).await,
            Self::Remove { plugin, yes } => Box::pin(manage::remove(ground, &plugin, yes)).await,
        }
    }
}
