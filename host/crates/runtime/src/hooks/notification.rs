//! `notification`: Tells a customer of something that happened.

use wasmtime::Store;
use wasmtime::component::{Instance, Resource};

use super::{OWN, Returned, absent, verdict};
use crate::bindings::exports::kulanz::plugin::notification::GuestIndices;
use crate::state::State;

/// Calls the hook.
pub(crate) async fn call(
    at: Option<&GuestIndices>,
    store: &mut Store<State>,
    instance: &Instance,
) -> Returned {
    let guest = at.ok_or_else(absent)?.load(&mut *store, instance)?;
    let returned = guest.call_notify(store, Resource::new_borrow(OWN), Resource::new_borrow(OWN)).await?;
    Ok(returned.map(|why| verdict("done", why)))
}
