//! Why a rule said no: a stable code and a sentence for people. Expected, never logged as an error.

/// A rule's refusal. `field` names what to fix where there is such a place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("{sentence}")]
pub struct Refusal {
    /// Stable, machine-readable: `unknown_word`, `ticket_closed`, …
    pub code: &'static str,
    /// The input field that has to change, if it is one.
    pub field: Option<String>,
    /// What is wrong and what to do, for people.
    pub sentence: String,
}

impl Refusal {
    /// A refusal without a field.
    #[must_use]
    pub fn new(code: &'static str, sentence: impl Into<String>) -> Self {
        Self { code, field: None, sentence: sentence.into() }
    }

    /// The same refusal, pointing at a field.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// A word outside a closed list; the sentence names the nearest member and all of them.
    #[must_use]
    pub fn unknown_word(list: &str, got: &str, members: &[&str]) -> Self {
        let near = nearest(got, members).map(|n| format!(" Did you mean `{n}`?")).unwrap_or_default();
        Self::new(
            "unknown_word",
            format!("`{}` is no {}.{near} Known: {}.", shorten(got), words(list), members.join(", ")),
        )
    }

    /// A text that is no id of this kind; the sentence says how one looks.
    #[must_use]
    pub fn bad_id(kind: &str, prefix: &str, got: &str) -> Self {
        let sentence = format!(
            "`{}` is no {}: one is {prefix}_ and 26 letters and digits.",
            got.chars().take(40).collect::<String>(),
            words(kind)
        );
        Self::new("bad_id", sentence)
    }
}

/// The member with the smallest edit distance to `got`, if it is near enough to be a typing slip.
#[must_use]
pub fn nearest<'a>(got: &str, members: &[&'a str]) -> Option<&'a str> {
    let got = shorten(got);
    members
        .iter()
        .map(|member| (distance(&got, member), *member))
        .filter(|(d, member)| *d <= 1 + member.len() / 3)
        .min()
        .map(|(_, member)| member)
}

/// What a type is called among people: a `StatusCategory` is a status category.
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 2);
    for sign in name.chars() {
        if sign.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(sign.to_ascii_lowercase());
    }
    words
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Levenshtein distance, enough for words of at most 60 characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut previous = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, cb) in b.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let left = row.get(j).copied().unwrap_or(usize::MAX - 1);
            let cost = (previous + usize::from(ca != *cb)).min(above + 1).min(left + 1);
            previous = above;
            if let Some(cell) = row.get_mut(j + 1) {
                *cell = cost;
            }
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_slip_gets_the_nearest_word_offered() {
        assert_eq!(nearest("prioritty", &["status", "priority"]), Some("priority"));
        assert_eq!(nearest("banana", &["status", "priority"]), None);
    }

    #[test]
    fn a_kind_of_thing_is_called_by_its_words() {
        let refused = Refusal::unknown_word("StatusCategory", "banana", &["open", "closed"]);
        assert_eq!(refused.sentence, "`banana` is no status category. Known: open, closed.");
        let refused = Refusal::unknown_word("kind of message", "lost", &["reply"]);
        assert_eq!(refused.sentence, "`lost` is no kind of message. Known: reply.");
        let refused = Refusal::bad_id("ContactId", "con", "x");
        assert_eq!(refused.sentence, "`x` is no contact id: one is con_ and 26 letters and digits.");
    }
}
