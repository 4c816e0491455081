//! The table is what the sentences teach, and short requests are told apart.

use super::*;
use crate::learn::fitting::order;
use crate::learn::softmax::{Entry, Example, Weights};
use crate::text::words;

fn language(text: &str) -> Option<&'static str> {
    guess(&words("", text)).language
}

/// (column, text): every sentence whole and in pieces, with and without its marks.
fn lessons() -> Vec<(usize, String)> {
    let mut out = Vec::new();
    let mut column = 0;
    for line in
        include_str!("sentences.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        if let Some(code) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            column = LANGUAGES.iter().position(|(own, _)| *own == code).unwrap();
            continue;
        }
        let all: Vec<&str> = line.split_whitespace().collect();
        for size in [1, 2, 4, 7, 40] {
            for piece in all.windows(size.min(all.len())).step_by(size.div_ceil(2)) {
                out.push((column, piece.join(" ")));
                out.push((column, piece.iter().map(|w| bare(w)).collect::<Vec<_>>().join(" ")));
            }
        }
    }
    out
}

fn bare(word: &str) -> String {
    let mark = |c: char| match c {
        'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ě' => 'e',
        'á' | 'à' | 'â' | 'ã' | 'ą' | 'ä' | 'å' | 'ă' => 'a',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'ø' | 'ő' => 'o',
        'í' | 'ì' | 'î' | 'ı' => 'i',
        'ú' | 'ù' | 'û' | 'ü' | 'ů' | 'ű' => 'u',
        'ç' | 'ć' | 'č' => 'c',
        'ñ' | 'ń' | 'ň' => 'n',
        'ś' | 'š' | 'ş' | 'ș' => 's',
        'ł' => 'l',
        'ż' | 'ź' | 'ž' => 'z',
        'ř' => 'r',
        'ğ' => 'g',
        'ț' => 't',
        'ý' => 'y',
        other => other,
    };
    word.chars().map(mark).collect()
}

fn taught() -> Vec<u8> {
    let examples: Vec<(usize, Vec<Entry>)> = lessons()
        .iter()
        .map(|(column, text)| {
            let mut groups = Vec::new();
            words("", text).iter().for_each(|w| buckets(&w.shown, |bucket| groups.push(bucket)));
            groups.sort_unstable();
            #[expect(clippy::cast_precision_loss, reason = "a few hundred groups")]
            let unit = 1.0 / (groups.len() as f32).sqrt();
            let entries = groups
                .chunk_by(|a, b| a == b)
                .map(|same| {
                    Entry::new(
                        u32::try_from(same[0]).unwrap(),
                        (unit * f32::from(u8::try_from(same.len()).unwrap())).min(0.99),
                    )
                })
                .collect();
            (*column, entries)
        })
        .collect();
    let mut weights = Weights::new(BUCKETS, LANGUAGES.len());
    let mut shares = vec![0_i16; examples.len() * LANGUAGES.len()];
    for pass in 0..6 {
        for sample in order(examples.len(), pass) {
            let (label, entries) = &examples[sample as usize];
            let own = sample as usize * LANGUAGES.len();
            weights.visit(
                Example { entries, label: *label, cost: 3.0 },
                &mut shares[own..own + LANGUAGES.len()],
            );
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "clamped to a signed byte")]
    let byte = |w: &f32| ((w / STEP).round().clamp(-127.0, 127.0) as i8).cast_unsigned();
    (0..BUCKETS).flat_map(|row| weights.row(row).iter().map(byte).collect::<Vec<u8>>()).collect()
}

#[test]
fn the_table_is_what_the_sentences_teach() {
    let table = taught();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/language/table.bin");
        std::fs::write(path, &table).unwrap();
        return;
    }
    assert!(table == TABLE, "sentences or solver changed: write the table anew with UPDATE_GOLDEN=1");
}

#[test]
fn short_german_and_english_requests_are_told_apart() {
    for text in [
        "Wo bleibt meine Bestellung?",
        "Login geht nicht",
        "Passwort vergessen, bitte zurücksetzen",
        "Hallo, ich möchte mein Geld zurück.",
        "Rechnung fehlt noch",
        "Guten Tag, die Lieferung ist beschädigt angekommen.",
    ] {
        assert_eq!(language(text), Some("de"), "{text}");
    }
    for text in [
        "Where is my order?",
        "I can't log in",
        "Please refund me",
        "The website is down",
        "Could you send me the invoice again?",
        "Hi, how long does shipping take?",
    ] {
        assert_eq!(language(text), Some("en"), "{text}");
    }
}

#[test]
fn other_languages_and_scripts_are_known_too() {
    for (text, want) in [
        ("Bonjour, où est ma commande ? Merci pour votre aide", "fr"),
        ("Hola, ¿dónde está mi pedido? Gracias", "es"),
        ("Buongiorno, dove è il mio ordine? Grazie", "it"),
        ("Waar is mijn bestelling? Ik heb het nog niet ontvangen", "nl"),
        ("Quero devolver o produto, não funciona", "pt"),
        ("Proszę o zwrot pieniędzy za zamówienie", "pl"),
        ("Ürün hasarlı geldi, iade etmek istiyorum", "tr"),
        ("Где мой заказ?", "ru"),
        ("Де моє замовлення?", "uk"),
        ("我的订单在哪里", "zh"),
        ("注文した商品が届きません", "ja"),
    ] {
        assert_eq!(language(text), Some(want), "{text}");
    }
}

#[test]
fn numbers_and_nothing_are_no_language() {
    for text in ["12345", "", "?!", "2024-01-01"] {
        assert_eq!(language(text), None, "{text}");
    }
}

#[test]
fn more_text_makes_it_surer_and_the_words_that_decided_are_named() {
    let short = guess(&words("", "Login geht nicht"));
    let long = guess(&words(
        "",
        "Guten Tag, ich habe noch keine Antwort auf meine Anfrage und möchte wissen, wann das Paket kommt.",
    ));
    assert!(long.confidence > short.confidence && long.confidence > 0.8, "{short:?} {long:?}");
    assert!(long.evidence.len() == EVIDENCE_MAX && long.evidence.iter().all(|w| !w.is_empty()));
}
