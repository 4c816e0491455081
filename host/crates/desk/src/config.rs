//! The desk's settings: plain values with units in their names. The host reads them from files.

use std::collections::BTreeMap;

use domain::address::{canonical_address, canonical_domain, sides, without_tag};
use domain::files::FileLimits;
use domain::gate::{Budgets, QuietHours, private_domains};
use domain::redaction::{Operators, Own};
use domain::retention::Retention;
use domain::schedule::Zone;
use domain::turn::LoopBudget;
use domain::vault::VaultRules;

use crate::frame::Frames;

/// Settings of the desk.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeskConfig {
    /// Who we are in mail.
    pub mail: MailIdentity,
    /// IANA zone in which people who work here read times.
    pub time_zone: String,
    /// Whether messages wait, sealed, when no redaction plugin is there to look at them.
    pub redaction_required: bool,
    /// Whether the house looks behind the redaction plugins: a text in which a card number, an IBAN or a German
    /// tax id is left is held.
    pub redaction_check: bool,
    /// Whether a redaction plugin has to take planted values out of a few texts before it is called.
    pub redaction_trial: bool,
    /// Values that are the house's own: they stand in every text.
    pub redaction_own: Own,
    /// Budgets of automatic changes.
    pub loops: LoopBudget,
    /// Budgets of automatic mail.
    pub gate: Budgets,
    /// Domains of mail providers: their addresses are of many who have nothing to do with each other, so the budget of
    /// one domain does not hold for them.
    pub providers: Vec<String>,
    /// Domains of the house's own net whose people get automatic answers although nobody outside can have such an
    /// address; those below them as well.
    pub private_domains: Vec<String>,
    /// What stands in the place of personal values.
    pub operators: Operators,
    /// The same for single inboxes, where they want it another way.
    #[serde(skip)]
    pub inbox_operators: BTreeMap<String, Operators>,
    /// How long what is kept.
    pub retention: Retention,
    /// Who sees sealed values again.
    pub vault: VaultRules,
    /// Files that people send along.
    pub attachments: FileLimits,
    /// When contacts get no notices.
    pub quiet: QuietHours,
    /// Faults in a row after which an installation is quarantined (`Fault::is_of_the_outside` is none of them).
    pub quarantine_after_faults: i64,
    /// How long after its last fault a quarantined installation is tried with one call, minutes; 0: never.
    pub probe_after_minutes: i64,
    /// How long a claimed lane stays ours without a heartbeat, milliseconds.
    pub lease_ms: i64,
    /// Jobs worked on at the same time; at most half of them are deliveries, but one may always be.
    pub worker_slots: u32,
    /// How often a call that failed by something that may pass is made again; then it is given up.
    pub plugin_attempts_max: i64,
    /// How long something that came in while all automation was off may be answered without a person, minutes;
    /// 0: never.
    pub answer_missed_within_minutes: i64,
    /// How long delivery is tried before it is given up, hours.
    pub delivery_hours_max: i64,
    /// Messages on their way to one domain at the same time.
    pub deliveries_per_domain: u32,
}

/// Where people of this continent and beyond have their private addresses.
#[rustfmt::skip]
const PROVIDERS: [&str; 36] = [
    "gmail.com", "googlemail.com", "outlook.com", "outlook.de", "hotmail.com", "hotmail.de", "live.com", "live.de", "msn.com",
    "yahoo.com", "yahoo.de", "icloud.com", "me.com", "mac.com", "aol.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com",
    "web.de", "t-online.de", "freenet.de", "arcor.de", "mail.de", "posteo.de", "mailbox.org", "proton.me", "protonmail.com",
    "bluewin.ch", "a1.net", "orange.fr", "free.fr", "libero.it", "wp.pl", "seznam.cz",
];

impl DeskConfig {
    /// The zone in which people who work here read times; UTC where its name is none.
    #[must_use]
    pub fn zone(&self) -> Zone {
        Zone::parse(&self.time_zone).unwrap_or_default()
    }
}

impl Default for DeskConfig {
    fn default() -> Self {
        Self {
            mail: MailIdentity::default(),
            time_zone: "UTC".to_owned(),
            redaction_required: true,
            redaction_check: true,
            redaction_trial: true,
            redaction_own: Own::default(),
            loops: LoopBudget::default(),
            gate: Budgets::default(),
            providers: PROVIDERS.iter().map(|domain| (*domain).to_owned()).collect(),
            private_domains: Vec::new(),
            operators: Operators::default(),
            inbox_operators: BTreeMap::new(),
            retention: Retention::default(),
            vault: VaultRules::default(),
            attachments: FileLimits::default(),
            quiet: QuietHours::default(),
            quarantine_after_faults: 5,
            probe_after_minutes: 60,
            lease_ms: 30_000,
            worker_slots: 8,
            plugin_attempts_max: 3,
            answer_missed_within_minutes: 60,
            delivery_hours_max: 24,
            deliveries_per_domain: 4,
        }
    }
}

/// What every mail is held against, in its one spelling: brought to it once, when the settings have been read.
pub(crate) struct Ours {
    /// Every address that is ours.
    pub(crate) addresses: Vec<String>,
    /// Domains that are ours.
    pub(crate) domains: Vec<String>,
    /// Domains of the house's own net.
    pub(crate) private_domains: Vec<String>,
    /// Domains of mail providers.
    pub(crate) providers: Vec<String>,
}

impl Ours {
    pub(crate) fn of(config: &DeskConfig) -> Self {
        Self {
            addresses: config.mail.own(),
            domains: config.mail.domains(),
            private_domains: private_domains(&config.private_domains),
            providers: config.providers.iter().map(|domain| canonical_domain(domain)).collect(),
        }
    }
}

/// Who we are in mail.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailIdentity {
    /// Address that replies come from.
    pub from_address: String,
    /// Name that replies come from.
    pub from_name: String,
    /// All addresses that are ours; the one above always counts.
    pub own_addresses: Vec<String>,
    /// Inboxes by name, each with its addresses in their one spelling. They are ours too.
    #[serde(skip)]
    pub inboxes: BTreeMap<String, Vec<String>>,
    /// Domain of our Message-IDs; the address's domain when empty.
    pub message_id_domain: String,
    /// Where people reach this house from outside; empty: mails carry no link to it.
    pub public_url: String,
    /// Folder with frames for what we write; empty: none. The host reads it.
    pub templates: String,
    /// What is in that folder.
    #[serde(skip)]
    pub frames: Frames,
    /// Whether mails have an HTML part beside the text.
    pub html: bool,
    /// Whether answers are asked for at `address+number.token`: for mail servers that deliver such
    /// addresses to the mailbox without the plus.
    pub plus_addressing: bool,
}

impl Default for MailIdentity {
    fn default() -> Self {
        Self {
            from_address: "support@localhost".to_owned(),
            from_name: "Support".to_owned(),
            own_addresses: Vec::new(),
            inboxes: BTreeMap::new(),
            message_id_domain: String::new(),
            public_url: String::new(),
            templates: String::new(),
            frames: Frames::default(),
            html: true,
            plus_addressing: false,
        }
    }
}

impl MailIdentity {
    /// Every address that is ours, in its one spelling.
    #[must_use]
    pub fn own(&self) -> Vec<String> {
        std::iter::once(&self.from_address)
            .chain(&self.own_addresses)
            .chain(self.inboxes.values().flatten())
            .map(|a| canonical_address(a))
            .collect()
    }

    /// Domains that are ours: those of the addresses and the one where people reach this house.
    fn domains(&self) -> Vec<String> {
        let url = self.public_url.split_once("://").map_or("", |(_, rest)| rest);
        let host = canonical_domain(url.split(['/', ':']).next().unwrap_or_default());
        let addresses = self.own();
        let of_addresses = addresses.iter().filter_map(|a| sides(a)).map(|(_, domain)| domain.to_owned());
        of_addresses.chain(Some(host).filter(|host| !host.is_empty())).collect()
    }

    /// The inbox that a mail to these addresses is for: the first address that belongs to one says it. What stands
    /// behind a plus is not looked at.
    #[must_use]
    pub fn inbox_of(&self, recipients: &[String]) -> Option<String> {
        recipients.iter().find_map(|recipient| {
            let recipient = without_tag(&canonical_address(recipient));
            self.inboxes
                .iter()
                .find(|(_, addresses)| addresses.contains(&recipient))
                .map(|(name, _)| name.clone())
        })
    }

    /// The Message-ID of one of our messages. The reply token in it cannot be guessed, so who answers it has
    /// had the message.
    #[must_use]
    pub fn message_id(&self, id: domain::id::MessageId, token: &str) -> String {
        format!("{}.{token}@{}", id.to_string().to_lowercase(), self.message_id_domain())
    }

    /// A Message-ID for what came in without one: a form, the API, a broken mail. Answers refer to it.
    #[must_use]
    pub fn given_message_id(&self, id: domain::id::MessageId) -> String {
        format!("{}@{}", id.to_string().to_lowercase(), self.message_id_domain())
    }

    /// In its one spelling, which is ASCII: a Message-ID has no other letters.
    fn message_id_domain(&self) -> String {
        let named = match self.message_id_domain.as_str() {
            "" => sides(&self.from_address).map_or("localhost", |(_, domain)| domain),
            named => named,
        };
        canonical_domain(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_domains_have_one_spelling_however_they_are_set() {
        let mail = MailIdentity {
            from_address: "Help@Müller.example".to_owned(),
            public_url: "https://Hilfe.Müller.example:8443/desk".to_owned(),
            message_id_domain: "Mail.Müller.example".to_owned(),
            ..MailIdentity::default()
        };
        assert_eq!(mail.domains(), ["xn--mller-kva.example", "hilfe.xn--mller-kva.example"]);
        assert_eq!(mail.message_id_domain(), "mail.xn--mller-kva.example");
        let unnamed = MailIdentity { message_id_domain: String::new(), ..mail };
        assert_eq!(unnamed.message_id_domain(), "xn--mller-kva.example");
        let config = DeskConfig {
            providers: vec![" Post.Example".to_owned(), "Müller.example".to_owned()],
            ..DeskConfig::default()
        };
        assert_eq!(Ours::of(&config).providers, ["post.example", "xn--mller-kva.example"]);
    }
}
