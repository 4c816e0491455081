//! What the sender wrote this time: the text without quoted history and without signature. German and
//! English first, the habits of the common mail programs, and no cut where a person merely speaks of an
//! earlier mail. When nothing would be left, the whole text stands.

use std::ops::ControlFlow;

mod marks;
mod signature;

/// The text without quotes and signature.
#[must_use]
pub fn reply_text(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let kept = signature::strip(without_history(&lines));
    let reply = join(&kept);
    // Who forwards a mail without a word lets it speak for him.
    let is_bare = reply.lines().all(|line| line.trim().is_empty() || marks::is_separator(line));
    if is_bare { lines.join("\n").trim().to_owned() } else { reply }
}

/// The same for a mail that answers none: where nothing in it tells of an earlier mail, lines that begin with
/// `>` are its writer's own.
#[must_use]
pub fn reply_text_of_first(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    // A mark may stand inside the quote as well.
    let bare: Vec<&str> = lines.iter().map(|line| line.trim_start_matches(['>', ' '])).collect();
    let is_quoting = lines.iter().any(|line| marks::is_quoted(line));
    if !is_quoting || tells_of_mail(&lines) || tells_of_mail(&bare) {
        return reply_text(text);
    }
    join(&signature::strip(lines))
}

/// Whether any line is one that stands in front of an earlier mail.
fn tells_of_mail(lines: &[&str]) -> bool {
    (0..lines.len()).any(|at| {
        let rest = lines.get(at..).unwrap_or_default();
        let is_mark = |line: &&str| marks::is_separator(line) || marks::is_reply_above(line);
        rest.first().is_some_and(is_mark)
            || marks::starts_header_block(rest)
            || marks::attribution_lines(rest).is_some()
    })
}

/// The text without quotes and signature, but nothing when nothing is left.
pub(crate) fn words(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    join(&signature::strip(without_history(&lines)))
}

/// The text without quotes only: what the sender's mail says as a whole, signature and small print included.
pub(crate) fn own_text(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    join(&without_history(&lines))
}

fn join(lines: &[&str]) -> String {
    let mut out = String::new();
    let mut empty = 0;
    for line in lines {
        let line = line.trim_end();
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            // Where a quote was taken out, one empty line is enough.
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        out.push_str(line);
    }
    out
}

/// Everything that is not quoted history, in order.
fn without_history<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut kept: Vec<&'a str> = Vec::with_capacity(lines.len());
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let rest = lines.get(at..).unwrap_or_default();
        match step(line, rest, &kept) {
            ControlFlow::Continue(Step::Keep) => {
                kept.push(line);
                at += 1;
            }
            ControlFlow::Continue(Step::Drop(count)) => at += count.max(1),
            ControlFlow::Break(()) => break,
        }
    }
    kept
}

enum Step {
    Keep,
    Drop(usize),
}

/// What to do with the line at the front of `rest`; `Break` when all of the rest is history.
fn step(line: &str, rest: &[&str], kept: &[&str]) -> ControlFlow<(), Step> {
    let has_text_before = kept.iter().any(|line| !line.trim().is_empty());
    if marks::is_quoted(line) {
        return ControlFlow::Continue(Step::Drop(1));
    }
    if marks::is_reply_above(line) {
        // Above the line is the reply; a mail that starts with it has its reply elsewhere.
        return if has_text_before { ControlFlow::Break(()) } else { ControlFlow::Continue(Step::Drop(1)) };
    }
    if let Some(count) = marks::attribution_lines(rest) {
        let quote_follows = rest
            .iter()
            .skip(count)
            .find(|line| !line.trim().is_empty())
            .is_some_and(|line| marks::is_quoted(line));
        return if quote_follows || !has_text_before {
            // The quote itself goes line by line: an answer below or in between stays.
            ControlFlow::Continue(Step::Drop(count))
        } else {
            ControlFlow::Break(())
        };
    }
    if has_text_before && (marks::is_separator(line) || marks::starts_header_block(rest)) {
        return ControlFlow::Break(());
    }
    ControlFlow::Continue(Step::Keep)
}

#[cfg(test)]
mod tests;
