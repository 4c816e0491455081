//! Settings of an installation: what an admin gives, over what stands, over what the manifest says by itself.
//! Knows no seal, and not whether a value fits its schema: `schema` does.

use serde_json::{Map, Value};

use super::Manifest;
use crate::Refusal;

impl Manifest {
    /// All settings: the defaults, what stands over them, what is given over both. A setting that is given takes
    /// the place of the one that stands, whole; null puts its default back, or unsets what has none.
    ///
    /// # Errors
    /// When what is given is no object, or takes away a setting that there is not.
    pub fn settings_over(&self, standing: &Value, given: &Value) -> Result<Value, Refusal> {
        let Some(given) = given.as_object() else {
            return Err(Refusal::new("bad_setting", "settings must be of type object.").at("settings"));
        };
        let defaults = match self.default_settings() {
            Value::Object(defaults) => defaults,
            _ => Map::new(),
        };
        let mut all = defaults.clone();
        all.extend(standing.as_object().cloned().unwrap_or_default());
        for (name, value) in given {
            let value = if value.is_null() { defaults.get(name) } else { Some(value) };
            match value {
                Some(value) => _ = all.insert(name.clone(), value.clone()),
                None if all.remove(name).is_some() => {}
                None => self.check_declared(name)?,
            }
        }
        Ok(Value::Object(all))
    }

    /// A slip of the pen must not pass as something that was taken away.
    fn check_declared(&self, name: &str) -> Result<(), Refusal> {
        let properties = self.settings.get("properties").and_then(Value::as_object);
        let names: Vec<&str> = properties.into_iter().flat_map(Map::keys).map(String::as_str).collect();
        if names.contains(&name) {
            return Ok(());
        }
        Err(Refusal::unknown_word("setting", name, &names).at(format!("settings.{name}")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn manifest() -> Manifest {
        let mut manifest = crate::plugin::tests::manifest();
        manifest.settings = json!({ "type": "object", "properties": {
            "shop": { "type": "string", "default": "https://shop.example" },
            "waiting_days": { "type": "integer", "default": 7 },
            "incident": { "type": "object" },
            "key": { "type": "string", "secret": true, "host": "shop.example" },
        } });
        manifest
    }

    #[test]
    fn what_is_given_lies_over_the_defaults() {
        let all = manifest().settings_over(&Value::Null, &json!({ "waiting_days": 3 })).unwrap();
        assert_eq!(all, json!({ "shop": "https://shop.example", "waiting_days": 3 }));
    }

    #[test]
    fn what_is_not_named_stays_and_what_is_named_is_replaced_whole() {
        let standing =
            json!({ "shop": "https://own.example", "key": "sealed:x", "incident": { "a": 1, "b": 2 } });
        let all = manifest().settings_over(&standing, &json!({ "incident": { "a": 3 } })).unwrap();
        assert_eq!(
            all,
            json!({ "shop": "https://own.example", "key": "sealed:x", "incident": { "a": 3 }, "waiting_days": 7 })
        );
    }

    #[test]
    fn null_puts_a_default_back_and_unsets_what_has_none() {
        let standing = json!({ "shop": "https://own.example", "key": "sealed:x", "waiting_days": 3 });
        let all = manifest().settings_over(&standing, &json!({ "shop": null, "key": null })).unwrap();
        assert_eq!(all, json!({ "shop": "https://shop.example", "waiting_days": 3 }));
        assert_eq!(
            manifest().settings_over(&all, &json!({ "key": null })).unwrap(),
            all,
            "once more is fine"
        );
    }

    #[test]
    fn what_is_no_object_or_takes_away_what_there_is_not_is_refused() {
        let refused = |given| manifest().settings_over(&Value::Null, &given).unwrap_err().field.unwrap();
        assert_eq!(refused(json!([1])), "settings");
        assert_eq!(refused(json!({ "shpo": null })), "settings.shpo");
    }
}
