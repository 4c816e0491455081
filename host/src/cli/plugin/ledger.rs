//! `kulanz plugin ledger`: what an installation read, called, cost and changed.

use desk::LedgerView;
use domain::files::size;
use domain::ledger::UNUSED_AFTER_DAYS;

use super::manage::find;
use crate::cli::{Ground, instead, screen};

pub(super) async fn show(ground: &Ground, plugin: &str, days: i64, json: bool) -> anyhow::Result<()> {
    let house = ground.house(instead::LEDGER).await?;
    let view = find(&house.desk, plugin).await?;
    let ledger = house.desk.ledger(view.installation.id, days).await?;
    if json {
        screen::json(&ledger)?;
    } else {
        screen::line(told(&view.installation.manifest.id, &ledger).trim_end())?;
    }
    house.close().await;
    Ok(())
}

fn told(plugin: &str, ledger: &LedgerView) -> String {
    let total = &ledger.total;
    let mut out = format!("{plugin}  {} to {}\n", ledger.from, ledger.to);
    out.push_str(&format!(
        "  {} calls, {} faults · {} fuel · {} ms processor time · {} memory at most · {} host calls\n",
        total.runs,
        total.faults,
        total.fuel,
        total.cpu_us / 1_000,
        size(total.memory_bytes),
        total.host_calls
    ));
    out.push_str(&format!(
        "  effects: {} proposed, {} applied, {} refused by a rule · {} taken back by people\n",
        total.proposed, total.applied, total.rejected, total.corrected
    ));
    out.push_str(&format!(
        "  values: {} written, {} kept\n",
        size(total.kv_bytes),
        size(ledger.kv_bytes_kept)
    ));
    if !ledger.uses.is_empty() {
        out.push_str("Used of what it was granted:\n");
    }
    for (what, how) in &ledger.uses {
        let bytes = match (how.bytes_out, how.bytes_in) {
            (0, 0) => String::new(),
            (sent, got) => format!("  {} out, {} in", size(sent), size(got)),
        };
        out.push_str(&format!("  {what:<36} {:>8} times{bytes}\n", how.calls));
    }
    for entry in &ledger.entries {
        let c = &entry.counts;
        out.push_str(&format!(
            "  {}  {}  {:>7} calls {:>4} faults {:>7} applied {:>5} taken back\n",
            entry.day,
            entry.digest.get(..12).unwrap_or(&entry.digest),
            c.runs,
            c.faults,
            c.applied,
            c.corrected
        ));
    }
    if ledger.unused.is_empty() {
        out.push_str(&format!("Grants it does not use are named from {} on.\n", ledger.unused_known_at));
    } else {
        let unused: Vec<String> = ledger.unused.iter().map(ToString::to_string).collect();
        out.push_str(&format!(
            "Not used for {UNUSED_AFTER_DAYS} days, you may take it away: {}\n",
            unused.join(", ")
        ));
    }
    out
}
