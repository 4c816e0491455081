//! Tokens that say themselves what they are, by their first letters and their length.

use crate::view::{View, is_word};

use super::Finding;

/// What the symbols behind the beginning may be.
#[derive(Clone, Copy)]
enum Symbols {
    /// Letters and digits.
    Plain,
    /// And `-`, `_`.
    Wide,
    /// And `.`.
    Dotted,
    Hex,
    /// Hexadecimal digits, and `$` between.
    Dollars,
    /// Capitals and digits.
    Capitals,
}

use Symbols::{Capitals, Dollars, Dotted, Hex, Plain, Wide};

/// Beginning, symbols, how many of them at least.
const HEADS: &[(&str, Symbols, usize)] = &[
    ("AKIA", Capitals, 16),
    ("ASIA", Capitals, 16),
    ("AROA", Capitals, 16),
    ("AIDA", Capitals, 16),
    ("ABIA", Capitals, 16),
    ("ACCA", Capitals, 16),
    ("LTAI", Plain, 12),
    ("AIza", Wide, 30),
    ("ya29.", Wide, 20),
    ("GOCSPX-", Wide, 20),
    ("ghp_", Plain, 20),
    ("gho_", Plain, 20),
    ("ghu_", Plain, 20),
    ("ghs_", Plain, 20),
    ("ghr_", Plain, 20),
    ("github_pat_", Wide, 20),
    ("glpat-", Dotted, 16),
    ("gldt-", Wide, 16),
    ("glrt-", Wide, 16),
    ("glcbt-", Wide, 16),
    ("glptt-", Wide, 16),
    ("GR1348941", Wide, 16),
    ("xoxb-", Wide, 10),
    ("xoxp-", Wide, 10),
    ("xoxa-", Wide, 10),
    ("xoxr-", Wide, 10),
    ("xoxs-", Wide, 10),
    ("xoxe-", Wide, 10),
    ("xoxe.", Dotted, 10),
    ("xapp-", Wide, 10),
    ("sk_live_", Plain, 10),
    ("sk_test_", Plain, 10),
    ("rk_live_", Plain, 10),
    ("rk_test_", Plain, 10),
    ("pk_live_", Plain, 10),
    ("pk_test_", Plain, 10),
    ("whsec_", Plain, 16),
    ("sk-ant-", Wide, 20),
    ("sk-proj-", Wide, 20),
    ("sk-", Wide, 20),
    ("SG.", Dotted, 30),
    ("npm_", Plain, 30),
    ("pypi-", Wide, 30),
    ("rubygems_", Hex, 30),
    ("dckr_pat_", Wide, 20),
    ("dop_v1_", Hex, 40),
    ("doo_v1_", Hex, 40),
    ("dor_v1_", Hex, 40),
    ("hf_", Plain, 30),
    ("shpat_", Hex, 30),
    ("shpss_", Hex, 30),
    ("shpca_", Hex, 30),
    ("shppa_", Hex, 30),
    ("EAACEdEose0cBA", Plain, 8),
    ("sq0atp-", Wide, 20),
    ("sq0csp-", Wide, 30),
    ("EAAA", Wide, 56),
    ("glsa_", Wide, 30),
    ("glc_", Plain, 32),
    ("lin_api_", Plain, 30),
    ("PMAK-", Wide, 30),
    ("ATATT3", Wide, 40),
    ("hvs.", Wide, 20),
    ("hvb.", Wide, 20),
    ("nvapi-", Wide, 40),
    ("gsk_", Plain, 30),
    ("r8_", Plain, 30),
    ("figd_", Wide, 30),
    ("sntrys_", Wide, 40),
    ("tfp_", Wide, 30),
    ("secret_", Plain, 32),
    ("ntn_", Plain, 40),
    ("dapi", Hex, 32),
    ("NRAK-", Capitals, 20),
    ("NRII-", Wide, 20),
    ("key-", Hex, 32),
    ("pscale_tkn_", Dotted, 30),
    ("pscale_pw_", Dotted, 30),
    ("dp.pt.", Plain, 30),
    ("fio-u-", Wide, 40),
    ("duffel_live_", Wide, 30),
    ("duffel_test_", Wide, 30),
    ("EZAK", Plain, 50),
    ("EZTK", Plain, 50),
    ("FLWSECK", Wide, 12),
    ("shippo_live_", Hex, 30),
    ("shippo_test_", Hex, 30),
    ("live_", Plain, 32),
    ("pat-na1-", Wide, 30),
    ("CFPAT-", Wide, 40),
    ("p8e-", Plain, 30),
    ("ops_", Wide, 100),
    ("A3-", Wide, 28),
    ("xkeysib-", Wide, 60),
    ("AGE-SECRET-KEY-1", Capitals, 50),
    ("phc_", Wide, 30),
    ("vercel_", Plain, 20),
    ("fo1_", Wide, 40),
    ("tskey-", Wide, 16),
    ("sbp_", Hex, 40),
    ("sb_secret_", Wide, 20),
    ("pul-", Hex, 40),
    ("ltc_live_", Plain, 20),
    ("atlasv1.", Wide, 40),
    ("HRKU-AA", Wide, 40),
    ("rpa_", Capitals, 40),
    ("xai-", Wide, 70),
    ("pplx-", Plain, 40),
    ("sgp_", Hex, 40),
    ("shpua_", Hex, 30),
    ("github_app_", Wide, 30),
    ("glsoat-", Wide, 16),
    ("glimt-", Wide, 16),
    ("glagent-", Wide, 30),
    ("glffct-", Wide, 16),
    ("glft-", Wide, 16),
    ("gloas-", Wide, 40),
    ("hvr.", Wide, 20),
    ("dt0c01.", Dotted, 60),
    ("API-", Capitals, 26),
    ("t1_", Wide, 60),
    ("access_token$production$", Dollars, 30),
    ("access_token$sandbox$", Dollars, 30),
    ("xoxc-", Wide, 10),
    ("xoxd-", Wide, 10),
    ("tvly-", Wide, 20),
    ("rnd_", Plain, 20),
    ("nfp_", Plain, 30),
    ("lsv2_pt_", Wide, 32),
    ("lsv2_sk_", Wide, 32),
    ("e2b_", Hex, 32),
    ("jina_", Plain, 40),
    ("AKCp", Plain, 50),
    ("BBDC-", Plain, 30),
    ("ATBB", Plain, 20),
    ("ATCTT3", Wide, 40),
    ("EAAG", Plain, 60),
    ("EAAB", Plain, 60),
    ("IGQV", Wide, 60),
    ("sk_", Hex, 40),
    ("sk.eyJ", Dotted, 50),
    ("dckr_oat_", Wide, 20),
    ("dp.st.", Dotted, 30),
    ("dp.ct.", Plain, 30),
    ("dp.sa.", Plain, 30),
    ("pnu_", Plain, 30),
    ("pnb_", Plain, 30),
    ("aio_", Plain, 24),
    ("sl.", Wide, 100),
    ("ABSK", Plain, 80),
    ("bedrock-api-key-", Wide, 60),
    ("rzp_live_", Plain, 12),
    ("rzp_test_", Plain, 12),
    ("test_", Plain, 30),
    ("xprv", Plain, 90),
    ("LS0tLS1CRUdJTi", Wide, 60),
    ("fm1_", Wide, 60),
    ("fm2_", Wide, 60),
    ("glwt-", Wide, 16),
    ("ccipat_", Wide, 40),
    ("bkua_", Plain, 30),
    ("sntryu_", Hex, 40),
    ("phx_", Wide, 30),
    ("re_", Wide, 30),
    ("apify_api_", Plain, 30),
    ("napi_", Plain, 40),
    ("cio", Plain, 30),
];

/// Bytes of one token at most.
const TOKEN_BYTES_MAX: usize = 4096;

fn allows(symbols: Symbols, byte: u8) -> bool {
    match symbols {
        Plain => byte.is_ascii_alphanumeric(),
        Wide => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
        Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'),
        Hex => byte.is_ascii_hexdigit(),
        Dollars => byte.is_ascii_hexdigit() || byte == b'$',
        Capitals => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
    }
}

/// A token of a known kind that begins at `start`; answers where it ends.
pub(in super::super) fn known(view: &View<'_>, start: usize, out: &mut Vec<Finding>) -> usize {
    if is_word(view.before(start)) {
        return start;
    }
    let first = view.at(start);
    if let Some(end) = suffixed(view, start, out) {
        return end;
    }
    if first.is_ascii_digit() {
        return bot(view, start, out).unwrap_or(start);
    }
    for (head, symbols, least) in HEADS.iter().filter(|(head, ..)| head.as_bytes().first() == Some(&first)) {
        let body = start + head.len();
        if view.slice(start, body) != head.as_bytes() {
            continue;
        }
        let mut end = run_end(view, body, *symbols);
        while end > body && matches!(view.before(end), b'.' | b'-') {
            end -= 1;
        }
        let text = view.slice(body, end);
        // Thirty letters in both cases are drawn by lot as well, even without a digit.
        let mixed = text.len() >= 30
            && text.iter().any(u8::is_ascii_uppercase)
            && text.iter().any(u8::is_ascii_lowercase);
        let varied = (mixed || text.iter().any(u8::is_ascii_digit))
            && super::entropy_tenths(text) >= ENTROPY_TENTHS_MIN;
        if end - body >= *least && varied && !is_word(view.at(end)) {
            out.push(Finding::new(start, end, "SECRET", 0.97, "secret.known"));
            return end;
        }
    }
    jwt(view, start, out).or_else(|| twilio(view, start, out)).unwrap_or(start)
}

/// Real tokens vary; "xxxxxxxx" in a manual does not.
const ENTROPY_TENTHS_MIN: u32 = 25;

fn run_end(view: &View<'_>, start: usize, symbols: Symbols) -> usize {
    let limit = (start + TOKEN_BYTES_MAX).min(view.len());
    (start..limit).find(|at| !allows(symbols, view.at(*at))).unwrap_or(limit)
}

/// A token of a known beginning that has no digit and so wakes nobody; its underscore stands at `mark`.
pub(in super::super) fn undigited(view: &View<'_>, mark: usize, out: &mut Vec<Finding>) {
    let from = mark.saturating_sub(UNDIGITED_HEAD_MAX);
    let start = (from..mark).rev().find(|at| !is_word(view.at(*at))).map_or(from, |at| at + 1);
    let end = run_end(view, mark, Wide);
    let text = view.slice(start, end);
    if text.len() >= UNDIGITED_MIN && !text.iter().any(u8::is_ascii_digit) {
        known(view, start, out);
    }
}

/// Bytes of the beginning of such a token at most, and of the whole at least.
const UNDIGITED_HEAD_MAX: usize = 8;
const UNDIGITED_MIN: usize = 30;

/// Tokens that are known by their end: Mailchimp's `…-us12`, Airtable's `pat….…`.
fn suffixed(view: &View<'_>, start: usize, out: &mut Vec<Finding>) -> Option<usize> {
    let head = run_end(view, start, Plain);
    let (mark, length) = (view.at(head), head - start);
    let end = match (mark, length) {
        (b'-', 32) if view.slice(head, head + 3) == b"-us" && view.at(head + 3).is_ascii_digit() => {
            let hexadecimal = view.slice(start, head).iter().all(u8::is_ascii_hexdigit);
            hexadecimal.then(|| run_end(view, head + 3, Plain))?
        }
        (b'.', 17) if view.slice(start, start + 3) == b"pat" => {
            let end = run_end(view, head + 1, Hex);
            (end - head == 65).then_some(end)?
        }
        _ => return None,
    };
    out.push(Finding::new(start, end, "SECRET", 0.95, "secret.known"));
    Some(end)
}

/// Two JSON objects in Base64 and a signature.
fn jwt(view: &View<'_>, start: usize, out: &mut Vec<Finding>) -> Option<usize> {
    if view.slice(start, start + 3) != b"eyJ" {
        return None;
    }
    let mut end = run_end(view, start, Dotted);
    while matches!(view.before(end), b'.' | b'-') {
        end -= 1;
    }
    let mut parts = view.slice(start, end).split(|b| *b == b'.');
    let (head, body) = (parts.next()?, parts.next()?);
    (head.len() >= 12 && body.len() >= 12).then(|| {
        out.push(Finding::new(start, end, "SECRET", 0.97, "secret.jwt"));
        end
    })
}

/// Telegram: the bot's number, a colon, 35 symbols.
fn bot(view: &View<'_>, start: usize, out: &mut Vec<Finding>) -> Option<usize> {
    let colon = (start..start + 12).find(|at| !view.at(*at).is_ascii_digit())?;
    if !(8..=10).contains(&(colon - start)) || view.at(colon) != b':' {
        return None;
    }
    let end = run_end(view, colon + 1, Wide);
    (end - colon == 36).then(|| {
        out.push(Finding::new(start, end, "SECRET", 0.97, "secret.bot"));
        end
    })
}

/// Twilio: SK or AC and 32 hexadecimal digits.
fn twilio(view: &View<'_>, start: usize, out: &mut Vec<Finding>) -> Option<usize> {
    if !matches!(view.slice(start, start + 2), b"SK" | b"AC") {
        return None;
    }
    let end = run_end(view, start + 2, Hex);
    (end - start == 34 && !is_word(view.at(end))).then(|| {
        out.push(Finding::new(start, end, "SECRET", 0.95, "secret.known"));
        end
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> bool {
        let mut out = Vec::new();
        known(&View::new(text), 0, &mut out);
        !out.is_empty()
    }

    #[test]
    fn tokens_say_what_they_are() {
        // Taken apart, so that no scanner of this repository takes them for real ones.
        for (head, body) in [
            ("ghp_", "w9Xk2LmQ7rT4vB8nZ1cY6dF3gH5jK0pS1aUe"),
            ("AKIA", "Q3EGTSBNDOKRFXH7"),
            ("xoxb-", "134829473021-Kq8ZtB2nLw"),
            ("sk_live_", "9aZ3kQ7mB1xT5vR8"),
            ("AIza", "SyB3kQ7mB1xT5vR8w9Xk2LmQ7rT4vB8nZ1c"),
            ("eyJ", "hbGciOiJIUzI1NiJ9.eyJzdWIiOiI5ODc2In0.kQ7mB1xT5vR8w9Xk2LmQ"),
            ("access_token$production$", "e7dd50348a3c6ac7$c41a86b76efa4c1c4befb763ad56011a"),
            ("e0de7aa5420df2d8788d995a7dbd9c45", "-us4"),
            ("pat", "4jnbjSxYdmmaoD.632db3359ffc3b972e162bc19e8552bbdb1abaaad7debb1990243abec4331a24"),
            ("123456789:", "AAFz3kQ7mB1xT5vR8w9Xk2LmQ7rT4vB8nZx"),
        ] {
            assert!(token(&format!("{head}{body}")), "{head}");
        }
    }

    #[test]
    fn hashes_and_examples_are_no_tokens() {
        for text in [
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "sk-learn-is-a-library-of-machine-learning",
            "test_that_it_works_with_underscores",
            "sk_0123",
            "550e8400-e29b-41d4-a716-446655440000",
        ] {
            assert!(!token(text), "{text}");
        }
    }
}
