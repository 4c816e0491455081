//! One pass over a text: what stands out (a digit, an @, a bracket, a colon, a label) wakes the rule for it.
//!
//! Each rule looks at a bounded stretch around, so the time is linear in the length of the text.

use crate::bic::{bic_near, labelled_bic_at};
use crate::card::{card_at, code_behind, named_code};
use crate::email::{email_at, spelled_email_at};
use crate::iban::iban_at;
use crate::ip::{ipv4_at, ipv6_at};
use crate::names::Known;
use crate::phone::phone_at;
use crate::run::Run;
use crate::settings::Settings;
use crate::tax::tax_id_at;
use crate::view::{View, is_word};

/// A span of the original text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Class such as `IBAN`.
    pub class: &'static str,
    /// 0 to 1.
    pub score: f32,
    /// The rule's name.
    pub rule: &'static str,
}

/// Scores below this are not worth carrying, whatever the threshold.
const SCORE_MIN: f32 = 0.3;

/// Finds personal data in a text: in order, without overlaps, never inside a placeholder.
#[must_use]
pub fn find(text: &str, known: &Known, settings: &Settings) -> Vec<Found> {
    let view = View::new(text);
    let mut scan = Scan { view: &view, known, out: Vec::new() };
    scan.pass();
    for (start, end, score) in known.names(&view) {
        scan.add(start, end, "PERSON", score, "person.known");
    }
    let mut found = settle(scan.out, &view);
    found.retain(|f| f.score >= settings.threshold && settings.wants(f.class));
    for f in &mut found {
        (f.start, f.end) = view.original(f.start, f.end);
    }
    found
}

struct Scan<'a> {
    view: &'a View<'a>,
    known: &'a Known,
    out: Vec<Found>,
}

impl Scan<'_> {
    fn pass(&mut self) {
        let mut at = 0;
        let bytes = self.view.bytes();
        while let Some(step) = bytes
            .get(at..)
            .and_then(|rest| rest.iter().position(|b| STANDS_OUT.get(usize::from(*b)) == Some(&true)))
        {
            at += step;
            at = self.look(at).max(at + 1);
        }
    }

    /// Looks at one place; answers where to go on.
    fn look(&mut self, at: usize) -> usize {
        match self.view.at(at) {
            b'0'..=b'9' => self.digit(at),
            b'@' => self.sign(at),
            b'(' | b'[' | b'{' => spelled_email_at(self.view, at)
                .map_or(at, |(start, end, score)| self.add(start, end, "EMAIL", score, "email.spelled")),
            b':' => ipv6_at(self.view, at)
                .map_or(at, |(start, end, score)| self.add(start, end, "IP_ADDRESS", score, "ip.v6")),
            _ if is_word(self.view.before(at)) => at,
            _ => labelled_bic_at(self.view, at)
                .map_or(at, |(start, end)| self.add(start, end, "BIC", 0.95, "bic.label")),
        }
    }

    fn sign(&mut self, at: usize) -> usize {
        if let Some((start, end)) = self.known.address_at(self.view, at) {
            return self.add(start, end, "EMAIL", 1.0, "email.known");
        }
        email_at(self.view, at)
            .map_or(at, |(start, end, score)| self.add(start, end, "EMAIL", score, "email.shape"))
    }

    fn digit(&mut self, at: usize) -> usize {
        if let Some((start, end, score)) = iban_at(self.view, at) {
            if let Some((from, to)) = bic_near(self.view, (start, end)) {
                self.add(from, to, "BIC", 0.85, "bic.beside_iban");
            }
            return self.add(
                start,
                end,
                "IBAN",
                score,
                if score < 1.0 { "iban.shape" } else { "iban.check" },
            );
        }
        if let Some((start, end, score)) = ipv4_at(self.view, at) {
            return self.add(start, end, "IP_ADDRESS", score, "ip.v4");
        }
        let run = Run::read(self.view, at);
        self.run(&run);
        run.end
    }

    /// Cuts a run of digit groups into numbers, the surest rule first.
    fn run(&mut self, run: &Run) {
        let mut first = 0;
        while let Some(group) = run.group(first) {
            first += self.number(run, first, group.start).max(1);
        }
    }

    /// Groups that were taken as a number from group `first` on.
    fn number(&mut self, run: &Run, first: usize, start: usize) -> usize {
        let end_of = |taken: usize| run.group(first + taken - 1).map_or(start, |g| g.end);
        // A later group of the run may be the head of an IBAN ("2024 DE89 …" has letters between and is no
        // run, "12 34" is one): nothing to look for here but numbers.
        if let Some((taken, score)) = card_at(self.view, run, first) {
            let end = end_of(taken);
            self.add(start, end, "CREDIT_CARD", score, "card.check");
            if let Some((from, to)) = code_behind(self.view, end).filter(|_| score >= 0.5) {
                self.add(from, to, "CARD_SECURITY_CODE", 0.8, "card.code_behind");
            }
            return taken;
        }
        if let Some((from, to)) = named_code(self.view, run, first) {
            self.add(from, to, "CARD_SECURITY_CODE", 0.95, "card.code_label");
            return 1;
        }
        if let Some((taken, score)) = tax_id_at(self.view, run, first) {
            self.add(start, end_of(taken), "DE_TAX_ID", score, "tax.check");
            return taken;
        }
        if let Some((from, to, taken, score)) = phone_at(self.view, run, first) {
            self.add(from, to, "PHONE", score, "phone.shape");
            return taken;
        }
        0
    }

    /// Notes a finding; answers its end.
    fn add(
        &mut self,
        start: usize,
        end: usize,
        class: &'static str,
        score: f32,
        rule: &'static str,
    ) -> usize {
        if score >= SCORE_MIN {
            self.out.push(Found { start, end, class, score, rule });
        }
        end
    }
}

/// Bytes that wake a rule: digits, `@`, brackets, colons, and the first letters of BIC and SWIFT.
static STANDS_OUT: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_usize;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let b = byte as u8;
        table[byte] = matches!(b, b'0'..=b'9' | b'@' | b'(' | b'[' | b'{' | b':' | b'b' | b'B' | b's' | b'S');
        byte += 1;
    }
    table
};

/// In order, overlaps joined under the surer class, placeholders left alone.
fn settle(mut found: Vec<Found>, view: &View<'_>) -> Vec<Found> {
    found.sort_by_key(|f| (f.start, std::cmp::Reverse(f.end)));
    let placeholders = placeholders(view);
    let mut out: Vec<Found> = Vec::with_capacity(found.len());
    let mut next = 0;
    for f in found {
        while placeholders.get(next).is_some_and(|p| p.1 <= f.start) {
            next += 1;
        }
        if placeholders.get(next).is_some_and(|p| p.0 < f.end) {
            continue;
        }
        match out.last_mut().filter(|last| f.start < last.end) {
            Some(last) => {
                let end = last.end.max(f.end);
                if (f.score, f.end - f.start) > (last.score, last.end - last.start) {
                    *last = Found { start: last.start, ..f };
                }
                last.end = end;
            }
            None => out.push(f),
        }
    }
    out
}

/// Where placeholders such as `[IBAN-1]` stand already.
fn placeholders(view: &View<'_>) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let open = view.bytes().iter().enumerate().filter(|(_, b)| **b == b'[').map(|(at, _)| at);
    for start in open {
        let class_end = (start + 1..start + 42)
            .find(|i| !matches!(view.at(*i), b'A'..=b'Z' | b'0'..=b'9' | b'_'))
            .unwrap_or(start);
        if class_end <= start + 1 || view.at(class_end) != b'-' || !view.at(start + 1).is_ascii_uppercase() {
            continue;
        }
        let end = (class_end + 1..class_end + 12).find(|i| !view.at(*i).is_ascii_digit()).unwrap_or(start);
        if end > class_end + 1 && view.at(end) == b']' {
            out.push((start, end + 1));
        }
    }
    out
}
