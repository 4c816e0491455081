//! What can go wrong in a database, told apart by what the caller should do about it.
//! Knows both drivers' error codes; knows no table.

/// Why the store did not do what it was asked. Absence is `Option`, never an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Something unique exists already; the word names what (`ticket`, `seen`, `contact_email`, …).
    #[error("{0} exists already: read it again and decide anew")]
    Conflict(&'static str),
    /// What was read has changed since, or the lease is not held any more.
    #[error("{0} has changed meanwhile: read it again and decide anew")]
    Stale(&'static str),
    /// The database could not be reached or had no room for the request; trying again later makes sense.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database will not have what it was given, now or later: a value of ours breaks its rules.
    #[error("the database refuses it: {0}; this is a mistake of Kulanz, please report it")]
    Refused(String),
    /// The disk or the database's quota is full; nothing of the commit was written.
    #[error("the database's disk is full: free some space, waiting work goes on by itself")]
    Full,
    /// A stored value makes no sense.
    #[error("{table}.{column} of `{id}` cannot be read: restore it from a backup or run `kulanz db check`")]
    Corrupt {
        /// Where.
        table: &'static str,
        /// In which column.
        column: &'static str,
        /// Of which row, as far as known.
        id: String,
    },
    /// The schema could not be brought up to date or belongs to a newer Kulanz, or the file as a whole is no
    /// (sound) database.
    #[error("the database cannot be used: {0}")]
    Migration(String),
}

impl StoreError {
    /// Whether the same call may well succeed later without anybody changing the data.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Full)
    }
}

/// A failure on its way out: expected ones are final, a driver's error still wants a decision (roll the
/// batch back, try again, explain).
#[derive(Debug)]
pub(crate) enum Failure {
    Known(StoreError),
    Sql(sqlx::Error),
}

/// Answer of every statement in `sql`.
pub(crate) type Outcome<T> = Result<T, Failure>;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Known(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Known(error) => error,
            Failure::Sql(error) => explain(&error),
        }
    }
}

impl Failure {
    /// Whether PostgreSQL chose this transaction as the victim of a deadlock or of serialisation, or it
    /// waited too long for a lock: nothing was written and it may be run again as it stands.
    pub(crate) fn is_victim(&self) -> bool {
        matches!(self, Self::Sql(error) if matches!(sql_state(error).as_deref(), Some("40001" | "40P01" | "55P03")))
    }

    /// Whether the connection broke rather than the statement.
    pub(crate) fn is_lost_connection(&self) -> bool {
        match self {
            Self::Known(_) => false,
            Self::Sql(sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed) => true,
            Self::Sql(error) => {
                sql_state(error).is_some_and(|state| state.starts_with("08") || state.starts_with("57P"))
            }
        }
    }
}

/// Turns a violated unique key into the conflict it means here; everything else stays what it is.
pub(crate) fn unique(what: &'static str) -> impl FnOnce(sqlx::Error) -> Failure {
    move |error| {
        let is_unique =
            error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation);
        if is_unique { Failure::Known(StoreError::Conflict(what)) } else { Failure::Sql(error) }
    }
}

pub(crate) fn sql_state(error: &sqlx::Error) -> Option<String> {
    let database = error.as_database_error()?;
    database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().map(|e| e.code().to_owned())
}

/// SQLite's primary result code, when it is SQLite that failed.
pub(crate) fn sqlite_code(error: &sqlx::Error) -> Option<i32> {
    let database = error.as_database_error()?;
    database.try_downcast_ref::<sqlx::sqlite::SqliteError>()?;
    database.code()?.parse::<i32>().ok().map(|code| code & 0xff)
}

/// SQLITE_FULL
const SQLITE_FULL: i32 = 13;
/// SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH and SQLITE_RANGE
const SQLITE_REFUSED: [i32; 4] = [18, 19, 20, 25];
/// Classes of SQLSTATE that say that a value is wrong: data exception, integrity constraint violation, and program limit
/// exceeded, which is as much too large tomorrow (PostgreSQL manual, appendix A).
const STATES_REFUSED: [&str; 3] = ["22", "23", "54"];
/// SQLITE_CORRUPT and SQLITE_NOTADB
const SQLITE_BROKEN: [i32; 2] = [11, 26];

fn explain(error: &sqlx::Error) -> StoreError {
    if let Some(database) = error.as_database_error()
        && database.is_foreign_key_violation()
    {
        return StoreError::Conflict("foreign_key");
    }
    if let Some(code) = sqlite_code(error) {
        return match code {
            SQLITE_FULL => StoreError::Full,
            code if SQLITE_REFUSED.contains(&code) => StoreError::Refused(words(error)),
            code if SQLITE_BROKEN.contains(&code) => StoreError::Migration(damaged(&words(error))),
            _ => StoreError::Unavailable(words(error)),
        };
    }
    match sql_state(error).as_deref() {
        Some("53100") => StoreError::Full,
        Some(state) if STATES_REFUSED.iter().any(|class| state.starts_with(class)) => {
            StoreError::Refused(words(error))
        }
        _ => StoreError::Unavailable(words(error)),
    }
}

/// What to do about a file that SQLite cannot read.
pub(crate) fn damaged(why: &str) -> String {
    format!(
        "the file is damaged, or is no SQLite database ({why}): stop Kulanz, keep a copy of the file and of the \
         one ending in -wal, and put a backup in its place (`kulanz db check` reads a file through)"
    )
}

/// Whether SQLite says that the file itself is broken.
pub(crate) fn is_damage(failure: &Failure) -> bool {
    matches!(failure, Failure::Sql(error) if sqlite_code(error).is_some_and(|code| SQLITE_BROKEN.contains(&code)))
}

/// What the database itself said, without the driver's frame.
fn words(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |database| database.message().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_by_itself_is_transient() {
        assert!(StoreError::Full.is_transient());
        assert!(StoreError::Unavailable(String::new()).is_transient());
        assert!(!StoreError::Refused(String::new()).is_transient());
        assert!(!StoreError::Stale("ticket").is_transient());
        assert!(!StoreError::Conflict("seen").is_transient());
        assert!(!StoreError::Migration(String::new()).is_transient());
    }

    #[test]
    fn a_lost_pool_is_unavailable() {
        assert!(matches!(
            StoreError::from(Failure::from(sqlx::Error::PoolTimedOut)),
            StoreError::Unavailable(_)
        ));
    }

    #[test]
    fn a_broken_pipe_is_a_lost_connection_and_a_missing_row_is_not() {
        let pipe = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert!(Failure::from(sqlx::Error::Io(pipe)).is_lost_connection());
        assert!(!Failure::from(sqlx::Error::RowNotFound).is_lost_connection());
    }
}
