//! The way a mail came, as the mail servers on our side wrote it down: who handed it to them, and for whom.
//! Believes the topmost fields only; what stands below them was written by strangers.

use std::net::IpAddr;

use crate::email::{Headers, addresses};

/// Who handed the mail over and what the envelope said.
pub(super) struct Path {
    /// Envelope sender; empty for notices.
    pub(super) sender: String,
    /// The server that handed it over to our side, when it can be told.
    pub(super) client: Option<Client>,
}

/// A mail server.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) ip: IpAddr,
    /// How it introduced itself.
    pub(super) hello: String,
}

impl Path {
    pub(super) fn of(headers: &Headers) -> Self {
        let sender = headers.text("return-path").and_then(|value| addresses(&value, 1).into_iter().next());
        // Hand-overs within our side come from private addresses; the first public one is the border.
        let hops = headers.all_texts("received");
        let client = hops.iter().filter_map(|hop| client(hop)).find(|client| is_public(client.ip));
        Self { sender: sender.unwrap_or_default(), client }
    }
}

/// `from mail.kunde.example (mail.kunde.example [192.0.2.1]) by mx.shop.example …`
fn client(hop: &str) -> Option<Client> {
    let rest = hop.trim_start().strip_prefix("from ")?;
    let from = rest.split(" by ").next().unwrap_or(rest);
    let hello = from.split_whitespace().next().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let ip = from.split('[').skip(1).find_map(|part| {
        let text = part.split(']').next()?;
        text.strip_prefix("IPv6:").unwrap_or(text).parse::<IpAddr>().ok()
    })?;
    Some(Client { ip, hello })
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let is_carriers = a == 100 && (64..128).contains(&b);
            !(v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified() || is_carriers)
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public(IpAddr::V4(v4)),
            None => {
                let first = v6.segments().first().copied().unwrap_or(0);
                !(v6.is_loopback()
                    || v6.is_unspecified()
                    || first & 0xfe00 == 0xfc00
                    || first & 0xffc0 == 0xfe80)
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(raw: &str) -> Path {
        Path::of(&Headers::read(raw.replace('\n', "\r\n").as_bytes()).0)
    }

    #[test]
    fn the_border_is_the_first_public_address_from_the_top() {
        let path = of("Return-Path: <ana@kunde.example>\n\
             Received: from localhost (localhost [127.0.0.1])\n by filter.shop.example with ESMTP\n\
             Received: from hello.kunde.example (mail.kunde.example [192.0.2.7])\n by mx.shop.example (Postfix)\n\
             Received: from laptop (forged.example [203.0.113.9]) by hello.kunde.example\n\n");
        assert_eq!(path.sender, "ana@kunde.example");
        let ip = "192.0.2.7".parse().unwrap();
        assert_eq!(path.client, Some(Client { ip, hello: "hello.kunde.example".into() }));
    }

    #[test]
    fn version_six_is_read_and_what_is_no_address_is_not() {
        assert_eq!(
            client("from x (y [IPv6:2001:db8::1]) by z").unwrap().ip,
            "2001:db8::1".parse::<IpAddr>().unwrap()
        );
        for hop in ["by mx.shop.example", "from x by y [192.0.2.1]", "from x (unknown [spoof]) by y"] {
            assert_eq!(client(hop), None, "{hop}");
        }
        let none = of("Received: from a (a [10.0.0.1]) by b\nReceived: from c (c [::1]) by d\n\n");
        assert_eq!((none.client, none.sender.as_str()), (None, ""));
    }
}
