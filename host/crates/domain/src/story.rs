//! A ticket's story: everything that happened, in order, as lines that people and tests read. The
//! why-page, `kulanz explain`, the API and the failing test print the same lines from the same rows.

mod house;
mod print;
mod tongue;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::Timestamp;
use crate::actor::{ActorKind, Names};
use crate::event::{Event, EventType};
use crate::id::{EventId, InstallationId};
use crate::message::{Delivery, Direction, Message};
use crate::missed;
use crate::plugin::{Hook, Phrase, Phrasebook};
use crate::redaction::{Redaction, of_ticket};
use crate::run::{Decision, DecisionStatus, Run};
use crate::ticket::Ticket;

pub use house::GERMAN;
pub use tongue::Tongue;
use tongue::Words;

/// Characters of a message that a story quotes; the whole message stands beside it.
const EXCERPT_CHARS: usize = 95;
/// What stands before runs that make up for what was missed.
const MADE_UP: &str = "automation was switched on again, and plugins were asked after all";

/// Everything a story is told from.
#[derive(Debug, Clone)]
pub struct Material {
    /// The ticket.
    pub ticket: Ticket,
    /// Its events, in sequence.
    pub events: Vec<Event>,
    /// Its messages.
    pub messages: Vec<Message>,
    /// Redactions in them.
    pub redactions: Vec<Redaction>,
    /// Runs for it.
    pub runs: Vec<Run>,
    /// What became of their effects.
    pub decisions: Vec<Decision>,
    /// What the plugins that are installed say, in other languages.
    pub phrases: HashMap<InstallationId, Vec<Phrase>>,
    /// Names of those who act under an id.
    pub names: Names,
    /// Number of the ticket where it goes on, if it was merged.
    pub merged_into: Option<i64>,
    /// The tickets that go on as this one.
    pub took_in: Vec<TookIn>,
}

/// What was said on a ticket that was merged into another one.
#[derive(Debug, Clone)]
pub struct TookIn {
    /// The ticket.
    pub ticket: Ticket,
    /// Its events, in sequence.
    pub events: Vec<Event>,
    /// Its messages.
    pub messages: Vec<Message>,
}

impl Material {
    /// Everything that was said, here and on the tickets that were merged into this one, in order of time.
    #[must_use]
    pub fn thread(&self) -> Vec<(&Ticket, &Message)> {
        let elsewhere = self.took_in.iter().flat_map(|of| of.messages.iter().map(move |m| (&of.ticket, m)));
        let here = self.messages.iter().map(|message| (&self.ticket, message));
        let mut thread: Vec<_> = here.chain(elsewhere).collect();
        thread.sort_by_key(|(_, message)| message.id);
        thread
    }

    /// What plugins say, for readers of that language.
    #[must_use]
    pub fn books(&self, tongue: Tongue) -> Books<'_> {
        let books = self.phrases.iter();
        Books(books.map(|(id, phrases)| (*id, Phrasebook::of(phrases, tongue.tag()))).collect())
    }
}

/// The phrasebooks of all installed plugins.
#[derive(Debug, Default)]
pub struct Books<'m>(HashMap<InstallationId, Phrasebook<'m>>);

impl Books<'_> {
    /// What a plugin said, as the reader reads it.
    #[must_use]
    pub fn tell(&self, by: InstallationId, said: &str) -> String {
        self.0.get(&by).map_or_else(|| said.to_owned(), |book| book.tell(said))
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// Number of the event among the ticket's events; first and last of several like it (`3–6`); empty for
    /// what hangs on an event.
    pub number: String,
    /// `event`, `redaction`, `run` or `decision`.
    pub kind: &'static str,
    /// What, in the words of the design.
    pub what: String,
    /// Particulars.
    pub text: String,
    /// How far to indent: 0 for events, 1 for what hangs on them, 2 for decisions.
    pub level: u8,
}

/// A told story.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Story {
    /// The ticket's number.
    pub number: i64,
    /// Its redacted subject.
    pub subject: String,
    /// Where it stands: status, priority, language, category, team, tags.
    pub standing: String,
    /// Lines in order.
    pub lines: Vec<Line>,
}

impl Story {
    /// Tells the story in English.
    #[must_use]
    pub fn tell(material: &Material) -> Self {
        Self::tell_in(material, Tongue::English)
    }

    /// Tells the story.
    #[must_use]
    pub fn tell_in(material: &Material, tongue: Tongue) -> Self {
        let (words, books) = (tongue.words(), &material.books(tongue));
        let mut lines = Vec::new();
        let mut runs: HashMap<Option<EventId>, Vec<&Run>> = HashMap::new();
        let notes: Vec<(&Event, Vec<EventId>)> = material
            .events
            .iter()
            .map(|event| (event, missed::named(event)))
            .filter(|(_, missed)| !missed.is_empty())
            .collect();
        for run in &material.runs {
            runs.entry(stands_below(run, &notes)).or_default().push(run);
        }
        let mut before: Option<&Event> = None;
        let mut elsewhere = said_elsewhere(material, words).into_iter().peekable();
        for event in &material.events {
            while let Some((_, line)) = elsewhere.next_if(|(when, _)| *when < (event.time, event.id)) {
                lines.push(line);
                before = None;
            }
            if before.is_some_and(|before| continues(before, event))
                && let Some(line) = lines.last_mut().filter(|line: &&mut Line| line.level == 0)
            {
                carry_on(line, event, material, words);
            } else {
                lines.push(event_line(event, material, words));
            }
            before = Some(event);
            let runs = runs.remove(&Some(event.id)).unwrap_or_default();
            let (own, made_up): (Vec<&Run>, Vec<&Run>) =
                runs.into_iter().partition(|run| run.event_id == Some(event.id));
            lines.extend(hanging(event, &own, material, books, words));
            if let Some(first) = made_up.first() {
                lines.push(made_up_line(first.started_at, words));
                lines.extend(hanging(event, &made_up, material, books, words));
            }
        }
        lines.extend(elsewhere.map(|(_, line)| line));
        let ticket = &material.ticket;
        Self {
            number: ticket.number,
            subject: ticket.subject.clone(),
            standing: standing(ticket, words),
            lines,
        }
    }
}

/// The event below which a run stands: the one it was for; where that was missed at first, the note that says so.
fn stands_below(run: &Run, notes: &[(&Event, Vec<EventId>)]) -> Option<EventId> {
    let id = run.event_id?;
    let note = notes.iter().rev().find(|(note, missed)| missed.contains(&id) && note.time < run.started_at);
    Some(note.map_or(id, |(note, _)| note.id))
}

/// Says that what follows makes up for what was missed.
fn made_up_line(at: Timestamp, words: &Words) -> Line {
    Line {
        at,
        number: String::new(),
        kind: "run",
        what: "made up for".to_owned(),
        text: words.tongue.tell(MADE_UP),
        level: 1,
    }
}

/// What was said on the tickets that were merged into this one, by when: lines without a number, since they are none of
/// this ticket's events, each with the number of its ticket.
fn said_elsewhere(material: &Material, words: &Words) -> Vec<((Timestamp, EventId), Line)> {
    let mut said = Vec::new();
    for of in &material.took_in {
        for event in of.events.iter().filter(|event| is_arrival(event.kind)) {
            let (told, number) = (message_text(event, &of.messages, words), of.ticket.number);
            let by = tail(event, material, words);
            let line = Line {
                at: event.time,
                number: String::new(),
                kind: "event",
                what: event.kind.to_string(),
                text: format!("{} {} #{number}{by}", of_ticket(&told, number), words.from_ticket)
                    .trim()
                    .to_owned(),
                level: 0,
            };
            said.push(((event.time, event.id), line));
        }
    }
    said.sort_by_key(|(when, _)| *when);
    said
}

/// What hangs on an event: what was redacted in its message, the runs for it, what became of their effects.
fn hanging(event: &Event, runs: &[&Run], material: &Material, books: &Books<'_>, words: &Words) -> Vec<Line> {
    let arrived = event.message_id().filter(|_| is_arrival(event.kind));
    let mut redactions = arrived.map(|id| redaction_lines(event, id, material, words)).unwrap_or_default();
    let found_late = found_late(event);
    let mut lines = Vec::new();
    for run in runs {
        lines.push(run_line(run, found_late.unwrap_or(redactions.len()), books, words));
        if run.hook == Hook::Redaction {
            lines.append(&mut redactions);
        }
        lines.extend(
            material
                .decisions
                .iter()
                .filter(|d| d.run_id == run.id)
                .map(|d| decision_line(d, &material.names, books, words)),
        );
    }
    // Redacted by somebody whose run is not kept any more.
    lines.splice(0..0, redactions);
    lines
}

/// Whether an event only goes on with the one before it: the same happened by the same actor for the same
/// reason.
fn continues(before: &Event, event: &Event) -> bool {
    let alike = matches!(event.kind, EventType::TicketFieldChanged | EventType::TicketTagged);
    alike && before.kind == event.kind && before.actor == event.actor && before.cause == event.cause
}

fn carry_on(line: &mut Line, event: &Event, material: &Material, words: &Words) {
    let first = line.number.split('–').next().unwrap_or("").to_owned();
    line.number = format!("{first}–{}", event.sequence);
    let tail = tail(event, material, words);
    let so_far = line.text.strip_suffix(tail.as_str()).unwrap_or(&line.text);
    let more = what_changed(event, material, words);
    // That words were erased is said once.
    let is_said = so_far == more && more == words.erased;
    let told = if is_said { more } else { format!("{so_far}, {more}") };
    line.text = format!("{told}{tail}");
}

/// Whether a message came into being: what was redacted in it belongs here, whoever wrote it.
const fn is_arrival(kind: EventType) -> bool {
    matches!(kind, EventType::MessageReceived | EventType::MessageCreated | EventType::MessageNoteAdded)
}

/// How many values were taken out of a message that was stored already: they stand with the message's arrival.
fn found_late(event: &Event) -> Option<usize> {
    let values = event.data.get("values").filter(|_| event.kind == EventType::MessageRedacted)?;
    usize::try_from(values.as_u64()?).ok()
}

fn standing(ticket: &Ticket, words: &Words) -> String {
    let mut out = format!("{} · {}", ticket.status, ticket.priority);
    for (name, value) in [
        (words.language, &ticket.language),
        (words.category, &ticket.category),
        (words.team, &ticket.team),
        (words.assignee, &ticket.assignee),
    ] {
        if let Some(value) = value {
            let _ = write!(out, " · {name} {value}");
        }
    }
    if !ticket.tags.is_empty() {
        let _ =
            write!(out, " · {} {}", words.tags, ticket.tags.iter().cloned().collect::<Vec<_>>().join(", "));
    }
    for (key, value) in &ticket.custom {
        let _ = write!(out, " · {key} {value}");
    }
    out
}

fn event_line(event: &Event, material: &Material, words: &Words) -> Line {
    let text = format!("{}{}", what_changed(event, material, words), tail(event, material, words));
    Line {
        at: event.time,
        number: event.sequence.to_string(),
        kind: "event",
        what: event.kind.to_string(),
        text: text.trim().to_owned(),
        level: 0,
    }
}

fn what_changed(event: &Event, material: &Material, words: &Words) -> String {
    match event.kind {
        EventType::TicketCreated => {
            format!("#{} {} {}", material.ticket.number, words.through, material.ticket.channel)
        }
        EventType::TicketFieldChanged => {
            or_erased(event.changes.iter().map(change).collect::<Vec<_>>().join(", "), words)
        }
        EventType::TicketTagged | EventType::TicketUntagged => {
            or_erased(data_text(event, "tag").to_owned(), words)
        }
        EventType::TicketEscalated
        | EventType::MessageHeld
        | EventType::MessageRedacted
        | EventType::MessageSuppressed
        | EventType::MessageFailed
        | EventType::AutomationStopped => {
            words.tongue.tell(&[data_text(event, "reason"), data_text(event, "why")].concat())
        }
        EventType::MessageReceived | EventType::MessageCreated | EventType::MessageNoteAdded => {
            message_text(event, &material.messages, words)
        }
        EventType::TicketMerged
        | EventType::TicketTookIn
        | EventType::TicketUnmerged
        | EventType::TicketLetGo => other_ticket(event),
        EventType::AnswerRated => rating(event, words).to_owned(),
        EventType::TimerDue => data_text(event, "key").to_owned(),
        EventType::MessageSent => words.to_the_customer.to_owned(),
        EventType::ScheduleFired
        | EventType::ScheduleSkipped
        | EventType::PluginQuarantined
        | EventType::PluginRecovered
        | EventType::PluginRolledBack
        | EventType::IntakeHeld => data_text(event, "schedule").to_owned(),
    }
}

/// What stood in an event that is nothing without it; of one that was erased, or is too old, that something did.
fn or_erased(told: String, words: &Words) -> String {
    if told.is_empty() { words.erased.to_owned() } else { told }
}

/// The other ticket of a merge; nothing where its words were erased.
fn other_ticket(event: &Event) -> String {
    let number = event.data.get("number").and_then(serde_json::Value::as_i64);
    number.map(|number| format!("#{number}")).unwrap_or_default()
}

fn rating<'w>(event: &Event, words: &'w Words) -> &'w str {
    match event.data.get("helped").and_then(serde_json::Value::as_bool) {
        Some(true) => words.helped,
        Some(false) => words.not_helped,
        None => "",
    }
}

/// A change in few words; what was empty before is not mentioned.
fn change(change: &crate::event::Change) -> String {
    let to = change.to.as_deref().unwrap_or("–");
    match &change.from {
        Some(from) => format!("{}: {from} → {to}", change.field),
        None => format!("{} = {to}", change.field),
    }
}

/// Who did it and because of what.
fn tail(event: &Event, material: &Material, words: &Words) -> String {
    let mut text = String::new();
    let told = matches!(event.actor.kind, ActorKind::Plugin | ActorKind::Agent | ActorKind::Api);
    if told {
        let _ = write!(text, "  {} {} {}", words.by, event.actor.kind, material.names.who(&event.actor));
    }
    if let Some(cause) = event.cause.and_then(|c| material.events.iter().find(|e| e.id == c.event_id)) {
        let _ = write!(text, "  {} {}", words.because_of, cause.sequence);
    }
    text.trim_end().to_owned()
}

fn data_text<'a>(event: &'a Event, key: &str) -> &'a str {
    event.data.get(key).and_then(|v| v.as_str()).unwrap_or("")
}

fn message_text(event: &Event, messages: &[Message], words: &Words) -> String {
    let Some(message) = event.message_id().and_then(|id| messages.iter().find(|m| m.id == id)) else {
        return String::new();
    };
    let mut out = format!("“{}”", excerpt(&message.reply_text, EXCERPT_CHARS));
    if message.direction == Direction::Inbound {
        let _ = match data_text(event, "auto_reason") {
            "" => write!(out, " ({})", message.auto_class),
            why => write!(out, " ({}: {})", message.auto_class, words.tongue.tell(why)),
        };
    }
    for attachment in &message.attachments {
        let _ = write!(out, " +{} ({})", attachment.file_name, words.tongue.size(attachment.size_bytes));
    }
    if message.direction == Direction::Outbound && message.delivery != Delivery::None {
        let _ = write!(out, " [{}]", message.delivery);
    }
    out
}

/// The beginning of a text on one line.
#[must_use]
pub fn excerpt(text: &str, chars: usize) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= chars {
        flat
    } else {
        let cut: String = flat.chars().take(chars).collect();
        // Between words, unless the last word alone is most of it.
        let whole = cut.rsplit_once(' ').map(|(whole, _)| whole).filter(|whole| whole.len() * 2 > cut.len());
        format!("{} …", whole.unwrap_or(&cut))
    }
}

/// One line for each placeholder in each part, with the surest rule.
fn redaction_lines(
    event: &Event,
    message: crate::id::MessageId,
    material: &Material,
    words: &Words,
) -> Vec<Line> {
    let mut best: Vec<&Redaction> = Vec::new();
    for redaction in material.redactions.iter().filter(|r| r.message_id == message) {
        let same = |r: &&mut &Redaction| r.placeholder == redaction.placeholder && r.part == redaction.part;
        match best.iter_mut().find(same) {
            Some(known) if known.score < redaction.score => *known = redaction,
            Some(_) => {}
            None => best.push(redaction),
        }
    }
    let line = |r: &Redaction| Line {
        at: event.time,
        number: String::new(),
        kind: "redaction",
        what: "redacted".to_owned(),
        text: format!(
            "{} {} {}, {} {}, {:.0} %",
            r.placeholder,
            words.within,
            r.part,
            words.rule,
            r.rule,
            r.score * 100.0
        ),
        level: 2,
    };
    best.into_iter().map(line).collect()
}

fn run_line(run: &Run, redacted: usize, books: &Books<'_>, words: &Words) -> Line {
    let mut text = match (&run.fault, &run.verdict) {
        (Some(fault), _) => {
            let fault = fault.told(|said| books.tell(run.installation_id, said));
            words.tongue.tell(&format!("fault {}: {}", fault.code(), fault.hint()))
        }
        // What was found counts twice what stands there twice, and what the sender's name gave away.
        (None, Some(verdict)) if run.hook == Hook::Redaction => {
            format!("{}: {redacted} {}", verdict.word, words.redacted)
        }
        (None, Some(verdict)) => {
            format!("{}: {}", verdict.word, books.tell(run.installation_id, &verdict.why))
        }
        (None, None) => String::new(),
    };
    let _ = write!(text, "  ({} {}, {} {})", run.plugin_version, run.mode, thousands(run.fuel), words.fuel);
    Line {
        at: run.started_at,
        number: String::new(),
        kind: "run",
        what: format!("run {}", run.plugin_id),
        text,
        level: 1,
    }
}

fn thousands(n: i64) -> String {
    if n >= 1_000_000 {
        format!("{}M", n / 1_000_000)
    } else if n >= 1_000 {
        format!("{}k", n / 1_000)
    } else {
        n.to_string()
    }
}

fn decision_line(decision: &Decision, names: &Names, books: &Books<'_>, words: &Words) -> Line {
    let mut text = effect_text(&decision.effect, words);
    if !decision.basis.reason.is_empty() {
        let _ = write!(text, " — {}", books.tell(decision.installation_id, &decision.basis.reason));
    }
    let _ = write!(text, " ({:.0} %)", decision.basis.confidence * 100.0);
    if decision.status != DecisionStatus::Applied || !decision.reason.is_empty() {
        let why = match decision.reason.as_str() {
            "" => decision.status.as_str().to_owned(),
            reason => names.tell(&words.tongue.tell(reason)),
        };
        let _ = write!(text, " [{why}]");
    }
    Line {
        at: decision.decided_at,
        number: String::new(),
        kind: "decision",
        what: decision.status.to_string(),
        text,
        level: 2,
    }
}

/// An effect in few words, in English: as `plugin test` and its cases write it.
#[must_use]
pub fn describe(effect: &crate::effect::Effect) -> String {
    describe_in(effect, Tongue::English)
}

/// An effect in few words.
#[must_use]
pub fn describe_in(effect: &crate::effect::Effect, tongue: Tongue) -> String {
    effect_text(effect, tongue.words())
}

fn effect_text(effect: &crate::effect::Effect, words: &Words) -> String {
    use crate::effect::Effect;
    match effect {
        Effect::SetField { field, value } => format!("{field} = {value}"),
        Effect::AddTag { tag } => format!("+{tag}"),
        Effect::RemoveTag { tag } => format!("-{tag}"),
        Effect::Reply { article, .. } => article
            .as_ref()
            .map_or_else(|| words.reply.to_owned(), |article| format!("{} {article}", words.reply_from)),
        Effect::Note { .. } => words.note.to_owned(),
        Effect::Notify { subject, .. } => format!("{} “{subject}”", words.notify),
        Effect::Escalate { team } => team
            .as_ref()
            .map_or_else(|| words.escalate.to_owned(), |team| format!("{} {team}", words.escalate_to)),
        Effect::SetTimer { key, after_s } => format!("{} {key} in {after_s} s", words.timer),
    }
}
