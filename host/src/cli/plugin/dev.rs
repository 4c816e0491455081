//! `kulanz plugin dev`: looks at a plugin's folder, builds and tests it again whenever a file changes, and, when
//! a server is named, installs it there in shadow mode and tells its runs as they come.

mod server;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::Args;
use runtime::Runtime;

use super::source;
use super::suite::Suite;
use crate::cli::{Ground, RefusedHere, screen};
use server::Server;

/// How often the folder and the server are looked at, milliseconds: a person does not notice the delay.
const LOOK_MS: u64 = 500;
/// Folders that no source stands in.
const NO_SOURCE: [&str; 3] = ["target", "node_modules", "__pycache__"];

#[derive(Debug, Args)]
pub(in crate::cli) struct Dev {
    /// Folder with plugin.toml and cases/
    dir: PathBuf,
    /// A running server on which it is installed in shadow mode after each build whose cases pass: http://127.0.0.1:8080
    #[arg(long, value_name = "URL", requires = "token")]
    server: Option<String>,
    /// Token with the scopes admin and read there
    #[arg(long, value_name = "TOKEN", requires = "server")]
    token: Option<String>,
    /// Build, test and install once, then end
    #[arg(long)]
    once: bool,
}

/// Size and last change of each file: what tells that one changed.
type Look = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

impl Dev {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        if !self.dir.join("plugin.toml").is_file() {
            return Err(RefusedHere::because(format!(
                "{}: there is no plugin.toml: name a plugin's folder",
                self.dir.display()
            )));
        }
        let sandbox = crate::wire::authors_runtime(&ground.settings()?)?;
        let mut server = match (&self.server, &self.token) {
            (Some(url), Some(token)) => Some(Server::new(url, token)?),
            _ => None,
        };
        let mut seen = Look::new();
        loop {
            let now = look(&self.dir);
            if now != seen {
                seen = now;
                // A slip in the source is the everyday case here: it is told, and the watch goes on.
                match self.turn(&sandbox, server.as_mut()).await {
                    Ok(()) => {}
                    Err(error) if self.once => return Err(error),
                    Err(error) => screen::complain(&format!("{error:#}")),
                }
            }
            if let Some(server) = &mut server {
                server.tell_runs().await?;
            }
            if self.once {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }

    /// Builds, tests, installs.
    async fn turn(&self, sandbox: &Runtime, server: Option<&mut Server>) -> anyhow::Result<()> {
        let built = source::build(&self.dir).await?;
        let suite = Suite { what: self.dir.clone(), cases: None, update: false, only: None, json: false };
        let tally = suite.judge(sandbox, &built.bytes).await?;
        let failed = screen::count(u64::from(tally.failed), "case");
        match server {
            Some(server) if tally.failed == 0 => server.install(built).await?,
            Some(_) => screen::say(format_args!("{} is not installed: {failed} failed", built.name)),
            None => {}
        }
        if self.once && tally.failed > 0 {
            anyhow::bail!("{failed} failed");
        }
        if !self.once {
            screen::say(format_args!("watching {}; end with Ctrl-C", self.dir.display()));
        }
        Ok(())
    }
}

/// All files that a build or a case reads. What cannot be read counts as not there.
fn look(dir: &Path) -> Look {
    let mut out = Look::new();
    collect(dir, &mut out);
    out
}

fn collect(dir: &Path, out: &mut Look) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // What begins with a dot is an editor's, git's or ours; locks are written by the build itself.
        if name.starts_with('.') || NO_SOURCE.contains(&name.as_ref()) || name.ends_with(".lock") {
            continue;
        }
        match entry.metadata() {
            Ok(data) if data.is_dir() => collect(&entry.path(), out),
            Ok(data) => _ = out.insert(entry.path(), (data.len(), data.modified().ok())),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_source_or_case_is_seen_and_what_the_build_writes_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("plugin.js", "a");
        write("cases/a.txt", "a");
        let first = look(dir.path());
        assert_eq!(first.len(), 2);
        for name in ["target/x.wasm", "node_modules/y", ".kulanz/z", "Cargo.lock", ".plugin.js.swp"] {
            write(name, "built");
        }
        assert_eq!(look(dir.path()), first);
        write("cases/a.txt", "ab");
        assert_ne!(look(dir.path()), first);
        std::fs::remove_file(dir.path().join("plugin.js")).unwrap();
        assert_eq!(look(dir.path()).len(), 1);
    }
}
