//! Settings of the installation, read into the author's type.

use serde::de::DeserializeOwned;
#[cfg(any(target_arch = "wasm32", test))]
use serde::de::value::{Error as ValueError, UnitDeserializer};

use crate::Error;

/// Reads the settings. A type without content (`()`) does not ask the host at all, so that its plugin does
/// not import `config`.
#[cfg(any(target_arch = "wasm32", test))]
pub(crate) fn read<T: DeserializeOwned>(settings: impl FnOnce() -> String) -> Result<T, Error> {
    if size_of::<T>() == 0
        && let Ok(empty) = T::deserialize(UnitDeserializer::<ValueError>::new())
    {
        return Ok(empty);
    }
    parse(&settings())
}

/// Reads settings from JSON.
pub(crate) fn parse<T: DeserializeOwned>(json: &str) -> Result<T, Error> {
    serde_json::from_str(json)
        .map_err(|e| Error::InvalidInput(format!("the settings do not fit the plugin: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(default)]
    struct Sample {
        threshold: f32,
    }

    impl Default for Sample {
        fn default() -> Self {
            Self { threshold: 0.5 }
        }
    }

    #[test]
    fn a_plugin_without_settings_never_asks_for_them() {
        assert_eq!(read::<()>(|| unreachable!("asked")), Ok(()));
    }

    #[test]
    fn missing_keys_take_the_default_and_given_ones_win() {
        assert_eq!(read(|| "{}".to_owned()), Ok(Sample { threshold: 0.5 }));
        assert_eq!(read(|| r#"{"threshold":0.9}"#.to_owned()), Ok(Sample { threshold: 0.9 }));
    }

    #[test]
    fn settings_of_the_wrong_type_are_an_error_that_says_where() {
        let error = read::<Sample>(|| r#"{"threshold":"high"}"#.to_owned()).unwrap_err();
        assert!(matches!(&error, Error::InvalidInput(what) if what.contains("line 1")), "{error}");
    }
}
