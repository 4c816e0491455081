//! What may be read of what is handed in.

use domain::id::CountingIds;
use wasmtime::component::Resource;

use super::*;
use crate::bindings::kulanz::plugin::types::{HostMessage as _, HostTicket as _};
use crate::call::Call;
use crate::tests::fixture;

fn state(grants: &[&str]) -> State {
    State::new(Call { grants: fixture::grants(grants), ..fixture::call() })
}

#[test]
fn every_guarded_field_is_denied_by_the_name_of_its_grant() {
    let mut s = state(&[]);
    let words = |answer: Result<String, PluginError>| match answer {
        Err(PluginError::Denied(words)) => words,
        other => panic!("denied: {other:?}"),
    };
    assert_eq!(words(ticket_subject(&mut s)), "grant read:subject is missing");
    let message = s.last_inbound(Resource::new_own(0)).unwrap().unwrap().rep();
    assert_eq!(words(s.text(Resource::new_own(message)).unwrap()), "grant read:text is missing");
    assert_eq!(words(s.reply_text(Resource::new_own(message)).unwrap()), "grant read:text is missing");
    assert_eq!(words(s.email(Resource::new_own(0)).unwrap()), "grant read:contact.email is missing");
    assert!(matches!(s.name(Resource::new_own(0)).unwrap(), Err(PluginError::Denied(_))));
    assert!(matches!(s.custom(Resource::new_own(0), "order".into()).unwrap(), Err(PluginError::Denied(_))));
    assert!(matches!(s.custom_fields(Resource::new_own(0)).unwrap(), Err(PluginError::Denied(_))));
    assert!(matches!(s.messages(Resource::new_own(0)).unwrap(), Err(PluginError::Denied(_))));
    assert!(s.remains().reads.is_empty());
}

fn ticket_subject(state: &mut State) -> Result<String, PluginError> {
    crate::bindings::kulanz::plugin::types::HostTicket::subject(state, Resource::new_own(0)).unwrap()
}

#[test]
fn granted_reads_are_counted_per_class() {
    let mut s = state(&["read:subject", "read:text", "read:history", "read:contact.email"]);
    ticket_subject(&mut s).unwrap();
    for message in s.messages(Resource::new_own(0)).unwrap().unwrap() {
        s.text(message).unwrap().unwrap();
    }
    assert_eq!(s.email(Resource::new_own(0)).unwrap().unwrap(), "ana@example.org");
    let reads = s.remains().reads;
    let count = |class| reads.get(&class).copied();
    assert_eq!(count(FieldClass::Subject), Some(1));
    assert_eq!(count(FieldClass::Text), Some(2));
    assert_eq!(count(FieldClass::History), Some(1));
    assert_eq!(count(FieldClass::ContactEmail), Some(1));
}

#[test]
fn the_change_of_a_custom_field_shows_its_values_only_with_the_grant() {
    let changed = |grants: &[&str]| state(grants).changes(Resource::new_own(0)).unwrap().pop().unwrap();
    assert_eq!(changed(&[]), ("custom.iban_tail".to_owned(), None, None));
    assert_eq!(changed(&["read:custom"]).2.as_deref(), Some("4711"));
}

#[test]
fn the_event_leads_to_its_message() {
    let mut s = state(&["read:text"]);
    let message = HostEvent::message(&mut s, Resource::new_own(0)).unwrap().unwrap();
    assert_eq!(s.text(message).unwrap().unwrap(), "This is urgent!");
}

#[test]
fn only_the_newest_fifty_messages_are_seen() {
    let mut snapshot = fixture::snapshot();
    let ids = CountingIds::default();
    snapshot.view.messages =
        (0..60).map(|n| fixture::message(&ids, snapshot.view.ticket.id, &n.to_string())).collect();
    let mut s = State::new(Call { input: fixture::ticket_input(snapshot), ..fixture::call() });
    let mut messages = s.messages(Resource::new_own(0)).unwrap().unwrap();
    assert_eq!(messages.len(), 50);
    assert_eq!(s.text(messages.swap_remove(0)).unwrap().unwrap(), "10");
    let newest = s.last_inbound(Resource::new_own(0)).unwrap().unwrap();
    assert_eq!(s.text(newest).unwrap().unwrap(), "59");
}

#[test]
fn a_handle_that_was_never_given_ends_the_run() {
    let mut s = state(&["read:text"]);
    assert!(ticket_number(&mut s, 9).is_err());
    assert!(s.text(Resource::new_own(49)).is_err());
    assert!(HostDocument::parts(&mut s, Resource::new_own(0)).is_err());
    assert!(HostFiring::schedule(&mut s, Resource::new_own(0)).is_err());
    assert!(HostArticle::title(&mut s, Resource::new_own(0)).is_err());
}

fn ticket_number(state: &mut State, handle: u32) -> wasmtime::Result<u64> {
    state.number(Resource::new_own(handle))
}
