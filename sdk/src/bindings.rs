//! Generated from `wit/v0_1`. The imports are generated once; each hook's world reuses them, so that a
//! plugin exporting one hook neither exports nor imports anything of the others.
#![allow(
    unsafe_code,
    missing_docs,
    clippy::all,
    reason = "generated: lifting and lowering of values across the border"
)]

wit_bindgen::generate!({
    path: "../wit/v0_1",
    world: "imports",
    generate_all,
});

/// Bindings of one hook's world.
macro_rules! hook {
    ($name:ident, $world:literal, $macro_name:literal, $module:literal) => {
        pub mod $name {
            wit_bindgen::generate!({
                path: "../wit/v0_1",
                world: $world,
                pub_export_macro: true,
                export_macro_name: $macro_name,
                default_bindings_module: $module,
                with: {
                    "kulanz:plugin/types@0.1.0": crate::bindings::kulanz::plugin::types,
                    "kulanz:plugin/effects@0.1.0": crate::bindings::kulanz::plugin::effects,
                    "kulanz:plugin/log@0.1.0": crate::bindings::kulanz::plugin::log,
                    "kulanz:plugin/config@0.1.0": crate::bindings::kulanz::plugin::config,
                    "kulanz:plugin/kv@0.1.0": crate::bindings::kulanz::plugin::kv,
                    "kulanz:plugin/tickets@0.1.0": crate::bindings::kulanz::plugin::tickets,
                    "kulanz:plugin/knowledge@0.1.0": crate::bindings::kulanz::plugin::knowledge,
                    "kulanz:plugin/embed@0.1.0": crate::bindings::kulanz::plugin::embed,
                    "kulanz:plugin/clock@0.1.0": crate::bindings::kulanz::plugin::clock,
                    "kulanz:plugin/random@0.1.0": crate::bindings::kulanz::plugin::random,
                    "kulanz:plugin/http@0.1.0": crate::bindings::kulanz::plugin::http,
                },
            });
        }
    };
}

hook!(redaction, "redaction-plugin", "export_redaction", "kulanz_sdk::bindings::redaction");
hook!(triage, "triage-plugin", "export_triage", "kulanz_sdk::bindings::triage");
hook!(answering, "answering-plugin", "export_answering", "kulanz_sdk::bindings::answering");
hook!(notification, "notification-plugin", "export_notification", "kulanz_sdk::bindings::notification");
hook!(events, "events-plugin", "export_events", "kulanz_sdk::bindings::events");
hook!(schedule, "schedule-plugin", "export_schedule", "kulanz_sdk::bindings::schedule");
