//! The gate's rules: whether an automatic message may leave. Every line can only say no.
//! Facts come in as values; the budgets behind them are counted in the database.

mod budgets;
mod echo;
mod quiet;
mod robot;

use crate::Timestamp;
use crate::address::{canonical_domain, domain_of, is_address, is_within, without_tag};
use crate::message::{AutoClass, SenderAuth};

pub use budgets::Budgets;
pub use echo::echoes;
pub use quiet::QuietHours;
pub use robot::is_robot_address;

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
    /// Whether the contact may get notices: until they end them.
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
    /// Whether it repeats what was written in the name of an address that has not proved to be theirs.
    pub echoes: bool,
    /// What has become of the article that it quotes, where that is not what it was when the answer was written.
    pub article_lost: Option<&'static str>,
    /// Automatic messages to the address in 24 h.
    pub to_address_day: i64,
    /// Notices to the address in seven days.
    pub notices_week: i64,
    /// Automatic messages to the domain in an hour.
    pub to_domain_hour: i64,
    /// Automatic messages on tickets of this one's inbox in an hour.
    pub of_inbox_hour: i64,
    /// Automatic messages altogether in an hour.
    pub total_hour: i64,
    /// When the quiet hours of the contact end, if it is quiet there now.
    pub quiet_until: Option<Timestamp>,
    /// Domains of the house's own net whose people are answered although the domain is not public; see `private_domains`.
    pub private_domains: Vec<String>,
    /// Whether it has passed once before, or a person let it pass: no budget and no switch stops it then.
    pub let_pass: bool,
}

/// The gate's no, and what comes of the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct No {
    /// The rule, as a sentence for people.
    pub why: String,
    /// What comes of it.
    pub then: Then,
}

/// What comes of a message that may not leave now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It never leaves.
    Never,
    /// Nothing is wrong with it but that there is too much of its kind: a person decides.
    Held,
    /// The gate is asked again then.
    At(Timestamp),
}

/// Whether an automatic message may leave.
///
/// # Errors
/// The rule that says no, and what comes of the message.
pub fn may_send(facts: &Facts, own_addresses: &[String], budgets: &Budgets) -> Result<(), No> {
    let no = |then| move |why| No { why, then };
    may_ever(facts, own_addresses).map_err(no(Then::Never))?;
    if facts.let_pass {
        return Ok(());
    }
    within_correspondence(facts, budgets).map_err(no(Then::Never))?;
    within_house(facts, budgets).map_err(no(Then::Held))?;
    match facts.quiet_until.filter(|_| facts.proactive) {
        Some(until) => {
            let why = format!("quiet hours where the customer lives: it leaves at {until}");
            Err(No { why, then: Then::At(until) })
        }
        None => Ok(()),
    }
}

/// What is wrong with the message itself, whoever wants it to leave.
fn may_ever(facts: &Facts, own_addresses: &[String]) -> Result<(), String> {
    may_address(&facts.recipient, facts.last_inbound, own_addresses, &facts.private_domains)?;
    if facts.suppressed {
        return Err("the address is on the suppression list".to_owned());
    }
    if facts.proactive {
        let allowed = facts.consent.then_some(());
        return allowed.ok_or_else(|| "the contact wants no notices".to_owned());
    }
    if facts.sender_auth == SenderAuth::Fail {
        let why = "forged sender: its domain says that the newest message is not from there (DMARC)";
        return Err(why.to_owned());
    }
    Ok(())
}

/// What ends a loop: how much has been said to this ticket and this address.
fn within_correspondence(facts: &Facts, budgets: &Budgets) -> Result<(), String> {
    // A notice answers nobody, so it cannot begin a loop on its ticket; the address's budgets bound it.
    if facts.proactive {
        within(
            "notices to this address within a week",
            facts.notices_week,
            budgets.notices_per_address_week,
        )?;
    } else {
        within("messages on this ticket within 24 hours", facts.on_ticket_day, budgets.per_ticket_day)?;
        within("messages on this ticket since a person wrote", facts.turns, budgets.turns_max)?;
        if facts.repeats {
            return Err("the newest message repeats an earlier one: a machine seems to write".to_owned());
        }
        if facts.answers_elsewhere {
            return Err("the newest message answers an automatic one of ours from an address that we did not write to: a machine seems to write".to_owned());
        }
        if facts.sender_auth == SenderAuth::None {
            within(
                "messages within 24 hours to this address, whose domain does not vouch for the message",
                facts.to_address_day,
                budgets.per_unproven_address_day,
            )?;
        }
    }
    within("messages to this address within 24 hours", facts.to_address_day, budgets.per_address_day)
}

/// What a person may decide otherwise: a text that might be a stranger's, and a flood's bounds.
fn within_house(facts: &Facts, budgets: &Budgets) -> Result<(), String> {
    if facts.echoes {
        return Err("it repeats a stranger's words or link to an address that is not proved".to_owned());
    }
    if let Some(lost) = facts.article_lost {
        return Err(lost.to_owned());
    }
    if facts.kill_switch {
        return Err("all automation is switched off".to_owned());
    }
    within("messages to this domain within an hour", facts.to_domain_hour, budgets.per_domain_hour)?;
    within("messages from this inbox within an hour", facts.of_inbox_hour, budgets.per_inbox_hour)?;
    within("messages altogether within an hour", facts.total_hour, budgets.total_hour)
}

/// The part of the gate that needs no counting: also asked by policy, so that a plugin's reply to a
/// machine is rejected at once and visibly. The addresses and domains are in their one spelling; `private_domains` brings
/// those of the house's net to it.
///
/// # Errors
/// The rule that says no.
pub fn may_address(
    recipient: &str,
    last_inbound: Option<AutoClass>,
    own_addresses: &[String],
    private_domains: &[String],
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
    if !is_address(recipient) {
        return Err("there is no valid address to write to".to_owned());
    }
    if is_robot_address(recipient) {
        return Err("nobody reads mail to a no-reply address".to_owned());
    }
    if is_own(recipient, own_addresses) {
        return Err("the recipient is one of our own addresses".to_owned());
    }
    if !has_public_domain(recipient) && !is_of_one(recipient, private_domains) {
        return Err("automatic mail goes to public domains only, and the address has none; desk.private_domains names others that are answered".to_owned());
    }
    Ok(())
}

/// Whether an address is one of the house's own, with or without what stands behind a plus.
#[must_use]
pub fn is_own(address: &str, own_addresses: &[String]) -> bool {
    own_addresses.iter().any(|own| own == address || *own == without_tag(address))
}

/// Ends of names that nobody can own in public (RFC 2606, 6761, 6762, 7686, 8375, 9476, and `internal`, which ICANN keeps
/// free), and what machines without a name and nets of houses call themselves. `example` and `test` are let through: who
/// tries things out with them wants to see what happens for real ones.
const PRIVATE_ENDS: &[&str] = &[
    "alt",
    "corp",
    "home",
    "home.arpa",
    "internal",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
];

/// Whether anybody outside of this machine and its net can have this address: its domain is a name with a dot, no
/// number and no address literal.
fn has_public_domain(address: &str) -> bool {
    let domain = domain_of(address).to_lowercase();
    let Some((_, end)) = domain.rsplit_once('.') else { return false };
    !domain.starts_with('[')
        && end.chars().any(char::is_alphabetic)
        && !PRIVATE_ENDS.iter().any(|private| is_within(&domain, private))
}

/// Domains of the house's own net in their one spelling, also where they are written as `*.firma.local`, `.firma.local`
/// or `@firma.local`.
#[must_use]
pub fn private_domains(named: &[String]) -> Vec<String> {
    let domain = |named: &String| canonical_domain(named.trim().trim_start_matches(['*', '.', '@']));
    named.iter().map(domain).filter(|domain| !domain.is_empty()).collect()
}

/// Whether an address is of one of these domains or of one below.
fn is_of_one(address: &str, domains: &[String]) -> bool {
    let domain = domain_of(address).to_lowercase();
    domains.iter().any(|named| is_within(&domain, named))
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

fn within(what: &str, count: i64, budget: i64) -> Result<(), String> {
    if count < budget { Ok(()) } else { Err(format!("budget: {count} automatic {what}, {budget} allowed")) }
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
    fn no_automatic_mail_goes_where_no_name_is_public() {
        for (address, is_public) in [
            ("ana@example.org", true),
            ("ana@shop.example", true),
            ("ana@post.münchen.рф", true),
            ("ana@xn--mnchen-3ya.xn--p1ai", true),
            ("ana@local.example", true),
            ("a@localhost", false),
            ("a@[127.0.0.1]", false),
            ("a@[ipv6:::ffff:127.0.0.1]", false),
            ("a@127.0.0.1", false),
            ("a@printer.local", false),
            ("a@srv.localhost", false),
            ("root@localhost.localdomain", false),
            ("a@mail.internal", false),
            ("a@x.invalid", false),
            // Reserved for trying things out (RFC 6761), like `.example`: there is nobody's net behind it.
            ("a@x.TEST", true),
            ("a@nas.lan", false),
            ("a@mail.firma.corp", false),
            ("a@box.home", false),
            ("a@box.home.arpa", false),
            ("a@e.164.arpa", true),
            ("a@abc.onion", false),
            ("a@x.alt", false),
            ("a@mylan.example", true),
        ] {
            let said = may_address(address, Some(AutoClass::Human), &[], &[]);
            assert_eq!(said.is_ok(), is_public, "{address}: {said:?}");
        }
    }

    #[test]
    fn a_private_domain_that_the_house_names_is_answered_and_no_other() {
        let private_domains =
            ["Firma.local", "müller.internal", "*.laden.lan", ".haus.lan", "@hof.lan", "*", ""];
        let private_domains = super::private_domains(&private_domains.map(str::to_owned));
        for (address, is_answered) in [
            ("ana@firma.local", true),
            ("ana@mail.firma.local", true),
            ("ana@xn--mller-kva.internal", true),
            ("ana@laden.lan", true),
            ("ana@mail.laden.lan", true),
            ("ana@haus.lan", true),
            ("ana@hof.lan", true),
            ("ana@otherfirma.local", false),
            ("ana@otherhof.lan", false),
            ("ana@local", false),
            ("noreply@firma.local", false),
        ] {
            let (recipient, private_domains) = (address.to_owned(), private_domains.clone());
            let said = may_send(&Facts { recipient, private_domains, ..facts() }, &[], &Budgets::default());
            assert_eq!(said.is_ok(), is_answered, "{address}: {said:?}");
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
        assert!(says(SenderAuth::None, 1).unwrap_err().why.contains("does not vouch"));
        assert!(says(SenderAuth::Fail, 0).unwrap_err().why.contains("forged sender"));
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
    fn the_second_automatic_message_on_a_ticket_is_kept_back() {
        assert!(may_send(&Facts { on_ticket_day: 1, ..facts() }, &[], &Budgets::default()).is_err());
        let notice = Facts { on_ticket_day: 1, proactive: true, consent: true, ..facts() };
        assert_eq!(
            may_send(&notice, &[], &Budgets::default()),
            Ok(()),
            "a notice has the address's budget only"
        );
    }

    #[test]
    fn a_loop_ends_for_good_and_a_flood_waits_for_a_person() {
        let then = |facts: Facts| may_send(&facts, &[], &Budgets::default()).map_err(|no| no.then);
        for facts in [
            Facts { on_ticket_day: 1, ..facts() },
            Facts { repeats: true, ..facts() },
            Facts { answers_elsewhere: true, ..facts() },
            Facts { to_address_day: 3, ..facts() },
            Facts { notices_week: 3, proactive: true, consent: true, ..facts() },
            Facts { suppressed: true, total_hour: 1_000, ..facts() },
        ] {
            assert_eq!(then(facts), Err(Then::Never));
        }
        for facts in [
            Facts { to_domain_hour: 10, ..facts() },
            Facts { of_inbox_hour: 100, ..facts() },
            Facts { total_hour: 300, ..facts() },
            Facts { kill_switch: true, ..facts() },
            Facts { echoes: true, ..facts() },
        ] {
            assert_eq!(then(facts.clone()), Err(Then::Held));
            assert_eq!(then(Facts { let_pass: true, ..facts }), Ok(()), "a person let it pass");
        }
    }

    #[test]
    fn a_person_may_let_pass_what_is_too_much_but_not_what_is_wrong() {
        for wrong in [
            Facts { last_inbound: Some(AutoClass::Bounce), ..facts() },
            Facts { suppressed: true, ..facts() },
            Facts { sender_auth: SenderAuth::Fail, ..facts() },
            Facts { recipient: "noreply@x.example".into(), ..facts() },
            Facts { proactive: true, ..facts() },
        ] {
            assert!(may_send(&Facts { let_pass: true, ..wrong }, &[], &Budgets::default()).is_err());
        }
    }

    #[test]
    fn a_notice_waits_for_the_morning_and_an_answer_does_not() {
        let morning = Timestamp(8 * crate::clock::HOUR_MS);
        let night = Facts { quiet_until: Some(morning), consent: true, ..facts() };
        let no = may_send(&Facts { proactive: true, ..night.clone() }, &[], &Budgets::default()).unwrap_err();
        assert_eq!(no.then, Then::At(morning));
        assert_eq!(may_send(&night, &[], &Budgets::default()), Ok(()));
    }
}
