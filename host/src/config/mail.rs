//! What leaves and whom it is from, read from the settings: frames, SMTP, sender checks, DKIM keys. Knows no mailbox.

use desk::Frames;
use serde::Deserialize;

use super::layers::Layers;
use super::{ConfigError, read_secret, variable_of};

/// The frames that stand in a folder, `answer.de.md` and the like.
pub(super) fn frames(layers: &Layers, folder: &str) -> Result<Frames, ConfigError> {
    let mut frames = Frames::default();
    if folder.is_empty() {
        return Ok(frames);
    }
    let bad =
        |why: String| ConfigError(format!("{}: mail.templates: {why}", layers.origin("mail.templates")));
    let entries = std::fs::read_dir(folder)
        .map_err(|e| bad(format!("`{folder}` cannot be read: {e}. Name a folder.")))?;
    for entry in entries {
        let path = entry.map_err(|e| bad(e.to_string()))?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if !name.ends_with(".md") {
            continue;
        }
        let text =
            std::fs::read_to_string(&path).map_err(|e| bad(format!("`{name}` cannot be read: {e}.")))?;
        frames.add(&name, &text).map_err(|refusal| bad(format!("{name}: {refusal}")))?;
    }
    Ok(frames)
}

/// Shortest time that a mail server may be given for anything, milliseconds.
const TIMEOUT_MS_MIN: u64 = 1_000;

/// `[mail.smtp]` as it is written.
#[derive(Debug, Clone, Deserialize)]
struct SmtpSection {
    host: String,
    port: u16,
    tls: channels::Tls,
    user: String,
    password_file: String,
    timeout_ms: u64,
    block_timeout_ms: u64,
    data_timeout_ms: u64,
    pool_max: u32,
    pool_idle_ms: u64,
    hello_name: String,
    null_sender_for_replies: bool,
}

/// `[mail.sender]` as it is written.
#[derive(Debug, Clone, Deserialize)]
struct SenderSection {
    authserv_id: String,
    look_up: bool,
    name_server: String,
    arc_trusted: Vec<String>,
    timeout_ms: u64,
}

pub(super) fn sender(layers: &Layers) -> Result<channels::sender::SenderConfig, ConfigError> {
    let section: SenderSection = layers.section("mail.sender", &[])?;
    let name_server = match section.name_server.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| {
            let key = "mail.sender.name_server";
            ConfigError(format!(
                "{}: {key}: `{text}` is no address and port, as in 127.0.0.1:53.",
                layers.origin(key)
            ))
        })?),
    };
    Ok(channels::sender::SenderConfig {
        authserv_id: section.authserv_id,
        look_up: section.look_up,
        name_server,
        arc_trusted: section.arc_trusted,
        timeout_ms: section.timeout_ms,
    })
}

/// `[mail.dkim]` as it is written.
#[derive(Debug, Clone, Deserialize)]
struct DkimSection {
    domain: String,
    selector: String,
    key_file: String,
}

pub(super) fn dkim(layers: &Layers) -> Result<Vec<channels::email::DomainKey>, ConfigError> {
    let mut keys = Vec::new();
    for (name, section) in layers.family::<DkimSection>("mail.dkim")? {
        let key = |leaf: &str| match name.as_str() {
            "" => format!("mail.dkim.{leaf}"),
            name => format!("mail.dkim.{name}.{leaf}"),
        };
        if name.is_empty() && section.domain.is_empty() {
            continue;
        }
        for (leaf, value) in [("domain", &section.domain), ("selector", &section.selector)] {
            if value.is_empty() || value.contains(|c: char| c.is_whitespace() || ";=@".contains(c)) {
                let key = key(leaf);
                return Err(ConfigError(format!(
                    "{}: {key}: `{value}` is no name in the DNS.",
                    layers.origin(&key)
                )));
            }
        }
        if section.key_file.is_empty() {
            let origin = layers.origin(&key("domain"));
            return Err(ConfigError(format!(
                "{origin}: {}: name the file that holds the private key.",
                key("key_file")
            )));
        }
        let private_pem = read_secret(layers, &key("key_file"), &section.key_file)?;
        keys.push(channels::email::DomainKey {
            domain: section.domain,
            selector: section.selector,
            private_pem,
        });
    }
    Ok(keys)
}

pub(super) fn smtp(layers: &Layers) -> Result<Option<channels::SmtpConfig>, ConfigError> {
    let section: SmtpSection = layers.section("mail.smtp", &[])?;
    if section.host.is_empty() {
        return Ok(None);
    }
    for (key, value_ms) in [
        ("mail.smtp.timeout_ms", section.timeout_ms),
        ("mail.smtp.block_timeout_ms", section.block_timeout_ms),
        ("mail.smtp.data_timeout_ms", section.data_timeout_ms),
    ] {
        if value_ms < TIMEOUT_MS_MIN {
            let origin = layers.origin(key);
            return Err(ConfigError(format!(
                "{origin}: {key}: at least {TIMEOUT_MS_MIN}, or mail servers have no time to answer."
            )));
        }
    }
    let password = match layers.secret("mail.smtp.password") {
        Some(secret) => Some(secret.reveal().to_owned()),
        None if section.password_file.is_empty() => None,
        None => Some(read_secret(layers, "mail.smtp.password_file", &section.password_file)?),
    };
    if !section.user.is_empty() && password.is_none() {
        return Err(ConfigError(format!(
            "{}: mail.smtp.user is set without a password: name a file in mail.smtp.password_file, or set {}.",
            layers.origin("mail.smtp.user"),
            variable_of("mail.smtp.password")
        )));
    }
    Ok(Some(channels::SmtpConfig {
        host: section.host,
        port: section.port,
        tls: section.tls,
        user: Some(section.user).filter(|user| !user.is_empty()),
        password,
        timeout_ms: section.timeout_ms,
        block_timeout_ms: section.block_timeout_ms,
        data_timeout_ms: section.data_timeout_ms,
        pool_max: section.pool_max,
        pool_idle_ms: section.pool_idle_ms,
        hello_name: Some(section.hello_name).filter(|name| !name.is_empty()),
        null_sender_for_replies: section.null_sender_for_replies,
    }))
}
