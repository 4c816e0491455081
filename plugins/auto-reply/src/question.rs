//! The question in a message: what articles are searched with. Greetings, closings, numbers and
//! placeholders only dilute it: every word that no article has makes all articles fit less.

/// Characters of a question that are searched with.
const QUESTION_CHARS_MAX: usize = 1_000;
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
/// Words in which a wish for a person is looked for.
const PERSON_WORDS_MAX: usize = 2_000;

/// Who writes this wants no automatic answer.
const PERSON: &[&str] = &[
    "mit einem menschen",
    "mit einem mitarbeiter",
    "mit einer mitarbeiterin",
    "echten menschen",
    "rufen sie mich an",
    "bitte um rückruf",
    "kein bot",
    "keine automatische antwort",
    "a real person",
    "a human being",
    "to a human",
    "talk to a person",
    "speak to someone",
    "speak with someone",
    "call me back",
    "no bot",
    "not a bot",
];

/// A wrong word to somebody who thinks of court is dear.
const LAW: &[&str] = &[
    "anwalt",
    "rechtsanwalt",
    "anwältin",
    "anzeige erstatten",
    "strafanzeige",
    "verbraucherzentrale",
    "my lawyer",
    "my attorney",
    "legal action",
    "small claims",
    "sue you",
];

/// Words of anger that no polite question has.
const ANGER: &[&str] = &[
    "unverschämt",
    "unverschämtheit",
    "frechheit",
    "eine zumutung",
    "stinksauer",
    "abzocke",
    "betrüger",
    "ridiculous",
    "outrageous",
    "unacceptable",
    "disgusting",
    "furious",
    "scammers",
    "fed up",
    "worst service",
];

/// Letters from which on a word tells what a question is about, and how many such words it needs.
const TELLING_LETTERS_MIN: usize = 5;
const TELLING_WORDS_MIN: usize = 2;

/// Digits from which on a word is the number of an order, an invoice or a contract.
const CASE_DIGITS_MIN: usize = 5;

/// Subject and text without what says nothing about the question. Where something is asked outright, the
/// subject and those sentences: what led to the question only dilutes it.
#[must_use]
pub fn question(subject: &str, text: &str) -> String {
    let subject = subject.trim();
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

/// Why a text asks for a person, or should be read by one whatever it asks.
#[must_use]
pub fn wants_person(subject: &str, text: &str) -> Option<&'static str> {
    let words: Vec<String> = subject
        .split(|c: char| !c.is_alphanumeric())
        .chain(text.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .take(PERSON_WORDS_MAX)
        .map(str::to_lowercase)
        .collect();
    let plain = format!(" {} ", words.join(" "));
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| plain.contains(&format!(" {phrase} ")));
    if says(PERSON) {
        Some("the customer asks for a person")
    } else if says(LAW) {
        Some("the customer speaks of the law")
    } else if says(ANGER) {
        Some("the customer is angry")
    } else {
        None
    }
}

/// The first number in subject or text that names one order, invoice or contract: such a message is about
/// that case, and an article about all cases is seldom its answer. The ticket's own number is none.
#[must_use]
pub fn case_number(subject: &str, text: &str, ticket: u64) -> Option<String> {
    let ticket = ticket.to_string();
    let words = subject.split_whitespace().chain(text.split_whitespace());
    let bare = words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    bare.take(QUESTION_CHARS_MAX).find(|word| is_case_number(word) && *word != ticket).map(ToOwned::to_owned)
}

fn is_case_number(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let shaped = word.chars().all(|c| c.is_ascii_alphanumeric() || "-/_".contains(c));
    shaped && !is_day(word) && digits >= CASE_DIGITS_MIN && digits * 2 > word.chars().count()
}

/// `2026-11-12` and `12/11/2026`.
fn is_day(word: &str) -> bool {
    let lengths: Vec<usize> = word.split(['-', '/']).map(str::len).collect();
    let digits = word.chars().all(|c| c.is_ascii_digit() || "-/".contains(c));
    digits && matches!(lengths.as_slice(), [4, 1..=2, 1..=2] | [1..=2, 1..=2, 4])
}

/// A text's sentences, each with the mark that ends it.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
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
    fn numbers_of_orders_and_invoices_name_a_case_and_other_numbers_do_not() {
        assert_eq!(case_number("Re: order #10-48619", "", 7).as_deref(), Some("10-48619"));
        assert_eq!(
            case_number("", "die Rechnung (RE-2026-10873) fehlt", 7).as_deref(),
            Some("RE-2026-10873")
        );
        for text in [
            "30 Tage",
            "129,00 €",
            "am 12.11.2026",
            "2026-11-12",
            "11/12/2026",
            "[CREDIT_CARD-12345]",
            "ab 9:00 Uhr",
            "Fehler 503",
        ] {
            assert_eq!(case_number("", text, 7), None, "{text}");
        }
        let text = "zu Ticket #104211: Bestellung 4711042";
        assert_eq!(case_number("Re: [#104211]", text, 104_211).as_deref(), Some("4711042"));
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
    fn a_wish_for_a_person_the_law_and_anger_are_heard_and_a_question_is_none() {
        for (text, word) in [
            ("Ich will mit einem Menschen sprechen!", "person"),
            ("Can I talk to a person, please", "person"),
            ("Sonst geht das an meinen Anwalt.", "law"),
            ("So eine Frechheit", "angry"),
        ] {
            assert!(wants_person("", text).is_some_and(|why| why.contains(word)), "{text}");
        }
        for text in ["Wie viele Personen passen in das Zelt?", "Where do I enter the person's name?", ""] {
            assert_eq!(wants_person("", text), None, "{text}");
        }
    }

    #[test]
    fn an_endless_text_is_cut() {
        assert_eq!(question("", &"wort ".repeat(100_000)).chars().count(), QUESTION_CHARS_MAX);
    }
}
