//! The statements of a commit that are answered with nothing but how many rows they changed: they are gathered, and run
//! together before anything that reads, and at the end. How they travel is the backend's affair: SQLite takes many as
//! one text. Knows no table.

use std::borrow::Cow;

use sqlx::Arguments as _;

use super::{Connection, Db, Outcome, dialect, unique};
use crate::error::{Failure, StoreError};

/// The values of a statement as the backend takes them.
pub(crate) type Arguments = <Db as sqlx::Database>::Arguments;

/// A value of a statement. An absent one keeps its kind, which PostgreSQL asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(Option<String>),
    Number(Option<i64>),
    Flag(Option<bool>),
    Bytes(Option<Vec<u8>>),
}

macro_rules! held_as {
    ($kind:ident: $($from:ty),+) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$kind(Some(value.into()))
            }
        }
        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                Self::$kind(value.map(Into::into))
            }
        }
    )+};
}

held_as!(Text: &str, String, &String, Cow<'_, str>);
held_as!(Number: i64);
held_as!(Flag: bool);
held_as!(Bytes: &[u8], Vec<u8>);

impl Value {
    pub(crate) fn add_to(self, arguments: &mut Arguments) -> Outcome<()> {
        let added = match self {
            Self::Text(value) => arguments.add(value),
            Self::Number(value) => arguments.add(value),
            Self::Flag(value) => arguments.add(value),
            Self::Bytes(value) => arguments.add(value),
        };
        added.map_err(|e| Failure::Sql(sqlx::Error::Encode(e)))
    }
}

/// How many rows a statement has to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expects {
    Anything,
    /// One; else what it is about has changed since it was read.
    One(&'static str),
    /// Any row means that there is work that somebody may be waiting for.
    Work,
}

/// What a statement's end means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    unique: Option<&'static str>,
    expects: Expects,
}

impl End {
    pub(crate) fn failed(self, error: sqlx::Error) -> Failure {
        match self.unique {
            Some(what) => unique(what)(error),
            None => Failure::Sql(error),
        }
    }

    /// Whether it leaves work, going by how many rows were changed.
    pub(crate) fn judged(self, rows: u64) -> Outcome<bool> {
        match self.expects {
            Expects::Anything => Ok(false),
            Expects::One(_) if rows == 1 => Ok(false),
            Expects::One(what) => Err(StoreError::Stale(what).into()),
            Expects::Work => Ok(rows > 0),
        }
    }
}

/// A statement that writes: `$1` is its first value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) text: Cow<'static, str>,
    pub(crate) values: Vec<Value>,
    /// How many statements its text is to the backend.
    pub(crate) parts: usize,
    pub(crate) end: End,
}

impl Statement {
    pub(crate) fn new(text: impl Into<Cow<'static, str>>) -> Self {
        let end = End { unique: None, expects: Expects::Anything };
        Self { text: text.into(), values: Vec::new(), parts: 1, end }
    }

    /// Inserts rows; the values of all of them are bound one after the other.
    pub(crate) fn of_rows(insert: &str, columns: usize, rows: usize) -> Self {
        let mut text = format!("{insert} VALUES ");
        for row in 0..rows {
            let places: Vec<String> =
                (1..=columns).map(|place| format!("${}", row * columns + place)).collect();
            text.push_str(if row == 0 { "(" } else { ", (" });
            text.push_str(&places.join(", "));
            text.push(')');
        }
        Self::new(text)
    }

    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// It has to change one row; else this has changed meanwhile.
    pub(crate) fn changes_one(mut self, what: &'static str) -> Self {
        self.end.expects = Expects::One(what);
        self
    }

    /// A row that it changes is work that somebody may be waiting for.
    pub(crate) fn changes_work(mut self) -> Self {
        self.end.expects = Expects::Work;
        self
    }

    /// What exists already where a unique key is violated.
    pub(crate) fn unique(mut self, what: &'static str) -> Self {
        self.end.unique = Some(what);
        self
    }

    pub(crate) fn of_parts(mut self, parts: usize) -> Self {
        self.parts = parts;
        self
    }
}

/// What a commit writes, on its way to the database.
pub(crate) struct Script<'c> {
    connection: &'c mut Connection,
    gathered: Vec<Statement>,
    leaves_work: bool,
}

impl<'c> Script<'c> {
    pub(crate) fn new(connection: &'c mut Connection) -> Self {
        Self { connection, gathered: Vec::new(), leaves_work: false }
    }

    pub(crate) fn push(&mut self, statement: Statement) {
        self.gathered.push(statement);
    }

    /// Adds several.
    pub(crate) fn extend(&mut self, statements: Vec<Statement>) {
        self.gathered.extend(statements);
    }

    /// The connection for what reads, or has to know how it ended: everything before it has been run.
    pub(crate) async fn connection(&mut self) -> Outcome<&mut Connection> {
        let gathered = std::mem::take(&mut self.gathered);
        self.leaves_work |= dialect::run(self.connection, gathered).await?;
        Ok(self.connection)
    }

    /// Runs what is left; `true` when the statements leave work that somebody may be waiting for.
    pub(crate) async fn end(mut self) -> Outcome<bool> {
        self.connection().await?;
        Ok(self.leaves_work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_through() {
        let statement = Statement::of_rows("INSERT INTO t (a, b)", 2, 2).bind("x").bind(1).bind("y").bind(2);
        assert_eq!(statement.text, "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)");
        assert_eq!(statement.values.len(), 4);
    }

    #[test]
    fn an_absent_value_keeps_its_kind() {
        assert_eq!(Value::from(None::<i64>), Value::Number(None));
        assert_eq!(Value::from(Some("x")), Value::Text(Some("x".to_owned())));
    }

    #[test]
    fn what_has_to_change_one_row_is_stale_when_it_changes_none() {
        let end = Statement::new("UPDATE t SET a = 1").changes_one("ticket").end;
        assert_eq!(end.judged(1).ok(), Some(false));
        assert!(matches!(end.judged(0), Err(Failure::Known(StoreError::Stale("ticket")))));
        assert_eq!(Statement::new("UPDATE t SET a = 1").changes_work().end.judged(1).ok(), Some(true));
    }
}
