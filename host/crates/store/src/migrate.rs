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
    15 "0015_words",
    16 "0016_waiting",
    17 "0017_marks",
    18 "0018_arrived",
    19 "0019_customers",
];

/// The schema this build knows.
pub(crate) fn newest() -> i64 {
    STEPS.last().map_or(0, |step| step.number)
}

/// The tables that the steps make in PostgreSQL: a step that makes one adds it here.
pub(crate) const TABLES: &[&str] = &[
    "contact",
    "ticket",
    "message",
    "blob",
    "attachment",
    "event",
    "run",
    "decision",
    "redaction",
    "intake",
    "seen",
    "lane",
    "job",
    "dead_job",
    "kv",
    "installation",
    "component",
    "schedule",
    "schedule_fire",
    "article",
    "token",
    "webhook",
    "audit",
    "suppression",
    "setting",
    "counter",
    "plugin_version",
    "ledger",
    "ledger_use",
    "vault_key",
    "reveal",
    "alternate",
    "text_vector",
    "session",
];

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

    #[test]
    fn every_table_is_known_by_its_name() {
        let texts = STEPS.iter().flat_map(|step| step.postgres.split("CREATE TABLE ").skip(1));
        let made: Vec<&str> = texts.filter_map(|text| text.split(' ').next()).collect();
        assert_eq!(made, TABLES, "in the order in which the steps make them");
        for step in STEPS {
            for gone in ["DROP TABLE", "RENAME TO"] {
                assert!(!step.postgres.contains(gone), "step {}: {gone}", step.number);
            }
        }
    }

    #[tokio::test]
    async fn messages_from_before_are_found_by_their_words_and_go_out_of_the_index_with_their_text() {
        use sqlx::Connection as _;
        let mut c = sqlx::SqliteConnection::connect("sqlite::memory:").await.unwrap();
        for step in STEPS.iter().filter(|step| step.number < 15) {
            sqlx::raw_sql(step.sqlite).execute(&mut c).await.unwrap();
        }
        let before = "INSERT INTO ticket (ticket_id, number, subject, status, status_category, priority, channel, \
             requester_id, tags, custom, set_by_person, version, event_sequence, created_at, updated_at) \
             VALUES ('t', 1, '', 'new', 'new', 'normal', 'email', 'c', '[]', '{}', '[]', 1, 1, 1, 1); \
             INSERT INTO message (message_id, ticket_id, direction, author_kind, author_id, public, subject, text, \
             reply_text, auto_class, automatic, reference_ids, delivery, created_at, attachments) \
             VALUES ('m', 't', 'inbound', 'contact', 'c', TRUE, 'Zip', 'torn Café Fußball', '', 'human', FALSE, '[]', 'none', 1, '[]')";
        sqlx::raw_sql(before).execute(&mut c).await.unwrap();
        for step in STEPS.iter().filter(|step| step.number >= 15) {
            sqlx::raw_sql(step.sqlite).execute(&mut c).await.unwrap();
        }
        for (word, count) in [("torn", 1_i64), ("zip", 1), ("cafe", 1), ("fussball", 1), ("other", 0)] {
            assert_eq!(with(&mut c, word).await, count, "{word}");
        }
        sqlx::raw_sql("UPDATE message SET text = 'other'").execute(&mut c).await.unwrap();
        assert_eq!((with(&mut c, "torn").await, with(&mut c, "other").await), (0, 1));
        assert_eq!((with(&mut c, "cafe").await, with(&mut c, "fussball").await), (0, 0));
        sqlx::raw_sql("DELETE FROM message").execute(&mut c).await.unwrap();
        assert_eq!((with(&mut c, "zip").await, with(&mut c, "other").await), (0, 0));
    }

    #[tokio::test]
    async fn customers_from_before_are_found_by_their_names_and_go_out_of_the_index_with_them() {
        use sqlx::Connection as _;
        let mut c = sqlx::SqliteConnection::connect("sqlite::memory:").await.unwrap();
        for step in STEPS.iter().filter(|step| step.number < 19) {
            sqlx::raw_sql(step.sqlite).execute(&mut c).await.unwrap();
        }
        let before = "INSERT INTO contact (contact_id, name, email, verified, proactive_consent, created_at) \
             VALUES ('a', 'Zoë Groß', 'zoe@example.org', FALSE, TRUE, 1), ('b', NULL, 'bo@example.org', FALSE, TRUE, 1)";
        sqlx::raw_sql(before).execute(&mut c).await.unwrap();
        for step in STEPS.iter().filter(|step| step.number >= 19) {
            sqlx::raw_sql(step.sqlite).execute(&mut c).await.unwrap();
        }
        for (word, count) in [("zoe", 1_i64), ("gross", 1), ("bo", 0)] {
            assert_eq!(called(&mut c, word).await, count, "{word}");
        }
        sqlx::raw_sql("UPDATE contact SET name = NULL WHERE contact_id = 'a'").execute(&mut c).await.unwrap();
        sqlx::raw_sql("UPDATE contact SET name = 'Bo' WHERE contact_id = 'b'").execute(&mut c).await.unwrap();
        assert_eq!((called(&mut c, "gross").await, called(&mut c, "bo").await), (0, 1));
    }

    #[tokio::test]
    async fn messages_from_before_that_may_have_arrived_are_marked() {
        use sqlx::Connection as _;
        let mut c = sqlx::SqliteConnection::connect("sqlite::memory:").await.unwrap();
        for step in STEPS.iter().filter(|step| step.number < 18) {
            sqlx::raw_sql(step.sqlite).execute(&mut c).await.unwrap();
        }
        let ticket = "INSERT INTO ticket (ticket_id, number, subject, status, status_category, priority, channel, \
             requester_id, tags, custom, set_by_person, version, event_sequence, created_at, updated_at) \
             VALUES ('t', 1, '', 'new', 'new', 'normal', 'email', 'c', '[]', '{}', '[]', 1, 1, 1, 1)";
        sqlx::raw_sql(ticket).execute(&mut c).await.unwrap();
        let again = "mail server: no answer; it is sent again with the same Message-ID";
        let rows = [
            ("a", "queued", Some(again)),
            ("b", "sending", Some(again)),
            ("c", "unknown", None),
            ("d", "queued", Some("mail server: transient error (452); it will be tried again")),
            ("e", "sending", None),
            ("f", "sent", None),
        ];
        for (id, delivery, reason) in rows {
            sqlx::query(
                "INSERT INTO message (message_id, ticket_id, direction, author_kind, author_id, public, subject, text, \
                 reply_text, auto_class, automatic, reference_ids, delivery, delivery_reason, created_at, attachments) \
                 VALUES ($1, 't', 'outbound', 'agent', 'a', TRUE, '', '', '', 'human', FALSE, '[]', $2, $3, 1, '[]')",
            )
            .bind(id)
            .bind(delivery)
            .bind(reason)
            .execute(&mut c)
            .await
            .unwrap();
        }
        for step in STEPS.iter().filter(|step| step.number >= 18) {
            sqlx::raw_sql(step.sqlite).execute(&mut c).await.unwrap();
        }
        let marked: Vec<String> =
            sqlx::query_scalar("SELECT message_id FROM message WHERE may_have_arrived ORDER BY message_id")
                .fetch_all(&mut c)
                .await
                .unwrap();
        assert_eq!(marked, ["a", "b", "c"]);
        let words =
            |text: &'static str| text.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>();
        let step = STEPS.iter().find(|step| step.number == 18).unwrap();
        assert_eq!(words(step.sqlite), words(step.postgres), "PostgreSQL is asked the same");
    }

    /// How many messages have a word.
    async fn with(c: &mut sqlx::SqliteConnection, word: &str) -> i64 {
        sqlx::query_scalar("SELECT COUNT(*) FROM message_words WHERE message_words MATCH $1")
            .bind(word)
            .fetch_one(c)
            .await
            .unwrap()
    }

    /// How many customers have a word in their name.
    async fn called(c: &mut sqlx::SqliteConnection, word: &str) -> i64 {
        sqlx::query_scalar("SELECT COUNT(*) FROM contact_words WHERE contact_words MATCH $1")
            .bind(word)
            .fetch_one(c)
            .await
            .unwrap()
    }

    /// Table lines reduced to `table.column`.
    fn columns(text: &str) -> Vec<String> {
        let mut table = String::new();
        let mut out = Vec::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                table = rest.trim_end_matches(" (").to_owned();
            } else if let Some(column) = line.strip_prefix("    ").and_then(|l| l.split(' ').next())
                && !column.is_empty()
                && column.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
            {
                out.push(format!("{table}.{column}"));
            }
        }
        out
    }
}
