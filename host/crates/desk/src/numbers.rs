//! Ticket numbers, reserved in blocks: no ticket waits for a counter, gaps after a restart are fine.

use std::ops::Range;

use store::{Store, StoreError};
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
}
