//! This host's clock beside the database's. Leases go by the database's clock and the times of jobs by the hosts', so
//! hosts whose clocks differ wait for each other. Knows no way to set a clock: it says what differs.

use domain::Timestamp;
use domain::clock::SECOND_MS;

use crate::Desk;

/// Beyond this difference something is said of it, milliseconds.
const DIFFERENCE_MAX_MS: i64 = 2 * SECOND_MS;

impl Desk {
    /// Compares this host's clock with the database's, and says so when they begin to differ and when they agree
    /// again. `differed`: what came of it last. SQLite's process has the only clock there is.
    pub(crate) async fn compare_clocks(&self, differed: bool) -> bool {
        if !self.0.store.is_postgres() {
            return false;
        }
        let asked = self.now();
        let there = match self.0.store.clock(asked).await {
            Ok(there) => there,
            Err(error) => {
                tracing::debug!(%error, "the database's clock could not be read now");
                return differed;
            }
        };
        let ahead_ms = ahead(there, asked, self.now());
        #[expect(clippy::cast_precision_loss, reason = "a difference of clocks stays far below 2^52 ms")]
        metrics::gauge!("kulanz_clock_difference_seconds").set(ahead_ms as f64 / 1e3);
        let differs = ahead_ms.abs() > DIFFERENCE_MAX_MS;
        match (differed, differs) {
            (false, true) => tracing::warn!(
                ahead_ms,
                "the database's clock and this host's differ: jobs of the host that is ahead begin later on the \
                 others; let NTP set all clocks"
            ),
            (true, false) => tracing::info!("the database's clock and this host's agree again"),
            (false, false) | (true, true) => {}
        }
        differs
    }
}

/// How far `there` is ahead of this host's clock, which was read before and after; nothing where it lies between: a
/// slow answer is no difference.
fn ahead(there: Timestamp, asked: Timestamp, answered: Timestamp) -> i64 {
    there.0 - there.0.clamp(asked.0, answered.0.max(asked.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    #[test]
    fn a_slow_answer_is_no_difference_of_clocks() {
        let ahead = |there| ahead(Timestamp(there), Timestamp(1_000), Timestamp(4_000));
        assert_eq!([1_000, 2_500, 4_000].map(ahead), [0, 0, 0]);
        assert_eq!([500, 64_000].map(ahead), [-500, 60_000]);
        // Somebody set the clock back meanwhile.
        assert_eq!(super::ahead(Timestamp(900), Timestamp(1_000), Timestamp(10)), -100);
    }

    #[tokio::test]
    async fn a_process_that_has_its_database_to_itself_compares_nothing() {
        let house = Fixture::new().await;
        assert!(!house.desk.compare_clocks(false).await);
    }
}
