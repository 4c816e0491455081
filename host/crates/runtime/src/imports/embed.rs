//! `embed`: what texts mean. The model is the desk's; here questions are bounded and answers recorded.

use std::sync::Arc;

use domain::grant::Capability;

use crate::bindings::kulanz::plugin::embed;
use crate::bindings::kulanz::plugin::types::PluginError;
use crate::host::{EmbedModel, HostError};
use crate::record::{MEANING, MEANINGS, hex_bytes};
use crate::state::State;

/// Texts of one call, as the contract says.
const TEXTS_MAX: usize = 64;
/// Bytes of a text that are looked at: more than the longest text of any model.
const TEXT_BYTES_MAX: usize = 16 << 10;

/// A vector as it is recorded: its numbers' bytes, little end first.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
struct Recorded(#[serde(with = "hex_bytes")] Vec<u8>);

impl Recorded {
    fn of(vector: &[f32]) -> Self {
        Self(vector.iter().flat_map(|number| number.to_le_bytes()).collect())
    }

    fn numbers(&self) -> Vec<f32> {
        self.0.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
    }
}

impl State {
    async fn model_in_place(&mut self) -> Result<Option<EmbedModel>, PluginError> {
        self.may_use(Capability::Embed)?;
        let host = Arc::clone(&self.host);
        let live = async { Ok(host.embed_model()) };
        Ok(self.tape.ask("embed.model", &(), live).await?)
    }

    async fn vectors_of(&mut self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, PluginError> {
        self.may_use(Capability::Embed)?;
        if texts.len() > TEXTS_MAX {
            return Err(PluginError::InvalidInput(format!(
                "{} texts at once; at most {TEXTS_MAX}: ask in several calls",
                texts.len()
            )));
        }
        let texts: Vec<String> = texts.into_iter().map(beginning).collect();
        let host = Arc::clone(&self.host);
        let live = async {
            let vectors = host.embed(&texts).await?;
            if vectors.len() != texts.len() {
                return Err(HostError::Unavailable("the model did not answer for every text".to_owned()));
            }
            Ok(vectors.iter().map(|vector| Recorded::of(vector)).collect::<Vec<_>>())
        };
        let call = if texts.len() == 1 { MEANING } else { MEANINGS };
        let found = self.tape.ask(call, &texts, live).await?;
        Ok(found.iter().map(Recorded::numbers).collect())
    }
}

fn beginning(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    text
}

impl embed::Host for State {
    async fn model(&mut self) -> wasmtime::Result<Result<Option<embed::LanguageModel>, PluginError>> {
        self.meter.call()?;
        let found = self.model_in_place().await;
        Ok(found.map(|model| {
            model.map(|EmbedModel { digest, dimension }| embed::LanguageModel { digest, dimension })
        }))
    }

    async fn vectors(&mut self, texts: Vec<String>) -> wasmtime::Result<Result<Vec<Vec<f32>>, PluginError>> {
        self.meter.call()?;
        Ok(self.vectors_of(texts).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Call;
    use crate::tests::fixture::{self, Shelf};
    use domain::grant::{Grant, Grants};

    fn call() -> Call {
        let grants: Grants = std::iter::once(Grant::Use(Capability::Embed)).collect();
        Call { host: Arc::new(Shelf::default()), grants: Arc::new(grants), ..fixture::call() }
    }

    #[tokio::test]
    async fn vectors_are_recorded_and_a_replay_gives_the_same_ones_without_a_model() {
        let mut state = State::new(call());
        let model = state.model_in_place().await.unwrap().unwrap();
        assert_eq!(model.dimension, 2);
        let live = state.vectors_of(vec!["refund".into()]).await.unwrap();
        assert_eq!(live, [[6.0, 0.5]]);
        let many = state.vectors_of(vec!["refund".into(), "x".into()]).await.unwrap();
        assert_eq!(many, [[6.0, 0.5], [1.0, 0.5]]);
        let tape = state.tape.take();
        let told = serde_json::to_string(&tape).unwrap();
        assert!(!told.contains("refund") && told.contains("sha256"), "{told}");
        let replay = Call { host: Arc::new(crate::host::NoHost), replay: Some(tape), ..call() };
        let mut again = State::new(replay);
        assert_eq!(again.model_in_place().await.unwrap(), Some(model));
        assert_eq!(again.vectors_of(vec!["refund".into()]).await.unwrap(), live);
    }

    #[tokio::test]
    async fn without_the_grant_a_model_or_with_too_many_texts_there_is_a_reason() {
        let mut state = State::new(Call { grants: Arc::default(), ..call() });
        let denied = state.vectors_of(vec!["x".into()]).await.unwrap_err();
        assert!(matches!(denied, PluginError::Denied(why) if why.contains("use:embed")));
        let mut state = State::new(Call { host: Arc::new(crate::host::NoHost), ..call() });
        assert_eq!(state.model_in_place().await.unwrap(), None);
        assert!(matches!(state.vectors_of(vec!["x".into()]).await, Err(PluginError::Unavailable(_))));
        let many = state.vectors_of(vec![String::new(); TEXTS_MAX + 1]).await.unwrap_err();
        assert!(matches!(many, PluginError::InvalidInput(why) if why.contains("several calls")));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(beginning("ä".repeat(TEXT_BYTES_MAX)).len(), TEXT_BYTES_MAX);
        assert_eq!(beginning("a".to_owned() + &"ä".repeat(TEXT_BYTES_MAX)).len(), TEXT_BYTES_MAX - 1);
    }
}
