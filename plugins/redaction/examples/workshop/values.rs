//! Values of all classes, with right check digits, and harmless look-alikes. Check digits are worked out here
//! anew, so that an error in the plugin's checks shows.

mod disguise;
mod identity;
mod secrets;
mod streets;

use crate::chance::Chance;
use crate::words::Words;

/// Marks where the span begins and ends within a longer value.
pub(crate) const EDGE: char = '\u{1}';

/// Slots whose values are disguised.
pub(crate) const DISGUISED: &[&str] = &[
    "email_spelled",
    "email_zero",
    "email_written",
    "phone_spaced",
    "phone_words_de",
    "phone_words_en",
    "iban_wrapped",
    "iban_alike",
    "card_spaced",
    "card_fullwidth",
    "card_marked",
    "ipv4_marked",
];

/// Slots of harmless values that look like secrets.
pub(crate) const ALIKE: &[&str] = &[
    "git_hash",
    "sha256",
    "uuid",
    "tracking",
    "stand_in",
    "integrity",
    "etag",
    "image",
    "serial",
    "file_name",
];

type Filled = Option<(String, Option<&'static str>)>;

/// The value of a slot and its class; none if there is no such slot.
pub(crate) fn of(slot: &str, words: &Words, chance: &mut Chance) -> Filled {
    contact(slot, words, chance)
        .or_else(|| money(slot, chance))
        .or_else(|| address(slot, words, chance))
        .or_else(|| streets::of(slot, words, chance))
        .or_else(|| disguise::of(slot, words, chance))
        .or_else(|| identity::of(slot, chance))
        .or_else(|| secrets::of(slot, chance))
        .or_else(|| harmless(slot, chance))
}

fn found(text: String, class: &'static str) -> Filled {
    Some((text, Some(class)))
}

fn email(words: &Words, chance: &mut Chance) -> String {
    let plain =
        |text: &String| text.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect::<String>();
    let (first, last) = (plain(chance.pick(&words.first)), plain(chance.pick(&words.last)));
    let domain = *chance.pick(&[
        "example.org",
        "mail.example.com",
        "firma-beispiel.de",
        "web.example.net",
        "beispiel.co.uk",
        "post.example.at",
    ]);
    match chance.below(3) {
        0 => format!("{first}.{last}@{domain}"),
        1 => format!("{first}{}@{domain}", chance.below(99)),
        _ => format!("{first}_{last}+shop@{domain}"),
    }
}

fn phone_de(chance: &mut Chance) -> String {
    let area = *chance.pick(&["30", "89", "221", "6251", "40", "711", "351", "171", "160", "176", "1520"]);
    let rest = chance.digits(7);
    match chance.below(6) {
        0 => format!("0{area} {rest}"),
        1 => format!("0{area}/{rest}"),
        2 => format!("+49 {area} {rest}"),
        3 => format!("+49 (0) {area} / {} {}", &rest[..3], &rest[3..]),
        4 => format!("(0{area}) {rest}"),
        _ => format!("0049 {area} {} {}", &rest[..4], &rest[4..]),
    }
}

fn phone_us(chance: &mut Chance) -> String {
    let (a, b, c) = (200 + chance.below(700), 200 + chance.below(700), chance.digits(4));
    match chance.below(5) {
        0 => format!("({a}) {b}-{c}"),
        1 => format!("{a}-{b}-{c}"),
        2 => format!("+1 {a} {b} {c}"),
        3 => format!("+1-{a}-{b}-{c}"),
        _ => format!("+44 20 7{} {c}", chance.digits(3)),
    }
}

fn contact(slot: &str, words: &Words, chance: &mut Chance) -> Filled {
    match slot {
        "email" => found(email(words, chance), "EMAIL"),
        "email_spelled" => {
            let address = email(words, chance);
            let (at, dot) = *chance.pick(&[(" (at) ", " (punkt) "), ("[at]", "[dot]"), (" at ", " dot ")]);
            let (local, domain) = address.split_once('@').unwrap_or_default();
            found(format!("{}{at}{}", local.replace('+', "."), domain.replace('.', dot)), "EMAIL")
        }
        "email_zero" => found(email(words, chance).replace('@', "\u{200b}@\u{200b}"), "EMAIL"),
        "phone" => found(phone_de(chance), "PHONE"),
        "phone_us" => found(phone_us(chance), "PHONE"),
        "phone_spaced" => {
            let digits: Vec<String> = format!("0171{}", chance.digits(7)).chars().map(String::from).collect();
            found(digits.join(*chance.pick(&[" ", "\u{a0}"])), "PHONE")
        }
        "ipv4" => found(
            format!(
                "{}.{}.{}.{}",
                11 + chance.below(200),
                chance.below(255),
                chance.below(255),
                10 + chance.below(240)
            ),
            "IP_ADDRESS",
        ),
        "ipv6" => found(
            format!("2001:db8:{:x}::{:x}", 0x10 + chance.below(0xff00), 1 + chance.below(0xff)),
            "IP_ADDRESS",
        ),
        "mac" => {
            let mark = *chance.pick(&[":", "-"]);
            let pairs: Vec<String> = (0..6).map(|_| format!("{:02x}", chance.below(256))).collect();
            found(pairs.join(mark), "MAC_ADDRESS")
        }
        _ => None,
    }
}

/// Luhn's check digit.
pub(crate) fn luhn(body: &str) -> char {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let digit = u32::from(b - b'0') * if i % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0')
}

fn card(chance: &mut Chance) -> String {
    let body = format!("{}{}", chance.pick(&["4", "51", "54", "2221", "2720"]), chance.digits(15));
    let body = &body[..15];
    format!("{body}{}", luhn(body))
}

fn grouped(text: &str, size: usize, mark: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(size).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join(mark)
}

fn iban(chance: &mut Chance) -> String {
    let (country, length) =
        *chance.pick(&[("DE", 18), ("AT", 16), ("CH", 17), ("NL", 0), ("ES", 20), ("PL", 24), ("BE", 12)]);
    let body = if country == "NL" { format!("ABNA{}", chance.digits(10)) } else { chance.digits(length) };
    let numeric = |text: &str| {
        text.bytes()
            .map(|b| if b.is_ascii_digit() { (b - b'0').to_string() } else { (b - b'A' + 10).to_string() })
            .collect::<String>()
    };
    let rest = numeric(&format!("{body}{country}00"))
        .bytes()
        .fold(0_u32, |r, b| (r * 10 + u32::from(b - b'0')) % 97);
    format!("{country}{:02}{body}", 98 - rest)
}

fn money(slot: &str, chance: &mut Chance) -> Filled {
    match slot {
        "iban" => {
            let plain = iban(chance);
            found(if chance.percent(60) { grouped(&plain, 4, " ") } else { plain }, "IBAN")
        }
        "iban_wrapped" => {
            let spaced = grouped(&iban(chance), 4, " ");
            let place = spaced.match_indices(' ').nth(2).map_or(0, |m| m.0);
            found(format!("{}\n{}", &spaced[..place], &spaced[place + 1..]), "IBAN")
        }
        "bic" => found(
            (*chance.pick(&["COBADEFFXXX", "DEUTDEDBFRA", "INGDDEFFXXX", "BYLADEM1001", "GENODEF1S04"]))
                .to_owned(),
            "BIC",
        ),
        "card" => {
            let number = card(chance);
            let mark = *chance.pick::<&str>(&[" ", "-"]);
            found(if chance.percent(60) { grouped(&number, 4, mark) } else { number }, "CREDIT_CARD")
        }
        "card_spaced" => found(grouped(&card(chance), 1, " "), "CREDIT_CARD"),
        "card_fullwidth" => {
            let wide = |c: char| c.to_digit(10).and_then(|d| char::from_u32(0xFF10 + d)).unwrap_or(c);
            found(grouped(&card(chance), 4, " ").chars().map(wide).collect(), "CREDIT_CARD")
        }
        "cvv" => found(chance.digits(3), "CARD_SECURITY_CODE"),
        "account_de" => found(chance.digits(10), "BANK_ACCOUNT"),
        "blz" => found(grouped(&chance.digits(8), 3, " "), "BANK_ACCOUNT"),
        "account_us" => found(chance.digits(10), "BANK_ACCOUNT"),
        "account_uk" => found(chance.digits(8), "BANK_ACCOUNT"),
        "sort_code" => found(grouped(&chance.digits(6), 2, "-"), "BANK_ACCOUNT"),
        "routing" => found(
            (*chance.pick(&["021000021", "011401533", "091000019", "122105155", "026009593"])).to_owned(),
            "BANK_ACCOUNT",
        ),
        // Addresses that everybody knows: the first block's, and the specimens of the standards.
        "btc" => found(
            (*chance.pick(&[
                "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
                "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
                "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            ]))
            .to_owned(),
            "CRYPTO",
        ),
        "eth" => found(format!("0x{}", chance.of("0123456789abcdef", 40)), "CRYPTO"),
        _ => None,
    }
}

fn street_de(words: &Words, chance: &mut Chance) -> String {
    let house = 1 + chance.below(180);
    let letter = *chance.pick(&["", "", "", "a", "b", " c"]);
    let name = match chance.below(7) {
        0 => format!("{}straße", chance.pick(&words.last)),
        1 => format!("{}str.", chance.pick(&words.last)),
        2 => format!("{} Straße", chance.pick(&["Leipziger", "Lange", "Alte", "Hamburger", "Neue"])),
        3 => format!("{}weg", chance.pick(&["Rosen", "Tannen", "Birken", "Amsel", "Mühlen", "Wiesen"])),
        4 => format!("{}-{}-Allee", chance.pick(&words.first), chance.pick(&words.last)),
        5 => (*chance.pick(&["Am Markt", "An der Alster", "Im Winkel", "Auf der Höhe", "Zum Stadtpark"]))
            .to_owned(),
        _ => format!("{}platz", chance.pick(&["Schiller", "Rathaus", "Goethe", "Wilhelms"])),
    };
    format!("{name} {house}{letter}")
}

fn town_de(words: &Words, chance: &mut Chance) -> String {
    let town = if chance.percent(70) {
        chance.pick(&words.places[..120]).clone()
    } else {
        format!(
            "{}{}",
            chance.pick(&["Ober", "Nieder", "Neu", "Alt"]),
            chance.pick(&["hausen", "dorf", "bach", "stedt"])
        )
    };
    format!("{}{} {town}", 1 + chance.below(9), chance.digits(4))
}

fn address(slot: &str, words: &Words, chance: &mut Chance) -> Filled {
    let suffix = *chance.pick(&["Street", "Road", "Avenue", "Lane", "Drive", "St.", "Blvd", "Court"]);
    let town =
        *chance.pick(&["Springfield, IL", "Portland, OR", "Austin, TX", "Albany, NY", "Lake Linda, CA"]);
    let street = format!("{} {} {suffix}", 1 + chance.below(9800), chance.pick(&words.last));
    match slot {
        "address_de" => found(format!("{}, {}", street_de(words, chance), town_de(words, chance)), "ADDRESS"),
        "address_de_lines" => {
            found(format!("{}\n{}", street_de(words, chance), town_de(words, chance)), "ADDRESS")
        }
        "address_us" => found(format!("{street}, {town} {}", chance.digits(5)), "ADDRESS"),
        "address_us_lines" => {
            found(format!("{street} Apt. {}\n{town} {}", 1 + chance.below(90), chance.digits(5)), "ADDRESS")
        }
        "address_uk" => found(
            format!(
                "{} {} {}, {} {}{} {}{}",
                1 + chance.below(200),
                chance.pick(&words.last),
                *chance.pick(&["Road", "Close", "Gardens", "Hill"]),
                *chance.pick(&["Leeds", "Bath", "York", "London"]),
                *chance.pick(&["LS", "BA", "YO", "SW"]),
                1 + chance.below(20),
                1 + chance.below(9),
                chance.of("ABDEFGHJLNPQRSTUWXYZ", 2)
            ),
            "ADDRESS",
        ),
        "pobox_de" => found(
            format!("Postfach {} {}, {}", chance.digits(2), chance.digits(2), town_de(words, chance)),
            "ADDRESS",
        ),
        "pobox_us" => found(format!("P.O. Box {}, {town} {}", chance.digits(4), chance.digits(5)), "ADDRESS"),
        _ => None,
    }
}

fn harmless(slot: &str, chance: &mut Chance) -> Filled {
    let (day, month, year) = (1 + chance.below(28), 1 + chance.below(12), 2021 + chance.below(5));
    let text = match slot {
        "date" => match chance.below(3) {
            0 => format!("{day:02}.{month:02}.{year}"),
            1 => format!("{year}-{month:02}-{day:02}"),
            _ => format!("{day}.{month}.{year}"),
        },
        "time" => format!("{}:{:02}", 6 + chance.below(14), chance.below(60)),
        "day" => (*chance
            .pick(&["Montag", "Dienstag", "Mittwoch", "Freitag", "Monday", "Tuesday", "Thursday", "Sunday"]))
        .to_owned(),
        "month" => (*chance.pick(&["Januar", "März", "Oktober", "May", "June", "December"])).to_owned(),
        "amount" => match chance.below(3) {
            0 => format!("{},{:02} €", chance.below(900), chance.below(100)),
            1 => format!("EUR {}.{},{:02}", 1 + chance.below(9), chance.digits(3), chance.below(100)),
            _ => format!("${}.{:02}", chance.below(900), chance.below(100)),
        },
        "order" => format!("{}{}", chance.pick(&["", "2024-", "AB-", "R"]), chance.digits(8)),
        "number" => (1 + chance.below(400)).to_string(),
        "version" => format!("{}.{}.{}", 1 + chance.below(20), chance.below(30), chance.below(99)),
        "case" => format!("{} U {}/{}", 1 + chance.below(20), 1 + chance.below(300), chance.below(25)),
        "tracking" => format!("00340{}", chance.digits(15)),
        "stand_in" => (*chance.pick(&[
            "password=<your password>",
            "api_key: YOUR_API_KEY",
            "token = os.environ[\"TOKEN\"]",
            "SECRET_KEY=${SECRET_KEY}",
            "password = getpass()",
            "client_secret: ********",
            "auth_token = config.get(\"auth_token\")",
            "\"password\": null",
            "passwort: vergessen",
        ]))
        .to_owned(),
        "integrity" => format!("sha512-{}==", chance.of(secrets::PLAIN, 86)),
        "etag" => format!("ETag: \"{}\"", chance.of(secrets::HEX, 32)),
        "image" => format!("data:image/png;base64,iVBORw0KGgo{}", chance.of(secrets::PLAIN, 120)),
        "serial" => chance.of("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", 12),
        "file_name" => format!("IMG_{year}{month:02}{day:02}_{}.jpg", chance.digits(6)),
        "git_hash" => chance.of("0123456789abcdef", 40),
        "sha256" => chance.of("0123456789abcdef", 64),
        "uuid" => format!(
            "{}-{}-4{}-a{}-{}",
            chance.of("0123456789abcdef", 8),
            chance.of("0123456789abcdef", 4),
            chance.of("0123456789abcdef", 3),
            chance.of("0123456789abcdef", 3),
            chance.of("0123456789abcdef", 12)
        ),
        "ean" => {
            let body = format!("40{}", chance.digits(10));
            let sum: u32 = body
                .bytes()
                .enumerate()
                .map(|(i, b)| u32::from(b - b'0') * if i % 2 == 0 { 1 } else { 3 })
                .sum();
            format!("{body}{}", (10 - sum % 10) % 10)
        }
        _ => return None,
    };
    Some((text, None))
}
