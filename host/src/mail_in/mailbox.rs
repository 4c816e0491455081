//! A mailbox that is read: its password, how far it was read, and what happens to it, told in the log and in
//! numbers. Knows no IMAP.

use std::sync::Arc;

use async_trait::async_trait;
use channels::ChannelError;
use channels::imap::{Mark, News, Postbox, Reader};
use desk::{Desk, MailboxNews};
use rand::Rng;

use crate::config::{Mailbox, SecretSource};
use crate::doors::SystemClock;

/// Entrance under which mail from mailboxes is remembered: the same mail in two of them is one.
const SOURCE: &str = "imap";

/// The desk as a postbox for one mailbox.
struct DeskPostbox {
    desk: Desk,
    name: String,
    secret: SecretSource,
}

/// Prepares a mailbox for reading.
pub(super) fn reader(mailbox: &Mailbox, desk: &Desk) -> Result<Reader, ChannelError> {
    let postbox =
        DeskPostbox { desk: desk.clone(), name: mailbox.name.clone(), secret: mailbox.secret.clone() };
    desk.tell_of_mailbox(&mailbox.name, MailboxNews::Known);
    postbox.begin_to_count();
    let chance = Arc::new(|below: u64| rand::rng().random_range(0..below.max(1)));
    Reader::new(mailbox.reading.clone(), Arc::new(postbox), Arc::new(SystemClock::default()), chance)
}

impl DeskPostbox {
    fn entrance(&self) -> String {
        format!("{SOURCE}.{}", self.name)
    }

    /// What never happened is told apart from what nobody counts.
    fn begin_to_count(&self) {
        for outcome in ["kept", "known", "refused", "stuck"] {
            self.mails(outcome).increment(0);
        }
        self.failures().increment(0);
        self.show_open(false);
    }

    fn mails(&self, outcome: &'static str) -> metrics::Counter {
        metrics::counter!("kulanz_mailbox_mails_total", "mailbox" => self.name.clone(), "outcome" => outcome)
    }

    fn failures(&self) -> metrics::Counter {
        metrics::counter!("kulanz_mailbox_failures_total", "mailbox" => self.name.clone())
    }

    fn count(&self, outcome: &'static str) {
        self.mails(outcome).increment(1);
    }

    fn show_open(&self, is_open: bool) {
        metrics::gauge!("kulanz_mailbox_open", "mailbox" => self.name.clone()).set(if is_open {
            1.0
        } else {
            0.0
        });
    }
}

#[async_trait]
impl Postbox for DeskPostbox {
    async fn secret(&self) -> Result<String, ChannelError> {
        let path = match &self.secret {
            SecretSource::Given(secret) => return Ok(secret.reveal().to_owned()),
            SecretSource::File(path) => path,
        };
        match tokio::fs::read_to_string(path).await {
            Ok(text) => Ok(text.trim().to_owned()),
            Err(error) => Err(ChannelError::permanent(format!(
                "the password file {} cannot be read: {error}",
                path.display()
            ))),
        }
    }

    async fn keep(&self, raw: Vec<u8>) -> Result<(), ChannelError> {
        let is_known = super::keep(&self.desk, SOURCE, raw).await?;
        self.count(if is_known { "known" } else { "kept" });
        self.desk.tell_of_mailbox(&self.name, MailboxNews::Mail);
        Ok(())
    }

    async fn mark(&self) -> Result<Option<Mark>, ChannelError> {
        match self.desk.bookmark(&self.entrance()).await {
            // A word that cannot be read is as good as none: then unread mails are taken.
            Ok(word) => Ok(word.and_then(|word| serde_json::from_str(&word).ok())),
            Err(error) => {
                Err(ChannelError::transient(format!("how far it was read cannot be looked up: {error}")))
            }
        }
    }

    async fn set_mark(&self, mark: Mark) -> Result<(), ChannelError> {
        let failed =
            |why: String| ChannelError::transient(format!("how far it was read cannot be kept: {why}"));
        let word = serde_json::to_string(&mark).map_err(|error| failed(error.to_string()))?;
        self.desk.set_bookmark(&self.entrance(), &word).await.map_err(|error| failed(error.to_string()))
    }

    fn tell(&self, news: News) {
        let mailbox = self.name.as_str();
        match news {
            News::Open { idle } => {
                self.show_open(true);
                self.desk.tell_of_mailbox(mailbox, MailboxNews::Open);
                let how = if idle {
                    "the server tells of new mail"
                } else {
                    "no IDLE there: it is looked at from time to time"
                };
                tracing::info!(mailbox, "the mailbox is open; {how}");
            }
            News::Renumbered => tracing::warn!(
                mailbox,
                "the mails have new numbers (UIDVALIDITY): those of the last days are looked at again, none is taken twice"
            ),
            News::Refused { uid, why } => {
                self.count("refused");
                tracing::error!(mailbox, uid, "a mail stays in the mailbox, flagged: {why}");
                self.desk.tell_of_mailbox(mailbox, MailboxNews::Failed(why));
            }
            News::Stuck { uid, why } => {
                self.count("stuck");
                tracing::error!(mailbox, uid, "a mail was taken in but stays where it was: {why}");
                self.desk.tell_of_mailbox(mailbox, MailboxNews::Failed(why));
            }
            News::Lost { error, again_ms } => {
                self.show_open(false);
                self.failures().increment(1);
                tracing::warn!(mailbox, again_ms, "the mailbox cannot be read now: {error}");
                self.desk.tell_of_mailbox(mailbox, MailboxNews::Lost(error.to_string()));
            }
        }
    }
}
