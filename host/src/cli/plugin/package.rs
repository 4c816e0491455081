//! `kulanz plugin keygen|pack|sign|verify`: one file out of a plugin, and whose it is.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use domain::plugin::Manifest;
use domain::version::PublisherKey;
use pack::{Papers, PublisherSecret, Signature};

use super::registry::Access;
use super::source::{self, Source};
use crate::cli::{RefusedHere, screen};

#[derive(Debug, Args)]
pub(in crate::cli) struct Pack {
    /// A plugin's folder (built first if it is a Rust crate), or a component file of any language
    #[arg(value_name = "DIR|FILE")]
    what: PathBuf,
    /// Folder with plugin.toml, README.md, LICENSE and lock file [default: the folder, or the file's folder]
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Sign with this key file
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Where the file goes [default: <id>-<version>.wasm here]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Sign {
    /// Plugin file
    file: PathBuf,
    /// Key file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where the signed file goes [default: in the place of the unsigned one]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// Plugin file, or oci://REFERENCE
    #[arg(value_name = "FILE|OCI")]
    file: Source,
    #[command(flatten)]
    access: Access,
    /// Fail unless it is signed with this key, as in ed25519:…
    #[arg(long, value_name = "KEY")]
    publisher: Option<PublisherKey>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Makes a key. An existing file is never overwritten: with the key its plugins would lose their publisher.
pub(super) fn keygen(file: &Path) -> anyhow::Result<()> {
    let secret = PublisherSecret::from_seed(&rand::random())?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            RefusedHere::because(format!("{}: there is a file already; name another one", file.display()))
        }
        _ => anyhow::Error::new(error).context(file.display().to_string()),
    })?;
    out.write_all(secret.to_file().as_bytes())?;
    out.sync_all()?;
    screen::say(format_args!(
        "{} is your key: keep it secret and keep a copy. Whoever installed your plugin accepts its next version only from this key.",
        file.display()
    ));
    screen::line(secret.public())?;
    Ok(())
}

fn key_of(file: &Path) -> anyhow::Result<PublisherSecret> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    PublisherSecret::from_file(&text).with_context(|| file.display().to_string())
}

impl Pack {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let secret = self.key.as_deref().map(key_of).transpose()?;
        let folder = match &self.from {
            Some(folder) => folder.clone(),
            None if self.what.is_dir() => self.what.clone(),
            None => self.what.parent().map(Path::to_owned).unwrap_or_default(),
        };
        let component = self.component(&folder).await?;
        let manifest = manifest_in(&component)?;
        pack::check(&component, &manifest)?;
        let papers = Papers::in_folder(&folder, &manifest)?;
        let mut bytes = pack::with_papers(&component, &papers)?;
        if let Some(secret) = &secret {
            bytes = pack::sign(&bytes, secret)?;
        }
        let path = self
            .output
            .unwrap_or_else(|| PathBuf::from(format!("{}-{}.wasm", manifest.id, manifest.version)));
        write(&path, &bytes)?;
        let publisher = secret.map(|s| s.public());
        if self.json {
            return screen::json(&serde_json::json!({
                "id": manifest.id, "version": manifest.version, "path": path, "bytes": bytes.len(), "publisher": publisher,
                "readme": papers.readme.is_some(), "licence": papers.licence.is_some(), "sbom": papers.sbom.is_some(),
            }));
        }
        screen::say(contents(&papers, bytes.len()));
        screen::say(signer(publisher.as_ref()));
        screen::line(path.display())?;
        Ok(())
    }

    /// The component with its manifest, built if it has to be.
    async fn component(&self, folder: &Path) -> anyhow::Result<Vec<u8>> {
        if self.what.is_dir() {
            return Ok(source::build(&self.what).await?.bytes);
        }
        let bytes = std::fs::read(&self.what).with_context(|| {
            format!("{}: name a plugin's folder or a component file", self.what.display())
        })?;
        // A file that is packed already keeps its manifest unless a folder with another one is named.
        let path = folder.join("plugin.toml");
        if pack::manifest_of(&bytes)?.is_some() && self.from.is_none() {
            return Ok(bytes);
        }
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("{}: the component has no manifest inside; name its folder with --from", path.display())
        })?;
        Ok(pack::with_manifest(&bytes, &text)?)
    }
}

/// The manifest of a file that must have one inside.
pub(super) fn manifest_in(component: &[u8]) -> anyhow::Result<Manifest> {
    let text = pack::manifest_of(component)?;
    let text = text.ok_or_else(|| RefusedHere::because("the component has no manifest inside"))?;
    Ok(Manifest::parse(&text)?)
}

fn contents(papers: &Papers, bytes: usize) -> String {
    let named = [
        ("readme", papers.readme.is_some()),
        ("licence", papers.licence.is_some()),
        ("list of parts", papers.sbom.is_some()),
    ];
    let list = |wanted: bool| {
        named.iter().filter(|(_, is)| *is == wanted).map(|(n, _)| *n).collect::<Vec<_>>().join(", ")
    };
    let mut out = format!("{}, with manifest", domain::files::size(bytes));
    if !list(true).is_empty() {
        out.push_str(&format!(", {}", list(true)));
    }
    if !list(false).is_empty() {
        out.push_str(&format!(
            "; without {} (README.md, LICENSE and a lock file in its folder are taken along)",
            list(false)
        ));
    }
    out
}

/// Who signed, for people.
pub(super) fn signer(publisher: Option<&PublisherKey>) -> String {
    match publisher {
        Some(key) => format!("signed by {key}"),
        None => {
            "not signed: nobody can tell whose it is or whether it was changed (--key FILE signs)".to_owned()
        }
    }
}

/// Writes beside, then renames: nobody reads half a file.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let name = path.file_name().context("name a file, not a folder")?.to_string_lossy().into_owned();
    let beside = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    std::fs::write(&beside, bytes).with_context(|| beside.display().to_string())?;
    std::fs::rename(&beside, path).with_context(|| path.display().to_string())?;
    Ok(())
}

impl Sign {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let secret = key_of(&self.key)?;
        let bytes = std::fs::read(&self.file).with_context(|| self.file.display().to_string())?;
        manifest_in(&bytes)?;
        let path = self.output.unwrap_or(self.file);
        write(&path, &pack::sign(&bytes, &secret)?)?;
        screen::say(signer(Some(&secret.public())));
        screen::line(path.display())?;
        Ok(())
    }
}

impl Verify {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let bytes = source::component(&self.file, self.access).await?;
        let manifest = manifest_in(&bytes)?;
        let signature = pack::verify(&bytes)?;
        let publisher = match &signature {
            Signature::None => None,
            Signature::By(key) => Some(key),
        };
        if self.json {
            screen::json(
                &serde_json::json!({ "id": manifest.id, "version": manifest.version, "publisher": publisher }),
            )?;
        } else {
            screen::line(format_args!("{} {}  {}", manifest.id, manifest.version, signer(publisher)))?;
        }
        match &self.publisher {
            Some(expected) if publisher != Some(expected) => {
                Err(RefusedHere::because(format!("it is not signed by {expected}")))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_private_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("publisher.key");
        keygen(&file).unwrap();
        let key = key_of(&file).unwrap().public();
        #[cfg(unix)]
        {
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(keygen(&file).unwrap_err().to_string().contains("already"));
        assert_eq!(key_of(&file).unwrap().public(), key);
    }

    #[test]
    fn what_is_missing_in_a_package_is_named() {
        let papers = Papers { readme: Some(String::new()), ..Papers::default() };
        let text = contents(&papers, 2_000);
        assert!(text.starts_with("2.0 kB, with manifest, readme; without licence, list of parts"), "{text}");
    }
}
