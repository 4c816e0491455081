//! Duplicates and incidents: what one customer sent twice is linked, and many customers who write about one thing at
//! once raise an incident for a person.
//!
//! This file only finds tickets and carries proposals; what belongs together is decided in `cluster` and `watch`.

pub mod cluster;
pub mod watch;
pub mod words;

use std::collections::BTreeSet;

use kulanz_sdk::prelude::*;
use kulanz_sdk::tickets::Query;
use watch::{Case, Finding, HOUR_MS, Settings};

/// Tickets the host hands out per search.
const PAGE: u32 = 200;
/// Searches for the window's tickets: where more come, the oldest of them are looked at.
const WINDOW_PAGES_MAX: usize = 4;
/// Searches for those before it, which only tell what is usual.
const BEFORE_PAGES_MAX: usize = 2;
/// Effects of one run, of the 64 allowed. An incident with all that it may attach at once fits.
const EFFECTS_MAX: usize = 56;

/// The plugin.
pub struct Incidents;

impl Schedule for Incidents {
    type Settings = Settings;

    fn fire(firing: &Firing<'_>, settings: Settings, out: &mut Effects) -> Result<String, Error> {
        let now_ms = firing.fired_at_ms();
        let cases = cases(&settings, now_ms)?;
        let findings = watch::look(&cases, &settings, now_ms);
        let (mut done, mut left, mut room) = (0, 0, EFFECTS_MAX);
        for finding in &findings {
            let Some(rest) = room.checked_sub(finding.effects()) else {
                left += 1;
                continue;
            };
            room = rest;
            propose(finding, &settings, out);
            done += 1;
        }
        Ok(match left {
            0 => format!("{} tickets compared; {done} findings", cases.len()),
            left => {
                format!("{} tickets compared; {done} findings, {left} left for the next run", cases.len())
            }
        })
    }
}

/// The last day's tickets, oldest first: all of the window, and of what was before it as many as there is room for.
fn cases(settings: &Settings, now_ms: u64) -> Result<Vec<Case>, Error> {
    let window_at = now_ms.saturating_sub(settings.window_minutes * watch::MINUTE_MS);
    let day_at = now_ms.saturating_sub(watch::LOOK_BACK_HOURS * HOUR_MS);
    let mut seen = BTreeSet::new();
    let recent = pages(window_at, u64::MAX, WINDOW_PAGES_MAX, &mut seen)?;
    let mut cases = pages(day_at, window_at, BEFORE_PAGES_MAX, &mut seen)?;
    cases.extend(recent);
    Ok(cases)
}

/// Tickets created after one instant and not after another, oldest first, page by page.
fn pages(
    after_ms: u64,
    until_ms: u64,
    pages_max: usize,
    seen: &mut BTreeSet<String>,
) -> Result<Vec<Case>, Error> {
    let mut cases = Vec::new();
    let mut after = after_ms;
    for _ in 0..pages_max {
        let query = Query { created_after_ms: Some(after), limit: PAGE, ..Query::default() };
        let page = kulanz_sdk::tickets::search(&query)?;
        let full = page.len() >= PAGE as usize;
        // One millisecond back, so that tickets of the same instant are not lost between two pages.
        after = page.last().map_or(after, |t| t.created_at_ms().saturating_sub(1));
        for ticket in &page {
            if ticket.created_at_ms() <= until_ms && seen.insert(ticket.id()) {
                cases.extend(case(ticket)?);
            }
        }
        if !full || after >= until_ms {
            break;
        }
    }
    Ok(cases)
}

/// A ticket that a person opened; none for machines' mails and for tickets without a requester.
fn case(ticket: &Ticket<'_>) -> Result<Option<Case>, Error> {
    let Some(requester) = ticket.requester() else { return Ok(None) };
    let messages = ticket.messages()?;
    let first = messages.iter().find(|m| m.direction() == "inbound");
    let Some(first) = first.filter(|m| m.auto_class() == "human") else { return Ok(None) };
    Ok(Some(Case {
        id: ticket.id(),
        number: ticket.number(),
        requester: requester.id(),
        created_at_ms: ticket.created_at_ms(),
        is_open: !matches!(ticket.status_category().as_str(), "solved" | "closed"),
        tags: ticket.tags(),
        duplicate_of: ticket.custom("duplicate_of")?,
        incident: ticket.custom("incident")?,
        words: words::of(&ticket.subject()?, &first.reply_text()?),
    }))
}

fn propose(finding: &Finding, settings: &Settings, out: &mut Effects) {
    match finding {
        Finding::Duplicate { ticket, of, likeness } => {
            let reason = format!("The same customer wrote nearly the same on #{of}.");
            let basis = || because(reason.clone(), *likeness).evidence(format!("#{of}"));
            let mut on = out.on_id(ticket.clone());
            on.set_field("custom.duplicate_of", &format!("#{of}"), basis()).add_tag("duplicate", basis());
        }
        Finding::Incident { lead, is_new, joined, requesters, minutes, topic } => {
            let about = topic.join(", ");
            let reason = format!(
                "{} tickets of {requesters} customers within {minutes} minutes are about one thing: {about}.",
                joined.len() + 1
            );
            let basis = || because(reason.clone(), 0.9).evidences(topic.iter().cloned());
            if *is_new {
                let team = Some(settings.team.as_str()).filter(|team| !team.is_empty());
                out.on_id(lead.id.clone())
                    .add_tag(watch::INCIDENT, basis())
                    .set_field("custom.incident", &format!("#{}", lead.number), basis())
                    .escalate(team, basis());
            }
            let numbers: Vec<String> = joined.iter().map(|one| format!("#{}", one.number)).collect();
            let note = format!("Incident about: {about}. Attached: {}.", numbers.join(", "));
            out.on_id(lead.id.clone()).note(&note, basis());
            for one in joined {
                out.on_id(one.id.clone())
                    .set_field("custom.incident", &format!("#{}", lead.number), basis())
                    .add_tag(watch::INCIDENT, basis());
            }
        }
    }
}

kulanz_sdk::export!(Incidents: schedule);

#[cfg(test)]
mod tests;
