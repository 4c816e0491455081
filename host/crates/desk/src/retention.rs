//! Taking out what has been kept long enough: a preview and the same for good, once a day. Tickets on legal hold
//! stay as they are.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use domain::clock::DAY_MS;
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
        let rules = &self.0.config.retention;
        let before = |days: i64| (days > 0).then(|| self.now().plus(-days.saturating_mul(DAY_MS)));
        let mut due = Due::default();
        if let Some(before) = before(rules.originals_days) {
            due.originals = self.0.store.originals_before(before).await?;
        }
        if let Some(before) = before(rules.runs_days) {
            due.runs = self.0.store.runs_before(before).await?;
        }
        let mut inboxes: BTreeSet<String> = self.0.config.mail.inboxes.keys().cloned().collect();
        inboxes.insert(String::new());
        for inbox in &inboxes {
            if let Some(before) = rules.words_of(inbox).and_then(before) {
                due.tickets += self.words_of_inbox(inbox, before, apply).await?;
            }
        }
        if !apply || due == Due::default() {
            return Ok(due);
        }
        // First what is going to happen: whoever reads the trail after a crash knows what may be gone.
        let said =
            serde_json::json!({ "originals": due.originals, "runs": due.runs, "tickets": due.tickets });
        let facts = vec![self.audit(actor, "retention.applied", "house", said)];
        self.0.store.commit(Commit { facts }).await?;
        if let Some(before) = before(rules.originals_days) {
            self.drop_in_steps(due.originals, |most| Fact::DropOriginals { before, most }).await?;
        }
        if let Some(before) = before(rules.runs_days) {
            let rows = due.runs.max(self.0.store.decisions_before(before).await?);
            self.drop_in_steps(rows, |most| Fact::DropRuns { before, most }).await?;
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

    async fn words_of_inbox(&self, inbox: &str, before: Timestamp, apply: bool) -> Result<i64, DeskError> {
        if !apply {
            return Ok(self.0.store.count_old_tickets(inbox, before).await?);
        }
        let mut done = 0;
        loop {
            let tickets = self.0.store.old_tickets(inbox, before, TICKETS_AT_A_TIME).await?;
            if tickets.is_empty() {
                return Ok(done);
            }
            done += i64::try_from(tickets.len()).unwrap_or(0);
            let facts = tickets.into_iter().map(Fact::ForgetTicket).collect();
            self.0.store.commit(Commit { facts }).await?;
        }
    }

    /// Once a day; where it fails it is tried again with the next look at the clock.
    pub(crate) async fn keep_retention(&self) -> Result<(), DeskError> {
        let (now, last) = (self.now().0, self.0.retained_at.load(Ordering::Relaxed));
        if last != 0 && now < last + DAY_MS {
            return Ok(());
        }
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
