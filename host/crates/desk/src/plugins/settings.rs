//! Settings of an installation: held against their schema, secrets sealed before they are stored and never
//! shown again. Knows no request: where a secret goes in clear is `outside`'s business.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::Refusal;
use domain::id::InstallationId;
use domain::plugin::{Installation, Manifest, SecretSetting};
use domain::seal::Sealed;
use domain::version::PluginVersion;
use regex::RegexBuilder;
use serde_json::Value;

use crate::{Desk, DeskError, SealKey};

/// What stands in the place of a secret wherever settings are shown; sent back, it leaves the secret as it is.
pub const HIDDEN: &str = "(hidden)";
/// What a stored secret begins with.
const SEALED: &str = "sealed:";
/// Longest secret, bytes: a header has to hold it.
const SECRET_BYTES_MAX: usize = 4096;

/// Where a secret belongs: sealed for this place, it opens nowhere else. The host is part of it, so that a
/// version that names another host cannot make use of what was given for the first one.
fn place(id: InstallationId, secret: &SecretSetting) -> String {
    format!("setting:{id}:{}:{}", secret.name, secret.host)
}

/// Settings as people see them: secrets hidden.
#[must_use]
pub fn masked(installation: &Installation) -> Value {
    with_secrets(installation, |_| HIDDEN.to_owned())
}

/// Settings as the plugin sees them: a reference in the place of each secret.
pub(super) fn shown_to_plugin(installation: &Installation) -> Value {
    with_secrets(installation, SecretSetting::reference)
}

fn with_secrets(installation: &Installation, instead: impl Fn(&SecretSetting) -> String) -> Value {
    let mut shown = installation.settings.clone();
    for secret in installation.manifest.secrets() {
        if let Some(value) = shown.get_mut(&secret.name) {
            *value = Value::from(instead(&secret));
        }
    }
    shown
}

/// A secret in clear.
pub(super) fn open(key: &SealKey, installation: &Installation, secret: &SecretSetting) -> Option<String> {
    let sealed = installation.settings.get(&secret.name)?.as_str()?.strip_prefix(SEALED)?;
    let clear = key.open(&place(installation.id, secret), &Sealed(BASE64.decode(sealed).ok()?)).ok()?;
    String::from_utf8(clear).ok()
}

impl Desk {
    /// What an admin gives, laid over what stands and the manifest's defaults, checked, with its secrets sealed.
    /// Every door comes through here: installing, upgrading, changing, trying out.
    pub(crate) fn take_settings(
        &self,
        id: InstallationId,
        manifest: &Manifest,
        standing: &Value,
        given: &Value,
    ) -> Result<Value, DeskError> {
        let mut settings = manifest.settings_over(standing, given)?;
        check_settings(&manifest.settings, &settings)?;
        for secret in manifest.secrets() {
            let Some(value) = settings.get_mut(&secret.name) else { continue };
            let clear = value.as_str().unwrap_or_default();
            let stored = standing.get(&secret.name);
            if clear == HIDDEN || stored.is_some_and(|s| s == value) {
                *value = stored
                    .cloned()
                    .ok_or_else(|| bad_secret(&secret, "nothing is stored yet: hand in its value"))?;
                continue;
            }
            if clear.is_empty()
                || clear.len() > SECRET_BYTES_MAX
                || clear.chars().any(|c| c.is_control() || !c.is_ascii())
            {
                return Err(bad_secret(
                    &secret,
                    "a secret is 1 to 4096 printable ASCII characters, as headers take them",
                )
                .into());
            }
            if clear.starts_with(SEALED) {
                return Err(bad_secret(
                    &secret,
                    "a value that was sealed elsewhere cannot be used: hand in the secret itself",
                )
                .into());
            }
            let sealed = self.0.seal.seal(&place(id, &secret), clear.as_bytes())?;
            *value = Value::from(format!("{SEALED}{}", BASE64.encode(&sealed.0)));
        }
        Ok(settings)
    }

    /// The secrets of an installation that have no value, or one that was given for another host.
    #[must_use]
    pub fn unset_secrets(&self, installation: &Installation) -> Vec<SecretSetting> {
        let mut secrets = installation.manifest.secrets();
        secrets.retain(|secret| open(&self.0.seal, installation, secret).is_none());
        secrets
    }
}

/// What stands for a new version: all that is stored and still fits.
pub(super) fn carried_settings(before: &Installation, next: &Manifest) -> Value {
    let known = next.settings.get("properties").and_then(Value::as_object);
    let carried = known.into_iter().flatten().filter_map(|(name, schema)| {
        let value = before.settings.get(name)?;
        check_value(schema, value, name).is_ok().then(|| (name.clone(), value.clone()))
    });
    Value::Object(carried.collect())
}

/// What stands for a version that waited: its own settings, and secrets that the one in force got meanwhile.
pub(super) fn waited_settings(in_force: &Installation, version: &PluginVersion) -> Value {
    let mut settings = version.settings.clone();
    let Some(own) = settings.as_object_mut() else { return settings };
    for secret in version.manifest.secrets() {
        let stored = in_force.settings.get(&secret.name);
        let sealed = stored.filter(|s| s.as_str().is_some_and(|s| s.starts_with(SEALED)));
        if let Some(sealed) = sealed {
            own.entry(secret.name).or_insert_with(|| sealed.clone());
        }
    }
    settings
}

fn bad_secret(secret: &SecretSetting, why: &str) -> Refusal {
    let path = format!("settings.{}", secret.name);
    Refusal::new("bad_setting", format!("{path}: {why}.")).at(path)
}

/// Checks settings against the part of JSON Schema that manifests use: type, properties, required,
/// enum, minimum, maximum, minLength, maxLength, pattern, items, maxItems. The refusal points at the setting.
pub(super) fn check_settings(schema: &Value, settings: &Value) -> Result<(), Refusal> {
    check_value(schema, settings, "settings")
}

fn check_value(schema: &Value, value: &Value, path: &str) -> Result<(), Refusal> {
    let bad = |sentence: String| Err(Refusal::new("bad_setting", sentence).at(path));
    // What is stored of a secret, or stands for it, says nothing of its shape.
    let is_secret = schema.get("secret") == Some(&Value::Bool(true));
    if is_secret && value.as_str().is_some_and(|text| text == HIDDEN || text.starts_with(SEALED)) {
        return Ok(());
    }
    if let Some(kind) = schema.get("type").and_then(Value::as_str) {
        let fits = match kind {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            _ => true,
        };
        if !fits {
            return bad(format!("{path} must be of type {kind}."));
        }
    }
    if let Some(members) = schema.get("enum").and_then(Value::as_array)
        && !members.contains(value)
    {
        return bad(format!("{path} must be one of {}.", Value::Array(members.clone())));
    }
    for (key, below) in [("minimum", true), ("maximum", false)] {
        if let (Some(bound), Some(number)) = (schema.get(key).and_then(Value::as_f64), value.as_f64())
            && (if below { number < bound } else { number > bound })
        {
            return bad(format!("{path} is {number}; its {key} is {bound}."));
        }
    }
    check_text(schema, value, path)?;
    check_members(schema, value, path)
}

/// Size of a pattern that is ready to use, bytes: a plugin brings them along.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Lengths, in characters, and the pattern of a text; the length of a list.
fn check_text(schema: &Value, value: &Value, path: &str) -> Result<(), Refusal> {
    let bad = |sentence: String| Err(Refusal::new("bad_setting", sentence).at(path));
    let count = |value: &Value| match value {
        Value::String(text) => text.chars().count() as u64,
        Value::Array(items) => items.len() as u64,
        _ => 0,
    };
    let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
    let (least, most) = match value {
        Value::String(_) => (bound("minLength"), bound("maxLength")),
        Value::Array(_) => (bound("minItems"), bound("maxItems")),
        _ => (None, None),
    };
    let length = count(value);
    if least.is_some_and(|least| length < least) || most.is_some_and(|most| length > most) {
        let (least, most) =
            (least.unwrap_or(0), most.map_or("any number".to_owned(), |most| most.to_string()));
        return bad(format!("{path} has a length of {length}; from {least} to {most} is allowed."));
    }
    let (Some(text), Some(pattern)) = (value.as_str(), schema.get("pattern").and_then(Value::as_str)) else {
        return Ok(());
    };
    match RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build() {
        Ok(regex) if regex.is_match(text) => Ok(()),
        Ok(_) => bad(format!("{path} is “{text}”, which does not fit the pattern {pattern}.")),
        Err(_) => {
            bad(format!("{path}: the plugin's pattern {pattern} cannot be read; its author has to mend it."))
        }
    }
}

fn check_members(schema: &Value, value: &Value, path: &str) -> Result<(), Refusal> {
    if let (Some(object), Some(properties)) =
        (value.as_object(), schema.get("properties").and_then(Value::as_object))
    {
        let names: Vec<&str> = properties.keys().map(String::as_str).collect();
        for (key, member) in object {
            match properties.get(key) {
                Some(schema) => check_value(schema, member, &format!("{path}.{key}"))?,
                None if schema.get("additionalProperties").is_none_or(|a| a == &Value::Bool(false)) => {
                    return Err(Refusal::unknown_word("setting", key, &names).at(format!("{path}.{key}")));
                }
                None => {}
            }
        }
        for required in
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        {
            if !object.contains_key(required) {
                return Err(Refusal::new("bad_setting", format!("{path}.{required} is missing."))
                    .at(format!("{path}.{required}")));
            }
        }
    }
    if let (Some(items), Some(schema)) = (value.as_array(), schema.get("items")) {
        for (n, item) in items.iter().enumerate() {
            check_value(schema, item, &format!("{path}[{n}]"))?;
        }
    }
    Ok(())
}
