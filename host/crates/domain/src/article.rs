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
    /// The product that it is about; none: it holds for all.
    #[serde(default)]
    pub product: Option<String>,
    /// From when on it holds; none: it always has.
    #[serde(default)]
    pub valid_from: Option<Timestamp>,
    /// Until when it holds, this instant not included; none: until it is changed.
    #[serde(default)]
    pub valid_until: Option<Timestamp>,
    /// Last change.
    pub updated_at: Timestamp,
}

impl Article {
    /// Whether it holds at an instant.
    #[must_use]
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= now) && self.valid_until.is_none_or(|until| now < until)
    }

    /// When it next begins or ceases to hold.
    #[must_use]
    pub fn turns_at(&self, now: Timestamp) -> Option<Timestamp> {
        [self.valid_from, self.valid_until].into_iter().flatten().filter(|at| *at > now).min()
    }
}
