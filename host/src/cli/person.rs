//! `kulanz person`: what is kept of a person, and taking it out.

use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use desk::Desk;
use domain::address::canonical_address;
use domain::contact::Contact;

use super::{Ground, RefusedHere, instead, operator, screen};

#[derive(Debug, Subcommand)]
pub(super) enum PersonCommand {
    /// Write down everything that is kept of a person, for them (Art. 15 GDPR)
    Export {
        /// Their address
        address: String,
        /// File to be made; `-`: print it
        #[arg(long, default_value = "-")]
        output: PathBuf,
    },
    /// Take a person out of everything (Art. 17 GDPR); numbers of their tickets stay
    Erase {
        /// Their address
        address: String,
        /// Erase without asking
        #[arg(long)]
        yes: bool,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

impl PersonCommand {
    fn instead(&self) -> String {
        match self {
            Self::Export { .. } => format!("{}, which desk.vault.four_eyes refuses", instead::EXPORT),
            Self::Erase { .. } => instead::ERASE.to_owned(),
        }
    }

    pub(super) async fn run(self, ground: &Ground) -> anyhow::Result<()> {
        let house = ground.house(&self.instead()).await?;
        let desk = &house.desk;
        match self {
            Self::Export { address, output } => {
                let person = find(desk, &address).await?;
                let export = desk.export_person(person.id, operator()).await?;
                let text = serde_json::to_string_pretty(&export)?;
                if output.as_os_str() == "-" {
                    screen::line(text)?;
                } else {
                    let what = || format!("{}: name a file that can be written", output.display());
                    write_privately(&output, &text).with_context(what)?;
                    screen::say(format_args!(
                        "Written to {}. It holds personal data in the clear.",
                        output.display()
                    ));
                }
            }
            Self::Erase { address, yes, json } => erase(desk, &address, yes, json).await?,
        }
        house.close().await;
        Ok(())
    }
}

async fn find(desk: &Desk, address: &str) -> anyhow::Result<Contact> {
    let address = canonical_address(address);
    let found = desk.ask().contact_by_email(&address).await?;
    found.ok_or_else(|| RefusedHere::because(format!("nobody with the address {address} is known here")))
}

async fn erase(desk: &Desk, address: &str, yes: bool, json: bool) -> anyhow::Result<()> {
    let person = find(desk, address).await?;
    if !yes {
        let tickets = desk.ask().tickets_of_person(person.id).await?.len();
        let question = format!(
            "Erase {} with what they wrote on {}? This cannot be undone. Type ERASE: ",
            person.email,
            screen::count(tickets as u64, "ticket")
        );
        if !screen::can_ask() || !screen::confirm(&question, "ERASE")? {
            return Err(RefusedHere::because("nothing was erased; where nobody can be asked, say --yes"));
        }
    }
    let erased = desk.erase_person(person.id, operator()).await?;
    if json {
        return screen::json(&erased);
    }
    screen::line(format_args!(
        "Erased: {}, {}, {} of the vault. Backups from before are brought up to it when they are restored beside \
         this data directory.",
        screen::count(erased.tickets as u64, "ticket"),
        screen::count(erased.messages as u64, "message"),
        screen::count(erased.values as u64, "value"),
    ))?;
    Ok(())
}

/// A file that only its owner may read.
fn write_privately(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_not_export_beside_a_server_is_told_where_the_call_is_refused_too() {
        let export =
            PersonCommand::Export { address: "ana@example.org".to_owned(), output: PathBuf::from("-") };
        let told = export.instead();
        assert!(told.starts_with(instead::EXPORT) && told.contains("four_eyes"), "{told}");
    }
}
