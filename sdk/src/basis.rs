//! Why an effect is proposed.

/// One sentence for people, how sure the plugin is, and what in the ticket led to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Basis {
    /// One sentence for people.
    pub reason: String,
    /// 0 to 1.
    pub confidence: f32,
    /// Short quotes or rule names.
    pub evidence: Vec<String>,
}

/// Begins a basis: a sentence for people and a confidence from 0 to 1.
#[must_use]
pub fn because(reason: impl Into<String>, confidence: f32) -> Basis {
    Basis { reason: reason.into(), confidence, evidence: Vec::new() }
}

impl Basis {
    /// Adds one piece of evidence.
    #[must_use]
    pub fn evidence(mut self, quote: impl Into<String>) -> Self {
        self.evidence.push(quote.into());
        self
    }

    /// Adds several pieces of evidence.
    #[must_use]
    pub fn evidences<T: Into<String>>(mut self, quotes: impl IntoIterator<Item = T>) -> Self {
        self.evidence.extend(quotes.into_iter().map(Into::into));
        self
    }
}

#[cfg(target_arch = "wasm32")]
impl From<Basis> for crate::host::types::Basis {
    fn from(basis: Basis) -> Self {
        Self { reason: basis.reason, confidence: basis.confidence, evidence: basis.evidence }
    }
}
