//! The schedule hook: runs on a cron schedule of the manifest.

use serde::de::DeserializeOwned;

use crate::handle::Handle;
use crate::host::types as raw_types;
use crate::{Effects, Error};

/// Runs on a cron schedule of the manifest.
pub trait Schedule {
    /// Settings; `()` for none.
    type Settings: DeserializeOwned;

    /// Looks at tickets and proposes; answers the reason for what it did, for people.
    ///
    /// # Errors
    /// The run fails and nothing that was proposed counts.
    fn fire(firing: &Firing<'_>, settings: Self::Settings, out: &mut Effects) -> Result<String, Error>;
}

/// A schedule that fired.
pub struct Firing<'a>(Handle<'a, raw_types::Firing>);

impl<'a> Firing<'a> {
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn lent(raw: &'a raw_types::Firing) -> Self {
        Self(Handle::Lent(raw))
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn own(raw: raw_types::Firing) -> Firing<'static> {
        Firing(Handle::Own(raw))
    }

    /// Name of the schedule in the manifest.
    #[must_use]
    pub fn schedule(&self) -> String {
        self.0.schedule()
    }

    /// The instant it was due, in milliseconds since 1970.
    #[must_use]
    pub fn scheduled_for_ms(&self) -> u64 {
        self.0.scheduled_for_ms()
    }

    /// The instant it was handled, in milliseconds since 1970.
    #[must_use]
    pub fn fired_at_ms(&self) -> u64 {
        self.0.fired_at_ms()
    }

    /// Firings before this one that were missed and are not made up for.
    #[must_use]
    pub fn missed(&self) -> u32 {
        self.0.missed()
    }
}

#[cfg(target_arch = "wasm32")]
mod glue {
    use super::Schedule;
    use crate::bindings::schedule::exports::kulanz::plugin::schedule as raw;
    use crate::export::{Glue, with_effects};
    use crate::host::types::PluginError;

    impl<P: Schedule> raw::Guest for Glue<P> {
        fn fire(firing: &raw::Firing) -> Result<String, PluginError> {
            with_effects(|settings, out| P::fire(&crate::Firing::lent(firing), settings, out))
        }
    }
}
