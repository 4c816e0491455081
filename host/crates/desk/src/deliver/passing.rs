//! Messages that the gate has let pass and whose yes is just being written: they count against the budgets already,
//! so that the gate need not wait for the disk between two of them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::id::{MessageId, TicketId};
use store::AutomaticCounts;
use tokio::sync::Notify;

/// All of this process.
#[derive(Debug, Default)]
pub(crate) struct Passing {
    under_way: Mutex<Vec<Pass>>,
    /// Told each time a passage ends.
    ended: Notify,
}

/// A message, as far as budgets count it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pass {
    pub(super) message: MessageId,
    pub(super) ticket: TicketId,
    pub(super) address: String,
    pub(super) domain: String,
    pub(super) inbox: Option<String>,
    pub(super) is_notice: bool,
}

/// A message on its way through the gate: it counts among those under way until its yes is written.
pub(super) struct Passage<'p> {
    passing: &'p Passing,
    message: MessageId,
}

impl Passing {
    /// What those under way come to for a message. To be asked before the database is: what leaves here in between
    /// stands there by then. It is never missed, but may be counted twice.
    pub(super) fn counts_for(&self, pass: &Pass) -> AutomaticCounts {
        let under_way = self.under_way();
        let mut counts = AutomaticCounts::default();
        for other in under_way.iter() {
            counts.on_ticket_day += i64::from(other.ticket == pass.ticket);
            counts.to_address_day += i64::from(other.address == pass.address);
            counts.notices_week += i64::from(other.is_notice && other.address == pass.address);
            counts.to_domain_hour += i64::from(other.domain == pass.domain);
            counts.of_inbox_hour += i64::from(other.inbox == pass.inbox);
            counts.total_hour += 1;
        }
        counts
    }

    /// Counts a message until its passage ends.
    pub(super) fn enter(&self, pass: Pass) -> Passage<'_> {
        let message = pass.message;
        self.under_way().push(pass);
        Passage { passing: self, message }
    }

    /// Returns when nobody is under way: what was written by then stands in the database, and the rest has failed.
    pub(super) async fn all_written(&self) {
        loop {
            // Listens before it looks, so that no passage ends in between.
            let ended = self.ended.notified();
            if self.is_empty() {
                return;
            }
            ended.await;
        }
    }

    fn is_empty(&self) -> bool {
        self.under_way().is_empty()
    }

    fn under_way(&self) -> MutexGuard<'_, Vec<Pass>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        self.passing.under_way().retain(|pass| pass.message != self.message);
        self.passing.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use domain::id::CountingIds;

    use super::*;

    fn pass(ids: &CountingIds, address: &str, inbox: Option<&str>, is_notice: bool) -> Pass {
        Pass {
            message: MessageId::mint(ids, Timestamp(0)),
            ticket: TicketId::mint(ids, Timestamp(0)),
            address: address.to_owned(),
            domain: address.split('@').next_back().unwrap().to_owned(),
            inbox: inbox.map(str::to_owned),
            is_notice,
        }
    }

    #[tokio::test]
    async fn who_waits_for_what_is_under_way_waits_for_all_of_it() {
        let ids = CountingIds::default();
        let passing = Passing::default();
        passing.all_written().await;
        let first = passing.enter(pass(&ids, "ana@a.example", None, false));
        let second = passing.enter(pass(&ids, "otto@a.example", None, false));
        let mut waiting = Box::pin(passing.all_written());
        assert!(futures::poll!(&mut waiting).is_pending());
        drop(first);
        assert!(futures::poll!(&mut waiting).is_pending());
        drop(second);
        assert!(futures::poll!(&mut waiting).is_ready());
    }

    #[test]
    fn those_under_way_count_until_their_passage_ends() {
        let ids = CountingIds::default();
        let pass = |address: &str, inbox: Option<&str>, is_notice| pass(&ids, address, inbox, is_notice);
        let passing = Passing::default();
        let mine = pass("ana@a.example", Some("shop"), true);
        assert_eq!(passing.counts_for(&mine), AutomaticCounts::default());
        let same = passing.enter(Pass { ticket: mine.ticket, ..pass("ana@a.example", Some("shop"), true) });
        let other = passing.enter(pass("otto@a.example", None, true));
        let counts = passing.counts_for(&mine);
        assert_eq!((counts.on_ticket_day, counts.to_address_day, counts.notices_week), (1, 1, 1));
        assert_eq!((counts.to_domain_hour, counts.of_inbox_hour, counts.total_hour), (2, 1, 2));
        drop(same);
        assert_eq!(passing.counts_for(&mine).total_hour, 1);
        drop(other);
        assert_eq!(passing.counts_for(&mine), AutomaticCounts::default());
    }
}
