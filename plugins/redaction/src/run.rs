//! A run of digit groups with what stands between them: the raw material of card, phone and tax numbers.

use crate::view::View;

/// What stands between two groups, as bits.
pub(crate) mod gap {
    pub(crate) const SPACE: u8 = 1;
    pub(crate) const HYPHEN: u8 = 2;
    pub(crate) const DOT: u8 = 4;
    pub(crate) const SLASH: u8 = 8;
    pub(crate) const PAREN: u8 = 16;
    pub(crate) const LINE: u8 = 32;
}

/// Digits of one run at most; what is longer is cut and goes on as another run.
const DIGITS_MAX: usize = 64;
/// Characters between two groups at most.
const GAP_BYTES_MAX: usize = 5;

/// One group of digits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// What stands before it; 0 for the first.
    pub(crate) gap: u8,
}

impl Group {
    pub(crate) fn len(self) -> usize {
        self.end - self.start
    }
}

/// Groups of digits that may belong together.
pub(crate) struct Run {
    pub(crate) groups: Vec<Group>,
    /// Where the scan goes on.
    pub(crate) end: usize,
}

impl Run {
    /// Reads the run that begins with the digit at `start`.
    pub(crate) fn read(view: &View<'_>, start: usize) -> Self {
        let mut groups = Vec::with_capacity(8);
        let (mut at, mut digits, mut before) = (start, 0, 0);
        loop {
            let from = at;
            while view.at(at).is_ascii_digit() {
                at += 1;
            }
            digits += at - from;
            groups.push(Group { start: from, end: at, gap: before });
            let Some((next, kind)) = read_gap(view, at).filter(|_| digits < DIGITS_MAX) else { break };
            before = kind;
            at = next;
        }
        let end = groups.last().map_or(start + 1, |g| g.end);
        Self { groups, end }
    }

    pub(crate) fn group(&self, index: usize) -> Option<Group> {
        self.groups.get(index).copied()
    }
}

/// The place of the next digit and what stands before it, if no more than separators does.
fn read_gap(view: &View<'_>, start: usize) -> Option<(usize, u8)> {
    let (mut at, mut kind) = (start, 0);
    while at - start < GAP_BYTES_MAX {
        let bit = match view.at(at) {
            b'0'..=b'9' => return (at > start).then_some((at, kind)),
            b' ' | b'\t' => gap::SPACE,
            b'-' if kind & gap::HYPHEN == 0 => gap::HYPHEN,
            b'.' if kind & gap::DOT == 0 => gap::DOT,
            b'/' if kind & gap::SLASH == 0 => gap::SLASH,
            b'(' | b')' => gap::PAREN,
            b'\n' | b'\r' => gap::LINE,
            // The mark of a quoted line.
            b'>' if kind & gap::LINE != 0 => gap::LINE,
            _ => return None,
        };
        kind |= bit;
        at += 1;
    }
    view.at(at).is_ascii_digit().then_some((at, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(text: &str) -> Vec<(usize, u8)> {
        let view = View::new(text);
        Run::read(&view, 0).groups.iter().map(|g| (g.len(), g.gap)).collect()
    }

    #[test]
    fn groups_and_what_is_between_them_are_told_apart() {
        assert_eq!(groups("0171/23 45-6"), [(4, 0), (2, gap::SLASH), (2, gap::SPACE), (1, gap::HYPHEN)]);
        assert_eq!(groups("4111\n> 1111"), [(4, 0), (4, gap::LINE | gap::SPACE)]);
        assert_eq!(groups("49 (0) 30"), [(2, 0), (1, gap::SPACE | gap::PAREN), (2, gap::SPACE | gap::PAREN)]);
    }

    #[test]
    fn words_commas_and_double_marks_end_a_run() {
        assert_eq!(groups("12,50").len(), 1);
        assert_eq!(groups("12 a 34").len(), 1);
        assert_eq!(groups("12--34").len(), 1);
        assert_eq!(groups("12:30").len(), 1);
    }

    #[test]
    fn a_run_without_end_is_cut() {
        let text = "7 ".repeat(10_000);
        assert!(Run::read(&View::new(&text), 0).end < 200);
    }
}
