//! Articles as other help desks export them in JSON: Zendesk's list of articles, Zammad's tables of a knowledge base,
//! or a plain list of objects. Text in, articles out; refuses to know files and the database.

use std::collections::BTreeMap;

use channels::email::text_of_html;
use domain::article::ArticleState;
use serde_json::Value;

use super::NewArticle;
use super::reading::{self, Rows};

/// Reads an export.
///
/// # Errors
/// A sentence when it is no export that is known.
pub(super) fn json(text: &str) -> Result<Rows, String> {
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| format!("it is no JSON: {error}"))?;
    if let Some(rows) = value.get("articles").and_then(Value::as_array).or_else(|| value.as_array()) {
        return Ok(rows
            .iter()
            .enumerate()
            .map(|(n, row)| (format!("article {}", n + 1), one(row)))
            .collect());
    }
    let tables = value.get("assets").unwrap_or(&value);
    if tables.get("KnowledgeBaseAnswerTranslation").is_some() {
        return zammad(tables);
    }
    Err("it holds neither a list of articles, nor “articles” (Zendesk), nor “KnowledgeBaseAnswerTranslation” (Zammad)"
        .to_owned())
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
fn zammad(tables: &Value) -> Result<Rows, String> {
    let Some(translations) = tables.get("KnowledgeBaseAnswerTranslation").and_then(Value::as_object) else {
        return Err("KnowledgeBaseAnswerTranslation is no table".to_owned());
    };
    let read = |(id, translation): (&String, &Value)| {
        (format!("KnowledgeBaseAnswerTranslation {id}"), answer(tables, translation))
    };
    Ok(translations.iter().map(read).collect())
}

/// The row of a table that an id leads to.
fn row(tables: &Value, table: &str, id: Option<&Value>) -> Option<Value> {
    let id = id.map(|id| id.to_string().trim_matches('"').to_owned())?;
    tables.get(table)?.get(id).cloned()
}

/// One answer in one language. It holds from when it is public until it is archived; both may lie ahead.
fn answer(tables: &Value, translation: &Value) -> Result<NewArticle, String> {
    let answer = row(tables, "KnowledgeBaseAnswer", translation.get("answer_id"))
        .ok_or("its KnowledgeBaseAnswer is missing")?;
    let content = row(tables, "KnowledgeBaseAnswerTranslationContent", translation.get("content_id"))
        .ok_or("its KnowledgeBaseAnswerTranslationContent is missing")?;
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let [published, internal, archived] =
        ["published_at", "internal_at", "archived_at"].map(|name| text(&answer, name));
    let state = match (published.is_empty(), internal.is_empty()) {
        (false, _) => ArticleState::Public,
        (true, false) => ArticleState::Internal,
        (true, true) => ArticleState::Draft,
    };
    let locale = row(tables, "KnowledgeBaseLocale", translation.get("kb_locale_id"))
        .and_then(|locale| row(tables, "Locale", locale.get("system_locale_id")))
        .map(|locale| text(&locale, "locale"));
    let answer_id = translation.get("answer_id").map(ToString::to_string).unwrap_or_default();
    let cells = BTreeMap::from([
        ("key".to_owned(), format!("answer-{}", answer_id.trim_matches('"'))),
        ("locale".to_owned(), locale.unwrap_or_default()),
        ("state".to_owned(), state.as_str().to_owned()),
        ("title".to_owned(), text(translation, "title")),
        ("body".to_owned(), plain(&text(&content, "body"))),
    ]);
    let mut article = reading::article(&cells)?;
    article.valid_until = reading::instant("archived_at", &archived, 0)?;
    let from = reading::instant("published_at", &published, 0)?;
    article.valid_from = from.filter(|from| article.valid_until.is_none_or(|until| *from < until));
    Ok(article)
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

    fn read(text: &str) -> Vec<NewArticle> {
        json(text).unwrap().into_iter().map(|(_, article)| article.unwrap()).collect()
    }

    #[test]
    fn a_list_of_zendesk_is_read_with_drafts_and_readers() {
        let text = r#"{"count":3,"articles":[
            {"id":360001,"title":"How do I return something?","body":"<p>Use the <b>slip</b>.</p><script>alert(1)</script>","locale":"en-us","draft":false,"user_segment_id":null},
            {"id":360002,"title":"Pricing rules","body":"Ask Ben.","locale":"en-us","draft":false,"user_segment_id":7},
            {"id":360003,"title":"Wird noch geschrieben","body":"…","locale":"de","draft":true}]}"#;
        let got = read(text);
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
            let got = read(&format!(r#"[{{"title":"T","body":"B",{readers}}}]"#));
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
        let got = read(text);
        let archived = got.iter().find(|a| a.key == "answer-6").unwrap();
        assert!(archived.valid_until.is_some() && archived.state == ArticleState::Draft, "it holds no more");
        let got: Vec<_> = got.iter().filter(|a| a.key == "answer-5").collect();
        assert!(got[0].valid_from.is_some() && got[0].valid_until.is_none());
        assert_eq!((got[0].key.as_str(), got[0].locale.as_str()), ("answer-5", "de-de"));
        assert!(got[0].body.contains("Drei") && got[0].state == ArticleState::Public);
    }

    #[test]
    fn what_is_missing_is_named() {
        for (text, says) in [("nope", "no JSON"), ("{}", "neither a list")] {
            assert!(json(text).unwrap_err().contains(says), "{text}");
        }
        for (text, place, says) in [
            (r#"[{"title":"T"}]"#, "article 1", "no text"),
            (r#"{"articles":[{"title":"T","body":"B"},3]}"#, "article 2", "it is no object"),
            (
                r#"{"KnowledgeBaseAnswerTranslation":{"9":{"title":"T","answer_id":5}}}"#,
                "KnowledgeBaseAnswerTranslation 9",
                "KnowledgeBaseAnswer is missing",
            ),
        ] {
            let (at, why) = json(text).unwrap().pop().unwrap();
            assert!(at == place && why.unwrap_err().contains(says), "{text}");
        }
    }
}
