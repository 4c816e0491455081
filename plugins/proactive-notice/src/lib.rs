//! Proactive notices on a schedule: reminders, follow-ups, known incidents. Each customer is told once.
//!
//! This file only finds tickets and carries notices; who is written to is decided in `notice`.

pub mod notice;
pub mod texts;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use kulanz_sdk::prelude::*;
use kulanz_sdk::tickets::Query;
use notice::{Case, DAY_MS, HOUR_MS, Notice, Passed, Settings};

/// Tickets written to in one run: each takes two effects of the 64 allowed. The rest waits for the next run.
const NOTICES_MAX: usize = 30;
/// Tickets the host hands out per search.
const PAGE: u32 = 200;
/// Searches per list of tickets.
const PAGES_MAX: usize = 5;
/// Tickets that are older than this when they wait or are solved are not looked at.
const AGE_DAYS_MAX: u64 = 90;

/// The plugin.
pub struct ProactiveNotice;

impl Schedule for ProactiveNotice {
    type Settings = Settings;

    fn fire(firing: &Firing<'_>, settings: Settings, out: &mut Effects) -> Result<String, Error> {
        let now_ms = firing.fired_at_ms();
        match firing.schedule().as_str() {
            "reminders" => reminders(&settings, now_ms, out),
            "incident" => incident(&settings, now_ms, out),
            other => Err(Error::invalid(format!("there is no schedule `{other}` in this plugin"))),
        }
    }
}

/// What became of the tickets that were looked at.
#[derive(Default)]
struct Tally {
    written: usize,
    told_before: usize,
    no_consent: usize,
    waiting: usize,
}

impl Tally {
    /// Proposes a notice, if there is room; answers whether it was proposed.
    fn take(&mut self, verdict: Result<Notice, Passed>, out: &mut Effects) -> bool {
        match verdict {
            Ok(_) if self.written >= NOTICES_MAX => self.waiting += 1,
            Ok(notice) => {
                let basis = || because(notice.reason.clone(), 0.9).evidence(notice.evidence.clone());
                let mut on = out.on_id(notice.ticket.clone());
                on.notify(&notice.subject, &notice.text, Some(notice.language.tag()), basis())
                    .add_tag(&notice.tag, basis());
                self.written += 1;
                return true;
            }
            Err(Passed::ToldBefore) => self.told_before += 1,
            Err(Passed::NoConsent) => self.no_consent += 1,
            Err(Passed::NotMeant) => {}
        }
        false
    }

    fn told(&self, what: &str) -> String {
        let mut line = format!("{} {what}", self.written);
        for (count, why) in [
            (self.told_before, "told before"),
            (self.no_consent, "without consent"),
            (self.waiting, "left for the next run"),
        ] {
            if count > 0 {
                line.push_str(&format!(", {count} {why}"));
            }
        }
        line
    }
}

fn reminders(settings: &Settings, now_ms: u64, out: &mut Effects) -> Result<String, Error> {
    let before = |days: u32| Some(now_ms.saturating_sub(u64::from(days) * DAY_MS).saturating_add(1));
    let mut reminded = Tally::default();
    if settings.reminder_days > 0 {
        let query = Query {
            status_category: Some("pending".to_owned()),
            replied_before_ms: before(settings.reminder_days),
            ..Query::default()
        };
        for case in all(query, now_ms.saturating_sub(AGE_DAYS_MAX * DAY_MS))? {
            reminded.take(notice::reminder(&case, settings, now_ms), out);
        }
    }
    // Both share the room of one run.
    let mut asked = Tally { written: reminded.written, ..Tally::default() };
    if settings.follow_up_days > 0 {
        let query = Query {
            status_category: Some("solved".to_owned()),
            solved_before_ms: before(settings.follow_up_days),
            ..Query::default()
        };
        for case in all(query, now_ms.saturating_sub(AGE_DAYS_MAX * DAY_MS))? {
            asked.take(notice::follow_up(&case, settings, now_ms), out);
        }
    }
    asked.written -= reminded.written;
    Ok(format!("{}; {}", reminded.told("reminded"), asked.told("asked after solving")))
}

fn incident(settings: &Settings, now_ms: u64, out: &mut Effects) -> Result<String, Error> {
    let incident = &settings.incident;
    if !incident.active {
        return Ok("no incident is active".to_owned());
    }
    if incident.text(texts::Language::German).is_none() {
        return Ok("the incident has no text: write text_de or text_en in the settings".to_owned());
    }
    let mut tally = Tally::default();
    for status in ["new", "open", "pending", "on_hold"] {
        let query = Query { status_category: Some(status.to_owned()), ..Query::default() };
        for case in all(query, now_ms.saturating_sub(u64::from(incident.hours) * HOUR_MS).saturating_sub(1))?
        {
            if notice::announcement(&case, settings, false, now_ms) == Err(Passed::NotMeant) {
                continue;
            }
            let key = format!("told/{}/{}", incident.key(), case.id);
            let told = kv::get(&key)?.is_some();
            if tally.take(notice::announcement(&case, settings, told, now_ms), out) {
                kv::set(&key, now_ms.to_string().as_bytes())?;
            }
        }
    }
    Ok(tally.told("told of the incident"))
}

/// All tickets of a query created after an instant, oldest first, page by page.
fn all(query: Query, created_after_ms: u64) -> Result<Vec<Case>, Error> {
    let mut cases: Vec<Case> = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut after = created_after_ms;
    for _ in 0..PAGES_MAX {
        let page = tickets::search(&Query { created_after_ms: Some(after), limit: PAGE, ..query.clone() })?;
        let full = page.len() >= PAGE as usize;
        // One millisecond back, so that tickets of the same instant are not lost between two pages.
        after = page.last().map_or(after, |t| t.created_at_ms().saturating_sub(1));
        cases.extend(page.iter().filter(|ticket| seen.insert(ticket.id())).map(case));
        if !full {
            break;
        }
    }
    Ok(cases)
}

fn case(ticket: &Ticket<'_>) -> Case {
    let requester = ticket.requester();
    Case {
        id: ticket.id(),
        number: ticket.number(),
        status_category: ticket.status_category(),
        category: ticket.category(),
        tags: ticket.tags(),
        language: ticket.language().or_else(|| requester.as_ref().and_then(Contact::locale)),
        created_at_ms: ticket.created_at_ms(),
        customer_at_ms: ticket.last_customer_message_at_ms(),
        reply_at_ms: ticket.last_reply_at_ms(),
        solved_at_ms: ticket.solved_at_ms(),
        consent: requester.as_ref().map(Contact::proactive_consent),
    }
}

kulanz_sdk::export!(ProactiveNotice: schedule);
