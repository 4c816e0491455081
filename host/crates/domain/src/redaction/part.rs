//! The parts of a document and what they are called: one list for whoever makes documents, looks for a part by its name
//! or tells people where something stood. Plugins know these names. Knows no message.

/// What a message is about.
pub const SUBJECT: &str = "subject";
/// What it says.
pub const TEXT: &str = "text";
/// Who its author says they are.
pub const NAME: &str = "name";
/// What a file is called.
pub const FILE_NAME: &str = "file_name";
/// Why a message is a machine's.
pub const AUTO_REASON: &str = "auto_reason";
/// The category that a request brings along; called as the ticket's field is.
pub const CATEGORY: &str = "category";

/// The team that it goes to; called as the ticket's field is.
pub const TEAM: &str = "team";
/// One of its tags.
pub const TAGS: &str = "tags";

/// Every part's name but those of custom fields, which are called as the ticket's fields are.
pub const NAMES: [&str; 8] = [SUBJECT, TEXT, NAME, FILE_NAME, AUTO_REASON, CATEGORY, TEAM, TAGS];

/// One named part of a document.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Part {
    /// One of `NAMES`, or that of a custom field.
    pub name: String,
    /// The text.
    pub text: String,
}

impl Part {
    /// A part of this name.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), text: text.to_owned() }
    }
}

/// What every document of a message begins with, and in this order.
#[must_use]
pub fn subject_and_text(subject: &str, text: &str) -> Vec<Part> {
    vec![Part::new(SUBJECT, subject), Part::new(TEXT, text)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::Field;

    #[test]
    fn a_part_that_is_a_field_of_a_ticket_is_called_like_it() {
        assert_eq!(Field::Category.to_string(), CATEGORY);
        assert_eq!(Field::Team.to_string(), TEAM);
    }
}
