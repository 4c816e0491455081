//! One suite for every database: what the store promises, one case per promise. A case gets an empty
//! store and answers with what is broken; it neither sleeps nor panics.

use futures::future::BoxFuture;

use crate::{Store, StoreError};

mod border;
mod cases;
mod commits;
mod customers;
mod messages;
mod plugins;
mod queue;
mod runs;
mod sample;
mod tickets;
mod versions;
mod words;

pub use cases::CASES;
pub use sample::Sample;

/// What is broken, with the place that found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken(pub String);

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self(format!("the store answered: {error}"))
    }
}

impl From<domain::Refusal> for Broken {
    fn from(refusal: domain::Refusal) -> Self {
        Self(refusal.sentence)
    }
}

/// Outcome of a case.
pub type Verdict = Result<(), Broken>;

/// A promise, as a sentence and as code.
#[derive(Clone, Copy)]
pub struct Case {
    /// The sentence.
    pub name: &'static str,
    /// The code; the store is empty.
    pub run: fn(Store) -> BoxFuture<'static, Verdict>,
}

/// Fails a case unless a condition holds.
macro_rules! holds {
    ($condition:expr) => {
        if !$condition {
            return Err($crate::conformance::Broken(format!(
                "{}:{}: {}",
                file!(),
                line!(),
                stringify!($condition)
            )));
        }
    };
}

/// Fails a case unless two values are equal.
macro_rules! same {
    ($left:expr, $right:expr) => {{
        let (left, right) = (&$left, &$right);
        if *left != *right {
            return Err($crate::conformance::Broken(format!(
                "{}:{}: {left:?} is not {right:?}",
                file!(),
                line!()
            )));
        }
    }};
}

pub(crate) use {holds, same};

/// The value of something that must be there.
pub(crate) fn there<T>(value: Option<T>, what: &str) -> Result<T, Broken> {
    value.ok_or_else(|| Broken(format!("{what} is missing")))
}

/// Runs every case on a store of its own and returns how many there were.
///
/// # Errors
/// One line per broken case.
pub async fn run_all<F>(open: F) -> Result<usize, Broken>
where
    F: AsyncFn() -> Result<Store, Broken>,
{
    let mut broken = Vec::new();
    for case in CASES {
        let store = open().await?;
        if let Err(Broken(why)) = (case.run)(store.clone()).await {
            broken.push(format!("{}: {why}", case.name));
        }
        store.close().await;
    }
    if broken.is_empty() { Ok(CASES.len()) } else { Err(Broken(broken.join("\n"))) }
}
