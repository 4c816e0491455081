//! The search as a whole: what is found for which question, and what is said about it.

use super::{Hit, Index, Source};

const ENGLISH: &[(&str, &str)] = &[
    ("How do I log in to my account?", "Enter your address and password on the sign-in page."),
    ("How do I delete my account?", "Open the settings and confirm with your password."),
    ("Where is my parcel?", "The dispatch mail has a link with which you can track it."),
    ("How do I get a refund?", "Send the goods back; the money is paid within ten days."),
    ("Which payment methods do you accept?", "Credit card and bank transfer."),
];

const GERMAN: &[(&str, &str)] = &[
    ("Wie sage ich einen Termin ab?", "Mit dem Link in der Bestätigung."),
    ("Wie ändere ich die Adresse auf der Rechnung?", "Im Kundenkonto unter Einstellungen."),
    ("Wie setze ich mein Passwort zurück?", "Klicken Sie auf „Passwort vergessen“."),
    ("Was kostet der Versand?", "Innerhalb des Landes fünf Euro."),
    ("Wann haben Sie geöffnet?", "Montag bis Freitag von neun bis fünf."),
];

fn index(language: &str, articles: &[(&str, &str)]) -> Index {
    Index::build(language, articles.iter().map(|(title, body)| Source { title, alternates: &[], body }))
}

fn best(language: &str, articles: &[(&str, &str)], question: &str) -> Option<usize> {
    index(language, articles).search(question, 3).first().map(|hit| hit.index)
}

fn all(hits: &[Hit]) -> Vec<usize> {
    hits.iter().map(|hit| hit.index).collect()
}

#[test]
fn a_question_finds_its_article_whatever_words_it_uses() {
    for (question, right) in [
        ("remove my profile", 1),
        ("logging in does not work", 0),
        ("the login of my account", 0),
        ("when do I get my money back", 3),
        ("where's my pacrel", 2),
        ("can i pay by credit card", 4),
    ] {
        assert_eq!(best("en", ENGLISH, question), Some(right), "{question}");
    }
}

#[test]
fn german_verbs_compounds_and_umlauts_find_their_article() {
    for (question, right) in [
        ("Ich möchte meinen Termin absagen", 0),
        ("Termin abgesagt", 0),
        ("Rechnungsadresse falsch", 1),
        ("Kennwort zuruecksetzen", 2),
        ("Versandkosten", 3),
        ("Öffnungszeiten", 4),
    ] {
        assert_eq!(best("de", GERMAN, question), Some(right), "{question}");
    }
}

#[test]
fn a_question_read_with_the_wrong_languages_rules_still_finds_its_article() {
    let articles = index("en", GERMAN);
    assert_eq!(articles.search("Passwort zurücksetzen", 1).first().map(|hit| hit.index), Some(2));
}

#[test]
fn nothing_is_found_for_a_question_without_a_known_word() {
    for question in ["", "   ", "xyzzy", "the of and", "日本語", "?!"] {
        assert!(index("en", ENGLISH).search(question, 3).is_empty(), "{question}");
    }
    assert!(index("en", &[]).search("refund", 3).is_empty());
}

#[test]
fn scores_and_signals_stay_between_zero_and_one() {
    let repeated = [("refund refund refund", "refund refund"), ("refund", ""), ("", "refund")];
    for hit in index("en", &repeated).search("refund refund my refund please", 5) {
        assert!(hit.score > 0.0 && hit.score <= 1.0, "{hit:?}");
        for (name, value) in hit.signals.named() {
            assert!((0.0..=1.0).contains(&value), "{name} {value}");
        }
    }
}

#[test]
fn an_article_taken_away_is_not_found_nor_another_answer_to_its_question() {
    let twice = [ENGLISH, &[("How can I delete my account", "Write to us.")]].concat();
    let index = index("en", &twice);
    assert!(all(&index.search("delete account", 5)).contains(&5));
    let without = all(&index.search_without(1, "delete account", None, 5));
    assert!(!without.contains(&1) && !without.contains(&5), "{without:?}");
}

#[test]
fn a_second_answer_to_the_same_question_is_no_rival() {
    let twice = [ENGLISH, &[("How do I delete my account?", "Open the settings, then confirm.")]].concat();
    let (alone, both) = (index("en", ENGLISH), index("en", &twice));
    let lead = |index: &Index| index.search("how do I delete my account", 1)[0].signals.lead;
    assert!(lead(&both) > 0.3 && lead(&alone) > 0.3, "{} {}", lead(&both), lead(&alone));
}

#[test]
fn among_look_alikes_a_score_says_less() {
    let alike: Vec<(String, String)> = ["red", "blue", "green", "black", "white"]
        .iter()
        .map(|colour| (format!("How do I wash the {colour} wool jacket?"), "At thirty degrees.".to_owned()))
        .collect();
    let alike: Vec<(&str, &str)> = alike.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let chance = |articles: &[(&str, &str)], question: &str| {
        index("en", articles).search(question, 1)[0].signals.chance
    };
    assert!(chance(&alike, "How do I wash the yellow wool jacket?") > 0.5);
    assert!(chance(ENGLISH, "how do I delete my account") < 0.3);
}

#[test]
fn a_word_that_no_article_has_is_told() {
    let unknown = |question: &str| index("en", ENGLISH).search(question, 1)[0].signals.unknown;
    assert!(unknown("delete my account") < 0.01);
    assert!(unknown("delete my zeppelin account") > 0.2);
}

#[test]
fn other_ways_to_ask_lead_to_the_same_article() {
    let alternates = ["I want to leave for good"];
    let sources = ENGLISH.iter().enumerate().map(|(place, (title, body))| Source {
        title,
        alternates: if place == 1 { &alternates } else { &[] },
        body,
    });
    let index = Index::build("en", sources);
    assert_eq!(all(&index.search("leave for good", 1)), [1]);
    assert_eq!(all(&index.search("delete my account", 1)), [1]);
    assert_eq!(index.len(), ENGLISH.len());
}

#[test]
fn equal_questions_get_equal_hits_from_equal_articles() {
    let question = "how can I delete the account and get my money back";
    let hits = |_: usize| index("en", ENGLISH).search(question, 5);
    assert_eq!(hits(1), hits(2));
}

#[test]
fn an_endless_question_and_an_endless_answer_are_cut() {
    let body = "word ".repeat(20_000);
    let index = index("en", &[("Refund", &body), ("Parcel", "b")]);
    assert_eq!(all(&index.search(&format!("refund {}", "noise ".repeat(50_000)), 1)), [0]);
}
