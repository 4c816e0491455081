//! Who asks a registry: two variables, or the file that `docker login` writes. Owns where credentials are
//! looked for and for which registry they count; sends nothing. Credential helpers are not started.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;

use super::RegistryError;
use crate::config::Secret;

/// Variable with the user's name.
pub(super) const USER: &str = "KULANZ_REGISTRY_USER";
/// Variable with the password or token.
pub(super) const PASSWORD: &str = "KULANZ_REGISTRY_PASSWORD";

/// A name and a password, and where they were found.
#[derive(Debug, Clone)]
pub(super) struct Credentials {
    pub(super) user: String,
    pub(super) password: Secret,
    pub(super) origin: String,
}

#[derive(Deserialize)]
struct DockerConfig {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    /// `user:password` as base64; absent where a helper keeps them.
    #[serde(default)]
    auth: String,
}

/// The credentials for a registry: variables win, then the file.
pub(super) fn find(
    registry: &str,
    variables: &[(String, String)],
) -> Result<Option<Credentials>, RegistryError> {
    if let Some(found) = in_variables(variables)? {
        return Ok(Some(found));
    }
    let Some(path) = docker_config(variables).filter(|path| path.is_file()) else { return Ok(None) };
    let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, &e))?;
    in_docker_config(registry, &path, &text)
}

fn variable<'a>(variables: &'a [(String, String)], name: &str) -> Option<&'a str> {
    variables.iter().find(|(n, text)| n == name && !text.is_empty()).map(|(_, text)| text.as_str())
}

fn in_variables(variables: &[(String, String)]) -> Result<Option<Credentials>, RegistryError> {
    match (variable(variables, USER), variable(variables, PASSWORD)) {
        (Some(user), Some(password)) => Ok(Some(Credentials {
            user: user.to_owned(),
            password: Secret::new(password.to_owned()),
            origin: USER.to_owned(),
        })),
        (None, None) => Ok(None),
        (user, _) => {
            let (set, unset) = if user.is_some() { (USER, PASSWORD) } else { (PASSWORD, USER) };
            Err(RegistryError::Credentials {
                place: set.to_owned(),
                why: format!("it counts only together with {unset}: set both or none"),
            })
        }
    }
}

fn docker_config(variables: &[(String, String)]) -> Option<PathBuf> {
    let folder = match variable(variables, "DOCKER_CONFIG") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(variable(variables, "HOME")?).join(".docker"),
    };
    Some(folder.join("config.json"))
}

fn unreadable(path: &Path, why: &dyn std::fmt::Display) -> RegistryError {
    RegistryError::Credentials {
        place: path.display().to_string(),
        why: format!("it cannot be read ({why}): repair it, or set {USER} and {PASSWORD}"),
    }
}

fn in_docker_config(registry: &str, path: &Path, text: &str) -> Result<Option<Credentials>, RegistryError> {
    let config: DockerConfig = serde_json::from_str(text).map_err(|e| unreadable(path, &e))?;
    let wanted = key_of(registry);
    let entry = config.auths.iter().find(|(key, entry)| key_of(key) == wanted && !entry.auth.is_empty());
    let Some((_, entry)) = entry else { return Ok(None) };
    let plain = BASE64.decode(&entry.auth).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let both = plain.as_deref().and_then(|plain| plain.split_once(':'));
    let (user, password) = both.ok_or_else(|| {
        unreadable(path, &format_args!("`auth` of {registry} is no base64 of user:password"))
    })?;
    Ok(Some(Credentials {
        user: user.to_owned(),
        password: Secret::new(password.to_owned()),
        origin: path.display().to_string(),
    }))
}

/// What an entry is about. `docker login` writes hosts, and for Docker Hub the address of its first version.
fn key_of(name: &str) -> &str {
    let bare = name.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
    let host = bare.strip_suffix("/v1").or_else(|| bare.strip_suffix("/v2")).unwrap_or(bare);
    if host == "index.docker.io" { "docker.io" } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn written(registry: &str, text: &str) -> Result<Option<(String, String)>, String> {
        let found = in_docker_config(registry, Path::new("config.json"), text);
        found
            .map(|found| found.map(|c| (c.user, c.password.reveal().to_owned())))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn variables_count_only_together() {
        let found = in_variables(&set(&[(USER, "ana"), (PASSWORD, "p:w")])).unwrap().unwrap();
        assert_eq!((found.user.as_str(), found.password.reveal()), ("ana", "p:w"));
        assert!(!format!("{found:?}").contains("p:w"));
        assert!(in_variables(&set(&[(USER, "")])).unwrap().is_none());
        let said = in_variables(&set(&[(PASSWORD, "secret")])).unwrap_err().to_string();
        assert!(said.contains(USER) && !said.contains("secret"), "{said}");
    }

    #[test]
    fn the_file_of_docker_login_is_where_docker_looks_for_it() {
        let path = |pairs: &[(&str, &str)]| docker_config(&set(pairs)).map(|p| p.display().to_string());
        assert_eq!(path(&[("HOME", "/home/ana")]).as_deref(), Some("/home/ana/.docker/config.json"));
        assert_eq!(path(&[("HOME", "/x"), ("DOCKER_CONFIG", "/y")]).as_deref(), Some("/y/config.json"));
        assert_eq!(path(&[]), None);
    }

    #[test]
    fn an_entry_counts_for_its_own_registry_only() {
        let auth = BASE64.encode("ana:p:w");
        let entry = |key: &str| serde_json::json!({ "auths": { key: { "auth": auth } } }).to_string();
        let ana = Some(("ana".to_owned(), "p:w".to_owned()));
        for key in ["r.example:5000", "https://r.example:5000", "https://r.example:5000/v2/"] {
            assert_eq!(written("r.example:5000", &entry(key)).unwrap(), ana, "{key}");
        }
        for key in ["r.example", "evil-r.example:5000", "r.example:5000.evil", "r.example:5000/acme"] {
            assert_eq!(written("r.example:5000", &entry(key)).unwrap(), None, "{key}");
        }
        assert_eq!(written("docker.io", &entry("https://index.docker.io/v1/")).unwrap(), ana);
    }

    #[test]
    fn an_entry_kept_by_a_helper_is_none_and_a_broken_one_is_told_without_its_text() {
        assert_eq!(written("r.example", r#"{"auths":{"r.example":{}},"credsStore":"x"}"#).unwrap(), None);
        assert_eq!(written("r.example", "{}").unwrap(), None);
        let said = written("r.example", r#"{"auths":{"r.example":{"auth":"c2VjcmV0"}}}"#).unwrap_err();
        assert!(said.contains("r.example") && said.contains(USER) && !said.contains("c2VjcmV0"), "{said}");
        assert!(written("r.example", "no json").unwrap_err().contains("config.json"));
    }
}
