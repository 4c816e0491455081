//! What a plugin says, in other languages. Plugins write reasons once, in one language, where they are recorded; who
//! reads them reads his own, as far as the manifest has the sentence. What it does not have stays as it was said.

use std::collections::BTreeMap;

use crate::Refusal;

/// Most phrases of one manifest.
const PHRASES_MAX: usize = 300;
/// Longest phrase, bytes.
const PHRASE_BYTES_MAX: usize = 400;
/// A gap may hold a sentence that has gaps itself, this deep.
const DEPTH_MAX: usize = 4;

/// A sentence that the plugin says, with gaps `{1}` to `{9}`, and the same in other languages by their BCP 47 tags.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Phrase {
    /// As the plugin says it.
    pub said: String,
    /// As others read it.
    #[serde(flatten)]
    pub told: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece<'p> {
    Words(&'p str),
    Gap(usize),
}

/// Phrases of one plugin for one reader.
#[derive(Debug, Clone, Default)]
pub struct Phrasebook<'p>(Vec<(Vec<Piece<'p>>, Vec<Piece<'p>>)>);

impl<'p> Phrasebook<'p> {
    /// The phrases that a language has.
    #[must_use]
    pub fn of(phrases: &'p [Phrase], language: &str) -> Self {
        let pair = |phrase: &'p Phrase| Some((phrase.said.as_str(), phrase.told.get(language)?.as_str()));
        Self::of_pairs(phrases.iter().filter_map(pair))
    }

    /// Of pairs: as it is said, as it is told. What cannot be read is left out.
    pub(crate) fn of_pairs(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> Self {
        let mut pairs: Vec<_> =
            pairs.filter_map(|(said, told)| Some((pieces(said).ok()?, pieces(told).ok()?))).collect();
        // What says most by itself fits best.
        pairs.sort_by_key(|(said, _)| std::cmp::Reverse(said.iter().map(Piece::len).sum::<usize>()));
        Self(pairs)
    }

    /// A sentence as the reader reads it.
    #[must_use]
    pub fn tell(&self, said: &str) -> String {
        self.look_up(said, 0).unwrap_or_else(|| said.to_owned())
    }

    fn look_up(&self, said: &str, depth: usize) -> Option<String> {
        if depth > DEPTH_MAX || self.0.is_empty() {
            return None;
        }
        if let Some(told) = self.find(said, depth) {
            return Some(told);
        }
        // A sentence may also stand within another one: with a small letter in front and no full stop behind.
        let (core, stop) = said.strip_suffix('.').map_or((said, ""), |core| (core, "."));
        let small = with_first(core, |c| c.to_lowercase().to_string());
        let told = self.find(&small, depth).or_else(|| self.find(core, depth))?;
        let is_sentence = core.starts_with(char::is_uppercase);
        let told = if is_sentence { with_first(&told, |c| c.to_uppercase().to_string()) } else { told };
        Some(told + stop)
    }

    fn find(&self, said: &str, depth: usize) -> Option<String> {
        let (gaps, told) = self.0.iter().find_map(|(pattern, told)| Some((fit(pattern, said)?, told)))?;
        let mut out = String::new();
        for piece in told {
            match piece {
                Piece::Words(words) => out.push_str(words),
                Piece::Gap(number) => {
                    let filling = gaps.iter().find(|(gap, _)| gap == number).map_or("", |(_, text)| *text);
                    let told = self.look_up(filling, depth + 1);
                    out.push_str(told.as_deref().unwrap_or(filling));
                }
            }
        }
        Some(out)
    }
}

impl Piece<'_> {
    const fn len(&self) -> usize {
        match self {
            Self::Words(words) => words.len(),
            Self::Gap(_) => 0,
        }
    }
}

fn with_first(text: &str, change: impl Fn(char) -> String) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| change(first) + chars.as_str()).unwrap_or_default()
}

/// What stands in the gaps where a text fits the pattern; each gap ends where the words behind it first stand.
fn fit<'t>(pattern: &[Piece<'_>], text: &'t str) -> Option<Vec<(usize, &'t str)>> {
    let mut gaps = Vec::new();
    let mut rest = text;
    let mut open: Option<usize> = None;
    for (at, piece) in pattern.iter().enumerate() {
        match piece {
            Piece::Gap(number) => open = Some(*number),
            Piece::Words(words) => {
                let is_last = at + 1 == pattern.len();
                let start = match open {
                    None => rest.starts_with(words).then_some(0)?,
                    Some(_) if is_last => rest.ends_with(words).then(|| rest.len() - words.len())?,
                    Some(_) => rest.find(words)?,
                };
                if let Some(number) = open.take() {
                    gaps.push((number, rest.get(..start).filter(|filling| !filling.is_empty())?));
                }
                rest = rest.get(start + words.len()..)?;
            }
        }
    }
    match open {
        Some(number) if !rest.is_empty() => gaps.push((number, rest)),
        None if rest.is_empty() => {}
        _ => return None,
    }
    Some(gaps)
}

/// A phrase as words and gaps.
///
/// # Errors
/// What is wrong with it.
fn pieces(text: &str) -> Result<Vec<Piece<'_>>, &'static str> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let (words, gap) = rest.split_at(start);
        let number = match gap.as_bytes() {
            [b'{', digit @ b'1'..=b'9', b'}', ..] => usize::from(digit - b'0'),
            _ => return Err("gaps are {1} to {9}"),
        };
        if !words.is_empty() {
            out.push(Piece::Words(words));
        }
        out.push(Piece::Gap(number));
        rest = gap.get(3..).unwrap_or_default();
    }
    if !rest.is_empty() {
        out.push(Piece::Words(rest));
    }
    Ok(out)
}

/// Whether a sentence can be told with all its values: the same gaps in both.
#[cfg(test)]
pub(crate) fn fits(said: &str, told: &str) -> bool {
    let gaps = |text| {
        let number = |piece| if let Piece::Gap(number) = piece { Some(number) } else { None };
        let mut gaps: Vec<usize> = pieces(text)?.into_iter().filter_map(number).collect();
        gaps.sort_unstable();
        Ok::<_, &'static str>(gaps)
    };
    matches!((gaps(said), gaps(told)), (Ok(said), Ok(told)) if said == told)
}

/// Whether phrases can be used.
///
/// # Errors
/// A refusal naming the phrase and the fix.
pub(super) fn check(phrases: &[Phrase]) -> Result<(), Refusal> {
    let bad = |sentence: String| Refusal::new("bad_manifest", sentence).at("phrase");
    if phrases.len() > PHRASES_MAX {
        return Err(bad(format!("plugin.toml: at most {PHRASES_MAX} [[phrase]].")));
    }
    for Phrase { said, told } in phrases {
        told.iter()
            .flat_map(|(language, text)| [language, text])
            .chain([said])
            .try_for_each(|text| super::wording::visible("phrase", text))?;
        let wrong = |why: &str| bad(format!("plugin.toml: [[phrase]] “{said}”: {why}."));
        let read = |text: &str| -> Result<Vec<usize>, Refusal> {
            if text.is_empty() || text.len() > PHRASE_BYTES_MAX {
                return Err(wrong(&format!("1 to {PHRASE_BYTES_MAX} bytes")));
            }
            let pieces = pieces(text).map_err(wrong)?;
            let is_gap = |piece: &Piece<'_>| matches!(piece, Piece::Gap(_));
            if pieces.windows(2).any(|pair| pair.iter().all(is_gap)) || pieces.iter().all(is_gap) {
                return Err(wrong("between two gaps there are words"));
            }
            let number = |piece: Piece<'_>| if let Piece::Gap(number) = piece { Some(number) } else { None };
            let mut gaps: Vec<usize> = pieces.into_iter().filter_map(number).collect();
            gaps.sort_unstable();
            // Also in what is told: gaps are looked up again, and copies of copies would never end.
            if gaps.windows(2).any(|pair| pair[0] == pair[1]) {
                return Err(wrong("each gap stands there once"));
            }
            Ok(gaps)
        };
        let gaps = read(said)?;
        for (language, text) in told {
            if !crate::ticket::is_language_tag(language) {
                return Err(wrong(&format!("`{language}` is no BCP 47 tag such as de")));
            }
            if read(text)?.iter().any(|gap| !gaps.contains(gap)) {
                return Err(wrong(&format!("`{language}` has a gap that what is said has not")));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrase(said: &str, de: &str) -> Phrase {
        Phrase { said: said.to_owned(), told: [("de".to_owned(), de.to_owned())].into() }
    }

    fn phrases() -> Vec<Phrase> {
        vec![
            phrase("{1} and more", "{1} und mehr"),
            phrase("The customer writes {1}.", "Der Kunde schreibt {1}."),
            phrase("The customer writes {1}; {2} goes to {3}.", "Der Kunde schreibt {1}; {2} geht an {3}."),
            phrase("Only confirms receipt: {1}.", "Bestätigt nur den Eingang: {1}."),
            phrase("article “{1}” fits ({2} sure)", "Artikel „{1}“ passt ({2} sicher)"),
            phrase("no article fits", "kein Artikel passt"),
            phrase("{1} of {2} held", "von {2} zurückgehalten: {1}"),
        ]
    }

    #[test]
    fn a_sentence_is_read_in_the_readers_language_with_what_stood_in_its_gaps() {
        let phrases = phrases();
        let book = Phrasebook::of(&phrases, "de");
        for (said, told) in [
            ("The customer writes “a”, “b.”.", "Der Kunde schreibt “a”, “b.”."),
            (
                "The customer writes “a”; refund goes to billing.",
                "Der Kunde schreibt “a”; refund geht an billing.",
            ),
            ("Only confirms receipt: no article fits.", "Bestätigt nur den Eingang: kein Artikel passt."),
            ("Article “x” fits (91 % sure).", "Artikel „x“ passt (91 % sicher)."),
            ("No article fits", "Kein Artikel passt"),
            ("3 of 4 held", "von 4 zurückgehalten: 3"),
            ("no article fits and more", "kein Artikel passt und mehr"),
            ("Something else.", "Something else."),
            ("The customer writes .", "The customer writes ."),
            ("", ""),
        ] {
            assert_eq!(book.tell(said), told);
        }
        assert_eq!(Phrasebook::of(&phrases, "fr").tell("no article fits"), "no article fits");
    }

    #[test]
    fn a_phrase_that_never_ends_in_itself_ends() {
        let phrases = [phrase("a{1}", "a{1}")];
        let told = Phrasebook::of(&phrases, "de").tell(&"a".repeat(10_000));
        assert_eq!(told.len(), 10_000);
    }

    #[test]
    fn phrases_that_cannot_be_used_are_refused_with_the_reason() {
        let long = "x".repeat(PHRASE_BYTES_MAX + 1);
        for (said, de, why) in [
            ("a {0}", "a", "gaps are {1} to {9}"),
            ("a {1", "a", "gaps are {1} to {9}"),
            ("{1}{2} a", "a", "between two gaps there are words"),
            ("{1}", "{1}", "between two gaps there are words"),
            ("{1} a {1}", "a", "each gap stands there once"),
            ("a{1}", "{1}a{1}", "each gap stands there once"),
            ("a\u{1b}[2J", "a", "is not shown to people"),
            ("a", "a\nb", "is not shown to people"),
            ("a {1}", "a {2}", "`de` has a gap that what is said has not"),
            ("", "a", "1 to 400 bytes"),
            (long.as_str(), "a", "1 to 400 bytes"),
        ] {
            let refusal = check(&[phrase(said, de)]).unwrap_err();
            assert!(refusal.sentence.contains(why), "{said}: {refusal}");
        }
        let mut german = phrase("a", "b");
        german.told = [("german language".to_owned(), "b".to_owned())].into();
        assert!(check(&[german]).is_err());
        assert!(check(&vec![phrase("a", "b"); PHRASES_MAX + 1]).is_err());
        assert!(check(&phrases()).is_ok());
    }
}
