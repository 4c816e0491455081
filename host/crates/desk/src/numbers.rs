//! Ticket numbers, reserved in blocks: no ticket waits for a counter. A host that closes
//! gives back what it did not use; after a crash there is a gap, which is fine.

use std::ops::Range;

use store::{Commit, Fact, Store, StoreError};
use tokio::sync::Mutex;

/// Numbers reserved at a time.
const BLOCK: u32 = 64;

/// Numbers that are ours and not used yet.
#[derive(Default)]
pub(crate) struct Numbers(Mutex<Range<i64>>);

impl Numbers {
    /// The next number.
    pub(crate) async fn next(&self, store: &Store) -> Result<i64, StoreError> {
        let mut range = self.0.lock().await;
        if range.is_empty() {
            let first = store.reserve_numbers(BLOCK).await?;
            *range = first..first + i64::from(BLOCK);
        }
        let number = range.start;
        range.start += 1;
        Ok(number)
    }

    /// Gives back what was not used.
    pub(crate) async fn give_back(&self, store: &Store) -> Result<(), StoreError> {
        let mut range = self.0.lock().await;
        let unused = std::mem::take(&mut *range);
        if unused.is_empty() {
            return Ok(());
        }
        let fact = Fact::ReturnNumbers { first: unused.start, end: unused.end };
        store.commit(Commit { facts: vec![fact] }).await
    }
}
