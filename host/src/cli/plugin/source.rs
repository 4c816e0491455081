//! Where a component comes from: a file, a plugin's folder (built), a registry, the bundled ones, an
//! installation.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context;
use indicatif::ProgressBar;
use pack::{BuildOptions, Built, Reference, ReferenceError};
use runtime::Plugin;

use super::registry::{self, Access};
use crate::cli::{Ground, RefusedHere, screen};
use crate::config::Config;
use crate::wire;

/// Folders of the bundled plugins, in the order in which they are installed: what guards comes first.
pub(super) const BUNDLED: &[&str] = &["redaction", "triage", "auto-reply", "proactive-notice", "incidents"];

/// Where a component is, as it is written on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum Source {
    /// A component file, or a plugin's folder.
    Path(PathBuf),
    /// `oci://…`
    Registry(Reference),
}

impl FromStr for Source {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        if text.starts_with(pack::SCHEME) {
            return text.parse().map(Self::Registry);
        }
        Ok(Self::Path(text.into()))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Registry(reference) => write!(f, "{}{reference}", pack::SCHEME),
        }
    }
}

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
    if bar.is_hidden() { screen::say(line) } else { bar.println(screen::harmless(line)) }
}

pub(super) async fn build_and_report(dir: PathBuf, json: bool) -> anyhow::Result<()> {
    let built = build(&dir).await?;
    if json {
        return screen::json(&serde_json::json!({
            "id": built.name, "version": built.version, "path": built.path, "bytes": built.bytes.len(),
        }));
    }
    screen::say(format_args!("{} {}, {}", built.name, built.version, domain::files::size(built.bytes.len())));
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

/// The bytes of a component file, of a plugin's folder after building it, or of what a registry holds.
pub(super) async fn component(what: &Source, access: Access) -> anyhow::Result<Vec<u8>> {
    match what {
        Source::Registry(reference) => Ok(Box::pin(registry::pull(reference, access)).await?),
        Source::Path(path) if path.is_dir() => Ok(build(path).await?.bytes),
        Source::Path(path) => std::fs::read(path).with_context(|| {
            format!("{what}: name a component file, a plugin's folder or {}…", pack::SCHEME)
        }),
    }
}

/// A plugin ready to run: a file, a folder, what a registry holds, or the id of an installation.
pub(in crate::cli) async fn load(ground: &Ground, what: &str) -> anyhow::Result<Arc<Plugin>> {
    let config = ground.settings()?;
    let bytes = match what.parse::<Source>()? {
        Source::Path(path) if !path.exists() => Box::pin(installed(&config, what)).await?,
        source => component(&source, Access::default()).await?,
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
    let store = wire::open_store(config, &url, None).await?;
    let found =
        store.installations().await?.into_iter().find(|i| i.manifest.id == id || i.id.to_string() == id);
    let bytes = match found {
        Some(installation) => store.component(&installation.digest).await?,
        None => None,
    };
    store.close().await;
    bytes.ok_or_else(|| RefusedHere::because(format!("{id}: there is no such file and no such installation")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_begins_as_a_reference_is_one() {
        let source = |text: &str| text.parse::<Source>().unwrap();
        for text in ["plugin.wasm", "./dir", "registry.example.com/acme/lost-parcel:0.1.0"] {
            assert_eq!(source(text), Source::Path(text.into()));
        }
        let text = "oci://registry.example.com/acme/lost-parcel:0.1.0";
        assert!(matches!(source(text), Source::Registry(_)));
        assert_eq!(source(text).to_string(), text);
        assert!("oci://lost-parcel".parse::<Source>().is_err());
    }
}
