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

/// A model of a garage's own two categories that is this sure of one of them.
fn garage(confidence: f32, sure_from: Option<f32>) -> Learnt {
    let guess = Guess {
        field: history::Field::Category,
        label: "vertrag".to_owned(),
        team: String::new(),
        rival: "garantie".to_owned(),
        confidence,
        sure_from,
        meant: false,
        evidence: vec!["Vertrag".to_owned()],
        tickets: 40,
        tickets_of_all: 80,
    };
    let labels = vec!["vertrag".to_owned(), "garantie".to_owned()];
    Learnt { guess: Some(guess), labels, ..Learnt::default() }
}

fn sorted(text: &str, learnt: &Learnt) -> Sorted {
    let input = Input { text: text.to_owned(), auto_class: "human".to_owned(), ..Input::default() };
    sort(&input, &Settings::default(), learnt)
}

fn field_of(sorted: &Sorted, name: &str) -> Option<String> {
    sorted.fields.iter().find(|(field, ..)| field == name).map(|(_, value, _)| value.clone())
}

fn has_tag(sorted: &Sorted, name: &str) -> bool {
    sorted.tags.iter().any(|(tag, _)| tag == name)
}

const COMPLAINT: &str = "Ich möchte mich beschweren, ich bin sehr enttäuscht von Ihren Öffnungszeiten";
const STRONG: &[(&str, &str)] = &[
    ("complaint", COMPLAINT),
    ("spam", "We offer backlinks and SEO for your website"),
    ("outage", "Checkout is down, I get a server error"),
];

#[test]
fn complaint_spam_and_outage_are_heard_whatever_a_model_has_learnt_of_other_categories() {
    for (category, text) in STRONG {
        for learnt in [
            garage(1.0, None),
            garage(0.99, Some(0.9)),
            garage(0.5, Some(0.9)),
            Learnt { guess: None, ..garage(1.0, None) },
        ] {
            let got = sorted(text, &learnt);
            assert_eq!(field_of(&got, "category").as_deref(), Some(*category), "{text} {learnt:?}");
            assert!(has_tag(&got, category), "{text}");
        }
    }
}

#[test]
fn a_sure_model_that_has_learnt_complaints_decides_about_them_itself_and_the_tag_stays() {
    let mut learnt = garage(0.99, Some(0.9));
    learnt.labels.push("complaint".to_owned());
    let got = sorted(COMPLAINT, &learnt);
    assert_eq!(field_of(&got, "category").as_deref(), Some("vertrag"));
    assert!(has_tag(&got, "complaint"));
    learnt = Learnt { guess: garage(0.8, Some(0.9)).guess, ..learnt };
    assert_eq!(field_of(&sorted(COMPLAINT, &learnt), "category").as_deref(), Some("complaint"));
}

#[test]
fn one_word_that_may_mean_a_repair_does_not_stand_against_a_sure_model() {
    let text = "Mein Display ist kaputt, was sagt der Vertrag?";
    assert_eq!(field_of(&sorted(text, &garage(0.99, Some(0.9))), "category").as_deref(), Some("vertrag"));
    let got = sorted(text, &garage(0.5, Some(0.9)));
    assert_eq!(field_of(&got, "category"), None, "nor is it set where the desk has no such category");
}

#[test]
fn categories_that_the_desk_does_not_use_are_not_set_beside_a_model_even_for_words_it_never_saw() {
    let text = "Please cancel my subscription and refund me";
    for guess in [None, garage(0.6, None).guess] {
        let got = sorted(text, &Learnt { guess, ..garage(0.0, None) });
        assert_eq!(field_of(&got, "category"), None);
    }
    let mut used = Learnt { guess: None, ..garage(0.0, None) };
    used.labels.push("cancellation".to_owned());
    assert_eq!(field_of(&sorted(text, &used), "category").as_deref(), Some("cancellation"));
}

#[test]
fn a_model_of_teams_gives_the_team_and_a_complaint_stays_one() {
    let mut learnt = garage(0.99, Some(0.9));
    if let Some(guess) = &mut learnt.guess {
        guess.field = history::Field::Team;
    }
    let settings = Settings { learn_field: history::Field::Team, ..Settings::default() };
    let input = Input { text: COMPLAINT.to_owned(), auto_class: "human".to_owned(), ..Input::default() };
    let got = sort(&input, &settings, &learnt);
    let both = (field_of(&got, "category"), field_of(&got, "team"));
    assert_eq!(both, (Some("complaint".to_owned()), Some("vertrag".to_owned())));
}

#[test]
fn a_corrected_ticket_yields_to_a_complaint_unless_a_person_has_judged_just_that() {
    let like = |instead_of: &str| Like {
        field: history::Field::Category,
        ticket: 12,
        label: "vertrag".to_owned(),
        instead_of: instead_of.to_owned(),
        team: String::new(),
        confidence: 0.93,
        evidence: vec!["Vertrag".to_owned()],
    };
    let of = |instead_of: &str| {
        let learnt = Learnt { like: Some(like(instead_of)), ..Learnt::default() };
        field_of(&sorted(COMPLAINT, &learnt), "category")
    };
    assert_eq!(of("").as_deref(), Some("complaint"));
    assert_eq!(of("complaint").as_deref(), Some("vertrag"));
}

#[test]
fn a_guess_that_is_not_used_says_what_it_lacks() {
    let why = |learnt: &Learnt| sorted("Fragen zum Vertrag", learnt).abstained.unwrap_or_default();
    assert_eq!(
        why(&garage(1.0, None)),
        "the model decides nothing yet: its 80 tickets are too few to show that 95 % of its guesses are right; its best guess is vertrag"
    );
    assert_eq!(
        why(&garage(0.62, Some(0.91))),
        "not sure enough: vertrag 62 % of 91 % needed, garantie comes next"
    );
    assert!(why(&garage(0.912, Some(0.914))).contains("91.2 % of 91.4 % needed"));
}
