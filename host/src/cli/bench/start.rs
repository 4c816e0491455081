//! `bench start`: the server as a process of its own on a furnished data directory, from its start to
//! its first "ready"; then its memory after a thousand mails that came through the API.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use desk::{InstallRequest, NewToken};
use domain::plugin::Mode;
use domain::token::Scope;
use futures::{StreamExt, TryStreamExt};
use tokio::process::{Child, Command};

use super::counters::Counters;
use super::figures::{Aim, Figures, Times};
use super::http::Ask;
use super::stand::{self, Workplace};
use super::{mails, process};
use crate::cli::{Ground, operator};
use crate::wire::House;

/// How long a start may take, and how often a server that does not listen yet is asked.
const START_MAX: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_millis(1);
/// How long the server may take to end, and to work the mails.
const END_MAX: Duration = Duration::from_secs(30);
const WORK_MAX: Duration = Duration::from_secs(300);
/// Mails handed in at the same time.
const IN_FLIGHT: usize = 16;
/// Kilobytes in a megabyte.
const KB_PER_MB: f64 = 1_000.0;
/// Bytes the system calls a kilobyte.
const SYSTEM_KB_BYTES: f64 = 1_024.0;

#[derive(Debug, Args)]
pub(in crate::cli) struct Start {
    /// Measured starts
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    starts: u32,
    /// Mails before the memory is looked at
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    mails: u64,
    /// So many further plugins are installed, live, each with a name of its own; each is called for each mail
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    plugins: u32,
    /// The component that they are copies of [default: the small guest]
    #[arg(long, value_name = "FILE", requires = "plugins")]
    like: Option<PathBuf>,
    #[command(flatten)]
    place: Workplace,
}

impl Start {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let folder = self.place.folder()?;
        let token = Box::pin(furnish(ground, folder.path())).await?;
        let program = std::env::current_exe().context("where this program lies")?;
        let launch = || Server::start(&program, folder.path());
        let without = self.resident_without(&program, folder.path()).await?;
        Box::pin(self.install_copies(ground, folder.path())).await?;
        // The first one reads everything from the disk that the others find in memory.
        launch().await?.end().await?;
        let mut ready = Times::default();
        for _ in 0..self.starts {
            let server = launch().await?;
            ready.push(server.ready);
            server.end().await?;
        }
        ready.sort();
        let server = launch().await?;
        let idle = server.resident_mb();
        server.work(&token, self.mails).await?;
        let worked = server.resident_mb();
        server.end().await?;
        self.tell(&ready, without, idle, worked)
    }

    /// Resident megabytes of a ready server before the copies are installed; none when there will be none.
    async fn resident_without(&self, program: &PathBuf, folder: &Path) -> anyhow::Result<Option<f64>> {
        if self.plugins == 0 {
            return Ok(None);
        }
        let server = Server::start(program, folder).await?;
        let resident = server.resident_mb();
        server.end().await?;
        Ok(Some(resident))
    }

    async fn install_copies(&self, ground: &Ground, folder: &Path) -> anyhow::Result<()> {
        if self.plugins == 0 {
            return Ok(());
        }
        let bytes = match &self.like {
            Some(file) => std::fs::read(file).with_context(|| file.display().to_string())?,
            None => stand::guest("good_triage").await?,
        };
        let house = Box::pin(House::open(stand::config(ground, folder, None)?)).await?;
        for n in 0..self.plugins {
            let copy = stand::renamed(&bytes, &format!("bench.copy{n}"))?;
            let request = InstallRequest::new(copy, Mode::Live);
            house.desk.install(request, operator()).await?;
        }
        house.close().await;
        Ok(())
    }

    fn tell(&self, ready: &Times, without: Option<f64>, idle: f64, worked: f64) -> anyhow::Result<()> {
        let mut figures = Figures::of("start");
        figures.aimed("ready_median_ms", "start to ready, median", ready.at_ms(50), "ms", Aim::AtMost(300.0));
        figures.add("ready_min_ms", "start to ready, shortest", ready.at_ms(0), "ms");
        figures.add("ready_max_ms", "start to ready, longest", ready.at_ms(100), "ms");
        figures.add("resident_idle_mb", "resident memory when ready", idle, "MB");
        if let Some(without) = without {
            let each = (idle - without) / f64::from(self.plugins) * KB_PER_MB;
            figures.add(
                "resident_per_plugin_kb",
                format!("each of {} plugins more", self.plugins),
                each,
                "kB",
            );
        }
        let label = format!("resident memory after {} mails", self.mails);
        figures.aimed("resident_worked_mb", label, worked, "MB", Aim::AtMost(120.0));
        figures.note(format!(
            "{} starts of `kulanz serve` with the bundled plugins compiled before; from starting the process to /readyz answering 200",
            self.starts
        ));
        figures.note("memory is VmRSS, mapped files included; mails came through POST /api/v1/inbound/mail and were worked to the end");
        figures.print(self.place.json)
    }
}

/// Fills a data directory; answers a token that may hand in mail.
async fn furnish(ground: &Ground, folder: &Path) -> anyhow::Result<String> {
    let config = stand::config(ground, folder, None)?;
    crate::telemetry::log_to_stderr(&config.log)?;
    let house = Box::pin(House::open(config)).await?;
    stand::furnish(&house.desk).await?;
    let token = NewToken { name: "bench".to_owned(), scopes: vec![Scope::Inbound], expires_at: None };
    let (_, secret) = house.desk.create_token(token, operator()).await?;
    house.close().await;
    Ok(secret)
}

/// A server process that is ready.
struct Server {
    child: Child,
    pid: u32,
    address: SocketAddr,
    ready: Duration,
}

impl Server {
    async fn start(program: &PathBuf, data_dir: &Path) -> anyhow::Result<Self> {
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(program);
        command
            .args(["serve", "--log", "error", "--listen", &address.to_string(), "--data-dir"])
            .arg(data_dir)
            // Settings of this place and this shell are not to be measured.
            .current_dir(data_dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("KULANZ_"))
        {
            command.env_remove(name);
        }
        let begun = Instant::now();
        let mut child = command.spawn().context("starting the server")?;
        let pid = child.id().context("the server ended at once")?;
        loop {
            if let Ok((200, _)) = Ask::get("/readyz").send(address).await {
                return Ok(Self { child, pid, address, ready: begun.elapsed() });
            }
            if let Some(status) = child.try_wait()? {
                anyhow::bail!("the server ended before it was ready ({status}): what it said stands above");
            }
            anyhow::ensure!(begun.elapsed() < START_MAX, "the server was not ready within {START_MAX:?}");
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    fn resident_mb(&self) -> f64 {
        process::resident_kb(self.pid).map_or(0.0, |kb| kb as f64 * SYSTEM_KB_BYTES / 1_000.0 / KB_PER_MB)
    }

    /// Hands mails in and waits until the server has worked them.
    async fn work(&self, token: &str, count: u64) -> anyhow::Result<()> {
        futures::stream::iter(0..count)
            .map(|n| async move {
                let mail = mails::mail(n);
                let ask = Ask {
                    method: "POST",
                    path: "/api/v1/inbound/mail",
                    token,
                    content_type: "message/rfc822",
                    body: &mail,
                };
                match ask.send(self.address).await? {
                    (202, _) => Ok(()),
                    (status, answer) => anyhow::bail!("mail {n} was answered with {status}: {answer}"),
                }
            })
            .buffer_unordered(IN_FLIGHT)
            .try_for_each(|()| async { Ok(()) })
            .await?;
        let begun = Instant::now();
        loop {
            let (_, answer) = Ask::get("/metrics").send(self.address).await?;
            let counters = Counters::read(&answer);
            if counters.turns >= count && counters.deliveries >= count {
                return Ok(());
            }
            anyhow::ensure!(
                begun.elapsed() < WORK_MAX,
                "the server worked {} of {count} mails within {WORK_MAX:?}",
                counters.turns
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Asks it to end as a service manager does, and waits.
    async fn end(mut self) -> anyhow::Result<()> {
        let asked = Command::new("kill").arg(self.pid.to_string()).status().await;
        if !asked.is_ok_and(|status| status.success()) {
            self.child.start_kill()?;
        }
        tokio::time::timeout(END_MAX, self.child.wait()).await.context("the server does not end")??;
        Ok(())
    }
}
