//! The tracks of the contract that this host serves: the one list. A track is a frozen folder of WIT with bindings of
//! its own; how it differs from the words of this crate is converted at its border and known nowhere else.

use std::pin::Pin;

use domain::plugin::Hook;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre, Linker};

use crate::call::Input;
use crate::hooks::{Hooks, Returned};
use crate::imports;
use crate::state::State;

/// One track of the contract.
pub(crate) trait Track: Send + Sync {
    /// Its name in manifests: `0.1` for `kulanz:plugin@0.1.x`.
    fn name(&self) -> &'static str;

    /// Links everything that its components may import.
    fn link(&self, linker: &mut Linker<State>) -> wasmtime::Result<()>;

    /// Looks up the given hooks of a component and checks their types.
    fn find(&self, pre: &InstancePre<State>, hooks: &[Hook]) -> wasmtime::Result<Box<dyn Callable>>;
}

/// A component's hooks, ready to be called.
pub(crate) trait Callable: Send + Sync {
    /// Whether a hook can be called with this input.
    fn fits(&self, input: &Input) -> bool;

    /// Calls the hook on a fresh instance.
    fn call<'a>(
        &'a self,
        hook: Hook,
        store: &'a mut Store<State>,
        instance: &'a Instance,
    ) -> Pin<Box<dyn Future<Output = Returned> + Send + 'a>>;
}

/// The tracks of a host.
pub(crate) type Tracks = &'static [&'static dyn Track];

/// All tracks that are served, oldest first.
pub(crate) const SERVED: Tracks = &[&V0_1];

/// `kulanz:plugin@0.1.x`.
pub(crate) struct V0_1;

impl Track for V0_1 {
    fn name(&self) -> &'static str {
        "0.1"
    }

    fn link(&self, linker: &mut Linker<State>) -> wasmtime::Result<()> {
        imports::link(linker)
    }

    fn find(&self, pre: &InstancePre<State>, hooks: &[Hook]) -> wasmtime::Result<Box<dyn Callable>> {
        Ok(Box::new(Hooks::find(pre, hooks)?))
    }
}

/// The names of tracks, for a sentence: `0.1 and 0.2`.
pub(crate) fn names(tracks: Tracks) -> String {
    tracks.iter().map(|track| track.name()).collect::<Vec<_>>().join(" and ")
}
