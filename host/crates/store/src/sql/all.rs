//! The statements, one text for both databases: `sqlite.rs` and `postgres.rs` each include this file, so
//! everything below is compiled once per backend against that backend's `Connection`, `Row` and `dialect`.

use super::{Connection, Db, Ground, Row, dialect};
use crate::error::{Outcome, unique};

/// Rows that one statement inserts at most. Each number of rows is a statement of its own in the cache.
const ROWS_MAX: usize = 12;

pub(crate) mod access;
pub(crate) mod apply;
pub(crate) mod article;
pub(crate) mod audit;
pub(crate) mod contact;
pub(crate) mod event;
pub(crate) mod intake;
pub(crate) mod ledger;
pub(crate) mod message;
pub(crate) mod person;
pub(crate) mod plugin;
pub(crate) mod queue;
pub(crate) mod reader;
pub(crate) mod retention;
pub(crate) mod run;
pub(crate) mod script;
pub(crate) mod setting;
pub(crate) mod strike;
pub(crate) mod ticket;
pub(crate) mod vault;
pub(crate) mod version;
