//! The command line: what can be asked, and what the exit code says. One file per command below.
//!
//! Exit codes: 0 done · 1 failed · 2 wrong usage · 3 the configuration is wrong · 4 the database cannot
//! be used, or a server is running on it · 5 refused by a rule · 130 ended by a second signal.
//! Results go to stdout (`--json`: one object per line), everything else to stderr.

mod article;
mod audit;
mod automation;
mod bench;
mod compile;
mod config;
mod db;
mod demo;
mod eval;
mod explain;
mod gate;
mod ingest;
mod instead;
mod lines;
mod model;
mod person;
mod plugin;
mod queue;
mod redact;
mod retention;
mod schedule;
mod screen;
mod serve;
mod stories;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use desk::DeskError;
use domain::{Actor, ActorKind, Refusal};
use store::StoreError;

use crate::config::{Config, ConfigError, Origin, Sources};
use crate::wire::{House, InUse};

/// What an exit code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// Failed.
    Failed = 1,
    /// Wrong usage.
    Usage = 2,
    /// The configuration is wrong.
    Config = 3,
    /// The database cannot be used, or a server is running on it.
    Store = 4,
    /// Refused by a rule.
    Refused = 5,
}

/// Log filter of commands that are not servers, unless somebody set one.
const QUIET: &str = "warn,wasmtime=error,cranelift=error";

/// Self-hosted support automation: redacts, sorts and answers customer mail with sandboxed plugins.
#[derive(Debug, Parser)]
#[command(name = "kulanz", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten)]
    ground: Ground,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration wrong, 4 database unusable or a server is running on it, 5 refused by a rule, 130 interrupted.";

/// Where settings come from; the same for all commands.
#[derive(Debug, Clone, Default, Args)]
pub struct Ground {
    /// Configuration file [default: kulanz.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Settings")]
    config: Option<PathBuf>,
    /// Data directory
    #[arg(long, global = true, value_name = "DIR", help_heading = "Settings")]
    data_dir: Option<PathBuf>,
    /// Database: sqlite://path or postgres://user@host/name
    #[arg(long, global = true, value_name = "URL", help_heading = "Settings")]
    database: Option<String>,
    /// What is logged to stderr: a level, or target=level pairs
    #[arg(long, global = true, value_name = "FILTER", help_heading = "Settings")]
    log: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server: API, pages, mail out, plugins, schedules
    Serve(serve::Serve),
    /// Show the whole way on made-up mails, in a data directory of its own
    Demo(demo::Demo),
    /// Take in mails (.eml, mbox, Maildir, folders, -) and tickets (.jsonl)
    Ingest(ingest::Ingest),
    /// Tell a ticket's story: what happened, who decided it, and why
    Explain(explain::Explain),
    /// Measure plugins on data of your own
    #[command(subcommand)]
    Eval(eval::Eval),
    /// Measure this house on this machine: calls, tickets per second, latency, start, memory
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Build, test, install and watch plugins
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Look after the database
    #[command(subcommand)]
    Db(db::Db),
    /// What is kept of a person: hand it out, or take it out
    #[command(subcommand)]
    Person(person::PersonCommand),
    /// Redact what is stored already, as a trial or for good
    Redact(redact::Redact),
    /// What has been kept long enough: count it, or take it out
    Retention(retention::Retention),
    /// API tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Knowledge-base articles
    #[command(subcommand)]
    Article(article::ArticleCommand),
    /// Language models that tell which texts mean the same
    #[command(subcommand)]
    Model(model::ModelCommand),
    /// Read the audit trail: who did what, and when
    Audit(audit::Audit),
    /// Schedules of plugins
    #[command(subcommand)]
    Schedule(schedule::ScheduleCommand),
    /// Work that waits, and work that was given up
    #[command(subcommand)]
    Queue(queue::QueueCommand),
    /// The gate of automatic mail: its budgets, and the messages it left to people
    #[command(subcommand)]
    Gate(gate::GateCommand),
    /// The kill switch: all automation on or off; redaction stays on
    #[command(subcommand)]
    Automation(automation::Automation),
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Compile a component from stdin to stdout: what the server starts as a process of its own
    #[command(name = crate::wire::COMPILE_COMMAND, hide = true)]
    Compile,
}

impl Ground {
    /// The layers, with the process's own environment.
    fn sources(&self) -> Sources {
        let mut flags = Vec::new();
        if let Some(dir) = &self.data_dir {
            flags.push(("--data-dir", "data_dir", dir.display().to_string()));
        }
        if let Some(url) = &self.database {
            flags.push(("--database", "database.url", url.clone()));
        }
        if let Some(filter) = &self.log {
            flags.push(("--log", "log.filter", filter.clone()));
        }
        Sources { file: self.config.clone(), variables: variables(), flags }
    }

    /// The options as they were typed, to be typed again. A database's address may hold a password, which is not said.
    fn typed(&self) -> String {
        let mut typed = String::new();
        if let Some(file) = &self.config {
            typed.push_str(&format!(" --config {}", word(&file.display().to_string())));
        }
        if let Some(dir) = &self.data_dir {
            typed.push_str(&format!(" --data-dir {}", word(&dir.display().to_string())));
        }
        if self.database.is_some() {
            typed.push_str(" --database URL");
        }
        if let Some(filter) = &self.log {
            typed.push_str(&format!(" --log {}", word(filter)));
        }
        typed
    }

    /// Settings for a command that is no server: it logs warnings only, unless told otherwise.
    fn settings(&self) -> anyhow::Result<Config> {
        let mut config = Config::load(&self.sources())?;
        if config.layers.origin("log.filter") == Origin::Default {
            QUIET.clone_into(&mut config.log.filter);
        }
        crate::telemetry::log_to_stderr(&config.log)?;
        Ok(config)
    }

    /// The house for one command. `instead` names the API call for the case that a server is running.
    async fn house(&self, instead: &str) -> anyhow::Result<Box<House>> {
        Box::pin(House::open(self.settings()?)).await.map(Box::new).map_err(|error| {
            match error.downcast::<InUse>() {
                Ok(in_use) => anyhow::Error::new(in_use).context(format!(
                    "a server is running here: ask it instead ({instead}), or stop it first"
                )),
                Err(other) => other,
            }
        })
    }
}

/// A word as a shell takes it for one.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// Variables that are text; others cannot be ours.
fn variables() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Who acts on the command line: whoever may read the data directory.
fn operator() -> Actor {
    Actor::new(ActorKind::Agent, "cli")
}

/// Parses, runs, and says how it went.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too; a closed stderr is no reason for another code.
            let _ = error.print();
            return if error.use_stderr() { code(Exit::Usage) } else { code(Exit::Ok) };
        }
    };
    match on_threads(cli) {
        Ok(()) => code(Exit::Ok),
        // `kulanz … | head` is no failure.
        Err(error) if is_closed_pipe(&error) => code(Exit::Ok),
        Err(error) => {
            screen::complain(&told(&error));
            code(exit_of(&error))
        }
    }
}

/// A failure with its causes, without saying the same sentence twice.
fn told(error: &anyhow::Error) -> String {
    let mut out = String::new();
    for sentence in error.chain().map(ToString::to_string) {
        if out.is_empty() {
            out = sentence;
        } else if !out.contains(&sentence) {
            out = format!("{out}: {sentence}");
        }
    }
    out
}

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}

fn on_threads(cli: Cli) -> anyhow::Result<()> {
    if matches!(cli.command, Command::Compile) {
        return compile::run();
    }
    let threads =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting threads")?;
    threads.block_on(run(cli))
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let ground = cli.ground;
    match cli.command {
        Command::Serve(command) => Box::pin(command.run(&ground)).await,
        Command::Demo(command) => Box::pin(command.run(&ground)).await,
        Command::Ingest(command) => Box::pin(command.run(&ground)).await,
        Command::Explain(command) => Box::pin(command.run(&ground)).await,
        Command::Eval(command) => Box::pin(command.run(&ground)).await,
        Command::Bench(command) => Box::pin(command.run(&ground)).await,
        Command::Plugin(command) => Box::pin(command.run(&ground)).await,
        Command::Db(command) => Box::pin(command.run(&ground)).await,
        Command::Token(command) => Box::pin(command.run(&ground)).await,
        Command::Model(command) => command.run(&ground),
        Command::Article(command) => Box::pin(command.run(&ground)).await,
        Command::Audit(command) => Box::pin(command.run(&ground)).await,
        Command::Schedule(command) => Box::pin(command.run(&ground)).await,
        Command::Queue(command) => Box::pin(command.run(&ground)).await,
        Command::Person(command) => Box::pin(command.run(&ground)).await,
        Command::Redact(command) => Box::pin(command.run(&ground)).await,
        Command::Retention(command) => Box::pin(command.run(&ground)).await,
        Command::Gate(command) => Box::pin(command.run(&ground)).await,
        Command::Automation(command) => Box::pin(command.run(&ground)).await,
        Command::Config(command) => command.run(&ground),
        Command::Compile => compile::run(),
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

/// The exit code for a failure: the first cause that has one of its own decides.
fn exit_of(error: &anyhow::Error) -> Exit {
    error
        .chain()
        .find_map(|cause| {
            if cause.is::<ConfigError>() {
                return Some(Exit::Config);
            }
            if cause.is::<StoreError>() || cause.is::<InUse>() {
                return Some(Exit::Store);
            }
            if cause.is::<Refusal>()
                || cause.is::<pack::PackError>()
                || cause.is::<runtime::Refused>()
                || cause.is::<RefusedHere>()
            {
                return Some(Exit::Refused);
            }
            if cause.is::<pack::ReferenceError>() {
                return Some(Exit::Usage);
            }
            if cause.downcast_ref::<plugin::RegistryError>().is_some_and(plugin::RegistryError::is_refusal) {
                return Some(Exit::Refused);
            }
            cause.downcast_ref::<DeskError>().map(|desk| match desk {
                DeskError::Store(_) => Exit::Store,
                DeskError::Refused(_)
                | DeskError::Missing { .. }
                | DeskError::Redaction(_)
                | DeskError::Repeated
                | DeskError::Plugin { .. } => Exit::Refused,
                DeskError::Busy(_) | DeskError::Outside(_) | DeskError::Seal => Exit::Failed,
            })
        })
        .unwrap_or(Exit::Failed)
}

/// A rule of the command line itself says no.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RefusedHere(String);

impl RefusedHere {
    fn because(sentence: impl Into<String>) -> anyhow::Error {
        Self(sentence.into()).into()
    }
}

#[cfg(test)]
mod tests;
