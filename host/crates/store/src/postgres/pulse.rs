//! Whether PostgreSQL answers at all, felt on a connection of its own. While it does not, callers are told
//! at once instead of each waiting for its own time limit. Judges silence only: what PostgreSQL answers,
//! were it a refusal, is for whoever asked.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::error::{StoreError, sql_state};

/// Pause between two beats.
const EVERY: Duration = Duration::from_secs(1);
/// The same while there is no answer: how much later than PostgreSQL we are back.
const AGAIN: Duration = Duration::from_millis(250);
/// How long an answer may take: longer than a busy server needs, shorter than people wait.
const ANSWER_WAIT: Duration = Duration::from_secs(5);

/// How long a silence is waited out before anybody is refused: a restart between two beats is no outage.
const GRACE: Duration = Duration::from_millis(500);

/// The beating task and what it feels.
pub(crate) struct Pulse {
    answers: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

impl Pulse {
    pub(crate) fn start(address: PgConnectOptions) -> Self {
        let (feel, answers) = watch::channel(true);
        Self { answers, task: tokio::spawn(beat(address, feel)) }
    }

    /// Does `work` as long as PostgreSQL answers; when it falls silent before or meanwhile, gives up.
    /// `meanwhile`: what to tell whoever does not know now how far the work came.
    pub(crate) async fn during<T, E: From<StoreError>>(
        &self,
        meanwhile: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        tokio::select! {
            biased;
            () = self.silence() => Err(StoreError::Unavailable(format!("PostgreSQL does not answer{meanwhile}")).into()),
            done = work => done,
        }
    }

    /// Returns when PostgreSQL has been silent for a while.
    async fn silence(&self) {
        let mut answers = self.answers.clone();
        loop {
            if answers.wait_for(|answers| !answers).await.is_err() {
                // The task has ended because the store is closing: nothing is known any more.
                std::future::pending::<()>().await;
            }
            if tokio::time::timeout(GRACE, answers.wait_for(|answers| *answers)).await.is_err() {
                return;
            }
        }
    }

    pub(crate) fn stop(&self) {
        self.task.abort();
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn beat(address: PgConnectOptions, feel: watch::Sender<bool>) {
    let mut connection = None;
    loop {
        let answers =
            tokio::time::timeout(ANSWER_WAIT, ask(&mut connection, &address)).await.unwrap_or(false);
        if !answers {
            connection = None;
        }
        let changed = feel.send_if_modified(|before| std::mem::replace(before, answers) != answers);
        match (changed, answers) {
            (true, true) => tracing::info!("PostgreSQL answers again"),
            (true, false) => tracing::warn!("PostgreSQL does not answer: requests are refused until it does"),
            (false, _) => {}
        }
        tokio::time::sleep(if answers { EVERY } else { AGAIN }).await;
    }
}

async fn ask(connection: &mut Option<PgConnection>, address: &PgConnectOptions) -> bool {
    if let Some(open) = connection
        && open.ping().await.is_ok()
    {
        return true;
    }
    // One lost connection is no silence: an administrator may have ended it.
    match address.connect().await {
        Ok(open) => {
            *connection = Some(open);
            true
        }
        Err(error) => !is_silence(&error),
    }
}

/// Nobody there, or somebody who is just coming up or going down.
fn is_silence(error: &sqlx::Error) -> bool {
    match sql_state(error) {
        Some(state) => state.starts_with("57P"),
        None => matches!(error, sqlx::Error::Io(_) | sqlx::Error::Protocol(_)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_where_nobody_listens_is_felt_at_once_and_refuses_work() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(free);
        let pulse = Pulse::start(address);
        // The work never ends by itself.
        let work = std::future::pending::<Result<(), StoreError>>();
        let told = pulse.during("; outcome unknown", work).await.unwrap_err();
        assert_eq!(told, StoreError::Unavailable("PostgreSQL does not answer; outcome unknown".to_owned()));
        assert!(told.is_transient());
    }

    #[test]
    fn a_refusal_is_an_answer() {
        assert!(!is_silence(&sqlx::Error::PoolTimedOut));
        assert!(!is_silence(&sqlx::Error::Configuration("no such user".into())));
        assert!(is_silence(&sqlx::Error::Io(std::io::ErrorKind::ConnectionRefused.into())));
    }
}
