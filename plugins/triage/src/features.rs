//! Text to hashed features: words, word pairs, and the character groups inside words. What a feature means
//! is told only by walking the text again, so no customer's word is ever stored. Knows no labels.

use crate::text::{TEXT_CHARS_MAX, is_placeholder};

/// Kinds of features; each is scaled to length one by itself, so that many character groups do not drown
/// few words.
pub const BLOCKS: usize = 2;
/// Block of words and pairs.
const WORDS: usize = 0;
/// Block of character groups.
const CHARS: usize = 1;
/// Shortest and longest character group.
const GROUP: std::ops::RangeInclusive<usize> = 3..=5;
/// Characters of one word that are looked at; longer "words" are encoded data.
const WORD_CHARS_MAX: usize = 40;
/// Start values of the hashes, so that a pair is no word and a group is neither.
const SEEDS: [u64; 3] = [0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9];
/// Multiplier of the hash.
const MIX: u64 = 0x9FB2_1C65_1E98_DF25;

/// A text's words, folded, with the place of each in the text.
#[derive(Debug, Default, Clone)]
pub struct Words {
    /// Folded characters of all words, each word between two blanks.
    chars: Vec<u32>,
    /// For each word: where it begins and ends in `chars` (with both blanks).
    spans: Vec<(u32, u32)>,
    /// For each word: its bytes in the text.
    bytes: Vec<(u32, u32)>,
}

/// A feature of a text: its block, its hash, and the words it was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// Block.
    pub block: usize,
    /// Bucket.
    pub bucket: u32,
    /// First word.
    pub word: u32,
    /// Words.
    pub length: u32,
}

impl Words {
    /// Cuts a text into words. Digits become one mark, redacted data its class, apostrophes vanish.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut out = Self::default();
        let mut open: Option<u32> = None;
        let mut digits = false;
        let mut skip_to = 0;
        for (at, c) in text.char_indices().take(TEXT_CHARS_MAX) {
            if at < skip_to {
                continue;
            }
            if c == '['
                && let Some(name) = placeholder(text, at)
            {
                out.close(&mut open, at);
                skip_to = at + name.len() + 2;
                out.placeholder(name, at, skip_to);
            } else if c.is_alphanumeric() || c == '\u{308}' {
                if open.is_none() {
                    open = Some(as_u32(at));
                    out.begin();
                }
                let digit = c.is_numeric();
                if !(digit && digits) {
                    out.fold(if digit { '0' } else { c });
                }
                digits = digit;
                continue;
            } else if !matches!(c, '\'' | '’' | '\u{ad}') {
                out.close(&mut open, at);
            }
            digits = false;
        }
        let end = text.char_indices().nth(TEXT_CHARS_MAX).map_or(text.len(), |(at, _)| at);
        out.close(&mut open, end);
        out
    }

    /// Words.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// A word as the text has it.
    #[must_use]
    pub fn shown<'t>(&self, text: &'t str, word: usize) -> &'t str {
        let (from, to) = self.bytes.get(word).copied().unwrap_or_default();
        text.get(from as usize..to as usize).unwrap_or_default()
    }

    /// Every feature, in order of the text.
    pub fn features(&self, bits: u32, mut each: impl FnMut(Feature)) {
        let mut before = None;
        for (word, (from, to)) in self.spans.iter().enumerate() {
            let padded = self.chars.get(*from as usize..*to as usize).unwrap_or_default();
            let inside = padded.get(1..padded.len().saturating_sub(1)).unwrap_or_default();
            let word = as_u32(word);
            let own = inside.iter().fold(SEEDS[0], |hash, c| mixed(hash, *c));
            each(Feature { block: WORDS, bucket: bucket(own, bits), word, length: 1 });
            if let Some(before) = before {
                let pair = bucket(mixed(SEEDS[1] ^ before, as_u32(own as usize)) ^ own, bits);
                each(Feature { block: WORDS, bucket: pair, word: word - 1, length: 2 });
            }
            before = Some(own);
            for start in 0..padded.len() {
                let mut hash = SEEDS[2];
                for (n, c) in padded.iter().skip(start).take(*GROUP.end()).enumerate() {
                    hash = mixed(hash, *c);
                    if GROUP.contains(&(n + 1)) {
                        each(Feature { block: CHARS, bucket: bucket(hash, bits), word, length: 1 });
                    }
                }
            }
        }
    }

    fn begin(&mut self) {
        self.spans.push((as_u32(self.chars.len()), 0));
        self.chars.push(u32::from(' '));
    }

    fn close(&mut self, open: &mut Option<u32>, at: usize) {
        if let Some(from) = open.take() {
            self.chars.push(u32::from(' '));
            if let Some(last) = self.spans.last_mut() {
                last.1 = as_u32(self.chars.len());
            }
            self.bytes.push((from, as_u32(at)));
        }
    }

    /// A placeholder is one word of its class: that there was an IBAN says much, its number nothing.
    fn placeholder(&mut self, name: &str, from: usize, to: usize) {
        let class = name.trim_end_matches(|c: char| c == '-' || c.is_ascii_digit());
        self.begin();
        self.chars.push(u32::from('['));
        self.chars.extend(class.chars().map(|c| u32::from(c.to_ascii_lowercase())));
        self.close(&mut Some(as_u32(from)), to);
    }

    fn fold(&mut self, c: char) {
        let begun = self.spans.last().map_or(0, |s| s.0 as usize);
        if self.chars.len() - begun > WORD_CHARS_MAX {
            return;
        }
        if c.is_ascii() {
            self.chars.push(u32::from(c.to_ascii_lowercase()));
            return;
        }
        for c in c.to_lowercase() {
            let (first, second) = plain(c);
            self.chars.push(u32::from(first));
            self.chars.extend(second.map(u32::from));
        }
    }
}

/// Letters with marks in plain letters, umlauts spelled out.
fn plain(c: char) -> (char, Option<char>) {
    match c {
        'ä' | 'æ' => ('a', Some('e')),
        'ö' | 'œ' => ('o', Some('e')),
        'ü' => ('u', Some('e')),
        'ß' => ('s', Some('s')),
        '\u{308}' => ('e', None),
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ą' => ('a', None),
        'ç' | 'ć' | 'č' => ('c', None),
        'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => ('e', None),
        'ì' | 'í' | 'î' | 'ï' | 'ı' => ('i', None),
        'ł' => ('l', None),
        'ñ' | 'ń' | 'ň' => ('n', None),
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ő' => ('o', None),
        'ś' | 'š' | 'ş' => ('s', None),
        'ù' | 'ú' | 'û' | 'ů' | 'ű' => ('u', None),
        'ý' => ('y', None),
        'ź' | 'ż' | 'ž' => ('z', None),
        other => (other, None),
    }
}

fn placeholder(text: &str, at: usize) -> Option<&str> {
    let inside = text.get(at + 1..)?;
    let name = inside.get(..inside.bytes().take(42).position(|b| b == b']')?)?;
    is_placeholder(name).then_some(name)
}

fn mixed(hash: u64, c: u32) -> u64 {
    (hash ^ u64::from(c)).wrapping_mul(MIX).rotate_left(23)
}

fn bucket(hash: u64, bits: u32) -> u32 {
    // The high bits of a product depend on all bits below.
    as_u32((hash.wrapping_mul(MIX) >> (64 - bits)) as usize)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "texts, buckets and hashes' low halves fit by construction"
)]
pub(crate) const fn as_u32(n: usize) -> u32 {
    n as u32
}

/// How often each bucket occurs in a text, per block, in order of the buckets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bag {
    /// (bucket, occurrences), ascending.
    pub blocks: [Vec<(u32, u16)>; BLOCKS],
}

impl Bag {
    /// Counts the features of a text.
    #[must_use]
    pub fn of(words: &Words, bits: u32) -> Self {
        Self::of_some(words, bits, |_| true)
    }

    /// Counts those features of a text that are wanted.
    #[must_use]
    pub fn of_some(words: &Words, bits: u32, wanted: impl Fn(Feature) -> bool) -> Self {
        let mut all: [Vec<u32>; BLOCKS] = Default::default();
        words.features(bits, |f| {
            if let Some(block) = all.get_mut(f.block).filter(|_| wanted(f)) {
                block.push(f.bucket);
            }
        });
        Self { blocks: all.map(counted) }
    }

    /// Whether the text had no word.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.iter().all(Vec::is_empty)
    }
}

fn counted(mut buckets: Vec<u32>) -> Vec<(u32, u16)> {
    buckets.sort_unstable();
    let mut out: Vec<(u32, u16)> = Vec::with_capacity(buckets.len());
    for bucket in buckets {
        match out.last_mut() {
            Some((last, n)) if *last == bucket => *n = n.saturating_add(1),
            _ => out.push((bucket, 1)),
        }
    }
    out
}
