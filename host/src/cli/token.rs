//! `kulanz token`: API tokens. The secret is shown once and never again.

use clap::Subcommand;
use desk::NewToken;
use domain::clock::DAY_MS;
use domain::id::TokenId;
use domain::token::Scope;

use super::{Ground, instead, operator, screen};

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token; its secret is printed once
    Create {
        /// Name for people
        name: String,
        /// What it may do: read, write, inbound, admin, reveal (repeat for several)
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<Scope>,
        /// Days after which it stops working [default: never]
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=36_500))]
        expires: Option<i64>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// List tokens, without their secrets
    List {
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Make a token useless at once
    Revoke {
        /// Its id (tok_…)
        id: TokenId,
    },
}

impl TokenCommand {
    fn instead(&self) -> String {
        match self {
            Self::Create { scopes, .. } if scopes.contains(&Scope::Reveal) => format!(
                "{} with a token that has the scope reveal, which desk.vault.four_eyes refuses",
                instead::NEW_TOKEN
            ),
            Self::Create { .. } => instead::NEW_TOKEN.to_owned(),
            Self::List { .. } => instead::TOKENS.to_owned(),
            Self::Revoke { .. } => instead::REVOKE.to_owned(),
        }
    }

    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let house = ground.house(&self.instead()).await?;
        let desk = &house.desk;
        match self {
            Self::Create { name, scopes, expires, json } => {
                let expires_at = expires.map(|days| desk.now().plus(days * DAY_MS));
                let (token, secret) =
                    desk.create_token(NewToken { name, scopes, expires_at }, operator()).await?;
                if json {
                    screen::json(
                        &serde_json::json!({ "id": token.id, "name": token.name, "scopes": token.scopes, "expires_at": token.expires_at, "secret": secret }),
                    )?;
                } else {
                    screen::say(format_args!("{}: keep the secret now, it is not shown again.", token.id));
                    screen::line(secret)?;
                }
            }
            Self::List { json } => {
                for token in desk.ask().tokens().await? {
                    let scopes: Vec<&str> = token.scopes.iter().map(|s| s.as_str()).collect();
                    if json {
                        screen::json(
                            &serde_json::json!({ "id": token.id, "name": token.name, "scopes": token.scopes, "created_at": token.created_at, "expires_at": token.expires_at }),
                        )?;
                    } else {
                        let until = token
                            .expires_at
                            .map_or_else(|| "never ends".to_owned(), |at| format!("until {at}"));
                        screen::line(format_args!(
                            "{}  {:<24} {:<28} {until}",
                            token.id,
                            token.name,
                            scopes.join(" ")
                        ))?;
                    }
                }
            }
            Self::Revoke { id } => {
                desk.revoke_token(id, operator()).await?;
                screen::say(format_args!("{id} does not work any more."));
            }
        }
        house.close().await;
        Ok(())
    }
}
