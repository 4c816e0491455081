//! `kulanz plugin list|show|mode|logs|remove`: what is installed here and what it did.

use std::io;

use desk::{Desk, InstalledView, Page};
use domain::plugin::Mode;
use domain::run::Run;

use super::Logs;
use super::install::shown;
use super::settings::unset_text;
use crate::cli::{Ground, RefusedHere, instead, operator, screen};

pub(super) async fn list(ground: &Ground, json: bool) -> anyhow::Result<()> {
    let house = ground.house(instead::INSTALLATIONS).await?;
    for view in house.desk.installations().await? {
        if json {
            screen::json(&view_json(&view))?;
        } else {
            let i = &view.installation;
            screen::line(format_args!(
                "{}  {:<26} {:<8} {:<8} {}{}",
                i.id,
                i.manifest.id,
                i.manifest.version,
                i.mode,
                state(&view),
                lacks(&view)
            ))?;
        }
    }
    house.close().await;
    Ok(())
}

pub(super) async fn show(ground: &Ground, plugin: &str, json: bool) -> anyhow::Result<()> {
    let house = ground.house(instead::INSTALLATIONS).await?;
    let view = find(&house.desk, plugin).await?;
    if json {
        screen::json(&view_json(&view))?
    } else {
        screen::line(told(&view).trim_end())?
    }
    house.close().await;
    Ok(())
}

pub(super) async fn mode(ground: &Ground, plugin: &str, mode: Mode) -> anyhow::Result<()> {
    let house = ground.house(instead::MODE).await?;
    let view = find(&house.desk, plugin).await?;
    let id = view.installation.id;
    let changed = house.desk.set_mode(id, mode, operator()).await?;
    if view.installation.quarantine.is_some() {
        screen::say("The quarantine is lifted.");
    }
    screen::line(format_args!("{}  {}  {}", changed.id, changed.manifest.id, changed.mode))?;
    house.close().await;
    Ok(())
}

pub(super) async fn remove(ground: &Ground, plugin: &str, yes: bool) -> anyhow::Result<()> {
    let house = ground.house(instead::REMOVE).await?;
    let view = find(&house.desk, plugin).await?;
    let name = &view.installation.manifest.id;
    let agreed =
        yes || (screen::can_ask() && screen::ask(&format!("Remove {name} with its schedules and values?"))?);
    if !agreed {
        return Err(RefusedHere::because("nothing was removed; --yes removes without asking"));
    }
    house.desk.uninstall(view.installation.id, operator()).await?;
    screen::say(format_args!("{name} is removed; what it did stays on the tickets."));
    house.close().await;
    Ok(())
}

pub(super) async fn logs(ground: &Ground, logs: &Logs) -> anyhow::Result<()> {
    let house = ground.house(instead::RUNS).await?;
    let view = find(&house.desk, &logs.plugin).await?;
    let mut page = Page::first(100);
    let mut left = logs.runs;
    while left > 0 {
        let runs = house.desk.ask().runs(Some(view.installation.id), &page).await?;
        let Some(last) = runs.last() else { break };
        page = Page::after(last.id, 100);
        for run in runs.iter().filter(|run| logs.hook.is_none_or(|hook| run.hook == hook)).take(left as usize)
        {
            if logs.json {
                screen::json(run)?
            } else {
                print(run)?
            }
            left -= 1;
        }
    }
    house.close().await;
    Ok(())
}

/// A run in a line, with what it logged.
pub(in crate::cli) fn print(run: &Run) -> io::Result<()> {
    let said = match (&run.fault, &run.verdict) {
        (Some(fault), _) => format!("fault {}: {}", fault.code(), fault.hint()),
        (None, Some(verdict)) => format!("{}: {}", verdict.word, verdict.why),
        (None, None) => String::new(),
    };
    screen::line(format_args!(
        "{}  {} {:<12} {:>7} µs {:>10} fuel  {said}",
        run.started_at, run.plugin_version, run.hook, run.duration_us, run.fuel
    ))?;
    for line in &run.log {
        screen::line(format_args!("    {:<5} {}", line.level, line.message))?;
    }
    if run.log_dropped > 0 {
        screen::line(format_args!("    … {} more lines were dropped", run.log_dropped))?;
    }
    Ok(())
}

/// An installation by its plugin's id or its own.
pub(super) async fn find(desk: &Desk, plugin: &str) -> anyhow::Result<InstalledView> {
    let all = desk.installations().await?;
    let known: Vec<String> = all.iter().map(|v| v.installation.manifest.id.clone()).collect();
    all.into_iter()
        .find(|v| v.installation.manifest.id == plugin || v.installation.id.to_string() == plugin)
        .ok_or_else(|| {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let hint = match (domain::refusal::nearest(plugin, &known), known.is_empty()) {
                (Some(near), _) => format!(" Did you mean `{near}`?"),
                (None, true) => " None is installed: `kulanz plugin install --bundled`.".to_owned(),
                (None, false) => format!(" Installed: {}.", known.join(", ")),
            };
            RefusedHere::because(format!("there is no installation `{plugin}`.{hint}"))
        })
}

fn state(view: &InstalledView) -> String {
    match (&view.problem, &view.installation.quarantine) {
        (Some(problem), _) => format!("cannot be loaded: {problem}"),
        (None, Some(why)) => match view.probe_at {
            Some(at) => format!("quarantined: {why}; tried with one call again from {at} on"),
            None => format!("quarantined: {why}"),
        },
        (None, None) if view.installation.canary.is_some() => {
            "ready; a newer version is tried on part of the tickets".to_owned()
        }
        (None, None) if view.waiting.is_some() => {
            "ready; a newer version waits for you (kulanz plugin upgrade)".to_owned()
        }
        (None, None) if view.loaded => "ready".to_owned(),
        (None, None) => "not loaded".to_owned(),
    }
}

/// Which secrets it has to do without, if any.
fn lacks(view: &InstalledView) -> String {
    let names: Vec<&str> = view.unset_secrets.iter().map(|secret| secret.name.as_str()).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("; not set: {} (kulanz plugin settings)", names.join(", ")),
    }
}

fn view_json(view: &InstalledView) -> serde_json::Value {
    serde_json::json!({
        "installation": shown(&view.installation), "loaded": view.loaded, "problem": view.problem,
        "probe_at": view.probe_at, "waiting": view.waiting, "unset_secrets": view.unset_secrets,
    })
}

pub(super) fn told(view: &InstalledView) -> String {
    let i = &view.installation;
    let mut out = format!(
        "{}  {} {}\n  {}\n  {} · {}\n",
        i.id,
        i.manifest.id,
        i.manifest.version,
        i.manifest.description,
        i.mode,
        state(view)
    );
    out.push_str(&format!(
        "  sha256 {}\n  {}\n  installed {}, changed {}\n",
        i.digest,
        i.publisher.as_ref().map_or_else(|| "not signed".to_owned(), |key| format!("signed by {key}")),
        i.installed_at,
        i.updated_at
    ));
    out.push_str("Asked for and granted:\n");
    for request in &i.manifest.grants {
        let mark = if i.grants.0.contains(&request.to) { "yes" } else { "no " };
        out.push_str(&format!("  {mark}  {:<36} {}\n", request.to.to_string(), request.reason));
    }
    let narrower =
        i.grants.0.iter().filter(|grant| i.manifest.grants.iter().all(|asked| asked.to != **grant));
    for grant in narrower {
        out.push_str(&format!("  yes  {grant} (narrower than asked)\n"));
    }
    if !i.inboxes.is_empty() {
        let names: Vec<&str> = i.inboxes.iter().map(String::as_str).collect();
        out.push_str(&format!("Sees tickets of these inboxes only: {}\n", names.join(", ")));
    }
    for schedule in &i.manifest.schedules {
        out.push_str(&format!("Runs {} ({}): {}\n", schedule.cron, schedule.zone, schedule.name));
    }
    let limits = &i.limits;
    out.push_str(&format!(
        "Limits per call: {} ms, {} of memory, {} effects, {} host calls\n",
        limits.wall_ms,
        domain::files::shown(limits.memory_bytes_max),
        limits.effects_max,
        limits.host_calls_max
    ));
    out.push_str(&format!("Settings: {}\n", desk::masked(i)));
    if !view.unset_secrets.is_empty() {
        out.push_str(&unset_text(&i.manifest.id, &view.unset_secrets));
    }
    out
}
