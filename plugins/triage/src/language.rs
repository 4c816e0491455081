//! What a text is written in: a linear model over the letter groups of its words, learnt from the sentences in
//! `language/sentences.txt`; other scripts than the Latin one say it by themselves. Knows no rules.

use crate::text::Word;

/// Languages in order of the table's columns.
pub const LANGUAGES: [(&str, &str); 15] = [
    ("de", "German"),
    ("en", "English"),
    ("fr", "French"),
    ("es", "Spanish"),
    ("it", "Italian"),
    ("nl", "Dutch"),
    ("pt", "Portuguese"),
    ("pl", "Polish"),
    ("tr", "Turkish"),
    ("sv", "Swedish"),
    ("da", "Danish"),
    ("cs", "Czech"),
    ("ro", "Romanian"),
    ("hu", "Hungarian"),
    ("fi", "Finnish"),
];
/// Languages that are told by their script.
const SCRIPTS: [(&str, &str); 9] = [
    ("ru", "Russian"),
    ("uk", "Ukrainian"),
    ("el", "Greek"),
    ("ar", "Arabic"),
    ("he", "Hebrew"),
    ("ja", "Japanese"),
    ("ko", "Korean"),
    ("zh", "Chinese"),
    ("th", "Thai"),
];
/// Words that are looked at: a request says early what it is written in.
const WORDS_MAX: usize = 60;
/// Characters of one word that are looked at.
const WORD_CHARS_MAX: usize = 24;
/// Longest letter group.
const GROUP_MAX: usize = 4;
/// Buckets of the table.
const BUCKETS: usize = 8_192;
/// One step of a weight in the table.
const STEP: f32 = 1.0 / 12.0;
/// How much the scores of a text are stretched into a confidence.
const SHARPNESS: f32 = 0.8;
/// Words of evidence.
const EVIDENCE_MAX: usize = 5;

/// Weights in steps, a column a language.
static TABLE: &[u8] = include_bytes!("language/table.bin");

/// What a text seems to be written in.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    /// ISO 639-1 code; none for too little text.
    pub language: Option<&'static str>,
    /// Its English name.
    pub name: &'static str,
    /// 0 to 1.
    pub confidence: f32,
    /// The words that decided.
    pub evidence: Vec<String>,
}

const UNKNOWN: Guess = Guess { language: None, name: "", confidence: 0.0, evidence: Vec::new() };

/// Guesses the language.
#[must_use]
pub fn guess(words: &[Word]) -> Guess {
    let words: Vec<&Word> =
        words.iter().filter(|w| w.shown.chars().any(char::is_alphabetic)).take(WORDS_MAX).collect();
    if let Some(script) = script(&words) {
        return script;
    }
    let mut sums = [0.0_f32; LANGUAGES.len()];
    let mut by_word = vec![[0.0_f32; LANGUAGES.len()]; words.len()];
    let mut groups = 0.0_f32;
    for (word, own) in words.iter().zip(&mut by_word) {
        buckets(&word.shown, |bucket| {
            groups += 1.0;
            add(own, bucket);
        });
        sums.iter_mut().zip(own).for_each(|(sum, own)| *sum += *own);
    }
    if groups == 0.0 {
        return UNKNOWN;
    }
    // Scores of unit length, as they were learnt; more words make surer.
    let scale = SHARPNESS / groups.sqrt();
    sums.iter_mut().for_each(|sum| *sum *= scale);
    let (best, second) = crate::learn::calibrate::two_best(&sums);
    crate::learn::softmax::softmax(&mut sums);
    let says = |own: &[f32; LANGUAGES.len()]| own.get(best).zip(own.get(second)).map_or(0.0, |(a, b)| a - b);
    let mut order: Vec<(f32, &str)> =
        words.iter().zip(&by_word).map(|(w, own)| (says(own), w.shown.as_str())).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let mut evidence: Vec<String> = Vec::new();
    for word in order.iter().filter(|(says, _)| *says > 0.0).map(|(_, word)| word.to_lowercase()) {
        if !evidence.contains(&word) && evidence.len() < EVIDENCE_MAX {
            evidence.push(word);
        }
    }
    let (code, name) = LANGUAGES.get(best).copied().unwrap_or_default();
    let confidence = sums.get(best).copied().unwrap_or(0.0).clamp(0.0, 0.99);
    Guess { language: Some(code), name, confidence, evidence }
}

fn add(sums: &mut [f32; LANGUAGES.len()], bucket: usize) {
    let from = bucket * LANGUAGES.len();
    for (sum, step) in sums.iter_mut().zip(TABLE.get(from..from + LANGUAGES.len()).unwrap_or_default()) {
        *sum += f32::from(step.cast_signed()) * STEP;
    }
}

/// Buckets of a word: its letter groups of one to four, and itself.
fn buckets(word: &str, mut each: impl FnMut(usize)) {
    let mut chars = vec![' '];
    chars
        .extend(word.chars().flat_map(char::to_lowercase).filter(|c| c.is_alphabetic()).take(WORD_CHARS_MAX));
    chars.push(' ');
    if chars.len() == 2 {
        return;
    }
    for start in 0..chars.len() {
        let mut hash = 0x811c_9dc5_u32;
        for (n, c) in chars.iter().skip(start).take(GROUP_MAX).enumerate() {
            hash = mixed(hash, *c);
            if n > 0 || *c != ' ' {
                each(place(hash));
            }
        }
    }
    each(place(chars.iter().fold(0x27d4_eb2f, |hash, c| mixed(hash, *c))));
}

fn mixed(hash: u32, c: char) -> u32 {
    (hash ^ u32::from(c)).wrapping_mul(0x85eb_ca6b).rotate_left(13)
}

fn place(hash: u32) -> usize {
    (hash.wrapping_mul(0xc2b2_ae35) >> 16) as usize % BUCKETS
}

/// A language by its script, when most letters belong to one.
fn script(words: &[&Word]) -> Option<Guess> {
    let mut counts = [0_usize; SCRIPTS.len()];
    let mut all = 0;
    for c in words.iter().flat_map(|w| w.shown.chars()).filter(|c| c.is_alphabetic()) {
        all += 1;
        let code = match c {
            'і' | 'ї' | 'є' | 'ґ' | 'І' | 'Ї' | 'Є' => "uk",
            '\u{400}'..='\u{4ff}' => "ru",
            '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => "el",
            '\u{600}'..='\u{6ff}' => "ar",
            '\u{590}'..='\u{5ff}' => "he",
            '\u{3040}'..='\u{30ff}' => "ja",
            '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}' => "ko",
            '\u{4e00}'..='\u{9fff}' => "zh",
            '\u{e00}'..='\u{e7f}' => "th",
            _ => continue,
        };
        if let Some(n) = SCRIPTS.iter().position(|(own, _)| *own == code).and_then(|at| counts.get_mut(at)) {
            *n += 1;
        }
    }
    let of = |code: &str| SCRIPTS.iter().zip(&counts).find(|(s, _)| s.0 == code).map_or(0, |(_, n)| *n);
    if counts.iter().sum::<usize>() * 2 <= all {
        return None;
    }
    // Ukrainian and Japanese share most letters with Russian and Chinese; their own ones tell.
    let code = if of("uk") * 30 > of("ru") && of("uk") > 0 {
        "uk"
    } else if of("ja") * 10 > of("zh") && of("ja") > 0 {
        "ja"
    } else {
        SCRIPTS.iter().zip(&counts).max_by_key(|(_, n)| **n).map(|(s, _)| s.0)?
    };
    let (code, name) = SCRIPTS.iter().copied().find(|(own, _)| *own == code)?;
    Some(Guess { language: Some(code), name, confidence: 0.9, evidence: Vec::new() })
}

#[cfg(test)]
mod tests;
