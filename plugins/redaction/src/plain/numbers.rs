//! Numbers that are disguised: digits in German and English words, O and l for 0 and 1, marks between the
//! groups that no printer puts there. Knows no kind of number.

use super::Edit;
use crate::view::{MARK, View, is_word};

/// Digits as words.
const WORDS: &[(&str, u8)] = &[
    ("null", b'0'),
    ("zero", b'0'),
    ("oh", b'0'),
    ("eins", b'1'),
    ("ein", b'1'),
    ("one", b'1'),
    ("zwei", b'2'),
    ("zwo", b'2'),
    ("two", b'2'),
    ("drei", b'3'),
    ("three", b'3'),
    ("vier", b'4'),
    ("four", b'4'),
    ("fünf", b'5'),
    ("fuenf", b'5'),
    ("five", b'5'),
    ("sechs", b'6'),
    ("six", b'6'),
    ("sieben", b'7'),
    ("seven", b'7'),
    ("acht", b'8'),
    ("eight", b'8'),
    ("neun", b'9'),
    ("nine", b'9'),
];

/// Longest word for a digit.
const WORD_BYTES_MAX: usize = 6;
/// Longest group that is looked at, and groups of one number at most.
const GROUP_BYTES_MAX: usize = 36;
const GROUPS_MAX: usize = 40;
/// Longest group with letters for digits; a whole IBAN may be longer.
const ALIKE_BYTES_MAX: usize = 12;
/// Marks between two groups at most.
const GAP_BYTES_MAX: usize = 9;
const USUAL_BYTES_MAX: usize = 6;
/// Digits of a number that somebody would disguise at least.
const DIGITS_MIN: usize = 7;
/// An odd mix of marks: so many kinds.
const KINDS_MIN: usize = 3;
/// From here on slashes between groups are odd too: no date and no phone number has so many digits.
const CARD_DIGITS_MIN: usize = 13;

/// One group of a number.
#[derive(Debug, Clone, Copy)]
struct Group {
    start: usize,
    end: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digits,
    /// A digit in words.
    Word(u8),
    /// Digits and letters that look like digits; the letters before it are meant.
    Alike(usize),
    /// Letters of a bank's name within an IBAN.
    Bank,
}

/// What stands between two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// What people and printers put there; the byte tells which kind.
    Usual(u8),
    /// A mark nobody puts there.
    Odd,
    /// A comma or comma and blank: odd between words for digits and between groups of a long number.
    Comma,
    /// A dot in disguise: "[.]", " dot ".
    Dot,
    /// A line break within a group.
    Break,
}

struct Number {
    groups: Vec<Group>,
    gaps: Vec<Gap>,
}

/// Whether a number may begin at a place: a digit, a country's two letters or an O before one, a digit in words.
pub(super) fn may_begin(view: &View<'_>, place: usize) -> bool {
    let (first, second) = (view.at(place), view.at(place + 1));
    let figure = |byte: u8| byte.is_ascii_digit() || alike(byte).is_some();
    match first.to_ascii_lowercase() {
        b'0'..=b'9' => true,
        _ if second.is_ascii_digit() => alike(first).is_some(),
        _ if second.is_ascii_alphabetic() && figure(view.at(place + 2)) && figure(view.at(place + 3)) => true,
        b'n' | b'z' | b'o' | b'e' | b't' | b'd' | b'v' | b'f' | b's' | b'a' => {
            let end = (place..=place + WORD_BYTES_MAX).find(|at| !is_word(view.at(*at)));
            end.is_some_and(|end| worded(view.slice(place, end)).is_some())
        }
        _ => false,
    }
}

/// Reads the number that begins at `start`; answers its end, or `start` if there is none.
pub(super) fn read(view: &View<'_>, start: usize, out: &mut Vec<Edit>) -> usize {
    let Some(first) = group(view, start, true) else { return start };
    let mut number = Number { groups: vec![first], gaps: Vec::new() };
    while number.groups.len() < GROUPS_MAX {
        let Some(last) = number.groups.last() else { break };
        let Some((next, gap)) = gap(view, last.end) else { break };
        let Some(following) = group(view, next, false) else { break };
        // Numbers in a list are numbers of their own; words for digits are read out with commas.
        let spoken = matches!((last.kind, following.kind), (Kind::Word(_), Kind::Word(_)));
        if gap == Gap::Comma && next - last.end > 1 && !spoken {
            break;
        }
        number.groups.push(following);
        number.gaps.push(gap);
    }
    let end = number.groups.last().map_or(start, |g| g.end);
    number.edits(view, out);
    end
}

fn group(view: &View<'_>, start: usize, first: bool) -> Option<Group> {
    let mut end = start;
    while is_word(view.at(end)) && end - start <= GROUP_BYTES_MAX {
        end += 1;
    }
    let text = view.slice(start, end);
    let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
    let kind = if digits == text.len() && digits > 0 {
        Kind::Digits
    } else if let Some(digit) = worded(text) {
        Kind::Word(digit)
    } else {
        // "DE89": a country's letters before the digits.
        let country =
            first && text.len() > 2 && text.iter().take(2).all(u8::is_ascii_alphabetic) && digits > 0;
        let head = if country { 2 } else { 0 };
        let tail = text.get(head..).unwrap_or_default();
        let alike = tail.iter().all(|b| b.is_ascii_digit() || alike(*b).is_some());
        match (alike && (country || tail.len() <= ALIKE_BYTES_MAX), digits > 0) {
            (true, true) => Kind::Alike(head),
            (true, false) if !first && tail.len() <= 4 => Kind::Alike(0),
            _ if !first && text.len() == 4 && text.iter().all(u8::is_ascii_uppercase) => Kind::Bank,
            _ => return None,
        }
    };
    (end > start && end - start <= GROUP_BYTES_MAX).then_some(Group { start, end, kind })
}

/// The digit that a letter looks like.
fn alike(letter: u8) -> Option<u8> {
    match letter {
        b'O' | b'o' => Some(b'0'),
        b'l' | b'I' | b'i' => Some(b'1'),
        _ => None,
    }
}

fn worded(text: &[u8]) -> Option<u8> {
    if !(2..=WORD_BYTES_MAX).contains(&text.len()) {
        return None;
    }
    let first = text.first()?.to_ascii_lowercase();
    WORDS
        .iter()
        .filter(|(word, _)| word.as_bytes().first() == Some(&first))
        .find(|(word, _)| {
            word.len() == text.len()
                && word
                    .bytes()
                    .zip(text)
                    .all(|(w, t)| w == t.to_ascii_lowercase() || (w == 0xBC && *t == 0x9C))
        })
        .map(|(_, digit)| *digit)
}

/// Where the next group begins, and what stands between.
fn gap(view: &View<'_>, start: usize) -> Option<(usize, Gap)> {
    dotted(view, start).or_else(|| marks(view, start))
}

fn marks(view: &View<'_>, start: usize) -> Option<(usize, Gap)> {
    let mut end = start;
    while !is_word(view.at(end)) && end - start < GAP_BYTES_MAX && end < view.len() {
        end += 1;
    }
    let text = view.slice(start, end);
    let trimmed = text.trim_ascii();
    let gap = match trimmed {
        _ if text.is_empty() => return None,
        b"" | b">" if text.starts_with(b"\n") => Gap::Break,
        b"," => Gap::Comma,
        b"|" | b"*" if text.len() == 1 => Gap::Odd,
        [MARK] | b"_" => Gap::Odd,
        b"[.]" | b"(.)" | b"{.}" => Gap::Dot,
        // "158-|51": a mark that nobody puts there beside one that people do.
        [b'-' | b'.' | b'/', b'|' | b'*' | b'_' | b',' | MARK]
        | [b'|' | b'*' | b'_' | b',' | MARK, b'-' | b'.' | b'/']
            if text.len() == 2 =>
        {
            Gap::Odd
        }
        // "(212)|555"
        [b')', b'|' | b'*' | b'_' | b',' | MARK] if text.len() == 2 => Gap::Odd,
        _ => usual(text, trimmed)?,
    };
    Some((end, gap))
}

/// Marks that people put between groups; two of them in a row they do not.
fn usual(text: &[u8], trimmed: &[u8]) -> Option<Gap> {
    const USUAL: &[u8] = b" \t-./()\n\r>";
    if text.len() > USUAL_BYTES_MAX || !text.iter().all(|b| USUAL.contains(b)) {
        return None;
    }
    let double = trimmed.len() > 1 && !text.iter().any(|b| b"()\n".contains(b));
    Some(if double { Gap::Odd } else { Gap::Usual(trimmed.first().copied().unwrap_or(b' ')) })
}

/// " dot ", "(punkt)" between two numbers.
fn dotted(view: &View<'_>, start: usize) -> Option<(usize, Gap)> {
    let open = start + usize::from(view.at(start) == b' ');
    let bracket = usize::from(matches!(view.at(open), b'(' | b'[' | b'{'));
    let word = [b"dot".as_slice(), b"punkt"]
        .into_iter()
        .find(|w| view.slice(open + bracket, open + bracket + w.len()).eq_ignore_ascii_case(w))?;
    let close = open + bracket + word.len() + bracket;
    let end = close + usize::from(view.at(close) == b' ');
    (end > close || bracket > 0).then_some((end, Gap::Dot))
}

impl Number {
    /// What has to be put for what, if the whole is something that somebody would disguise.
    fn edits(&self, view: &View<'_>, out: &mut Vec<Edit>) {
        let digits = |g: &Group| view.slice(g.start, g.end).iter().filter(|b| b.is_ascii_digit()).count();
        let written: usize = self.groups.iter().map(digits).sum();
        let words = self.groups.iter().filter(|g| matches!(g.kind, Kind::Word(_))).count();
        let dots = self.gaps.iter().filter(|g| **g == Gap::Dot).count();
        let letters: usize = self
            .groups
            .iter()
            .filter(|g| matches!(g.kind, Kind::Alike(_)))
            .map(|g| g.end - g.start - digits(g))
            .sum();
        let enough = written + words + letters >= DIGITS_MIN || dots >= 3;
        // Letters for digits are few; a row of letters is something else.
        if !enough || written * 2 < letters {
            return;
        }
        let total = written + words + letters;
        let mixed = self.kinds() >= KINDS_MIN && total >= DIGITS_MIN + 2;
        let before = out.len();
        for (index, group) in self.groups.iter().enumerate() {
            group.edits(view, out);
            let Some(gap) = self.gaps.get(index) else { break };
            let Some(next) = self.groups.get(index + 1) else { break };
            self.gap_edit(*gap, (group, next), (total, mixed), out);
        }
        out.get_mut(before..).unwrap_or_default().sort_by_key(|e| e.start);
    }

    fn gap_edit(
        &self,
        gap: Gap,
        (before, after): (&Group, &Group),
        (total, mixed): (usize, bool),
        out: &mut Vec<Edit>,
    ) {
        let spoken = |g: &Group| matches!(g.kind, Kind::Word(_));
        let wide = |g: &Group| g.end - g.start >= 2;
        let with = match gap {
            Gap::Odd => Some(b' '),
            Gap::Dot => Some(b'.'),
            Gap::Comma
                if (spoken(before) && spoken(after))
                    || (total >= DIGITS_MIN + 2
                        && wide(before)
                        && wide(after)
                        && after.start - before.end == 1) =>
            {
                Some(b' ')
            }
            // "4929 22\n34 …": a group that the line's end cut in two.
            Gap::Break if total >= DIGITS_MIN + 2 && self.is_cut(before, after) => None,
            Gap::Usual(b'/') if total >= CARD_DIGITS_MIN && after.start - before.end > 1 => Some(b' '),
            Gap::Usual(_) if mixed => Some(b' '),
            _ => return,
        };
        out.push(Edit { start: before.end, end: after.start, with });
    }

    /// Whether two pieces make a group as long as the others.
    fn is_cut(&self, before: &Group, after: &Group) -> bool {
        let length = (before.end - before.start) + (after.end - after.start);
        let others = self.groups.iter().filter(|g| g.start != before.start && g.start != after.start);
        (2..=4).contains(&length)
            && others.clone().count() > 0
            && others.map(|g| g.end - g.start).max() == Some(length)
    }

    fn kinds(&self) -> usize {
        let mut seen = [false; 256];
        for gap in &self.gaps {
            let byte = match gap {
                // "(0)" says nothing of taste.
                Gap::Usual(b'(' | b')') => continue,
                Gap::Usual(byte) => *byte,
                Gap::Odd => b'_',
                Gap::Comma => b',',
                Gap::Dot => b'.',
                Gap::Break => continue,
            };
            if let Some(slot) = seen.get_mut(usize::from(byte)) {
                *slot = true;
            }
        }
        seen.iter().filter(|s| **s).count()
    }
}

impl Group {
    fn edits(&self, view: &View<'_>, out: &mut Vec<Edit>) {
        match self.kind {
            Kind::Word(digit) => out.push(Edit { start: self.start, end: self.end, with: Some(digit) }),
            Kind::Alike(head) => {
                let places = self.start + head..self.end;
                out.extend(places.filter_map(|at| {
                    alike(view.at(at)).map(|digit| Edit { start: at, end: at + 1, with: Some(digit) })
                }));
            }
            Kind::Digits | Kind::Bank => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::plain::Plain;
    use crate::view::View;

    fn plain(text: &str) -> String {
        Plain::read(&View::new(text)).map_or_else(|| text.to_owned(), |p| p.text)
    }

    #[test]
    fn digits_in_words_and_letters_become_digits() {
        assert_eq!(plain("null eins sieben eins, zwei drei VIER Fünf"), "0 1 7 1 2 3 4 5");
        assert_eq!(plain("4 one 1 1 two 3 4 5"), "4 1 1 1 2 3 4 5");
        assert_eq!(plain("DE89 37O4 0O44 l532"), "DE89 3704 0044 1532");
        assert_eq!(plain("O171 2345 678"), "0171 2345 678");
    }

    #[test]
    fn odd_marks_between_groups_become_blanks_and_dots() {
        assert_eq!(plain("4111_1111|1111*1111"), "4111 1111 1111 1111");
        assert_eq!(plain("4111·1111,1111 / 1111"), "4111 1111 1111 1111");
        assert_eq!(plain("158-|51-|5260 und 158-,51-,5260"), "158 51 5260 und 158 51 5260");
        assert_eq!(plain("10[.]20(.)30 dot 40"), "10.20.30.40");
    }

    #[test]
    fn a_group_that_a_line_break_cut_is_whole_again() {
        assert_eq!(plain("4929 2234 0\n> 265 2695"), "4929 2234 0265 2695");
        assert_eq!(plain("4929 2234\n0265 2695"), "4929 2234\n0265 2695");
    }
}
