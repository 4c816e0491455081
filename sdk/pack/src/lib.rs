//! Begins a plugin, builds it into one checked component file (the language's own tools, manifest, check),
//! puts its papers inside, signs it, describes it as an artifact of a registry, and reads such files.
//!
//! Owns how a plugin file comes to be, what is asked of it before it leaves the author's machine, and what
//! its sections and its signature mean to whoever gets it. Knows the manifest (domain) and the contract
//! (`wit/`); runs no plugin and knows no server.

mod artifact;
mod cargo;
mod check;
mod component;
mod error;
mod inputs;
mod javascript;
mod language;
mod new;
mod papers;
mod python;
mod reference;
mod sbom;
mod signature;
mod stage;
mod toolchain;
mod tools;
mod world;

use std::path::{Path, PathBuf};

use domain::plugin::Manifest;

pub use artifact::{Artifact, ArtifactError, Blob, MANIFEST_TYPE, Promised, promised_by};
pub use check::{Surface, check, surface};
pub use component::{MANIFEST_SECTION, code_of, manifest_of, with_manifest};
pub use error::PackError;
pub use language::Language;
pub use new::{NewPlugin, Template, new};
pub use papers::{Papers, papers_of, with_papers};
pub use reference::{Digest, Reference, ReferenceError, SCHEME, is_loopback};
pub use sbom::sbom;
pub use signature::{PublisherSecret, SIGNATURE_SECTION, Signature, sign, verify};
pub use tools::cache_home;
pub use world::world_for;

/// How to build.
#[derive(Default)]
pub struct BuildOptions {
    /// Where is built; `target/plugins` of the crate's workspace or of the plugin's folder when absent.
    pub target_dir: Option<PathBuf>,
    /// Where builders of other languages are kept; a folder in the user's cache when absent.
    pub tools_dir: Option<PathBuf>,
    /// Whether the tools' lines stay unsaid.
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
            .field("tools_dir", &self.tools_dir)
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

/// Builds the plugin in `dir`, whose manifest is `plugin.toml` beside the file that tells its language
/// ([`Language::of`]).
///
/// # Errors
/// What is missing or wrong, with what to do about it.
pub fn build(dir: &Path, options: &BuildOptions) -> Result<Built, PackError> {
    let dir = &dir.canonicalize().map_err(|e| PackError::read(dir, &e))?;
    let (text, manifest) = read_manifest(&dir.join("plugin.toml"))?;
    let language = Language::of(dir)?;
    if language != Language::Rust {
        return build_foreign(dir, language, &text, &manifest, options);
    }
    let module = cargo::build(dir, &cargo::What::Library, options)?;
    options.say(&format!("packing {} {}", manifest.id, manifest.version));
    let bytes = with_manifest(&component::from_module(&module.bytes)?, &text)?;
    check(&bytes, &manifest)?;
    write(bytes, &manifest.id, &manifest.version, &module.target_dir)
}

/// Builds a plugin whose language has its own builder of components. The component of the last build is
/// taken as it is when neither source nor contract nor builder has changed.
fn build_foreign(
    dir: &Path,
    language: Language,
    text: &str,
    manifest: &Manifest,
    options: &BuildOptions,
) -> Result<Built, PackError> {
    let target_dir = options.target_dir.clone().unwrap_or_else(|| dir.join("target").join("plugins"));
    std::fs::create_dir_all(&target_dir).map_err(|e| PackError::write(&target_dir, &e))?;
    let lock_path = target_dir.join(format!(".{}.lock", manifest.id));
    let lock = std::fs::File::create(&lock_path).map_err(|e| PackError::write(&lock_path, &e))?;
    lock.lock().map_err(|e| PackError::write(&lock_path, &e))?;
    let world = world_for(manifest);
    let wanted = inputs::digest(dir, &[&world, &builder(language)])?;
    let kept = target_dir.join(format!(".{}.inputs", manifest.id));
    let last = target_dir.join(format!("{}-{}.wasm", manifest.id, manifest.version));
    if std::fs::read_to_string(&kept).is_ok_and(|inputs| inputs == wanted)
        && let Ok(bytes) = std::fs::read(&last)
    {
        options.say(&format!("{} {} is as it was built before", manifest.id, manifest.version));
        return Ok(Built { name: manifest.id.clone(), version: manifest.version.clone(), bytes, path: last });
    }
    let _ = std::fs::remove_file(&kept);
    if dir.join(".kulanz").is_dir() {
        new::for_editors(dir)?;
    }
    let stage = stage::Stage::new(target_dir.join(format!("stage-{}", manifest.id)), world)?;
    let component = match language {
        Language::JavaScript => javascript::build(dir, manifest, &stage, options)?,
        Language::Python | Language::Rust => python::build(dir, manifest, &stage, options)?,
    };
    options.say(&format!("packing {} {}", manifest.id, manifest.version));
    let bytes = with_manifest(&component, text)?;
    check(&bytes, manifest)?;
    let built = write(bytes, &manifest.id, &manifest.version, &target_dir)?;
    // What it was made of is written last: a build that was cut short does not count.
    stage::write(&kept, &wanted)?;
    Ok(built)
}

/// Everything of ours that a component of a language is made with: versions, the SDK, the script.
fn builder(language: Language) -> String {
    let (sdk, rest) = match language {
        Language::JavaScript => {
            (javascript::SDK, format!("{:?}{}", tools::NODE_PACKAGES, javascript::SCRIPT))
        }
        Language::Python | Language::Rust => (python::SDK, format!("{:?}", tools::PYTHON_PACKAGE)),
    };
    sdk.iter().fold(rest, |out, (name, text)| out + name + text)
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
