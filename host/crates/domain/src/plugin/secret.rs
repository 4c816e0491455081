//! Settings that are secret: which there are and the one host that each is for. The plugin gets a reference
//! to it, never the value; the host puts the value in on the way to that one host.

use serde_json::Value;

use super::Manifest;
use crate::Refusal;
use crate::grant::Grant;

/// What stands in the place of a secret wherever settings are shown; sent back, it leaves the secret as it is.
pub const HIDDEN: &str = "(hidden)";
/// What a stored secret begins with.
pub const SEALED: &str = "sealed:";

/// A secret setting of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SecretSetting {
    /// Name of the setting.
    pub name: String,
    /// The only host that gets it, as a grant names it.
    pub host: String,
}

impl SecretSetting {
    /// What the plugin finds in its settings in place of the value, and puts into a header.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{{{{secret:{}}}}}", self.name)
    }
}

impl Manifest {
    /// The secret settings, by name: properties with `secret = true`.
    #[must_use]
    pub fn secrets(&self) -> Vec<SecretSetting> {
        let text = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let properties = self.settings.get("properties").and_then(Value::as_object);
        properties
            .into_iter()
            .flatten()
            .filter(|(_, of)| is_secret(of))
            .map(|(name, of)| SecretSetting { name: name.clone(), host: text(of, "host") })
            .collect()
    }

    /// Checks that each secret is a text and bound to a host that the plugin asks to call.
    pub(super) fn check_secrets(&self) -> Result<(), Refusal> {
        for secret in self.secrets() {
            let field = format!("settings.properties.{}", secret.name);
            let bad = |why: String| {
                Err(Refusal::new("bad_manifest", format!("plugin.toml: {field}: {why}.")).at(field.clone()))
            };
            if !crate::ticket::is_key(&secret.name) {
                return bad("a secret's name is 1 to 64 of a-z 0-9 _ - . :".to_owned());
            }
            let schema = self.settings.get("properties").and_then(|p| p.get(&secret.name));
            if schema.and_then(|s| s.get("type")).and_then(Value::as_str) != Some("string") {
                return bad("a secret has type = \"string\"".to_owned());
            }
            if schema.and_then(|s| s.get("default")).is_some() {
                return bad("a secret has no default".to_owned());
            }
            let asked = |g: &super::GrantRequest| g.to == Grant::Http(secret.host.clone());
            if !self.grants.iter().any(asked) {
                return bad("a secret is bound to one host that the plugin asks to call: host = \"api.example.com\" with [[grant]] to = \"http:api.example.com\"".to_owned());
            }
        }
        Ok(())
    }
}

pub(super) fn is_secret(schema: &Value) -> bool {
    schema.get("secret") == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(property: Value) -> Manifest {
        let mut manifest = crate::plugin::tests::manifest();
        manifest.grants[0].to = Grant::Http("api.example.com".into());
        manifest.settings =
            json!({ "type": "object", "properties": { "api_key": property, "tone": { "type": "string" } } });
        manifest
    }

    #[test]
    fn a_secret_is_bound_to_a_host_that_is_asked_for() {
        let good = with(json!({ "type": "string", "secret": true, "host": "api.example.com" }));
        assert_eq!(good.check_secrets(), Ok(()));
        let secrets = good.secrets();
        assert_eq!(secrets, [SecretSetting { name: "api_key".into(), host: "api.example.com".into() }]);
        assert_eq!(secrets[0].reference(), "{{secret:api_key}}");
    }

    #[test]
    fn a_secret_for_no_host_for_another_host_or_with_a_value_inside_is_refused() {
        for property in [
            json!({ "type": "string", "secret": true }),
            json!({ "type": "string", "secret": true, "host": "evil.example" }),
            json!({ "type": "integer", "secret": true, "host": "api.example.com" }),
            json!({ "type": "string", "secret": true, "host": "api.example.com", "default": "x" }),
        ] {
            let refusal = with(property.clone()).check_secrets().unwrap_err();
            assert_eq!(refusal.field.as_deref(), Some("settings.properties.api_key"), "{property}");
        }
    }
}
