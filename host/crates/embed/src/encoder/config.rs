//! The shape of an encoder from `config.json`, every number within bounds. Knows no weights.

use std::path::Path;

use serde_json::Value;

use crate::settings::object;
use crate::{Error, files, limits, maths};

/// What `config.json` says.
pub(super) struct Config {
    pub(super) words: usize,
    pub(super) hidden: usize,
    pub(super) inner: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) positions: usize,
    pub(super) first_position: usize,
    pub(super) types: usize,
    pub(super) epsilon: f32,
    pub(super) activation: fn(&mut [f32]),
}

impl Config {
    /// Reads the file; an absent one, another architecture or a number out of bounds is an error.
    pub(super) fn load(file: &Path) -> Result<Self, Error> {
        let value = object(file, &files::read(file, limits::CONFIG_BYTES_MAX)?)?;
        let roberta = architecture(file, &value)?;
        let number = |field, most| number(file, &value, field, most);
        let hidden = number("hidden_size", limits::DIMENSION_MAX)?;
        let heads = number("num_attention_heads", hidden)?;
        if !hidden.is_multiple_of(heads) {
            return Err(Error::field(
                file,
                "num_attention_heads",
                format!("{hidden} is no multiple of {heads}"),
            ));
        }
        let positions = number("max_position_embeddings", limits::TEXT_TOKENS_MAX + 2)?;
        let padding = value.get("pad_token_id").and_then(Value::as_u64).unwrap_or(1);
        // A RoBERTa counts positions from the one after the padding token's number.
        let first_position =
            if roberta { usize::try_from(padding).unwrap_or(usize::MAX).saturating_add(1) } else { 0 };
        if first_position >= positions {
            return Err(Error::field(file, "pad_token_id", "leaves no position for a token"));
        }
        Ok(Self {
            words: number("vocab_size", usize::MAX)?,
            hidden,
            inner: number("intermediate_size", limits::INNER_MAX)?,
            layers: number("num_hidden_layers", limits::LAYERS_MAX)?,
            heads,
            positions,
            first_position,
            types: if value.get("type_vocab_size") == Some(&Value::from(0)) {
                0
            } else {
                number("type_vocab_size", 64)?
            },
            epsilon: value.get("layer_norm_eps").and_then(Value::as_f64).unwrap_or(1e-12) as f32,
            activation: activation(file, &value)?,
        })
    }

    /// The longest text in tokens.
    pub(super) const fn tokens_max(&self) -> usize {
        self.positions - self.first_position
    }
}

/// Whether it is a RoBERTa; other networks than BERT and RoBERTa are refused.
fn architecture(file: &Path, value: &Value) -> Result<bool, Error> {
    if value.get("position_embedding_type").is_some_and(|kind| kind != "absolute" && !kind.is_null()) {
        return Err(Error::field(file, "position_embedding_type", "only `absolute` is supported"));
    }
    match value.get("model_type").and_then(Value::as_str) {
        Some("bert") => Ok(false),
        Some("roberta" | "xlm-roberta" | "camembert") => Ok(true),
        other => {
            let why = format!(
                "is {}; bert, roberta, xlm-roberta and camembert are supported",
                other.unwrap_or("missing")
            );
            Err(Error::field(file, "model_type", why))
        }
    }
}

fn activation(file: &Path, value: &Value) -> Result<fn(&mut [f32]), Error> {
    match value.get("hidden_act").and_then(Value::as_str) {
        Some("gelu") | None => Ok(maths::gelu),
        Some("gelu_new" | "gelu_pytorch_tanh") => Ok(maths::gelu_tanh),
        Some("relu") => Ok(maths::relu),
        Some(other) => {
            Err(Error::field(file, "hidden_act", format!("{other} is not supported; gelu and relu are")))
        }
    }
}

fn number(file: &Path, value: &Value, field: &str, most: usize) -> Result<usize, Error> {
    let number = value.get(field).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
    match number {
        Some(number) if (1..=most).contains(&number) => Ok(number),
        Some(number) => Err(Error::field(file, field, format!("is {number}, must lie between 1 and {most}"))),
        None => Err(Error::field(file, field, "must be a whole number")),
    }
}
