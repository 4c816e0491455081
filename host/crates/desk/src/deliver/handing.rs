//! The lanes whose message this process is handing over. Nobody else can know what becomes of it, so that outlives the
//! lease: no heartbeat ends it, and where this process claims such a lane again, what is under way goes on with the new
//! lease. One that comes too late for that is handed on, so that no lane waits for nobody. Knows lanes and fences, and no
//! message.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::job::Lease;

/// All of this process.
#[derive(Debug, Default)]
pub(crate) struct Handing(Mutex<HashMap<String, Held>>);

/// The leases of one hand-over.
#[derive(Debug)]
struct Held {
    begun_with: i64,
    /// The newest one that was claimed since.
    claimed: Option<Lease>,
    /// The fence that the end of the job has shown last.
    shown: i64,
}

impl Held {
    fn fence(&self) -> i64 {
        self.claimed.as_ref().map_or(self.begun_with, |claimed| claimed.fence)
    }
}

/// A job that is worked: a hand-over that it begins is over when this goes.
pub(crate) struct Working<'h> {
    handing: &'h Handing,
    lease: &'h Lease,
}

impl Handing {
    /// Begins with a job, which may hand something over.
    pub(crate) fn work<'h>(&'h self, lease: &'h Lease) -> Working<'h> {
        Working { handing: self, lease }
    }

    /// Begins a hand-over; `false` where a newer lease of its lane has begun one.
    pub(super) fn enter(&self, lease: &Lease) -> bool {
        let mut lanes = self.lanes();
        if lanes.get(&lease.lane).is_some_and(|held| held.fence() > lease.fence) {
            return false;
        }
        let held = Held { begun_with: lease.fence, claimed: None, shown: lease.fence };
        lanes.insert(lease.lane.clone(), held);
        true
    }

    /// Whether a lane that was just claimed is being handed over here: who does that has the new lease then.
    pub(crate) fn takes(&self, claimed: &Lease) -> bool {
        let mut lanes = self.lanes();
        let Some(held) = lanes.get_mut(&claimed.lane) else { return false };
        if claimed.fence > held.fence() {
            held.claimed = Some(claimed.clone());
        }
        true
    }

    /// Whether what began with this lease is being handed over.
    pub(crate) fn has(&self, lease: &Lease) -> bool {
        self.lanes().get(&lease.lane).is_some_and(|held| held.begun_with == lease.fence)
    }

    /// The fence of what began with this lease, as it is now.
    pub(crate) fn fence(&self, lease: &Lease) -> i64 {
        let lanes = self.lanes();
        let held = lanes.get(&lease.lane).filter(|held| held.begun_with == lease.fence);
        held.map_or(lease.fence, Held::fence)
    }

    /// The same, for the end of the job: the lease that it belongs to is used up.
    pub(super) fn end_with(&self, lease: &Lease) -> i64 {
        let mut lanes = self.lanes();
        let held = lanes.get_mut(&lease.lane).filter(|held| held.begun_with == lease.fence);
        let Some(held) = held else { return lease.fence };
        held.shown = held.fence();
        held.shown
    }

    fn remove(&self, lease: &Lease) -> Option<Held> {
        let mut lanes = self.lanes();
        let is_its = lanes.get(&lease.lane).is_some_and(|held| held.begun_with == lease.fence);
        if is_its { lanes.remove(&lease.lane) } else { None }
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<String, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Working<'_> {
    /// The job has ended. A lease that was claimed here meanwhile and that its end did not show is to be worked as any other:
    /// nobody else has it.
    pub(crate) fn end(self) -> Option<Lease> {
        let Held { claimed, shown, .. } = self.handing.remove(self.lease)?;
        claimed.filter(|claimed| claimed.fence > shown)
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.handing.remove(self.lease);
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
        let working = handing.work(&first);
        assert!(!handing.has(&first) && !handing.takes(&lease("lane", 4)));
        assert_eq!((handing.fence(&first), handing.end_with(&first)), (3, 3));
        assert!(handing.enter(&first) && handing.has(&first));
        assert!(!handing.takes(&lease("other", 5)));
        assert!(handing.takes(&lease("lane", 5)) && handing.takes(&lease("lane", 4)));
        assert_eq!((handing.fence(&first), handing.end_with(&first)), (5, 5));
        assert!(working.end().is_none(), "the end has shown it");
        assert!(!handing.has(&first) && !handing.takes(&lease("lane", 6)));
    }

    #[test]
    fn a_lease_that_comes_too_late_for_the_end_of_the_job_is_handed_on() {
        let handing = Handing::default();
        let first = lease("lane", 1);
        let working = handing.work(&first);
        assert!(handing.enter(&first));
        assert_eq!(handing.end_with(&first), 1);
        assert!(handing.takes(&lease("lane", 2)));
        assert_eq!(handing.fence(&first), 2, "a heartbeat is no end");
        assert_eq!(working.end().map(|lease| lease.fence), Some(2));
        assert!(!handing.takes(&lease("lane", 3)));
    }

    #[test]
    fn the_holder_of_an_older_lease_neither_begins_nor_ends_what_a_newer_one_has_begun() {
        let handing = Handing::default();
        let (old, new) = (lease("lane", 1), lease("lane", 2));
        let (of_old, of_new) = (handing.work(&old), handing.work(&new));
        assert!(handing.enter(&old) && handing.enter(&new));
        assert!(!handing.has(&old) && !handing.enter(&old));
        assert!(of_old.end().is_none());
        assert!(handing.has(&new));
        drop(of_new);
        assert!(!handing.has(&new));
    }
}
