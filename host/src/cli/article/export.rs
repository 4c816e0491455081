//! Articles as other help desks export them in JSON: Zendesk's list of articles, Zammad's tables of a knowledge base,
//! or a plain list of objects. Text in, articles out; refuses to know files and the database.

use std::collections::BTreeMap;

use channels::email::text_of_html;
use desk::NewArticle;
use domain::article::ArticleState;
use serde_json::Value;

use super::reading;

/// Reads an export.
///
/// # Errors
/// A sentence that names the article or the table.
pub(super) fn json(text: &str) -> Result<Vec<NewArticle>, String> {
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| format!("it is no JSON: {error}"))?;
    if let Some(rows) = value.get("articles").and_then(Value::as_array).or_else(|| value.as_array()) {
        return rows.iter().enumerate().map(|(n, row)| one(row).map_err(|why| at(n, &why))).collect();
    }
    let tables = value.get("assets").unwrap_or(&value);
    if tables.get("KnowledgeBaseAnswerTranslation").is_some() {
        return zammad(tables);
    }
    Err("it holds neither a list of articles, nor “articles” (Zendesk), nor “KnowledgeBaseAnswerTranslation” (Zammad)"
        .to_owned())
}

fn at(place: usize, why: &str) -> String {
    format!("article {}: {why}", place + 1)
}

/// An article of a list: Zendesk's, or anybody's with the names that a table may have.
fn one(row: &Value) -> Result<NewArticle, String> {
    let Some(fields) = row.as_object() else { return Err("it is no object".to_owned()) };
    let mut cells: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in fields {
        let Some(column) = reading::column(name) else { continue };
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        // Zendesk has both a number and a name; the first that is told wins over the second.
        cells.entry(column.to_owned()).or_insert(text);
    }
    if let Some(body) = cells.get_mut("body") {
        *body = plain(body);
    }
    // Zendesk: a draft, or segments of users that are not all.
    if fields.get("draft") == Some(&Value::Bool(true)) {
        cells.insert("state".to_owned(), "draft".to_owned());
    } else if READERS.iter().any(|name| fields.get(*name).is_some_and(names_somebody)) {
        cells.insert("state".to_owned(), "internal".to_owned());
    }
    reading::article(&cells)
}

/// Fields that say who may read an article, where not everybody may.
const READERS: [&str; 2] = ["user_segment_id", "user_segment_ids"];

/// Whether a field names readers: anything but nothing, however it is written.
fn names_somebody(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(all) => !all.is_empty(),
        _ => true,
    }
}

/// Zammad's tables: an answer has translations, a translation a content.
fn zammad(tables: &Value) -> Result<Vec<NewArticle>, String> {
    let row = |table: &str, id: Option<&Value>| -> Option<Value> {
        let id = id.map(|id| id.to_string().trim_matches('"').to_owned())?;
        tables.get(table)?.get(id).cloned()
    };
    let Some(translations) = tables.get("KnowledgeBaseAnswerTranslation").and_then(Value::as_object) else {
        return Err("KnowledgeBaseAnswerTranslation is no table".to_owned());
    };
    let mut out = Vec::new();
    for (id, translation) in translations {
        let bad = |why: &str| format!("KnowledgeBaseAnswerTranslation {id}: {why}");
        let answer = row("KnowledgeBaseAnswer", translation.get("answer_id"))
            .ok_or_else(|| bad("its KnowledgeBaseAnswer is missing"))?;
        let content = row("KnowledgeBaseAnswerTranslationContent", translation.get("content_id"))
            .ok_or_else(|| bad("its KnowledgeBaseAnswerTranslationContent is missing"))?;
        let set = |name: &str| answer.get(name).is_some_and(|at| !at.is_null());
        if set("archived_at") {
            continue;
        }
        let state = match (set("published_at"), set("internal_at")) {
            (true, _) => ArticleState::Public,
            (false, true) => ArticleState::Internal,
            (false, false) => ArticleState::Draft,
        };
        let text =
            |of: &Value, name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let locale = row("KnowledgeBaseLocale", translation.get("kb_locale_id"))
            .and_then(|locale| row("Locale", locale.get("system_locale_id")))
            .map(|locale| text(&locale, "locale"));
        let answer_id = translation.get("answer_id").map(ToString::to_string).unwrap_or_default();
        let cells = BTreeMap::from([
            ("key".to_owned(), format!("answer-{}", answer_id.trim_matches('"'))),
            ("locale".to_owned(), locale.unwrap_or_default()),
            ("state".to_owned(), state.as_str().to_owned()),
            ("title".to_owned(), text(translation, "title")),
            ("body".to_owned(), plain(&text(&content, "body"))),
        ]);
        out.push(reading::article(&cells).map_err(|why| bad(&why))?);
    }
    Ok(out)
}

/// Readable text of what may be HTML.
fn plain(body: &str) -> String {
    match body.contains('<') && body.contains('>') {
        true => text_of_html(body).trim().to_owned(),
        false => body.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_zendesk_is_read_with_drafts_and_readers() {
        let text = r#"{"count":3,"articles":[
            {"id":360001,"title":"How do I return something?","body":"<p>Use the <b>slip</b>.</p><script>alert(1)</script>","locale":"en-us","draft":false,"user_segment_id":null},
            {"id":360002,"title":"Pricing rules","body":"Ask Ben.","locale":"en-us","draft":false,"user_segment_id":7},
            {"id":360003,"title":"Wird noch geschrieben","body":"…","locale":"de","draft":true}]}"#;
        let got = json(text).unwrap();
        assert_eq!(
            (got[0].key.as_str(), got[0].locale.as_str(), got[0].state),
            ("360001", "en-us", ArticleState::Public)
        );
        assert!(got[0].body.contains("Use the") && got[0].body.contains("slip"), "{}", got[0].body);
        assert!(!got[0].body.contains("alert") && !got[0].body.contains('<'), "{}", got[0].body);
        assert_eq!([got[1].state, got[2].state], [ArticleState::Internal, ArticleState::Draft]);
    }

    #[test]
    fn what_not_everybody_may_read_is_internal_however_that_is_written() {
        for (readers, state) in [
            (r#""user_segment_id":7"#, ArticleState::Internal),
            (r#""user_segment_id":"7""#, ArticleState::Internal),
            (r#""user_segment_ids":[7,8]"#, ArticleState::Internal),
            (r#""user_segment_id":null,"user_segment_ids":[]"#, ArticleState::Public),
            (r#""user_segment_id":"""#, ArticleState::Public),
        ] {
            let got = json(&format!(r#"[{{"title":"T","body":"B",{readers}}}]"#)).unwrap();
            assert_eq!(got[0].state, state, "{readers}");
        }
    }

    #[test]
    fn the_tables_of_zammad_are_put_together() {
        let text = r#"{"assets":{
            "Locale":{"13":{"locale":"de-de"}},
            "KnowledgeBaseLocale":{"1":{"system_locale_id":13}},
            "KnowledgeBaseAnswer":{"5":{"published_at":"2024-01-01","internal_at":null,"archived_at":null},"6":{"archived_at":"2024-02-01"}},
            "KnowledgeBaseAnswerTranslation":{"9":{"title":"Wie lange dauert der Versand?","answer_id":5,"content_id":90,"kb_locale_id":1},"10":{"title":"Alt","answer_id":6,"content_id":90,"kb_locale_id":1}},
            "KnowledgeBaseAnswerTranslationContent":{"90":{"body":"<div>Drei <i>Tage</i>.</div>"}}}}"#;
        let got = json(text).unwrap();
        assert_eq!(got.len(), 1, "what is archived stays there");
        assert_eq!((got[0].key.as_str(), got[0].locale.as_str()), ("answer-5", "de-de"));
        assert!(got[0].body.contains("Drei") && got[0].state == ArticleState::Public);
    }

    #[test]
    fn what_is_missing_is_named() {
        for (text, says) in [
            ("nope", "no JSON"),
            ("{}", "neither a list"),
            (r#"[{"title":"T"}]"#, "article 1"),
            (r#"{"articles":[{"title":"T","body":"B"},3]}"#, "article 2: it is no object"),
            (
                r#"{"KnowledgeBaseAnswerTranslation":{"9":{"title":"T","answer_id":5}}}"#,
                "KnowledgeBaseAnswer is missing",
            ),
        ] {
            assert!(json(text).unwrap_err().contains(says), "{text}");
        }
    }
}
