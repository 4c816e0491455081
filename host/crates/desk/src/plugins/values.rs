//! What an installation keeps (its key-value store), for the admin: looked at, exported, put back, let go of. Knows
//! keys and bytes, never what they mean. What a plugin keeps is replaced only while it is switched off: a run under way
//! would write back what it had read before.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::id::InstallationId;
use domain::plugin::{Installation, Mode};
use domain::{Actor, Refusal, Timestamp};
use runtime::{KEY_BYTES_MAX, is_key};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Commit, Fact, Over};

use crate::{Desk, DeskError};

/// Everything an installation keeps, as a document that another house can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginValues {
    /// The plugin whose values these are.
    pub plugin: String,
    /// Its version when they were exported.
    pub version: String,
    /// When that was.
    pub exported_at: Timestamp,
    /// Key and value, the value in base64.
    pub values: BTreeMap<String, Base64>,
}

/// Bytes that are written as base64.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Base64(pub Vec<u8>);

impl Serialize for Base64 {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let sentence = "Write the bytes of the value as base64.";
        STANDARD.decode(text).map(Self).map_err(|_| serde::de::Error::custom(sentence))
    }
}

impl Desk {
    /// Everything an installation keeps.
    ///
    /// # Errors
    /// When there is none of that id, or the store cannot be read.
    pub async fn plugin_values(&self, id: InstallationId) -> Result<PluginValues, DeskError> {
        let installation = self.installation(id).await?;
        let mut values = BTreeMap::new();
        for key in self.0.store.kv_keys(id, "", i64::MAX).await? {
            // A run may have let go of it since.
            if let Some(value) = self.0.store.kv_get(id, &key).await? {
                values.insert(key, Base64(value));
            }
        }
        let manifest = installation.manifest;
        Ok(PluginValues { plugin: manifest.id, version: manifest.version, exported_at: self.now(), values })
    }

    /// Puts exported values in the place of everything that an installation keeps.
    ///
    /// # Errors
    /// When there is none of that id, it is not switched off, the values are another plugin's, a key cannot be one, or
    /// they are more than this installation may keep.
    pub async fn put_plugin_values(
        &self,
        id: InstallationId,
        values: PluginValues,
        actor: Actor,
    ) -> Result<(), DeskError> {
        let installation = self.installation(id).await?;
        is_off(&installation)?;
        check(&installation, &values)?;
        let note = json!({ "values": values.values.len(), "exported_at": values.exported_at });
        let puts = values.values.into_iter().map(|(key, value)| (key, Some(value.0))).collect();
        self.replace_values(id, puts, self.audit(&actor, "plugin.values_replaced", id, note)).await
    }

    /// Lets go of everything that an installation keeps: it begins anew.
    ///
    /// # Errors
    /// When there is none of that id, it is not switched off, or the store cannot be written.
    pub async fn clear_plugin_values(&self, id: InstallationId, actor: Actor) -> Result<(), DeskError> {
        is_off(&self.installation(id).await?)?;
        let record = self.audit(&actor, "plugin.values_cleared", id, json!({}));
        self.replace_values(id, BTreeMap::new(), record).await
    }

    async fn replace_values(
        &self,
        id: InstallationId,
        mut values: BTreeMap<String, Option<Vec<u8>>>,
        record: Fact,
    ) -> Result<(), DeskError> {
        for key in self.0.store.kv_keys(id, "", i64::MAX).await? {
            values.entry(key).or_insert(None);
        }
        let put = |(key, value)| Fact::KvPut { installation_id: id, key, value, over: Over::Anything };
        let facts = values.into_iter().map(put).chain([record]).collect();
        self.0.store.commit(Commit { facts }).await?;
        self.0.tables.forget_all(id);
        Ok(())
    }
}

fn is_off(installation: &Installation) -> Result<(), Refusal> {
    if installation.mode == Mode::Off {
        return Ok(());
    }
    let sentence = format!(
        "Switch {} off first (kulanz plugin mode, or mode in the API): a run under way would write back what it had read.",
        installation.manifest.id
    );
    Err(Refusal::new("not_off", sentence))
}

fn check(installation: &Installation, values: &PluginValues) -> Result<(), Refusal> {
    let here = &installation.manifest.id;
    if values.plugin != *here {
        let sentence = format!("These values are those of {}, not of {here}.", values.plugin);
        return Err(Refusal::new("wrong_plugin", sentence).at("plugin"));
    }
    if let Some(key) = values.values.keys().find(|key| !is_key(key)) {
        let sentence =
            format!("A key has 1 to {KEY_BYTES_MAX} bytes and no control characters: {key:?} is none.");
        return Err(Refusal::new("bad_key", sentence).at("values"));
    }
    let bytes: usize = values.values.iter().map(|(key, value)| key.len() + value.0.len()).sum();
    let most = installation.limits.kv_bytes_max;
    if u64::try_from(bytes).unwrap_or(u64::MAX) > most {
        let sentence =
            format!("These are {bytes} bytes, more than the {most} that {here} may keep (kv_bytes_max).");
        return Err(Refusal::new("too_large", sentence).at("values"));
    }
    Ok(())
}
