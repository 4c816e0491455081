//! `redaction`: finds personal data before storage. What it finds is checked against the text: a span
//! that does not fit is nonsense, and nonsense holds the message back.

use domain::redaction::{Document, Finding};
use domain::run::{Fault, Verdict};
use wasmtime::Store;
use wasmtime::component::{Instance, Resource};

use super::{OWN, Returned, Said, absent};
use crate::bindings::exports::kulanz::plugin::redaction::{self, GuestIndices};
use crate::call::Input;
use crate::limits::FINDINGS_MAX;
use crate::state::{State, stray};
use crate::tame::tame;

/// Longest name of a class or a rule, bytes.
const NAME_BYTES_MAX: usize = 80;

/// Calls the hook.
pub(crate) async fn call(
    at: Option<&GuestIndices>,
    store: &mut Store<State>,
    instance: &Instance,
) -> Returned {
    let guest = at.ok_or_else(absent)?.load(&mut *store, instance)?;
    let returned = guest.call_redact(&mut *store, Resource::new_borrow(OWN)).await?;
    let Input::Redaction(document) = &store.data().input else { return Err(stray("document")) };
    Ok(returned.map(|found| believe(document, found)))
}

fn believe(document: &Document, found: Vec<redaction::Finding>) -> Said {
    if found.len() > FINDINGS_MAX {
        return Err(Fault::Nonsense {
            what: format!("{} findings; {FINDINGS_MAX} are allowed", found.len()),
        });
    }
    let mut findings = Vec::with_capacity(found.len());
    for redaction::Finding { part, start, end, class, score, rule } in found {
        let finding = Finding {
            part,
            start,
            end,
            class: tame(class, NAME_BYTES_MAX),
            score,
            rule: tame(rule, NAME_BYTES_MAX),
        };
        check(document, &finding).map_err(|what| Fault::Nonsense { what })?;
        findings.push(finding);
    }
    let why = format!("{} found", findings.len());
    Ok((Verdict { word: "done".to_owned(), why }, findings))
}

fn check(document: &Document, finding: &Finding) -> Result<(), String> {
    let Finding { part, start, end, class, score, rule } = finding;
    let Some(text) = document.parts.get(*part as usize).map(|p| p.text.as_str()) else {
        return Err(format!(
            "rule {rule} found {class} in part {part}; the document has {} parts",
            document.parts.len()
        ));
    };
    if start >= end || text.get(*start as usize..*end as usize).is_none() {
        return Err(format!(
            "rule {rule} found {class} at {start}..{end}, which is no span of the part's {} bytes",
            text.len()
        ));
    }
    if !(0.0..=1.0).contains(score) {
        return Err(format!("rule {rule} gives {class} a score of {score}; scores lie between 0 and 1"));
    }
    if class.is_empty() {
        return Err(format!("rule {rule} found something without a class"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::redaction::Part;

    fn document() -> Document {
        Document {
            parts: vec![Part { name: "text".into(), text: "Grüße 4711".into() }],
            ..Document::default()
        }
    }

    fn found(part: u32, start: u32, end: u32, score: f32) -> Vec<redaction::Finding> {
        vec![redaction::Finding { part, start, end, class: "REFERENCE".into(), score, rule: "digits".into() }]
    }

    #[test]
    fn a_span_inside_the_text_is_believed() {
        let (verdict, findings) = believe(&document(), found(0, 8, 12, 0.9)).unwrap();
        assert_eq!((verdict.why.as_str(), findings.len()), ("1 found", 1));
    }

    #[test]
    fn spans_that_do_not_fit_are_nonsense() {
        for bad in [
            found(1, 0, 1, 0.5),
            found(0, 5, 5, 0.5),
            found(0, 8, 99, 0.5),
            found(0, 3, 5, 0.5),
            found(0, 0, 2, 7.0),
            found(0, 0, 2, f32::NAN),
        ] {
            assert!(matches!(believe(&document(), bad), Err(Fault::Nonsense { .. })));
        }
    }
}
