//! German and English for words of closed lists that code, API and documents write in English: channels, parts of a
//! message, classes of values, hooks, kinds of work, who acted. A word that is on none of them stays as it is.

use domain::ActorKind;
use domain::plugin::Hook;
use domain::redaction::part;
use domain::ticket::{CUSTOM, Channel};

use super::Language;

impl Language {
    /// How a request came in.
    pub(crate) const fn channel(self, channel: Channel) -> &'static str {
        match channel {
            Channel::Email => self.pick("e-mail", "E-Mail"),
            Channel::Form => self.pick("form", "Formular"),
            Channel::Chat => self.pick("chat", "Chat"),
            Channel::Api => self.pick("API", "API"),
        }
    }

    /// A part of a message in which something was redacted.
    pub(crate) fn part(self, name: &str) -> &str {
        match name {
            part::SUBJECT => self.pick("subject", "Betreff"),
            part::TEXT => self.pick("text", "Text"),
            part::NAME => self.pick("name", "Name"),
            part::FILE_NAME => self.pick("name of a file", "Name einer Datei"),
            part::AUTO_REASON => self.pick("why it is a machine's", "warum sie von einer Maschine ist"),
            part::CATEGORY => self.texts().category,
            part::TEAM => self.texts().team,
            part::TAGS => self.texts().tags,
            // A field of the house's own is called as the house calls it.
            name => name.strip_prefix(CUSTOM).unwrap_or(name),
        }
    }

    /// A class of personal values, as it is offered to people.
    pub(crate) fn class(self, class: &str) -> &str {
        match class {
            "PERSON" => self.pick("name of a person", "Name einer Person"),
            "EMAIL" => self.pick("e-mail address", "E-Mail-Adresse"),
            "PHONE" => self.pick("phone number", "Telefonnummer"),
            "ADDRESS" => self.pick("postal address", "Anschrift"),
            "CREDIT_CARD" => self.pick("credit card", "Kreditkarte"),
            "DATE_OF_BIRTH" => self.pick("date of birth", "Geburtsdatum"),
            "SECRET" => self.pick("password or other secret", "Passwort oder anderes Geheimnis"),
            class => class,
        }
    }

    /// What a plugin is called for.
    pub(crate) const fn hook(self, hook: Hook) -> &'static str {
        match hook {
            Hook::Redaction => self.pick("redaction", "Schwärzen"),
            Hook::Triage => self.pick("triage", "Sortieren"),
            Hook::Answering => self.pick("answering", "Antworten"),
            Hook::Notification => self.pick("notification", "Benachrichtigen"),
            Hook::Events => self.pick("events", "Ereignisse"),
            Hook::Schedule => self.pick("schedule", "Zeitplan"),
        }
    }

    /// A kind of work, or of what came in.
    pub(crate) fn work(self, work: &str) -> &str {
        match work {
            "intake" => self.pick("intake", "Annahme"),
            "turn" => self.pick("turn", "Bearbeitung"),
            "deliver" => self.pick("delivery", "Zustellung"),
            "webhook" => self.pick("webhook", "Webhook"),
            "timer" => self.pick("timer", "Timer"),
            "mail" => self.pick("mail", "Mail"),
            "ticket" => self.pick("ticket", "Ticket"),
            work => work,
        }
    }

    /// What kind of somebody did something.
    pub(crate) const fn actor(self, actor: ActorKind) -> &'static str {
        match actor {
            ActorKind::Contact => self.pick("customer", "Kundschaft"),
            ActorKind::Agent => self.pick("agent", "Agent"),
            ActorKind::Plugin => self.pick("plugin", "Plugin"),
            ActorKind::Api => self.pick("API", "API"),
            ActorKind::System => self.pick("Kulanz", "Kulanz"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_documents_write_in_english_are_read_in_german() {
        let german = Language::German;
        for hook in Hook::ALL {
            assert_ne!(german.hook(*hook), hook.as_str());
        }
        for name in part::NAMES {
            assert_ne!(german.part(name), name);
        }
        for (said, told) in [
            (german.part("file_name"), "Name einer Datei"),
            (german.part("category"), "Thema"),
            (german.part("custom.order"), "order"),
            (german.class("PHONE"), "Telefonnummer"),
            (german.work("deliver"), "Zustellung"),
            (german.channel(Channel::Email), "E-Mail"),
            (german.actor(ActorKind::Contact), "Kundschaft"),
        ] {
            assert_eq!(said, told);
        }
    }

    #[test]
    fn a_word_on_no_list_stays_as_it_is() {
        assert_eq!(Language::German.class("IBAN"), "IBAN");
        assert_eq!(Language::German.part("body"), "body");
    }
}
