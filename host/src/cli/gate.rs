//! `kulanz gate`: the budgets of automatic mail, and the messages that were held because of them.

use clap::Subcommand;
use desk::{Desk, Page};
use domain::id::MessageId;

use super::{Ground, instead, operator, screen};

#[derive(Debug, Subcommand)]
pub(super) enum GateCommand {
    /// Say which budgets hold, and what the configuration says
    Show {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Change a budget from now on, without a restart
    Set {
        /// Its name, as `gate show` prints it
        budget: String,
        /// How many; 0: none leave
        #[arg(allow_negative_numbers = true)]
        value: i64,
    },
    /// Put a budget back to what the configuration says
    Reset {
        /// Its name
        budget: String,
    },
    /// List messages that wait for a person's decision, with the reason
    Held {
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Send a held message after all
    Send {
        /// Its id
        message: MessageId,
    },
    /// Decide that a held message is not sent
    Discard {
        /// Its id
        message: MessageId,
    },
}

/// Messages listed at a time.
const PAGE: u32 = 100;

impl GateCommand {
    const fn instead(&self) -> &'static str {
        match self {
            Self::Show { .. } => instead::GATE,
            Self::Set { .. } | Self::Reset { .. } => instead::SET_GATE,
            Self::Held { .. } => instead::HELD,
            Self::Send { .. } => instead::SEND_HELD,
            Self::Discard { .. } => instead::DISCARD_HELD,
        }
    }

    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let house = ground.house(self.instead()).await?;
        let desk = &house.desk;
        match self {
            Self::Show { json } => show(desk, json).await?,
            Self::Set { budget, value } => change(desk, budget, Some(value)).await?,
            Self::Reset { budget } => change(desk, budget, None).await?,
            Self::Held { json } => held(desk, json).await?,
            Self::Send { message } => {
                desk.send_held(message, operator()).await?;
                screen::say("It leaves when the server works the queue, or `kulanz ingest --wait` does.");
            }
            Self::Discard { message } => {
                desk.discard_held(message, operator()).await?;
                screen::say("It will not be sent.");
            }
        }
        house.close().await;
        Ok(())
    }
}

async fn change(desk: &Desk, budget: String, value: Option<i64>) -> anyhow::Result<()> {
    desk.change_budgets(&[(budget, value)], operator()).await?;
    show(desk, false).await
}

async fn show(desk: &Desk, json: bool) -> anyhow::Result<()> {
    let (now, configured) = (desk.budgets().await?, &desk.config().gate);
    if json {
        let quiet = &desk.config().quiet;
        return screen::json(
            &serde_json::json!({ "budgets": now, "configured": configured, "quiet": quiet }),
        );
    }
    for ((name, value), (_, configured)) in now.named().into_iter().zip(configured.named()) {
        let changed =
            if value == configured { String::new() } else { format!("   (configured: {configured})") };
        screen::line(format_args!("{name:<26} {value:>6}{changed}"))?;
    }
    Ok(())
}

async fn held(desk: &Desk, json: bool) -> anyhow::Result<()> {
    let mut page = Page::first(PAGE);
    loop {
        let messages = desk.ask().held_messages(&page).await?;
        let Some(last) = messages.last() else { return Ok(()) };
        page = Page::after(last.id, PAGE);
        for message in &messages {
            let reason = message.delivery_reason.as_deref().unwrap_or("–");
            if json {
                screen::json(&serde_json::json!({
                    "message": message.id, "ticket": message.ticket_id, "to": message.to_address,
                    "subject": message.subject, "written_at": message.created_at, "reason": reason,
                }))?;
                continue;
            }
            let to = message.to_address.as_deref().unwrap_or("–");
            screen::line(format_args!("{}  {}  to {to}: {reason}", message.id, message.created_at))?;
        }
    }
}
