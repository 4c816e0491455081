//! The one test binary. Each module tells one side of the house.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::large_futures,
    clippy::too_many_lines,
    missing_docs,
    reason = "tests"
)]

/// The same story on both databases.
macro_rules! on_both {
    ($(#[$meta:meta])* $name:ident, |$backend:ident| $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "each story uses what it needs")]
            use super::*;
            $(#[$meta])*
            async fn story($backend: tests::Backend) $body

            #[tokio::test]
            async fn on_sqlite() {
                story(tests::Backend::Sqlite).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                if tests::database::postgres_is_here().await {
                    story(tests::Backend::Postgres).await;
                }
            }
        }
    };
}

mod adversity;
mod answers;
mod backup;
mod bundled;
mod cases;
mod contract;
mod crash;
mod curve;
mod demo_mails;
mod files;
mod frozen;
mod gate;
mod guide;
mod hostile;
mod incidents;
mod journeys;
mod languages;
mod learnt;
mod ledger;
mod mail_in;
mod mail_servers;
mod mailboxes;
mod models;
mod package;
mod policy;
mod privacy;
mod privacy_rules;
mod reasons;
mod registry;
mod sandbox;
mod sanitiser;
mod schedules;
mod senders;
mod shop;
mod tidy;
mod told;
mod ugly_mails;
mod upgrades;
mod webhooks;
