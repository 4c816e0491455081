//! One training, cut into slices: reading the history, fitting, judging on tickets left out, and putting the
//! new model in force if it is no worse. Each slice stands where the one before stopped.

mod meant;

use std::collections::BTreeMap;

use kulanz_sdk::Error;
use serde::{Deserialize, Serialize};

use super::Learning;
use super::calibrate::{Calibration, Signs, Trial, two_best};
use super::chunk::{self, Sample};
use super::corpus::{BITS, Corpus, f32_of, unit};
use super::fitting::{Fitting, PASSES};
use super::fixes::Fixes;
use super::history::{self, Past};
use super::kept::{self, Stored};
use super::meaning::{self, Source};
use super::model::{FORMAT, Head, Packed, Seen};
use super::softmax::LABELS_MAX;
use crate::features::{Bag, Words, as_u32};

/// Pages of tickets read in one slice; a run may hold 2,000 tickets.
const PAGES_PER_SLICE: usize = 8;
/// Work that reading one page counts as.
const WORK_OF_PAGE: u64 = 20_000_000;
/// Tickets without which nothing is learnt.
const SAMPLES_MIN: usize = 20;
/// Tickets that are left out and judged, at least; of few tickets each is.
const TRIALS: usize = 1_500;
/// Parts that tickets are cut into for judging.
const FOLDS: usize = 10;
/// A new model may be this much worse on the newest tickets before the old one stays.
const SLACK: f32 = 0.02;
/// Newest tickets that the old model never saw, at least, to compare on.
const COMPARED_MIN: usize = 50;
/// Features of one block of one ticket that are learnt from: of a long text the most telling.
const FEATURES_MAX: [usize; 2] = [600, 1_800];
/// Share of a label's tickets that must have gone to one team for it to be the label's.
const TEAM_SHARE: f32 = 0.8;

/// Where a training stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Job {
    started_ms: u64,
    step: Step,
    /// Tickets up to here were read.
    cursor_ms: u64,
    chunks: u32,
    samples: usize,
    labels: Vec<String>,
    teams: Vec<BTreeMap<String, u32>>,
    pass: u32,
    place: usize,
    fold: usize,
    /// Of the tickets that came after the model in force: how many the new one sorts right without having seen
    /// them, and how many there are.
    newer: Option<(usize, usize)>,
    newest_minute: u32,
    /// Corrected tickets that were read as they were corrected, by their keys.
    #[serde(default)]
    corrected: Vec<u64>,
    /// Whose vectors are learnt from as well; none without a language model.
    #[serde(default)]
    meaning: Option<Source>,
    /// Tickets whose vectors are added up.
    #[serde(default)]
    summed: usize,
    /// When a slice last ended well, milliseconds since 1970.
    #[serde(default)]
    last_ms: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
enum Step {
    #[default]
    Read,
    Fit,
    Judge,
}

/// What a slice came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slice {
    /// More to do.
    More(String),
    /// Done for now.
    Done(String),
}

impl Job {
    /// A training that begins now.
    #[must_use]
    pub fn begin(now_ms: u64) -> Self {
        Self { started_ms: now_ms, meaning: Source::in_place(), ..Self::default() }
    }

    /// Does a slice's worth of calculations, and keeps where it stands.
    ///
    /// # Errors
    /// The history or kv cannot be read.
    pub fn slice(mut self, learning: &Learning, now_ms: u64) -> Result<Slice, Error> {
        self.give_up_what_fails(now_ms);
        let mut work = learning.work;
        if self.step == Step::Read {
            self.read(learning.field, &mut work)?;
        }
        if self.step == Step::Read || work == 0 {
            return self.later();
        }
        if self.samples < SAMPLES_MIN || self.labels.len() < 2 {
            kept::end_job(self.started_ms)?;
            let (tickets, labels) = (self.samples, self.labels.len());
            return Ok(Slice::Done(format!(
                "too little to learn from: {tickets} sorted tickets of {labels} kinds; at least {SAMPLES_MIN} of 2 are needed"
            )));
        }
        let chunks =
            (0..self.chunks).map(|n| kept::part(&format!("chunk.{n}"))).collect::<Result<Vec<_>, _>>()?;
        let corpus = Corpus::read(&chunks, self.labels.len());
        // Room for the weights.
        drop(chunks);
        self.fit(&corpus, &mut work)?;
        if self.step == Step::Judge && work > 0 {
            self.judge(&corpus, &mut work)?;
            if self.fold == folds(corpus.len()) && work > 0 {
                self.foresee(&corpus, &mut work)?;
                return self.end(&corpus, learning);
            }
        }
        self.later()
    }

    fn later(self) -> Result<Slice, Error> {
        let told = match self.step {
            Step::Read => format!("reading the history: {} sorted tickets so far", self.samples),
            Step::Fit => {
                format!("learning from {} tickets: pass {} of {PASSES}", self.samples, self.pass + 1)
            }
            Step::Judge => {
                format!("judging on tickets left out: part {} of {}", self.fold + 1, folds(self.samples))
            }
        };
        kept::keep_job(&self)?;
        Ok(Slice::More(told))
    }

    fn read(&mut self, field: history::Field, work: &mut u64) -> Result<(), Error> {
        let mut bytes = Vec::new();
        let mut seen = vec![0_u32; super::corpus::BUCKETS];
        let examples = kept::examples(field)?;
        let mut texts = Vec::new();
        let (pages, limit) = match self.meaning {
            Some(_) => (1, meaning::PAGE),
            None => (PAGES_PER_SLICE, history::PAGE),
        };
        for _ in 0..pages {
            let page = history::page(field, self.cursor_ms, limit)?;
            self.cursor_ms = page.cursor_ms.max(self.cursor_ms);
            let bags: Vec<Bag> =
                page.tickets.iter().map(|past| Bag::of(&Words::of(&past.text), BITS)).collect();
            for (bucket, _) in bags.iter().flat_map(|bag| bag.blocks.iter().flatten()) {
                if let Some(n) = seen.get_mut(*bucket as usize) {
                    *n += 1;
                }
            }
            for (past, bag) in page.tickets.into_iter().zip(bags) {
                let example = examples.of(past.key).filter(|one| one.label == past.label);
                self.corrected.extend(example.map(|one| one.key));
                if self.add(&mut bytes, &past, most_telling(bag, &seen)) {
                    texts.push(past.text);
                }
            }
            *work = work.saturating_sub(WORK_OF_PAGE);
            if page.last {
                self.step = Step::Fit;
                break;
            }
        }
        kept::keep_part(&format!("chunk.{}", self.chunks), &bytes)?;
        self.keep_vectors(&texts)?;
        self.chunks += 1;
        Ok(())
    }

    /// Whether there was something to learn from, and room.
    fn add(&mut self, bytes: &mut Vec<u8>, past: &Past, bag: Bag) -> bool {
        let known = self.labels.iter().position(|label| *label == past.label);
        if bag.is_empty() || known.is_none() && self.labels.len() == LABELS_MAX {
            return false;
        }
        let label = known.unwrap_or_else(|| {
            self.labels.push(past.label.clone());
            self.teams.push(BTreeMap::new());
            self.labels.len() - 1
        });
        if let (Some(team), Some(counts)) = (&past.team, self.teams.get_mut(label)) {
            *counts.entry(team.clone()).or_default() += 1;
        }
        let minute = as_u32(usize::try_from(past.created_ms / 60_000).unwrap_or(0));
        self.newest_minute = self.newest_minute.max(minute);
        self.samples += 1;
        chunk::write(bytes, &Sample { label: as_u32(label), requester: past.requester, minute, bag });
        true
    }

    fn fit(&mut self, corpus: &Corpus, work: &mut u64) -> Result<(), Error> {
        if self.step != Step::Fit {
            return Ok(());
        }
        let mut fitting = Fitting::resume(corpus, &kept::part("shares")?);
        while self.pass < PASSES && *work > 0 {
            self.place = fitting.pass(self.pass, self.place, work);
            if self.place >= corpus.len() {
                (self.pass, self.place) = (self.pass + 1, 0);
            }
        }
        if self.pass == PASSES {
            self.step = Step::Judge;
        }
        kept::keep_part("shares", &fitting.bytes())
    }

    fn judge(&mut self, corpus: &Corpus, work: &mut u64) -> Result<(), Error> {
        let shares = kept::part("shares")?;
        let mut trials = kept::part("trials")?;
        let mut judging = self.judging(corpus, work)?;
        if *work == 0 {
            return Ok(());
        }
        while self.fold < folds(corpus.len()) && *work > 0 {
            let mut fitting = Fitting::resume(corpus, &shares);
            *work = work.saturating_sub(2 * fitting.work_of_pass());
            let fold = left_out(corpus, self.fold);
            if let Some(judging) = &mut judging {
                judging.leave_out(corpus, &fold, work);
            }
            fitting.unseen(&fold, |sample, scores, backing| {
                if is_heard(corpus, sample) {
                    write_trial(&mut trials, sample, trial(corpus, sample, scores, backing));
                    if let Some(judging) = &mut judging {
                        judging.judge(corpus, sample, scores, backing);
                    }
                }
            });
            self.fold += 1;
        }
        judging.iter().try_for_each(meant::Judging::keep)?;
        kept::keep_part("trials", &trials)
    }

    /// How the new model sorts the tickets that the one in force has not seen, if it had not seen them either:
    /// so both stand on the same ground, and a history that was spoilt since shows.
    fn foresee(&mut self, corpus: &Corpus, work: &mut u64) -> Result<(), Error> {
        let Some(before) = kept::head()? else { return Ok(()) };
        let is_newer = |sample: &usize| corpus.minute.get(*sample).is_some_and(|m| *m > before.until_minute);
        let newer: Vec<usize> = (0..corpus.len()).filter(is_newer).collect();
        // Without the older half there is nothing to judge by.
        if newer.len() < COMPARED_MIN || newer.len() * 2 > corpus.len() {
            return Ok(());
        }
        let mut fitting = Fitting::resume(corpus, &kept::part("shares")?);
        *work = work.saturating_sub(2 * fitting.work_of_pass());
        let mut right = 0;
        fitting.unseen(&newer, |sample, scores, _| {
            right += usize::from(corpus.label.get(sample).is_some_and(|l| *l as usize == two_best(scores).0));
        });
        self.newer = Some((right, newer.len()));
        Ok(())
    }

    fn end(mut self, corpus: &Corpus, learning: &Learning) -> Result<Slice, Error> {
        let trials = trials(&kept::part("trials")?);
        let right = trials.iter().filter(|(_, trial)| trial.right).count();
        let accuracy = f32_of(right) / f32_of(trials.len().max(1));
        let before = kept::head()?;
        if let Some(before) = &before
            && let Some((old, new)) = self.compared(before)?
            && new + SLACK < old
        {
            kept::end_job(self.started_ms)?;
            let percent = crate::sort::percent;
            return Ok(Slice::Done(format!(
                "the model stays: it sorts {} % of the newest tickets right, the new one only {} %",
                percent(old),
                percent(new)
            )));
        }
        let packed = Packed::of(corpus, &Fitting::resume(corpus, &kept::part("shares")?));
        let mut head = self.head(corpus, before.as_ref(), accuracy, &trials);
        head.bits = packed.bits;
        let (meant, table) = self.meant(corpus)?.unzip();
        head.meant = meant;
        kept::publish(&head, &packed, &table.unwrap_or_default())?;
        kept::keep_fixes(&carried(kept::all_fixes()?, &head, &packed))?;
        self.drop_examples(&head, learning)?;
        kept::end_job(self.started_ms)?;
        let with_meaning = head.meant.as_ref().map_or_else(String::new, |meant| {
            format!(", with what they mean {} %", crate::sort::percent(meant.accuracy))
        });
        Ok(Slice::Done(format!(
            "learned {} labels from {} tickets; of {} left out, {} % are sorted right{with_meaning}",
            head.labels.len(),
            corpus.len(),
            trials.len(),
            crate::sort::percent(accuracy)
        )))
    }

    /// Drops the examples that the new model has learnt from. One that keeps no promise yet decides nothing, and
    /// then they stay.
    fn drop_examples(&self, head: &Head, learning: &Learning) -> Result<(), Error> {
        if self.corrected.is_empty() || head.calibration.threshold(learning.precision).is_none() {
            return Ok(());
        }
        let mut examples = kept::examples(learning.field)?;
        examples.all.retain(|one| {
            one.at_ms >= self.started_ms
                || !head.labels.contains(&one.label)
                || !self.corrected.contains(&one.key)
        });
        kept::keep_examples(&examples)
    }

    fn head(&self, corpus: &Corpus, before: Option<&Head>, accuracy: f32, trials: &[(u32, Trial)]) -> Head {
        let mut counts = vec![0; self.labels.len()];
        for label in &corpus.label {
            if let Some(n) = counts.get_mut(*label as usize) {
                *n += 1;
            }
        }
        let judged: Vec<Trial> = trials.iter().map(|(_, trial)| *trial).collect();
        Head {
            format: FORMAT,
            generation: before.map_or(1, |before| before.generation + 1),
            labels: self.labels.clone(),
            bits: 8,
            teams: self.teams.iter().map(leading).collect(),
            counts,
            unknown: corpus.table.unknown(),
            until_minute: self.newest_minute,
            trained_at_ms: self.started_ms,
            accuracy,
            calibration: Calibration::of(&judged, f32_of(corpus.len()) / f32_of(self.labels.len().max(1))),
            meant: None,
        }
    }

    /// Shares that the old and the new model sort right of the tickets that came after the old one.
    fn compared(&self, before: &Head) -> Result<Option<(f32, f32)>, Error> {
        let Some((new, all)) = self.newer else { return Ok(None) };
        let mut right = 0;
        for n in 0..self.chunks {
            let bytes = kept::part(&format!("chunk.{n}"))?;
            for sample in chunk::samples(&bytes).filter(|s| s.minute > before.until_minute) {
                let seen = Seen::fetch(before, &Stored::of(before), &sample.bag)?;
                let best = two_best(&seen.scores(before.labels.len())).0;
                right += usize::from(before.labels.get(best) == self.labels.get(sample.label as usize));
            }
        }
        // The oldest may have been dropped for want of room, which are not the newer ones.
        Ok(Some((f32_of(right) / f32_of(all), f32_of(new) / f32_of(all))))
    }
}

/// Parts that are judged.
fn folds(samples: usize) -> usize {
    (TRIALS * FOLDS).div_ceil(samples.max(1)).clamp(2, FOLDS)
}

/// The samples of a part. Near copies are in the same one.
fn left_out(corpus: &Corpus, fold: usize) -> Vec<usize> {
    let part = |kin: u32| (kin.wrapping_mul(0x9E37_79B1) >> 8) as usize % FOLDS;
    (0..corpus.len()).filter(|sample| corpus.kin.get(*sample).is_some_and(|kin| part(*kin) == fold)).collect()
}

/// The features that tell most, where a text has too many.
fn most_telling(mut bag: Bag, seen: &[u32]) -> Bag {
    for (block, max) in bag.blocks.iter_mut().zip(FEATURES_MAX) {
        if block.len() > max {
            let rarity =
                |line: &(u32, u16)| seen.get(line.0 as usize).copied().unwrap_or(0) / u32::from(line.1);
            block.sort_by_key(rarity);
            block.truncate(max);
            block.sort_unstable();
        }
    }
    bag
}

/// The team that clearly most tickets went to.
fn leading(counts: &BTreeMap<String, u32>) -> String {
    let all: u32 = counts.values().sum();
    let top = counts.iter().max_by_key(|(_, n)| **n);
    top.filter(|(_, n)| f32_of(**n as usize) >= TEAM_SHARE * f32_of(all as usize))
        .map(|(team, _)| team.clone())
        .unwrap_or_default()
}

/// Corrections on top of the new model: their scores are reckoned anew.
fn carried(mut fixes: Fixes, head: &Head, packed: &Packed) -> Fixes {
    fixes.generation = head.generation;
    fixes.all.retain(|fix| head.labels.contains(&fix.label));
    for fix in &mut fixes.all {
        let bag = Bag { blocks: [fix.values.iter().map(|(bucket, _)| (*bucket, 1)).collect(), Vec::new()] };
        if let Ok(seen) = Seen::fetch(head, packed, &bag) {
            fix.base = seen.scores(head.labels.len());
        }
        fix.shares = vec![0; head.labels.len()];
    }
    let all = fixes.all.len();
    fixes.settle(&head.labels, all);
    fixes
}

/// Whether a sample may speak for what can be promised: of a customer who writes much, as many as count in full.
fn is_heard(corpus: &Corpus, sample: usize) -> bool {
    corpus.voice.get(sample).is_none_or(|voice| unit(as_u32(sample)) < *voice)
}

/// How a sample that was left out was judged, and how it would be if its label were not known.
fn trial(corpus: &Corpus, sample: usize, scores: &[f32], backing: &[f32]) -> Trial {
    let novelty = corpus.novelty.get(sample).copied().unwrap_or(0.0);
    let own = corpus.label.get(sample).map_or(usize::MAX, |label| *label as usize);
    let signs =
        |scores: &[f32]| Signs::of(scores, backing.get(two_best(scores).0).copied().unwrap_or(0.0), novelty);
    let mut others = scores.to_vec();
    if let Some(score) = others.get_mut(own) {
        *score = f32::NEG_INFINITY;
    }
    Trial { signs: signs(scores), strange: signs(&others), right: two_best(scores).0 == own }
}

fn write_trial(out: &mut Vec<u8>, sample: usize, trial: Trial) {
    out.extend(as_u32(sample).to_le_bytes());
    out.push(u8::from(trial.right));
    trial.signs.0.iter().chain(&trial.strange.0).for_each(|sign| out.extend(sign.to_le_bytes()));
}

fn trials(bytes: &[u8]) -> Vec<(u32, Trial)> {
    const WIDTH: usize = 5 + 2 * 4 * super::calibrate::SIGNS;
    let word = |bytes: &[u8]| bytes.first_chunk().copied().unwrap_or_default();
    bytes
        .chunks_exact(WIDTH)
        .map(|line| {
            let (head, tail) = line.split_at(5);
            let (mut signs, mut strange) = (Signs::default(), Signs::default());
            for (sign, bytes) in signs.0.iter_mut().chain(&mut strange.0).zip(tail.chunks_exact(4)) {
                *sign = f32::from_le_bytes(word(bytes));
            }
            let right = head.get(4).is_some_and(|flag| *flag == 1);
            (u32::from_le_bytes(word(head)), Trial { signs, strange, right })
        })
        .collect()
}
