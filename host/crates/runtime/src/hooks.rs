//! The hooks a plugin may export, one file each, and the list that finds and calls them.
//!
//! Which hooks a component has and where is found out once, when it is loaded.

pub(crate) mod answering;
pub(crate) mod events;
pub(crate) mod notification;
pub(crate) mod redaction;
pub(crate) mod schedule;
pub(crate) mod triage;

use std::pin::Pin;

use domain::plugin::Hook;
use domain::redaction::Finding;
use domain::run::{Fault, Verdict};
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use crate::bindings::exports::kulanz::plugin as exported;
use crate::bindings::kulanz::plugin::types::PluginError;
use crate::call::Input;
use crate::state::State;
use crate::tame::tame;
use crate::track::Callable;

/// Handle of the one ticket, event, document or firing that a hook is handed.
pub(crate) const OWN: u32 = 0;

/// What a hook said: what it found, its verdict, or why that makes no sense.
pub(crate) type Said = Result<(Verdict, Vec<Finding>), Fault>;

/// What calling a hook gives: an engine error, the plugin's own error, or what it said.
pub(crate) type Returned = wasmtime::Result<Result<Said, PluginError>>;

/// Where the exported hooks lie in a component.
#[derive(Default)]
pub(crate) struct Hooks {
    redaction: Option<exported::redaction::GuestIndices>,
    triage: Option<exported::triage::GuestIndices>,
    answering: Option<exported::answering::GuestIndices>,
    notification: Option<exported::notification::GuestIndices>,
    events: Option<exported::events::GuestIndices>,
    schedule: Option<exported::schedule::GuestIndices>,
}

impl Hooks {
    /// Looks up the given hooks and checks their types.
    pub(crate) fn find(pre: &InstancePre<State>, hooks: &[Hook]) -> wasmtime::Result<Self> {
        let mut found = Self::default();
        for hook in hooks {
            match hook {
                Hook::Redaction => found.redaction = Some(exported::redaction::GuestIndices::new(pre)?),
                Hook::Triage => found.triage = Some(exported::triage::GuestIndices::new(pre)?),
                Hook::Answering => found.answering = Some(exported::answering::GuestIndices::new(pre)?),
                Hook::Notification => {
                    found.notification = Some(exported::notification::GuestIndices::new(pre)?)
                }
                Hook::Events => found.events = Some(exported::events::GuestIndices::new(pre)?),
                Hook::Schedule => found.schedule = Some(exported::schedule::GuestIndices::new(pre)?),
            }
        }
        Ok(found)
    }
}

impl Callable for Hooks {
    fn fits(&self, input: &Input) -> bool {
        let has = match input.hook() {
            Hook::Redaction => self.redaction.is_some(),
            Hook::Triage => self.triage.is_some(),
            Hook::Answering => self.answering.is_some(),
            Hook::Notification => self.notification.is_some(),
            Hook::Events => self.events.is_some(),
            Hook::Schedule => self.schedule.is_some(),
        };
        let is_ticket_hook = !matches!(input.hook(), Hook::Redaction | Hook::Schedule);
        has && is_ticket_hook == matches!(input, Input::Ticket { .. })
    }

    fn call<'a>(
        &'a self,
        hook: Hook,
        store: &'a mut Store<State>,
        instance: &'a Instance,
    ) -> Pin<Box<dyn Future<Output = Returned> + Send + 'a>> {
        match hook {
            Hook::Redaction => Box::pin(redaction::call(self.redaction.as_ref(), store, instance)),
            Hook::Triage => Box::pin(triage::call(self.triage.as_ref(), store, instance)),
            Hook::Answering => Box::pin(answering::call(self.answering.as_ref(), store, instance)),
            Hook::Notification => Box::pin(notification::call(self.notification.as_ref(), store, instance)),
            Hook::Events => Box::pin(events::call(self.events.as_ref(), store, instance)),
            Hook::Schedule => Box::pin(schedule::call(self.schedule.as_ref(), store, instance)),
        }
    }
}

/// A hook that is called although the component does not have it: `fits` is asked before.
fn absent() -> wasmtime::Error {
    wasmtime::Error::msg("the plugin has no such hook")
}

/// A verdict without findings.
pub(crate) fn verdict(word: &str, why: String) -> Said {
    Ok((Verdict { word: word.to_owned(), why: tame(why, domain::effect::REASON_BYTES_MAX) }, Vec::new()))
}
