//! Which customers are written to without having asked, and why: reminders, follow-ups, incidents. Pure:
//! tickets as values in, notices out.

use crate::texts::{self, Language, Texts};

/// What an admin can set.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Days without an answer on a pending ticket after which the customer is reminded; 0: never.
    pub reminder_days: u32,
    /// Days after solving after which the customer is asked whether all is well; 0: never.
    pub follow_up_days: u32,
    /// Tickets that are overdue for longer than this are let be: nobody is asked about last year.
    pub window_days: u32,
    /// Language when the customer's is not known: `de` or `en`.
    pub default_language: String,
    /// Who signs; empty: “Ihr Serviceteam” or “Your service team”.
    pub signature: String,
    /// Categories of tickets that get no reminder and no follow-up.
    pub silent_categories: Vec<String>,
    /// The incident to announce.
    pub incident: Incident,
    /// Own texts instead of the built-in ones.
    pub texts: Texts,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            reminder_days: 3,
            follow_up_days: 0,
            window_days: 14,
            default_language: "de".to_owned(),
            signature: String::new(),
            silent_categories: vec!["spam".to_owned()],
            incident: Incident::default(),
            texts: Texts::default(),
        }
    }
}

/// A known incident. Customers whose open tickets have its category or its tag are told once.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Incident {
    /// Whether it is announced at all.
    pub active: bool,
    /// Name; a new name is a new announcement. Empty: the texts are the name.
    pub name: String,
    /// Category of tickets about it.
    pub category: String,
    /// Tag of tickets about it.
    pub tag: String,
    /// Announcement, German.
    pub text_de: String,
    /// Announcement, English.
    pub text_en: String,
    /// Only tickets created within so many hours.
    pub hours: u32,
}

impl Default for Incident {
    fn default() -> Self {
        let empty = String::new;
        Self {
            active: false,
            name: empty(),
            category: "outage".to_owned(),
            tag: empty(),
            text_de: empty(),
            text_en: empty(),
            hours: 48,
        }
    }
}

impl Incident {
    /// What stands for it in keys: lower-case letters and digits of its name, else a digest of its texts.
    #[must_use]
    pub fn key(&self) -> String {
        let name: String = self
            .name
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .take(40)
            .collect();
        if name.trim_matches('-').is_empty() {
            format!("{:016x}", fnv(&[&self.category, &self.tag, &self.text_de, &self.text_en]))
        } else {
            name
        }
    }

    /// Its text in a language; the other one when there is none.
    #[must_use]
    pub fn text(&self, language: Language) -> Option<(Language, &str)> {
        let both = match language {
            Language::German => [(Language::German, &self.text_de), (Language::English, &self.text_en)],
            Language::English => [(Language::English, &self.text_en), (Language::German, &self.text_de)],
        };
        both.into_iter().map(|(l, text)| (l, text.trim())).find(|(_, text)| !text.is_empty())
    }
}

/// FNV-1a: short, stable, no secret.
fn fnv(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What is known of a ticket.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Case {
    /// Id.
    pub id: String,
    /// Number.
    pub number: u64,
    /// Status category.
    pub status_category: String,
    /// Category.
    pub category: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// The customer's language, as far as known.
    pub language: Option<String>,
    /// Created.
    pub created_at_ms: u64,
    /// The customer's newest message.
    pub customer_at_ms: Option<u64>,
    /// Our newest public message.
    pub reply_at_ms: Option<u64>,
    /// Solved.
    pub solved_at_ms: Option<u64>,
    /// Whether there is a requester who agreed to proactive mail; none: no requester.
    pub consent: Option<bool>,
}

/// A message to write.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Ticket.
    pub ticket: String,
    /// Subject line.
    pub subject: String,
    /// Text.
    pub text: String,
    /// Language of the text.
    pub language: Language,
    /// Tag that says that it has been written.
    pub tag: String,
    /// One sentence.
    pub reason: String,
    /// What led to it.
    pub evidence: String,
}

/// Tag of tickets whose customer was reminded.
pub const REMINDED: &str = "reminded";
/// Tag of tickets whose customer was asked after solving.
pub const FOLLOWED_UP: &str = "followed-up";
/// Milliseconds of a day.
pub const DAY_MS: u64 = 24 * HOUR_MS;
/// Milliseconds of an hour.
pub const HOUR_MS: u64 = 3_600_000;

/// Why a ticket gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Passed {
    /// It was written to before.
    ToldBefore,
    /// The customer wants no notices.
    NoConsent,
    /// It is not due, or is about something else.
    NotMeant,
}

/// Whether a pending ticket's customer is reminded.
///
/// # Errors
/// Why not.
pub fn reminder(case: &Case, settings: &Settings, now_ms: u64) -> Result<Notice, Passed> {
    let replied = case
        .reply_at_ms
        .filter(|at| case.customer_at_ms.is_none_or(|customer| customer < *at))
        .ok_or(Passed::NotMeant)?;
    let days =
        days_over(replied, now_ms, settings.reminder_days, settings.window_days).ok_or(Passed::NotMeant)?;
    if case.status_category != "pending" || is_silent(case, settings) {
        return Err(Passed::NotMeant);
    }
    may_write(case, REMINDED)?;
    let language = texts::language(case.language.as_deref(), &settings.default_language);
    let (subject, text) = texts::reminder(language, case.number, days, settings);
    let reason = format!("The ticket has waited for the customer for {}.", in_days(days));
    Ok(notice(
        case,
        (subject, text, language),
        REMINDED,
        (reason, format!("pending, our last message {} ago", in_days(days))),
    ))
}

/// Whether a solved ticket's customer is asked if all is well.
///
/// # Errors
/// Why not.
pub fn follow_up(case: &Case, settings: &Settings, now_ms: u64) -> Result<Notice, Passed> {
    let solved = case.solved_at_ms.ok_or(Passed::NotMeant)?;
    let days =
        days_over(solved, now_ms, settings.follow_up_days, settings.window_days).ok_or(Passed::NotMeant)?;
    if case.status_category != "solved" || is_silent(case, settings) {
        return Err(Passed::NotMeant);
    }
    may_write(case, FOLLOWED_UP)?;
    let language = texts::language(case.language.as_deref(), &settings.default_language);
    let (subject, text) = texts::follow_up(language, case.number, days, settings);
    let reason = format!("The ticket was solved {} ago.", in_days(days));
    Ok(notice(
        case,
        (subject, text, language),
        FOLLOWED_UP,
        (reason, format!("solved {} ago", in_days(days))),
    ))
}

/// Whether an open ticket's customer is told of the incident. Whether that has been done is the caller's
/// to know; the tag is the second line.
///
/// # Errors
/// Why not.
pub fn announcement(case: &Case, settings: &Settings, told: bool, now_ms: u64) -> Result<Notice, Passed> {
    let incident = &settings.incident;
    let by_category =
        !incident.category.is_empty() && case.category.as_deref() == Some(incident.category.as_str());
    let by_tag = !incident.tag.is_empty() && case.tags.contains(&incident.tag);
    let open = matches!(case.status_category.as_str(), "new" | "open" | "pending" | "on_hold");
    let young = now_ms.saturating_sub(case.created_at_ms) <= u64::from(incident.hours) * HOUR_MS;
    if !(open && young && (by_category || by_tag)) {
        return Err(Passed::NotMeant);
    }
    let tag = format!("told:{}", incident.key());
    if told {
        return Err(Passed::ToldBefore);
    }
    may_write(case, &tag)?;
    let language = texts::language(case.language.as_deref(), &settings.default_language);
    let (language, announced) = incident.text(language).ok_or(Passed::NotMeant)?;
    let (subject, text) = texts::announcement(language, case.number, settings, announced);
    let evidence =
        if by_category { format!("category {}", incident.category) } else { format!("tag {}", incident.tag) };
    let reason = format!("The ticket is about the known incident ({evidence}).");
    Ok(notice(case, (subject, text, language), &tag, (reason, evidence)))
}

/// Whole days since, when that is `after` or more and not longer ago than the window reaches.
fn days_over(since_ms: u64, now_ms: u64, after_days: u32, window_days: u32) -> Option<u64> {
    let days = now_ms.checked_sub(since_ms)? / DAY_MS;
    let (after, window) = (u64::from(after_days), u64::from(window_days));
    (after > 0 && days >= after && days < after.saturating_add(window.max(1))).then_some(days)
}

fn is_silent(case: &Case, settings: &Settings) -> bool {
    case.category.as_ref().is_some_and(|category| settings.silent_categories.contains(category))
}

fn may_write(case: &Case, tag: &str) -> Result<(), Passed> {
    if case.tags.iter().any(|t| t == tag) {
        return Err(Passed::ToldBefore);
    }
    // The gate would keep the message back: without asking here, the tag alone would be set.
    if case.consent == Some(true) { Ok(()) } else { Err(Passed::NoConsent) }
}

fn in_days(days: u64) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

fn notice(
    case: &Case,
    (subject, text, language): (String, String, Language),
    tag: &str,
    (reason, evidence): (String, String),
) -> Notice {
    Notice { ticket: case.id.clone(), subject, text, language, tag: tag.to_owned(), reason, evidence }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_000_000_000;

    fn pending() -> Case {
        Case {
            id: "tkt_1".into(),
            number: 7,
            status_category: "pending".into(),
            customer_at_ms: Some(NOW - 5 * DAY_MS),
            reply_at_ms: Some(NOW - 4 * DAY_MS),
            created_at_ms: NOW - 6 * DAY_MS,
            consent: Some(true),
            ..Case::default()
        }
    }

    fn outage() -> Settings {
        let incident =
            Incident { active: true, text_de: "Der Shop ist gestört.".into(), ..Incident::default() };
        Settings { incident, ..Settings::default() }
    }

    #[test]
    fn a_customer_is_reminded_once_and_only_while_it_is_their_turn() {
        let settings = Settings::default();
        assert!(reminder(&pending(), &settings, NOW).is_ok());
        for (case, why) in [
            (Case { tags: vec![REMINDED.into()], ..pending() }, Passed::ToldBefore),
            (Case { consent: Some(false), ..pending() }, Passed::NoConsent),
            (Case { consent: None, ..pending() }, Passed::NoConsent),
            (Case { status_category: "open".into(), ..pending() }, Passed::NotMeant),
            (Case { customer_at_ms: Some(NOW - DAY_MS), ..pending() }, Passed::NotMeant),
            (Case { reply_at_ms: Some(NOW - 2 * DAY_MS), ..pending() }, Passed::NotMeant),
            (
                Case { reply_at_ms: Some(NOW - 17 * DAY_MS), customer_at_ms: None, ..pending() },
                Passed::NotMeant,
            ),
            (Case { reply_at_ms: None, ..pending() }, Passed::NotMeant),
            (Case { reply_at_ms: Some(NOW + DAY_MS), ..pending() }, Passed::NotMeant),
            (Case { category: Some("spam".into()), ..pending() }, Passed::NotMeant),
        ] {
            assert_eq!(reminder(&case, &settings, NOW), Err(why), "{case:?}");
        }
    }

    #[test]
    fn zero_days_switch_a_notice_off() {
        let off = Settings { reminder_days: 0, follow_up_days: 0, ..Settings::default() };
        assert_eq!(reminder(&pending(), &off, NOW), Err(Passed::NotMeant));
        let solved =
            Case { status_category: "solved".into(), solved_at_ms: Some(NOW - 4 * DAY_MS), ..pending() };
        assert_eq!(follow_up(&solved, &off, NOW), Err(Passed::NotMeant));
        let on = Settings { follow_up_days: 4, ..off };
        assert_eq!(follow_up(&solved, &on, NOW).map(|n| n.tag), Ok(FOLLOWED_UP.to_owned()));
        assert_eq!(follow_up(&solved, &on, NOW - 1), Err(Passed::NotMeant), "a millisecond early");
    }

    #[test]
    fn an_incident_reaches_tickets_of_its_category_or_tag_that_were_not_told() {
        let case = Case {
            status_category: "open".into(),
            category: Some("outage".into()),
            created_at_ms: NOW - HOUR_MS,
            ..pending()
        };
        let told = |case: &Case, told| announcement(case, &outage(), told, NOW);
        let tag = told(&case, false).unwrap().tag;
        assert_eq!(told(&case, true), Err(Passed::ToldBefore));
        assert_eq!(told(&Case { tags: vec![tag], ..case.clone() }, false), Err(Passed::ToldBefore));
        for other in [
            Case { category: Some("refund".into()), ..case.clone() },
            Case { category: None, ..case.clone() },
            Case { status_category: "solved".into(), ..case.clone() },
            Case { created_at_ms: NOW - 49 * HOUR_MS, ..case.clone() },
        ] {
            assert_eq!(told(&other, false), Err(Passed::NotMeant), "{other:?}");
        }
        let mut by_tag = outage();
        by_tag.incident.category = String::new();
        by_tag.incident.tag = "payments".into();
        let tagged = Case { tags: vec!["payments".into()], category: None, ..case };
        assert!(announcement(&tagged, &by_tag, false, NOW).is_ok());
    }

    #[test]
    fn a_new_name_or_a_new_text_is_a_new_announcement() {
        let one = Incident { text_de: "A".into(), ..Incident::default() };
        let other = Incident { text_de: "B".into(), ..Incident::default() };
        assert_ne!(one.key(), other.key());
        let named = |name: &str, text: &str| Incident {
            name: name.into(),
            text_de: text.into(),
            ..Incident::default()
        };
        assert_eq!(named("Zahlung 22.11.", "A").key(), "zahlung-22-11-");
        assert_eq!(named("x", "A").key(), named("x", "B").key());
        assert_eq!(named("äöü", "A").key().len(), 16, "nothing of the name is left");
    }

    #[test]
    fn a_missing_language_falls_back_to_the_text_that_is_there() {
        let incident = Incident { text_en: "Payments are down.".into(), ..Incident::default() };
        assert_eq!(incident.text(Language::German), Some((Language::English, "Payments are down.")));
        assert_eq!(Incident::default().text(Language::German), None);
    }
}
