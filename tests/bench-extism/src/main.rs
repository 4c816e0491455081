//! Prints what one call of the small triage costs in Extism: a fresh plugin from compiled code each time,
//! and one plugin called again and again. Same figures, text and rounds as `kulanz bench calls`.

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};
use serde_json::json;

const WARM_UP: usize = 2_000;
const CALLS: usize = 20_000;
const ROUNDS: usize = 20;
/// A deadline, as every call in the house has one.
const TIMEOUT: Duration = Duration::from_secs(5);
const TARGET: &str = "wasm32-unknown-unknown";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let manifest = Manifest::new([Wasm::data(guest()?)]).with_timeout(TIMEOUT);
    let compiled = CompiledPlugin::new(PluginBuilder::new(manifest).with_wasi(false))?;
    let ticket = ticket();
    let mut warm = Plugin::new_from_compiled(&compiled)?;
    let mut fresh_call = || call(&mut Plugin::new_from_compiled(&compiled)?, &ticket);
    let mut warm_call = || call(&mut warm, &ticket);
    let mut figures = [Figures::of("fresh"), Figures::of("warm")];
    for round in 0..=ROUNDS {
        let calls = if round == 0 { WARM_UP } else { CALLS / ROUNDS };
        let [fresh, warm] = &mut figures;
        fresh.measure(calls, round > 0, &mut fresh_call)?;
        warm.measure(calls, round > 0, &mut warm_call)?;
    }
    println!("Extism 1.30.0, small triage, {CALLS} calls each after {WARM_UP} of warm-up, one thread");
    for figures in &mut figures {
        figures.print();
    }
    Ok(())
}

/// Builds the guest beside this program and reads it.
fn guest() -> Outcome<Vec<u8>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = here.join("target/guest");
    let status = Command::new("cargo")
        .current_dir(here)
        .args(["build", "--quiet", "--release", "--package", "bench-extism-guest", "--target", TARGET])
        .arg("--target-dir")
        .arg(&target)
        .status()?;
    if !status.success() {
        return Err(format!("the guest was not built: `rustup target add {TARGET}` may be missing").into());
    }
    Ok(std::fs::read(target.join(TARGET).join("release/bench_extism_guest.wasm"))?)
}

fn call(plugin: &mut Plugin, ticket: &[u8]) -> Outcome<()> {
    let answer: &[u8] = plugin.call("triage", ticket)?;
    if answer.starts_with(b"{\"verdict\":\"done\"") {
        return Ok(());
    }
    Err(format!("the guest answered {}", String::from_utf8_lossy(answer)).into())
}

/// The ticket that `kulanz bench calls` shows its guests, with the fields that they could ask for.
fn ticket() -> Vec<u8> {
    let text = "Hello,\n\nthe kettle from order 100001 arrived with a crack in the glass, so I sent it back last \
        Monday with the label that was in the box. The tracking says that you have had it since \
        Thursday, but I have not heard anything about my refund. Could you please tell me when the money \
        will be returned and whether it goes to the card that I paid with? I would rather not wait \
        another two weeks for it. Thank you for your help!\nThis is urgent.";
    let ticket = json!({
        "id": "tkt_01KE7A5QG00000000000000001", "number": 1, "subject": "I want my money back", "status": "new",
        "priority": "normal", "channel": "email", "language": "en", "tags": [], "custom": {},
        "requester": { "id": "con_01KE7A5QG00000000000000002", "email": "ana@customer.example" },
        "messages": [{
            "id": "msg_01KE7A5QG00000000000000003", "direction": "inbound", "subject": "I want my money back",
            "text": text, "created_at": 1_767_603_600_000_u64,
        }],
    });
    ticket.to_string().into_bytes()
}

struct Figures {
    name: &'static str,
    times: Vec<Duration>,
    wall: Duration,
    cpu: Duration,
}

impl Figures {
    fn of(name: &'static str) -> Self {
        Self { name, times: Vec::with_capacity(CALLS), wall: Duration::ZERO, cpu: Duration::ZERO }
    }

    fn measure(&mut self, calls: usize, counted: bool, call: &mut dyn FnMut() -> Outcome<()>) -> Outcome<()> {
        let mut times = Vec::with_capacity(calls);
        let (cpu, begun) = (thread_cpu(), Instant::now());
        for _ in 0..calls {
            let started = Instant::now();
            call()?;
            times.push(started.elapsed());
        }
        if counted {
            self.wall += begun.elapsed();
            self.cpu += thread_cpu().saturating_sub(cpu);
            self.times.append(&mut times);
        }
        Ok(())
    }

    fn print(&mut self) {
        self.times.sort_unstable();
        let at = |percent: usize| {
            let time = self.times.get(self.times.len() * percent / 100);
            time.map_or(0.0, |time| time.as_secs_f64() * 1e6)
        };
        let calls = self.times.len() as f64;
        println!(
            "{:<6} p25 {:>7.1} us  median {:>7.1} us  p99 {:>7.1} us  {:>6.0} calls/s  {:>6.0} calls/s of processor time",
            self.name,
            at(25),
            at(50),
            at(99),
            calls / self.wall.as_secs_f64(),
            calls / self.cpu.as_secs_f64(),
        );
    }
}

/// Time that this thread has run so far; zero where the system does not say.
fn thread_cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse().ok()).map_or(Duration::ZERO, Duration::from_nanos)
}
