//! The doors that mail comes in by without a person: the mail server of this machine hands it over, and
//! mailboxes are read. Puts it into the desk; knows no mail.

mod mailbox;

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context;
use async_trait::async_trait;
use channels::ChannelError;
use channels::lmtp::{Inbox, Listener};
use desk::{Desk, DeskError};
use domain::address::{canonical_address, canonical_domain, sides, without_tag};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::Config;

/// Entrance under which mail that was handed over is remembered.
const SOURCE: &str = "lmtp";

/// The desk as an inbox.
struct DeskInbox {
    desk: Desk,
    own: BTreeSet<String>,
}

#[async_trait]
impl Inbox for DeskInbox {
    fn takes(&self, address: &str) -> bool {
        self.own.contains(&without_tag(&canonical_address(address)))
    }

    async fn keep(&self, raw: Vec<u8>) -> Result<(), ChannelError> {
        keep(&self.desk, SOURCE, raw).await.map(|_| ())
    }
}

/// Puts a mail into the desk; says whether it was there already.
async fn keep(desk: &Desk, source: &str, raw: Vec<u8>) -> Result<bool, ChannelError> {
    match desk.receive_mail(source, raw).await {
        Ok(receipt) => Ok(receipt.duplicate),
        Err(DeskError::Refused(refusal)) => Err(ChannelError::permanent(refusal.sentence)),
        Err(error) => {
            tracing::warn!(%error, "a mail could not be stored; where it came from keeps it for now");
            Err(ChannelError::transient("it could not be stored"))
        }
    }
}

/// Takes mail at `[mail.listener]` and from the mailboxes of `[mail.imap]` until `stop`, as far as they are
/// asked for.
///
/// # Errors
/// When the place cannot be listened on, or a mailbox cannot be read as it is set.
pub async fn open(config: &Config, desk: &Desk, stop: &watch::Receiver<bool>) -> anyhow::Result<JoinSet<()>> {
    let mut doors = JoinSet::new();
    for mailbox in &config.mailboxes {
        let reader = mailbox::reader(mailbox, desk)
            .with_context(|| format!("the mailbox {} cannot be read as it is set", mailbox.name))?;
        doors.spawn(reader.run(stop.clone()));
    }
    let place = &config.mail_listener.listen;
    if place.is_empty() {
        return Ok(doors);
    }
    let listener = Listener::bind(place).await.with_context(|| {
        format!("listening for mail on {place}: choose another place in mail.listener.listen")
    })?;
    tracing::info!(place, "takes mail from the mail server of this machine (LMTP or SMTP)");
    let identity = &config.desk.mail;
    let own = identity.own().iter().map(|address| without_tag(address)).collect();
    let host = canonical_domain(sides(&identity.from_address).map_or("localhost", |(_, host)| host));
    let inbox = Arc::new(DeskInbox { desk: desk.clone(), own });
    doors.spawn(channels::lmtp::serve(listener, host, inbox, stop.clone()));
    Ok(doors)
}
