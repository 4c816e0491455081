//! Installed plugins: how far each is trusted, what it may do, whether it is well and when it acts by itself, and the
//! switches beside that. What a plugin is allowed is not changed here: that takes reading what it asks for.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use desk::{DeskError, InstalledView};
use domain::plugin::{Mode, Schedule};
use domain::{Refusal, Timestamp};
use maud::{Markup, html};
use serde::Deserialize;

use super::Visit;
use crate::Console;
use crate::session::Administrator;
use crate::view::fact;

/// Automation on, and what came in while it was off left to people.
const ON_LEAVING_MISSED: &str = "on-leaving-missed";

/// What a switch sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Switched {
    /// What it shall be: a mode, or `on`, `on-leaving-missed` and `off`.
    to: String,
}

struct Standing {
    all: Vec<InstalledView>,
    schedules: Vec<Schedule>,
    automation: bool,
    /// Whether what came in while it was off is being made up for.
    making_up: bool,
    now: Timestamp,
}

/// Shows the installations.
pub(crate) async fn show(State(console): State<Console>, visit: Visit) -> Response {
    page(&console, &visit, None).await
}

/// Switches all automation off or on.
pub(crate) async fn automation(
    State(console): State<Console>,
    admin: Administrator,
    visit: Visit,
    sent: Result<Form<Switched>, FormRejection>,
) -> Response {
    let done = match wanted(&visit, sent).as_deref() {
        Ok("on") => console.desk.set_automation(true, admin.0).await,
        Ok(ON_LEAVING_MISSED) => console.desk.set_automation_on_leaving_missed(admin.0).await,
        Ok("off") => console.desk.set_automation(false, admin.0).await,
        Ok(_) => Err(visit.unreadable().into()),
        Err(refusal) => Err(refusal.clone().into()),
    };
    after(&console, &visit, done).await
}

/// Changes how far a plugin is trusted.
pub(crate) async fn mode(
    State(console): State<Console>,
    admin: Administrator,
    visit: Visit,
    Path(id): Path<String>,
    sent: Result<Form<Switched>, FormRejection>,
) -> Response {
    let done = async {
        let mode: Mode = wanted(&visit, sent)?.parse().map_err(|_| visit.unreadable())?;
        let id = id.parse().map_err(|_| DeskError::missing("installation", &id))?;
        Box::pin(console.desk.set_mode(id, mode, admin.0)).await.map(drop)
    };
    let done = done.await;
    after(&console, &visit, done).await
}

/// Lifts a quarantine.
pub(crate) async fn release(
    State(console): State<Console>,
    admin: Administrator,
    visit: Visit,
    Path(id): Path<String>,
) -> Response {
    let done = async {
        let id = id.parse().map_err(|_| DeskError::missing("installation", &id))?;
        console.desk.release(id, admin.0).await.map(drop)
    };
    let done = done.await;
    after(&console, &visit, done).await
}

/// Fires a schedule beside its times.
pub(crate) async fn fire(
    State(console): State<Console>,
    admin: Administrator,
    visit: Visit,
    Path(id): Path<String>,
) -> Response {
    let done = async {
        let id = id.parse().map_err(|_| DeskError::missing("schedule", &id))?;
        console.desk.fire_now(id, admin.0).await
    };
    let done = done.await;
    after(&console, &visit, done).await
}

fn wanted(visit: &Visit, sent: Result<Form<Switched>, FormRejection>) -> Result<String, Refusal> {
    sent.map(|Form(switched)| switched.to).map_err(|_| visit.unreadable())
}

/// Back to the list, or the list with what went wrong.
async fn after(console: &Console, visit: &Visit, done: Result<(), DeskError>) -> Response {
    match done {
        Ok(()) => Redirect::to(&visit.spoken.link("/plugins", &[])).into_response(),
        Err(DeskError::Refused(refusal)) => page(console, visit, Some(&visit.tell(&refusal.sentence))).await,
        Err(error @ DeskError::Plugin { .. }) => {
            page(console, visit, Some(&visit.tell(&error.to_string()))).await
        }
        Err(error) => visit.failed(error),
    }
}

async fn page(console: &Console, visit: &Visit, failed: Option<&str>) -> Response {
    match standing(console).await {
        Ok(standing) => {
            let status = failed.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
            let body = html! {
                @if let Some(why) = failed { p.alarm role="alert" dir="auto" { (why) } }
                (list(visit, &standing))
            };
            (status, visit.page_at(visit.texts().plugins, "/plugins").of(&body)).into_response()
        }
        Err(error) => visit.failed(error),
    }
}

async fn standing(console: &Console) -> Result<Standing, DeskError> {
    Ok(Standing {
        all: console.desk.installations().await?,
        schedules: console.desk.ask().schedules().await?,
        automation: console.desk.automation_on().await,
        making_up: console.desk.is_making_up().await?,
        now: console.desk.now(),
    })
}

fn list(visit: &Visit, standing: &Standing) -> Markup {
    let texts = visit.texts();
    html! {
        (kill_switch(visit, standing))
        @if standing.all.is_empty() { p { (texts.no_plugins) } }
        @for view in &standing.all { (one(visit, standing, view)) }
    }
}

fn kill_switch(visit: &Visit, standing: &Standing) -> Markup {
    let (texts, on) = (visit.texts(), standing.automation);
    let making_up = on && standing.making_up;
    let (to, label) = if on { ("off", texts.switch_off_all) } else { ("on", texts.switch_on_all) };
    html! {
        form.buttons method="post" action=(visit.spoken.link("/plugins/automation", &[])) {
            button type="submit" name="to" value=(to) { (label) }
            @if !on {
                button type="submit" name="to" value=(ON_LEAVING_MISSED) { (texts.switch_on_leaving_missed) }
            }
            @if making_up {
                button type="submit" name="to" value=(ON_LEAVING_MISSED) { (texts.leave_rest_to_people) }
            }
        }
        @if !on { p { small { (texts.missed_is_made_up) } } }
        @if making_up { p role="status" { (texts.missed_is_being_made_up) } }
    }
}

fn one(visit: &Visit, standing: &Standing, view: &InstalledView) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    let installation = &view.installation;
    let manifest = &installation.manifest;
    let hooks: Vec<&str> = manifest.hooks.iter().map(|hook| language.hook(hook.kind)).collect();
    let granted: Vec<String> = installation.grants.0.iter().map(ToString::to_string).collect();
    let refused: Vec<String> = manifest
        .grants
        .iter()
        .filter(|r| !installation.grants.0.contains(&r.to))
        .map(|r| r.to.to_string())
        .collect();
    let schedules: Vec<&Schedule> =
        standing.schedules.iter().filter(|s| s.installation_id == installation.id).collect();
    html! {
        section.plugin {
            h2 { bdi { (manifest.name) } " " small { code { (manifest.id) } } }
            p dir="auto" { (manifest.description) }
            @if let Some(why) = &installation.quarantine { (quarantine(visit, view, why)) }
            @if let Some(why) = &view.problem { p.alarm { strong { (texts.not_loaded) } ": " (visit.tell(why)) } }
            @if let Some(version) = &view.waiting { p.alarm { (texts.upgrade_waits) " " code { "kulanz plugin upgrade " (manifest.id) } " (" (version.manifest.version) ")" } }
            @for secret in &view.unset_secrets { p.alarm { (texts.unset_secrets) " " code { (secret.name) } " (" code { "PATCH /api/v1/installations/" (installation.id) } ", " code { "kulanz plugin settings " (manifest.id) " --set FILE" } ")" } }
            dl.facts {
                (fact(texts.mode, Some(language.mode(installation.mode))))
                (fact(texts.version, Some(&manifest.version)))
                (fact(texts.hooks, Some(&hooks.join(", "))))
                (fact(texts.faults, Some(&installation.faults_in_a_row.to_string())))
                (fact(texts.status, (view.loaded && installation.quarantine.is_none()).then_some(texts.in_order)))
                (grants(texts.grants, &granted, texts.none))
                @if !refused.is_empty() { (grants(texts.asks_for, &refused, texts.none)) }
            }
            (mode_form(visit, view))
            @if !schedules.is_empty() { (times(visit, standing, &schedules)) }
        }
    }
}

fn quarantine(visit: &Visit, view: &InstalledView, why: &str) -> Markup {
    let texts = visit.texts();
    let action = format!("/plugins/{}/release", view.installation.id);
    html! {
        div.alarm {
            p { strong { (texts.quarantined) } ": " (visit.tell(why)) }
            form method="post" action=(visit.spoken.link(&action, &[])) { button type="submit" { (texts.release) } }
        }
    }
}

fn mode_form(visit: &Visit, view: &InstalledView) -> Markup {
    let (texts, language) = (visit.texts(), visit.spoken.language);
    let installation = &view.installation;
    let action = format!("/plugins/{}/mode", installation.id);
    html! {
        form.buttons method="post" action=(visit.spoken.link(&action, &[])) {
            label {
                (texts.mode) " "
                select name="to" {
                    @for mode in Mode::ALL {
                        option value=(mode) selected[*mode == installation.mode] { (language.mode(*mode)) }
                    }
                }
            }
            button type="submit" { (texts.save) }
        }
    }
}

/// When it acts by itself.
fn times(visit: &Visit, standing: &Standing, schedules: &[&Schedule]) -> Markup {
    let texts = visit.texts();
    let heads = [texts.schedule, texts.times, texts.next_firing, texts.last_firing, texts.decide];
    html! {
        table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody {
                @for schedule in schedules {
                    @let declared = &schedule.declaration;
                    tr {
                        th scope="row" data-name=(texts.schedule) { bdi { (declared.name) } }
                        td data-name=(texts.times) { code { (declared.cron) } " " (declared.zone) }
                        td data-name=(texts.next_firing) { (next(visit, standing, schedule)) }
                        td data-name=(texts.last_firing) {
                            @match schedule.last_for { Some(at) => (visit.time(at)), None => "–" }
                        }
                        td data-name=(texts.decide) {
                            form method="post" action=(visit.spoken.link(&format!("/plugins/schedules/{}/fire", schedule.id), &[])) {
                                button type="submit" { (texts.fire_now) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn next(visit: &Visit, standing: &Standing, schedule: &Schedule) -> Markup {
    let texts = visit.texts();
    html! {
        @match (schedule.enabled, schedule.next_at) {
            (false, _) => (texts.switched_off),
            (true, None) => (texts.never),
            (true, Some(at)) if at <= standing.now => (texts.due),
            (true, Some(at)) => (visit.time(at)),
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
