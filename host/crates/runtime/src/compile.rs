//! Turns components into machine code, one at a time and off every hot path: in this process or in a
//! child that can be killed. Compile time is the author's to spend, so it has a limit of its own.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::sync::Semaphore;
use wasmtime::Engine;

use crate::engine::{Compiler, RuntimeError};
use crate::tame::tame;

/// Wall-clock limit of one compilation, seconds: a Python component takes 17 s of an idle core, and the child stands
/// back behind everything else. Its processor time is limited by itself.
const COMPILE_S_MAX: u64 = 600;
/// How much of a failing child's words is passed on, bytes.
const STDERR_BYTES_MAX: usize = 400;

/// Compiles one component at a time.
#[derive(Debug)]
pub(crate) struct Workshop {
    compiler: Compiler,
    bench: Semaphore,
}

impl Workshop {
    /// A workshop with one bench: two big compilations at once would starve the runs.
    pub(crate) fn new(compiler: Compiler) -> Self {
        Self { compiler, bench: Semaphore::new(1) }
    }

    /// The machine code of a component.
    pub(crate) async fn compile(&self, engine: &Engine, wasm: &[u8]) -> Result<Vec<u8>, RuntimeError> {
        let _bench = self
            .bench
            .acquire()
            .await
            .map_err(|_| RuntimeError::Compile("the house is shutting down".to_owned()))?;
        match &self.compiler {
            Compiler::InProcess => {
                let (engine, wasm) = (engine.clone(), wasm.to_vec());
                tokio::task::spawn_blocking(move || here(&engine, &wasm))
                    .await
                    .map_err(|error| RuntimeError::Compile(format!("the compiler gave up: {error}")))?
            }
            Compiler::Child { program, args } => {
                let mut command = Command::new(program);
                command.args(args);
                match tokio::time::timeout(Duration::from_secs(COMPILE_S_MAX), child(command, wasm)).await {
                    Ok(result) => result,
                    Err(_) => Err(RuntimeError::Compile(format!(
                        "it took longer than {COMPILE_S_MAX} s; make the plugin smaller"
                    ))),
                }
            }
        }
    }
}

/// Compiles in this process.
pub(crate) fn here(engine: &Engine, wasm: &[u8]) -> Result<Vec<u8>, RuntimeError> {
    engine
        .precompile_component(wasm)
        .map_err(|error| RuntimeError::Compile(tame(format!("{error:#}"), 2 * STDERR_BYTES_MAX)))
}

/// Feeds the child and collects what it makes; dropped, it kills the child.
async fn child(mut command: Command, wasm: &[u8]) -> Result<Vec<u8>, RuntimeError> {
    let failed = |error: std::io::Error| {
        RuntimeError::Compile(format!("the compiling process does not work: {error}"))
    };
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let stdin = child.stdin.take();
    let feed = async move {
        if let Some(mut stdin) = stdin {
            // A child that stops reading says why on its stderr and by its exit code.
            let _ = stdin.write_all(wasm).await;
            let _ = stdin.shutdown().await;
        }
    };
    let ((), output) = tokio::join!(feed, child.wait_with_output());
    let output = output.map_err(failed)?;
    if output.status.success() && !output.stdout.is_empty() {
        return Ok(output.stdout);
    }
    let words = tame(String::from_utf8_lossy(&output.stderr).trim().to_owned(), STDERR_BYTES_MAX);
    let why = match (output.status.code(), words.is_empty()) {
        // Killed: by its own limits on memory and processor time, by us, or by a machine without memory.
        (None, _) => format!("{words}; it needs more memory or time than a plugin gets: make it smaller"),
        (Some(_), true) => "it says nothing".to_owned(),
        (Some(_), false) => words,
    };
    Err(RuntimeError::Compile(format!("the compiling process ended with {}: {why}", output.status)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_the_child_writes_is_the_code() {
        let echo = Workshop::new(Compiler::Child { program: "cat".into(), args: vec![] });
        let wasm = vec![42_u8; 300_000];
        assert_eq!(echo.compile(&Engine::default(), &wasm).await.unwrap(), wasm);
    }

    #[tokio::test]
    async fn a_child_that_fails_is_quoted() {
        let script = "cat >/dev/null; echo no room >&2; exit 3";
        let failing =
            Workshop::new(Compiler::Child { program: "sh".into(), args: vec!["-c".into(), script.into()] });
        let error = failing.compile(&Engine::default(), b"x").await.unwrap_err().to_string();
        assert!(error.contains("no room") && error.contains('3'), "{error}");
    }

    #[tokio::test]
    async fn a_child_that_was_killed_says_what_to_do() {
        let script = "cat >/dev/null; kill -XCPU $$";
        let killed =
            Workshop::new(Compiler::Child { program: "sh".into(), args: vec!["-c".into(), script.into()] });
        let error = killed.compile(&Engine::default(), b"x").await.unwrap_err().to_string();
        assert!(error.contains("signal") && error.contains("make it smaller"), "{error}");
    }

    #[tokio::test]
    async fn a_child_that_does_not_exist_is_a_sentence() {
        let none = Workshop::new(Compiler::Child { program: "/nonexistent/compiler".into(), args: vec![] });
        let error = none.compile(&Engine::default(), b"x").await.unwrap_err().to_string();
        assert!(error.contains("does not work"), "{error}");
    }
}
