//! An egress that only remembers: for tests, dry runs and the demo.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::email::{Outgoing, compose};
use crate::{ChannelError, Egress, Receipt};

/// Keeps what was handed over; can be told to fail.
#[derive(Debug, Default)]
pub struct Memory {
    sent: Mutex<Vec<Outgoing>>,
    failures: Mutex<VecDeque<ChannelError>>,
}

impl Memory {
    /// An empty memory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was handed over so far, oldest first.
    #[must_use]
    pub fn sent(&self) -> Vec<Outgoing> {
        lock(&self.sent).clone()
    }

    /// Hands out what was handed over and forgets it.
    #[must_use]
    pub fn take(&self) -> Vec<Outgoing> {
        std::mem::take(&mut *lock(&self.sent))
    }

    /// The next hand-over fails this way; several calls queue up.
    pub fn fail_next(&self, error: ChannelError) {
        lock(&self.failures).push_back(error);
    }
}

/// A panic in another test thread leaves the list usable: it is only ever pushed to.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait::async_trait]
impl Egress for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn send(&self, mail: &Outgoing) -> Result<Receipt, ChannelError> {
        if let Some(error) = lock(&self.failures).pop_front() {
            return Err(error);
        }
        // Composed as for real, so that what a real egress would refuse is refused here too.
        compose(mail)?;
        lock(&self.sent).push(mail.clone());
        Ok(Receipt(format!("kept in memory as {}", mail.message_id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::email::compose::tests::outgoing;

    #[tokio::test]
    async fn it_remembers_in_order_and_fails_when_told() {
        let memory = Memory::new();
        memory.fail_next(ChannelError::transient("down"));
        assert!(memory.send(&outgoing()).await.is_err());
        memory.send(&outgoing()).await.unwrap();
        memory.send(&Outgoing { subject: "two".into(), ..outgoing() }).await.unwrap();
        assert_eq!(
            memory.sent().iter().map(|m| m.subject.as_str()).collect::<Vec<_>>(),
            ["Ihre Anfrage", "two"]
        );
        assert_eq!(memory.take().len(), 2);
        assert!(memory.sent().is_empty());
    }

    #[tokio::test]
    async fn it_refuses_what_cannot_be_composed() {
        let bad = Outgoing { subject: "a\r\nBcc: x@y.example".into(), ..outgoing() };
        assert!(matches!(Memory::new().send(&bad).await, Err(ChannelError::Permanent { .. })));
    }
}
