//! Address lists as people and programs really write them: names quoted or not, comments, groups, routes,
//! encoded words with commas inside, brackets missing. Yields bare, lower-case addresses and clean names.

use domain::address::{canonical_address, sides};

use super::{charset, limits, word};

/// One entry of an address list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Mailbox {
    pub(crate) address: Option<String>,
    pub(crate) name: Option<String>,
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct List {
    pub(crate) mailboxes: Vec<Mailbox>,
    /// Whether there was more than asked for.
    pub(crate) truncated: bool,
}

/// Reads at most `max` entries of an address list, encoded words still encoded.
pub(crate) fn parse_list(value: &str, max: usize) -> List {
    let mut list = List::default();
    let mut scan = Scan::default();
    // What ended each entry.
    let mut ends = Vec::new();
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        // An encoded word is one piece, whatever commas it holds.
        if c == '='
            && !scan.in_quotes
            && scan.comment_depth == 0
            && let Some(length) = encoded_word_length(rest)
        {
            let (piece, tail) = rest.split_at(length);
            scan.push_str(piece);
            rest = tail;
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or("");
        if scan.step(c) {
            continue;
        }
        let before = list.mailboxes.len();
        let has_room = scan.flush(&mut list, max);
        if list.mailboxes.len() > before {
            ends.push(c);
        }
        if !has_room {
            break;
        }
    }
    scan.flush(&mut list, max);
    list.mailboxes = rejoined(list.mailboxes, &ends);
    list
}

/// Bytes of the encoded word at the front of `text`, if there is one that ends.
fn encoded_word_length(text: &str) -> Option<usize> {
    const WORD_BYTES_MAX: usize = 1_000;
    let bytes = text.as_bytes();
    if !bytes.starts_with(b"=?") {
        return None;
    }
    let window = bytes.get(..WORD_BYTES_MAX).unwrap_or(bytes);
    let mut marks = window.iter().enumerate().skip(2).filter(|(_, b)| **b == b'?').map(|(at, _)| at);
    let _after_charset = marks.next()?;
    let payload = marks.next()? + 1;
    let end = window.get(payload..)?.windows(2).position(|pair| pair == b"?=")?;
    let length = payload + end + 2;
    text.is_char_boundary(length).then_some(length)
}

#[derive(Default)]
struct Scan {
    phrase: String,
    angle: Option<String>,
    comment: String,
    in_quotes: bool,
    in_angle: bool,
    escaped: bool,
    comment_depth: usize,
}

impl Scan {
    /// Takes one character in; false at the end of an entry.
    fn step(&mut self, c: char) -> bool {
        if std::mem::take(&mut self.escaped) {
            self.push(c);
            return true;
        }
        match c {
            '\\' if self.in_quotes || self.comment_depth > 0 => self.escaped = true,
            '"' if self.comment_depth == 0 && !self.in_angle => self.in_quotes = !self.in_quotes,
            _ if self.in_quotes => self.push(c),
            '(' => {
                self.comment_depth += 1;
            }
            ')' if self.comment_depth > 0 => self.comment_depth -= 1,
            _ if self.comment_depth > 0 => self.push(c),
            '<' => {
                self.in_angle = true;
                self.angle.get_or_insert_default().clear();
            }
            '>' => self.in_angle = false,
            ',' | ';' if !self.in_angle => return false,
            // A group's name; its members follow, each an entry of its own.
            ':' if !self.in_angle && self.angle.is_none() && !self.phrase.trim_end().ends_with("mailto") => {
                self.phrase.clear()
            }
            _ => self.push(c),
        }
        true
    }

    fn push(&mut self, c: char) {
        if self.comment_depth > 0 {
            self.comment.push(c);
        } else if self.in_angle {
            self.angle.get_or_insert_default().push(c);
        } else {
            self.phrase.push(c);
        }
    }

    fn push_str(&mut self, text: &str) {
        if self.in_angle {
            self.angle.get_or_insert_default().push_str(text);
        } else {
            self.phrase.push_str(text);
        }
    }

    /// Files the entry read so far; false when there is no room for it.
    fn flush(&mut self, list: &mut List, max: usize) -> bool {
        let done = std::mem::take(self);
        let Some(mailbox) = mailbox(&done.phrase, done.angle.as_deref(), &done.comment) else { return true };
        if list.mailboxes.len() >= max {
            list.truncated = true;
            return false;
        }
        list.mailboxes.push(mailbox);
        true
    }
}

/// `Meyer, Anna <anna@x.example>`: a comma that should have been quoted makes two entries of one name.
fn rejoined(mut mailboxes: Vec<Mailbox>, ends: &[char]) -> Vec<Mailbox> {
    let mut out: Vec<Mailbox> = Vec::with_capacity(mailboxes.len());
    for (at, mut mailbox) in mailboxes.drain(..).enumerate() {
        let after_comma = at > 0 && ends.get(at - 1) == Some(&',');
        if after_comma
            && mailbox.address.is_some()
            && mailbox.name.is_some()
            && let Some(family) = out.pop_if(|before| before.address.is_none())
        {
            let names: Vec<String> = family.name.into_iter().chain(mailbox.name.take()).collect();
            mailbox.name = Some(names.join(", "));
        }
        out.push(mailbox);
    }
    out
}

fn mailbox(phrase: &str, angle: Option<&str>, comment: &str) -> Option<Mailbox> {
    let phrase = readable(phrase);
    let comment = readable(comment);
    if let Some(address) = angle.and_then(bare) {
        let name = if phrase.is_empty() { comment } else { phrase };
        return Some(Mailbox { name: name_beside(&address, name), address: Some(address) });
    }
    // No usable brackets: the word with an at sign is the address, the others are the name.
    let words: Vec<&str> = phrase.split_whitespace().collect();
    let found =
        words.iter().rposition(|word| word.contains('@')).and_then(|at| Some((at, bare(words.get(at)?)?)));
    let Some((at, address)) = found else {
        let name = if phrase.is_empty() { comment } else { phrase };
        return (!name.is_empty()).then_some(Mailbox { address: None, name: Some(name) });
    };
    let others: Vec<&str> =
        words.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, word)| *word).collect();
    let name = if others.is_empty() { comment } else { others.join(" ") };
    Some(Mailbox { name: name_beside(&address, name), address: Some(address) })
}

fn readable(text: &str) -> String {
    const NAME_CHARS_MAX: usize = 500;
    let line = charset::clean_line(&word::decode(text.trim()));
    let line = line.trim().trim_matches(['\'', '"']).trim();
    line.chars().take(NAME_CHARS_MAX).collect()
}

/// A name that only repeats the address says nothing.
fn name_beside(address: &str, name: String) -> Option<String> {
    (!name.is_empty() && !name.eq_ignore_ascii_case(address)).then_some(name)
}

/// The bare address in a piece of text, lower case; `None` if it cannot be one.
fn bare(text: &str) -> Option<String> {
    let decoded = if text.contains("=?") { word::decode(text) } else { text.to_owned() };
    let squeezed: String = decoded
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && !charset::is_invisible(*c))
        .collect();
    // A source route (`<@a,@b:user@c>`) and a scheme both end with a colon.
    let text = squeezed.rsplit(':').next().unwrap_or("");
    let text = text.trim_matches(['<', '>', '\'', '"', '[', ']', '(', ')', ',', ';']).trim_end_matches('.');
    let (local, domain) = sides(text)?;
    if local.is_empty() || domain.is_empty() || text.len() > limits::ADDRESS_BYTES_MAX {
        return None;
    }
    Some(canonical_address(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(value: &str) -> (Option<String>, Option<String>) {
        let list = parse_list(value, 10);
        let first = list.mailboxes.into_iter().next().unwrap_or_default();
        (first.address, first.name)
    }

    #[test]
    fn one_sender_in_every_spelling_is_read() {
        for (value, address, name) in [
            ("anna@x.example", "anna@x.example", ""),
            ("Anna.Meyer@X.Example", "anna.meyer@x.example", ""),
            ("Anna Meyer <anna@x.example>", "anna@x.example", "Anna Meyer"),
            ("\"Meyer, Anna\" <anna@x.example>", "anna@x.example", "Meyer, Anna"),
            ("\"Anna \\\"Ann\\\" Meyer\" <anna@x.example>", "anna@x.example", "Anna \"Ann\" Meyer"),
            ("=?UTF-8?Q?J=C3=BCrgen_M=C3=BCller?= <j@x.example>", "j@x.example", "Jürgen Müller"),
            ("\"=?UTF-8?Q?J=C3=BCrgen?=\" <j@x.example>", "j@x.example", "Jürgen"),
            ("=?UTF-8?Q?M=C3=BCller,_Anna?= <a@x.example>", "a@x.example", "Müller, Anna"),
            ("=?UTF-8?Q?M=C3=BCller?,_Anna?= <a@x.example>", "a@x.example", "Müller?, Anna"),
            ("anna@x.example (Anna Meyer)", "anna@x.example", "Anna Meyer"),
            ("Anna Meyer anna@x.example", "anna@x.example", "Anna Meyer"),
            ("<anna@x.example>", "anna@x.example", ""),
            ("<<anna@x.example>>", "anna@x.example", ""),
            ("\"anna@x.example\" <anna@x.example>", "anna@x.example", ""),
            ("'Anna' <anna@x.example>", "anna@x.example", "Anna"),
            ("<@a.example,@b.example:anna@x.example>", "anna@x.example", ""),
            ("<mailto:anna@x.example>", "anna@x.example", ""),
            ("Anna <anna @ x.example>", "anna@x.example", "Anna"),
            ("Anna <anna@x.example", "anna@x.example", "Anna"),
            ("Anna [anna@x.example]", "anna@x.example", "Anna"),
            ("=?UTF-8?Q?Anna_<anna@x.example>?=", "anna@x.example", "Anna"),
            ("Support: anna@x.example;", "anna@x.example", ""),
            ("Jörg <jörg@x.example>", "jörg@x.example", "Jörg"),
        ] {
            let want = (Some(address.to_owned()), (!name.is_empty()).then(|| name.to_owned()));
            assert_eq!(first(value), want, "{value}");
        }
    }

    #[test]
    fn a_comma_that_should_have_been_quoted_cuts_no_name() {
        assert_eq!(
            first("Meyer, Anna <anna@x.example>"),
            (Some("anna@x.example".to_owned()), Some("Meyer, Anna".to_owned()))
        );
        let list = parse_list("Meyer, Anna <a@x.example>, b@x.example, Dr. Roth, Bo (IT) <c@x.example>", 10);
        let names: Vec<_> = list.mailboxes.iter().map(|m| m.name.as_deref().unwrap_or("")).collect();
        assert_eq!(names, ["Meyer, Anna", "", "Dr. Roth, Bo"]);
        let list = parse_list("Unbekannt; Anna <a@x.example>", 10);
        assert_eq!(list.mailboxes.len(), 2);
    }

    #[test]
    fn what_names_no_address_yields_none() {
        for value in ["", "MAILER-DAEMON", "<>", "undisclosed-recipients:;", "@", "a@", "@b", "<@>"] {
            assert_eq!(first(value).0, None, "{value}");
        }
        assert_eq!(first("Mail Delivery System").1.unwrap(), "Mail Delivery System");
    }

    #[test]
    fn lists_and_groups_are_split_and_bounded() {
        let list = parse_list(
            "A <a@x.example>, \"B, b\" <b@x.example>; Team: c@x.example, d@x.example;, e@x.example",
            100,
        );
        let found: Vec<_> = list.mailboxes.into_iter().filter_map(|m| m.address).collect();
        assert_eq!(found, ["a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example"]);
        let list = parse_list(&"a@x.example,".repeat(1_000), 100);
        assert_eq!((list.mailboxes.len(), list.truncated), (100, true));
    }

    #[test]
    fn hostile_lists_end() {
        for value in [
            "(".repeat(100_000),
            "<".repeat(100_000),
            "\"".repeat(99_999),
            "=?".repeat(100_000),
            "\\".repeat(9_999),
        ] {
            assert!(parse_list(&value, 100).mailboxes.len() <= 100);
        }
    }
}
