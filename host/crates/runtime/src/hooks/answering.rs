//! `answering`: Answers a ticket, holds it back, or abstains.

use wasmtime::Store;
use wasmtime::component::{Instance, Resource};

use super::{OWN, Returned, absent, verdict};
use crate::bindings::exports::kulanz::plugin::answering::{GuestIndices, Outcome};
use crate::state::State;

/// Calls the hook.
pub(crate) async fn call(
    at: Option<&GuestIndices>,
    store: &mut Store<State>,
    instance: &Instance,
) -> Returned {
    let guest = at.ok_or_else(absent)?.load(&mut *store, instance)?;
    let returned = guest.call_answer(store, Resource::new_borrow(OWN), Resource::new_borrow(OWN)).await?;
    Ok(returned.map(|outcome| match outcome {
        Outcome::Answered(why) => verdict("answered", why),
        Outcome::Held(why) => verdict("held", why),
        Outcome::Abstained(why) => verdict("abstained", why),
    }))
}
