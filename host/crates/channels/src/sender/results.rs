//! `Authentication-Results` (RFC 8601) of the one server we believe. Every other such field, whatever it says,
//! is a stranger's text.

use domain::address::{canonical_domain, domain_of, sides};
use domain::message::SenderAuth;

use super::speaks_for;
use crate::email::Headers;

/// What our mail server says of the sender in this domain; none when it says nothing. Only its topmost
/// fields count: what stands below the next hand-over may have come with the mail.
pub(super) fn believed(headers: &Headers, authserv_id: &str, domain: &str) -> Option<SenderAuth> {
    if authserv_id.is_empty() {
        return None;
    }
    let mut said = Vec::new();
    for (name, value) in headers.in_order(&["authentication-results", "received"]) {
        let own = (name == "authentication-results").then(|| of_server(&value, authserv_id)).flatten();
        match own {
            Some(results) => said.push(results),
            None if name == "received" && !said.is_empty() => break,
            None => {}
        }
    }
    (!said.is_empty()).then(|| read(&said.join(";"), domain).unwrap_or(SenderAuth::None))
}

/// The results in a field that bears this server's name.
fn of_server(value: &str, authserv_id: &str) -> Option<String> {
    let value = without_comments(value);
    let (head, results) = value.split_once(';')?;
    let name = head.split_whitespace().next()?;
    name.eq_ignore_ascii_case(authserv_id).then(|| results.to_owned())
}

/// What results say of the sender in this domain; none when they say nothing of it.
pub(super) fn read(results: &str, domain: &str) -> Option<SenderAuth> {
    let results = without_comments(results);
    let mut found = None;
    for result in results.split(';') {
        let mut words = result.split_whitespace();
        let Some((method, verdict)) = words.next().and_then(|word| word.split_once('=')) else { continue };
        let properties: Vec<(&str, &str)> = words.filter_map(|word| word.split_once('=')).collect();
        let property = |name: &str| {
            properties
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, v)| v.trim_matches('"'))
        };
        let verdict = verdict.to_ascii_lowercase();
        match method.to_ascii_lowercase().as_str() {
            "dmarc"
                if property("header.from")
                    .is_none_or(|from| canonical_domain(from) == canonical_domain(domain)) =>
            {
                return match verdict.as_str() {
                    "pass" => Some(SenderAuth::Pass),
                    "fail" => Some(failed(&property)),
                    "temperror" => Some(SenderAuth::Unchecked),
                    _ => found.or(Some(SenderAuth::None)),
                };
            }
            "dkim" if verdict == "pass" => {
                let signer = property("header.d").or_else(|| property("header.i").map(domain_of));
                if signer.is_some_and(|signer| speaks_for(signer, domain)) {
                    found = Some(SenderAuth::Pass);
                }
            }
            "spf" if verdict == "pass" => {
                let sender = property("smtp.mailfrom")
                    .map(|sender| sides(sender).map_or(sender, |(_, domain)| domain));
                if sender.is_some_and(|sender| speaks_for(sender, domain)) {
                    found = Some(SenderAuth::Pass);
                }
            }
            _ => {}
        }
    }
    found
}

/// A domain that asks for nothing to be done about it leaves the sender merely unproven.
fn failed<'p>(property: &impl Fn(&str) -> Option<&'p str>) -> SenderAuth {
    let policy = property("policy.dmarc").or_else(|| property("policy.published-domain-policy"));
    match policy {
        Some(policy) if policy.eq_ignore_ascii_case("none") => SenderAuth::None,
        _ => SenderAuth::Fail,
    }
}

/// Without what stands in brackets and is for people; `(p=none …)` becomes a property, as many servers tell
/// the policy nowhere else.
fn without_comments(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut comment = String::new();
    let mut depth = 0_u32;
    for c in value.chars() {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => {
                depth -= 1;
                let asks_for_nothing =
                    comment.split_whitespace().any(|word| word.eq_ignore_ascii_case("p=none"));
                if depth == 0 && asks_for_nothing {
                    out.push_str(" policy.dmarc=none ");
                }
                if depth == 0 {
                    comment.clear();
                    out.push(' ');
                }
            }
            c if depth == 0 => out.push(c),
            c => comment.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use SenderAuth::{Fail, None as Unproven, Pass, Unchecked};

    #[test]
    fn results_are_read_as_servers_write_them() {
        for (results, want) in [
            ("dmarc=pass (p=REJECT sp=NONE dis=NONE) header.from=kunde.example", Some(Pass)),
            (
                "spf=fail smtp.mailfrom=x.example; dkim=none; dmarc=fail (p=reject) header.from=kunde.example",
                Some(Fail),
            ),
            ("dmarc=fail (p=NONE dis=NONE) header.from=kunde.example", Some(Unproven)),
            ("dmarc=fail header.from=kunde.example policy.dmarc=none", Some(Unproven)),
            ("dmarc=temperror header.from=kunde.example", Some(Unchecked)),
            ("dmarc=none; dkim=pass header.d=kunde.example", Some(Unproven)),
            ("dkim=pass header.d=kunde.example; dmarc=none", Some(Pass)),
            ("dkim=pass (good) header.i=@mail.kunde.example", Option::None),
            ("dkim=pass header.i=@kunde.example header.s=s1", Some(Pass)),
            ("spf=pass smtp.mailfrom=ana@kunde.example", Some(Pass)),
            ("spf=pass smtp.mailfrom=evil.example", Option::None),
            ("dmarc=pass header.from=evil.example", Option::None),
            ("auth=pass smtp.auth=ana", Option::None),
            ("", Option::None),
        ] {
            assert_eq!(read(results, "kunde.example"), want, "{results}");
        }
    }

    #[test]
    fn a_domain_is_the_same_whatever_letters_a_server_writes_it_in() {
        for results in [
            "dmarc=pass header.from=Müller.example",
            "dmarc=pass header.from=xn--mller-kva.example",
            "dkim=pass header.d=müller.example",
            "dkim=pass header.i=@müller.example",
            "spf=pass smtp.mailfrom=info@MÜLLER.example",
        ] {
            for domain in ["xn--mller-kva.example", "müller.example"] {
                assert_eq!(read(results, domain), Some(Pass), "{results}");
            }
            assert_eq!(read(results, "muller.example"), Option::None, "{results}");
        }
    }

    #[test]
    fn h39_only_the_topmost_results_of_our_own_server_are_believed() {
        let ours =
            "Authentication-Results: mx.shop.example; dmarc=fail (p=reject) header.from=kunde.example\n";
        let forged = "Authentication-Results: mx.shop.example; dmarc=pass header.from=kunde.example\n";
        let strange = "Authentication-Results: mx.evil.example; dmarc=pass header.from=kunde.example\n";
        let hop = "Received: from a (a [192.0.2.1]) by mx.shop.example\n";
        for (raw, want) in [
            (format!("{ours}{hop}{forged}\n"), Some(Fail)),
            (format!("{hop}{ours}{hop}{forged}\n"), Some(Fail)),
            (format!("{strange}{ours}\n"), Some(Fail)),
            (format!("{strange}{hop}\n"), Option::None),
            (format!("Authentication-Results: mx.shop.example 1; none\n{hop}{forged}\n"), Some(Unproven)),
            (
                format!("Authentication-Results: mx.shop.example.evil.example; dmarc=pass\n{hop}\n"),
                Option::None,
            ),
            (format!("X-Authentication-Results: mx.shop.example; dmarc=pass\n{hop}\n"), Option::None),
        ] {
            let (headers, _) = Headers::read(raw.replace('\n', "\r\n").as_bytes());
            assert_eq!(believed(&headers, "MX.shop.example", "kunde.example"), want, "{raw}");
            assert_eq!(believed(&headers, "", "kunde.example"), Option::None);
        }
    }
}
