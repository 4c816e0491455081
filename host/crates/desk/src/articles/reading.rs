//! Articles as people have them: Markdown files, CSV tables and JSON Lines. Bytes in, articles out; refuses to know
//! folders and the database.

use std::collections::BTreeMap;

use domain::article::{ArticleState, guess};
use domain::clock::DAY_MS;
use domain::{Refusal, Timestamp};
use sha2::{Digest, Sha256};

use super::{NewArticle, export};

/// Counted as the language of a text that does not tell it.
const LOCALE_UNTOLD: &str = "en";

/// Articles as they were read, each with its place: one that cannot be used does not stop the others.
pub type Rows = Vec<(String, Result<NewArticle, String>)>;

/// The articles of a file (its name or path, and what is in it), read by its ending: `.csv`, `.json` (an export), `.md`, anything else as JSON
/// Lines. Its text is UTF-8, else what spreadsheets on Windows write.
///
/// # Errors
/// When the whole of it is not what its name says.
pub fn articles_in(name: &str, bytes: Vec<u8>) -> Result<Rows, Refusal> {
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| encoding_rs::WINDOWS_1252.decode(error.as_bytes()).0.into_owned());
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let rows = match ending.as_str() {
        "csv" => csv(&text),
        "json" => export::json(&text),
        "md" | "markdown" => return Ok(vec![(name.to_owned(), markdown(last_part(name), &text))]),
        _ => Ok(json_lines(&text)),
    };
    let rows = rows.map_err(|why| Refusal::new("bad_request", format!("{name}: {why}")))?;
    Ok(rows.into_iter().map(|(place, article)| (format!("{name}, {place}"), article)).collect())
}

fn last_part(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Articles from lines with one JSON object each.
fn json_lines(text: &str) -> Rows {
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(n, line)| (format!("line {}", n + 1), serde_json::from_str(line).map_err(|e| e.to_string())))
        .collect()
}

/// An article from a Markdown file. Title: `title:` in the head between two lines `---`, else the first
/// heading. Locale: `locale:` in the head, else the ending of the name (`refund.de.md`), else guessed. Key:
/// `key:` in the head, else the name.
///
/// # Errors
/// A sentence when there is no title or no text.
fn markdown(name: &str, text: &str) -> Result<NewArticle, String> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let (head, rest) = split_head(&text);
    let stem = name.strip_suffix(".md").or_else(|| name.strip_suffix(".markdown")).unwrap_or(name);
    let (stem, ending) = match stem.rsplit_once('.') {
        Some((stem, ending)) if is_locale(ending) => (stem, Some(ending.to_owned())),
        _ => (stem, None),
    };
    let heading = rest.lines().find(|line| !line.trim().is_empty()).and_then(|line| line.strip_prefix("# "));
    let title = head.get("title").map(String::as_str).or(heading).unwrap_or_default().trim().to_owned();
    if title.is_empty() {
        return Err("has neither “title:” in its head nor a first line “# Title”".to_owned());
    }
    let body = match heading {
        Some(heading) if heading.trim() == title => rest.split_once(heading).map_or("", |(_, after)| after),
        _ => rest,
    };
    let row = BTreeMap::from([
        ("key".to_owned(), head.get("key").cloned().unwrap_or_else(|| stem.to_owned())),
        ("locale".to_owned(), head.get("locale").cloned().or(ending).unwrap_or_default()),
        ("state".to_owned(), head.get("state").cloned().unwrap_or_default()),
        ("title".to_owned(), title),
        ("body".to_owned(), body.to_owned()),
    ]);
    let more = head.into_iter().filter_map(|(name, value)| Some((column(&name)?.to_owned(), value)));
    article(&more.chain(row).collect())
}

/// Whether a name's ending is one like “de” or “de-AT”.
fn is_locale(ending: &str) -> bool {
    let (language, region) = ending.split_once('-').unwrap_or((ending, "xx"));
    let is_word = |word: &str| word.chars().all(|c| c.is_ascii_alphabetic());
    language.len() == 2 && region.len() == 2 && is_word(language) && is_word(region)
}

/// Languages as people write them out.
const LANGUAGES: [(&str, &[&str]); 2] =
    [("de", &["deutsch", "german", "ger", "deu"]), ("en", &["english", "englisch", "eng"])];

/// A language as a tag, where it is written out.
fn as_tag(told: &str) -> &str {
    let low = told.to_lowercase();
    LANGUAGES.iter().find(|(_, words)| words.contains(&low.as_str())).map_or(told, |(tag, _)| tag)
}

/// `key: value` lines between two lines `---` at the top, and what follows.
fn split_head(text: &str) -> (BTreeMap<String, String>, &str) {
    let head = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    let Some((head, rest)) = head else { return (BTreeMap::new(), text) };
    let pairs = head.lines().filter_map(|line| line.split_once(':'));
    let bare = |value: &str| value.trim().trim_matches(['"', '\'']).to_owned();
    (pairs.map(|(key, value)| (key.trim().to_lowercase(), bare(value))).collect(), rest)
}

/// Names under which other systems write the same column.
const COLUMNS: [(&str, &[&str]); 8] = [
    ("key", &["key", "id", "slug", "name"]),
    ("locale", &["locale", "lang", "language", "sprache"]),
    ("state", &["state", "status"]),
    ("title", &["title", "question", "subject", "titel", "frage"]),
    ("body", &["body", "answer", "content", "text", "antwort", "inhalt"]),
    ("product", &["product", "produkt"]),
    ("valid_from", &["valid_from", "valid from", "gültig ab"]),
    ("valid_until", &["valid_until", "valid until", "valid_to", "gültig bis"]),
];

/// Articles from a CSV table with a header; separated by comma, semicolon or tab, quoted as in RFC 4180.
///
/// # Errors
/// A sentence when it is no such table.
fn csv(text: &str) -> Result<Rows, String> {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    let separator = [';', '\t'].into_iter().find(|c| first.contains(*c)).unwrap_or(',');
    let mut rows = cells(text, separator)?.into_iter();
    let header: Vec<Option<&str>> = rows.next().unwrap_or_default().iter().map(|c| column(c)).collect();
    for wanted in ["title", "body"] {
        if !header.contains(&Some(wanted)) {
            return Err(format!("the first row names no column “{wanted}”"));
        }
    }
    Ok(rows
        .enumerate()
        .filter(|(_, row)| row.iter().any(|cell| !cell.trim().is_empty()))
        .map(|(place, row)| {
            let named = header.iter().zip(row).filter_map(|(name, cell)| Some(((*name)?.to_owned(), cell)));
            (format!("row {}", place + 2), article(&named.collect()))
        })
        .collect())
}

pub(super) fn column(header: &str) -> Option<&'static str> {
    let low = header.trim().to_lowercase();
    COLUMNS.iter().find(|(_, names)| names.contains(&low.as_str())).map(|(column, _)| *column)
}

fn cells(text: &str, separator: char) -> Result<Vec<Vec<String>>, String> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut opened) = (false, 0);
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '"' if quoted && letters.peek() == Some(&'"') => {
                cell.push('"');
                letters.next();
            }
            '"' if quoted || cell.is_empty() => {
                quoted = !quoted;
                opened = rows.len() + 1;
            }
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            c if c == separator && !quoted => row.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    if quoted {
        return Err(format!("the quote that opens in row {opened} is never closed"));
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    Ok(rows)
}

/// From values by name; what is left out is made up sensibly.
pub(super) fn article(row: &BTreeMap<String, String>) -> Result<NewArticle, String> {
    let value = |name: &str| row.get(name).map(|v| v.trim()).unwrap_or_default();
    let (title, body) = (value("title"), value("body"));
    if title.is_empty() || body.is_empty() {
        return Err("has no title or no text".to_owned());
    }
    let locale = match value("locale") {
        "" => guess(body).or_else(|| guess(title)).unwrap_or(LOCALE_UNTOLD),
        told => as_tag(told),
    };
    let state = match value("state").to_lowercase().as_str() {
        "" | "public" | "published" => ArticleState::Public,
        "internal" => ArticleState::Internal,
        "draft" => ArticleState::Draft,
        other => return Err(format!("state “{other}” is none of draft, internal, public")),
    };
    let key = key_from(if value("key").is_empty() { title } else { value("key") });
    Ok(NewArticle {
        key,
        locale: locale.to_owned(),
        state,
        title: title.to_owned(),
        body: body.to_owned(),
        product: Some(value("product")).filter(|product| !product.is_empty()).map(ToOwned::to_owned),
        valid_from: instant("valid_from", value("valid_from"), 0)?,
        // A last day is meant to be part of it.
        valid_until: instant("valid_until", value("valid_until"), DAY_MS)?,
    })
}

/// An instant, or so many milliseconds after the beginning of a day (UTC).
pub(super) fn instant(name: &str, value: &str, into_day_ms: i64) -> Result<Option<Timestamp>, String> {
    if value.is_empty() {
        return Ok(None);
    }
    let day = || format!("{value}T00:00:00Z").parse::<Timestamp>().map(|at| at.plus(into_day_ms));
    let at = value.parse::<Timestamp>().or_else(|_| day());
    at.map(Some).map_err(|_| {
        format!("{name} “{value}” is no day such as 2026-12-24 and no time such as 2026-12-24T18:00:00Z")
    })
}

/// Letters of the longest key.
const KEY_CHARS_MAX: usize = 64;

/// A key as the house wants it: small letters, digits and hyphens.
fn key_from(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' => out.push_str("ae"),
            'ö' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            c if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':') => out.push(c),
            _ if !out.ends_with('-') => out.push('-'),
            _ => {}
        }
    }
    let cut: String = out.trim_matches('-').chars().take(KEY_CHARS_MAX).collect();
    let cut = cut.trim_end_matches('-');
    if cut.is_empty() {
        // A name in letters that no key has.
        return format!("article-{}", &hex::encode(Sha256::digest(name))[..12]);
    }
    cut.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_markdown_file_is_an_article_by_its_name_and_heading() {
        let got =
            markdown("Rückgabe & Umtausch.de.md", "# Wie gebe ich zurück?\n\nMit dem *Schein*.\n").unwrap();
        assert_eq!((got.key.as_str(), got.locale.as_str()), ("rueckgabe-umtausch", "de"));
        assert_eq!((got.title.as_str(), got.body.as_str()), ("Wie gebe ich zurück?", "Mit dem *Schein*."));
    }

    #[test]
    fn what_stands_in_the_head_wins_and_a_locale_is_guessed() {
        let text = "---\ntitle: \"Refunds: when?\"\nkey: refund\nstate: draft\n---\nYou will get it with the next invoice.";
        let got = markdown("x.md", text).unwrap();
        assert_eq!((got.key.as_str(), got.locale.as_str()), ("refund", "en"));
        assert_eq!((got.title.as_str(), got.state), ("Refunds: when?", ArticleState::Draft));
        assert_eq!(markdown("v1.20.md", "# T\nThe text is here.").unwrap().locale, "en");
        assert!(markdown("x.md", "no heading").is_err() && markdown("x.md", "# only a heading").is_err());
    }

    fn rows(text: &str) -> Vec<NewArticle> {
        csv(text).unwrap().into_iter().map(|(_, article)| article.unwrap()).collect()
    }

    #[test]
    fn a_table_is_read_with_its_quotes_and_line_breaks_and_foreign_names() {
        let text = "\u{feff}Frage;Antwort;Sprache\r\n\"Was kostet \"\"Express\"\"?\";\"9 €;\npro Paket\";de\r\n;;\r\n";
        let got = rows(text);
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].title, "Was kostet \"Express\"?");
        assert_eq!((got[0].body.as_str(), got[0].key.as_str()), ("9 €;\npro Paket", "was-kostet-express"));
    }

    #[test]
    fn a_product_and_days_are_read_and_a_day_that_is_none_is_named() {
        let text = "title,body,Produkt,gültig ab,valid_to\nT,B,Lamp,2026-12-01,2026-12-24T18:00:00+01:00\n";
        let got = rows(text).remove(0);
        assert_eq!(got.product.as_deref(), Some("Lamp"));
        let told = [got.valid_from, got.valid_until].map(|at| at.unwrap().to_string());
        assert_eq!(told, ["2026-12-01T00:00:00.000Z", "2026-12-24T17:00:00.000Z"]);
        let last_day = rows("title,body,valid until\nT,B,2026-12-24\n").remove(0).valid_until.unwrap();
        assert_eq!(last_day.to_string(), "2026-12-25T00:00:00.000Z");
        let head = "---\nproduct: Lamp\nvalid_until: soon\n---\n# T\nThe text.";
        assert!(markdown("x.md", head).unwrap_err().contains("valid_until “soon” is no day"));
        assert_eq!(markdown("x.md", &head.replace("soon", "")).unwrap().product.as_deref(), Some("Lamp"));
    }

    #[test]
    fn a_language_is_told_by_its_tag_or_its_name_and_a_key_is_found_for_every_title() {
        assert_eq!(rows("title;body;Sprache\nT;B;Deutsch\n")[0].locale, "de");
        assert_eq!(markdown("return.policy.md", "# T\nThe text is here.").unwrap().key, "return.policy");
        assert_eq!(markdown("x.de-AT.markdown", "# T\nText").unwrap().locale, "de-AT");
        let [one, other] = ["Возврат", "Доставка"].map(key_from);
        assert!(one != other && one.starts_with("article-") && one.len() == 20, "{one}");
    }

    #[test]
    fn a_file_is_read_by_the_ending_of_its_name_and_every_article_has_its_place() {
        let places = |name: &str, text: &str| -> Vec<String> {
            articles_in(name, text.into()).unwrap().into_iter().map(|(place, _)| place).collect()
        };
        assert_eq!(places("a/FAQ.CSV", "title,body\nT,B\n"), ["a/FAQ.CSV, row 2"]);
        assert_eq!(places("x.json", r#"[{"title":"T","body":"B"}]"#), ["x.json, article 1"]);
        assert_eq!(places("a.b/x.de.md", "# T\nText"), ["a.b/x.de.md"]);
        let line = r#"{"key":"k","locale":"de","title":"T","body":"B"}"#;
        let rows = articles_in("-", format!("{line}\n\n{{\n").into()).unwrap();
        assert!(rows[0].1.as_ref().unwrap().key == "k" && rows[1].0 == "-, line 3" && rows[1].1.is_err());
        let windows = articles_in("x.csv", b"title;body\nR\xfcckgabe;Ja\n".to_vec()).unwrap().remove(0);
        assert_eq!(windows.1.unwrap().title, "Rückgabe");
        assert_eq!(articles_in("x.csv", b"nothing".to_vec()).unwrap_err().code, "bad_request");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert!(csv("a,b\n1,2\n").unwrap_err().contains("title"));
        let mixed = csv("title,body,state\nT,,\nT,B,secret\nGood,Text,\n").unwrap();
        assert_eq!(
            mixed.iter().map(|(place, _)| place.as_str()).collect::<Vec<_>>(),
            ["row 2", "row 3", "row 4"]
        );
        assert!(mixed[1].1.as_ref().unwrap_err().contains("secret") && mixed[2].1.is_ok());
        assert!(csv("title,body\nT,B\nU,\"never closed\n").unwrap_err().contains("row 3 is never closed"));
        assert!(csv("").is_err());
    }
}
