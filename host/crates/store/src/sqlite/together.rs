//! Many statements as one text. Each text crosses to SQLite's thread and back, which takes longer than most statements:
//! so a commit crosses once or twice, however many it has.

use std::fmt::Write as _;

use futures::TryStreamExt as _;
use sqlx::{Arguments as _, AssertSqlSafe, Either, Executor as _};

use super::Connection;
use super::sql::script::{Arguments, Statement};
use crate::error::Outcome;

/// So many statements are one text at most.
const TOGETHER_MAX: usize = 48;
/// A text of more is not kept prepared: such ones hardly ever come again, and hold some kB for each statement.
const KEPT_MAX: usize = 24;

/// Runs statements in their order, up to the first that fails or changes other rows than it has to; `true` when they leave
/// work. What stands behind that one may have been run as well: the caller undoes everything.
pub(crate) async fn run(c: &mut Connection, mut statements: Vec<Statement>) -> Outcome<bool> {
    let mut leaves_work = false;
    while !statements.is_empty() {
        let later = statements.split_off(statements.len().min(TOGETHER_MAX));
        leaves_work |= as_one(c, std::mem::replace(&mut statements, later)).await?;
    }
    Ok(leaves_work)
}

async fn as_one(c: &mut Connection, statements: Vec<Statement>) -> Outcome<bool> {
    let mut text = String::new();
    let mut arguments = Arguments::default();
    let mut ends = Vec::with_capacity(statements.len());
    for statement in statements {
        if !text.is_empty() {
            text.push_str("; ");
        }
        push_shifted(&mut text, &statement.text, arguments.len());
        for value in statement.values {
            value.add_to(&mut arguments)?;
        }
        ends.extend(std::iter::repeat_n(statement.end, statement.parts));
    }
    let query = sqlx::query_with(AssertSqlSafe(text), arguments).persistent(ends.len() <= KEPT_MAX);
    let mut answers = c.fetch_many(query);
    let mut leaves_work = false;
    for end in ends {
        let rows = loop {
            match answers.try_next().await.map_err(|error| end.failed(error))? {
                Some(Either::Left(done)) => break done.rows_affected(),
                Some(Either::Right(_)) => {}
                None => return Err(sqlx::Error::WorkerCrashed.into()),
            }
        };
        leaves_work |= end.judged(rows)?;
    }
    Ok(leaves_work)
}

/// Adds a text whose values stand behind `before` others: there its `$1` is `$8` where that is seven.
fn push_shifted(to: &mut String, text: &str, before: usize) {
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (clear, behind) = rest.split_at(at + 1);
        to.push_str(clear);
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = behind.split_at(digits);
        match number.parse::<usize>() {
            Ok(number) => {
                let _ = write!(to, "{}", number + before);
            }
            Err(_) => to.push_str(number),
        }
        rest = after;
    }
    to.push_str(rest);
}

#[cfg(test)]
mod tests {
    use sqlx::Connection as _;

    use super::*;
    use crate::error::{Failure, StoreError};

    #[test]
    fn values_are_counted_from_further_on_and_other_dollars_stay() {
        let mut text = String::new();
        push_shifted(&mut text, "UPDATE t SET a = $1, b = b ->> '$.x' WHERE c = $12", 7);
        assert_eq!(text, "UPDATE t SET a = $8, b = b ->> '$.x' WHERE c = $19");
    }

    async fn table() -> Connection {
        let mut c = Connection::connect("sqlite::memory:").await.unwrap();
        sqlx::raw_sql("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)").execute(&mut c).await.unwrap();
        c
    }

    fn insert(a: i64, b: &str) -> Statement {
        Statement::new("INSERT INTO t (a, b) VALUES ($1, $2)").bind(a).bind(b).unique("row")
    }

    async fn rows(c: &mut Connection) -> Vec<String> {
        sqlx::query_scalar("SELECT a || b FROM t ORDER BY a").fetch_all(c).await.unwrap()
    }

    #[tokio::test]
    async fn statements_find_their_own_values_and_the_ends_are_told_apart() {
        let mut c = table().await;
        let both = Statement::new("UPDATE t SET b = $1 WHERE a = 1; UPDATE t SET b = $2 WHERE a = 2")
            .bind("one")
            .bind("two")
            .of_parts(2);
        let touch = Statement::new("UPDATE t SET b = b || $1 WHERE a = $2").bind("!").bind(2).changes_work();
        let none = Statement::new("UPDATE t SET b = $1 WHERE a = 9").bind("x").changes_work();
        assert!(run(&mut c, vec![insert(1, "x"), insert(2, "y"), both, touch]).await.unwrap());
        assert_eq!(rows(&mut c).await, ["1one", "2two!"]);
        assert!(!run(&mut c, vec![none]).await.unwrap());
        assert!(!run(&mut c, Vec::new()).await.unwrap());
    }

    #[tokio::test]
    async fn the_first_that_does_not_hold_is_the_one_that_is_told() {
        let mut c = table().await;
        let stale = Statement::new("UPDATE t SET b = $1 WHERE a = 9").bind("x").changes_one("ticket");
        let failed = run(&mut c, vec![insert(1, "x"), stale, insert(1, "y")]).await.unwrap_err();
        assert!(matches!(failed, Failure::Known(StoreError::Stale("ticket"))), "{failed:?}");
        let failed = run(&mut c, vec![insert(2, "x"), insert(2, "y")]).await.unwrap_err();
        assert!(matches!(failed, Failure::Known(StoreError::Conflict("row"))), "{failed:?}");
        // The connection goes on.
        assert!(!run(&mut c, vec![insert(3, "z")]).await.unwrap());
    }

    #[tokio::test]
    async fn more_than_one_text_takes_is_run_all_the_same() {
        let mut c = table().await;
        let many = (0..i64::try_from(TOGETHER_MAX).unwrap() * 2 + 1).map(|n| insert(n, "x")).collect();
        run(&mut c, many).await.unwrap();
        assert_eq!(rows(&mut c).await.len(), TOGETHER_MAX * 2 + 1);
    }
}
