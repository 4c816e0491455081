//! Mails for measures: German and English by turns, 0.4 kB of text, each from somebody else, an IBAN in
//! every fourth. The same number always gives the same mail.

/// Every which mail names an account.
const IBAN_EVERY: u64 = 4;

const SURNAMES: &[&str] = &["Albers", "Novak", "Yilmaz", "Turner", "Lindner"];

#[derive(Clone, Copy, Default)]
struct Letter {
    subject: &'static str,
    text: &'static str,
}

/// `{n}` is the number of the order.
const LETTERS: &[Letter] = &[
    Letter {
        subject: "Wo bleibt mein Paket?",
        text: "Guten Tag,\n\nich habe vor zwei Wochen bei Ihnen bestellt, Bestellnummer {n}, und das Paket ist \
               immer noch nicht hier. In der Sendungsverfolgung steht seit Tagen nur, dass es im \
               Verteilzentrum liegt. Können Sie bitte nachsehen, wo meine Lieferung geblieben ist und wann ich \
               mit ihr rechnen darf? Ich bräuchte die Sachen eigentlich bis zum Wochenende, weil wir dann \
               verreisen. Vielen Dank im Voraus!",
    },
    Letter {
        subject: "I want my money back",
        text: "Hello,\n\nthe kettle from order {n} arrived with a crack in the glass, so I sent it back last \
               Monday with the label that was in the box. The tracking says that you have had it since \
               Thursday, but I have not heard anything about my refund. Could you please tell me when the money \
               will be returned and whether it goes to the card that I paid with? I would rather not wait \
               another two weeks for it. Thank you for your help!",
    },
    Letter {
        subject: "Passwort vergessen",
        text: "Hallo zusammen,\n\nich komme nicht mehr in mein Kundenkonto. Das Passwort habe ich leider \
               vergessen, und nach ein paar Versuchen meldet die Seite jetzt, dass der Login gesperrt ist. Wie \
               setze ich mein Passwort zurück, und wie lange dauert es, bis ich mich wieder anmelden kann? Ich \
               wollte nur kurz die Rechnung zu meiner Bestellung {n} herunterladen, die ich für meine \
               Unterlagen brauche. Mit freundlichen Grüßen",
    },
    Letter {
        subject: "How long can I return something?",
        text: "Hi there,\n\nI bought a jacket for my brother, order {n}, and it turns out that he would need it \
               one size larger. His birthday is only in three weeks, so I would like to know how many days I \
               have to return an item, whether the tags must still be on it, and who pays for the postage. Is \
               it possible to swap it for the larger size instead, or do I have to order a new one and send the \
               old one back? Best wishes and thanks",
    },
];

/// Subject and text of a mail, without an IBAN.
pub(super) fn letter(n: u64) -> (String, String) {
    let Letter { subject, text } = turn(LETTERS, n);
    (subject.to_owned(), text.replace("{n}", &(100_000 + n).to_string()))
}

/// A mail as it would come over the wire.
pub(super) fn mail(n: u64) -> Vec<u8> {
    let (subject, mut text) = letter(n);
    if n % IBAN_EVERY == IBAN_EVERY - 1 {
        text.push_str(&format!("\nIBAN: {}", iban(n)));
    }
    format!(
        "From: Kim {name} <{address}>\r\nTo: help@shop.example\r\nSubject: {subject}\r\n\
         Date: Mon, 5 Jan 2026 09:00:00 +0000\r\nMessage-ID: <{n}@bench.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n",
        name = turn(SURNAMES, n),
        address = sender(n),
    )
    .into_bytes()
}

/// Who wrote the mail: nobody else writes from there.
pub(super) fn sender(n: u64) -> String {
    format!("kim.{n}@mail{}.example", n % 97)
}

/// One after the other, then from the beginning.
fn turn<T: Copy + Default>(all: &[T], n: u64) -> T {
    let place = usize::try_from(n).unwrap_or(0).checked_rem(all.len()).unwrap_or(0);
    all.get(place).copied().unwrap_or_default()
}

/// A German account number whose check digits are right.
fn iban(n: u64) -> String {
    let account = format!("37040044{n:010}");
    // "DE" as digits and the empty check digits stand behind the account (ISO 13616).
    let check = 98 - remainder_97(&format!("{account}131400"));
    format!("DE{check:02}{account}")
}

fn remainder_97(digits: &str) -> u32 {
    digits.chars().filter_map(|c| c.to_digit(10)).fold(0, |rest, digit| (rest * 10 + digit) % 97)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_number_has_the_right_check_digits() {
        assert_eq!(iban(532_013_000), "DE89370400440532013000");
    }

    #[test]
    fn every_mail_reads_as_one_and_has_about_four_hundred_bytes_of_text() {
        for n in 0..8 {
            let raw = String::from_utf8(mail(n)).unwrap();
            let (head, text) = raw.split_once("\r\n\r\n").unwrap();
            assert!((380..=520).contains(&text.len()), "mail {n}: {} bytes", text.len());
            assert!(head.contains(&sender(n)) && text.contains(&(100_000 + n).to_string()));
            assert_eq!(text.contains("IBAN"), n % 4 == 3);
        }
    }

    #[test]
    fn no_two_mails_are_of_one_sender() {
        let senders: std::collections::HashSet<String> = (0..1_000).map(sender).collect();
        assert_eq!(senders.len(), 1_000);
    }
}
