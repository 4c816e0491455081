//! The composition root, read from top to bottom: data directory, keys, store, runtime, way out for
//! mail, desk. Decides nothing; puts together what the settings say.

mod data_dir;
mod tombstones;

use std::ffi::OsString;
use std::net::ToSocketAddrs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use channels::email::Signer;
use channels::fetch::{Fetch, FetchOptions};
use channels::sender::Senders;
use channels::{Egress, Maildir, Smtp};
use desk::{Desk, DeskParts, SealKey};
use runtime::{Compiler, Runtime, RuntimeOptions};
use store::Store;

use crate::config::{Config, Durability};
use crate::doors::{RandomIds, SystemClock};

pub use data_dir::{DataDir, InUse, KEY_BYTES, make_private_folder, read_key};
pub use tombstones::FileOfTombstones;

/// Hidden command that compiles one component in a process of its own.
pub const COMPILE_COMMAND: &str = "__compile";

/// A house that is put together.
pub struct House {
    /// The settings it was made from.
    pub config: Config,
    /// The use cases.
    pub desk: Desk,
    /// Where mails go when no mail server is configured.
    pub outbox: Option<PathBuf>,
    data_dir: DataDir,
}

impl House {
    /// Opens the data directory and puts everything together.
    ///
    /// # Errors
    /// When a part cannot be opened; the chain says which and what to do.
    pub async fn open(config: Config) -> anyhow::Result<Self> {
        Box::pin(Self::with(config, Senders::unchecked())).await
    }

    /// The same for a house that takes in mail as it comes: senders are checked. Mails from files are not,
    /// as keys and servers of their time may be gone.
    ///
    /// # Errors
    /// When a part cannot be opened; the chain says which and what to do.
    pub async fn open_for_mail(config: Config) -> anyhow::Result<Self> {
        let senders = Senders::new(config.sender.clone())?;
        Box::pin(Self::with(config, senders)).await
    }

    async fn with(config: Config, senders: Senders) -> anyhow::Result<Self> {
        let url = config.database_url()?;
        let data_dir = DataDir::open(&config.data_dir, !is_shared(&url))?;
        let seal = SealKey::new(&seal_key(&data_dir, &url)?);
        let store = open_store(&config, &url, Some(&seal)).await?;
        let (egress, outbox) = egress(&config, &data_dir)?;
        let parts = DeskParts {
            store,
            runtime: runtime(&config, Some(&data_dir))?,
            clock: Arc::new(SystemClock::default()),
            ids: Arc::new(RandomIds::default()),
            egress,
            senders,
            seal: seal.clone(),
            tombstones: Arc::new(FileOfTombstones::of(data_dir.path())),
            meaning: crate::models::meaning(&config),
            fetch: config.plugins.http.then(|| fetch(&config, config.plugins.fetch_options())),
            // Whoever may make a webhook opens no private network with it: the operator does.
            webhooks: fetch(&config, config.webhooks.fetch_options()),
            config: config.desk.clone(),
        };
        let desk = Desk::open(parts).await?;
        same_key(&desk, &seal).await?;
        Ok(Self { config, desk, outbox, data_dir })
    }

    /// The data directory.
    #[must_use]
    pub fn data_dir(&self) -> &std::path::Path {
        self.data_dir.path()
    }

    /// Closes the desk: what was promised is on disk, the lock is gone.
    pub async fn close(self) {
        self.desk.close().await;
    }
}

/// Whether several hosts may use the database at the same time.
fn is_shared(url: &str) -> bool {
    url.starts_with("postgres:") || url.starts_with("postgresql:")
}

/// Opens the store alone. Commands that look at the database and at nothing else need no key; whoever writes audit
/// entries gives the house's.
///
/// # Errors
/// When it cannot be reached or migrated.
pub async fn open_store(config: &Config, url: &str, seal: Option<&SealKey>) -> anyhow::Result<Store> {
    let durability = match config.database.durability {
        Durability::Full => store::Durability::Full,
        Durability::Normal => store::Durability::Normal,
    };
    let options = store::Options {
        durability,
        readers: config.database.readers,
        pool: config.database.pool,
        audit_key: seal.map(SealKey::audit_key),
    };
    Store::open(url, &options)
        .await
        .with_context(|| format!("database {}", crate::config::without_password(url)))
}

/// The sandbox. Without a data directory nothing is kept between two processes.
///
/// # Errors
/// When this machine cannot run it.
pub fn runtime(config: &Config, data_dir: Option<&DataDir>) -> anyhow::Result<Runtime> {
    let mut options = RuntimeOptions {
        pooling: config.runtime.pooling,
        slots: config.runtime.slots,
        concurrency: config.runtime.concurrency,
        cache_bytes_max: config.runtime.cache_bytes_max,
        ..RuntimeOptions::default()
    };
    if let Some(data_dir) = data_dir.filter(|_| config.runtime.cache) {
        options.cache_key = data_dir.key("cache.key")?;
        options.cache_dir = Some(data_dir.path().join("cache"));
    }
    options.compiler = match config.runtime.compile_in_child {
        true => Compiler::Child {
            program: std::env::current_exe().context("where this program lies")?,
            args: vec![OsString::from(COMPILE_COMMAND)],
        },
        false => Compiler::InProcess,
    };
    Runtime::new(options).context("the plugin sandbox cannot start on this machine")
}

/// The sandbox of a plugin's author, outside any house: what is compiled is kept in the user's own cache folder, so
/// that a plugin of many megabytes is compiled once and not by each command.
///
/// # Errors
/// When this machine cannot run it.
pub fn authors_runtime(config: &Config) -> anyhow::Result<Runtime> {
    let folder = pack::cache_home().map(|home| home.join("authors"));
    let kept = folder.and_then(|folder| DataDir::open(&folder, false).ok());
    match runtime(config, kept.as_ref()) {
        Ok(runtime) => Ok(runtime),
        // A folder that cannot be used costs time and nothing else.
        Err(_) if kept.is_some() => runtime(config, None),
        Err(error) => Err(error),
    }
}

/// A guarded way out: everything private is closed by itself, our own port by name.
fn fetch(config: &Config, options: FetchOptions) -> Fetch {
    // Names as the listener reads them.
    let own_addresses = match config.server.listen.to_socket_addrs() {
        Ok(addresses) => addresses.collect(),
        Err(error) => {
            // A command that serves nobody goes on; a server will hardly listen there either.
            tracing::warn!(
                %error,
                listen = %config.server.listen,
                "server.listen cannot be looked up: plugins and webhooks are not kept from it until the next start"
            );
            Vec::new()
        }
    };
    Fetch::new(FetchOptions { own_addresses, ..options })
}

fn egress(config: &Config, data_dir: &DataDir) -> anyhow::Result<(Arc<dyn Egress>, Option<PathBuf>)> {
    match &config.smtp {
        Some(smtp) => Ok((Arc::new(Smtp::new(smtp, Signer::new(&config.dkim)?)?), None)),
        None => {
            let path = data_dir.path().join("outbox");
            Ok((Arc::new(Maildir::open(&path)?), Some(path)))
        }
    }
}

/// The sealing key, made at the first start. A database without its key is refused rather than given a
/// new one: what was sealed before could never be opened again.
fn seal_key(data_dir: &DataDir, url: &str) -> anyhow::Result<[u8; 32]> {
    let database = url.strip_prefix("sqlite://").map(PathBuf::from);
    if database.is_some_and(|file| file.is_file()) && !data_dir.has_key("seal.key") {
        anyhow::bail!(
            "{} is missing, but the database is there: put the key file back from your backup. \
             To begin anew, move the whole data directory away.",
            data_dir.key_path("seal.key").display()
        );
    }
    data_dir.key("seal.key")
}

/// Hosts that share a database must share the key: the first one leaves a digest that proves it.
async fn same_key(desk: &Desk, seal: &SealKey) -> anyhow::Result<()> {
    let proof = seal.digest("KEY", "kulanz seal key");
    if desk.remember("house", "seal_key", &proof).await? {
        return Ok(());
    }
    match desk.remembered("house", "seal_key").await? {
        Some(first) if first == proof => Ok(()),
        _ => anyhow::bail!(
            "the database was sealed with another key than keys/seal.key in this data directory: \
             copy that file from the host that made the database"
        ),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::config::Sources;

    /// Settings of a house for one test.
    pub(crate) fn config(dir: &std::path::Path) -> Config {
        config_with(dir, &[])
    }

    /// The same with some of one's own.
    fn config_with(dir: &std::path::Path, own: &[(&str, &str)]) -> Config {
        let mut variables = vec![
            ("KULANZ_RUNTIME__COMPILE_IN_CHILD".to_owned(), "false".to_owned()),
            ("KULANZ_RUNTIME__POOLING".to_owned(), "false".to_owned()),
            ("KULANZ_DATA_DIR".to_owned(), dir.display().to_string()),
        ];
        variables.extend(own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Config::load(&Sources { variables, ..Sources::default() }).unwrap()
    }

    #[tokio::test]
    async fn a_webhook_leads_into_the_own_network_only_where_the_operator_opened_it() {
        let dir = tempfile::tempdir().unwrap();
        let make = async |config: Config, url: &str| {
            let house = Box::pin(House::open(config)).await.unwrap();
            let new = desk::NewWebhook { url: url.to_owned(), events: Vec::new() };
            let actor = domain::Actor::new(domain::ActorKind::Agent, "test");
            let made = house.desk.create_webhook(new, None, actor).await.map(|_| ());
            house.close().await;
            made.map_err(|error| error.to_string())
        };
        let (opened, closed) = ("https://10.0.0.7:8443/hook", "https://10.0.0.7/hook");
        let refused = Box::pin(make(config(dir.path()), opened)).await.unwrap_err();
        let fix = "webhooks.private_hosts = [\"10.0.0.7:8443\"]";
        assert!(refused.contains("a private address") && refused.contains(fix), "{refused}");
        let own = [("KULANZ_WEBHOOKS__PRIVATE_HOSTS", "10.0.0.7:8443")];
        assert_eq!(Box::pin(make(config_with(dir.path(), &own), opened)).await, Ok(()));
        let other_port = Box::pin(make(config_with(dir.path(), &own), closed)).await;
        assert!(other_port.is_err(), "another port is another service");
    }

    #[tokio::test]
    async fn a_house_opens_twice_with_the_same_key_and_refuses_a_second_one_at_the_same_time() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let house = House::open(config(&data)).await.unwrap();
        assert_eq!(house.outbox.as_deref(), Some(data.join("outbox").as_path()));
        let second = House::open(config(&data)).await.err().unwrap();
        assert!(second.downcast_ref::<InUse>().is_some(), "{second:#}");
        house.close().await;
        House::open(config(&data)).await.unwrap().close().await;
    }

    #[tokio::test]
    async fn a_database_whose_key_is_gone_or_another_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        House::open(config(dir.path())).await.unwrap().close().await;
        let key = dir.path().join("keys/seal.key");
        std::fs::remove_file(&key).unwrap();
        let missing = House::open(config(dir.path())).await.err().unwrap();
        assert!(missing.to_string().contains("put the key file back"), "{missing:#}");
        std::fs::write(&key, [9; 32]).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let other = House::open(config(dir.path())).await.err().unwrap();
        assert!(other.to_string().contains("another key"), "{other:#}");
    }
}
