//! Where the sender's words end and the signature begins: the delimiter, phone footers, disclaimers, and
//! the block of addresses and registers under a greeting. A greeting and the name under it stay.

/// Lines without the signature.
pub(super) fn strip(mut lines: Vec<&str>) -> Vec<&str> {
    strip_clear_signing(&mut lines);
    if let Some(at) = list_footer(&lines) {
        lines.truncate(at);
    }
    if let Some(at) = first(&lines, is_delimiter) {
        lines.truncate(at);
    }
    if let Some(at) = rule_above_block(&lines) {
        lines.truncate(at);
    }
    if let Some(at) = first(&lines, is_disclaimer) {
        lines.truncate(at);
    }
    strip_footers(&mut lines);
    strip_contact_block(&mut lines);
    lines
}

/// The first match that has text before it: a mail that begins with one has no signature there.
fn first(lines: &[&str], matches: fn(&str) -> bool) -> Option<usize> {
    let text_at = lines.iter().position(|line| !line.trim().is_empty())?;
    lines.iter().enumerate().skip(text_at + 1).find(|(_, line)| matches(line)).map(|(at, _)| at)
}

fn is_delimiter(line: &str) -> bool {
    matches!(line.trim_end(), "--" | "—" | "__" | "___" | "-- " | PGP_SIGNATURE)
}

/// A line of underscores with text before it and a short last block below, in which somebody is reached.
fn rule_above_block(lines: &[&str]) -> Option<usize> {
    const RULE_CHARS_MIN: usize = 2;
    const BLOCK_LINES_MAX: usize = 8;
    let is_rule = |line: &str| {
        let line = line.trim();
        line.len() >= RULE_CHARS_MIN && line.bytes().all(|b| b == b'_')
    };
    let at = lines.iter().rposition(|line| is_rule(line))?;
    let has_text = |lines: &[&str]| lines.iter().any(|line| !line.trim().is_empty());
    let block: Vec<&&str> = lines.iter().skip(at + 1).filter(|line| !line.trim().is_empty()).collect();
    let is_block = (1..=BLOCK_LINES_MAX).contains(&block.len())
        && block.iter().any(|line| is_contact_line(line))
        && !block.iter().any(|line| is_matter_line(line));
    (has_text(lines.get(..at)?) && is_block).then_some(at)
}

const PGP_SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";

/// What stands in front of a text that was signed in place.
fn strip_clear_signing(lines: &mut Vec<&str>) {
    let Some(first) = lines.iter().position(|line| !line.trim().is_empty()) else { return };
    if lines.get(first).is_none_or(|line| line.trim_end() != "-----BEGIN PGP SIGNED MESSAGE-----") {
        return;
    }
    if let Some(gap) = lines.iter().skip(first).position(|line| line.trim().is_empty()) {
        lines.drain(..first + gap);
    }
}

/// Where a discussion list's footer begins: a long rule above words about the list.
fn list_footer(lines: &[&str]) -> Option<usize> {
    const RULE_CHARS_MIN: usize = 20;
    let is_rule = |line: &str| {
        let line = line.trim();
        line.len() >= RULE_CHARS_MIN && line.bytes().all(|b| matches!(b, b'_' | b'-' | b'='))
    };
    let at = lines.iter().rposition(|line| is_rule(line))?;
    let below = lines.iter().skip(at + 1).find(|line| !line.trim().is_empty())?.to_lowercase();
    ["mailing list", "mailingliste", "mailing-liste", "listinfo"]
        .iter()
        .any(|words| below.contains(words))
        .then_some(at)
}

const FOOTERS: &[&str] = &[
    "von meinem iphone gesendet",
    "von meinem ipad gesendet",
    "von meinem mobiltelefon gesendet",
    "von meinem handy gesendet",
    "von meinem android",
    "von meinem samsung",
    "von meinem smartphone gesendet",
    "von meinem blackberry",
    "von unterwegs gesendet",
    "gesendet von meinem",
    "gesendet von mail für windows",
    "gesendet von mail",
    "gesendet von outlook",
    "gesendet von yahoo",
    "gesendet mit der gmx",
    "gesendet mit der web.de",
    "gesendet mit der mobilen mail app",
    "gesendet mit der telekom mail",
    "gesendet mit freenet",
    "gesendet mit proton",
    "diese nachricht wurde von meinem android",
    "diese nachricht wurde von meinem handy",
    "outlook für ios beziehen",
    "outlook für android beziehen",
    "outlook für ios herunterladen",
    "outlook für android herunterladen",
    "holen sie sich outlook für",
    "laden sie outlook für",
    "sent from my",
    "sent from mail for windows",
    "sent from outlook",
    "sent from yahoo mail",
    "sent from proton mail",
    "sent with proton mail",
    "sent from mobile",
    "sent from a mobile",
    "get outlook for",
    "get bluemail for",
    "sent from samsung mobile",
    "envoyé de mon",
    "envoyé depuis mon",
    "enviado desde mi",
    "inviato da iphone",
    "inviato dal mio",
    "verstuurd vanaf mijn",
    "von meinem galaxy",
    "von meinem pixel",
    "von meinem huawei",
    "von meinem xiaomi",
    "von meinem telefon gesendet",
    "von meinem mac gesendet",
    "von meiner apple watch",
    "gesendet aus outlook",
    "gesendet mit outlook",
    "gesendet mit mail",
    "gesendet über die",
    "gesendet mit der telekom",
    "sent with sparrow",
    "sent with airmail",
    "sent with spark",
    "sent from gmail mobile",
    "sent from aol",
];

/// The same in words that people also use of parcels: only on a line of their own between empty ones.
const LONE_FOOTERS: &[&str] = &["sent via ", "sent using ", "sent with ", "gesendet über ", "gesendet mit "];

/// A line without the links in angle brackets, and one blank where they stood.
fn without_links(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line.trim();
    while let Some((front, behind)) = rest.split_once("<http") {
        let Some((_, after)) = behind.split_once('>') else { break };
        out.push_str(front);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Phone footers go, wherever they stand; the words around them stay.
fn strip_footers(lines: &mut Vec<&str>) {
    const FOOTER_CHARS_MAX: usize = 120;
    const LONE_CHARS_MAX: usize = 50;
    let is_empty =
        |at: Option<usize>| at.and_then(|at| lines.get(at)).is_none_or(|line| line.trim().is_empty());
    let is_footer = |at: usize, line: &str| {
        // `Outlook für iOS<https://aka.ms/…> beziehen`: the link stands inside the words.
        let lower = without_links(line).trim_start_matches(['-', '*', '_', ' ']).to_lowercase();
        let begins = |list: &[&str]| list.iter().any(|footer| lower.starts_with(footer));
        let stands_alone = || is_empty(at.checked_sub(1)) && is_empty(Some(at + 1));
        lower.len() <= FOOTER_CHARS_MAX && begins(FOOTERS)
            || lower.len() <= LONE_CHARS_MAX
                && begins(LONE_FOOTERS)
                && !lower.contains(|c: char| c.is_ascii_digit())
                && stands_alone()
    };
    let kept = lines.iter().enumerate().filter(|(at, line)| !is_footer(*at, line));
    *lines = kept.map(|(_, line)| *line).collect();
}

const DISCLAIMERS: &[&str] = &[
    "diese e-mail enthält vertrauliche",
    "diese e-mail kann vertrauliche",
    "diese nachricht enthält vertrauliche",
    "diese email enthält vertrauliche",
    "diese e-mail und alle",
    "diese e-mail (einschließlich",
    "diese e-mail ist vertraulich",
    "diese e-mail ist ausschließlich",
    "der inhalt dieser e-mail ist",
    "der inhalt dieser nachricht ist",
    "die information in dieser",
    "die in dieser e-mail enthaltenen",
    "wichtiger hinweis: diese e-mail",
    "vertraulichkeitshinweis",
    "haftungsausschluss",
    "datenschutzhinweis:",
    "informationen zum datenschutz",
    "this e-mail and any",
    "this email and any",
    "this e-mail (and any",
    "this email (and any",
    "this message and any",
    "this e-mail is confidential",
    "this email is confidential",
    "this message is confidential",
    "this e-mail may contain",
    "this email may contain",
    "this message may contain",
    "this message contains confidential",
    "this e-mail contains confidential",
    "this email contains confidential",
    "the information contained in this",
    "the information in this e",
    "the contents of this e",
    "confidentiality notice",
    "disclaimer:",
    "please consider the environment",
    "bitte denken sie an die umwelt",
    "bitte prüfen sie der umwelt",
    "think before you print",
    "virenfrei.",
    "virus-free.",
    "diese e-mail wurde von avast",
    "diese e-mail wurde auf viren",
    "this email has been checked",
    "this e-mail has been checked",
    "this message has been checked",
    "this email has been scanned",
    "this e-mail has been scanned",
    "this message has been scanned",
    "scanned by",
    "checked by",
    "diese nachricht wurde auf viren",
    "diese mail wurde auf viren",
    "diese email wurde auf viren",
];

fn is_disclaimer(line: &str) -> bool {
    let lower = line.trim().trim_start_matches(['*', '_', '-', '=', ' ']).to_lowercase();
    lower == "disclaimer" || DISCLAIMERS.iter().any(|start| lower.starts_with(start))
}

const CLOSINGS: &[&str] = &[
    "mit freundlichen grüßen",
    "mit freundlichen grüssen",
    "mit freundlichen gruessen",
    "mit freundlichem gruß",
    "mit freundlichem gruss",
    "mit besten grüßen",
    "mit besten grüssen",
    "mit bestem gruß",
    "mit herzlichen grüßen",
    "mit lieben grüßen",
    "mit sonnigen grüßen",
    "freundliche grüße",
    "freundliche grüsse",
    "freundlicher gruß",
    "freundlichst",
    "viele grüße",
    "viele grüsse",
    "viele gruesse",
    "vielen gruß",
    "liebe grüße",
    "liebe grüsse",
    "lieber gruß",
    "beste grüße",
    "beste grüsse",
    "schöne grüße",
    "schönen gruß",
    "herzliche grüße",
    "herzlichst",
    "hochachtungsvoll",
    "grüße",
    "grüsse",
    "gruß",
    "gruss",
    "mfg",
    "lg",
    "vg",
    "bg",
    "best regards",
    "kind regards",
    "warm regards",
    "kindest regards",
    "many regards",
    "regards",
    "best wishes",
    "yours sincerely",
    "yours faithfully",
    "yours truly",
    "sincerely",
    "respectfully",
    "cheers",
    "all the best",
    "thanks and regards",
    "thank you and regards",
    "with kind regards",
    "with best regards",
    "best",
];

fn is_closing(line: &str) -> bool {
    const CLOSING_CHARS_MAX: usize = 60;
    let lower = line.trim().to_lowercase();
    let plain = lower.trim_end_matches([',', '.', '!', ' ']);
    // Short closings must be the whole line, longer ones may go on ("… aus München").
    plain.chars().count() <= CLOSING_CHARS_MAX
        && CLOSINGS.iter().any(|closing| {
            plain == *closing
                || (closing.len() > 6
                    && plain.strip_prefix(*closing).is_some_and(|rest| rest.starts_with(' ')))
        })
}

/// Under a greeting and a name, lines about where and how to reach the company go, as long as nothing
/// about the matter itself is among them.
fn strip_contact_block(lines: &mut Vec<&str>) {
    const BLOCK_LINES_MAX: usize = 16;
    let Some(closing) = lines.iter().rposition(|line| is_closing(line)) else { return };
    if !lines.iter().take(closing).any(|line| !line.trim().is_empty()) {
        return;
    }
    let after: Vec<usize> = (closing + 1..lines.len())
        .filter(|at| lines.get(*at).is_some_and(|line| !line.trim().is_empty()))
        .collect();
    if after.len() < 2 || after.len() > BLOCK_LINES_MAX {
        return;
    }
    let line = |at: &usize| lines.get(*at).map(|line| line.trim()).unwrap_or("");
    let name_lines = usize::from(after.first().is_some_and(|at| is_name(line(at))));
    let block = after.get(name_lines..).unwrap_or_default();
    let is_contact = block.iter().any(|at| is_contact_line(line(at)));
    let is_matter = block.iter().any(|at| is_matter_line(line(at)));
    if is_contact
        && !is_matter
        && let Some(start) = block.first()
    {
        let start = *start;
        lines.truncate(start);
    }
}

fn is_name(line: &str) -> bool {
    line.chars().count() <= 50
        && !line.chars().any(|c| c.is_ascii_digit() || c == '@' || c == ':')
        && !is_contact_line(line)
}

fn is_contact_line(line: &str) -> bool {
    const MARKS: &[&str] = &[
        "tel",
        "fon",
        "fax",
        "mobil",
        "phone",
        "mobile",
        "www.",
        "http",
        "@",
        "gmbh",
        " ag",
        " kg",
        "ltd",
        " inc",
        " llc",
        "e.v.",
        "straße",
        "strasse",
        "str.",
        "weg ",
        "platz ",
        "street",
        " road",
        " avenue",
        "geschäftsführ",
        "hrb",
        "amtsgericht",
        "ust-id",
        "steuernummer",
        "vat",
        "registered",
        "d-",
        "postfach",
        "managing director",
    ];
    let lower = line.to_lowercase();
    let digits = lower.chars().filter(char::is_ascii_digit).count();
    MARKS.iter().any(|mark| lower.contains(mark)) || digits >= 5
}

/// Numbers people put under their name so that we find them: part of the matter.
fn is_matter_line(line: &str) -> bool {
    const MARKS: &[&str] = &[
        "kundennummer",
        "kunden-nr",
        "kundennr",
        "kd-nr",
        "kd.-nr",
        "bestell",
        "auftrag",
        "rechnung",
        "vertrag",
        "ticket",
        "vorgang",
        "order",
        "customer",
        "invoice",
        "account",
        "contract",
        "iban",
        "konto",
        "seriennummer",
        "serial",
        "sendung",
        "tracking",
        "reference",
        "aktenzeichen",
    ];
    let lower = line.to_lowercase();
    MARKS.iter().any(|mark| lower.contains(mark))
        || ["ps", "p.s", "p.s.", "nb", "ps:"].iter().any(|start| {
            lower.split_whitespace().next().is_some_and(|word| word.trim_end_matches(':') == *start)
        })
}
