//! Settings held against their schema: whether a schema can be followed at all, and whether a value fits it. Knows the
//! part of JSON Schema that manifests use; knows not who hands settings in and where they are kept.

use regex::RegexBuilder;
use serde_json::Value;

use super::secret::{HIDDEN, SEALED, is_secret};
use crate::Refusal;

/// The types that a schema may name.
const TYPES: [&str; 6] = ["object", "array", "string", "boolean", "integer", "number"];

/// Checks the schema in a manifest: each type is one that is known, each default fits the schema that it stands in.
/// `field` is the schema's place in the manifest.
///
/// # Errors
/// A refusal naming the key and the fix.
pub(super) fn check_schema(schema: &Value, field: &str) -> Result<(), Refusal> {
    if let Some(kind) = schema.get("type")
        && kind.as_str().is_none_or(|kind| !TYPES.contains(&kind))
    {
        let said = kind.as_str().map_or_else(|| kind.to_string(), str::to_owned);
        let sentence = Refusal::unknown_word("type of a setting", &said, &TYPES).sentence;
        return Err(bad(&format!("{field}.type"), &sentence));
    }
    if let Some(default) = schema.get("default") {
        let field = format!("{field}.default");
        check_value(schema, default, "it").map_err(|refusal| {
            let why = format!("the default does not fit its own schema: {}", refusal.sentence);
            bad(&field, &format!("{why} Change the default or the schema."))
        })?;
    }
    for (key, member) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        check_schema(member, &format!("{field}.properties.{key}"))?;
    }
    for key in ["items", "additionalProperties"] {
        if let Some(deeper) = schema.get(key) {
            check_schema(deeper, &format!("{field}.{key}"))?;
        }
    }
    Ok(())
}

fn bad(field: &str, sentence: &str) -> Refusal {
    Refusal::new("bad_manifest", format!("plugin.toml: {field}: {sentence}")).at(field)
}

/// Checks settings against the part of JSON Schema that manifests use: type, properties, required,
/// enum, minimum, maximum, minLength, maxLength, pattern, items, maxItems. The refusal points at the setting.
///
/// # Errors
/// The first setting that does not fit.
pub fn check_settings(schema: &Value, settings: &Value) -> Result<(), Refusal> {
    check_value(schema, settings, "settings")
}

/// The same for one value, whose place is called `path`.
///
/// # Errors
/// The first part of it that does not fit.
pub fn check_value(schema: &Value, value: &Value, path: &str) -> Result<(), Refusal> {
    let bad = |sentence: String| Err(Refusal::new("bad_setting", sentence).at(path));
    // What is stored of a secret, or stands for it, says nothing of its shape.
    if is_secret(schema) && value.as_str().is_some_and(|text| text == HIDDEN || text.starts_with(SEALED)) {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(property: Value) -> Option<Refusal> {
        let schema = json!({ "type": "object", "properties": { "count": property } });
        check_schema(&schema, "settings").err()
    }

    #[test]
    fn a_default_that_does_not_fit_its_own_schema_is_refused_by_name() {
        for property in [
            json!({ "type": "integer", "default": "five" }),
            json!({ "type": "integer", "default": 1.5 }),
            json!({ "type": "number", "maximum": 1, "default": 2 }),
            json!({ "type": "string", "enum": ["de", "en"], "default": "fr" }),
            json!({ "type": "string", "pattern": "^[a-z]+$", "default": "A" }),
            json!({ "type": "array", "items": { "type": "string" }, "default": [1] }),
        ] {
            let refusal = refused(property.clone()).unwrap();
            assert_eq!(refusal.field.as_deref(), Some("settings.properties.count.default"), "{property}");
        }
        let said = refused(json!({ "type": "integer", "default": "five" })).unwrap().sentence;
        assert_eq!(
            said,
            "plugin.toml: settings.properties.count.default: the default does not fit its own schema: it must be of type integer. Change the default or the schema."
        );
        for property in [
            json!({ "type": "integer", "default": 5 }),
            json!({ "type": "object", "default": {} }),
            json!(true),
        ] {
            assert_eq!(refused(property.clone()), None, "{property}");
        }
    }

    #[test]
    fn a_type_that_nobody_knows_is_refused_wherever_it_stands() {
        let refusal = refused(json!({ "type": "intger" })).unwrap();
        assert_eq!(refusal.field.as_deref(), Some("settings.properties.count.type"));
        assert!(refusal.sentence.contains("Did you mean `integer`?"), "{refusal}");
        let refusal = refused(json!({ "type": "array", "items": { "type": "text" } })).unwrap();
        assert_eq!(refusal.field.as_deref(), Some("settings.properties.count.items.type"));
        assert!(refused(json!({ "type": ["string", "null"] })).is_some());
    }
}
