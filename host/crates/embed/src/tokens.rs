//! Texts to token numbers. Owns the tokenizer and all distrust of it: a panic in it becomes an error, chance is
//! refused, and no text is longer than the model allows. Knows no weights but their number of rows.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use tokenizers::models::ModelWrapper;
use tokenizers::{PostProcessor, Tokenizer, TruncationDirection, TruncationParams, TruncationStrategy};

use crate::{Error, Kind, Settings, files, limits};

/// A tokenizer ready for use.
pub(crate) struct Tokens {
    tokenizer: Tokenizer,
    name: String,
    prefix: String,
    special: bool,
    max_tokens: usize,
    rows: usize,
}

impl Tokens {
    /// Loads `tokenizer.json`; `rows` is how many tokens the weights know.
    pub(crate) fn load(dir: &Path, settings: &Settings, rows: usize) -> Result<Self, Error> {
        let file = dir.join(files::TOKENIZER);
        let text = files::read(&file, limits::TOKENIZER_BYTES_MAX)?;
        let mut tokenizer = quietly(|| Tokenizer::from_bytes(&text))
            .map_err(|why| Error::tokenizer(&file, format!("cannot be used: {why}; fetch it again")))?;
        if let ModelWrapper::BPE(model) = tokenizer.get_model()
            && model.dropout.is_some_and(|share| share != 0.0)
        {
            return Err(Error::tokenizer(&file, "model.dropout asks for chance; set it to null"));
        }
        let known = tokenizer.get_vocab_size(true);
        if known > rows {
            let why =
                format!("knows {known} tokens, the weights {rows}; the files belong to different models");
            return Err(Error::tokenizer(&file, why));
        }
        // A table has no use for the marks of beginning and end.
        let special = settings.kind == Kind::Encoder;
        let added = if special {
            tokenizer.get_post_processor().map_or(0, |post| post.added_tokens(false))
        } else {
            0
        };
        if added >= settings.max_tokens {
            let why = format!("adds {added} tokens to each text, max_tokens allows {}", settings.max_tokens);
            return Err(Error::tokenizer(&file, why));
        }
        tokenizer.with_padding(None);
        let cut = special.then_some(TruncationParams {
            max_length: settings.max_tokens,
            strategy: TruncationStrategy::LongestFirst,
            stride: 0,
            direction: TruncationDirection::Right,
        });
        quietly(|| tokenizer.with_truncation(cut).map(|_| ())).map_err(|why| Error::tokenizer(&file, why))?;
        Ok(Self {
            tokenizer,
            name: settings.name.clone(),
            prefix: settings.prefix.clone(),
            special,
            max_tokens: settings.max_tokens,
            rows,
        })
    }

    /// The tokens of a text, each known to the weights, at most as many as the model takes.
    pub(crate) fn of(&self, text: &str) -> Result<Vec<u32>, Error> {
        let text = beginning(text, self.max_tokens * limits::BYTES_PER_TOKEN_MAX);
        let text = format!("{}{text}", self.prefix);
        let encoding =
            quietly(|| self.tokenizer.encode_fast(text, self.special)).map_err(|why| self.failed(why))?;
        let ids = encoding.get_ids();
        let ids = ids.get(..self.max_tokens).unwrap_or(ids);
        if let Some(id) = ids.iter().find(|id| **id as usize >= self.rows) {
            return Err(self.failed(format!("token {id} has no row in the weights")));
        }
        if self.special && ids.is_empty() {
            return Err(self.failed("it gives no token at all".to_owned()));
        }
        Ok(ids.to_vec())
    }

    fn failed(&self, why: String) -> Error {
        Error::Tokens { model: self.name.clone(), why }
    }
}

/// The tokenizer is told what to do by a file from elsewhere; what it makes of a strange one must not end more
/// than the call.
fn quietly<T, E: std::fmt::Display>(work: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| error.to_string().chars().take(300).collect()),
        Err(_) => Err("the file makes no sense".to_owned()),
    }
}

/// At most so many bytes, never half a character.
fn beginning(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or(text)
}
