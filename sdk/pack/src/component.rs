//! From a core module to a component with its manifest inside.

use std::borrow::Cow;

use wasm_encoder::{ComponentSection as _, CustomSection};
use wasmparser::{Encoding, Parser, Payload};
use wit_component::ComponentEncoder;

use crate::PackError;

/// Name of the custom section that holds the text of `plugin.toml`.
pub const MANIFEST_SECTION: &str = "kulanz:manifest";

/// What the names of our custom sections begin with.
const OUR_SECTIONS: &str = "kulanz:";

/// Magic number and version at the beginning of a file.
const HEADER_BYTES: usize = 8;

/// Wraps a core module that the SDK built.
pub(crate) fn from_module(module: &[u8]) -> Result<Vec<u8>, PackError> {
    ComponentEncoder::default().validate(true).module(module).and_then(ComponentEncoder::encode).map_err(|e| {
        PackError::component(format!(
            "The compiled module cannot become a component ({e:#}): depend on the SDK of this host and export a hook with kulanz_sdk::export!."
        ))
    })
}

/// Puts a manifest into a component, in the place of the one it may have. For components of any language.
///
/// # Errors
/// The bytes are no component.
pub fn with_manifest(component: &[u8], manifest_toml: &str) -> Result<Vec<u8>, PackError> {
    with_section(component, MANIFEST_SECTION, manifest_toml.as_bytes())
}

/// The manifest text inside a component, if there is one.
///
/// # Errors
/// The bytes are no component, or the section is no text.
pub fn manifest_of(component: &[u8]) -> Result<Option<String>, PackError> {
    let Some(data) = section_of(component, MANIFEST_SECTION)? else { return Ok(None) };
    let text = String::from_utf8(data.to_vec());
    text.map(Some)
        .map_err(|_| PackError::component("The manifest section is no UTF-8 text: pack the component again."))
}

/// Puts a custom section at the end, in the place of those of that name.
pub(crate) fn with_section(component: &[u8], name: &str, data: &[u8]) -> Result<Vec<u8>, PackError> {
    let mut out = without_section(component, name)?;
    CustomSection { name: Cow::Borrowed(name), data: Cow::Borrowed(data) }.append_to_component(&mut out);
    Ok(out)
}

/// A component without the custom sections of a name.
pub(crate) fn without_section(component: &[u8], name: &str) -> Result<Vec<u8>, PackError> {
    let mut out = Vec::with_capacity(component.len());
    let mut copied = 0;
    for (found, range) in top_sections(component)? {
        if found.as_deref() == Some(name) {
            out.extend_from_slice(component.get(copied..range.start).unwrap_or_default());
            copied = range.end;
        }
    }
    out.extend_from_slice(component.get(copied..).unwrap_or_default());
    Ok(out)
}

/// What of a component is code: without manifest, papers and signature. Two files with the same code run the same.
///
/// # Errors
/// The bytes are no component.
pub fn code_of(component: &[u8]) -> Result<Vec<u8>, PackError> {
    let mut out = component.get(..HEADER_BYTES).unwrap_or_default().to_vec();
    for (found, range) in top_sections(component)? {
        if !found.is_some_and(|name| name.starts_with(OUR_SECTIONS)) {
            out.extend_from_slice(component.get(range).unwrap_or_default());
        }
    }
    Ok(out)
}

/// The first custom section of a name at the top level.
pub(crate) fn section_of<'a>(component: &'a [u8], name: &str) -> Result<Option<&'a [u8]>, PackError> {
    let found = top_payloads(component)?.into_iter().find_map(|payload| match payload {
        Payload::CustomSection(section) if section.name() == name => Some(section.data()),
        _ => None,
    });
    Ok(found)
}

/// A custom section's name (none for other sections) and a section's range in the file.
pub(crate) type NamedRange = (Option<String>, std::ops::Range<usize>);

/// Sections at the top level: the name of custom ones, and the whole range in the file, from the end of
/// the section before (so that id and size, however padded, are included).
pub(crate) fn top_sections(component: &[u8]) -> Result<Vec<NamedRange>, PackError> {
    let mut out = Vec::new();
    let mut at = HEADER_BYTES;
    for payload in top_payloads(component)? {
        let Some(end) = payload.as_section().and_then(|(_, range)| usize::try_from(range.end).ok()) else {
            continue;
        };
        let name = if let Payload::CustomSection(section) = &payload {
            Some(section.name().to_owned())
        } else {
            None
        };
        out.push((name, at..end));
        at = end;
    }
    Ok(out)
}

fn top_payloads(component: &[u8]) -> Result<Vec<Payload<'_>>, PackError> {
    let mut depth = 0_u32;
    let mut out = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.map_err(|e| {
            PackError::component(format!(
                "This is no WebAssembly component ({}): pass what the pack step wrote.",
                e.message()
            ))
        })?;
        match &payload {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                return Err(PackError::component(
                    "This is a core module, not a component: pack it with `kulanz plugin pack`.",
                ));
            }
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ if depth == 1 => out.push(payload),
            _ => {}
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty_component() -> Vec<u8> {
        wasm_encoder::Component::new().finish()
    }

    #[test]
    fn a_manifest_that_was_put_in_is_found_again() {
        let packed = with_manifest(&empty_component(), "id = \"a.b\"").unwrap();
        assert_eq!(manifest_of(&packed).unwrap().as_deref(), Some("id = \"a.b\""));
        assert_eq!(manifest_of(&empty_component()).unwrap(), None);
    }

    #[test]
    fn a_second_manifest_takes_the_place_of_the_first_whatever_its_length() {
        let long = "x".repeat(70_000);
        let first = with_manifest(&empty_component(), &long).unwrap();
        let second = with_manifest(&first, "short").unwrap();
        assert_eq!(second, with_manifest(&empty_component(), "short").unwrap());
        let third = with_manifest(&second, &long).unwrap();
        assert_eq!(third, first);
    }

    #[test]
    fn the_code_is_the_same_whatever_manifest_is_beside_it() {
        let foreign = with_section(&empty_component(), "producers", b"x").unwrap();
        let packed = with_manifest(&foreign, "id = \"a.b\"").unwrap();
        assert_eq!(code_of(&packed).unwrap(), foreign);
        assert_ne!(code_of(&packed).unwrap(), empty_component(), "what is not ours stays");
        assert!(code_of(b"no").is_err());
    }

    #[test]
    fn a_core_module_is_refused_with_what_to_do() {
        let module = wasm_encoder::Module::new().finish();
        let error = with_manifest(&module, "").unwrap_err().to_string();
        assert!(error.contains("core module") && error.contains("pack"), "{error}");
        assert!(with_manifest(b"#!/bin/sh", "").is_err());
    }

    #[test]
    fn a_manifest_inside_a_nested_component_does_not_count() {
        let mut outer = wasm_encoder::Component::new();
        let mut inner = wasm_encoder::Component::new();
        inner.section(&CustomSection { name: MANIFEST_SECTION.into(), data: b"inner".into() });
        outer.section(&wasm_encoder::NestedComponentSection(&inner));
        assert_eq!(manifest_of(&outer.finish()).unwrap(), None);
    }
}
