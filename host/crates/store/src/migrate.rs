//! The numbered steps of the schema, paired for both databases and embedded. Forward only.

/// A step: its number and its text per database.
pub(crate) struct Step {
    pub(crate) number: i64,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

macro_rules! steps {
    ($($number:literal $name:literal),+ $(,)?) => {
        &[$(Step {
            number: $number,
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        }),+]
    };
}

/// All steps, in order.
pub(crate) const STEPS: &[Step] = steps![
    1 "0001_first",
    2 "0002_automatic",
    3 "0003_versions",
    4 "0004_inboxes",
    5 "0005_sender",
    6 "0006_gate",
    7 "0007_vault",
    8 "0008_answers",
    9 "0009_vectors",
    10 "0010_validity",
    11 "0011_stands",
    12 "0012_order",
    13 "0013_sessions",
    14 "0014_merged",
];

/// The schema this build knows.
pub(crate) fn newest() -> i64 {
    STEPS.last().map_or(0, |step| step.number)
}

/// What to tell somebody whose database is ahead of the program.
pub(crate) fn too_new(found: i64) -> String {
    format!(
        "its schema is {found}, this build of Kulanz knows up to {}: start the newer build, or restore a backup \
         from before the upgrade",
        newest()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_numbered_without_gaps() {
        let numbers: Vec<i64> = STEPS.iter().map(|s| s.number).collect();
        assert_eq!(numbers, (1..=newest()).collect::<Vec<_>>());
    }

    #[test]
    fn both_databases_have_the_same_tables_and_columns() {
        for step in STEPS {
            assert_eq!(columns(step.sqlite), columns(step.postgres), "step {}", step.number);
        }
    }

    /// Table lines reduced to `table.column`.
    fn columns(text: &str) -> Vec<String> {
        let mut table = String::new();
        let mut out = Vec::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                table = rest.trim_end_matches(" (").to_owned();
            } else if let Some(column) = line.strip_prefix("    ").and_then(|l| l.split(' ').next())
                && column.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
            {
                out.push(format!("{table}.{column}"));
            }
        }
        out
    }
}
