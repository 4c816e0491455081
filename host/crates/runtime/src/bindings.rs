//! What the contract's WIT text means in Rust: generated, never edited, never seen outside this crate.

#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "../../../wit/v0_1",
    world: "plugin",
    // Only what asks the outside world waits: a sync function needs no boxed future per call.
    imports: {
        "kulanz:plugin/kv.get": async | trappable,
        "kulanz:plugin/kv.set": async | trappable,
        "kulanz:plugin/kv.keys": async | trappable,
        "kulanz:plugin/kv.rows": async | trappable,
        "kulanz:plugin/tickets.get": async | trappable,
        "kulanz:plugin/tickets.search": async | trappable,
        "kulanz:plugin/knowledge.search": async | trappable,
        "kulanz:plugin/embed.model": async | trappable,
        "kulanz:plugin/embed.vectors": async | trappable,
        "kulanz:plugin/http.send": async | trappable,
        default: trappable,
    },
    exports: { default: async },
});
