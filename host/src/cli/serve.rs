//! `kulanz serve`: the server, until a signal ends it.

use std::time::Duration;

use anyhow::Context;
use axum::Router;
use clap::Args;
use tokio::net::TcpListener;

use super::Ground;
use crate::config::{Config, ConsoleAccess};
use crate::wire::House;
use crate::{lifecycle, mail_in, server, telemetry};

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Address and port
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

impl Serve {
    pub(super) async fn run(&self, ground: &Ground) -> anyhow::Result<()> {
        let mut sources = ground.sources();
        if let Some(listen) = &self.listen {
            sources.flags.push(("--listen", "server.listen", listen.clone()));
        }
        let config = Config::load(&sources)?;
        telemetry::log_to_stderr(&config.log)?;
        let metrics = telemetry::record_metrics()?;
        // Signals first: one that comes while plugins are being compiled must end the start as well.
        let stop = lifecycle::stop_on_signal()?;
        let listener = listen(&config.server.listen).await?;
        let house = Box::pin(House::open_for_mail(config)).await?;
        let address = listener.local_addr()?;
        tracing::info!(%address, data_dir = %house.data_dir().display(), "ready: http://{address}");
        if let Some(outbox) = &house.outbox {
            tracing::info!("no mail server is configured: mails go to {}", outbox.display());
        }
        let settings = house.config.server.clone();
        let router = server::router(
            &house.desk,
            &settings,
            house.config.api,
            pages(&house),
            Some(metrics.clone()),
            stop.clone(),
        );
        let drain = Duration::from_millis(settings.drain_ms);
        let mail = mail_in::open(&house.config, &house.desk, &stop).await?;
        server::run(listener, router, &house.desk, Some(metrics), stop, &settings).await?;
        if tokio::time::timeout(drain, mail.join_all()).await.is_err() {
            tracing::warn!("some mails were still being handed over; their senders' server will try again");
        }
        house.close().await;
        tracing::info!("ended");
        Ok(())
    }
}

pub(super) async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("listening on {address}: choose another with --listen or server.listen"))
}

/// Whether an address to listen on is reached from this machine only.
fn is_loopback(listen: &str) -> bool {
    let host = listen.rsplit_once(':').map_or(listen, |(host, _)| host).trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

pub(super) fn pages(house: &House) -> Router {
    let settings = &house.config.server;
    let public_url = &house.desk.config().mail.public_url;
    let access = match (settings.console, open_to(&settings.listen, public_url)) {
        (ConsoleAccess::Token, _) => console::Access::Token,
        (ConsoleAccess::Open, None) => console::Access::Open,
        (ConsoleAccess::Open, Some(setting)) => {
            tracing::warn!(
                setting,
                "server.console is open, but the world may reach this server: looking takes a token; set server.console to token to end this warning"
            );
            console::Access::Token
        }
    };
    console::router(house.desk.clone(), access, house.config.form)
}

/// The setting that says that others than this machine reach the server.
fn open_to(listen: &str, public_url: &str) -> Option<&'static str> {
    if !is_loopback(listen) {
        return Some("server.listen");
    }
    let host = public_url.split_once("://").map_or("", |(_, rest)| rest).split('/').next().unwrap_or("");
    (!host.is_empty() && host != "localhost" && !is_loopback(host)).then_some("mail.public_url")
}
