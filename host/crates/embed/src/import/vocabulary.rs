//! Makes a `tokenizer.json` of the older `vocab.txt` of BERT models: one piece of a word per line. Knows
//! nothing of weights.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::Error;

/// Whether `tokenizer_config.json` says that upper and lower case differ.
pub(super) fn cased(config: &[u8]) -> bool {
    let config: Value = serde_json::from_slice(config).unwrap_or_default();
    config.get("do_lower_case") == Some(&Value::Bool(false))
}

/// The tokenizer of a vocabulary.
pub(super) fn tokenizer(file: &Path, words: &[u8], cased: bool) -> Result<String, Error> {
    let words = std::str::from_utf8(words).map_err(|error| Error::tokenizer(file, error.to_string()))?;
    let vocabulary: BTreeMap<&str, usize> = words.lines().enumerate().map(|(id, word)| (word, id)).collect();
    let id = |mark: &str| match vocabulary.get(mark) {
        Some(id) => Ok(*id),
        None => {
            Err(Error::tokenizer(file, format!("has no line {mark}; it is no vocabulary of a BERT model")))
        }
    };
    let (begin, end, unknown) = (id("[CLS]")?, id("[SEP]")?, id("[UNK]")?);
    let mark = |content: &str, id: usize| {
        json!({"id": id, "content": content, "special": true, "normalized": false,
               "single_word": false, "lstrip": false, "rstrip": false})
    };
    let made = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [mark("[UNK]", unknown), mark("[CLS]", begin), mark("[SEP]", end)],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                       "strip_accents": null, "lowercase": !cased},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", end], "cls": ["[CLS]", begin]},
        "decoder": null,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocabulary},
    });
    Ok(made.to_string())
}
