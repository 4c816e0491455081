//! The OpenAPI document and its page.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::world::World;

#[tokio::test]
async fn every_operation_has_a_summary_a_group_a_scope_and_errors() {
    let world = World::new().await;
    let mut ids = std::collections::HashSet::new();
    for (path, item) in world.document()["paths"].as_object().unwrap() {
        assert!(path.starts_with("/api/v1/"), "{path}");
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            assert!(!operation["summary"].as_str().unwrap_or("").is_empty(), "{what} has no summary");
            assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{what}");
            assert!(operation["security"][0]["token"][0].is_string(), "{what} names no scope");
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{what}: id is used twice"
            );
            for status in ["401", "403", "429", "500", "503"] {
                assert!(operation["responses"].get(status).is_some(), "{what} lacks {status}");
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(!parameter["description"].as_str().unwrap_or("").is_empty(), "{what} {parameter}");
            }
        }
    }
}

#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere_and_every_field_is_explained() {
    let world = World::new().await;
    let document = world.document();
    let mut open = vec![document];
    while let Some(value) = open.pop() {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
        open.extend(value.as_object().into_iter().flat_map(|o| o.values()));
        open.extend(value.as_array().into_iter().flatten());
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(!schema["description"].as_str().unwrap_or("").is_empty(), "{name} is not explained");
        for (field, of) in schema["properties"].as_object().into_iter().flatten() {
            let says = of.get("description").or_else(|| of.pointer("/oneOf/0/description"));
            assert!(says.is_some(), "{name}.{field} is not explained: {of}");
        }
    }
}

#[tokio::test]
async fn files_are_bytes_a_list_has_its_next_and_every_scope_is_told_of() {
    let world = World::new().await;
    let document = world.document();
    let file = |path: &str, pointer: &str| {
        let schema = document["paths"][path].pointer(pointer).unwrap_or_else(|| panic!("{path} {pointer}"));
        assert_eq!((&schema["type"], &schema["format"]), (&json!("string"), &json!("binary")), "{path}");
    };
    for (path, media) in [
        ("/api/v1/inbound/mail", "message~1rfc822"),
        ("/api/v1/articles/import", "application~1octet-stream"),
        ("/api/v1/plugins/inspect", "application~1wasm"),
        ("/api/v1/installations", "application~1wasm"),
    ] {
        file(path, &format!("/post/requestBody/content/{media}/schema"));
    }
    file("/api/v1/attachments/{id}", "/get/responses/200/content/application~1octet-stream/schema");
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let fields = &schema["properties"];
        if fields.get("items").is_some() && fields.get("next").is_some() {
            assert!(schema["required"].as_array().unwrap().contains(&json!("next")), "{name}");
        }
    }
    let scheme = document["components"]["securitySchemes"]["token"]["description"].as_str().unwrap();
    for scope in domain::token::Scope::ALL {
        assert!(scheme.contains(scope.as_str()), "{scope}");
    }
}

#[tokio::test]
async fn requests_are_closed_and_the_document_says_so() {
    let world = World::new().await;
    let schemas = &world.document()["components"]["schemas"];
    for name in [
        "NewTicket",
        "TicketChanges",
        "NewMessage",
        "NewAttachment",
        "InstallationChanges",
        "NewToken",
        "ArticleText",
    ] {
        assert_eq!(schemas[name]["additionalProperties"], false, "{name}");
    }
}

#[tokio::test]
async fn the_document_and_its_page_need_no_token_and_the_page_loads_nothing_from_elsewhere() {
    let world = World::new().await;
    let router = crate::router(world.desk.clone(), crate::ApiPace::UNBOUNDED);
    let get = async |path: &str| {
        let response = router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let (parts, body) = response.into_parts();
        (parts.headers, String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap())
    };
    let (_, json) = get("/api/openapi.json").await;
    let document: Value = serde_json::from_str(&json).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let (headers, page) = get("/api/docs").await;
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    for foreign in ["<script", "style=", "src=", "=\"http", "url("] {
        assert!(!page.contains(foreign), "the page contains {foreign}");
    }
    for path in document["paths"].as_object().unwrap().keys() {
        assert!(page.contains(path.as_str()), "the page lacks {path}");
    }
    let (headers, _) = get("/api/docs.css").await;
    assert_eq!(headers["content-type"], "text/css; charset=utf-8");
}
