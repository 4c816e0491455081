//! Wakes workers on all hosts: one task notifies, at most every 20 ms and never within a commit (a NOTIFY
//! there makes commits wait for each other), one task listens. Losing either costs latency, never work.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// Notifications are at least this far apart.
const APART: Duration = Duration::from_millis(20);
/// Pause before another try to connect.
const AGAIN: Duration = Duration::from_secs(1);
const CHANNEL: &str = "kulanz_work";

/// The two tasks and the way to the first.
pub(crate) struct Wake {
    local: Arc<watch::Sender<u64>>,
    remote: Arc<Notify>,
    tasks: [JoinHandle<()>; 2],
}

impl Wake {
    pub(crate) fn start(address: PgConnectOptions, local: Arc<watch::Sender<u64>>) -> Self {
        let remote = Arc::new(Notify::new());
        let tasks = [
            tokio::spawn(notify(address.clone(), Arc::clone(&remote))),
            tokio::spawn(listen(address, Arc::clone(&local))),
        ];
        Self { local, remote, tasks }
    }

    /// There is work: tells this process at once and the others soon.
    pub(crate) fn announce(&self) {
        bump(&self.local);
        self.remote.notify_one();
    }

    pub(crate) async fn stop(&self) {
        for task in &self.tasks {
            task.abort();
        }
        while !self.tasks.iter().all(JoinHandle::is_finished) {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

fn bump(local: &watch::Sender<u64>) {
    local.send_modify(|count| *count = count.wrapping_add(1));
}

async fn notify(address: PgConnectOptions, remote: Arc<Notify>) {
    let pool = PgPoolOptions::new().max_connections(1).idle_timeout(None).connect_lazy_with(address);
    loop {
        remote.notified().await;
        if let Err(error) = sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&pool).await {
            tracing::debug!(%error, "other hosts were not woken; they poll");
        }
        tokio::time::sleep(APART).await;
    }
}

async fn listen(address: PgConnectOptions, local: Arc<watch::Sender<u64>>) {
    loop {
        if let Err(error) = hear(&address, &local).await {
            tracing::debug!(%error, "not listening; polling goes on");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Listens until the connection is lost. Whatever was said while nobody listened is made up for by waking
/// once after each connect.
async fn hear(address: &PgConnectOptions, local: &watch::Sender<u64>) -> Result<(), sqlx::Error> {
    let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(address.clone());
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(CHANNEL).await?;
    bump(local);
    while listener.try_recv().await?.is_some() {
        bump(local);
    }
    Ok(())
}
