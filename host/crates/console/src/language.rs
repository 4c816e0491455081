//! German and English: every text of the console, twice. The compiler sees to it that none is missing.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use domain::article::ArticleState;
use domain::message::{Delivery, Direction};
use domain::plugin::Mode;
use domain::run::DecisionStatus;
use domain::story::Tongue;
use domain::ticket::{Priority, StatusCategory};

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
}

/// The language of a page, and whether it was asked for in the address (then links keep it).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spoken {
    pub(crate) language: Language,
    pub(crate) chosen: bool,
}

impl Language {
    /// BCP 47.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    fn of_tag(tag: &str) -> Option<Self> {
        match tag.trim().split('-').next().unwrap_or("").to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "de" => Some(Self::German),
            _ => None,
        }
    }

    /// The language a reader prefers among ours; English when none of ours is named.
    fn preferred(accept: &str) -> Self {
        let mut best = (0.0, Self::English);
        for part in accept.split(',') {
            let (tag, weight) = part.split_once(";q=").unwrap_or((part, "1"));
            let weight: f32 = weight.trim().parse().unwrap_or(0.0);
            if let Some(language) = Self::of_tag(tag).filter(|_| weight > best.0) {
                best = (weight, language);
            }
        }
        best.1
    }

    /// The language as stories know it.
    pub(crate) const fn tongue(self) -> Tongue {
        match self {
            Self::English => Tongue::English,
            Self::German => Tongue::German,
        }
    }

    /// The texts.
    pub(crate) const fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }

    const fn pick(self, english: &'static str, german: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::German => german,
        }
    }

    /// A status category.
    pub(crate) const fn status(self, status: StatusCategory) -> &'static str {
        match status {
            StatusCategory::New => self.pick("new", "neu"),
            StatusCategory::Open => self.pick("open", "offen"),
            StatusCategory::Pending => self.pick("pending", "wartet auf Kundschaft"),
            StatusCategory::OnHold => self.pick("on hold", "zurückgestellt"),
            StatusCategory::Solved => self.pick("solved", "gelöst"),
            StatusCategory::Closed => self.pick("closed", "geschlossen"),
        }
    }

    /// A priority.
    pub(crate) const fn priority(self, priority: Priority) -> &'static str {
        match priority {
            Priority::Low => self.pick("low", "niedrig"),
            Priority::Normal => self.pick("normal", "normal"),
            Priority::High => self.pick("high", "hoch"),
            Priority::Urgent => self.pick("urgent", "dringend"),
        }
    }

    /// A direction.
    pub(crate) const fn direction(self, direction: Direction) -> &'static str {
        match direction {
            Direction::Inbound => self.pick("from the customer", "von der Kundschaft"),
            Direction::Outbound => self.pick("to the customer", "an die Kundschaft"),
            Direction::Note => self.pick("note", "Notiz"),
        }
    }

    /// A delivery state.
    pub(crate) const fn delivery(self, delivery: Delivery) -> &'static str {
        match delivery {
            Delivery::None => "",
            Delivery::Queued => self.pick("queued", "wartet"),
            Delivery::Sending => self.pick("being sent", "wird gesendet"),
            Delivery::Sent => self.pick("sent", "gesendet"),
            Delivery::Held => self.pick("waits for a decision", "wartet auf eine Entscheidung"),
            Delivery::Suppressed => self.pick("kept back", "zurückgehalten"),
            Delivery::Failed => self.pick("failed", "fehlgeschlagen"),
            Delivery::Unknown => self.pick("outcome unknown", "Ausgang unbekannt"),
        }
    }

    /// Who may see an article.
    pub(crate) const fn article_state(self, state: ArticleState) -> &'static str {
        match state {
            ArticleState::Draft => self.pick("draft", "Entwurf"),
            ArticleState::Internal => self.pick("internal", "intern"),
            ArticleState::Public => self.pick("public", "öffentlich"),
        }
    }

    /// A mode.
    pub(crate) const fn mode(self, mode: Mode) -> &'static str {
        match mode {
            Mode::Off => self.pick("off", "aus"),
            Mode::Shadow => self.pick("shadow", "nur beobachtend"),
            Mode::Suggest => self.pick("suggest", "schlägt vor"),
            Mode::Live => self.pick("live", "handelt"),
        }
    }

    /// What became of an effect.
    pub(crate) const fn decision(self, status: DecisionStatus) -> &'static str {
        match status {
            DecisionStatus::Applied => self.pick("applied", "angewendet"),
            DecisionStatus::Rejected => self.pick("rejected", "abgelehnt"),
            DecisionStatus::Superseded => self.pick("superseded", "überstimmt"),
            DecisionStatus::Suggested => self.pick("suggested", "vorgeschlagen"),
            DecisionStatus::Shadowed => self.pick("only recorded", "nur aufgezeichnet"),
            DecisionStatus::Failed => self.pick("failed", "fehlgeschlagen"),
        }
    }
}

impl Spoken {
    /// The language for a request: `?lang=` wins over `Accept-Language`.
    pub(crate) fn of(lang: Option<&str>, headers: &HeaderMap) -> Self {
        if let Some(language) = lang.and_then(Language::of_tag) {
            return Self { language, chosen: true };
        }
        let accept = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
        Self { language: Language::preferred(accept), chosen: false }
    }

    /// A link inside the console that keeps a chosen language.
    pub(crate) fn link(self, path: &str, query: &[(&str, &str)]) -> String {
        let mut out = path.to_owned();
        let chosen = self.chosen.then_some(("lang", self.language.tag()));
        for (n, (key, value)) in query.iter().copied().chain(chosen).enumerate() {
            out.push(if n == 0 { '?' } else { '&' });
            out.push_str(key);
            out.push('=');
            encode(value, &mut out);
        }
        out
    }
}

/// A value for a query, percent-encoded (RFC 3986) but for what is never reserved.
fn encode(value: &str, out: &mut String) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.extend(['%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
        }
    }
}

const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];

macro_rules! texts {
    ($($name:ident: $english:literal, $german:literal;)+) => {
        /// Every fixed text of the console.
        pub(crate) struct Texts {
            $(pub(crate) $name: &'static str,)+
        }
        const ENGLISH: Texts = Texts { $($name: $english),+ };
        const GERMAN: Texts = Texts { $($name: $german),+ };
    };
}

texts! {
    skip: "Skip to content", "Zum Inhalt springen";
    menu: "Menu", "Menü";
    tickets: "Tickets", "Tickets";
    plugins: "Plugins", "Plugins";
    queue: "Queue", "Warteschlange";
    articles: "Articles", "Artikel";
    new_article: "New article", "Neuer Artikel";
    no_articles: "There is no article here.", "Hier ist kein Artikel.";
    search_articles: "Words, or a question as a customer would ask it", "Wörter oder eine Frage, wie Kundschaft sie stellen würde";
    search: "Search", "Suchen";
    show_state: "Show state", "Zustand zeigen";
    show_language: "Show language", "Sprache zeigen";
    question_finds: "As a question it finds, best first", "Als Frage findet es, das Beste zuerst";
    question_finds_nothing: "No public article that holds now.", "Keinen öffentlichen Artikel, der jetzt gilt.";
    question: "Question", "Frage";
    key: "Key", "Schlüssel";
    state: "State", "Zustand";
    product: "Product", "Produkt";
    holds: "Holds", "Gilt";
    holds_now: "yes", "ja";
    holds_until: "until", "bis";
    holds_from: "from", "ab";
    holds_no_more: "no more", "nicht mehr";
    earlier: "Back", "Zurück";
    further: "Further", "Weiter";
    sign_in_to_write: "Sign in with the scope admin to write articles", "Mit dem Recht admin anmelden, um Artikel zu schreiben";
    article_key: "Key: a short name for links and imports (a-z 0-9 _ - . :), the same in every language", "Schlüssel: ein kurzer Name für Verweise und Importe (a-z 0-9 _ - . :), in jeder Sprache derselbe";
    article_locale: "Language (a tag such as en or de-AT)", "Sprache (ein Kürzel wie de oder de-AT)";
    article_title: "The question it answers", "Die Frage, die er beantwortet";
    article_body: "The answer, as text: it is quoted to customers word by word", "Die Antwort als Text: Sie wird der Kundschaft wörtlich zitiert";
    article_state: "Who may see it: only public ones are sent to customers", "Wer ihn sehen darf: Nur öffentliche gehen an die Kundschaft";
    article_product: "Product (empty: it holds for all)", "Produkt (leer: Er gilt für alle)";
    article_from: "Holds from (UTC; empty: at once)", "Gilt ab (UTC; leer: sofort)";
    article_until: "Holds until (UTC; empty: until it is changed)", "Gilt bis (UTC; leer: bis er geändert wird)";
    saved: "Saved.", "Gespeichert.";
    back_to_articles: "Back to the articles", "Zurück zu den Artikeln";
    remove_article: "Remove this article", "Diesen Artikel löschen";
    remove_article_help: "It is gone at once, with what was learnt about it. Answers that quote it and were not sent yet wait for a person.", "Er ist sofort weg, mit allem, was über ihn gelernt wurde. Antworten, die ihn zitieren und noch nicht gesendet sind, warten auf einen Menschen.";
    remove: "Remove", "Löschen";
    import_articles: "Take in articles from a file", "Artikel aus einer Datei übernehmen";
    import_help: "A CSV table with the columns title and body, a JSON export of Zendesk or Zammad, JSON Lines or a Markdown file, at most 32 MiB. An article with the same key and language is replaced.", "Eine CSV-Tabelle mit den Spalten title und body, ein JSON-Export von Zendesk oder Zammad, JSON Lines oder eine Markdown-Datei, höchstens 32 MiB. Ein Artikel mit demselben Schlüssel und derselben Sprache wird ersetzt.";
    file: "File", "Datei";
    choose_file: "Choose a file first.", "Wählen Sie zuerst eine Datei.";
    take_in: "Take in", "Übernehmen";
    articles_written: "Articles written:", "Geschriebene Artikel:";
    articles_refused: "Not written, with the reason:", "Nicht geschrieben, mit Grund:";
    other_language: "Deutsch", "English";
    sign_out: "Sign out", "Abmelden";
    sign_in: "Sign in", "Anmelden";
    sign_in_to_work: "Sign in to answer, sort or mark", "Anmelden, um zu antworten, zu sortieren oder zu markieren";
    signed_out: "You are not signed in any more, so nothing was sent. Copy what you wrote, sign in, and send it again.", "Sie sind nicht mehr angemeldet, deshalb wurde nichts gesendet. Kopieren Sie, was Sie geschrieben haben, melden Sie sich an und senden Sie es noch einmal.";
    written: "What you wrote", "Was Sie geschrieben haben";
    form_unreadable: "The form could not be read: it is too long or incomplete.", "Das Formular ließ sich nicht lesen: Es ist zu lang oder unvollständig.";
    of_draft: "Written from this draft (it counts as accepted)", "Aus diesem Entwurf geschrieben (er gilt als angenommen)";
    of_article: "Answers with the article (it learns this question):", "Antwortet mit dem Artikel (er lernt diese Frage):";
    answer_from_article: "Articles to answer from", "Artikel zum Antworten";
    find_article: "Find an article", "Artikel suchen";
    into_composer: "Put into the answer", "In die Antwort übernehmen";
    let_stand: "false alarm, stands", "Fehlalarm, steht";
    answer: "Answer", "Antworten";
    answer_label: "Text", "Text";
    draft: "Draft", "Entwurf";
    article: "article", "Artikel";
    send_reply: "Send to the customer", "An die Kundschaft senden";
    keep_note: "Keep as a note", "Als Notiz behalten";
    suggestions: "What plugins suggest", "Was Plugins vorschlagen";
    in_composer: "stands in the answer below", "steht unten in der Antwort";
    accept: "Accept", "Annehmen";
    decline: "Decline", "Ablehnen";
    decide: "Decide", "Entscheiden";
    send_after_all: "Send after all", "Doch senden";
    let_go: "Do not send", "Nicht senden";
    sort_by_hand: "Sort by hand", "Von Hand sortieren";
    save: "Save", "Speichern";
    mark: "Mark", "Markieren";
    false_alarm: "False alarm: put it back", "Fehlalarm: wieder einsetzen";
    miss: "Something personal was left in", "Etwas Persönliches blieb stehen";
    miss_value: "What, letter by letter", "Was, Buchstabe für Buchstabe";
    miss_class: "Class", "Klasse";
    miss_send: "Take it out", "Herausnehmen";
    forbidden_title: "Not from here", "Nicht von hier";
    token: "API token (scope read to look, write to work on tickets, admin to keep articles and plugins)", "API-Token (Recht read zum Ansehen, write zum Bearbeiten, admin für Artikel und Plugins)";
    token_refused: "This token does not open the console: it is unknown, expired or lacks the scope read.", "Dieses Token öffnet die Konsole nicht: Es ist unbekannt, abgelaufen oder hat das Recht read nicht.";
    foreign_form: "The form came from another site. Open the login page and try again.", "Das Formular kam von einer anderen Seite. Öffnen Sie die Anmeldeseite und versuchen Sie es noch einmal.";
    unsubscribe: "End notices", "Keine Mitteilungen mehr";
    unsubscribe_question: "Do you want to get no more notices from us by e-mail? Answers to your own requests will still reach you.", "Möchten Sie keine Mitteilungen mehr von uns per E-Mail erhalten? Antworten auf Ihre eigenen Anfragen bekommen Sie weiterhin.";
    unsubscribe_done: "You will get no more notices. Answers to your own requests will still reach you.", "Sie erhalten keine Mitteilungen mehr. Antworten auf Ihre eigenen Anfragen bekommen Sie weiterhin.";
    unsubscribe_unknown: "This link is not complete or not ours. Use the one in the newest notice.", "Dieser Link ist nicht vollständig oder nicht von uns. Nehmen Sie den aus der neuesten Mitteilung.";
    rating_title: "Did this help?", "Hat das geholfen?";
    rating_question: "Did our answer help you? If it did, your request is done. If it did not, a person takes care of it.", "Hat Ihnen unsere Antwort geholfen? Wenn ja, ist Ihre Anfrage erledigt. Wenn nicht, kümmert sich ein Mensch darum.";
    rating_yes: "Yes, it helped", "Ja, sie hat geholfen";
    rating_no: "No, I need a person", "Nein, ich brauche einen Menschen";
    rating_helped: "Thank you. Your request is done. If anything is left, simply reply to our e-mail.", "Danke. Ihre Anfrage ist erledigt. Ist noch etwas offen, antworten Sie einfach auf unsere E-Mail.";
    rating_not_helped: "We are sorry. A person from our team takes care of your request and writes to you.", "Das tut uns leid. Ein Mensch aus unserem Team kümmert sich um Ihre Anfrage und schreibt Ihnen.";
    rating_late: "This link is too old. Simply reply to our e-mail, and a person reads it.", "Dieser Link ist zu alt. Antworten Sie einfach auf unsere E-Mail, dann liest sie ein Mensch.";
    rating_unknown: "This link is not complete or not ours. Simply reply to our e-mail, and a person reads it.", "Dieser Link ist nicht vollständig oder nicht von uns. Antworten Sie einfach auf unsere E-Mail, dann liest sie ein Mensch.";
    rated_yes: "the customer says that it helped", "hat laut Kundschaft geholfen";
    rated_no: "the customer says that it did not help", "hat laut Kundschaft nicht geholfen";
    request_title: "Write to us", "Schreiben Sie uns";
    request_email: "Your e-mail address", "Ihre E-Mail-Adresse";
    request_name: "Your name (if you like)", "Ihr Name (wenn Sie mögen)";
    request_text: "What is it about?", "Worum geht es?";
    request_send: "Send", "Absenden";
    request_done: "Thank you. We have received your request and will answer to", "Vielen Dank. Ihre Anfrage ist angekommen, wir antworten an";
    request_email_fix: "Please check the e-mail address: it looks like name@example.org.", "Bitte prüfen Sie die E-Mail-Adresse: Sie sieht aus wie name@example.org.";
    request_name_fix: "Please shorten the name.", "Bitte kürzen Sie den Namen.";
    request_subject_fix: "Please write a subject of at most 200 characters.", "Bitte schreiben Sie einen Betreff von höchstens 200 Zeichen.";
    request_too_many: "Too many requests came from your network just now. Please wait a minute and send it again.", "Gerade kamen zu viele Anfragen aus Ihrem Netz. Bitte warten Sie eine Minute und senden Sie sie noch einmal.";
    request_text_fix: "Please write what it is about, in at most 20,000 characters.", "Bitte schreiben Sie, worum es geht, in höchstens 20.000 Zeichen.";
    sender_pass: "sender confirmed", "Absender bestätigt";
    sender_none: "sender not confirmed", "Absender nicht bestätigt";
    sender_fail: "sender forged", "Absender gefälscht";
    held_messages: "Automatic mail that waits for a decision", "Automatische Mail, die auf eine Entscheidung wartet";
    nothing_held_back: "No mail waits for a decision.", "Keine Mail wartet auf eine Entscheidung.";
    recipient: "To", "An";
    budgets: "Budgets of automatic mail", "Budgets automatischer Mail";
    number: "No.", "Nr.";
    subject: "Subject", "Betreff";
    status: "Status", "Status";
    priority: "Priority", "Priorität";
    category: "Category", "Thema";
    language: "Language", "Sprache";
    team: "Team", "Team";
    assignee: "Assignee", "Zuständig";
    tags: "Tags", "Schlagworte";
    channel: "Channel", "Kanal";
    created: "Created", "Eingang";
    changed: "Changed", "Geändert";
    all: "all", "alle";
    search_tickets: "Number, or words of the subject", "Nummer oder Wörter aus dem Betreff";
    narrow: "Narrow by team, person, topic or tag", "Nach Team, Person, Thema oder Schlagwort eingrenzen";
    everything: "Show everything again", "Wieder alles zeigen";
    tag: "Tag", "Schlagwort";
    tags_help: "Tags, with spaces between them", "Schlagworte, durch Leerzeichen getrennt";
    new_field: "Another field: its key (a-z 0-9 _ - . :)", "Noch ein Feld: sein Schlüssel (a-z 0-9 _ - . :)";
    new_value: "Its value", "Sein Wert";
    show_status: "Show status", "Status zeigen";
    older: "Older", "Ältere";
    newest: "Newest", "Neueste";
    no_tickets: "There is no ticket here.", "Hier ist kein Ticket.";
    messages: "Messages", "Nachrichten";
    no_messages: "There is no message on this ticket.", "Zu diesem Ticket gibt es keine Nachricht.";
    automatic: "automatic", "automatisch";
    attachments: "Attachments", "Anhänge";
    attachments_as_sent: "as they were sent: not redacted, not checked for harm; each opening is written down", "so, wie sie kamen: nicht geschwärzt, nicht auf Schaden geprüft; jedes Öffnen wird festgehalten";
    story: "Why: every step and its reason", "Warum: jeder Schritt und sein Grund";
    evidence: "Evidence for the decisions", "Belege für die Entscheidungen";
    redactions: "What was redacted", "Was geschwärzt wurde";
    effect: "Effect", "Wirkung";
    plugin: "Plugin", "Plugin";
    reason: "Reason", "Grund";
    found: "Evidence", "Belege";
    outcome: "Outcome", "Ergebnis";
    placeholder: "Placeholder", "Platzhalter";
    part: "Part", "Teil";
    rule: "Rule", "Regel";
    certainty: "Certainty", "Sicherheit";
    kind_event: "event", "Ereignis";
    kind_run: "run", "Lauf";
    kind_decision: "decision", "Entscheidung";
    kind_redaction: "redaction", "Schwärzung";
    sign_in_to_switch: "Sign in with the scope admin to switch plugins", "Mit dem Recht admin anmelden, um Plugins zu schalten";
    switch_off_all: "Switch all automation off (redaction stays on)", "Alle Automatik ausschalten (geschwärzt wird weiter)";
    switch_on_all: "Switch automation on again", "Automatik wieder einschalten";
    upgrade_waits: "A version that asks for more waits for consent:", "Eine Version, die mehr möchte, wartet auf Zustimmung:";
    release: "Let it work again", "Wieder arbeiten lassen";
    schedule: "Schedule", "Zeitplan";
    times: "Times", "Zeiten";
    next_firing: "Next", "Nächstes Mal";
    last_firing: "Last", "Letztes Mal";
    switched_off: "switched off", "ausgeschaltet";
    never: "never again", "nie wieder";
    due: "due", "fällig";
    fire_now: "Run now", "Jetzt ausführen";
    mode: "Mode", "Modus";
    version: "Version", "Version";
    hooks: "Hooks", "Einsatz";
    grants: "Grants", "Erlaubnisse";
    asks_for: "Asks for, not granted", "Erbeten, nicht erlaubt";
    faults: "Faults in a row", "Fehler in Folge";
    quarantined: "Quarantined", "In Quarantäne";
    not_loaded: "Not loaded", "Nicht geladen";
    in_order: "in order", "in Ordnung";
    none: "none", "keine";
    no_plugins: "No plugin is installed.", "Es ist kein Plugin installiert.";
    automation_off: "All automation is switched off.", "Alle Automatik ist ausgeschaltet.";
    ready: "Ready", "Bereit";
    waiting: "Waiting", "Wartend";
    leased: "Being worked", "In Arbeit";
    dead: "Given up", "Aufgegeben";
    oldest: "Longest ready, seconds", "Am längsten bereit, Sekunden";
    held: "Held: redaction was not possible", "Zurückgehalten: Schwärzen war nicht möglich";
    nothing_held: "Nothing is held.", "Nichts wird zurückgehalten.";
    nothing_dead: "Nothing was given up.", "Nichts wurde aufgegeben.";
    source: "Source", "Quelle";
    received: "Received", "Eingegangen";
    work: "Work", "Arbeit";
    tries: "Tries", "Versuche";
    last_error: "Last error", "Letzter Fehler";
    given_up: "Given up at", "Aufgegeben um";
    missing_title: "Not found", "Nicht gefunden";
    missing: "There is nothing at this address.", "Unter dieser Adresse gibt es nichts.";
    broken_title: "Not possible just now", "Gerade nicht möglich";
    broken: "The page cannot be shown just now. The log tells why.", "Die Seite lässt sich gerade nicht zeigen. Das Protokoll sagt, warum.";
    back: "Back to the tickets", "Zurück zu den Tickets";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_of_our_languages_wins() {
        assert_eq!(Language::preferred("de-AT,de;q=0.9,en;q=0.8"), Language::German);
        assert_eq!(Language::preferred("fr, en;q=0.3, de;q=0.7"), Language::German);
        assert_eq!(Language::preferred("en-GB,de;q=0.9"), Language::English);
        assert_eq!(Language::preferred("fr"), Language::English);
        assert_eq!(Language::preferred("de;q=nonsense,,;q="), Language::English);
    }

    #[test]
    fn the_address_wins_over_the_browser_and_links_keep_it() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, "en".parse().unwrap());
        let spoken = Spoken::of(Some("de"), &headers);
        assert_eq!(spoken, Spoken { language: Language::German, chosen: true });
        assert_eq!(spoken.link("/", &[("after", "tkt_1\"><x")]), "/?after=tkt_1%22%3E%3Cx&lang=de");
        assert_eq!(Spoken::of(Some("xx"), &headers).link("/queue", &[]), "/queue");
    }
}
