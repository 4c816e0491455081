//! The triage hook: sorts tickets.

use serde::de::DeserializeOwned;

use crate::{Effects, Error, Event, Ticket};

/// Sorts tickets: proposes language, category, team, priority, tags, fields.
pub trait Triage {
    /// Settings; `()` for none.
    type Settings: DeserializeOwned;

    /// Looks at a ticket and proposes.
    ///
    /// # Errors
    /// The run fails and nothing that was proposed counts.
    fn triage(
        event: &Event<'_>,
        ticket: &Ticket<'_>,
        settings: Self::Settings,
        out: &mut Effects,
    ) -> Result<Outcome, Error>;
}

/// How triage ended, with the reason for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Sorted.
    Done(String),
    /// Not sure enough.
    Abstained(String),
}

impl Outcome {
    /// Sorted, with the reason.
    pub fn done(why: impl Into<String>) -> Self {
        Self::Done(why.into())
    }

    /// Not sure enough, with the reason.
    pub fn abstained(why: impl Into<String>) -> Self {
        Self::Abstained(why.into())
    }
}

#[cfg(target_arch = "wasm32")]
mod glue {
    use super::{Outcome, Triage};
    use crate::bindings::triage::exports::kulanz::plugin::triage as raw;
    use crate::export::{Glue, with_effects};
    use crate::host::types::PluginError;

    impl<P: Triage> raw::Guest for Glue<P> {
        fn triage(event: &raw::Event, ticket: &raw::Ticket) -> Result<raw::Outcome, PluginError> {
            with_effects(|settings, out| {
                P::triage(&crate::Event::lent(event), &crate::Ticket::lent(ticket), settings, out)
            })
            .map(|outcome| match outcome {
                Outcome::Done(why) => raw::Outcome::Done(why),
                Outcome::Abstained(why) => raw::Outcome::Abstained(why),
            })
        }
    }
}
