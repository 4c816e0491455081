//! Knowledge-base articles, and the search of them for a question.

mod alternate;
pub mod curve;
mod grams;
mod grasp;
mod index;
mod library;
mod lists;
mod meaning;
mod rank;
mod signals;
mod spelling;
mod stem;
mod synonyms;
mod terms;
#[cfg(test)]
mod tests;
mod words;

pub use alternate::{Alternate, PER_ARTICLE_MAX, PER_CONTACT_MAX, admit, question};
pub use index::{Index, Source};
pub use library::Library;
pub use meaning::Vectors;
pub use rank::{WEIGHTS, Weights};
pub use signals::{Hit, Signals};
pub use words::{guess, primary};

use crate::id::ArticleId;
use crate::{Timestamp, text_enum};

text_enum! {
    /// Who may see an article.
    ArticleState {
        /// Being written.
        Draft = "draft",
        /// For agents.
        Internal = "internal",
        /// May be sent to customers.
        Public = "public",
    }
}

/// A knowledge-base entry.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Article {
    /// Id.
    pub id: ArticleId,
    /// Key for links and imports; unique per locale.
    pub key: String,
    /// BCP 47 locale.
    pub locale: String,
    /// Who may see it.
    pub state: ArticleState,
    /// The question it answers.
    pub title: String,
    /// The answer, plain text.
    pub body: String,
    /// Last change.
    pub updated_at: Timestamp,
}
