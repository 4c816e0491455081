//! Where a component comes from: a file, a plugin's folder (built), the bundled ones, an installation.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use indicatif::ProgressBar;
use pack::{BuildOptions, Built};
use runtime::Plugin;

use crate::cli::{Ground, RefusedHere, screen};
use crate::config::Config;
use crate::wire;

/// Folders of the bundled plugins, in the order in which they are installed: what guards comes first.
const BUNDLED: &[&str] = &["redaction", "triage", "auto-reply", "proactive-notice"];

/// Builds a plugin's folder, telling on stderr what happens.
pub(super) async fn build(dir: &Path) -> anyhow::Result<Built> {
    if !dir.join("plugin.toml").is_file() {
        return Err(RefusedHere::because(format!(
            "{}: there is no plugin.toml: name a plugin's folder",
            dir.display()
        )));
    }
    let dir = dir.to_owned();
    let bar = screen::progress(None, "building");
    let teller = bar.clone();
    let built = tokio::task::spawn_blocking(move || {
        let progress = Box::new(move |line: &str| tell(&teller, line));
        pack::build(&dir, &BuildOptions { progress: Some(progress), ..BuildOptions::default() })
    })
    .await?;
    bar.finish_and_clear();
    Ok(built?)
}

fn tell(bar: &ProgressBar, line: &str) {
    if bar.is_hidden() { screen::say(line) } else { bar.println(line) }
}

pub(super) async fn build_and_report(dir: PathBuf, json: bool) -> anyhow::Result<()> {
    let built = build(&dir).await?;
    if json {
        return screen::json(&serde_json::json!({
            "id": built.name, "version": built.version, "path": built.path, "bytes": built.bytes.len(),
        }));
    }
    screen::say(format_args!("{} {}, {} kB", built.name, built.version, built.bytes.len().div_ceil(1024)));
    screen::line(built.path.display())?;
    Ok(())
}

/// Folder of a bundled plugin in the source tree.
pub(in crate::cli) fn bundled(name: &str) -> anyhow::Result<PathBuf> {
    let folder = pack::bundled_sources()
        .map(|plugins| plugins.join(name))
        .filter(|dir| dir.join("plugin.toml").is_file());
    folder.ok_or_else(|| {
        RefusedHere::because(format!(
            "the bundled plugin {name} is built from Kulanz's source tree, and the one this program was built from is not here: \
             clone the repository, or name a component file"
        ))
    })
}

/// Builds all bundled plugins.
pub(in crate::cli) async fn build_bundled() -> anyhow::Result<Vec<Built>> {
    let mut all = Vec::new();
    for name in BUNDLED {
        all.push(build(&bundled(name)?).await?);
    }
    Ok(all)
}

/// The bytes of a component file, or of a plugin's folder after building it.
pub(super) async fn component(what: &Path) -> anyhow::Result<Vec<u8>> {
    if what.is_dir() {
        return Ok(build(what).await?.bytes);
    }
    std::fs::read(what)
        .with_context(|| format!("{}: name a component file or a plugin's folder", what.display()))
}

/// A plugin ready to run: a file, a folder, or the id of an installation.
pub(in crate::cli) async fn load(ground: &Ground, what: &str) -> anyhow::Result<Arc<Plugin>> {
    let config = ground.settings()?;
    let bytes = if Path::new(what).exists() {
        component(Path::new(what)).await?
    } else {
        installed(&config, what).await?
    };
    let sandbox = wire::authors_runtime(&config)?;
    Ok(sandbox.load(&bytes).await?)
}

/// The component of an installation, read without opening the whole house.
async fn installed(config: &Config, id: &str) -> anyhow::Result<Vec<u8>> {
    if !id.contains('.') && !id.starts_with("ins_") {
        return Err(RefusedHere::because(format!("{id}: there is no such file, folder or installation")));
    }
    let url = config.database_url()?;
    if let Some(file) = url.strip_prefix("sqlite://")
        && !Path::new(file).is_file()
    {
        return Err(RefusedHere::because(format!(
            "{id}: there is no such file, and no database here that could hold such a plugin"
        )));
    }
    let store = wire::open_store(config, &url).await?;
    let found =
        store.installations().await?.into_iter().find(|i| i.manifest.id == id || i.id.to_string() == id);
    let bytes = match found {
        Some(installation) => store.component(&installation.digest).await?,
        None => None,
    };
    store.close().await;
    bytes.ok_or_else(|| RefusedHere::because(format!("{id}: there is no such file and no such installation")))
}
