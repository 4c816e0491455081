//! `kulanz ingest`: mails and tickets from files, folders or stdin. What is reported as taken in is in
//! the database; what cannot be read is named, and the rest goes on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use desk::{Desk, IntakeReceipt, IntakeState, NewTicket, Settled};
use futures::StreamExt;
use serde::Deserialize;

use super::{Ground, RefusedHere, instead, lines, screen};

/// Items on their way into the database at the same time: enough for one group commit to carry many.
const IN_FLIGHT: usize = 64;

#[derive(Debug, Args)]
pub(super) struct Ingest {
    /// Mails (.eml, mbox, Maildir, folder) or tickets (.jsonl); - for stdin
    #[arg(required = true, value_name = "FILE|DIR|-")]
    from: Vec<PathBuf>,
    /// What it is [default: tickets for .jsonl, else mail]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Name of the entrance: the same item from the same entrance is taken in once
    #[arg(long, default_value = "ingest", value_name = "NAME")]
    source: String,
    /// Work the queue until everything is settled
    #[arg(long)]
    wait: bool,
    /// One JSON object per item on stdout
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Raw mail
    Mail,
    /// JSON Lines {subject, text, email, id?, name?, channel?, language?, custom?, tags?}
    Tickets,
}

/// One thing that wants in.
enum Item {
    Mail(Vec<u8>),
    Ticket(String),
}

type Named = (String, anyhow::Result<Item>);

/// A line of a tickets file: a ticket with the id that it has elsewhere.
#[derive(Deserialize)]
struct TicketLine {
    #[serde(default, alias = "external_id")]
    id: Option<serde_json::Value>,
    #[serde(flatten)]
    rest: serde_json::Map<String, serde_json::Value>,
}

/// How many went which way.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) taken: u64,
    pub(super) duplicates: u64,
    pub(super) failed: u64,
}

impl Ingest {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let house = ground.house(instead::INGEST).await?;
        let mut tally = Tally::default();
        let mut receipts = Vec::new();
        let bar = screen::progress(None, "taken in");
        for path in &self.from {
            let items = items(path, self.format)?;
            let mut stream = std::pin::pin!(receive_all(&house.desk, &self.source, items, IN_FLIGHT));
            while let Some((name, received)) = stream.next().await {
                bar.inc(1);
                tally.count(&received);
                self.report(&name, received, &mut receipts)?;
            }
        }
        bar.finish_and_clear();
        if self.wait {
            let settled = house.desk.settle().await?;
            screen::say(format_args!("{} worked.", screen::count(settled.jobs, "job")));
            self.report_all(&house.desk, receipts).await?;
        }
        house.close().await;
        screen::say(format_args!(
            "{} taken in, {} known already, {} failed.",
            tally.taken, tally.duplicates, tally.failed
        ));
        if tally.failed > 0 {
            Err(anyhow::anyhow!("{} could not be taken in", screen::count(tally.failed, "item")))
        } else {
            Ok(())
        }
    }

    fn report(
        &self,
        name: &str,
        received: anyhow::Result<IntakeReceipt>,
        receipts: &mut Vec<(String, IntakeReceipt)>,
    ) -> anyhow::Result<()> {
        match received {
            Ok(receipt) if self.wait => receipts.push((name.to_owned(), receipt)),
            Ok(receipt) if self.json => {
                screen::json(
                    &serde_json::json!({ "name": name, "intake_id": receipt.intake_id, "duplicate": receipt.duplicate }),
                )?;
            }
            Ok(_) => {}
            Err(error) => {
                screen::complain(&format!("{name}: {}", super::told(&error)));
                if self.json {
                    screen::json(&serde_json::json!({ "name": name, "error": super::told(&error) }))?;
                }
            }
        }
        Ok(())
    }

    /// Reports what became of all items; those that are held are counted by reason.
    async fn report_all(&self, desk: &Desk, receipts: Vec<(String, IntakeReceipt)>) -> anyhow::Result<()> {
        let mut held: BTreeMap<String, u64> = BTreeMap::new();
        for (name, receipt) in receipts {
            if let Some(reason) = self.report_settled(desk, &name, receipt).await? {
                *held.entry(reason).or_default() += 1;
            }
        }
        for (reason, n) in held {
            screen::say(format_args!("{} held: {reason}", screen::count(n, "item")));
        }
        Ok(())
    }

    /// Reports what became of an item; answers why it is held, if it is.
    async fn report_settled(
        &self,
        desk: &Desk,
        name: &str,
        receipt: IntakeReceipt,
    ) -> anyhow::Result<Option<String>> {
        let intake = desk.ask().intake(receipt.intake_id).await?;
        let held = intake.as_ref().filter(|i| i.state != IntakeState::Done).and_then(|i| i.reason.clone());
        if self.json {
            let ticket = match intake.as_ref().and_then(|i| i.ticket_id) {
                Some(id) => desk.ask().ticket(id).await?.map(|t| t.number),
                None => None,
            };
            screen::json(&serde_json::json!({
                "name": name, "intake_id": receipt.intake_id, "duplicate": receipt.duplicate, "ticket": ticket,
                "state": intake.as_ref().map(|i| i.state), "reason": held,
            }))?;
        }
        Ok(held)
    }
}

impl Tally {
    pub(super) fn count(&mut self, received: &anyhow::Result<IntakeReceipt>) {
        match received {
            Ok(receipt) if receipt.duplicate => self.duplicates += 1,
            Ok(_) => self.taken += 1,
            Err(_) => self.failed += 1,
        }
    }
}

/// Hands everything of a path in, `in_flight` at a time; answers come in the order of the items.
fn receive_all<'d>(
    desk: &'d Desk,
    source: &'d str,
    items: Box<dyn Iterator<Item = Named> + Send>,
    in_flight: usize,
) -> impl futures::Stream<Item = (String, anyhow::Result<IntakeReceipt>)> + 'd {
    futures::stream::iter(items)
        .map(move |(name, item)| async move { (name, receive(desk, source, item).await) })
        .buffered(in_flight)
}

async fn receive(desk: &Desk, source: &str, item: anyhow::Result<Item>) -> anyhow::Result<IntakeReceipt> {
    match item? {
        Item::Mail(raw) => Ok(desk.receive_mail(source, raw).await?),
        Item::Ticket(line) => {
            let (id, new) = ticket_of(&line)?;
            Ok(desk.receive_ticket(source, id.as_deref(), new).await?)
        }
    }
}

fn ticket_of(line: &str) -> anyhow::Result<(Option<String>, NewTicket)> {
    let line: TicketLine = serde_json::from_str(line)?;
    let id = line.id.map(|id| id.as_str().map_or_else(|| id.to_string(), ToOwned::to_owned));
    Ok((id, serde_json::from_value(serde_json::Value::Object(line.rest))?))
}

/// Everything of a path, one by one, each with a name for people.
fn items(path: &Path, format: Option<Format>) -> anyhow::Result<Box<dyn Iterator<Item = Named> + Send>> {
    let looks_like_tickets = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("jsonl"));
    let format = format.unwrap_or(if looks_like_tickets { Format::Tickets } else { Format::Mail });
    let stdin = path.as_os_str() == "-";
    if !stdin && !path.exists() {
        return Err(RefusedHere::because(format!("{}: there is no such file or folder", path.display())));
    }
    let file = path.to_owned();
    match format {
        Format::Tickets => Ok(Box::new(lines::open(path)?.map(move |line| match line {
            Ok((number, text)) => (lines::place(&file, number), Ok(Item::Ticket(text))),
            Err(error) => (file.display().to_string(), Err(error.into())),
        }))),
        Format::Mail => Ok(Box::new(channels::source::open(path)?.map(move |mail| match mail {
            Ok(mail) => (mail.name, Ok(Item::Mail(mail.bytes))),
            Err(error) => (file.display().to_string(), Err(error.into())),
        }))),
    }
}

/// Hands in everything of a path, each settled before the next: as mails come over a day, so that an
/// answer to a first mail has left before the second one comes.
pub(super) async fn one_by_one(desk: &Desk, source: &str, path: &Path) -> anyhow::Result<(Tally, Settled)> {
    let (mut tally, mut all) = (Tally::default(), Settled::default());
    let bar = screen::progress(None, "mails worked");
    for (name, item) in items(path, None)? {
        let received = receive(desk, source, item).await;
        if let Err(error) = &received {
            screen::complain(&format!("{name}: {}", super::told(error)));
        }
        tally.count(&received);
        let settled = desk.settle().await?;
        all.jobs += settled.jobs;
        all.failures += settled.failures;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok((tally, all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_line_keeps_the_id_it_has_elsewhere() {
        let (id, new) =
            ticket_of(r#"{"id": 17, "subject": "Hi", "text": "Where?", "email": "a@b.example"}"#).unwrap();
        assert_eq!((id.as_deref(), new.subject.as_str()), (Some("17"), "Hi"));
        let (id, _) =
            ticket_of(r#"{"external_id": "x-1", "subject": "Hi", "text": "t", "email": "a@b.example"}"#)
                .unwrap();
        assert_eq!(id.as_deref(), Some("x-1"));
    }

    #[test]
    fn a_ticket_line_with_an_unknown_key_is_refused_by_name() {
        let error = ticket_of(r#"{"subjekt": "Hi", "subject": "Hi", "text": "t", "email": "a@b.example"}"#)
            .unwrap_err();
        assert!(error.to_string().contains("subjekt"), "{error}");
    }

    #[test]
    fn a_jsonl_file_is_tickets_and_a_missing_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("t.JSONL");
        std::fs::write(&file, "{}\n\n{}\n").unwrap();
        let all: Vec<Named> = items(&file, None).unwrap().collect();
        assert!(
            matches!(all.as_slice(), [(_, Ok(Item::Ticket(_))), (third, Ok(Item::Ticket(_)))] if third.ends_with("line 3"))
        );
        assert!(items(&dir.path().join("gone"), None).is_err());
    }

    #[tokio::test]
    async fn what_is_handed_in_twice_is_taken_in_once_and_what_is_wrong_does_not_stop_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        let house = Box::pin(crate::wire::House::open(crate::wire::tests::config(dir.path()))).await.unwrap();
        let file = dir.path().join("t.jsonl");
        let ticket = |n: u32| format!(r#"{{"id":{n},"subject":"Hi","text":"Where?","email":"a@b.example"}}"#);
        std::fs::write(&file, format!("{}\nnonsense\n{}\n{}\n", ticket(1), ticket(2), ticket(1))).unwrap();
        let mut tally = Tally::default();
        let mut names = Vec::new();
        let mut stream = std::pin::pin!(receive_all(&house.desk, "test", items(&file, None).unwrap(), 1));
        while let Some((name, received)) = stream.next().await {
            tally.count(&received);
            names.push(name);
        }
        assert_eq!(tally, Tally { taken: 2, duplicates: 1, failed: 1 });
        assert!(names[1].ends_with("t.jsonl, line 2"), "{names:?}");
        house.desk.ask().close().await;
    }
}
