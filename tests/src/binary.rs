//! The real binary as a process: built once, started, asked over HTTP, killed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use crate::{source, target};

/// The binary, built with the same settings as the tests.
pub fn kulanz() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // The whole workspace's choice of features, as the tests were built with: else everything is built twice.
        cargo.args(["build", "--quiet", "--workspace", "--bin", "kulanz", "--target-dir"]);
        cargo.arg(target()).current_dir(source());
        assert!(cargo.status().unwrap().success(), "the binary does not build");
        target().join("debug/kulanz")
    })
}

/// The binary, ready to be called. Build tools and compiled plugins are kept from one test run to the next.
#[must_use]
pub fn command() -> Command {
    let mut command = Command::new(kulanz());
    command.env("XDG_CACHE_HOME", target().join("guests/cache")).stdin(Stdio::null());
    command
}

/// A data folder and database that servers are started on.
pub struct Ground {
    pub data: PathBuf,
    pub database: String,
    pub variables: Vec<(&'static str, String)>,
}

impl Ground {
    /// One command, to its end; its standard output.
    pub fn run(&self, arguments: &[&str]) -> String {
        let out = self.command(arguments).stderr(Stdio::piped()).output().unwrap();
        assert!(out.status.success(), "kulanz {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    /// One command that is refused; what it says on standard error.
    pub fn refused(&self, arguments: &[&str]) -> String {
        self.ended(arguments, 5)
    }

    /// One command that ends with this code; what it says on standard error.
    pub fn ended(&self, arguments: &[&str], code: i32) -> String {
        let out = self.command(arguments).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(code), "kulanz {arguments:?}: {said}");
        said
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command();
        command
            .arg("--data-dir")
            .arg(&self.data)
            .args(["--database", &self.database, "--log", "error"])
            .args(arguments);
        // No test asks the world's name servers about its senders.
        command.env("KULANZ_MAIL__SENDER__LOOK_UP", "false");
        command.envs(self.variables.iter().map(|(k, v)| (*k, v)));
        command
    }

    /// A server on a free port.
    pub fn serve(&self) -> Server {
        let address = format!("127.0.0.1:{}", free_port());
        let mut command = self.command(&["serve"]);
        let child = command
            .env("KULANZ_SERVER__LISTEN", &address)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        Server { child, base: format!("http://{address}") }
    }
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    pub base: String,
}

impl Server {
    /// Waits until it takes work.
    pub async fn ready(&mut self, http: &reqwest::Client) {
        for _ in 0..6_000 {
            if let Ok(answer) = http.get(format!("{}/readyz", self.base)).send().await
                && answer.status().is_success()
            {
                return;
            }
            assert!(self.child.try_wait().unwrap().is_none(), "the server ended by itself");
            pause(Duration::from_millis(5)).await;
        }
        panic!("the server did not become ready within 30 s");
    }

    /// Its number, for signals and for looking at what it uses.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub fn wait(mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and waits for the end.
    pub fn stop(mut self) -> std::process::ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of the loopback that nobody listens on.
#[must_use]
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Whether a program that the test talks to is on this machine. Where it is not, the test is skipped, aloud;
/// where CI is set that is a failure.
#[must_use]
pub fn is_here(program: &str, package: &str) -> bool {
    use std::io::Write as _;
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let is_here = std::env::split_paths(&paths)
        .chain(["/usr/sbin".into(), "/usr/lib/dovecot".into()])
        .any(|folder| folder.join(program).is_file());
    if !is_here {
        assert!(std::env::var_os("CI").is_none(), "{program} is missing: install the package {package}");
        // Past the test runner's capture: a skipped test must not look like a green one.
        let _ = writeln!(std::io::stderr().lock(), "SKIPPED: {program} is missing (package {package})");
    }
    is_here
}

/// Waits until something is so that another process does.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if is_so() {
            return;
        }
        pause(Duration::from_millis(10)).await;
    }
    panic!("waited 30 s in vain: {what}");
}

/// Real processes take real time; nothing else in the tests waits.
pub async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
