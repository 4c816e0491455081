//! How the mailboxes that this process reads fare: what was told of each last, kept in memory until the process ends.
//! Knows no mail and no mail server.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use domain::Timestamp;

use crate::Desk;

/// All of this process, by name.
#[derive(Debug, Default)]
pub(crate) struct Mailboxes(Mutex<BTreeMap<String, MailboxState>>);

/// How a mailbox fares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailboxState {
    /// Whether it is connected.
    pub is_open: bool,
    /// Since when it is, or is not; none before the first try has ended.
    pub since: Option<Timestamp>,
    /// When a mail came from there last.
    pub last_mail_at: Option<Timestamp>,
    /// What went wrong last, and when.
    pub last_error: Option<(Timestamp, String)>,
}

/// What a mailbox's reader tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailboxNews {
    /// It is going to be read.
    Known,
    /// It is connected.
    Open,
    /// A mail came from there.
    Mail,
    /// Something went wrong with a mail; the mailbox is read on.
    Failed(String),
    /// It cannot be read now.
    Lost(String),
}

impl MailboxState {
    fn hear(&mut self, news: MailboxNews, now: Timestamp) {
        match news {
            MailboxNews::Known => {}
            MailboxNews::Open => self.turn(true, now),
            MailboxNews::Mail => self.last_mail_at = Some(now),
            MailboxNews::Failed(why) => self.last_error = Some((now, why)),
            MailboxNews::Lost(why) => {
                self.turn(false, now);
                self.last_error = Some((now, why));
            }
        }
    }

    /// The same told again changes nothing: what counts is since when.
    fn turn(&mut self, is_open: bool, now: Timestamp) {
        if self.since.is_none() || self.is_open != is_open {
            self.since = Some(now);
        }
        self.is_open = is_open;
    }
}

impl Desk {
    /// Remembers what happened to a mailbox.
    pub fn tell_of_mailbox(&self, name: &str, news: MailboxNews) {
        let now = self.now();
        let mut all = self.0.mailboxes.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(name.to_owned()).or_default().hear(news, now);
    }

    /// The mailboxes that this process reads, by name, and how each fares.
    #[must_use]
    pub fn mailboxes(&self) -> Vec<(String, MailboxState)> {
        let all = self.0.mailboxes.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|(name, state)| (name.clone(), state.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_tells_since_when_it_cannot_be_read_and_why() {
        let mut mailbox = MailboxState::default();
        mailbox.hear(MailboxNews::Known, Timestamp(1));
        assert_eq!(mailbox, MailboxState::default());
        mailbox.hear(MailboxNews::Open, Timestamp(2));
        mailbox.hear(MailboxNews::Mail, Timestamp(3));
        mailbox.hear(MailboxNews::Lost("gone".into()), Timestamp(4));
        mailbox.hear(MailboxNews::Lost("still gone".into()), Timestamp(5));
        let expected = MailboxState {
            is_open: false,
            since: Some(Timestamp(4)),
            last_mail_at: Some(Timestamp(3)),
            last_error: Some((Timestamp(5), "still gone".into())),
        };
        assert_eq!(mailbox, expected);
        mailbox.hear(MailboxNews::Open, Timestamp(6));
        assert_eq!((mailbox.is_open, mailbox.since), (true, Some(Timestamp(6))));
        assert!(mailbox.last_error.is_some(), "what went wrong last is still told");
    }
}
