//! What learning keeps between runs, and under which keys. Tables are written once under a new key; the head
//! names them and is written last.

use kulanz_sdk::{Error, kv, serde_json};

use super::examples::Examples;
use super::fixes::Fixes;
use super::history::Field;
use super::job::Job;
use super::model::{FORMAT, Head, INDEX_WIDTH, Packed, Tables, row_width};

const MODEL: &str = "model";
const BEFORE: &str = "model.before";
const FIXES: &str = "fixes";
const EXAMPLES: &str = "examples";
const JOB: &str = "job";
const TRIED: &str = "tried";
/// Chunks and shares of a running training.
const JOB_PARTS: &str = "job.";
/// Bytes handed over at once: half of what may cross the border in one call.
const PIECE_BYTES_MAX: usize = 2 << 20;

/// The model in force, if there is one that this version can read.
///
/// # Errors
/// kv is not granted or not there.
pub fn head() -> Result<Option<Head>, Error> {
    let Some(bytes) = kv::get(MODEL)? else { return Ok(None) };
    Ok(serde_json::from_slice::<Head>(&bytes).ok().filter(|head| head.format == FORMAT))
}

/// Puts a model in force; the one before it is kept, the one before that is let go.
///
/// # Errors
/// kv is not granted, or full.
pub fn publish(head: &Head, packed: &Packed, meaning: &[u8]) -> Result<(), Error> {
    kv::set(&index_key(head.generation), &packed.index)?;
    kv::set(&rows_key(head.generation), &packed.rows)?;
    if !meaning.is_empty() {
        kv::set(&meaning_key(head.generation), meaning)?;
    }
    if let Some(older) = kv::get(BEFORE)?.and_then(|bytes| serde_json::from_slice::<Head>(&bytes).ok()) {
        forget_tables(older.generation)?;
    }
    if let Some(before) = kv::get(MODEL)? {
        kv::set(BEFORE, &before)?;
    }
    kv::set_json(MODEL, head)
}

/// When a training last began that came to an end, whatever became of it.
///
/// # Errors
/// kv is not granted or not there.
pub fn tried_at_ms() -> Result<Option<u64>, Error> {
    Ok(kv::get(TRIED)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Forgets every model, every correction, every example and every training.
///
/// # Errors
/// kv is not granted.
pub fn forget() -> Result<bool, Error> {
    let keys = kv::keys("")?;
    for key in &keys {
        kv::delete(key)?;
    }
    Ok(!keys.is_empty())
}

fn forget_tables(generation: u32) -> Result<(), Error> {
    kv::delete(&index_key(generation))?;
    kv::delete(&meaning_key(generation))?;
    kv::delete(&rows_key(generation))
}

fn meaning_key(generation: u32) -> String {
    format!("meaning.{generation}")
}

/// The table of what meanings say, a line of `width` bytes for each label.
///
/// # Errors
/// kv is not granted or not there.
pub fn meaning(generation: u32, width: u32, labels: usize) -> Result<Vec<u8>, Error> {
    let key = meaning_key(generation);
    let lines: Vec<u32> = (0..crate::features::as_u32(labels)).collect();
    kv::rows(&key, width, &lines)?.ok_or_else(|| gone(&key))
}

fn index_key(generation: u32) -> String {
    format!("index.{generation}")
}

fn rows_key(generation: u32) -> String {
    format!("rows.{generation}")
}

/// Corrections on top of the model of a generation.
///
/// # Errors
/// kv is not granted or not there.
pub fn fixes(generation: u32) -> Result<Fixes, Error> {
    let kept = kv::get(FIXES)?.and_then(|bytes| Fixes::read(&bytes));
    Ok(kept.filter(|f| f.generation == generation).unwrap_or(Fixes { generation, all: Vec::new() }))
}

/// Corrections of whatever model they were made for.
///
/// # Errors
/// kv is not granted or not there.
pub fn all_fixes() -> Result<Fixes, Error> {
    Ok(kv::get(FIXES)?.and_then(|bytes| Fixes::read(&bytes)).unwrap_or_default())
}

/// Keeps corrections.
///
/// # Errors
/// kv is not granted, or full.
pub fn keep_fixes(fixes: &Fixes) -> Result<(), Error> {
    kv::set(FIXES, &fixes.bytes())
}

/// Where the examples of a field are kept: those of category and team in one place, of the one that is learnt.
fn examples_key(field: Field) -> String {
    field.custom_key().map_or_else(|| EXAMPLES.to_owned(), |key| format!("{EXAMPLES}.{key}"))
}

/// Examples of a field; none where they are of the other one.
///
/// # Errors
/// kv is not granted or not there.
pub fn examples(field: Field) -> Result<Examples, Error> {
    let kept = kv::get(&examples_key(field))?.and_then(|bytes| Examples::read(&bytes));
    Ok(kept.filter(|examples| examples.field == field).unwrap_or(Examples::none(field)))
}

/// Keeps examples.
///
/// # Errors
/// kv is not granted, or full.
pub fn keep_examples(examples: &Examples) -> Result<(), Error> {
    let key = examples_key(examples.field);
    if examples.all.is_empty() { kv::delete(&key) } else { kv::set(&key, &examples.bytes()) }
}

/// The running training.
///
/// # Errors
/// kv is not granted or not there.
pub fn job() -> Result<Option<Job>, Error> {
    Ok(kv::get(JOB)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Keeps the running training.
///
/// # Errors
/// kv is not granted, or full.
pub fn keep_job(job: &Job) -> Result<(), Error> {
    kv::set_json(JOB, job)
}

/// Ends the running training, which began then.
///
/// # Errors
/// kv is not granted.
pub fn end_job(began_ms: u64) -> Result<(), Error> {
    kv::set_json(TRIED, &began_ms)?;
    kv::delete(JOB)?;
    kv::keys(JOB_PARTS)?.iter().try_for_each(|key| kv::delete(key))
}

/// A part of the running training: `chunk.3`, `shares`, `trials`.
///
/// # Errors
/// kv is not granted or not there.
pub fn part(name: &str) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    for n in 0.. {
        match kv::get(&piece(name, n))? {
            Some(bytes) => out.extend(bytes),
            None => break,
        }
    }
    Ok(out)
}

/// Key of one piece of a part.
fn piece(name: &str, n: usize) -> String {
    if n == 0 { format!("{JOB_PARTS}{name}") } else { format!("{JOB_PARTS}{name}+{n}") }
}

/// Keeps a part of the running training.
///
/// # Errors
/// kv is not granted, or full.
pub fn keep_part(name: &str, bytes: &[u8]) -> Result<(), Error> {
    let pieces = bytes.len().div_ceil(PIECE_BYTES_MAX).max(1);
    for (n, bytes) in (0..pieces).zip(bytes.chunks(PIECE_BYTES_MAX).chain([&[][..]])) {
        kv::set(&piece(name, n), bytes)?;
    }
    // What was longer before must not stand behind it.
    for n in pieces.. {
        if kv::get(&piece(name, n))?.is_none() {
            break;
        }
        kv::delete(&piece(name, n))?;
    }
    Ok(())
}

/// The tables of a model in kv.
#[derive(Debug, Clone, Copy)]
pub struct Stored {
    generation: u32,
    row_width: usize,
}

impl Stored {
    /// Those of this model.
    #[must_use]
    pub fn of(head: &Head) -> Self {
        Self { generation: head.generation, row_width: row_width(head.labels.len(), head.bits) }
    }
}

fn gone(key: &str) -> Error {
    Error::internal(format!("the model's table {key} is gone"))
}

impl Tables for Stored {
    fn index(&self, buckets: &[u32]) -> Result<Vec<u8>, Error> {
        let key = index_key(self.generation);
        kv::rows(&key, crate::features::as_u32(INDEX_WIDTH), buckets)?.ok_or_else(|| gone(&key))
    }

    fn rows(&self, rows: &[u32]) -> Result<Vec<u8>, Error> {
        let key = rows_key(self.generation);
        kv::rows(&key, crate::features::as_u32(self.row_width), rows)?.ok_or_else(|| gone(&key))
    }
}
