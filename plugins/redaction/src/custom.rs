//! Classes of an admin's own: by pattern, by list, by the words before. Patterns are matched from left to
//! right without going back, so that no pattern takes more than linear time.

use std::collections::HashMap;

use crate::find::Found;
use crate::view::{View, is_word};

/// One class of an admin's own.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// Its name, as it stands in placeholders: capitals, digits, underscores.
    class: String,
    /// `#` a digit, `?` a letter, `*` either; `+` behind one of them: once or more; `\` before one of these: the
    /// sign itself. All else stands for itself, in any case.
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
/// Blanks between two words of a phrase at most.
const BLANKS_MAX: usize = 4;
/// Bytes that one `+` takes at most.
const REPEAT_MAX: usize = 256;

impl Custom {
    /// Its name.
    pub(crate) fn class(&self) -> &str {
        &self.class
    }

    /// Whether the class makes sense.
    ///
    /// # Errors
    /// A sentence that names the field that does not, from `class` on.
    pub fn check(&self) -> Result<(), String> {
        let named = self.class.starts_with(|c: char| c.is_ascii_uppercase())
            && self.class.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if !named {
            return Err(format!(
                "class: a class is named in capitals, digits and underscores, like CUSTOMER_NO, not {:?}",
                self.class
            ));
        }
        if self.patterns.is_empty() && self.words.is_empty() {
            return Err(format!("patterns: {} needs patterns or words", self.class));
        }
        let lists = [("patterns", &self.patterns), ("words", &self.words), ("context", &self.context)];
        for (field, list) in lists {
            if let Some(place) = list.iter().position(|entry| entry.trim().is_empty()) {
                return Err(format!("{field}[{place}]: must not be empty"));
            }
        }
        if !(self.score > 0.0 && self.score <= 1.0) {
            return Err(format!("score: must be above 0 and at most 1, not {}", self.score));
        }
        for (place, pattern) in self.patterns.iter().enumerate() {
            let told = |error| format!("patterns[{place}]: {pattern:?} {error}");
            let symbols = symbols(pattern).map_err(told)?;
            let anything = symbols.iter().all(|s| matches!(s.kind, Kind::Letter | Kind::Either));
            if anything && self.context.is_empty() {
                return Err(told("would match every word: write a digit or a mark into it, or give context"));
            }
        }
        Ok(())
    }

    /// Finds this class in a text.
    pub(crate) fn find<'s>(&'s self, view: &View<'_>, out: &mut Vec<Found<'s>>) {
        let patterns: Vec<Vec<Symbol>> = self.patterns.iter().filter_map(|p| symbols(p).ok()).collect();
        let words = Phrases::of(&self.words);
        let mut at = 0;
        while at < view.len() {
            if is_word(view.before(at)) || view.at(at).is_ascii_whitespace() {
                at += 1;
                continue;
            }
            let end = patterns
                .iter()
                .filter_map(|p| pattern_end(view, at, p))
                .chain(words.ends(view, at))
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
        let before = view.slice(place.saturating_sub(CONTEXT_BYTES), place);
        let before = String::from_utf8_lossy(before).to_lowercase();
        self.context.is_empty() || self.context.iter().any(|word| is_word_of(&before, &word.to_lowercase()))
    }
}

/// Shortest word that also counts as the end of a German compound: "projekt" in "Bauprojekt".
const COMPOUND_CHARS_MIN: usize = 5;

/// Whether a text has a word or phrase: whole, perhaps with an ending of German, never inside another word.
fn is_word_of(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, _)| {
        let rest = text.get(start + word.len()..).unwrap_or_default();
        let ending: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
        let begins = !text.get(..start).is_some_and(|head| head.ends_with(char::is_alphanumeric));
        matches!(ending.as_str(), "" | "s" | "es" | "e" | "n" | "en")
            && (begins || word.chars().count() >= COMPOUND_CHARS_MIN)
    })
}

/// What one place of a pattern takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digit,
    Letter,
    Either,
    Literal(u8),
}

#[derive(Debug, Clone, Copy)]
struct Symbol {
    kind: Kind,
    repeats: bool,
}

impl Kind {
    fn takes(self, byte: u8) -> bool {
        match self {
            Self::Digit => byte.is_ascii_digit(),
            Self::Letter => byte.is_ascii_alphabetic(),
            Self::Either => byte.is_ascii_alphanumeric(),
            Self::Literal(literal) => byte.eq_ignore_ascii_case(&literal),
        }
    }

    /// Whether it takes all that the other takes: behind a `+` nothing is left for it then.
    fn takes_all_of(self, other: Self) -> bool {
        match other {
            Self::Literal(byte) => self.takes(byte),
            kind => self == kind || self == Self::Either,
        }
    }
}

/// A pattern taken apart.
fn symbols(pattern: &str) -> Result<Vec<Symbol>, &'static str> {
    let mut out: Vec<Symbol> = Vec::new();
    let mut bytes = pattern.bytes();
    while let Some(byte) = bytes.next() {
        let kind = match byte {
            b'#' => Kind::Digit,
            b'?' => Kind::Letter,
            b'*' => Kind::Either,
            b'\\' => Kind::Literal(bytes.next().ok_or("ends with a \\ that has nothing to take literally")?),
            b'+' => {
                let last = out.last_mut().filter(|s| !s.repeats).ok_or("has a + with nothing to repeat")?;
                last.repeats = true;
                continue;
            }
            literal => Kind::Literal(literal),
        };
        if out.last().is_some_and(|last| last.repeats && last.kind.takes_all_of(kind)) {
            return Err("never matches: what the + repeats takes what follows it as well");
        }
        out.push(Symbol { kind, repeats: false });
    }
    Ok(out)
}

fn pattern_end(view: &View<'_>, start: usize, pattern: &[Symbol]) -> Option<usize> {
    let mut at = start;
    for symbol in pattern {
        if !symbol.kind.takes(view.at(at)) {
            return None;
        }
        at += 1;
        let limit = at + REPEAT_MAX;
        while symbol.repeats && symbol.kind.takes(view.at(at)) && at < limit {
            at += 1;
        }
    }
    Some(at)
}

/// Words and phrases by their first byte, so that a long list costs no more than a short one.
struct Phrases {
    by_first: HashMap<u8, Vec<String>>,
}

impl Phrases {
    fn of(words: &[String]) -> Self {
        let mut by_first: HashMap<u8, Vec<String>> = HashMap::new();
        for word in words {
            let lower = word.trim().to_lowercase();
            // "Ä" and "ä" begin with the same byte.
            if let Some(first) = lower.bytes().next() {
                by_first.entry(first).or_default().push(lower);
            }
        }
        Self { by_first }
    }

    /// Where the phrases that begin at a place end.
    fn ends(&self, view: &View<'_>, start: usize) -> impl Iterator<Item = usize> {
        let phrases = self.by_first.get(&view.at(start).to_ascii_lowercase());
        phrases.into_iter().flatten().filter_map(move |phrase| phrase_end(view, start, phrase))
    }
}

/// The end of a phrase in lower case at a place; between its words may be any blanks, or a line break.
fn phrase_end(view: &View<'_>, start: usize, phrase: &str) -> Option<usize> {
    let mut at = start;
    for (index, word) in phrase.split_whitespace().enumerate() {
        if index > 0 {
            let from = at;
            while view.at(at).is_ascii_whitespace() && at - from < BLANKS_MAX {
                at += 1;
            }
            if at == from {
                return None;
            }
        }
        let text = std::str::from_utf8(view.slice(at, at + word.len())).ok()?;
        if text.to_lowercase() != word {
            return None;
        }
        at += word.len();
    }
    Some(at)
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
        let policy = custom(r#"{"class":"POLICY","patterns":["KV-####-??","P#+"]}"#);
        assert_eq!(found(&policy, "kv-1234-ab und P99, XP99, P9x"), ["kv-1234-ab", "P99"]);
    }

    #[test]
    fn lists_and_context_narrow_what_is_found() {
        let project = custom(r#"{"class":"PROJECT","words":["Blauer Wal"],"context":["projekt"]}"#);
        assert_eq!(found(&project, "Projekt blauer wal. Ein blauer Wald."), ["blauer wal"]);
        assert!(found(&project, "Ein Blauer Wal schwimmt").is_empty());
    }

    #[test]
    fn words_are_whole_and_may_go_over_a_line_break() {
        let project = custom(r#"{"class":"PROJECT","words":["blauer  Wal","Ätna"]}"#);
        assert_eq!(found(&project, "Der Blaue Wal, BLAUER\nWAL, ätna, Ätnas"), ["BLAUER\nWAL", "ätna"]);
    }

    #[test]
    fn context_is_a_word_or_the_end_of_a_compound_and_no_part_of_another() {
        let file = custom(r#####"{"class":"FILE","patterns":["####"],"context":["akte","lic"]}"#####);
        assert_eq!(found(&file, "Akte 1234"), ["1234"]);
        assert!(found(&file, "public 1234, Aktentasche 1234").is_empty());
        let project = custom(r#####"{"class":"PROJECT","patterns":["####"],"context":["projekt"]}"#####);
        assert_eq!(found(&project, "des Bauprojekts 1234"), ["1234"]);
    }

    #[test]
    fn a_backslash_takes_a_sign_literally() {
        let ticket = custom(r#"{"class":"TICKET","patterns":["\\###+"]}"#);
        assert_eq!(found(&ticket, "siehe #4711, 4711"), ["#4711"]);
    }

    #[test]
    fn what_cannot_work_is_refused_with_a_sentence_that_names_the_field() {
        for (json, field) in [
            (r#"{"class":"lower","words":["a"]}"#, "class: "),
            (r#"{"class":"EMPTY"}"#, "patterns: "),
            (r#"{"class":"BLANK","words":["a"," "]}"#, "words[1]: "),
            (r#"{"class":"BLANK","words":["a"],"context":[""]}"#, "context[0]: "),
            (r#"{"class":"PLUS","patterns":["+a"]}"#, "patterns[0]: "),
            (r##"{"class":"PLUS","patterns":["KV-#","#++"]}"##, "patterns[1]: "),
            (r#"{"class":"NEVER","patterns":["*+#"]}"#, "patterns[0]: "),
            (r#"{"class":"EVERY","patterns":["?+"]}"#, "patterns[0]: "),
            (r#"{"class":"OPEN","patterns":["a\\"]}"#, "patterns[0]: "),
            (r#"{"class":"SCORE","words":["a"],"score":1.5}"#, "score: "),
            (r#"{"class":"SCORE","words":["a"],"score":0}"#, "score: "),
        ] {
            let error = custom(json).check().unwrap_err();
            assert!(error.starts_with(field), "{json}: {error}");
        }
    }
}
