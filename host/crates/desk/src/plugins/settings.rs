//! Settings of an installation: held against their schema, secrets sealed before they are stored and never
//! shown again. Knows no request: where a secret goes in clear is `outside`'s business.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::Refusal;
use domain::id::InstallationId;
use domain::plugin::{HIDDEN, Installation, Manifest, SEALED, SecretSetting, check_settings, check_value};
use domain::seal::Sealed;
use domain::version::{PluginVersion, VersionState};
use serde_json::Value;
use store::Fact;

use crate::{Desk, DeskError, SealKey};

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
            // What stands in clear was no secret before: it becomes one now.
            let stored = standing.get(&secret.name).filter(|stored| is_sealed(stored));
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

    /// Hands settings that were changed on to versions that wait or are tried.
    pub(crate) async fn hand_on_settings(
        &self,
        before: &Value,
        after: &Installation,
    ) -> Result<(), DeskError> {
        let mut facts = Vec::new();
        for mut version in self.versions(after.id).await? {
            let is_to_come = matches!(version.state, VersionState::Waiting | VersionState::Canary);
            if is_to_come && follow(&mut version.settings, before, &after.settings) {
                facts.push(Fact::PutVersion(Box::new(version)));
            }
        }
        if facts.is_empty() { Ok(()) } else { self.commit_and_reload(facts).await }
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
        let sealed = stored.filter(|stored| is_sealed(stored));
        if let Some(sealed) = sealed {
            own.entry(secret.name).or_insert_with(|| sealed.clone());
        }
    }
    settings
}

fn is_sealed(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with(SEALED))
}

/// Changes in a version that waits what was changed in the one in force, where both had the same: nobody means an old
/// key to come back with an upgrade. Whether anything was changed.
fn follow(own: &mut Value, before: &Value, after: &Value) -> bool {
    let Some(own) = own.as_object_mut() else { return false };
    let names: BTreeSet<String> = [before, after]
        .iter()
        .filter_map(|all| all.as_object())
        .flat_map(|all| all.keys().cloned())
        .collect();
    let mut is_changed = false;
    for name in names {
        let (was, is) = (before.get(&name), after.get(&name));
        if was == is || own.get(&name) != was {
            continue;
        }
        match is {
            Some(value) => _ = own.insert(name, value.clone()),
            None => _ = own.remove(&name),
        }
        is_changed = true;
    }
    is_changed
}

fn bad_secret(secret: &SecretSetting, why: &str) -> Refusal {
    let path = format!("settings.{}", secret.name);
    Refusal::new("bad_setting", format!("{path}: {why}.")).at(path)
}
