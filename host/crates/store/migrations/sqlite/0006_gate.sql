-- When an automatic mail passed the gate, which is what budgets go by, and from which inbox. Twin of migrations/postgres/0006_gate.sql.

ALTER TABLE message ADD COLUMN passed_at BIGINT;
ALTER TABLE message ADD COLUMN of_inbox TEXT NOT NULL DEFAULT '';
UPDATE message SET passed_at = created_at WHERE automatic AND delivery IN ('sending', 'sent', 'unknown');
UPDATE message SET of_inbox = COALESCE((SELECT t.inbox FROM ticket t WHERE t.ticket_id = message.ticket_id), '') WHERE automatic;

DROP INDEX message_automatic;
DROP INDEX message_automatic_address;
DROP INDEX message_automatic_domain;
CREATE INDEX message_automatic ON message (passed_at, direction, delivery) WHERE automatic;
CREATE INDEX message_automatic_address ON message (to_address, passed_at, direction, delivery) WHERE automatic;
CREATE INDEX message_automatic_domain ON message (to_domain, passed_at, direction, delivery) WHERE automatic;
CREATE INDEX message_automatic_inbox ON message (of_inbox, passed_at, direction, delivery) WHERE automatic;
CREATE INDEX message_held ON message (message_id) WHERE delivery = 'held';
