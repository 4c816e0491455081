//! Taking out what has been kept long enough: a preview and the same for good, once a day. Tickets on legal hold
//! stay as they are.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use domain::clock::{DAY_MS, HOUR_MS};
use domain::retention::Due;
use domain::{Actor, Timestamp};
use store::{Commit, Fact};

use crate::{Desk, DeskError};

/// Tickets whose words are taken out in one commit.
const TICKETS_AT_A_TIME: i64 = 50;
/// Rows that are taken out in one commit.
const ROWS_AT_A_TIME: i64 = 1_000;

/// How long a request may be repeated under its key, days: its answer is kept for that, and holds what was said.
const ANSWERS_DAYS: i64 = 7;

impl Desk {
    /// What is due now; with `apply` it is taken out as well.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn retention(&self, apply: bool, actor: &Actor) -> Result<Due, DeskError> {
        let (rules, now) = (&self.0.config.retention, self.now());
        let before = |days: i64| (days > 0).then(|| now.plus(-days.saturating_mul(DAY_MS)));
        let (originals, runs) = (before(rules.originals_days), before(rules.runs_days));
        let store = &self.0.store;
        let (mut due, mut decisions, mut words) = (Due::default(), 0, Vec::new());
        if let Some(before) = originals {
            due.originals = store.originals_before(before).await?;
        }
        if let Some(before) = runs {
            due.runs = store.runs_before(before).await?;
            decisions = store.decisions_before(before).await?;
        }
        let mut inboxes: BTreeSet<&str> = self.0.config.mail.inboxes.keys().map(String::as_str).collect();
        inboxes.insert("");
        for inbox in inboxes {
            if let Some(before) = rules.words_of(inbox).and_then(before) {
                due.tickets += store.count_old_tickets(inbox, before).await?;
                words.push((inbox, before));
            }
        }
        if !apply || (due == Due::default() && decisions == 0) {
            return Ok(due);
        }
        // First what is going to happen: whoever reads the trail after a crash knows what may be gone.
        let said =
            serde_json::json!({ "originals": due.originals, "runs": due.runs, "tickets": due.tickets });
        let facts = vec![self.audit(actor, "retention.applied", "house", said)];
        store.commit(Commit { facts }).await?;
        for (inbox, before) in words {
            self.forget_words(inbox, before).await?;
        }
        if let Some(before) = originals {
            self.drop_in_steps(due.originals, |most| Fact::DropOriginals { before, most }).await?;
        }
        if let Some(before) = runs {
            self.drop_in_steps(due.runs.max(decisions), |most| Fact::DropRuns { before, most }).await?;
        }
        Ok(due)
    }

    /// So many rows at most are due; others may write between the steps.
    async fn drop_in_steps(&self, rows: i64, step: impl Fn(i64) -> Fact) -> Result<(), DeskError> {
        let mut left = rows;
        while left > 0 {
            self.0.store.commit(Commit::of(vec![step(ROWS_AT_A_TIME)])).await?;
            left -= ROWS_AT_A_TIME;
        }
        Ok(())
    }

    async fn forget_words(&self, inbox: &str, before: Timestamp) -> Result<(), DeskError> {
        loop {
            let tickets = self.0.store.old_tickets(inbox, before, TICKETS_AT_A_TIME).await?;
            if tickets.is_empty() {
                return Ok(());
            }
            let facts = tickets.into_iter().map(Fact::ForgetTicket).collect();
            self.0.store.commit(Commit { facts }).await?;
        }
    }

    /// Once a day; where it fails it is tried again in an hour: each try leaves a line in the trail.
    pub(crate) async fn keep_retention(&self) -> Result<(), DeskError> {
        let (now, last) = (self.now().0, self.0.retained_at.load(Ordering::Relaxed));
        if last != 0 && now < last + DAY_MS {
            return Ok(());
        }
        self.0.retained_at.store(now - DAY_MS + HOUR_MS, Ordering::Relaxed);
        self.expire_values().await?;
        let before = self.now().plus(-ANSWERS_DAYS * DAY_MS);
        let answers = self.0.store.answers_before(before).await?;
        self.drop_in_steps(answers, |most| Fact::DropAnswers { before, most }).await?;
        let due = self.retention(true, &Actor::system()).await?;
        self.0.retained_at.store(now, Ordering::Relaxed);
        if due != Due::default() {
            tracing::info!(due.originals, due.runs, due.tickets, "took out what was kept long enough");
        }
        Ok(())
    }
}
