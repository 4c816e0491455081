//! `types`: what the host hands in, read field by field. A handle is a place in the run's own data, so
//! handing out and reading cost no bookkeeping; every read is counted, guarded ones against a grant.

mod message;
mod ticket;

use domain::contact::Contact as Person;
use domain::event::Event as Happening;
use domain::grant::FieldClass;
use domain::redaction::Document as Text;
use domain::snapshot::Firing as Due;
use domain::ticket::CUSTOM;
use domain::{Timestamp, message as letter};
use wasmtime::component::Resource;

use crate::bindings::kulanz::plugin::types::{
    self, Article, Contact, Document, Event, Firing, HostArticle, HostContact, HostDocument, HostEvent,
    HostFiring, Message, PluginError,
};
use crate::call::Input;
use crate::host::FoundArticle;
use crate::state::{State, stray};

/// A read that cannot be denied.
type Read<T> = wasmtime::Result<T>;
/// A read that needs a grant.
type Guarded<T> = wasmtime::Result<Result<T, PluginError>>;

/// Messages of a ticket that plugins see, as the contract says.
const MESSAGES_MAX: usize = 50;
/// Bits of a message handle that hold its place; the rest is the ticket's handle.
const MESSAGE_BITS: u32 = 8;

impl types::Host for State {}

impl State {
    fn contact<T>(&mut self, handle: &Resource<Contact>, read: impl FnOnce(&Person) -> T) -> Read<T> {
        self.meter.read()?;
        self.view(handle.rep())?.requester.as_ref().map(read).ok_or_else(|| stray("contact"))
    }

    fn guarded_contact<T>(
        &mut self,
        handle: &Resource<Contact>,
        class: FieldClass,
        read: impl FnOnce(&Person) -> T,
    ) -> Guarded<T> {
        match self.may_read(class) {
            Ok(()) => self.contact(handle, read).map(Ok),
            Err(denied) => self.meter.read().map(|()| Err(denied)),
        }
    }

    fn event<T>(&mut self, read: impl FnOnce(&Happening) -> T) -> Read<T> {
        self.meter.read()?;
        Ok(read(&self.snapshot()?.event))
    }

    fn document<T>(&mut self, read: impl FnOnce(&Text) -> T) -> Read<T> {
        self.meter.read()?;
        match &self.input {
            Input::Redaction(document) => Ok(read(document)),
            Input::Ticket { .. } | Input::Schedule(_) => Err(stray("document")),
        }
    }

    fn firing<T>(&mut self, read: impl FnOnce(&Due) -> T) -> Read<T> {
        self.meter.read()?;
        match &self.input {
            Input::Schedule(firing) => Ok(read(firing)),
            Input::Ticket { .. } | Input::Redaction(_) => Err(stray("firing")),
        }
    }

    fn article<T>(&mut self, handle: &Resource<Article>, read: impl FnOnce(&FoundArticle) -> T) -> Read<T> {
        self.meter.read()?;
        self.articles.get(handle.rep() as usize).map(read).ok_or_else(|| stray("article"))
    }
}

/// Milliseconds since the epoch; times before it do not occur.
fn ms(at: Timestamp) -> u64 {
    u64::try_from(at.0).unwrap_or(0)
}

/// The messages that plugins see: the newest ones.
fn seen(messages: &[letter::Message]) -> &[letter::Message] {
    messages.get(messages.len().saturating_sub(MESSAGES_MAX)..).unwrap_or_default()
}

/// A handle for the message at `place` of the ticket with handle `view`.
fn message_handle(view: u32, place: usize) -> Resource<Message> {
    Resource::new_own((view << MESSAGE_BITS) | u32::try_from(place).unwrap_or(0))
}

impl HostContact for State {
    fn id(&mut self, c: Resource<Contact>) -> Read<String> {
        self.contact(&c, |c| c.id.to_string())
    }

    fn name(&mut self, c: Resource<Contact>) -> Guarded<Option<String>> {
        self.guarded_contact(&c, FieldClass::ContactName, |c| c.name.clone())
    }

    fn email(&mut self, c: Resource<Contact>) -> Guarded<String> {
        self.guarded_contact(&c, FieldClass::ContactEmail, |c| c.email.clone())
    }

    fn locale(&mut self, c: Resource<Contact>) -> Read<Option<String>> {
        self.contact(&c, |c| c.locale.clone())
    }

    fn time_zone(&mut self, c: Resource<Contact>) -> Read<Option<String>> {
        self.contact(&c, |c| c.time_zone.clone())
    }

    fn verified(&mut self, c: Resource<Contact>) -> Read<bool> {
        self.contact(&c, |c| c.verified)
    }

    fn proactive_consent(&mut self, c: Resource<Contact>) -> Read<bool> {
        self.contact(&c, |c| c.proactive_consent)
    }

    fn drop(&mut self, _: Resource<Contact>) -> Read<()> {
        Ok(())
    }
}

impl HostEvent for State {
    fn id(&mut self, _: Resource<Event>) -> Read<String> {
        self.event(|e| e.id.to_string())
    }

    fn event_type(&mut self, _: Resource<Event>) -> Read<String> {
        self.event(|e| e.kind.as_str().to_owned())
    }

    fn time_ms(&mut self, _: Resource<Event>) -> Read<u64> {
        self.event(|e| ms(e.time))
    }

    fn actor_kind(&mut self, _: Resource<Event>) -> Read<String> {
        self.event(|e| e.actor.kind.as_str().to_owned())
    }

    fn actor_id(&mut self, _: Resource<Event>) -> Read<String> {
        self.event(|e| e.actor.id.clone())
    }

    fn depth(&mut self, _: Resource<Event>) -> Read<u32> {
        self.event(Happening::depth)
    }

    /// Values of custom fields are shown only to those who may read custom fields; that one changed is no secret.
    fn changes(&mut self, _: Resource<Event>) -> Read<Vec<(String, Option<String>, Option<String>)>> {
        let is_custom = |field: &str| field.starts_with(CUSTOM);
        let any_custom = self.snapshot()?.event.changes.iter().any(|c| is_custom(&c.field));
        let shown = any_custom && self.may_read(FieldClass::Custom).is_ok();
        self.event(|e| {
            let hidden = |field: &str| is_custom(field) && !shown;
            let value =
                |field: &str, value: &Option<String>| if hidden(field) { None } else { value.clone() };
            e.changes
                .iter()
                .map(|c| (c.field.clone(), value(&c.field, &c.from), value(&c.field, &c.to)))
                .collect()
        })
    }

    fn data(&mut self, _: Resource<Event>) -> Read<String> {
        self.event(|e| e.data.to_string())
    }

    fn message(&mut self, _: Resource<Event>) -> Read<Option<Resource<Message>>> {
        self.meter.read()?;
        let snapshot = self.snapshot()?;
        let id = snapshot.event.message_id();
        let place = id.and_then(|id| seen(&snapshot.view.messages).iter().position(|m| m.id == id));
        Ok(place.map(|place| message_handle(0, place)))
    }

    fn drop(&mut self, _: Resource<Event>) -> Read<()> {
        Ok(())
    }
}

impl HostDocument for State {
    fn parts(&mut self, _: Resource<Document>) -> Read<u32> {
        self.document(|d| u32::try_from(d.parts.len()).unwrap_or(u32::MAX))
    }

    fn part_name(&mut self, _: Resource<Document>, index: u32) -> Read<String> {
        self.document(|d| d.parts.get(index as usize).map(|p| p.name.clone()).unwrap_or_default())
    }

    fn part_text(&mut self, _: Resource<Document>, index: u32) -> Read<String> {
        self.document(|d| d.parts.get(index as usize).map(|p| p.text.clone()).unwrap_or_default())
    }

    fn language(&mut self, _: Resource<Document>) -> Read<Option<String>> {
        self.document(|d| d.language.clone())
    }

    fn known(&mut self, _: Resource<Document>) -> Read<Vec<String>> {
        self.document(|d| d.known.clone())
    }

    fn drop(&mut self, _: Resource<Document>) -> Read<()> {
        Ok(())
    }
}

impl HostFiring for State {
    fn schedule(&mut self, _: Resource<Firing>) -> Read<String> {
        self.firing(|f| f.schedule.clone())
    }

    fn scheduled_for_ms(&mut self, _: Resource<Firing>) -> Read<u64> {
        self.firing(|f| ms(f.scheduled_for))
    }

    fn fired_at_ms(&mut self, _: Resource<Firing>) -> Read<u64> {
        self.firing(|f| ms(f.fired_at))
    }

    fn missed(&mut self, _: Resource<Firing>) -> Read<u32> {
        self.firing(|f| f.missed)
    }

    fn drop(&mut self, _: Resource<Firing>) -> Read<()> {
        Ok(())
    }
}

impl HostArticle for State {
    fn id(&mut self, a: Resource<Article>) -> Read<String> {
        self.article(&a, |a| a.id.to_string())
    }

    fn key(&mut self, a: Resource<Article>) -> Read<String> {
        self.article(&a, |a| a.key.clone())
    }

    fn locale(&mut self, a: Resource<Article>) -> Read<String> {
        self.article(&a, |a| a.locale.clone())
    }

    fn title(&mut self, a: Resource<Article>) -> Read<String> {
        self.article(&a, |a| a.title.clone())
    }

    fn body(&mut self, a: Resource<Article>) -> Read<String> {
        self.article(&a, |a| a.body.clone())
    }

    fn product(&mut self, a: Resource<Article>) -> Read<Option<String>> {
        self.article(&a, |a| a.product.clone())
    }

    fn score(&mut self, a: Resource<Article>) -> Read<f32> {
        self.article(&a, |a| a.score)
    }

    fn terms(&mut self, a: Resource<Article>) -> Read<Vec<String>> {
        self.article(&a, |a| a.terms.clone())
    }

    fn signals(&mut self, a: Resource<Article>) -> Read<Vec<(String, f32)>> {
        self.article(&a, |a| a.signals.clone())
    }

    fn drop(&mut self, _: Resource<Article>) -> Read<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
