//! Frames: what stands around a text in a mail, per kind of message and language, as the operator wrote it. Pure
//! text; which folder it came from is the host's business.

use std::collections::BTreeMap;

use domain::Refusal;
use domain::message::Message;

/// What kind of message a frame is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Framed {
    /// Automatic, answers a request.
    Answer,
    /// Automatic, nobody asked.
    Notice,
    /// Written by one of our people.
    Person,
}

impl Framed {
    const ALL: [Self; 3] = [Self::Answer, Self::Notice, Self::Person];

    const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Notice => "notice",
            Self::Person => "person",
        }
    }

    /// The kind of a message.
    #[must_use]
    pub const fn of(message: &Message) -> Self {
        match (message.automatic, message.in_reply_to.is_some()) {
            (false, _) => Self::Person,
            (true, true) => Self::Answer,
            (true, false) => Self::Notice,
        }
    }
}

/// Where the message's own text stands.
const TEXT: &str = "text";
/// What may stand in a frame.
const PLACEHOLDERS: [&str; 6] = [TEXT, "number", "from_name", "unsubscribe", "helped", "not_helped"];
/// What answers say when the operator wrote no frame: how to say whether an article helped.
const ANSWER_EN: &str =
    "{{text}}\n\nDid this help? Yes: <{{helped}}>\n\nNo, I need a person: <{{not_helped}}>";
const ANSWER_DE: &str =
    "{{text}}\n\nHat das geholfen? Ja: <{{helped}}>\n\nNein, ich brauche einen Menschen: <{{not_helped}}>";
/// What notices say when the operator wrote no frame: how to end them.
const NOTICE_EN: &str = "{{text}}\n\nIf you do not want such notices any more: <{{unsubscribe}}>";
const NOTICE_DE: &str = "{{text}}\n\nWenn Sie solche Mitteilungen nicht mehr möchten: <{{unsubscribe}}>";

/// Values for one message's placeholders; a value that is empty is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// The message's own text.
    pub text: String,
    /// The ticket's number.
    pub number: String,
    /// Our name.
    pub from_name: String,
    /// Where notices can be ended.
    pub unsubscribe: String,
    /// Where the customer says that an answer helped.
    pub helped: String,
    /// Where the customer says that it did not.
    pub not_helped: String,
}

/// All frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frames(BTreeMap<(Framed, String), String>);

impl Default for Frames {
    fn default() -> Self {
        let frame =
            |framed: Framed, language: &str, text: &str| ((framed, language.to_owned()), text.to_owned());
        Self(
            [
                frame(Framed::Notice, "en", NOTICE_EN),
                frame(Framed::Notice, "de", NOTICE_DE),
                frame(Framed::Answer, "en", ANSWER_EN),
                frame(Framed::Answer, "de", ANSWER_DE),
            ]
            .into(),
        )
    }
}

impl Frames {
    /// Adds the frame that a file such as `answer.de.md` holds.
    ///
    /// # Errors
    /// When the name says no kind and language, the text has no place for the message, or one for something
    /// that there is not.
    pub fn add(&mut self, file_name: &str, text: &str) -> Result<(), Refusal> {
        let bad = |sentence: String| Err(Refusal::new("bad_frame", sentence).at(file_name));
        let stem = file_name.strip_suffix(".md").unwrap_or(file_name);
        let Some((kind, language)) = stem.split_once('.') else {
            return bad(format!(
                "`{file_name}` needs a kind and a language in its name, as in answer.de.md."
            ));
        };
        let names = Framed::ALL.map(Framed::name);
        let Some(framed) = Framed::ALL.into_iter().find(|f| f.name() == kind) else {
            return Err(Refusal::unknown_word("kind of message", kind, &names).at(file_name));
        };
        let named: Vec<&str> = placeholders(text).collect();
        if let Some(unknown) = named.iter().find(|name| !PLACEHOLDERS.contains(name)) {
            return Err(Refusal::unknown_word("placeholder", unknown, &PLACEHOLDERS).at(file_name));
        }
        if named.iter().filter(|name| **name == TEXT).count() != 1 {
            return bad("{{text}} has to stand in it once: that is where the message goes.".to_owned());
        }
        self.0.insert((framed, language.to_lowercase()), text.trim_end().to_owned());
        Ok(())
    }

    /// The message in its frame. A line of the frame with a placeholder that has no value is left out.
    #[must_use]
    pub fn frame(&self, framed: Framed, language: Option<&str>, values: &Values) -> String {
        let Some(frame) = self.find(framed, language.unwrap_or("en")) else { return values.text.clone() };
        let lines: Vec<String> = frame.lines().filter_map(|line| fill(line, values)).collect();
        lines.join("\n").trim().to_owned()
    }

    /// `de-AT`, then `de`, then `en`.
    fn find(&self, framed: Framed, language: &str) -> Option<&String> {
        let whole = language.to_lowercase();
        let base = whole.split('-').next().unwrap_or_default().to_owned();
        [whole, base, "en".to_owned()].into_iter().find_map(|tag| self.0.get(&(framed, tag)))
    }
}

/// Names between `{{` and `}}`.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim())
}

fn fill(line: &str, values: &Values) -> Option<String> {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, tail) = after.split_once("}}")?;
        let value = match name.trim() {
            TEXT => &values.text,
            "number" => &values.number,
            "from_name" => &values.from_name,
            "helped" => &values.helped,
            "not_helped" => &values.not_helped,
            _ => &values.unsubscribe,
        };
        if value.is_empty() {
            return None;
        }
        out.push_str(before);
        // Put in once and not looked at again: what looks like a placeholder in a text is text.
        out.push_str(value);
        rest = tail;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        Values { text: "Hello {{number}}".into(), number: "12".into(), ..Values::default() }
    }

    #[test]
    fn a_text_is_put_into_the_frame_of_its_kind_and_language() {
        let mut frames = Frames::default();
        frames.add("answer.de.md", "{{text}}\n\nVorgang {{number}}\n{{from_name}}\n").unwrap();
        let said = frames.frame(Framed::Answer, Some("de-AT"), &values());
        assert_eq!(said, "Hello {{number}}\n\nVorgang 12", "a line without a value is left out");
        assert_eq!(frames.frame(Framed::Person, Some("de"), &values()), "Hello {{number}}");
        assert_eq!(frames.frame(Framed::Answer, Some("en"), &values()), "Hello {{number}}");
    }

    #[test]
    fn a_notice_says_how_to_end_notices() {
        let values = Values { unsubscribe: "https://x.example/u".into(), ..values() };
        for (language, word) in [(Some("de"), "Mitteilungen"), (Some("fr"), "notices"), (None, "notices")] {
            let said = Frames::default().frame(Framed::Notice, language, &values);
            assert!(said.contains(word) && said.ends_with("<https://x.example/u>"), "{said}");
        }
    }

    #[test]
    fn a_frame_that_cannot_work_is_refused_by_name() {
        let mut frames = Frames::default();
        for (file, text, says) in [
            ("answer.md", "{{text}}", "a kind and a language"),
            ("anser.de.md", "{{text}}", "Did you mean `answer`?"),
            ("answer.de.md", "Hello", "{{text}} has to stand in it once"),
            ("answer.de.md", "{{text}} {{numbr}}", "Did you mean `number`?"),
        ] {
            let refusal = frames.add(file, text).unwrap_err();
            assert!(refusal.sentence.contains(says), "{refusal}");
            assert_eq!(refusal.field.as_deref(), Some(file));
        }
    }
}
