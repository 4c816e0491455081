//! German and English texts of a person's page, and of seeing sealed values again. Knows no other page's texts.

use super::Language;

impl Language {
    /// The texts about personal data.
    pub(crate) const fn personal(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }
}

texts! {
    see_again: "See it again", "Wieder ansehen";
    see_reason: "Why the value is needed, in 8 to 500 characters and without names (it is written down for good)", "Wozu der Wert gebraucht wird, in 8 bis 500 Zeichen und ohne Namen (es wird auf Dauer festgehalten)";
    see: "Show the value", "Wert zeigen";
    ask_to_see: "Ask another person to agree", "Eine andere Person um Zustimmung bitten";
    see_once_more: "Show it again", "Noch einmal zeigen";
    wishes: "Wishes to see a value", "Wünsche, einen Wert zu sehen";
    asks: "asks", "bittet darum";
    waits_for_another: "Another person with the scope reveal has to agree here first.", "Zuerst muss hier eine andere Person mit dem Recht reveal zustimmen.";
    agree: "Agree that they see it", "Zustimmen, dass sie ihn sieht";
    may_be_seen_until: "may be looked at until", "darf angesehen werden bis";
    value_seen: "The value behind", "Der Wert hinter";
    value_written_down: "That you looked is written down. The value stands on this page only; until then it can be shown again from the ticket.", "Dass Sie hingesehen haben, ist festgehalten. Der Wert steht nur auf dieser Seite; bis dahin lässt er sich vom Ticket aus noch einmal zeigen.";
    back_to_ticket: "Back to the ticket", "Zurück zum Ticket";
    to_person: "What is kept of this person", "Was von dieser Person aufbewahrt wird";
    person: "Person", "Person";
    time_zone: "Time zone", "Zeitzone";
    known_since: "Known since", "Bekannt seit";
    consent: "Notices that nobody asked for", "Unaufgeforderte Mitteilungen";
    consent_given: "allowed, until the person ends them, with the link in a notice or by telling you", "erlaubt, bis die Person sie beendet, über den Link in einer Mitteilung oder indem sie es Ihnen sagt";
    consent_ended: "not allowed: this person gets none", "nicht erlaubt: Diese Person bekommt keine";
    consent_end: "The person wants none: end them", "Die Person möchte keine: beenden";
    consent_allow: "The person wants them: allow them", "Die Person möchte sie: erlauben";
    suppression: "Suppression list", "Sperrliste";
    not_suppressed: "not on it", "steht nicht darauf";
    no_tickets_of_theirs: "There is no ticket of this person.", "Von dieser Person gibt es kein Ticket.";
    suppress: "Send no automatic mail to this address", "Keine automatische Mail an diese Adresse senden";
    suppress_again: "Change the reason, for good", "Den Grund ändern, auf Dauer";
    suppress_reason: "Why (at most 500 characters)", "Warum (höchstens 500 Zeichen)";
    suppress_send: "Put on the suppression list", "Auf die Sperrliste setzen";
    lift: "Take off the suppression list", "Von der Sperrliste nehmen";
    export: "Hand out what is kept (Art. 15 GDPR)", "Herausgeben, was aufbewahrt wird (Art. 15 DSGVO)";
    export_help: "A JSON file with all tickets and messages of the person, the values behind placeholders in the clear, and their files as long as there is room for them. It is for the person. That it was made is written down.", "Eine JSON-Datei mit allen Tickets und Nachrichten der Person, den Werten hinter Platzhaltern im Klartext und ihren Dateien, solange Platz für sie ist. Sie ist für die Person. Dass sie gemacht wurde, wird festgehalten.";
    export_save: "Save the file", "Datei speichern";
    export_four_eyes: "Here a second person has to agree to each value, so the operator makes the file: kulanz person export ADDRESS (on SQLite while the server is stopped)", "Hier muss jedem Wert eine zweite Person zustimmen, deshalb macht der Betreiber die Datei: kulanz person export ADRESSE (bei SQLite, während der Server steht)";
    erase: "Erase this person (Art. 17 GDPR)", "Diese Person löschen (Art. 17 DSGVO)";
    erase_goes: "Erased are name and address, the words, subjects, tags, fields, files and sealed values of their tickets, records of runs and decisions on them, originals, their address in errors, suppressions and plugins' memories. It cannot be undone.", "Gelöscht werden Name und Adresse, die Worte, Betreffe, Schlagworte, Felder, Dateien und versiegelten Werte ihrer Tickets, Aufzeichnungen von Läufen und Entscheidungen dazu, Originale, ihre Adresse in Fehlern, Sperrliste und Gedächtnis der Plugins. Es lässt sich nicht rückgängig machen.";
    erase_stays: "What stays: status, category, team and times of the tickets; mails that were sent; what somebody else wrote about the person on another ticket; reasons for seeing values again, as they stand in the audit trail. A ticket with the tag legal-hold keeps the person from being erased.", "Es bleiben: Status, Thema, Team und Zeiten der Tickets; Mails, die gesendet sind; was jemand anderes in einem anderen Ticket über die Person schrieb; Gründe, aus denen Werte wieder angesehen wurden, wie sie im Prüfprotokoll stehen. Ein Ticket mit dem Schlagwort legal-hold verhindert das Löschen.";
    erase_confirm: "Type the address of the person to confirm", "Zur Bestätigung die Adresse der Person eintippen";
    erase_send: "Erase for good", "Endgültig löschen";
    erase_again: "Erase what was written since", "Löschen, was seither geschrieben wurde";
    erase_again_goes: "Erased are notes and fields that came to this person's tickets after the erasure. It cannot be undone.", "Gelöscht werden Notizen und Felder, die nach der Löschung zu den Tickets dieser Person kamen. Es lässt sich nicht rückgängig machen.";
    erase_done: "Erased:", "Gelöscht:";
    erase_tickets: "tickets,", "Tickets,";
    erase_messages: "messages,", "Nachrichten,";
    erase_values: "sealed values.", "versiegelte Werte.";
}
