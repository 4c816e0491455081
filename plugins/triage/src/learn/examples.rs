//! Tickets that a person corrected, each as an example by itself: what is much like one of them is sorted as it
//! was. Needs no model. Knows hashed features, labels and numbers, no texts.

use super::chunk::{self, Sample, unvarint, varint};
use super::corpus;
use super::fixes::{by_bucket, likeness};
use super::history::Field;
use super::model;
use crate::features::{Bag, Feature, Words, as_u32};

/// Examples kept; the oldest go first.
const EXAMPLES_MAX: usize = 64;
/// Examples kept of one customer's tickets.
const PER_REQUESTER: usize = 4;
/// Words of a text that are looked at: people say early what they want, and every prediction reads all examples.
const WORDS_MAX: usize = 200;
/// Least cosine at which an example speaks; docs/triage.md has the figures.
const ALIKE_MIN: f32 = 0.4;
/// From this cosine on, texts are copies of each other.
const COPY_MIN: f32 = 0.7;
/// The nearest example of another label is at most this share as near.
const OTHERS_MAX: f32 = 0.7;
/// Words that a text and its example have in common at least: one rare word makes short texts alike.
const COMMON_MIN: usize = 3;
/// Words that everyone writes, whatever it is about; `0` stands for numbers.
const EVERYONES: &str = include_str!("examples/common.txt");
/// A step of a weight that is one.
const PLAIN: u8 = 30;

/// One corrected ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Digest of its id; a second correction of it replaces the first.
    pub key: u64,
    /// Its number, for people.
    pub ticket: u64,
    /// When it was corrected, milliseconds since 1970.
    pub at_ms: u64,
    /// Digest of who asked.
    pub requester: u32,
    /// What a person sorted it as.
    pub label: String,
    /// What it was before; empty: nothing.
    pub instead_of: String,
    /// The team that a person gave it to; empty: none did.
    pub team: String,
    /// Its features.
    pub bag: Bag,
}

/// All examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examples {
    /// What their labels are of.
    pub field: Field,
    /// Oldest first.
    pub all: Vec<Example>,
}

/// What the nearest example says.
#[derive(Debug, Clone, PartialEq)]
pub struct Like {
    /// What the label is of.
    pub field: Field,
    /// Number of the example's ticket.
    pub ticket: u64,
    /// What a person sorted it as.
    pub label: String,
    /// What it was before; empty: nothing.
    pub instead_of: String,
    /// The team that a person gave it to; empty: none did.
    pub team: String,
    /// 0 to 1.
    pub confidence: f32,
    /// Words that both have, as the new text has them, strongest first.
    pub evidence: Vec<String>,
}

/// A text as it is compared: its words, and which of them say something.
struct Text {
    words: Words,
    telling: Vec<bool>,
}

impl Text {
    fn of(text: &str) -> Self {
        let words = Words::of(text);
        let mut common = Vec::new();
        Words::of(EVERYONES).features(corpus::BITS, |f| common.extend(is_word(f).then_some(f.bucket)));
        common.sort_unstable();
        let mut telling = vec![false; words.len()];
        words.features(corpus::BITS, |f| {
            if is_word(f)
                && (f.word as usize) < WORDS_MAX
                && let Some(telling) = telling.get_mut(f.word as usize)
            {
                *telling = common.binary_search(&f.bucket).is_err();
            }
        });
        Self { words, telling }
    }

    /// Whether all words of a feature say something.
    fn tells(&self, feature: Feature) -> bool {
        let words = feature.word as usize..(feature.word + feature.length) as usize;
        self.telling.get(words).is_some_and(|words| words.iter().all(|telling| *telling))
    }

    fn bag(&self) -> Bag {
        Bag::of_some(&self.words, corpus::BITS, |feature| self.tells(feature))
    }

    /// Buckets of the words that say something, each once.
    fn own_words(&self) -> Vec<u32> {
        let mut out = Vec::new();
        self.words.features(corpus::BITS, |f| out.extend((is_word(f) && self.tells(f)).then_some(f.bucket)));
        out.sort_unstable();
        out.dedup();
        out
    }

    /// The words that an example has too, those first that make both most alike.
    fn shared_with(&self, text: &str, mine: &[(u32, f32)], example: &Example) -> Vec<String> {
        let theirs = values(&example.bag);
        let value = |values: &[(u32, f32)], bucket: u32| -> f32 {
            let at = values.binary_search_by_key(&bucket, |v| v.0);
            at.ok().and_then(|at| values.get(at)).map_or(0.0, |v| v.1)
        };
        let mut says = vec![0.0_f32; self.words.len()];
        let mut shared = vec![false; self.words.len()];
        self.words.features(corpus::BITS, |f| {
            if !self.tells(f) {
                return;
            }
            let part = value(mine, f.bucket) * value(&theirs, f.bucket) / corpus::f32_of(f.length as usize);
            for word in f.word as usize..(f.word + f.length) as usize {
                if let (Some(says), Some(shared)) = (says.get_mut(word), shared.get_mut(word)) {
                    *says += part;
                    *shared |= is_word(f) && example.has(f.bucket);
                }
            }
        });
        for (says, _) in says.iter_mut().zip(shared).filter(|(_, shared)| !shared) {
            *says = 0.0;
        }
        model::strongest(&says, &self.words, text)
    }
}

/// Whether a feature is a word by itself.
const fn is_word(feature: Feature) -> bool {
    feature.block == 0 && feature.length == 1
}

/// Log of the occurrences, each block as long as the other, both together one.
fn values(bag: &Bag) -> Vec<(u32, f32)> {
    let mut out = Vec::new();
    corpus::values(bag, |_| PLAIN, PLAIN, |bucket, value| out.push((bucket, value)));
    by_bucket(&out)
}

/// The features of a text, as an example keeps them.
#[must_use]
pub fn bag(text: &str) -> Bag {
    Text::of(text).bag()
}

impl Example {
    /// Whether it has a word.
    fn has(&self, bucket: u32) -> bool {
        let [words, _] = &self.bag.blocks;
        words.binary_search_by_key(&bucket, |line| line.0).is_ok()
    }
}

impl Examples {
    /// None yet.
    #[must_use]
    pub const fn none(field: Field) -> Self {
        Self { field, all: Vec::new() }
    }

    /// Takes in an example, in place of an earlier one of its ticket.
    pub fn learn(&mut self, example: Example) {
        self.all.retain(|old| old.key != example.key);
        while self.all.iter().filter(|old| old.requester == example.requester).count() >= PER_REQUESTER {
            if let Some(oldest) = self.all.iter().position(|old| old.requester == example.requester) {
                self.all.remove(oldest);
            }
        }
        if self.all.len() >= EXAMPLES_MAX {
            self.all.remove(0);
        }
        self.all.push(example);
    }

    /// The example of a ticket.
    #[must_use]
    pub fn of(&self, key: u64) -> Option<&Example> {
        self.all.iter().find(|example| example.key == key)
    }

    /// What the nearest example says of a text; none where none is near enough, or one of another label nearly
    /// as near.
    #[must_use]
    pub fn like(&self, text: &str) -> Option<Like> {
        if self.all.is_empty() {
            return None;
        }
        let seen = Text::of(text);
        let mine = values(&seen.bag());
        let alike: Vec<f32> = self.all.iter().map(|one| likeness(&mine, &values(&one.bag))).collect();
        let (nearest, alike_most) = self.all.iter().zip(&alike).max_by(|a, b| a.1.total_cmp(b.1))?;
        let others = || self.all.iter().zip(&alike).filter(|(other, _)| other.label != nearest.label);
        let rival = others().map(|(_, alike)| *alike).fold(0.0, f32::max);
        if *alike_most < ALIKE_MIN || rival > OTHERS_MAX * alike_most {
            return None;
        }
        let is_own = |bucket: &u32| others().all(|(other, _)| !other.has(*bucket));
        let copies = *alike_most >= COPY_MIN;
        let shared = seen.own_words().into_iter().filter(|bucket| nearest.has(*bucket));
        if shared.filter(|bucket| copies || is_own(bucket)).count() < COMMON_MIN {
            return None;
        }
        Some(Like {
            field: self.field,
            ticket: nearest.ticket,
            label: nearest.label.clone(),
            instead_of: nearest.instead_of.clone(),
            team: nearest.team.clone(),
            confidence: confidence(*alike_most),
            evidence: seen.shared_with(text, &mine, nearest),
        })
    }
}

/// About 95 % are right from the least likeness on; a copy is hardly ever wrong.
fn confidence(alike: f32) -> f32 {
    0.12_f32.mul_add(alike.min(1.0), 0.85)
}

/// Mark of the format, in front of the bytes. The first one knew tickets by their numbers only.
const FORMAT: u8 = 2;

impl Examples {
    /// As bytes: every prediction reads them, so they are short.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![FORMAT, code(self.field)];
        for one in &self.all {
            out.extend(one.key.to_le_bytes());
            out.extend(one.ticket.to_le_bytes());
            out.extend(one.at_ms.to_le_bytes());
            out.extend(one.requester.to_le_bytes());
            for name in [&one.label, &one.instead_of, &one.team] {
                varint(&mut out, as_u32(name.len()));
                out.extend(name.as_bytes());
            }
            chunk::write(&mut out, &Sample { label: 0, requester: 0, minute: 0, bag: one.bag.clone() });
        }
        out
    }

    /// From bytes; none where they make no sense.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let [FORMAT, of, rest @ ..] = bytes else { return None };
        let field = FIELDS.into_iter().find(|field| code(*field) == *of)?;
        let mut out = Self::none(field);
        let mut at = 0;
        while at < rest.len() {
            out.all.push(example(rest, &mut at)?);
        }
        Some(out)
    }
}

const FIELDS: [Field; 4] = [Field::Category, Field::Team, Field::Type, Field::Sentiment];

/// How a field is written down.
const fn code(field: Field) -> u8 {
    match field {
        Field::Category => 0,
        Field::Team => 1,
        Field::Type => 2,
        Field::Sentiment => 3,
    }
}

fn example(bytes: &[u8], at: &mut usize) -> Option<Example> {
    Some(Example {
        key: u64::from_le_bytes(super::fixes::taken(bytes, at)?),
        ticket: u64::from_le_bytes(super::fixes::taken(bytes, at)?),
        at_ms: u64::from_le_bytes(super::fixes::taken(bytes, at)?),
        requester: u32::from_le_bytes(super::fixes::taken(bytes, at)?),
        label: name(bytes, at)?,
        instead_of: name(bytes, at)?,
        team: name(bytes, at)?,
        bag: chunk::read(bytes, at)?.bag,
    })
}

fn name(bytes: &[u8], at: &mut usize) -> Option<String> {
    let length = unvarint(bytes, at)? as usize;
    let found = std::str::from_utf8(bytes.get(*at..at.checked_add(length)?)?).ok()?.to_owned();
    *at += length;
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_come_back_as_they_were_kept_and_bytes_cut_short_are_none() {
        let one = Example {
            key: u64::MAX,
            ticket: 12,
            at_ms: u64::MAX,
            requester: u32::MAX,
            label: "Rückgabe".to_owned(),
            instead_of: String::new(),
            team: "billing".to_owned(),
            bag: bag("Where is my parcel? My parcel is late"),
        };
        let examples =
            Examples { field: Field::Team, all: vec![one.clone(), Example { key: 13, ticket: 13, ..one }] };
        let bytes = examples.bytes();
        assert_eq!(Examples::read(&bytes), Some(examples));
        assert_eq!(Examples::read(&bytes[..bytes.len() - 1]), None);
        let older = [&[1], &bytes[1..]].concat();
        assert_eq!(Examples::read(&older), None, "it knew tickets by numbers, which another house has too");
        assert_eq!(Examples::read(b"{}"), None);
        assert_eq!(Examples::read(&[]), None);
        assert!(!String::from_utf8_lossy(&bytes).contains("parcel"));
    }

    #[test]
    fn words_that_everyone_writes_and_numbers_are_no_features() {
        assert!(bag("Hello, thank you! Ich habe 12 und 345").is_empty());
        assert!(!bag("parcel").is_empty());
    }
}
