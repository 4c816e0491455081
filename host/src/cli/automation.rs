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
    /// The API call that does the same, with its body.
    fn instead(self) -> String {
        let body = match self {
            Self::On { leave_missed: false } => r#"{"on": true}"#,
            Self::On { leave_missed: true } => r#"{"on": true, "make_up": false}"#,
            Self::Off => r#"{"on": false}"#,
            Self::Show => return instead::AUTOMATION.to_owned(),
        };
        format!("{} with {body}", instead::SET_AUTOMATION)
    }

    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let house = ground.house(&self.instead()).await?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_refused_beside_a_server_is_told_the_call_with_its_body() {
        for (asked, told) in [
            (Automation::On { leave_missed: false }, "PUT /api/v1/automation with {\"on\": true}"),
            (
                Automation::On { leave_missed: true },
                "PUT /api/v1/automation with {\"on\": true, \"make_up\": false}",
            ),
            (Automation::Off, "PUT /api/v1/automation with {\"on\": false}"),
            (Automation::Show, "GET /api/v1/automation"),
        ] {
            assert_eq!(asked.instead(), told);
        }
    }
}
