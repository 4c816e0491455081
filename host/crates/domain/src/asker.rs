//! Who asks over HTTP: the peer of the connection, or whom a proxy names that the operator vouches for. Knows no header
//! and no connection: what they say is an argument.

use std::net::{IpAddr, SocketAddr};

/// Who asks, as far as the connection and our own proxies tell. Stands on every request that came over a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asker(pub IpAddr);

/// The proxies that are believed.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Proxies(Vec<Network>);

/// Addresses whose first bits are the same; a single address has all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

/// What is written where a proxy should be named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address and no network, as in 10.0.0.7 or 172.17.0.0/16.")]
pub struct NoNetwork(String);

impl TryFrom<Vec<String>> for Proxies {
    type Error = NoNetwork;

    fn try_from(texts: Vec<String>) -> Result<Self, NoNetwork> {
        let networks = texts.into_iter().map(|text| Network::parse(&text).ok_or(NoNetwork(text)));
        networks.collect::<Result<_, _>>().map(Self)
    }
}

impl Proxies {
    /// Who asks: the peer, unless it is a proxy of ours; then whom it names. `named` is what `X-Forwarded-For` lists,
    /// read from its end, where the nearest proxy wrote: the first that is no proxy of ours counts, and what anybody
    /// wrote before it does not.
    #[must_use]
    pub fn asker<'n>(&self, peer: IpAddr, named: impl IntoIterator<Item = &'n str>) -> Asker {
        let mut asker = peer.to_canonical();
        for text in named {
            if !self.has(asker) {
                break;
            }
            let Some(before) = address_in(text) else { break };
            asker = before;
        }
        Asker(asker)
    }

    /// Whether an address is one of theirs.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.has(address))
    }
}

impl Network {
    /// `10.0.0.7`, `172.17.0.0/16`, `fd00::/8`.
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address = address.trim().parse::<IpAddr>().ok()?.to_canonical();
        let (_, length) = bits_of(address);
        let prefix = match prefix {
            Some(prefix) => prefix.trim().parse::<u32>().ok().filter(|prefix| *prefix <= length)?,
            None => length,
        };
        Some(Self { address, prefix })
    }

    fn has(&self, address: IpAddr) -> bool {
        let ((ours, length), (theirs, length_of_theirs)) = (bits_of(self.address), bits_of(address));
        let differing = (ours ^ theirs).checked_shr(length - self.prefix).unwrap_or(0);
        length == length_of_theirs && differing == 0
    }
}

/// An address as a number, and how many bits it has.
fn bits_of(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    }
}

/// An address as proxies write it: alone, or with the port that was asked from.
fn address_in(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse::<IpAddr>().ok().or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(texts: &[&str]) -> Result<Proxies, NoNetwork> {
        Proxies::try_from(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    fn asked(ours: &[&str], peer: &str, list: &str) -> String {
        proxies(ours).unwrap().asker(peer.parse().unwrap(), list.rsplit(',')).0.to_string()
    }

    #[test]
    fn only_a_proxy_that_was_named_is_believed() {
        let ours = ["127.0.0.0/8", "::1", "172.17.0.0/16"];
        for (peer, list, asker) in [
            ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("::1", "203.0.113.9", "203.0.113.9"),
            ("172.17.0.1", "2001:db8::1", "2001:db8::1"),
            ("::ffff:172.17.0.1", "203.0.113.9", "203.0.113.9"),
            ("172.18.0.1", "203.0.113.9", "172.18.0.1"),
            ("192.168.0.7", "203.0.113.9", "192.168.0.7"),
            ("::ffff:10.0.0.1", "203.0.113.9", "10.0.0.1"),
        ] {
            assert_eq!(asked(&ours, peer, list), asker, "{peer}");
        }
        assert_eq!(asked(&[], "127.0.0.1", "203.0.113.9"), "127.0.0.1");
        assert_eq!(asked(&["0.0.0.0/0"], "198.51.100.1", "2001:db8::1"), "2001:db8::1");
        assert_eq!(asked(&["::/0"], "198.51.100.1", "203.0.113.9"), "198.51.100.1", "IPv4 is no IPv6");
    }

    #[test]
    fn of_several_the_last_counts_that_is_no_proxy_of_ours() {
        let ours = ["127.0.0.1", "10.0.0.7"];
        assert_eq!(asked(&ours, "127.0.0.1", "198.51.100.1, 203.0.113.9"), "203.0.113.9");
        assert_eq!(asked(&ours, "127.0.0.1", "198.51.100.1, 203.0.113.9, 10.0.0.7"), "203.0.113.9");
        assert_eq!(asked(&ours, "127.0.0.1", "10.0.0.7"), "10.0.0.7", "a proxy that asks for itself");
        assert_eq!(
            asked(&ours, "127.0.0.1", "198.51.100.1, nobody"),
            "127.0.0.1",
            "what cannot be read ends it"
        );
        assert_eq!(asked(&ours, "127.0.0.1", ""), "127.0.0.1");
    }

    #[test]
    fn addresses_are_read_with_and_without_the_port_that_was_asked_from() {
        for (text, address) in [
            (" 203.0.113.9 ", "203.0.113.9"),
            ("203.0.113.9:5678", "203.0.113.9"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:5", "2001:db8::1"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
        ] {
            assert_eq!(asked(&["127.0.0.1"], "127.0.0.1", text), address, "{text}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused_with_an_example() {
        for text in ["", "proxy.internal", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129"] {
            let refused = proxies(&[text]).unwrap_err().to_string();
            assert!(refused.contains("172.17.0.0/16"), "{text}");
        }
    }
}
