//! Bundled plugin: finds personal data before storage.
//!
//! Owns the glue to the hook; what is found and how stands in the other files, which know no host.

mod again;
mod checks;
mod classes;
mod custom;
mod file_name;
mod find;
mod hashes;
mod labels;
mod memo;
mod names;
mod optional;
#[doc(hidden)]
pub mod persons;
mod pieces;
mod placeholders;
mod plain;
mod recognisers;
mod run;
mod settings;
mod view;

use kulanz_sdk::prelude::*;

pub use classes::ON;
pub use find::{Found, find};
pub use names::Known;
pub use settings::Settings;

/// What the host calls a part that is a file's name.
const FILE_NAME: &str = "file_name";
/// Parts that are asked what they are called at most, since calls are counted: of more parts nearly all are files.
const NAMES_ASKED_MAX: u32 = 400;

/// Whether a part is a file's name with something in it that glues words.
fn is_glued_name(document: &Document<'_>, part: u32, text: &str) -> bool {
    text.contains(['_', '-'])
        && !text.contains('\n')
        && (part >= NAMES_ASKED_MAX || document.part_name(part) == FILE_NAME)
}

struct Redactor;

impl Redaction for Redactor {
    type Settings = Settings;

    fn redact(document: &Document, settings: Settings) -> Result<Vec<Finding>, Error> {
        settings.check().map_err(Error::invalid)?;
        let known = Known::new(&document.known());
        let mut out = Vec::new();
        for part in 0..document.parts() {
            let text = document.part_text(part);
            let found = match is_glued_name(document, part, &text) {
                true => file_name::find_in_name(&text, &known, &settings),
                false => find(&text, &known, &settings),
            };
            for found in found {
                let (Ok(start), Ok(end)) = (u32::try_from(found.start), u32::try_from(found.end)) else {
                    return Err(Error::invalid("a part is longer than 4 GiB"));
                };
                let (class, rule) = (found.class.to_owned(), found.rule.to_owned());
                out.push(Finding { part, start, end, class, score: found.score, rule });
            }
        }
        Ok(out)
    }
}

kulanz_sdk::export!(Redactor: redaction);

#[cfg(test)]
mod tests;
