//! Who gets an answer, who a confirmation, and who nothing.

use super::*;
use crate::past::{Voice, Voices};

fn facts() -> Facts {
    Facts {
        number: 12,
        auto_class: "human".into(),
        status_category: "new".into(),
        priority: "normal".into(),
        language: Some("de".into()),
        inbound: 1,
        has_text: true,
        ..Facts::default()
    }
}

/// An article about which everything the search says is this good.
pub(crate) fn hit(key: &str, locale: &str, good: f32) -> Hit {
    let signals = Signals {
        title: good,
        body: good,
        reverse: good,
        likeness: good,
        coverage: good,
        unknown: 1.0 - good,
        lead: good,
        chance: 1.0 - good,
        words: 0.7,
        agreement: good,
        meant: None,
    };
    let (title, body) = ("T".into(), "B".into());
    let terms = vec!["passwort".into()];
    Hit {
        key: key.into(),
        locale: locale.into(),
        title,
        body,
        product: None,
        score: good,
        terms,
        signals,
        past: Record::default(),
    }
}

/// The article after these customers said whether it helped.
fn rated(hit: Hit, said: &[(&str, bool)]) -> Hit {
    let mut voices = Voices::default();
    for (by, helped) in said {
        voices.take(Voice { by: (*by).to_owned(), category: None, helped: *helped });
    }
    Hit { past: voices.record(None), ..hit }
}

#[test]
fn an_article_about_a_product_is_sent_only_where_the_ticket_or_the_customer_names_it() {
    let of_kettle = || Hit { product: Some("Kettle X1".into()), ..hit("descale-kettle", "de", 0.95) };
    let sent = |facts: &Facts, hits: &[Hit]| match decide(facts, hits) {
        Decision::Answer { article, .. } => Some(article),
        _ => None,
    };
    assert_eq!(sent(&facts(), &[of_kettle()]), None);
    let known = Facts { product: Some("kettle x1".into()), ..facts() };
    assert_eq!(sent(&known, &[of_kettle()]).as_deref(), Some("descale-kettle"));
    let named = Facts { said: "wie entkalke ich den kettle x1?".into(), ..facts() };
    assert_eq!(sent(&named, &[of_kettle()]).as_deref(), Some("descale-kettle"));
    let of_pro = || Hit { product: Some("Pro".into()), ..hit("pro", "de", 0.95) };
    let problem = Facts { said: "ich habe ein problem mit dem passwort".into(), ..facts() };
    assert_eq!(sent(&problem, &[of_pro()]), None, "a part of a word names nothing");
    let compares = Facts { product: Some("Toaster".into()), said: "wie beim kettle x1?".into(), ..facts() };
    assert_eq!(sent(&compares, &[of_kettle()]), None, "the ticket is known to be about another one");
    let other = Facts { product: Some("Toaster".into()), ..facts() };
    let general = hit("descale", "de", 0.94);
    assert_eq!(
        sent(&other, &[of_kettle(), general]).as_deref(),
        Some("descale"),
        "the next that holds for all"
    );
    let Decision::Acknowledge { why, .. } = decide(&other, &[of_kettle()]) else { panic!() };
    assert!(why.contains("“descale-kettle” fits") && why.contains("is about Kettle X1, a product"), "{why}");
    let Decision::Acknowledge { why, .. } = decide(&other, &[hit("weak", "de", 0.2), of_kettle()]) else {
        panic!()
    };
    assert!(why.contains("is about Kettle X1"), "nor does a weak one hide the reason: {why}");
}

fn decide(facts: &Facts, hits: &[Hit]) -> Decision {
    let settings = Settings::default();
    before_search(facts, &settings).unwrap_or_else(|| after_search(facts, &settings, hits))
}

#[test]
fn no_machine_is_ever_written_to() {
    for class in ["auto_replied", "auto_generated", "bounce", "list", "something_new"] {
        let machine = Facts { auto_class: class.into(), ..facts() };
        assert!(matches!(decide(&machine, &[hit("a", "de", 0.99)]), Decision::Held(_)), "{class}");
    }
}

#[test]
fn after_an_agent_or_an_earlier_message_it_keeps_quiet() {
    for quiet in [Facts { agent_wrote: true, ..facts() }, Facts { answered_before: true, ..facts() }] {
        assert!(matches!(decide(&quiet, &[hit("a", "de", 0.99)]), Decision::Held(_)));
    }
}

#[test]
fn complaints_anger_and_urgency_are_acknowledged_and_never_answered() {
    for held in [
        Facts { category: Some("complaint".into()), ..facts() },
        Facts { tags: vec!["vip".into(), "angry".into()], ..facts() },
        Facts { priority: "urgent".into(), ..facts() },
    ] {
        let got = decide(&held, &[hit("a", "de", 0.99)]);
        assert!(
            matches!(&got, Decision::Acknowledge { held: true, why, .. } if why.contains("a person answers")),
            "{got:?}"
        );
        let second = Facts { inbound: 2, ..held };
        assert!(matches!(decide(&second, &[hit("a", "de", 0.99)]), Decision::Held(_)));
    }
}

#[test]
fn only_an_article_in_the_customers_language_is_sent() {
    let got = decide(&facts(), &[hit("english", "en", 0.99), hit("deutsch", "de-AT", 0.97)]);
    assert!(matches!(&got, Decision::Answer { article, .. } if article == "deutsch"), "{got:?}");
    let got = decide(&facts(), &[hit("english", "en", 0.99)]);
    assert!(matches!(&got, Decision::Acknowledge { held: false, why, .. } if why.contains("language")));
}

#[test]
fn a_customer_whose_language_is_not_known_writes_in_the_words_of_the_article() {
    let unknown = Facts { language: None, ..facts() };
    let got = decide(&unknown, &[hit("english", "en", 0.99), hit("deutsch", "de", 0.9)]);
    assert!(matches!(&got, Decision::Answer { language: Language::English, .. }), "{got:?}");
    let got = decide(&unknown, &[hit("francais", "fr", 0.99)]);
    assert!(matches!(got, Decision::Acknowledge { .. }), "{got:?}");
}

#[test]
fn weak_articles_are_not_sent_and_the_reason_says_how_weak() {
    for hits in [vec![], vec![hit("a", "de", 0.12)], vec![hit("a", "de", f32::NAN)]] {
        let got = decide(&facts(), &hits);
        assert!(matches!(got, Decision::Acknowledge { held: false, .. }), "{hits:?} {got:?}");
    }
    let got = decide(&facts(), &[hit("a", "de", 0.5)]);
    assert!(matches!(&got, Decision::Acknowledge { why, .. } if why.contains("of 80 % needed")), "{got:?}");
}

#[test]
fn a_message_about_one_order_goes_to_people_whatever_article_fits() {
    let case = Facts { case_number: Some("10-48213".into()), ..facts() };
    let hits = [hit("a", "de", 0.99)];
    assert!(matches!(decide(&facts(), &hits), Decision::Answer { .. }));
    let got = decide(&case, &hits);
    assert!(matches!(&got, Decision::Acknowledge { why, .. } if why.contains("10-48213")), "{got:?}");
}

#[test]
fn a_message_that_asks_several_things_goes_to_people() {
    let several = Facts { topics: vec!["a".into(), "b".into()], ..facts() };
    let got = decide(&several, &[hit("a", "de", 0.99)]);
    assert!(matches!(&got, Decision::Acknowledge { why, .. } if why.contains("several")), "{got:?}");
}

#[test]
fn who_asks_for_a_person_or_threatens_with_one_gets_a_person() {
    let asks = Facts { wants_person: Some("the customer asks for a person"), ..facts() };
    let got = decide(&asks, &[hit("a", "de", 0.99)]);
    assert!(matches!(&got, Decision::Acknowledge { held: true, .. }), "{got:?}");
}

#[test]
fn articles_that_are_not_sure_enough_are_shown_to_the_agent_best_first() {
    let hits = [0.9, 0.85, 0.8, 0.75, 0.1].map(|good| hit("a", "de", good));
    let shown = suggestions(&facts(), &Settings::default(), &hits);
    assert_eq!(shown.len(), SUGGESTIONS_MAX);
    assert!(shown.windows(2).all(|pair| pair[0].sure >= pair[1].sure));
    assert!(suggestions(&facts(), &Settings { suggest: false, ..Settings::default() }, &hits).is_empty());
    assert!(suggestions(&facts(), &Settings::default(), &[hit("a", "de", 0.1)]).is_empty());
}

#[test]
fn an_article_that_did_not_help_two_customers_is_sent_no_more_and_the_reason_says_so() {
    let sure = hit("a", "de", 0.8);
    assert!((0.88..0.94).contains(&sure.sure()), "{}", sure.sure());
    assert!(matches!(decide(&facts(), std::slice::from_ref(&sure)), Decision::Answer { .. }));
    let got = decide(&facts(), &[rated(sure.clone(), &[("ana", false), ("ben", false)])]);
    assert!(
        matches!(&got, Decision::Acknowledge { why, .. } if why.contains("customers said that it did not help: 2 of 2")),
        "{got:?}"
    );
    let got = decide(&facts(), &[rated(sure, &[("ana", true), ("ben", true)])]);
    assert!(matches!(&got, Decision::Answer { why, .. } if why.contains("it helped: 2 of 2")), "{got:?}");
}

#[test]
fn an_article_that_did_not_help_is_shown_to_agents_after_one_that_did() {
    let hits = [rated(hit("blamed", "de", 0.8), &[("ana", false), ("ben", false)]), hit("plain", "de", 0.7)];
    let keys: Vec<_> =
        suggestions(&facts(), &Settings::default(), &hits).iter().map(|one| one.hit.key.clone()).collect();
    assert_eq!(keys, ["plain", "blamed"]);
}

#[test]
fn unknown_languages_get_an_acknowledgement_and_spam_gets_nothing() {
    let unknown = Facts { language: None, ..facts() };
    assert!(matches!(decide(&unknown, &[]), Decision::Acknowledge { language: Language::German, .. }));
    let french = Facts { language: Some("fr".into()), ..facts() };
    assert!(matches!(decide(&french, &[]), Decision::Acknowledge { language: Language::English, .. }));
    let spam = Facts { category: Some("spam".into()), ..facts() };
    assert!(matches!(decide(&spam, &[]), Decision::Abstained(_)));
}

#[test]
fn a_text_with_a_placeholder_that_has_no_value_goes_to_people_and_not_to_the_customer() {
    let mut settings = Settings::default();
    settings.texts.answer_de = "{greeting} {what} {body}".into();
    let got = after_search(&facts(), &settings, &[hit("a", "de", 0.99)]);
    assert!(
        matches!(&got, Decision::Broken { note, why, answers: true }
            if note.contains("Guten Tag, {what}") && why.contains("`answer_de` has the placeholder {what}")),
        "{got:?}"
    );
    settings.texts.acknowledgement_de = "{what}".into();
    let got = after_search(&facts(), &settings, &[]);
    assert!(matches!(&got, Decision::Broken { answers: false, .. }), "{got:?}");
}

#[test]
fn a_confirmation_asks_for_what_is_missing_and_an_answer_does_not() {
    let lacks = Facts { ask: crate::ask::built_in().pop(), ..facts() };
    let got = decide(&lacks, &[]);
    assert!(
        matches!(&got, Decision::Acknowledge { asked: Some(field), text, .. }
            if field == "order_number" && text.contains("Bestellnummer")),
        "{got:?}"
    );
    let got = decide(&lacks, &[hit("a", "de", 0.99)]);
    assert!(matches!(&got, Decision::Answer { text, .. } if !text.contains("Bestellnummer")), "{got:?}");
    let second = Facts { inbound: 2, ..lacks };
    assert!(matches!(decide(&second, &[]), Decision::Abstained(_)));
}

#[test]
fn an_answer_says_nothing_of_opening_hours() {
    let closed = Facts { closed: Some(Closed(None)), ..facts() };
    let got = decide(&closed, &[hit("a", "de", 0.99)]);
    assert!(matches!(&got, Decision::Answer { text, .. } if !text.contains("geschlossen")), "{got:?}");
    let got = decide(&closed, &[]);
    assert!(matches!(&got, Decision::Acknowledge { text, .. } if text.contains("geschlossen")), "{got:?}");
}

#[test]
fn switched_off_acknowledgements_leave_the_reason() {
    let settings = Settings { acknowledge: false, ..Settings::default() };
    let got = after_search(&facts(), &settings, &[]);
    assert!(matches!(&got, Decision::Abstained(why) if why.contains("switched off")), "{got:?}");
}

#[test]
fn the_surest_article_is_sent_whatever_the_search_put_first() {
    let got = decide(&facts(), &[hit("first", "de", 0.5), hit("sure", "de", 0.95)]);
    assert!(matches!(&got, Decision::Answer { article, .. } if article == "sure"), "{got:?}");
    let got = decide(&facts(), &[hit("first", "de", 0.9), hit("second", "de", 0.9)]);
    assert!(matches!(&got, Decision::Answer { article, .. } if article == "first"), "{got:?}");
}

#[test]
fn an_article_with_markup_is_never_sent_and_agents_see_why() {
    let broken = Hit { body: "Hi <img src=x onerror=alert(1)>".into(), ..hit("broken", "de", 0.95) };
    for hits in [vec![broken.clone()], vec![broken.clone(), hit("next", "de", 0.85)]] {
        let got = decide(&facts(), &hits);
        assert!(matches!(&got, Decision::Acknowledge { why, .. } if why.contains("`<img`")), "{got:?}");
        let shown = suggestions(&facts(), &Settings::default(), &hits);
        let note = words::suggestion(Language::German, &facts(), &shown);
        assert!(note.contains("enthält noch HTML oder Skript (`<img`)"), "{note}");
    }
    let got = decide(&facts(), &[hit("sure", "de", 0.97), broken]);
    assert!(matches!(&got, Decision::Answer { article, .. } if article == "sure"), "{got:?}");
    let link =
        Hit { body: "1 < 2, siehe <https://x.example> oder <a@x.example>".into(), ..hit("a", "de", 0.95) };
    assert!(matches!(decide(&facts(), &[link]), Decision::Answer { .. }));
}

#[test]
fn drafts_are_answers_only() {
    let settings = Settings { drafts: true, ..Settings::default() };
    let got = after_search(&facts(), &settings, &[]);
    assert!(matches!(&got, Decision::Abstained(why) if why.contains("no draft")), "{got:?}");
    let held = Facts { category: Some("complaint".into()), ..facts() };
    assert!(matches!(before_search(&held, &settings), Some(Decision::Held(_))));
    assert!(matches!(after_search(&facts(), &settings, &[hit("a", "de", 0.95)]), Decision::Answer { .. }));
}
