//! Layers of settings: which key has which value, and who said so. Knows keys and types only from the
//! commented defaults; what a value means is the sections' business.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use domain::refusal::nearest;
use toml::{Table, Value};

/// The commented defaults: manual and lowest layer.
pub const DEFAULTS: &str = include_str!("../config.default.toml");
/// What every variable of ours begins with.
const PREFIX: &str = "KULANZ_";
/// Variables that are ours and no settings: where the file is, who asks a registry, and what tests tell each
/// other.
const NO_SETTINGS: &[&str] =
    &["KULANZ_CONFIG", "KULANZ_REGISTRY_USER", "KULANZ_REGISTRY_PASSWORD", "KULANZ_TEST_"];
/// Keys that may stand in the environment only; with `_file` behind it, each names a file instead.
const ENVIRONMENT_ONLY: &[&str] = &["mail.smtp.password", "mail.imap.password", "server.metrics_token"];
/// Sections that there may be several of: below each, `[section.name]` takes the same keys.
const FAMILIES: &[&str] = &["mail.imap", "mail.dkim", "inbox"];

/// Why settings are refused: names the place, the key and the fix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// Who said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: the default.
    Default,
    /// A file.
    File(PathBuf),
    /// A variable.
    Environment(String),
    /// A flag of the command.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "variable {name}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// A value that must not be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// From its text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one who needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// All layers, merged.
#[derive(Debug, Clone)]
pub struct Layers {
    defaults: BTreeMap<String, Value>,
    values: BTreeMap<String, Value>,
    origins: BTreeMap<String, Origin>,
    secrets: BTreeMap<String, Secret>,
}

impl Layers {
    /// The lowest layer.
    ///
    /// # Errors
    /// Only when the embedded defaults are damaged.
    pub fn defaults() -> Result<Self, ConfigError> {
        let table: Table =
            DEFAULTS.parse().map_err(|e| ConfigError(format!("the embedded defaults are damaged: {e}")))?;
        let mut defaults = BTreeMap::new();
        flatten("", &table, &mut defaults);
        Ok(Self { values: defaults.clone(), defaults, origins: BTreeMap::new(), secrets: BTreeMap::new() })
    }

    /// Lays a file over it.
    ///
    /// # Errors
    /// Bad TOML, an unknown key, a value of another type, a secret in clear: with file and key.
    pub fn file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let table: Table =
            text.parse().map_err(|e: toml::de::Error| ConfigError(format!("{}: {e}", path.display())))?;
        let mut leaves = BTreeMap::new();
        flatten("", &table, &mut leaves);
        for (key, value) in leaves {
            if let Some(by_file) = file_instead_of(&key) {
                let variable = variable_of(&key);
                return Err(ConfigError(format!(
                    "{}: {key}: secrets do not stand in this file; name a file in {by_file}, or set {variable}.",
                    path.display()
                )));
            }
            self.set(&key, value, Origin::File(path.to_owned()))?;
        }
        Ok(())
    }

    /// Lays variables over it; others than ours are not looked at.
    ///
    /// # Errors
    /// An unknown key or a value of another type, with the variable's name.
    pub fn environment(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), ConfigError> {
        for (name, text) in variables {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            if NO_SETTINGS.iter().any(|n| name == *n || (n.ends_with('_') && name.starts_with(n))) {
                continue;
            }
            let key = rest.to_lowercase().replace("__", ".");
            if file_instead_of(&key).is_some() {
                self.secrets.insert(key, Secret::new(text));
                continue;
            }
            let origin = Origin::Environment(name);
            let value = match self.defaults.get(&general(&key)) {
                Some(default) => {
                    parsed_like(default, &text).ok_or_else(|| wrong_type(&origin, &key, default, "text"))?
                }
                None => Value::String(text),
            };
            self.set(&key, value, origin)?;
        }
        Ok(())
    }

    /// Lays one flag over it.
    ///
    /// # Errors
    /// An unknown key or a value of another type.
    pub fn flag(
        &mut self,
        flag: &'static str,
        key: &str,
        value: impl Into<Value>,
    ) -> Result<(), ConfigError> {
        self.set(key, value.into(), Origin::Flag(flag))
    }

    fn set(&mut self, key: &str, value: Value, origin: Origin) -> Result<(), ConfigError> {
        let Some(default) = self.defaults.get(&general(key)) else { return Err(self.unknown(&origin, key)) };
        let same_kind = match (default, &value) {
            (Value::Array(_), Value::Array(items)) => items.iter().all(Value::is_str),
            _ => default.same_type(&value),
        };
        if !same_kind {
            return Err(wrong_type(&origin, key, default, value.type_str()));
        }
        self.values.insert(key.to_owned(), value);
        self.origins.insert(key.to_owned(), origin);
        Ok(())
    }

    fn unknown(&self, origin: &Origin, key: &str) -> ConfigError {
        let known: Vec<&str> = self.defaults.keys().map(String::as_str).collect();
        let last = key.rsplit('.').next().unwrap_or(key);
        let near = nearest(key, &known)
            .or_else(|| known.iter().copied().find(|k| k.rsplit('.').next() == Some(last)));
        let hint = near.map_or_else(
            || " `kulanz config default` prints all keys.".to_owned(),
            |n| match origin {
                Origin::Environment(_) => format!(" Did you mean {} ({n})?", variable_of(n)),
                Origin::Default | Origin::File(_) | Origin::Flag(_) => format!(" Did you mean `{n}`?"),
            },
        );
        ConfigError(format!("{origin}: there is no key `{key}`.{hint}"))
    }

    /// One section as its own type; `inner` leaves out the sections below it.
    ///
    /// # Errors
    /// The key whose value makes no sense, with its origin.
    pub fn section<T: serde::de::DeserializeOwned>(
        &self,
        name: &str,
        without: &[&str],
    ) -> Result<T, ConfigError> {
        self.section_with(name, without, &Table::new())
    }

    /// The same with entries that come from elsewhere.
    ///
    /// # Errors
    /// The key whose value makes no sense, with its origin.
    pub fn section_with<T: serde::de::DeserializeOwned>(
        &self,
        name: &str,
        without: &[&str],
        extra: &Table,
    ) -> Result<T, ConfigError> {
        let read = |values: &BTreeMap<String, Value>| {
            let mut table = section_table(values, name, without);
            table.extend(extra.clone());
            table.try_into::<T>()
        };
        read(&self.values).map_err(|error| {
            let guilty = self.origins.iter().filter(|(key, _)| key.starts_with(&format!("{name}."))).find(
                |(key, _)| {
                    // The guilty key is the one without which the section is well.
                    let mut values = self.values.clone();
                    if let Some(default) = self.defaults.get(&general(key)) {
                        values.insert((*key).clone(), default.clone());
                    }
                    read(&values).is_ok()
                },
            );
            let message = error.message();
            guilty.map_or_else(
                || ConfigError(format!("section [{name}]: {message}")),
                |(key, origin)| ConfigError(format!("{origin}: {key}: {message}")),
            )
        })
    }

    /// The sections of a family, each with what it does not say itself from the family's own: the family's own
    /// alone, under no name, when there is none below it.
    ///
    /// # Errors
    /// The key whose value makes no sense, with its origin.
    pub fn family<T: serde::de::DeserializeOwned>(
        &self,
        family: &str,
    ) -> Result<Vec<(String, T)>, ConfigError> {
        let prefix = format!("{family}.");
        let below =
            |key: &String| key.strip_prefix(&prefix)?.split_once('.').map(|(name, _)| name.to_owned());
        let secrets = self.secrets.keys().filter_map(below);
        let names: BTreeSet<String> = self.values.keys().filter_map(below).chain(secrets).collect();
        let without: Vec<&str> = names.iter().map(String::as_str).collect();
        if names.is_empty() {
            return Ok(vec![(String::new(), self.section(family, &[])?)]);
        }
        // First the family's own: a slip in it is not to be told for each section below.
        self.section::<T>(family, &without)?;
        let own = section_table(&self.values, family, &without);
        let member = |name: &String| {
            let section = format!("{family}.{name}");
            let unsaid = own.iter().filter(|(key, _)| !self.values.contains_key(&format!("{section}.{key}")));
            let unsaid: Table = unsaid.map(|(key, value)| (key.clone(), value.clone())).collect();
            Ok((name.clone(), self.section_with(&section, &[], &unsaid)?))
        };
        names.iter().map(member).collect()
    }

    /// Text of a top-level key.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        self.values.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// A secret that came with the environment.
    #[must_use]
    pub fn secret(&self, key: &str) -> Option<Secret> {
        self.secrets.get(key).cloned()
    }

    /// Whether somebody set a key.
    #[must_use]
    pub fn is_set(&self, key: &str) -> bool {
        self.origins.contains_key(key)
    }

    /// Who set a key.
    #[must_use]
    pub fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or(Origin::Default)
    }

    /// Every key with its value and who set it, in order; secrets that came with the environment are
    /// listed without their value.
    pub fn entries(&self) -> impl Iterator<Item = (&str, String, Origin)> {
        let plain =
            self.values.iter().map(|(key, value)| (key.as_str(), masked(key, value), self.origin(key)));
        let secret = self
            .secrets
            .keys()
            .map(|key| (key.as_str(), "\"***\"".to_owned(), Origin::Environment(variable_of(key))));
        plain.chain(secret)
    }
}

/// The key whose default is this one's: `mail.imap.sales.host` is like `mail.imap.host`.
fn general(key: &str) -> String {
    let of = |family: &&str| {
        let (name, leaf) = key.strip_prefix(*family)?.strip_prefix('.')?.split_once('.')?;
        let is_name = !name.is_empty() && !leaf.contains('.');
        is_name.then(|| format!("{family}.{leaf}"))
    };
    FAMILIES.iter().find_map(of).unwrap_or_else(|| key.to_owned())
}

/// The key that names a file instead of a secret.
fn file_instead_of(key: &str) -> Option<String> {
    ENVIRONMENT_ONLY.contains(&general(key).as_str()).then(|| format!("{key}_file"))
}

/// The variable that sets a key.
#[must_use]
pub fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

/// A URL without the password in it.
#[must_use]
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((user, host)) if user.contains(':') => {
            format!("{scheme}://{}:***@{host}{path}", user.split(':').next().unwrap_or_default())
        }
        _ => url.to_owned(),
    }
}

fn masked(key: &str, value: &Value) -> String {
    match value {
        Value::String(text) if key == "database.url" => Value::String(without_password(text)).to_string(),
        _ => value.to_string(),
    }
}

fn flatten(prefix: &str, table: &Table, out: &mut BTreeMap<String, Value>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) => flatten(&path, inner, out),
            leaf => {
                out.insert(path, leaf.clone());
            }
        }
    }
}

fn section_table(values: &BTreeMap<String, Value>, name: &str, without: &[&str]) -> Table {
    let mut root = Table::new();
    for (key, value) in values {
        let Some(path) = key.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')) else { continue };
        if without.iter().any(|w| path.split('.').next() == Some(w)) {
            continue;
        }
        insert(&mut root, path, value.clone());
    }
    root
}

fn insert(table: &mut Table, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

fn parsed_like(default: &Value, text: &str) -> Option<Value> {
    match default {
        Value::String(_) => Some(Value::String(text.to_owned())),
        Value::Integer(_) => text.trim().parse().ok().map(Value::Integer),
        Value::Float(_) => text.trim().parse().ok().map(Value::Float),
        Value::Boolean(_) => match text.trim() {
            "true" | "1" => Some(Value::Boolean(true)),
            "false" | "0" => Some(Value::Boolean(false)),
            _ => None,
        },
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Some(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
        }
        Value::Datetime(_) | Value::Table(_) => None,
    }
}

fn wrong_type(origin: &Origin, key: &str, default: &Value, got: &str) -> ConfigError {
    let wanted = match default {
        Value::String(_) => "text in quotes",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list of texts",
        Value::Datetime(_) | Value::Table(_) => "a section",
    };
    ConfigError(format!("{origin}: {key} must be {wanted}, not {got}."))
}

#[cfg(test)]
#[path = "layers/tests.rs"]
mod tests;
