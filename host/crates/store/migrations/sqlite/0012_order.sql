-- How often an installation was written: whoever read an older one does not write over it.
ALTER TABLE installation ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
-- One installation of a plugin; of several that raced in, the first one has the name.
ALTER TABLE installation ADD COLUMN plugin_id TEXT;
UPDATE installation SET plugin_id = json_extract(body, '$.manifest.id') WHERE installation_id IN
    (SELECT MIN(installation_id) FROM installation GROUP BY json_extract(body, '$.manifest.id'));
CREATE UNIQUE INDEX installation_plugin ON installation (plugin_id);
-- What is looked for when tickets, files and people go.
CREATE INDEX intake_ticket ON intake (ticket_id);
CREATE INDEX intake_done ON intake (received_at) WHERE state = 'done';
CREATE INDEX attachment_sha256 ON attachment (sha256);
CREATE INDEX message_author ON message (author_id);
CREATE INDEX seen_answer ON seen (at) WHERE LENGTH(outcome) > 64;
CREATE INDEX redaction_digest ON redaction (digest);
