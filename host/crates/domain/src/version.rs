//! Versions of an installed plugin: what is kept of each, who signed it, and what a new one wants beyond the
//! one in force. Decides whether an upgrade may go in by itself or waits for consent; loads and stores nothing.

use std::cmp::Ordering;

use crate::event::EventType;
use crate::grant::{Grant, Grants};
use crate::id::InstallationId;
use crate::plugin::{Hook, Installation, Limits, Manifest};
use crate::{Actor, Refusal, Timestamp, text_enum};

mod publisher;

pub use publisher::PublisherKey;

text_enum! {
    /// Where a version of an installation stands.
    VersionState {
        /// Handed in; an admin has to consent before it is called.
        Waiting = "waiting",
        /// Tried on part of the tickets.
        Canary = "canary",
        /// The one that is called.
        Active = "active",
        /// Was active; can be put back at once.
        Former = "former",
        /// An admin said no.
        Declined = "declined",
    }
}

/// One version of an installed plugin, with what it was allowed when it was last active.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PluginVersion {
    /// Whose.
    pub installation_id: InstallationId,
    /// SHA-256 of the component file, hex.
    pub digest: String,
    /// What the author says about it.
    pub manifest: Manifest,
    /// Who signed it; none: unsigned.
    pub publisher: Option<PublisherKey>,
    /// Where it stands.
    pub state: VersionState,
    /// What it wants beyond the version it was handed in over; what an admin consents to.
    pub wishes: Vec<Wish>,
    /// What it is, was or (waiting) would be allowed without further consent.
    pub grants: Grants,
    /// Settings it has, had, or would have.
    pub settings: serde_json::Value,
    /// Limits it has, had, or would have.
    pub limits: Limits,
    /// When it was handed in.
    pub received_at: Timestamp,
    /// By whom.
    pub received_by: Actor,
    /// When it was last made active.
    pub activated_at: Option<Timestamp>,
    /// By whom: whose consent it was.
    pub activated_by: Option<Actor>,
}

/// One thing that a new version wants and the one in force did not: a reason to ask an admin.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "wish", rename_all = "snake_case")]
pub enum Wish {
    /// A grant that was not asked for before.
    Grant {
        /// Which.
        to: Grant,
        /// The author's reason.
        reason: String,
    },
    /// A hook that it did not have.
    Hook {
        /// Which.
        hook: Hook,
    },
    /// Events that a hook did not listen to.
    Events {
        /// Which hook.
        hook: Hook,
        /// Which events.
        events: Vec<EventType>,
    },
    /// A schedule that is new or fires at other times.
    Schedule {
        /// Its name.
        name: String,
        /// Its cron expression.
        cron: String,
        /// Its time zone.
        zone: String,
    },
    /// A secret that is new or goes to another host.
    Secret {
        /// Name of the setting.
        setting: String,
        /// Where it goes.
        host: String,
    },
    /// A higher limit.
    Limit {
        /// Which.
        name: String,
        /// In force.
        from: u64,
        /// Wanted.
        to: u64,
    },
    /// Another signer, or none.
    Publisher {
        /// Who signed the version in force.
        from: Option<PublisherKey>,
        /// Who signed this one.
        to: Option<PublisherKey>,
    },
    /// A version that is older than the one in force.
    Downgrade {
        /// In force.
        from: String,
        /// Handed in.
        to: String,
    },
    /// The same version number over other bytes.
    SameVersion {
        /// The number.
        version: String,
    },
}

impl Wish {
    /// For people: what it wants, as half a sentence after "It".
    #[must_use]
    pub fn sentence(&self) -> String {
        let who = |key: &Option<PublisherKey>| {
            key.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string)
        };
        match self {
            Self::Grant { to, reason } => format!("asks for {to}: {reason}"),
            Self::Hook { hook } => format!("has a new hook: {hook}"),
            Self::Events { hook, events } => {
                let events: Vec<&str> = events.iter().map(|e| e.as_str()).collect();
                format!("wants its {hook} hook to be called for {}", events.join(", "))
            }
            Self::Schedule { name, cron, zone } => {
                format!("wants to run by itself at {cron} ({zone}): {name}")
            }
            Self::Secret { setting, host } => format!("wants the secret {setting} to be sent to {host}"),
            Self::Limit { name, from, to } => format!("wants {name} raised from {from} to {to}"),
            Self::Publisher { from, to } => {
                format!("is signed by {}, the version in force by {}", who(to), who(from))
            }
            Self::Downgrade { from, to } => format!("is version {to}, older than {from}, which is in force"),
            Self::SameVersion { version } => {
                format!("calls itself {version} like the version in force, and has other bytes")
            }
        }
    }
}

/// What a new version wants beyond the one in force. Empty: it may go in by itself.
///
/// # Errors
/// When it must not go in at all: a signed version's number over other bytes.
pub fn wishes(
    in_force: &Installation,
    next: &Manifest,
    publisher: Option<&PublisherKey>,
) -> Result<Vec<Wish>, Refusal> {
    let mut out = Vec::new();
    if in_force.publisher.as_ref() != publisher {
        out.push(Wish::Publisher { from: in_force.publisher.clone(), to: publisher.cloned() });
    }
    match order(&next.version, &in_force.manifest.version) {
        Ordering::Less => {
            out.push(Wish::Downgrade { from: in_force.manifest.version.clone(), to: next.version.clone() })
        }
        Ordering::Equal if publisher.is_some() || in_force.publisher.is_some() => {
            return Err(Refusal::new(
                "same_version",
                format!(
                    "{} {} is installed already with other bytes; a signed version never changes: give the new one a new number.",
                    next.id, next.version
                ),
            )
            .at("version"));
        }
        Ordering::Equal => out.push(Wish::SameVersion { version: next.version.clone() }),
        Ordering::Greater => {}
    }
    out.extend(more_grants(&in_force.manifest, next));
    out.extend(more_calls(&in_force.manifest, next));
    out.extend(more_secrets(&in_force.manifest, next));
    out.extend(more_limits(in_force, next));
    Ok(out)
}

fn more_grants(before: &Manifest, next: &Manifest) -> impl Iterator<Item = Wish> {
    let asked = before.requested();
    next.grants
        .iter()
        .filter(move |request| !asked.covers(&request.to))
        .map(|request| Wish::Grant { to: request.to.clone(), reason: request.reason.clone() })
}

/// Hooks, events and schedules: everything that makes it be called more often than before.
fn more_calls(before: &Manifest, next: &Manifest) -> Vec<Wish> {
    let mut out = Vec::new();
    for hook in &next.hooks {
        let Some(known) = before.hook(hook.kind) else {
            out.push(Wish::Hook { hook: hook.kind });
            continue;
        };
        let events: Vec<EventType> =
            hook.events.iter().copied().filter(|event| !known.events.contains(event)).collect();
        if !events.is_empty() {
            out.push(Wish::Events { hook: hook.kind, events });
        }
    }
    for schedule in &next.schedules {
        let known = before
            .schedules
            .iter()
            .any(|s| (&s.name, &s.cron, &s.zone) == (&schedule.name, &schedule.cron, &schedule.zone));
        if !known {
            out.push(Wish::Schedule {
                name: schedule.name.clone(),
                cron: schedule.cron.clone(),
                zone: schedule.zone.clone(),
            });
        }
    }
    out
}

fn more_secrets(before: &Manifest, next: &Manifest) -> impl Iterator<Item = Wish> {
    let known = before.secrets();
    next.secrets()
        .into_iter()
        .filter(move |secret| !known.contains(secret))
        .map(|secret| Wish::Secret { setting: secret.name, host: secret.host })
}

fn more_limits(in_force: &Installation, next: &Manifest) -> Vec<Wish> {
    let carried = Limits::carried(&in_force.limits, &in_force.manifest.limits, &next.limits);
    let pairs = in_force.limits.each().into_iter().zip(carried.each());
    pairs
        .filter(|((_, from), (_, to))| to > from)
        .map(|((name, from), (_, to))| Wish::Limit { name: name.to_owned(), from, to })
        .collect()
}

/// What a new version may do without anybody being asked: what it asks for and the one in force was allowed.
#[must_use]
pub fn carried_grants(allowed: &Grants, next: &Manifest) -> Grants {
    next.grants.iter().map(|request| request.to.clone()).filter(|grant| allowed.covers(grant)).collect()
}

/// Precedence of two semantic versions (build metadata does not count).
#[must_use]
pub fn order(a: &str, b: &str) -> Ordering {
    let split = |text: &str| -> (Vec<u64>, Option<String>) {
        let text = text.split('+').next().unwrap_or_default();
        let (core, pre) = match text.split_once('-') {
            Some((core, pre)) => (core, Some(pre.to_owned())),
            None => (text, None),
        };
        (core.split('.').map(|n| n.parse().unwrap_or(0)).collect(), pre)
    };
    let ((core_a, pre_a), (core_b, pre_b)) = (split(a), split(b));
    core_a.cmp(&core_b).then_with(|| match (pre_a, pre_b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => pre_release(&a, &b),
    })
}

fn pre_release(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let (x, y) = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => (x, y),
        };
        let order = match (x.parse::<u64>(), y.parse::<u64>()) {
            (Ok(x), Ok(y)) => x.cmp(&y),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => x.cmp(y),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

#[cfg(test)]
mod tests;
