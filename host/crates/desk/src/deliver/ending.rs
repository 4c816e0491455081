//! The end of a process, as deliveries see it: first none begins any more, then those under way have had their time.
//! Knows no signal and no message.

use tokio::sync::watch;

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Working,
    Stopping,
    Over,
}

/// The end of this process; it never goes back.
#[derive(Debug)]
pub(crate) struct Ending(watch::Sender<Stage>);

impl Default for Ending {
    fn default() -> Self {
        Self(watch::channel(Stage::Working).0)
    }
}

impl Ending {
    /// From now on nothing is handed over that has not begun.
    pub(crate) fn begin(&self) {
        self.reach(Stage::Stopping);
    }

    /// What is being handed over has had its time.
    pub(super) fn cut(&self) {
        self.reach(Stage::Over);
    }

    /// Whether nothing is begun any more.
    pub(super) fn has_begun(&self) -> bool {
        *self.0.borrow() != Stage::Working
    }

    /// Whether what is being handed over has had its time.
    pub(super) fn is_over(&self) -> bool {
        *self.0.borrow() == Stage::Over
    }

    /// Waits until what is being handed over has had its time.
    pub(super) async fn over(&self) {
        let mut seen = self.0.subscribe();
        // An error would mean that the sender is gone, and it is this.
        let _ = seen.wait_for(|stage| *stage == Stage::Over).await;
    }

    fn reach(&self, stage: Stage) {
        self.0.send_modify(|now| *now = stage.max(*now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_comes_in_two_steps_and_never_goes_back() {
        let ending = Ending::default();
        assert!(!ending.has_begun());
        ending.begin();
        assert!(ending.has_begun());
        let mut over = Box::pin(ending.over());
        assert!(futures::poll!(&mut over).is_pending());
        ending.cut();
        ending.begin();
        over.await;
        ending.over().await;
    }
}
