//! How long what is kept. Days; 0: as long as the ticket is there. Deciding what is due is a comparison of times,
//! taking it out the store's business.

use std::collections::BTreeMap;

/// A tag that keeps a ticket from being erased and from growing old: a court or an audit still needs it.
pub const LEGAL_HOLD: &str = "legal-hold";

/// Settings of retention.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Sealed originals of mails that have become tickets, days.
    pub originals_days: i64,
    /// Records of plugins' runs and what became of their effects, days.
    pub runs_days: i64,
    /// Words of solved and closed tickets, days since their last change; numbers stay.
    pub words_days: i64,
    /// The same for single inboxes.
    #[serde(skip)]
    pub inbox_words_days: BTreeMap<String, i64>,
}

impl Retention {
    /// After how many days the words of an inbox's tickets go; none: they stay. The empty name is that of tickets of
    /// no inbox.
    #[must_use]
    pub fn words_of(&self, inbox: &str) -> Option<i64> {
        let own = self.inbox_words_days.get(inbox).copied().filter(|days| *days > 0);
        own.or(Some(self.words_days).filter(|days| *days > 0))
    }
}

/// What is due, or was taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Due {
    /// Sealed originals.
    pub originals: i64,
    /// Runs.
    pub runs: i64,
    /// Tickets whose words go.
    pub tickets: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inbox_has_its_own_time_or_the_houses() {
        let mut rules = Retention { words_days: 365, ..Retention::default() };
        rules.inbox_words_days.insert("jobs".into(), 90);
        rules.inbox_words_days.insert("sales".into(), 0);
        assert_eq!(
            ["", "jobs", "sales"].map(|inbox| rules.words_of(inbox)),
            [Some(365), Some(90), Some(365)]
        );
        assert_eq!(Retention::default().words_of(""), None);
    }
}
