//! What travels with a component beside its manifest: readme, licence text, list of parts. Each is a custom
//! section; all of them are covered by the signature. For people and auditors: nothing here is ever obeyed.

use std::path::Path;

use domain::plugin::Manifest;

use crate::PackError;
use crate::component::{section_of, with_section, without_section};
use crate::signature::SIGNATURE_SECTION;

const README_SECTION: &str = "kulanz:readme";
const LICENCE_SECTION: &str = "kulanz:licence";
/// The CycloneDX document.
const SBOM_SECTION: &str = "kulanz:sbom";

/// Longest readme and longest licence text, bytes.
const TEXT_BYTES_MAX: usize = 256 << 10;
/// Longest list of parts, bytes: some 10,000 packages.
const SBOM_BYTES_MAX: usize = 4 << 20;

/// Names under which authors keep a readme, first wins.
const READMES: &[&str] = &["README.md", "readme.md", "README"];
/// Names under which authors keep a licence, first wins.
const LICENCES: &[&str] =
    &["LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "LICENCE.txt", "LICENCE.md", "COPYING"];

/// What travels with a component.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Papers {
    /// What it does, for people (Markdown).
    pub readme: Option<String>,
    /// Under which terms.
    pub licence: Option<String>,
    /// What it is made of (CycloneDX JSON).
    pub sbom: Option<String>,
}

impl Papers {
    /// What lies in a plugin's folder: README.md, LICENSE, and a list of parts made from its lock file.
    ///
    /// # Errors
    /// A file is there and cannot be read, or is too long.
    pub fn in_folder(folder: &Path, manifest: &Manifest) -> Result<Self, PackError> {
        Ok(Self {
            readme: first_of(folder, READMES)?,
            licence: first_of(folder, LICENCES)?,
            sbom: crate::sbom::sbom(folder, manifest)?,
        })
    }
}

fn first_of(folder: &Path, names: &[&str]) -> Result<Option<String>, PackError> {
    let Some(path) = names.iter().map(|name| folder.join(name)).find(|path| path.is_file()) else {
        return Ok(None);
    };
    std::fs::read_to_string(&path).map(Some).map_err(|e| PackError::read(&path, &e))
}

/// Puts papers into a component, in the place of those it has. Takes a signature off: it would not fit any more.
///
/// # Errors
/// The bytes are no component, or a paper is too long.
pub fn with_papers(component: &[u8], papers: &Papers) -> Result<Vec<u8>, PackError> {
    let mut out = without_section(component, SIGNATURE_SECTION)?;
    for (section, text, bytes_max) in [
        (README_SECTION, &papers.readme, TEXT_BYTES_MAX),
        (LICENCE_SECTION, &papers.licence, TEXT_BYTES_MAX),
        (SBOM_SECTION, &papers.sbom, SBOM_BYTES_MAX),
    ] {
        let Some(text) = text else {
            out = without_section(&out, section)?;
            continue;
        };
        if text.len() > bytes_max {
            return Err(PackError::component(format!(
                "{section} would have {} bytes; {bytes_max} are allowed: shorten it.",
                text.len()
            )));
        }
        out = with_section(&out, section, text.as_bytes())?;
    }
    Ok(out)
}

/// The papers inside a component. One that is no UTF-8 text counts as not there.
///
/// # Errors
/// The bytes are no component.
pub fn papers_of(component: &[u8]) -> Result<Papers, PackError> {
    let text = |section| -> Result<Option<String>, PackError> {
        Ok(section_of(component, section)?.and_then(|data| String::from_utf8(data.to_vec()).ok()))
    };
    Ok(Papers { readme: text(README_SECTION)?, licence: text(LICENCE_SECTION)?, sbom: text(SBOM_SECTION)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PublisherSecret, Signature, manifest_of, sign, verify, with_manifest};

    fn component() -> Vec<u8> {
        with_manifest(&wasm_encoder::Component::new().finish(), "id = \"a.b\"").unwrap()
    }

    #[test]
    fn papers_travel_beside_the_manifest_and_are_replaced_whole() {
        let first = Papers { readme: Some("# Hello".into()), licence: Some("MIT".into()), sbom: None };
        let packed = with_papers(&component(), &first).unwrap();
        assert_eq!(papers_of(&packed).unwrap(), first);
        assert_eq!(manifest_of(&packed).unwrap().as_deref(), Some("id = \"a.b\""));
        let second = Papers { sbom: Some("{}".into()), ..Papers::default() };
        assert_eq!(papers_of(&with_papers(&packed, &second).unwrap()).unwrap(), second);
        assert_eq!(with_papers(&packed, &Papers::default()).unwrap(), component());
    }

    #[test]
    fn new_papers_take_the_signature_off_and_too_long_ones_are_refused() {
        let signed = sign(&component(), &PublisherSecret::from_seed(&[1; 32]).unwrap()).unwrap();
        let readme = |text: String| Papers { readme: Some(text), ..Papers::default() };
        let packed = with_papers(&signed, &readme("x".into())).unwrap();
        assert_eq!(verify(&packed).unwrap(), Signature::None);
        assert!(with_papers(&signed, &readme("x".repeat(TEXT_BYTES_MAX + 1))).is_err());
    }

    #[test]
    fn a_folder_yields_what_lies_in_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("README.md"), "# A").unwrap();
        std::fs::write(folder.path().join("COPYING"), "terms").unwrap();
        let text = "id='a.b'\nname='n'\nversion='0.1.0'\ncontract='0.1'\ndescription='d'\n[[hook]]\nkind='redaction'\n";
        let papers = Papers::in_folder(folder.path(), &Manifest::parse(text).unwrap()).unwrap();
        assert_eq!(papers, Papers { readme: Some("# A".into()), licence: Some("terms".into()), sbom: None });
    }
}
