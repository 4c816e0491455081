//! An oracle of its own for what must never be stored in the clear: card numbers (Luhn) and IBANs
//! (mod 97) in a text, found without any of the product's code.

/// Card numbers and IBANs of a text, as written.
#[must_use]
pub fn secrets_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    for start in 0..chars.len() {
        let before = start.checked_sub(1).map(|i| chars[i].1);
        if before.is_some_and(char::is_alphanumeric) || !chars[start].1.is_alphanumeric() {
            continue;
        }
        found.extend(card_at(&chars, start, text));
        found.extend(iban_at(&chars, start, text));
    }
    found
}

fn span(chars: &[(usize, char)], start: usize, end: usize, text: &str) -> String {
    let to = chars.get(end).map_or(text.len(), |c| c.0);
    text[chars[start].0..to].trim_end().to_owned()
}

fn card_at(chars: &[(usize, char)], start: usize, text: &str) -> Option<String> {
    let mut digits = Vec::new();
    let mut end = start;
    for (n, (_, c)) in chars.iter().enumerate().skip(start) {
        match c.to_digit(10) {
            Some(d) => {
                digits.push(d);
                end = n + 1;
            }
            None if (*c == ' ' || *c == '-') && !digits.is_empty() => {}
            None => break,
        }
    }
    let issuer = matches!(digits.first(), Some(3..=6));
    ((13..=19).contains(&digits.len()) && issuer && luhn(&digits)).then(|| span(chars, start, end, text))
}

fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(n, d)| if n % 2 == 1 { (d * 2) / 10 + (d * 2) % 10 } else { *d })
        .sum();
    sum.is_multiple_of(10)
}

fn iban_at(chars: &[(usize, char)], start: usize, text: &str) -> Option<String> {
    let mut compact = String::new();
    for (n, (_, c)) in chars.iter().enumerate().skip(start).take(45) {
        if c.is_ascii_alphanumeric() {
            compact.push(c.to_ascii_uppercase());
        } else if *c != ' ' {
            break;
        }
        if (15..=34).contains(&compact.len()) && is_iban(&compact) {
            let next = chars.get(n + 1).map(|c| c.1);
            if next.is_none_or(|c| !c.is_ascii_alphanumeric()) {
                return Some(span(chars, start, n + 1, text));
            }
        }
    }
    None
}

fn is_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = bytes[..2].iter().all(u8::is_ascii_uppercase) && bytes[2..4].iter().all(u8::is_ascii_digit);
    shape
        && text[4..].chars().chain(text[..4].chars()).fold(0u64, |rest, c| {
            let value = u64::from(c.to_digit(36).unwrap());
            (rest * if value > 9 { 100 } else { 10 } + value) % 97
        }) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_finds_what_was_planted() {
        assert_eq!(secrets_in("card 4111 1111 1111 1111, thanks"), ["4111 1111 1111 1111"]);
        assert_eq!(secrets_in("IBAN: DE89 3704 0044 0532 0130 00."), ["DE89 3704 0044 0532 0130 00"]);
        assert!(secrets_in("order 4111 1111 1111 1112, call 030 1234567").is_empty());
    }
}
