//! Copies a database file beside the process that serves it: reads one consistent state of it, writes a new file.
//! Takes no lock of ours, brings no schema up to date and changes nothing in the source.

use std::fs::File;
use std::path::Path;

use sqlx::{ConnectOptions as _, Connection as _};

use super::Connection;
use super::open::{APPLICATION_ID, FOREIGN, beside, make_private};
use crate::error::{Failure, StoreError};
use crate::migrate;

/// Copies the database in `file` to `to`, a file that is not there yet.
pub(crate) async fn copy(file: &Path, to: &Path) -> Result<(), StoreError> {
    let Some(name) = to.to_str() else {
        let why = format!("{}: a path that is no UTF-8 cannot be written to", to.display());
        return Err(StoreError::Unavailable(why));
    };
    let mut source = beside(file).connect().await.map_err(Failure::from)?;
    refuse_unknown(&mut source).await?;
    // SQLite writes into a file only while it is empty.
    make_private(to)?;
    sqlx::query("VACUUM INTO $1").bind(name).execute(&mut source).await.map_err(Failure::from)?;
    source.close().await.map_err(Failure::from)?;
    File::open(to).and_then(|copy| copy.sync_all()).map_err(|error| {
        StoreError::Unavailable(format!("{} cannot be brought to the disk: {error}", to.display()))
    })?;
    refuse_broken(to).await
}

/// A database of another program is not ours to copy; of a newer build nobody here knows whether it is whole.
async fn refuse_unknown(c: &mut Connection) -> Result<(), StoreError> {
    let application: i64 =
        sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *c).await.map_err(Failure::from)?;
    if application != APPLICATION_ID {
        return Err(StoreError::Migration(FOREIGN.to_owned()));
    }
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(c).await.map_err(Failure::from)?;
    if version > migrate::newest() {
        return Err(StoreError::Migration(migrate::too_new(version)));
    }
    Ok(())
}

/// A copy that cannot be read through is none.
async fn refuse_broken(file: &Path) -> Result<(), StoreError> {
    let mut copy = beside(file).connect().await.map_err(Failure::from)?;
    let said: String =
        sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut copy).await.map_err(Failure::from)?;
    copy.close().await.map_err(Failure::from)?;
    if said != "ok" {
        let why = format!("the copy {} is not whole ({said}): make another one elsewhere", file.display());
        return Err(StoreError::Unavailable(why));
    }
    Ok(())
}
