//! Looks at a component without running or compiling it: what it is, what it asks for by importing it,
//! what it offers by exporting it, and whether its manifest is honest about both.

use domain::effect::EffectKind;
use domain::grant::{Capability, Grant, Grants};
use domain::plugin::{Hook, Manifest};
use domain::version::PublisherKey;
use sha2::{Digest as _, Sha256};
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Encoding, Parser, Payload, ValidPayload, Validator, WasmFeatures};

use crate::track::{self, Track, Tracks};

/// Largest component, bytes: three times what a Python plugin needs.
pub const COMPONENT_BYTES_MAX: usize = 64 << 20;
/// Custom section that holds the manifest's TOML text.
pub const MANIFEST_SECTION: &str = "kulanz:manifest";
/// Largest manifest, bytes.
const MANIFEST_BYTES_MAX: usize = 256 << 10;
/// Everything of ours begins with this.
const PACKAGE: &str = "kulanz:plugin/";

/// Why a component is not accepted: a stable code and a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("{sentence}")]
pub struct Refused {
    /// Stable, machine-readable.
    pub code: &'static str,
    /// For people.
    pub sentence: String,
}

impl Refused {
    pub(crate) fn new(code: &'static str, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into() }
    }
}

/// What a component is, going by its bytes alone.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Inspection {
    /// The embedded manifest.
    pub manifest: Manifest,
    /// SHA-256 of the bytes, hex.
    pub digest: String,
    /// Who signed it; none: it is unsigned. A wrong signature is refused.
    pub publisher: Option<PublisherKey>,
    /// Exported hooks, in stage order.
    pub hooks: Vec<Hook>,
    /// Imported functions: `effects.reply`, `log.write`. Reading of handed-in data is not among them.
    pub imports: Vec<String>,
    /// The grants that these imports imply.
    pub derived: Grants,
    /// Size.
    pub size_bytes: usize,
}

/// Looks at a component. Nothing of it is compiled or run.
///
/// # Errors
/// A sentence that says what to do.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, Refused> {
    inspect_for(track::SERVED, bytes).map(|(inspection, _)| inspection)
}

/// The same for a host that serves these tracks; says which of them the component is for.
pub(crate) fn inspect_for(tracks: Tracks, bytes: &[u8]) -> Result<(Inspection, &'static dyn Track), Refused> {
    is_component(bytes)?;
    let parsed = Parsed::read(bytes)?;
    let types = parsed.types.as_ref();
    let mut names = Names { tracks, used: None };
    let mut imports = Vec::new();
    for name in &parsed.imports {
        collect_import(&mut names, name, types, &mut imports)?;
    }
    let hooks = exported_hooks(&mut names, &parsed.exports)?;
    let manifest = manifest(&parsed.manifests)?;
    let track = names.track_of(&manifest)?;
    let derived = declared(&imports, &manifest)?;
    if let Some(missing) = manifest.hooks.iter().find(|h| !hooks.contains(&h.kind)) {
        return Err(Refused::new(
            "missing_hook",
            format!(
                "The manifest declares hook {0}, but the component does not export it: export {0} or remove the [[hook]].",
                missing.kind
            ),
        ));
    }
    let digest = hex::encode(Sha256::digest(bytes));
    let signature = pack::verify(bytes).map_err(|e| Refused::new("wrong_signature", e.to_string()))?;
    let publisher = signature.publisher();
    let inspection =
        Inspection { manifest, digest, publisher, hooks, imports, derived, size_bytes: bytes.len() };
    Ok((inspection, track))
}

fn is_component(bytes: &[u8]) -> Result<(), Refused> {
    if bytes.len() > COMPONENT_BYTES_MAX {
        return Err(Refused::new(
            "too_large",
            format!(
                "The file has {} bytes; a plugin may have {COMPONENT_BYTES_MAX}. Strip debug information or leave data out.",
                bytes.len()
            ),
        ));
    }
    let refused = |code, what: &str| {
        Err(Refused::new(code, format!("{what} Build a component with `kulanz plugin build`.")))
    };
    match bytes {
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => Ok(()),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => {
            refused("core_module", "This is a core WebAssembly module, not a component.")
        }
        [0, b'a', b's', b'm', ..] => {
            refused("not_a_component", "This is WebAssembly of a version that Kulanz does not know.")
        }
        [0x7f, b'E', b'L', b'F', ..] => refused(
            "native_code",
            "This is native machine code, which Kulanz never loads from outside: hand in the .wasm file.",
        ),
        _ if bytes.trim_ascii_start().starts_with(b"(") => {
            refused("text_not_binary", "This is WebAssembly text, not a binary.")
        }
        [] => refused("not_a_component", "The file is empty."),
        _ => refused("not_a_component", "This is no WebAssembly."),
    }
}

struct Parsed<'a> {
    manifests: Vec<&'a [u8]>,
    imports: Vec<String>,
    exports: Vec<String>,
    types: Types,
}

impl<'a> Parsed<'a> {
    /// Reads and validates the structure. Function bodies are left to the compiler, which checks them anyway.
    fn read(bytes: &'a [u8]) -> Result<Self, Refused> {
        let broken = |error: wasmparser::BinaryReaderError| {
            Refused::new("broken_component", format!("The component is damaged: {error}."))
        };
        let mut validator = Validator::new_with_features(features());
        let (mut manifests, mut imports, mut exports) = (Vec::new(), Vec::new(), Vec::new());
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.map_err(broken)?;
            let valid = validator.payload(&payload).map_err(broken)?;
            match payload {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) if depth > 0 => depth -= 1,
                Payload::End(_) => {
                    if let ValidPayload::End(types) = valid {
                        return Ok(Self { manifests, imports, exports, types });
                    }
                }
                Payload::CustomSection(section) if depth == 0 && section.name() == MANIFEST_SECTION => {
                    manifests.push(section.data())
                }
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        imports.push(import.map_err(broken)?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        exports.push(export.map_err(broken)?.name.name.to_owned());
                    }
                }
                Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                    return Err(Refused::new(
                        "core_module",
                        "This is a core WebAssembly module, not a component.",
                    ));
                }
                _ => {}
            }
        }
        Err(Refused::new("broken_component", "The component is damaged: it ends too early."))
    }
}

/// The same features the engine has: what is refused there is refused here, with a sentence.
fn features() -> WasmFeatures {
    let off = WasmFeatures::THREADS | WasmFeatures::RELAXED_SIMD | WasmFeatures::CM_ASYNC;
    WasmFeatures::default() - off - WasmFeatures::MEMORY64
}

/// Interface names of ours, and the one track that all of a component's names must be of.
struct Names {
    tracks: Tracks,
    used: Option<&'static dyn Track>,
}

impl Names {
    /// `kulanz:plugin/effects@0.1.0` is `effects`; none for names that are not ours.
    fn interface<'n>(&mut self, name: &'n str, direction: &str) -> Result<Option<&'n str>, Refused> {
        let Some(rest) = name.strip_prefix(PACKAGE) else { return Ok(None) };
        let (interface, version) = rest.split_once('@').unwrap_or((rest, "none"));
        let is_of = |track: &dyn Track| {
            version.strip_prefix(track.name()).is_some_and(|patch| patch.starts_with('.'))
        };
        let Some(track) = self.tracks.iter().copied().find(|track| is_of(*track)) else {
            return Err(self.mismatch(&format!("The component {direction} `{name}`")));
        };
        let used = *self.used.get_or_insert(track);
        if used.name() == track.name() {
            return Ok(Some(interface));
        }
        let sentence = format!(
            "The component mixes contract {} and {}: build it with one version of the SDK.",
            used.name(),
            track.name()
        );
        Err(Refused::new("contract_mismatch", sentence))
    }

    /// The track that the manifest names, which is the one that the code uses.
    fn track_of(&self, manifest: &Manifest) -> Result<&'static dyn Track, Refused> {
        let named = self.tracks.iter().copied().find(|track| track.name() == manifest.contract);
        let Some(named) = named else {
            return Err(self.mismatch(&format!("The manifest names contract {}", manifest.contract)));
        };
        match self.used {
            Some(used) if used.name() != named.name() => Err(Refused::new(
                "contract_mismatch",
                format!(
                    "The manifest names contract {}, but the component uses {}: set contract = \"{1}\" in plugin.toml.",
                    named.name(),
                    used.name()
                ),
            )),
            _ => Ok(named),
        }
    }

    fn mismatch(&self, what: &str) -> Refused {
        Refused::new(
            "contract_mismatch",
            format!(
                "{what}, but this host serves contract {}: rebuild the plugin with the SDK of this host, or update Kulanz.",
                track::names(self.tracks)
            ),
        )
    }
}

fn collect_import(
    names: &mut Names,
    name: &str,
    types: TypesRef<'_>,
    imports: &mut Vec<String>,
) -> Result<(), Refused> {
    let Some(interface) = names.interface(name, "imports")? else {
        let advice = if name.starts_with("wasi:") {
            "plugins have no WASI; build for wasm32-unknown-unknown, with componentize-js without features, or with componentize-py --stub-wasi"
        } else {
            "plugins import only from kulanz:plugin"
        };
        return Err(Refused::new(
            "foreign_import",
            format!("The component imports `{name}`, which is no interface of Kulanz: {advice}."),
        ));
    };
    let Some(ComponentEntityType::Instance(instance)) =
        types.component_item_for_import(name).map(|item| item.ty)
    else {
        return Err(Refused::new(
            "foreign_import",
            format!("The component imports `{name}` as something that is no interface."),
        ));
    };
    if interface == "types" {
        return Ok(());
    }
    let functions =
        types[instance].exports.iter().filter(|(_, item)| matches!(item.ty, ComponentEntityType::Func(_)));
    imports.extend(functions.map(|(function, _)| format!("{interface}.{function}")));
    Ok(())
}

/// The hooks among the exports. What is not ours is ignored: some languages export strays.
fn exported_hooks(names: &mut Names, exports: &[String]) -> Result<Vec<Hook>, Refused> {
    let mut hooks = Vec::new();
    for name in exports {
        if let Some(Ok(hook)) = names.interface(name, "exports")?.map(str::parse::<Hook>) {
            hooks.push(hook);
        }
    }
    hooks.sort_unstable();
    hooks.dedup();
    if hooks.is_empty() {
        let known: Vec<&str> = Hook::ALL.iter().map(|h| h.as_str()).collect();
        return Err(Refused::new(
            "no_hook",
            format!(
                "The component exports no hook: export one of {} from {PACKAGE}*@0.1.0.",
                known.join(", ")
            ),
        ));
    }
    Ok(hooks)
}

fn manifest(sections: &[&[u8]]) -> Result<Manifest, Refused> {
    let [section] = sections else {
        return Err(match sections.len() {
            0 => Refused::new(
                "no_manifest",
                "The component has no manifest inside: build it with `kulanz plugin build`, which embeds plugin.toml.",
            ),
            n => Refused::new(
                "bad_manifest",
                format!(
                    "The component has {n} manifests inside; it must have one: build it again from its source."
                ),
            ),
        });
    };
    if section.len() > MANIFEST_BYTES_MAX {
        return Err(Refused::new(
            "bad_manifest",
            format!("plugin.toml has {} bytes; {MANIFEST_BYTES_MAX} are allowed.", section.len()),
        ));
    }
    let text = std::str::from_utf8(section)
        .map_err(|_| Refused::new("bad_manifest", "plugin.toml inside the component is no UTF-8 text."))?;
    Manifest::parse(text).map_err(|refusal| Refused::new("bad_manifest", refusal.sentence))
}

/// What each import implies; refuses one that the manifest does not ask for.
fn declared(imports: &[String], manifest: &Manifest) -> Result<Grants, Refused> {
    let requested = manifest.requested();
    let mut derived = Grants::default();
    for import in imports {
        let Some(needed) = need(import) else { continue };
        let (is_declared, to_write) = match &needed {
            Need::Grant(grant @ Grant::Effect(kind, _)) => {
                (requested.0.iter().any(|g| matches!(g, Grant::Effect(k, _) if k == kind)), grant.to_string())
            }
            Need::Grant(grant) => (requested.0.contains(grant), grant.to_string()),
            Need::SomeHttp => {
                (requested.0.iter().any(|g| matches!(g, Grant::Http(_))), "http:<host>".to_owned())
            }
        };
        if !is_declared {
            return Err(Refused::new(
                "undeclared_import",
                format!(
                    "The component imports `{import}`, but its manifest does not ask for `{to_write}`: add [[grant]] to = \"{to_write}\" with a reason, or stop using it."
                ),
            ));
        }
        if let Need::Grant(grant) = needed {
            derived.0.insert(grant);
        }
    }
    Ok(derived)
}

enum Need {
    Grant(Grant),
    /// The host is known only when a request is made.
    SomeHttp,
}

/// The grant an import implies; none for what everybody may use and for what the linker will refuse.
fn need(import: &str) -> Option<Need> {
    let (interface, function) = import.split_once('.')?;
    match interface {
        "effects" => function.parse::<EffectKind>().ok().map(|kind| Need::Grant(Grant::Effect(kind, None))),
        "http" => Some(Need::SomeHttp),
        _ => interface.parse::<Capability>().ok().map(|capability| Need::Grant(Grant::Use(capability))),
    }
}
