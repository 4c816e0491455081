//! The one shape of everything that hands mail over to somebody. Knows no protocol.

use crate::ChannelError;
use crate::email::Outgoing;

/// What the taker said when it took the mail: for the record, not for parsing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt(pub String);

impl std::fmt::Display for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// A way out for mail. At least once: the same Message-ID may be handed over again after a crash.
#[async_trait::async_trait]
pub trait Egress: Send + Sync {
    /// What this way is called in logs and metrics.
    fn name(&self) -> &'static str;

    /// Hands one mail over.
    ///
    /// # Errors
    /// Says whether trying again makes sense.
    async fn send(&self, mail: &Outgoing) -> Result<Receipt, ChannelError>;
}
