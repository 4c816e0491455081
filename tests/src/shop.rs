//! A shop of a test's own: a small HTTPS service in a process of its own, on the loopback, that writes down what it
//! was asked.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::binary::pause;
use crate::dovecot::make_certificate;
use crate::source;

/// The key that its interface asks for.
pub const KEY: &str = "shop-key-1";

/// A running shop.
pub struct Shop {
    dir: TempDir,
    child: Child,
    pub port: u16,
}

/// What it was asked.
#[derive(Debug, serde::Deserialize)]
pub struct Asked {
    pub path: String,
    pub email: String,
    pub authorization: String,
}

impl Shop {
    /// Starts one and waits until it listens.
    pub async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        make_certificate(dir.path());
        let (port_file, requests) = (dir.path().join("port"), dir.path().join("requests"));
        let child = Command::new("python3")
            .arg(source().join("tests/fixtures/shop/shop.py"))
            .args([dir.path().join("cert.pem"), dir.path().join("key.pem")])
            .args([&port_file, &requests])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut shop = Self { dir, child, port: 0 };
        for _ in 0..1_000 {
            if let Ok(port) = std::fs::read_to_string(&port_file) {
                shop.port = port.trim().parse().unwrap();
                return shop;
            }
            pause(Duration::from_millis(10)).await;
        }
        panic!("the shop does not listen");
    }

    /// Its certificate (PEM), to be trusted.
    #[must_use]
    pub fn certificate(&self) -> Vec<u8> {
        std::fs::read(self.dir.path().join("cert.pem")).unwrap()
    }

    /// Everything it was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        let text = std::fs::read_to_string(self.dir.path().join("requests")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Closes it.
    pub fn close(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.close();
    }
}
