//! A case as people write it: lines `key: value` about the ticket and the outside, `---`, the customer's text,
//! `---`, and everything that comes of it. Owns the list of keys; runs nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::article::Signals;
use domain::event::Change;
use domain::grant::{Grant, Grants};
use domain::id::{ArticleId, ContactId, CountingIds, MessageId, TicketId};
use domain::message::Direction;
use domain::plugin::Hook;
use domain::redaction::Document;
use domain::snapshot::{Firing, Snapshot, TicketView};
use domain::ticket::Channel;
use domain::work::{blank_message, blank_ticket};
use domain::{Actor, ActorKind, Refusal, Timestamp};
use runtime::{FoundArticle, HttpResponse, Input};

use super::script::{Exchange, Script};
use crate::sample;

/// Number of the ticket unless the case says otherwise.
const NUMBER: i64 = 1042;
/// Most runs of one case.
const TIMES_MAX: u32 = 10;

/// One case.
#[derive(Debug, Clone)]
pub(in crate::cli::plugin) struct Case {
    base: sample::Case,
    locale: Option<String>,
    time_zone: Option<String>,
    verified: bool,
    consent: bool,
    before: Vec<(Direction, ActorKind, String)>,
    actor: Option<ActorKind>,
    changes: Vec<Change>,
    data: Option<serde_json::Value>,
    known: Vec<String>,
    missed: u32,
    denied: Vec<Grant>,
    /// The outside.
    pub(super) script: Script,
    /// How often it is run; what was kept is there for the next time.
    pub(super) times: u32,
}

/// The parts of a case's file.
pub(super) struct Parts<'t> {
    pub(super) head: &'t str,
    pub(super) text: &'t str,
    pub(super) want: &'t str,
}

/// Splits a file at its `---` lines. Schedules have no text: with one `---` only, there is none.
pub(super) fn parts(file: &str) -> Result<Parts<'_>, String> {
    let mut all = file.splitn(3, "---\n");
    match (all.next(), all.next(), all.next()) {
        (Some(head), Some(text), Some(want)) => Ok(Parts { head, text, want }),
        _ => {
            Err("it has no two lines `---`: ticket, text and what comes of it are parted by them".to_owned())
        }
    }
}

impl Case {
    /// Reads head and text.
    pub(super) fn read(parts: &Parts<'_>) -> Result<Self, String> {
        let mut case = Self {
            base: sample::Case { number: NUMBER, text: parts.text.to_owned(), ..sample::Case::default() },
            locale: None,
            time_zone: None,
            verified: false,
            consent: true,
            before: Vec::new(),
            actor: None,
            changes: Vec::new(),
            data: None,
            known: Vec::new(),
            missed: 0,
            denied: Vec::new(),
            script: Script::default(),
            times: 1,
        };
        let lines: Vec<(&str, &str)> = parts
            .head
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
            .map(|line| line.split_once(':').ok_or_else(|| format!("`{line}` is no `key: value`")))
            .collect::<Result<_, _>>()?;
        // Times are told from `now`, wherever that stands.
        let (now, rest): (Vec<_>, Vec<_>) = lines.into_iter().partition(|(key, _)| key.trim() == "now");
        for (key, value) in now.into_iter().chain(rest) {
            let value = value.trim();
            let known = case.ticket_line(key.trim(), value)? || case.outside_line(key.trim(), value)?;
            if !known {
                return Err(format!("a case has no key `{}`", key.trim()));
            }
        }
        Ok(case)
    }

    /// A line about the ticket, its customer, its event.
    fn ticket_line(&mut self, key: &str, value: &str) -> Result<bool, String> {
        let base = &mut self.base;
        let text = || Some(value.to_owned());
        match key {
            "hook" => base.hook = Some(value.parse().map_err(sentence)?),
            "event" => base.event = value.parse().map_err(sentence)?,
            "number" => base.number = value.parse().map_err(|_| format!("`{value}` is no number"))?,
            "subject" => value.clone_into(&mut base.subject),
            "email" => value.clone_into(&mut base.email),
            "name" => base.name = text(),
            "locale" => self.locale = text(),
            "time_zone" => self.time_zone = text(),
            "verified" => self.verified = yes(value)?,
            "consent" => self.consent = yes(value)?,
            "channel" => base.channel = value.parse().map_err(sentence)?,
            "language" => base.language = text(),
            "auto_class" => base.auto_class = value.parse().map_err(sentence)?,
            "status" => base.status = value.parse().map_err(sentence)?,
            "priority" => base.priority = value.parse().map_err(sentence)?,
            "category" => base.category = text(),
            "team" => base.team = text(),
            "tag" => _ = base.tags.insert(value.to_owned()),
            "custom" => {
                let (key, value) = pair(value, '=')?;
                base.custom.insert(key, value);
            }
            "before" => {
                let mut columns = value.splitn(3, " | ");
                let direction = columns.next().unwrap_or_default().parse().map_err(sentence)?;
                let author = columns.next().unwrap_or("contact").parse().map_err(sentence)?;
                self.before.push((direction, author, unescaped(columns.next().unwrap_or("…"))));
            }
            "actor" => self.actor = Some(value.parse().map_err(sentence)?),
            "change" => self.changes.push(change(value)?),
            "data" => self.data = Some(serde_json::from_str(value).map_err(|e| format!("data: {e}"))?),
            "known" => self.known.push(value.to_owned()),
            "schedule" => value.clone_into(&mut base.schedule),
            "missed" => self.missed = value.parse().map_err(|_| format!("`{value}` is no number"))?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// A line about the installation and the outside.
    fn outside_line(&mut self, key: &str, value: &str) -> Result<bool, String> {
        match key {
            "now" => self.base.now = value.parse().map_err(sentence)?,
            "settings" => {
                self.base.settings = serde_json::from_str(value).map_err(|e| format!("settings: {e}"))?;
            }
            "deny" => self.denied.push(value.parse().map_err(sentence)?),
            "kv" => {
                let (key, value) = pair(value, '=')?;
                self.script.kv.insert(key, value.into_bytes());
            }
            "hit" => self.script.hits.push(hit(value, self.script.hits.len(), self.base.now)?),
            "ticket" => self.script.tickets.push(other_ticket(value, self.base.now)?),
            "http" => self.script.http.push(exchange(value)?),
            "header" => {
                let (name, value) = header(value)?;
                self.script.compare_header(name, value)?;
            }
            "times" => {
                let times = value.parse().ok().filter(|n| (1..=TIMES_MAX).contains(n));
                self.times = times.ok_or_else(|| format!("times is a number from 1 to {TIMES_MAX}"))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The ticket and what happened to it, without the outside.
    pub(super) const fn sample(&self) -> &sample::Case {
        &self.base
    }

    /// When it happens.
    pub(super) const fn now(&self) -> Timestamp {
        self.base.now
    }

    /// Settings laid over the plugin's defaults.
    pub(super) const fn settings(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.base.settings
    }

    /// What is granted: all that the plugin asks for, but what the case denies.
    pub(super) fn grants(&self, requested: Grants) -> Grants {
        Grants(requested.0.into_iter().filter(|grant| !self.denied.contains(grant)).collect())
    }

    /// What the hook is handed.
    pub(super) fn input(&self, hook: Hook) -> Input {
        match hook {
            Hook::Redaction => Input::Redaction(Arc::new(self.document())),
            Hook::Triage | Hook::Answering | Hook::Notification | Hook::Events => {
                Input::Ticket { hook, snapshot: Arc::new(self.snapshot()) }
            }
            Hook::Schedule => Input::Schedule(Firing {
                schedule: self.base.schedule.clone(),
                scheduled_for: self.base.now,
                fired_at: self.base.now,
                missed: self.missed,
            }),
        }
    }

    /// The text that a redaction hook searches.
    pub(super) fn document(&self) -> Document {
        let mut document = self.base.document();
        document.known.extend(self.known.iter().cloned());
        document
    }

    fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.base.snapshot();
        snapshot.event.changes.clone_from(&self.changes);
        if let Some(kind) = self.actor {
            snapshot.event.actor = Actor::new(kind, "case");
        }
        if let Some(data) = &self.data {
            snapshot.event.data = data.clone();
        }
        if let Some(requester) = &mut snapshot.view.requester {
            requester.locale.clone_from(&self.locale);
            requester.time_zone.clone_from(&self.time_zone);
            requester.verified = self.verified;
            requester.proactive_consent = self.consent;
        }
        let ids = CountingIds::default();
        let earlier = self.base.now.plus(-domain::clock::HOUR_MS);
        let before = self.before.iter().map(|(direction, author, text)| {
            let author = Actor::new(*author, "before");
            let id = MessageId::mint(&ids, earlier);
            let mut message = blank_message(id, snapshot.view.ticket.id, *direction, author, earlier);
            message.text.clone_from(text);
            message.reply_text.clone_from(text);
            message
        });
        let all: Vec<_> = before.chain(snapshot.view.messages.clone()).collect();
        snapshot.view.messages = all;
        snapshot
    }
}

fn sentence(refusal: Refusal) -> String {
    refusal.sentence
}

fn yes(value: &str) -> Result<bool, String> {
    match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(format!("`{value}`: say yes or no")),
    }
}

fn pair(value: &str, by: char) -> Result<(String, String), String> {
    let (key, value) = value.split_once(by).ok_or_else(|| format!("`{value}` has no `{by}`"))?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n")
}

fn change(value: &str) -> Result<Change, String> {
    let columns: Vec<&str> = value.split('|').map(str::trim).collect();
    let [field, from, to] = columns.as_slice() else {
        return Err("change is `field | before | after`; leave a place empty for no value".to_owned());
    };
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok(Change { field: (*field).to_owned(), from: given(from), to: given(to) })
}

fn hit(value: &str, place: usize, now: Timestamp) -> Result<FoundArticle, String> {
    let columns: Vec<&str> = value.splitn(5, " | ").collect();
    let [key, locale, score, title, body] = columns.as_slice() else {
        return Err("hit is `key | locale | score | title | body`".to_owned());
    };
    let score: f32 = score.parse().map_err(|_| format!("`{score}` is no score from 0 to 1"))?;
    Ok(FoundArticle {
        id: ArticleId(id_at(now, place)),
        key: (*key).to_owned(),
        locale: (*locale).to_owned(),
        title: (*title).to_owned(),
        body: unescaped(body),
        product: None,
        score,
        terms: Vec::new(),
        signals: Signals::all_saying(score).named(),
    })
}

fn exchange(value: &str) -> Result<Exchange, String> {
    let wrong = || "http is `GET https://host/path | 200 | body`".to_owned();
    let mut columns = value.splitn(3, " | ");
    let (method, url) = columns.next().and_then(|c| c.split_once(' ')).ok_or_else(wrong)?;
    let status = columns.next().and_then(|c| c.trim().parse().ok()).ok_or_else(wrong)?;
    let body = unescaped(columns.next().unwrap_or_default()).into_bytes();
    let answer = HttpResponse { status, headers: Vec::new(), body };
    Ok(Exchange { method: method.to_owned(), url: url.to_owned(), answer, headers: BTreeMap::new() })
}

/// A header's name in small letters, and the value that it must have; none: it must not be there.
fn header(value: &str) -> Result<(String, Option<String>), String> {
    let wrong = || "header is `name = value`; leave the value empty for one that must not be sent".to_owned();
    let (name, value) = pair(value, '=').map_err(|_| wrong())?;
    let is_name =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !is_name {
        return Err(wrong());
    }
    Ok((name.to_ascii_lowercase(), (!value.is_empty()).then_some(value)))
}

/// Ids of other things than the case's own ticket; equal on every run.
fn id_at(now: Timestamp, place: usize) -> ulid::Ulid {
    /// Beyond what a case's own ticket and messages use.
    const FIRST: u128 = 1 << 32;
    ulid::Ulid::from_parts(u64::try_from(now.0).unwrap_or(0), FIRST + place as u128)
}

/// Another ticket: `number=11 status=pending customer=4d`, times as days, hours or minutes before now.
fn other_ticket(line: &str, now: Timestamp) -> Result<TicketView, String> {
    let number = line.split_whitespace().find_map(|word| word.strip_prefix("number=")?.parse::<i64>().ok());
    let number = number.ok_or("ticket needs its number, as in `number=11 status=pending`")?;
    let place = usize::try_from(number).map_err(|_| "a ticket's number is above 0".to_owned())?;
    let requester_id = ContactId(id_at(now, place));
    let mut ticket = blank_ticket(TicketId(id_at(now, place)), number, requester_id, Channel::Email, now);
    let mut contact = domain::contact::Contact {
        id: requester_id,
        name: None,
        email: format!("customer-{number}@customer.example"),
        locale: None,
        time_zone: None,
        verified: false,
        proactive_consent: true,
        created_at: now,
    };
    for word in line.split_whitespace() {
        let (key, value) = pair(word, '=')?;
        match key.as_str() {
            "number" => {}
            "status" => {
                ticket.status_category = value.parse().map_err(sentence)?;
                ticket.status = value;
            }
            "priority" => ticket.priority = value.parse().map_err(sentence)?,
            "category" => ticket.category = Some(value),
            "language" => ticket.language = Some(value),
            "team" => ticket.team = Some(value),
            "tag" => _ = ticket.tags.insert(value),
            "created" => ticket.created_at = ago(&value, now)?,
            "customer" => ticket.last_customer_message_at = Some(ago(&value, now)?),
            "reply" => ticket.last_reply_at = Some(ago(&value, now)?),
            "solved" => ticket.solved_at = Some(ago(&value, now)?),
            "name" => contact.name = Some(value),
            "email" => contact.email = value,
            "locale" => contact.locale = Some(value),
            "consent" => contact.proactive_consent = yes(&value)?,
            "verified" => contact.verified = yes(&value)?,
            other => return Err(format!("a ticket has no `{other}`")),
        }
    }
    Ok(TicketView { ticket, requester: Some(contact), messages: Vec::new() })
}

fn ago(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let unit = match text.bytes().last() {
        Some(b'd') => domain::clock::DAY_MS,
        Some(b'h') => domain::clock::HOUR_MS,
        Some(b'm') => domain::clock::MINUTE_MS,
        _ => 0,
    };
    let number = text.get(..text.len().saturating_sub(1)).and_then(|n| n.parse::<i64>().ok());
    match (number, unit) {
        (Some(number), 1..) => Ok(now.plus(-number.saturating_mul(unit))),
        _ => Err(format!("`{text}` is no time: write 4d, 3h or 20m before now")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(head: &str) -> Result<Case, String> {
        Case::read(&Parts { head, text: "Hello\n-- \nAna\n", want: "" })
    }

    #[test]
    fn a_head_becomes_the_ticket_that_it_describes() {
        let case = case(
            "hook: triage\nsubject: Hi: there\nname: Ana\nlocale: de-AT\nverified: yes\ntag: vip\ntag: angry\ncustom: order=17\nbefore: outbound | plugin | Hi\nchange: status | open | solved\nactor: agent\n",
        )
        .unwrap();
        let Input::Ticket { hook: Hook::Triage, snapshot } = case.input(Hook::Triage) else { panic!("hook") };
        let (ticket, requester) = (&snapshot.view.ticket, snapshot.view.requester.as_ref().unwrap());
        assert_eq!((ticket.number, ticket.subject.as_str()), (NUMBER, "Hi: there"));
        assert_eq!(ticket.tags.iter().map(String::as_str).collect::<Vec<_>>(), ["angry", "vip"]);
        assert_eq!((requester.locale.as_deref(), requester.verified), (Some("de-AT"), true));
        assert_eq!(snapshot.view.messages.len(), 2);
        assert_eq!(snapshot.view.messages[0].direction, Direction::Outbound);
        assert_eq!(snapshot.event.message_id(), Some(snapshot.view.messages[1].id));
        assert_eq!(snapshot.event.actor.kind, ActorKind::Agent);
        assert_eq!(snapshot.event.changes[0].to.as_deref(), Some("solved"));
    }

    #[test]
    fn times_are_told_from_now_wherever_that_stands() {
        let case = case("ticket: number=11 status=pending customer=4d\nnow: 2026-06-01T00:00:00Z\n").unwrap();
        let silent = case.script.tickets[0].ticket.last_customer_message_at.unwrap();
        assert_eq!(silent.to_string(), "2026-05-28T00:00:00.000Z");
    }

    #[test]
    fn what_a_case_denies_is_not_granted() {
        let requested: Grants = ["read:text", "use:kv"].iter().map(|g| g.parse::<Grant>().unwrap()).collect();
        let granted = case("deny: use:kv\n").unwrap().grants(requested);
        assert_eq!(granted.0.iter().map(ToString::to_string).collect::<Vec<_>>(), ["read:text"]);
    }

    #[test]
    fn headers_belong_to_the_request_above_them() {
        let case = case(
            "http: GET https://a.example/x | 200\nheader: Authorization = Basic YTpi==\nhttp: GET https://a.example/y | 200\nheader: cookie =\n",
        )
        .unwrap();
        let named: Vec<Vec<(&str, &[String])>> = case
            .script
            .http
            .iter()
            .map(|exchange| {
                exchange.headers.iter().map(|(name, values)| (name.as_str(), values.as_slice())).collect()
            })
            .collect();
        let basic = ["Basic YTpi==".to_owned()];
        let none: &[String] = &[];
        assert_eq!(named, [vec![("authorization", basic.as_slice())], vec![("cookie", none)]]);
    }

    #[test]
    fn slips_are_named() {
        for (head, named) in [
            ("sbject: x\n", "no key `sbject`"),
            ("subject\n", "`subject` is no `key: value`"),
            ("hit: a | b\n", "key | locale | score"),
            ("http: x\n", "GET https://"),
            ("header: a = b\n", "below the `http` line"),
            ("http: GET https://a.example/ | 200\nheader: Accept: a=b\n", "name = value"),
            ("http: GET https://a.example/ | 200\nheader: a =\nheader: a = b\n", "with a value and without"),
            ("ticket: status=open\n", "number"),
            ("ticket: number=1 customer=4w\n", "4d, 3h or 20m"),
            ("times: 99\n", "1 to 10"),
            ("verified: maybe\n", "yes or no"),
            ("settings: {\n", "settings: "),
        ] {
            let said = case(head).map(|_| ()).unwrap_err();
            assert!(said.contains(named), "{head}: {said}");
        }
    }

    #[test]
    fn a_file_without_its_three_parts_is_refused() {
        assert!(parts("subject: x\n---\ntext\n").is_err());
        let whole = parts("a: b\n---\nt\n---\nw---\n").unwrap();
        assert_eq!((whole.head, whole.text, whole.want), ("a: b\n", "t\n", "w---\n"));
    }
}
