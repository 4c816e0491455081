//! `kulanz automation`: the kill switch.

use clap::Subcommand;

use super::{Ground, instead, operator, screen};

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum Automation {
    /// Let plugins act again; they are asked about what came in meanwhile as well
    On {
        /// Leave what came in meanwhile to people
        #[arg(long)]
        leave_missed: bool,
    },
    /// Stop every automatic change and mail; redaction stays on
    Off,
    /// Say which it is
    Show,
}

impl Automation {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let house = ground.house(instead::AUTOMATION).await?;
        match self {
            Self::On { leave_missed: false } => house.desk.set_automation(true, operator()).await?,
            Self::On { leave_missed: true } => {
                house.desk.set_automation_on_leaving_missed(operator()).await?;
            }
            Self::Off => house.desk.set_automation(false, operator()).await?,
            Self::Show => {}
        }
        screen::line(if house.desk.automation_on().await { "on" } else { "off" })?;
        house.close().await;
        Ok(())
    }
}
