//! `kulanz db`: schema, checks, backup.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use desk::{Desk, Page, Store, TicketFilter};
use domain::audit::Chain;

use super::{Ground, RefusedHere, instead, screen};
use crate::wire::{self, DataDir, KEY_BYTES};

#[derive(Debug, Subcommand)]
pub(super) enum Db {
    /// Bring the schema up to date; every start does the same
    Migrate,
    /// Read everything once: database file, audit chain, event sequences, plugins, sealing key
    Check,
    /// Copy a SQLite database into a folder, with the key file where asked
    Backup {
        /// Folder to be made
        to: PathBuf,
        /// Copy the key files too: without them sealed values cannot be opened again
        #[arg(long)]
        with_keys: bool,
    },
    /// Put a backup in the place of the SQLite database; whoever was erased since is erased again
    Restore {
        /// The backup's folder
        from: PathBuf,
    },
}

/// Opens what is sealed.
const SEAL_KEY: &str = "seal.key";
/// The key files of a data directory.
const KEYS: [&str; 2] = [SEAL_KEY, "cache.key"];
/// Rows read at a time.
const PAGE: u32 = 500;

impl Db {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        match self {
            Self::Migrate => {
                let config = ground.settings()?;
                let url = config.database_url()?;
                let _lock = DataDir::open(&config.data_dir, url.starts_with("sqlite:"))?;
                wire::open_store(&config, &url, None).await?.close().await;
                screen::line("The schema is up to date.")?;
                Ok(())
            }
            Self::Check => check(ground).await,
            Self::Backup { to, with_keys } => backup(ground, &to, with_keys).await,
            Self::Restore { from } => restore(ground, &from).await,
        }
    }
}

async fn check(ground: &Ground) -> anyhow::Result<()> {
    let house = ground.house(instead::READY).await?;
    let store = house.desk.ask();
    store.ping().await?;
    let mut wrong = Vec::new();
    wrong.extend(store.faults().await?.into_iter().map(|fault| format!("database file: {fault}")));
    let chain = check_audit(&house.desk, &mut wrong).await?;
    let tickets = check_events(store, &mut wrong).await?;
    for view in house.desk.installations().await? {
        if let Some(problem) = view.problem {
            wrong.push(format!("plugin {}: {problem}", view.installation.manifest.id));
        }
    }
    house.close().await;
    for sentence in &wrong {
        screen::line(sentence)?;
    }
    screen::say(format_args!(
        "{} audit entries and {} read.",
        chain.length(),
        screen::count(tickets, "ticket")
    ));
    if let Some(told) = told(&chain) {
        screen::say(told);
    }
    if wrong.is_empty() {
        screen::line("Everything fits.")?;
        return Ok(());
    }
    anyhow::bail!("{} found: restore a backup, or tell us", screen::count(wrong.len() as u64, "fault"))
}

/// Follows the audit chain from its first entry to its end.
async fn check_audit(desk: &Desk, wrong: &mut Vec<String>) -> anyhow::Result<Chain> {
    let mut chain = desk.audit_chain();
    loop {
        let entries = desk.ask().audit(chain.length(), i64::from(PAGE)).await?;
        if entries.is_empty() {
            return Ok(chain);
        }
        for entry in &entries {
            if !chain.follow(entry) {
                wrong.push(format!(
                    "audit entry {} does not follow from the one before it, or was not written with this house's key",
                    entry.sequence
                ));
            }
        }
    }
}

/// How far a chain that was followed to its end can be relied on; nothing where it has no entries.
fn told(chain: &Chain) -> Option<String> {
    let from = match (chain.length(), chain.keyed_from()) {
        (0, _) => return None,
        (_, None) => {
            "No audit entry is keyed yet: whoever can write the database could have made them.".to_owned()
        }
        (_, Some(1)) => "Every audit entry is keyed.".to_owned(),
        (_, Some(from)) => format!(
            "Audit entries are keyed from {from} on; whoever could write the database before could have made those \
             before it."
        ),
    };
    Some(format!("{from} The newest, {}, has the digest {}.", chain.length(), chain.end()))
}

/// Every ticket's events must count 1, 2, 3 … up to what the ticket says.
async fn check_events(store: &Store, wrong: &mut Vec<String>) -> anyhow::Result<u64> {
    let filter = TicketFilter { oldest_first: true, ..TicketFilter::default() };
    let mut page = Page::first(PAGE);
    let mut read = 0;
    loop {
        let tickets = store.tickets(&filter, &page).await?;
        let Some(last) = tickets.last() else { return Ok(read) };
        page = Page::after(last.id, PAGE);
        for ticket in tickets {
            let events = store.events_of(ticket.id).await?;
            let gap_free = (1..).zip(&events).all(|(expected, event)| event.sequence == expected);
            if !gap_free || i64::try_from(events.len()).ok() != Some(ticket.event_sequence) {
                wrong.push(format!(
                    "ticket #{}: its events do not count from 1 to {} without gaps",
                    ticket.number, ticket.event_sequence
                ));
            }
            read += 1;
        }
    }
}

/// Copies the database as it is at this moment. A server may go on working beside it: SQLite lets others read, and
/// what is read is of one piece.
async fn backup(ground: &Ground, to: &Path, with_keys: bool) -> anyhow::Result<()> {
    let config = ground.settings()?;
    let url = config.database_url()?;
    let Some(file) = url.strip_prefix("sqlite://").map(PathBuf::from) else {
        return Err(RefusedHere::because(
            "this database is PostgreSQL: use pg_dump; keep keys/ of the data directory beside it",
        ));
    };
    if !file.is_file() {
        return Err(RefusedHere::because(format!("{}: there is no database yet", file.display())));
    }
    let data = DataDir::open(&config.data_dir, false)?;
    let new_folder = |path: &Path| {
        let what = || format!("{}: name a folder that is not there yet", path.display());
        wire::make_private_folder(path).with_context(what)
    };
    new_folder(to)?;
    let copy = to.join("kulanz.db");
    let copied = async {
        Store::copy_file(&file, &copy).await.with_context(|| format!("copying {}", file.display()))?;
        if with_keys {
            new_folder(&to.join("keys"))?;
            for name in KEYS.into_iter().filter(|name| data.has_key(name)) {
                copy_durably(&data.key_path(name), &to.join("keys").join(name))?;
            }
        }
        anyhow::Ok(())
    };
    if let Err(error) = copied.await {
        // Half a backup is none, and the folder's name is free again.
        let _ = std::fs::remove_dir_all(to);
        return Err(error);
    }
    screen::line(copy.display())?;
    if !with_keys {
        screen::say(
            "Keep keys/seal.key in another safe place: without it the sealed values in this backup are lost.",
        );
    }
    Ok(())
}

/// The keys that the restored database needs and that are not here yet, from the backup. Refused is what could not
/// be opened afterwards: a database without its key, or with another one.
fn keys_to_put(data: &DataDir, from: &Path) -> anyhow::Result<Vec<(&'static str, [u8; KEY_BYTES])>> {
    let mut put = Vec::new();
    for name in KEYS {
        let (here, theirs) = (data.key_path(name), from.join("keys").join(name));
        match (data.has_key(name), theirs.is_file()) {
            (false, true) => put.push((name, wire::read_key(&theirs)?)),
            (false, false) if name == SEAL_KEY => {
                return Err(RefusedHere::because(format!(
                    "{} is missing and this backup brings none (it was made without --with-keys): put the \
                     seal.key that you keep apart from it there, owner only (chmod 600), then restore again",
                    here.display()
                )));
            }
            // What the cache's key checks lies here, not in the backup: it may be another.
            (true, true) if name == SEAL_KEY && wire::read_key(&here)? != wire::read_key(&theirs)? => {
                return Err(RefusedHere::because(format!(
                    "{} and {} are different keys, and what is sealed in the backup opens with the second one \
                     only: move the first one away (the database that is here now needs it), then restore again",
                    here.display(),
                    theirs.display()
                )));
            }
            _ => {}
        }
    }
    Ok(put)
}

/// Puts a backup in the database's place; the database that was there stays beside it. Keys that are here are not
/// touched; where none are, those of the backup are put in place.
async fn restore(ground: &Ground, from: &Path) -> anyhow::Result<()> {
    let config = ground.settings()?;
    let url = config.database_url()?;
    let Some(file) = url.strip_prefix("sqlite://").map(PathBuf::from) else {
        return Err(RefusedHere::because(
            "this database is PostgreSQL: use pg_restore; the next start erases again whoever was \
             erased since, and `kulanz token list` shows which tokens are valid again",
        ));
    };
    let copy = from.join("kulanz.db");
    if !copy.is_file() {
        let sentence =
            format!("{}: there is no kulanz.db in it; name the folder that `db backup` made", from.display());
        return Err(RefusedHere::because(sentence));
    }
    let locked = DataDir::open(&config.data_dir, true).context("restoring needs the server to be stopped")?;
    let keys = keys_to_put(&locked, from)?;
    for (name, key) in &keys {
        locked.put_key(name, key)?;
        screen::say(format_args!("Put in place from the backup: {}", locked.key_path(name).display()));
    }
    let aside = with_suffix(
        &file,
        &format!(".before-{}", domain::Clock::now(&crate::doors::SystemClock::default()).0),
    );
    for suffix in ["", "-wal", "-shm"] {
        let there = with_suffix(&file, suffix);
        if there.exists() {
            std::fs::rename(&there, with_suffix(&aside, suffix))
                .with_context(|| format!("moving {} aside", there.display()))?;
        }
    }
    copy_durably(&copy, &file)?;
    let wal = with_suffix(&copy, "-wal");
    if wal.exists() {
        copy_durably(&wal, &with_suffix(&file, "-wal"))?;
    }
    drop(locked);
    // Opening the house erases again whoever was erased since.
    let house = ground.house(instead::READY).await?;
    let valid = valid_tokens(&house.desk).await?;
    house.close().await;
    screen::line(file.display())?;
    if !valid.is_empty() {
        screen::say(format_args!(
            "Tokens that are valid in it: {}. Those that were revoked since the backup are valid again: \
             `kulanz token revoke ID` ends them.",
            valid.join(", ")
        ));
    }
    if !aside.exists() {
        screen::say("Restored.");
        return Ok(());
    }
    screen::say(format_args!(
        "Restored. The database that was there is {}; delete it when the restored one is right: it holds what \
         the backup may not have.",
        aside.display()
    ));
    Ok(())
}

/// Names and ids of the tokens that work: a revocation is forgotten with the database it was written to.
async fn valid_tokens(desk: &Desk) -> anyhow::Result<Vec<String>> {
    let now = desk.now();
    let mut tokens = desk.ask().tokens().await?;
    tokens.retain(|token| token.stands(now));
    Ok(tokens.iter().map(|token| format!("{} ({})", token.in_one_line(), token.id)).collect())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn copy_durably(from: &Path, to: &Path) -> anyhow::Result<()> {
    let what = || format!("copying {} to {}", from.display(), to.display());
    std::fs::copy(from, to).with_context(what)?;
    std::fs::File::open(to).and_then(|f| f.sync_all()).with_context(what)
}

#[cfg(test)]
mod tests {
    use domain::audit::{AuditEntry, AuditKey, AuditRecord, GENESIS, link};
    use domain::id::{AuditId, CountingIds};
    use domain::{Actor, Timestamp};

    use super::*;

    #[test]
    fn a_check_tells_from_where_the_audit_trail_is_keyed_and_how_it_ends() {
        let key = AuditKey::new([7; 32]);
        let mut chain = Chain::with(Some(key));
        assert_eq!(told(&chain), None);
        let mut previous = GENESIS.to_owned();
        for (sequence, keyed, begins) in
            [(1, None, "No audit entry is keyed yet"), (2, Some(key), "Audit entries are keyed from 2 on")]
        {
            let record = AuditRecord {
                id: AuditId::mint(&CountingIds::default(), Timestamp(sequence)),
                at: Timestamp(sequence),
                actor: Actor::system(),
                action: "test.done".to_owned(),
                object: String::new(),
                details: serde_json::Value::Null,
            };
            let digest = link(keyed, sequence, &previous, &record);
            let entry = AuditEntry { sequence, record, previous, digest };
            assert!(chain.follow(&entry));
            let said = told(&chain).unwrap();
            assert!(said.starts_with(begins) && said.contains(&entry.digest), "{said}");
            previous = entry.digest;
        }
    }
}
