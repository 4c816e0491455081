//! A letter as what the model counts: words, pairs of words, pieces of words, where they stand, and the build of the
//! text. Digits are all one, addresses and links are words of their own.

use super::super::super::speech;
use super::super::phrases::fold_letters;

/// So much of a text is looked at, characters: what follows says nothing new.
const TEXT_CHARS: usize = 3_000;
/// Words at the beginning and the end that are counted as such once more.
const EDGE_WORDS: usize = 12;
/// Words from this length on are also counted by their beginning and ending, characters.
const LONG_WORD: usize = 6;
/// Every piece of a word of so many characters is counted: what a language makes of a word keeps most of them.
const PIECE_CHARS: [usize; 2] = [4, 5];
/// Buckets, as a power of two.
pub(crate) const BITS: u32 = 19;

/// A letter as somebody wrote it: subject and own words, quotes left out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Letter<'a> {
    pub(crate) subject: &'a str,
    pub(crate) text: &'a str,
}

impl Letter<'_> {
    /// Whether it has letters that the model knows: of the Latin script, which nearly all were written in.
    pub(super) fn is_readable(&self) -> bool {
        let is_known = |c: char| matches!(c, 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{24f}');
        let letters =
            || self.subject.chars().chain(self.text.chars().take(TEXT_CHARS)).filter(|c| c.is_alphabetic());
        let known = letters().filter(|c| is_known(*c)).count();
        known > 0 && known * 2 > letters().count()
    }

    /// The buckets of all its grams, each once, in order.
    pub(crate) fn buckets(&self) -> Vec<u32> {
        let mut buckets = Vec::with_capacity(4_096);
        self.each(&mut |gram| buckets.push(bucket(gram)));
        buckets.sort_unstable();
        buckets.dedup();
        buckets
    }

    /// Shows every gram, as its parts.
    pub(super) fn each(&self, see: &mut dyn FnMut(&[&str])) {
        let text: String = self.text.chars().take(TEXT_CHARS).collect();
        let subject = fold_letters(self.subject.trim());
        let folded = fold_letters(&text);
        // That something is answered says nothing: people answer, and so do absence notices.
        let headline = tokens(without_answers(&subject));
        let words = tokens(&folded);
        for word in &headline {
            see(&["s", word]);
        }
        for pair in headline.windows(2) {
            pair_of(pair, |a, b| see(&["s", a, b]));
        }
        for word in &headline {
            pieces(word, PIECE_CHARS[0], &mut |piece| see(&["sc", piece]));
        }
        for word in &words {
            see(&["w", word]);
            let letters = word.chars().count();
            if letters >= LONG_WORD {
                see(&["p", beginning(word, 5)]);
                see(&["x", ending(word, 4)]);
            }
        }
        for pair in words.windows(2) {
            pair_of(pair, |a, b| see(&["w", a, b]));
        }
        for word in &words {
            for chars in PIECE_CHARS {
                pieces(word, chars, &mut |piece| see(&["c", piece]));
            }
        }
        for word in words.iter().take(EDGE_WORDS) {
            see(&["b", word]);
        }
        for word in words.iter().rev().take(EDGE_WORDS) {
            see(&["e", word]);
        }
        build(&text, see);
    }
}

/// A folded subject without the marks of answers and forwards in front.
fn without_answers(subject: &str) -> &str {
    let mut rest = subject;
    while let Some((mark, behind)) = rest.split_once(':') {
        if mark.chars().count() > 6 || mark.contains(' ') || behind.trim_start().is_empty() {
            break;
        }
        rest = behind.trim_start();
    }
    rest
}

fn pair_of<'a>(pair: &[std::borrow::Cow<'a, str>], mut see: impl FnMut(&str, &str)) {
    if let [a, b] = pair {
        see(a, b);
    }
}

/// Pieces of a word of so many characters, its borders counted as one each.
fn pieces(word: &str, chars: usize, see: &mut dyn FnMut(&str)) {
    let mut bordered = String::with_capacity(word.len() + 2);
    for part in [" ", word, " "] {
        bordered.push_str(part);
    }
    let mut ends =
        bordered.char_indices().map(|(at, _)| at).skip(chars).chain(std::iter::once(bordered.len()));
    for (start, _) in bordered.char_indices() {
        let Some(end) = ends.next() else { return };
        see(bordered.get(start..end).unwrap_or_default());
    }
}

fn beginning(word: &str, chars: usize) -> &str {
    word.char_indices().nth(chars).map_or(word, |(at, _)| word.get(..at).unwrap_or(word))
}

fn ending(word: &str, chars: usize) -> &str {
    word.char_indices().rev().nth(chars - 1).map_or(word, |(at, _)| word.get(at..).unwrap_or(word))
}

/// How the text is built: how long it is, how many lines, questions, links, digits and lines like a form's.
fn build(text: &str, see: &mut dyn FnMut(&[&str])) {
    const STEPS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    let step = |n: usize, most: usize| STEPS.get(n.min(most)).copied().unwrap_or("9");
    let log = |n: usize| usize::BITS.saturating_sub(n.leading_zeros()) as usize;
    let chars = text.chars().count();
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_field = |line: &&str| {
        line.split_once(": ").is_some_and(|(label, _)| {
            let label = label.trim();
            !label.is_empty() && label.chars().count() <= 30
        })
    };
    see(&["§length", step(log(chars), 9)]);
    see(&["§lines", step(log(lines().count()), 6)]);
    see(&["§questions", step(text.matches(['?', '？']).count(), 3)]);
    see(&["§fields", step(lines().filter(is_field).count(), 4)]);
    see(&["§links", step(text.matches("://").count(), 3)]);
    see(&["§digits", step(digits * 30 / chars.max(1), 5)]);
    see(&["§shouts", step(text.matches('!').count(), 3)]);
    see(&["§quotes", step(lines().filter(|line| line.starts_with('>')).count(), 2)]);
    let spoken = super::super::phrases::in_one_line(text);
    let says = |yes: bool| if yes { "1" } else { "0" };
    see(&["§asks", says(speech::asks(&spoken))]);
    see(&["§requests", says(speech::requests(&spoken))]);
    see(&["§personal", says(speech::is_personal(&spoken))]);
    see(&["§own", says(speech::is_possessive(&spoken))]);
    see(&["§small", if text.chars().any(char::is_uppercase) { "0" } else { "1" }]);
}

/// Words and the marks that tell something, of folded text.
fn tokens(text: &str) -> Vec<std::borrow::Cow<'_, str>> {
    const MARKS: &[char] = &['?', '!', ':', '%', '€', '$', '>', '|', '#', '*', '='];
    let mut out = Vec::new();
    for piece in text.split_whitespace() {
        if piece.contains("://") || piece.starts_with("www.") {
            out.push("§link".into());
            continue;
        }
        if piece.contains('@') && piece.contains('.') {
            out.push("§address".into());
            continue;
        }
        let mut rest = piece;
        while let Some(start) = rest.find(|c: char| c.is_alphanumeric() || MARKS.contains(&c)) {
            rest = rest.get(start..).unwrap_or("");
            let is_word = rest.starts_with(char::is_alphanumeric);
            let end = match is_word {
                true => rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len()),
                false => rest.chars().next().map_or(0, char::len_utf8),
            };
            out.push(without_digits(rest.get(..end).unwrap_or("")));
            rest = rest.get(end..).unwrap_or("");
        }
    }
    out
}

fn without_digits(word: &str) -> std::borrow::Cow<'_, str> {
    match word.bytes().any(|b| b.is_ascii_digit()) {
        true => word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>().into(),
        false => word.into(),
    }
}

/// FNV-1a over the parts, folded to the number of buckets.
pub(super) fn bucket(parts: &[&str]) -> u32 {
    let mut hash: u32 = 0x811c_9dc5;
    for part in parts {
        for byte in part.bytes().chain(std::iter::once(0x1f)) {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }
    (hash ^ (hash >> BITS)) & ((1 << BITS) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grams(subject: &str, text: &str) -> Vec<String> {
        let mut all = Vec::new();
        Letter { subject, text }.each(&mut |gram| all.push(gram.join(" ")));
        all
    }

    #[test]
    fn words_pairs_edges_and_the_build_are_counted() {
        let all = grams("Re: Größe", "Passt Artikel 4711?\nhttps://a.example/x ana@b.example");
        for gram in [
            "s groesse",
            "w passt",
            "w passt artikel",
            "w 0000",
            "w ?",
            "b passt",
            "p artik",
            "x ikel",
            "c  arti",
            "c tikel",
            "c  000",
            "sc sse ",
            "w §link §address",
            "§questions 1",
            "§links 1",
            "§small 0",
        ] {
            assert!(all.iter().any(|one| one == gram), "{gram}: {all:?}");
        }
        assert!(!all.iter().any(|one| one == "s re"), "answers are no sign");
    }

    #[test]
    fn a_gram_has_one_bucket_whatever_else_stands_there() {
        assert_eq!(bucket(&["w", "ab"]), bucket(&["w", "ab"]));
        assert_ne!(bucket(&["w", "ab"]), bucket(&["w", "a", "b"]));
        let buckets = Letter { subject: "a a", text: "b b b" }.buckets();
        assert!(buckets.is_sorted() && buckets.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn scripts_that_the_model_has_not_seen_are_left_alone() {
        let readable = |text: &str| Letter { subject: "", text }.is_readable();
        assert!(readable("Wo ist mein Paket?") && readable("Žluťoučký kůň"));
        assert!(
            !readable("Где моя посылка?")
                && !readable("我的包裹在哪里？")
                && !readable("أين طردي؟")
                && !readable("4711")
                && !readable("")
        );
    }
}
