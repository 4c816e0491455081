//! How a model is used: `kulanz-model.toml`, or what can be told from the files models are published with.
//! Knows no weights.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, files, limits};

/// What a model is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A vector per token; a text is the mean of its tokens.
    Static,
    /// A BERT-like network that reads the whole text.
    Encoder,
}

/// How the vectors of an encoder's tokens become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// Their mean.
    #[default]
    Mean,
    /// The first one, which stands for the whole text.
    Cls,
}

/// How a model is used; the content of `kulanz-model.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What people call the model: lower-case letters, digits, `.` and `-`.
    pub name: String,
    /// What it is made of.
    pub kind: Kind,
    /// Put before each text; e5 models want `query: `.
    #[serde(default)]
    pub prefix: String,
    /// How tokens become one vector.
    #[serde(default)]
    pub pooling: Pooling,
    /// Where a text is cut, counting the tokens the model adds itself.
    pub max_tokens: usize,
}

/// Where a text is cut when nothing says so.
const STATIC_TOKENS: usize = 1_024;
const ENCODER_TOKENS: usize = 512;

/// The small files of a published model that say how it is used; each may be missing.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    /// `kulanz-model.toml`
    pub(crate) settings: Option<Vec<u8>>,
    /// `config.json`
    pub(crate) config: Option<Vec<u8>>,
    /// `sentence_bert_config.json`
    pub(crate) sentence: Option<Vec<u8>>,
    /// `1_Pooling/config.json`
    pub(crate) pooling: Option<Vec<u8>>,
    /// `config_sentence_transformers.json`
    pub(crate) prompts: Option<Vec<u8>>,
}

/// The settings of the model in `dir`.
pub(crate) fn of(dir: &Path) -> Result<Settings, Error> {
    let there = |name: &str| files::read_if_there(&dir.join(name));
    let hints = Hints {
        settings: there(files::SETTINGS)?,
        config: there(files::CONFIG)?,
        sentence: there("sentence_bert_config.json")?,
        pooling: there("1_Pooling/config.json")?,
        prompts: there("config_sentence_transformers.json")?,
    };
    let name = dir.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    hints.settings(dir, &name)
}

impl Hints {
    /// `kulanz-model.toml` as it stands, or what the other files suggest. `dir` is named in errors only.
    pub(crate) fn settings(&self, dir: &Path, name: &str) -> Result<Settings, Error> {
        let settings = match &self.settings {
            Some(text) => parse(&dir.join(files::SETTINGS), text)?,
            None => self.suggest(dir, name)?,
        };
        check(&settings, &dir.join(files::SETTINGS))?;
        Ok(settings)
    }

    fn suggest(&self, dir: &Path, name: &str) -> Result<Settings, Error> {
        let json = |file: &str, text: &Option<Vec<u8>>| match text {
            Some(text) => object(&dir.join(file), text).map(Some),
            None => Ok(None),
        };
        let config = json(files::CONFIG, &self.config)?;
        let sentence = json("sentence_bert_config.json", &self.sentence)?;
        let pooling = json("1_Pooling/config.json", &self.pooling)?;
        let prompts = json("config_sentence_transformers.json", &self.prompts)?;
        let kind = match config.as_ref().and_then(|config| config.get("model_type")) {
            Some(kind) if kind != "model2vec" => Kind::Encoder,
            _ => Kind::Static,
        };
        let published = config.as_ref().and_then(|config| config.get("_name_or_path")?.as_str());
        Ok(Settings {
            name: plain_name(name),
            kind,
            prefix: prompt(prompts.as_ref(), &[name, published.unwrap_or_default()]),
            pooling: pooling_of(pooling.as_ref(), &dir.join("1_Pooling/config.json"))?,
            max_tokens: match kind {
                Kind::Static => STATIC_TOKENS,
                Kind::Encoder => encoder_tokens(sentence.as_ref(), config.as_ref()),
            },
        })
    }
}

/// A JSON object, or the sentence that it is none.
pub(crate) fn object(file: &Path, text: &[u8]) -> Result<Value, Error> {
    let value: Value =
        serde_json::from_slice(text).map_err(|error| Error::field(file, "(file)", error.to_string()))?;
    if value.is_object() { Ok(value) } else { Err(Error::field(file, "(file)", "is no JSON object")) }
}

/// A name that can stand in a path and a configuration.
pub(crate) fn plain_name(name: &str) -> String {
    let plain: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
        .take(limits::NAME_BYTES_MAX)
        .collect();
    let plain = plain.trim_matches(|c| c == '.' || c == '-');
    if plain.is_empty() { "model".to_owned() } else { plain.to_owned() }
}

fn parse(file: &Path, text: &[u8]) -> Result<Settings, Error> {
    let text = std::str::from_utf8(text).map_err(|error| Error::field(file, "(file)", error.to_string()))?;
    toml::from_str(text).map_err(|error| Error::field(file, "(file)", error.to_string().trim_end()))
}

fn check(settings: &Settings, file: &Path) -> Result<(), Error> {
    if settings.name != plain_name(&settings.name) {
        return Err(Error::field(file, "name", "use lower-case letters, digits, `.` and `-`, at most 64"));
    }
    if settings.prefix.len() > limits::PREFIX_BYTES_MAX {
        return Err(Error::field(file, "prefix", "is longer than 200 bytes"));
    }
    if settings.max_tokens == 0 || settings.max_tokens > limits::TEXT_TOKENS_MAX {
        let why = format!("must lie between 1 and {}", limits::TEXT_TOKENS_MAX);
        return Err(Error::field(file, "max_tokens", why));
    }
    Ok(())
}

fn pooling_of(config: Option<&Value>, file: &Path) -> Result<Pooling, Error> {
    let Some(config) = config.and_then(Value::as_object) else { return Ok(Pooling::default()) };
    let chosen: Vec<&str> = config
        .iter()
        .filter(|(name, value)| name.starts_with("pooling_mode_") && **value == Value::Bool(true))
        .map(|(name, _)| name.as_str())
        .collect();
    match chosen.as_slice() {
        [] | ["pooling_mode_mean_tokens"] => Ok(Pooling::Mean),
        ["pooling_mode_cls_token"] => Ok(Pooling::Cls),
        [field, ..] => Err(Error::field(file, field, "is not supported; only mean and cls pooling are")),
    }
}

/// The prompt published for queries, or the one of the e5 family, whose files do not name theirs.
fn prompt(prompts: Option<&Value>, names: &[&str]) -> String {
    let published = prompts.and_then(|prompts| prompts.get("prompts")?.get("query")?.as_str());
    let e5 =
        names.iter().any(|name| name.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == "e5"));
    match published {
        Some(prompt) => prompt.to_owned(),
        None if e5 => "query: ".to_owned(),
        None => String::new(),
    }
}

fn encoder_tokens(sentence: Option<&Value>, config: Option<&Value>) -> usize {
    let number = |value: Option<&Value>, field: &str| {
        value.and_then(|value| value.get(field)?.as_u64()).and_then(|number| usize::try_from(number).ok())
    };
    let positions = number(config, "max_position_embeddings").unwrap_or(ENCODER_TOKENS);
    // A RoBERTa counts positions from 2, so its tables have 514 rows for 512 tokens.
    let positions = if positions == 514 { 512 } else { positions };
    number(sentence, "max_seq_length").unwrap_or(positions).min(positions).clamp(1, limits::TEXT_TOKENS_MAX)
}
