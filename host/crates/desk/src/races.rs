//! Trying anew what somebody else was faster with: everything is read and decided again, and nothing of the try before is
//! kept.

use store::StoreError;

use crate::DeskError;
use crate::worker::Outcome;

/// How often something is tried while others keep changing the same rows.
const RACES_MAX: u32 = 8;

/// The tries of one thing.
#[derive(Debug)]
pub(crate) struct Races {
    what: &'static str,
    left: u32,
}

impl Races {
    /// `RACES_MAX` tries of something that changes this.
    pub(crate) const fn about(what: &'static str) -> Self {
        Self { what, left: RACES_MAX }
    }

    /// The same with a number of tries of its own.
    pub(crate) const fn up_to(tries: u32, what: &'static str) -> Self {
        Self { what, left: tries }
    }

    /// What the whole came to after one try; none where somebody else was faster and the next try is due.
    pub(crate) fn end<T>(&mut self, attempt: Result<T, DeskError>) -> Option<Result<T, DeskError>> {
        match attempt {
            Err(DeskError::Store(StoreError::Stale(_) | StoreError::Conflict(_))) => {
                note_stale(self.what);
                self.left = self.left.saturating_sub(1);
                (self.left == 0).then(|| Err(DeskError::Busy(self.what)))
            }
            done => Some(done),
        }
    }
}

/// A commit found something changed: decision 2 is to be looked at again when that becomes frequent.
pub(crate) fn note_stale(what: &'static str) {
    metrics::counter!("kulanz_commits_stale_total", "what" => what).increment(1);
}

/// How a job ended whose end was part of a commit: without a lease any more it is somebody else's.
pub(crate) fn ended(committed: Result<(), DeskError>) -> Result<Outcome, DeskError> {
    match committed {
        Ok(()) => Ok(Outcome::Committed),
        Err(DeskError::Store(StoreError::Stale("lease"))) => Ok(Outcome::Lost),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(failures: u32, error: &StoreError) -> (Result<u32, DeskError>, u32) {
        let (mut races, mut tries) = (Races::about("the ticket"), 0);
        loop {
            tries += 1;
            let attempt = if tries <= failures { Err(error.clone().into()) } else { Ok(tries) };
            if let Some(done) = races.end(attempt) {
                return (done, tries);
            }
        }
    }

    #[test]
    fn what_others_changed_is_tried_anew_up_to_a_bound() {
        assert_eq!(after(2, &StoreError::Stale("ticket")).0.unwrap(), 3);
        assert_eq!(after(1, &StoreError::Conflict("seen")).0.unwrap(), 2);
        let (busy, tries) = after(100, &StoreError::Stale("ticket"));
        assert!(matches!(busy, Err(DeskError::Busy("the ticket"))) && tries == RACES_MAX);
        let (full, tries) = after(100, &StoreError::Full);
        assert!(matches!(full, Err(DeskError::Store(StoreError::Full))) && tries == 1);
    }

    #[test]
    fn a_job_without_its_lease_is_lost_and_other_failures_stay() {
        assert!(matches!(ended(Ok(())), Ok(Outcome::Committed)));
        assert!(matches!(ended(Err(StoreError::Stale("lease").into())), Ok(Outcome::Lost)));
        assert!(ended(Err(StoreError::Stale("ticket").into())).is_err());
    }
}
