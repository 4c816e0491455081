//! The bundled plugins' golden cases, judged by the command that every plugin's author uses.

use tests::binary::command;
use tests::source;

/// Runs `kulanz plugin test` on a bundled plugin; fails with what differs.
fn judge(name: &str, cases_min: u64) {
    let data = tempfile::tempdir().unwrap();
    let out = command()
        .args(["--log", "error", "--data-dir"])
        .arg(data.path())
        .args(["plugin", "test", "--json"])
        .arg(source().join("plugins").join(name))
        .output()
        .unwrap();
    let (told, said) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8_lossy(&out.stderr));
    let lines: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failed: Vec<_> = lines.iter().filter(|line| line["result"] == "failed").collect();
    assert!(failed.is_empty() && out.status.success(), "{name}: {failed:#?}\n{said}");
    let sum = lines.last().unwrap();
    assert!(sum["passed"].as_u64().unwrap() >= cases_min, "{name}: {sum}");
    assert_eq!(sum["hooks_without_case"], serde_json::json!([]), "{name}");
}

#[test]
fn redaction_leaves_of_each_text_what_its_cases_say() {
    judge("redaction", 7);
}

#[test]
fn triage_sorts_as_its_cases_say() {
    judge("triage", 34);
}

#[test]
fn auto_reply_answers_and_stays_silent_as_its_cases_say() {
    judge("auto-reply", 24);
}

#[test]
fn proactive_notice_writes_to_those_its_cases_say() {
    judge("proactive-notice", 10);
}
