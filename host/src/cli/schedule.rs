//! `kulanz schedule`: what fires when.

use clap::Subcommand;
use desk::{Desk, Page};
use domain::id::InstallationId;
use domain::plugin::Schedule;

use super::plugin::manage;
use super::{Ground, instead, operator, screen};

#[derive(Debug, Subcommand)]
pub(super) enum ScheduleCommand {
    /// List schedules with their next firing
    List {
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Fire what is due now, work it, and end
    FireDue,
    /// Fire a schedule now, beside its times, and work it
    Fire {
        /// Its id, or its name where only one has it
        schedule: String,
        /// How often, one after the other: a training works in slices
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        times: u32,
    },
}

impl ScheduleCommand {
    const fn instead(&self) -> &'static str {
        match self {
            Self::List { .. } | Self::FireDue => instead::SCHEDULES,
            Self::Fire { .. } => instead::FIRE,
        }
    }

    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let house = ground.house(self.instead()).await?;
        match self {
            Self::List { json } => {
                for schedule in house.desk.ask().schedules().await? {
                    if json {
                        screen::json(&schedule)?;
                        continue;
                    }
                    let next = match (schedule.enabled, schedule.next_at) {
                        (false, _) => "switched off".to_owned(),
                        (true, None) => "never fires again".to_owned(),
                        (true, Some(at)) => format!("next {at}"),
                    };
                    let declared = &schedule.declaration;
                    screen::line(format_args!(
                        "{}  {:<20} {:<16} {:<16} {next}",
                        schedule.id, declared.name, declared.cron, declared.zone
                    ))?;
                }
            }
            Self::FireDue => {
                let fired = house.desk.fire_due_schedules().await?;
                let settled = house.desk.settle().await?;
                screen::say(format_args!(
                    "{} fired, {} worked.",
                    screen::count(u64::from(fired), "schedule"),
                    screen::count(settled.jobs, "job")
                ));
            }
            Self::Fire { schedule, times } => {
                let all = house.desk.ask().schedules().await?;
                let schedule = named(&all, &schedule)?;
                for _ in 0..times {
                    house.desk.fire_now(schedule.id, operator()).await?;
                    house.desk.settle().await?;
                    tell_of_newest(&house.desk, schedule.installation_id).await?;
                }
            }
        }
        house.close().await;
        Ok(())
    }
}

/// The schedule of this id or name.
fn named<'s>(all: &'s [Schedule], wanted: &str) -> anyhow::Result<&'s Schedule> {
    let fitting: Vec<&Schedule> =
        all.iter().filter(|s| s.id.to_string() == wanted || s.declaration.name == wanted).collect();
    match fitting.as_slice() {
        [one] => Ok(one),
        [] => anyhow::bail!("there is no schedule {wanted}; `kulanz schedule list` shows them"),
        _ => anyhow::bail!(
            "more than one schedule is called {wanted}: give its id; `kulanz schedule list` shows them"
        ),
    }
}

/// What the run that has just ended says of itself.
async fn tell_of_newest(desk: &Desk, installation: InstallationId) -> anyhow::Result<()> {
    let newest = desk.ask().runs(Some(installation), &Page::first(1)).await?.pop();
    match newest {
        Some(run) => manage::print(&run)?,
        None => screen::say(format_args!("Nothing ran: the plugin is switched off or has no schedule hook.")),
    }
    Ok(())
}
