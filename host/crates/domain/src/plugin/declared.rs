//! Whether what a manifest declares can come to anything: hooks with what calls them, schedules with the hook that they
//! fire, each grant once and with its reason. Knows nothing of words, of settings and of what a component exports.

use std::collections::BTreeSet;

use super::{Hook, Manifest};
use crate::Refusal;

/// Most grants that a manifest asks for.
const GRANTS_MAX: usize = 64;
/// Most schedules of a manifest.
const SCHEDULES_MAX: usize = 100;

/// Checks hooks, schedules and grants.
///
/// # Errors
/// A refusal naming the key and the fix.
pub(super) fn check(manifest: &Manifest) -> Result<(), Refusal> {
    if manifest.hooks.is_empty() {
        return Err(bad("hook", "declare at least one [[hook]]."));
    }
    if manifest.grants.len() > GRANTS_MAX || manifest.schedules.len() > SCHEDULES_MAX {
        return Err(bad("grant", format!("at most {GRANTS_MAX} grants and {SCHEDULES_MAX} schedules.")));
    }
    for hook in &manifest.hooks {
        let wants_events = !matches!(hook.kind, Hook::Redaction | Hook::Schedule);
        if wants_events == hook.events.is_empty() {
            let verb = if wants_events { "needs" } else { "takes no" };
            return Err(bad("hook.events", format!("hook {} {verb} `events`.", hook.kind)));
        }
    }
    if let Some(schedule) = manifest.schedules.first()
        && manifest.hook(Hook::Schedule).is_none()
    {
        let sentence = format!(
            "schedule `{}` fires the hook schedule, which is not declared: add [[hook]] kind = \"schedule\", or remove the [[schedule]].",
            schedule.name
        );
        return Err(bad("schedule", sentence));
    }
    let mut asked = BTreeSet::new();
    for request in &manifest.grants {
        if request.reason.trim().is_empty() {
            return Err(bad("grant.reason", format!("grant {} needs a reason for the admin.", request.to)));
        }
        if !asked.insert(&request.to) {
            let sentence =
                format!("grant {} stands there twice: keep one, with one reason for both.", request.to);
            return Err(bad("grant.to", sentence));
        }
    }
    Ok(())
}

fn bad(field: &str, sentence: impl std::fmt::Display) -> Refusal {
    Refusal::new("bad_manifest", format!("plugin.toml: {sentence}")).at(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::{HookDeclaration, ScheduleDeclaration};

    fn refused(change: impl FnOnce(&mut Manifest)) -> Option<Refusal> {
        let mut manifest = crate::plugin::tests::manifest();
        change(&mut manifest);
        check(&manifest).err()
    }

    #[test]
    fn a_schedule_without_the_hook_that_it_fires_is_refused() {
        let nightly = ScheduleDeclaration {
            name: "nightly".into(),
            cron: "0 3 * * *".into(),
            zone: "UTC".into(),
            missed: Default::default(),
            overlap: Default::default(),
        };
        let refusal = refused(|m| m.schedules.push(nightly.clone())).unwrap();
        assert_eq!(refusal.field.as_deref(), Some("schedule"));
        assert!(refusal.sentence.contains("`nightly`") && refusal.sentence.contains("[[hook]]"), "{refusal}");
        let hook =
            HookDeclaration { kind: Hook::Schedule, events: Vec::new(), order: 100, own_events: false };
        let whole = refused(|m| {
            m.schedules.push(nightly);
            m.hooks.push(hook);
        });
        assert_eq!(whole, None);
    }

    #[test]
    fn the_same_grant_twice_is_refused_by_name() {
        let refusal = refused(|m| m.grants.push(m.grants[0].clone())).unwrap();
        assert_eq!(refusal.field.as_deref(), Some("grant.to"));
        assert!(refusal.sentence.contains("grant read:text stands there twice"), "{refusal}");
    }
}
