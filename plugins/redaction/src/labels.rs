//! What the words before a number say that it is. Whole words, and heads of German compounds.

use crate::view::{View, is_word};

/// What a label says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    Phone,
    Card,
    SecurityCode,
    Tax,
    Bank,
    Version,
    /// Something that is numbered and is nobody: an order, an invoice, a parcel.
    Thing,
}

/// How far back a label may stand.
const REACH_BYTES: usize = 56;
/// How many words back a label may stand.
const REACH_WORDS: usize = 5;
/// Longest word that is looked at.
const WORD_BYTES_MAX: usize = 40;

/// Labels that say little without the word before them.
const WEAK: &[&str] = &["id", "code", "account"];

/// The nearest label before a place. A number between ends the search: a label belongs to the first number
/// after it.
pub(crate) fn label_before(view: &View<'_>, place: usize) -> Option<Label> {
    let limit = place.saturating_sub(REACH_BYTES);
    let mut at = place;
    if view.before(place) == b'#' {
        return Some(Label::Thing);
    }
    let mut weak = None;
    for _ in 0..REACH_WORDS {
        while at > limit && !is_word(view.before(at)) {
            if ends_reach(view, at) {
                return weak;
            }
            at -= 1;
        }
        let end = at;
        while at > limit && is_word(view.before(at)) {
            at -= 1;
        }
        let word = view.slice(at, end);
        if word.is_empty() || word.len() > WORD_BYTES_MAX || word.first().is_some_and(u8::is_ascii_digit) {
            return weak;
        }
        let word = word.to_ascii_lowercase();
        match classify(&word) {
            // "Steuer-ID", "security code": the word before says which.
            Some(Label::Thing) if weak.is_none() && WEAK.iter().any(|w| w.as_bytes() == word) => {
                weak = Some(Label::Thing)
            }
            Some(label) => return Some(label),
            None if weak.is_some() => return weak,
            None => {}
        }
    }
    weak
}

/// An empty line, or the end of a sentence that is not an abbreviation's dot, lies between.
fn ends_reach(view: &View<'_>, at: usize) -> bool {
    match view.before(at) {
        b'\n' => !matches!(before_break(view, at), b':' | b'='),
        b'!' | b'?' | b';' => true,
        _ => false,
    }
}

/// The last mark before a line break that is no white space.
fn before_break(view: &View<'_>, at: usize) -> u8 {
    let line = view.slice(at.saturating_sub(8), at);
    line.iter().rev().copied().find(|b| !b.is_ascii_whitespace() && *b != b'>').unwrap_or(0)
}

/// What says what: whole words, beginnings, and parts of (German) compounds, separated by blanks.
struct Words {
    label: Label,
    whole: &'static str,
    heads: &'static str,
    parts: &'static str,
}

/// The first that fits wins.
const WORDS: &[Words] = &[
    Words {
        label: Label::SecurityCode,
        whole: "cvc cvc2 cvv cvv2 csc cvn cid security verification",
        heads: "",
        parts: "sicherheitscode sicherheitsnummer prüfnummer prüfziffer pruefnummer pruefziffer",
    },
    Words {
        label: Label::Bank,
        whole: "iban konto kontonummer kontonr bankverbindung bic swift",
        heads: "",
        parts: "",
    },
    Words {
        label: Label::Tax,
        whole: "idnr tin tax taxid",
        heads: "steuer identifikationsn",
        parts: "steuerid steuernummer steuernr",
    },
    Words {
        label: Label::Card,
        whole: "karte card cards visa mastercard amex maestro cc pan diners jcb",
        heads: "",
        parts: "kreditkart creditcard kartennummer kartennr",
    },
    Words {
        label: Label::Phone,
        whole: "tel telnr tels fon ring sms dial ph mob fax faxnr cell call calling",
        heads: "telef telep phone mobil handy faxnum cellp whatsapp hotline durchwahl festnetz erreich reach",
        parts: "rufen anruf rufnummer ckruf phone handynum mobilnum",
    },
    Words {
        label: Label::Version,
        whole: "version ver v release build firmware sdk api chapter kapitel abschnitt section",
        heads: "",
        parts: "",
    },
    Words {
        label: Label::Thing,
        whole: "order orders orderno ordernumber ean gtin sku isbn issn upc asin doi imei ref id case fall part lot hrb plz zip pin tan \
                model modell az item batch parcel member booking contract serial product transaction account uid guid uuid timestamp \
                code ticket betrag summe amount total preis price",
        heads: "",
        parts: "bestell auftrag rechnung invoice kunden customer ticketn vorgang artikel sendung tracking paket serien referen aktenz \
                charge vertrag police mitglied beleg transaktion reservierung buchung zähler barcode lieferschein gutschein voucher \
                produkt personaln fahrgestell shipment ordernum seriennum",
    },
];

fn classify(word: &[u8]) -> Option<Label> {
    WORDS.iter().find(|words| words.fit(word)).map(|words| words.label)
}

impl Words {
    fn fit(&self, word: &[u8]) -> bool {
        let list = |text: &'static str| text.split_ascii_whitespace().map(str::as_bytes);
        list(self.whole).any(|w| w == word)
            || list(self.heads).any(|head| word.starts_with(head))
            || list(self.parts).any(|part| word.windows(part.len()).any(|w| w == part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(text: &str) -> Option<Label> {
        label_before(&View::new(text), text.len())
    }

    #[test]
    fn the_nearest_label_wins_over_words_that_say_nothing() {
        assert_eq!(label("Tel.-Nr.: "), Some(Label::Phone));
        assert_eq!(label("Meine Handynummer ist die "), Some(Label::Phone));
        assert_eq!(label("order number: "), Some(Label::Thing));
        assert_eq!(label("Zur Bestellung bitte zurückrufen unter "), Some(Label::Phone));
        assert_eq!(label("Kreditkarte: "), Some(Label::Card));
        assert_eq!(label("Steuer-ID "), Some(Label::Tax));
        assert_eq!(label("Kartenprüfnummer lautet "), Some(Label::SecurityCode));
        assert_eq!(label("security code: "), Some(Label::SecurityCode));
        assert_eq!(label("Ihre ID "), Some(Label::Thing));
        assert_eq!(label("#"), Some(Label::Thing));
    }

    #[test]
    fn a_label_belongs_to_the_first_number_after_it() {
        assert_eq!(label("Bestellnummer 4711, "), None);
    }

    #[test]
    fn labels_are_whole_words_not_parts_of_others() {
        assert_eq!(label("der Teller kostet "), None);
        assert_eq!(label("discard "), None);
        assert_eq!(label("Hallo "), None);
    }

    #[test]
    fn a_label_on_the_line_before_counts_when_it_ends_with_a_colon() {
        assert_eq!(label("Telefon:\n"), Some(Label::Phone));
        assert_eq!(label("Bitte anrufen!\n\n"), None);
    }
}
