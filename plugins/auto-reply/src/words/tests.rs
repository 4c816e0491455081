//! What stands in mails and notes, and what never does.

use super::*;

#[test]
fn only_a_verified_sender_is_greeted_by_name_unless_the_admin_says_otherwise() {
    let facts = Facts { name: Some("Ana Novak".into()), ..Facts::default() };
    let settings = Settings::default();
    let text =
        |facts: &Facts, settings: &Settings| acknowledgement(Language::English, facts, settings).unwrap();
    assert!(text(&facts, &settings).starts_with("Hello,\n"));
    assert!(text(&Facts { verified: true, ..facts.clone() }, &settings).starts_with("Hello Ana Novak,"));
    let open = Settings { greet_unverified: true, ..settings };
    assert!(text(&facts, &open).starts_with("Hello Ana Novak,"));
}

#[test]
fn a_note_for_agents_names_its_sources_and_says_that_nothing_was_sent() {
    let hit = Hit {
        key: "refund".into(),
        locale: "en".into(),
        title: "Refund?".into(),
        body: "Ask us.".into(),
        ..Hit::default()
    };
    let note = suggestion(
        Language::English,
        &Facts { number: 7, ..Facts::default() },
        &[Shown { hit: &hit, sure: 0.62, obstacle: None }],
    );
    assert!(note.contains("– Refund? [refund en, 62 % sure]") && note.contains("Ask us."), "{note}");
    assert!(note.contains("None of them was sent") && note.contains("#7"));
}

#[test]
fn what_is_put_in_is_not_a_template_itself() {
    let hit = Hit { title: "{signature}".into(), body: "Use {number} braces {".into(), ..Hit::default() };
    let facts = Facts { number: 7, ..Facts::default() };
    let text = answer(Language::English, &facts, &Settings::default(), &hit).unwrap();
    assert!(text.contains("“{signature}”\n") && text.contains("\nUse {number} braces {"), "{text}");
}

#[test]
fn own_texts_replace_the_built_in_ones_and_keep_braces_that_are_no_placeholder() {
    let texts =
        Texts { acknowledgement_de: "{greeting} Nr. {number} { x } {signature}{".into(), ..Texts::default() };
    let settings = Settings { texts, signature: "Lena {Büro}".into(), ..Settings::default() };
    let facts = Facts { number: 7, ..Facts::default() };
    let text = |language| acknowledgement(language, &facts, &settings).unwrap();
    assert_eq!(text(Language::German), "Guten Tag, Nr. 7 { x } Lena {Büro}{");
    assert!(text(Language::English).contains("ticket #7"));
}

#[test]
fn a_placeholder_without_a_value_is_named_wherever_an_admin_wrote_it() {
    let hit = Hit { title: "T".into(), body: "B".into(), ..Hit::default() };
    let facts = Facts { ask: crate::ask::built_in().pop(), ..Facts::default() };
    let own = |change: &dyn Fn(&mut Settings, &mut Facts)| {
        let (mut settings, mut facts) = (Settings::default(), facts.clone());
        change(&mut settings, &mut facts);
        let answered = answer(Language::English, &facts, &settings, &hit).err();
        answered.or(acknowledgement(Language::English, &facts, &settings).err()).map(|broken| broken.why())
    };
    let why = |name: &str, placeholder: &str| {
        Some(format!("the text `{name}` has the placeholder {{{placeholder}}}, which has no value"))
    };
    assert_eq!(own(&|_, _| {}), None);
    assert_eq!(own(&|s, _| s.texts.answer_en = "{body} {what}".into()), why("answer_en", "what"));
    assert_eq!(
        own(&|s, _| s.texts.acknowledgement_en = "{title}".into()),
        why("acknowledgement_en", "title")
    );
    assert_eq!(own(&|s, _| s.signature = "Lena {team}".into()), why("signature", "team"));
    let ask = |f: &mut Facts| f.ask.as_mut().unwrap().ask_en = "{order}?".into();
    assert_eq!(own(&|_, f| ask(f)), why("ask_en of order_number", "order"));
    let empty = Hit { title: "T".into(), ..Hit::default() };
    let broken = answer(Language::German, &facts, &Settings::default(), &empty).unwrap_err();
    assert!(broken.why().contains("{body}") && broken.note(Language::German).contains("„T“"));
}

fn confirmed(language: Language, facts: &Facts, own: &str) -> String {
    let texts = Texts { acknowledgement_en: own.to_owned(), ..Texts::default() };
    acknowledgement(language, facts, &Settings { texts, ..Settings::default() }).unwrap()
}

#[test]
fn what_is_missing_and_when_it_opens_is_one_paragraph_each() {
    let date = crate::hours::Date { year: 2026, month: 1, day: 5 };
    let opening = Opening { date, weekday: 0, minute: 540, today: false };
    let plain = Facts::default();
    let closed = Facts { closed: Some(Closed(Some(opening))), ..Facts::default() };
    let both = Facts { ask: crate::ask::built_in().pop(), ..closed.clone() };
    let paragraphs = |facts: &Facts| confirmed(Language::English, facts, "").split("\n\n").count();
    assert_eq!((paragraphs(&closed), paragraphs(&both)), (paragraphs(&plain) + 1, paragraphs(&plain) + 2));
    let text = confirmed(Language::English, &both, "{greeting}\n\nGot it.\n\n{signature}");
    assert_eq!(
        text,
        "Hello,\n\nGot it.\n\nWe are closed at the moment and back on Monday, 5 January, at 9:00.\n\nPlease send us your order number in reply to this message, so that we can look it up straight away.\n\nYour service team"
    );
    let text = confirmed(Language::German, &closed, "");
    assert!(text.contains("Wir sind ab Montag, 5. Januar, 9:00 Uhr wieder für Sie da.\n\n"), "{text}");
}

#[test]
fn today_is_called_today_and_nothing_in_sight_is_no_promise() {
    let date = crate::hours::Date { year: 2026, month: 12, day: 24 };
    let today = Closed(Some(Opening { date, weekday: 3, minute: 13 * 60 + 5, today: true }));
    assert_eq!(when_open(Language::English, today), "We are closed at the moment and back today at 13:05.");
    assert!(when_open(Language::German, today).ends_with("heute ab 13:05 Uhr wieder für Sie da."));
    for language in [Language::German, Language::English] {
        assert!(!when_open(language, Closed(None)).contains(|c: char| c.is_ascii_digit()));
    }
}

#[test]
fn every_built_in_text_says_that_it_is_automatic_and_how_to_reach_a_person() {
    let sent = |language| answer(language, &Facts::default(), &Settings::default(), &full()).unwrap();
    for (text, automatic, person) in [
        (sent(Language::German).as_str(), "automatisch", "Mensch"),
        (ACKNOWLEDGEMENT_DE, "automatisch", "Mensch"),
        (sent(Language::English).as_str(), "automatically", "person"),
        (ACKNOWLEDGEMENT_EN, "automatically", "person"),
    ] {
        assert!(text.contains(automatic) && text.contains(person) && text.contains('#'), "{text}");
    }
}

fn full() -> Hit {
    Hit { title: "T".into(), body: "B".into(), ..Hit::default() }
}

#[test]
fn a_draft_says_nothing_of_machines_and_leaves_no_gap() {
    let settings = Settings { drafts: true, ..Settings::default() };
    for language in [Language::German, Language::English] {
        let text = answer(language, &Facts::default(), &settings, &full()).unwrap();
        assert!(!text.contains("automati") && !text.contains("–––") && !text.contains("\n\n\n"), "{text}");
        assert!(text.contains("\n\nB\n\n"), "{text}");
    }
}

#[test]
fn an_own_answer_that_leaves_out_the_article_is_not_used() {
    let texts = Texts { answer_de: "{greeting} Lesen Sie {title}.".into(), ..Texts::default() };
    let settings = Settings { texts, ..Settings::default() };
    let text = answer(Language::German, &Facts::default(), &settings, &full()).unwrap();
    assert!(text.contains("\n\nB\n\n") && !text.contains("Lesen Sie"), "{text}");
    assert_eq!(without_body(Language::German, &settings), Some("answer_de"));
    assert_eq!(without_body(Language::English, &settings), None);
}
