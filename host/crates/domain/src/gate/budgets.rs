//! Budgets of automatic mail: how much of it may leave, by what it is counted. Named values that an admin may
//! change while the server runs; counting is the store's business.

use serde_json::Value;

use crate::Refusal;

/// Budgets of automatic mail. Defaults follow the loops that others had to live through: a budget per
/// correspondence is what ends a loop, headers alone do not.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Budgets {
    /// Automatic answers on one ticket per 24 h without a person's message in between.
    pub per_ticket_day: i64,
    /// Automatic answers on one ticket in a row, until one of our people writes. Ends a conversation with a
    /// machine that passes for a person.
    pub turns_max: i64,
    /// Automatic messages to one address per 24 h.
    pub per_address_day: i64,
    /// Automatic messages per 24 h to an address whose domain does not vouch for the mail that is answered:
    /// a stranger may have written in its name.
    pub per_unproven_address_day: i64,
    /// Notices (mail that nobody asked for) to one address per seven days, whichever plugin sends them.
    pub notices_per_address_week: i64,
    /// Automatic messages to one domain per hour.
    pub per_domain_hour: i64,
    /// Automatic messages on tickets of one inbox per hour; tickets of none count together.
    pub per_inbox_hour: i64,
    /// Automatic messages altogether per hour.
    pub total_hour: i64,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            per_ticket_day: 1,
            turns_max: 2,
            per_address_day: 3,
            per_unproven_address_day: 1,
            notices_per_address_week: 3,
            per_domain_hour: 10,
            per_inbox_hour: 100,
            total_hour: 300,
        }
    }
}

impl Budgets {
    /// The highest of them: beyond it nothing need be counted.
    #[must_use]
    pub fn highest(&self) -> i64 {
        self.named().into_iter().map(|(_, value)| value).max().unwrap_or(0)
    }

    /// Each with its name, in the order above.
    #[must_use]
    pub fn named(&self) -> [(&'static str, i64); 8] {
        let Self {
            per_ticket_day,
            turns_max,
            per_address_day,
            per_unproven_address_day,
            notices_per_address_week,
            per_domain_hour,
            per_inbox_hour,
            total_hour,
        } = *self;
        [
            ("per_ticket_day", per_ticket_day),
            ("turns_max", turns_max),
            ("per_address_day", per_address_day),
            ("per_unproven_address_day", per_unproven_address_day),
            ("notices_per_address_week", notices_per_address_week),
            ("per_domain_hour", per_domain_hour),
            ("per_inbox_hour", per_inbox_hour),
            ("total_hour", total_hour),
        ]
    }

    /// The same budgets with some of them changed.
    ///
    /// # Errors
    /// When a name is none of theirs or a value is no count; names both.
    pub fn with(&self, changes: &[(String, i64)]) -> Result<Self, Refusal> {
        let names: Vec<&str> = self.named().iter().map(|(name, _)| *name).collect();
        let mut all: serde_json::Map<String, Value> =
            self.named().into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        for (name, value) in changes {
            if !names.contains(&name.as_str()) {
                return Err(Refusal::unknown_word("budget", name, &names).at(name.clone()));
            }
            if *value < 0 {
                let sentence = format!("`{value}` is no budget: write 0 (none leave) or more.");
                return Err(Refusal::new("bad_request", sentence).at(name.clone()));
            }
            all.insert(name.clone(), (*value).into());
        }
        serde_json::from_value(Value::Object(all))
            .map_err(|error| Refusal::new("bad_request", format!("The budgets cannot be read: {error}.")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_budget_has_its_name() {
        let Value::Object(all) = serde_json::to_value(Budgets::default()).unwrap() else { panic!() };
        let named = Budgets::default().named();
        assert_eq!(all.len(), named.len());
        for (name, value) in named {
            assert_eq!(all[name], value, "{name}");
        }
    }

    #[test]
    fn one_is_changed_and_the_others_stay() {
        let changed = Budgets::default().with(&[("total_hour".into(), 7)]).unwrap();
        assert_eq!(changed, Budgets { total_hour: 7, ..Budgets::default() });
    }

    #[test]
    fn a_wrong_name_and_a_value_below_nothing_are_refused() {
        let wrong = Budgets::default().with(&[("per_adress_day".into(), 7)]).unwrap_err();
        assert!(wrong.sentence.contains("Did you mean `per_address_day`?"), "{wrong}");
        let below = Budgets::default().with(&[("total_hour".into(), -1)]).unwrap_err();
        assert_eq!(below.field.as_deref(), Some("total_hour"));
    }
}
