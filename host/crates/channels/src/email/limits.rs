//! The numbers that bound reading a mail. What is beyond them is left unread and said in `problems`; the
//! raw mail is kept by the desk all the same.

/// Largest raw mail whose body is read.
pub const RAW_BYTES_MAX: usize = 30_000_000;
/// Largest header block that is read.
pub const HEADER_BYTES_MAX: usize = 256_000;
/// Most header lines that are read, folded lines counted.
pub const HEADER_LINES_MAX: usize = 1_000;
/// Most MIME parts that are read.
pub const PARTS_MAX: usize = 500;
/// Deepest nesting of multiparts that is opened.
pub const DEPTH_MAX: usize = 20;
/// Most addresses per recipient field.
pub const RECIPIENTS_MAX: usize = 100;
/// Most References that are used, the newest.
pub const REFERENCES_MAX: usize = 200;
/// Longest address, RFC 5321 §4.5.3.1.3.
pub const ADDRESS_BYTES_MAX: usize = 254;
/// Longest Message-ID that is used.
pub const MESSAGE_ID_BYTES_MAX: usize = 998;
/// Longest decoded header value that is kept.
pub const HEADER_VALUE_CHARS_MAX: usize = 10_000;
/// Longest Content-Type or Content-Disposition that is taken apart.
pub const MIME_VALUE_BYTES_MAX: usize = 8_192;
/// Most HTML that is cleaned, before cleaning.
pub const HTML_BYTES_MAX: usize = 512_000;
/// Deepest nesting of HTML elements that is kept.
pub const HTML_DEPTH_MAX: usize = 100;
/// Longest HTML tag whose attributes are looked at.
pub const HTML_TAG_BYTES_MAX: usize = 4_096;
/// Most readable text that is kept.
pub const TEXT_BYTES_MAX: usize = 1_000_000;
/// Longest attachment name.
pub const FILE_NAME_CHARS_MAX: usize = 120;
