//! `kulanz retention`: what has been kept long enough.

use clap::Args;

use super::{Ground, instead, operator, screen};

#[derive(Debug, Args)]
pub(super) struct Retention {
    /// Take it out now instead of only counting it; the server does so once a day
    #[arg(long)]
    apply: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Retention {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let house = ground.house(instead::RETENTION).await?;
        let due = house.desk.retention(self.apply, &operator()).await?;
        if self.json {
            screen::json(&due)?;
        } else {
            let did = if self.apply { "taken out" } else { "due" };
            screen::line(format_args!(
                "{did}: {} sealed originals, {} runs, the words of {} tickets",
                due.originals, due.runs, due.tickets
            ))?;
        }
        house.close().await;
        Ok(())
    }
}
