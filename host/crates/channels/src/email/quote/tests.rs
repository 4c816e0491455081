//! Tables of replies as mail programs and people write them: text in, what the sender wrote this time out.

use super::*;

const HISTORY: &[(&str, &str, &str)] = &[
    ("plain text stays", "Hallo,\n\nwo ist mein Paket?", "Hallo,\n\nwo ist mein Paket?"),
    (
        "thunderbird de",
        "Ja, gern.\n\nAm 18.11.26 um 15:12 schrieb Kundendienst:\n> Passt Montag?\n> Gruß",
        "Ja, gern.",
    ),
    ("thunderbird en", "Yes please.\n\nOn 18/11/2026 15:12, Customer Care wrote:\n> Monday?", "Yes please."),
    (
        "gmail de",
        "Danke!\n\nAm Mi., 18. Nov. 2026 um 15:12 Uhr schrieb Kundendienst <\nhelp@shop.example>:\n\n> Passt Montag?",
        "Danke!",
    ),
    (
        "gmail en wrapped",
        "Thanks!\n\nOn Wed, Nov 18, 2026 at 3:12 PM Customer Care <help@shop.example>\nwrote:\n\n> Monday?",
        "Thanks!",
    ),
    (
        "gmail without quote marks",
        "Thanks!\n\nOn Wed, Nov 18, 2026 at 3:12 PM Customer Care <help@shop.example> wrote:\n\nMonday?\nCare",
        "Thanks!",
    ),
    (
        "apple de",
        "Ja.\n\n> Am 18.11.2026 um 15:12 schrieb Kundendienst <help@shop.example>:\n> \n> Passt Montag?",
        "Ja.",
    ),
    (
        "apple en",
        "Yes.\n\n> On 18 Nov 2026, at 15:12, Customer Care <help@shop.example> wrote:\n> \n> Monday?",
        "Yes.",
    ),
    (
        "outlook de",
        "Passt.\n\nVon: Kundendienst <help@shop.example>\nGesendet: Mittwoch, 18. November 2026 15:12\nAn: Anna Meyer <anna@x.example>\nBetreff: AW: Termin\n\nPasst Montag?",
        "Passt.",
    ),
    (
        "outlook en",
        "Fine.\n\nFrom: Customer Care <help@shop.example>\nSent: Wednesday, November 18, 2026 3:12 PM\nTo: Anna <anna@x.example>\nSubject: RE: Date\n\nMonday?",
        "Fine.",
    ),
    (
        "outlook with rule",
        "Passt.\n\n________________________________\nVon: Kundendienst <help@shop.example>\nGesendet: Mittwoch, 18. November 2026 15:12\nAn: Anna\nBetreff: Termin\n\nalt",
        "Passt.",
    ),
    (
        "outlook in bold",
        "Passt.\n\n*Von:* Kundendienst <help@shop.example>\n*Gesendet:* Mittwoch, 18. November 2026 15:12\n*An:* Anna\n*Betreff:* Termin\n\nalt",
        "Passt.",
    ),
    (
        "outlook on the mac",
        "Passt.\n\nVon: Kundendienst <help@shop.example>\nDatum: Mittwoch, 18. November 2026 um 15:12\nAn: Anna <anna@x.example>\nBetreff: Termin\nalt",
        "Passt.",
    ),
    (
        "gmx",
        "Passt.\n \n\nGesendet: Mittwoch, 18. November 2026 um 15:12 Uhr\nVon: \"Kundendienst\" <help@shop.example>\nAn: anna@x.example\nBetreff: Termin\nalt",
        "Passt.",
    ),
    (
        "long recipient list",
        "Passt.\n\nVon: Kundendienst <help@shop.example>\nAn: Anna <anna@x.example>,\n Bernd <bernd@x.example>\nGesendet: 18.11.2026\nBetreff: Termin\n\nalt",
        "Passt.",
    ),
    ("original message de", "Passt.\n\n-----Ursprüngliche Nachricht-----\nVon: Kundendienst\nalt", "Passt."),
    ("original message en", "Fine.\n\n-----Original Message-----\nFrom: Care\nold", "Fine."),
    ("original message spaced", "Fine.\n\n--- Original Message ---\nold", "Fine."),
    (
        "original message long dash",
        "Passt.\n\n-------- Ursprüngliche Nachricht --------\nBetreff: x\nalt",
        "Passt.",
    ),
    (
        "samsung",
        "Passt.\n\n-------- Ursprüngliche Nachricht --------\nVon: Kundendienst <help@shop.example>\nDatum: 18.11.26 15:12 (GMT+01:00)\nalt",
        "Passt.",
    ),
    (
        "yahoo",
        "Passt.\n\nhelp@shop.example schrieb am Mittwoch, 18. November 2026 um 15:12:00 MEZ:\n\nalt",
        "Passt.",
    ),
    ("name first", "Fine.\n\nCustomer Care <help@shop.example> wrote on 18.11.2026 15:12:\n> old", "Fine."),
    ("old gmail", "Fine.\n\n2026-11-18 15:12 GMT+01:00 Customer Care <help@shop.example>:\n\n> old", "Fine."),
    ("horde de", "Passt.\n\nZitat von Kundendienst <help@shop.example>:\n\n> alt", "Passt."),
    ("horde en", "Fine.\n\nQuoting Customer Care <help@shop.example>:\n\n> old", "Fine."),
    (
        "reply above line",
        "Passt.\n\n##- Bitte geben Sie Ihre Antwort oberhalb dieser Zeile ein. -##\n\nalt",
        "Passt.",
    ),
    ("reply above line en", "Fine.\n\n##- Please type your reply above this line -##\nold", "Fine."),
    (
        "answer below the quote",
        "Am 18.11.26 um 15:12 schrieb Kundendienst:\n> Passt Montag?\n\nJa, Montag passt.",
        "Ja, Montag passt.",
    ),
    (
        "answers in between",
        "Am 18.11.26 um 15:12 schrieb Kundendienst:\n> Passt Montag?\nJa.\n> Und die Farbe?\nRot.",
        "Ja.\nRot.",
    ),
    (
        "answer above and below",
        "Hallo,\n\nAm 18.11.26 um 15:12 schrieb Kundendienst:\n> Passt Montag?\n\nJa.\n\nGruß\nAnna",
        "Hallo,\n\nJa.\n\nGruß\nAnna",
    ),
    ("two levels", "Danke.\n\n>> ganz alt\n> alt", "Danke."),
    (
        "forward with a word",
        "Bitte prüfen.\n\n---------- Weitergeleitete Nachricht ---------\nVon: Bernd\n\nDas Original.",
        "Bitte prüfen.",
    ),
    (
        "forward with a word en",
        "Please check.\n\nBegin forwarded message:\n\nFrom: Bernd\nThe original.",
        "Please check.",
    ),
    (
        "forward without a word",
        "---------- Forwarded message ---------\nFrom: Bernd <b@x.example>\n\nThe original.",
        "---------- Forwarded message ---------\nFrom: Bernd <b@x.example>\n\nThe original.",
    ),
    (
        "header block first",
        "Von: Bernd <b@x.example>\nGesendet: 18.11.2026\nAn: Anna\nBetreff: x\n\nDas Original.",
        "Von: Bernd <b@x.example>\nGesendet: 18.11.2026\nAn: Anna\nBetreff: x\n\nDas Original.",
    ),
    ("nothing but a quote", "> alt\n> älter", "> alt\n> älter"),
];

/// What people write themselves must stay, though it looks a little like history.
const KEPT: &[&str] = &[
    "Am 12.11. schrieb ich Ihnen bereits:\nEs kam keine Antwort.",
    "Am 12.11.2026 um 10:00 schrieb mir Ihr Kollege:\nEr meldet sich.",
    "On Monday 16 Nov 2026 you wrote:\nwe will call you. Nobody called.",
    "Hier die Daten:\nVon: Berlin\nAn: Hamburg\nGewicht: 3 kg",
    "From: Berlin\nTo: Hamburg\nPlease change the delivery.",
    "Bestellung:\nDatum: 12.11.2026\nBetrag: 10 €",
    "Ich lese die ursprüngliche Nachricht nicht mehr.",
    "Am Montag habe ich bestellt:\n- Tasse\n- Teller",
    "Die Größe ist --\nunbekannt, oder?\nUnd nun?",
    "Gesendet habe ich das Paket am Montag.",
    "Sent the parcel back on Monday.\nWhen is the refund due?",
    "5 > 3, das ist klar.",
    "Preis: 10 €\nwww.shop.example/tasse\nIst das richtig?",
];

const SIGNATURES: &[(&str, &str, &str)] = &[
    ("delimiter", "Text.\n\n-- \nAnna Meyer\nTel. 030", "Text."),
    ("delimiter without blank", "Text.\n\n--\nAnna Meyer", "Text."),
    ("delimiter above the quote", "Text.\n\n-- \nAnna\n\nAm 18.11.26 um 15:12 schrieb X:\n> alt", "Text."),
    ("greeting and name stay", "Text.\n\nViele Grüße\nAnna Meyer", "Text.\n\nViele Grüße\nAnna Meyer"),
    (
        "contact block",
        "Text.\n\nMit freundlichen Grüßen\nAnna Meyer\nMeyer GmbH\nLindenweg 3, 10115 Berlin\nTel.: 030 23125 014\nwww.meyer.example",
        "Text.\n\nMit freundlichen Grüßen\nAnna Meyer",
    ),
    (
        "contact block en",
        "Text.\n\nBest regards,\nAnna Meyer\nHead of Purchasing\nMeyer Ltd\nPhone: +44 20 7946 0123",
        "Text.\n\nBest regards,\nAnna Meyer",
    ),
    (
        "numbers of the matter stay",
        "Text.\n\nViele Grüße\nAnna Meyer\nKundennummer 12345\nTel. 030 23125",
        "Text.\n\nViele Grüße\nAnna Meyer\nKundennummer 12345\nTel. 030 23125",
    ),
    (
        "a postscript stays",
        "Text.\n\nViele Grüße\nAnna\n\nPS: Bitte an die Adresse Lindenweg 3 liefern.",
        "Text.\n\nViele Grüße\nAnna\n\nPS: Bitte an die Adresse Lindenweg 3 liefern.",
    ),
    ("iphone de", "Text.\n\nVon meinem iPhone gesendet", "Text."),
    ("iphone en", "Text.\n\nSent from my iPhone", "Text."),
    (
        "android",
        "Text.\n\nDiese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.",
        "Text.",
    ),
    ("outlook for ios", "Text.\n\nOutlook für iOS herunterladen<https://x.example>", "Text."),
    ("outlook for android", "Text.\n\nGet Outlook for Android<https://x.example>", "Text."),
    ("web.de app", "Text.\n--\nGesendet mit der WEB.DE Mail App", "Text."),
    (
        "phone footer above a quote",
        "Text.\n\nVon meinem iPhone gesendet\n\n> Am 18.11.2026 um 15:12 schrieb X <x@y.example>:\n> alt",
        "Text.",
    ),
    (
        "disclaimer de",
        "Text.\n\nGruß\nAnna\n\nDiese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind …",
        "Text.\n\nGruß\nAnna",
    ),
    (
        "disclaimer en",
        "Text.\n\nThis e-mail and any attachments are confidential.\nIf you are not the intended recipient …",
        "Text.",
    ),
    ("disclaimer heading", "Text.\n\nCONFIDENTIALITY NOTICE: this message …", "Text."),
    ("antivirus", "Text.\n\nVirenfrei. www.avast.example", "Text."),
    ("signature first is no signature", "-- \nText nach dem Strich", "--\nText nach dem Strich"),
    ("greeting alone", "Viele Grüße\nAnna\nTel. 030 23125 014", "Viele Grüße\nAnna\nTel. 030 23125 014"),
];

fn expect(table: &[(&str, &str, &str)]) {
    for (name, text, want) in table {
        assert_eq!(reply_text(text), *want, "{name}");
        let crlf = text.replace('\n', "\r\n");
        assert_eq!(reply_text(&crlf), want.to_string(), "{name} with CRLF");
    }
}

#[test]
fn quoted_history_is_left_out() {
    expect(HISTORY);
}

#[test]
fn signatures_are_left_out() {
    expect(SIGNATURES);
}

#[test]
fn what_people_say_about_earlier_mails_stays() {
    for text in KEPT {
        assert_eq!(reply_text(text), *text);
    }
}

#[test]
fn whatever_comes_in_something_comes_out_and_nothing_is_invented() {
    for text in HISTORY.iter().chain(SIGNATURES).map(|row| row.1).chain(KEPT.iter().copied()) {
        let reply = reply_text(text);
        assert!(!reply.is_empty());
        for line in reply.lines().filter(|line| !line.is_empty()) {
            assert!(text.contains(line), "{line:?} is not in {text:?}");
        }
        // A reply has nothing more to take away.
        assert_eq!(reply_text(&reply), reply, "{text:?}");
    }
    assert_eq!(reply_text(""), "");
}

#[test]
fn a_mail_that_is_forwarded_without_a_word_speaks_itself() {
    let text = "---------- Forwarded message ---------\nVon: Shop <help@shop.example>\nDate: Mo., 16. Nov. 2026\nSubject: Ihre Bestellung\n\nDer Schrank ist versandfertig.";
    assert!(reply_text(text).contains("versandfertig"));
    let with_word = format!("Stimmt das?\n\n{text}");
    assert_eq!(reply_text(&with_word), "Stimmt das?");
}

#[test]
fn a_link_inside_a_phone_footer_and_a_rule_of_any_length_end_the_text() {
    let phone = "Ja bitte.\n\nOutlook für iOS<https://aka.ms/o0ukef> beziehen\n";
    assert_eq!(reply_text(phone), "Ja bitte.");
    let rule = "Hvornår kommer stolen?\n\n____________\nBo Hansen\nTlf 12345678";
    assert_eq!(reply_text(rule), "Hvornår kommer stolen?");
    let matter = "Where is it?\n____________\nOrder 88122";
    assert!(reply_text(matter).contains("88122"), "what is about the matter stays");
}

#[test]
fn who_begins_his_own_lines_with_a_mark_in_a_first_mail_keeps_them() {
    let own = "> zwei Stühle\n> ein Tisch\n\nWas kostet das?";
    assert_eq!(reply_text_of_first(own), own);
    assert_eq!(reply_text(own), "Was kostet das?");
    let quoted = "Geht das?\n\nAm 18.11.2026 um 15:12 schrieb Shop <help@shop.example>:\n> Ja.";
    assert_eq!(reply_text_of_first(quoted), "Geht das?");
}
