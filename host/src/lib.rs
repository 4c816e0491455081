//! Floor 4: puts the house together. The only crate that reads environment variables, files named in
//! the configuration, and signals.

pub mod cli;
pub mod config;
pub mod doors;
pub mod lifecycle;
mod listening;
pub mod mail_in;
pub mod models;
pub mod sample;
pub mod server;
pub mod telemetry;
pub mod wire;
