//! Webhooks: events told to endpoints, signed, at least once, each in a lane of its own.

use channels::ChannelError;
use domain::Timestamp;
use domain::clock::HOUR_MS;
use domain::id::{EventId, WebhookId};
use domain::job::{Job, Lease, NewJob};
use store::{Commit, Fact};

use crate::worker::Outcome;
use crate::{Desk, DeskError};

/// Tries of one delivery: 30 s doubled each time up to six hours, about 14 h in all.
const ATTEMPTS_MAX: i64 = 12;

/// The job that tells an endpoint of an event.
pub(crate) fn job(webhook_id: WebhookId, event_id: EventId, now: Timestamp) -> NewJob {
    NewJob {
        lane: format!("{webhook_id}/{event_id}"),
        ready_at: now,
        job: Job::Webhook { webhook_id, event_id },
    }
}

impl Desk {
    /// Works one webhook job.
    pub(crate) async fn work_webhook(
        &self,
        lease: &Lease,
        webhook_id: WebhookId,
        event_id: EventId,
    ) -> Result<Outcome, DeskError> {
        let (Some(webhook), Some(event)) =
            (self.0.store.webhook(webhook_id).await?, self.0.store.event(event_id).await?)
        else {
            return Ok(Outcome::Done(Vec::new()));
        };
        if !webhook.enabled {
            return Ok(Outcome::Done(Vec::new()));
        }
        let secret = self.0.seal.open(&webhook_id.to_string(), &webhook.secret)?;
        let body = serde_json::to_vec(&event).unwrap_or_default();
        let (id, now) = (event_id.to_string(), self.now());
        let Err(error) =
            channels::webhook::send(&self.0.webhooks, &webhook.url, &secret, &id, now, &body).await
        else {
            return Ok(Outcome::Done(Vec::new()));
        };
        metrics::counter!("kulanz_webhook_failures_total").increment(1);
        let why = error.to_string();
        let wait_ms = match error {
            ChannelError::Permanent { .. } => None,
            _ if lease.attempts + 1 >= ATTEMPTS_MAX => None,
            ChannelError::Transient { after_ms, .. } => {
                Some(after_ms.unwrap_or_else(|| backoff_ms(lease.attempts)))
            }
            ChannelError::Credentials { .. } | ChannelError::Unknown { .. } => {
                Some(backoff_ms(lease.attempts))
            }
        };
        let fact = match wait_ms {
            None => Fact::bury(lease, why, now),
            Some(wait_ms) => Fact::retry(lease, now.plus(wait_ms), why),
        };
        self.0.store.commit(Commit { facts: vec![fact] }).await?;
        Ok(Outcome::Committed)
    }
}

/// 30 s, doubled each time, at most six hours.
fn backoff_ms(attempts: i64) -> i64 {
    (30_000_i64 << attempts.clamp(0, 10)).min(6 * HOUR_MS)
}
