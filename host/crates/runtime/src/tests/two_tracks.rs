//! Two tracks of the contract in one house: a made-up 0.2 that breaks with 0.1 is added as a folder, bindings and a
//! border of its own; plugins built for 0.1 run beside it as before. This is how a real 0.2 will come.

use std::pin::Pin;

use domain::plugin::Hook;
use wasmtime::Store;
use wasmtime::component::{HasSelf, Instance, InstancePre, Linker, Resource};

use super::{fixture, guests};
use crate::bindings::kulanz::plugin::types as v0_1;
use crate::call::Input;
use crate::engine::RuntimeOptions;
use crate::hooks::{OWN, Returned, verdict};
use crate::load::Runtime;
use crate::state::State;
use crate::track::{Callable, SERVED, Track, Tracks, V0_1};

#[allow(clippy::all, clippy::pedantic, missing_docs, reason = "generated code")]
mod bindings {
    wasmtime::component::bindgen!({
        path: "src/tests/two_tracks",
        world: "triage-plugin",
        imports: { default: trappable },
        exports: { default: async },
    });
}

use bindings::exports::kulanz::plugin::triage::GuestIndices;
use bindings::kulanz::plugin::{log, types};

/// `kulanz:plugin@0.2.x`, as it might be.
struct V0_2;

const BOTH: Tracks = &[&V0_1, &V0_2];

impl Track for V0_2 {
    fn name(&self) -> &'static str {
        "0.2"
    }

    fn link(&self, linker: &mut Linker<State>) -> wasmtime::Result<()> {
        types::add_to_linker::<State, HasSelf<State>>(linker, |s| s)?;
        log::add_to_linker::<State, HasSelf<State>>(linker, |s| s)
    }

    fn find(&self, pre: &InstancePre<State>, _: &[Hook]) -> wasmtime::Result<Box<dyn Callable>> {
        Ok(Box::new(Triage(GuestIndices::new(pre)?)))
    }
}

impl types::Host for State {}

impl types::HostTicket for State {
    fn subject(
        &mut self,
        ticket: Resource<types::Ticket>,
    ) -> wasmtime::Result<Result<String, types::PluginError>> {
        let subject = v0_1::HostTicket::subject(self, Resource::new_borrow(ticket.rep()))?;
        Ok(subject.map_err(newer))
    }

    fn drop(&mut self, _: Resource<types::Ticket>) -> wasmtime::Result<()> {
        Ok(())
    }
}

impl log::Host for State {
    fn write(
        &mut self,
        _: log::Level,
        message: String,
        fields: Vec<(String, String)>,
    ) -> wasmtime::Result<()> {
        self.meter.call()?;
        let fields: String = fields.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        self.log.write("info", message + &fields);
        Ok(())
    }
}

fn newer(error: v0_1::PluginError) -> types::PluginError {
    match error {
        v0_1::PluginError::Denied(words) => types::PluginError { kind: types::Kind::Denied, words },
        other => types::PluginError { kind: types::Kind::Internal, words: format!("{other:?}") },
    }
}

struct Triage(GuestIndices);

impl Callable for Triage {
    fn fits(&self, input: &Input) -> bool {
        input.hook() == Hook::Triage
    }

    fn call<'a>(
        &'a self,
        _: Hook,
        store: &'a mut Store<State>,
        instance: &'a Instance,
    ) -> Pin<Box<dyn Future<Output = Returned> + Send + 'a>> {
        Box::pin(async move {
            let guest = self.0.load(&mut *store, instance)?;
            let returned = guest.call_triage(store, Resource::new_borrow(OWN)).await?;
            Ok(match returned {
                Ok(said) => Ok(verdict(if said.sorted { "done" } else { "abstained" }, said.why)),
                Err(error) => Err(v0_1::PluginError::Internal(error.words)),
            })
        })
    }
}

fn new_guest() -> Vec<u8> {
    let manifest = guests::manifest("triage", &["read:subject"]);
    guests::with_manifest(
        guests::triage_of_0_2(),
        &manifest.replace("contract = \"0.1\"", "contract = \"0.2\""),
    )
}

fn old_guest() -> Vec<u8> {
    guests::with_manifest(guests::steady(), &guests::manifest("triage", &["effect:add-tag"]))
}

fn house(tracks: Tracks) -> Runtime {
    Runtime::serving(tracks, RuntimeOptions { slots: 2, ..RuntimeOptions::default() }).unwrap()
}

#[tokio::test]
async fn plugins_of_both_tracks_run_side_by_side_and_the_old_one_as_before() {
    let house = house(BOTH);
    let (new, old) = (house.load(&new_guest()).await.unwrap(), house.load(&old_guest()).await.unwrap());
    let said = new.run(fixture::call()).await;
    assert_eq!(said.outcome.unwrap().word, "done");
    assert_eq!(said.log[0].message, "Order late vip=because it says so", "converted at the border");
    assert_eq!(said.reads.get(&domain::grant::FieldClass::Subject), Some(&1), "granted and counted as ever");

    let alone = self::house(SERVED).load(&old_guest()).await.unwrap().run(fixture::call()).await;
    let beside = old.run(fixture::call()).await;
    assert_eq!((beside.outcome, beside.proposals, beside.fuel), (alone.outcome, alone.proposals, alone.fuel));
}

#[tokio::test]
async fn what_is_not_granted_is_denied_in_the_words_of_each_track() {
    let call = crate::call::Call { grants: fixture::grants(&[]), ..fixture::call() };
    let said = house(BOTH).load(&new_guest()).await.unwrap().run(call).await;
    assert!(said.outcome.is_err() && said.log[0].message.contains("read:subject"), "{:?}", said.log);
}

#[tokio::test]
async fn a_track_that_is_not_served_is_refused_with_what_is_served() {
    let refused = house(SERVED).load(&new_guest()).await.err().unwrap();
    assert_eq!(refused.code, "contract_mismatch");
    assert!(refused.sentence.contains("@0.2.0") && refused.sentence.contains("serves contract 0.1:"));
    let named = guests::with_manifest(guests::triage_of_0_2(), &guests::manifest("triage", &[]));
    let refused = house(BOTH).load(&named).await.err().unwrap();
    assert!(refused.sentence.contains("names contract 0.1, but the component uses 0.2"), "{refused}");
}
