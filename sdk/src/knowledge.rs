//! Searching public articles. Needs `use:knowledge`.

use crate::{Article, Error, host};

/// The best articles for a question, best first, at most 20; in one language if given.
///
/// # Errors
/// Denied without the grant.
pub fn search(question: &str, language: Option<&str>, limit: u32) -> Result<Vec<Article>, Error> {
    Ok(host::knowledge::search(question, language, limit)?.into_iter().map(Article::own).collect())
}
