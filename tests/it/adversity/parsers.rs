//! Every reader of foreign text, on text nobody meant for it: a value or a refusal, never a panic.

use domain::grant::Grant;
use domain::plugin::Manifest;
use domain::redaction::{Document, Finding, Part, Placeholders, redact};
use domain::schedule::Cron;
use proptest::prelude::*;

fn finding() -> impl Strategy<Value = Finding> {
    ((0..4_u32, 0..60_u32, 0..60_u32), "[A-Z_]{0,50}|[ -~]{0,8}|é", prop::num::f32::ANY).prop_map(
        |((part, start, end), class, score)| Finding { part, start, end, class, score, rule: "r".to_owned() },
    )
}

fn part() -> impl Strategy<Value = Part> {
    "[a-c é€\u{1f600}\u{0}\n]{0,40}".prop_map(|text| Part { name: "text".to_owned(), text })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn manifests_are_read_or_refused(text in "\\PC{0,300}", key in "[a-z.\\[\\]\"]{0,20}", value in "[ -~\n]{0,60}") {
        let _ = Manifest::parse(&text);
        let good = "id = \"a.b\"\nname = \"n\"\nversion = \"1.0.0\"\ncontract = \"0.1\"\n";
        let _ = Manifest::parse(&format!("{good}{key} = {value}\n"));
        let _ = Manifest::parse(&format!("{good}[{key}]\n{value}"));
    }

    #[test]
    fn grants_are_read_back_as_written(text in "(read|effect|use|http):?[ -~é]{0,40}|\\PC{0,40}") {
        if let Ok(grant) = text.parse::<Grant>() {
            prop_assert_eq!(grant.to_string().parse::<Grant>().unwrap(), grant);
        }
    }

    #[test]
    fn cron_expressions_fire_later_than_asked_or_are_refused(
        fields in prop::collection::vec("[0-9*/,LW#?-]{1,8}|[A-Za-z]{3}", 4..8),
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Pacific/Apia", "nowhere", ""]),
        after in prop::sample::select(vec![0_i64, 1_795_000_000_000, i64::MAX / 2, -1]),
    ) {
        if let Ok(cron) = Cron::parse(&fields.join(" "), zone) {
            let after = domain::Timestamp(after);
            for at in cron.upcoming(after, 3) {
                prop_assert!(at > after);
            }
        }
    }

    #[test]
    fn findings_of_any_kind_are_applied_or_refused_and_nothing_is_half_replaced(
        parts in prop::collection::vec(part(), 0..3),
        findings in prop::collection::vec(finding(), 0..12),
    ) {
        let document = Document { parts, language: None, known: Vec::new() };
        let digest = |class: &str, value: &str| format!("{class}:{value}");
        if let Ok((clean, replaced)) = redact(&document, &findings, &mut Placeholders::default(), &digest) {
            prop_assert_eq!(clean.len(), document.parts.len());
            for (index, part) in clean.iter().enumerate() {
                for one in replaced.iter().filter(|r| r.part as usize == index) {
                    prop_assert!(part.as_str().contains(&one.placeholder));
                }
            }
        }
    }

    #[test]
    fn api_bodies_and_sealed_tickets_are_read_or_refused(text in "\\PC{0,200}", value in "null|-?[0-9]{1,40}|\"\\PC{0,20}\"|\\[+|\\{+") {
        let _ = serde_json::from_str::<desk::NewTicket>(&text);
        let body = format!("{{\"subject\":{value},\"text\":\"t\",\"email\":\"a@b.example\"}}");
        let _ = serde_json::from_str::<desk::NewTicket>(&body);
        let _ = serde_json::from_str::<domain::job::Job>(&body);
    }
}
