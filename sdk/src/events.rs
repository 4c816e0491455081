//! The events hook: reacts to any event of a ticket.

use serde::de::DeserializeOwned;

use crate::{Effects, Error, Event, Ticket};

/// Reacts to any event of a ticket.
pub trait Events {
    /// Settings; `()` for none.
    type Settings: DeserializeOwned;

    /// Looks at an event and proposes; answers the reason for what it did, for people.
    ///
    /// # Errors
    /// The run fails and nothing that was proposed counts.
    fn handle(
        event: &Event<'_>,
        ticket: &Ticket<'_>,
        settings: Self::Settings,
        out: &mut Effects,
    ) -> Result<String, Error>;
}

#[cfg(target_arch = "wasm32")]
mod glue {
    use super::Events;
    use crate::bindings::events::exports::kulanz::plugin::events as raw;
    use crate::export::{Glue, with_effects};
    use crate::host::types::PluginError;

    impl<P: Events> raw::Guest for Glue<P> {
        fn handle(event: &raw::Event, ticket: &raw::Ticket) -> Result<String, PluginError> {
            with_effects(|settings, out| {
                P::handle(&crate::Event::lent(event), &crate::Ticket::lent(ticket), settings, out)
            })
        }
    }
}
