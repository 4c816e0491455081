//! Machines that answer: mail that names the one it answers and says nothing but that somebody is away, has
//! left or moved, that something was received, or that a link is to be followed first. Each needs a second
//! sign in its build, and none counts where somebody asks or wants something.

use domain::message::AutoClass;

use super::super::person;
use super::phrases::{Sign, without_tag};
use super::{Found, Shape, away, found, names_case};
use crate::email::classify::speech;

/// Notices are short; people who mention an absence write more.
const NOTICE_BYTES_MAX: usize = 600;

/// The rules of this family, for a mail that answers one.
pub(super) fn machine(shape: &Shape<'_>) -> Found {
    const RULES: &[fn(&Shape<'_>) -> Found] = &[answers_by_name, away_until, moved, received, challenge];
    let is_short = shape.mail.words.len() < NOTICE_BYTES_MAX;
    let answers = shape.mail.headers.has("in-reply-to");
    if !answers || !is_short || shape.requests {
        return None;
    }
    RULES.iter().find_map(|rule| rule(shape))
}

/// `Samodejni odgovor: <the subject of the mail that it answers>`: mail programs put `Re:` there, absence
/// programs a word of their own, in any language.
fn answers_by_name(shape: &Shape<'_>) -> Found {
    const LETTERS: std::ops::RangeInclusive<usize> = 6..=40;
    const ANSWERS: &[&str] = &[
        "antwort",
        "rueckantwort",
        "weiterleitung",
        "weitergeleitet",
        "forward",
        "forwarded",
        "reponse",
        "transfere",
        "respuesta",
        "reenviado",
        "reenviada",
        "risposta",
        "inoltrato",
        "inoltrata",
        "resposta",
        "encaminhada",
        "encaminhado",
        "antwoord",
        "doorgestuurd",
        "vidarebefordrat",
        "videresendt",
        "vastaus",
        "odpowiedz",
        "odpowiedź",
        "przekazane",
        "odpověd",
        "odpoved",
        "valasz",
        "tovabbitott",
        "raspuns",
        "odgovor",
        "отговор",
        "пересланное",
        "відповідь",
        "απαντηση",
        "απάντηση",
    ];
    let subject = without_tag(&shape.subject);
    let (prefix, rest) = subject.split_once([':', '：'])?;
    let is_words = prefix.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '\''));
    let is_new = LETTERS.contains(&prefix.chars().count()) && !ANSWERS.contains(&prefix) && is_words;
    let speaks = shape.asks || shape.is_personal || shape.own.has(Sign::Customer);
    // Until when: a language that nobody here knows has numbers all the same.
    let names_day = shape.words.folded.split(' ').any(away::is_day_number);
    if is_new && names_day && !shape.is_answer && !rest.trim().is_empty() && !speaks {
        return found(
            AutoClass::AutoReplied,
            "it answers a mail, and a program's word stands before the subject",
        );
    }
    None
}

/// Nothing but that somebody is away until a day, and what becomes of the mail.
fn away_until(shape: &Shape<'_>) -> Found {
    if away::is_notice(&shape.words.folded, &shape.words, shape.asks) {
        return found(AutoClass::AutoReplied, "it answers a mail and says only until when somebody is away");
    }
    None
}

/// Somebody has left or has a new address: the text names another address than the sender's.
fn moved(shape: &Shape<'_>) -> Found {
    const MOVED: &[&str] = &[
        "nicht mehr",
        "no longer",
        "not been forwarded",
        "has left",
        "have left",
        "has moved",
        "have moved",
        "has changed",
        "geaendert",
        "neue adresse",
        "neue email",
        "new address",
        "new email",
        "abgeschaltet",
        "ne fais plus",
        "ne fait plus",
        "ya no",
        "non lavora piu",
        "nao trabalha mais",
        "niet meer",
        "nie pracuje",
        "arbetar inte",
        "ausgeschieden",
        "retired",
        "ruhestand",
    ];
    let text = &shape.words.folded;
    let is_other = |word: &str| {
        let address = word.trim_matches(|c: char| !c.is_alphanumeric());
        address.contains('@') && Some(address) != shape.mail.from && !person::is_of_ours(shape.mail, address)
    };
    let names_other = text.split(' ').any(is_other);
    let says = MOVED.iter().any(|words| text.contains(words)) || shape.words.has(Sign::Substitute);
    if names_other && says && !shape.asks {
        return found(AutoClass::AutoReplied, "it answers a mail and names another address to write to");
    }
    None
}

/// A desk's receipt: a number, and words of filing it.
fn received(shape: &Shape<'_>) -> Found {
    /// The beginnings of "registered" in most languages of Europe, and of filing.
    const FILED: &[&str] = &[
        "registr",
        "regist",
        "rejestr",
        "enregistr",
        "erfasst",
        "logged",
        "has been opened",
        "eroeffnet",
        "has been closed",
        "geschlossen",
        "uebermittelt",
        "accusons reception",
        "accuse reception",
    ];
    let text = &shape.words.folded;
    let own = &shape.words;
    let has_number = has_case_number(text) || names_case(&shape.subject);
    let is_filed = FILED.iter().any(|stem| text.contains(stem));
    let signs = [Sign::Received, Sign::Thanks, Sign::Promise, Sign::Soon];
    let count = signs.iter().filter(|sign| own.has(**sign)).count();
    let is_receipt = has_number && (is_filed && (count > 0 || !shape.is_answer) || count >= 2);
    let is_ours = speech::is_possessive(text) || shape.own.has(Sign::Customer) || shape.is_personal;
    if is_receipt && !shape.asks && !is_ours {
        return found(AutoClass::AutoReplied, "it answers a mail and files it under a number");
    }
    None
}

/// Four digits and more in a word that is no date, price or phone number.
fn has_case_number(text: &str) -> bool {
    text.split(' ').any(|word| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let digits = bare.bytes().filter(u8::is_ascii_digit).count();
        digits >= 4 && !bare.contains(['.', ':', '@', '/']) && !bare.starts_with('0')
    })
}

/// "Follow this link, and your mail will be delivered": a link to the sender's own site and a word of proving.
fn challenge(shape: &Shape<'_>) -> Found {
    const PROVING: &[&str] = &[
        "click",
        "klick",
        "cliqu",
        "clic ",
        "clicca",
        "confirm",
        "bestaetig",
        "verif",
        "deliver",
        "zugestellt",
        "release",
        "freigeb",
    ];
    let text = &shape.words.folded;
    let links: Vec<&str> = shape.words.links().take(2).collect();
    let [link] = links[..] else { return None };
    let proves = PROVING.iter().any(|stem| text.contains(stem));
    if proves && person::leads_to_sender(shape.mail, link) && !shape.asks && !shape.own.has(Sign::Customer) {
        return found(AutoClass::AutoReplied, "it answers a mail with a link to be followed first");
    }
    None
}
