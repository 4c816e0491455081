//! `kv`: values that last between runs. A run sees its own writes at once; they are part of its outcome
//! and count only if it ends well.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::grant::Capability;

use crate::bindings::kulanz::plugin::kv;
use crate::bindings::kulanz::plugin::types::PluginError;
use crate::host::{HostError, KEY_BYTES_MAX, is_key};
use crate::record::Blob;
use crate::state::State;

/// Most keys of one answer, as the contract says.
const KEYS_MAX: usize = 1_000;
/// Bytes of all rows of one answer.
const ROWS_BYTES_MAX: usize = 8 << 20;

impl State {
    async fn kept(&mut self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        let host = Arc::clone(&self.host);
        let answer: Option<Blob> =
            self.tape.ask("kv.get", &key, async { Ok(host.kv_get(key).await?.map(Blob)) }).await?;
        Ok(answer.map(|Blob(bytes)| bytes))
    }

    async fn bytes_before(&mut self) -> Result<u64, HostError> {
        if let Some(bytes) = self.kv_bytes_before {
            return Ok(bytes);
        }
        let host = Arc::clone(&self.host);
        let bytes = self.tape.ask("kv.bytes", &(), async { host.kv_bytes().await }).await?;
        self.kv_bytes_before = Some(bytes);
        Ok(bytes)
    }

    /// Whether `key` with `length` bytes fits. First as if nothing were overwritten, which needs one
    /// question per run; only when that is too much, what the writes replace is asked for.
    async fn fits(&mut self, key: &str, length: usize) -> Result<(), PluginError> {
        let quota = self.meter.limits().kv_bytes_max;
        let mut sum = self.bytes_before().await?.saturating_add((key.len() + length) as u64);
        let others = self.kv_writes.iter().filter(|(k, _)| k.as_str() != key);
        sum = sum
            .saturating_add(others.filter_map(|(k, v)| v.as_ref().map(|v| (k.len() + v.len()) as u64)).sum());
        if sum <= quota {
            return Ok(());
        }
        let touched: BTreeSet<String> = self.kv_writes.keys().cloned().chain([key.to_owned()]).collect();
        for key in touched {
            let freed = self.kept(&key).await?.map_or(0, |old| (key.len() + old.len()) as u64);
            sum = sum.saturating_sub(freed);
        }
        if sum <= quota {
            return Ok(());
        }
        Err(PluginError::InvalidInput(format!(
            "kv_bytes_max: {sum} bytes would be kept, {quota} are allowed; delete something first"
        )))
    }

    async fn set_value(&mut self, key: String, value: Vec<u8>) -> Result<(), PluginError> {
        self.may_use(Capability::Kv)?;
        check(&key)?;
        self.fits(&key, value.len()).await?;
        self.kv_writes.insert(key, Some(value));
        Ok(())
    }

    async fn value(&mut self, key: String) -> Result<Option<Vec<u8>>, PluginError> {
        self.may_use(Capability::Kv)?;
        check(&key)?;
        if let Some(own) = self.kv_writes.get(&key) {
            return Ok(own.clone());
        }
        Ok(self.kept(&key).await?)
    }

    async fn row_list(
        &mut self,
        key: String,
        width: u32,
        indexes: Vec<u32>,
    ) -> Result<Option<Vec<u8>>, PluginError> {
        self.may_use(Capability::Kv)?;
        check(&key)?;
        if let Some(own) = self.kv_writes.get(&key) {
            return own.as_ref().map(|table| Ok(gathered(table, width, &indexes)?)).transpose();
        }
        let host = Arc::clone(&self.host);
        let asked = (&key, width, &indexes);
        let answer: Option<Blob> = self
            .tape
            .ask("kv.rows", &asked, async {
                let table = host.kv_table(&key).await?;
                table.map(|table| gathered(&table, width, &indexes).map(Blob)).transpose()
            })
            .await?;
        Ok(answer.map(|Blob(bytes)| bytes))
    }

    async fn key_list(&mut self, prefix: String) -> Result<Vec<String>, PluginError> {
        self.may_use(Capability::Kv)?;
        let host = Arc::clone(&self.host);
        let kept: Vec<String> =
            self.tape.ask("kv.keys", &prefix, async { host.kv_keys(&prefix).await }).await?;
        let mut keys: BTreeSet<String> = kept.into_iter().collect();
        for (key, value) in self.kv_writes.range(prefix.clone()..).take_while(|(k, _)| k.starts_with(&prefix))
        {
            if value.is_some() {
                keys.insert(key.clone());
            } else {
                keys.remove(key);
            }
        }
        Ok(keys.into_iter().take(KEYS_MAX).collect())
    }
}

/// The rows of a table, one after another.
fn gathered(table: &[u8], width: u32, indexes: &[u32]) -> Result<Vec<u8>, HostError> {
    let width = width as usize;
    if width.saturating_mul(indexes.len()) > ROWS_BYTES_MAX {
        return Err(HostError::Invalid(format!("rows: at most {ROWS_BYTES_MAX} bytes in one answer")));
    }
    let mut out = Vec::with_capacity(width * indexes.len());
    for index in indexes {
        let from = (*index as usize).saturating_mul(width);
        let row = table.get(from..from.saturating_add(width));
        out.extend_from_slice(
            row.ok_or_else(|| HostError::Invalid(format!("rows: there is no row {index} of {width} bytes")))?,
        );
    }
    Ok(out)
}

fn check(key: &str) -> Result<(), PluginError> {
    if is_key(key) {
        return Ok(());
    }
    Err(PluginError::InvalidInput(format!("a key has 1 to {KEY_BYTES_MAX} bytes and no control characters")))
}

impl kv::Host for State {
    async fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<Vec<u8>>, PluginError>> {
        self.meter.call()?;
        Ok(self.value(key).await)
    }

    async fn set(&mut self, key: String, value: Vec<u8>) -> wasmtime::Result<Result<(), PluginError>> {
        self.meter.call()?;
        Ok(self.set_value(key, value).await)
    }

    fn delete(&mut self, key: String) -> wasmtime::Result<Result<(), PluginError>> {
        self.meter.call()?;
        Ok(self.may_use(Capability::Kv).and_then(|()| check(&key)).map(|()| {
            self.kv_writes.insert(key, None);
        }))
    }

    async fn keys(&mut self, prefix: String) -> wasmtime::Result<Result<Vec<String>, PluginError>> {
        self.meter.call()?;
        Ok(self.key_list(prefix).await)
    }

    async fn rows(
        &mut self,
        key: String,
        width: u32,
        indexes: Vec<u32>,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, PluginError>> {
        self.meter.call()?;
        Ok(self.row_list(key, width, indexes).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Call;
    use crate::tests::fixture::{self, Shelf};
    use domain::grant::Grants;
    use domain::plugin::Limits;

    fn state(kv_bytes_max: u64) -> State {
        let shelf = Shelf::with(&[("old/a", b"12345"), ("old/b", b"1")]);
        State::new(Call {
            host: Arc::new(shelf),
            limits: Limits { kv_bytes_max, ..Limits::default() },
            ..fixture::call()
        })
    }

    #[tokio::test]
    async fn a_run_reads_its_own_writes_before_the_kept_ones() {
        let mut state = state(1_000);
        assert_eq!(state.value("old/a".into()).await.unwrap(), Some(b"12345".to_vec()));
        state.set_value("old/a".into(), b"new".to_vec()).await.unwrap();
        assert_eq!(state.value("old/a".into()).await.unwrap(), Some(b"new".to_vec()));
        kv::Host::delete(&mut state, "old/b".into()).unwrap().unwrap();
        assert_eq!(state.value("old/b".into()).await.unwrap(), None);
        state.set_value("old/c".into(), vec![]).await.unwrap();
        assert_eq!(state.key_list("old/".into()).await.unwrap(), ["old/a", "old/c"]);
    }

    #[tokio::test]
    async fn rows_of_a_table_come_in_the_order_asked_for_also_from_the_runs_own_writes() {
        let mut state = state(1_000);
        let rows = state.row_list("old/a".into(), 2, vec![1, 0, 1]).await.unwrap();
        assert_eq!(rows, Some(b"341234".to_vec()));
        assert_eq!(state.row_list("none".into(), 2, vec![0]).await.unwrap(), None);
        // The fifth byte makes no whole row.
        for (width, index) in [(2, 2), (u32::MAX, 1)] {
            let past = state.row_list("old/a".into(), width, vec![index]).await;
            assert!(matches!(past, Err(PluginError::InvalidInput(_))), "{past:?}");
        }
        state.set_value("old/a".into(), b"xyz".to_vec()).await.unwrap();
        assert_eq!(state.row_list("old/a".into(), 1, vec![2, 0]).await.unwrap(), Some(b"zx".to_vec()));
        kv::Host::delete(&mut state, "old/a".into()).unwrap().unwrap();
        assert_eq!(state.row_list("old/a".into(), 1, vec![0]).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_write_past_the_quota_is_invalid_but_overwriting_the_same_bytes_is_not() {
        // 16 bytes are kept: two keys of five, values of five and one.
        let mut state = state(20);
        assert!(matches!(
            state.set_value("new/c".into(), vec![0; 5]).await,
            Err(PluginError::InvalidInput(_))
        ));
        state.set_value("old/a".into(), vec![0; 9]).await.unwrap();
        assert!(matches!(
            state.set_value("old/a".into(), vec![0; 10]).await,
            Err(PluginError::InvalidInput(_))
        ));
    }

    #[tokio::test]
    async fn without_the_grant_everything_is_denied_by_name() {
        let mut state = State::new(Call { grants: Arc::new(Grants::default()), ..fixture::call() });
        let denied = PluginError::Denied("grant use:kv is missing".into());
        assert_eq!(format!("{:?}", state.value("a".into()).await.unwrap_err()), format!("{denied:?}"));
        assert!(state.set_value("a".into(), vec![]).await.is_err());
        assert!(kv::Host::delete(&mut state, "a".into()).unwrap().is_err());
        assert!(state.key_list(String::new()).await.is_err());
    }

    #[tokio::test]
    async fn an_empty_or_endless_key_is_invalid() {
        let mut state = state(1_000);
        for key in [String::new(), "k".repeat(257), "a\nb".into()] {
            assert!(matches!(state.value(key).await, Err(PluginError::InvalidInput(_))));
        }
    }
}
