//! The door for the mail server of this machine: puts what it hands over into the desk. Knows no mail.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context;
use async_trait::async_trait;
use channels::ChannelError;
use channels::lmtp::{Inbox, Listener};
use desk::{Desk, DeskError};
use domain::contact::canonical_address;
use domain::gate::without_tag;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::Config;

/// Entrance under which mail from here is remembered.
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
        match self.desk.receive_mail(SOURCE, raw).await {
            Ok(_) => Ok(()),
            Err(DeskError::Refused(refusal)) => Err(ChannelError::permanent(refusal.sentence)),
            Err(error) => {
                tracing::warn!(%error, "a mail could not be stored; its sender's server was asked to try again");
                Err(ChannelError::transient("it could not be stored"))
            }
        }
    }
}

/// Takes mail at `[mail.listener]` until `stop`; none when it is not asked for.
///
/// # Errors
/// When the place cannot be listened on.
pub async fn open(
    config: &Config,
    desk: &Desk,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<Option<JoinHandle<()>>> {
    let place = &config.mail_listener.listen;
    if place.is_empty() {
        return Ok(None);
    }
    let listener = Listener::bind(place).await.with_context(|| {
        format!("listening for mail on {place}: choose another place in mail.listener.listen")
    })?;
    tracing::info!(place, "takes mail from the mail server of this machine (LMTP or SMTP)");
    let identity = &config.desk.mail;
    let own = identity.own().iter().map(|address| without_tag(address)).collect();
    let host = identity.from_address.rsplit('@').next().unwrap_or("localhost").to_owned();
    let inbox = Arc::new(DeskInbox { desk: desk.clone(), own });
    Ok(Some(tokio::spawn(channels::lmtp::serve(listener, host, inbox, stop))))
}
