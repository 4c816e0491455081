//! `[server]`: where the house listens, who may see its own pages, and whom it believes. Knows no route.

use domain::asker::Proxies;
use serde::Deserialize;

use super::layers::{ConfigError, Layers, Secret, variable_of};
use super::read_secret;

/// The token for the metrics: in the environment, or with `_file` behind it the file that holds it.
const METRICS_TOKEN: &str = "server.metrics_token";
/// A shorter one could be guessed.
const METRICS_TOKEN_BYTES_MIN: usize = 16;

/// `[server]`
#[derive(Debug, Clone, Deserialize)]
pub struct Server {
    /// Address and port.
    pub listen: String,
    /// Proxies that are believed when they say who asks.
    pub proxies: Proxies,
    /// Who may see the pages.
    pub console: ConsoleAccess,
    /// Who may see the metrics.
    pub metrics: MetricsAccess,
    /// File with the token for them; empty: none.
    pub metrics_token_file: String,
    /// The token for the metrics, where they take one.
    #[serde(skip)]
    pub metrics_token: Option<Secret>,
    /// Longest request, milliseconds.
    pub request_timeout_ms: u64,
    /// Largest request body, bytes.
    pub body_bytes_max: usize,
    /// Connections at a time.
    pub connections_max: usize,
    /// Longest wait for the head of a request, milliseconds.
    pub head_timeout_ms: u64,
    /// How long draining may take, milliseconds.
    pub drain_ms: u64,
}

/// Who may see the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsoleAccess {
    /// Whoever sits at this machine.
    Open,
    /// Whoever has a token.
    Token,
}

/// Who may see the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricsAccess {
    /// Whoever reaches the server.
    Open,
    /// Whoever has the token for them.
    Token,
    /// Nobody.
    Off,
}

/// The section, with what the file holds that it names.
pub(super) fn read(layers: &Layers) -> Result<Server, ConfigError> {
    let mut server: Server = layers.section("server", &[])?;
    if server.metrics == MetricsAccess::Token {
        server.metrics_token = Some(metrics_token(layers, &server.metrics_token_file)?);
    }
    Ok(server)
}

fn metrics_token(layers: &Layers, path: &str) -> Result<Secret, ConfigError> {
    let file = format!("{METRICS_TOKEN}_file");
    let token = match layers.secret(METRICS_TOKEN) {
        Some(secret) => secret,
        None if path.is_empty() => {
            return Err(ConfigError(format!(
                "{}: server.metrics is \"token\", and there is none: name a file that holds it in {file}, or set {}.",
                layers.origin("server.metrics"),
                variable_of(METRICS_TOKEN)
            )));
        }
        None => Secret::new(read_secret(layers, &file, path)?),
    };
    let is_sendable = token.reveal().bytes().all(|b| b.is_ascii_graphic());
    if token.reveal().len() < METRICS_TOKEN_BYTES_MIN || !is_sendable {
        return Err(ConfigError(format!(
            "{}: {file}: the token has to be at least {METRICS_TOKEN_BYTES_MIN} letters, digits and signs without a blank, as \
             `openssl rand -hex 32` prints one.",
            layers.origin(&file)
        )));
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn load(file: &str, variables: &[(&str, &str)]) -> Result<Server, ConfigError> {
        let mut layers = Layers::defaults()?;
        layers.file(Path::new("kulanz.toml"), file)?;
        layers
            .environment(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))?;
        read(&layers)
    }

    #[test]
    fn without_settings_only_a_proxy_on_this_machine_is_believed() {
        let asked = |server: &Server, peer: &str| {
            server.proxies.asker(peer.parse().unwrap(), ["203.0.113.9"]).0.to_string()
        };
        let server = load("", &[]).unwrap();
        assert_eq!(asked(&server, "127.0.0.1"), "203.0.113.9");
        assert_eq!(asked(&server, "::1"), "203.0.113.9");
        assert_eq!(asked(&server, "10.0.0.7"), "10.0.0.7");
        let server = load("[server]\nproxies = [\"10.0.0.7\"]", &[]).unwrap();
        assert_eq!(asked(&server, "10.0.0.7"), "203.0.113.9");
        assert_eq!(asked(&server, "127.0.0.1"), "127.0.0.1");
    }

    #[test]
    fn metrics_for_a_token_need_one_that_cannot_be_guessed_and_is_never_shown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("metrics");
        let file = format!("[server]\nmetrics = \"token\"\nmetrics_token_file = {path:?}");
        for bad in ["", "short", "a token with blanks in it"] {
            std::fs::write(&path, bad).unwrap();
            let error = load(&file, &[]).unwrap_err().0;
            assert!(error.starts_with("kulanz.toml: server.metrics_token_file"), "{bad}: {error}");
        }
        std::fs::write(&path, "0123456789abcdef\n").unwrap();
        let server = load(&file, &[]).unwrap();
        assert_eq!(server.metrics_token.as_ref().map(Secret::reveal), Some("0123456789abcdef"));
        assert!(!format!("{server:?}").contains("0123456789abcdef"));
        let variable = [("KULANZ_SERVER__METRICS_TOKEN", "fedcba9876543210")];
        let server = load("[server]\nmetrics = \"token\"", &variable).unwrap();
        assert_eq!(server.metrics_token.as_ref().map(Secret::reveal), Some("fedcba9876543210"));
        let unused = load("[server]\nmetrics_token_file = \"/nowhere/token\"", &[]).unwrap();
        assert_eq!(unused.metrics_token, None, "a file that nothing needs is not read");
    }
}
