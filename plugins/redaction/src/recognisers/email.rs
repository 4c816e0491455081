//! E-mail addresses, plain and disguised: `name (at) example (punkt) org`.

use crate::view::{View, is_word};

/// Longest local part and longest domain that are looked at.
const LOCAL_BYTES_MAX: usize = 64;
const DOMAIN_BYTES_MAX: usize = 253;

/// An address whose `@` stands at `at`: its span and score.
pub(crate) fn email_at(view: &View<'_>, at: usize) -> Option<(usize, usize, f32)> {
    let spaced = view.before(at) == b' ' && view.at(at + 1) == b' ';
    let (left, right) = if spaced { (at - 1, at + 2) } else { (at, at + 1) };
    let start = local_start(view, left)?;
    let end = domain_end(view, right)?;
    Some((start, end, if spaced { 0.7 } else { 1.0 }))
}

/// An address whose `@` is written in words within brackets that open at `bracket`.
pub(crate) fn spelled_email_at(view: &View<'_>, bracket: usize) -> Option<(usize, usize, f32)> {
    let after = spelled(view, bracket, &[b"at", "ät".as_bytes(), b"@", "klammeraffe".as_bytes()])?;
    let left = bracket - usize::from(view.before(bracket) == b' ');
    let right = after + usize::from(view.at(after) == b' ');
    let start = local_start(view, left)?;
    let end = domain_end(view, right)?;
    Some((start, end, 0.9))
}

/// An address in words without brackets, "ana at example dot org", whose word for the first dot stands at
/// `dot`.
pub(crate) fn worded_email_at(view: &View<'_>, dot: usize) -> Option<(usize, usize, f32)> {
    let after = worded_dot_end(view, dot)?;
    // The domain's first label, then " at ", then the local part.
    let label = words_before(view, dot - 1)?;
    let head = [b" at ".as_slice(), " ät ".as_bytes(), b" AT ", b" klammeraffe "]
        .into_iter()
        .find(|w| label >= w.len() && view.slice(label - w.len(), label).eq_ignore_ascii_case(w))?;
    let left = label - head.len();
    let mut start = local_start(view, left)?;
    while start > 5
        && [b" dot ".as_slice(), b" punkt "]
            .iter()
            .any(|w| start > w.len() && view.slice(start - w.len(), start).eq_ignore_ascii_case(w))
    {
        let mark = if view.slice(start - 5, start).eq_ignore_ascii_case(b" dot ") { 5 } else { 7 };
        start = local_start(view, start - mark)?;
    }
    let mut end = word_end(view, after);
    while let Some(next) = worded_dot_end(view, end + 1).filter(|_| view.at(end) == b' ') {
        end = word_end(view, next);
    }
    let last = (after..end).rev().find(|p| view.at(*p) == b' ').map_or(after, |p| p + 1);
    (is_top_level(view.slice(last, end)) && end - last <= 10 && left > start).then_some((start, end, 0.85))
}

/// "dot " or "punkt " at a place.
fn worded_dot_end(view: &View<'_>, place: usize) -> Option<usize> {
    let word = [b"dot ".as_slice(), b"punkt "]
        .into_iter()
        .find(|w| view.slice(place, place + w.len()).eq_ignore_ascii_case(w))?;
    (view.before(place) == b' ').then_some(place + word.len())
}

/// Where the label of a domain that ends at a place begins.
fn words_before(view: &View<'_>, end: usize) -> Option<usize> {
    let mut start = end;
    while (is_word(view.before(start)) || matches!(view.before(start), b'-' | b'.'))
        && end - start < LOCAL_BYTES_MAX
    {
        start -= 1;
    }
    (start < end).then_some(start)
}

fn word_end(view: &View<'_>, start: usize) -> usize {
    (start..start + LOCAL_BYTES_MAX)
        .find(|at| !is_word(view.at(*at)) && view.at(*at) != b'-')
        .unwrap_or(start)
}

/// The end of `(word)`, `[word]` or `{word}` at a place, if the word is one of these.
fn spelled(view: &View<'_>, open: usize, words: &[&[u8]]) -> Option<usize> {
    if !matches!(view.at(open), b'(' | b'[' | b'{') {
        return None;
    }
    let word = open + 1 + usize::from(view.at(open + 1) == b' ');
    let found = words.iter().find(|w| view.slice(word, word + w.len()).eq_ignore_ascii_case(w))?;
    let close = word + found.len() + usize::from(view.at(word + found.len()) == b' ');
    matches!(view.at(close), b')' | b']' | b'}').then_some(close + 1)
}

fn local_start(view: &View<'_>, end: usize) -> Option<usize> {
    let limit = end.saturating_sub(LOCAL_BYTES_MAX);
    let mut start = end;
    while start > limit && is_local(view.before(start)) {
        start -= 1;
    }
    // A character that was cut by the limit is left out whole.
    while start < end
        && (!is_word(view.at(start)) && view.at(start) != b'_' || is_inside_character(view.at(start)))
    {
        start += 1;
    }
    (start < end && view.before(end) != b'.').then_some(start)
}

const fn is_inside_character(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

fn is_local(byte: u8) -> bool {
    is_word(byte) || b"._%+-'!#$&*/=?^`~|".contains(&byte)
}

/// The end of a domain with at least one dot and letters at its end.
fn domain_end(view: &View<'_>, start: usize) -> Option<usize> {
    let limit = (start + DOMAIN_BYTES_MAX).min(view.len());
    let (mut at, mut label, mut end, mut dots) = (start, start, None, 0);
    loop {
        while at < limit && (is_word(view.at(at)) || view.at(at) == b'-') {
            at += 1;
        }
        if at == label {
            break;
        }
        if dots > 0 && is_top_level(view.slice(label, at)) {
            end = Some(at);
        }
        let Some(next) = dot_end(view, at).filter(|n| *n < limit && is_word(view.at(*n))) else { break };
        dots += 1;
        at = next;
        label = next;
    }
    end
}

/// Where the label after a dot begins, plain or spelled out.
fn dot_end(view: &View<'_>, at: usize) -> Option<usize> {
    if view.at(at) == b'.' {
        return Some(at + 1);
    }
    let open = at + usize::from(view.at(at) == b' ');
    let after = spelled(view, open, &[b"dot", b"punkt", b"."])?;
    Some(after + usize::from(view.at(after) == b' '))
}

/// Whether a label may be the last of a domain.
pub(crate) fn is_top_level(label: &[u8]) -> bool {
    let punycode = label.len() > 4 && label.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"xn--"));
    label.len() >= 2 && (punycode || label.iter().all(|b| b.is_ascii_alphabetic() || *b >= 0x80))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> Option<String> {
        let view = View::new(text);
        (0..view.len())
            .find_map(|at| match view.at(at) {
                b'@' => email_at(&view, at),
                _ => spelled_email_at(&view, at),
            })
            .map(|(start, end, _)| {
                let (start, end) = view.original(start, end);
                text[start..end].to_owned()
            })
    }

    #[test]
    fn addresses_are_known_whole_and_marks_around_them_stay() {
        for address in [
            "ana@example.org",
            "ana.maria+tag@mail.example.co.uk",
            "o'brien@example.ie",
            "jürgen@müller.de",
            "a_b-c@xn--mller-kva.de",
            "ANA@EXAMPLE.ORG",
            "ana@exam\u{200b}ple.org",
            "ana＠example．org",
            "ana (at) example (punkt) org",
            "ana[at]example.org",
            "ana { at } example [dot] org",
            "ana @ example.org",
        ] {
            for (left, right) in [("<", ">"), ("an ", "."), ("(", ")"), ("mailto:", "?"), ("„", "“")] {
                assert_eq!(
                    email(&format!("{left}{address}{right}")).as_deref(),
                    Some(address),
                    "{left}{address}{right}"
                );
            }
        }
    }

    #[test]
    fn other_uses_of_the_sign_are_left() {
        for text in
            ["@ana schreibt", "5 @ 3.50", "ana@localhost", "look @example.org", "a@b", "@", "@@@@.org"]
        {
            assert_eq!(email(text), None, "{text}");
        }
    }
}
