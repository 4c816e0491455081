//! A disk that is full, or a database whose answers get lost, for as many commits as a test wants. Knows nothing of what is
//! committed.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{Store, StoreError};

/// Commits that find the disk full, and those whose answer is lost.
#[derive(Debug, Default)]
pub(crate) struct Scarce(Mutex<Commits>);

#[derive(Debug, Default)]
struct Commits {
    to_refuse: u32,
    refused: u32,
    to_lose: u32,
}

impl Scarce {
    /// Refuses a commit while any are to be.
    pub(crate) fn refuse(&self) -> Result<(), StoreError> {
        let mut commits = self.commits();
        if commits.to_refuse == 0 {
            return Ok(());
        }
        commits.to_refuse -= 1;
        commits.refused += 1;
        Err(StoreError::Full)
    }

    /// Loses the answer to a commit that was written, while any are to be lost.
    pub(crate) fn lose_answer(&self) -> Result<(), StoreError> {
        let mut commits = self.commits();
        if commits.to_lose == 0 {
            return Ok(());
        }
        commits.to_lose -= 1;
        Err(StoreError::Unavailable("the connection was lost; whether it was written is unknown".to_owned()))
    }

    fn commits(&self) -> MutexGuard<'_, Commits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Answers the next so many commits as a full disk does; claims and reading go on.
    pub fn refuse_commits(&self, count: u32) {
        self.scarce.commits().to_refuse = count;
    }

    /// Writes the next so many commits, and answers as if the connection had been lost meanwhile.
    pub fn lose_answers(&self, count: u32) {
        self.scarce.commits().to_lose = count;
    }

    /// How many commits were refused that way.
    #[must_use]
    pub fn refused_commits(&self) -> u32 {
        self.scarce.commits().refused
    }
}
