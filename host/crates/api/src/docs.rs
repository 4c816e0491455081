//! `/api/docs`: the OpenAPI document as one plain page. No scripts, nothing from elsewhere.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use crate::openapi::Described;

/// Methods in the order in which they are shown.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// The page may load its own style and nothing else.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Serves the page.
pub(crate) async fn page(State(described): State<Arc<Described>>) -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)];
    (headers, described.page.clone())
}

/// Serves the page's style.
pub(crate) async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("docs.css"))
}

/// Writes the page.
pub(crate) fn render(document: &Value) -> Markup {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Kulanz API" }
                link rel="stylesheet" href="/api/docs.css";
            }
            body {
                main {
                    h1 { "Kulanz API" }
                    p { (text(document, "/info/description")) }
                    p { a href="/api/openapi.json" { "OpenAPI document" } }
                    nav aria-label="Contents" {
                        @for tag in items(document, "/tags") {
                            a href={ "#" (word(tag, "name")) } { (word(tag, "name")) } " "
                        }
                        a href="#shapes" { "shapes" }
                    }
                    @for tag in items(document, "/tags") {
                        h2 id=(word(tag, "name")) { (word(tag, "name")) }
                        p { (word(tag, "description")) }
                        @for (path, method, operation) in operations(document, word(tag, "name")) {
                            (one_operation(path, method, operation))
                        }
                    }
                    h2 id="shapes" { "shapes" }
                    @for (name, schema) in schemas.into_iter().flatten() { (shape(name, schema)) }
                }
            }
        }
    }
}

fn operations<'a>(document: &'a Value, tag: &str) -> Vec<(&'a str, &'a str, &'a Value)> {
    let mut found = Vec::new();
    for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            if items(operation, "/tags").any(|t| t.as_str() == Some(tag)) {
                found.push((path.as_str(), method, operation));
            }
        }
    }
    found
}

fn one_operation(path: &str, method: &str, operation: &Value) -> Markup {
    let scopes: Vec<&str> = items(operation, "/security/0/token").filter_map(Value::as_str).collect();
    html! {
        section id=(word(operation, "operationId")) {
            h3 { b { (method.to_uppercase()) } " " code { (path) } }
            p { (word(operation, "summary")) " " (word(operation, "description")) }
            p { "Scope: " @for scope in scopes { code { (scope) } } }
            @if operation.get("parameters").is_some() {
                table {
                    thead { tr { th { "parameter" } th { "in" } th { "type" } th { "meaning" } } }
                    @for parameter in items(operation, "/parameters") {
                        tr {
                            td { code { (word(parameter, "name")) } }
                            td { (word(parameter, "in")) }
                            td { (kind(parameter.get("schema"))) }
                            td { (word(parameter, "description")) }
                        }
                    }
                }
            }
            @for (media, content) in object(operation, "/requestBody/content") {
                p { "Body: " code { (media) } " " (kind(content.get("schema"))) }
            }
            table {
                thead { tr { th { "status" } th { "body" } th { "meaning" } } }
                @for (status, response) in object(operation, "/responses") { (one_response(status, response)) }
            }
        }
    }
}

fn one_response(status: &str, response: &Value) -> Markup {
    let reference = response.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
    html! {
        tr {
            td { (status) }
            td {
                @if reference.is_some() { a href="#Problem" { "Problem" } }
                @for (_, content) in object(response, "/content") { (kind(content.get("schema"))) }
            }
            td { @match reference { Some(name) => (name), None => (word(response, "description")) } }
        }
    }
}

fn shape(name: &str, schema: &Value) -> Markup {
    let required: Vec<&str> = items(schema, "/required").filter_map(Value::as_str).collect();
    html! {
        section id=(name) {
            h3 { (name) }
            p { (word(schema, "description")) }
            @if schema.get("properties").is_some() {
                table {
                    thead { tr { th { "field" } th { "type" } th { "meaning" } } }
                    @for (field, of) in object(schema, "/properties") {
                        tr {
                            td { code { (field) } @if required.contains(&field.as_str()) { " *" } }
                            td { (kind(Some(of))) }
                            td { (meaning(of)) }
                        }
                    }
                }
            } @else { p { (kind(Some(schema))) } }
        }
    }
}

/// A schema in few words.
fn kind(schema: Option<&Value>) -> Markup {
    let Some(schema) = schema else { return html! {} };
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next()) {
        return html! { a href={ "#" (name) } { (name) } };
    }
    let choices: Vec<&Value> = items(schema, "/oneOf").chain(items(schema, "/anyOf")).collect();
    let words: Vec<&str> = items(schema, "/enum").filter_map(Value::as_str).collect();
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    html! {
        (types.join(" or "))
        @if let Some(of) = schema.get("items") { " of " (kind(Some(of))) }
        @for (n, choice) in choices.into_iter().enumerate() {
            @if n > 0 { " or " }
            (kind(Some(choice)))
        }
        @if !words.is_empty() { ": " (words.join(", ")) }
    }
}

/// What a field means; on one that may be null the words hang on its other shape.
fn meaning(of: &Value) -> &str {
    of.get("description").and_then(Value::as_str).unwrap_or_else(|| text(of, "/oneOf/0/description"))
}

fn items<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn object<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
    value.pointer(pointer).and_then(Value::as_object).into_iter().flatten()
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("")
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}
