//! The notification hook: tells customers of something that happened.

use serde::de::DeserializeOwned;

use crate::{Effects, Error, Event, Ticket};

/// Tells customers of something that happened to their ticket.
pub trait Notification {
    /// Settings; `()` for none.
    type Settings: DeserializeOwned;

    /// Looks at an event and proposes; answers the reason for what it did, for people.
    ///
    /// # Errors
    /// The run fails and nothing that was proposed counts.
    fn notify(
        event: &Event<'_>,
        ticket: &Ticket<'_>,
        settings: Self::Settings,
        out: &mut Effects,
    ) -> Result<String, Error>;
}

#[cfg(target_arch = "wasm32")]
mod glue {
    use super::Notification;
    use crate::bindings::notification::exports::kulanz::plugin::notification as raw;
    use crate::export::{Glue, with_effects};
    use crate::host::types::PluginError;

    impl<P: Notification> raw::Guest for Glue<P> {
        fn notify(event: &raw::Event, ticket: &raw::Ticket) -> Result<String, PluginError> {
            with_effects(|settings, out| {
                P::notify(&crate::Event::lent(event), &crate::Ticket::lent(ticket), settings, out)
            })
        }
    }
}
