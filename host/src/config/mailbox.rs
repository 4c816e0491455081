//! `[mail.imap]` and the sections below it: which mailboxes are read, checked key by key. Knows no IMAP.

use std::path::PathBuf;

use channels::imap::{After, Login};
use serde::Deserialize;

use super::layers::{ConfigError, Layers, Secret, variable_of};
use super::read_secret;

/// The family of sections.
const FAMILY: &str = "mail.imap";
/// Servers may end an IDLE after 30 minutes (RFC 2177).
const IDLE_SECONDS_MAX: u64 = 29 * 60;

/// A mailbox to read.
#[derive(Debug, Clone)]
pub struct Mailbox {
    /// What it is called in logs, metrics and the database.
    pub name: String,
    /// Where it is and how it is read.
    pub reading: channels::imap::Mailbox,
    /// Where the password or token is.
    pub secret: SecretSource,
}

/// Where a secret is.
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// It came with the environment.
    Given(Secret),
    /// It lies in a file and may change.
    File(PathBuf),
}

/// One section as it is written.
#[derive(Debug, Clone, Deserialize)]
struct Section {
    host: String,
    port: u16,
    tls: channels::Tls,
    trusted_certificates_file: String,
    user: String,
    login: Login,
    password_file: String,
    folder: String,
    after: After,
    move_to: String,
    poll_seconds: u64,
    idle_seconds: u64,
    retry_seconds_max: u64,
    timeout_ms: u64,
    mail_bytes_max: usize,
}

/// All mailboxes; none when no host is set.
pub(super) fn read(layers: &Layers) -> Result<Vec<Mailbox>, ConfigError> {
    let mut mailboxes = Vec::new();
    for (name, section) in layers.family::<Section>(FAMILY)? {
        if name.is_empty() && section.host.is_empty() {
            continue;
        }
        mailboxes.push(Keys { layers, name: &name }.mailbox(section)?);
    }
    Ok(mailboxes)
}

/// The keys of one section.
struct Keys<'l> {
    layers: &'l Layers,
    name: &'l str,
}

impl Keys<'_> {
    /// The key as the admin wrote it: in the section itself, else in the family's own.
    fn key(&self, leaf: &str) -> String {
        let own = format!("{FAMILY}.{leaf}");
        if self.name.is_empty() {
            return own;
        }
        let below = format!("{FAMILY}.{}.{leaf}", self.name);
        if self.layers.is_set(&own) && !self.layers.is_set(&below) { own } else { below }
    }

    /// A key that is missing is missing where the mailbox was begun.
    fn bad(&self, leaf: &str, sentence: &str) -> ConfigError {
        let key = self.key(leaf);
        let begun =
            [leaf, "host", "user"].map(|leaf| self.key(leaf)).into_iter().find(|key| self.layers.is_set(key));
        let origin = self.layers.origin(begun.as_deref().unwrap_or(&key));
        ConfigError(format!("{origin}: {key}: {sentence}"))
    }

    fn mailbox(&self, section: Section) -> Result<Mailbox, ConfigError> {
        self.check(&section)?;
        let secret = self.secret(&section)?;
        let trusted_pem = match section.trusted_certificates_file.as_str() {
            "" => Vec::new(),
            path => read_secret(self.layers, &self.key("trusted_certificates_file"), path)?.into_bytes(),
        };
        let reading = channels::imap::Mailbox {
            host: section.host,
            port: section.port,
            tls: section.tls,
            trusted_pem,
            user: section.user,
            login: section.login,
            folder: section.folder,
            after: section.after,
            move_to: section.move_to,
            poll_ms: section.poll_seconds.saturating_mul(1_000),
            idle_ms: section.idle_seconds.saturating_mul(1_000),
            retry_ms_max: section.retry_seconds_max.saturating_mul(1_000),
            timeout_ms: section.timeout_ms,
            mail_bytes_max: section.mail_bytes_max,
        };
        let name = if self.name.is_empty() { "imap" } else { self.name };
        Ok(Mailbox { name: name.to_owned(), reading, secret })
    }

    fn check(&self, section: &Section) -> Result<(), ConfigError> {
        if section.host.is_empty() {
            return Err(self.bad("host", "name the mail server, as in imap.example.org."));
        }
        if section.user.is_empty() {
            return Err(self.bad("user", "name the user of this mailbox."));
        }
        if section.tls == channels::Tls::None && !channels::imap::is_this_machine(&section.host) {
            return Err(self.bad(
                "tls",
                "\"none\" would send the password in clear; it is only for a server on this machine.",
            ));
        }
        let same = section.folder.eq_ignore_ascii_case(&section.move_to);
        if section.after == After::Move && (section.move_to.is_empty() || same) {
            return Err(self.bad("move_to", "name a folder other than the one that is read."));
        }
        if section.idle_seconds == 0 || section.idle_seconds > IDLE_SECONDS_MAX {
            return Err(self.bad("idle_seconds", &format!("between 1 and {IDLE_SECONDS_MAX}.")));
        }
        for (leaf, value) in [
            ("poll_seconds", section.poll_seconds),
            ("retry_seconds_max", section.retry_seconds_max),
            ("timeout_ms", section.timeout_ms),
        ] {
            if value == 0 {
                return Err(self.bad(leaf, "at least 1."));
            }
        }
        let bytes_max = channels::email::limits::RAW_BYTES_MAX;
        if section.mail_bytes_max == 0 || section.mail_bytes_max > bytes_max {
            return Err(self.bad(
                "mail_bytes_max",
                &format!("between 1 and {bytes_max}: of larger mails only the headers would be read."),
            ));
        }
        Ok(())
    }

    fn secret(&self, section: &Section) -> Result<SecretSource, ConfigError> {
        let below = format!("{FAMILY}.{}.password", self.name);
        let own = format!("{FAMILY}.password");
        if let Some(secret) = self.layers.secret(&below).or_else(|| self.layers.secret(&own)) {
            return Ok(SecretSource::Given(secret));
        }
        if section.password_file.is_empty() {
            let variable = variable_of(if self.name.is_empty() { &own } else { &below });
            return Err(self.bad(
                "password_file",
                &format!("name the file that holds the password or token, or set {variable}."),
            ));
        }
        // It is read anew at each login; that it can be read at all is said at once.
        read_secret(self.layers, &self.key("password_file"), &section.password_file)?;
        Ok(SecretSource::File(PathBuf::from(&section.password_file)))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Config, Sources};
    use super::*;

    fn load(file: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let mut layers = Layers::defaults()?;
        layers.file(Path::new("kulanz.toml"), file)?;
        layers.environment(variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))?;
        Config::from_layers(layers)
    }

    const PASSWORD: (&str, &str) = ("KULANZ_MAIL__IMAP__PASSWORD", "hush");

    #[test]
    fn without_a_host_no_mailbox_is_read() {
        assert!(load("", &[PASSWORD]).unwrap().mailboxes.is_empty());
        assert!(Config::load(&Sources::default()).unwrap().mailboxes.is_empty());
    }

    #[test]
    fn one_mailbox_stands_in_the_section_itself() {
        let config = load("[mail.imap]\nhost = \"mx.example\"\nuser = \"ana\"", &[PASSWORD]).unwrap();
        let [mailbox] = config.mailboxes.as_slice() else { panic!("{:?}", config.mailboxes) };
        assert_eq!((mailbox.name.as_str(), mailbox.reading.user.as_str()), ("imap", "ana"));
        assert_eq!((mailbox.reading.port, mailbox.reading.after), (993, After::Move));
        assert!(!format!("{config:?}").contains("hush") && !config.show().contains("hush"));
    }

    #[test]
    fn several_mailboxes_take_from_the_section_above_what_they_do_not_say() {
        let text = "[mail.imap]\nhost = \"mx.example\"\nafter = \"delete\"\n\
                    [mail.imap.sales]\nuser = \"sales\"\n\
                    [mail.imap.help]\nuser = \"help\"\nhost = \"other.example\"\nport = 1143\n";
        let own = ("KULANZ_MAIL__IMAP__HELP__PASSWORD", "own");
        let config = load(text, &[PASSWORD, own]).unwrap();
        let [help, sales] = config.mailboxes.as_slice() else { panic!("{:?}", config.mailboxes) };
        assert_eq!((help.reading.host.as_str(), help.reading.port), ("other.example", 1143));
        assert_eq!((sales.reading.host.as_str(), sales.reading.port), ("mx.example", 993));
        assert_eq!((help.reading.after, sales.reading.after), (After::Delete, After::Delete));
        let word = |m: &Mailbox| match &m.secret {
            SecretSource::Given(secret) => secret.reveal().to_owned(),
            SecretSource::File(path) => path.display().to_string(),
        };
        assert_eq!((word(help).as_str(), word(sales).as_str()), ("own", "hush"));
        let shown = config.show();
        assert!(shown.contains("[mail.imap.help]"), "{shown}");
        assert_eq!(load(&shown.replace("password = \"***\"", ""), &[PASSWORD]).unwrap().mailboxes.len(), 2);
    }

    #[test]
    fn a_mailbox_that_makes_no_sense_is_refused_with_its_key() {
        let base = "[mail.imap]\nhost = \"mx.example\"\nuser = \"ana\"\n";
        for (text, key) in [
            ("[mail.imap]\nhost = \"mx.example\"".to_owned(), "mail.imap.user"),
            ("[mail.imap.sales]\nuser = \"ana\"".to_owned(), "mail.imap.sales.host"),
            (format!("{base}tls = \"none\""), "mail.imap.tls"),
            (format!("{base}tls = \"ssl\""), "mail.imap.tls"),
            (format!("{base}move_to = \"inbox\""), "mail.imap.move_to"),
            (format!("{base}idle_seconds = 1800"), "mail.imap.idle_seconds"),
            (format!("{base}poll_seconds = 0"), "mail.imap.poll_seconds"),
            (format!("{base}mail_bytes_max = 30000001"), "mail.imap.mail_bytes_max"),
            (format!("{base}pasword_file = \"x\""), "mail.imap.pasword_file"),
            (format!("{base}[mail.imap.sales]\nprot = 1"), "mail.imap.sales.prot"),
            (format!("{base}[mail.imap.sales]\nport = true"), "mail.imap.sales.port"),
            (format!("{base}[mail.imap.sales]\nafter = \"burn\""), "mail.imap.sales.after"),
            (format!("{base}[mail.imap.sales]\npassword = \"x\""), "mail.imap.sales.password"),
        ] {
            let error = load(&text, &[PASSWORD]).unwrap_err().0;
            // A key that is missing has its default from nobody.
            let told = error.starts_with("kulanz.toml: ") || error.starts_with("default: ");
            assert!(told && error.contains(key), "{text:?} gave: {error}");
        }
    }

    #[test]
    fn a_mailbox_without_a_password_is_told_where_one_may_stand() {
        let text = "[mail.imap.sales]\nhost = \"mx.example\"\nuser = \"ana\"\n";
        let error = load(text, &[]).unwrap_err().0;
        assert!(error.contains("KULANZ_MAIL__IMAP__SALES__PASSWORD"), "{error}");
        let error = load(&format!("{text}password_file = \"/nowhere/pw\""), &[]).unwrap_err().0;
        assert!(error.contains("mail.imap.sales.password_file: /nowhere/pw cannot be read"), "{error}");
    }
}
