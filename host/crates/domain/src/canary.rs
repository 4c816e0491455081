//! A canary: a new version of a plugin, tried live on part of the tickets before it is put in force. Says which
//! tickets are its own and when it does worse than the version in force; counts and calls nothing.

use sha2::{Digest as _, Sha256};

use crate::ledger::LedgerCounts;
use crate::ticket::Ticket;
use crate::{Refusal, Timestamp};

/// So many bad ones are a sign; fewer may be chance.
const BAD_MIN: i64 = 3;
/// A rate is worse when it is this many times the one in force, and above that by the margin.
const TIMES: f64 = 2.0;
/// Margin for calls that fail.
const FAULT_MARGIN: f64 = 0.02;
/// Margin for effects that people take back.
const CORRECTION_MARGIN: f64 = 0.05;

/// Which tickets a version is tried on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Canary {
    /// SHA-256 of the component that is tried, hex.
    pub digest: String,
    /// Its share of all tickets, percent.
    pub share_percent: u8,
    /// Teams whose tickets are all its own, whatever the share.
    pub teams: Vec<String>,
    /// Since when.
    pub since: Timestamp,
    /// What the ledger held of this version on that day before: an earlier trial does not count again.
    pub counted: LedgerCounts,
}

impl Canary {
    /// Checks share and teams.
    ///
    /// # Errors
    /// When it would be tried on nothing, or on everything.
    pub fn check(share_percent: u8, teams: &[String]) -> Result<(), Refusal> {
        if share_percent > 99 || (share_percent == 0 && teams.is_empty()) {
            return Err(Refusal::new(
                "bad_canary",
                "A canary gets 1 to 99 percent of the tickets, or those of named teams.",
            )
            .at("share_percent"));
        }
        Ok(())
    }

    /// Whether a ticket is one of its own: always the same answer for one ticket of one team.
    #[must_use]
    pub fn takes(&self, ticket: &Ticket) -> bool {
        let of_team = ticket.team.as_ref().is_some_and(|team| self.teams.contains(team));
        let place = Sha256::digest(ticket.id.to_string());
        let percent = place.iter().take(4).fold(0_u64, |n, b| n << 8 | u64::from(*b)) % 100;
        of_team || percent < u64::from(self.share_percent)
    }

    /// Why it is to be taken back, if it is: it fails, or is corrected by people, clearly more often than the
    /// version in force on the same days.
    #[must_use]
    pub fn is_worse(&self, in_force: &LedgerCounts, canary: &LedgerCounts) -> Option<String> {
        let own = |count: fn(&LedgerCounts) -> i64| count(canary).saturating_sub(count(&self.counted));
        let (runs, faults) = (own(|c| c.runs), own(|c| c.faults));
        let (applied, corrected) = (own(|c| c.applied), own(|c| c.corrected));
        let worse = |bad: i64, of: i64, before: f64, margin: f64| {
            bad >= BAD_MIN && rate(bad, of) > before * TIMES + margin
        };
        if worse(faults, runs, rate(in_force.faults, in_force.runs), FAULT_MARGIN) {
            return Some(format!("{faults} of its {runs} calls failed"));
        }
        if worse(corrected, applied, rate(in_force.corrected, in_force.applied), CORRECTION_MARGIN) {
            return Some(format!("people took back {corrected} of its {applied} effects"));
        }
        None
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn rate(part: i64, whole: i64) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ContactId, CountingIds, TicketId};
    use crate::ticket::Channel;

    fn canary(share_percent: u8, teams: &[&str]) -> Canary {
        let teams = teams.iter().map(|t| (*t).to_owned()).collect();
        Canary {
            digest: "ab".into(),
            share_percent,
            teams,
            since: Timestamp(0),
            counted: LedgerCounts::default(),
        }
    }

    fn tickets(count: usize) -> Vec<Ticket> {
        let ids = CountingIds::default();
        let now = Timestamp(1_800_000_000_000);
        let ticket = |_| {
            crate::work::blank_ticket(
                TicketId::mint(&ids, now),
                1,
                ContactId::mint(&ids, now),
                Channel::Email,
                now,
            )
        };
        (0..count).map(ticket).collect()
    }

    #[test]
    fn a_share_takes_about_its_share_and_a_wider_one_takes_the_same_and_more() {
        let all = tickets(2_000);
        let of = |share| all.iter().filter(|t| canary(share, &[]).takes(t)).map(|t| t.id).collect::<Vec<_>>();
        let (ten, half) = (of(10), of(50));
        assert!((140..260).contains(&ten.len()), "{}", ten.len());
        assert!((900..1_100).contains(&half.len()), "{}", half.len());
        assert!(ten.iter().all(|id| half.contains(id)));
    }

    #[test]
    fn a_team_is_taken_whole() {
        let mut ticket = tickets(1).remove(0);
        assert!(!canary(0, &["billing"]).takes(&ticket));
        ticket.team = Some("billing".into());
        assert!(canary(0, &["billing"]).takes(&ticket));
    }

    fn counts(runs: i64, faults: i64, applied: i64, corrected: i64) -> LedgerCounts {
        LedgerCounts { runs, faults, applied, corrected, ..LedgerCounts::default() }
    }

    #[test]
    fn it_is_worse_when_it_fails_or_is_corrected_clearly_more_often() {
        let in_force = counts(1_000, 10, 500, 50);
        let worse = |c: &LedgerCounts| canary(10, &[]).is_worse(&in_force, c);
        assert_eq!(worse(&counts(100, 2, 50, 2)), None, "two may be chance");
        assert_eq!(worse(&counts(100, 3, 50, 5)), None, "three percent against one is within the margin");
        assert_eq!(worse(&counts(100, 9, 50, 5)).as_deref(), Some("9 of its 100 calls failed"));
        assert_eq!(worse(&counts(100, 0, 50, 20)).as_deref(), Some("people took back 20 of its 50 effects"));
    }

    #[test]
    fn an_earlier_trial_on_the_same_day_does_not_count_again() {
        let again = Canary { counted: counts(100, 9, 0, 0), ..canary(10, &[]) };
        assert_eq!(again.is_worse(&counts(1, 0, 0, 0), &counts(110, 9, 0, 0)), None);
    }

    #[test]
    fn a_canary_of_nothing_or_everything_is_refused() {
        assert!(Canary::check(0, &[]).is_err() && Canary::check(100, &[]).is_err());
        assert!(Canary::check(0, &["billing".into()]).is_ok() && Canary::check(1, &[]).is_ok());
    }
}
