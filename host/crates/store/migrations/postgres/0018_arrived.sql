-- Whether a message may have arrived with a try of which nobody knows what became of it. Until now the last words of the
-- reason of a person's said so. Twin of migrations/sqlite/0018_arrived.sql.
ALTER TABLE message ADD COLUMN may_have_arrived BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE message SET may_have_arrived = TRUE
WHERE delivery = 'unknown'
    OR (delivery IN ('queued', 'sending') AND delivery_reason LIKE '%; it is sent again with the same Message-ID');
