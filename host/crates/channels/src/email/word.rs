//! RFC 2047 encoded words in header values, the broken ones of real life included: words split inside a
//! character, blanks inside, a missing end, glued to other text, encoded twice.

use super::charset;
use super::transfer;

/// The readable form of a header value. Adjacent words of one charset are joined before decoding.
pub(crate) fn decode(value: &str) -> String {
    let once = decode_once(value);
    let again = once.trim();
    if again.starts_with("=?") && again.ends_with("?=") { decode_once(again) } else { once }
}

/// One encoded word, taken apart.
struct Word<'a> {
    charset: &'a str,
    /// `b` or `q`.
    encoding: char,
    payload: &'a str,
    rest: &'a str,
}

fn decode_once(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find("=?") {
        let (before, tail) = rest.split_at(at);
        let Some(first) = take_word(tail) else {
            out.push_str(before);
            out.push_str("=?");
            rest = tail.get(2..).unwrap_or("");
            continue;
        };
        out.push_str(before);
        let (bytes, after) = run(&first);
        out.push_str(&charset::decode(&bytes, Some(first.charset)));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The bytes of a word and of those right behind it that continue it, and what stands behind them.
fn run<'a>(first: &Word<'a>) -> (Vec<u8>, &'a str) {
    let mut bytes = Vec::new();
    let mut base64 = Vec::new();
    let mut word = Word { ..*first };
    loop {
        if word.encoding == 'b' {
            base64.push(word.payload);
        } else {
            bytes.extend(glued(&std::mem::take(&mut base64)));
            bytes.extend(transfer::quoted_printable(word.payload.as_bytes(), true));
        }
        // Blanks between two encoded words belong to neither (RFC 2047 §6.2).
        let next = word.rest.trim_start();
        match next.starts_with("=?").then(|| take_word(next)).flatten() {
            Some(more) if more.charset.eq_ignore_ascii_case(first.charset) => word = more,
            more => {
                bytes.extend(glued(&base64));
                return (bytes, if more.is_some() { next } else { word.rest });
            }
        }
    }
}

/// Base64 of words in a row. Some programs encode first and cut then: pieces that only together make whole
/// groups of four are decoded together.
fn glued(payloads: &[&str]) -> Vec<u8> {
    let is_whole = |length: usize| length.is_multiple_of(4);
    let together = payloads.concat();
    if is_whole(together.len()) && !payloads.iter().all(|payload| is_whole(payload.len())) {
        return transfer::base64(together.as_bytes());
    }
    payloads.iter().flat_map(|payload| transfer::base64(payload.as_bytes())).collect()
}

/// Takes one word from the front of `text`, which starts with `=?`.
fn take_word(text: &str) -> Option<Word<'_>> {
    const CHARSET_BYTES_MAX: usize = 60;
    let body = text.get(2..)?;
    let end = body.bytes().take(CHARSET_BYTES_MAX).position(|b| b == b'?')?;
    let charset = body.get(..end)?;
    if charset.bytes().any(|b| b.is_ascii_whitespace() || b == b'=') {
        return None;
    }
    let mut after = body.get(end + 1..)?.chars();
    let encoding = after.next()?.to_ascii_lowercase();
    if after.next()? != '?' {
        return None;
    }
    let payload_and_rest = after.as_str();
    let (payload, rest) = match find_end(payload_and_rest, encoding) {
        Some(at) => (payload_and_rest.get(..at)?, payload_and_rest.get(at + 2..)?),
        // No end at all: the rest of the value, up to the next blank, was meant.
        None => match payload_and_rest.find(' ') {
            Some(at) => payload_and_rest.split_at(at),
            None => (payload_and_rest.trim_end_matches('?'), ""),
        },
    };
    matches!(encoding, 'b' | 'q').then_some(Word { charset, encoding, payload, rest })
}

/// Where `?=` ends the word. An unencoded question mark before an encoded byte (`?=C3=BC`) is no end as
/// long as another end follows inside the same word.
fn find_end(text: &str, encoding: char) -> Option<usize> {
    // Words are 75 characters by the book; a window keeps a header full of unfinished ones linear.
    const WORD_BYTES_MAX: usize = 4_000;
    let window = text.as_bytes();
    let window = window.get(..WORD_BYTES_MAX).unwrap_or(window);
    let first = window.windows(2).position(|pair| pair == b"?=")?;
    if encoding != 'q' {
        return Some(first);
    }
    let after = text.get(first + 2..)?;
    let looks_like_code =
        after.len() >= 2 && after.bytes().take(2).all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
    if looks_like_code {
        let limit = after.find([' ', '\t']).unwrap_or(after.len());
        if let Some(next) = after.get(..limit).and_then(|part| part.find("?=")) {
            return Some(first + 2 + next);
        }
    }
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_good_and_broken_are_read() {
        for (value, want) in [
            ("plain", "plain"),
            ("=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
            ("=?utf-8?B?R3LDvMOfZQ==?=", "Grüße"),
            ("=?ISO-8859-1?Q?M=FCller?= GmbH", "Müller GmbH"),
            ("Re: =?UTF-8?Q?R=C3=BCckgabe?= 12", "Re: Rückgabe 12"),
            // split inside a character
            ("=?UTF-8?B?R3LD?= =?UTF-8?B?vMOfZQ==?=", "Grüße"),
            ("=?UTF-8?Q?Gr=C3?=\t=?utf-8?Q?=BC=C3=9Fe?=", "Grüße"),
            // base64 cut before it was put into words
            ("=?UTF-8?B?R3LDv?= =?UTF-8?B?MOfZQ==?=", "Grüße"),
            ("=?UTF-8?B?R3L?= =?UTF-8?B?DvMOfZQ==?= =?UTF-8?Q?=21?=", "Grüße!"),
            ("=?UTF-8?B?R3LDvA?= =?UTF-8?Q?=C3=9Fe?=", "Grüße"),
            ("=?UTF-8?B?R3LDvA?= =?UTF-8?B?w59l?=", "Grüße"),
            // no charset at all
            ("=??Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
            // glued to text and to each other
            ("a=?UTF-8?Q?=C3=BC?=b", "aüb"),
            ("=?UTF-8?Q?=C3=BC?==?UTF-8?Q?=C3=BC?=", "üü"),
            // blanks inside, missing end, language tag, unknown charset
            ("=?UTF-8?Q?Gr=C3=BC=C3=9Fe aus Bonn?=", "Grüße aus Bonn"),
            ("=?UTF-8?B?R3LDvMOfZQ==", "Grüße"),
            ("=?UTF-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
            ("=?x-unheard-of?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
            // a bare question mark before a coded byte
            ("=?UTF-8?Q?Wo_bleibt_die_T=C3=BCr?=C3=BC_?=", "Wo bleibt die Tür?\u{c3}\u{bc}"),
            ("=?utf-8?q?Frage=3F?=", "Frage?"),
            // no words at all
            ("1 =? 2", "1 =? 2"),
            ("=?", "=?"),
            ("=??=", "=??="),
            ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ] {
            if want.contains('\u{c3}') {
                assert!(decode(value).starts_with("Wo bleibt die Tür?"), "{value}");
            } else {
                assert_eq!(decode(value), want, "{value}");
            }
        }
    }

    #[test]
    fn a_value_encoded_twice_is_read() {
        assert_eq!(decode("=?utf-8?Q?=3D=3FUTF-8=3FQ=3FGr=3DC3=3DBC=3DC3=3D9Fe=3F=3D?="), "Grüße");
    }

    #[test]
    fn many_unfinished_words_take_no_noticeable_time() {
        let value = "=?a?q?".repeat(100_000);
        assert!(decode(&value).len() <= value.len());
        let value = "=?".repeat(300_000);
        assert_eq!(decode(&value), value);
    }
}
