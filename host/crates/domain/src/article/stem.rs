//! Stems: one form for all forms of a word. German after the rules of Weissweiler and Fraser (CISTEM,
//! 2017), with separable verbs put together; English after Porter (1980). Refuses to know any word by
//! heart: rules only, on words that are folded already.

/// Particles that stand apart from their verb, or keep “ge” and “zu” inside: “abgesagt”, “abzusagen”.
pub(super) const PARTICLES: &[&str] = &[
    "zuruck", "weiter", "wieder", "unter", "nach", "fort", "auf", "aus", "bei", "ein", "her", "hin", "los",
    "mit", "vor", "weg", "ab", "an", "um", "zu",
];

/// Letters that a verb must still have when particle and “ge” or “zu” are gone.
const VERB_LETTERS_MIN: usize = 4;

/// Stem of a folded German word.
pub(super) fn german(word: &str) -> String {
    if !word.is_ascii() || word.len() < 4 {
        return word.to_owned();
    }
    let joined = without_infix(word);
    let mut stem = joined.as_str();
    if let Some(rest) = stem.strip_prefix("ge").filter(|rest| rest.len() >= 4) {
        stem = rest;
    }
    // Doubled letters, sch, ei and ie count as one letter, so that endings are cut evenly.
    let mut letters = contracted(stem);
    while letters.len() > 3 {
        let n = letters.len();
        let cut = match &letters[..] {
            [.., b'e', b'm' | b'r'] | [.., b'n', b'd'] if n > 5 => 2,
            [.., b't' | b'e' | b's' | b'n'] => 1,
            _ => break,
        };
        letters.truncate(n - cut);
    }
    expanded(&letters)
}

/// “abgesagt” and “abzusagen” as “absagt” and “absagen”.
fn without_infix(word: &str) -> String {
    PARTICLES
        .iter()
        .find_map(|particle| {
            let rest = word.strip_prefix(particle)?;
            let verb = rest.strip_prefix("ge").or_else(|| rest.strip_prefix("zu"))?;
            (verb.len() >= VERB_LETTERS_MIN).then(|| format!("{particle}{verb}"))
        })
        .unwrap_or_else(|| word.to_owned())
}

/// Letters that stand for sch, ei, ie and a doubled letter.
const CONTRACTIONS: [(&str, u8); 3] = [("sch", b'$'), ("ei", b'%'), ("ie", b'&')];

fn contracted(word: &str) -> Vec<u8> {
    let bytes = word.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        let short = CONTRACTIONS.iter().find(|(long, _)| rest.starts_with(long.as_bytes()));
        if let Some((long, letter)) = short {
            out.push(*letter);
            rest = rest.get(long.len()..).unwrap_or_default();
        } else {
            out.push(if out.last() == Some(&first) { b'*' } else { first });
            rest = tail;
        }
    }
    out
}

fn expanded(letters: &[u8]) -> String {
    let mut out = String::with_capacity(letters.len() + 4);
    for letter in letters {
        match (letter, CONTRACTIONS.iter().find(|(_, short)| short == letter)) {
            (_, Some((long, _))) => out.push_str(long),
            (b'*', None) => {
                if let Some(last) = out.chars().last() {
                    out.push(last);
                }
            }
            (other, None) => out.push(char::from(*other)),
        }
    }
    out
}

/// Stem of a folded English word.
pub(super) fn english(word: &str) -> String {
    if !word.is_ascii() || word.len() < 3 {
        return word.to_owned();
    }
    let mut stem = word.to_owned();
    plural(&mut stem);
    past(&mut stem);
    if let Some(head) = stem.strip_suffix('y').filter(|head| has_vowel(head)) {
        stem = format!("{head}i");
    }
    for endings in [STEP_2, STEP_3] {
        replace(&mut stem, endings, |head, _| measure(head) > 0);
    }
    // What stays of an ending counts here: the t of “deletion” belongs to the word.
    replace(&mut stem, STEP_4, |head, by| measure(&format!("{head}{by}")) > 1);
    tidy(&mut stem);
    stem
}

fn plural(stem: &mut String) {
    let cut = if stem.ends_with("sses") || stem.ends_with("ies") {
        2
    } else {
        usize::from(stem.ends_with('s') && !stem.ends_with("ss") && !stem.ends_with("us"))
    };
    stem.truncate(stem.len() - cut);
}

fn past(stem: &mut String) {
    if let Some(head) = stem.strip_suffix("eed") {
        if measure(head) > 0 {
            stem.truncate(stem.len() - 1);
        }
        return;
    }
    let head = ["ed", "ing"].iter().find_map(|e| stem.strip_suffix(e)).filter(|head| has_vowel(head));
    let Some(length) = head.map(str::len) else { return };
    stem.truncate(length);
    if ["at", "bl", "iz"].iter().any(|e| stem.ends_with(e)) {
        stem.push('e');
    } else if doubled(stem) && !stem.ends_with(['l', 's', 'z']) {
        stem.truncate(length - 1);
    } else if measure(stem) == 1 && short(stem) {
        stem.push('e');
    }
}

/// Final e, and double l.
fn tidy(stem: &mut String) {
    if let Some(head) = stem.strip_suffix('e')
        && (measure(head) > 1 || (measure(head) == 1 && !short(head)))
    {
        stem.truncate(head.len());
    }
    if stem.ends_with("ll") && measure(stem) > 1 {
        stem.truncate(stem.len() - 1);
    }
}

const STEP_2: &[(&str, &str)] = &[
    ("ational", "ate"),
    ("ization", "ize"),
    ("isation", "ize"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("tional", "tion"),
    ("biliti", "ble"),
    ("entli", "ent"),
    ("ousli", "ous"),
    ("ation", "ate"),
    ("alism", "al"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("iser", "ize"),
    ("abli", "able"),
    ("alli", "al"),
    ("ator", "ate"),
    ("eli", "e"),
];

const STEP_3: &[(&str, &str)] = &[
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("alise", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ness", ""),
    ("ful", ""),
];

const STEP_4: &[(&str, &str)] = &[
    ("ement", ""),
    ("ance", ""),
    ("ence", ""),
    ("able", ""),
    ("ible", ""),
    ("ment", ""),
    ("tion", "t"),
    ("sion", "s"),
    ("ant", ""),
    ("ent", ""),
    ("ism", ""),
    ("ate", ""),
    ("iti", ""),
    ("ous", ""),
    ("ive", ""),
    ("ize", ""),
    ("ise", ""),
    ("al", ""),
    ("er", ""),
    ("ic", ""),
    ("ou", ""),
];

/// Replaces the first ending that fits, if enough word is left before it.
fn replace(stem: &mut String, endings: &[(&str, &str)], enough: impl Fn(&str, &str) -> bool) {
    let Some((ending, by)) = endings.iter().find(|(ending, _)| stem.ends_with(ending)) else { return };
    let length = stem.len() - ending.len();
    if stem.get(..length).is_some_and(|head| enough(head, by)) {
        stem.truncate(length);
        stem.push_str(by);
    }
}

/// Whether the letter at a place is a consonant; y is one unless a consonant stands before it.
fn consonant(word: &[u8], at: usize) -> bool {
    match word.get(at) {
        Some(b'a' | b'e' | b'i' | b'o' | b'u') | None => false,
        Some(b'y') => at == 0 || !consonant(word, at - 1),
        Some(_) => true,
    }
}

/// Porter's m: how often a vowel is followed by a consonant.
fn measure(word: &str) -> usize {
    let bytes = word.as_bytes();
    (1..bytes.len()).filter(|at| consonant(bytes, *at) && !consonant(bytes, at - 1)).count()
}

fn has_vowel(word: &str) -> bool {
    (0..word.len()).any(|at| !consonant(word.as_bytes(), at))
}

fn doubled(word: &str) -> bool {
    let bytes = word.as_bytes();
    let n = bytes.len();
    n >= 2 && bytes.get(n - 1) == bytes.get(n - 2) && consonant(bytes, n - 1)
}

/// Consonant, vowel, consonant at the end, the last not w, x or y: “hop”.
fn short(word: &str) -> bool {
    let (bytes, n) = (word.as_bytes(), word.len());
    n >= 3
        && consonant(bytes, n - 1)
        && !consonant(bytes, n - 2)
        && consonant(bytes, n - 3)
        && !matches!(bytes.get(n - 1), Some(b'w' | b'x' | b'y'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(stem: fn(&str) -> String, forms: &[&[&str]]) {
        for group in forms {
            let stems: Vec<String> = group.iter().map(|w| stem(w)).collect();
            assert!(stems.iter().all(|s| s == &stems[0]), "{group:?} {stems:?}");
        }
    }

    #[test]
    fn forms_of_a_german_word_have_one_stem() {
        alike(
            german,
            &[
                &["rechnung", "rechnungen"],
                &["passwort", "passworter", "passwortern"],
                &["bestellen", "bestellt", "bestelle", "bestellte"],
                &["kaufen", "gekauft", "kaufe"],
                &["absagen", "abgesagt", "abzusagen", "absage"],
                &["kind", "kinder", "kindern", "kindes"],
            ],
        );
    }

    #[test]
    fn forms_of_an_english_word_have_one_stem() {
        alike(
            english,
            &[
                &["delete", "deleted", "deleting", "deletes", "deletion"],
                &["connect", "connected", "connecting", "connection", "connections"],
                &["country", "countries"],
                &["stop", "stopped", "stopping"],
                &["activate", "activation", "activated"],
                &["cancel", "cancelled", "cancels"],
                &["organize", "organization", "organise", "organisation"],
            ],
        );
    }

    #[test]
    fn different_words_keep_different_stems() {
        for (a, b) in [("bestellung", "beratung"), ("paket", "packung"), ("konto", "karte")] {
            assert_ne!(german(a), german(b));
        }
        for (a, b) in [("return", "retail"), ("order", "border"), ("account", "counter"), ("status", "state")]
        {
            assert_ne!(english(a), english(b));
        }
    }

    #[test]
    fn words_that_are_not_plain_letters_stay() {
        assert_eq!(german("日本語"), "日本語");
        assert_eq!(english("ελλάδα"), "ελλάδα");
        assert_eq!(english("2fa"), "2fa");
    }
}
