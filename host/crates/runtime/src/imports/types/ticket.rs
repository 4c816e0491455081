//! A ticket, field by field. Metadata is open; subject, custom fields and history need a grant.

use domain::grant::FieldClass;
use domain::message::Direction;
use domain::ticket::Ticket as Case;
use wasmtime::component::Resource;

use super::{Guarded, Read, message_handle, ms, seen};
use crate::bindings::kulanz::plugin::types::{Contact, HostTicket, Message, Ticket};
use crate::state::State;

impl State {
    fn ticket<T>(&mut self, handle: &Resource<Ticket>, read: impl FnOnce(&Case) -> T) -> Read<T> {
        self.meter.read()?;
        Ok(read(&self.view(handle.rep())?.ticket))
    }

    fn guarded_ticket<T>(
        &mut self,
        handle: &Resource<Ticket>,
        class: FieldClass,
        read: impl FnOnce(&Case) -> T,
    ) -> Guarded<T> {
        match self.may_read(class) {
            Ok(()) => self.ticket(handle, read).map(Ok),
            Err(denied) => self.meter.read().map(|()| Err(denied)),
        }
    }
}

impl HostTicket for State {
    fn id(&mut self, t: Resource<Ticket>) -> Read<String> {
        self.ticket(&t, |t| t.id.to_string())
    }

    fn number(&mut self, t: Resource<Ticket>) -> Read<u64> {
        self.ticket(&t, |t| u64::try_from(t.number).unwrap_or(0))
    }

    fn status(&mut self, t: Resource<Ticket>) -> Read<String> {
        self.ticket(&t, |t| t.status.clone())
    }

    fn status_category(&mut self, t: Resource<Ticket>) -> Read<String> {
        self.ticket(&t, |t| t.status_category.as_str().to_owned())
    }

    fn priority(&mut self, t: Resource<Ticket>) -> Read<String> {
        self.ticket(&t, |t| t.priority.as_str().to_owned())
    }

    fn channel(&mut self, t: Resource<Ticket>) -> Read<String> {
        self.ticket(&t, |t| t.channel.as_str().to_owned())
    }

    fn language(&mut self, t: Resource<Ticket>) -> Read<Option<String>> {
        self.ticket(&t, |t| t.language.clone())
    }

    fn category(&mut self, t: Resource<Ticket>) -> Read<Option<String>> {
        self.ticket(&t, |t| t.category.clone())
    }

    fn team(&mut self, t: Resource<Ticket>) -> Read<Option<String>> {
        self.ticket(&t, |t| t.team.clone())
    }

    fn assignee(&mut self, t: Resource<Ticket>) -> Read<Option<String>> {
        self.ticket(&t, |t| t.assignee.clone())
    }

    fn tags(&mut self, t: Resource<Ticket>) -> Read<Vec<String>> {
        self.ticket(&t, |t| t.tags.iter().cloned().collect())
    }

    fn created_at_ms(&mut self, t: Resource<Ticket>) -> Read<u64> {
        self.ticket(&t, |t| ms(t.created_at))
    }

    fn last_customer_message_at_ms(&mut self, t: Resource<Ticket>) -> Read<Option<u64>> {
        self.ticket(&t, |t| t.last_customer_message_at.map(ms))
    }

    fn last_reply_at_ms(&mut self, t: Resource<Ticket>) -> Read<Option<u64>> {
        self.ticket(&t, |t| t.last_reply_at.map(ms))
    }

    fn solved_at_ms(&mut self, t: Resource<Ticket>) -> Read<Option<u64>> {
        self.ticket(&t, |t| t.solved_at.map(ms))
    }

    fn subject(&mut self, t: Resource<Ticket>) -> Guarded<String> {
        self.guarded_ticket(&t, FieldClass::Subject, |t| t.subject.clone())
    }

    fn custom(&mut self, t: Resource<Ticket>, key: String) -> Guarded<Option<String>> {
        self.guarded_ticket(&t, FieldClass::Custom, |t| t.custom.get(&key).cloned())
    }

    fn custom_fields(&mut self, t: Resource<Ticket>) -> Guarded<Vec<(String, String)>> {
        self.guarded_ticket(&t, FieldClass::Custom, |t| {
            t.custom.iter().map(|(k, v)| (k.clone(), v.clone())).collect()
        })
    }

    fn requester(&mut self, t: Resource<Ticket>) -> Read<Option<Resource<Contact>>> {
        self.meter.read()?;
        let known = self.view(t.rep())?.requester.is_some();
        Ok(known.then(|| Resource::new_own(t.rep())))
    }

    fn last_inbound(&mut self, t: Resource<Ticket>) -> Read<Option<Resource<Message>>> {
        self.meter.read()?;
        let place =
            seen(&self.view(t.rep())?.messages).iter().rposition(|m| m.direction == Direction::Inbound);
        Ok(place.map(|place| message_handle(t.rep(), place)))
    }

    fn messages(&mut self, t: Resource<Ticket>) -> Guarded<Vec<Resource<Message>>> {
        self.meter.read()?;
        if let Err(denied) = self.may_read(FieldClass::History) {
            return Ok(Err(denied));
        }
        let count = seen(&self.view(t.rep())?.messages).len();
        Ok(Ok((0..count).map(|place| message_handle(t.rep(), place)).collect()))
    }

    fn drop(&mut self, _: Resource<Ticket>) -> Read<()> {
        Ok(())
    }
}
