//! The one shape of everything that hands mail over to somebody. Knows no protocol.

use std::sync::atomic::{AtomicBool, Ordering};

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

/// How far one mail has been handed over, for whoever may not wait for the end.
#[derive(Debug, Default)]
pub struct Progress(AtomicBool);

impl Progress {
    /// The whole mail is on its way: from now on the taker may have taken it. To be told before its end leaves.
    pub fn reach_whole(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether the taker may have taken the mail.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.0.load(Ordering::SeqCst)
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

    /// The same, and tells how far it is. Who drops it before the whole mail is on its way has sent nothing; a way out
    /// that cannot tell says so from the beginning.
    ///
    /// # Errors
    /// As `send`.
    async fn hand_over(&self, mail: &Outgoing, progress: &Progress) -> Result<Receipt, ChannelError> {
        progress.reach_whole();
        self.send(mail).await
    }
}
