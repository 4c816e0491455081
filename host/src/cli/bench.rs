//! `kulanz bench`: what this house costs on this machine, measured on data made for it. Everything runs
//! in this process or on loopback, in a folder of its own, and ends by itself.

mod calls;
mod counters;
mod disk;
mod figures;
mod http;
mod latency;
mod mails;
mod neighbours;
mod process;
mod stand;
mod start;
mod tickets;

use clap::Subcommand;

use super::Ground;

#[derive(Debug, Subcommand)]
pub(super) enum Bench {
    /// One plugin call in a fresh instance, beside native calls, on one thread
    Calls(calls::Calls),
    /// A plugin's calls while another one loops for ever, and while two hundred begin at once
    Neighbours(neighbours::Neighbours),
    /// Tickets per second, from raw mail to committed reply
    Tickets(tickets::Tickets),
    /// From arrival to committed reply while mails arrive steadily
    Latency(latency::Latency),
    /// From start to ready with compiled plugins at hand, and memory after a thousand mails
    Start(start::Start),
}

impl Bench {
    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        match self {
            Self::Calls(command) => Box::pin(command.run(ground)).await,
            Self::Neighbours(command) => Box::pin(command.run(ground)).await,
            Self::Tickets(command) => Box::pin(command.run(ground)).await,
            Self::Latency(command) => Box::pin(command.run(ground)).await,
            Self::Start(command) => Box::pin(command.run(ground)).await,
        }
    }
}
