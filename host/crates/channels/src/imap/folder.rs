//! An open folder: which mails are new, their bytes, putting them away, waiting for more. Knows nothing of
//! what is done with a mail.

use std::collections::BTreeSet;
use std::time::Duration;

use async_imap::types::{Capability, Flag, UnsolicitedResponse};
use domain::Timestamp;
use domain::clock::DAY_MS;
use futures::TryStreamExt;

use super::connect::{Talk, within};
use super::name::encoded;
use super::{After, Mailbox, Mark};
use crate::ChannelError;

/// Marks a mail that we left where it is.
const REFUSED: &str = "KulanzRefused";
/// How long fetching one mail may take.
const MAIL_TIME_MAX_MS: u64 = 900_000;
/// How far back mails are looked at again when their numbers changed, before the last look: servers' dates
/// have no time of day, and their clocks differ.
const LOOK_BACK_MS: i64 = 2 * DAY_MS;

/// An open folder.
pub(super) struct Folder {
    session: Talk,
    timeout_ms: u64,
    /// UIDVALIDITY: as long as it stays, a number means the same mail.
    pub(super) validity: u32,
    /// The number that the next mail was to get when the folder was opened.
    pub(super) next_uid: u32,
    pub(super) has_idle: bool,
    has_move: bool,
    has_uidplus: bool,
    /// Whether flags of one's own can be set.
    has_keywords: bool,
}

impl Folder {
    pub(super) async fn open(mut session: Talk, mailbox: &Mailbox) -> Result<Self, ChannelError> {
        let timeout_ms = mailbox.timeout_ms;
        let able = within(timeout_ms, "asking what the server can", session.capabilities()).await?;
        let can = |word: &str| able.has(&Capability::Atom(word.to_owned()));
        let (has_idle, has_move, has_uidplus) = (can("IDLE"), can("MOVE"), can("UIDPLUS"));
        if mailbox.after == After::Move {
            // It is there already, most likely. If it is not and cannot be made, moving will say so.
            let made = within(timeout_ms, "making a folder", session.create(encoded(&mailbox.move_to))).await;
            if let Err(error @ ChannelError::Transient { .. }) = made {
                return Err(error);
            }
        }
        let what = format!("opening the folder `{}` (setting `folder`)", mailbox.folder);
        let opened = within(timeout_ms, &what, session.select(encoded(&mailbox.folder))).await?;
        let Some(validity) = opened.uid_validity else {
            return Err(ChannelError::permanent(
                "the server gives mails no lasting numbers (UIDVALIDITY); hand mail over by LMTP instead",
            ));
        };
        let next_uid = opened.uid_next.unwrap_or(1);
        let has_keywords = opened.permanent_flags.contains(&Flag::MayCreate);
        Ok(Self { session, timeout_ms, validity, next_uid, has_idle, has_move, has_uidplus, has_keywords })
    }

    /// Numbers of the mails that may be new, lowest first.
    pub(super) async fn new_uids(
        &mut self,
        mailbox: &Mailbox,
        mark: Option<Mark>,
    ) -> Result<BTreeSet<u32>, ChannelError> {
        let base = format!("UNDELETED UNKEYWORD {REFUSED}");
        if mailbox.after != After::Flag {
            return self.search(&base).await;
        }
        let mut uids = self.search(&format!("{base} UNSEEN")).await?;
        // Whoever opens a mail before us makes it a read one: what came since the last look is new all the same.
        let Some(mark) = mark else { return Ok(uids) };
        if mark.validity == self.validity {
            let since = self.search(&format!("{base} UID {}:*", mark.next_uid)).await?;
            // `n:*` always names the last mail, whatever its number.
            uids.extend(since.into_iter().filter(|uid| *uid >= mark.next_uid));
        } else {
            let day = Timestamp(mark.at_ms).plus(-LOOK_BACK_MS).to_utc().format("%d-%b-%Y");
            uids.extend(self.search(&format!("{base} SINCE {day}")).await?);
        }
        Ok(uids)
    }

    /// Whether the mail is still there.
    pub(super) async fn has(&mut self, uid: u32) -> Result<bool, ChannelError> {
        Ok(self.search(&format!("UID {uid}")).await?.contains(&uid))
    }

    /// Whether the server still answers: the client reads a closed line as an empty answer.
    pub(super) async fn check_line(&mut self) -> Result<(), ChannelError> {
        self.say("asking whether the server is still there", "NOOP".to_owned()).await
    }

    async fn search(&mut self, query: &str) -> Result<BTreeSet<u32>, ChannelError> {
        let found = within(self.timeout_ms, "looking for new mail", self.session.uid_search(query)).await?;
        Ok(found.into_iter().collect())
    }

    /// A mail's size in bytes, as the server says; none when it is gone.
    pub(super) async fn size(&mut self, uid: u32) -> Result<Option<usize>, ChannelError> {
        let answer = async {
            let fetched = self.session.uid_fetch(uid.to_string(), "(UID RFC822.SIZE)").await?;
            fetched.try_collect::<Vec<_>>().await
        };
        let fetched = within(self.timeout_ms, "asking for a mail's size", answer).await?;
        let size = fetched.iter().find(|mail| mail.uid == Some(uid)).and_then(|mail| mail.size);
        Ok(size.map(|size| usize::try_from(size).unwrap_or(usize::MAX)))
    }

    /// A mail's bytes, at most one more than allowed: sizes that servers tell are not always true.
    pub(super) async fn body(&mut self, uid: u32, bytes_max: usize) -> Result<Option<Vec<u8>>, ChannelError> {
        let query = format!("(UID BODY.PEEK[]<0.{}>)", bytes_max.saturating_add(1));
        let answer = async {
            let fetched = self.session.uid_fetch(uid.to_string(), query).await?;
            fetched.try_collect::<Vec<_>>().await
        };
        let fetched = within(MAIL_TIME_MAX_MS, "fetching a mail", answer).await?;
        Ok(fetched.iter().find(|mail| mail.uid == Some(uid)).and_then(|mail| mail.body()).map(<[u8]>::to_vec))
    }

    /// Flags a mail that was not taken, for people; and for our next start, where the server can.
    pub(super) async fn flag_refused(&mut self, uid: u32) -> Result<(), ChannelError> {
        let flags = if self.has_keywords { format!("\\Flagged {REFUSED}") } else { "\\Flagged".to_owned() };
        match self.add_flags(uid, &flags).await {
            // A folder that may only be read: then the log alone tells.
            Err(ChannelError::Permanent { .. }) => Ok(()),
            other => other,
        }
    }

    /// Moves, marks or deletes a mail that was kept.
    pub(super) async fn put_away(&mut self, uid: u32, mailbox: &Mailbox) -> Result<(), ChannelError> {
        match mailbox.after {
            After::Flag => self.add_flags(uid, "\\Seen").await,
            After::Delete => self.delete(uid).await,
            After::Move => {
                let to = encoded(&mailbox.move_to);
                let what = format!("moving a mail to `{}` (setting `move_to`)", mailbox.move_to);
                if self.has_move {
                    return within(self.timeout_ms, &what, self.session.uid_mv(uid.to_string(), to)).await;
                }
                within(self.timeout_ms, &what, self.session.uid_copy(uid.to_string(), to)).await?;
                self.delete(uid).await
            }
        }
    }

    /// Without UIDPLUS the mail stays marked as deleted: clearing the folder would take away what other
    /// programs have marked as well.
    async fn delete(&mut self, uid: u32) -> Result<(), ChannelError> {
        self.add_flags(uid, "\\Deleted").await?;
        if self.has_uidplus {
            self.say("deleting a mail", format!("UID EXPUNGE {uid}")).await?;
        }
        Ok(())
    }

    async fn add_flags(&mut self, uid: u32, flags: &str) -> Result<(), ChannelError> {
        self.say("flagging a mail", format!("UID STORE {uid} +FLAGS.SILENT ({flags})")).await
    }

    async fn say(&mut self, what: &str, command: String) -> Result<(), ChannelError> {
        within(self.timeout_ms, what, self.session.run_command_and_check_ok(command)).await
    }

    /// Waits until there may be new mail: by IDLE, or for a while where the server has none.
    pub(super) async fn wait(mut self, mailbox: &Mailbox) -> Result<Self, ChannelError> {
        if !self.has_idle {
            tokio::time::sleep(Duration::from_millis(mailbox.poll_ms)).await;
            within(self.timeout_ms, "looking for new mail", self.session.noop()).await?;
            return Ok(self);
        }
        let heard = self.session.unsolicited_responses.clone();
        // What came while we looked at the mails before is not told again.
        let has_come = || {
            let said = std::iter::from_fn(|| heard.try_recv().ok());
            said.filter(|said| matches!(said, UnsolicitedResponse::Exists(_))).count() > 0
        };
        if has_come() {
            return Ok(self);
        }
        let mut idle = self.session.idle();
        within(self.timeout_ms, "waiting for new mail", idle.init()).await?;
        if !has_come() {
            let (news, _stop) = idle.wait();
            // Either way the folder is looked at: a server may forget to tell.
            let _ = tokio::time::timeout(Duration::from_millis(mailbox.idle_ms), news).await;
        }
        self.session = within(self.timeout_ms, "waiting for new mail", idle.done()).await?;
        Ok(self)
    }
}
