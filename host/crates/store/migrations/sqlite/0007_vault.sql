-- Keys of people, so that what was sealed of them can be made unreadable at once; and who looked at what. Twin of migrations/postgres/0007_vault.sql.

CREATE TABLE vault_key (
    contact_id TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE reveal (
    reveal_id TEXT NOT NULL PRIMARY KEY,
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX reveal_by_person ON reveal (asked_by, asked_at);

-- What still lies sealed, by age.
CREATE INDEX redaction_sealed ON redaction (redaction_id) WHERE sealed IS NOT NULL;
