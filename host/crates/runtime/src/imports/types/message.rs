//! A message, field by field. Who wrote when and which way is open; subject, text and file names need a grant.

use domain::grant::FieldClass;
use domain::message::Message as Letter;
use wasmtime::component::Resource;

use super::{Guarded, MESSAGE_BITS, Read, ms, seen};
use crate::bindings::kulanz::plugin::types::{HostMessage, Message};
use crate::state::{State, stray};

impl State {
    fn message<T>(&mut self, handle: &Resource<Message>, read: impl FnOnce(&Letter) -> T) -> Read<T> {
        self.meter.read()?;
        let (view, place) = (handle.rep() >> MESSAGE_BITS, handle.rep() & ((1 << MESSAGE_BITS) - 1));
        seen(&self.view(view)?.messages).get(place as usize).map(read).ok_or_else(|| stray("message"))
    }

    fn guarded_message<T>(
        &mut self,
        handle: &Resource<Message>,
        class: FieldClass,
        read: impl FnOnce(&Letter) -> T,
    ) -> Guarded<T> {
        match self.may_read(class) {
            Ok(()) => self.message(handle, read).map(Ok),
            Err(denied) => self.meter.read().map(|()| Err(denied)),
        }
    }
}

impl HostMessage for State {
    fn id(&mut self, m: Resource<Message>) -> Read<String> {
        self.message(&m, |m| m.id.to_string())
    }

    fn direction(&mut self, m: Resource<Message>) -> Read<String> {
        self.message(&m, |m| m.direction.as_str().to_owned())
    }

    fn author_kind(&mut self, m: Resource<Message>) -> Read<String> {
        self.message(&m, |m| m.author.kind.as_str().to_owned())
    }

    fn auto_class(&mut self, m: Resource<Message>) -> Read<String> {
        self.message(&m, |m| m.auto_class.as_str().to_owned())
    }

    fn automatic(&mut self, m: Resource<Message>) -> Read<bool> {
        self.message(&m, |m| m.automatic)
    }

    fn public(&mut self, m: Resource<Message>) -> Read<bool> {
        self.message(&m, |m| m.public)
    }

    fn language(&mut self, m: Resource<Message>) -> Read<Option<String>> {
        self.message(&m, |m| m.language.clone())
    }

    fn created_at_ms(&mut self, m: Resource<Message>) -> Read<u64> {
        self.message(&m, |m| ms(m.created_at))
    }

    fn subject(&mut self, m: Resource<Message>) -> Guarded<String> {
        self.guarded_message(&m, FieldClass::Subject, |m| m.subject.clone())
    }

    fn text(&mut self, m: Resource<Message>) -> Guarded<String> {
        self.guarded_message(&m, FieldClass::Text, |m| m.text.clone())
    }

    fn reply_text(&mut self, m: Resource<Message>) -> Guarded<String> {
        self.guarded_message(&m, FieldClass::Text, |m| m.reply_text.clone())
    }

    fn attachment_names(&mut self, m: Resource<Message>) -> Guarded<Vec<String>> {
        self.guarded_message(&m, FieldClass::Text, |m| {
            m.attachments.iter().map(|a| a.file_name.clone()).collect()
        })
    }

    fn drop(&mut self, _: Resource<Message>) -> Read<()> {
        Ok(())
    }
}
