//! `export!` and what every hook does before and after the author's code.

#[cfg(target_arch = "wasm32")]
pub use wasm::Glue;
#[cfg(target_arch = "wasm32")]
pub(crate) use wasm::{begin, with_effects};

#[cfg(target_arch = "wasm32")]
mod wasm {
    use std::marker::PhantomData;

    use serde::de::DeserializeOwned;

    use crate::host::types::PluginError;
    use crate::{Effects, Error, host};

    /// Stands between the generated exports and the author's traits.
    pub struct Glue<P>(PhantomData<P>);

    /// Sees to readable panics and reads the settings.
    pub(crate) fn begin<S: DeserializeOwned>() -> Result<S, Error> {
        std::panic::set_hook(Box::new(|info| {
            let message = info.payload_as_str().unwrap_or("a value that is no text");
            let place =
                info.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
            host::log::write(host::log::Level::Error, &format!("panic: {message}{place}"));
        }));
        crate::settings::read(host::config::settings)
    }

    /// Runs a hook that proposes. A refused proposal that the author did not look at fails the run.
    pub(crate) fn with_effects<S: DeserializeOwned, T>(
        run: impl FnOnce(S, &mut Effects) -> Result<T, Error>,
    ) -> Result<T, PluginError> {
        let settings = begin()?;
        let mut out = Effects::new();
        let outcome = run(settings, &mut out)?;
        match out.take_refusal() {
            Some(refusal) => Err(refusal.into()),
            None => Ok(outcome),
        }
    }
}

/// Exports a plugin's hooks: `kulanz_sdk::export!(MyPlugin: triage, answering);`
///
/// Hooks: `redaction`, `triage`, `answering`, `notification`, `events`, `schedule`. Natively it only checks
/// that the traits are there.
#[macro_export]
macro_rules! export {
    ($plugin:ident : $($hook:ident),+ $(,)?) => {
        $($crate::__export_hook!($hook, $plugin);)+
    };
}

/// One hook of `export!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_hook {
    (redaction, $plugin:ident) => {
        $crate::__export_as!(redaction, export_redaction, Redaction, $plugin);
    };
    (triage, $plugin:ident) => {
        $crate::__export_as!(triage, export_triage, Triage, $plugin);
    };
    (answering, $plugin:ident) => {
        $crate::__export_as!(answering, export_answering, Answering, $plugin);
    };
    (notification, $plugin:ident) => {
        $crate::__export_as!(notification, export_notification, Notification, $plugin);
    };
    (events, $plugin:ident) => {
        $crate::__export_as!(events, export_events, Events, $plugin);
    };
    (schedule, $plugin:ident) => {
        $crate::__export_as!(schedule, export_schedule, Schedule, $plugin);
    };
}

/// One hook of `export!`, with the names of its parts.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_as {
    ($module:ident, $export:ident, $hook:ident, $plugin:ident) => {
        const _: () = {
            const fn implements<P: $crate::$hook>() {}
            implements::<$plugin>();
            #[cfg(target_arch = "wasm32")]
            type Glue = $crate::glue::Glue<$plugin>;
            #[cfg(target_arch = "wasm32")]
    $crate::bindings::$module::$export!(Glue with_types_in $crate::bindings::$module);
        };
    };
}
