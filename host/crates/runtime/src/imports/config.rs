//! `config`: the installation's settings, already checked against the manifest's schema.

use crate::bindings::kulanz::plugin::config;
use crate::state::State;

impl config::Host for State {
    fn settings(&mut self) -> wasmtime::Result<String> {
        self.meter.call()?;
        Ok(self.settings.as_ref().to_owned())
    }
}
