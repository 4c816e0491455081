//! A PostgreSQL of one's own, for tests and benches: made in a temporary folder, gone when dropped.
//! Knows processes and folders; knows nothing of the store.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// What to do where there is no PostgreSQL.
const ABSENT: &str = "PostgreSQL's programs (initdb, postgres, pg_ctl) are neither in PATH nor under \
     /usr/lib/postgresql: install them, for example with `apt-get install postgresql`";
/// Tries to start: another program may take the port between choosing and using it.
const STARTS: u32 = 5;
/// Looks whether the server answers yet, and how far apart they are.
const LOOKS: u32 = 600;
const LOOK_APART: Duration = Duration::from_millis(50);

/// Why there is no PostgreSQL.
#[derive(Debug, thiserror::Error)]
pub enum EphemeralError {
    /// Its programs are not installed.
    #[error("{ABSENT}")]
    Absent,
    /// A file or process could not be made.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A program ran and failed.
    #[error("{program} failed: {output}")]
    Failed {
        /// Which.
        program: &'static str,
        /// What it said.
        output: String,
    },
    /// A database could not be made.
    #[error("no fresh database: {0}")]
    Database(#[from] sqlx::Error),
}

/// How careful the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Care {
    /// Nothing needs to survive: no fsync. For suites.
    #[default]
    None,
    /// As in production: fsync. For kill tests and benches.
    Durable,
}

/// A running server.
#[derive(Debug)]
pub struct EphemeralPostgres {
    folder: tempfile::TempDir,
    binaries: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
    care: Care,
    server: Option<Child>,
    databases: AtomicU32,
}

impl EphemeralPostgres {
    /// Makes and starts a server without fsync.
    ///
    /// # Errors
    /// A sentence that says what to install or what failed.
    pub fn start() -> Result<Self, EphemeralError> {
        Self::start_with(Care::None)
    }

    /// Makes and starts a server.
    ///
    /// # Errors
    /// A sentence that says what to install or what failed.
    pub fn start_with(care: Care) -> Result<Self, EphemeralError> {
        let binaries = find_binaries().ok_or(EphemeralError::Absent)?;
        let folder = tempfile::Builder::new()
            .prefix("kulanz-pg-")
            .tempdir()
            .map_err(|source| EphemeralError::Io { what: "making a temporary folder", source })?;
        let user = unprivileged(folder.path());
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid)).map_err(|source| EphemeralError::Io {
                what: "giving the folder to the server's user",
                source,
            })?;
        }
        let mut postgres =
            Self { folder, binaries, user, port: 0, care, server: None, databases: AtomicU32::new(0) };
        let data = postgres.data();
        postgres.run(
            "initdb",
            &["-D", &data, "-U", "kulanz", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        )?;
        for attempt in 1..=STARTS {
            postgres.port = free_port()?;
            match postgres.launch() {
                Ok(()) => break,
                Err(error) if attempt == STARTS => return Err(error),
                Err(_) => {}
            }
        }
        Ok(postgres)
    }

    /// Address of the server's own database.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://kulanz@127.0.0.1:{}/postgres", self.port)
    }

    /// Address of a new, empty database.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn fresh_database(&self) -> Result<String, EphemeralError> {
        let name = format!("fresh_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut c = <sqlx::PgConnection as sqlx::Connection>::connect(&self.url()).await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut c).await?;
        sqlx::Connection::close(c).await?;
        Ok(format!("postgres://kulanz@127.0.0.1:{}/{name}", self.port))
    }

    /// Stops the server as a power failure would: no farewell to anybody.
    ///
    /// # Errors
    /// When it cannot be stopped.
    pub fn crash(&mut self) -> Result<(), EphemeralError> {
        let data = self.data();
        self.run("pg_ctl", &["stop", "-D", &data, "-m", "immediate"])?;
        if let Some(mut server) = self.server.take() {
            let _ = server.wait();
        }
        Ok(())
    }

    /// Starts the server again on the same data and port.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn revive(&mut self) -> Result<(), EphemeralError> {
        self.launch()
    }

    /// Where the server keeps everything: for tests that look at the raw bytes.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command.current_dir(self.folder.path()).env_remove("PGDATA").stdin(Stdio::null());
        command
    }

    fn run(&self, program: &'static str, arguments: &[&str]) -> Result<(), EphemeralError> {
        let output = self
            .command(program)
            .args(arguments)
            .output()
            .map_err(|source| EphemeralError::Io { what: "running a program of PostgreSQL", source })?;
        if output.status.success() {
            return Ok(());
        }
        Err(EphemeralError::Failed { program, output: String::from_utf8_lossy(&output.stderr).into_owned() })
    }

    fn launch(&mut self) -> Result<(), EphemeralError> {
        let log = fs::File::create(self.folder.path().join("server.log"))
            .map_err(|source| EphemeralError::Io { what: "making the server's log", source })?;
        let fsync = if self.care == Care::Durable { "fsync=on" } else { "fsync=off" };
        let child = self
            .command("postgres")
            .args(["-D", &self.data(), "-p", &self.port.to_string()])
            .args(["-k", &self.folder.path().display().to_string()])
            .args(["-c", "listen_addresses=127.0.0.1", "-c", fsync, "-c", "max_connections=200"])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|source| EphemeralError::Io { what: "starting PostgreSQL", source })?;
        self.watch(child.id());
        self.server = Some(child);
        self.await_answer()
    }

    /// A server kept in a static is never dropped: a small process ends it, and removes its folder, when
    /// this one is gone, however it went.
    fn watch(&self, server: u32) {
        const WATCH: &str = "while kill -0 \"$1\" 2>/dev/null; do kill -0 \"$2\" 2>/dev/null || exit 0; sleep 1; done; \
             kill -QUIT \"$2\"; sleep 1; rm -rf \"$3\"";
        let watcher = Command::new("sh")
            .args(["-c", WATCH, "watch", &std::process::id().to_string(), &server.to_string()])
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        // Without it the server outlives an unclean end: a nuisance, no failure.
        if let Ok(mut watcher) = watcher {
            std::thread::spawn(move || watcher.wait());
        }
    }

    fn await_answer(&mut self) -> Result<(), EphemeralError> {
        let port = self.port.to_string();
        for _ in 0..LOOKS {
            if self.run("pg_isready", &["-q", "-h", "127.0.0.1", "-p", &port, "-U", "kulanz"]).is_ok() {
                return Ok(());
            }
            let ended = self.server.as_mut().is_none_or(|s| !matches!(s.try_wait(), Ok(None)));
            if ended {
                break;
            }
            std::thread::sleep(LOOK_APART);
        }
        let output = fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
        Err(EphemeralError::Failed { program: "postgres", output })
    }
}

impl Drop for EphemeralPostgres {
    fn drop(&mut self) {
        let stopped = self.crash().is_ok();
        if !stopped && let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// The folder that holds the server's programs: of PATH, else the newest of the distribution's.
fn find_binaries() -> Option<PathBuf> {
    let complete = |folder: &Path| {
        ["initdb", "postgres", "pg_ctl", "pg_isready"].iter().all(|p| folder.join(p).is_file())
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(folder) = std::env::split_paths(&path).find(|folder| complete(folder)) {
        return Some(folder);
    }
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|folder| complete(folder))
        .collect();
    versions.sort();
    versions.pop()
}

/// PostgreSQL refuses to run as root: whose rights to take then. A folder of ours shows who we are.
fn unprivileged(folder: &Path) -> Option<(u32, u32)> {
    if fs::metadata(folder).ok()?.uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").ok()?;
    ["postgres", "nobody"].iter().find_map(|name| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}

fn free_port() -> Result<u16, EphemeralError> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|source| EphemeralError::Io { what: "finding a free port", source })
}
