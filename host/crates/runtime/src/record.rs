//! The tape: what the outside answered, in order. Written by a live run, played back by a replay.
//!
//! A replay looks for the next answer to the same question, so a run of the same plugin gets every
//! answer in order, and another version of it gets what it asks for as far as it was answered.

use std::collections::VecDeque;
use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::host::HostError;

/// One answer of the outside, as stored with the run.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Answer {
    /// The function: `kv.get`.
    pub call: String,
    /// What was asked: JSON, or its digest when that is long.
    pub arguments: String,
    /// What came back: `{"Ok": …}` or `{"Err": …}`; `{"long": …}` with size and digest when it was too long to
    /// be kept. A run with such an answer is accounted for, but it cannot be repeated from its record alone.
    pub answer: serde_json::Value,
}

/// Longest arguments kept in words; longer ones are kept as a digest.
const ARGUMENTS_BYTES_MAX: usize = 256;
/// Longest answer kept, bytes of JSON: a run that reads a history or a model must not store it once more.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// All answers of one run that are kept in full, bytes of JSON: a plugin that asks a thousand times for what is long
/// fills neither the disk nor the memory of the house.
const TAPE_BYTES_MAX: usize = 4 << 20;
/// The same for other tickets: what customers wrote is stored once, on the ticket, where it can be taken out again.
const TICKETS_BYTES_MAX: usize = 16 << 10;
/// What one text means: kept like any answer, and gone with the runs of its ticket. Its words are not.
pub(crate) const MEANING: &str = "embed.vector";
/// What several texts mean, which is how a history is read: only a digest of it is kept.
pub(crate) const MEANINGS: &str = "embed.vectors";

/// Records answers, or plays recorded ones.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    answers: Vec<Answer>,
    /// Bytes of the answers that are kept in full.
    bytes: usize,
    replay: Option<VecDeque<Answer>>,
}

impl Tape {
    /// A tape that records, or plays `replay`.
    pub(crate) fn new(replay: Option<Vec<Answer>>) -> Self {
        Self { answers: Vec::new(), bytes: 0, replay: replay.map(Into::into) }
    }

    /// The recorded answer, or the live one. `live` is not even started in a replay.
    pub(crate) async fn ask<T, A, F>(
        &mut self,
        call: &'static str,
        arguments: &A,
        live: F,
    ) -> Result<T, HostError>
    where
        T: Serialize + DeserializeOwned,
        A: Serialize + Sync,
        F: Future<Output = Result<T, HostError>> + Send,
    {
        let arguments = match call {
            MEANINGS | MEANING => digested(&serde_json::to_string(arguments).unwrap_or_default()),
            _ => spelled(arguments),
        };
        let Some(replay) = &mut self.replay else {
            let answer = live.await;
            self.keep(call, arguments, &answer);
            return answer;
        };
        let found = replay
            .iter()
            .position(|a| a.call == call && a.arguments == arguments)
            .and_then(|at| replay.remove(at));
        let answer = match found {
            Some(recorded) => serde_json::from_value(recorded.answer).unwrap_or_else(|error| {
                Err(HostError::Unavailable(format!("the recorded answer to {call} cannot be read: {error}")))
            }),
            None => Err(HostError::Unavailable(format!("{call} was not asked in the recorded run"))),
        };
        self.keep(call, arguments, &answer);
        answer
    }

    fn keep<T: Serialize>(&mut self, call: &'static str, arguments: String, answer: &Result<T, HostError>) {
        let most = match call {
            MEANINGS if answer.is_ok() => 0,
            "tickets.search" => TICKETS_BYTES_MAX,
            _ => ANSWER_BYTES_MAX,
        };
        let most = most.min(TAPE_BYTES_MAX.saturating_sub(self.bytes));
        let (answer, bytes) = kept(answer, most).unwrap_or_default();
        self.bytes = self.bytes.saturating_add(bytes);
        self.answers.push(Answer { call: call.to_owned(), arguments, answer });
    }

    /// All answers so far.
    pub(crate) fn take(&mut self) -> Vec<Answer> {
        std::mem::take(&mut self.answers)
    }
}

/// An answer as it is stored: itself, with its bytes, or what it was when it is long.
fn kept<T: Serialize>(
    answer: &Result<T, HostError>,
    bytes_max: usize,
) -> serde_json::Result<(serde_json::Value, usize)> {
    let mut size = Size(0);
    serde_json::to_writer(&mut size, answer)?;
    if size.0 <= bytes_max {
        return Ok((serde_json::to_value(answer)?, size.0));
    }
    let mut digest = Digesting(Sha256::new());
    serde_json::to_writer(&mut digest, answer)?;
    let digest = hex::encode(digest.0.finalize());
    Ok((serde_json::json!({ "long": { "bytes": size.0, "sha256": digest } }), 0))
}

/// Digests what is written, without holding it.
struct Digesting(Sha256);

impl std::io::Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Counts what is written.
struct Size(usize);

impl std::io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn spelled<A: Serialize>(arguments: &A) -> String {
    let text = serde_json::to_string(arguments).unwrap_or_default();
    if text.len() <= ARGUMENTS_BYTES_MAX { text } else { digested(&text) }
}

fn digested(text: &str) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(text.as_bytes())))
}

/// Bytes as hex text in JSON.
pub(crate) mod hex_bytes {
    use serde::{Deserialize as _, Deserializer, Serializer};

    /// Writes hex.
    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&hex::encode(bytes))
    }

    /// Reads hex.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// Bytes that travel as hex.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Blob(#[serde(with = "hex_bytes")] pub(crate) Vec<u8>);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_replay_gives_the_recorded_answers_and_asks_nobody() {
        let mut live = Tape::new(None);
        let first: Result<u64, _> = live.ask("kv.bytes", &(), async { Ok(7) }).await;
        let second: Result<u64, _> = live.ask("kv.bytes", &(), async { Err(HostError::Retry(3)) }).await;
        let mut again = Tape::new(Some(live.take()));
        let nobody = || async { Err::<u64, _>(HostError::Invalid("asked".into())) };
        assert_eq!(again.ask("kv.bytes", &(), nobody()).await, first);
        assert_eq!(again.ask("kv.bytes", &(), nobody()).await, second);
        assert!(matches!(again.ask("kv.bytes", &(), nobody()).await, Err(HostError::Unavailable(_))));
    }

    #[tokio::test]
    async fn a_question_in_another_order_still_finds_its_own_answer() {
        let mut live = Tape::new(None);
        let _: Result<u64, _> = live.ask("kv.get", &"a", async { Ok(1) }).await;
        let _: Result<u64, _> = live.ask("kv.get", &"b", async { Ok(2) }).await;
        let mut again = Tape::new(Some(live.take()));
        let b: Result<u64, _> = again.ask("kv.get", &"b", async { Ok(9) }).await;
        assert_eq!(b, Ok(2));
    }

    #[tokio::test]
    async fn an_answer_of_megabytes_is_kept_as_its_size_and_digest() {
        let mut live = Tape::new(None);
        let long = || async { Ok(Some(Blob(vec![7; ANSWER_BYTES_MAX]))) };
        let got: Option<Blob> = live.ask("kv.get", &"a", long()).await.unwrap();
        assert_eq!(got.unwrap().0.len(), ANSWER_BYTES_MAX);
        let kept = live.take();
        assert!(
            kept[0].answer.to_string().len() < 200
                && kept[0].answer["long"]["bytes"].as_u64() > Some(1 << 20)
        );
        let again: Result<Option<Blob>, _> = Tape::new(Some(kept)).ask("kv.get", &"a", long()).await;
        assert!(matches!(again, Err(HostError::Unavailable(_))));
    }

    #[tokio::test]
    async fn a_run_that_asks_again_and_again_for_what_is_long_is_kept_up_to_a_bound() {
        let mut live = Tape::new(None);
        for _ in 0..50 {
            let long = async { Ok(Some(Blob(vec![7; 500 << 10]))) };
            let got: Option<Blob> = live.ask("kv.get", &"a", long).await.unwrap();
            assert_eq!(got.unwrap().0.len(), 500 << 10, "the plugin gets them all");
        }
        let kept = live.take();
        let bytes: usize = kept.iter().map(|answer| answer.answer.to_string().len()).sum();
        assert_eq!(kept.len(), 50);
        assert!(bytes < TAPE_BYTES_MAX + 50 * 200, "{bytes}");
        assert!(kept[0].answer["Ok"].is_string() && kept[49].answer["long"]["bytes"].is_u64());
    }

    #[test]
    fn long_arguments_are_kept_as_a_digest() {
        assert_eq!(spelled(&"short"), "\"short\"");
        assert!(spelled(&"x".repeat(1000)).starts_with("sha256:"));
    }

    #[test]
    fn bytes_survive_their_text_form() {
        let text = serde_json::to_string(&Blob(vec![0, 255])).unwrap();
        assert_eq!(serde_json::from_str::<Blob>(&text).unwrap().0, vec![0, 255]);
    }
}
