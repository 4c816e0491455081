//! Makes the table of word lists and the weights of the model of names.

use plugin_redaction::persons::lists::{
    self, COMMON, FIRST, HERALD, LAST, Lists, ORGANISATION, PARTICLE, PLACE, SLOT_BYTES, TITLE,
};
use plugin_redaction::persons::{Features, Line, SLOTS, Shape, TAGS, Tag, Word, features, read_line};

use crate::chance::Chance;
use crate::file;
use crate::templates::{Sample, fill, read};
use crate::words::{Words, list};

/// Texts per template that are trained on in a round, and rounds.
const PER_TEMPLATE: usize = 40;
const ROUNDS: usize = 8;
/// In so many cases of a hundred a name is treated as one that stands in no list, and so is any other word.
const UNKNOWN_NAMES: usize = 30;
const UNKNOWN_WORDS: usize = 25;
/// Slots of the table of lists.
const TABLE_SLOTS: usize = 1 << 15;
const SEED: u64 = 20_261_126;

const PARTICLES: &str =
    "von van de der den del della di da do dos du la le el al bin ibn ben zum af av ter ten vom zur";
const HERALDS: &str = "name heiße heisse heißt bin ist is am i'm im dear hi hey hello hallo liebe lieber grüße gruß lg vg mfg regards thanks cheers best \
 sincerely wishes danke von from this hier an und and it's bin's namens named called user";

pub(crate) fn run() -> std::io::Result<()> {
    let table = table()?;
    std::fs::write(file("model/lists.bin"), &table)?;
    let words = Words::for_training()?;
    let templates: Vec<(String, &'static str)> =
        [("de", "corpus/train/de.txt"), ("en", "corpus/train/en.txt")]
            .into_iter()
            .map(|(language, path)| Ok(read(path)?.into_iter().map(move |t| (t, language))))
            .collect::<std::io::Result<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect();
    let mut trainer = Trainer::new(table);
    let mut chance = Chance::new(SEED);
    for round in 0..ROUNDS {
        let mut order: Vec<usize> =
            (0..templates.len() * PER_TEMPLATE).map(|i| i % templates.len()).collect();
        chance.shuffle(&mut order);
        trainer.wrong = 0;
        for place in order {
            let (template, language) = &templates[place];
            let sample = fill(template, language, &words, &mut chance);
            trainer.learn(&sample, &mut chance);
        }
        println!(
            "round {round}: {} wrong decisions in {} texts",
            trainer.wrong,
            templates.len() * PER_TEMPLATE
        );
    }
    let bytes = trainer.finish();
    println!(
        "{} bytes of weights, {} of them not zero",
        bytes.len(),
        bytes.iter().filter(|b| **b != 0).count()
    );
    std::fs::write(file("model/weights.bin"), bytes)
}

/// The table of word lists: fingerprints with the lists that have the word.
fn table() -> std::io::Result<Vec<u8>> {
    let mut table = vec![0; TABLE_SLOTS * SLOT_BYTES];
    let files = [
        ("corpus/lists/first.txt", FIRST),
        ("corpus/lists/last.txt", LAST),
        ("corpus/lists/common.txt", COMMON),
        ("corpus/lists/places.txt", PLACE),
        ("corpus/lists/titles.txt", TITLE),
        ("corpus/lists/organisations.txt", ORGANISATION),
        ("corpus/lists/things.txt", COMMON),
        ("corpus/lists/brands.txt", ORGANISATION),
        ("corpus/lists/far.txt", PLACE),
    ];
    for (path, bit) in files {
        for word in list(path)? {
            insert(&mut table, &word, bit);
        }
    }
    for (words, bit) in [(PARTICLES, PARTICLE), (HERALDS, HERALD)] {
        for word in words.split_whitespace() {
            insert(&mut table, word, bit);
        }
    }
    Ok(table)
}

/// A word and its spellings without marks: "Müller", "Mueller", "Muller".
fn insert(table: &mut [u8], word: &str, bit: u8) {
    let lower = word.to_lowercase();
    let umlauts = lower.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss");
    let bare: String = lower.chars().map(bare).collect();
    // An "ae" of a common word may be a name, so marks fall from names only.
    let spellings = if bit & (FIRST | LAST) != 0 { vec![lower, umlauts, bare] } else { vec![lower, umlauts] };
    for spelling in spellings {
        put(table, lists::hash(spelling.as_bytes()), bit);
    }
}

fn bare(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ã' | 'å' | 'ă' | 'ą' | 'ä' => 'a',
        'č' | 'ć' | 'ç' => 'c',
        'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ě' => 'e',
        'í' | 'ì' | 'î' | 'ï' | 'ı' => 'i',
        'ł' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ó' | 'ò' | 'ô' | 'õ' | 'ø' | 'ő' | 'ö' => 'o',
        'ř' => 'r',
        'š' | 'ś' | 'ş' | 'ș' => 's',
        'ť' | 'ț' => 't',
        'ú' | 'ù' | 'û' | 'ů' | 'ű' | 'ü' => 'u',
        'ý' => 'y',
        'ž' | 'ź' | 'ż' => 'z',
        'ğ' => 'g',
        'đ' => 'd',
        other => other,
    }
}

fn put(table: &mut [u8], hash: u32, bit: u8) {
    let slots = table.len() / SLOT_BYTES;
    let fingerprint = lists::fingerprint(hash);
    let mut slot = hash as usize & (slots - 1);
    while let Some(entry) = table.get_mut(slot * SLOT_BYTES..slot * SLOT_BYTES + SLOT_BYTES) {
        if entry[2] == 0 || entry[..2] == fingerprint {
            entry[..2].copy_from_slice(&fingerprint);
            entry[2] |= bit;
            return;
        }
        slot = (slot + 1) & (slots - 1);
    }
}

/// An averaged perceptron: the weights, their sums over time.
struct Trainer {
    table: Vec<u8>,
    weights: Vec<i32>,
    sums: Vec<i64>,
    touched: Vec<u64>,
    time: u64,
    wrong: usize,
}

/// A decision must be right by so much, or it is learned from.
const MARGIN: i32 = 4;

impl Trainer {
    fn new(table: Vec<u8>) -> Self {
        let size = (SLOTS + TAGS.len()) * TAGS.len();
        Self { table, weights: vec![0; size], sums: vec![0; size], touched: vec![0; size], time: 1, wrong: 0 }
    }

    fn learn(&mut self, sample: &Sample, chance: &mut Chance) {
        let mut line = Line::default();
        let mut at = 0;
        while at < sample.text.len() {
            at = read_line(sample.text.as_bytes(), at, &mut line);
            self.forget_some(&mut line, sample, chance);
            for place in 0..line.words.len() {
                let gold = gold(&line, place, sample);
                if line.is_candidate(place) {
                    self.time += 1;
                    let features = features(&line, place);
                    let before = line.tag(place, -1);
                    self.update(&features, before, gold);
                }
                line.words[place].tag = gold;
            }
        }
    }

    /// Words that the lists do not have are what the model is for.
    fn forget_some(&self, line: &mut Line, sample: &Sample, chance: &mut Chance) {
        for place in 0..line.words.len() {
            let named = gold(line, place, sample) != Tag::Out;
            let word = &mut line.words[place];
            let lower = sample.text[word.start..word.end].to_lowercase();
            let shape = word.shape;
            let capital = !matches!(shape, Shape::Lower | Shape::Number | Shape::Mark);
            word.lists = lists::of_in(
                &self.table,
                lower.as_bytes(),
                lists::hash(lower.as_bytes()),
                capital,
                lower.contains('-'),
            );
            let share = if named { UNKNOWN_NAMES } else { UNKNOWN_WORDS };
            let plain = word.lists.0 & !(FIRST | LAST | COMMON | PLACE) == 0;
            if plain && chance.percent(share) {
                word.lists = Lists::NONE;
            }
        }
    }

    fn update(&mut self, features: &Features, before: Tag, gold: Tag) {
        let score =
            |tag: Tag| -> i32 { self.places(features, before, tag).iter().map(|p| self.weights[*p]).sum() };
        let scores = TAGS.map(score);
        let right = scores[gold as usize];
        let best =
            TAGS.into_iter().filter(|t| *t != gold).max_by_key(|t| scores[*t as usize]).unwrap_or_default();
        if right > scores[best as usize] + MARGIN {
            return;
        }
        self.wrong += usize::from(right <= scores[best as usize]);
        for (tag, step) in [(gold, 1), (best, -1)] {
            for place in self.places(features, before, tag) {
                let since = i64::try_from(self.time - self.touched[place]).unwrap_or(0);
                self.sums[place] += since * i64::from(self.weights[place]);
                self.touched[place] = self.time;
                self.weights[place] += step;
            }
        }
    }

    fn places(&self, features: &Features, before: Tag, tag: Tag) -> Vec<usize> {
        let after = SLOTS * TAGS.len() + before as usize * TAGS.len();
        features.iter().map(|f| f * TAGS.len()).chain([after]).map(|p| p + tag as usize).collect()
    }

    /// Averages, scaled to signed bytes.
    fn finish(mut self) -> Vec<u8> {
        for place in 0..self.weights.len() {
            let since = i64::try_from(self.time - self.touched[place]).unwrap_or(0);
            self.sums[place] += since * i64::from(self.weights[place]);
        }
        let scale = SCALE / self.time as f64;
        self.sums
            .iter()
            .map(|s| ((*s as f64 * scale).round().clamp(-127.0, 127.0) as i8).cast_unsigned())
            .collect()
    }
}

/// What an average weight of one becomes.
const SCALE: f64 = 8.0;

/// The right tag of a word.
fn gold(line: &Line, place: usize, sample: &Sample) -> Tag {
    let word = &line.words[place];
    let within =
        |w: &Word| sample.spans.iter().position(|s| s.2 == "PERSON" && s.0 <= w.start && w.end <= s.1);
    let mark = |w: &Word| w.shape == Shape::Mark;
    match within(word) {
        Some(_) if mark(word) => Tag::Out,
        Some(span) => {
            let before = place.checked_sub(1).map(|p| &line.words[p]).filter(|w| !mark(w)).and_then(within);
            if before == Some(span) { Tag::Goes } else { Tag::Begins }
        }
        None => Tag::Out,
    }
}
