//! An egress that writes into a Maildir: for the demo, for tests from outside, and for sites whose own
//! mail system picks files up. Knows nothing of SMTP.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use crate::email::{Outgoing, compose};
use crate::{ChannelError, Egress, Receipt};

/// A Maildir (`tmp`, `new`, `cur`).
#[derive(Debug, Clone)]
pub struct Maildir {
    root: PathBuf,
}

impl Maildir {
    /// Opens a Maildir, creating its folders where they are missing.
    ///
    /// # Errors
    /// When the folders cannot be made.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, ChannelError> {
        let root = path.into();
        make_private(&root).map_err(|error| {
            ChannelError::permanent(format!("cannot make the Maildir {}: {error}", root.display()))
        })?;
        for folder in ["tmp", "new", "cur"] {
            let folder = root.join(folder);
            std::fs::create_dir_all(&folder).map_err(|error| {
                ChannelError::permanent(format!(
                    "cannot make the Maildir folder {}: {error}",
                    folder.display()
                ))
            })?;
        }
        Ok(Self { root })
    }

    /// Where delivered mail lies.
    #[must_use]
    pub fn new_folder(&self) -> PathBuf {
        self.root.join("new")
    }

    async fn deliver(&self, name: &str, bytes: &[u8]) -> std::io::Result<PathBuf> {
        let tmp = self.root.join("tmp").join(name);
        let new = self.root.join("new").join(name);
        let mut file = tokio::fs::File::create(&tmp).await?;
        file.write_all(bytes).await?;
        file.sync_all().await?;
        drop(file);
        tokio::fs::rename(&tmp, &new).await?;
        sync_folder(&self.root.join("new")).await?;
        Ok(new)
    }
}

/// Mails are for their owner alone. A folder that is there keeps its mode: the admin may have a reason.
fn make_private(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        made => made,
    }
}

/// Without this the rename itself may be lost with the power.
async fn sync_folder(folder: &Path) -> std::io::Result<()> {
    tokio::fs::File::open(folder).await?.sync_all().await
}

/// From the Message-ID, so that a second delivery of the same mail replaces the first.
fn file_name(message_id: &str) -> String {
    let digest = hex::encode(Sha256::digest(message_id.as_bytes()));
    format!("{}.kulanz", digest.get(..32).unwrap_or(&digest))
}

#[async_trait::async_trait]
impl Egress for Maildir {
    fn name(&self) -> &'static str {
        "maildir"
    }

    async fn send(&self, mail: &Outgoing) -> Result<Receipt, ChannelError> {
        let bytes = compose(mail)?;
        match self.deliver(&file_name(&mail.message_id), &bytes).await {
            Ok(path) => Ok(Receipt(format!("written to {}", path.display()))),
            Err(error) => Err(ChannelError::transient(format!("cannot write into the Maildir: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::email::{compose::tests::outgoing, parse};

    #[tokio::test]
    async fn a_second_delivery_of_the_same_mail_replaces_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let maildir = Maildir::open(folder.path().join("box")).unwrap();
        maildir.send(&outgoing()).await.unwrap();
        maildir.send(&outgoing()).await.unwrap();
        maildir.send(&Outgoing { message_id: "other@shop.example".into(), ..outgoing() }).await.unwrap();
        let files: Vec<_> =
            std::fs::read_dir(maildir.new_folder()).unwrap().map(|f| f.unwrap().path()).collect();
        assert_eq!(files.len(), 2);
        assert_eq!(std::fs::read_dir(folder.path().join("box/tmp")).unwrap().count(), 0);
        let mail = parse(&std::fs::read(&files[0]).unwrap());
        assert_eq!(mail.subject, "Ihre Anfrage");
    }

    #[tokio::test]
    async fn a_message_id_with_path_parts_stays_inside_the_folder() {
        let name = file_name("../../etc/passwd@x.example");
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.'));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_a_permanent_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(Maildir::open(file.path().join("x")), Err(ChannelError::Permanent { .. })));
    }
}
