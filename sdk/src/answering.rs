//! The answering hook: answers tickets, or says why not.

use serde::de::DeserializeOwned;

use crate::{Effects, Error, Event, Ticket};

/// Answers tickets, or says why not.
pub trait Answering {
    /// Settings; `()` for none.
    type Settings: DeserializeOwned;

    /// Looks at a ticket and proposes a reply.
    ///
    /// # Errors
    /// The run fails and nothing that was proposed counts.
    fn answer(
        event: &Event<'_>,
        ticket: &Ticket<'_>,
        settings: Self::Settings,
        out: &mut Effects,
    ) -> Result<Answer, Error>;
}

/// How answering ended, with the reason for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Proposed a reply.
    Answered(String),
    /// Nobody should answer automatically.
    Held(String),
    /// Has nothing to say.
    Abstained(String),
}

impl Answer {
    /// Proposed a reply, with the reason.
    pub fn answered(why: impl Into<String>) -> Self {
        Self::Answered(why.into())
    }

    /// Nobody should answer automatically, with the reason.
    pub fn held(why: impl Into<String>) -> Self {
        Self::Held(why.into())
    }

    /// Has nothing to say, with the reason.
    pub fn abstained(why: impl Into<String>) -> Self {
        Self::Abstained(why.into())
    }
}

#[cfg(target_arch = "wasm32")]
mod glue {
    use super::{Answer, Answering};
    use crate::bindings::answering::exports::kulanz::plugin::answering as raw;
    use crate::export::{Glue, with_effects};
    use crate::host::types::PluginError;

    impl<P: Answering> raw::Guest for Glue<P> {
        fn answer(event: &raw::Event, ticket: &raw::Ticket) -> Result<raw::Outcome, PluginError> {
            with_effects(|settings, out| {
                P::answer(&crate::Event::lent(event), &crate::Ticket::lent(ticket), settings, out)
            })
            .map(|outcome| match outcome {
                Answer::Answered(why) => raw::Outcome::Answered(why),
                Answer::Held(why) => raw::Outcome::Held(why),
                Answer::Abstained(why) => raw::Outcome::Abstained(why),
            })
        }
    }
}
