//! Mailboxes read over IMAP. New mail is heard of by IDLE, or asked for where a server has none; a mail is put
//! away only after the postbox has it for good. What the postbox refuses stays where it is, flagged.
//!
//! Which mails are new is asked from the server each time, so that a number means something only while a folder
//! is open; the one number kept beyond that stands in a [`Mark`] with the UIDVALIDITY it belongs to. Knows no
//! tickets; reads no file and no clock of its own.

mod connect;
mod folder;
mod name;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::{Clock, Timestamp};
use tokio::sync::watch;

use crate::{ChannelError, Tls};
use folder::Folder;

/// First wait after a connection was lost; doubled each time.
const RETRY_MS: u64 = 1_000;
/// First wait after a login was refused: servers lock accounts after a few tries in a row.
const LOGIN_RETRY_MS: u64 = 60_000;
/// Connections that may break while the same mail is fetched before that mail is left alone.
const BREAKS_MAX: u32 = 3;

/// How one proves who one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Login {
    /// With a password.
    #[default]
    Password,
    /// With an OAuth 2 access token (XOAUTH2).
    Xoauth2,
}

/// What becomes of a mail in the mailbox once it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum After {
    /// It goes into another folder.
    #[default]
    Move,
    /// It is marked as read.
    Flag,
    /// It is deleted.
    Delete,
}

/// One folder of one mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Mail server; the name its certificate must show.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Certificates (PEM) that are trusted instead of the public ones; empty: the public ones.
    pub trusted_pem: Vec<u8>,
    /// User name.
    pub user: String,
    /// How the user logs in.
    pub login: Login,
    /// Folder that is read.
    pub folder: String,
    /// What becomes of a mail once it is kept.
    pub after: After,
    /// Folder that kept mails go to, with [`After::Move`].
    pub move_to: String,
    /// How long to wait between two looks where the server has no IDLE.
    pub poll_ms: u64,
    /// How long one IDLE lasts; servers end those of 30 minutes.
    pub idle_ms: u64,
    /// Longest wait before a lost connection is opened again.
    pub retry_ms_max: u64,
    /// How long the server may take for one command.
    pub timeout_ms: u64,
    /// Largest mail that is fetched.
    pub mail_bytes_max: usize,
}

/// Up to where a folder was read. Numbers of mails hold as long as the UIDVALIDITY does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mark {
    /// UIDVALIDITY that the number belongs to.
    pub validity: u32,
    /// Every mail below this number was seen.
    pub next_uid: u32,
    /// When this was so, milliseconds since 1970.
    pub at_ms: i64,
}

/// What happens to a mailbox, for those who watch over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The folder is open.
    Open {
        /// Whether the server says by itself when mail comes.
        idle: bool,
    },
    /// The folder's mails have new numbers: those that may be new are looked at again.
    Renumbered,
    /// A mail stays in the mailbox, flagged, and is not looked at again.
    Refused {
        /// Its number.
        uid: u32,
        /// Why, and what to do.
        why: String,
    },
    /// A mail was kept, but stays where it was.
    Stuck {
        /// Its number.
        uid: u32,
        /// Why, and what to do.
        why: String,
    },
    /// The mailbox cannot be read now.
    Lost {
        /// Why.
        error: ChannelError,
        /// When it is tried again.
        again_ms: u64,
    },
}

/// Where mails go, and what is known beyond one connection.
#[async_trait]
pub trait Postbox: Send + Sync + 'static {
    /// The password or token, as it is now.
    ///
    /// # Errors
    /// When there is none.
    async fn secret(&self) -> Result<String, ChannelError>;

    /// Keeps a mail for good.
    ///
    /// # Errors
    /// Transient when it can be offered again, permanent when it never will be kept.
    async fn keep(&self, raw: Vec<u8>) -> Result<(), ChannelError>;

    /// The mark that was set last.
    ///
    /// # Errors
    /// When it cannot be read now.
    async fn mark(&self) -> Result<Option<Mark>, ChannelError>;

    /// Remembers a mark.
    ///
    /// # Errors
    /// When it cannot be written now.
    async fn set_mark(&self, mark: Mark) -> Result<(), ChannelError>;

    /// Something happened.
    fn tell(&self, news: News);
}

/// A number below the one given, by chance.
pub type Chance = Arc<dyn Fn(u64) -> u64 + Send + Sync>;

/// One mailbox and what it needs from outside.
pub struct Reader {
    mailbox: Mailbox,
    postbox: Arc<dyn Postbox>,
    clock: Arc<dyn Clock>,
    chance: Chance,
    tls: connect::Trust,
    /// Numbers of mails that are not looked at again, under this UIDVALIDITY.
    settled: BTreeSet<u32>,
    validity: u32,
    /// The mail during whose fetching connections broke, and how often.
    breaking: Option<(u32, u32)>,
}

impl Reader {
    /// Prepares to read a mailbox; connects later.
    ///
    /// # Errors
    /// When the settings cannot work: no certificate in the file of trusted ones, a password without TLS.
    pub fn new(
        mailbox: Mailbox,
        postbox: Arc<dyn Postbox>,
        clock: Arc<dyn Clock>,
        chance: Chance,
    ) -> Result<Self, ChannelError> {
        if mailbox.tls == Tls::None && !is_this_machine(&mailbox.host) {
            return Err(ChannelError::permanent(format!(
                "imap: the password would travel in clear to {}; set tls = \"tls\" or tls = \"starttls\"",
                mailbox.host
            )));
        }
        let tls = connect::trust(&mailbox.trusted_pem)?;
        let (settled, validity, breaking) = (BTreeSet::new(), 0, None);
        Ok(Self { mailbox, postbox, clock, chance, tls, settled, validity, breaking })
    }

    /// Reads the mailbox until `stop`. Whatever it is doing then is taken up at the next start: a mail is
    /// known by its bytes, so that one which was kept and not yet put away is not kept twice.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = self.read_for_ever() => {}
        }
    }

    async fn read_for_ever(&mut self) {
        let mut failures = 0;
        loop {
            let error = match Box::pin(self.read(&mut failures)).await {
                Ok(never) => match never {},
                Err(error) => error,
            };
            let again_ms = self.wait_ms(&error, failures);
            failures = failures.saturating_add(1);
            self.postbox.tell(News::Lost { error, again_ms });
            tokio::time::sleep(Duration::from_millis(again_ms)).await;
        }
    }

    /// Opens the folder and reads it as long as the connection holds.
    async fn read(&mut self, failures: &mut u32) -> Result<std::convert::Infallible, ChannelError> {
        let secret = self.postbox.secret().await?;
        let session = connect::log_in(&self.mailbox, &self.tls, &secret).await?;
        let mut folder = Folder::open(session, &self.mailbox).await?;
        *failures = 0;
        if folder.validity != self.validity {
            self.validity = folder.validity;
            self.settled.clear();
            self.breaking = None;
        }
        self.postbox.tell(News::Open { idle: folder.has_idle });
        loop {
            self.take_all(&mut folder).await?;
            folder = folder.wait(&self.mailbox).await?;
        }
    }

    /// Takes every mail that is new, oldest first, until there is none.
    async fn take_all(&mut self, folder: &mut Folder) -> Result<(), ChannelError> {
        let mut mark = self.mark(folder).await?;
        loop {
            let wanted = folder.new_uids(&self.mailbox, mark).await?;
            let uids: Vec<u32> = wanted.into_iter().filter(|uid| !self.settled.contains(uid)).collect();
            if uids.is_empty() && self.is_marked(folder, mark) {
                return Ok(());
            }
            // All that was there when the folder was opened is seen with this round, old mails among it.
            let highest = uids.last().copied().unwrap_or(0).max(folder.next_uid.saturating_sub(1));
            for uid in uids {
                self.take(folder, uid).await?;
            }
            if self.mailbox.after == After::Flag {
                mark = Some(self.set_mark(folder, highest, mark).await?);
            }
        }
    }

    /// Whether a look that finds nothing changes nothing.
    fn is_marked(&self, folder: &Folder, mark: Option<Mark>) -> bool {
        self.mailbox.after != After::Flag || mark.is_some_and(|mark| mark.validity == folder.validity)
    }

    /// The mark, where one is needed: mails that leave the folder need none.
    async fn mark(&self, folder: &Folder) -> Result<Option<Mark>, ChannelError> {
        if self.mailbox.after != After::Flag {
            return Ok(None);
        }
        let mark = self.postbox.mark().await?;
        if mark.is_some_and(|mark| mark.validity != folder.validity) {
            self.postbox.tell(News::Renumbered);
        }
        Ok(mark)
    }

    async fn set_mark(
        &self,
        folder: &Folder,
        highest: u32,
        before: Option<Mark>,
    ) -> Result<Mark, ChannelError> {
        let next_uid = highest.saturating_add(1);
        let kept = before.filter(|mark| mark.validity == folder.validity).map_or(0, |mark| mark.next_uid);
        let Timestamp(at_ms) = self.clock.now();
        let mark = Mark { validity: folder.validity, next_uid: next_uid.max(kept), at_ms };
        self.postbox.set_mark(mark).await?;
        Ok(mark)
    }

    /// Fetches a mail, has it kept, then puts it away.
    async fn take(&mut self, folder: &mut Folder, uid: u32) -> Result<(), ChannelError> {
        match self.fetch(folder, uid).await? {
            Fetched::Gone => {
                folder.check_line().await?;
                self.settled.insert(uid);
                Ok(())
            }
            Fetched::Refused(why) => self.refuse(folder, uid, why).await,
            Fetched::Mail(raw) => match self.postbox.keep(raw).await {
                Ok(()) => self.put_away(folder, uid).await,
                Err(error) if error.is_transient() => Err(error),
                Err(error) => self.refuse(folder, uid, error.to_string()).await,
            },
        }
    }

    async fn fetch(&mut self, folder: &mut Folder, uid: u32) -> Result<Fetched, ChannelError> {
        let breaks = self.breaking.filter(|(broke, _)| *broke == uid).map_or(0, |(_, times)| times);
        if breaks >= BREAKS_MAX {
            return Ok(Fetched::Refused(format!(
                "the connection broke {breaks} times while it was fetched; save it as a file and hand it over with `kulanz ingest`"
            )));
        }
        let fetched = fetch_within(folder, uid, &self.mailbox).await;
        self.breaking = fetched.is_err().then_some((uid, breaks + 1));
        fetched
    }

    /// Leaves a mail where it is, flagged for people and, where the server can, for our next start.
    async fn refuse(&mut self, folder: &mut Folder, uid: u32, why: String) -> Result<(), ChannelError> {
        self.settled.insert(uid);
        folder.flag_refused(uid).await?;
        self.postbox.tell(News::Refused { uid, why });
        Ok(())
    }

    /// A server that says no to this goes on being read: the mail is kept, and known from now on.
    async fn put_away(&mut self, folder: &mut Folder, uid: u32) -> Result<(), ChannelError> {
        match folder.put_away(uid, &self.mailbox).await {
            Err(error @ ChannelError::Permanent { .. }) => {
                self.settled.insert(uid);
                self.postbox.tell(News::Stuck { uid, why: error.to_string() });
                Ok(())
            }
            other => other,
        }
    }

    /// Longer each time, and by chance between half and whole: many mailboxes of one server must not all come
    /// back at the same moment.
    fn wait_ms(&self, error: &ChannelError, failures: u32) -> u64 {
        let first = match error {
            ChannelError::Credentials { .. } => LOGIN_RETRY_MS.min(self.mailbox.retry_ms_max),
            ChannelError::Transient { .. }
            | ChannelError::Permanent { .. }
            | ChannelError::Unknown { .. } => RETRY_MS,
        };
        let whole = first.saturating_mul(1 << failures.min(20)).min(self.mailbox.retry_ms_max).max(2);
        whole / 2 + (self.chance)(whole / 2)
    }
}

/// What fetching a mail led to.
enum Fetched {
    Mail(Vec<u8>),
    /// Somebody else took it away.
    Gone,
    /// It is not to be kept, for this reason.
    Refused(String),
}

async fn fetch_within(folder: &mut Folder, uid: u32, mailbox: &Mailbox) -> Result<Fetched, ChannelError> {
    let bytes_max = mailbox.mail_bytes_max;
    let too_large = |bytes: usize| {
        Fetched::Refused(format!(
            "it has {bytes} bytes, {bytes_max} are allowed; raise mail_bytes_max, or answer it by hand"
        ))
    };
    let Some(size) = folder.size(uid).await? else { return Ok(Fetched::Gone) };
    if size > bytes_max {
        return Ok(too_large(size));
    }
    Ok(match folder.body(uid, bytes_max).await? {
        Some(raw) if raw.len() > bytes_max => too_large(raw.len()),
        Some(raw) if !raw.is_empty() => Fetched::Mail(raw),
        _ if folder.has(uid).await? => Fetched::Refused(
            "the server does not give out its text; look at it with a mail program, or move it away"
                .to_owned(),
        ),
        _ => Fetched::Gone,
    })
}

/// Whether a connection to this host stays on this machine.
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests;
