//! The host interfaces of the contract, one file each, and the list that links them.

pub(crate) mod clock;
pub(crate) mod config;
pub(crate) mod effects;
pub(crate) mod embed;
pub(crate) mod http;
pub(crate) mod knowledge;
pub(crate) mod kv;
pub(crate) mod log;
pub(crate) mod random;
pub(crate) mod tickets;
pub(crate) mod types;

use wasmtime::component::{HasSelf, Linker};

use crate::bindings::kulanz::plugin as contract;
use crate::state::State;

/// Links everything a component may import; what it does not import costs nothing.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    contract::types::add_to_linker::<State, HasSelf<State>>(linker, |s| s)?;
    contract::effects::add_to_linker::<State, HasSelf<State>>(linker, |s| s)?;
    contract::log::add_to_linker::<State, HasSelf<State>>(linker, |s| s)?;
    contract::config::add_to_linker::<State, HasSelf<State>>(linker, |s| s)?;
    contract::kv::add_to_linker::<State, HasSelf<State>>(linker, |s| s)?;
    contract::tickets::add_to_linker::<State, HasSelf<State>>(linker, |s| s)?;
    contract::knowledge::add_to_linker::<State, HasSelf<State>>(linker, |s| s)?;
    contract::embed::add_to_linker::<State, HasSelf<State>>(linker, |s| s)?;
    contract::clock::add_to_linker::<State, HasSelf<State>>(linker, |s| s)?;
    contract::random::add_to_linker::<State, HasSelf<State>>(linker, |s| s)?;
    contract::http::add_to_linker::<State, HasSelf<State>>(linker, |s| s)?;
    Ok(())
}
