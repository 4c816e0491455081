//! The harness: a whole house in a test's hands. Enters by the public doors only, moves a fixed clock,
//! settles the queue in the test's own thread; no test sleeps or polls.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::large_futures,
    missing_docs,
    reason = "this crate is test code"
)]

pub mod binary;
pub mod database;
pub mod dovecot;
pub mod house;
pub mod languages;
pub mod planted;
pub mod plugins;
pub mod postfix;
pub mod registry;
pub mod shop;
pub mod ugly_mails;

pub use database::Backend;
pub use house::House;

use std::path::PathBuf;

/// The source tree.
#[must_use]
pub fn source() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// The build folder that this test runs from.
#[must_use]
pub fn target() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    exe.ancestors()
        .find(|p| p.file_name().is_some_and(|n| n == "debug" || n == "release"))
        .unwrap()
        .parent()
        .unwrap()
        .to_path_buf()
}
