//! A Postfix of a test's own: takes mail on a port of the loopback and hands it on by domain, over LMTP. Its
//! queue and its log are where the test looks. Needs root, as Postfix does.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::binary::{free_port, pause, until};

/// A running mail server.
pub struct Postfix {
    dir: TempDir,
    pub port: u16,
    child: Child,
}

/// Processes that the mail server runs for itself, beside the one that listens.
const SERVICES: &str = "pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
";

impl Postfix {
    /// Starts one that hands mail for each domain to a port of the loopback, and waits until it answers.
    pub async fn start(routes: &[(&str, u16)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = free_port();
        make_folders(dir.path());
        std::fs::write(dir.path().join("etc/main.cf"), settings(dir.path(), routes)).unwrap();
        let listener = format!("127.0.0.1:{port} inet n - n - - smtpd\n");
        std::fs::write(dir.path().join("etc/master.cf"), listener + SERVICES).unwrap();
        let log = std::fs::File::create(dir.path().join("out")).unwrap();
        let child = Command::new("postfix")
            .arg("-c")
            .arg(dir.path().join("etc"))
            .arg("start-fg")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let server = Self { dir, port, child };
        for _ in 0..3_000 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            pause(Duration::from_millis(10)).await;
        }
        panic!("postfix does not answer: {}", server.log());
    }

    /// What it says of itself.
    #[must_use]
    pub fn log(&self) -> String {
        ["out", "log"].map(|n| std::fs::read_to_string(self.dir.path().join(n)).unwrap_or_default()).concat()
    }

    /// Waits until every mail that it took is handed on.
    pub async fn idle(&self) {
        let spool = self.dir.path().join("spool");
        until("postfix hands everything on", || {
            ["maildrop", "incoming", "active", "deferred"].iter().all(|queue| count(&spool.join(queue)) == 0)
        })
        .await;
    }

    /// Mails that were handed on to addresses of this domain.
    #[must_use]
    pub fn handed_on(&self, domain: &str) -> usize {
        let to = format!("@{domain}>");
        self.log().lines().filter(|line| line.contains(&to) && line.contains("status=sent")).count()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = Command::new("postfix").arg("-c").arg(self.dir.path().join("etc")).arg("stop").output();
        let _ = self.child.wait();
    }
}

fn make_folders(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    // Its processes are other users than root.
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    for folder in ["etc", "spool", "data"] {
        std::fs::create_dir(dir.join(folder)).unwrap();
    }
    let owned = Command::new("chown").arg("postfix").arg(dir.join("data")).status().unwrap();
    assert!(owned.success(), "the user postfix is missing");
}

fn settings(dir: &Path, routes: &[(&str, u16)]) -> String {
    let path = dir.display();
    let domains: Vec<&str> = routes.iter().map(|(domain, _)| *domain).collect();
    let mut transports = String::new();
    for (domain, port) in routes {
        write!(transports, " {domain}=lmtp:inet:127.0.0.1:{port},").unwrap();
    }
    format!(
        "compatibility_level = 3.6
queue_directory = {path}/spool
data_directory = {path}/data
mail_owner = postfix
setgid_group = postdrop
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
myhostname = mx.test.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
recipient_delimiter = +
relay_domains = {}
transport_maps = inline:{{{}}}
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
maillog_file = {path}/log
maillog_file_prefixes = {path}
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
",
        domains.join(", "),
        transports.trim_end_matches(',')
    )
}

fn count(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
}
