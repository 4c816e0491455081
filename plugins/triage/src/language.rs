//! German, English, or neither: common words and typical letter groups are counted. Small on purpose:
//! two languages are answered here, of the others it only has to be seen that they are others.

use crate::text::{Word, holds};

/// What a text seems to be written in.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    /// `de` or `en`; none for another language or too little text.
    pub language: Option<&'static str>,
    /// 0 to 1.
    pub confidence: f32,
    /// The words that decided.
    pub evidence: Vec<String>,
}

/// Points of a common word, compared with one of a letter group.
const WORD_POINTS: f32 = 2.0;
const GROUP_POINTS: f32 = 0.35;
/// Fewer points than this say nothing.
const POINTS_MIN: f32 = 1.6;
/// Share of all points that the winner must have.
const SHARE_MIN: f32 = 0.6;

struct Language {
    code: Option<&'static str>,
    words: &'static [&'static str],
    groups: &'static [&'static str],
}

const GERMAN: Language = Language {
    code: Some("de"),
    words: &[
        "der",
        "die",
        "das",
        "und",
        "ich",
        "ist",
        "nicht",
        "ein",
        "eine",
        "einen",
        "mein",
        "meine",
        "meinen",
        "meiner",
        "wir",
        "sie",
        "ihr",
        "ihre",
        "ihren",
        "mit",
        "auf",
        "fuer",
        "von",
        "zu",
        "zum",
        "zur",
        "bei",
        "aus",
        "noch",
        "wie",
        "wo",
        "wann",
        "warum",
        "bitte",
        "danke",
        "habe",
        "haben",
        "hatte",
        "kann",
        "koennen",
        "wurde",
        "wird",
        "werden",
        "moechte",
        "hallo",
        "guten",
        "tag",
        "sehr",
        "geehrte",
        "mir",
        "mich",
        "es",
        "den",
        "dem",
        "des",
        "im",
        "vom",
        "kein",
        "keine",
        "aber",
        "auch",
        "nur",
        "schon",
        "seit",
        "geht",
        "gibt",
        "viele",
        "gruesse",
        "gruessen",
        "freundlichen",
        "oder",
        "wenn",
        "dass",
        "jetzt",
        "heute",
        "gestern",
        "uns",
        "bin",
        "sind",
        "sofort",
        "dringend",
    ],
    groups: &[
        "sch", "ich", "cht", "ung", "ein", "ver", "gen", "ier", "tzt", "eit", "ueb", "uec", "aen", "oen",
        "ck ", "ben ", "ss", "ei", "chn", "zur",
    ],
};

const ENGLISH: Language = Language {
    code: Some("en"),
    words: &[
        "the", "and", "is", "are", "my", "i", "you", "your", "we", "our", "not", "have", "has", "had",
        "with", "for", "from", "of", "to", "in", "on", "it", "this", "that", "there", "please", "thanks",
        "thank", "hello", "hi", "dear", "can", "could", "would", "will", "when", "where", "why", "how",
        "what", "do", "does", "did", "don", "doesn", "didn", "hasn", "haven", "been", "but", "or", "an",
        "at", "be", "me", "by", "still", "yet", "any", "am", "was", "were", "if", "they", "best", "regards",
        "kind", "since", "get", "got", "want", "need",
    ],
    groups: &["the", "ing", "tio", "ght", "wh", "ly ", "ed ", "sh", "ould", "th", "ea", "ou", "ow", "y "],
};

/// Other languages that write to European shops: recognised only so that they are not taken for ours.
const OTHERS: Language = Language {
    code: None,
    words: &[
        "le",
        "la",
        "les",
        "une",
        "est",
        "je",
        "vous",
        "nous",
        "pas",
        "mon",
        "ma",
        "commande",
        "bonjour",
        "merci",
        "votre",
        "avec",
        "pour",
        "que",
        "qui",
        "el",
        "los",
        "las",
        "mi",
        "pedido",
        "gracias",
        "hola",
        "por",
        "para",
        "con",
        "como",
        "donde",
        "il",
        "gli",
        "che",
        "non",
        "mio",
        "ordine",
        "grazie",
        "buongiorno",
        "ciao",
        "sono",
        "dove",
        "het",
        "een",
        "ik",
        "mijn",
        "niet",
        "bestelling",
        "graag",
        "van",
        "naar",
        "waar",
        "nie",
        "jest",
        "moje",
        "prosze",
        "dzien",
        "dobry",
        "zamowienie",
        "gdzie",
        "nao",
        "meu",
        "minha",
        "obrigado",
        "estoy",
        "quiero",
        "vorrei",
        "voudrais",
        "suis",
        "sur",
        "dans",
        "wij",
        "jullie",
        "det",
        "jag",
        "inte",
        "och",
        "min",
        "ja",
        "mam",
        "sie",
        "czy",
    ],
    groups: &["oui", "eux", "cion", "ione", "aan", "oij", "szc", "rz", "ij", "ao "],
};

/// Guesses the language.
#[must_use]
pub fn guess(words: &[Word]) -> Guess {
    let scored = [GERMAN, ENGLISH, OTHERS].map(|language| (points(&language, words), language));
    let total: f32 = scored.iter().map(|(p, _)| p).sum();
    let best = scored.iter().max_by(|a, b| a.0.total_cmp(&b.0));
    let foreign = foreign_script(words);
    let Some((won, language)) =
        best.filter(|(won, _)| *won >= POINTS_MIN && !foreign && *won / total >= SHARE_MIN)
    else {
        return Guess { language: None, confidence: 0.0, evidence: Vec::new() };
    };
    let mut evidence: Vec<String> = Vec::new();
    for word in words.iter().filter(|w| language.words.contains(&w.folded.as_str())) {
        let shown = word.shown.to_lowercase();
        if !evidence.contains(&shown) && evidence.len() < 5 {
            evidence.push(shown);
        }
    }
    // Certain only when much speaks for it and little against.
    let confidence = (won / total) * (1.0 - (-won / 3.0).exp());
    Guess { language: language.code, confidence: confidence.clamp(0.0, 0.99), evidence }
}

fn points(language: &Language, words: &[Word]) -> f32 {
    let (mut points, mut padded) = (0.0, String::new());
    for word in words.iter().take(400) {
        if language.words.contains(&word.folded.as_str()) {
            points += WORD_POINTS;
        } else {
            padded.clone_from(&word.folded);
            padded.push(' ');
            let groups = language.groups.iter().filter(|g| holds(&padded, g)).count();
            points += GROUP_POINTS * f32::from(u8::try_from(groups.min(4)).unwrap_or(4));
        }
    }
    points
}

/// Whether most letters belong to another script.
fn foreign_script(words: &[Word]) -> bool {
    let letters = || words.iter().flat_map(|w| w.folded.chars()).filter(|c| c.is_alphabetic());
    letters().filter(|c| !c.is_ascii()).count() * 2 > letters().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(text: &str) -> Option<&'static str> {
        guess(&crate::text::words("", text)).language
    }

    #[test]
    fn short_german_and_english_requests_are_told_apart() {
        for text in [
            "Wo bleibt meine Bestellung?",
            "Login geht nicht",
            "Passwort vergessen, bitte zurücksetzen",
            "Hallo, ich möchte mein Geld zurück.",
            "Rechnung fehlt noch",
            "Guten Tag, die Lieferung ist beschädigt angekommen.",
        ] {
            assert_eq!(language(text), Some("de"), "{text}");
        }
        for text in [
            "Where is my order?",
            "I can't log in",
            "Please refund me",
            "The website is down",
            "Could you send me the invoice again?",
            "Hi, how long does shipping take?",
        ] {
            assert_eq!(language(text), Some("en"), "{text}");
        }
    }

    #[test]
    fn other_languages_and_no_language_stay_unknown() {
        for text in [
            "Bonjour, où est ma commande ? Merci pour votre aide",
            "Hola, ¿dónde está mi pedido? Gracias",
            "Buongiorno, dove è il mio ordine? Grazie",
            "Waar is mijn bestelling? Ik heb het nog niet ontvangen",
            "Где мой заказ?",
            "我的订单在哪里",
            "12345",
            "",
        ] {
            assert_eq!(language(text), None, "{text}");
        }
    }

    #[test]
    fn more_text_makes_it_surer() {
        let short = guess(&crate::text::words("", "Login geht nicht"));
        let long = guess(&crate::text::words(
            "",
            "Guten Tag, ich habe noch keine Antwort auf meine Anfrage und möchte wissen, wann das Paket kommt.",
        ));
        assert!(long.confidence > short.confidence && long.confidence > 0.8, "{short:?} {long:?}");
    }
}
