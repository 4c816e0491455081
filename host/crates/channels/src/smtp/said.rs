//! What a mail server answered, without anybody's data: it may repeat the recipient's address, or words of the mail. Kept
//! are the enhanced status (RFC 3463) and the words around what was taken out. Knows no connection.

/// What stands in the place of what was taken out.
const OUT: &str = "…";

/// Fewer letters of a name stand in too many words that mean nobody.
const NAME_CHARS_MIN: usize = 3;

/// Quotation marks that open, and what closes them.
const QUOTES: [(char, char); 6] = [('"', '"'), ('\'', '\''), ('`', '\''), ('“', '”'), ('„', '“'), ('«', '»')];

/// An answer without addresses, numbers, what it quotes, and the name in front of the recipient's `@`.
pub(super) fn without_people(said: &str, recipient: &str) -> String {
    let name = recipient.rsplit_once('@').map_or(recipient, |(name, _)| name).to_lowercase();
    let said = without_quotes(said);
    let words: Vec<&str> = said.split_whitespace().collect();
    let status = words.first().copied().filter(|word| is_status(word));
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied();
        let after = words.get(at + 1).copied();
        // Each line of an answer begins with its status; that of a server behind this one, with its code.
        let is_kept = Some(*word) == status
            || is_coded(word, after)
            || before.is_some_and(|code| is_coded(code, Some(*word)));
        let word = if is_kept { (*word).to_owned() } else { without_person(word, &name) };
        // Of a number in several groups one sign is left.
        if word != OUT || out.last().is_none_or(|last| last != OUT) {
            out.push(word);
        }
    }
    out.join(" ")
}

/// `5.1.1`
fn is_status(word: &str) -> bool {
    let mut parts = word.split('.');
    let is_short = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    matches!(parts.next(), Some("2" | "4" | "5"))
        && parts.next().is_some_and(is_short)
        && parts.next().is_some_and(is_short)
        && parts.next().is_none()
}

/// Whether a word is a code with its status behind it: `550` and `5.1.1`.
fn is_coded(code: &str, behind: Option<&str>) -> bool {
    let is_code = code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit());
    is_code
        && behind
            .is_some_and(|status| is_status(status) && status.as_bytes().first() == code.as_bytes().first())
}

/// A word, or what is around it where it is an address, has a digit, or is the name or a part of it.
fn without_person(word: &str, name: &str) -> String {
    let is_edge = |c: char| !c.is_alphanumeric();
    let core = word.trim_matches(is_edge);
    let lower = core.to_lowercase();
    let is_part = |part: &str| part.chars().count() >= NAME_CHARS_MIN && part == lower;
    let is_name = !name.is_empty() && (lower == name || name.split(is_edge).any(is_part));
    let is_number = core.chars().any(char::is_numeric);
    if !(core.contains('@') || is_number || is_name) {
        return word.to_owned();
    }
    // A plus in front of a number is part of it.
    let (before, after) = word.split_once(core).unwrap_or_default();
    format!("{}{OUT}{after}", before.trim_end_matches('+'))
}

/// A text with a sign in the place of what stands between quotation marks. An apostrophe within a word quotes nothing, and
/// neither does a mark that nothing closes.
fn without_quotes(said: &str) -> String {
    let mut out = String::with_capacity(said.len());
    let mut rest = said;
    while let Some(first) = rest.chars().next() {
        let behind = rest.get(first.len_utf8()..).unwrap_or_default();
        let opens = !out.ends_with(char::is_alphanumeric);
        let close = QUOTES.iter().find(|(open, _)| opens && *open == first).map(|(_, close)| *close);
        match close.and_then(|close| behind.split_once(close)) {
            Some((quoted, after)) if !quoted.is_empty() => {
                out.push_str(OUT);
                rest = after;
            }
            _ => {
                out.push(first);
                rest = behind;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_answer_its_status_and_its_plain_words_are_left() {
        for (said, left) in [
            ("5.1.1 no such user", "5.1.1 no such user"),
            (
                "5.1.1 <ana.lee@example.org>: Recipient address rejected",
                "5.1.1 <…>: Recipient address rejected",
            ),
            ("5.1.1 user Ana.Lee unknown (ana)", "5.1.1 user … unknown (…)"),
            ("5.7.1 rejected: “Refund for Bo” in the subject", "5.7.1 rejected: … in the subject"),
            ("5.7.1 rejected: 'DE89 3704 0044 0532' can't pass", "5.7.1 rejected: … can't pass"),
            ("5.7.1 call +49 171 2345678 or (030) 901820.", "5.7.1 call … or (…) …."),
            (
                "5.7.26 not signed 5.7.26 see https://mail.example/?to=ana%40x",
                "5.7.26 not signed 5.7.26 see …",
            ),
            ("host mx said: 550 5.1.1 <ana.lee@example.org> unknown", "host mx said: 550 5.1.1 <…> unknown"),
            ("born 5.1.85, 550 6.1.1", "born …, …"),
            ("it isn't here, it's \"gone", "it isn't here, it's \"gone"),
            ("ümlaut@example.org", "…"),
            ("", ""),
        ] {
            assert_eq!(without_people(said, "ana.lee@example.org"), left, "{said}");
        }
    }

    #[test]
    fn a_short_part_of_a_name_is_a_word_and_nobody_is_in_none() {
        assert_eq!(without_people("it is no user", "no.is@example.org"), "it is no user");
        assert_eq!(without_people("no user", "no@example.org"), "… user", "a whole name");
        assert_eq!(without_people("no user", ""), "no user");
    }
}
