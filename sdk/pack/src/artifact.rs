//! A plugin file as an artifact of a registry, in the layout that WebAssembly tools share: a manifest that
//! points to a small config and to one layer, the file as it is. Owns how the two JSON texts are made and
//! what is asked of those that come from a registry; does no I/O and reads no clock.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use domain::plugin::Manifest;
use serde::{Deserialize, Serialize};

use crate::PackError;
use crate::check::{COMPONENT_BYTES_MAX, outer_names};
use crate::reference::Digest;

/// Media type of the manifest.
pub const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of the config: what tells a plugin from a container image.
const CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";
/// Media type of the one layer.
const LAYER_TYPE: &str = "application/wasm";
/// The layout wants a date. This one makes the same file the same artifact, whoever publishes it and when.
const CREATED: &str = "1970-01-01T00:00:00Z";
/// Longest foreign word in a sentence, characters.
const WORD_CHARS_MAX: usize = 80;

/// Bytes with their name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// Their digest.
    pub digest: Digest,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Blob {
    fn new(bytes: Vec<u8>) -> Self {
        Self { digest: Digest::of(&bytes), bytes }
    }

    fn described(&self, media_type: &str) -> Descriptor {
        Descriptor {
            media_type: media_type.to_owned(),
            digest: self.digest.to_string(),
            size: self.bytes.len() as u64,
        }
    }
}

/// Everything that is published of one plugin file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// The plugin file.
    pub layer: Blob,
    /// What it is.
    pub config: Blob,
    /// What belongs together; its digest is the artifact's.
    pub manifest: Blob,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    schema_version: u32,
    media_type: &'a str,
    config: Descriptor,
    layers: [Descriptor; 1],
    annotations: BTreeMap<&'a str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    created: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    architecture: &'a str,
    os: &'a str,
    layer_digests: [&'a str; 1],
    component: Component,
}

#[derive(Serialize)]
struct Component {
    exports: Vec<String>,
    imports: Vec<String>,
    /// A world that it was built for; ours is made from the manifest and has no name that others know.
    target: Option<String>,
}

impl Artifact {
    /// The artifact of a plugin file with this manifest inside. The same file is always the same artifact.
    ///
    /// # Errors
    /// The bytes are no component.
    pub fn of(file: Vec<u8>, manifest: &Manifest) -> Result<Self, PackError> {
        let names = outer_names(&file)?;
        let layer = Blob::new(file);
        let config = Config {
            created: CREATED,
            author: authors(manifest),
            architecture: "wasm",
            os: "wasip2",
            layer_digests: [layer.digest.as_str()],
            component: Component { exports: names.exports, imports: names.imports, target: None },
        };
        let config = Blob::new(json(&config)?);
        let written = Written {
            schema_version: 2,
            media_type: MANIFEST_TYPE,
            config: config.described(CONFIG_TYPE),
            layers: [layer.described(LAYER_TYPE)],
            annotations: annotations(manifest),
        };
        Ok(Self { manifest: Blob::new(json(&written)?), layer, config })
    }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, PackError> {
    serde_json::to_vec(value).map_err(|e| PackError::component(format!("It cannot be described ({e}).")))
}

fn authors(manifest: &Manifest) -> Option<String> {
    (!manifest.authors.is_empty()).then(|| manifest.authors.join(", "))
}

/// What registries show to people.
fn annotations(manifest: &Manifest) -> BTreeMap<&'static str, String> {
    [
        ("org.opencontainers.image.title", Some(manifest.name.clone())),
        ("org.opencontainers.image.version", Some(manifest.version.clone())),
        ("org.opencontainers.image.description", Some(manifest.description.clone())),
        ("org.opencontainers.image.licenses", Some(manifest.licence.clone())),
        ("org.opencontainers.image.authors", authors(manifest)),
    ]
    .into_iter()
    .filter_map(|(name, text)| Some((name, text.filter(|text| !text.is_empty())?)))
    .collect()
}

/// Why what a registry holds is no plugin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtifactError {
    /// Not even a manifest.
    #[error("the registry's answer is no manifest ({why}); look at the registry's address")]
    NoManifest {
        /// What is wrong.
        why: String,
    },
    /// Something else: a container image, a chart, an index of several.
    #[error("it is no WebAssembly plugin ({why}); name one that was put there with `kulanz plugin publish`")]
    NoPlugin {
        /// What it is instead.
        why: String,
    },
    /// Larger than any plugin may be.
    #[error("it has {bytes} bytes, a plugin may have {bytes_max}; ask its author for a smaller build")]
    TooBig {
        /// As the manifest says.
        bytes: u64,
        /// The limit.
        bytes_max: u64,
    },
    /// Bytes that are not those that were promised.
    #[error(
        "the registry sent something else than was asked for ({found} instead of {wanted}): nothing was used; try again, and if it stays so tell whoever runs the registry"
    )]
    Differs {
        /// What was promised.
        wanted: String,
        /// What came.
        found: String,
    },
}

/// The plugin file as a manifest promises it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promised {
    /// Its digest.
    pub digest: Digest,
    /// Its length, never above what a plugin may have.
    pub bytes: u64,
}

/// As much of a manifest as has to be understood; media types first, so that a container image is called
/// what it is and not misread.
#[derive(Deserialize)]
struct Read {
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
}

/// A foreign word, short enough for a sentence and without anything that a terminal would obey.
fn quoted(word: &str) -> String {
    format!("{:?}", word.chars().take(WORD_CHARS_MAX).collect::<String>())
}

/// The plugin file that a registry's manifest promises.
///
/// # Errors
/// It is no manifest, not of a plugin, or promises too much.
pub fn promised_by(manifest: &[u8]) -> Result<Promised, ArtifactError> {
    let read: Read =
        serde_json::from_slice(manifest).map_err(|e| ArtifactError::NoManifest { why: e.to_string() })?;
    let no_plugin = |why: String| ArtifactError::NoPlugin { why };
    let config = read.config.ok_or_else(|| no_plugin("an index, or something of another kind".to_owned()))?;
    if config.media_type != CONFIG_TYPE {
        return Err(no_plugin(format!("its config is {}", quoted(&config.media_type))));
    }
    let [layer] = read.layers.as_slice() else {
        return Err(no_plugin(format!("{} layers instead of one", read.layers.len())));
    };
    if layer.media_type != LAYER_TYPE {
        return Err(no_plugin(format!("its layer is {}", quoted(&layer.media_type))));
    }
    let bytes_max = COMPONENT_BYTES_MAX as u64;
    if layer.size > bytes_max {
        return Err(ArtifactError::TooBig { bytes: layer.size, bytes_max });
    }
    let digest = Digest::parse(&layer.digest)
        .ok_or_else(|| no_plugin(format!("its layer is named {}, no sha256", quoted(&layer.digest))))?;
    Ok(Promised { digest, bytes: layer.size })
}

impl Promised {
    /// Whether these are the promised bytes. Of more than were promised, one byte more is enough to tell.
    ///
    /// # Errors
    /// They are not.
    pub fn check(&self, bytes: &[u8]) -> Result<(), ArtifactError> {
        let length = bytes.len() as u64;
        let found = match length.cmp(&self.bytes) {
            Ordering::Equal => return self.digest.check(bytes),
            Ordering::Greater => "more".to_owned(),
            Ordering::Less => format!("{length} bytes"),
        };
        Err(ArtifactError::Differs { wanted: format!("{} bytes", self.bytes), found })
    }
}

impl Digest {
    /// Whether it is the digest of these bytes.
    ///
    /// # Errors
    /// It is not.
    pub fn check(&self, bytes: &[u8]) -> Result<(), ArtifactError> {
        let found = Self::of(bytes);
        if *self == found {
            return Ok(());
        }
        Err(ArtifactError::Differs { wanted: self.to_string(), found: found.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn manifest(more: &str) -> Manifest {
        let text = "id='a.b'\nname='Lost parcel'\nversion='0.1.0'\ncontract='0.1'\ndescription='Finds it.'\n";
        Manifest::parse(&format!("{text}{more}[[hook]]\nkind='redaction'\n")).unwrap()
    }

    fn artifact() -> Artifact {
        let file = crate::with_manifest(&wasm_encoder::Component::new().finish(), "id = 'a.b'").unwrap();
        Artifact::of(file, &manifest("licence='MIT'\nauthors=['Ana','Ben']\n")).unwrap()
    }

    fn value(blob: &Blob) -> Value {
        serde_json::from_slice(&blob.bytes).unwrap()
    }

    #[test]
    fn the_manifest_points_to_config_and_file_and_says_what_people_want_to_know() {
        let artifact = artifact();
        let expected = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {
                "mediaType": "application/vnd.wasm.config.v0+json",
                "digest": artifact.config.digest.as_str(), "size": artifact.config.bytes.len(),
            },
            "layers": [{
                "mediaType": "application/wasm",
                "digest": artifact.layer.digest.as_str(), "size": artifact.layer.bytes.len(),
            }],
            "annotations": {
                "org.opencontainers.image.title": "Lost parcel",
                "org.opencontainers.image.version": "0.1.0",
                "org.opencontainers.image.description": "Finds it.",
                "org.opencontainers.image.licenses": "MIT",
                "org.opencontainers.image.authors": "Ana, Ben",
            },
        });
        assert_eq!(value(&artifact.manifest), expected);
    }

    #[test]
    fn the_config_is_what_wasm_tools_read() {
        let artifact = artifact();
        let expected = json!({
            "created": "1970-01-01T00:00:00Z", "author": "Ana, Ben", "architecture": "wasm", "os": "wasip2",
            "layerDigests": [artifact.layer.digest.as_str()],
            "component": { "exports": [], "imports": [], "target": null },
        });
        assert_eq!(value(&artifact.config), expected);
    }

    #[test]
    fn the_same_file_is_the_same_artifact_and_what_is_not_stated_is_left_out() {
        assert_eq!(artifact(), artifact());
        let plain = Artifact::of(wasm_encoder::Component::new().finish(), &manifest("")).unwrap();
        assert!(value(&plain.config).get("author").is_none());
        assert_eq!(value(&plain.manifest)["annotations"].as_object().unwrap().len(), 3);
    }

    #[test]
    fn what_was_made_is_read_again_and_the_promise_is_kept_by_these_bytes_only() {
        let artifact = artifact();
        let promised = promised_by(&artifact.manifest.bytes).unwrap();
        assert_eq!(promised.digest, artifact.layer.digest);
        promised.check(&artifact.layer.bytes).unwrap();
        let mut other = artifact.layer.bytes.clone();
        other[9] ^= 1;
        assert!(matches!(promised.check(&other), Err(ArtifactError::Differs { .. })));
        let said = promised.check(b"short").unwrap_err().to_string();
        assert!(said.contains("5 bytes") && said.contains("nothing was used"), "{said}");
        let said = promised.check(&[artifact.layer.bytes, vec![0]].concat()).unwrap_err().to_string();
        assert!(said.contains("more instead of"), "{said}");
    }

    /// The manifest with one place changed.
    fn refused(pointer: &str, to: Value) -> ArtifactError {
        let mut changed = value(&artifact().manifest);
        *changed.pointer_mut(pointer).unwrap() = to;
        promised_by(changed.to_string().as_bytes()).unwrap_err()
    }

    #[test]
    fn what_is_no_plugin_is_called_what_it_is() {
        for (pointer, to, word) in [
            ("/config/mediaType", json!("application/vnd.oci.image.config.v1+json"), "image.config"),
            ("/config", Value::Null, "index"),
            ("/layers", json!([]), "0 layers"),
            ("/layers/0/mediaType", json!("application/zip"), "application/zip"),
            ("/layers/0/digest", json!("sha512:ab"), "no sha256"),
        ] {
            let error = refused(pointer, to);
            assert!(matches!(error, ArtifactError::NoPlugin { .. }), "{error}");
            assert!(error.to_string().contains(word), "{error}");
        }
        assert!(matches!(promised_by(b"<html>"), Err(ArtifactError::NoManifest { .. })));
    }

    #[test]
    fn more_than_a_plugin_may_have_is_refused_before_a_byte_is_fetched() {
        let bytes_max = COMPONENT_BYTES_MAX as u64;
        let error = refused("/layers/0/size", json!(bytes_max + 1));
        assert_eq!(error, ArtifactError::TooBig { bytes: bytes_max + 1, bytes_max });
    }
}
