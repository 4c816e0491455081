//! The word lists of `corpus/`, and names and things made of them.

use crate::chance::Chance;
use crate::file;

/// Words to fill templates with.
pub(crate) struct Words {
    pub(crate) first: Vec<String>,
    pub(crate) last: Vec<String>,
    pub(crate) nouns: Vec<String>,
    pub(crate) english: Vec<String>,
    pub(crate) places: Vec<String>,
    pub(crate) firms: Vec<String>,
    /// What is nobody and sounds like somebody.
    pub(crate) things: Vec<String>,
}

/// The words of a list; a line that begins with # is a comment.
pub(crate) fn list(path: &str) -> std::io::Result<Vec<String>> {
    let text = std::fs::read_to_string(file(path))?;
    let lines = text.lines().filter(|l| !l.starts_with('#'));
    Ok(lines.flat_map(str::split_whitespace).map(str::to_owned).collect())
}

/// The blocks of the list of common words: German nouns, then small words, days, English.
fn blocks(path: &str) -> std::io::Result<Vec<Vec<String>>> {
    let text = std::fs::read_to_string(file(path))?;
    Ok(text
        .lines()
        .filter(|l| !l.starts_with('#'))
        .map(|l| l.split_whitespace().map(str::to_owned).collect())
        .collect())
}

impl Words {
    /// Words for training: the names of the plugin's own lists.
    pub(crate) fn for_training() -> std::io::Result<Self> {
        Self::of(list("corpus/lists/first.txt")?, list("corpus/lists/last.txt")?)
    }

    /// Words for the score: half of the names stand in no list of the plugin.
    pub(crate) fn for_score() -> std::io::Result<Self> {
        let half = |unknown: &str, known: &str| -> std::io::Result<Vec<String>> {
            let unknown = list(unknown)?;
            let known = list(known)?;
            let step = (known.len() / unknown.len()).max(1);
            Ok(known.into_iter().step_by(step).chain(unknown).collect())
        };
        Self::of(
            half("corpus/score/first.txt", "corpus/lists/first.txt")?,
            half("corpus/score/last.txt", "corpus/lists/last.txt")?,
        )
    }

    fn of(first: Vec<String>, last: Vec<String>) -> std::io::Result<Self> {
        let mut common = blocks("corpus/lists/common.txt")?.into_iter();
        let nouns = common.next().unwrap_or_default();
        let english = common.next_back().unwrap_or_default();
        let places = list("corpus/lists/places.txt")?;
        let firms = list("corpus/lists/organisations.txt")?;
        let things = ["corpus/lists/things.txt", "corpus/lists/brands.txt", "corpus/lists/far.txt"]
            .into_iter()
            .map(list)
            .collect::<std::io::Result<Vec<_>>>()?
            .concat();
        Ok(Self { first, last, nouns, english, places, firms, things })
    }

    /// First and family name as people write them.
    pub(crate) fn name(&self, chance: &mut Chance) -> String {
        let first = chance.pick(&self.first).clone();
        let last = chance.pick(&self.last).clone();
        match chance.below(20) {
            0 => format!("{first} {}", chance.pick(&self.first).clone() + " " + &last),
            1 => format!("{first}-{} {last}", chance.pick(&self.first)),
            2 => format!("{first} {last}-{}", chance.pick(&self.last)),
            3 => format!("{first} {}. {last}", chance.of("ABCDEFGHJKLMPRSTW", 1)),
            4 => format!(
                "{first} {} {last}",
                chance.pick(&["von", "van", "de", "van der", "von der", "di", "el", "bin", "del"])
            ),
            _ => format!("{first} {last}"),
        }
    }

    /// A German compound that stands in no list.
    pub(crate) fn compound(&self, chance: &mut Chance) -> String {
        let mut head = chance.pick(&self.nouns).clone();
        if head.ends_with(['g', 't', 'n', 'd']) && chance.percent(60) {
            head.push('s');
        }
        head + &chance.pick(&self.nouns).to_lowercase()
    }

    /// A firm: of a surname, of nouns, of invented syllables, or a known one.
    pub(crate) fn firm(&self, chance: &mut Chance) -> String {
        const LEGAL: &[&str] =
            &["GmbH", "AG", "Inc.", "Ltd", "KG", "e.V.", "SE", "Corp.", "LLC", "GmbH & Co. KG"];
        match chance.below(7) {
            0 => format!("{} {}", chance.pick(&self.last), chance.pick(LEGAL)),
            1 => format!("{} {}", self.compound(chance), chance.pick(LEGAL)),
            2 => format!("{} {}", invented(chance), chance.pick(LEGAL)),
            3 => invented(chance),
            4 => format!("Stadtwerke {}", chance.pick(&self.places)),
            5 => format!("{} & {} {}", chance.pick(&self.last), chance.pick(&self.last), chance.pick(LEGAL)),
            _ => chance.pick(&self.firms).clone(),
        }
    }

    /// A brand that stands in no list.
    pub(crate) fn brand(&self, chance: &mut Chance) -> String {
        match chance.below(5) {
            0 => {
                let mut noun = chance.pick(&self.nouns).to_lowercase();
                noun.truncate(noun.floor_char_boundary(4));
                let mut word = noun + *chance.pick(&["ix", "io", "on", "ly", "ify", "ara", "us", "ero"]);
                if let Some(first) = word.get_mut(..1) {
                    first.make_ascii_uppercase();
                }
                word
            }
            1 => format!("{} {}", invented(chance), invented(chance)),
            _ => invented(chance),
        }
    }

    /// A disease, a spice, a bird, a brand; or a substance that nobody has heard of.
    pub(crate) fn thing(&self, chance: &mut Chance) -> String {
        const ENDINGS: &[&str] =
            &["itis", "ose", "in", "ol", "at", "id", "ium", "an", "en", "ie", "um", "is", "or", "ette", "ia"];
        match chance.below(4) {
            0 => invented(chance) + *chance.pick(ENDINGS),
            _ => chance.pick(&self.things).clone(),
        }
    }

    /// "Debian-Version", "IP-Adresse".
    pub(crate) fn joined(&self, chance: &mut Chance) -> String {
        let head = match chance.below(3) {
            0 => chance.of("ABCDEFGIKLMNOPRSTU", 2),
            1 => invented(chance),
            _ => chance.pick(&self.nouns).clone(),
        };
        format!("{head}-{}", chance.pick(&self.nouns))
    }

    /// A thing one can buy.
    pub(crate) fn product(&self, chance: &mut Chance) -> String {
        match chance.below(4) {
            0 => format!("{} {}", invented(chance), chance.below(900) + 10),
            1 => format!(
                "{} {}",
                invented(chance),
                chance.pick(&["Pro", "Max", "Plus", "Mini", "Air", "Ultra", "Home", "Basic"])
            ),
            2 => format!("{} {}", chance.pick(&self.english), chance.pick(&self.english)),
            _ => invented(chance),
        }
    }
}

/// A brand of syllables.
fn invented(chance: &mut Chance) -> String {
    const SYLLABLES: &[&str] = &[
        "no", "va", "tek", "lu", "mi", "ra", "zen", "tro", "ba", "ki", "flex", "so", "nic", "ter", "vo",
        "pa", "dex", "qui", "lo", "rix", "sun", "car", "eco", "vi", "ta", "med", "ix", "on", "ora", "lyn",
    ];
    let count = 2 + chance.below(2);
    let mut word: String = (0..count).map(|_| *chance.pick(SYLLABLES)).collect();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}
