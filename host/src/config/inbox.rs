//! `[inbox.NAME]`: the entrances by name and their addresses. Knows no channel.

use std::collections::BTreeMap;

use domain::address::{canonical_address, is_address};
use domain::redaction::Operators;
use serde::Deserialize;

use super::layers::{ConfigError, Layers};

/// The family of sections.
const FAMILY: &str = "inbox";

#[derive(Debug, Deserialize)]
struct Section {
    addresses: Vec<String>,
    drop: Vec<String>,
    mask: Vec<String>,
    pseudonym: Vec<String>,
    words_days: i64,
}

/// What an inbox is told.
#[derive(Debug, Default)]
pub(super) struct Inboxes {
    /// Their addresses.
    pub(super) addresses: BTreeMap<String, Vec<String>>,
    /// What stands in the place of personal values there.
    pub(super) operators: BTreeMap<String, Operators>,
    /// How long the words of their tickets are kept.
    pub(super) words_days: BTreeMap<String, i64>,
}

/// All inboxes with their addresses, as mail programs write them.
pub(super) fn read(layers: &Layers) -> Result<Inboxes, ConfigError> {
    let Inboxes { addresses: mut inboxes, mut operators, words_days: mut days } = Inboxes::default();
    for (name, Section { addresses, drop, mask, pseudonym, words_days }) in
        layers.family::<Section>(FAMILY)?
    {
        let key = format!("{FAMILY}.{name}").trim_end_matches('.').to_owned();
        let bad = |sentence: String| {
            let key = format!("{key}.addresses");
            Err(ConfigError(format!("{}: {key}: {sentence}", layers.origin(&key))))
        };
        if name.is_empty() {
            if addresses.is_empty() {
                continue;
            }
            return bad("name the inbox: write [inbox.NAME] above the addresses.".to_owned());
        }
        if !domain::ticket::is_key(&name) {
            return bad(format!("the name `{name}` may consist of a-z 0-9 _ - . :"));
        }
        if addresses.is_empty() {
            return bad("list the addresses of this inbox.".to_owned());
        }
        let of_inbox = Operators { drop, mask, pseudonym };
        if let Err(refusal) = of_inbox.check() {
            let key = format!("{key}.{}", refusal.field.as_deref().unwrap_or_default());
            return Err(ConfigError(format!("{}: {key}: {refusal}", layers.origin(&key))));
        }
        operators.insert(name.clone(), of_inbox);
        days.insert(name.clone(), words_days);
        let mut own = Vec::new();
        for address in addresses.iter().map(|address| canonical_address(address)) {
            if !is_address(&address) {
                return bad(format!("`{address}` is no e-mail address."));
            }
            if let Some((other, _)) = inboxes.iter().find(|(_, all)| all.contains(&address)) {
                return bad(format!("{address} belongs to the inbox {other} already."));
            }
            own.push(address);
        }
        inboxes.insert(name, own);
    }
    Ok(Inboxes { addresses: inboxes, operators, words_days: days })
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Layers};
    use super::*;

    fn load(file: &str) -> Result<Config, ConfigError> {
        let mut layers = Layers::defaults()?;
        layers.file(std::path::Path::new("kulanz.toml"), file)?;
        Config::from_layers(layers)
    }

    #[test]
    fn an_inbox_is_a_name_with_addresses() {
        let text = "[inbox.sales]\naddresses = [\"Sales@Shop.example\"]\n[inbox.help]\naddresses = [\"help@shop.example\"]\n";
        let mail = load(text).unwrap().desk.mail;
        assert_eq!(
            mail.inbox_of(&["x@y.example".into(), "sales+7.ab@shop.example".into()]).as_deref(),
            Some("sales")
        );
        assert_eq!(mail.inbox_of(&["x@y.example".into()]), None);
        assert!(
            mail.own().contains(&"help@shop.example".to_owned()),
            "ours, so never answered automatically"
        );
        assert!(load("").unwrap().desk.mail.inboxes.is_empty());
    }

    #[test]
    fn an_inbox_that_makes_no_sense_is_refused_at_its_key() {
        for (text, key) in [
            ("[inbox]\naddresses = [\"a@b.example\"]", "inbox.addresses"),
            ("[inbox.sales]\naddresses = []", "inbox.sales.addresses"),
            ("[inbox.sales]\naddresses = [\"sales\"]", "inbox.sales.addresses"),
            ("[inbox.Sales]\naddresses = [\"a@b.example\"]", "inbox.Sales.addresses"),
            (
                "[inbox.a]\naddresses = [\"a@b.example\"]\n[inbox.b]\naddresses = [\"A@b.example\"]",
                "inbox.b.addresses",
            ),
            ("[inbox.sales]\nadresses = []", "inbox.sales.adresses"),
        ] {
            let error = load(text).unwrap_err().to_string();
            assert!(error.contains(key), "{text}: {error}");
        }
    }
}
