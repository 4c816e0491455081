//! The settings: sections as plain values, read from layers, checked, passed on. The only reader of
//! the configuration file and the environment; nothing below `host` sees either.

mod inbox;
mod layers;
mod mail;
mod mailbox;
mod server;

use std::path::{Path, PathBuf};

use channels::fetch::FetchOptions;
use desk::{DeskConfig, MailIdentity};
use serde::Deserialize;

pub use mailbox::{Mailbox, SecretSource};
pub use server::{ConsoleAccess, MetricsAccess, Server};

pub use layers::{ConfigError, DEFAULTS, Layers, Origin, Secret, variable_of, without_password};

/// File that is read when none is named and it is there.
pub const FILE_NAME: &str = "kulanz.toml";

/// Where layers come from: given as values, so that tests can do without a process of their own.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// File named on the command line.
    pub file: Option<PathBuf>,
    /// The environment.
    pub variables: Vec<(String, String)>,
    /// Flags: name, key, value.
    pub flags: Vec<(&'static str, &'static str, String)>,
}

/// All settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where everything lies.
    pub data_dir: PathBuf,
    /// `[server]`
    pub server: Server,
    /// `[api]`
    pub api: api::ApiPace,
    /// `[form]`
    pub form: console::FormPace,
    /// `[database]`
    pub database: Database,
    /// `[runtime]`
    pub runtime: RuntimeSection,
    /// `[mail.listener]`
    pub mail_listener: MailListener,
    /// `[mail.imap]` and the sections below it.
    pub mailboxes: Vec<Mailbox>,
    /// `[mail.sender]`
    pub sender: channels::sender::SenderConfig,
    /// `[mail.dkim]` and the sections below it.
    pub dkim: Vec<channels::email::DomainKey>,
    /// `[mail.smtp]`; none: the Maildir.
    pub smtp: Option<channels::SmtpConfig>,
    /// `[desk]` with the identity of `[mail]`.
    pub desk: DeskConfig,
    /// `[plugins]`
    pub plugins: Plugins,
    /// `[webhooks]`
    pub webhooks: Webhooks,
    /// `[embed]`
    pub embed: Embed,
    /// `[log]`
    pub log: Log,
    /// Who set what, for `config show`.
    pub layers: Layers,
}

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
pub struct Database {
    url: String,
    url_file: String,
    /// How hard a commit is.
    pub durability: Durability,
    /// SQLite readers.
    pub readers: u32,
    /// PostgreSQL connections.
    pub pool: u32,
}

/// How hard a commit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// Survives a power cut.
    Full,
    /// Survives a crash.
    Normal,
}

/// `[runtime]`
#[derive(Debug, Clone, Deserialize)]
pub struct RuntimeSection {
    /// Pooling allocator.
    pub pooling: bool,
    /// Room for calls.
    pub slots: u32,
    /// Calls at the same time.
    pub concurrency: usize,
    /// Keep compiled plugins.
    pub cache: bool,
    /// So many bytes of them.
    pub cache_bytes_max: u64,
    /// Compile in a child process.
    pub compile_in_child: bool,
}

/// `[mail.listener]`
#[derive(Debug, Clone, Deserialize)]
pub struct MailListener {
    /// Address and port of the loopback, or the path of a socket file; empty: none.
    pub listen: String,
}

impl MailListener {
    /// It has neither login nor encryption, so only this machine may reach it.
    fn is_local(&self) -> bool {
        if self.listen.is_empty() || self.listen.starts_with('/') {
            return true;
        }
        match self.listen.parse::<std::net::SocketAddr>() {
            Ok(address) => address.ip().is_loopback(),
            Err(_) => self
                .listen
                .rsplit_once(':')
                .is_some_and(|(host, port)| host == "localhost" && port.parse::<u16>().is_ok()),
        }
    }
}

/// `[plugins]`
#[derive(Debug, Clone, Deserialize)]
pub struct Plugins {
    /// Whether plugins may send HTTP requests at all.
    pub http: bool,
    /// Hosts that may lead to private addresses.
    http_private_hosts: Vec<String>,
    /// File with certificates to trust beside the public ones.
    http_trusted_certificates_file: String,
    /// What stands in it.
    #[serde(skip)]
    http_trusted_pem: Vec<u8>,
}

/// `[webhooks]`
#[derive(Debug, Clone, Deserialize)]
pub struct Webhooks {
    /// Hosts that may lead to private addresses.
    private_hosts: Vec<String>,
    /// File with certificates to trust beside the public ones.
    trusted_certificates_file: String,
    /// What stands in it.
    #[serde(skip)]
    trusted_pem: Vec<u8>,
}

/// `[embed]`
#[derive(Debug, Clone, Deserialize)]
pub struct Embed {
    /// Name of the model; empty: the only one in place.
    pub model: String,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
pub struct Log {
    /// For people or machines.
    pub format: LogFormat,
    /// What is logged.
    pub filter: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Config {
    /// Reads all layers and checks the result.
    ///
    /// # Errors
    /// A sentence with place, key and fix.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut layers = Layers::defaults()?;
        if let Some((path, text)) = file_text(sources)? {
            layers.file(&path, &text)?;
        }
        layers.environment(sources.variables.iter().cloned())?;
        for (flag, key, value) in &sources.flags {
            layers.flag(flag, key, value.clone())?;
        }
        Self::from_layers(layers)
    }

    fn from_layers(layers: Layers) -> Result<Self, ConfigError> {
        // The desk's settings are its own struct; only who we are in mail stands in a section of its own.
        let identity: MailIdentity =
            layers.section("mail", &["smtp", "listener", "imap", "sender", "dkim"])?;
        let mut desk: DeskConfig = layers.section("desk", &[])?;
        desk.mail = identity;
        desk.mail.frames = mail::frames(&layers, &desk.mail.templates)?;
        let inboxes = inbox::read(&layers)?;
        (desk.mail.inboxes, desk.inbox_operators) = (inboxes.addresses, inboxes.operators);
        desk.retention.inbox_words_days = inboxes.words_days;
        let config = Self {
            data_dir: PathBuf::from(layers.text("data_dir")),
            server: server::read(&layers)?,
            api: layers.section("api", &[])?,
            form: layers.section("form", &[])?,
            database: layers.section("database", &[])?,
            runtime: layers.section("runtime", &[])?,
            mail_listener: layers.section("mail.listener", &[])?,
            mailboxes: mailbox::read(&layers)?,
            sender: mail::sender(&layers)?,
            dkim: mail::dkim(&layers)?,
            smtp: mail::smtp(&layers)?,
            desk,
            plugins: plugins(&layers)?,
            webhooks: webhooks(&layers)?,
            embed: layers.section("embed", &[])?,
            log: layers.section("log", &[])?,
            layers,
        };
        config.check()?;
        Ok(config)
    }

    /// What types alone cannot say.
    fn check(&self) -> Result<(), ConfigError> {
        let bad = |key: &str, sentence: &str| {
            Err(ConfigError(format!("{}: {key}: {sentence}", self.layers.origin(key))))
        };
        if self.data_dir.as_os_str().is_empty() {
            return bad("data_dir", "name a folder.");
        }
        if self
            .server
            .listen
            .rsplit_once(':')
            .is_none_or(|(host, port)| host.is_empty() || port.parse::<u16>().is_err())
        {
            return bad("server.listen", "write address:port, as in 127.0.0.1:8080.");
        }
        if !self.mail_listener.is_local() {
            return bad(
                "mail.listener.listen",
                "write an address of this machine such as 127.0.0.1:2525, or the path of a socket file: it has \
                 neither login nor encryption.",
            );
        }
        if self.runtime.concurrency == 0 || self.runtime.concurrency > self.runtime.slots as usize {
            let guilty = match self.layers.origin("runtime.concurrency") {
                Origin::Default => "runtime.slots",
                Origin::File(_) | Origin::Environment(_) | Origin::Flag(_) => "runtime.concurrency",
            };
            return bad(guilty, "runtime.concurrency must lie between 1 and runtime.slots.");
        }
        if self.desk.worker_slots == 0 {
            return bad("desk.worker_slots", "at least 1, or nothing is ever worked on.");
        }
        if let Err(refusal) = self.desk.operators.check() {
            let key = format!("desk.operators.{}", refusal.field.as_deref().unwrap_or_default());
            return bad(&key, &refusal.sentence);
        }
        if let Err(refusal) = self.desk.redaction_own.check() {
            return bad("desk.redaction_own", &refusal.sentence);
        }
        if let Err(refusal) = domain::schedule::Zone::parse(&self.desk.time_zone) {
            return bad("desk.time_zone", &refusal.sentence);
        }
        if let Err(refusal) = self.desk.quiet.check() {
            let key = format!("desk.quiet.{}", refusal.field.as_deref().unwrap_or("zone"));
            return bad(&key, &refusal.sentence);
        }
        if let Err(refusal) = self.desk.attachments.check() {
            let key = format!("desk.attachments.{}", refusal.field.as_deref().unwrap_or("bytes_max"));
            return bad(&key, &refusal.sentence);
        }
        self.check_api()?;
        self.check_form()?;
        self.check_mail()?;
        if let Err(error) = self.log.filter.parse::<tracing_subscriber::EnvFilter>() {
            return bad("log.filter", &format!("{error}. Write a level, or target=level pairs."));
        }
        if matches!(self.layers.origin("database.url"), Origin::File(_))
            && without_password(&self.database.url) != self.database.url
        {
            return bad(
                "database.url",
                "it contains a password. Put it into a file named in database.url_file, or into KULANZ_DATABASE__URL.",
            );
        }
        if !self.database.url.is_empty() && !self.database.url_file.is_empty() {
            return bad("database.url_file", "give url or url_file, not both.");
        }
        Ok(())
    }

    fn check_api(&self) -> Result<(), ConfigError> {
        let api = &self.api;
        for (key, burst, per_minute) in [
            ("api.token_burst", api.token_burst, api.token_per_minute),
            ("api.network_burst", api.network_burst, api.network_per_minute),
        ] {
            if burst == 0 && per_minute > 0 {
                let why =
                    "at least 1, or every request is refused. For no limit set the one per minute to 0.";
                return Err(ConfigError(format!("{}: {key}: {why}", self.layers.origin(key))));
            }
        }
        Ok(())
    }

    fn check_form(&self) -> Result<(), ConfigError> {
        for (key, bound) in [
            ("form.network_burst", self.form.network_burst),
            ("form.network_per_minute", self.form.network_per_minute),
            ("form.all_per_minute", self.form.all_per_minute),
        ] {
            if bound == 0 {
                let why = "at least 1, or customers are told to wait for ever.";
                return Err(ConfigError(format!("{}: {key}: {why}", self.layers.origin(key))));
            }
        }
        Ok(())
    }

    fn check_mail(&self) -> Result<(), ConfigError> {
        let bad = |key: &str, sentence: &str| {
            Err(ConfigError(format!("{}: {key}: {sentence}", self.layers.origin(key))))
        };
        for address in std::iter::once(&self.desk.mail.from_address).chain(&self.desk.mail.own_addresses) {
            if !domain::address::is_address(address) {
                let key = if *address == self.desk.mail.from_address {
                    "mail.from_address"
                } else {
                    "mail.own_addresses"
                };
                return bad(key, &format!("`{address}` is no address, as in help@shop.example."));
            }
        }
        let url = &self.desk.mail.public_url;
        if !url.is_empty()
            && (!url.starts_with("https://")
                || url.contains(|c: char| c.is_whitespace() || "<>,".contains(c)))
        {
            return bad(
                "mail.public_url",
                "write an address that begins with https://, as in https://help.example.org.",
            );
        }
        Ok(())
    }

    /// The database's URL: as given, from its file, or SQLite in the data directory.
    ///
    /// # Errors
    /// When the named file cannot be read.
    pub fn database_url(&self) -> Result<String, ConfigError> {
        if !self.database.url_file.is_empty() {
            return read_secret(&self.layers, "database.url_file", &self.database.url_file);
        }
        if self.database.url.is_empty() {
            return Ok(format!("sqlite://{}", self.data_dir.join("kulanz.db").display()));
        }
        Ok(self.database.url.clone())
    }

    /// The merged settings as TOML, each with who set it; secrets hidden.
    #[must_use]
    pub fn show(&self) -> String {
        let mut out = String::new();
        let mut section = "";
        let mut entries: Vec<_> = self.layers.entries().collect();
        // Top-level keys must come first in TOML; the rest by section.
        entries.sort_by_key(|(key, _, _)| {
            (key.rsplit_once('.').map_or("", |(s, _)| s).to_owned(), (*key).to_owned())
        });
        for (key, value, origin) in entries {
            let (own, name) = key.rsplit_once('.').unwrap_or(("", key));
            if own != section {
                section = own;
                out.push_str(&format!("\n[{own}]\n"));
            }
            let line = format!("{name} = {value}");
            match origin {
                Origin::Default => out.push_str(&format!("{line}\n")),
                Origin::File(_) | Origin::Environment(_) | Origin::Flag(_) => {
                    out.push_str(&format!("{line:<44} # {origin}\n"))
                }
            }
        }
        out
    }
}

fn file_text(sources: &Sources) -> Result<Option<(PathBuf, String)>, ConfigError> {
    let named = sources.file.clone().or_else(|| {
        let by_variable = sources.variables.iter().find(|(name, _)| name == "KULANZ_CONFIG");
        by_variable.map(|(_, path)| PathBuf::from(path))
    });
    let path = match named {
        Some(path) => path,
        None if Path::new(FILE_NAME).exists() => PathBuf::from(FILE_NAME),
        None => return Ok(None),
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) => Err(ConfigError(format!("{}: cannot be read: {error}", path.display()))),
    }
}

fn plugins(layers: &Layers) -> Result<Plugins, ConfigError> {
    let mut plugins: Plugins = layers.section("plugins", &[])?;
    let (key, path) = ("plugins.http_trusted_certificates_file", &plugins.http_trusted_certificates_file);
    plugins.http_trusted_pem = trusted_pem(layers, key, path)?;
    as_granted(&mut plugins.http_private_hosts);
    Ok(plugins)
}

fn webhooks(layers: &Layers) -> Result<Webhooks, ConfigError> {
    let mut webhooks: Webhooks = layers.section("webhooks", &[])?;
    let (key, path) = ("webhooks.trusted_certificates_file", &webhooks.trusted_certificates_file);
    webhooks.trusted_pem = trusted_pem(layers, key, path)?;
    as_granted(&mut webhooks.private_hosts);
    Ok(webhooks)
}

/// The certificates of a file that a setting names; none where it names none.
fn trusted_pem(layers: &Layers, key: &str, path: &str) -> Result<Vec<u8>, ConfigError> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let pem = read_secret(layers, key, path)?.into_bytes();
    channels::fetch::check_certificates(&pem)
        .map_err(|why| ConfigError(format!("{}: {key}: {path}: {why}", layers.origin(key))))?;
    Ok(pem)
}

/// Hosts as a grant names them.
fn as_granted(hosts: &mut [String]) {
    for host in hosts {
        let low = host.trim().to_ascii_lowercase();
        *host = low.strip_suffix(":443").unwrap_or(&low).to_owned();
    }
}

impl Plugins {
    /// What guards the requests of plugins, beside what is always so.
    #[must_use]
    pub fn fetch_options(&self) -> FetchOptions {
        FetchOptions {
            private_hosts: self.http_private_hosts.clone(),
            private_hosts_setting: "plugins.http_private_hosts".to_owned(),
            trusted_pem: self.http_trusted_pem.clone(),
            ..FetchOptions::default()
        }
    }
}

impl Webhooks {
    /// What guards webhooks, beside what is always so.
    #[must_use]
    pub fn fetch_options(&self) -> FetchOptions {
        FetchOptions {
            private_hosts: self.private_hosts.clone(),
            private_hosts_setting: "webhooks.private_hosts".to_owned(),
            trusted_pem: self.trusted_pem.clone(),
            ..FetchOptions::default()
        }
    }
}

fn read_secret(layers: &Layers, key: &str, path: &str) -> Result<String, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        Ok(_) => Err(ConfigError(format!("{}: {key}: the file {path} is empty.", layers.origin(key)))),
        Err(error) => {
            Err(ConfigError(format!("{}: {key}: {path} cannot be read: {error}", layers.origin(key))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str) -> Result<Config, ConfigError> {
        let mut layers = Layers::defaults()?;
        layers.file(Path::new("kulanz.toml"), file)?;
        Config::from_layers(layers)
    }

    #[test]
    fn the_commented_defaults_are_the_desks_defaults_key_by_key() {
        let config = load("").unwrap();
        let ours = toml::Value::try_from(&config.desk).unwrap();
        assert_eq!(ours, toml::Value::try_from(DeskConfig::default()).unwrap());
        assert_eq!(config.form, console::FormPace::default());
        assert_eq!(config.api, api::ApiPace::default());
    }

    #[test]
    fn a_pace_of_0_is_one_without_a_limit_and_hosts_are_opened_as_grants_name_them() {
        load("[api]\ntoken_per_minute = 0\ntoken_burst = 0\nnetwork_per_minute = 0").unwrap();
        let config =
            load("[webhooks]\nprivate_hosts = [\" Hooks.internal:443\", \"chat.internal:8443\"]").unwrap();
        let options = config.webhooks.fetch_options();
        assert_eq!(options.private_hosts, ["hooks.internal", "chat.internal:8443"]);
        assert!(config.plugins.fetch_options().private_hosts.is_empty(), "plugins have their own");
    }

    #[test]
    fn every_key_has_its_reason_above_it() {
        let mut commented = false;
        for line in DEFAULTS.lines() {
            if line.starts_with('#') {
                commented = true;
            } else if line.starts_with('[') || line.is_empty() {
                commented = false;
            } else if !line.starts_with([' ', ']']) {
                assert!(commented, "no reason stands above: {line}");
                commented = false;
            }
        }
    }

    #[test]
    fn without_settings_the_database_is_sqlite_in_the_data_directory() {
        let config = load("data_dir = \"/srv/k\"").unwrap();
        assert_eq!(config.database_url().unwrap(), "sqlite:///srv/k/kulanz.db");
        assert!(config.smtp.is_none());
    }

    #[test]
    fn the_commented_defaults_of_smtp_are_the_channels() {
        let smtp = load("[mail.smtp]\nhost = \"localhost\"").unwrap().smtp;
        assert_eq!(smtp, Some(channels::SmtpConfig::default()));
    }

    #[test]
    fn values_that_make_no_sense_are_refused_with_their_key() {
        for (file, key) in [
            ("[server]\nlisten = \"8080\"", "server.listen"),
            ("[runtime]\nslots = 2", "runtime.slots"),
            ("[runtime]\nconcurrency = 0", "runtime.concurrency"),
            ("[mail]\nfrom_address = \"nobody\"", "mail.from_address"),
            ("[mail]\nown_addresses = [\"x\"]", "mail.own_addresses"),
            ("[mail]\npublic_url = \"http://help.example.org\"", "mail.public_url"),
            ("[log]\nfilter = \"=;=\"", "log.filter"),
            ("[log]\nformat = \"yaml\"", "log.format"),
            ("[database]\ndurability = \"maybe\"", "database.durability"),
            ("[database]\nurl = \"postgres://a:b@c/d\"", "database.url"),
            ("[desk]\nworker_slots = 0", "desk.worker_slots"),
            ("[desk]\nredaction_own = [\"DE123456789\", \"DE-12\"]", "desk.redaction_own: `DE-12`"),
            ("[desk]\nredaction_own = \"DE123456789\"", "desk.redaction_own"),
            ("[desk]\ntime_zone = \"Europe/Berlni\"", "desk.time_zone"),
            ("[desk.vault]\nattachments = \"everybody\"", "desk.vault.attachments"),
            ("[desk.attachments]\nbytes_max = 30000000", "desk.attachments.bytes_max"),
            ("[form]\nnetwork_burst = 0", "form.network_burst"),
            ("[api]\ntoken_burst = 0", "api.token_burst"),
            ("[api]\nnetwork_burst = 0", "api.network_burst"),
            ("[api]\ntoken_per_minute = -1", "api.token_per_minute"),
            ("[server]\nmetrics = \"closed\"", "server.metrics"),
            ("[server]\nmetrics = \"token\"", "server.metrics_token_file"),
            ("[server]\nproxies = [\"the proxy\"]", "server.proxies"),
            (
                "[webhooks]\ntrusted_certificates_file = \"/nowhere/ca.pem\"",
                "webhooks.trusted_certificates_file",
            ),
            ("[desk.gate]\ntotal_hour = true", "desk.gate.total_hour"),
            ("[mail.listener]\nlisten = \"0.0.0.0:2525\"", "mail.listener.listen"),
            ("[mail.listener]\nlisten = \"2525\"", "mail.listener.listen"),
            ("[mail.sender]\nname_server = \"localhost\"", "mail.sender.name_server"),
            ("[mail.dkim]\ndomain = \"shop.example\"", "mail.dkim.key_file"),
            ("[mail.dkim.shop]\ndomain = \"a;b\"", "mail.dkim.shop.domain"),
            ("[mail.smtp]\nhost = \"mx.example\"\nport = 70000", "mail.smtp.port"),
            ("[mail.smtp]\nhost = \"mx.example\"\nuser = \"ana\"", "mail.smtp.user"),
            ("[mail.smtp]\nhost = \"mx.example\"\ntimeout_ms = 30", "mail.smtp.timeout_ms"),
            ("[mail.smtp]\nhost = \"mx.example\"\nblock_timeout_ms = 0", "mail.smtp.block_timeout_ms"),
            ("[mail.smtp]\nhost = \"mx.example\"\ndata_timeout_ms = 999", "mail.smtp.data_timeout_ms"),
        ] {
            let error = load(file).unwrap_err().0;
            assert!(error.starts_with("kulanz.toml: ") && error.contains(key), "{file:?} gave: {error}");
        }
    }

    #[test]
    fn a_password_file_is_read_and_never_shown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pw");
        std::fs::write(&path, "hush\n").unwrap();
        let config =
            load(&format!("[mail.smtp]\nhost = \"mx.example\"\nuser = \"ana\"\npassword_file = {path:?}"))
                .unwrap();
        assert_eq!(config.smtp.as_ref().unwrap().password.as_deref(), Some("hush"));
        assert!(!config.show().contains("hush") && !format!("{config:?}").contains("hush"));
        let error =
            load("[mail.smtp]\nhost = \"mx.example\"\npassword_file = \"/nowhere/pw\"").unwrap_err().0;
        assert!(error.contains("mail.smtp.password_file: /nowhere/pw cannot be read"), "{error}");
    }

    #[test]
    fn what_is_shown_can_be_read_again_and_names_its_origins() {
        let config = load("[server]\nlisten = \"0.0.0.0:80\"").unwrap();
        let shown = config.show();
        assert!(shown.contains("listen = \"0.0.0.0:80\"") && shown.contains("# kulanz.toml"), "{shown}");
        assert_eq!(load(&shown).unwrap().server.listen, "0.0.0.0:80");
    }

    #[test]
    fn a_named_file_that_is_not_there_is_an_error() {
        let sources = Sources { file: Some("/nowhere/kulanz.toml".into()), ..Sources::default() };
        assert!(Config::load(&sources).unwrap_err().0.starts_with("/nowhere/kulanz.toml: cannot be read"));
    }
}
