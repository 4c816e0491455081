//! What is a duplicate and what an incident. Pure: the last day's tickets in, findings out; refuses to know the host.

use std::collections::BTreeSet;

use crate::cluster::Texts;

/// Milliseconds of a minute.
pub const MINUTE_MS: u64 = 60_000;
/// Milliseconds of an hour.
pub const HOUR_MS: u64 = 60 * MINUTE_MS;
/// How far back tickets are looked at, hours.
pub const LOOK_BACK_HOURS: u64 = 24;
/// Tag of everything that belongs to an incident.
pub const INCIDENT: &str = "incident";
/// Telling words below which two tickets are not compared: “Hello?” is like every “Hello?”.
const WORDS_MIN: usize = 3;
/// Words that say what an incident is about.
const TOPIC_WORDS: usize = 5;
/// Tickets that one finding attaches; each takes two effects. The next firing takes the rest.
const JOINED_MAX: usize = 24;

/// What an admin can set.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether duplicates are linked.
    pub duplicates: bool,
    /// How alike they are.
    pub duplicate_likeness: f32,
    /// Whether incidents are raised.
    pub incidents: bool,
    /// How alike tickets of one incident are.
    pub likeness: f32,
    /// Within how many minutes they come.
    pub window_minutes: u64,
    /// From how many tickets on.
    pub tickets: usize,
    /// Of at least how many customers.
    pub requesters: usize,
    /// How many times as many as usual.
    pub times_usual: f64,
    /// Team that incidents go to; empty: the ticket's own.
    pub team: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            duplicates: true,
            duplicate_likeness: 0.8,
            incidents: true,
            likeness: 0.3,
            window_minutes: 60,
            tickets: 5,
            requesters: 4,
            times_usual: 3.0,
            team: String::new(),
        }
    }
}

/// A ticket that a person opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Id.
    pub id: String,
    /// Number.
    pub number: u64,
    /// Who asks.
    pub requester: String,
    /// When.
    pub created_at_ms: u64,
    /// Whether anything is left to do.
    pub is_open: bool,
    /// Tags.
    pub tags: Vec<String>,
    /// The ticket that it is a duplicate of, as `#7`.
    pub duplicate_of: Option<String>,
    /// The incident it belongs to, as `#7`; its own number: others are attached to it.
    pub incident: Option<String>,
    /// What it is about.
    pub words: BTreeSet<String>,
}

impl Case {
    /// Whether it is the ticket that an incident's others are attached to: it names itself.
    fn leads(&self) -> bool {
        self.incident.as_deref() == Some(format!("#{}", self.number).as_str())
    }

    /// Whether it may be attached. A tag without the field says that a person has taken it off again.
    fn is_free(&self) -> bool {
        self.incident.is_none() && !self.tags.iter().any(|tag| tag == INCIDENT)
    }
}

/// A ticket's id and number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Id.
    pub id: String,
    /// Number.
    pub number: u64,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// A customer wrote nearly the same before.
    Duplicate {
        /// The later ticket.
        ticket: String,
        /// Number of the earlier one.
        of: u64,
        /// How alike they are.
        likeness: f32,
    },
    /// Many customers write about one thing at once.
    Incident {
        /// The ticket that the others are attached to.
        lead: Named,
        /// Whether it is raised now rather than joined.
        is_new: bool,
        /// Tickets to attach.
        joined: Vec<Named>,
        /// Customers, the lead's included.
        requesters: usize,
        /// Within how many minutes.
        minutes: u64,
        /// Words that they have in common.
        topic: Vec<String>,
    },
}

impl Finding {
    /// How many effects it takes.
    #[must_use]
    pub fn effects(&self) -> usize {
        match self {
            Self::Duplicate { .. } => 2,
            Self::Incident { joined, is_new, .. } => 1 + usize::from(*is_new) * 3 + joined.len() * 2,
        }
    }
}

/// Looks at the last day's tickets, oldest first.
#[must_use]
pub fn look(cases: &[Case], settings: &Settings, now_ms: u64) -> Vec<Finding> {
    let telling: Vec<&Case> = cases.iter().filter(|case| case.words.len() >= WORDS_MIN).collect();
    let window_ms = settings.window_minutes * MINUTE_MS;
    let is_usual = |case: &Case| now_ms.saturating_sub(case.created_at_ms) > window_ms;
    let texts = Texts::of(&telling.iter().map(|case| (&case.words, is_usual(case))).collect::<Vec<_>>());
    let mut out = Vec::new();
    if settings.incidents {
        out.extend(incidents(&telling, &texts, settings, now_ms));
    }
    if settings.duplicates {
        out.extend(duplicates(&telling, &texts, settings));
    }
    out
}

fn duplicates(cases: &[&Case], texts: &Texts<'_>, settings: &Settings) -> Vec<Finding> {
    let mut out = Vec::new();
    for (place, case) in cases.iter().enumerate() {
        if case.duplicate_of.is_some() || !case.is_open {
            continue;
        }
        let alike = texts.like(place, settings.duplicate_likeness);
        // The earliest of the same customer that is no duplicate itself: chains all lead to one ticket.
        let earlier = alike.into_iter().filter_map(|(other, likeness)| {
            let other = cases.get(other)?;
            let same = other.requester == case.requester && other.number < case.number;
            (same && other.duplicate_of.is_none()).then_some((other.number, likeness))
        });
        if let Some((of, likeness)) = earlier.min_by_key(|(number, _)| *number) {
            out.push(Finding::Duplicate { ticket: case.id.clone(), of, likeness: likeness.clamp(0.0, 1.0) });
        }
    }
    out
}

fn incidents(cases: &[&Case], texts: &Texts<'_>, settings: &Settings, now_ms: u64) -> Vec<Finding> {
    let window_ms = settings.window_minutes * MINUTE_MS;
    let is_recent = |case: &Case| now_ms.saturating_sub(case.created_at_ms) <= window_ms;
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    let mut out = Vec::new();
    for (place, case) in cases.iter().enumerate() {
        if taken.contains(&place) || !case.is_open || !is_recent(case) || !case.is_free() {
            continue;
        }
        let group = group_around(place, cases, texts, settings, &is_recent);
        let found = judge(&group, cases, texts, settings, now_ms);
        if let Some(finding) = found {
            taken.extend(&group.recent);
            out.push(finding);
        }
    }
    out
}

/// A topic's tickets: those of the window, and those before it.
struct Group {
    recent: Vec<usize>,
    before: usize,
}

/// All tickets like this one. Each has to be like the first: chains of likeness end nowhere.
fn group_around(
    place: usize,
    cases: &[&Case],
    texts: &Texts<'_>,
    settings: &Settings,
    is_recent: &impl Fn(&Case) -> bool,
) -> Group {
    let mut group = Group { recent: vec![place], before: 0 };
    for (other, _) in texts.like(place, settings.likeness) {
        match cases.get(other) {
            Some(case) if is_recent(case) && case.is_open => group.recent.push(other),
            Some(case) if !is_recent(case) => group.before += 1,
            _ => {}
        }
    }
    group.recent.sort_unstable();
    group
}

fn judge(
    group: &Group,
    cases: &[&Case],
    texts: &Texts<'_>,
    settings: &Settings,
    now_ms: u64,
) -> Option<Finding> {
    let members: Vec<&Case> = group.recent.iter().filter_map(|place| cases.get(*place).copied()).collect();
    let requesters: BTreeSet<&str> = members.iter().map(|case| case.requester.as_str()).collect();
    let standing = members.iter().copied().find(|case| case.leads());
    let enough = members.len() >= settings.tickets && requesters.len() >= settings.requesters;
    if standing.is_none() && !(enough && is_unusual(group, settings)) {
        return None;
    }
    let lead = standing.or_else(|| members.iter().copied().find(|case| case.is_free()))?;
    let named = |case: &Case| Named { id: case.id.clone(), number: case.number };
    let joined: Vec<Named> = members
        .iter()
        .filter(|case| case.id != lead.id && case.is_free())
        .take(JOINED_MAX)
        .map(|case| named(case))
        .collect();
    if joined.is_empty() {
        return None;
    }
    let oldest = members.iter().map(|case| case.created_at_ms).min().unwrap_or(now_ms);
    Some(Finding::Incident {
        lead: named(lead),
        is_new: standing.is_none(),
        joined,
        requesters: requesters.len(),
        minutes: now_ms.saturating_sub(oldest) / MINUTE_MS,
        topic: texts.common(&group.recent, TOPIC_WORDS),
    })
}

/// Whether more come than usual: their rate in the window against the rest of the day.
fn is_unusual(group: &Group, settings: &Settings) -> bool {
    let count = |n: usize| u32::try_from(n).map_or(f64::MAX, f64::from);
    let day_minutes = count(usize::try_from(LOOK_BACK_HOURS).unwrap_or(24) * 60);
    let window = count(usize::try_from(settings.window_minutes).unwrap_or(60)).max(1.0);
    let rest = (day_minutes - window).max(1.0);
    let usual = count(group.before) / rest * window;
    count(group.recent.len()) >= settings.times_usual * usual
}
