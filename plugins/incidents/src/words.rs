//! A ticket's words as they are compared: lower case, without grammar, placeholders and numbers. Knows no ticket.

use std::collections::BTreeSet;

/// Characters of a message that are looked at.
const CHARS_MAX: usize = 2_000;
/// Words of a ticket that count.
const WORDS_MAX: usize = 80;
/// Letters of the shortest word that says something.
const LETTERS_MIN: usize = 3;

/// Words of grammar and politeness, German and English, that any ticket may have. Folded as `fold` does.
const COMMON: &str = "aber alle allem allen aller als also am an auch auf aus bei beim bin bis bitte da damit danke dann das dass \
dein dem den denn der des die dies diese diesem diesen dieser doch dort du ein eine einem einen einer eines er es etwas euch \
freundliche freundlichen fuer gar geehrte geehrten gerade gibt grosse gruesse gruss guten habe haben hallo hat hatte hier ich ihm \
ihnen ihr ihre ihrem ihren ihrer im immer in ist ja jetzt kann keine keinen koennen mal man mehr mein meine meinem meinen meiner \
mich mir mit moechte morgen muss nach nicht nichts noch nun nur ob oder schon sehr seit sich sie sind so tag um und uns unsere \
vielen viele vom von vor waere war warum was weil wenn werden wie wieder will wir wird wo wuerde zu zum zur \
about again all also and any are because been but can cannot could dear did does doing done for from get good had has have hello \
help her here hey hi him his how into its just kind know let like many may more morning much need not now off one only our out \
please regards since some sorry still team than thank thanks that the their them then there these they this those too us very was \
way were what when where which who why will with would yes you your";

/// Lower case, umlauts spelled out.
fn fold(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 2);
    for c in word.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' => out.push_str("ae"),
            'ö' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            c => out.push(c),
        }
    }
    out
}

/// The telling words of a ticket, each once.
#[must_use]
pub fn of(subject: &str, text: &str) -> BTreeSet<String> {
    let common: BTreeSet<&str> = COMMON.split_whitespace().collect();
    let cut: String = text.chars().take(CHARS_MAX).collect();
    let mut out = BTreeSet::new();
    for piece in subject.split(' ').chain(cut.split_whitespace()).filter(|piece| !piece.contains(['[', '@']))
    {
        for word in piece.split(|c: char| !c.is_alphanumeric()) {
            let word = fold(word);
            let tells = word.chars().count() >= LETTERS_MIN && !word.chars().all(|c| c.is_ascii_digit());
            if tells && !common.contains(word.as_str()) && out.len() < WORDS_MAX {
                out.insert(word);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_grammar_numbers_and_placeholders_say_nothing() {
        let words =
            of("Bestellung 4711", "Guten Tag, ich kann mich nicht anmelden. Grüße, [PERSON-1] a@b.example");
        assert_eq!(words.into_iter().collect::<Vec<_>>(), ["anmelden", "bestellung"]);
    }

    #[test]
    fn a_long_text_is_cut() {
        let text: String = (0..50_000).map(|n| format!("wort{n} ")).collect();
        assert_eq!(of("", &text).len(), WORDS_MAX);
    }
}
