//! `kulanz plugin test`: what a case compares of the requests that were sent, and what the command says of each case.

use std::path::Path;

use serde_json::{Value, json};
use tests::binary::command;
use tests::{plugins, source};

/// A case that the guest passes, with more lines below the one of its request, which has no headers.
fn case_with(headers: &str) -> String {
    let file = source().join("tests/frozen/0.1.0/everything-cases/everything.txt");
    let case = std::fs::read_to_string(file).unwrap();
    let request = case.lines().find(|line| line.starts_with("http: ")).unwrap();
    case.replace(request, &format!("{request}\n{headers}"))
}

/// A component, and a case that it passes beside one that it does not.
fn a_good_and_a_bad_case() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("guest.wasm"), plugins::guest("touches_everything")).unwrap();
    let cases = folder.path().join("cases");
    std::fs::create_dir(&cases).unwrap();
    std::fs::write(cases.join("absent.txt"), case_with("header: Cookie =")).unwrap();
    std::fs::write(cases.join("missing.txt"), case_with("header: X-Key = k")).unwrap();
    folder
}

/// What the command says of them, line by line, and with which code it ends.
fn judged(folder: &Path, arguments: &[&str]) -> (Vec<Value>, Option<i32>) {
    let out = command()
        .args(["--log", "error", "--data-dir"])
        .arg(folder.join("data"))
        .args(["plugin", "test", "--json", "--cases"])
        .args([folder.join("cases"), folder.join("guest.wasm")])
        .args(arguments)
        .output()
        .unwrap();
    let told = String::from_utf8(out.stdout).unwrap();
    (told.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), out.status.code())
}

#[test]
fn a_request_without_an_expected_header_fails_its_case_and_one_without_an_unwanted_one_does_not() {
    let folder = a_good_and_a_bad_case();
    let (lines, code) = judged(folder.path(), &[]);
    let [good, bad, sum] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((&good["case"], &good["result"]), (&json!("absent.txt"), &json!("ok")), "{good}");
    assert_eq!(good["missed"], json!([]));
    assert_eq!(bad["result"], "failed");
    let said = "GET https://api.example.com/order/7: header x-key was not sent, expected `k`";
    assert_eq!(bad["missed"], json!([said]));
    let keys = |line: &Value| line.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(good), keys(bad), "all cases have the same keys");
    assert!(bad["fuel"].as_u64() > Some(0) && bad["memory_bytes"].as_u64() > Some(0), "{bad}");
    assert_eq!((&sum["passed"], &sum["failed"], code), (&json!(1), &json!(1), Some(1)));
}

#[test]
fn what_came_of_requests_with_other_headers_is_not_written_into_the_case() {
    let folder = a_good_and_a_bad_case();
    let file = folder.path().join("cases/missing.txt");
    let before = std::fs::read_to_string(&file).unwrap().replace("done: everything", "done: something");
    std::fs::write(&file, &before).unwrap();
    let (lines, _) = judged(folder.path(), &["--update"]);
    let missed = lines[1]["missed"].to_string();
    assert!(missed.contains("not written: its requests"), "{missed}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
    assert_eq!(lines[2]["updated"], 0);
}

#[test]
fn a_choice_of_the_cases_says_nothing_of_hooks_without_one_and_an_empty_choice_is_refused() {
    let folder = a_good_and_a_bad_case();
    let (lines, code) = judged(folder.path(), &["--only", "absent"]);
    assert_eq!((lines.len(), code), (2, Some(0)), "{lines:?}");
    assert_eq!(lines[1]["hooks_without_case"], Value::Null);
    let (lines, code) = judged(folder.path(), &["--only", "no-such"]);
    assert_eq!((lines.len(), code), (1, Some(5)), "{lines:?}");
}
