//! A knowledge-base article that was found.

use crate::host::types as raw;

/// An article.
pub struct Article(raw::Article);

impl Article {
    pub(crate) fn own(raw: raw::Article) -> Self {
        Self(raw)
    }

    /// Id, as `reply` wants it.
    #[must_use]
    pub fn id(&self) -> String {
        self.0.id()
    }

    /// Key shared by its translations.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.key()
    }

    /// BCP 47 locale.
    #[must_use]
    pub fn locale(&self) -> String {
        self.0.locale()
    }

    /// Title.
    #[must_use]
    pub fn title(&self) -> String {
        self.0.title()
    }

    /// Body.
    #[must_use]
    pub fn body(&self) -> String {
        self.0.body()
    }

    /// The product that it is about; none: it holds for all.
    #[must_use]
    pub fn product(&self) -> Option<String> {
        self.0.product()
    }

    /// 0 to 1: how well it fits the question.
    #[must_use]
    pub fn score(&self) -> f32 {
        self.0.score()
    }

    /// Words of the question that it has, strongest first.
    #[must_use]
    pub fn terms(&self) -> Vec<String> {
        self.0.terms()
    }

    /// What the score is made of and how far it can be trusted, by name, each from 0 to 1. Names may be
    /// added: leave one that you do not know.
    #[must_use]
    pub fn signals(&self) -> Vec<(String, f32)> {
        self.0.signals()
    }
}
