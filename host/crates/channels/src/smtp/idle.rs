//! Connections that wait for the next mail: a few, for a short while. Owns how many and how long; knows nothing of
//! what is said on them. Whoever ended one uncleanly keeps it away from here. No clock of its own: what grew too old is
//! closed when the next mail comes, and until then by the server if it likes; it is never used again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use tokio::time::Instant;

use super::line::leave;

type Kept = Vec<(AsyncSmtpConnection, Instant)>;

/// Connections on which the last mail ended well, the one used last at the end.
pub(super) struct Idle {
    lines: Mutex<Kept>,
    lines_max: usize,
    kept: Duration,
}

impl Idle {
    /// At most so many, each for that long.
    pub(super) fn new(lines_max: usize, kept: Duration) -> Self {
        Self { lines: Mutex::default(), lines_max, kept }
    }

    /// The one used last, if it is not too old.
    pub(super) fn take(&self) -> Option<AsyncSmtpConnection> {
        self.young().pop().map(|(line, _)| line)
    }

    /// Keeps one on which a mail ended well.
    pub(super) fn keep(&self, line: AsyncSmtpConnection) {
        let mut lines = self.young();
        if lines.len() < self.lines_max {
            lines.push((line, Instant::now()));
        } else {
            leave(line);
        }
    }

    /// Closes all: where one was lost, the others are hardly better off, and each would cost a wait.
    pub(super) fn forget(&self) {
        self.lock().clear();
    }

    /// Those that are not too old; of the others leave is taken.
    fn young(&self) -> MutexGuard<'_, Kept> {
        let mut lines = self.lock();
        let old = lines.partition_point(|(_, since)| since.elapsed() >= self.kept);
        lines.drain(..old).for_each(|(line, _)| leave(line));
        lines
    }

    /// A panic elsewhere leaves the list usable: it is only ever pushed to and taken from.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
