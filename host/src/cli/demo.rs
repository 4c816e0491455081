//! `kulanz demo`: the whole way on made-up mails. A data directory of its own, the bundled plugins built
//! and installed live, articles and mails taken in, every ticket's story told; then the server stays up.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use desk::{NewToken, Page, TicketChange, TicketFilter};
use domain::clock::DAY_MS;
use domain::plugin::Mode;
use domain::story::Tongue;
use domain::ticket::{Field, Ticket};
use domain::token::Scope;
use domain::{Actor, ActorKind};

use super::{Ground, RefusedHere, article, ingest, operator, plugin, screen, serve, stories};
use crate::config::Config;
use crate::wire::House;
use crate::{lifecycle, server, telemetry};

/// What the token is called with which somebody may work there.
const TOKEN_NAME: &str = "demo";

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// End after the work instead of serving
    #[arg(long)]
    once: bool,
    /// Language of the stories' own words: de or en
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    lang: Tongue,
    /// Print the stories as JSON Lines
    #[arg(long)]
    json: bool,
    /// Keep everything in this folder instead of a temporary one
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Address and port
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

/// Whom the demo's mails are written to.
const OUR_ADDRESS: &str = "help@shop.example";
/// What the person of the demo sorts the lesson's first mail as.
const LESSON_CATEGORY: &str = "warranty";
/// Who takes care of it.
const LESSON_TEAM: &str = "repairs";
/// Name of that house.
const OUR_NAME: &str = "Shop";

/// What the demo is made of, all in the source tree.
struct Sources {
    articles: PathBuf,
    mails: PathBuf,
    /// Two mails about one thing that no rule knows: the first is corrected by a person before the second comes.
    lesson: PathBuf,
}

impl Sources {
    fn find() -> anyhow::Result<Self> {
        let fixtures =
            pack::bundled_sources().and_then(|plugins| Some(plugins.parent()?.join("tests/fixtures")));
        let sources = fixtures.map(|f| Self {
            articles: f.join("articles.jsonl"),
            mails: f.join("mails"),
            lesson: f.join("lesson"),
        });
        match sources {
            Some(sources) if sources.articles.is_file() && sources.mails.is_dir() => Ok(sources),
            _ => Err(RefusedHere::because(
                "the demo needs Kulanz's source tree (its plugins and example mails), and the one this program was built from \
                 is not here: clone the repository and run `cargo run --release -- demo`, or begin with `kulanz serve`",
            )),
        }
    }
}

/// A directory that only this user may look into: tickets and keys lie in it, were they invented or not.
fn temporary_directory() -> std::io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("kulanz-demo-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

impl Demo {
    pub(super) async fn run(&self, ground: &Ground) -> anyhow::Result<()> {
        let sources = Sources::find()?;
        // Deleted when it is dropped, at the end of the demo.
        let temporary = match self.keep {
            Some(_) => None,
            None => Some(temporary_directory()?),
        };
        let data_dir = self
            .keep
            .as_deref()
            .or(temporary.as_ref().map(tempfile::TempDir::path))
            .unwrap_or(Path::new("."));
        let config = self.config(ground, data_dir)?;
        telemetry::log_to_stderr(&config.log)?;
        let stop = lifecycle::stop_on_signal()?;
        let metrics = telemetry::record_metrics()?;
        let listener = match self.once {
            true => None,
            false => Some(serve::listen(&config.server.listen).await?),
        };
        let house = Box::pin(House::open(config)).await?;
        tokio::select! {
            worked = Box::pin(self.work(&house, &sources)) => worked?,
            () = lifecycle::stopped(stop.clone()) => {
                house.close().await;
                return Ok(());
            }
        }
        if let Some(listener) = listener {
            announce(&house, &listener.local_addr()?.to_string(), self.keep.is_some()).await?;
            let settings = house.config.server.clone();
            let router = server::router(
                &house.desk,
                &settings,
                house.config.api,
                serve::pages(&house),
                Some(metrics.clone()),
                stop.clone(),
            );
            server::run(listener, router, &house.desk, Some(metrics), stop, &settings).await?;
        } else if let Some(outbox) = house.outbox.as_ref().filter(|_| self.keep.is_some()) {
            screen::say(format_args!("Mails that left: {}", outbox.join("new").display()));
        }
        house.close().await;
        Ok(())
    }

    /// Settings of the demo: everybody's defaults, an address of ours that the mails are written to, and
    /// a data directory that is nobody else's.
    fn config(&self, ground: &Ground, data_dir: &Path) -> anyhow::Result<Config> {
        let mut sources = ground.sources();
        sources.flags.retain(|(flag, _, _)| *flag != "--data-dir");
        sources.flags.push(("demo", "data_dir", data_dir.display().to_string()));
        if let Some(listen) = &self.listen {
            sources.flags.push(("--listen", "server.listen", listen.clone()));
        }
        if ground.log.is_none() {
            sources.flags.push(("demo", "log.filter", super::QUIET.to_owned()));
        }
        let mut config = Config::load(&sources)?;
        if ground.database.is_none() && !config.database_url()?.starts_with("sqlite:") {
            return Err(RefusedHere::because(
                "the demo does not touch a configured database by itself: name one with --database",
            ));
        }
        config.smtp = None;
        OUR_ADDRESS.clone_into(&mut config.desk.mail.from_address);
        OUR_NAME.clone_into(&mut config.desk.mail.from_name);
        Ok(config)
    }

    async fn work(&self, house: &House, sources: &Sources) -> anyhow::Result<()> {
        for built in plugin::build_bundled().await? {
            let request = desk::InstallRequest::new(built.bytes, Mode::Live);
            house.desk.install(request, operator()).await.with_context(|| built.name.clone())?;
            screen::say(format_args!("installed {} {}, live", built.name, built.version));
        }
        let articles = article::import(&house.desk, &sources.articles).await?;
        let (tally, settled) = ingest::one_by_one(&house.desk, "demo", &sources.mails).await?;
        screen::say(format_args!(
            "{}, {} taken in, {} worked.\n",
            screen::count(articles.written, "article"),
            screen::count(tally.taken, "mail"),
            screen::count(settled.jobs, "job")
        ));
        let lesson = self.teach(house, &sources.lesson).await?;
        let told = stories::print_all(&house.desk, self.lang, self.json).await?;
        anyhow::ensure!(tally.failed == 0, "{} could not be taken in", screen::count(tally.failed, "mail"));
        anyhow::ensure!(lesson == 0, "{} of the lesson failed", screen::count(lesson, "job"));
        anyhow::ensure!(settled.failures == 0, "{} failed", screen::count(settled.failures, "job"));
        screen::say(format_args!("{} told.", screen::count(told, "ticket")));
        Ok(())
    }

    /// A person corrects a ticket, and the next one like it comes: its story says from whom the sorting was learnt.
    /// Answers how many jobs failed.
    async fn teach(&self, house: &House, lesson: &Path) -> anyhow::Result<u64> {
        let mut failures = 0;
        let mut taught = None;
        for name in ["1-grinding.eml", "2-pump.eml"] {
            let before = newest(house).await?;
            let (_, settled) = ingest::one_by_one(&house.desk, "demo", &lesson.join(name)).await?;
            failures += settled.failures;
            let Some(ticket) = newest(house).await?.filter(|t| Some(t.number) != before.map(|b| b.number))
            else {
                continue;
            };
            if taught.is_none() {
                let set = |field, value: &str| TicketChange::SetField { field, value: value.to_owned() };
                let changes = vec![set(Field::Category, LESSON_CATEGORY), set(Field::Team, LESSON_TEAM)];
                house.desk.change_ticket(ticket.id, changes, None, agent()).await?;
                failures += house.desk.settle().await?.failures;
                taught = Some(ticket.number);
            } else if let Some(first) = taught {
                screen::say(format_args!(
                    "A person sorted #{first} as {LESSON_CATEGORY}; #{} came after it: see both stories.\n",
                    ticket.number
                ));
            }
        }
        Ok(failures)
    }
}

/// The ticket that came last.
async fn newest(house: &House) -> anyhow::Result<Option<Ticket>> {
    let tickets = house.desk.ask().tickets(&TicketFilter::default(), &Page::first(1)).await?;
    Ok(tickets.into_iter().next())
}

/// A person of the demo's house.
fn agent() -> Actor {
    Actor::new(ActorKind::Agent, "ines")
}

/// Says where everything is, and with which token somebody may work there.
async fn announce(house: &House, address: &str, kept: bool) -> anyhow::Result<()> {
    // Of an earlier demo in the same folder.
    let tokens = house.desk.ask().tokens().await?;
    for earlier in tokens.into_iter().filter(|token| token.name == TOKEN_NAME) {
        house.desk.revoke_token(earlier.id, operator()).await?;
    }
    let scopes = vec![Scope::Read, Scope::Write, Scope::Admin];
    let expires_at = Some(house.desk.now().plus(DAY_MS));
    let new = NewToken { name: TOKEN_NAME.to_owned(), scopes, expires_at };
    let (_, secret) = house.desk.create_token(new, operator()).await?;
    screen::say(format_args!("\nKulanz is up:  http://{address}/          tickets and their stories"));
    screen::say(format_args!(
        "               http://{address}/login     to answer, sort, keep articles and switch plugins, with the token"
    ));
    screen::say(format_args!("               {secret}"));
    screen::say(format_args!("               http://{address}/api/docs  the API, with the same token"));
    if let Some(outbox) = &house.outbox {
        screen::say(format_args!("Mails that left: {}", outbox.join("new").display()));
    }
    let end =
        if kept { "Everything stays in the folder you named." } else { "Everything is deleted at the end." };
    screen::say(format_args!("Ctrl-C ends it. {end}"));
    Ok(())
}
