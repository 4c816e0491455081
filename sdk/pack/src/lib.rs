//! Builds a plugin crate into one checked component file (cargo, wit-component, manifest, check), puts its
//! papers inside, signs it, and reads such files.
//!
//! Owns how a plugin file comes to be, what is asked of it before it leaves the author's machine, and what
//! its sections and its signature mean to whoever gets it. Knows the manifest (domain) and the contract
//! (`wit/`); runs no plugin and knows no server.

mod cargo;
mod check;
mod component;
mod error;
mod papers;
mod sbom;
mod signature;
mod toolchain;
mod world;

use std::path::{Path, PathBuf};

use domain::plugin::Manifest;

pub use check::{Surface, check, surface};
pub use component::{MANIFEST_SECTION, manifest_of, with_manifest};
pub use error::PackError;
pub use papers::{Papers, papers_of, with_papers};
pub use sbom::sbom;
pub use signature::{PublisherSecret, SIGNATURE_SECTION, Signature, sign, verify};
pub use world::world_for;

/// How to build.
#[derive(Default)]
pub struct BuildOptions {
    /// Where cargo works; `target/plugins` of the crate's workspace when absent.
    pub target_dir: Option<PathBuf>,
    /// Whether cargo's lines stay unsaid.
    pub quiet: bool,
    /// Is told what happens, line by line.
    pub progress: Option<Progress>,
}

/// Is told what happens, line by line.
pub type Progress = Box<dyn Fn(&str) + Send + Sync>;

impl std::fmt::Debug for BuildOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BuildOptions")
            .field("target_dir", &self.target_dir)
            .field("quiet", &self.quiet)
            .finish_non_exhaustive()
    }
}

impl BuildOptions {
    pub(crate) fn say(&self, line: &str) {
        if let (false, Some(progress)) = (self.quiet, &self.progress) {
            progress(line);
        }
    }
}

/// A component that was built.
#[derive(Debug, Clone)]
pub struct Built {
    /// The manifest's id.
    pub name: String,
    /// The manifest's version.
    pub version: String,
    /// The component.
    pub bytes: Vec<u8>,
    /// Where it was written: `<target dir>/<id>-<version>.wasm`.
    pub path: PathBuf,
}

/// Builds the plugin crate in `dir`, whose manifest is `plugin.toml` beside its `Cargo.toml`.
///
/// # Errors
/// What is missing or wrong, with what to do about it.
pub fn build(dir: &Path, options: &BuildOptions) -> Result<Built, PackError> {
    let (text, manifest) = read_manifest(&dir.join("plugin.toml"))?;
    let module = cargo::build(dir, &cargo::What::Library, options)?;
    options.say(&format!("packing {} {}", manifest.id, manifest.version));
    let bytes = with_manifest(&component::from_module(&module.bytes)?, &text)?;
    check(&bytes, &manifest)?;
    write(bytes, &manifest.id, &manifest.version, &module.target_dir)
}

/// Builds one example of the guest crate in `dir`, whose manifest is `examples/<example>.toml`. What it
/// imports is not held against its manifest: guests lie on purpose, and the host must notice.
///
/// # Errors
/// What is missing or wrong, with what to do about it.
pub fn build_guest_example(dir: &Path, example: &str, options: &BuildOptions) -> Result<Built, PackError> {
    let (text, manifest) = read_manifest(&dir.join("examples").join(format!("{example}.toml")))?;
    let module = cargo::build(dir, &cargo::What::Example(example.to_owned()), options)?;
    let bytes = with_manifest(&component::from_module(&module.bytes)?, &text)?;
    write(bytes, &manifest.id, &manifest.version, &module.target_dir)
}

/// The `plugins/` folder of the source tree this program was built from, if it is still there.
#[must_use]
pub fn bundled_sources() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.parent()?.join("plugins");
    folder.is_dir().then_some(folder)
}

fn read_manifest(path: &Path) -> Result<(String, Manifest), PackError> {
    let text = std::fs::read_to_string(path).map_err(|e| PackError::read(path, &e))?;
    let manifest =
        Manifest::parse(&text).map_err(|refusal| PackError::Manifest { sentence: refusal.to_string() })?;
    Ok((text, manifest))
}

/// Writes beside, then renames: a reader never sees half a component.
fn write(bytes: Vec<u8>, id: &str, version: &str, target_dir: &Path) -> Result<Built, PackError> {
    let path = target_dir.join(format!("{id}-{version}.wasm"));
    let beside = target_dir.join(format!(".{id}-{version}.{}.part", std::process::id()));
    std::fs::write(&beside, &bytes).map_err(|e| PackError::write(&beside, &e))?;
    std::fs::rename(&beside, &path).map_err(|e| PackError::write(&path, &e))?;
    Ok(Built { name: id.to_owned(), version: version.to_owned(), bytes, path })
}
