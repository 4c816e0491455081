//! The part of a training that is about meaning: vectors while the history is read, their sums, and on tickets left
//! out the choice of how much the meaning counts. Without a language model nothing of this happens.

use kulanz_sdk::Error;

use super::{Job, trial, trials, write_trial};
use crate::learn::calibrate::Calibration;
use crate::learn::corpus::{Corpus, f32_of};
use crate::learn::kept;
use crate::learn::meaning::{self, Meant, Regression, SHARES, Sums, VECTORS_BYTES_MAX, Vectors};

/// Tickets whose products are added up between two looks at the work that is left.
const SUMMED_AT_ONCE: usize = 500;
/// A slice that comes so long after the one before, milliseconds, tells that those between failed: they come each minute.
const FAILED_AFTER_MS: u64 = 150_000;
/// From here on it is a night's pause.
const PAUSE_MS: u64 = 3_600_000;

/// Everything that judging with meaning takes.
pub(super) struct Judging {
    vectors: Vectors,
    all: Sums,
    /// Of all tickets but those of the fold.
    without: Option<Regression>,
    /// Trials of each share, as bytes.
    trials: Vec<Vec<u8>>,
}

/// Key of the trials with one share.
fn trials_key(share: usize) -> String {
    format!("trials.meant.{share}")
}

impl Job {
    /// Keeps the vectors of a chunk's texts; lets the meaning go for this training when they cannot be had.
    pub(super) fn keep_vectors(&mut self, texts: &[String]) -> Result<(), Error> {
        let Some(source) = &self.meaning else { return Ok(()) };
        let fits = self.samples * source.width() <= VECTORS_BYTES_MAX;
        match source.packed(texts).filter(|_| fits) {
            Some(bytes) => kept::keep_part(&format!("vectors.{}", self.chunks), &bytes),
            None => {
                kulanz_sdk::log::warn("no vectors can be had any more: this training is by words alone");
                self.meaning = None;
                Ok(())
            }
        }
    }

    /// Lets the meaning go when the slices before this one ended without a word: a training that never gets through
    /// with it has to get through without. A night's pause is none.
    pub(super) fn give_up_what_fails(&mut self, now_ms: u64) {
        let since = now_ms.saturating_sub(self.last_ms);
        if self.meaning.is_some() && self.last_ms > 0 && (FAILED_AFTER_MS..PAUSE_MS).contains(&since) {
            kulanz_sdk::log::warn("slices of this training failed: it goes on by words alone");
            self.meaning = None;
        }
        self.last_ms = now_ms;
    }

    /// The vectors, their sums and what was judged so far; none without a language model. Adds up as many tickets as
    /// the work allows: none is left of it while there are more.
    pub(super) fn judging(&mut self, corpus: &Corpus, work: &mut u64) -> Result<Option<Judging>, Error> {
        let Some(source) = &self.meaning else { return Ok(None) };
        let mut bytes = Vec::new();
        for n in 0..self.chunks {
            bytes.extend(kept::part(&format!("vectors.{n}"))?);
        }
        let Some(vectors) = Vectors::of(source, bytes, corpus.len()) else { return Ok(None) };
        let mut all = match Sums::read(source, corpus.labels, &kept::part("sums")?) {
            Some(all) => all,
            None => Sums::none(corpus, &vectors),
        };
        while self.summed < corpus.len() && *work > 0 {
            let until = (self.summed + SUMMED_AT_ONCE).min(corpus.len());
            all.add(corpus, &vectors, self.summed..until, 1.0);
            *work = work.saturating_sub(all.work(until - self.summed));
            self.summed = until;
            if until == corpus.len() || *work == 0 {
                kept::keep_part("sums", &all.bytes())?;
            }
        }
        let trials = (0..SHARES.len()).map(|n| kept::part(&trials_key(n))).collect::<Result<_, _>>()?;
        Ok(Some(Judging { vectors, all, without: None, trials }))
    }

    /// What to put into the model about meaning, and its table; none where words alone sort as well.
    pub(super) fn meant(&mut self, corpus: &Corpus) -> Result<Option<(Meant, Vec<u8>)>, Error> {
        let Some(source) = self.meaning.clone() else { return Ok(None) };
        let mut unbounded = u64::MAX;
        let Some(judging) = self.judging(corpus, &mut unbounded)? else { return Ok(None) };
        let words = trials(&kept::part("trials")?);
        let judged: Vec<Vec<_>> = judging.trials.iter().map(|bytes| trials(bytes)).collect();
        let right =
            |trials: &Vec<(u32, super::Trial)>| trials.iter().filter(|(_, trial)| trial.right).count();
        let counts: Vec<usize> = std::iter::once(right(&words)).chain(judged.iter().map(right)).collect();
        let Some(best) = meaning::chosen(&counts, words.len()) else { return Ok(None) };
        let (Some(share), Some(trials)) = (SHARES.get(best), judged.get(best)) else { return Ok(None) };
        let per_label = f32_of(corpus.len()) / f32_of(self.labels.len().max(1));
        let trials: Vec<super::Trial> = trials.iter().map(|(_, trial)| *trial).collect();
        let meant = Meant {
            source,
            share: *share,
            accuracy: f32_of(counts.get(best + 1).copied().unwrap_or(0)) / f32_of(trials.len().max(1)),
            calibration: Calibration::of(&trials, per_label),
        };
        Ok(Some((meant, judging.all.solved().table())))
    }
}

impl Judging {
    /// Takes a fold out of the sums.
    pub(super) fn leave_out(&mut self, corpus: &Corpus, fold: &[usize], work: &mut u64) {
        let mut rest = self.all.clone();
        rest.add(corpus, &self.vectors, fold.iter().copied(), -1.0);
        *work = work.saturating_sub(rest.work(fold.len()) + rest.work_of_solving());
        self.without = Some(rest.solved());
    }

    /// Judges one ticket of the fold with each share.
    pub(super) fn judge(&mut self, corpus: &Corpus, sample: usize, words: &[f32], backing: &[f32]) {
        let Some(says) = self.without.as_ref().map(|without| without.says(&self.vectors, sample)) else {
            return;
        };
        for (share, out) in SHARES.iter().zip(&mut self.trials) {
            let scores = meaning::both(words, &says, *share);
            write_trial(out, sample, trial(corpus, sample, &scores, backing));
        }
    }

    /// Keeps what was judged.
    pub(super) fn keep(&self) -> Result<(), Error> {
        self.trials.iter().enumerate().try_for_each(|(n, bytes)| kept::keep_part(&trials_key(n), bytes))
    }
}
