//! The lanes whose message this process is handing over. Nobody else can know what becomes of it, so that outlives the
//! lease: no heartbeat ends it, and where this process claims such a lane again, what is under way goes on with the new
//! lease. Knows lanes and fences, and no message.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::job::Lease;

/// All of this process.
#[derive(Debug, Default)]
pub(crate) struct Handing(Mutex<HashMap<String, Held>>);

/// The leases of one hand-over.
#[derive(Debug, Clone, Copy)]
struct Held {
    begun_with: i64,
    newest: i64,
}

/// A hand-over; it is over when this goes.
pub(super) struct HandOver<'h> {
    handing: &'h Handing,
    lane: &'h str,
    begun_with: i64,
}

impl Handing {
    /// Begins a hand-over, unless a newer lease of its lane has begun one.
    pub(super) fn enter<'h>(&'h self, lease: &'h Lease) -> Option<HandOver<'h>> {
        let mut lanes = self.lanes();
        if lanes.get(&lease.lane).is_some_and(|held| held.newest > lease.fence) {
            return None;
        }
        lanes.insert(lease.lane.clone(), Held { begun_with: lease.fence, newest: lease.fence });
        Some(HandOver { handing: self, lane: &lease.lane, begun_with: lease.fence })
    }

    /// Whether a lane that was just claimed is being handed over here: who does that has the new lease then.
    pub(crate) fn takes(&self, claimed: &Lease) -> bool {
        let mut lanes = self.lanes();
        let Some(held) = lanes.get_mut(&claimed.lane) else { return false };
        held.newest = held.newest.max(claimed.fence);
        true
    }

    /// Whether what began with this lease is being handed over.
    pub(crate) fn has(&self, lease: &Lease) -> bool {
        self.newest(lease).is_some()
    }

    /// The fence to show for what began with this lease.
    pub(crate) fn fence(&self, lease: &Lease) -> i64 {
        self.newest(lease).unwrap_or(lease.fence)
    }

    fn newest(&self, lease: &Lease) -> Option<i64> {
        self.lanes().get(&lease.lane).filter(|held| held.begun_with == lease.fence).map(|held| held.newest)
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<String, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for HandOver<'_> {
    fn drop(&mut self) {
        let mut lanes = self.handing.lanes();
        if lanes.get(self.lane).is_some_and(|held| held.begun_with == self.begun_with) {
            lanes.remove(self.lane);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use domain::id::{CountingIds, MessageId};
    use domain::job::Job;

    use super::*;

    fn lease(lane: &str, fence: i64) -> Lease {
        Lease {
            lane: lane.to_owned(),
            fence,
            sequence: 1,
            job: Job::Deliver { message_id: MessageId::mint(&CountingIds::default(), Timestamp(0)) },
            attempts: 0,
            until: Timestamp(0),
        }
    }

    #[test]
    fn what_is_handed_over_goes_on_with_the_newest_lease_of_its_lane() {
        let handing = Handing::default();
        let first = lease("lane", 3);
        assert!(!handing.has(&first) && !handing.takes(&lease("lane", 4)));
        assert_eq!(handing.fence(&first), 3);
        let under_way = handing.enter(&first).unwrap();
        assert!(handing.has(&first) && !handing.takes(&lease("other", 5)));
        assert!(handing.takes(&lease("lane", 5)) && handing.takes(&lease("lane", 4)));
        assert_eq!(handing.fence(&first), 5);
        drop(under_way);
        assert!(!handing.has(&first) && !handing.takes(&lease("lane", 6)));
    }

    #[test]
    fn the_holder_of_an_older_lease_neither_begins_nor_ends_what_a_newer_one_has_begun() {
        let handing = Handing::default();
        let (old, new) = (lease("lane", 1), lease("lane", 2));
        let of_old = handing.enter(&old).unwrap();
        let of_new = handing.enter(&new).unwrap();
        assert!(!handing.has(&old) && handing.enter(&old).is_none());
        drop(of_old);
        assert!(handing.has(&new));
        drop(of_new);
        assert!(!handing.has(&new));
    }
}
