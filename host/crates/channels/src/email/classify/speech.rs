//! Whether somebody speaks: asks, wants something done, tells of himself. Looks at folded text only and knows
//! no rule; what speaking is worth is decided by who looks it up.

use std::borrow::Cow;

/// A question mark outside a link, whatever sticks to it but letters and digits.
pub(super) fn asks(text: &str) -> bool {
    text.split(' ').any(|word| {
        let is_link = word.contains("://") || word.contains("www.");
        let ends_there = |(at, mark): (usize, &str)| {
            word.get(at + mark.len()..).is_some_and(|rest| !rest.contains(char::is_alphanumeric))
        };
        // Languages without blanks go on right behind it.
        !is_link && (word.contains('？') || word.match_indices(['?', '؟']).any(ends_there))
    })
}

/// A single word in quotation marks is stressed, or a name.
const CITED_WORDS_MIN: usize = 2;
/// More is no citation. With the next it bounds how long marks that nothing closes are looked for.
const CITED_BYTES_MAX: usize = 3_000;
/// Who shows us a text writes little himself.
const CITING_BYTES_MAX: usize = 16_000;

/// Whether somebody shows us a text between quotation marks and says something himself.
pub(super) fn cites(words: &str) -> bool {
    const OWN_WORDS_MIN: usize = 5;
    let Cow::Owned(own) = without_citations(words) else { return false };
    own.split_whitespace().filter(|word| word.contains(char::is_alphabetic)).count() >= OWN_WORDS_MIN
}

/// A text without what stands between quotation marks: a notice that a customer shows us is not his. A mark behind a
/// digit is inches, and a citation ends with its paragraph.
pub(super) fn without_citations(text: &str) -> Cow<'_, str> {
    if text.len() > CITING_BYTES_MAX {
        return Cow::Borrowed(text);
    }
    let mut own = String::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some((open, cited, after)) = next_citation(text, at) {
        if text.get(open..cited).unwrap_or_default().split_whitespace().count() >= CITED_WORDS_MIN {
            own.push_str(text.get(kept..open).unwrap_or_default());
            own.push(' ');
            kept = after;
        }
        at = after;
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    own.push_str(text.get(kept..).unwrap_or_default());
    Cow::Owned(own)
}

/// Where the next citation opens, where it closes, and where the text goes on behind it.
fn next_citation(text: &str, from: usize) -> Option<(usize, usize, usize)> {
    const MARKS: &[(char, &[char])] =
        &[('„', &['“', '”', '"']), ('“', &['”']), ('»', &['«']), ('«', &['»']), ('"', &['"'])];
    let rest = text.get(from..)?;
    let mut before = text.get(..from).and_then(|before| before.chars().next_back());
    for (at, c) in rest.char_indices() {
        let opens_here = before.is_none_or(|before| before.is_whitespace() || "([{>:".contains(before));
        before = Some(c);
        let Some((_, ends)) = MARKS.iter().find(|(open, _)| *open == c).filter(|_| opens_here) else {
            continue;
        };
        let inner = rest.get(at + c.len_utf8()..).unwrap_or_default();
        let near = inner.get(..inner.floor_char_boundary(CITED_BYTES_MAX)).unwrap_or(inner);
        let paragraph = near.split("\n\n").next().unwrap_or_default();
        let closes = paragraph.char_indices().find(|(end, mark)| {
            let next = || inner.get(end + mark.len_utf8()..).and_then(|rest| rest.chars().next());
            ends.contains(mark) && next().is_none_or(|next| !next.is_alphanumeric())
        });
        if let Some((end, mark)) = closes {
            let cited = from + at + c.len_utf8() + end;
            return Some((from + at, cited, cited + mark.len_utf8()));
        }
    }
    None
}

/// Words with which people, and hardly any program, speak of themselves.
pub(super) fn is_personal(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "ich", "mir", "mich", "mein", "meine", "meinem", "meinen", "meiner", "i", "i'm", "i've", "i'd",
        "i'll", "my", "me", "je", "j'ai", "mon", "ma", "yo", "mi", "io", "mio", "mia", "ik", "mijn", "jag",
        "jeg", "min", "mitt", "я", "мне", "мой",
    ];
    speaks(text, WORDS)
}

/// Words with which somebody calls a thing his own: mail systems that say "I" own nothing.
pub(super) fn is_possessive(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "mein", "meine", "meinem", "meinen", "meiner", "meines", "my", "mine", "mon", "ma", "mes", "mio",
        "mia", "mijn", "min", "mitt", "мой", "моя",
    ];
    speaks(text, WORDS)
}

fn speaks(text: &str, list: &[&str]) -> bool {
    // "Mon–Fri" are days, not somebody's.
    let has_days = || words(text).any(|word| matches!(word, "fri" | "friday"));
    words(text).any(|word| list.contains(&word) && !(word == "mon" && has_days()))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
}

/// What help desks are asked to do.
const WANTED: &[&str] = &[
    // Beginnings of verbs, folded.
    "send",
    "schick",
    "liefer",
    "zuliefer",
    "anliefer",
    "stornier",
    "storno",
    "kuendig",
    "korrigier",
    "aender",
    "erstatt",
    "loesch",
    "rueckruf",
    "ruf",
    "teil",
    "geb",
    "gib",
    "helf",
    "hilf",
    "tausch",
    "austausch",
    "umtausch",
    "reparier",
    "verschieb",
    "aussetz",
    "abhol",
    "hol",
    "mitteil",
    "erklaer",
    "freischalt",
    "entfern",
    "nachseh",
    "pruef",
    "ersetz",
    "berechn",
    "bestell",
    "ship",
    "deliver",
    "cancel",
    "refund",
    "fix",
    "correct",
    "change",
    "replace",
    "advise",
    "help",
    "explain",
    "tell",
    "let",
    "stop",
    "remove",
    "delete",
    "unlock",
    "resend",
    "look",
    "investigate",
    "arrange",
    "exchange",
    "extend",
    "book",
    "give",
];

/// What makes a request one to go elsewhere: absence notices ask for that.
const ELSEWHERE: &[&str] = &[
    "dring",
    "eilig",
    "notfall",
    "urgent",
    "immediate",
    "kolleg",
    "colleague",
    "vertret",
    "instead",
    "stattdessen",
    "click",
    "klick",
    "office",
    "buero",
];

/// Whether somebody wants something done here: "bitte" or "please" with such a verb in the same sentence, and
/// no address, number or colleague to turn to.
pub(super) fn requests(text: &str) -> bool {
    requests_in_french(text) || requests_politely(text) || requests_an_answer(text)
}

/// Who wants to be answered is no program; phrases of languages in which nothing else here tells a wish.
fn requests_an_answer(text: &str) -> bool {
    const PHRASES: &[&str] = &[
        "prosze o odpowiedz",
        "prosze o szybka odpowiedz",
        "prosim o odpoved",
        "espero su respuesta",
        "espero respuesta",
        "attendo risposta",
        "attendo una risposta",
        "attendo una vostra risposta",
        "graag antwoord",
        "graag een antwoord",
    ];
    PHRASES.iter().any(|phrase| text.contains(phrase))
}

/// “Merci de livrer”, “veuillez me rappeler”; not “merci de votre message”, nor what sends elsewhere.
fn requests_in_french(text: &str) -> bool {
    const LEADS: &[&str] = &["merci de ", "veuillez ", "pourriez-vous ", "pouvez-vous "];
    const ELSEWHERE_FR: &[&str] = &["contact", "adress", "noter", "ne pas", "patient", "excus", "cliqu"];
    let mut behind = LEADS.iter().flat_map(|lead| text.split(lead).skip(1));
    behind.any(|rest| {
        let mut words = rest.split(' ').take(3);
        let verb = words.find(|word| !matches!(*word, "me" | "nous" | "m'" | "bien" | "vouloir"));
        verb.is_some_and(|verb| {
            let is_infinitive = ["er", "ir", "re"].iter().any(|end| verb.ends_with(end)) && verb.len() > 4;
            is_infinitive && !ELSEWHERE_FR.iter().any(|away| verb.starts_with(away) || rest.starts_with(away))
        })
    })
}

fn requests_politely(text: &str) -> bool {
    const WORDS_AROUND: usize = 12;
    let words: Vec<&str> = text.split(' ').collect();
    let ends = |word: &&str| word.ends_with(['.', '!', '?', ':', ';']);
    let is_asking = |word: &str| {
        matches!(word.trim_matches(|c: char| !c.is_alphanumeric()), "bitte" | "please" | "bitten")
    };
    words.iter().enumerate().filter(|(_, word)| is_asking(word)).any(|(at, _)| {
        let before = words.iter().take(at).rev().take(WORDS_AROUND).take_while(|word| !ends(word)).count();
        let behind =
            words.iter().skip(at).take(WORDS_AROUND).position(ends).map_or(WORDS_AROUND, |end| end + 1);
        let sentence: Vec<&str> =
            words.iter().skip(at - before).take(before + behind.min(WORDS_AROUND)).copied().collect();
        wants(&sentence)
    })
}

fn wants(sentence: &[&str]) -> bool {
    const PHONE_DIGITS_MIN: usize = 5;
    let begins = |word: &str, list: &[&str]| list.iter().any(|start| word.starts_with(start));
    let leads_away = |word: &&&str| {
        begins(word, ELSEWHERE)
            || word.contains('@')
            || word.contains("://")
            || word.starts_with('0') && word.bytes().filter(u8::is_ascii_digit).count() >= PHONE_DIGITS_MIN
    };
    let bare = |word: &&str| word.trim_start_matches(|c: char| !c.is_alphanumeric()).to_owned();
    sentence.iter().any(|word| begins(&bare(word), WANTED)) && sentence.iter().find(leads_away).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_one_whatever_sticks_to_its_mark() {
        for text in
            ["geht das?", "geht das?:-)", "geht das?😊", "geht das?...", "geht das?, gruss", "可以吗？谢谢"]
        {
            assert!(asks(text), "{text}");
        }
        for text in ["https://shop.example/?", "see a?b=1", "www.shop.example/?", "no question"] {
            assert!(!asks(text), "{text}");
        }
    }

    #[test]
    fn who_wants_something_done_here_requests_and_who_sends_elsewhere_does_not() {
        for text in [
            "bitte in dieser zeit nicht anliefern.",
            "ab dem 5.1. sind wir da. bitte dann liefern.",
            "schicken sie uns bitte ein angebot.",
            "please send a spare wheel.",
            "od poniedzialku jestem na urlopie, wiec prosze o odpowiedz do piatku.",
        ] {
            assert!(requests(text), "{text}");
        }
        for text in [
            "bitte wenden sie sich an frau kern.",
            "bitte rufen sie in dringenden faellen frau kern an.",
            "please send urgent mail to bob@x.example.",
            "please note: i will send it.",
            "please do not reply.",
            "bitte rufen sie 0431555012 an.",
        ] {
            assert!(!requests(text), "{text}");
        }
    }

    #[test]
    fn what_somebody_cites_between_quotation_marks_is_not_his_word() {
        let shown = "Kam das von Ihnen? „Wir haben Ihr Konto aus Sicherheitsgründen gesperrt.“ Ich habe nichts getan.";
        assert!(cites(shown));
        assert_eq!(without_citations(shown), "Kam das von Ihnen?   Ich habe nichts getan.");
        let header = "Your mails do not carry \"Auto-Submitted: auto-generated\", so our robot answers them.";
        assert_eq!(without_citations(header), "Your mails do not carry  , so our robot answers them.");
        for kept in [
            "The \"boat\" is a single word and I never got it.",
            "An open mark \" stands alone in this one and nothing ends it anywhere.",
            "My 27\" monitor flickers all day long. Can you please exchange it? I also ordered the 24\" one.",
            "It says \"please wait for us\n\nWhat shall I do now? I did wait all day long.\" Kim",
        ] {
            assert_eq!(without_citations(kept), kept);
        }
        assert!(
            !cites("„Wir sind ab Montag wieder für Sie da und antworten dann.“"),
            "nothing is said besides"
        );
    }
}
