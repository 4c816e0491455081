//! `kulanz schedule`: what fires when.

use clap::Subcommand;

use super::{Ground, instead, screen};

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
}

impl ScheduleCommand {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let house = ground.house(instead::SCHEDULES).await?;
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
        }
        house.close().await;
        Ok(())
    }
}
