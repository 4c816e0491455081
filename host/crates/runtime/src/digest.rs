//! The digest of everything a run is handed, and its size: one pass over the fields, no text form made.
//!
//! Every type is taken apart without `..`, so a field that is added to the domain cannot be forgotten
//! here: the build stops. Texts are written with their length, so no two inputs share a spelling.

use std::io::Write as _;

use domain::Timestamp;
use domain::actor::{Actor, Cause};
use domain::contact::Contact;
use domain::event::{Change, Event};
use domain::message::{Attachment, Message};
use domain::redaction::{Document, Part};
use domain::snapshot::{Firing, Snapshot, TicketView};
use domain::ticket::Ticket;
use sha2::{Digest as _, Sha256};

use crate::call::{Call, Input};

/// Bytes collected before they are hashed: many short fields, few calls of the hash.
const BUFFER_BYTES: usize = 4096;

/// Digest and size of an input.
pub(crate) struct Fingerprint {
    /// SHA-256, hex.
    pub(crate) hex: String,
    /// Bytes that went into it: what fuel is counted by.
    pub(crate) bytes: u64,
}

/// Reads everything a call hands to the plugin, once.
pub(crate) fn of(call: &Call) -> Fingerprint {
    let mut ink = Ink { hash: Sha256::new(), buffer: Vec::with_capacity(BUFFER_BYTES + 512), bytes: 0 };
    ink.text(call.input.hook().as_str());
    match &call.input {
        Input::Redaction(document) => ink.document(document),
        Input::Ticket { snapshot, .. } => ink.snapshot(snapshot),
        Input::Schedule(firing) => ink.firing(firing),
    }
    ink.text(&call.settings);
    for grant in &call.grants.0 {
        ink.shown(grant);
    }
    ink.number(call.seed);
    ink.time(call.now);
    ink.dry()
}

struct Ink {
    hash: Sha256,
    buffer: Vec<u8>,
    bytes: u64,
}

impl Ink {
    fn dry(mut self) -> Fingerprint {
        self.flush();
        Fingerprint { hex: hex::encode(self.hash.finalize()), bytes: self.bytes }
    }

    fn flush(&mut self) {
        self.bytes += self.buffer.len() as u64;
        self.hash.update(&self.buffer);
        self.buffer.clear();
    }

    fn raw(&mut self, bytes: &[u8]) {
        if self.buffer.len() + bytes.len() > BUFFER_BYTES {
            self.flush();
        }
        if bytes.len() > BUFFER_BYTES {
            self.bytes += bytes.len() as u64;
            self.hash.update(bytes);
        } else {
            self.buffer.extend_from_slice(bytes);
        }
    }

    fn number(&mut self, n: u64) {
        self.raw(&n.to_le_bytes());
    }

    fn signed(&mut self, n: i64) {
        self.raw(&n.to_le_bytes());
    }

    fn flag(&mut self, yes: bool) {
        self.raw(&[u8::from(yes)]);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.raw(text.as_bytes());
    }

    fn time(&mut self, at: Timestamp) {
        self.signed(at.0);
    }

    fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn list<T>(&mut self, items: impl ExactSizeIterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.number(items.len() as u64);
        for item in items {
            write(self, item);
        }
    }

    /// A value by its text form, with its length behind it.
    fn shown(&mut self, value: &dyn std::fmt::Display) {
        let before = self.buffer.len();
        // Writing into memory cannot fail.
        let _ = write!(self.buffer, "{value}");
        let length = self.buffer.len() - before;
        self.number(length as u64);
    }

    fn document(&mut self, document: &Document) {
        let Document { parts, language, known } = document;
        self.list(parts.iter(), |ink, Part { name, text }| {
            ink.text(name);
            ink.text(text);
        });
        self.option(language.as_deref(), Self::text);
        self.list(known.iter(), |ink, name| ink.text(name));
    }

    fn firing(&mut self, firing: &Firing) {
        let Firing { schedule, scheduled_for, fired_at, missed } = firing;
        self.text(schedule);
        self.time(*scheduled_for);
        self.time(*fired_at);
        self.number(u64::from(*missed));
    }

    fn snapshot(&mut self, snapshot: &Snapshot) {
        let Snapshot { event, view } = snapshot;
        self.event(event);
        let TicketView { ticket, requester, messages } = view;
        self.ticket(ticket);
        self.option(requester.as_ref(), Self::contact);
        self.list(messages.iter(), Self::message);
    }

    fn event(&mut self, event: &Event) {
        let Event { id, kind, time, ticket_id, sequence, actor, cause, changes, data } = event;
        self.raw(&id.0.to_bytes());
        self.text(kind.as_str());
        self.time(*time);
        self.option(ticket_id.as_ref(), |ink, id| ink.raw(&id.0.to_bytes()));
        self.signed(*sequence);
        self.actor(actor);
        self.option(cause.as_ref(), |ink, Cause { event_id, run_id, depth }| {
            ink.raw(&event_id.0.to_bytes());
            ink.option(run_id.as_ref(), |ink, id| ink.raw(&id.0.to_bytes()));
            ink.number(u64::from(*depth));
        });
        self.list(changes.iter(), |ink, Change { field, from, to }| {
            ink.text(field);
            ink.option(from.as_deref(), Self::text);
            ink.option(to.as_deref(), Self::text);
        });
        self.shown(data);
    }

    fn actor(&mut self, Actor { kind, id }: &Actor) {
        self.text(kind.as_str());
        self.text(id);
    }

    fn ticket(&mut self, ticket: &Ticket) {
        let Ticket {
            id,
            number,
            subject,
            status,
            status_category,
            priority,
            channel,
            // No plugin sees it.
            inbox: _,
            language,
            category,
            requester_id,
            team,
            assignee,
            tags,
            custom,
            set_by_hand,
            version,
            event_sequence,
            created_at,
            updated_at,
            last_customer_message_at,
            last_reply_at,
            solved_at,
            // No plugin sees it.
            merged_into: _,
        } = ticket;
        self.raw(&id.0.to_bytes());
        self.raw(&requester_id.0.to_bytes());
        for n in [number, version, event_sequence, &created_at.0, &updated_at.0] {
            self.signed(*n);
        }
        for word in [subject.as_str(), status, status_category.as_str(), priority.as_str(), channel.as_str()]
        {
            self.text(word);
        }
        for word in [language, category, team, assignee] {
            self.option(word.as_deref(), Self::text);
        }
        for at in [last_customer_message_at, last_reply_at, solved_at] {
            self.option(*at, Self::time);
        }
        self.list(tags.iter(), |ink, tag| ink.text(tag));
        self.list(set_by_hand.iter(), |ink, field| ink.text(field));
        self.list(custom.iter(), |ink, (key, value)| {
            ink.text(key);
            ink.text(value);
        });
    }

    fn contact(&mut self, contact: &Contact) {
        let Contact { id, name, email, locale, time_zone, verified, proactive_consent, created_at } = contact;
        self.raw(&id.0.to_bytes());
        self.option(name.as_deref(), Self::text);
        self.text(email);
        self.option(locale.as_deref(), Self::text);
        self.option(time_zone.as_deref(), Self::text);
        self.flag(*verified);
        self.flag(*proactive_consent);
        self.time(*created_at);
    }

    fn message(&mut self, message: &Message) {
        let Message {
            id,
            ticket_id,
            direction,
            author,
            public,
            subject,
            text,
            reply_text,
            auto_class,
            // No plugin sees it: what follows from it is in the requester's `verified`.
            sender_auth: _,
            automatic,
            to_address,
            internet_message_id,
            in_reply_to,
            references,
            language,
            delivery,
            delivery_reason,
            // The house's business: which article it quotes, whether it helped, whether it may have arrived, when the
            // gate let it pass.
            article: _,
            helped: _,
            may_have_arrived: _,
            passed_at: _,
            created_at,
            attachments,
        } = message;
        self.raw(&id.0.to_bytes());
        self.raw(&ticket_id.0.to_bytes());
        self.actor(author);
        for word in [direction.as_str(), auto_class.as_str(), delivery.as_str(), subject, text, reply_text] {
            self.text(word);
        }
        self.flag(*public);
        self.flag(*automatic);
        for word in [to_address, internet_message_id, in_reply_to, language, delivery_reason] {
            self.option(word.as_deref(), Self::text);
        }
        self.list(references.iter(), |ink, reference| ink.text(reference));
        self.time(*created_at);
        self.list(attachments.iter(), Self::attachment);
    }

    fn attachment(&mut self, attachment: &Attachment) {
        let Attachment { id, file_name, content_type, size_bytes, sha256 } = attachment;
        self.raw(&id.0.to_bytes());
        for word in [file_name, content_type, sha256] {
            self.text(word);
        }
        self.signed(*size_bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixture;

    #[test]
    fn equal_input_has_an_equal_digest() {
        let (a, b) = (of(&fixture::call()), of(&fixture::call()));
        assert_eq!((a.hex.as_str(), a.bytes), (b.hex.as_str(), b.bytes));
        assert_eq!(a.hex.len(), 64);
    }

    #[test]
    fn one_letter_one_setting_one_grant_or_one_second_changes_it() {
        let base = of(&fixture::call()).hex;
        let mut other_text = fixture::snapshot();
        other_text.view.messages.last_mut().unwrap().text.push('!');
        let changed = [
            Call { input: fixture::ticket_input(other_text), ..fixture::call() },
            Call { settings: "{\"a\":1}".into(), ..fixture::call() },
            Call { grants: std::sync::Arc::default(), ..fixture::call() },
            Call { now: fixture::call().now.plus(1_000), ..fixture::call() },
            Call { seed: 8, ..fixture::call() },
        ];
        for call in changed {
            assert_ne!(of(&call).hex, base);
        }
    }

    #[test]
    fn text_does_not_slide_from_one_field_into_the_next() {
        let document = |name: &str, text: &str| {
            let part = Part { name: name.into(), text: text.into() };
            let document = Document { parts: vec![part], ..Document::default() };
            of(&Call { input: Input::Redaction(document.into()), ..fixture::call() }).hex
        };
        assert_ne!(document("ab", "c"), document("a", "bc"));
    }

    #[test]
    fn a_long_text_counts_with_all_its_bytes() {
        let with = |n: usize| {
            let part = Part { name: "text".into(), text: "x".repeat(n) };
            of(&Call {
                input: Input::Redaction(Document { parts: vec![part], ..Document::default() }.into()),
                ..fixture::call()
            })
            .bytes
        };
        assert_eq!(with(100_000) - with(0), 100_000);
    }
}
