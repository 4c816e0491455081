//! Signals: the first one asks everything to end what it has begun, the second one ends the process at
//! once. Knows who listens only as receivers of one flag.

use tokio::sync::watch;

/// Exit code of an end by the second signal, as shells have it for SIGINT.
pub const INTERRUPTED: i32 = 130;

/// From now on signals set the flag instead of ending the process.
///
/// # Errors
/// When the system refuses to register the handlers.
pub fn stop_on_signal() -> std::io::Result<watch::Receiver<bool>> {
    let (stop, stopped) = watch::channel(false);
    let mut signals = Signals::listen()?;
    tokio::spawn(async move {
        signals.next().await;
        tracing::info!("stopping: what has begun is ended first; a second signal ends at once");
        // Nobody listens any more when everything has ended: then there is nothing to ask.
        let _ = stop.send(true);
        signals.next().await;
        tracing::warn!("second signal: ended at once; unfinished work is taken up at the next start");
        std::process::exit(INTERRUPTED);
    });
    Ok(stopped)
}

/// Waits until the flag is set, or until nobody can set it any more.
pub async fn stopped(mut flag: watch::Receiver<bool>) {
    // An error means that the sender is gone: that too is an end.
    let _ = flag.wait_for(|stop| *stop).await;
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_flag_wakes_who_waits_and_a_lost_sender_does_too() {
        let (stop, flag) = watch::channel(false);
        let waiting = tokio::spawn(stopped(flag.clone()));
        stop.send(true).unwrap();
        waiting.await.unwrap();
        drop(stop);
        stopped(flag).await;
    }
}
