//! What texts mean, as vectors of a language model that the operator has put in place. Needs `use:embed`. There may be
//! none: a plugin has to work without.

use crate::{Error, host};

pub use host::embed::LanguageModel as Model;

/// Texts of one call, as the contract says.
pub const TEXTS_MAX: usize = 64;

/// The model in place; none where there is none.
///
/// # Errors
/// Denied without the grant.
pub fn model() -> Result<Option<Model>, Error> {
    Ok(host::embed::model()?)
}

/// One vector of length one for each text, at most [`TEXTS_MAX`] texts; of a long text its beginning counts.
///
/// # Errors
/// Denied without the grant; unavailable without a model; invalid input with too many texts.
pub fn vectors(texts: &[String]) -> Result<Vec<Vec<f32>>, Error> {
    Ok(host::embed::vectors(texts)?)
}
