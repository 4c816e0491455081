//! The OpenAPI document: made from the routes' own declarations, completed here with what is the same
//! for all of them: how to authenticate, and which errors can come back.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, Content, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response,
    ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use crate::error::{PROBLEM_JSON, Problem};
use crate::{Api, v1};

/// Name of the security scheme.
const TOKEN: &str = "token";
/// Where the versioned routes lie.
const V1: &str = "/api/v1";

const ABOUT: &str = "Send a token with every request: `Authorization: Bearer klz_…`. \
    Lists take `limit` (at most 200) and `cursor`, and answer `{items, next}`. \
    A JSON body is an object; a parameter that a GET does not know is refused. \
    `Idempotency-Key` counts where a call names it (new tickets, new messages); other calls ignore it. \
    Errors are problem+json (RFC 9457) with a stable `code`, the `field` to change, and the `request_id` of the log. \
    Texts have been through redaction: what was personal reads `[IBAN-1]`.";

/// Errors that every operation may answer with, and those that depend on its shape.
const PROBLEMS: [(&str, &str, &str); 13] = [
    ("400", "BadRequest", "The request cannot be read (`bad_json`, `empty_body`)."),
    (
        "401",
        "Unauthorized",
        "No token, or one that is not valid any more (`token_missing`, `token_invalid`).",
    ),
    ("403", "Forbidden", "The token lacks the scope (`scope_missing`)."),
    ("404", "NotFound", "There is no such thing (`not_found`)."),
    ("409", "Conflict", "It changed meanwhile or exists already (`stale`, `busy`, `conflict`)."),
    (
        "410",
        "Gone",
        "The request was done before under its idempotency key, for somebody who was erased since (`erased`).",
    ),
    (
        "412",
        "PreconditionFailed",
        "It has not the version of `If-Match` any more; nothing was changed (`version_conflict`).",
    ),
    ("413", "TooLarge", "The body is larger than this route takes (`body_too_large`)."),
    ("415", "WrongType", "The content type is not the one this route takes (`bad_content_type`)."),
    ("422", "Unprocessable", "A value cannot be accepted; `field` names it, `code` the rule."),
    (
        "429",
        "TooManyRequests",
        "The token asks too often, or its network does without a valid one; nothing was done; see `Retry-After` (`too_many_requests`).",
    ),
    ("500", "Internal", "Something broke on our side; the log tells more under `request_id` (`internal`)."),
    (
        "503",
        "NotNow",
        "Not possible just now; nothing was stored; see `Retry-After` (`redaction_unavailable`, `store_unavailable`).",
    ),
];

/// All routes with their description.
pub(crate) fn assemble() -> OpenApiRouter<Api> {
    let mut router = OpenApiRouter::with_openapi(base()).nest(V1, v1::routes());
    let document = router.get_openapi_mut();
    for (path, item) in &mut document.paths.paths {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            complete(operation, path.contains('{'));
        }
    }
    router
}

fn base() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Kulanz")
        .version("1")
        .description(Some(ABOUT))
        .license(Some(
            LicenseBuilder::new().name("AGPL-3.0-or-later").identifier(Some("AGPL-3.0-or-later")).build(),
        ))
        .build();
    let mut components = Components::new();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("klz_…")
        .description(Some("An API token. Scopes: read, write, inbound, admin, reveal; admin includes read, write and inbound, and none includes reveal."))
        .build();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(bearer));
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    for (_, name, says) in PROBLEMS {
        components.responses.insert(name.to_owned(), RefOr::T(problem(says)));
    }
    let tags =
        v1::TAGS.iter().map(|(name, says)| TagBuilder::new().name(*name).description(Some(*says)).build());
    OpenApiBuilder::new().info(info).components(Some(components)).tags(Some(tags.collect::<Vec<_>>())).build()
}

fn problem(says: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name(Problem::name())));
    ResponseBuilder::new().description(says).content(PROBLEM_JSON, content).build()
}

fn complete(operation: &mut Operation, has_path_parameter: bool) {
    let has_body = operation.request_body.is_some();
    let has_header = |name: &str| {
        operation.parameters.iter().flatten().any(
            |parameter| matches!(parameter, RefOr::T(p) if p.parameter_in == ParameterIn::Header && p.name == name),
        )
    };
    let (has_condition, has_key) = (has_header("if-match"), has_header("idempotency-key"));
    for (status, name, _) in PROBLEMS {
        let applies = match status {
            "400" | "413" | "415" => has_body,
            "404" => has_path_parameter,
            "409" => has_body || has_path_parameter,
            "410" => has_key,
            "412" => has_condition,
            _ => true,
        };
        if applies {
            let response = RefOr::Ref(Ref::from_response_name(name));
            operation.responses.responses.entry(status.to_owned()).or_insert(response);
        }
    }
}

/// The document, ready to be served.
pub(crate) struct Described {
    /// As JSON.
    pub(crate) json: String,
    /// As a page.
    pub(crate) page: String,
}

impl Described {
    /// Writes the document down once, at start.
    pub(crate) fn of(document: &OpenApi) -> Self {
        let value = serde_json::to_value(document).unwrap_or_default();
        let json = serde_json::to_string_pretty(&value).unwrap_or_default();
        let page = crate::docs::render(&value).into_string();
        Self { json, page }
    }
}

/// Serves the document.
pub(crate) async fn json(State(described): State<Arc<Described>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], described.json.clone())
}
