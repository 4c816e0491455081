//! A plugin: its manifest, its presence here (installation), its limits and its mode.

use std::collections::BTreeSet;

use crate::canary::Canary;
use crate::clock::MINUTE_MS;
use crate::event::EventType;
use crate::grant::{Grant, Grants};
use crate::id::{InstallationId, ScheduleId};
use crate::schedule::{Missed, Overlap};
use crate::version::PublisherKey;
use crate::{Refusal, Timestamp, text_enum};

mod declared;
pub(crate) mod phrase;
mod schema;
mod secret;
mod settings;
mod wording;

pub use phrase::{Phrase, Phrasebook};
pub use schema::{check_settings, check_value};
pub use secret::{HIDDEN, SEALED, SecretSetting};

text_enum! {
    /// Interfaces a plugin may export. Declaration order is stage order.
    Hook {
        /// Finds personal data before storage.
        Redaction = "redaction",
        /// Sorts tickets.
        Triage = "triage",
        /// Answers tickets.
        Answering = "answering",
        /// Writes proactively.
        Notification = "notification",
        /// Reacts to any event.
        Events = "events",
        /// Runs on a cron schedule.
        Schedule = "schedule",
    }
}

impl Hook {
    /// The stages of a turn: within one, all hooks see the same snapshot.
    pub const STAGES: [&'static [Hook]; 3] =
        [&[Hook::Triage], &[Hook::Answering], &[Hook::Notification, Hook::Events, Hook::Schedule]];
}

text_enum! {
    /// How far an installation is trusted.
    Mode {
        /// Not called.
        Off = "off",
        /// Called; what it proposes is recorded, never applied.
        Shadow = "shadow",
        /// Called; an agent accepts what it proposes.
        Suggest = "suggest",
        /// Called; what policy lets through is applied.
        Live = "live",
    }
}

impl Mode {
    /// Whether a request of this method leaves the house. In shadow mode only what asks and changes nothing does.
    #[must_use]
    pub fn sends(self, method: &str) -> bool {
        self != Self::Shadow || matches!(method, "GET" | "HEAD")
    }
}

/// Most linear memory that a call can be given, bytes: what a Python component needs.
pub const MEMORY_BYTES_MAX: usize = 256 << 20;

/// Limits of one call. All are visible and adjustable per installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Wall-clock deadline, milliseconds.
    pub wall_ms: u64,
    /// Fuel before any input is counted.
    pub fuel_base: u64,
    /// Fuel added per byte of input (so that a long ticket does not fail for being long).
    pub fuel_per_byte: u64,
    /// Linear memory, summed over all memories, bytes.
    pub memory_bytes_max: u64,
    /// Proposed effects.
    pub effects_max: u32,
    /// Log lines kept.
    pub log_lines_max: u32,
    /// Log bytes kept.
    pub log_bytes_max: u32,
    /// Calls of host functions.
    pub host_calls_max: u32,
    /// Bytes that the plugin may hand to the host in one call of a host function, or as its own result. What
    /// the host hands in is bounded by the input itself.
    pub transfer_bytes_max: u64,
    /// Bytes in the key-value store.
    pub kv_bytes_max: u64,
}

/// Names every limit once, for what is done to each of them.
macro_rules! limits {
    ($of:expr, $then:ident) => {
        $then!($of; wall_ms, fuel_base, fuel_per_byte, memory_bytes_max, effects_max, log_lines_max, log_bytes_max, host_calls_max, transfer_bytes_max, kv_bytes_max)
    };
}

impl Limits {
    /// Every limit with its name.
    #[must_use]
    pub fn each(&self) -> Vec<(&'static str, u64)> {
        macro_rules! list { ($of:expr; $($name:ident),+) => { vec![$((stringify!($name), u64::from($of.$name))),+] } }
        limits!(self, list)
    }

    /// Checks what no call can be given.
    ///
    /// # Errors
    /// A refusal naming the limit and how far it goes.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.memory_bytes_max <= MEMORY_BYTES_MAX as u64 {
            return Ok(());
        }
        let sentence = format!(
            "limits.memory_bytes_max is {}; a call has {MEMORY_BYTES_MAX} bytes (256 MiB) at most.",
            self.memory_bytes_max
        );
        Err(Refusal::new("limit_too_high", sentence).at("limits.memory_bytes_max"))
    }

    /// The limits in force after an upgrade: what an admin set stays, the rest is what the new version asks.
    #[must_use]
    pub fn carried(in_force: &Self, asked_before: &Self, asks: &Self) -> Self {
        macro_rules! carry {
            ($of:expr; $($name:ident),+) => {
                Self { $($name: if in_force.$name == asked_before.$name { asks.$name } else { in_force.$name }),+ }
            };
        }
        limits!(asks, carry)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_ms: 1_000,
            fuel_base: 2_000_000_000,
            fuel_per_byte: 20_000,
            memory_bytes_max: 32 << 20,
            effects_max: 64,
            log_lines_max: 64,
            log_bytes_max: 64 << 10,
            host_calls_max: 1_000,
            transfer_bytes_max: 4 << 20,
            kv_bytes_max: 16 << 20,
        }
    }
}

/// What the author says about a plugin (`plugin.toml`, embedded in the component).
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Dotted, lower-case id: `kulanz.triage`.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Semantic version.
    pub version: String,
    /// Contract track it was built for: `0.1`.
    pub contract: String,
    /// One sentence.
    pub description: String,
    /// Who wrote it.
    #[serde(default)]
    pub authors: Vec<String>,
    /// SPDX expression.
    #[serde(default)]
    pub licence: String,
    /// Languages it speaks (BCP 47).
    #[serde(default)]
    pub languages: Vec<String>,
    /// Exported hooks.
    #[serde(rename = "hook", default)]
    pub hooks: Vec<HookDeclaration>,
    /// Cron schedules.
    #[serde(rename = "schedule", default)]
    pub schedules: Vec<ScheduleDeclaration>,
    /// What it asks for, each with a reason.
    #[serde(rename = "grant", default)]
    pub grants: Vec<GrantRequest>,
    /// Settings as JSON Schema.
    #[serde(default)]
    pub settings: serde_json::Value,
    /// Limits it asks for; defaults where absent.
    #[serde(default)]
    pub limits: Limits,
    /// What it says, in other languages.
    #[serde(rename = "phrase", default, skip_serializing_if = "Vec::is_empty")]
    pub phrases: Vec<Phrase>,
}

/// A hook with what it listens to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookDeclaration {
    /// Which interface.
    pub kind: Hook,
    /// Event types it is called for (redaction and schedule: none).
    #[serde(default)]
    pub events: Vec<EventType>,
    /// Place among hooks of the same stage; the lower one wins a conflict.
    #[serde(default = "default_order")]
    pub order: i32,
    /// Whether it is called for events that its own effects caused.
    #[serde(default)]
    pub own_events: bool,
}

const fn default_order() -> i32 {
    100
}

/// A cron schedule in a manifest.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleDeclaration {
    /// Name within the plugin.
    pub name: String,
    /// Five-field cron expression.
    pub cron: String,
    /// IANA time zone.
    #[serde(default = "default_zone")]
    pub zone: String,
    /// What to do about firings that were missed.
    #[serde(default)]
    pub missed: Missed,
    /// What to do when the one before still runs.
    #[serde(default)]
    pub overlap: Overlap,
}

fn default_zone() -> String {
    "UTC".to_owned()
}

/// A grant that a plugin asks for, with the author's reason.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantRequest {
    /// What.
    pub to: Grant,
    /// Why, for the admin.
    pub reason: String,
}

/// The newest track of the contract: what the SDK of this build makes plugins for. Which tracks a host serves is the
/// sandbox's to say.
pub const CONTRACT_TRACK: &str = "0.1";

impl Manifest {
    /// Reads a manifest from TOML and checks it.
    ///
    /// # Errors
    /// A refusal naming the key and the fix.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let manifest: Self = toml::from_str(text).map_err(|e| {
            let place = line_of(text, &e).map_or_else(String::new, |line| format!(", line {line}"));
            Refusal::new("bad_manifest", format!("plugin.toml{place}: {}", e.message())).at("plugin.toml")
        })?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Checks what the type alone cannot.
    ///
    /// # Errors
    /// A refusal naming the key and the fix.
    pub fn check(&self) -> Result<(), Refusal> {
        let bad = |field: &str, sentence: String| Err(Refusal::new("bad_manifest", sentence).at(field));
        if !crate::ticket::is_key(&self.id) || !self.id.contains('.') {
            return bad(
                "id",
                format!("plugin.toml: id `{}` must be lower-case and dotted, as in example.triage.", self.id),
            );
        }
        if self.name.is_empty() || self.name.len() > 80 {
            return bad("name", "plugin.toml: name must have 1 to 80 bytes.".to_owned());
        }
        if !is_semver(&self.version) {
            return bad(
                "version",
                format!("plugin.toml: version `{}` must be major.minor.patch.", self.version),
            );
        }
        if !is_track(&self.contract) {
            return bad(
                "contract",
                format!(
                    "plugin.toml: contract `{}` must name a track of the contract, as in {CONTRACT_TRACK}.",
                    self.contract
                ),
            );
        }
        declared::check(self)?;
        wording::check(self)?;
        phrase::check(&self.phrases)?;
        self.check_secrets()?;
        schema::check_schema(&self.settings, "settings")?;
        self.limits.check().map_err(|refusal| {
            Refusal::new("bad_manifest", format!("plugin.toml: {}", refusal.sentence)).at("limits")
        })?;
        for schedule in &self.schedules {
            crate::schedule::Cron::parse(&schedule.cron, &schedule.zone)
                .map_err(|r| r.at(format!("schedule.{}", schedule.name)))?;
        }
        Ok(())
    }

    /// The hook's declaration, if the plugin declares that hook.
    #[must_use]
    pub fn hook(&self, kind: Hook) -> Option<&HookDeclaration> {
        self.hooks.iter().find(|h| h.kind == kind)
    }

    /// Everything asked for, as grants.
    #[must_use]
    pub fn requested(&self) -> Grants {
        self.grants.iter().map(|g| g.to.clone()).collect()
    }

    /// Default settings: the `default` of each property of the schema.
    #[must_use]
    pub fn default_settings(&self) -> serde_json::Value {
        let mut out = serde_json::Map::new();
        if let Some(properties) = self.settings.get("properties").and_then(|p| p.as_object()) {
            for (key, schema) in properties {
                if let Some(default) = schema.get("default") {
                    out.insert(key.clone(), default.clone());
                }
            }
        }
        serde_json::Value::Object(out)
    }
}

/// The line that an error is about; none when it is about the file as a whole, as a key that is missing at the top.
fn line_of(text: &str, error: &toml::de::Error) -> Option<usize> {
    let span = error.span()?;
    if span.start == 0 && span.end == 0 {
        return None;
    }
    let before = text.as_bytes().iter().take(span.start);
    Some(before.filter(|byte| **byte == b'\n').count() + 1)
}

fn is_semver(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or("");
    let parts: Vec<&str> = core.split('.').collect();
    parts.len() == 3
        && parts.iter().all(|p| !p.is_empty() && p.len() <= 9 && p.bytes().all(|b| b.is_ascii_digit()))
}

/// `0.1`: major and minor.
fn is_track(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.').is_some_and(|(major, minor)| number(major) && number(minor))
}

/// Whether a ticket of this inbox is among those of some inboxes; none of them named: every ticket is.
#[must_use]
pub fn covers(inboxes: &BTreeSet<String>, inbox: Option<&str>) -> bool {
    inboxes.is_empty() || inbox.is_some_and(|inbox| inboxes.contains(inbox))
}

/// A plugin's presence here.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Installation {
    /// Id.
    pub id: InstallationId,
    /// The manifest of the installed version.
    pub manifest: Manifest,
    /// SHA-256 of the component file, hex.
    pub digest: String,
    /// Who signed it; the key that the next version must be signed with. None: it is unsigned.
    #[serde(default)]
    pub publisher: Option<PublisherKey>,
    /// How far it is trusted.
    pub mode: Mode,
    /// What the admin allowed.
    pub grants: Grants,
    /// The inboxes whose tickets it may see; empty: all tickets.
    #[serde(default)]
    pub inboxes: BTreeSet<String>,
    /// Settings, checked against the schema.
    pub settings: serde_json::Value,
    /// Limits in force.
    pub limits: Limits,
    /// A new version that is tried on part of the tickets.
    #[serde(default)]
    pub canary: Option<Canary>,
    /// Faults in a row; a success sets it to zero.
    pub faults_in_a_row: i64,
    /// Why it is quarantined, if it is.
    pub quarantine: Option<String>,
    /// Installed.
    pub installed_at: Timestamp,
    /// Last change; while it is quarantined, its last fault (see `touch`).
    pub updated_at: Timestamp,
    /// How often it was written, as it was read; 0: it is not stored yet.
    #[serde(skip)]
    pub version: i64,
}

impl Installation {
    /// Whether it is called at all.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.mode != Mode::Off && self.quarantine.is_none()
    }

    /// Whether it may see tickets of this inbox, and propose something for them.
    #[must_use]
    pub fn covers(&self, inbox: Option<&str>) -> bool {
        covers(&self.inboxes, inbox)
    }

    /// Whether this is how the version that is tried sees itself, rather than the one in force.
    #[must_use]
    pub fn is_canary(&self) -> bool {
        self.canary.as_ref().is_some_and(|canary| canary.digest == self.digest)
    }

    /// Notes that somebody changed it. While it is quarantined the moment of its last fault stays: its trial call is
    /// due from there, and no change puts it off.
    pub const fn touch(&mut self, now: Timestamp) {
        if self.quarantine.is_none() {
            self.updated_at = now;
        }
    }

    /// When a quarantined installation is tried with one call again: so long after its last fault. None: it is not
    /// quarantined, switched off, or never tried (0 minutes).
    #[must_use]
    pub fn probe_at(&self, probe_after_minutes: i64) -> Option<Timestamp> {
        let waits = self.mode != Mode::Off && self.quarantine.is_some() && probe_after_minutes > 0;
        waits.then(|| self.updated_at.plus(probe_after_minutes.saturating_mul(MINUTE_MS)))
    }
}

/// A schedule of an installation and when it fires next.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Schedule {
    /// Id.
    pub id: ScheduleId,
    /// Whose.
    pub installation_id: InstallationId,
    /// Name, cron, zone and policies.
    pub declaration: ScheduleDeclaration,
    /// Whether it fires.
    pub enabled: bool,
    /// Next firing; none when it never fires again.
    pub next_at: Option<Timestamp>,
    /// Newest firing, as scheduled.
    pub last_for: Option<Timestamp>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A manifest with one hook and two grants.
    pub(crate) fn manifest() -> Manifest {
        let text = r#"
            id = "example.triage"
            name = "Example"
            version = "1.0.0"
            contract = "0.1"
            description = "Sorts."
            [[hook]]
            kind = "triage"
            events = ["message.received"]
            [[grant]]
            to = "read:text"
            reason = "To see what it is about."
            [[grant]]
            to = "effect:set-field"
            reason = "To sort."
        "#;
        Manifest::parse(text).unwrap()
    }

    #[test]
    fn a_manifest_that_asks_for_every_host_is_refused() {
        let text = "id='a.b'\nname='n'\nversion='1.0.0'\ncontract='0.1'\ndescription='d'\n[[hook]]\nkind='redaction'\n[[grant]]\nto='http:*'\nreason='r'\n";
        let refusal = Manifest::parse(text).unwrap_err();
        assert!(refusal.sentence.contains("one exact host"), "{refusal}");
    }

    #[test]
    fn ten_thousand_grants_are_refused() {
        let mut many = manifest();
        many.grants = vec![many.grants[0].clone(); 10_000];
        assert_eq!(many.check().unwrap_err().field.as_deref(), Some("grant"));
    }

    #[test]
    fn in_shadow_mode_a_request_asks_and_changes_nothing() {
        for (mode, method, sent) in [
            (Mode::Shadow, "GET", true),
            (Mode::Shadow, "HEAD", true),
            (Mode::Shadow, "POST", false),
            (Mode::Shadow, "DELETE", false),
            (Mode::Suggest, "POST", true),
            (Mode::Live, "PUT", true),
        ] {
            assert_eq!(mode.sends(method), sent, "{mode} {method}");
        }
    }

    #[test]
    fn a_slip_is_told_with_its_line_and_an_unknown_key_with_the_known_ones() {
        let head = "id='a.b'\nname='n'\nversion='1.0.0'\ncontract='0.1'\ndescription='d'\n";
        let hook = "[[hook]]\nkind='redaction'\n";
        let said = |text: &str| Manifest::parse(text).unwrap_err().sentence;
        let text = format!("{head}{hook}[[grant]]\nto='use:kv'\nreason='r'\n[[grant]]\nto='read:text'\n");
        assert!(said(&text).starts_with("plugin.toml, line 11: missing field `reason`"), "{}", said(&text));
        let text = format!("{head}descripton='d'\n{hook}");
        assert!(
            said(&text).starts_with("plugin.toml, line 6: unknown field `descripton`"),
            "{}",
            said(&text)
        );
        assert!(said(&text).contains("`description`"), "{}", said(&text));
        let text = format!("{head}{hook}[[grant]]\nto='reed:text'\nreason='r'\n");
        assert!(said(&text).contains("line 9: `reed` is no grant"), "{}", said(&text));
    }

    #[test]
    fn more_memory_than_a_call_can_have_is_refused_with_the_bound() {
        let mut greedy = manifest();
        greedy.limits.memory_bytes_max = MEMORY_BYTES_MAX as u64;
        assert_eq!(greedy.check(), Ok(()));
        greedy.limits.memory_bytes_max = 99_999_999_999;
        assert_eq!(
            greedy.check().unwrap_err().sentence,
            "plugin.toml: limits.memory_bytes_max is 99999999999; a call has 268435456 bytes (256 MiB) at most."
        );
    }

    #[test]
    fn a_limit_that_an_admin_set_survives_an_upgrade() {
        let asked = Limits::default();
        let in_force = Limits { wall_ms: 5, ..asked };
        let asks = Limits { wall_ms: 2_000, effects_max: 10, ..asked };
        let carried = Limits::carried(&in_force, &asked, &asks);
        assert_eq!((carried.wall_ms, carried.effects_max), (5, 10));
        assert_eq!(asked.each().len(), 10);
    }
}
