//! Models as the house uses them: made by hand, opened, used, imported, damaged.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop a test like the test itself")]

mod encoder;
mod hostile;
mod imports;
mod maker;
mod table;
