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
/// What stands in front of a custom field's key; the part is called as the ticket's field is.
pub const CUSTOM: &str = "custom.";

/// Every part's name but those of custom fields.
pub const NAMES: [&str; 6] = [SUBJECT, TEXT, NAME, FILE_NAME, AUTO_REASON, CATEGORY];

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::Field;

    #[test]
    fn parts_that_are_fields_of_a_ticket_are_called_like_them() {
        assert_eq!(Field::Category.to_string(), CATEGORY);
        assert_eq!(Field::Custom("order".to_owned()).to_string(), format!("{CUSTOM}order"));
    }
}
