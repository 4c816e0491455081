//! The part of a training that is about meaning: vectors while the history is read, their sums, and on tickets left
//! out the choice of how much the meaning counts. Without a language model nothing of this happens.

use kulanz_sdk::Error;

use super::{Job, trial, trials, write_trial};
use crate::learn::calibrate::Calibration;
use crate::learn::corpus::{Corpus, f32_of};
use crate::learn::kept;
use crate::learn::meaning::{self, Meant, Regression, SHARES, Sums, Vectors};

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
        match source.packed(texts) {
            Some(bytes) => kept::keep_part(&format!("vectors.{}", self.chunks), &bytes),
            None => {
                kulanz_sdk::log::warn("no vectors can be had any more: this training is by words alone");
                self.meaning = None;
                Ok(())
            }
        }
    }

    /// The vectors, their sums and what was judged so far; none without a language model.
    pub(super) fn judging(&self, corpus: &Corpus, work: &mut u64) -> Result<Option<Judging>, Error> {
        let Some(source) = &self.meaning else { return Ok(None) };
        let mut bytes = Vec::new();
        for n in 0..self.chunks {
            bytes.extend(kept::part(&format!("vectors.{n}"))?);
        }
        let Some(vectors) = Vectors::of(source, bytes, corpus.len()) else { return Ok(None) };
        let all = match Sums::read(source, corpus.labels, &kept::part("sums")?) {
            Some(all) => all,
            None => {
                let all = Sums::of(corpus, &vectors, 0..corpus.len());
                *work = work.saturating_sub(all.work(corpus.len()));
                kept::keep_part("sums", &all.bytes())?;
                all
            }
        };
        let trials = (0..SHARES.len()).map(|n| kept::part(&trials_key(n))).collect::<Result<_, _>>()?;
        Ok(Some(Judging { vectors, all, without: None, trials }))
    }

    /// What to put into the model about meaning, and its table; none where words alone sort as well.
    pub(super) fn meant(&self, corpus: &Corpus) -> Result<Option<(Meant, Vec<u8>)>, Error> {
        let (Some(source), Some(judging)) = (&self.meaning, self.judging(corpus, &mut 0)?) else {
            return Ok(None);
        };
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
            source: source.clone(),
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
        *work = work.saturating_sub(rest.work(fold.len()));
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
