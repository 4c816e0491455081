//! All articles, each in the index of its language. Questions are read with the rules of the index they
//! are asked in, so that a customer's language that was not recognised, or wrongly, ruins nothing.

use std::collections::BTreeMap;

use super::index::{Index, Source};
use super::meaning::Vectors;
use super::signals::Hit;
use super::words::{guess, primary};

/// Counted as the language of articles that do not tell theirs, when no other article does either.
const LANGUAGE_UNTOLD: &str = "en";

/// A searchable set of articles in several languages.
#[derive(Debug, Default)]
pub struct Library {
    shelves: BTreeMap<String, Shelf>,
}

/// The articles of one language.
#[derive(Debug)]
struct Shelf {
    /// Position in the library by position in the index.
    places: Vec<usize>,
    index: Index,
}

impl Library {
    /// Indexes articles with their BCP 47 locales; positions are kept. An empty locale is guessed from the
    /// text; where that tells nothing, it is that of most other articles.
    #[must_use]
    pub fn build<'a>(articles: impl IntoIterator<Item = (&'a str, Source<'a>)>) -> Self {
        let articles: Vec<(&str, Source<'a>)> = articles.into_iter().collect();
        let told: Vec<Option<String>> =
            articles.iter().map(|(locale, source)| language_of(locale, source)).collect();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for language in told.iter().flatten() {
            *counts.entry(language).or_default() += 1;
        }
        let usual = counts.iter().max_by_key(|(_, n)| **n).map_or(LANGUAGE_UNTOLD, |(language, _)| *language);
        let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, language) in told.iter().enumerate() {
            places.entry(language.clone().unwrap_or_else(|| usual.to_owned())).or_default().push(place);
        }
        let shelves = places
            .into_iter()
            .map(|(language, places)| {
                let sources =
                    places.iter().filter_map(|place| articles.get(*place)).map(|(_, source)| *source);
                let index = Index::build(&language, sources);
                (language, Shelf { places, index })
            })
            .collect();
        Self { shelves }
    }

    /// Adds what the articles mean, by position. Where an article has no vectors, words alone count.
    #[must_use]
    pub fn with_vectors(self, articles: &[Vectors]) -> Self {
        let none = Vectors::default();
        let add = |(language, Shelf { places, index }): (String, Shelf)| {
            let index = index.with_vectors(places.iter().map(|place| articles.get(*place).unwrap_or(&none)));
            (language, Shelf { places, index })
        };
        Self { shelves: self.shelves.into_iter().map(add).collect() }
    }

    /// The best articles for a question, best first; in one language if given, else in all.
    #[must_use]
    pub fn search(&self, question: &str, language: Option<&str>, limit: usize) -> Vec<Hit> {
        self.search_meant(question, None, language, limit)
    }

    /// The same with the question's vector, which counts if there are vectors of articles, of the same dimension.
    #[must_use]
    pub fn search_meant(
        &self,
        question: &str,
        vector: Option<&[f32]>,
        language: Option<&str>,
        limit: usize,
    ) -> Vec<Hit> {
        let own = language.map(primary);
        let asked =
            self.shelves.iter().filter(|(language, _)| own.as_ref().is_none_or(|own| own == *language));
        let mut hits: Vec<Hit> = asked.flat_map(|(_, shelf)| shelf.search(question, vector, limit)).collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.index.cmp(&b.index)));
        hits.truncate(limit);
        hits
    }

    /// The language that an article is indexed in.
    #[must_use]
    pub fn language_of(&self, article: usize) -> Option<&str> {
        let shelf = self.shelves.iter().find(|(_, shelf)| shelf.places.binary_search(&article).is_ok());
        shelf.map(|(language, _)| language.as_str())
    }
}

impl Shelf {
    fn search(&self, question: &str, vector: Option<&[f32]>, limit: usize) -> Vec<Hit> {
        let hits = self.index.search_meant(question, vector, limit).into_iter();
        hits.filter_map(|hit| Some(Hit { index: *self.places.get(hit.index)?, ..hit })).collect()
    }
}

fn language_of(locale: &str, source: &Source<'_>) -> Option<String> {
    if !locale.trim().is_empty() {
        return Some(primary(locale));
    }
    guess(source.body).or_else(|| guess(source.title)).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library() -> Library {
        let source = |title, body| Source { title, alternates: &[], body };
        Library::build([
            ("en", source("Where is my parcel?", "You can track it.")),
            ("de-AT", source("Wo ist mein Paket?", "Sie können es verfolgen.")),
            ("", source("Paket zurückschicken", "Das ist mit dem Schein möglich.")),
            ("", source("Parcel 7", "")),
        ])
    }

    fn found(question: &str, language: Option<&str>) -> Vec<usize> {
        library().search(question, language, 10).into_iter().map(|hit| hit.index).collect()
    }

    #[test]
    fn only_articles_of_the_language_asked_for_are_found() {
        assert_eq!(found("mein Paket verfolgen", Some("de")).first(), Some(&1));
        assert!(found("Paket", Some("de-CH")).iter().all(|place| [1, 2, 3].contains(place)));
        assert!(found("Paket", Some("fr")).is_empty());
    }

    #[test]
    fn without_a_language_all_articles_are_searched() {
        assert_eq!(found("where is the parcel", None).first(), Some(&0));
        assert_eq!(found("wo ist das Paket", None).first(), Some(&1));
    }

    #[test]
    fn an_article_without_a_locale_is_read_as_what_it_is_written_in() {
        assert_eq!(library().language_of(2), Some("de"));
        // Nothing tells: as most others.
        assert_eq!(library().language_of(3), Some("de"));
        assert_eq!(library().language_of(9), None);
    }
}
