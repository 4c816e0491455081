//! A Dovecot of a test's own: started on the loopback in a folder of its own, looked at through its Maildir,
//! where no protocol is between the test and the mails.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::binary::{free_port, pause};

/// User and password of the one mailbox.
pub const USER: &str = "help@shop.example";
pub const PASSWORD: &str = "right-horse";

/// A running server with one mailbox.
pub struct Dovecot {
    pub dir: TempDir,
    pub port: u16,
    pub tls_port: u16,
    child: Option<Child>,
}

impl Dovecot {
    /// Starts one and waits until it answers.
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// The same with more settings.
    pub async fn start_with(settings: &str) -> Self {
        Self::start_with_files(&[], settings).await
    }

    /// The same with Sieve scripts; `DIR` in the settings is the server's folder.
    async fn start_with_files(scripts: &[(&str, &str)], settings: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        // Its processes are other users than root.
        open_to_all(dir.path());
        let (port, tls_port) = (free_port(), free_port());
        make_certificate(dir.path());
        let mail = dir.path().join("mail");
        std::fs::create_dir(&mail).unwrap();
        if Account::current().is_root {
            std::os::unix::fs::chown(&mail, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let sieve = dir.path().join("sieve");
        std::fs::create_dir(&sieve).unwrap();
        for (name, script) in scripts {
            std::fs::write(sieve.join(name), script).unwrap();
        }
        if Account::current().is_root {
            std::os::unix::fs::chown(&sieve, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let settings = settings.replace("DIR", &dir.path().display().to_string());
        let text = configuration(dir.path(), port, tls_port, &settings);
        std::fs::write(dir.path().join("dovecot.conf"), text).unwrap();
        let mut server = Self { dir, port, tls_port, child: None };
        server.run().await;
        server
    }

    /// One whose mailboxes take mail over LMTP and answer each with a notice of absence, every time.
    pub async fn on_vacation(door: u16, submission_port: u16) -> Self {
        let script = "require [\"vacation\", \"vacation-seconds\"];\nvacation :seconds 0 :subject \"Abwesend\" \"Ich bin im Urlaub.\";\n";
        Self::start_with_files(
            &[("vacation.sieve", script)],
            &format!(
                "protocols = imap lmtp
submission_host = 127.0.0.1:{submission_port}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {door}
  }}
}}
protocol lmtp {{
  mail_plugins = sieve
  postmaster_address = postmaster@kunde.example
}}
plugin {{
  sieve = file:DIR/sieve/vacation.sieve
  sieve_extensions = +vacation-seconds
  sieve_vacation_min_period = 0
}}
"
            ),
        )
        .await
    }

    /// Starts it again after `stop`.
    pub async fn run(&mut self) {
        let log = std::fs::File::create(self.dir.path().join("out")).unwrap();
        let config = self.dir.path().join("dovecot.conf");
        let mut command = Command::new("dovecot");
        command.arg("-F").arg("-c").arg(&config).stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
        for _ in 0..1_000 {
            if std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            pause(Duration::from_millis(10)).await;
        }
        panic!("dovecot does not answer: {}", self.log());
    }

    /// Ends it, with all connections.
    pub fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        child.wait().unwrap();
    }

    /// What it says of itself.
    #[must_use]
    pub fn log(&self) -> String {
        ["out", "log"].map(|n| std::fs::read_to_string(self.dir.path().join(n)).unwrap_or_default()).concat()
    }

    /// Gives all mails new numbers, as a restored or moved mailbox has. Only while it is stopped.
    pub fn renumber(&self) {
        for entry in std::fs::read_dir(self.maildir()).unwrap().flatten() {
            if entry.file_name().to_string_lossy().starts_with("dovecot") {
                std::fs::remove_file(entry.path()).unwrap();
            }
        }
    }

    /// Puts a mail into the inbox.
    pub fn deliver(&self, raw: &str) {
        self.put("new", raw);
    }

    /// Puts a mail into the inbox that somebody has read already.
    pub fn deliver_read(&self, raw: &str) {
        self.put("cur", raw);
    }

    fn put(&self, place: &str, raw: &str) {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let flags = if place == "cur" { ":2,S" } else { "" };
        let name = format!("17000{number:05}.M{number}.test{flags}");
        let folder = self.maildir();
        for part in ["tmp", "new", "cur"] {
            std::fs::create_dir_all(folder.join(part)).unwrap();
        }
        let tmp = folder.join("tmp").join(&name);
        std::fs::write(&tmp, raw.replace('\n', "\r\n")).unwrap();
        if Account::current().is_root {
            for path in [
                folder.parent().unwrap(),
                &folder,
                &folder.join("tmp"),
                &folder.join("new"),
                &folder.join("cur"),
                &tmp,
            ] {
                std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        std::fs::rename(&tmp, folder.join(place).join(&name)).unwrap();
    }

    fn maildir(&self) -> PathBuf {
        self.dir.path().join("mail").join(USER).join("Maildir")
    }

    /// The file names of the mails in the inbox, flags behind `:2,`.
    #[must_use]
    pub fn inbox(&self) -> Vec<String> {
        names(&self.maildir())
    }

    /// The same of another folder.
    #[must_use]
    pub fn folder(&self, name: &str) -> Vec<String> {
        names(&self.maildir().join(format!(".{name}")))
    }

    /// The certificate that it shows.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.dir.path().join("cert.pem")
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
    }
}

fn names(maildir: &Path) -> Vec<String> {
    let mut found: Vec<String> = ["new", "cur"]
        .iter()
        .filter_map(|part| std::fs::read_dir(maildir.join(part)).ok())
        .flat_map(|entries| entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect();
    found.sort();
    found
}

/// The user that owns mails where the test runs as root: Dovecot refuses to read mail as root.
const NOBODY: u32 = 65_534;

/// Who runs the test.
struct Account {
    name: String,
    uid: String,
    gid: String,
    is_root: bool,
}

impl Account {
    fn current() -> Self {
        let ask = |flag: &str| {
            let out = Command::new("id").arg(flag).output().unwrap();
            String::from_utf8(out.stdout).unwrap().trim().to_owned()
        };
        let uid = ask("-u");
        Self { name: ask("-un"), gid: ask("-g"), is_root: uid == "0", uid }
    }
}

fn open_to_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A certificate for `localhost`, signed by itself.
pub(crate) fn make_certificate(dir: &Path) {
    let out = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(dir.join("key.pem"))
        .arg("-out")
        .arg(dir.join("cert.pem"))
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

fn configuration(dir: &Path, port: u16, tls_port: u16, settings: &str) -> String {
    let account = Account::current();
    let (login, internal, group, uid, gid) = if account.is_root {
        let nobody = NOBODY.to_string();
        ("dovenull".to_owned(), "dovecot".to_owned(), "dovecot".to_owned(), nobody.clone(), nobody)
    } else {
        (account.name.clone(), account.name.clone(), account.gid.clone(), account.uid, account.gid)
    };
    let dir = dir.display();
    let mut text = format!(
        "base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log
protocols = imap
default_login_user = {login}
default_internal_user = {internal}
default_internal_group = {group}
mail_home = {dir}/mail/%u
mail_location = maildir:~/Maildir
mail_debug = no
ssl = yes
ssl_cert = <{dir}/cert.pem
ssl_key = <{dir}/key.pem
disable_plaintext_auth = no
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={dir}/mail/%u allow_all_users=yes
}}
"
    );
    for (service, own) in [
        ("anvil", String::new()),
        (
            "imap-login",
            format!(
                "  inet_listener imap {{\n    address = 127.0.0.1\n    port = {port}\n  }}\n  inet_listener imaps {{\n    address = 127.0.0.1\n    port = {tls_port}\n  }}\n"
            ),
        ),
    ] {
        writeln!(text, "service {service} {{\n  chroot =\n{own}}}").unwrap();
    }
    text + settings
}
