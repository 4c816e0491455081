-- What the gate counts before each automatic mail is read from indexes alone. Twin of migrations/sqlite/0002_automatic.sql.

DROP INDEX message_automatic;
CREATE INDEX message_automatic ON message (created_at, direction, delivery) WHERE automatic;
CREATE INDEX message_automatic_address ON message (to_address, created_at, direction, delivery) WHERE automatic;
CREATE INDEX message_automatic_domain ON message (to_domain, created_at, direction, delivery) WHERE automatic;
