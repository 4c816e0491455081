//! Addresses whose marks are written out: "ana -at- example punkt de". Only what ends like a domain counts.

use super::Edit;
use crate::recognisers::email::is_top_level;
use crate::view::{View, is_word};

/// Labels of a domain, and dots of a local part, at most.
const LABELS_MAX: usize = 6;
const LABEL_BYTES_MAX: usize = 63;

/// A mark that is written out: where it begins, with the blanks before it, where it ends, whether it is the
/// mark itself without any disguise.
struct Mark {
    start: usize,
    end: usize,
    plain: bool,
    /// Written as a word of its own, as sentences have it.
    bare: bool,
}

/// Reads the address whose sign stands at `place`; answers its end, or `place` if there is none.
pub(super) fn read(view: &View<'_>, place: usize, out: &mut Vec<Edit>) -> usize {
    let Some(sign) = sign(view, place).filter(|s| is_local(view.before(s.start))) else { return place };
    let mut edits = Vec::new();
    let Some(end) = domain(view, sign.end, &mut edits) else { return place };
    // "at noon . Then" has no dot of an address.
    let spelled = edits.iter().any(|e| view.slice(e.start, e.end) != b" . ");
    if sign.bare && !spelled && !is_announced(view, sign.start) {
        return place;
    }
    local(view, sign.start, &mut edits);
    if !sign.plain {
        edits.push(Edit { start: sign.start, end: sign.end, with: Some(b'@') });
    }
    edits.sort_by_key(|e| e.start);
    // A local part may reach into what was read before.
    let free = out.last().map_or(0, |e| e.end);
    out.extend(edits.into_iter().filter(|e| e.start >= free));
    end
}

fn is_local(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'_' | b'-' | b'+')
}

/// The sign at a place: `@` with blanks, "(at)", "-at-", " at ", "<ät>", " Klammeraffe ".
fn sign(view: &View<'_>, place: usize) -> Option<Mark> {
    const WORDS: &[&[u8]] = &[b"at", "ät".as_bytes(), b"klammeraffe", b"affe", b"a", b"@"];
    if view.at(place) == b'@' {
        let start = place - usize::from(view.before(place) == b' ');
        let end = place + 1 + usize::from(view.at(place + 1) == b' ');
        // "all @example.org" speaks of a domain or to somebody.
        if start < place && end == place + 1 {
            return None;
        }
        return Some(Mark { start, end, plain: end - start == 1, bare: false });
    }
    written(view, place, WORDS)
}

/// A dot: `.`, "(dot)", "[.]", " punkt ", " . ".
fn dot(view: &View<'_>, place: usize) -> Option<Mark> {
    const WORDS: &[&[u8]] = &[b"dot", b"punkt", b"."];
    if view.at(place) == b'.' {
        return Some(Mark { start: place, end: place + 1, plain: true, bare: false });
    }
    let word = place + usize::from(view.at(place) == b' ');
    if view.slice(word, word + 2) == b". " && word > place {
        return Some(Mark { start: place, end: word + 2, plain: false, bare: true });
    }
    written(view, word, WORDS).filter(|m| m.start == place)
}

/// One of these words in brackets, between hyphens, or on its own.
fn written(view: &View<'_>, place: usize, words: &[&[u8]]) -> Option<Mark> {
    let opening = usize::from(matches!(view.at(place), b'(' | b'[' | b'{' | b'<' | b'*'));
    let joined = opening == 0 && matches!(view.before(place), b'-' | b'_');
    let blank = usize::from(opening > 0 && view.at(place + 1) == b' ');
    let from = place + opening + blank;
    let word = words.iter().find(|w| {
        view.slice(from, from + w.len()).eq_ignore_ascii_case(w) && !is_word(view.at(from + w.len()))
    })?;
    let mut end = from + word.len();
    end += usize::from(blank > 0 && view.at(end) == b' ');
    if opening > 0 {
        if !matches!(view.at(end), b')' | b']' | b'}' | b'>' | b'*') {
            return None;
        }
        end += 1;
    } else if joined {
        if view.at(end) != view.before(place) {
            return None;
        }
        end += 1;
    }
    let single = word.len() == 1 && opening == 0;
    let mut start = place - usize::from(joined);
    if view.before(start) == b' ' {
        start -= 1;
    }
    let blanks = (start < place, view.at(end) == b' ');
    if single || (opening == 0 && !joined && blanks != (true, true)) {
        return None;
    }
    end += usize::from(blanks.1);
    Some(Mark { start, end, plain: false, bare: opening == 0 && !joined && word.len() <= 3 })
}

/// The end of the domain that begins at a place, with its disguised dots.
fn domain(view: &View<'_>, start: usize, edits: &mut Vec<Edit>) -> Option<usize> {
    let mut at = label_end(view, start)?;
    let mut end = None;
    for _ in 0..LABELS_MAX {
        let Some(mark) = dot(view, at) else { break };
        let Some(next) = label_end(view, mark.end) else { break };
        let top = is_top_level(view.slice(mark.end, next)) && next - mark.end <= 12;
        // "example . Then": a sentence goes on.
        if !mark.plain && mark.bare && (!top || end.is_some()) {
            break;
        }
        if !mark.plain {
            edits.push(Edit { start: mark.start, end: mark.end, with: Some(b'.') });
        }
        if top {
            end = Some(next);
        }
        at = next;
    }
    let end = end?;
    edits.retain(|e| e.end <= end);
    Some(end)
}

fn label_end(view: &View<'_>, start: usize) -> Option<usize> {
    let limit = start + LABEL_BYTES_MAX;
    let end = (start..=limit).find(|at| !is_word(view.at(*at)) && view.at(*at) != b'-')?;
    // "-at-", "-dot-" end a label.
    (end > start).then_some(end)
}

/// Disguised dots of the local part that ends at a place: "max (dot) muster", "max punkt muster".
fn local(view: &View<'_>, end: usize, edits: &mut Vec<Edit>) {
    let mut at = end;
    for _ in 0..2 {
        let from = at.saturating_sub(LABEL_BYTES_MAX);
        let Some(start) = (from..at).rev().find(|p| !is_local(view.at(*p))).map(|p| p + 1) else { return };
        let word = |w: &[u8]| view.slice(start.saturating_sub(w.len()), start).eq_ignore_ascii_case(w);
        let forms: [&[u8]; 9] =
            [b" dot ", b" punkt ", b"(dot)", b"[dot]", b"(punkt)", b"[punkt]", b" (dot) ", b"[.]", b"(.)"];
        let Some(form) = forms.iter().rev().find(|f| word(f)) else { return };
        let dot = start - form.len();
        if dot == 0 || !is_local(view.before(dot)) {
            return;
        }
        edits.push(Edit { start: dot, end: start, with: Some(b'.') });
        at = dot;
    }
}

/// Whether a bare "at" is meant as the sign: the word before it looks like a mailbox, or mail is spoken of.
fn is_announced(view: &View<'_>, end: usize) -> bool {
    const SPOKEN: &[&str] =
        &["mail", "email", "adresse", "address", "contact", "kontakt", "schreib", "write"];
    let start = (end.saturating_sub(LABEL_BYTES_MAX)..end)
        .rev()
        .find(|p| view.at(*p).is_ascii_whitespace())
        .map_or(end.saturating_sub(LABEL_BYTES_MAX), |p| p + 1);
    let mailbox =
        view.slice(start, end).iter().any(|b| b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'+'));
    let before = view.slice(start.saturating_sub(32), start).to_ascii_lowercase();
    mailbox || SPOKEN.iter().any(|w| before.windows(w.len()).any(|part| part == w.as_bytes()))
}

#[cfg(test)]
mod tests {
    use crate::plain::Plain;
    use crate::view::View;

    fn plain(text: &str) -> String {
        Plain::read(&View::new(text)).map_or_else(|| text.to_owned(), |p| p.text)
    }

    #[test]
    fn signs_and_dots_in_any_dress_become_marks() {
        for text in [
            "ana-at-mail[.]org",
            "ana <at> mail <dot> org",
            "ana@mail(punkt)org",
            "ana @ mail . org",
            "ana Klammeraffe mail Punkt org",
            "ana{at}mail{dot}org",
            "ana_at_mail dot org",
            "ana*at*mail.org",
            "ana (ät) mail.org",
            "ana (a) mail.org",
            "ana at mail DOT org",
        ] {
            assert_eq!(plain(text), "ana@mail.org", "{text}");
        }
        assert_eq!(plain("max (dot) muster (at) mail (dot) org"), "max.muster@mail.org");
        assert_eq!(plain("my mail is ana at mail.org"), "my mail is ana@mail.org");
    }

    #[test]
    fn sentences_with_at_and_dot_are_left() {
        for text in
            ["see it at mail.org", "we met at noon . Then", "ana (at home) mail.org", "look at this. Org"]
        {
            assert_eq!(plain(text), text);
        }
    }
}
