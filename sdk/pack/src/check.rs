//! What a component's own types say it exports and imports, held against its manifest.

use std::collections::BTreeSet;

use domain::effect::EffectKind;
use domain::grant::{Capability, Grant};
use domain::plugin::{Hook, Manifest};
use wasmparser::component_types::ComponentEntityType;
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use crate::PackError;

/// Largest component that is looked at, in bytes: far above a Python component's 18 MB.
pub(crate) const COMPONENT_BYTES_MAX: usize = 64 << 20;

/// What a component exports and imports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surface {
    /// Exported hooks.
    pub hooks: BTreeSet<Hook>,
    /// Imported functions: `effects.reply`, `types.[method]ticket.id`, …
    pub imports: BTreeSet<String>,
}

/// Reads a component's surface without running anything.
///
/// # Errors
/// It is no valid component, or imports something that is no interface of the contract.
pub fn surface(component: &[u8]) -> Result<Surface, PackError> {
    if component.len() > COMPONENT_BYTES_MAX {
        return Err(PackError::component(format!(
            "The component is {} bytes long; {COMPONENT_BYTES_MAX} are allowed: build it with optimisation and without debug information.",
            component.len()
        )));
    }
    let names = outer_names(component)?;
    let types = Validator::new_with_features(WasmFeatures::default() | WasmFeatures::COMPONENT_MODEL)
        .validate_all(component)
        .map_err(|e| invalid(&e))?;
    let mut out = Surface {
        hooks: names.exports.iter().filter_map(|n| interface_of(n)?.parse().ok()).collect(),
        ..Surface::default()
    };
    for name in &names.imports {
        let Some(interface) = interface_of(name) else {
            return Err(PackError::component(format!(
                "The component imports {name}, which is no interface of contract {}: remove the dependency that needs it.",
                domain::plugin::CONTRACT_TRACK
            )));
        };
        let Some(ComponentEntityType::Instance(id)) =
            types.as_ref().component_item_for_import(name).map(|i| i.ty)
        else {
            continue;
        };
        let Some(instance) = types.as_ref().get(id) else { continue };
        for (function, item) in &instance.exports {
            if matches!(item.ty, ComponentEntityType::Func(_)) {
                out.imports.insert(format!("{interface}.{function}"));
            }
        }
    }
    Ok(out)
}

/// What the outermost component imports and exports, by name: `kulanz:plugin/triage@0.1.0`.
#[derive(Debug, Default)]
pub(crate) struct OuterNames {
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
}

/// Reads the names without judging them.
pub(crate) fn outer_names(component: &[u8]) -> Result<OuterNames, PackError> {
    let mut names = OuterNames::default();
    for payload in top_level(component) {
        match payload.map_err(|e| invalid(&e))? {
            Payload::ComponentImportSection(section) => {
                for import in section {
                    names.imports.push(import.map_err(|e| invalid(&e))?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    names.exports.push(export.map_err(|e| invalid(&e))?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

fn invalid(error: &wasmparser::BinaryReaderError) -> PackError {
    PackError::component(format!("This is no valid component: {}.", error.message()))
}

/// Payloads of the outermost component only.
fn top_level(component: &[u8]) -> impl Iterator<Item = wasmparser::Result<Payload<'_>>> {
    let mut depth = 0_u32;
    Parser::new(0).parse_all(component).filter(move |payload| {
        match payload {
            Ok(Payload::Version { .. }) => depth += 1,
            Ok(Payload::End(_)) => depth = depth.saturating_sub(1),
            _ => {}
        }
        payload.is_err() || depth == 1
    })
}

/// `triage` from `kulanz:plugin/triage@0.1.0`; none for names of another package or track.
fn interface_of(name: &str) -> Option<&str> {
    let (interface, version) = name.strip_prefix("kulanz:plugin/")?.split_once('@')?;
    version.strip_prefix(domain::plugin::CONTRACT_TRACK)?.strip_prefix('.')?;
    Some(interface)
}

/// Checks that a component exports the hooks its manifest declares and imports nothing its manifest does
/// not ask for.
///
/// # Errors
/// The first difference, with what to change.
pub fn check(component: &[u8], manifest: &Manifest) -> Result<(), PackError> {
    let surface = surface(component)?;
    for hook in &manifest.hooks {
        if !surface.hooks.contains(&hook.kind) {
            return Err(PackError::component(format!(
                "plugin.toml declares hook {0}, the component does not export it: add {0} to kulanz_sdk::export! or remove the [[hook]].",
                hook.kind
            )));
        }
    }
    for hook in &surface.hooks {
        if manifest.hook(*hook).is_none() {
            return Err(PackError::component(format!(
                "The component exports hook {hook}, plugin.toml does not declare it: add [[hook]] kind = \"{hook}\"."
            )));
        }
    }
    for import in &surface.imports {
        if let Some(grant) = missing_grant(import, manifest) {
            return Err(PackError::component(format!(
                "The component calls {import}, plugin.toml does not ask for {grant}: add a [[grant]] with a reason, or remove the call."
            )));
        }
    }
    Ok(())
}

/// The grant that calling an import needs and the manifest does not ask for.
fn missing_grant(import: &str, manifest: &Manifest) -> Option<String> {
    let (interface, function) = import.split_once('.')?;
    let asked = |fits: &dyn Fn(&Grant) -> bool| manifest.grants.iter().any(|g| fits(&g.to));
    match interface {
        "effects" => {
            let kind: EffectKind = function.parse().ok()?;
            (!asked(&|g| matches!(g, Grant::Effect(k, _) if *k == kind))).then(|| format!("effect:{kind}"))
        }
        "http" => (!asked(&|g| matches!(g, Grant::Http(_)))).then(|| "http:<host>".to_owned()),
        _ => {
            let capability: Capability = interface.parse().ok()?;
            (!asked(&|g| *g == Grant::Use(capability))).then(|| format!("use:{capability}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(grants: &[&str]) -> Manifest {
        let mut text = "id='a.b'\nname='n'\nversion='0.1.0'\ncontract='0.1'\ndescription='d'\n[[hook]]\nkind='triage'\nevents=['ticket.created']\n".to_owned();
        for grant in grants {
            text.push_str(&format!("[[grant]]\nto='{grant}'\nreason='r'\n"));
        }
        Manifest::parse(&text).unwrap()
    }

    #[test]
    fn each_import_needs_its_grant_and_the_free_ones_need_none() {
        let none = manifest(&[]);
        assert_eq!(missing_grant("effects.add-tag", &none).as_deref(), Some("effect:add-tag"));
        assert_eq!(missing_grant("kv.get", &none).as_deref(), Some("use:kv"));
        assert_eq!(missing_grant("http.send", &none).as_deref(), Some("http:<host>"));
        for free in
            ["log.write", "config.settings", "clock.now-ms", "random.bytes", "types.[method]ticket.id"]
        {
            assert_eq!(missing_grant(free, &none), None, "{free}");
        }
    }

    #[test]
    fn a_narrowed_grant_covers_the_import() {
        let narrow = manifest(&["effect:set-field:priority", "http:api.example.com", "use:kv"]);
        for import in ["effects.set-field", "http.send", "kv.set"] {
            assert_eq!(missing_grant(import, &narrow), None, "{import}");
        }
    }

    #[test]
    fn only_names_of_this_contract_are_interfaces() {
        assert_eq!(interface_of("kulanz:plugin/triage@0.1.7"), Some("triage"));
        assert_eq!(interface_of("kulanz:plugin/triage@0.2.0"), None);
        assert_eq!(interface_of("kulanz:plugin/triage@0.10.0"), None);
        assert_eq!(interface_of("wasi:cli/run@0.2.0"), None);
    }

    #[test]
    fn a_component_without_the_declared_hook_is_refused_with_the_fix() {
        let empty = wasm_encoder::Component::new().finish();
        let error = check(&empty, &manifest(&[])).unwrap_err().to_string();
        assert!(error.contains("hook triage") && error.contains("export!"), "{error}");
    }
}
