//! An order as the shop tells it: read with distrust, because what stands in it goes to a customer.

/// What a customer wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Where it is.
    Status,
    /// How to send it back.
    Return,
    /// Where its invoice is.
    Invoice,
}

impl Topic {
    /// One word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Return => "return",
            Self::Invoice => "invoice",
        }
    }
}

/// Where an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not sent yet.
    Processing,
    /// On its way.
    Shipped,
    /// Arrived.
    Delivered,
    /// Cancelled.
    Cancelled,
    /// Sent back.
    Returned,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
            Self::Returned => "returned",
        }
    }
}

/// An order. Fields that a shop has beside these are left.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Order {
    /// Its number.
    pub number: String,
    /// Where it is.
    pub status: State,
    /// When it is expected, or arrived: a date, `2026-03-05`.
    #[serde(default)]
    pub date: Option<String>,
    /// Where its parcel can be followed.
    #[serde(default)]
    pub tracking_url: Option<String>,
    /// Until when it can be sent back: a date.
    #[serde(default)]
    pub return_until: Option<String>,
    /// Where a return is announced.
    #[serde(default)]
    pub return_url: Option<String>,
    /// Where its invoice can be had.
    #[serde(default)]
    pub invoice_url: Option<String>,
}

impl Order {
    /// Reads what the shop answered.
    ///
    /// # Errors
    /// A sentence when it is no order, or says something that no customer should be told.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let order: Self = serde_json::from_slice(body).map_err(|error| format!("it is no order: {error}"))?;
        for (name, url) in [
            ("tracking_url", &order.tracking_url),
            ("return_url", &order.return_url),
            ("invoice_url", &order.invoice_url),
        ] {
            if url.as_deref().is_some_and(|url| !is_link(url)) {
                return Err(format!("{name} is no https link"));
            }
        }
        for (name, date) in [("date", &order.date), ("return_until", &order.return_until)] {
            if date.as_deref().is_some_and(|date| day(date).is_none()) {
                return Err(format!("{name} is no date like 2026-03-05"));
            }
        }
        Ok(order)
    }

    /// What it says of a topic, in few words, for the agents.
    #[must_use]
    pub fn told(&self, topic: Topic) -> String {
        match topic {
            Topic::Status => self.status.word().to_owned(),
            Topic::Return => self
                .return_until
                .as_ref()
                .map_or_else(|| "no return".to_owned(), |d| format!("return until {d}")),
            Topic::Invoice => "an invoice".to_owned(),
        }
    }
}

/// Whether a text may stand as a number in an address: letters, digits, hyphens, dots.
#[must_use]
pub fn is_number(text: &str, chars_max: usize) -> bool {
    !text.is_empty()
        && text.len() <= chars_max
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
        && !text.contains("..")
}

/// https, no user part, nothing that ends a line or a Markdown link.
fn is_link(url: &str) -> bool {
    url.len() <= 500
        && url.strip_prefix("https://").is_some_and(|rest| {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:".contains(&b))
        })
        && url.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"'`()[]\\".contains(&b))
}

/// Year, month and day.
pub(crate) fn day(date: &str) -> Option<(u16, u8, u8)> {
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let fits = year.len() == 4 && month.len() == 2 && day.len() == 2 && parts.next().is_none();
    let (year, month, day) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    (fits && (1..=12).contains(&month) && (1..=31).contains(&day)).then_some((year, month, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_and_what_is_beside_it_is_left() {
        let order = Order::read(br#"{"number":"A-1","status":"shipped","date":"2026-03-05","colour":"red"}"#)
            .unwrap();
        assert_eq!((order.status, order.date.as_deref()), (State::Shipped, Some("2026-03-05")));
    }

    #[test]
    fn what_no_customer_should_be_told_is_refused_by_name() {
        for (body, says) in [
            (r#"{"number":"1","status":"exploded"}"#, "no order"),
            (r#"{"number":"1","status":"shipped","tracking_url":"javascript:alert(1)"}"#, "tracking_url"),
            (
                r#"{"number":"1","status":"shipped","tracking_url":"https://ups.example@evil.example/"}"#,
                "tracking_url",
            ),
            (r#"{"number":"1","status":"shipped","return_url":"https://a.example/\n\nWin"}"#, "return_url"),
            (
                r#"{"number":"1","status":"shipped","invoice_url":"https://a.example/)[x](https://b"}"#,
                "invoice_url",
            ),
            (r#"{"number":"1","status":"shipped","date":"soon"}"#, "date"),
            ("<html>", "no order"),
        ] {
            assert!(Order::read(body.as_bytes()).unwrap_err().contains(says), "{body}");
        }
    }

    #[test]
    fn a_number_cannot_lead_elsewhere() {
        for good in ["4711-0815", "A.12", "10001"] {
            assert!(is_number(good, 40), "{good}");
        }
        for bad in ["", "abc", "1/../../admin", "1?x=1", "1 2", "..1", &"1".repeat(41)] {
            assert!(!is_number(bad, 40), "{bad}");
        }
    }
}
