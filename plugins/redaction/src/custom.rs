//! Classes of an admin's own: by pattern, by list, by the words before. Patterns are matched from left to
//! right without going back, so that no pattern takes more than linear time.

use crate::find::Found;
use crate::view::{View, is_word};

/// One class of an admin's own.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// Its name, as it stands in placeholders: capitals, digits, underscores.
    class: String,
    /// `#` a digit, `?` a letter, `*` either; `+` behind one of them: once or more. All else stands for itself,
    /// in any case.
    #[serde(default)]
    patterns: Vec<String>,
    /// Words or phrases, in any case.
    #[serde(default)]
    words: Vec<String>,
    /// If given, one of these words must stand shortly before.
    #[serde(default)]
    context: Vec<String>,
    /// How sure a finding is.
    #[serde(default = "score")]
    score: f32,
}

const fn score() -> f32 {
    0.9
}

/// How far before a value its context is looked for.
const CONTEXT_BYTES: usize = 60;
/// Bytes that one `+` takes at most.
const REPEAT_MAX: usize = 256;

impl Custom {
    /// Whether the class makes sense.
    ///
    /// # Errors
    /// A sentence that names what does not.
    pub fn check(&self) -> Result<(), String> {
        let named = self.class.starts_with(|c: char| c.is_ascii_uppercase())
            && self.class.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if !named {
            return Err(format!("a class is named in capitals, like CUSTOMER_NO, not {:?}", self.class));
        }
        let empty = self.patterns.iter().chain(&self.words).any(|p| p.trim().is_empty());
        if empty || (self.patterns.is_empty() && self.words.is_empty()) {
            return Err(format!("{} needs patterns or words, and none of them empty", self.class));
        }
        let open = |p: &&String| p.starts_with('+') || p.contains("++");
        match self.patterns.iter().find(open) {
            Some(pattern) => Err(format!("in {pattern:?} a + has nothing to repeat")),
            None => Ok(()),
        }
    }

    /// Finds this class in a text.
    pub(crate) fn find<'s>(&'s self, view: &View<'_>, out: &mut Vec<Found<'s>>) {
        let mut at = 0;
        while at < view.len() {
            if is_word(view.before(at)) || view.at(at).is_ascii_whitespace() {
                at += 1;
                continue;
            }
            let end = self
                .patterns
                .iter()
                .filter_map(|p| pattern_end(view, at, p.as_bytes()))
                .chain(self.words.iter().filter_map(|w| phrase_end(view, at, w)))
                .filter(|end| *end > at && !(is_word(view.before(*end)) && is_word(view.at(*end))))
                .max();
            match end.filter(|_| self.is_in_context(view, at)) {
                Some(end) => {
                    out.push(Found::new(at, end, &self.class, self.score, "custom"));
                    at = end;
                }
                None => at += 1,
            }
        }
    }

    fn is_in_context(&self, view: &View<'_>, place: usize) -> bool {
        let before = view.slice(place.saturating_sub(CONTEXT_BYTES), place).to_ascii_lowercase();
        self.context.is_empty()
            || self.context.iter().any(|word| {
                let word = word.to_lowercase();
                before.windows(word.len().max(1)).any(|w| w == word.as_bytes())
            })
    }
}

fn pattern_end(view: &View<'_>, start: usize, pattern: &[u8]) -> Option<usize> {
    let mut at = start;
    let mut symbols = pattern.iter().copied().peekable();
    while let Some(symbol) = symbols.next() {
        let fits = |byte: u8| match symbol {
            b'#' => byte.is_ascii_digit(),
            b'?' => byte.is_ascii_alphabetic(),
            b'*' => byte.is_ascii_alphanumeric(),
            literal => byte.eq_ignore_ascii_case(&literal),
        };
        if !fits(view.at(at)) {
            return None;
        }
        at += 1;
        if symbols.next_if_eq(&b'+').is_some() {
            let limit = at + REPEAT_MAX;
            while fits(view.at(at)) && at < limit {
                at += 1;
            }
        }
    }
    Some(at)
}

fn phrase_end(view: &View<'_>, start: usize, phrase: &str) -> Option<usize> {
    let first = phrase.as_bytes().first()?;
    if !first.is_ascii() || view.at(start).eq_ignore_ascii_case(first) {
        let text = std::str::from_utf8(view.slice(start, start + phrase.len())).ok()?;
        return (text.to_lowercase() == phrase.to_lowercase()).then_some(start + phrase.len());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn custom(json: &str) -> Custom {
        kulanz_sdk::fixture::settings(json).unwrap()
    }

    fn found(custom: &Custom, text: &str) -> Vec<String> {
        let mut out = Vec::new();
        custom.find(&View::new(text), &mut out);
        out.iter().map(|f| text[f.start..f.end].to_owned()).collect()
    }

    #[test]
    fn patterns_match_whole_words_in_any_case() {
        let policy = custom(r###"{"class":"POLICY","patterns":["KV-####-??","P#+"]}"###);
        assert_eq!(found(&policy, "kv-1234-ab und P99, XP99, P9x"), ["kv-1234-ab", "P99"]);
    }

    #[test]
    fn lists_and_context_narrow_what_is_found() {
        let project = custom(r#"{"class":"PROJECT","words":["Blauer Wal"],"context":["projekt"]}"#);
        assert_eq!(found(&project, "Projekt blauer wal. Ein blauer Wald."), ["blauer wal"]);
        assert!(found(&project, "Ein Blauer Wal schwimmt").is_empty());
    }

    #[test]
    fn what_cannot_work_is_refused_with_a_sentence() {
        for json in [
            r#"{"class":"lower","words":["a"]}"#,
            r#"{"class":"EMPTY"}"#,
            r#"{"class":"BLANK","words":[" "]}"#,
            r#"{"class":"PLUS","patterns":["+a"]}"#,
        ] {
            assert!(custom(json).check().is_err(), "{json}");
        }
    }
}
