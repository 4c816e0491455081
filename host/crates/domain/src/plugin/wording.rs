//! What the words of a manifest may look like. A stranger wrote them and an admin reads them on a terminal
//! and in a browser before trusting anything: so they are short, and nothing in them can move a cursor or
//! turn the order of letters around. Knows no grant and no hook.

use serde_json::Value;

use super::Manifest;
use crate::Refusal;

/// Longest sentence of the author (description, reason), bytes: three lines on a terminal.
const SENTENCE_BYTES_MAX: usize = 300;
/// Longest name (plugin, author, licence), bytes.
const NAME_BYTES_MAX: usize = 80;
/// Longest language tag, bytes (BCP 47 asks for at least 35).
const LANGUAGE_BYTES_MAX: usize = 35;
/// Longest version, bytes.
const VERSION_BYTES_MAX: usize = 64;
/// Most authors and most languages.
const LIST_MAX: usize = 32;
/// Largest settings schema, as JSON bytes.
const SCHEMA_BYTES_MAX: usize = 64 << 10;
/// Deepest settings schema, levels.
const SCHEMA_DEPTH_MAX: usize = 16;

/// Checks every word of a manifest.
///
/// # Errors
/// A refusal naming the key and the fix.
pub(super) fn check(manifest: &Manifest) -> Result<(), Refusal> {
    plain("name", &manifest.name, NAME_BYTES_MAX)?;
    plain("version", &manifest.version, VERSION_BYTES_MAX)?;
    plain("description", &manifest.description, SENTENCE_BYTES_MAX)?;
    plain("licence", &manifest.licence, NAME_BYTES_MAX)?;
    few("authors", manifest.authors.len())?;
    few("languages", manifest.languages.len())?;
    manifest.authors.iter().try_for_each(|author| plain("authors", author, NAME_BYTES_MAX))?;
    manifest.languages.iter().try_for_each(|tag| plain("languages", tag, LANGUAGE_BYTES_MAX))?;
    for request in &manifest.grants {
        plain("grant.reason", &request.reason, SENTENCE_BYTES_MAX)?;
    }
    for schedule in &manifest.schedules {
        if !crate::ticket::is_key(&schedule.name) {
            return Err(bad("schedule.name", "a schedule's name is 1 to 64 of a-z 0-9 _ - . :"));
        }
    }
    let schema = manifest.settings.to_string();
    if schema.len() > SCHEMA_BYTES_MAX {
        return Err(bad(
            "settings",
            format!("the schema of the settings has {} bytes; {SCHEMA_BYTES_MAX} are allowed", schema.len()),
        ));
    }
    readable(&manifest.settings, SCHEMA_DEPTH_MAX)
}

fn bad(field: &str, why: impl std::fmt::Display) -> Refusal {
    Refusal::new("bad_manifest", format!("plugin.toml: {field}: {why}.")).at(field)
}

fn few(field: &str, count: usize) -> Result<(), Refusal> {
    if count <= LIST_MAX {
        Ok(())
    } else {
        Err(bad(field, format!("{count} are too many; {LIST_MAX} are allowed")))
    }
}

fn plain(field: &str, text: &str, bytes_max: usize) -> Result<(), Refusal> {
    if text.len() > bytes_max {
        return Err(bad(field, format!("{} bytes are too long; {bytes_max} are allowed", text.len())));
    }
    visible(field, text)
}

/// Whether nothing in a text moves a cursor, turns letters around or is not shown.
pub(super) fn visible(field: &str, text: &str) -> Result<(), Refusal> {
    match text.chars().find(|c| c.is_control() || is_invisible(*c)) {
        None => Ok(()),
        Some(c) => {
            Err(bad(field, format!("the character U+{:04X} is not shown to people: remove it", u32::from(c))))
        }
    }
}

/// Characters that change how their neighbours are shown, or are not shown themselves.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Titles and descriptions in a schema become labels of a form.
fn readable(schema: &Value, depth_left: usize) -> Result<(), Refusal> {
    let Some(deeper) = depth_left.checked_sub(1) else {
        return Err(bad(
            "settings",
            format!("the schema is nested more than {SCHEMA_DEPTH_MAX} levels deep"),
        ));
    };
    match schema {
        Value::String(text) => visible("settings", &text.replace('\n', " ")),
        Value::Array(items) => items.iter().try_for_each(|item| readable(item, deeper)),
        Value::Object(members) => members.iter().try_for_each(|(key, member)| {
            visible("settings", key)?;
            readable(member, deeper)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut Manifest)) -> Option<String> {
        let mut manifest = crate::plugin::tests::manifest();
        change(&mut manifest);
        check(&manifest).err().and_then(|r| r.field)
    }

    #[test]
    fn h25_words_that_move_a_cursor_or_turn_text_around_are_refused() {
        for hostile in ["\u{1b}[2Jsafe", "abc\u{202e}cba", "a\nb", "zero\u{200b}width", "nul\0"] {
            assert_eq!(refused(|m| m.name = hostile.into()).as_deref(), Some("name"), "{hostile:?}");
            assert_eq!(refused(|m| m.grants[0].reason = hostile.into()).as_deref(), Some("grant.reason"));
            assert_eq!(refused(|m| m.authors = vec![hostile.into()]).as_deref(), Some("authors"));
        }
        assert_eq!(
            refused(|m| m.description = "Sortiert Anfragen – schnell & “gut” <b>📦</b>.".into()),
            None
        );
    }

    #[test]
    fn h25_words_that_are_too_long_or_too_many_are_refused() {
        assert_eq!(refused(|m| m.name = "x".repeat(1 << 20)).as_deref(), Some("name"));
        assert_eq!(refused(|m| m.description = "x".repeat(301)).as_deref(), Some("description"));
        assert_eq!(refused(|m| m.languages = vec!["de".into(); 33]).as_deref(), Some("languages"));
        assert_eq!(refused(|m| m.version = format!("1.0.0-{}", "a".repeat(64))).as_deref(), Some("version"));
    }

    #[test]
    fn a_schema_is_bounded_in_size_depth_and_words() {
        assert_eq!(refused(|m| m.settings = serde_json::json!({ "title": "a\nb" })), None);
        assert_eq!(
            refused(|m| m.settings = serde_json::json!({ "title": "a\u{7}" })).as_deref(),
            Some("settings")
        );
        assert_eq!(
            refused(|m| m.settings = serde_json::json!("x".repeat(70_000))).as_deref(),
            Some("settings")
        );
        let deep = (0..20).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]));
        assert_eq!(refused(|m| m.settings = deep).as_deref(), Some("settings"));
    }
}
