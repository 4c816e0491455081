//! Words as the rules see them: lower case, umlauts spelled out, with the place they were found in.
//! Knows no rules and no languages.

/// Characters of a message that are looked at; what comes later rarely says what it is about.
pub const TEXT_CHARS_MAX: usize = 4_000;

/// A word of the ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As the customer wrote it.
    pub shown: String,
    /// Lower case, ä as ae, ß as ss.
    pub folded: String,
    /// Whether it stands in the subject line.
    pub in_subject: bool,
}

/// Subject and text as words. Placeholders of redacted data, `[IBAN-1]`, are no words.
#[must_use]
pub fn words(subject: &str, text: &str) -> Vec<Word> {
    let cut: String = text.chars().take(TEXT_CHARS_MAX).collect();
    let mut out = Vec::new();
    for (part, in_subject) in [(subject, true), (cut.as_str(), false)] {
        for piece in
            without_placeholders(part).split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty())
        {
            out.push(Word { shown: piece.to_owned(), folded: fold(piece), in_subject });
        }
    }
    out
}

/// The text with every `[CLASS-1]` turned into a blank.
fn without_placeholders(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        match after.split_once(']') {
            Some((name, behind)) if is_placeholder(name) => {
                out.push(' ');
                rest = behind;
            }
            _ => {
                out.push('[');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Whether this is the inside of a placeholder such as `CREDIT_CARD-1`.
#[must_use]
pub fn is_placeholder(name: &str) -> bool {
    (2..=40).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "_-".contains(c))
}

/// Lower case, umlauts and accents spelled in plain letters.
#[must_use]
pub fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(word.len() + 2);
    for c in word.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' => out.push_str("ae"),
            'ö' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            'é' | 'è' | 'ê' => out.push('e'),
            'á' | 'à' | 'â' => out.push('a'),
            // A combining diaeresis turns the vowel before it into an umlaut.
            '\u{308}' => out.push('e'),
            _ => out.push(c),
        }
    }
    out
}

/// Whether a part stands somewhere in a word. For short words looking at each place is much cheaper than
/// preparing a search, and this is asked some thousand times a ticket.
#[must_use]
pub fn holds(word: &str, part: &str) -> bool {
    let (word, part) = (word.as_bytes(), part.as_bytes());
    part.is_empty() || word.windows(part.len()).any(|place| place.first() == part.first() && place == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn umlauts_fold_the_same_way_composed_and_decomposed() {
        assert_eq!(fold("Rückerstattung"), "rueckerstattung");
        assert_eq!(fold("Ru\u{308}ckerstattung"), "rueckerstattung");
        assert_eq!(fold("GRÖẞE"), "groesse");
    }

    #[test]
    fn placeholders_of_redacted_data_are_no_words() {
        let found: Vec<String> = words("An [PERSON-1]", "Konto [CREDIT_CARD-2], siehe [Anhang] und [")
            .into_iter()
            .map(|w| w.folded)
            .collect();
        assert_eq!(found, ["an", "konto", "siehe", "anhang", "und"]);
    }

    #[test]
    fn a_very_long_text_is_cut() {
        assert_eq!(words("", &"ab ".repeat(100_000)).len(), TEXT_CHARS_MAX.div_ceil(3));
    }
}
