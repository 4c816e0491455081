//! `kulanz __compile`: one component from stdin, its compiled form to stdout, in a process of its own with
//! limits of its own. Reads no configuration and opens nothing.

use std::io::{Read, Write};

use anyhow::Context;
use runtime::{COMPONENT_BYTES_MAX, Runtime};

/// Address space of the compiler, bytes: a Python component of 40 MB takes about a third of it.
const ADDRESS_SPACE_BYTES_MAX: u64 = 8 << 30;
/// Processor time of the compiler over all threads, seconds. The server ends the child by the clock; this
/// ends it also when the server is gone.
const CPU_S_MAX: u64 = 480;

/// How far the compiler stands back behind the server: it gets a tenth where both want the processor.
const NICENESS: i32 = 10;

pub(super) fn run() -> anyhow::Result<()> {
    limit_this_process();
    let mut component = Vec::new();
    // One byte more than allowed is enough to be refused as too large.
    let most = COMPONENT_BYTES_MAX as u64 + 1;
    std::io::stdin().lock().take(most).read_to_end(&mut component).context("reading the component")?;
    let compiled = Runtime::compile(&component).context("compiling")?;
    let mut out = std::io::stdout().lock();
    out.write_all(&compiled).and_then(|()| out.flush()).context("writing the compiled form")
}

/// Before the first byte of a stranger's component is looked at.
#[cfg(unix)]
fn limit_this_process() {
    use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};
    // Tickets come first: compiling takes what they leave.
    if let Err(error) = nice(NICENESS) {
        super::screen::complain(&format!("the compiler runs beside tickets as their equal: {error}"));
    }
    let limits = [
        (Resource::As, ADDRESS_SPACE_BYTES_MAX),
        (Resource::Cpu, CPU_S_MAX),
        // A crash must not leave a core file as large as its memory.
        (Resource::Core, 0),
    ];
    for (resource, most) in limits {
        let most = getrlimit(resource).maximum.map_or(most, |allowed| allowed.min(most));
        if let Err(error) = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }) {
            super::screen::complain(&format!("{resource:?} could not be limited: {error}"));
        }
    }
}

#[cfg(not(unix))]
fn limit_this_process() {}
