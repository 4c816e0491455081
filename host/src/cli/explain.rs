//! `kulanz explain`: a ticket's story.

use anyhow::Context;
use clap::Args;
use domain::id::TicketId;
use domain::story::{Story, Tongue};

use super::{Ground, RefusedHere, instead, screen};

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// Ticket number or id
    #[arg(value_name = "TICKET")]
    ticket: String,
    /// Language of the story's own words: de or en
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    lang: Tongue,
    /// Print the story as one JSON object
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(super) async fn run(&self, ground: &Ground) -> anyhow::Result<()> {
        let house = ground.house(instead::STORY).await?;
        let id = self.id(house.desk.ask()).await?;
        let story = Story::tell_in(&house.desk.material(id).await?, self.lang);
        if self.json {
            screen::json(&story)?
        } else {
            screen::line(story.to_string().trim_end())?
        }
        house.close().await;
        Ok(())
    }

    async fn id(&self, store: &desk::Store) -> anyhow::Result<TicketId> {
        let text = self.ticket.trim_start_matches('#');
        let Ok(number) = text.parse::<i64>() else {
            return text.parse().context("name a ticket by its number, as in 42, or by its id");
        };
        match store.ticket_by_number(number).await? {
            Some(ticket) => Ok(ticket.id),
            None => Err(RefusedHere::because(format!("there is no ticket #{number}"))),
        }
    }
}
