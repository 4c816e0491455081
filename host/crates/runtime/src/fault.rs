//! From what the engine reports to a fault that names the limit or the place, for the author.

use domain::run::Fault;
use wasmtime::{FrameInfo, PoolConcurrencyLimitError, Trap, WasmBacktrace};

use crate::bindings::kulanz::plugin::types::PluginError;
use crate::state::State;
use crate::tame::tame;

/// Longest message of a fault, bytes.
const MESSAGE_BYTES_MAX: usize = 1024;
/// Guest frames named in a message.
const FRAMES_MAX: usize = 4;
/// How the engine says that one transfer was too big; it has no type for it.
const TRANSFER_SIGN: &str = "fuel allocated for hostcalls has been exhausted";

/// What ended a run that the engine stopped.
pub(crate) fn of(error: &wasmtime::Error, state: &mut State, fuel_limit: u64) -> Fault {
    if let Some(hit) = state.meter.take_hit() {
        return hit;
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return Fault::Unavailable { why: "all places in the plugin pool are taken".to_owned() };
    }
    let trap = error.downcast_ref::<Trap>();
    if trap == Some(&Trap::OutOfFuel) {
        return Fault::OutOfFuel { limit: fuel_limit };
    }
    if error.chain().any(|cause| cause.to_string().contains(TRANSFER_SIGN)) {
        return Fault::Transfer { limit_bytes: state.meter.limits().transfer_bytes_max };
    }
    Fault::Trap { message: tame(message(error, trap, state.log.panic()), MESSAGE_BYTES_MAX) }
}

/// A plugin's own error value.
pub(crate) fn refused(error: PluginError) -> Fault {
    let (kind, message, retry_after_s) = match error {
        PluginError::InvalidInput(words) => ("invalid-input", words, None),
        PluginError::Denied(words) => ("denied", words, None),
        PluginError::Retryable(seconds) => ("retryable", format!("try again in {seconds} s"), Some(seconds)),
        PluginError::Unavailable(words) => ("unavailable", words, None),
        PluginError::Internal(words) => ("internal", words, None),
    };
    Fault::Refused { kind: kind.to_owned(), message: tame(message, MESSAGE_BYTES_MAX), retry_after_s }
}

/// The panic's own words if it left any, else the trap; then where in the guest.
fn message(error: &wasmtime::Error, trap: Option<&Trap>, panic: Option<&str>) -> String {
    let what = match (panic, trap) {
        (Some(words), _) => words.to_owned(),
        (None, Some(Trap::StackOverflow)) => "the stack is used up: look for endless recursion".to_owned(),
        (None, Some(Trap::UnreachableCodeReached)) => {
            "a panic or abort without words (unreachable)".to_owned()
        }
        (None, Some(trap)) => trap.to_string(),
        (None, None) => error.root_cause().to_string(),
    };
    let frames = error.downcast_ref::<WasmBacktrace>().map(places).unwrap_or_default();
    if frames.is_empty() { what } else { format!("{what} at {}", frames.join(" < ")) }
}

/// The innermost frames of the author's own code; the language's panic machinery says nothing.
fn places(trace: &WasmBacktrace) -> Vec<String> {
    let all: Vec<String> = trace.frames().iter().map(place).collect();
    let own: Vec<String> = all.iter().filter(|name| !is_machinery(name)).take(FRAMES_MAX).cloned().collect();
    if own.is_empty() { all.into_iter().take(FRAMES_MAX).collect() } else { own }
}

fn place(frame: &FrameInfo) -> String {
    let symbol = frame.symbols().first();
    let name = symbol.and_then(|s| s.name()).or_else(|| frame.func_name());
    let name = name.map_or_else(|| format!("function {}", frame.func_index()), readable);
    match symbol.and_then(|s| Some((s.file()?, s.line()?))) {
        Some((file, line)) => format!("{name} ({file}:{line})"),
        None => name,
    }
}

/// A function's name as its author wrote it: without the compiler's mangling and its hashes. Other names stay.
fn readable(symbol: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(symbol))
}

fn is_machinery(name: &str) -> bool {
    ["std::", "core::", "alloc::", "rust_", "__rust", "<std::", "<core::", "<alloc::", "abort"]
        .iter()
        .any(|p| name.starts_with(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugins_own_error_keeps_its_kind_and_its_pause() {
        assert_eq!(
            refused(PluginError::Retryable(30)),
            Fault::Refused {
                kind: "retryable".into(),
                message: "try again in 30 s".into(),
                retry_after_s: Some(30)
            }
        );
        let Fault::Refused { kind, message, .. } = refused(PluginError::Denied("a\u{1b}b".into())) else {
            panic!("refused")
        };
        assert_eq!((kind.as_str(), message.as_str()), ("denied", "a\u{fffd}b"));
    }

    #[test]
    fn a_mangled_name_is_read_as_its_author_wrote_it() {
        assert_eq!(readable("_RNvCsfLfy6EI15iL_7___rustc12___rust_abort"), "__rustc::__rust_abort");
        assert!(is_machinery(&readable("_RNvCsfLfy6EI15iL_7___rustc12___rust_abort")));
        assert_eq!(readable("_ZN9my_plugin6triage17h0123456789abcdefE"), "my_plugin::triage");
        assert_eq!(readable("kulanz:plugin/triage@0.1.0#triage"), "kulanz:plugin/triage@0.1.0#triage");
    }

    #[test]
    fn the_panic_machinery_is_not_the_place() {
        assert!(is_machinery("core::panicking::panic_fmt") && is_machinery("rust_begin_unwind"));
        assert!(!is_machinery("my_plugin::triage"));
    }
}
