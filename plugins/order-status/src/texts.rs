//! What is written to customers about an order, in German and English. Knows orders, no ticket.

use crate::order::{Order, State, Topic, day};

/// A language that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `de`
    German,
    /// `en`
    English,
}

impl Language {
    /// From a BCP 47 tag.
    #[must_use]
    pub fn of(tag: Option<&str>) -> Option<Self> {
        match tag?.split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "de" => Some(Self::German),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// Its BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::German => "de",
            Self::English => "en",
        }
    }

    const fn pick(self, german: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::German => german,
            Self::English => english,
        }
    }
}

/// The whole mail; none when the shop says nothing of what was asked.
#[must_use]
pub fn answer(
    language: Language,
    topic: Topic,
    order: &Order,
    name: Option<&str>,
    signature: &str,
) -> Option<String> {
    let told = match topic {
        Topic::Status => status(language, order),
        Topic::Return => returns(language, order)?,
        Topic::Invoice => invoice(language, order)?,
    };
    let hello = language.pick("Guten Tag", "Hello");
    let greeting = match name.filter(|name| is_speakable(name)) {
        Some(name) => format!("{hello} {name},"),
        None => format!("{hello},"),
    };
    let automatic = language.pick(
        "Diese Auskunft kommt automatisch aus unserem Shop. Hilft sie Ihnen nicht, antworten Sie einfach auf diese Nachricht: Dann kümmert sich ein Mensch aus unserem Team darum.",
        "This information comes automatically from our shop. If it does not help, simply reply to this message and a person from our team will take care of it.",
    );
    let bye = language.pick("Freundliche Grüße", "Kind regards");
    let signature = match signature.trim() {
        "" => language.pick("Ihr Serviceteam", "Your service team"),
        own => own,
    };
    Some(format!("{greeting}\n\n{told}\n\n–––\n\n{automatic}\n\n{bye}\n{signature}\n"))
}

fn status(language: Language, order: &Order) -> String {
    let number = &order.number;
    let date = order.date.as_deref().and_then(|date| written(language, date));
    let mut text = match (language, order.status, date) {
        (Language::German, State::Processing, Some(date)) => {
            format!("Ihre Bestellung {number} wird gerade vorbereitet und soll am {date} bei Ihnen sein.")
        }
        (Language::German, State::Processing, None) => {
            format!("Ihre Bestellung {number} wird gerade vorbereitet.")
        }
        (Language::German, State::Shipped, Some(date)) => {
            format!("Ihre Bestellung {number} ist unterwegs und soll am {date} bei Ihnen sein.")
        }
        (Language::German, State::Shipped, None) => format!("Ihre Bestellung {number} ist unterwegs."),
        (Language::German, State::Delivered, Some(date)) => {
            format!("Ihre Bestellung {number} wurde am {date} zugestellt.")
        }
        (Language::German, State::Delivered, None) => format!("Ihre Bestellung {number} wurde zugestellt."),
        (Language::German, State::Cancelled, _) => format!("Ihre Bestellung {number} ist storniert."),
        (Language::German, State::Returned, _) => {
            format!("Ihre Bestellung {number} ist zu uns zurückgekommen.")
        }
        (Language::English, State::Processing, Some(date)) => {
            format!("Your order {number} is being prepared and should reach you on {date}.")
        }
        (Language::English, State::Processing, None) => format!("Your order {number} is being prepared."),
        (Language::English, State::Shipped, Some(date)) => {
            format!("Your order {number} is on its way and should reach you on {date}.")
        }
        (Language::English, State::Shipped, None) => format!("Your order {number} is on its way."),
        (Language::English, State::Delivered, Some(date)) => {
            format!("Your order {number} was delivered on {date}.")
        }
        (Language::English, State::Delivered, None) => format!("Your order {number} was delivered."),
        (Language::English, State::Cancelled, _) => format!("Your order {number} is cancelled."),
        (Language::English, State::Returned, _) => format!("Your order {number} has come back to us."),
    };
    if let Some(link) = &order.tracking_url {
        let follow = language.pick("Hier können Sie das Paket verfolgen:", "You can follow the parcel here:");
        text.push_str(&format!("\n\n{follow} {link}"));
    }
    text
}

fn returns(language: Language, order: &Order) -> Option<String> {
    let link = order.return_url.as_ref()?;
    let number = &order.number;
    let until = order.return_until.as_deref().and_then(|date| written(language, date));
    Some(match (language, until) {
        (Language::German, Some(until)) => {
            format!(
                "Ihre Bestellung {number} können Sie bis zum {until} zurückgeben. Melden Sie die Rückgabe hier an: {link}"
            )
        }
        (Language::German, None) => {
            format!("Die Rückgabe Ihrer Bestellung {number} melden Sie hier an: {link}")
        }
        (Language::English, Some(until)) => {
            format!(
                "You can return your order {number} until {until}. Please announce the return here: {link}"
            )
        }
        (Language::English, None) => {
            format!("Please announce the return of your order {number} here: {link}")
        }
    })
}

fn invoice(language: Language, order: &Order) -> Option<String> {
    let (number, link) = (&order.number, order.invoice_url.as_ref()?);
    Some(match language {
        Language::German => format!("Die Rechnung zu Ihrer Bestellung {number} finden Sie hier: {link}"),
        Language::English => format!("You find the invoice of your order {number} here: {link}"),
    })
}

const MONTHS: [(&str, &str); 12] = [
    ("Januar", "January"),
    ("Februar", "February"),
    ("März", "March"),
    ("April", "April"),
    ("Mai", "May"),
    ("Juni", "June"),
    ("Juli", "July"),
    ("August", "August"),
    ("September", "September"),
    ("Oktober", "October"),
    ("November", "November"),
    ("Dezember", "December"),
];

/// `2026-03-05` as people write it.
fn written(language: Language, date: &str) -> Option<String> {
    let (year, month, day) = day(date)?;
    let (german, english) = MONTHS.get(usize::from(month).checked_sub(1)?)?;
    Some(match language {
        Language::German => format!("{day}. {german} {year}"),
        Language::English => format!("{day} {english} {year}"),
    })
}

/// Senders choose their names: what is no plain name is not said.
fn is_speakable(name: &str) -> bool {
    (2..=60).contains(&name.chars().count())
        && name.chars().all(|c| c.is_alphabetic() || " -'’".contains(c))
        && name.split_whitespace().count() <= 5
}
