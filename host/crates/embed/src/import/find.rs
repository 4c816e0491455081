//! Finds a model's files among all files of a source. Knows names, reads only the small files that say how a
//! model is used.

use super::source::Source;
use crate::settings::Hints;
use crate::{Error, files, limits};

/// The paths of a model's files inside a source.
#[derive(Debug)]
pub(super) struct Found {
    /// Path of the folder with the weights, with a `/` at its end unless it is the root.
    folder: String,
    pub(super) weights: String,
    pub(super) config: Option<String>,
    pub(super) tokenizer: Option<String>,
    pub(super) vocabulary: Option<String>,
    pub(super) tokenizer_config: Option<String>,
}

impl Found {
    /// The one model of a source, or a sentence that says why there is none.
    pub(super) fn among(source: &Source) -> Result<Self, Error> {
        let names = source.names();
        let weights = weights(source)?;
        let folder = weights.rfind('/').and_then(|end| weights.get(..=end)).unwrap_or_default().to_owned();
        let beside = |name: &str| {
            let path = format!("{folder}{name}");
            names.contains(&path).then_some(path)
        };
        let found = Self {
            config: beside(files::CONFIG),
            tokenizer: beside(files::TOKENIZER).or_else(|| tokenizer_elsewhere(names, &folder)),
            vocabulary: beside("vocab.txt"),
            tokenizer_config: beside("tokenizer_config.json"),
            weights,
            folder,
        };
        if found.tokenizer.is_none() && found.vocabulary.is_none() {
            let next = "export the tokenizer as tokenizer.json and put it beside the weights";
            return Err(Error::Missing {
                place: source.path().join(&found.folder),
                what: "tokenizer.json".to_owned(),
                next,
            });
        }
        Ok(found)
    }

    /// What the small files beside the weights say.
    pub(super) fn hints(&self, source: &mut Source) -> Result<Hints, Error> {
        let mut there = |name: &str| {
            let path = format!("{}{name}", self.folder);
            if source.names().contains(&path) {
                source.read(&path, limits::CONFIG_BYTES_MAX).map(Some)
            } else {
                Ok(None)
            }
        };
        Ok(Hints {
            settings: there(files::SETTINGS)?,
            config: there(files::CONFIG)?,
            sentence: there("sentence_bert_config.json")?,
            pooling: there("1_Pooling/config.json")?,
            prompts: there("config_sentence_transformers.json")?,
        })
    }
}

/// The weight file: the only one, or the only one with the usual name.
fn weights(source: &Source) -> Result<String, Error> {
    let names = source.names();
    let all: Vec<&String> = names.iter().filter(|name| name.ends_with(".safetensors")).collect();
    let usual: Vec<&&String> = all.iter().filter(|name| last(name) == files::WEIGHTS).collect();
    let (why, next) = match (all.as_slice(), usual.as_slice()) {
        ([one], _) if !last(one).contains("-of-") => return Ok((*one).clone()),
        (_, [one]) => return Ok((**one).clone()),
        ([], _) => nothing(names),
        (parts, _) if parts.iter().all(|name| last(name).contains("-of-")) => {
            ("its weights are split over several files".to_owned(), "save them as one model.safetensors")
        }
        (several, _) => {
            let list: Vec<&str> = several.iter().take(5).map(|name| name.as_str()).collect();
            let why = format!("it holds several weight files ({})", list.join(", "));
            (why, "keep the one to use, or call it model.safetensors")
        }
    };
    Err(Error::NoModel { source_path: source.path().to_owned(), why, next })
}

/// What to say where no weights are that could be read.
fn nothing(names: &[String]) -> (String, &'static str) {
    const EXPORT: &str = "get the same model as model.safetensors with its config.json and tokenizer.json";
    let ends = |ending: &str| names.iter().find(|name| name.ends_with(ending));
    if let Some(name) = ends(".onnx") {
        (format!("it holds an ONNX model ({name}), which is not supported"), EXPORT)
    } else if let Some(name) = ends(".bin").or_else(|| ends(".pt")).or_else(|| ends(".pth")) {
        (format!("its weights ({name}) are in a format that is not supported"), EXPORT)
    } else {
        ("it holds no weights (*.safetensors)".to_owned(), EXPORT)
    }
}

/// A wheel may keep tokenizers apart from weights: the only file with `tokenizer` in its name, unless it only
/// configures one beside the weights.
fn tokenizer_elsewhere(names: &[String], folder: &str) -> Option<String> {
    let settings = format!("{folder}tokenizer_config.json");
    let mut all = names
        .iter()
        .filter(|name| last(name).contains("tokenizer") && name.ends_with(".json") && **name != settings);
    match (all.next(), all.next()) {
        (Some(one), None) => Some(one.clone()),
        _ => None,
    }
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
