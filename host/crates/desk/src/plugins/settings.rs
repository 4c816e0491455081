//! Settings of an installation: held against their schema, secrets sealed before they are stored and never
//! shown again. Knows no request: where a secret goes in clear is `outside`'s business.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::Refusal;
use domain::id::InstallationId;
use domain::plugin::{Installation, Manifest, SecretSetting};
use domain::seal::Sealed;
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
    /// Checks settings and seals their secrets. `before`: what is stored, for secrets that stay as they are.
    pub(crate) fn take_settings(
        &self,
        id: InstallationId,
        manifest: &Manifest,
        mut settings: Value,
        before: Option<&Value>,
    ) -> Result<Value, DeskError> {
        check_settings(&manifest.settings, &settings)?;
        for secret in manifest.secrets() {
            let Some(value) = settings.get_mut(&secret.name) else { continue };
            let clear = value.as_str().unwrap_or_default();
            let stored = before.and_then(|b| b.get(&secret.name));
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

    /// The settings that a new version begins with: what is stored and still fits, the new version's defaults
    /// for the rest.
    pub(crate) fn carried_settings(
        &self,
        before: &Installation,
        next: &Manifest,
    ) -> Result<Value, DeskError> {
        let mut settings = next.default_settings();
        let known = next.settings.get("properties").and_then(Value::as_object);
        for (name, schema) in known.into_iter().flatten() {
            let fits = |value: &&Value| check_value(schema, value, name).is_ok();
            if let (Some(value), Some(object)) =
                (before.settings.get(name).filter(fits), settings.as_object_mut())
            {
                object.insert(name.clone(), value.clone());
            }
        }
        self.take_settings(before.id, next, settings, Some(&before.settings))
    }
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
    // What is stored of a secret says nothing of its shape.
    if text == HIDDEN || text.starts_with(SEALED) {
        return Ok(());
    }
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
