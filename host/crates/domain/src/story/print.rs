//! A story as text: numbered, indented, folded so that no line runs off a screen. Loses nothing.

use std::fmt::{Display, Formatter, Result};

use super::{Line, Story};

/// Columns of the widest printed line.
const COLUMNS_MAX: usize = 150;
/// Columns of an event's number.
const NUMBER_COLUMNS: usize = 5;
/// Columns of what happened.
const WHAT_COLUMNS: usize = 24;
/// Columns that each level is moved to the right.
const LEVEL_COLUMNS: usize = 2;

impl Display for Story {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "{}", format!("#{}  {}", self.number, self.subject).trim_end())?;
        let indent = NUMBER_COLUMNS + LEVEL_COLUMNS;
        fold(f, &" ".repeat(indent), &self.standing)?;
        self.lines.iter().try_for_each(|line| print(f, line))
    }
}

fn print(f: &mut Formatter<'_>, line: &Line) -> Result {
    let indent = usize::from(line.level) * LEVEL_COLUMNS;
    let what = WHAT_COLUMNS.saturating_sub(indent);
    let head = format!("{:>NUMBER_COLUMNS$}  {:indent$}{:<what$} ", line.number, "", line.what);
    fold(f, &head, &line.text)
}

/// Writes a text behind its head, further lines under the first.
fn fold(f: &mut Formatter<'_>, head: &str, text: &str) -> Result {
    // What is longer than its column pushes the first line only.
    let margin = head.chars().count().min(NUMBER_COLUMNS + LEVEL_COLUMNS + WHAT_COLUMNS + 1);
    let mut line = head.to_owned();
    let mut columns = head.chars().count();
    let mut fresh = true;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if !fresh && columns + 1 + width > COLUMNS_MAX {
            writeln!(f, "{}", line.trim_end())?;
            line = " ".repeat(margin);
            columns = margin;
            fresh = true;
        }
        if !fresh {
            line.push(' ');
            columns += 1;
        }
        line.push_str(word);
        columns += width;
        fresh = false;
    }
    writeln!(f, "{}", line.trim_end())
}
