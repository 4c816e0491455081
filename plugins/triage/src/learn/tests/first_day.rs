//! What a person corrected is known at once, before there is a model.

use super::*;

/// A customer's mail and one that is like it.
const VASE: &str = "The porcelain vase arrived shattered, its handle snapped off";
const ANOTHER_VASE: &str = "Good morning, my porcelain vase came with the handle snapped off, shattered";

struct Corrected<'a> {
    number: u64,
    requester: &'a str,
    text: &'a str,
    from: Option<&'a str>,
    to: Option<&'a str>,
    team: Option<&'a str>,
}

impl Default for Corrected<'_> {
    fn default() -> Self {
        let (from, to) = (Some("complaint"), Some("breakage"));
        Self { number: 12, requester: "c12", text: VASE, from, to, team: None }
    }
}

impl Corrected<'_> {
    fn at(&self, time_ms: u64) -> String {
        let ticket = past(usize::try_from(self.number).unwrap(), self.to.unwrap_or("complaint"), self.text)
            .requester(ContactBuilder::new().id(self.requester))
            .build();
        let mut event = EventBuilder::of("ticket.field_changed").actor_kind("agent").time_ms(time_ms);
        if (self.from, self.to) != (None, None) {
            event = event.change("category", self.from, self.to);
        }
        if let Some(team) = self.team {
            event = event.change("team", None, Some(team));
        }
        TriageByWords::handle(&event.build(), &ticket, Settings::default(), &mut Effects::new()).unwrap()
    }

    fn now(&self) -> String {
        self.at(1)
    }
}

/// Everything proposed for a new ticket's message: field, value, reason.
fn proposed(number: u64, text: &str, json: &str) -> Vec<(String, String, String)> {
    let message = MessageBuilder::new().text(text).reply_text(text);
    let event = EventBuilder::of("message.received").message(message.clone()).build();
    let ticket =
        TicketBuilder::new().id(format!("t{number}")).number(number).subject("").message(message).build();
    let mut out = Effects::new();
    TriageByWords::triage(&event, &ticket, settings(json), &mut out).unwrap();
    let fields = out.all().iter().filter_map(|p| match &p.effect {
        Effect::SetField { field, value } => Some((field.clone(), value.clone(), p.basis.reason.clone())),
        _ => None,
    });
    fields.filter(|(field, ..)| field != "language").collect()
}

/// What a person says of a custom field of a ticket.
fn said(number: u64, text: &str, field: &str, value: Option<&str>) -> String {
    let ticket = past(usize::try_from(number).unwrap(), "complaint", text)
        .requester(ContactBuilder::new().id("c12"))
        .build();
    let event = EventBuilder::of("ticket.field_changed").actor_kind("agent").time_ms(1);
    let event = event.change(field, Some("question"), value).build();
    TriageByWords::handle(&event, &ticket, Settings::default(), &mut Effects::new()).unwrap()
}

#[test]
fn type_and_sentiment_are_learnt_from_what_a_person_said() {
    let kinds = r#"{"extract_type": true}"#;
    let of = |number, text: &str, json: &str| -> Vec<(String, String)> {
        let fields =
            proposed(number, text, json).into_iter().filter(|(field, ..)| field.starts_with("custom."));
        fields.map(|(field, value, _)| (field, value)).collect()
    };
    assert_eq!(of(20, ANOTHER_VASE, kinds), []);
    let told = said(12, VASE, "custom.type", Some("damage"));
    assert_eq!(told, "learned: custom.type of tickets much like this one is damage");
    said(12, VASE, "custom.sentiment", Some("negative"));
    let both = [("custom.type", "damage"), ("custom.sentiment", "negative")];
    assert_eq!(of(21, ANOTHER_VASE, kinds), both.map(|(field, value)| (field.to_owned(), value.to_owned())));
    let why =
        proposed(21, ANOTHER_VASE, kinds).into_iter().find(|(field, ..)| field == "custom.type").unwrap().2;
    assert_eq!(why, "Like #12, of which a person said damage.");
    assert_eq!(of(22, ANOTHER_VASE, "{}"), [], "nobody asked for it");
    assert_eq!(of(23, ANOTHER_VASE, r#"{"extract_type": true, "learn": false}"#), []);
    assert!(category_of(ANOTHER_VASE).is_none(), "what is said of the type says nothing of the category");

    assert!(said(12, VASE, "custom.type", None).starts_with("forgot"));
    assert_eq!(of(24, ANOTHER_VASE, kinds), [("custom.sentiment".to_owned(), "negative".to_owned())]);
}

fn category_of(text: &str) -> Option<String> {
    asked(text, "{}").1.map(|(label, ..)| label)
}

fn kept_examples() -> Vec<u64> {
    let examples = kept::examples(super::super::Field::Category).unwrap();
    examples.all.iter().map(|one| one.ticket).collect()
}

#[test]
fn a_ticket_like_a_corrected_one_is_sorted_as_that_with_the_words_both_have() {
    fixture::clear();
    assert_eq!(category_of(ANOTHER_VASE), None);
    assert_eq!(Corrected::default().now(), "learned: tickets much like this one are breakage");
    let (outcome, category) = asked(ANOTHER_VASE, "{}");
    let (label, confidence, evidence) = category.unwrap();
    assert_eq!(label, "breakage");
    assert!(confidence > 0.85 && matches!(outcome, Outcome::Done(_)), "{confidence} {outcome:?}");
    for word in &evidence {
        assert!(VASE.contains(word) && ANOTHER_VASE.contains(word), "{evidence:?}");
    }
    assert!(evidence.contains(&"porcelain".to_owned()), "{evidence:?}");
    let reason = "Like #12, which a person sorted as breakage.".to_owned();
    assert_eq!(proposed(77, ANOTHER_VASE, "{}"), [("category".to_owned(), "breakage".to_owned(), reason)]);
}

#[test]
fn other_tickets_go_on_as_before() {
    fixture::clear();
    let others = [
        "Where is my parcel with the vase?",
        "The handle of the door is fine, but please cancel my order",
        "I want my money back for the lamp",
        "",
    ];
    let before: Vec<_> = others.iter().map(|text| proposed(77, text, "{}")).collect();
    Corrected::default().now();
    let after: Vec<_> = others.iter().map(|text| proposed(77, text, "{}")).collect();
    assert_eq!(before, after);
}

#[test]
fn an_example_beats_the_built_in_rules_and_gives_way_to_an_own_rule() {
    fixture::clear();
    let text = "I demand a refund for the walnut sideboard delivered yesterday";
    assert_eq!(category_of(text).as_deref(), Some("refund"));
    Corrected { text, from: Some("refund"), to: Some("furniture"), ..Corrected::default() }.now();
    assert_eq!(category_of(text).as_deref(), Some("furniture"));
    let own = r#"{"rules": [{"category": "vip", "words": {"sideboard": 3.0}}]}"#;
    assert_eq!(asked(text, own).1.unwrap().0, "vip");
}

#[test]
fn a_sure_model_wins_unless_its_label_is_the_one_that_was_corrected() {
    let text = "where is my parcel with the lamp";
    let longer = "where is my parcel with the lamp, track my shipment of the lamp, courier lost the lamp";
    learn_from(history());
    assert_eq!(category_of(text).as_deref(), Some("shipping"));
    Corrected { text: longer, from: Some("damage"), to: Some("lamps"), ..Corrected::default() }.now();
    assert_eq!(category_of(longer).as_deref(), Some("shipping"));
    Corrected { text: longer, from: Some("shipping"), to: Some("lamps"), ..Corrected::default() }.now();
    assert_eq!(category_of(longer).as_deref(), Some("lamps"));
    assert_eq!(category_of("still no delivery of the chair").as_deref(), Some("shipping"));
}

#[test]
fn people_who_disagree_about_the_same_text_leave_it_to_people() {
    fixture::clear();
    Corrected::default().now();
    Corrected { number: 13, requester: "c13", to: Some("shipping"), ..Corrected::default() }.now();
    assert_eq!(category_of(ANOTHER_VASE), None);
}

#[test]
fn a_second_correction_of_a_ticket_replaces_the_first_and_taking_it_back_forgets_it() {
    fixture::clear();
    Corrected::default().now();
    Corrected { from: Some("breakage"), to: Some("shipping"), ..Corrected::default() }.now();
    assert_eq!(category_of(ANOTHER_VASE).as_deref(), Some("shipping"));
    let said = Corrected { from: Some("shipping"), to: None, ..Corrected::default() }.now();
    assert_eq!(said, "forgot what was learnt of this ticket");
    assert_eq!(category_of(ANOTHER_VASE), None);
}

#[test]
fn the_corrected_ticket_itself_is_left_as_the_person_sorted_it() {
    fixture::clear();
    Corrected { number: 11, requester: "c11", ..Corrected::default() }.now();
    Corrected { to: Some("porcelain"), text: "The porcelain is what I ask about", ..Corrected::default() }
        .now();
    assert_eq!(proposed(12, ANOTHER_VASE, "{}"), []);
}

#[test]
fn a_ticket_of_another_house_with_the_same_number_is_not_the_corrected_one() {
    fixture::clear();
    Corrected { number: 12, ..Corrected::default() }.now();
    let message = MessageBuilder::new().text(ANOTHER_VASE).reply_text(ANOTHER_VASE);
    let event = EventBuilder::of("message.received").message(message.clone()).build();
    let ticket = TicketBuilder::new().id("of another house").number(12).subject("").message(message).build();
    let mut out = Effects::new();
    TriageByWords::triage(&event, &ticket, settings("{}"), &mut out).unwrap();
    assert!(
        out.all().iter().any(|p| matches!(&p.effect, Effect::SetField { value, .. } if value == "breakage"))
    );
    let changed = EventBuilder::of("ticket.field_changed").actor_kind("agent").time_ms(2);
    let changed = changed.change("category", Some("breakage"), Some("shipping")).build();
    TriageByWords::handle(&changed, &ticket, Settings::default(), &mut Effects::new()).unwrap();
    assert_eq!(kept_examples(), [12, 12], "a correction of it is one more example");
}

#[test]
fn the_team_goes_with_it_only_where_a_person_chose_one() {
    fixture::clear();
    Corrected::default().now();
    let team = |number| {
        let all = proposed(number, ANOTHER_VASE, "{}").into_iter();
        all.filter(|(field, ..)| field == "team").map(|(_, team, reason)| (team, reason)).next()
    };
    // The ticket has a team, but no person is known to have chosen it.
    assert_eq!(team(77), None);
    let said = Corrected { from: None, to: None, team: Some("care"), ..Corrected::default() }.now();
    assert_eq!(said, "learned: the team of tickets much like this one is care");
    assert_eq!(team(77), Some(("care".to_owned(), "Like #12, which a person gave to care.".to_owned())));
    Corrected { team: Some("claims"), ..Corrected::default() }.now();
    assert_eq!(team(77).unwrap().0, "claims");
}

#[test]
fn a_priority_is_never_touched_by_an_example() {
    fixture::clear();
    Corrected::default().now();
    assert!(proposed(77, ANOTHER_VASE, "{}").iter().all(|(field, ..)| field != "priority"));
}

#[test]
fn one_customers_nonsense_that_was_corrected_sways_nobody_else() {
    fixture::clear();
    let probes = ["Where is my parcel?", "I want my money back", "The shop shows a server error", VASE];
    let before: Vec<_> = probes.iter().map(|text| proposed(77, text, "{}")).collect();
    for number in 0..100 {
        let text = format!("parcel money error vase flurb{number} snark wibble {number} quux");
        Corrected { number, requester: "attacker", text: &text, to: Some("spam"), ..Corrected::default() }
            .now();
    }
    assert_eq!(kept_examples(), [96, 97, 98, 99]);
    let after: Vec<_> = probes.iter().map(|text| proposed(777, text, "{}")).collect();
    assert_eq!(before, after);
}

#[test]
fn at_most_sixty_four_examples_are_kept_without_any_text_and_little_even_of_long_mails() {
    fixture::clear();
    for number in 0..80 {
        let text: String =
            (0..2_000).map(|n| format!("w{:x} ", (n * 7_919 + number * 104_729) % 65_536)).collect();
        let requester = format!("c{number}");
        Corrected { number, requester: &requester, text: &text, ..Corrected::default() }.now();
    }
    assert_eq!(kept_examples().len(), 64);
    let bytes = fixture::kv_value("examples").unwrap();
    assert!(bytes.len() < 400_000, "{}", bytes.len());
    fixture::clear();
    Corrected::default().now();
    let bytes = fixture::kv_value("examples").unwrap();
    assert!(bytes.len() < 400 && !String::from_utf8_lossy(&bytes).contains("vase"), "{}", bytes.len());
}

#[test]
fn a_training_that_keeps_its_promise_takes_the_examples_in_that_it_has_seen() {
    fixture::clear();
    history().into_iter().for_each(add_ticket);
    // Solved as corrected; corrected but still open; solved under a label that was corrected since.
    let of =
        |number, to| Corrected { number, requester: "c", to: Some(to), text: VASE, ..Corrected::default() };
    of(3, "shipping").now();
    of(500, "shipping").now();
    of(4, "breakage").now();
    // After the training began.
    of(5, "shipping").at(u64::MAX);
    assert!(train("{}").starts_with("learned 3 labels"));
    assert!(kept::head().unwrap().unwrap().calibration.threshold(0.95).is_some());
    assert_eq!(kept_examples(), [500, 4, 5]);
}

#[test]
fn an_example_outlives_a_training_that_earned_no_promise() {
    fixture::clear();
    for n in 0..120 {
        add_ticket(past(n, ["a", "b", "c"][n % 3], "the very same words on every ticket"));
    }
    add_ticket(past(500, "breakage", VASE));
    Corrected { number: 500, ..Corrected::default() }.now();
    assert!(train("{}").starts_with("learned 4 labels"));
    assert_eq!(kept_examples(), [500]);
    assert_eq!(category_of(ANOTHER_VASE).as_deref(), Some("breakage"));
}

#[test]
fn learning_switched_off_forgets_examples_too() {
    fixture::clear();
    Corrected::default().now();
    assert_eq!(asked(ANOTHER_VASE, r#"{"learn": false}"#).1, None);
    train(r#"{"learn": false}"#);
    assert!(fixture::kv_value("examples").is_none());
    assert_eq!(category_of(ANOTHER_VASE), None);
}

#[test]
fn texts_with_no_word_of_their_own_are_no_examples() {
    fixture::clear();
    let said = Corrected { text: "Hello, can you help me please? 123", ..Corrected::default() }.now();
    assert_eq!(said, "there is no word in it to learn from");
    assert!(fixture::kv_value("examples").is_none());
}

#[test]
fn the_first_nights_training_leaves_complaints_complaints() {
    let complaint = "I want to complain, this is unacceptable, I am disappointed";
    fixture::clear();
    let before = asked(complaint, "{}").1.map(|(label, confidence, _)| (label, confidence));
    learn_from(
        (0..80)
            .map(|n| {
                let (label, text) = if n % 2 == 0 { ("contract", PARCEL) } else { ("warranty", BROKEN) };
                past(n, label, &format!("{} {}", text[n / 2 % 4], THINGS[n / 8 % 8]))
            })
            .collect(),
    );
    assert!(kept::head().unwrap().is_some());
    let after = asked(complaint, "{}").1.map(|(label, confidence, _)| (label, confidence));
    assert_eq!(before, after);
    assert!(after.is_some_and(|(label, _)| label == "complaint"));
}
