//! Every bound of this crate, with its unit. Knows no file and no model.

/// `config.json`, `kulanz-model.toml` and the like.
pub(crate) const CONFIG_BYTES_MAX: u64 = 1024 * 1024;
/// `tokenizer.json` or `vocab.txt`; the largest one in use, with 250,000 tokens, has 17 MB.
pub(crate) const TOKENIZER_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// The list of tensors at the head of a weight file.
pub(crate) const TENSOR_LIST_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// A weight file. An encoder of 24 layers with 250,000 tokens has 2.2 GB and does not belong in a help desk.
pub(crate) const WEIGHTS_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// All files of an imported model together, unpacked.
pub(crate) const IMPORT_BYTES_MAX: u64 = WEIGHTS_BYTES_MAX + 64 * 1024 * 1024;
/// Files looked at in a source.
pub(crate) const SOURCE_FILES_MAX: usize = 20_000;
/// How deep folders of a source are looked into.
pub(crate) const SOURCE_DEPTH_MAX: usize = 8;
/// The longest text a model may ask for.
pub(crate) const TEXT_TOKENS_MAX: usize = 8_192;
/// A text is cut to this many bytes per token before it is looked at: longer tokens are rare, and a text of
/// 5 MB must not be cut into tokens that are thrown away.
pub(crate) const BYTES_PER_TOKEN_MAX: usize = 32;
/// Tokens computed at once, or one text if it is longer: bounds the memory of intermediate results.
pub(crate) const BATCH_TOKENS_MAX: usize = 2_048;
/// Numbers per vector.
pub(crate) const DIMENSION_MAX: usize = 8_192;
/// Width of the inner layer of an encoder.
pub(crate) const INNER_MAX: usize = 32_768;
/// Layers of an encoder.
pub(crate) const LAYERS_MAX: usize = 64;
/// Text put before each text.
pub(crate) const PREFIX_BYTES_MAX: usize = 200;
/// A model's name.
pub(crate) const NAME_BYTES_MAX: usize = 64;
/// How much of a tensor is read at once; a multiple of every number's size.
pub(crate) const PIECE_BYTES: usize = 1024 * 1024;
