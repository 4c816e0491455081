-- Whether a mail's sender is who it says. Twin of migrations/sqlite/0005_sender.sql.

ALTER TABLE message ADD COLUMN sender_auth TEXT NOT NULL DEFAULT 'unchecked';
