//! Templates and how they become texts with spans.

use crate::chance::Chance;
use crate::file;
use crate::score::class_of;
use crate::values;
use crate::words::Words;

/// Where personal data begins and ends, in bytes, and its class.
pub(crate) type Span = (usize, usize, &'static str);

/// A text with the spans of personal data in it.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) text: String,
    /// First byte, one past the last, class.
    pub(crate) spans: Vec<Span>,
    pub(crate) language: &'static str,
    /// Whether some value is disguised, or is harmless and looks like a secret.
    pub(crate) disguised: bool,
    pub(crate) alike: bool,
}

/// One template a line; `\n` is a line break, `=` in front marks one without personal data.
pub(crate) fn read(path: &str) -> std::io::Result<Vec<String>> {
    let text = std::fs::read_to_string(file(path))?;
    Ok(text
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
        .map(|l| l.replace("\\n", "\n"))
        .collect())
}

/// Fills the slots of a template.
pub(crate) fn fill(template: &str, language: &'static str, words: &Words, chance: &mut Chance) -> Sample {
    let template = template.strip_prefix("= ").unwrap_or(template);
    let mut out = Sample { text: String::new(), spans: Vec::new(), language, disguised: false, alike: false };
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        out.text.push_str(&rest[..open]);
        let close = rest[open..].find('}').map_or(rest.len(), |c| open + c);
        let slot = &rest[open + 1..close];
        match value(slot, language, words, chance) {
            Some((value, class)) => {
                out.disguised |= values::DISGUISED.contains(&slot);
                out.alike |= values::ALIKE.contains(&slot);
                let mut parts = value.split(values::EDGE);
                let (head, inner, tail) = match (parts.next(), parts.next(), parts.next()) {
                    (Some(head), Some(inner), tail) => (head, inner, tail.unwrap_or("")),
                    _ => ("", value.as_str(), ""),
                };
                out.text.push_str(head);
                if let Some(class) = class {
                    out.spans.push((out.text.len(), out.text.len() + inner.len(), class));
                }
                out.text.push_str(inner);
                out.text.push_str(tail);
                rest = rest.get(close + 1..).unwrap_or("");
            }
            None => {
                out.text.push('{');
                rest = &rest[open + 1..];
            }
        }
    }
    out.text.push_str(rest);
    out
}

/// The value of a slot and its class; none if there is no such slot. "PERSON:Anna" is its own value.
fn value(
    slot: &str,
    language: &str,
    words: &Words,
    chance: &mut Chance,
) -> Option<(String, Option<&'static str>)> {
    let person = |text: String| Some((text, Some("PERSON")));
    let plain = |text: String| Some((text, None));
    let marked = slot.split_once(':').filter(|(class, _)| plugin_redaction::ON.contains(class));
    if let Some((class, text)) = marked {
        return Some((text.to_owned(), Some(class_of(class))));
    }
    match slot {
        "first" => person(chance.pick(&words.first).clone()),
        "last" => person(match chance.below(12) {
            0 => format!("{}-{}", chance.pick(&words.last), chance.pick(&words.last)),
            1 => format!("{} {}", chance.pick(&["von", "van", "de", "von der"]), chance.pick(&words.last)),
            _ => chance.pick(&words.last).clone(),
        }),
        "name" => person(words.name(chance)),
        "NAME" => {
            person(format!("{} {}", chance.pick(&words.first), chance.pick(&words.last)).to_uppercase())
        }
        "lname" => {
            person(format!("{} {}", chance.pick(&words.first), chance.pick(&words.last)).to_lowercase())
        }
        "initial" => person(format!("{}. {}", chance.of("ABCDEFGHJKLMPRSTW", 1), chance.pick(&words.last))),
        "listed" => person(format!("{}, {}", chance.pick(&words.last), chance.pick(&words.first))),
        "noun" => plain(chance.pick(&words.nouns).clone()),
        "compound" => plain(words.compound(chance)),
        "word" => plain(chance.pick(&words.english).to_lowercase()),
        "Word" => plain(chance.pick(&words.english).clone()),
        "place" => plain(chance.pick(&words.places).clone()),
        "org" => plain(words.firm(chance)),
        "brand" => plain(words.brand(chance)),
        "thing" => plain(words.thing(chance)),
        // What a sofa or a storm is called.
        "called" => plain(chance.pick(&words.first).clone()),
        "joined" => plain(words.joined(chance)),
        "abbr" => {
            let length = 2 + chance.below(4);
            plain(chance.of("ABCDEFGHIKLMNOPRSTUVWX", length))
        }
        "product" => plain(words.product(chance)),
        "street" => {
            let house = chance.below(180) + 1;
            plain(if language == "de" {
                format!("{}straße {house}", chance.pick(&words.nouns))
            } else {
                format!("{house} {} Street", chance.pick(&words.english))
            })
        }
        other => values::of(other, words, chance),
    }
}
