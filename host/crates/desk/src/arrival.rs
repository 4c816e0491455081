//! What comes in, whatever the channel, in one shape: a mail or a request, before redaction. Clear text,
//! never stored as it is. Knows no ticket and no store.

use std::collections::{BTreeMap, BTreeSet};

use channels::email::{self, Mail};
use channels::sender::{Senders, Verdict};
use domain::Refusal;
use domain::address::{as_people_write, canonical_address, is_address, sides};
use domain::effect::{VALUE_BYTES_MAX, bounded};
use domain::message::{AutoClass, SenderAuth};
use domain::plain;
use domain::redaction::{Document, Part, part};
use domain::ticket::{CUSTOM_MAX, Channel, Field, Priority, TAGS_MAX, Ticket, is_key, is_language_tag};
use domain::work::check_numbers;
use store::IntakeKind;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use crate::DeskError;
use crate::redact::Redacted;

/// Longest text of a form or API request, bytes.
const TEXT_BYTES_MAX: usize = 1 << 20;

/// A request by form, chat or API.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTicket {
    /// Subject.
    pub subject: String,
    /// Text.
    pub text: String,
    /// Address of the requester.
    pub email: String,
    /// Name of the requester.
    #[serde(default)]
    pub name: Option<String>,
    /// How it came in.
    #[serde(default = "api_channel")]
    pub channel: Channel,
    /// The inbox it is for, by its name in the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox: Option<String>,
    /// BCP 47 language, when known.
    #[serde(default)]
    pub language: Option<String>,
    /// What it is about, where the caller knows: stands against plugins as if it were set by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Team key, in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// How soon, in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Custom fields.
    #[serde(default)]
    pub custom: BTreeMap<String, String>,
    /// Tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

const fn api_channel() -> Channel {
    Channel::Api
}

impl NewTicket {
    /// As it is taken in, whatever door it came by: its texts are plain.
    pub(crate) fn plain(self) -> Self {
        Self {
            subject: plain::line(&self.subject),
            text: plain::text(&self.text),
            name: self.name.map(|name| plain::line(&name)).filter(|name| !name.is_empty()),
            category: self.category.map(|category| plain::line(&category)),
            custom: self.custom.into_iter().map(|(key, value)| (key, plain::line(&value))).collect(),
            ..self
        }
    }

    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let bad = |field: &str, sentence: &str| Err(Refusal::new("bad_request", sentence).at(field));
        if self.subject.trim().is_empty() || self.subject.len() > 1_000 {
            return bad("subject", "A subject has 1 to 1000 bytes.");
        }
        if self.text.trim().is_empty() || self.text.len() > TEXT_BYTES_MAX {
            return bad("text", "A text has 1 byte to 1 MiB.");
        }
        if !is_address(&canonical_address(&self.email)) {
            return bad("email", "An e-mail address looks like name@example.org.");
        }
        if let Some(name) = &self.name {
            bounded("name", name, 0, VALUE_BYTES_MAX)?;
        }
        if self.language.as_deref().is_some_and(|language| !is_language_tag(language)) {
            return bad("language", "A language is a BCP 47 tag such as de or en-GB.");
        }
        if let Some(category) = &self.category {
            bounded("category", category, 1, VALUE_BYTES_MAX)?;
        }
        if self.team.as_deref().is_some_and(|team| !is_key(team)) {
            return Err(Refusal::new("bad_key", "A team key consists of a-z 0-9 _ - . :").at("team"));
        }
        for (name, value) in [(part::CATEGORY, &self.category), (part::TEAM, &self.team)] {
            check_numbers(name, value.as_deref().unwrap_or_default())?;
        }
        self.tags.iter().try_for_each(|tag| check_numbers(part::TAGS, tag))?;
        self.check_custom()?;
        if self.tags.len() > TAGS_MAX {
            return bad("tags", "A ticket has at most 64 tags.");
        }
        if let Some(tag) = self.tags.iter().find(|t| !is_key(t)) {
            return Err(
                Refusal::new("bad_key", format!("The tag `{tag}` may consist of a-z 0-9 _ - . :")).at("tags")
            );
        }
        Ok(())
    }

    fn check_custom(&self) -> Result<(), Refusal> {
        if self.custom.len() > CUSTOM_MAX {
            let sentence = format!("A ticket has at most {CUSTOM_MAX} custom fields.");
            return Err(Refusal::new("too_many_fields", sentence).at("custom"));
        }
        if let Some(key) = self.custom.keys().find(|k| !is_key(k)) {
            return Err(Refusal::new("bad_key", "A custom field's key consists of a-z 0-9 _ - . :")
                .at(Field::Custom(key.clone()).to_string()));
        }
        let bounded_value = |(key, value): (&String, &String)| {
            bounded(&Field::Custom(key.clone()).to_string(), value, 0, VALUE_BYTES_MAX)
        };
        self.custom.iter().try_for_each(bounded_value)
    }
}

/// What comes in, whatever the channel, before redaction. Clear text: never stored as it is.
pub(crate) struct Arrival {
    pub(crate) channel: Channel,
    /// The inbox that a request names; a mail's is told by its recipients.
    pub(crate) inbox: Option<String>,
    pub(crate) address: String,
    pub(crate) name: Option<String>,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) language: Option<String>,
    pub(crate) auto_class: AutoClass,
    /// Why it is a machine's: with words of its header.
    pub(crate) auto_reason: Option<String>,
    /// Whether `address` is who wrote.
    pub(crate) sender_auth: SenderAuth,
    pub(crate) internet_message_id: Option<String>,
    pub(crate) in_reply_to: Option<String>,
    pub(crate) references: Vec<String>,
    /// To and Cc of a mail.
    pub(crate) recipients: Vec<String>,
    /// What a delivery failure notice says.
    pub(crate) bounce: Option<email::Bounce>,
    /// Who called a mail of ours spam, by a provider's report.
    pub(crate) complaint: Option<String>,
    /// Message-IDs of that mail.
    pub(crate) complained_ids: Vec<String>,
    pub(crate) files: Vec<email::File>,
    /// Of each file, what makes it dangerous.
    pub(crate) dangers: Vec<Option<&'static str>>,
    pub(crate) problems: Vec<String>,
    pub(crate) category: Option<String>,
    pub(crate) team: Option<String>,
    pub(crate) priority: Option<Priority>,
    pub(crate) custom: BTreeMap<String, String>,
    pub(crate) tags: Vec<String>,
    pub(crate) original: Option<Vec<u8>>,
}

/// The document's parts before those of files.
const FIRST_FILE: usize = 3;

/// The document that the redaction hooks see: subject, text, name, file names, custom fields, why it is a machine's, the
/// category, the team, the tags.
pub(crate) fn document(arrival: &Arrival) -> Document {
    let mut parts = part::subject_and_text(&arrival.subject, &arrival.text);
    parts.push(Part::new(part::NAME, arrival.name.as_deref().unwrap_or_default()));
    parts.extend(arrival.files.iter().map(|f| Part::new(part::FILE_NAME, &f.file_name)));
    let custom = arrival.custom.iter();
    parts.extend(custom.map(|(key, value)| Part::new(&Field::Custom(key.clone()).to_string(), value)));
    parts.extend(arrival.auto_reason.iter().map(|why| Part::new(part::AUTO_REASON, why)));
    parts.extend(arrival.category.iter().map(|category| Part::new(part::CATEGORY, category)));
    parts.extend(arrival.team.iter().map(|team| Part::new(part::TEAM, team)));
    parts.extend(arrival.tags.iter().map(|tag| Part::new(part::TAGS, tag)));
    // A domain has two spellings, and texts hold the one that people write.
    let written = Some(as_people_write(&arrival.address)).filter(|written| *written != arrival.address);
    let addresses = std::iter::once(arrival.address.clone()).chain(written);
    let known = arrival.name.iter().cloned().chain(addresses).collect();
    Document { parts, language: arrival.language.clone(), known }
}

/// A file's name after redaction.
pub(crate) fn file_name(redacted: &Redacted, file: usize) -> String {
    redacted.part(FIRST_FILE + file)
}

/// An arrival's custom fields after redaction.
pub(crate) fn custom_of(arrival: &Arrival, redacted: &Redacted) -> BTreeMap<String, String> {
    let first = FIRST_FILE + arrival.files.len();
    arrival.custom.keys().enumerate().map(|(n, key)| (key.clone(), redacted.part(first + n))).collect()
}

/// Why it is a machine's, after redaction.
pub(crate) fn auto_reason_of(arrival: &Arrival, redacted: &Redacted) -> Option<String> {
    let place = FIRST_FILE + arrival.files.len() + arrival.custom.len();
    arrival.auto_reason.is_some().then(|| redacted.part(place))
}

/// Whether a part is one that stands on the ticket as it was given or not at all: a placeholder there tells nobody
/// anything.
pub(crate) fn is_key_part(name: &str) -> bool {
    [part::CATEGORY, part::TEAM, part::TAGS].contains(&name)
}

/// Which of those something was found in, each with the class of it.
pub(crate) fn lost(redacted: &Redacted) -> BTreeMap<&str, &str> {
    redacted
        .finds()
        .filter(|(name, _)| is_key_part(name))
        .map(|(name, found)| (name, found.class.as_str()))
        .collect()
}

/// Puts what its caller knows on a new ticket: from then on plugins leave it alone, but for the tags. What redaction would
/// have taken something out of is left out.
pub(crate) fn sort_by_hand(ticket: &mut Ticket, arrival: &Arrival, redacted: &Redacted) {
    let place =
        FIRST_FILE + arrival.files.len() + arrival.custom.len() + usize::from(arrival.auto_reason.is_some());
    let keys = arrival.category.iter().chain(&arrival.team).chain(&arrival.tags);
    let fit: BTreeSet<&String> =
        keys.zip(place..).filter(|(key, place)| redacted.part(*place) == **key).map(|(key, _)| key).collect();
    let kept = |key: Option<&String>| key.filter(|key| fit.contains(key)).cloned();
    let mut known = Vec::new();
    ticket.category = kept(arrival.category.as_ref());
    known.extend(ticket.category.is_some().then_some(Field::Category));
    ticket.team = kept(arrival.team.as_ref());
    known.extend(ticket.team.is_some().then_some(Field::Team));
    ticket.tags = arrival.tags.iter().filter(|tag| fit.contains(tag)).cloned().collect();
    if let Some(priority) = arrival.priority {
        ticket.priority = priority;
        known.push(Field::Priority);
    }
    ticket.set_by_hand.extend(known.iter().map(ToString::to_string));
}

pub(crate) async fn read_arrival(
    kind: IntakeKind,
    clear: Vec<u8>,
    senders: &Senders,
    own_addresses: Vec<String>,
) -> Result<Arrival, DeskError> {
    match kind {
        IntakeKind::Mail => {
            let verdict = senders.check(&clear).await;
            let is_small = clear.len() < 128 << 10;
            let read = move || arrival_of_mail(email::parse_for(&clear, &own_addresses), clear);
            // Small mails are read in place; big ones may take long and must not hold up a worker thread.
            let mut arrival = if is_small {
                read()
            } else {
                tokio::task::spawn_blocking(read)
                    .await
                    .map_err(|_| Refusal::new("unreadable", "the mail's parser stopped"))?
            };
            arrival.sender_auth = sender_auth(&verdict, &arrival.address);
            Ok(arrival)
        }
        IntakeKind::Ticket => {
            let new: NewTicket =
                serde_json::from_slice(&clear).map_err(|e| Refusal::new("bad_request", e.to_string()))?;
            Ok(arrival_of_request(new))
        }
    }
}

/// What somebody wrote himself. In a first mail nothing was there to be quoted.
pub(crate) fn own_words(text: &str, in_reply_to: Option<&str>, references: &[String]) -> String {
    match in_reply_to.is_none() && references.is_empty() {
        true => email::reply_text_of_first(text),
        false => email::reply_text(text),
    }
}

/// Who wrote, and so who gets the answer: From; behind a robot's From (contact forms) the Reply-To.
#[must_use]
pub fn sender_of(mail: &Mail) -> Option<String> {
    let from = mail.from.as_deref().map(canonical_address).filter(|a| is_address(a));
    let reply_to = mail.reply_to.iter().map(|a| canonical_address(a)).find(|a| is_address(a));
    match from {
        Some(from) if !domain::gate::is_robot_address(&from) => Some(from),
        from => reply_to.or(from),
    }
}

/// What a verdict about From says of the address that gets the answer: a domain vouches for its own only.
fn sender_auth(verdict: &Verdict, address: &str) -> SenderAuth {
    let is_its_own = sides(address).is_some_and(|(_, domain)| domain == verdict.domain);
    match verdict.auth {
        SenderAuth::Pass if !is_its_own => SenderAuth::None,
        auth => auth,
    }
}

/// The text with each letter and its mark as one sign (NFC), as words are looked for: some programs write them as two.
fn composed(text: String) -> String {
    if is_nfc(&text) { text } else { text.nfc().collect() }
}

fn arrival_of_mail(mail: Mail, raw: Vec<u8>) -> Arrival {
    let address = sender_of(&mail);
    let mut problems = mail.problems;
    if address.is_none() {
        problems.push("it has no usable sender address".to_owned());
    }
    Arrival {
        channel: Channel::Email,
        inbox: None,
        // Replies to this address are refused by the gate: it names nobody.
        address: address.unwrap_or_else(|| "unknown@invalid".to_owned()),
        name: mail.from_name,
        subject: composed(mail.subject),
        text: composed(mail.text),
        language: None,
        auto_class: mail.auto_class,
        auto_reason: mail.auto_reason,
        sender_auth: SenderAuth::Unchecked,
        internet_message_id: mail.message_id,
        in_reply_to: mail.in_reply_to,
        references: mail.references,
        recipients: mail.to.into_iter().chain(mail.cc).collect(),
        bounce: mail.bounce,
        complaint: mail.complaint,
        complained_ids: mail.complained_ids,
        dangers: mail.attachments.iter().map(email::File::danger).collect(),
        files: mail.attachments,
        problems,
        category: None,
        team: None,
        priority: None,
        custom: BTreeMap::new(),
        tags: Vec::new(),
        original: Some(raw),
    }
}

pub(crate) fn arrival_of_request(new: NewTicket) -> Arrival {
    Arrival {
        channel: new.channel,
        inbox: new.inbox,
        address: canonical_address(&new.email),
        name: new.name,
        subject: composed(new.subject),
        text: composed(new.text),
        language: new.language,
        auto_class: AutoClass::Human,
        auto_reason: None,
        // In a form or chat anybody may write any address.
        sender_auth: match new.channel {
            Channel::Form | Channel::Chat => SenderAuth::None,
            Channel::Email | Channel::Api => SenderAuth::Unchecked,
        },
        internet_message_id: None,
        in_reply_to: None,
        references: Vec::new(),
        recipients: Vec::new(),
        bounce: None,
        complaint: None,
        complained_ids: Vec::new(),
        files: Vec::new(),
        dangers: Vec::new(),
        problems: Vec::new(),
        category: new.category,
        team: new.team,
        priority: new.priority,
        custom: new.custom,
        tags: new.tags,
        original: None,
    }
}
