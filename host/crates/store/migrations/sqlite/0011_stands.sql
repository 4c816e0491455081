-- A value that an agent called a false alarm stands in its place again, and is let stand on its ticket.
ALTER TABLE redaction ADD COLUMN stands INTEGER NOT NULL DEFAULT 0;
