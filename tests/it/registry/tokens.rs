//! A registry of our own for what a real one on a test machine does not do: tokens, a store elsewhere,
//! promises that are not kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, LOCATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::plugin::Manifest;
use pack::Artifact;

use super::Author;

/// `acme:lost parcel`
const BASIC: &str = "Basic YWNtZTpsb3N0IHBhcmNlbA==";
const TOKEN: &str = "let-me-in";

/// What it answers, and how often its store was asked.
struct Told {
    address: String,
    store: String,
    manifest: Vec<u8>,
    file: Vec<u8>,
    fetched: AtomicUsize,
}

/// Both doors of it: the registry, and the store behind it.
async fn listen(manifest: Vec<u8>, file: Vec<u8>) -> Arc<Told> {
    let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let behind = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let told = Arc::new(Told {
        address: door.local_addr().unwrap().to_string(),
        store: behind.local_addr().unwrap().to_string(),
        manifest,
        file,
        fetched: AtomicUsize::new(0),
    });
    for (listener, router) in [
        (door, Router::new().fallback(registry).with_state(told.clone())),
        (behind, Router::new().fallback(store).with_state(told.clone())),
    ] {
        tokio::spawn(async move { axum::serve(listener, router).await });
    }
    told
}

fn said<'a>(headers: &'a HeaderMap, name: &axum::http::HeaderName) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

async fn registry(State(told): State<Arc<Told>>, request: Request) -> Response {
    let path = request.uri().path();
    let authorization = said(request.headers(), &AUTHORIZATION);
    if path == "/token" {
        let query = request.uri().query().unwrap();
        assert!(
            query.contains("service=r.example") && query.contains("acme%2Fgood-triage%3Apull"),
            "{query}"
        );
        let body = if authorization == BASIC { TOKEN } else { "for-nobody" };
        return format!("{{\"access_token\":\"{body}\"}}").into_response();
    }
    if authorization != format!("Bearer {TOKEN}") {
        let challenge = format!("Bearer realm=\"http://{}/token\",service=\"r.example\"", told.address);
        return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)]).into_response();
    }
    if path.contains("/manifests/") {
        return told.manifest.clone().into_response();
    }
    let elsewhere = format!("http://{}/file", told.store);
    (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, elsewhere)]).into_response()
}

async fn store(State(told): State<Arc<Told>>, request: Request) -> Response {
    told.fetched.fetch_add(1, Ordering::Relaxed);
    if request.headers().contains_key(AUTHORIZATION) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    // In pieces, so that no length is announced.
    let pieces: Vec<_> =
        told.file.chunks(1 << 16).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    Body::from_stream(futures::stream::iter(pieces)).into_response()
}

fn artifact(author: &Author) -> Artifact {
    let file = author.file("0.1.0.wasm");
    let manifest = Manifest::parse(&pack::manifest_of(&file).unwrap().unwrap()).unwrap();
    Artifact::of(file, &manifest).unwrap()
}

fn with_credentials(author: &mut Author) {
    author.ground.variables.push(("KULANZ_REGISTRY_USER", tests::registry::USER.to_owned()));
    author.ground.variables.push(("KULANZ_REGISTRY_PASSWORD", tests::registry::PASSWORD.to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_fetched_for_this_repository_and_is_not_shown_to_the_store_behind() {
    let mut author = Author::new();
    let Artifact { manifest, layer, .. } = artifact(&author);
    let told = listen(manifest.bytes, layer.bytes).await;
    let reference = format!("{}/acme/good-triage:0.1.0", told.address);
    assert!(
        author.not_verified(&reference).contains("KULANZ_REGISTRY_USER"),
        "a token for nobody opens nothing"
    );
    with_credentials(&mut author);
    author.verified(&reference);
    assert_eq!(told.fetched.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_digest_is_not_taken_on_trust() {
    let mut author = Author::new();
    with_credentials(&mut author);
    let Artifact { manifest, layer, .. } = artifact(&author);
    let told = listen(manifest.bytes, layer.bytes).await;
    let said = author.not_verified(&format!("{}/acme/good-triage@sha256:{}", told.address, "0".repeat(64)));
    assert!(said.contains("something else than was asked for"), "{said}");
    assert_eq!(told.fetched.load(Ordering::Relaxed), 0, "nothing more is fetched");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_is_allowed_or_promised_is_not_taken() {
    let mut author = Author::new();
    with_credentials(&mut author);
    let Artifact { manifest, layer, .. } = artifact(&author);
    let size = format!("\"size\":{}", layer.bytes.len());
    let promise = |bytes: usize| {
        let text = String::from_utf8(manifest.bytes.clone()).unwrap();
        assert!(text.contains(&size), "{text}");
        text.replace(&size, &format!("\"size\":{bytes}")).into_bytes()
    };
    let huge = listen(promise((64 << 20) + 1), layer.bytes.clone()).await;
    let said = author.not_verified(&format!("{}/acme/good-triage:0.1.0", huge.address));
    assert!(said.contains("a plugin may have 67108864"), "{said}");
    assert_eq!(huge.fetched.load(Ordering::Relaxed), 0, "not a byte of it is fetched");

    let liar = listen(promise(10), layer.bytes.clone()).await;
    let said = author.not_verified(&format!("{}/acme/good-triage:0.1.0", liar.address));
    assert!(said.contains("more instead of 10 bytes"), "{said}");

    let stingy = listen(promise(layer.bytes.len() + 1), layer.bytes).await;
    let said = author.not_verified(&format!("{}/acme/good-triage:0.1.0", stingy.address));
    assert!(said.contains("something else than was asked for"), "{said}");
}
