//! Triage: sorts tickets by what past tickets teach and by words of rules, in German and English, and says
//! which words decided.
//!
//! This file only carries between the host and the pure parts; it knows no rule and no model itself.

pub mod amounts;
pub mod defaults;
pub mod features;
pub mod guess;
pub mod language;
pub mod learn;
pub mod numbers;
pub mod rules;
pub mod sort;
pub mod text;

use kulanz_sdk::prelude::*;
use learn::{Correction, history};
use sort::{Input, Learnt, Settings, Sorted, Why};

/// The plugin.
pub struct TriageByWords;

impl Triage for TriageByWords {
    type Settings = Settings;

    fn triage(
        event: &Event<'_>,
        ticket: &Ticket<'_>,
        settings: Settings,
        out: &mut Effects,
    ) -> Result<Outcome, Error> {
        let Some(message) = event.message().or_else(|| ticket.last_inbound()) else {
            return Ok(Outcome::abstained("there is no message of the customer"));
        };
        if message.direction() != "inbound" {
            return Ok(Outcome::abstained("the message is not the customer's"));
        }
        let subject = message.subject()?;
        let input = Input {
            key: history::key(ticket),
            subject: if subject.trim().is_empty() { ticket.subject()? } else { subject },
            text: message.reply_text()?,
            auto_class: message.auto_class(),
            priority: ticket.priority(),
            category: ticket.category(),
            team: ticket.team(),
            language: ticket.language(),
            tags: ticket.tags(),
            // Without the grant to read custom fields nothing is known to be filled.
            custom: ticket.custom_fields().unwrap_or_default().into_iter().map(|(key, _)| key).collect(),
        };
        let (guess, labels) = guess::of(&input, &settings);
        let learnt = Learnt {
            guess,
            labels,
            like: guess::like(&input, &settings),
            kinds: guess::kinds(&input, &settings),
        };
        let sorted = sort::sort(&input, &settings, &learnt);
        propose(&sorted, ticket, out);
        Ok(match sorted.abstained {
            Some(why) => Outcome::abstained(why),
            None => Outcome::done(sorted.summary),
        })
    }
}

impl Schedule for TriageByWords {
    type Settings = Settings;

    fn fire(firing: &Firing<'_>, settings: Settings, _: &mut Effects) -> Result<String, Error> {
        learn::fire(&settings.learning(), firing.scheduled_for_ms())
    }
}

impl Events for TriageByWords {
    type Settings = Settings;

    fn handle(
        event: &Event<'_>,
        ticket: &Ticket<'_>,
        settings: Settings,
        _: &mut Effects,
    ) -> Result<String, Error> {
        let learning = settings.learning();
        let field = learning.field.name();
        let by = event.actor_kind();
        if by != "agent" && !(by == "api" && settings.learn_from_api) {
            return Ok("only what people correct is learnt".to_owned());
        }
        if !learning.on {
            return Ok("learning is off".to_owned());
        }
        let at_ms = event.time_ms();
        for kind in history::Field::KINDS {
            if let Some(change) = event.change(kind.name()) {
                return match change.to {
                    Some(right) => {
                        let instead_of = change.from;
                        learn::correct_kind(
                            kind,
                            &Correction { ticket, at_ms, right, instead_of, team: None },
                        )
                    }
                    None => learn::took_kind_back(kind, ticket),
                };
            }
        }
        let team = if field == "category" { event.change("team") } else { None };
        let Some(change) = event.change(field) else {
            return match team {
                Some(team) => learn::gave(&learning, ticket, team.to),
                None => Ok(format!("the {field} was not corrected")),
            };
        };
        let Some(right) = change.to else { return learn::took_back(&learning, ticket) };
        let team = team.and_then(|team| team.to);
        learn::correct(&learning, &Correction { ticket, at_ms, right, instead_of: change.from, team })
    }
}

fn propose(sorted: &Sorted, ticket: &Ticket<'_>, out: &mut Effects) {
    let mut on = out.on(ticket);
    for (field, value, why) in &sorted.fields {
        on.set_field(field, value, basis(why));
    }
    for (tag, why) in &sorted.tags {
        on.add_tag(tag, basis(why));
    }
}

fn basis(why: &Why) -> Basis {
    because(why.reason.clone(), why.confidence).evidences(why.evidence.iter().cloned())
}

kulanz_sdk::export!(TriageByWords: triage, schedule, events);
