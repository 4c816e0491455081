//! Wishes and complaints in fresh wordings, and ordinary questions that are none.

use super::*;

#[test]
fn a_wish_for_a_person_is_heard_in_many_wordings() {
    for text in [
        "Bitte rufen Sie mich zurück, ich will mit jemandem reden und keinen Computer.",
        "Please let a real human answer, no automated reply please.",
        "Ich will mit einem Menschen sprechen!",
        "Kann mir bitte ein Mitarbeiter persönlich antworten?",
        "Könnte mich morgen jemand anrufen? Bitte rufen Sie mich ab 14 Uhr an.",
        "Ich bitte um einen kurzen Rückruf unter meiner Nummer",
        "Bitte keine automatische Antwort, ich möchte eine persönliche",
        "Ich möchte mit einer echten Person sprechen, nicht mit einem Chatbot",
        "Verschonen Sie mich, bitte nicht schon wieder Textbausteine",
        "Can I talk to a person, please",
        "I'd like to speak with somebody about this",
        "Could a representative phone me back this week",
        "call me tomorrow morning",
        "Kann mich mal jemand von Ihnen anrufen?",
        "Verbinden Sie mich bitte mit Ihrem Support-Team",
        "Is there anyone I can actually talk to?",
        "Bitte leiten Sie das an einen Sachbearbeiter weiter",
        "Antworten Sie mir persönlich",
        "Stop sending me canned answers, get me a human",
        "I don't want another bot, thanks",
    ] {
        let why = wants_person("", text);
        assert!(
            why.is_some_and(|why| why.contains("person") || why.contains("not helped")),
            "{text}: {why:?}"
        );
    }
}

#[test]
fn who_was_let_down_is_heard_in_many_wordings() {
    for (text, word) in [
        ("Ihr Artikel zum Passwort hat mir NICHT geholfen, ich habe es schon dreimal versucht", "not helped"),
        ("Die letzte Antwort war leider gar nicht hilfreich", "not helped"),
        ("Das hilft mir nicht weiter", "not helped"),
        ("Ich schreibe Ihnen jetzt zum dritten Mal wegen der Rechnung", "not helped"),
        ("Ich habe schon 4 mal nachgefragt", "not helped"),
        ("Your article didn’t help at all", "not helped"),
        ("That was not helpful", "not helped"),
        ("Das beantwortet meine Frage nicht", "not helped"),
        ("This is my third email about this", "not helped"),
        ("None of your suggestions worked", "not helped"),
        ("Nobody has got back to me in two weeks", "waited"),
        ("I have asked you three times now", "not helped"),
        ("I have emailed you twice about this", "not helped"),
        ("Ich warte seit drei Wochen auf mein Geld", "waited"),
        ("Seit 10 Tagen keine Antwort von Ihnen", "waited"),
        ("We have been waiting for two months", "waited"),
        ("I haven't heard anything for over a week", "waited"),
        ("Bin sehr enttäuscht von der Lieferung", "angry"),
        ("Das ist nicht hinnehmbar", "angry"),
        ("I'm really disappointed with the chair", "angry"),
        ("So eine Frechheit", "angry"),
        ("Sonst geht das an meinen Anwalt.", "law"),
        ("My solicitors will be in touch", "law"),
    ] {
        let why = wants_person("", text);
        assert!(why.is_some_and(|why| why.contains(word)), "{text}: {why:?}");
        assert_eq!(wants_person(text, ""), why, "a subject says as much");
    }
}

#[test]
fn ordinary_questions_are_none() {
    for text in [
        "Wie viele Personen passen in das Zelt?",
        "Where do I enter the person's name?",
        "Muss ich zwei Wochen warten, bis das Geld da ist?",
        "How many times can I retry the exam?",
        "Do I have to wait for two weeks before I can book again?",
        "Mein Computer findet den Drucker nicht",
        "Can I invite someone to my team?",
        "Wie lange ist der Gutschein gültig, zwei Jahre?",
        "Wo finde ich die Antwort auf Frage 3 im Kurs?",
        "Seit zwei Tagen kann ich mich nicht anmelden, wie setze ich das Passwort zurück?",
        "Wie schalte ich die automatische Antwort aus?",
        "Which number do I call?",
        "",
    ] {
        assert_eq!(wants_person("", text), None, "{text}");
    }
}

#[test]
fn the_questions_of_the_test_sets_are_hardly_touched() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/answers");
    let (mut all, mut touched) = (0, Vec::new());
    for set in ["fit/webapps-en", "fit/clinic-de", "held/energy-de", "held/course-en"] {
        for line in std::fs::read_to_string(format!("{folder}/{set}/queries.jsonl")).unwrap().lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = row["text"].as_str().unwrap();
            all += 1;
            touched.extend(wants_person("", text).map(|why| format!("{set} {why}: {text}")));
        }
    }
    assert!(all > 900 && touched.len() <= all / 100, "{} of {all}\n{}", touched.len(), touched.join("\n"));
}
