//! The question in a message: what articles are searched with. Greetings, closings, numbers and
//! placeholders only dilute it: every word that no article has makes all articles fit less.

/// Characters of a question that are searched with.
const QUESTION_CHARS_MAX: usize = 1_000;
/// The house's own words for a mail without a subject: nobody asked that.
const NO_SUBJECT: &str = "(no subject)";
/// A line that only greets has at most so many words.
const GREETING_WORDS_MAX: usize = 6;

const GREETINGS: &[&str] = &[
    "hallo",
    "hi",
    "hello",
    "hey",
    "dear",
    "guten tag",
    "guten morgen",
    "guten abend",
    "moin",
    "servus",
    "grüß gott",
    "sehr geehrte",
    "liebe",
    "lieber",
    "liebes",
    "good morning",
    "good afternoon",
    "good evening",
    "to whom it may concern",
];

const CLOSINGS: &[&str] = &[
    "mit freundlich",
    "mit besten",
    "mit lieben",
    "freundliche grüße",
    "beste grüße",
    "viele grüße",
    "liebe grüße",
    "schöne grüße",
    "herzliche grüße",
    "viele liebe grüße",
    "gruß",
    "lg",
    "mfg",
    "vg",
    "vielen dank",
    "besten dank",
    "danke",
    "herzlichen dank",
    "kind regards",
    "best regards",
    "regards",
    "best wishes",
    "best,",
    "sincerely",
    "yours",
    "cheers",
    "thanks",
    "thank you",
    "many thanks",
];

/// Words that ask for a piece of information. “Können Sie …?” asks for a deed, which no article does.
const ASKING: &[&str] = &[
    "wie",
    "wann",
    "wo",
    "was",
    "welche",
    "welcher",
    "welches",
    "welchen",
    "wieviel",
    "gibt es",
    "gilt",
    "kann ich",
    "können wir",
    "darf ich",
    "muss ich",
    "how",
    "when",
    "where",
    "what",
    "which",
    "can i",
    "can we",
    "do i",
    "do we",
    "do you",
    "is there",
    "are there",
    "is it",
];

/// Single questions that are looked at, each with a search of its own.
const SINGLE_QUESTIONS_MAX: usize = 4;
/// Letters from which on a word tells what a question is about, and how many such words it needs.
const TELLING_LETTERS_MIN: usize = 5;
const TELLING_WORDS_MIN: usize = 2;

/// Subject and text without what says nothing about the question. Where something is asked outright, the
/// subject and those sentences: what led to the question only dilutes it.
#[must_use]
pub fn question(subject: &str, text: &str) -> String {
    let subject = Some(subject.trim()).filter(|subject| *subject != NO_SUBJECT).unwrap_or_default();
    let body = body(text);
    let asked: Vec<&str> = sentences(&body).filter(|sentence| asks(sentence)).collect();
    let body =
        if asked.iter().any(|sentence| stands_alone(sentence)) { asked.join(" ") } else { body.clone() };
    let words = subject.split_whitespace().chain(body.split_whitespace()).filter(|word| says_something(word));
    let joined = words.collect::<Vec<_>>().join(" ");
    joined.chars().take(QUESTION_CHARS_MAX).collect()
}

/// The single questions of a text that can be understood by themselves, when there are several.
#[must_use]
pub fn single_questions(text: &str) -> Vec<String> {
    let body = body(text);
    let mut asked: Vec<String> = Vec::new();
    for sentence in sentences(&body).filter(|sentence| asks(sentence) && stands_alone(sentence)) {
        if asked.len() < SINGLE_QUESTIONS_MAX && !asked.iter().any(|before| before == sentence) {
            asked.push(sentence.to_owned());
        }
    }
    if asked.len() > 1 { asked } else { Vec::new() }
}

/// A text's sentences, each with the mark that ends it.
pub(crate) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['.', '?', '!']).map(str::trim)
}

fn asks(sentence: &str) -> bool {
    if !sentence.ends_with('?') {
        return false;
    }
    let words: Vec<String> = sentence
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect();
    let plain = format!(" {} ", words.join(" "));
    ASKING.iter().any(|asking| plain.contains(&format!(" {asking} ")))
}

/// Whether a question can be understood without the text around it: “Was nun?” cannot.
fn stands_alone(sentence: &str) -> bool {
    let long = |word: &&str| word.chars().filter(|c| c.is_alphabetic()).count() >= TELLING_LETTERS_MIN;
    sentence.split_whitespace().filter(|word| says_something(word)).filter(long).count() >= TELLING_WORDS_MIN
}

/// The text's lines without greeting and closing, joined.
fn body(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let body: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    for (at, line) in body.iter().enumerate() {
        let low = line.to_lowercase();
        // Thanks in advance may open a message; a closing has something before it.
        if at > 0 && begins(&low, CLOSINGS) && line.split_whitespace().count() <= GREETING_WORDS_MAX {
            break;
        }
        let greets = at < 2
            && begins(&low, GREETINGS)
            && line.split_whitespace().count() <= GREETING_WORDS_MAX
            && !line.ends_with('?');
        let greets_only = greets && (body.len() > 1 || line.ends_with([',', '!', '.']));
        if !greets_only {
            lines.push(line);
        }
    }
    lines.join(" ")
}

fn begins(line: &str, openings: &[&str]) -> bool {
    openings.iter().any(|opening| {
        line.strip_prefix(opening).is_some_and(|rest| {
            opening.ends_with("freundlich") || rest.chars().next().is_none_or(|c| !c.is_alphanumeric())
        })
    })
}

/// Neither a number, nor a placeholder, nor an address.
fn says_something(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let digits = bare.chars().filter(char::is_ascii_digit).count();
    let placeholder = word.contains('[') && is_placeholder(bare);
    let address = word.contains('@') || word.contains("://");
    !placeholder && !address && digits * 2 <= bare.chars().count()
}

/// Whether a word is the inside of `[IBAN-1]` or `[CREDIT_CARD-2]`.
fn is_placeholder(bare: &str) -> bool {
    bare.split_once('-').is_some_and(|(class, number)| {
        !class.is_empty()
            && class.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            && number.chars().all(|c| c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_closings_and_names_are_left_out() {
        let text = "Guten Tag Frau Huber,\n\nich habe mein Passwort vergessen.\nWas nun?\n\nViele Grüße\nAna Novak\nMusterweg 5\n";
        assert_eq!(question("Login", text), "Login ich habe mein Passwort vergessen. Was nun?");
        assert_eq!(
            question("Return", "Hi,\nhow do I return shoes?\nThanks,\nBob"),
            "Return how do I return shoes?"
        );
        assert_eq!(
            question("", "Mit freundlichen Grüßen aus Wien frage ich nach dem Versand"),
            "Mit freundlichen Grüßen aus Wien frage ich nach dem Versand"
        );
    }

    #[test]
    fn what_is_said_on_the_greetings_line_is_kept() {
        assert_eq!(
            question("", "Hallo, wo finde ich meine Rechnung?"),
            "Hallo, wo finde ich meine Rechnung?"
        );
        assert_eq!(question("", "Lieferung nach Wien?"), "Lieferung nach Wien?");
        assert_eq!(
            question("", "Danke für die Lieferung. Wo ist die Rechnung?"),
            "Danke für die Lieferung. Wo ist die Rechnung?"
        );
    }

    #[test]
    fn numbers_placeholders_and_addresses_are_left_out() {
        let text = "Bestellung 4711042 (ORD-20931) für [PERSON-1], [CREDIT_CARD-2], ana@example.org, https://x.example/1";
        assert_eq!(question("", text), "Bestellung für");
    }

    #[test]
    fn what_is_asked_outright_is_the_question_and_a_wish_is_none() {
        let text = "Hallo,\nich war gestern im Urlaub. Wie lange kann ich umtauschen? Es eilt nicht.\n";
        assert_eq!(question("Jacke", text), "Jacke Wie lange kann ich umtauschen?");
        let text = "Die Rechnung ist falsch. Können Sie sie bitte korrigieren?";
        assert_eq!(question("", text), text);
        assert_eq!(question("", "Somewhat late? No."), "Somewhat late? No.");
    }

    #[test]
    fn several_questions_are_taken_apart_and_one_is_none_of_several() {
        let text =
            "Hallo, wie setze ich mein Passwort zurück? Und wann kommt endlich meine Lieferung? Danke!";
        assert_eq!(single_questions(text).len(), 2);
        assert!(single_questions("Wie setze ich mein Passwort zurück? Was nun?").is_empty());
        assert!(single_questions(&"How do I return shoes? ".repeat(50)).is_empty());
    }

    #[test]
    fn a_mail_without_a_subject_is_not_searched_with_the_words_that_say_so() {
        assert_eq!(question("(no subject)", " \n"), "");
        assert_eq!(question("(no subject)", "Where is my invoice?"), "Where is my invoice?");
    }

    #[test]
    fn an_endless_text_is_cut() {
        assert_eq!(question("", &"wort ".repeat(100_000)).chars().count(), QUESTION_CHARS_MAX);
    }
}
