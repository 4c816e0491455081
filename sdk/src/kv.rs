//! Values that last between runs, per installation. Needs `use:kv`. Writes count only if the run ends well.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, host};

/// The bytes under a key.
///
/// # Errors
/// Denied without the grant.
pub fn get(key: &str) -> Result<Option<Vec<u8>>, Error> {
    Ok(host::kv::get(key)?)
}

/// Keeps bytes under a key.
///
/// # Errors
/// Denied without the grant; invalid input when the room is used up.
pub fn set(key: &str, value: &[u8]) -> Result<(), Error> {
    Ok(host::kv::set(key, value)?)
}

/// Forgets a key.
///
/// # Errors
/// Denied without the grant.
pub fn delete(key: &str) -> Result<(), Error> {
    Ok(host::kv::delete(key)?)
}

/// At most 1,000 keys that begin with the prefix, in order.
///
/// # Errors
/// Denied without the grant.
pub fn keys(prefix: &str) -> Result<Vec<String>, Error> {
    Ok(host::kv::keys(prefix)?)
}

/// Rows of a table of rows of `width` bytes, in the order asked for: only they cross the border. The host may
/// keep the table at hand, so a new table gets a new key.
///
/// # Errors
/// Denied without the grant; invalid input when a row lies past the end.
pub fn rows(key: &str, width: u32, indexes: &[u32]) -> Result<Option<Vec<u8>>, Error> {
    Ok(host::kv::rows(key, width, indexes)?)
}

/// The value under a key, from JSON.
///
/// # Errors
/// Denied without the grant; invalid input when what is stored is of another shape.
pub fn get_json<T: DeserializeOwned>(key: &str) -> Result<Option<T>, Error> {
    match get(key)? {
        Some(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        None => Ok(None),
    }
}

/// Keeps a value under a key, as JSON.
///
/// # Errors
/// Denied without the grant; invalid input when the room is used up.
pub fn set_json<T: Serialize>(key: &str, value: &T) -> Result<(), Error> {
    set(key, &serde_json::to_vec(value)?)
}
