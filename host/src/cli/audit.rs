//! `kulanz audit`: the audit trail, oldest first. Whether its chain holds, `kulanz db check` says.

use clap::Args;
use domain::actor::Names;
use domain::audit::AuditEntry;

use super::{Ground, instead, screen};

#[derive(Debug, Args)]
pub(super) struct Audit {
    /// Begin after the entry of this number
    #[arg(long, value_name = "NUMBER", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    after: i64,
    /// Print at most so many entries [default: all]
    #[arg(long, value_name = "ENTRIES", value_parser = clap::value_parser!(i64).range(1..))]
    limit: Option<i64>,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

/// Entries read at a time.
const PAGE: i64 = 500;

impl Audit {
    pub(super) async fn run(&self, ground: &Ground) -> anyhow::Result<()> {
        let house = ground.house(instead::AUDIT).await?;
        let (mut after, mut left) = (self.after, self.limit.unwrap_or(i64::MAX));
        while left > 0 {
            let entries = house.desk.ask().audit(after, left.min(PAGE)).await?;
            if entries.is_empty() {
                break;
            }
            let names = house.desk.names_in(&entries).await?;
            for entry in &entries {
                if self.json {
                    screen::json(&as_json(entry, &names))?;
                } else {
                    screen::line(as_text(entry, &names))?;
                }
                after = entry.sequence;
                left -= 1;
            }
        }
        house.close().await;
        Ok(())
    }
}

fn as_json(entry: &AuditEntry, names: &Names) -> serde_json::Value {
    let record = &entry.record;
    serde_json::json!({
        "sequence": entry.sequence, "at": record.at, "actor": record.actor, "name": names.name(&record.actor),
        "action": record.action, "target": record.object, "target_name": names.about(&record.object),
        "details": record.details, "digest": entry.digest,
    })
}

fn as_text(entry: &AuditEntry, names: &Names) -> String {
    let record = &entry.record;
    let name = names.name(&record.actor).map(|name| format!("({name})")).unwrap_or_default();
    let who = format!("{} {} {name}", record.actor.kind, record.actor.id);
    let called = names.about(&record.object).map(|name| format!("({name})")).unwrap_or_default();
    let target = format!("{} {called}", record.object);
    let details = if record.details.is_null() { String::new() } else { record.details.to_string() };
    let line = format!(
        "{:>6}  {}  {:<24} {}  by {}  {details}",
        entry.sequence,
        record.at,
        record.action,
        target.trim_end(),
        who.trim()
    );
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use domain::audit::AuditRecord;
    use domain::id::{AuditId, CountingIds, TokenId};
    use domain::token::Token;
    use domain::{Actor, ActorKind, Timestamp};

    use super::*;

    fn entry(actor: Actor, details: serde_json::Value) -> AuditEntry {
        let at = Timestamp(1_795_000_000_000);
        let id = AuditId::mint(&CountingIds::default(), at);
        let (action, object) = ("automation.switched".to_owned(), "off".to_owned());
        let record = AuditRecord { id, at, actor, action, object, details };
        AuditEntry { sequence: 7, record, previous: String::new(), digest: String::new() }
    }

    #[test]
    fn an_entry_is_one_line_with_the_name_and_the_id_of_who_did_it() {
        let token = Token {
            id: TokenId::mint(&CountingIds::default(), Timestamp(0)),
            name: "ines".to_owned(),
            digest: String::new(),
            scopes: Vec::new(),
            created_at: Timestamp(0),
            expires_at: None,
        };
        let agent = Actor::new(ActorKind::Agent, token.id.to_string());
        let names = Names::of(&[token]);
        let by_agent = entry(agent.clone(), serde_json::json!({ "said": "a\nb" }));
        let told = as_text(&by_agent, &names);
        assert!(
            told.ends_with(&format!("off  by agent {} (ines)  {{\"said\":\"a\\nb\"}}", agent.id)),
            "{told}"
        );
        assert!(told.starts_with("     7  ") && !told.contains('\n'), "{told}");
        assert_eq!(as_json(&by_agent, &names)["name"], "ines");
        let by_house = as_text(&entry(Actor::system(), serde_json::Value::Null), &names);
        assert!(by_house.ends_with("off  by system"), "{by_house}");
        let mut on_ticket = entry(Actor::system(), serde_json::Value::Null);
        "msg_1".clone_into(&mut on_ticket.record.object);
        let mut names = names;
        names.add("msg_1", "#12".to_owned());
        assert!(as_text(&on_ticket, &names).ends_with("msg_1 (#12)  by system"));
        assert_eq!(as_json(&on_ticket, &names)["target_name"], "#12");
    }
}
