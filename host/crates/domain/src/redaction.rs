//! Redaction: findings in, clean text out. The plugin finds; this decides what is replaced and by what.
//!
//! `Clean` can be made here only, so unredacted foreign text cannot get into a message by type.

use std::collections::{BTreeMap, BTreeSet};

mod ending;
mod leftover;
mod operator;
mod own;
pub mod part;
pub mod trial;

pub use ending::Endings;
pub use leftover::leftover;
pub use operator::{Operator, Operators};
pub use own::Own;
pub use part::Part;

/// A text as a redaction hook sees it, in named parts.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Document {
    /// Parts such as `subject` and `text`.
    pub parts: Vec<Part>,
    /// BCP 47 hint.
    pub language: Option<String>,
    /// Names and addresses known from the message itself (requester, agents).
    pub known: Vec<String>,
}

/// A span of personal data. Offsets are bytes of the part's UTF-8, end exclusive.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Finding {
    /// Index of the part.
    pub part: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Class such as `IBAN`.
    pub class: String,
    /// 0 to 1.
    pub score: f32,
    /// Which rule found it.
    pub rule: String,
}

/// Text that has been through redaction, or that the house itself wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
#[serde(transparent)]
pub struct Clean(String);

impl Clean {
    /// Text that no outsider wrote: templates, and answers composed from a redacted snapshot.
    #[must_use]
    pub fn ours(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// One replaced span. `value` is clear text and must be sealed or dropped before it is stored.
#[derive(Clone, PartialEq)]
pub struct Replacement {
    /// Index of the part.
    pub part: u32,
    /// Class.
    pub class: String,
    /// What stands there now: `[IBAN-1]`.
    pub placeholder: String,
    /// Rule that found it.
    pub rule: String,
    /// Confidence.
    pub score: f32,
    /// Keyed digest of the canonical value.
    pub digest: String,
    /// The clear value.
    pub value: String,
    /// Whether it is sealed; otherwise nobody keeps it.
    pub is_kept: bool,
}

impl std::fmt::Debug for Replacement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Replacement({} by {})", self.placeholder, self.rule)
    }
}

/// A stored redaction: that something was replaced, never what.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Redaction {
    /// Id.
    pub id: crate::id::RedactionId,
    /// On which ticket.
    pub ticket_id: crate::id::TicketId,
    /// In which message.
    pub message_id: crate::id::MessageId,
    /// In which part of it.
    pub part: String,
    /// Class.
    pub class: String,
    /// What stands there now.
    pub placeholder: String,
    /// Rule that found it.
    pub rule: String,
    /// Confidence.
    pub score: f32,
    /// Keyed digest: same value, same digest, within this house only.
    #[serde(skip)]
    pub digest: String,
    /// A false alarm: an agent put the value back, and it is let stand on this ticket.
    #[serde(default)]
    pub stands: bool,
}

/// Longest class name in bytes.
const CLASS_BYTES_MAX: usize = 40;

/// Rule of what a person took out by hand.
pub const BY_HAND: &str = "marked by a person";

/// Numbers of placeholders on one ticket: same value, same number.
#[derive(Debug, Clone, Default)]
pub struct Placeholders {
    numbers: BTreeMap<(String, String), u32>,
    highest: BTreeMap<String, u32>,
    /// What was given: in a text it stands for a value already. Anything else that looks so is text.
    given: BTreeSet<String>,
    /// Digests of values that agents called false alarms on this ticket, by class.
    standing: BTreeSet<(String, String)>,
    /// Whether numbers go even so.
    numbers_go: bool,
    /// The inbox's operators, and the house's.
    operators: (Operators, Operators),
    /// What is never replaced.
    own: Own,
}

impl Placeholders {
    /// None yet, for an inbox with these operators in a house with those.
    #[must_use]
    pub fn by(inbox: Operators, house: Operators) -> Self {
        Self { operators: (inbox, house), ..Self::default() }
    }

    /// Replaces none of the house's own values.
    #[must_use]
    pub fn sparing(mut self, own: Own) -> Self {
        self.own = own;
        self
    }

    fn operator(&self, class: &str) -> Operator {
        self.operators.0.over(&self.operators.1, class)
    }

    /// Remembers a placeholder given earlier on this ticket.
    pub fn remember(&mut self, class: &str, digest: &str, placeholder: &str) {
        let number = placeholder.rsplit('-').next().and_then(|rest| rest.split([':', ']']).next());
        let Some(number) = number.and_then(|number| number.parse().ok()) else { return };
        self.numbers.insert((class.to_owned(), digest.to_owned()), number);
        let highest = self.highest.entry(class.to_owned()).or_default();
        *highest = (*highest).max(number);
        self.given.insert(placeholder.to_owned());
    }

    /// Lets a value stand on this ticket that an agent put back.
    pub fn let_stand(&mut self, class: &str, digest: &str) {
        self.standing.insert((class.to_owned(), digest.to_owned()));
    }

    /// Values with a digit do not stand, whatever an agent said; words still do.
    #[must_use]
    pub const fn without_numbers(mut self) -> Self {
        self.numbers_go = true;
        self
    }

    /// Lets nothing stand, not even what is the house's own: a person says what is to go.
    #[must_use]
    pub fn strictly(mut self) -> Self {
        self.standing.clear();
        self.own = Own::default();
        self
    }

    fn stands(&self, class: &str, digest: &str, value: &str) -> bool {
        !self.standing.is_empty()
            && self.standing.contains(&(class.to_owned(), digest.to_owned()))
            && !(self.numbers_go && value.chars().any(char::is_numeric))
    }

    /// What stands in the place of a value with this digest, and whether the value is kept.
    fn give(&mut self, class: &str, digest: &str, value: &str) -> (String, bool) {
        let operator = self.operator(class);
        let highest = &mut self.highest;
        let number = *self.numbers.entry((class.to_owned(), digest.to_owned())).or_insert_with(|| {
            let next = highest.entry(class.to_owned()).or_default();
            *next += 1;
            *next
        });
        let placeholder = operator.stand_in(class, number, digest, value);
        self.given.insert(placeholder.clone());
        (placeholder, operator == Operator::Seal)
    }

    /// Where placeholders of this ticket stand in a text: they are never matched again.
    fn given_in(&self, text: &str) -> Vec<(usize, usize)> {
        let is_given =
            |(start, end): &(usize, usize)| text.get(*start..*end).is_some_and(|t| self.given.contains(t));
        placeholders_in(text).into_iter().filter(is_given).collect()
    }
}

/// Replaces the findings in a document.
///
/// # Errors
/// A sentence saying which finding makes no sense; the caller holds the message.
pub fn redact(
    document: &Document,
    findings: &[Finding],
    placeholders: &mut Placeholders,
    digest: &dyn Fn(&str, &str) -> String,
) -> Result<(Vec<Clean>, Vec<Replacement>), String> {
    let mut clean = Vec::with_capacity(document.parts.len());
    let mut replacements = Vec::new();
    for (index, part) in (0u32..).zip(&document.parts) {
        let spans = spans_of(index, &part.text, findings, placeholders)?;
        let mut out = String::with_capacity(part.text.len());
        let mut at = 0;
        for span in spans {
            let value = part.text.get(span.start as usize..span.end as usize).unwrap_or("");
            let digest = digest(&span.class, &canonical_value(value));
            if placeholders.stands(&span.class, &digest, value) {
                continue;
            }
            let (placeholder, is_kept) = placeholders.give(&span.class, &digest, value);
            out.push_str(part.text.get(at..span.start as usize).unwrap_or(""));
            out.push_str(&placeholder);
            at = span.end as usize;
            replacements.push(Replacement {
                part: index,
                class: span.class,
                placeholder,
                rule: span.rule,
                score: span.score,
                digest,
                value: value.to_owned(),
                is_kept,
            });
        }
        out.push_str(part.text.get(at..).unwrap_or(""));
        clean.push(Clean(out));
    }
    if let Some(stray) = findings.iter().find(|f| f.part as usize >= document.parts.len()) {
        return Err(format!(
            "a finding names part {}, the document has {}",
            stray.part,
            document.parts.len()
        ));
    }
    Ok((clean, replacements))
}

/// What is compared to tell whether two values are the same: letters and digits, lower case.
#[must_use]
pub fn canonical_value(value: &str) -> String {
    value.chars().filter(|c| c.is_alphanumeric() || *c == '@').flat_map(char::to_lowercase).collect()
}

/// The checked, non-overlapping spans of one part, in order. Overlaps are joined: the higher score
/// names the class, the longer one at equal score; no tail is left standing. What overlaps a placeholder that was given
/// before is left out, and what is the house's own.
///
/// # Errors
/// A sentence saying which finding makes no sense.
pub fn spans_of(
    part: u32,
    text: &str,
    findings: &[Finding],
    placeholders: &Placeholders,
) -> Result<Vec<Finding>, String> {
    let mut spans: Vec<Finding> = Vec::new();
    for finding in findings.iter().filter(|f| f.part == part) {
        check(text, finding)?;
        spans.push(finding.clone());
    }
    spans.sort_by_key(|f| (f.start, std::cmp::Reverse(f.end)));
    let standing = placeholders.given_in(text);
    let ours = if spans.is_empty() { Vec::new() } else { placeholders.own.places(text) };
    let mut out: Vec<Finding> = Vec::new();
    for span in spans {
        if own::lies_in(&ours, text, &span) {
            continue;
        }
        if standing.iter().any(|(start, end)| (span.start as usize) < *end && *start < span.end as usize) {
            continue;
        }
        match out.last_mut() {
            Some(last) if span.start < last.end => join(last, span),
            _ => out.push(span),
        }
    }
    Ok(out)
}

fn join(last: &mut Finding, span: Finding) {
    let end = last.end.max(span.end);
    if (span.score, span.end - span.start) > (last.score, last.end - last.start) {
        last.class = span.class;
        last.rule = span.rule;
        last.score = span.score;
    }
    last.end = end;
}

fn check(text: &str, finding: &Finding) -> Result<(), String> {
    let (start, end) = (finding.start as usize, finding.end as usize);
    if start >= end || end > text.len() {
        return Err(format!("a finding spans {start}..{end} of a part of {} bytes", text.len()));
    }
    if !text.is_char_boundary(start) || !text.is_char_boundary(end) {
        return Err(format!("a finding at {start}..{end} cuts a character in two"));
    }
    if !(0.0..=1.0).contains(&finding.score) {
        return Err("a finding's score lies outside 0 to 1".to_owned());
    }
    if !is_class(&finding.class) {
        return Err("a finding's class is not of the form A_CLASS".to_owned());
    }
    Ok(())
}

/// Whether a text is a class name: capitals, digits and underscores, beginning with a capital.
#[must_use]
pub fn is_class(text: &str) -> bool {
    text.len() <= CLASS_BYTES_MAX
        && text.bytes().next().is_some_and(|b| b.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// The text with the values of these placeholders put in. Values are not looked at again: a placeholder in a value
/// is text.
#[must_use]
pub fn fill(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end) in placeholders_in(text) {
        let placeholder = text.get(start..end).unwrap_or("");
        out.push_str(text.get(at..start).unwrap_or(""));
        out.push_str(values.get(placeholder).map_or(placeholder, String::as_str));
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

/// A text of one ticket as it is read on another one: its placeholders bear its number (`[PHONE-1 of #12]`), since
/// those of the other ticket mean other values. Nothing fills them.
#[must_use]
pub fn of_ticket(text: &str, number: i64) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (_, end) in placeholders_in(text) {
        // Up to its bracket, which is one byte.
        out.push_str(text.get(at..end - 1).unwrap_or(""));
        out.push_str(&format!(" of #{number}]"));
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

/// A text without the placeholders of other tickets.
#[must_use]
pub fn without_others(text: &str) -> String {
    let is_others = |inner: &str| {
        let parts = inner.split_once(" of #").filter(|(_, number)| is_number(number));
        parts.is_some_and(|(own, _)| placeholders_in(&format!("[{own}]")).len() == 1)
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('[') {
        out.push_str(before);
        match behind.split_once(']') {
            Some((inner, after)) if is_others(inner) => rest = after,
            _ => {
                out.push('[');
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    out
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Where something stands that has the form of a placeholder.
fn placeholders_in(text: &str) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    for (start, _) in text.match_indices('[') {
        let Some(rest) = text.get(start + 1..) else { continue };
        let Some(length) = rest.find(']').filter(|n| *n <= CLASS_BYTES_MAX + 28) else { continue };
        let Some((class, number)) = rest.get(..length).and_then(|inner| inner.rsplit_once('-')) else {
            continue;
        };
        // A masked value shows its ends behind the number.
        let (number, ends) = number.split_once(':').unwrap_or((number, ""));
        if is_class(class)
            && is_number(number)
            && ends.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'*')
        {
            out.push((start, start + length + 2));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Document {
        Document { parts: vec![Part::new(part::TEXT, text)], ..Document::default() }
    }

    fn finding(text: &str, value: &str, class: &str, score: f32) -> Finding {
        let start = text.find(value).unwrap();
        Finding {
            part: 0,
            start: u32::try_from(start).unwrap(),
            end: u32::try_from(start + value.len()).unwrap(),
            class: class.into(),
            score,
            rule: "test".into(),
        }
    }

    fn run(text: &str, findings: &[Finding]) -> String {
        let mut book = Placeholders::default();
        let (clean, _) = redact(&document(text), findings, &mut book, &|c, v| format!("{c}{v}")).unwrap();
        clean[0].as_str().to_owned()
    }

    #[test]
    fn the_same_value_gets_the_same_number_and_umlauts_stay_whole() {
        let text = "Grüße, DE12 und nochmal de12, dann DE34 – ä";
        let found = [
            finding(text, "DE12", "IBAN", 1.0),
            finding(text, "de12", "IBAN", 1.0),
            finding(text, "DE34", "IBAN", 1.0),
        ];
        assert_eq!(run(text, &found), "Grüße, [IBAN-1] und nochmal [IBAN-1], dann [IBAN-2] – ä");
    }

    #[test]
    fn placeholders_of_another_ticket_bear_its_number_and_are_never_filled() {
        let told = of_ticket("Call [PHONE-1] or [IBAN-2:DE…] – [sic] ä [PERSON-3:A**]", 12);
        assert_eq!(told, "Call [PHONE-1 of #12] or [IBAN-2:DE…] – [sic] ä [PERSON-3:A** of #12]");
        assert_eq!(of_ticket(&told, 10), told, "whose they are is said once");
        assert_eq!(without_others(&told), "Call  or [IBAN-2:DE…] – [sic] ä ");
        let own = "[PHONE-1] [sic] [ [A of #1] [PHONE-1 of #x] [";
        assert_eq!(without_others(own), own, "a ticket's own and what looks alike stay");
        let values = BTreeMap::from([("[PHONE-1]".to_owned(), "0171".to_owned())]);
        assert_eq!(fill(&told, &values), told);
    }

    #[test]
    fn what_is_the_houses_own_stands_unless_a_person_takes_it_out() {
        let text = "to de89 3704 0044 0532 0130 00 or 3704 0044";
        let findings = [
            finding(text, "de89 3704 0044 0532 0130 00", "IBAN", 1.0),
            finding(text, "3704 0044 0532 0130", "CREDIT_CARD", 0.6),
            finding(text, "or 3704 0044", "BANK_ACCOUNT", 0.9),
        ];
        let book = Placeholders::default().sparing(Own::new(&["DE89370400440532013000"]));
        let cleaned = |mut book: Placeholders| {
            let (parts, _) =
                redact(&document(text), &findings, &mut book, &|c, v| format!("{c}{v}")).unwrap();
            parts[0].as_str().to_owned()
        };
        assert_eq!(cleaned(book.clone()), "to de89 3704 0044 0532 0130 00 [BANK_ACCOUNT-1]");
        assert_eq!(cleaned(book.strictly()), "to [IBAN-1] [BANK_ACCOUNT-1]");
    }

    #[test]
    fn overlapping_findings_leave_no_tail() {
        let text = "call 0171 2345678 now";
        let found = [finding(text, "0171 23", "ID", 0.3), finding(text, "171 2345678", "PHONE", 0.9)];
        assert_eq!(run(text, &found), "call [PHONE-1] now");
    }

    /// The same on a ticket that gave these placeholders before.
    fn run_after(given: &[&str], text: &str, findings: &[Finding]) -> String {
        let mut book = Placeholders::default();
        for placeholder in given {
            let class = placeholder.trim_start_matches('[').rsplit_once('-').unwrap().0;
            book.remember(class, placeholder, placeholder);
        }
        let (clean, _) = redact(&document(text), findings, &mut book, &|c, v| format!("{c}{v}")).unwrap();
        clean[0].as_str().to_owned()
    }

    #[test]
    fn a_placeholder_is_never_matched_again() {
        let text = "pay to [IBAN-1] please";
        assert_eq!(run_after(&["[IBAN-1]"], text, &[finding(text, "IBAN-1", "REFERENCE", 1.0)]), text);
    }

    #[test]
    fn what_only_looks_like_a_placeholder_is_text() {
        for (text, value) in [
            ("call [TEL-491711234567]", "491711234567"),
            ("it is [PASSWORT-1:geheim123]", "geheim123"),
            ("card [CREDIT_CARD-2:4111111111111111]", "4111111111111111"),
        ] {
            let found = [finding(text, value, "SECRET", 1.0)];
            let clean = run_after(&["[IBAN-1]", "[CREDIT_CARD-1]"], text, &found);
            assert!(!clean.contains(value) && clean.contains("[SECRET-1]"), "{clean}");
        }
    }

    #[test]
    fn placeholders_are_filled_once_and_others_stay() {
        let values = [("[NAME-1]", "Ana [IBAN-1]"), ("[IBAN-1]", "DE89")];
        let values = values.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        assert_eq!(
            fill("Dear [NAME-1], [IBAN-10], [x] [IBAN-1]", &values),
            "Dear Ana [IBAN-1], [IBAN-10], [x] DE89"
        );
    }

    #[test]
    fn a_masked_value_is_no_finding_any_more() {
        let text = "card [CREDIT_CARD-1:411111****1234] please";
        let given = ["[CREDIT_CARD-1:411111****1234]"];
        assert_eq!(run_after(&given, text, &[finding(text, "411111", "BANK_ACCOUNT", 1.0)]), text);
        let half = "card [CREDIT_CARD-1:411 111] please";
        assert_ne!(run_after(&given, half, &[finding(half, "411 111", "BANK_ACCOUNT", 1.0)]), half);
    }

    #[test]
    fn a_finding_that_cuts_a_character_in_two_is_nonsense() {
        let text = "für";
        let bad = Finding { part: 0, start: 2, end: 4, class: "NAME".into(), score: 1.0, rule: "x".into() };
        let mut book = Placeholders::default();
        assert!(redact(&document(text), &[bad], &mut book, &|_, _| String::new()).is_err());
    }

    #[test]
    fn what_an_agent_let_stand_stands_and_everything_else_goes() {
        let text = "Ana and Otto, 4711 0815";
        let findings = [
            finding(text, "Ana", "PERSON", 0.9),
            finding(text, "Otto", "PERSON", 0.9),
            finding(text, "4711 0815", "PHONE", 0.9),
        ];
        let mut placeholders = Placeholders::default();
        placeholders.let_stand("PERSON", "PERSON ana");
        placeholders.let_stand("PHONE", "PHONE 47110815");
        let digest = |class: &str, value: &str| format!("{class} {value}");
        let cleaned = |mut placeholders: Placeholders| {
            let (parts, _) = redact(&document(text), &findings, &mut placeholders, &digest).unwrap();
            parts[0].as_str().to_owned()
        };
        assert_eq!(cleaned(placeholders.clone()), "Ana and [PERSON-1], 4711 0815");
        assert_eq!(cleaned(placeholders.clone().without_numbers()), "Ana and [PERSON-1], [PHONE-1]");
        assert_eq!(cleaned(placeholders.strictly()), "[PERSON-1] and [PERSON-2], [PHONE-1]");
    }
}
