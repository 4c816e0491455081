//! Makes tiny models on disk. Knows the file formats, tests nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};

/// A tensor's shape and numbers.
pub(crate) type Tensor = (Vec<usize>, Vec<f32>);

/// Numbers between -1 and 1 that look random and are always the same.
pub(crate) struct Numbers(pub(crate) u32);

impl Numbers {
    pub(crate) fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / 8_388_608.0 - 1.0
    }

    pub(crate) fn tensor(&mut self, shape: &[usize]) -> Tensor {
        (shape.to_vec(), (0..shape.iter().product::<usize>()).map(|_| self.next()).collect())
    }
}

/// The bytes of a weight file.
pub(crate) fn weights(tensors: &BTreeMap<String, Tensor>) -> Vec<u8> {
    let bytes: Vec<Vec<u8>> =
        tensors.values().map(|(_, numbers)| numbers.iter().flat_map(|x| x.to_le_bytes()).collect()).collect();
    let views = tensors.iter().zip(&bytes).map(|((name, (shape, _)), bytes)| {
        (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

/// A tokenizer that knows whole words.
pub(crate) fn word_tokenizer(words: &[&str]) -> Value {
    let vocab: BTreeMap<&str, usize> = words.iter().enumerate().map(|(id, word)| (*word, id)).collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocab, "unk_token": words[0]},
    })
}

pub(crate) const TABLE: [[f32; 2]; 4] = [[0.0, 0.0], [3.0, 4.0], [1.0, 0.0], [0.0, -1.0]];

/// A table of four tokens and two dimensions.
pub(crate) fn table(dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    let numbers = TABLE.concat();
    let tensors = BTreeMap::from([("embedding.weight".to_owned(), (vec![4, 2], numbers))]);
    fs::write(dir.join("model.safetensors"), weights(&tensors)).unwrap();
    let tokenizer = word_tokenizer(&["[UNK]", "invoice", "late", "refund"]);
    fs::write(dir.join("tokenizer.json"), tokenizer.to_string()).unwrap();
}

pub(crate) const HIDDEN: usize = 8;
pub(crate) const INNER: usize = 12;
pub(crate) const HEADS: usize = 2;
pub(crate) const POSITIONS: usize = 10;
pub(crate) const WORDS: [&str; 8] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "order", "ship", "##ped", "late"];

/// The tensors of an encoder with one layer.
pub(crate) fn encoder_tensors() -> BTreeMap<String, Tensor> {
    let mut numbers = Numbers(7);
    let layer = "encoder.layer.0.";
    let shapes: [(String, Vec<usize>); 21] = [
        ("embeddings.word_embeddings.weight".into(), vec![WORDS.len(), HIDDEN]),
        ("embeddings.position_embeddings.weight".into(), vec![POSITIONS, HIDDEN]),
        ("embeddings.token_type_embeddings.weight".into(), vec![2, HIDDEN]),
        ("embeddings.LayerNorm.weight".into(), vec![HIDDEN]),
        ("embeddings.LayerNorm.bias".into(), vec![HIDDEN]),
        (format!("{layer}attention.self.query.weight"), vec![HIDDEN, HIDDEN]),
        (format!("{layer}attention.self.query.bias"), vec![HIDDEN]),
        (format!("{layer}attention.self.key.weight"), vec![HIDDEN, HIDDEN]),
        (format!("{layer}attention.self.key.bias"), vec![HIDDEN]),
        (format!("{layer}attention.self.value.weight"), vec![HIDDEN, HIDDEN]),
        (format!("{layer}attention.self.value.bias"), vec![HIDDEN]),
        (format!("{layer}attention.output.dense.weight"), vec![HIDDEN, HIDDEN]),
        (format!("{layer}attention.output.dense.bias"), vec![HIDDEN]),
        (format!("{layer}attention.output.LayerNorm.weight"), vec![HIDDEN]),
        (format!("{layer}attention.output.LayerNorm.bias"), vec![HIDDEN]),
        (format!("{layer}intermediate.dense.weight"), vec![INNER, HIDDEN]),
        (format!("{layer}intermediate.dense.bias"), vec![INNER]),
        (format!("{layer}output.dense.weight"), vec![HIDDEN, INNER]),
        (format!("{layer}output.dense.bias"), vec![HIDDEN]),
        (format!("{layer}output.LayerNorm.weight"), vec![HIDDEN]),
        (format!("{layer}output.LayerNorm.bias"), vec![HIDDEN]),
    ];
    shapes.into_iter().map(|(name, shape)| (name, numbers.tensor(&shape))).collect()
}

/// `config.json` of that encoder.
pub(crate) fn encoder_config() -> Value {
    json!({
        "model_type": "bert", "vocab_size": WORDS.len(), "hidden_size": HIDDEN, "intermediate_size": INNER,
        "num_hidden_layers": 1, "num_attention_heads": HEADS, "max_position_embeddings": POSITIONS,
        "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu", "pad_token_id": 0,
    })
}

/// A BERT of one layer with a WordPiece tokenizer that asks for padding and a cut of its own.
pub(crate) fn encoder(dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    fs::write(dir.join("config.json"), encoder_config().to_string()).unwrap();
    fs::write(dir.join("model.safetensors"), weights(&encoder_tensors())).unwrap();
    let vocab: BTreeMap<&str, usize> = WORDS.iter().enumerate().map(|(id, word)| (*word, id)).collect();
    let tokenizer = json!({
        "version": "1.0",
        "truncation": {"max_length": 4, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 4_000_000_000_u32}, "direction": "Right", "pad_to_multiple_of": null,
                    "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": [], "decoder": null,
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                       "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocab},
    });
    fs::write(dir.join("tokenizer.json"), tokenizer.to_string()).unwrap();
}

/// A wheel with these files.
pub(crate) fn wheel(path: &Path, files: &[(&str, Vec<u8>)]) {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    let how = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in files {
        zip.start_file(*name, how).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}
