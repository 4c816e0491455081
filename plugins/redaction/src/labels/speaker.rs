//! Who answers in a chat: "Agent: Phone number?", and on the next line "Customer: 530 637 0504". The question is
//! the label, not the speaker.

use crate::view::{View, is_word};

/// People who speak, as chats call them.
const SPEAKERS: &[&[u8]] = &[
    b"customer",
    b"kunde",
    b"kundin",
    b"client",
    b"user",
    b"caller",
    b"anrufer",
    b"anruferin",
    b"guest",
    b"gast",
    b"visitor",
    b"besucher",
    b"me",
    b"ich",
    b"agent",
    b"member",
    b"mitglied",
];

/// Bytes of a speaker's name at most.
const NAME_BYTES_MAX: usize = 20;

/// What stands before the value of an answer.
pub(super) enum Asked {
    /// Nobody speaks here.
    No,
    /// The question ends before this place.
    Question(usize),
    /// Only a speaker stands before it.
    Nothing,
}

/// What the value at `start` answers, if it is the first thing that somebody says.
pub(super) fn asked(view: &View<'_>, start: usize) -> Asked {
    let mut colon = start;
    while start - colon < 3 && matches!(view.before(colon), b' ' | b'\t' | b'(' | b'+') {
        colon -= 1;
    }
    if view.before(colon) != b':' {
        return Asked::No;
    }
    let end = colon - 1;
    let mut name = end;
    while end - name < NAME_BYTES_MAX && is_word(view.before(name)) && !view.before(name).is_ascii_digit() {
        name -= 1;
    }
    let mut line = name;
    while matches!(view.before(line), b' ' | b'>' | b'*') && name - line < 4 {
        line -= 1;
    }
    // "[10:02] Customer:"
    if view.before(line) == b']' {
        let from = line.saturating_sub(NAME_BYTES_MAX);
        line = (from..line).rev().find(|at| view.at(*at) == b'[').unwrap_or(line);
    }
    if name == end || !matches!(view.before(line), 0 | b'\n') {
        return Asked::No;
    }
    let mut above = line;
    while line - above < 4 && matches!(view.before(above), b'\n' | b'\r' | b' ') {
        above -= 1;
    }
    let speaker = view.slice(name, end).to_ascii_lowercase();
    match view.before(above) {
        b'?' if SPEAKERS.contains(&speaker.as_slice()) || !super::is_label(view, name, end) => {
            Asked::Question(above - 1)
        }
        _ if SPEAKERS.contains(&speaker.as_slice()) => Asked::Nothing,
        _ => Asked::No,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Label, label_before};
    use crate::view::View;

    #[test]
    fn a_question_is_the_label_of_its_answer() {
        let label = |text: &str| label_before(&View::new(text), text.len());
        assert_eq!(label("Agent: Phone number?\nCustomer: "), Some(Label::Phone));
        assert_eq!(label("[10:01] Ana: Geburtsdatum?\n[10:02] Bob: "), Some(Label::Born));
        assert_eq!(label("Agent: Hello.\nCustomer: "), None);
        assert_eq!(label("Really?\nIBAN: "), Some(Label::Bank));
        assert_eq!(label("customer number: "), Some(Label::Customer));
    }
}
