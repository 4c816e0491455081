//! What can be wrong with a model, each with the file, the field and the next step. Knows no text that was
//! embedded: errors never carry one.

use std::path::{Path, PathBuf};

/// Why a model could not be opened, used or imported.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("{} cannot be read: {source}", file.display())]
    Read {
        /// Which file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file or folder could not be written.
    #[error("{} cannot be written: {source}; check free space and permissions", file.display())]
    Write {
        /// Which file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file exceeds what is read of its kind.
    #[error("{} is larger than the {limit_bytes} bytes allowed; use a smaller model", file.display())]
    TooLarge {
        /// Which file.
        file: PathBuf,
        /// How much is allowed.
        limit_bytes: u64,
    },
    /// A file that a model needs is not there.
    #[error("{} has no {what}; {next}", place.display())]
    Missing {
        /// Where it was looked for.
        place: PathBuf,
        /// What is missing.
        what: String,
        /// What to do.
        next: &'static str,
    },
    /// A field of a configuration file is missing or wrong.
    #[error("{}: {field}: {why}", file.display())]
    Field {
        /// Which file.
        file: PathBuf,
        /// Which field; `(file)` when it is not even readable as a whole.
        field: String,
        /// What is wrong and what is expected.
        why: String,
    },
    /// The weight file is not one, or is damaged.
    #[error("{} is damaged or no safetensors file: {why}; fetch it again", file.display())]
    Weights {
        /// Which file.
        file: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A tensor is missing or does not fit the configuration.
    #[error("{}: tensor {tensor}: {why}", file.display())]
    Tensor {
        /// Which file.
        file: PathBuf,
        /// Which tensor.
        tensor: String,
        /// What is wrong and what is expected.
        why: String,
    },
    /// The tokenizer file cannot be used.
    #[error("{}: {why}", file.display())]
    Tokenizer {
        /// Which file.
        file: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The tokenizer could not cut a text.
    #[error("the tokenizer of model {model} failed on a text: {why}")]
    Tokens {
        /// Which model.
        model: String,
        /// What happened; never the text.
        why: String,
    },
    /// The weights gave a number that is none.
    #[error("model {model} gives numbers that are not finite; its weights are damaged, import it again")]
    NotFinite {
        /// Which model.
        model: String,
    },
    /// The source holds something, but no model that can be used.
    #[error("{}: {why}; {next}", source_path.display())]
    NoModel {
        /// The folder or wheel.
        source_path: PathBuf,
        /// What was found.
        why: String,
        /// What to do.
        next: &'static str,
    },
    /// Another model of that name is there.
    #[error("{} holds another model already; remove it first or give the source another name", place.display())]
    AlreadyThere {
        /// The folder in the way.
        place: PathBuf,
    },
}

impl Error {
    /// A field that is wrong.
    pub(crate) fn field(file: &Path, field: &str, why: impl Into<String>) -> Self {
        Self::Field { file: file.to_owned(), field: field.to_owned(), why: why.into() }
    }

    /// A damaged weight file.
    pub(crate) fn weights(file: &Path, why: impl Into<String>) -> Self {
        Self::Weights { file: file.to_owned(), why: why.into() }
    }

    /// A tensor that does not fit.
    pub(crate) fn tensor(file: &Path, tensor: &str, why: impl Into<String>) -> Self {
        Self::Tensor { file: file.to_owned(), tensor: tensor.to_owned(), why: why.into() }
    }

    /// A tokenizer that cannot be used.
    pub(crate) fn tokenizer(file: &Path, why: impl Into<String>) -> Self {
        Self::Tokenizer { file: file.to_owned(), why: why.into() }
    }

    /// For `map_err` on reading.
    pub(crate) fn read(file: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let file = file.to_owned();
        |source| Self::Read { file, source }
    }

    /// For `map_err` on writing.
    pub(crate) fn write(file: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let file = file.to_owned();
        |source| Self::Write { file, source }
    }
}
