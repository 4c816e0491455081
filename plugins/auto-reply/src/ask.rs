//! What a request lacks: for some categories a field must be known before anybody can help. Pure: decides
//! whether to ask for it, and whether it was given.

/// A field that requests of a category need.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskFor {
    /// Category of the ticket.
    pub category: String,
    /// Key of the custom field.
    pub field: String,
    /// The paragraph that asks for it, German.
    pub ask_de: String,
    /// The same, English.
    pub ask_en: String,
}

/// Where is my parcel: nobody can say without the number of the order.
#[must_use]
pub fn built_in() -> Vec<AskFor> {
    ["order_status", "shipping"]
        .map(|category| AskFor {
            category: category.to_owned(),
            field: "order_number".to_owned(),
            ask_de: "Damit wir gleich nachsehen können, brauchen wir noch Ihre Bestellnummer: Schicken Sie sie uns bitte als Antwort auf diese Nachricht.".to_owned(),
            ask_en: "Please send us your order number in reply to this message, so that we can look it up straight away.".to_owned(),
        })
        .to_vec()
}

/// What marks a ticket whose customer was asked.
#[must_use]
pub fn tag(field: &str) -> String {
    format!("asked-{field}")
}

/// What the customer is to be asked for; nothing that is known or was asked for before.
#[must_use]
pub fn missing<'a>(
    asks: &'a [AskFor],
    category: Option<&str>,
    tags: &[String],
    given: impl Fn(&str) -> bool,
) -> Option<&'a AskFor> {
    let worded = |ask: &&AskFor| !ask.ask_de.trim().is_empty() && !ask.ask_en.trim().is_empty();
    let ask = asks.iter().filter(worded).find(|ask| Some(ask.category.as_str()) == category)?;
    (!tags.contains(&tag(&ask.field)) && !given(&ask.field)).then_some(ask)
}

/// The field that the customer was asked for and has given now.
#[must_use]
pub fn answered<'a>(asks: &'a [AskFor], tags: &[String], given: impl Fn(&str) -> bool) -> Option<&'a str> {
    let mut fields = asks.iter().map(|ask| ask.field.as_str());
    fields.find(|field| tags.contains(&tag(field)) && given(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Vec<String> {
        vec!["vip".to_owned(), "asked-order_number".to_owned()]
    }

    #[test]
    fn what_a_category_needs_is_asked_for_once_and_only_while_it_is_not_known() {
        let asks = built_in();
        let order = Some("order_status");
        assert!(missing(&asks, order, &[], |_| false).is_some_and(|ask| ask.field == "order_number"));
        assert!(missing(&asks, order, &[], |field| field == "order_number").is_none());
        assert!(missing(&asks, order, &asked(), |_| false).is_none());
        assert!(missing(&asks, Some("account"), &[], |_| false).is_none());
        assert!(missing(&asks, None, &[], |_| false).is_none());
        assert!(missing(&[], order, &[], |_| false).is_none());
        let silent: Vec<_> = asks.iter().map(|ask| AskFor { ask_de: " ".into(), ..ask.clone() }).collect();
        assert!(missing(&silent, order, &[], |_| false).is_none());
    }

    #[test]
    fn what_was_asked_for_is_recognised_when_it_is_given_whatever_the_category_is_now() {
        let asks = built_in();
        assert_eq!(answered(&asks, &asked(), |_| true), Some("order_number"));
        assert_eq!(answered(&asks, &asked(), |_| false), None);
        assert_eq!(answered(&asks, &[], |_| true), None);
    }

    #[test]
    fn the_mark_of_a_field_is_a_tag_that_the_desk_takes() {
        for ask in built_in() {
            assert!(tag(&ask.field).chars().all(|c| c.is_ascii_lowercase() || "_-".contains(c)));
        }
    }
}
