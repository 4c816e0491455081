//! A house on the bench: the bundled plugins live, the example articles, a database of its own, and a
//! way out for mail that only notes what comes. Everything is gone when it is dropped.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context;
use async_trait::async_trait;
use channels::email::Outgoing;
use channels::fetch::{Fetch, FetchOptions};
use channels::{ChannelError, Egress, Receipt};
use clap::Args;
use desk::{Desk, DeskParts, InstallRequest, Page, SealKey, TicketFilter};
use domain::plugin::Mode;
use pack::BuildOptions;
use tempfile::TempDir;

use super::disk;
use crate::cli::{Ground, RefusedHere, article, operator, plugin};
use crate::config::Config;
use crate::doors::{RandomIds, SystemClock};
use crate::wire::{self, DataDir};

/// A budget that no measure uses up.
const PLENTY: i64 = 1_000_000_000;

/// Where a measure works, and how it tells what came of it.
#[derive(Debug, Args)]
pub(super) struct Workplace {
    /// Work in a folder below this one: it must lie on the disk to be measured [default: the system's
    /// folder for temporary files]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

impl Workplace {
    /// A folder that is deleted when it is dropped.
    pub(super) fn folder(&self) -> anyhow::Result<TempDir> {
        let parent = self.dir.clone().unwrap_or_else(std::env::temp_dir);
        if disk::is_in_memory(&parent) {
            return Err(RefusedHere::because(format!(
                "{} lies in memory, where a commit costs nothing: name a folder on a disk with --dir",
                parent.display()
            )));
        }
        Ok(tempfile::Builder::new().prefix("kulanz-bench-").tempdir_in(parent)?)
    }
}

/// Takes every mail, notes when, and keeps nothing of it.
#[derive(Debug, Default)]
pub(super) struct Sink(Mutex<HashMap<String, Instant>>);

impl Sink {
    /// When a mail to each address came.
    pub(super) fn taken(&self) -> HashMap<String, Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Egress for Sink {
    fn name(&self) -> &'static str {
        "bench"
    }

    async fn send(&self, mail: &Outgoing) -> Result<Receipt, ChannelError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(mail.to.clone(), Instant::now());
        Ok(Receipt("noted".to_owned()))
    }
}

/// A house that is ready for a measure.
pub(super) struct Stand {
    pub(super) desk: Desk,
    pub(super) sink: Arc<Sink>,
    pub(super) database: &'static str,
    _data_dir: DataDir,
    _folder: TempDir,
}

impl Stand {
    /// Puts it together and installs everything. `slots`: jobs worked on at the same time.
    pub(super) async fn set_up(
        ground: &Ground,
        place: &Workplace,
        slots: Option<u32>,
    ) -> anyhow::Result<Self> {
        let folder = place.folder()?;
        let mut config = config(ground, folder.path(), ground.database.as_deref())?;
        if let Some(slots) = slots {
            config.desk.worker_slots = slots;
        }
        crate::telemetry::log_to_stderr(&config.log)?;
        let data_dir = DataDir::open(folder.path(), true)?;
        let url = config.database_url()?;
        let seal = SealKey::new(&data_dir.key("seal.key")?);
        let store = wire::open_store(&config, &url, Some(&seal)).await?;
        if !store.tickets(&TicketFilter::default(), &Page::first(1)).await?.is_empty() {
            return Err(RefusedHere::because(
                "there are tickets in this database: a measure fills it with made-up ones, so give it an empty one",
            ));
        }
        let sink = Arc::new(Sink::default());
        let desk = Desk::open(DeskParts {
            store,
            runtime: wire::runtime(&config, Some(&data_dir))?,
            clock: Arc::new(SystemClock::default()),
            ids: Arc::new(RandomIds::default()),
            egress: Arc::clone(&sink) as Arc<dyn Egress>,
            senders: channels::sender::Senders::unchecked(),
            seal,
            tombstones: Arc::new(desk::NoTombstones),
            meaning: desk::Meaning::none(),
            fetch: None,
            webhooks: Fetch::new(FetchOptions::default()),
            config: config.desk,
        })
        .await?;
        furnish(&desk).await?;
        let database = if url.starts_with("sqlite:") { "SQLite" } else { "PostgreSQL" };
        Ok(Self { desk, sink, database, _data_dir: data_dir, _folder: folder })
    }

    /// Closes the database.
    pub(super) async fn close(self) {
        self.desk.close().await;
    }
}

/// Settings of a measure: everybody's, but a data directory of its own, a database that is nobody's, and
/// budgets of automatic mail that do not end.
pub(super) fn config(ground: &Ground, folder: &Path, database: Option<&str>) -> anyhow::Result<Config> {
    let mut sources = ground.sources();
    sources.flags.retain(|(flag, _, _)| *flag != "--data-dir" && *flag != "--database");
    let own = format!("sqlite://{}", folder.join("kulanz.db").display());
    sources.flags.push(("bench", "data_dir", folder.display().to_string()));
    sources.flags.push(("bench", "database.url", database.map_or(own, ToOwned::to_owned)));
    sources.flags.push(("bench", "database.url_file", String::new()));
    if ground.log.is_none() {
        sources.flags.push(("bench", "log.filter", crate::cli::QUIET.to_owned()));
    }
    let mut config = Config::load(&sources)?;
    config.smtp = None;
    "help@shop.example".clone_into(&mut config.desk.mail.from_address);
    config.desk.gate.per_address_day = PLENTY;
    config.desk.gate.per_domain_hour = PLENTY;
    config.desk.gate.per_inbox_hour = PLENTY;
    config.desk.gate.total_hour = PLENTY;
    Ok(config)
}

/// Installs the bundled plugins live and the example articles.
pub(super) async fn furnish(desk: &Desk) -> anyhow::Result<()> {
    for built in plugin::build_bundled().await? {
        let request = InstallRequest::new(built.bytes, Mode::Live);
        desk.install(request, operator()).await?;
    }
    article::import(desk, &fixtures()?.join("articles.jsonl")).await?;
    Ok(())
}

/// The same component under another id.
pub(super) fn renamed(component: &[u8], id: &str) -> anyhow::Result<Vec<u8>> {
    let text = pack::manifest_of(component)?.context("the component has no manifest")?;
    let mut manifest: toml::Table = text.parse().context("the component's manifest")?;
    manifest.insert("id".to_owned(), id.into());
    Ok(pack::with_manifest(component, &manifest.to_string())?)
}

/// A small guest of the tests, by its name.
pub(super) async fn guest(name: &'static str) -> anyhow::Result<Vec<u8>> {
    let guests = tree("tests/guests")?;
    let target_dir = Some(tree("tests")?.with_file_name("target").join("plugins"));
    let built = tokio::task::spawn_blocking(move || {
        let options = BuildOptions { target_dir, quiet: true, ..BuildOptions::default() };
        pack::build_guest_example(&guests, name, &options)
    });
    Ok(built.await??.bytes)
}

/// The folder of examples in the source tree.
fn fixtures() -> anyhow::Result<PathBuf> {
    tree("tests/fixtures")
}

/// A folder of the source tree this program was built from.
pub(super) fn tree(path: &str) -> anyhow::Result<PathBuf> {
    let folder = pack::bundled_sources().and_then(|plugins| Some(plugins.parent()?.join(path)));
    folder.filter(|folder| folder.is_dir()).ok_or_else(|| {
        RefusedHere::because(
            "a measure needs Kulanz's source tree (its plugins and examples), and the one this program was built from is \
             not here: clone the repository and run `cargo run --release -- bench`",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_never_touches_a_configured_database() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kulanz.toml");
        std::fs::write(&file, "[database]\nurl = \"postgres://prod@db.example/kulanz\"\n").unwrap();
        let ground = Ground { config: Some(file), ..Ground::default() };
        let url = config(&ground, folder.path(), None).unwrap().database_url().unwrap();
        assert_eq!(url, format!("sqlite://{}/kulanz.db", folder.path().display()));
        let named = config(&ground, folder.path(), Some("postgres://x@localhost/bench")).unwrap();
        assert_eq!(named.database_url().unwrap(), "postgres://x@localhost/bench");
    }

    #[test]
    fn a_folder_is_made_where_it_is_wanted_and_goes_again() {
        let parent = tempfile::tempdir().unwrap();
        let place = Workplace { dir: Some(parent.path().to_owned()), json: false };
        if disk::is_in_memory(parent.path()) {
            assert!(place.folder().unwrap_err().to_string().contains("--dir"));
            return;
        }
        let folder = place.folder().unwrap();
        assert!(folder.path().starts_with(parent.path()));
        drop(folder);
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
