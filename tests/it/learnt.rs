//! What a plugin has learnt belongs to the house: exported, let go of, put into another house.

use desk::{Base64, DeskError, PluginValues};
use domain::id::InstallationId;
use domain::plugin::Mode;
use domain::ticket::Field;
use tests::House;
use tests::house::{admin, agent};

fn grinding(number: u32, subject: &str, noise: &str) -> String {
    format!(
        "From: guest{number}@example.org
To: help@shop.example
Subject: {subject}
Message-ID: <grinding-{number}@example.org>
Content-Type: text/plain; charset=utf-8

The espresso grinder makes a {noise} noise when it grinds beans.
"
    )
}

async fn triage(house: &House) -> InstallationId {
    let installed = house.desk.installations().await.unwrap();
    installed.iter().find(|view| view.installation.manifest.id == "kulanz.triage").unwrap().installation.id
}

/// The code of a refusal.
fn code(refused: Result<(), DeskError>) -> &'static str {
    match refused {
        Err(DeskError::Refused(refusal)) => refusal.code,
        other => panic!("{other:?}"),
    }
}

/// The category that the newest ticket got by itself.
async fn sorted(house: &House, mail: &str) -> Option<String> {
    house.mail(mail).await;
    let tickets = house.tickets().await;
    tickets.iter().max_by_key(|ticket| ticket.number).unwrap().category.clone()
}

on_both!(what_triage_learnt_moves_with_its_house_and_goes_when_told, |backend| {
    let house = House::furnished(backend).await;
    house.mail(&grinding(1, "Grinder noise", "terrible")).await;
    let ticket = house.tickets().await.remove(0);
    let right = desk::TicketChange::SetField { field: Field::Category, value: "repair".to_owned() };
    house.desk.change_ticket(ticket.id, vec![right], None, agent()).await.unwrap();
    house.settle().await;
    assert_eq!(
        sorted(&house, &grinding(2, "Espresso grinder noise", "loud")).await.as_deref(),
        Some("repair")
    );

    let id = triage(&house).await;
    let exported = house.desk.plugin_values(id).await.unwrap();
    assert_eq!(exported.plugin, "kulanz.triage");
    assert!(exported.values.contains_key("examples"), "{:?}", exported.values.keys());
    let document = serde_json::to_string(&exported).unwrap();
    assert!(!document.contains("grinder") && !document.contains("example.org"), "numbers, no texts");

    assert_eq!(code(house.desk.clear_plugin_values(id, admin()).await), "not_off", "a run may be under way");
    house.desk.set_mode(id, Mode::Off, admin()).await.unwrap();
    house.desk.clear_plugin_values(id, admin()).await.unwrap();
    house.desk.set_mode(id, Mode::Live, admin()).await.unwrap();
    assert!(house.desk.plugin_values(id).await.unwrap().values.is_empty());
    assert_ne!(sorted(&house, &grinding(3, "My grinder noise", "odd")).await.as_deref(), Some("repair"));

    let elsewhere = House::furnished(backend).await;
    let there = triage(&elsewhere).await;
    let read: PluginValues = serde_json::from_str(&document).unwrap();
    elsewhere.desk.set_mode(there, Mode::Off, admin()).await.unwrap();
    elsewhere.desk.put_plugin_values(there, read, admin()).await.unwrap();
    elsewhere.desk.set_mode(there, Mode::Live, admin()).await.unwrap();
    // Its own first ticket has the number of the one that was corrected.
    elsewhere.mail(&grinding(5, "Hello", "low")).await;
    let moved = sorted(&elsewhere, &grinding(4, "Espresso grinder noise", "odd")).await;
    assert_eq!(moved.as_deref(), Some("repair"), "the other house knows it from its first day");
});

on_both!(values_that_cannot_be_a_plugins_are_refused_and_nothing_is_lost, |backend| {
    let house = House::furnished(backend).await;
    let id = triage(&house).await;
    let with = |key: &str, bytes: usize| PluginValues {
        values: [(key.to_owned(), Base64(vec![7; bytes]))].into(),
        plugin: "kulanz.triage".to_owned(),
        version: "0.1.0".to_owned(),
        exported_at: domain::Timestamp(0),
    };
    house.desk.set_mode(id, Mode::Off, admin()).await.unwrap();
    house.desk.put_plugin_values(id, with("kept", 3), admin()).await.unwrap();
    let foreign = PluginValues { plugin: "kulanz.incidents".to_owned(), ..with("a", 1) };
    for (values, why) in [
        (foreign, "wrong_plugin"),
        (with("", 1), "bad_key"),
        (with("a\nb", 1), "bad_key"),
        (with("large", 49 << 20), "too_large"),
    ] {
        assert_eq!(code(house.desk.put_plugin_values(id, values, admin()).await), why);
    }
    let kept = house.desk.plugin_values(id).await.unwrap().values;
    assert_eq!(kept.into_iter().collect::<Vec<_>>(), [("kept".to_owned(), Base64(vec![7; 3]))]);
});
