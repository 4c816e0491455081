//! Addresses of cryptocurrencies, by their checksums: Base58Check, Bech32, EIP-55.

use crate::hashes::{keccak256, sha256};
use crate::labels::{Context, Label, Labels};
use crate::view::{View, is_word};

use super::Finding;

/// Shortest and longest address that is looked at.
const BYTES: std::ops::RangeInclusive<usize> = 25..=110;
const CRYPTO: Labels = Labels::of(&[Label::Crypto]);
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Ripple shuffles the alphabet.
const BASE58_RIPPLE: &[u8; 58] = b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// An address that is the word at `start`.
pub(super) fn find(view: &View<'_>, start: usize, out: &mut Vec<Finding>) {
    let end =
        (start..=start + BYTES.end() + 1).find(|at| !view.at(*at).is_ascii_alphanumeric()).unwrap_or(start);
    let word = view.slice(start, end);
    if !BYTES.contains(&word.len()) || is_word(view.at(end)) || is_word(view.before(start)) {
        return;
    }
    let is_ripple = || word.first() == Some(&b'r') && is_base58_check(word, BASE58_RIPPLE);
    let score = if is_ethereum(word) || is_bech32(word) || is_base58_check(word, BASE58) || is_ripple() {
        1.0
    } else if is_monero(word) {
        0.85
    } else if has_head(word) && Context::around(view, start, end).calls(CRYPTO) {
        0.8
    } else {
        return;
    };
    out.push(Finding::new(start, end, "CRYPTO", score, "crypto.check"));
}

/// What addresses begin with; without a checksum only a label makes one of it.
fn has_head(word: &[u8]) -> bool {
    let heads: [&[u8]; 12] =
        [b"1", b"3", b"bc1", b"0x", b"L", b"M", b"ltc1", b"D", b"T", b"r", b"addr1", b"X"];
    heads.iter().any(|h| word.starts_with(h))
}

/// `0x` and 40 hexadecimal digits; mixed case is EIP-55's checksum.
fn is_ethereum(word: &[u8]) -> bool {
    let Some(address) = word.strip_prefix(b"0x").filter(|a| a.len() == 40) else { return false };
    if !address.iter().all(u8::is_ascii_hexdigit) {
        return false;
    }
    // A wrong capital is a typing error and the address still somebody's: ten letters are right in eight
    // places by chance once in twenty times, which is rare enough behind `0x`.
    let letters = address.iter().enumerate().filter(|(_, b)| b.is_ascii_alphabetic());
    let digest = keccak256(&address.to_ascii_lowercase());
    let wrong = letters.filter(|(place, b)| {
        let byte = digest.get(place / 2).copied().unwrap_or(0);
        b.is_ascii_uppercase() != (if place.is_multiple_of(2) { byte >> 4 } else { byte & 15 } > 7)
    });
    let lower = address.iter().all(|b| !b.is_ascii_uppercase());
    let upper = address.iter().all(|b| !b.is_ascii_lowercase());
    lower || upper || wrong.count() <= 2
}

/// BIP 173 and 350: a human-readable part, 1, data with a polynomial's remainder of 1 or 0x2bc830a3.
fn is_bech32(word: &[u8]) -> bool {
    let lower = word.to_ascii_lowercase();
    if lower != word && word.to_ascii_uppercase() != word {
        return false;
    }
    let Some(mark) = lower.iter().rposition(|b| *b == b'1') else { return false };
    let (Some(head), Some(data)) = (lower.get(..mark), lower.get(mark + 1..)) else { return false };
    if head.is_empty() || data.len() < 6 {
        return false;
    }
    let step = |sum: u32, value: u32| {
        let top = sum >> 25;
        [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
            .iter()
            .enumerate()
            .filter(|(i, _)| top >> i & 1 == 1)
            .fold((sum & 0x1ff_ffff) << 5 ^ value, |s, (_, g)| s ^ g)
    };
    let mut sum = head.iter().fold(1, |s, b| step(s, u32::from(b >> 5)));
    sum = step(sum, 0);
    sum = head.iter().fold(sum, |s, b| step(s, u32::from(b & 31)));
    for symbol in data {
        let Some(value) = BECH32.iter().position(|b| b == symbol) else { return false };
        sum = step(sum, u32::try_from(value).unwrap_or(0));
    }
    matches!(sum, 1 | 0x2bc8_30a3)
}

/// 25 bytes in base 58, the last four the beginning of a double SHA-256 of the others.
fn is_base58_check(word: &[u8], alphabet: &[u8; 58]) -> bool {
    if !(26..=36).contains(&word.len()) {
        return false;
    }
    let mut bytes = [0_u8; 26];
    for symbol in word {
        let Some(value) = alphabet.iter().position(|b| b == symbol) else { return false };
        let mut carry = u32::try_from(value).unwrap_or(0);
        for byte in bytes.iter_mut().rev() {
            carry += u32::from(*byte) * 58;
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        if carry > 0 {
            return false;
        }
    }
    // Zcash's transparent addresses have two bytes in front and use all 26.
    [bytes.get(1..).unwrap_or_default(), &bytes].iter().any(|payload| {
        let (body, check) = payload.split_at(payload.len() - 4);
        sha256(&sha256(body)).starts_with(check)
    })
}

/// Monero: 95 symbols of base 58, 4 or 8 in front.
fn is_monero(word: &[u8]) -> bool {
    matches!(word.first(), Some(b'4' | b'8')) && word.len() == 95 && word.iter().all(|b| BASE58.contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(text: &str) -> Option<f32> {
        let start = text.rfind(' ').map_or(0, |at| at + 1);
        let mut out = Vec::new();
        find(&View::new(text), start, &mut out);
        out.first().map(|f| f.score)
    }

    #[test]
    fn addresses_with_a_right_checksum_are_sure() {
        for address in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
            "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            "bc1p5d7rjq7g6rdk2yhzks9smlaqtedr4dekq08ge8ztwac72sfr9rusxg3297",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xde709f2102306220921060314715629080e2fb77",
            "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        ] {
            assert_eq!(score(address), Some(1.0), "{address}");
        }
    }

    #[test]
    fn a_wrong_checksum_or_a_mere_hash_is_none() {
        assert_eq!(score("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"), None);
        assert_eq!(score("da39a3ee5e6b4b0d3255bfef95601890afd80709"), None);
        assert_eq!(score("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdx"), None);
        assert_eq!(score("my bitcoin wallet is 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"), Some(0.8));
    }
}
