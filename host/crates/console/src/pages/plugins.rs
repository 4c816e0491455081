//! Installed plugins: how far each is trusted, what it may do, and whether it is well.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::InstalledView;
use maud::{Markup, html};

use super::Visit;
use crate::Console;
use crate::view::fact;

/// Shows the installations.
pub(crate) async fn show(State(console): State<Console>, visit: Visit) -> Response {
    let automation = console.desk.automation_on().await;
    match console.desk.installations().await {
        Ok(all) => visit.page(visit.texts().plugins).of(&list(&visit, &all, automation)).into_response(),
        Err(error) => visit.failed(error),
    }
}

fn list(visit: &Visit, all: &[InstalledView], automation: bool) -> Markup {
    let texts = visit.texts();
    html! {
        @if !automation { p.alarm role="status" { (texts.automation_off) } }
        @if all.is_empty() { p { (texts.no_plugins) } }
        @for view in all { (one(visit, view)) }
    }
}

fn one(visit: &Visit, view: &InstalledView) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    let installation = &view.installation;
    let manifest = &installation.manifest;
    let hooks: Vec<&str> = manifest.hooks.iter().map(|hook| hook.kind.as_str()).collect();
    let granted: Vec<String> = installation.grants.0.iter().map(ToString::to_string).collect();
    let refused: Vec<String> = manifest
        .grants
        .iter()
        .filter(|r| !installation.grants.0.contains(&r.to))
        .map(|r| r.to.to_string())
        .collect();
    html! {
        section.plugin {
            h2 { bdi { (manifest.name) } " " small { code { (manifest.id) } } }
            p dir="auto" { (manifest.description) }
            @if let Some(why) = &installation.quarantine { p.alarm { strong { (texts.quarantined) } ": " (why) } }
            @if let Some(why) = &view.problem { p.alarm { strong { (texts.not_loaded) } ": " (why) } }
            dl.facts {
                (fact(texts.mode, Some(language.mode(installation.mode))))
                (fact(texts.version, Some(&manifest.version)))
                (fact(texts.hooks, Some(&hooks.join(", "))))
                (fact(texts.faults, Some(&installation.faults_in_a_row.to_string())))
                (fact(texts.status, (view.loaded && installation.quarantine.is_none()).then_some(texts.in_order)))
                (grants(texts.grants, &granted, texts.none))
                @if !refused.is_empty() { (grants(texts.asks_for, &refused, texts.none)) }
            }
        }
    }
}

fn grants(name: &str, grants: &[String], none: &str) -> Markup {
    html! {
        div {
            dt { (name) }
            dd {
                @if grants.is_empty() { (none) }
                @for grant in grants { code.tag { (grant) } " " }
            }
        }
    }
}
