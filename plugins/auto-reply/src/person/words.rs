//! The words of `person`: data only.

/// Lists of words; `mensch*` stands for all that begin so.
pub(super) type Words = &'static [&'static str];

/// Somebody who can only be a person.
pub(super) const PERSON: Words = &[
    "mensch",
    "menschen",
    "mitarbeiter",
    "mitarbeiterin",
    "sachbearbeiter",
    "sachbearbeiterin",
    "kundenberater",
    "kundenberaterin",
    "ansprechpartner",
    "ansprechpartnerin",
    "human",
    "representative",
    "operator",
    "advisor",
    "manager",
    "supervisor",
    "vorgesetzte*",
    "teamleiter*",
    "chef",
];
/// Somebody, with “mit”, “to” or “ein echter” before it.
pub(super) const SOMEBODY: Words = &[
    "jemand",
    "jemandem",
    "jemanden",
    "person",
    "someone",
    "somebody",
    "agent",
    "colleague",
    "kollegen",
    "berater",
    "anyone",
    "anybody",
];
pub(super) const WITH: Words = &[
    "mit",
    "to",
    "with",
    "echt*",
    "real",
    "actual",
    "live",
    "lebendig*",
    "richtig*",
    "wirklich*",
    "leibhaftig*",
];
pub(super) const TALK: Words = &[
    "sprech*",
    "spricht",
    "reden",
    "rede",
    "unterhalten",
    "telefonier*",
    "antwort*",
    "anruf*",
    "zurückruf*",
    "talk*",
    "speak*",
    "spoke",
    "call*",
    "phone",
    "answer*",
    "reply",
    "replies",
    "respond*",
    "chat",
    "melde*",
    "write",
    "schreib*",
    "leiten",
    "weiterleiten",
    "weitergeleitet",
    "weitergeben",
    "forward*",
    "escalate*",
];
pub(super) const CALL: Words = &["rufen", "rufe", "ruft", "ruf", "call", "phone", "ring"];
pub(super) const CALLED: Words =
    &["anrufen", "zurückrufen", "zurückzurufen", "anzurufen", "call", "telephone", "kontaktieren"];
pub(super) const CALLBACK: Words = &["rückruf", "callback"];
pub(super) const ASKED: Words =
    &["bitte", "bitten", "erbitte", "wünsche", "erwarte", "please", "request*", "want", "need", "erbeten"];
pub(super) const ME: Words = &["mich", "uns", "mir", "me", "us"];
pub(super) const NO: Words =
    &["kein", "keine", "keinen", "keiner", "keinem", "nicht", "ohne", "no", "not", "without", "dont", "stop"];
pub(super) const BOT: Words = &["bot", "bots", "chatbot", "chatbots"];
pub(super) const MACHINE: Words = &[
    "computer*",
    "roboter*",
    "robot*",
    "maschine*",
    "automat",
    "automaten",
    "automatisch*",
    "automatisiert*",
    "automated",
    "automatic",
    "machine*",
    "ki",
    "ai",
    "vorgefertigt*",
    "canned",
    "generic",
    "standardisiert*",
];
pub(super) const TEMPLATES: Words = &["textbaustein*", "standardantwort*", "standardtext*", "boilerplate"];
pub(super) const REPLY: Words = &[
    "antwort*",
    "repl*",
    "answer*",
    "response*",
    "mail*",
    "reden",
    "sprechen",
    "talk*",
    "speak*",
    "nachricht*",
];

pub(super) const LAW: Words = &[
    "anwalt",
    "anwälte",
    "anwältin",
    "anwalts",
    "rechtsanwalt",
    "rechtsanwältin",
    "strafanzeige",
    "verbraucherzentrale",
    "verbraucherschutz",
    "lawyer*",
    "attorney*",
    "solicitor*",
    "ombudsman",
];
/// Words in a row.
pub(super) const LAW_ROWS: &[&str] = &[
    "anzeige erstatten",
    "rechtliche schritte",
    "legal action",
    "small claims",
    "sue you",
    "take you to court",
];

pub(super) const NOT: Words =
    &["nicht", "nichts", "kaum", "not", "didnt", "doesnt", "hasnt", "wasnt", "never", "nie", "no", "keine"];
pub(super) const HELPED: Words =
    &["geholfen", "weitergeholfen", "hilfreich", "helped", "helpful", "weitergebracht"];
pub(super) const HELPS: Words = &["hilft", "half", "helfen"];
pub(super) const DID: Words = &["did", "does", "do", "didnt", "doesnt"];

pub(super) const ALREADY: Words = &[
    "schon",
    "bereits",
    "nun",
    "jetzt",
    "inzwischen",
    "mittlerweile",
    "already",
    "now",
    "you",
    "euch",
    "ihnen",
    "sie",
];
pub(super) const OFTEN: Words = &[
    "dreimal",
    "viermal",
    "fünfmal",
    "sechsmal",
    "siebenmal",
    "achtmal",
    "zehnmal",
    "zigmal",
    "tausendmal",
    "mehrmals",
    "mehrfach",
    "wiederholt",
    "repeatedly",
    "3x",
    "4x",
    "5x",
];
pub(super) const TWICE: Words = &["zweimal", "twice", "2x"];
pub(super) const MAL: Words = &["mal", "male", "times", "time"];
pub(super) const THIRD: Words =
    &["dritten", "vierten", "fünften", "x", "zigsten", "third", "fourth", "fifth", "umpteenth"];
pub(super) const WROTE: Words = &[
    "geschrieben",
    "angerufen",
    "gefragt",
    "nachgefragt",
    "gebeten",
    "gemeldet",
    "kontaktiert",
    "angeschrieben",
    "wrote",
    "written",
    "asked",
    "called",
    "emailed",
    "contacted",
    "phoned",
    "messaged",
    "complained",
    "reklamiert",
];

pub(super) const SINCE: Words = &[
    "seit",
    "schon",
    "bereits",
    "for",
    "over",
    "about",
    "nearly",
    "almost",
    "since",
    "after",
    "in",
    "vertröstet",
];
pub(super) const SPANS: Words =
    &["tag*", "woche*", "monat*", "jahr*", "day*", "week*", "month*", "year*", "ewig*", "ages", "forever"];
pub(super) const WAITING: Words = &["gewartet", "waiting", "waited"];
pub(super) const WAITS: Words = &["warte", "warten", "wartet"];
pub(super) const SILENCE: Words =
    &["keine", "keinerlei", "nichts", "no", "nobody", "niemand", "havent", "without", "ohne", "not"];
pub(super) const HEARD: Words = &[
    "antwort",
    "rückmeldung",
    "reaktion",
    "gehört",
    "reply",
    "response",
    "answer",
    "heard",
    "update",
    "lebenszeichen",
    "geantwortet",
    "gemeldet",
    "answered",
    "replied",
    "responded",
    "vertröstet",
];

/// No polite question has these.
pub(super) const ANGER: Words = &[
    "unverschämt*",
    "frechheit*",
    "zumutung",
    "stinksauer",
    "abzocke*",
    "betrüger*",
    "enttäusch*",
    "inakzeptabel*",
    "unakzeptabel*",
    "empör*",
    "verärgert",
    "wütend",
    "katastrophal*",
    "lächerlich*",
    "unzufrieden*",
    "saftladen",
    "ridiculous*",
    "outrageous*",
    "unacceptable",
    "disgusting",
    "disgusted",
    "furious",
    "scammer*",
    "disappoint*",
    "appalling",
    "appalled",
    "disgrace*",
    "frustrated",
    "dissatisfied",
    "stocksauer",
    "genervt",
    "annoying",
    "annoyed",
    "frustrier*",
    "pissed",
    "useless",
    "nutzlos*",
    "katastrophe",
];
pub(super) const ANGER_ROWS: &[&str] = &[
    "fed up",
    "worst service",
    "worst customer",
    "nie wieder",
    "never again",
    "bin sauer",
    "echt sauer",
    "not acceptable",
    "nicht hinnehmbar",
    "unter aller",
    "reicht mir",
    "am ende meiner geduld",
    "losing my patience",
    "lost my patience",
    "terrible service",
    "awful service",
    "schlechter service",
    "unmöglich wie",
    "endlich mein geld",
    "was soll das",
    "wrong answer",
    "falsche antwort",
];

pub(super) const REAL: Words =
    &["echt*", "real", "actual", "live", "lebendig*", "richtig*", "wirklich*", "leibhaftig*", "proper"];
pub(super) const REACH: Words = &[
    "anrufen",
    "anruft",
    "zurückruft",
    "zurückrufen",
    "melden",
    "meldet",
    "kontaktieren",
    "kontaktiert",
    "kümmern",
    "kümmert",
    "contact",
    "contacts",
    "call",
    "calls",
    "ring",
    "phone",
    "email",
    "help",
];
pub(super) const CONNECT: Words = &["verbinden", "verbinde", "connect", "transfer", "durchstellen"];
pub(super) const WANT: Words = &[
    "will", "möchte", "möchten", "wollen", "hätte", "brauche", "brauchen", "want", "need", "wish", "gern",
    "gerne", "like",
];
pub(super) const CONTACT: Words = &["ansprechpartner", "ansprechpartnerin"];
pub(super) const AUTOMATON: Words =
    &["roboter*", "robot*", "maschine", "machine", "computer", "automaten", "ki", "ai"];
pub(super) const PERSONALLY: Words = &["persönlich", "persönliche", "personally", "personal"];
pub(super) const ANSWERS: Words =
    &["antwort", "antworten", "antwortet", "beantwort*", "reply", "answer", "rückmeldung"];
pub(super) const ORDINAL: Words = &[
    "dritte", "vierte", "fünfte", "sechste", "dritten", "vierten", "zigste", "third", "fourth", "fifth",
    "3rd", "4th", "5th",
];
pub(super) const LETTER: Words =
    &["mail", "email", "nachricht", "anfrage", "message", "ticket", "schreiben", "anruf", "beschwerde"];
pub(super) const BRINGS: Words = &["bringt", "brachte", "nützt", "nutzt"];
pub(super) const SOLVED: Words =
    &["answer", "answered", "solve", "solved", "gelöst", "beantwortet", "beantwortet"];
pub(super) const PROBLEM: Words =
    &["question", "questions", "problem", "issue", "frage", "fragen", "anliegen"];
pub(super) const FITS: Words = &["passt", "passte", "stimmt", "trifft", "beantwortet"];
