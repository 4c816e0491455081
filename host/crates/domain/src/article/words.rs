//! From text to words that can be compared: folding of case, umlauts and accents, stop words, and the
//! language's stems. Knows German and English; words of other languages are folded only. Refuses to know
//! what the words are compared for.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::LazyLock;

use super::stem;

/// Whose words they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Tongue {
    /// `de`
    German,
    /// `en`
    English,
    /// Any other: folded, not stemmed.
    Other,
}

/// How much a word can say about what a text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// “the”, “bitte”: nothing.
    Stop,
    /// “want”, “Problem”: little, as every request could have it.
    Weak,
    /// Everything else.
    Telling,
}

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Folded, as written.
    pub(super) folded: String,
    /// Folded and stemmed: equal for all forms of the word.
    pub(super) stem: String,
    /// How much it says.
    pub(super) kind: Kind,
}

/// Reads texts of one language; a word that was seen before costs a look-up.
pub(super) struct Reader {
    tongue: Tongue,
    seen: HashMap<String, u32>,
    words: Vec<Rc<Word>>,
}

impl Reader {
    pub(super) fn new(tongue: Tongue) -> Self {
        Self { tongue, seen: HashMap::new(), words: Vec::new() }
    }

    /// The words of a text, at most so many, as positions among all that were read.
    pub(super) fn read(&mut self, text: &str, limit: usize) -> Vec<u32> {
        let number = |raw: Cow<'_, str>| {
            if let Some(number) = self.seen.get(raw.as_ref()) {
                return *number;
            }
            let number = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
            self.words.push(Rc::new(self.tongue.word(&raw)));
            self.seen.insert(raw.into_owned(), number);
            number
        };
        split(text).take(limit).map(number).collect()
    }

    /// All words that were read, each once.
    pub(super) fn into_words(self) -> Vec<Rc<Word>> {
        self.words
    }

    /// The words of a text, at most so many.
    pub(super) fn words(&mut self, text: &str, limit: usize) -> Vec<Rc<Word>> {
        let numbers = self.read(text, limit);
        numbers.iter().filter_map(|number| self.words.get(*number as usize)).map(Rc::clone).collect()
    }
}

/// Letters of the longest word that is looked at; longer ones are cut.
const WORD_CHARS_MAX: usize = 40;
/// Words between a German verb and its particle.
pub(super) const PARTICLES_APART_MAX: usize = 8;

#[expect(clippy::cast_precision_loss, reason = "counts of words and articles stay far below 2^24")]
pub(super) fn precise(n: usize) -> f32 {
    n as f32
}

impl Tongue {
    /// From a BCP 47 tag.
    pub(super) fn of(tag: &str) -> Self {
        match primary(tag).as_str() {
            "de" => Self::German,
            "en" => Self::English,
            _ => Self::Other,
        }
    }

    /// One word, given as it was written.
    pub(super) fn word(self, raw: &str) -> Word {
        let folded = self.fold(raw);
        let kind = self.kind(&folded);
        let stem = self.stem(&folded);
        Word { folded, stem, kind }
    }

    /// Stem of a folded word.
    pub(super) fn stem(self, folded: &str) -> String {
        match self {
            Self::German => stem::german(folded),
            Self::English => stem::english(folded),
            Self::Other => folded.to_owned(),
        }
    }

    fn kind(self, folded: &str) -> Kind {
        let (german, english) = (self != Self::English, self != Self::German);
        let lists = &*LISTS;
        if (german && lists.german_stop.contains(folded)) || (english && lists.english_stop.contains(folded))
        {
            Kind::Stop
        } else if (german && lists.german_weak.contains(folded))
            || (english && lists.english_weak.contains(folded))
        {
            Kind::Weak
        } else {
            Kind::Telling
        }
    }

    /// Lower case without umlauts and accents. German writes ä also as ae: both become a.
    pub(super) fn fold(self, raw: &str) -> String {
        let mut out = String::with_capacity(raw.len());
        for c in raw.chars().flat_map(char::to_lowercase).take(WORD_CHARS_MAX) {
            match plain(c) {
                Some(letters) => out.push_str(letters),
                None => out.push(c),
            }
        }
        if self == Self::German { without_digraphs(&out) } else { out }
    }
}

/// `de` of `de-AT`, in lower case.
#[must_use]
pub fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or(tag).to_lowercase()
}

/// Which of two languages a text is in, going by their commonest words; none when they do not tell.
#[must_use]
pub fn guess(text: &str) -> Option<&'static str> {
    let (mut german, mut english) = (0_u32, 0_u32);
    for raw in split(text).take(400) {
        let low = raw.to_lowercase();
        let folded = Tongue::German.fold(&low);
        let (de, en) =
            (LISTS.german_stop.contains(folded.as_str()), LISTS.english_stop.contains(low.as_str()));
        german += u32::from(de && !en) + u32::from(low.contains(['ä', 'ö', 'ü', 'ß']));
        english += u32::from(en && !de);
    }
    match german.cmp(&english) {
        std::cmp::Ordering::Greater => Some("de"),
        std::cmp::Ordering::Less => Some("en"),
        std::cmp::Ordering::Equal => None,
    }
}

/// Runs of letters and digits. An apostrophe inside a word is dropped (“can't”), and a single letter before
/// a hyphen joins what follows (“e-mail”, “x-ray”).
fn split(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let chunks = text
        .split(|c: char| !(c.is_alphanumeric() || is_apostrophe(c) || is_hyphen(c)))
        .filter(|c| !c.is_empty());
    chunks.flat_map(|chunk| {
        let plain = !chunk.contains(|c| is_apostrophe(c) || is_hyphen(c));
        let marked = if plain { Vec::new() } else { split_marked(chunk) };
        plain.then_some(Cow::Borrowed(chunk)).into_iter().chain(marked.into_iter().map(Cow::Owned))
    })
}

fn split_marked(chunk: &str) -> Vec<String> {
    let bare: String = chunk.chars().filter(|c| !is_apostrophe(*c)).collect();
    let mut out: Vec<String> = Vec::new();
    let mut joins = false;
    for part in bare.split(is_hyphen).filter(|p| !p.is_empty()) {
        match out.last_mut() {
            Some(before) if joins => before.push_str(part),
            _ => out.push(part.to_owned()),
        }
        joins = part.chars().count() == 1 && part.chars().all(char::is_alphabetic);
    }
    out
}

const fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’')
}

const fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '‑')
}

/// What a letter with a mark is without it.
const fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => "e",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => "i",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ť' | 'ţ' | 'ț' => "t",
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'ł' => "l",
        'đ' | 'ď' => "d",
        'ğ' => "g",
        // A combining mark of decomposed text.
        '\u{300}'..='\u{36f}' => "",
        _ => return None,
    })
}

/// ae, oe, ue as umlauts written out. Not after q, a or e: “Quelle”, “bauen”, “neue” have none.
fn without_digraphs(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut letters = word.chars().peekable();
    let mut before = ' ';
    while let Some(c) = letters.next() {
        out.push(c);
        let umlaut = matches!(c, 'a' | 'o' | 'u') && !matches!(before, 'q' | 'a' | 'e');
        if umlaut && letters.peek() == Some(&'e') {
            letters.next();
        }
        before = c;
    }
    out
}

struct Lists {
    german_stop: HashSet<String>,
    german_weak: HashSet<String>,
    english_stop: HashSet<&'static str>,
    english_weak: HashSet<&'static str>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let german = |list: &str| list.split_whitespace().map(|w| Tongue::German.fold(w)).collect();
    Lists {
        german_stop: german(GERMAN_STOP),
        german_weak: german(GERMAN_WEAK),
        english_stop: ENGLISH_STOP.split_whitespace().collect(),
        english_weak: ENGLISH_WEAK.split_whitespace().collect(),
    }
});

/// Words of grammar. Those that turn a meaning round (nicht, kein, ohne) are not among them.
const GERMAN_STOP: &str = "
    aber als am an auch auf aus bei beim bin bis bist da dabei dafür damit dann das dass daß dem den denn der
    deren des dessen die dies diese diesem diesen dieser dieses doch dort du durch ein eine einem einen einer
    eines er es etwa euch euer eure für ganz gar geht gibt hab habe haben hat hatte hätte hätten hier hin ich ihm ihn
    ihnen ihr ihre ihrem ihren ihrer ihres im in ins ist ja je jede jeden jeder jedes jetzt kann kannst können
    könnte könnten könnt man mein meine meinem meinen meiner meines mich mir mit mal möchte möchten muss müssen musste
    nach noch nun nur ob oder schon sehr sein seine seinem seinen seiner seit sich sie sind so sobald soll sollen sollte
    sonst sowie trotzdem über um und uns unser unsere unserem unseren unserer unter vom von vor wann war waren warum was
    weil welche welchem welchen welcher welches wenn wer werde werden wem wen wie wieder wieso will wir wird wo wofür wohin
    woran worden wurde wurden würde würden zu zum zur zwar bitte danke hallo guten tag hi liebe lieber geehrte
    damen herren freundlichen grüße grüßen gruß viele mfg lg dank vielen besten darf dürfen dadurch davon dazu
    daran darum eigentlich einfach etwas immer mehr nämlich
    ";

const GERMAN_WEAK: &str = "
    bekomme bekommen bekommt brauche braucht finde finden frage fragen funktioniert gehen gern gerne gerade
    geben gibts hilfe helfen kriege kriegen lassen lässt mache machen macht möglich möglichkeit nehmen nutzen problem sagen
    tun wissen wollen wollte wünsche weiß leider irgendwie dringend schnell gut neu neue neuen steht stehen
    bieten sehen melden schreiben habt meine eigene eigenen selbst beim heute morgen gestern
    ";

const ENGLISH_STOP: &str = "
    a about after all also am an and any are as at be because been before being but by can could cant cannot did didnt do
    does doesnt doing dont each even for from had has hasnt have havent having he hello her here hers hey hi him his
    how i id if ill im in into is isnt it its ive just may me might more most my myself no of off on once only
    or other our ours out over own please s same shall she should so some such t than thank thanks that thats the
    their theirs them then there these they this those through to too up us very was we were what whats when
    where which while who whom whose why will with wont would yes you your yours dear regards kind best
    cheers many much must re ve ll d m let lets
    ";

const ENGLISH_WEAK: &str = "
    able anybody anyone anything anyway else everything find get gets getting give go going got happen happens help know
    like make making mean need needed needs new now possible problem question really see someone somebody something
    still take tell thing things think tried trying try use used using want wanted wants way ways work working
    works wondering possibly currently keep look looking put say wish ask
    ";

#[cfg(test)]
mod tests {
    use super::*;

    fn stems(tongue: Tongue, text: &str) -> Vec<String> {
        let words = Reader::new(tongue).words(text, 100).into_iter();
        words.filter(|w| w.kind == Kind::Telling).map(|w| w.stem.clone()).collect()
    }

    #[test]
    fn umlauts_are_found_however_they_are_typed() {
        let written = ["Rückerstattung", "Rueckerstattung", "ruckerstattung", "Ru\u{308}ckerstattung"];
        let folded: Vec<String> = written.iter().map(|w| Tongue::German.fold(w)).collect();
        assert!(folded.iter().all(|w| w == &folded[0]), "{folded:?}");
        assert_eq!(Tongue::German.fold("Quelle"), "quelle");
        assert_eq!(Tongue::German.fold("neue Steuer"), "neue steuer");
        assert_eq!(Tongue::English.fold("does"), "does");
    }

    #[test]
    fn an_email_is_an_e_mail_and_cant_is_no_word_t() {
        assert_eq!(
            split("E-Mail can't pay-as-you-go").collect::<Vec<_>>(),
            ["EMail", "cant", "pay", "as", "you", "go"]
        );
    }

    #[test]
    fn words_of_grammar_and_of_politeness_say_nothing() {
        assert_eq!(stems(Tongue::English, "Hello, could you please tell me about refunds?"), ["refund"]);
        assert_eq!(stems(Tongue::German, "Guten Tag, ich möchte bitte die Rechnungen"), ["rechnung"]);
    }

    #[test]
    fn what_turns_a_meaning_round_is_kept() {
        assert!(stems(Tongue::German, "nicht ohne keine").len() == 3);
        assert!(stems(Tongue::English, "not without").len() == 2);
    }

    #[test]
    fn german_and_english_are_told_apart_and_a_lone_name_is_not() {
        assert_eq!(guess("Wie kann ich das zurückgeben?"), Some("de"));
        assert_eq!(guess("Where is the parcel?"), Some("en"));
        assert_eq!(guess("Kulanz 7"), None);
    }
}
