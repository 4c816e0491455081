//! Secrets: tokens, passwords, keys. All invented on the spot.

use super::{EDGE, Filled, found};
use crate::chance::Chance;

pub(super) const PLAIN: &str = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
pub(super) const HEX: &str = "0123456789abcdef";

pub(super) fn of(slot: &str, chance: &mut Chance) -> Filled {
    let text = match slot {
        "password" => match chance.below(4) {
            0 => format!(
                "{}{}!",
                chance.pick(&["Sommer", "Winter", "Katze", "Urlaub", "Passat"]),
                1990 + chance.below(36)
            ),
            1 => format!("{}{}", chance.of("abcdefghkmnprstz", 5), chance.digits(3)),
            2 => format!("{}#{}", chance.of(PLAIN, 4), chance.of(PLAIN, 5)),
            _ => format!(
                "{}-{}{}",
                chance.pick(&["blau", "Tiger", "rot", "Mond"]),
                chance.of(PLAIN, 4),
                chance.digits(2)
            ),
        },
        "pin" => chance.digits(4),
        "api_key" => chance.of(HEX, 32),
        "github" => format!("ghp_{}", chance.of(PLAIN, 36)),
        "aws_key" => format!("AKIA{}", chance.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
        "aws_secret" => chance.of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 40),
        "jwt" => format!("eyJhbGciOiJIUzI1NiJ9.eyJ{}.{}", chance.of(PLAIN, 40), chance.of(PLAIN, 43)),
        "token_known" => token(chance),
        "token_value" => chance.of(PLAIN, 32),
        "aws_pair" => format!("{}/{}", chance.of(PLAIN, 20), chance.of(PLAIN, 19)),
        "stripe" => format!("sk_live_{}", chance.of(PLAIN, 24)),
        "pem" => {
            let lines: Vec<String> = (0..4).map(|_| chance.of(PLAIN, 64)).collect();
            format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----", lines.join("\n"))
        }
        "dsn" => format!("postgres://{EDGE}app:{}{EDGE}@db.example.org:5432/shop", chance.of(PLAIN, 12)),
        "reset_url" => {
            format!("https://example.org/password/reset?token={EDGE}{}{EDGE}", chance.of(PLAIN, 32))
        }
        "slack" => format!(
            "https://hooks.slack.com/services/{EDGE}T{}/B{}/{}{EDGE}",
            chance.of("0123456789ABCDEF", 8),
            chance.of("0123456789ABCDEF", 8),
            chance.of(PLAIN, 24)
        ),
        _ => return None,
    };
    found(text, "SECRET")
}

/// A token of some service, as the service gives it out.
fn token(chance: &mut Chance) -> String {
    let (head, symbols, length) = *chance.pick(&[
        ("glpat-", PLAIN, 20),
        ("xoxb-", "0123456789", 24),
        ("npm_", PLAIN, 36),
        ("hf_", "ABCDEFGHIKLMNOPabcdefghiklmnopqrstuvwxyz", 34),
        ("dop_v1_", HEX, 64),
        ("shpat_", HEX, 32),
        ("SG.", PLAIN, 66),
        ("sk-ant-api03-", PLAIN, 95),
        ("glsa_", PLAIN, 41),
        ("tskey-auth-", PLAIN, 24),
        ("access_token$production$", HEX, 32),
        ("whsec_", PLAIN, 32),
    ]);
    format!("{head}{}", chance.of(symbols, length))
}
