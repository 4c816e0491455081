//! `triage`: Sorts a ticket, or abstains.

use wasmtime::Store;
use wasmtime::component::{Instance, Resource};

use super::{OWN, Returned, absent, verdict};
use crate::bindings::exports::kulanz::plugin::triage::{GuestIndices, Outcome};
use crate::state::State;

/// Calls the hook.
pub(crate) async fn call(
    at: Option<&GuestIndices>,
    store: &mut Store<State>,
    instance: &Instance,
) -> Returned {
    let guest = at.ok_or_else(absent)?.load(&mut *store, instance)?;
    let returned = guest.call_triage(store, Resource::new_borrow(OWN), Resource::new_borrow(OWN)).await?;
    Ok(returned.map(|outcome| match outcome {
        Outcome::Done(why) => verdict("done", why),
        Outcome::Abstained(why) => verdict("abstained", why),
    }))
}
