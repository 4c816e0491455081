//! What is set, left and explained, for messages of all kinds.

use super::*;

/// Everyday requests that the words were not chosen for.
const REQUESTS: &[(&str, &str)] = &[
    ("refund", "Ich habe den Pullover retourniert, wann erhalte ich die Gutschrift?"),
    ("refund", "You charged me twice, I want my money back"),
    ("refund", "Mir wurde doppelt abgebucht, bitte den Betrag zurückzahlen"),
    ("order_status", "Wann kommt denn mein Sofa endlich?"),
    ("order_status", "Any news about my parcel? The tracking has not moved for a week"),
    ("order_status", "Laut Sendungsverfolgung liegt das Paket seit Montag im Depot"),
    ("shipping", "Was kostet die Lieferung nach Österreich, und wie ist die Lieferzeit?"),
    ("shipping", "Can you deliver to an island, and what is the shipping fee?"),
    ("cancellation", "Ich möchte vom Kauf zurücktreten und die Bestellung stornieren"),
    ("cancellation", "Please cancel my subscription"),
    ("invoice", "Auf der Rechnung fehlt unsere Umsatzsteuernummer"),
    ("invoice", "I received a payment reminder although I have paid"),
    ("account", "Mein Zugang ist gesperrt und das Kennwort geht nicht"),
    ("account", "I can't sign in any more"),
    ("outage", "Bei Ihnen geht gerade gar nichts, die Seite lädt nicht und zeigt eine Fehlermeldung"),
    ("outage", "Checkout is down, I get a server error"),
    ("complaint", "Die Vase war beim Auspacken zerbrochen, ich bin sehr unzufrieden"),
    ("complaint", "I want to complain about your driver, he was rude"),
    ("praise", "Ein großes Lob an Ihr Team, alles perfekt"),
    ("praise", "Amazing product, thank you so much"),
    ("spam", "Buy cheap backlinks and get to the first page of Google"),
];

#[test]
fn everyday_requests_are_sorted_or_left_to_people_and_hardly_ever_wrong() {
    let sorted = |text: &str| {
        let input = Input { text: text.to_owned(), auto_class: "human".to_owned(), ..Input::default() };
        let fields = sort(&input, &Settings::default(), &Learnt::default()).fields;
        fields.into_iter().find(|(field, ..)| field == "category").map(|(_, value, _)| value)
    };
    let (mut right, mut wrong) = (0, Vec::new());
    for (want, text) in REQUESTS {
        match sorted(text) {
            Some(got) if got == *want => right += 1,
            got => wrong.push(format!("{want}: {got:?} for {text}")),
        }
    }
    assert!(right >= REQUESTS.len() - 2, "{}", wrong.join("\n"));
}

#[test]
fn priority_is_raised_and_never_lowered() {
    let priority = |before: &str, text: &str| {
        let input = Input {
            text: text.to_owned(),
            auto_class: "human".to_owned(),
            priority: before.to_owned(),
            ..Input::default()
        };
        let fields = sort(&input, &Settings::default(), &Learnt::default()).fields;
        fields.into_iter().find(|(field, ..)| field == "priority").map(|(_, value, _)| value)
    };
    assert_eq!(priority("low", "Das ist dringend").as_deref(), Some("high"));
    assert_eq!(priority("low", "This is urgent").as_deref(), Some("high"));
    assert_eq!(priority("normal", "Notfall! Bei uns geht nichts").as_deref(), Some("urgent"));
    assert_eq!(priority("high", "this is urgent"), None);
    assert_eq!(priority("urgent", "no hurry, it is urgent to nobody"), None);
    assert_eq!(priority("normal", "keine Eile"), None);
}

#[test]
fn settings_that_are_nonsense_do_no_harm() {
    let rule = Rule {
        category: "x".to_owned(),
        team: String::new(),
        tags: vec![],
        words: vec![("".into(), 1.0), ("*".into(), 9.0)],
    };
    let settings =
        Settings { rules: vec![rule], built_in_rules: false, threshold: f32::NAN, ..Settings::default() };
    let input = Input { text: "hello there".to_owned(), auto_class: "human".to_owned(), ..Input::default() };
    assert!(sort(&input, &settings, &Learnt::default()).fields.iter().all(|(field, ..)| field == "language"));
}
