//! A language model put in place by command: a table of a few words, which makes a question find an article that it has
//! no word in common with.

use std::path::Path;

use tests::binary::{command, pause};
use tests::{House, plugins};

/// Words of the table, and what they mean in two numbers: things of signing in, things of parcels.
const WORDS: [(&str, [f32; 2]); 7] = [
    ("[UNK]", [0.0, 0.0]),
    ("password", [1.0, 0.0]),
    ("zibzub", [1.0, 0.0]),
    ("forgotten", [0.9, 0.1]),
    ("gone", [0.8, 0.2]),
    ("parcel", [0.0, 1.0]),
    ("delivery", [0.1, 0.9]),
];

/// A static table as published ones are: a tokenizer and one matrix.
fn model(dir: &Path) {
    model_of(dir, &WORDS.map(|(word, row)| (word.to_owned(), row)));
}

fn model_of(dir: &Path, words: &[(String, [f32; 2])]) {
    std::fs::create_dir_all(dir).unwrap();
    let vocabulary: serde_json::Map<String, serde_json::Value> =
        words.iter().enumerate().map(|(n, (word, _))| (word.clone(), n.into())).collect();
    let tokenizer = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": { "type": "Lowercase" }, "pre_tokenizer": { "type": "Whitespace" },
        "post_processor": null, "decoder": null,
        "model": { "type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]" },
    });
    std::fs::write(dir.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    // The format of safetensors: length of the head, the head, the numbers.
    let numbers: Vec<u8> =
        words.iter().flat_map(|(_, row)| row.iter().flat_map(|x| x.to_le_bytes())).collect();
    let head = serde_json::json!({
        "embedding.weight": { "dtype": "F32", "shape": [words.len(), 2], "data_offsets": [0, numbers.len()] }
    });
    let mut head = head.to_string().into_bytes();
    head.resize(head.len().next_multiple_of(8), b' ');
    let file = [&(head.len() as u64).to_le_bytes()[..], &head, &numbers].concat();
    std::fs::write(dir.join("model.safetensors"), file).unwrap();
}

/// Runs the program; answers its standard output.
fn kulanz(data: &Path, arguments: &[&str]) -> (bool, String, String) {
    let out = command().args(["--log", "error", "--data-dir"]).arg(data).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.success(), text(out.stdout), text(out.stderr))
}

const KB: &str = r#"{"id":"parcel","question":"Parcel delivery","answer":"It takes three days.","lang":"en"}
{"id":"hours","question":"Opening hours","answer":"From nine to five.","lang":"en"}
{"id":"password","question":"Forgotten password","answer":"Choose a new one on the page.","lang":"en"}
"#;

#[test]
fn a_model_is_put_in_place_and_finds_what_words_do_not() {
    let dir = tempfile::tempdir().unwrap();
    let (data, source) = (dir.path().join("data"), dir.path().join("tiny"));
    model(&source);
    std::fs::write(dir.path().join("kb.jsonl"), KB).unwrap();
    let question = "{\"id\":1,\"text\":\"zibzub kuxx\",\"lang\":\"en\"}\n";
    std::fs::write(dir.path().join("q.jsonl"), question).unwrap();
    let first_hit = || {
        let at = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
        let (kb, input, output) = (at("kb.jsonl"), at("q.jsonl"), at("out.jsonl"));
        let arguments = ["eval", "answer", "--kb", &kb, "--input", &input, "--output", &output];
        let (ok, _, told) = kulanz(&data, &arguments);
        assert!(ok, "{told}");
        let line: serde_json::Value =
            serde_json::from_str(std::fs::read_to_string(&output).unwrap().lines().next().unwrap()).unwrap();
        line["ranked"][0]["id"].as_str().map(str::to_owned)
    };
    assert_ne!(first_hit().as_deref(), Some("password"), "by words there is nothing to find");

    let (ok, told, said) = kulanz(&data, &["model", "add", "--json", source.to_str().unwrap()]);
    assert!(ok, "{said}");
    let added: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((added["name"].as_str(), added["dimension"].as_u64()), (Some("tiny"), Some(2)));
    let (_, listed, _) = kulanz(&data, &["model", "list"]);
    assert_eq!(listed.trim(), "tiny  (used)");
    assert_eq!(first_hit().as_deref(), Some("password"));

    let (ok, _, said) = kulanz(&data, &["model", "remove", "../data"]);
    assert!(!ok && said.contains("there is no model ../data"), "{said}");
    assert!(kulanz(&data, &["model", "remove", "tiny"]).0);
    assert_ne!(first_hit().as_deref(), Some("password"));
}

#[test]
fn what_is_no_model_is_refused_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (data, source) = (dir.path().join("data"), dir.path().join("junk"));
    std::fs::create_dir_all(&source).unwrap();
    std::fs::write(source.join("tokenizer.json"), "{}").unwrap();
    std::fs::write(source.join("model.safetensors"), [0xff; 64]).unwrap();
    let (ok, _, said) = kulanz(&data, &["model", "add", source.to_str().unwrap()]);
    assert!(!ok && !said.is_empty(), "{said}");
    assert_eq!(kulanz(&data, &["model", "list"]).1, "");
}

on_both!(articles_vectors_are_reckoned_beside_and_kept, |backend| {
    let dir = tempfile::tempdir().unwrap();
    model(&dir.path().join("tiny"));
    let model = embed::Model::open(&dir.path().join("tiny")).unwrap();
    let model_digest = model.digest().to_owned();
    let outside = tests::house::Outside { meaning: desk::Meaning::of(model), ..Default::default() };
    let database = tests::database::Database::fresh(backend).await;
    let house = House::facing(database, tests::house::config(), outside).await;
    house.install(plugins::bundled("redaction"), domain::plugin::Mode::Live).await;
    house.install(plugins::bundled("auto-reply"), domain::plugin::Mode::Live).await;
    for (key, title) in [("password", "Forgotten password"), ("parcel", "Parcel delivery")] {
        let article =
            serde_json::json!({ "key": key, "locale": "en", "title": title, "body": "See the page." });
        house
            .desk
            .put_article(serde_json::from_value(article).unwrap(), tests::house::admin())
            .await
            .unwrap();
    }
    house.mail("From: ana@example.org\nTo: help@shop.example\nSubject: Hello\nMessage-ID: <m@example.org>\n\nMy zibzub is gone, what now?\n").await;
    // The first search began to reckon; what customers ask is not among what is kept.
    let digest = |text: &str| hex::encode(<sha2::Sha256 as sha2::Digest>::digest(text.as_bytes()));
    let texts =
        ["Forgotten password", "Parcel delivery", "See the page.", "Hello My zibzub is gone, what now?"];
    let digests = texts.map(digest);
    let mut kept = Vec::new();
    for _ in 0..200 {
        kept = house.store.vectors(&model_digest, &digests).await.unwrap();
        if kept.len() >= 3 {
            break;
        }
        pause(std::time::Duration::from_millis(25)).await;
    }
    let kept: Vec<String> = kept.into_iter().map(|(digest, _)| digest).collect();
    assert_eq!(kept, digests[..3]);
});

/// Made-up words, each written once, that only a model tells apart: the first half of them is learnt from.
fn made_up() -> Vec<(String, &'static str)> {
    const SYLLABLES: [&str; 8] = ["ba", "ko", "ri", "tu", "ze", "mo", "la", "ni"];
    let word = |n: usize| [n % 8, n / 8 % 8, (n * 5 + 3) % 8].map(|at| SYLLABLES[at]).concat();
    let label = |n: usize| ["password", "parcel"][(n.wrapping_mul(2_654_435_761) >> 13) % 2];
    (0..64).map(|n| (word(n), label(n))).collect()
}

fn model_of_made_up_words(dir: &Path) -> embed::Model {
    let meaning = |label: &str| if label == "password" { [1.0, 0.1] } else { [0.1, 1.0] };
    let words = made_up().into_iter().map(|(word, label)| (word, meaning(label)));
    let words: Vec<_> = std::iter::once(("[UNK]".to_owned(), [0.0, 0.0])).chain(words).collect();
    model_of(dir, &words);
    embed::Model::open(dir).unwrap()
}

/// Takes a mail about a word in; answers its ticket's number.
async fn asked_about(house: &House, n: i64, word: &str) -> i64 {
    house.clock.advance(domain::clock::MINUTE_MS);
    let mail = format!(
        "From: c{n}@c{n}.example\nTo: help@shop.example\nSubject: Hello\nMessage-ID: <w{n}@c{n}.example>\n\nplease look at the {word} today\n"
    );
    house.mail(&mail).await;
    n
}

/// A night in which a house with these words as its model learns what agents left on tickets; answers how many of
/// the later ones it sorts by itself, and whether all of them rightly.
async fn sorts_after_a_night(backend: tests::Backend, with_model: bool) -> (usize, bool, House) {
    let dir = tempfile::tempdir().unwrap();
    let model = model_of_made_up_words(&dir.path().join("words"));
    let meaning = if with_model { desk::Meaning::of(model) } else { desk::Meaning::none() };
    let outside = tests::house::Outside { meaning, ..Default::default() };
    let database = tests::database::Database::fresh(backend).await;
    let house = House::facing(database, tests::house::config(), outside).await;
    house.install(plugins::bundled("redaction"), domain::plugin::Mode::Live).await;
    house.install(plugins::bundled("triage"), domain::plugin::Mode::Live).await;
    let words = made_up();
    for (n, (word, label)) in (1..).zip(&words[..52]) {
        let number = asked_about(&house, n, word).await;
        let set = |field, value: &str| desk::TicketChange::SetField { field, value: value.to_owned() };
        let changes =
            vec![set(domain::ticket::Field::Category, label), set(domain::ticket::Field::Status, "solved")];
        let id = house.ticket(number).await.id;
        house.desk.change_ticket(id, changes, None, tests::house::agent()).await.unwrap();
        house.settle().await;
    }
    // Corrections are examples by themselves; a night makes a model of them.
    house.clock.advance(15 * domain::clock::HOUR_MS);
    for _ in 0..20 {
        house.clock.advance(domain::clock::MINUTE_MS);
        house.desk.fire_due_schedules().await.unwrap();
        house.settle().await;
    }
    let (mut sorted, mut right) = (0, true);
    for (n, (word, label)) in (53..).zip(&words[52..]) {
        let number = asked_about(&house, n, word).await;
        let category = house.ticket(number).await.category;
        sorted += usize::from(category.is_some());
        right &= category.is_none() || category.as_deref() == Some(*label);
    }
    (sorted, right, house)
}

on_both!(a_house_learns_what_words_mean_where_there_is_a_model, |backend| {
    let (sorted, right, house) = sorts_after_a_night(backend, true).await;
    assert!(sorted >= 10 && right, "{sorted} of 12 sorted; all right: {right}");
    let ticket = house.ticket(60).await;
    let runs = house.store.runs_of(ticket.id).await.unwrap();
    let asked: Vec<String> = runs.iter().map(|run| run.answers.to_string()).collect();
    assert!(asked.iter().any(|a| a.contains("embed.model") && a.contains("embed.vector")), "{asked:?}");
    let story = house.story(60).await;
    assert!(story.contains("Past tickets of this meaning"), "{story}");
});

on_both!(without_a_model_the_same_house_leaves_them_to_people, |backend| {
    let (sorted, _, _) = sorts_after_a_night(backend, false).await;
    assert!(sorted <= 3, "{sorted} of 12 sorted by words that were never written before");
});
