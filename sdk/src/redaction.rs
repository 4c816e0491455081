//! The redaction hook: finds personal data before storage.

use serde::de::DeserializeOwned;

use crate::{Document, Error};

/// Finds personal data before storage. A failure holds the message back.
pub trait Redaction {
    /// Settings; `()` for none.
    type Settings: DeserializeOwned;

    /// Looks at a document and names what should not be stored.
    ///
    /// # Errors
    /// The message is held back and an admin is told.
    fn redact(document: &Document<'_>, settings: Self::Settings) -> Result<Vec<Finding>, Error>;
}

/// A span of personal data.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Index of the part.
    pub part: u32,
    /// First byte of the part's UTF-8.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Class such as `IBAN`.
    pub class: String,
    /// 0 to 1.
    pub score: f32,
    /// The rule that found it.
    pub rule: String,
}

#[cfg(target_arch = "wasm32")]
mod glue {
    use super::Redaction;
    use crate::bindings::redaction::exports::kulanz::plugin::redaction as raw;
    use crate::export::{Glue, begin};
    use crate::host::types::PluginError;

    impl<P: Redaction> raw::Guest for Glue<P> {
        fn redact(document: &raw::Document) -> Result<Vec<raw::Finding>, PluginError> {
            let settings = begin()?;
            let findings = P::redact(&crate::Document::lent(document), settings)?;
            Ok(findings
                .into_iter()
                .map(|f| raw::Finding {
                    part: f.part,
                    start: f.start,
                    end: f.end,
                    class: f.class,
                    score: f.score,
                    rule: f.rule,
                })
                .collect())
        }
    }
}
