//! The gate's rules: whether an automatic message may leave. Every line can only say no.
//! Facts come in as values; the budgets behind them are counted in the database.

use crate::message::{AutoClass, SenderAuth};

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
    /// Automatic messages to one domain per hour.
    pub per_domain_hour: i64,
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
            per_domain_hour: 10,
            total_hour: 100,
        }
    }
}

impl Budgets {
    /// The highest of them: beyond it nothing need be counted.
    #[must_use]
    pub fn highest(&self) -> i64 {
        let Self {
            per_ticket_day,
            per_address_day,
            per_unproven_address_day,
            per_domain_hour,
            total_hour,
            turns_max: _,
        } = *self;
        per_ticket_day.max(per_address_day).max(per_unproven_address_day).max(per_domain_hour).max(total_hour)
    }
}

/// How long a hard bounce keeps an address from getting automatic mail, days. Addresses come back to life.
pub const SUPPRESSION_DAYS: i64 = 60;

/// What is known about an automatic message that wants to leave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Recipient address, lower case.
    pub recipient: String,
    /// Class of the newest message of the customer on the ticket.
    pub last_inbound: Option<AutoClass>,
    /// Whether that message's sender is who it says.
    pub sender_auth: SenderAuth,
    /// Whether nobody asked (notice) rather than an answer.
    pub proactive: bool,
    /// Whether the contact agreed to proactive mail.
    pub consent: bool,
    /// Whether the address is blocked (bounces, unsubscribed).
    pub suppressed: bool,
    /// Whether all automation is switched off.
    pub kill_switch: bool,
    /// Automatic messages on the ticket in 24 h since the customer's or an agent's newest message.
    pub on_ticket_day: i64,
    /// Automatic answers on the ticket since one of our people wrote, whatever came in between.
    pub turns: i64,
    /// Whether the newest message says nearly the same as one shortly before it, or gives our own words back.
    pub repeats: bool,
    /// Whether the newest message answers an automatic one of ours that went to somebody else's ticket.
    pub answers_elsewhere: bool,
    /// Automatic messages to the address in 24 h.
    pub to_address_day: i64,
    /// Automatic messages to the domain in an hour.
    pub to_domain_hour: i64,
    /// Automatic messages altogether in an hour.
    pub total_hour: i64,
}

/// Words that make a local part one behind which no person reads, alone or among others
/// (`shop-noreply`, `bounces+77`).
const ROBOT_WORDS: &[&str] = &[
    "noreply",
    "noreplay",
    "donotreply",
    "dontreply",
    "noresponse",
    "donotrespond",
    "noanswer",
    "keineantwort",
    "nichtantworten",
    "nepasrepondre",
    "noresponder",
    "noresponda",
    "nonrispondere",
    "naoresponda",
    "bounce",
    "bounces",
    "daemon",
    "mdaemon",
    "autoreply",
    "autoresponder",
    "autoresponse",
    "automailer",
    "newsletter",
    "newsletters",
    "notification",
    "notifications",
    "notify",
    "notifier",
    "benachrichtigung",
    "benachrichtigungen",
    "notificacion",
    "notificaciones",
    "notificacao",
    "notificacoes",
    "notifiche",
    "powiadomienia",
    "autoconfirm",
    "automail",
    "autonotify",
    "jobalert",
    "jobalerts",
    "mailbot",
    "listserv",
    "majordomo",
    "mailman",
    "nobody",
    "devnull",
];

/// Whole local parts of machines; among other words they may belong to people.
const ROBOT_LOCAL_PARTS: &[&str] = &[
    "postmaster",
    "mailer",
    "news",
    "alert",
    "alerts",
    "update",
    "updates",
    "digest",
    "robot",
    "bot",
    "system",
    "root",
    "cron",
    "www-data",
    "wwwrun",
    "apache",
    "httpd",
    "nginx",
    "wordpress",
    "jenkins",
    "jira",
    "gitlab",
    "bugzilla",
    "nagios",
    "icinga",
    "zabbix",
    "monitor",
    "monitoring",
    "automated",
    "automatic",
    "reminder",
    "reminders",
    "invitations",
    "receipts",
    "promo",
    "promotions",
    "deals",
    "offers",
    "mailing",
    "mailings",
    "unsubscribe",
];

/// Whether no person reads mail to this address, going by its local part. A hint: it suppresses the
/// answer, never the ticket.
#[must_use]
pub fn is_robot_address(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or("").to_lowercase();
    let stem = local.split('+').next().unwrap_or("");
    let is_separator = |c: char| matches!(c, '.' | '-' | '_' | '+' | '=');
    // `no-reply`, `do_not_reply`: words that only together say it.
    let joined: String = stem.chars().filter(|c| !is_separator(*c)).collect();
    let is_word = |word: &str| ROBOT_WORDS.contains(&word);
    ROBOT_LOCAL_PARTS.contains(&stem)
        || is_word(&joined)
        || local.split(is_separator).any(is_word)
        || ["no-reply", "no_reply", "no.reply", "do-not-reply", "do_not_reply", "donotreply", "noreply"]
            .iter()
            .any(|words| {
                stem.starts_with(words)
                    || stem.ends_with(&format!("-{words}"))
                    || stem.ends_with(&format!("_{words}"))
                    || stem.ends_with(&format!(".{words}"))
            })
        || stem.starts_with("owner-")
        || stem.ends_with("-request")
}

/// Whether an automatic message may leave.
///
/// # Errors
/// The rule that says no, as a sentence for people.
pub fn may_send(facts: &Facts, own_addresses: &[String], budgets: &Budgets) -> Result<(), String> {
    if facts.kill_switch {
        return Err("all automation is switched off".to_owned());
    }
    may_address(&facts.recipient, facts.last_inbound, own_addresses)?;
    if facts.suppressed {
        return Err("the address is on the suppression list".to_owned());
    }
    if facts.proactive && !facts.consent {
        return Err("the contact did not agree to proactive mail".to_owned());
    }
    // A notice answers nobody, so it cannot begin a loop on its ticket; the address's budget bounds it.
    if !facts.proactive {
        within("on this ticket within 24 hours", facts.on_ticket_day, budgets.per_ticket_day)?;
        within("on this ticket since a person wrote", facts.turns, budgets.turns_max)?;
        if facts.repeats {
            return Err("the newest message repeats an earlier one: a machine seems to write".to_owned());
        }
    }
    if !facts.proactive {
        if facts.answers_elsewhere {
            return Err("the newest message answers an automatic one of ours from an address that we did not write to: a machine seems to write".to_owned());
        }
        match facts.sender_auth {
            SenderAuth::Fail => {
                return Err(
                    "forged sender: its domain says that the newest message is not from there (DMARC)"
                        .to_owned(),
                );
            }
            SenderAuth::None => within(
                "within 24 hours to this address, whose domain does not vouch for the message",
                facts.to_address_day,
                budgets.per_unproven_address_day,
            )?,
            SenderAuth::Unchecked | SenderAuth::Pass => {}
        }
    }
    within("to this address within 24 hours", facts.to_address_day, budgets.per_address_day)?;
    within("to this domain within an hour", facts.to_domain_hour, budgets.per_domain_hour)?;
    within("altogether within an hour", facts.total_hour, budgets.total_hour)
}

/// The part of the gate that needs no counting: also asked by policy, so that a plugin's reply to a
/// machine is rejected at once and visibly.
///
/// # Errors
/// The rule that says no.
pub fn may_address(
    recipient: &str,
    last_inbound: Option<AutoClass>,
    own_addresses: &[String],
) -> Result<(), String> {
    match last_inbound {
        None | Some(AutoClass::Human) => {}
        Some(AutoClass::AutoReplied) => {
            return Err("machine mail: the customer's newest message is an automatic reply".to_owned());
        }
        Some(AutoClass::AutoGenerated) => {
            return Err("machine mail: the newest message was written by a machine".to_owned());
        }
        Some(AutoClass::Bounce) => {
            return Err("machine mail: the newest message is a delivery failure notice".to_owned());
        }
        Some(AutoClass::List) => {
            return Err("machine mail: the newest message came through a list or newsletter".to_owned());
        }
    }
    if !crate::contact::is_address(recipient) {
        return Err("there is no valid address to write to".to_owned());
    }
    if is_robot_address(recipient) {
        return Err("nobody reads mail to a no-reply address".to_owned());
    }
    if own_addresses.iter().any(|own| own == recipient || *own == without_tag(recipient)) {
        return Err("the recipient is one of our own addresses".to_owned());
    }
    Ok(())
}

/// How long a message is compared with those before it, milliseconds.
pub const REPEAT_WINDOW_MS: i64 = crate::clock::HOUR_MS;

/// Whether two texts say nearly the same: numbers, case and blanks aside, nine in ten of their runs of three
/// words are shared. A machine's text differs in a date or a number.
#[must_use]
pub fn is_near_identical(a: &str, b: &str) -> bool {
    const RUN_WORDS: usize = 3;
    /// Notices are short; more words change nothing.
    const WORDS_COMPARED_MAX: usize = 2_000;
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphabetic())
            .filter(|word| !word.is_empty())
            .take(WORDS_COMPARED_MAX)
            .map(str::to_lowercase)
            .collect()
    };
    let (a, b) = (words(a), words(b));
    if a.len() < RUN_WORDS || b.len() < RUN_WORDS {
        // Thanks and yes are said twice by people, too.
        return false;
    }
    let runs = |words: &[String]| -> std::collections::BTreeSet<String> {
        words.windows(RUN_WORDS).map(|run| run.join(" ")).collect()
    };
    let (a, b) = (runs(&a), runs(&b));
    let shared = a.intersection(&b).count();
    shared * 10 >= a.union(&b).count() * 9
}

/// `help+12.token@shop.example` is `help@shop.example`.
#[must_use]
pub fn without_tag(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let base = local.split('+').next().unwrap_or(local);
    format!("{base}@{domain}")
}

fn within(what: &str, count: i64, budget: i64) -> Result<(), String> {
    if count < budget {
        Ok(())
    } else {
        Err(format!("budget: {count} automatic messages {what}, {budget} allowed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            recipient: "ana@example.org".into(),
            last_inbound: Some(AutoClass::Human),
            ..Facts::default()
        }
    }

    #[test]
    fn a_person_gets_an_answer() {
        assert_eq!(may_send(&facts(), &[], &Budgets::default()), Ok(()));
    }

    #[test]
    fn no_machine_ever_gets_one() {
        for class in [AutoClass::AutoReplied, AutoClass::AutoGenerated, AutoClass::Bounce, AutoClass::List] {
            assert!(
                may_send(&Facts { last_inbound: Some(class), ..facts() }, &[], &Budgets::default()).is_err()
            );
        }
    }

    #[test]
    fn our_own_address_and_no_reply_addresses_get_none() {
        let own = ["help@shop.example".to_owned()];
        for address in [
            "help@shop.example",
            "help+12.0123@shop.example",
            "noreply@x.example",
            "mailer-daemon@x.example",
            "bounce-77@x.example",
            "nonsense",
        ] {
            assert!(
                may_send(&Facts { recipient: address.into(), ..facts() }, &own, &Budgets::default()).is_err(),
                "{address}"
            );
        }
    }

    #[test]
    fn two_answers_in_a_row_end_a_conversation_that_no_person_of_ours_has_joined() {
        assert_eq!(may_send(&Facts { turns: 1, ..facts() }, &[], &Budgets::default()), Ok(()));
        assert!(may_send(&Facts { turns: 2, ..facts() }, &[], &Budgets::default()).is_err());
        assert!(may_send(&Facts { repeats: true, ..facts() }, &[], &Budgets::default()).is_err());
    }

    #[test]
    fn h37_who_may_be_forged_is_answered_once_a_day_and_who_is_forged_never() {
        let says = |sender_auth, to_address_day| {
            may_send(&Facts { sender_auth, to_address_day, ..facts() }, &[], &Budgets::default())
        };
        assert_eq!(says(SenderAuth::None, 0), Ok(()));
        assert!(says(SenderAuth::None, 1).unwrap_err().contains("does not vouch"));
        assert!(says(SenderAuth::Fail, 0).unwrap_err().contains("forged sender"));
        for trusted in [SenderAuth::Pass, SenderAuth::Unchecked] {
            assert_eq!(says(trusted, 1), Ok(()));
        }
    }

    #[test]
    fn a_text_that_differs_in_a_number_only_is_the_same() {
        let first = "Your ticket 4711 was received on 3 May. We will answer soon.";
        assert!(is_near_identical(first, "Your ticket 4712 was received on 4 May. We will answer  soon."));
        assert!(!is_near_identical(first, "My chair is broken. Can you send a new one to my office?"));
        assert!(!is_near_identical("Danke!", "Danke!"));
        assert!(!is_near_identical("", ""));
    }

    #[test]
    fn machines_are_told_by_their_local_part_and_people_are_not() {
        for address in [
            "noreply@x.example",
            "shop-noreply@x.example",
            "do.not.reply@x.example",
            "bounces+77=a@x.example",
            "calendar-notification@x.example",
            "newsletter@x.example",
            "root@srv.example",
            "list-request@x.example",
            "nicht-antworten@x.example",
            "no_reply_shop@x.example",
        ] {
            assert!(is_robot_address(address), "{address}");
        }
        for address in [
            "anna.noreplyer@x.example",
            "info@x.example",
            "support@x.example",
            "auto@haus.example",
            "newsome@x.example",
            "r.root@x.example",
            "marketing@x.example",
            "system.admin@x.example",
        ] {
            assert!(!is_robot_address(address), "{address}");
        }
    }

    #[test]
    fn the_second_automatic_message_on_a_ticket_is_kept_back() {
        assert!(may_send(&Facts { on_ticket_day: 1, ..facts() }, &[], &Budgets::default()).is_err());
        let notice = Facts { on_ticket_day: 1, proactive: true, consent: true, ..facts() };
        assert_eq!(
            may_send(&notice, &[], &Budgets::default()),
            Ok(()),
            "a notice has the address's budget only"
        );
    }
}
