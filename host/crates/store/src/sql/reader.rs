//! Reads one row, column by column, and says which one made no sense.

use std::fmt::Display;
use std::str::FromStr;

use domain::Timestamp;
use sqlx::Row as _;

use super::{Db, Outcome, Row};
use crate::error::StoreError;
use crate::records::Page;

/// A row with the name of its table and of the column that identifies it.
pub(crate) struct Reader<'r> {
    pub(crate) row: &'r Row,
    pub(crate) table: &'static str,
    pub(crate) key: &'static str,
}

impl<'r> Reader<'r> {
    pub(crate) const fn of(row: &'r Row, table: &'static str, key: &'static str) -> Self {
        Self { row, table, key }
    }

    /// A value as the driver hands it over.
    pub(crate) fn get<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: sqlx::Type<Db> + for<'d> sqlx::Decode<'d, Db>,
    {
        self.row.try_get(column).map_err(|_| self.corrupt(column))
    }

    /// A word of a closed list, or an id.
    pub(crate) fn word<T: FromStr>(&self, column: &'static str) -> Result<T, StoreError> {
        self.row
            .try_get::<&str, _>(column)
            .ok()
            .and_then(|t| t.parse().ok())
            .ok_or_else(|| self.corrupt(column))
    }

    /// A word or id that may be absent.
    pub(crate) fn word_opt<T: FromStr>(&self, column: &'static str) -> Result<Option<T>, StoreError> {
        match self.row.try_get::<Option<&str>, _>(column) {
            Ok(None) => Ok(None),
            Ok(Some(text)) => text.parse().map(Some).map_err(|_| self.corrupt(column)),
            Err(_) => Err(self.corrupt(column)),
        }
    }

    /// A value kept as JSON text.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        let text = self.row.try_get::<&str, _>(column).map_err(|_| self.corrupt(column))?;
        serde_json::from_str(text).map_err(|_| self.corrupt(column))
    }

    /// A value kept as JSON text that may be absent.
    pub(crate) fn json_opt<T: serde::de::DeserializeOwned>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        match self.row.try_get::<Option<&str>, _>(column) {
            Ok(None) => Ok(None),
            Ok(Some(text)) => serde_json::from_str(text).map(Some).map_err(|_| self.corrupt(column)),
            Err(_) => Err(self.corrupt(column)),
        }
    }

    /// An instant.
    pub(crate) fn at(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.get(column).map(Timestamp)
    }

    /// An instant that may be absent.
    pub(crate) fn at_opt(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.get::<Option<i64>>(column)?.map(Timestamp))
    }

    /// The complaint about a column.
    pub(crate) fn corrupt(&self, column: &'static str) -> StoreError {
        let id = self
            .row
            .try_get::<String, _>(self.key)
            .or_else(|_| self.row.try_get::<i64, _>(self.key).map(|n| n.to_string()))
            .unwrap_or_default();
        StoreError::Corrupt { table: self.table, column, id }
    }
}

/// Reads all rows.
pub(crate) fn all<T>(rows: &[Row], read: impl Fn(&Row) -> Result<T, StoreError>) -> Outcome<Vec<T>> {
    rows.iter().map(|row| read(row).map_err(Into::into)).collect()
}

/// Reads the rows that make sense and tells of the others: one bad row must not stop all work.
pub(crate) fn readable<T>(rows: &[Row], read: impl Fn(&Row) -> Result<T, StoreError>) -> Vec<T> {
    let complain = |error: StoreError| tracing::error!(%error, "a stored job is left where it is");
    rows.iter().filter_map(|row| read(row).map_err(complain).ok()).collect()
}

/// Reads a row if there is one.
pub(crate) fn one<T>(row: Option<Row>, read: impl Fn(&Row) -> Result<T, StoreError>) -> Outcome<Option<T>> {
    row.map(|row| read(&row).map_err(Into::into)).transpose()
}

/// JSON text of a value. Our own types always have one; a map with foreign keys would not.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Outcome<String> {
    serde_json::to_string(value).map_err(|e| sqlx::Error::Encode(Box::new(e)).into())
}

/// Text of an id or word that may be absent.
pub(crate) fn text<T: Display>(value: Option<&T>) -> Option<String> {
    value.map(ToString::to_string)
}

/// Milliseconds of an instant that may be absent.
pub(crate) fn ms(at: Option<Timestamp>) -> Option<i64> {
    at.map(|at| at.0)
}

/// Text without NUL, which PostgreSQL's TEXT cannot hold: what a stranger sent must not wedge the queue.
pub(crate) fn plain(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// Where a list that goes downwards begins: before the page's last id, or before everything that sorts.
pub(crate) fn below(page: &Page) -> &str {
    page.after.as_deref().unwrap_or("~")
}

/// Where a list that goes upwards begins.
pub(crate) fn above(page: &Page) -> &str {
    page.after.as_deref().unwrap_or("")
}
