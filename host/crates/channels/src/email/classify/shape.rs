//! Machine mail that carries no mark: told by the shape of subject and text. What a program says of itself at
//! the beginning of a sentence counts alone; what people also say needs a second sign, and does not count
//! where somebody asks something or speaks of himself. Forwarded mail is left to people.

use std::borrow::Cow;

use domain::message::AutoClass;

use super::super::header::{self, Headers};
use super::super::html;
use super::{Evidence, Found, list as lists, person, speech};

mod advert;
mod away;
mod device;
mod envelope;
pub(crate) mod letter;
mod phrases;
mod pitch;
mod reply;

use phrases::{Scan, Sign, fold_letters, subject_after, subject_is, without_tag};

/// A text in one line, with letters as the phrases have them.
pub(super) fn fold(text: &str) -> String {
    phrases::in_one_line(text)
}

/// Whether the subject is that of an absence notice.
pub(super) fn is_absence_subject(subject: &str) -> bool {
    let subject = fold_letters(subject.trim());
    subject_is(&subject, "absence") || subject_is(&subject, "absence-weak")
}

/// Whether the subject is that of a delivery failure notice.
pub(super) fn is_bounce_subject(subject: &str) -> bool {
    subject_is(&fold_letters(subject.trim()), "bounce")
}

/// Whether the text reports a failed delivery.
pub(super) fn is_bounce_text(text: &str) -> bool {
    let scan = Scan::of(text);
    scan.has(Sign::Undelivered) || scan.has(Sign::ServerReply)
}

/// Whether the text is that of an absence notice.
pub(super) fn is_absence_text(text: &str) -> bool {
    let scan = Scan::of(text);
    scan.has(Sign::Away) || scan.has(Sign::AwayAbroad) || scan.has(Sign::AutoReply)
}

/// Subject and text as the rules look at them.
struct Shape<'a> {
    mail: &'a Evidence<'a>,
    /// Folded.
    subject: String,
    /// Phrases of a subject that is the sender's own.
    headline: Scan,
    /// Whether the subject answers something.
    is_answer: bool,
    /// The sender's own words, signature and small print included, quotes left out.
    own: Scan,
    /// The same without signature and small print.
    words: Scan,
    /// Whether somebody asks something.
    asks: bool,
    /// Whether somebody wants something done here.
    requests: bool,
    /// Whether somebody speaks of himself.
    is_personal: bool,
}

/// Signs in mail without a mark.
pub(super) fn unmarked(mail: &Evidence<'_>) -> Found {
    const RULES: &[fn(&Shape<'_>) -> Found] = &[
        bounce,
        complaint,
        receipt,
        program,
        feed,
        absence_subject,
        absence_text,
        says_so,
        received,
        away_until_day,
        reply::machine,
        device::machine,
        reply_above,
        notice,
        list,
        bulk,
        way_out,
        advert::advert,
        pitch::pitch,
        letter::letter,
    ];
    let subject = fold_letters(mail.subject.trim());
    let is_forward = begins_with_any(without_tag(&subject), FORWARDS);
    if is_forward && holds_another_mail(mail) {
        return None;
    }
    // Nobody sends nothing but a quote: whoever marks all of his lines wrote them.
    let own_text = if mail.own_text.trim().is_empty() { mail.text } else { mail.own_text };
    // What somebody shows us of another's is not his: but only where he says something himself, above his signature.
    let cites = speech::cites(mail.words);
    let said = |text| if cites { speech::without_citations(text) } else { Cow::Borrowed(text) };
    let own = Scan::of(&said(own_text));
    // Most people write neither signature nor small print.
    let words = if mail.words == own_text { own.clone() } else { Scan::of(&said(mail.words)) };
    let shape = Shape {
        mail,
        headline: Scan::of(if is_answer(&subject) || is_forward { "" } else { &subject }),
        is_answer: is_answer(&subject),
        asks: speech::asks(&own.folded),
        requests: speech::requests(&words.folded),
        is_personal: speech::is_personal(&own.folded),
        words,
        own,
        subject,
    };
    if is_forward {
        return advert::advert(&shape);
    }
    RULES.iter().find_map(|rule| rule(&shape))
}

const FORWARDS: &[&str] = &["fwd:", "fw:", "wg:", "wtr:", "weiterleitung:", "tr:", "i:", "rv:"];

/// Whether a folded subject answers something.
pub(super) fn is_answer(subject: &str) -> bool {
    const ANSWERS: &[&str] = &[
        "re:",
        "aw:",
        "antw:",
        "antwort:",
        "sv:",
        "vs:",
        "odp:",
        "re ",
        "re[",
        "aw ",
        "rif:",
        "回复:",
        "回复：",
    ];
    begins_with_any(without_tag(subject), ANSWERS)
}

/// Whether there is a mail in the mail: a forwarded one has a file or the lines of a header; advertising
/// that calls itself forwarded has neither.
fn holds_another_mail(mail: &Evidence<'_>) -> bool {
    const LINES: &[&str] = &["from:", "von:", "de:", "da:", "van:", "från:", "fra:", "od:", "发件人"];
    const SAYS: &[&str] = &["forwarded message", "weitergeleitete nachricht", "original message"];
    let is_header = |line: &str| {
        let line = line.trim_start_matches(['>', ' ', '*', '|']).to_lowercase();
        LINES.iter().any(|start| line.starts_with(start)) || SAYS.iter().any(|words| line.contains(words))
    };
    mail.structure.leaves.iter().any(|leaf| leaf.mime.content_type.starts_with("message/"))
        || mail.text.lines().take(400).any(is_header)
}

impl Shape<'_> {
    /// The different phrases of subject and text that are such a sign.
    fn phrases(&self, sign: Sign) -> Vec<&'static str> {
        let mut found: Vec<_> =
            self.own.all(sign).chain(self.headline.all(sign)).map(|one| one.phrase).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether a good part of it is somebody else's.
    fn quotes(&self) -> bool {
        self.mail.own_text.trim().len() * 10 < self.mail.text.trim().len() * 8
    }

    /// Whether it answers a mail, by its subject and by the field that mail programs set.
    fn answers(&self) -> bool {
        self.is_answer && (self.mail.headers.has("in-reply-to") || self.mail.headers.has("references"))
    }
}

fn begins_with_any(subject: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| subject.starts_with(prefix))
}

fn found(class: AutoClass, reason: &str) -> Found {
    Some((class, reason.to_owned()))
}

/// A mail system's report: its subject with its text, or a text that begins like one.
fn bounce(shape: &Shape<'_>) -> Found {
    const BEGINNING_BYTES: usize = 700;
    /// People cite an error or two; some mail systems say "I" and cite many.
    const PERSONAL_SIGNS_MAX: usize = 3;
    let own = &shape.own;
    let says_undelivered = own.has(Sign::Undelivered);
    let cites_server = own.has(Sign::ServerReply);
    let signs = own.count(Sign::Undelivered) + own.count(Sign::ServerReply);
    let returns_mail = shape
        .mail
        .structure
        .leaves
        .iter()
        .any(|leaf| matches!(leaf.mime.content_type.as_str(), "message/rfc822" | "text/rfc822-headers"));
    let speaks = shape.asks || shape.requests || shape.is_personal;
    if !shape.is_answer && !speaks && returns_ours(shape) {
        return found(AutoClass::Bounce, "it returns a mail of ours and is no forward");
    }
    let is_personal = speech::is_personal(&without_server_voice(&own.folded));
    if !shape.is_answer
        && subject_is(&shape.subject, "bounce")
        && !shape.asks
        && (says_undelivered || cites_server)
        && (!is_personal || returns_mail || signs > PERSONAL_SIGNS_MAX && !speech::is_possessive(&own.folded))
    {
        return found(AutoClass::Bounce, "subject and text are those of a delivery failure notice");
    }
    let at_once = own.first(Sign::Undelivered).is_some_and(|first| first.at < BEGINNING_BYTES);
    let is_report = signs >= 3 || signs == 2 && (cites_server || returns_mail);
    if at_once && is_report && !shape.asks && !is_personal {
        return found(AutoClass::Bounce, "the text is that of a delivery failure notice");
    }
    None
}

/// A mail system that says "I" takes the words of a person, but always the same.
fn without_server_voice(text: &str) -> String {
    const VOICE: &[&str] = &[
        "i'm afraid",
        "i wasn't able",
        "i was unable",
        "i've given up",
        "i couldn't",
        "i could not",
        "i'm sorry",
        "i am sorry",
    ];
    VOICE.iter().fold(text.to_owned(), |text, words| text.replace(words, ""))
}

/// Whether a mail of ours is in the mail, and its recipient named as one who did not get it: customers who
/// attach a mail of ours do not speak of themselves by address.
fn returns_ours(shape: &Shape<'_>) -> bool {
    let mail = shape.mail;
    let is_mail = |kind: &str| matches!(kind, "message/rfc822" | "text/rfc822-headers");
    let answered = mail.headers.text("in-reply-to").unwrap_or_default();
    mail.structure.leaves.iter().filter(|leaf| is_mail(&leaf.mime.content_type)).any(|leaf| {
        let (headers, _) = Headers::read(&leaf.mime.transfer.decode(leaf.body));
        let addresses = |field: &str| {
            headers.text(field).map(|value| super::super::addresses(&value, 5)).unwrap_or_default()
        };
        let ids = header::message_ids(&headers.text("message-id").unwrap_or_default());
        let is_ours = ids.iter().any(|id| answered.contains(id.as_str()))
            || ids.iter().chain(&addresses("from")).any(|one| person::is_of_ours(mail, one));
        is_ours && addresses("to").iter().any(|to| shape.own.folded.contains(to.as_str()))
    })
}

/// A provider's complaint about a mail of ours without a report in it: Outlook.com (JMRP) attaches the mail and says
/// nothing else.
fn complaint(shape: &Shape<'_>) -> Found {
    let is_complaint = shape.subject.starts_with("complaint about message from ")
        && shape.mail.words.trim().is_empty()
        && holds_another_mail(shape.mail);
    if is_complaint { found(AutoClass::AutoGenerated, "a provider's complaint about a mail") } else { None }
}

fn receipt(shape: &Shape<'_>) -> Found {
    let is_receipt = subject_is(&shape.subject, "receipt") && shape.own.has(Sign::Receipt) && !shape.asks;
    if is_receipt { found(AutoClass::AutoGenerated, "a notice that a mail was read") } else { None }
}

/// Subjects in brackets and stars are a program's; people also write plain words before a colon, so there the
/// build has to say it too.
fn program(shape: &Shape<'_>) -> Found {
    let is = |kind| !shape.is_answer && subject_is(&shape.subject, kind);
    let is_program = is("program") || is("program-weak") && is_report(shape);
    if is_program {
        return found(AutoClass::AutoGenerated, "only programs write such subjects");
    }
    let says_nothing = shape.mail.words.trim().is_empty() && !shape.is_answer;
    if says_nothing && letter::is_programs(shape.mail.from) {
        return found(AutoClass::AutoGenerated, "no text, from a program's address");
    }
    None
}

/// A calendar's part, a field and its value in most lines, or nothing said and nobody who speaks.
fn is_report(shape: &Shape<'_>) -> bool {
    const FIELDS_MIN: usize = 2;
    if shape.asks || shape.requests {
        return false;
    }
    let mail = shape.mail;
    let has_calendar = mail.structure.leaves.iter().any(|leaf| leaf.mime.content_type == "text/calendar");
    let is_field = |line: &&str| {
        let label = line.split_once(':').map_or("", |(label, _)| label);
        !label.is_empty() && label.chars().count() <= 30 && label.split(' ').count() <= 3
    };
    let lines = || mail.own_text.lines().map(str::trim).filter(|line| !line.is_empty());
    let fields = lines().filter(is_field).count();
    let is_form = fields >= FIELDS_MIN && fields * 2 >= lines().count();
    const INVITATIONS: &[&str] = &["einladung", "invitation", "invitacion", "uitnodiging"];
    let says_accepted =
        !shape.is_personal && INVITATIONS.iter().any(|word| shape.words.folded.contains(word));
    has_calendar || is_form || says_accepted || mail.words.trim().is_empty()
}

fn absence_subject(shape: &Shape<'_>) -> Found {
    let brackets = ["[auto", "(auto-re", "(autore", "(automatic reply", "(automatische antwort"];
    if brackets.iter().any(|mark| shape.subject.contains(mark)) {
        return found(AutoClass::AutoReplied, "the subject says that it is an automatic reply");
    }
    if shape.is_answer {
        return None;
    }
    if let Some(rest) = subject_after(&shape.subject, "absence") {
        // "Automatic reply: …" is a program's; somebody asks how to switch "automatic reply off". There the text has
        // the word.
        let goes_on = rest.trim_start().starts_with(char::is_alphanumeric);
        let is_spoken_of = !shape.subject.contains(':') && (goes_on || shape.asks || shape.requests);
        if !is_spoken_of {
            return found(AutoClass::AutoReplied, "the subject is that of an automatic reply");
        }
    }
    let own = &shape.own;
    let signs = [Sign::Away, Sign::AwayWeak, Sign::Return, Sign::Substitute, Sign::MailHandling];
    let says_away = own.has(Sign::Away) || own.has(Sign::AwayAbroad);
    let count: usize = signs.iter().map(|sign| own.count(*sign)).sum();
    let names_another = own.has(Sign::Substitute) && own.folded.contains('@');
    if subject_is(&shape.subject, "absence-weak")
        && (says_away || names_another || count >= 2)
        && !shape.asks
        && !shape.requests
    {
        return found(AutoClass::AutoReplied, "subject and text are those of an absence notice");
    }
    None
}

/// An absence notice under somebody else's subject.
fn absence_text(shape: &Shape<'_>) -> Found {
    /// Notices are short; people who also mention an absence write more.
    const FOREIGN_BYTES_MAX: usize = 1_500;
    let own = &shape.own;
    if shape.asks || shape.requests {
        return None;
    }
    let until = own.has(Sign::Until);
    let (back, instead, handling) =
        (own.has(Sign::Return), own.has(Sign::Substitute), own.has(Sign::MailHandling));
    let is_notice = own.has(Sign::Away) && (back || instead || handling || until)
        || own.has(Sign::AwayWeak) && (instead && (back || handling || until) || back && handling)
        || own.has(Sign::AwayAbroad) && own.folded.len() < FOREIGN_BYTES_MAX;
    if is_notice { found(AutoClass::AutoReplied, "the text is that of an absence notice") } else { None }
}

/// "Back on 9 June", and nothing else: no matter of anybody's that waits for an answer.
fn away_until_day(shape: &Shape<'_>) -> Found {
    if shape.asks || shape.requests || brings_a_file(shape) {
        return None;
    }
    let mut lines = shape.mail.words.lines().map(str::trim).filter(|line| !line.is_empty());
    let said = lines.next().map(fold);
    let is_alone = lines.next().is_none_or(away::is_name) && lines.next().is_none();
    // A subject of the sender's own says what it is about.
    let has_matter =
        || !shape.subject.is_empty() && !is_absence_subject(&shape.subject) && !away::is_bare(&shape.subject);
    let is_notice = match said {
        Some(said) => away::is_bare(&said) && is_alone && (shape.is_answer || !has_matter()),
        None => !shape.is_answer && away::is_bare(&shape.subject),
    };
    if is_notice {
        return found(AutoClass::AutoReplied, "it says only until when somebody is away");
    }
    None
}

/// Whether there is anything in it but its text: that is what it is about then.
fn brings_a_file(shape: &Shape<'_>) -> bool {
    shape.mail.structure.leaves.iter().any(|leaf| !leaf.mime.content_type.starts_with("text/"))
}

/// A program's own words at the beginning of a sentence. People who quote them put them inside theirs; below
/// a signature, and with a condition, they are small print that does not speak for the mail.
fn says_so(shape: &Shape<'_>) -> Found {
    let own = &shape.own;
    let counts = |first: &phrases::Found| is_for_mail(shape, *first);
    if let Some(first) = own.all(Sign::AutoReply).find(counts) {
        return found(AutoClass::AutoReplied, &said(first.phrase));
    }
    let is_about_viruses = |at: usize| {
        own.folded.get(at..).is_some_and(|rest| rest.chars().take(80).collect::<String>().contains("vir"))
    };
    let first = own.all(Sign::Machine).filter(counts).find(|first| !is_about_viruses(first.at))?;
    let class =
        if own.folded.contains("automatische antwort") || own.has(Sign::Received) && own.has(Sign::Thanks) {
            AutoClass::AutoReplied
        } else {
            AutoClass::AutoGenerated
        };
    found(class, &said(first.phrase))
}

/// Whether a program's phrase speaks for the whole mail.
fn is_for_mail(shape: &Shape<'_>, first: phrases::Found) -> bool {
    const SENTENCE_CHARS: usize = 160;
    /// Disclaimers speak to those who got a mail by mistake.
    const MISTAKES: &[&str] =
        &["empfaenger", "adressat", "irrtuem", "versehen", "recipient", "addressee", "error", "mistake"];
    const CONDITIONS: &[&str] = &[" wenn ", " falls ", " sofern ", " if ", " unless "];
    let words = &shape.words;
    let rest = shape.own.folded.get(first.at..).unwrap_or("");
    let sentence: String = rest.split(['.', '!']).next().unwrap_or("").chars().take(SENTENCE_CHARS).collect();
    let says = |list: &[&str]| list.iter().any(|word| sentence.contains(word));
    let has_condition = says(CONDITIONS) && says(MISTAKES);
    let is_below = words.all(first.sign).all(|found| found.phrase != first.phrase);
    let is_program = words.has(Sign::Received) || words.has(Sign::Notice) || shape.own.has(Sign::BulkReason);
    let speaks = shape.asks || shape.requests || shape.is_personal || words.has(Sign::Customer);
    !(has_condition || is_below) || !speaks || is_program || words.folded.is_empty()
}

/// A foreign desk's line in front of everything but a greeting: below it stands what the desk says.
fn reply_above(shape: &Shape<'_>) -> Found {
    const GREETING_WORDS: usize = 6;
    let is_marked = |line: &str| line.starts_with("##") && line.ends_with("##") && line.len() > 10;
    // People mark headings with one or two of these signs.
    let is_surely_marked = |line: &str| is_marked(line) && line.starts_with("##-");
    let is_greeting = |line: &str| line.ends_with(',') && line.split(' ').count() <= GREETING_WORDS;
    let mut lines = shape.mail.text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next()?;
    if is_marked(first) || is_greeting(first) && lines.next().is_some_and(is_surely_marked) {
        return found(AutoClass::AutoGenerated, "it begins with a desk's line to reply above");
    }
    None
}

fn said(phrase: &str) -> String {
    format!("the text says that a machine wrote it (“{} …”)", phrase.trim_start_matches('^'))
}

/// A confirmation of receipt, as ticket systems and forms send them.
fn received(shape: &Shape<'_>) -> Found {
    let own = &shape.own;
    if shape.asks || shape.is_personal {
        return None;
    }
    let arrived = own.has(Sign::Received);
    let thanks = own.has(Sign::Thanks);
    let promise = own.has(Sign::Promise);
    let soon = own.has(Sign::Soon);
    let by_subject = !shape.is_answer && subject_is(&shape.subject, "received");
    let signs = [arrived, thanks, promise, soon].into_iter().filter(|sign| *sign).count();
    let is_confirmation = arrived && signs >= 2
        || thanks && promise
        || by_subject && (arrived || promise || thanks && soon)
        || arrived && names_case(&shape.subject);
    if is_confirmation {
        found(AutoClass::AutoReplied, "the text is that of a confirmation of receipt")
    } else {
        None
    }
}

/// A ticket system's number in the subject: `[#123]`, `Ticket 123`, `Case: 123`.
fn names_case(subject: &str) -> bool {
    let has_number = subject.chars().filter(char::is_ascii_digit).count() >= 3;
    has_number
        && ["[#", "##", "ticket", "case", "vorgang", "request", "[ref", "ref:", "anfrage"]
            .iter()
            .any(|mark| subject.contains(mark))
}

/// A notice of a business to its customer: what somebody would not write to a help desk himself.
fn notice(shape: &Shape<'_>) -> Found {
    let own = &shape.own;
    const ADDRESSES_US: &[&str] = &[
        "sehr geehrte damen und herren",
        "dear sir",
        "dear team",
        "dear support",
        "dear customer service",
        "dear all",
    ];
    let addresses_us = ADDRESSES_US.iter().any(|words| own.folded.contains(words));
    if shape.is_answer || shape.asks || shape.is_personal || addresses_us {
        return None;
    }
    let count = own.count(Sign::Notice);
    let by_subject = subject_is(&shape.subject, "notice");
    let has_link = own.folded.contains("http");
    if count >= 1 && by_subject || count >= 2 && has_link || count >= 3 {
        return found(AutoClass::AutoGenerated, "subject and text are those of a business's notice");
    }
    None
}

fn list(shape: &Shape<'_>) -> Found {
    if lists::is_own(shape.mail) {
        return None;
    }
    let has_footer = || {
        let end = unquoted_end(shape.mail.text);
        !end.is_empty() && Scan::of(&end).has(Sign::ListFooter)
    };
    if shape.own.has(Sign::ListFooter) || has_footer() {
        found(AutoClass::List, "the text ends like those of a discussion list")
    } else {
        None
    }
}

/// The last lines, when they are the sender's or the list's and not quoted: below a quote a list adds its own.
fn unquoted_end(text: &str) -> String {
    const LINES: usize = 6;
    let lines: Vec<&str> = text
        .lines()
        .rev()
        .filter(|line| !line.trim().is_empty())
        .take(LINES)
        .take_while(|line| !line.trim_start().starts_with('>'))
        .collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// A newsletter: a way out near a link, a page that shows it better, or the reason why one gets it.
fn bulk(shape: &Shape<'_>) -> Found {
    const BEGINNING_BYTES: usize = 200;
    const LETTER_BYTES: usize = 1_500;
    let own = &shape.own;
    let has_link = own.folded.contains("http") || own.folded.contains("www.");
    if shape.is_answer && shape.is_personal || shape.answers() && shape.asks {
        return None;
    }
    // A house's newsletter in the signature of somebody who writes a letter.
    if person::wrote_letter(shape.mail)
        && !shape.words.has(Sign::Unsubscribe)
        && !shape.words.has(Sign::BulkReason)
        || lists::is_own(shape.mail)
    {
        return None;
    }
    let reason = own.has(Sign::BulkReason);
    let way_out = own.all(Sign::Unsubscribe).any(|found| is_near_link(&own.folded, found.at));
    let page = own.has(Sign::Browser) && has_link;
    // The first line of a long mail: nobody begins a letter with it.
    let begins_so = own.folded.len() > LETTER_BYTES
        && own
            .all(Sign::Browser)
            .any(|found| found.at < BEGINNING_BYTES && is_near_link(&own.folded, found.at));
    let signs = [reason, way_out, page, own.has(Sign::Unsubscribe) && has_link]
        .into_iter()
        .filter(|sign| *sign)
        .count();
    if signs >= 2
        || reason && has_link
        || begins_so
        || (way_out || page && !own.has(Sign::Customer) && !own.has(Sign::CustomerSite)) && !shape.is_personal
    {
        return found(AutoClass::List, "the text is that of a newsletter");
    }
    None
}

/// A link of the page leads out of a distribution list, and nobody answers anything.
fn way_out(shape: &Shape<'_>) -> Found {
    // A person who asks may send a link to a page about signing off, or one that his program made a link of.
    let speaks = shape.is_personal || shape.asks;
    let by_page = shape.mail.look.ways_out > usize::from(speaks) && !shape.quotes();
    let by_text = || !speaks && shape.own.links().any(html::leads_out);
    if lists::is_own(shape.mail) || person::wrote_letter(shape.mail) {
        return None;
    }
    let leads_out = !shape.answers() && (by_page || by_text());
    if leads_out { found(AutoClass::List, "a link in it leads out of a distribution list") } else { None }
}

/// What programs make of a site's feed: where the entry stands, in front of everything.
fn feed(shape: &Shape<'_>) -> Found {
    let mut lines = shape.mail.text.lines().map(str::trim).filter(|line| !line.is_empty());
    let names_page = lines.next().is_some_and(|line| line.starts_with("URL: http"));
    let is_entry = names_page && lines.next().is_some_and(|line| line.starts_with("Date:"));
    if is_entry { found(AutoClass::AutoGenerated, "an entry of a site's feed") } else { None }
}

/// Whether a link, or the word that stands for one, is close to a place.
fn is_near_link(text: &str, at: usize) -> bool {
    const NEAR_CHARS: usize = 160;
    let before: String = text.get(..at).unwrap_or("").chars().rev().take(NEAR_CHARS).collect();
    let before: String = before.chars().rev().collect();
    let after: String = text.get(at..).unwrap_or("").chars().take(NEAR_CHARS).collect();
    ["http", "www.", "click", "klick", "<mailto"]
        .iter()
        .any(|mark| before.contains(mark) || after.contains(mark))
}
