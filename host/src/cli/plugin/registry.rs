//! `kulanz plugin publish`, and plugin files fetched from a registry. Owns the order of the steps and what
//! counts as already there; what an artifact looks like is known to `pack`, how a registry is spoken to, to
//! the client.

mod client;
mod credentials;
mod error;

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use pack::{Artifact, Digest, Reference};

use self::client::{Client, May};
pub(in crate::cli) use self::error::RegistryError;
use super::package::{manifest_in, signer};
use crate::cli::screen;

/// How a registry may be spoken to.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(in crate::cli) struct Access {
    /// Speak plain HTTP with a registry that is not on this machine
    #[arg(long)]
    pub(super) plain_http: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Publish {
    /// Plugin file, as `kulanz plugin pack` writes it
    file: PathBuf,
    /// Where to: registry.example.com/acme/lost-parcel[:TAG] [default tag: the plugin's version]
    reference: Reference,
    /// Let the tag name this file although it names another one
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    access: Access,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Publish {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let file = std::fs::read(&self.file).with_context(|| {
            format!("{}: name a plugin file, as `kulanz plugin pack` writes it", self.file.display())
        })?;
        let manifest = manifest_in(&file)?;
        let publisher = pack::verify(&file)?.publisher();
        pack::check(&file, &manifest)?;
        let artifact = Artifact::of(file, &manifest)?;
        let to = self.destination(&manifest.version)?;
        let mut client = Client::open(&to, May::Write, self.access)?;
        let put = put(&mut client, &to, &artifact, self.force).await?;
        let at = to.pinned(put.digest);
        if self.json {
            return screen::json(&serde_json::json!({
                "id": manifest.id, "version": manifest.version, "reference": at.to_string(), "digest": at.version(),
                "bytes": artifact.layer.bytes.len(), "published": put.is_new, "publisher": publisher,
            }));
        }
        screen::say(signer(publisher.as_ref()));
        if !put.is_new {
            screen::say("it is there already: nothing was changed");
        }
        screen::line(at)?;
        Ok(())
    }

    /// With its tag. A digest cannot be chosen.
    fn destination(&self, version: &str) -> Result<Reference, RegistryError> {
        if self.reference.digest.is_some() {
            return Err(RegistryError::Chosen);
        }
        Ok(self.reference.tagged(self.reference.tag.as_deref().unwrap_or(version)))
    }
}

/// What became of an artifact.
struct Put {
    digest: Digest,
    is_new: bool,
}

/// Puts an artifact under its tag: blobs first, so that no manifest ever names what is not there. Registries
/// know no conditional writing: between the look and the last step somebody else may take the tag.
async fn put(
    client: &mut Client,
    to: &Reference,
    artifact: &Artifact,
    force: bool,
) -> Result<Put, RegistryError> {
    let tag = to.tag.as_deref().ok_or_else(|| RegistryError::NoVersion { reference: to.to_string() })?;
    if let Some(there) = client.manifest(tag).await? {
        let same = pack::promised_by(&there).is_ok_and(|promised| promised.digest == artifact.layer.digest);
        if same {
            return Ok(Put { digest: Digest::of(&there), is_new: false });
        }
        if !force {
            return Err(RegistryError::Taken {
                reference: to.to_string(),
                digest: Digest::of(&there).to_string(),
            });
        }
    }
    client.put_blob(&artifact.layer).await?;
    client.put_blob(&artifact.config).await?;
    client.put_manifest(tag, &artifact.manifest).await?;
    Ok(Put { digest: artifact.manifest.digest.clone(), is_new: true })
}

/// The plugin file behind a reference: exactly the bytes that its manifest promises, and exactly the manifest
/// that is pinned, if one is.
pub(super) async fn pull(from: &Reference, access: Access) -> Result<Vec<u8>, RegistryError> {
    let version = from.version().ok_or_else(|| RegistryError::NoVersion { reference: from.to_string() })?;
    let missing = || RegistryError::Missing { reference: from.to_string() };
    let mut client = Client::open(from, May::Read, access)?;
    let manifest = client.manifest(version).await?.ok_or_else(missing)?;
    if let Some(pinned) = &from.digest {
        pinned.check(&manifest)?;
    }
    let promised = pack::promised_by(&manifest)?;
    let file = client.blob(&promised).await?.ok_or_else(missing)?;
    promised.check(&file)?;
    screen::say(format_args!(
        "{}{} came from the registry",
        pack::SCHEME,
        from.pinned(Digest::of(&manifest))
    ));
    Ok(file)
}
