//! A real registry as a process of a test's own: started on a free port with an empty folder, asked over HTTP
//! as anybody would, killed. Knows nothing of plugins.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::binary::pause;
use crate::languages::{Missing, or_skip};

/// The program, as Debian's package of the same name brings it.
const PROGRAM: &str = "docker-registry";
/// Who may enter a guarded registry.
pub const USER: &str = "acme";
/// With what password; a colon is part of it.
pub const PASSWORD: &str = "lost parcel";
/// Both as the registry wants them: bcrypt of the cheapest kind.
const HTPASSWD: &str = "acme:$2b$04$IvcvB.HneNvHuC8upmn1cu6jLkbPp/EA9DhIc61GSXrdWV1pOjma6\n";

/// Who may enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Open,
    Guarded,
}

/// A running registry; killed when dropped.
pub struct Registry {
    child: Child,
    /// Host and port, as a reference begins.
    pub address: String,
    dir: TempDir,
}

impl Registry {
    /// A registry that takes requests. None, said aloud, where the program is not installed; in CI that is a
    /// failure.
    pub async fn start(door: Door) -> Option<Self> {
        or_skip("registries", is_here())?;
        let dir = tempfile::tempdir().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let config = dir.path().join("config.yml");
        std::fs::write(dir.path().join("htpasswd"), HTPASSWD).unwrap();
        std::fs::write(&config, settings(&dir, &address, door)).unwrap();
        let mut command = Command::new(PROGRAM);
        // It logs each 404 as an error: told only when it does not start.
        let log = std::fs::File::create(dir.path().join("log")).unwrap();
        command.arg("serve").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().unwrap();
        let mut registry = Self { child, address, dir };
        registry.ready().await;
        Some(registry)
    }

    async fn ready(&mut self) {
        for _ in 0..6_000 {
            if reqwest::get(format!("http://{}/v2/", self.address)).await.is_ok() {
                return;
            }
            let log = || std::fs::read_to_string(self.dir.path().join("log")).unwrap();
            assert!(self.child.try_wait().unwrap().is_none(), "the registry ended by itself: {}", log());
            pause(Duration::from_millis(5)).await;
        }
        panic!("the registry did not become ready within 30 s");
    }

    /// The bytes under a tag or digest.
    pub async fn manifest(&self, repository: &str, version: &str) -> Vec<u8> {
        let url = format!("http://{}/v2/{repository}/manifests/{version}", self.address);
        let request = reqwest::Client::new().get(url).header("accept", pack::MANIFEST_TYPE);
        request.send().await.unwrap().error_for_status().unwrap().bytes().await.unwrap().to_vec()
    }

    /// The bytes under a digest.
    pub async fn blob(&self, repository: &str, digest: &str) -> Vec<u8> {
        let url = format!("http://{}/v2/{repository}/blobs/{digest}", self.address);
        reqwest::get(url).await.unwrap().error_for_status().unwrap().bytes().await.unwrap().to_vec()
    }

    /// Lets a tag name a manifest of any kind.
    pub async fn tag(&self, repository: &str, tag: &str, media_type: &str, manifest: &serde_json::Value) {
        let url = format!("http://{}/v2/{repository}/manifests/{tag}", self.address);
        let request = reqwest::Client::new().put(url).header("content-type", media_type);
        let answer = request.body(manifest.to_string()).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
    }

    /// Where the registry keeps the bytes under a digest.
    pub fn file(&self, digest: &str) -> PathBuf {
        let hex = digest.strip_prefix("sha256:").unwrap();
        let blobs = self.dir.path().join("data/docker/registry/v2/blobs/sha256");
        blobs.join(&hex[..2]).join(hex).join("data")
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_here() -> Result<(), Missing> {
    let runs = Command::new(PROGRAM).arg("--version").output().is_ok_and(|output| output.status.success());
    if runs { Ok(()) } else { Err(Missing(format!("`{PROGRAM} --version` does not work here."))) }
}

fn settings(dir: &TempDir, address: &str, door: Door) -> String {
    let path = |name: &str| dir.path().join(name).display().to_string();
    let mut out = format!(
        "version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: {address}\n",
        path("data")
    );
    if door == Door::Guarded {
        out.push_str(&format!("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", path("htpasswd")));
    }
    out
}
