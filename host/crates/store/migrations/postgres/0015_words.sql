-- The words of messages, by which tickets are found. The column is made of the text, within the transaction that writes,
-- strikes or erases it. Letters with marks are letters of their own, as in SQLite; what is neither letter nor digit
-- parts words, before PostgreSQL takes addresses, paths and numbers with a sign for one word each.
-- Twin of migrations/sqlite/0015_words.sql.

ALTER TABLE message ADD COLUMN words TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple', regexp_replace(
    left(subject || ' ' || text, 100000),
    '[\u0001-\u001f!-/:-@[-`{-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\ufe0f\ufeff-\uff0f\uff1a-\uff20\ufffd\U0001f000-\U0001faff]+',
    ' ', 'g'))) STORED;
CREATE INDEX message_words ON message USING gin (words);
