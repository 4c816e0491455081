//! Starts a PostgreSQL of one's own, durable as in production, prints the address of an empty database and
//! stays up until stdin ends: for `kulanz bench --database`.
//!
//! `cargo run --release -p store --example ephemeral_postgres`

use std::io::Read;

use store::ephemeral::{Care, EphemeralPostgres};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let postgres = EphemeralPostgres::start_with(Care::Durable)?;
    println!("{}", postgres.fresh_database().await?);
    eprintln!("up until stdin ends (Ctrl-D); then everything is deleted");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
