-- The words of customers' names, by which their tickets are found, as messages are found by theirs: without marks on Latin
-- letters, and ß is ss. Addresses are found by how they begin, in the order of their bytes.
-- Twin of migrations/sqlite/0019_customers.sql.

ALTER TABLE contact ADD COLUMN words TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple', regexp_replace(
    regexp_replace(
        normalize(regexp_replace(
            normalize(replace(replace(left(COALESCE(name, ''), 1000), 'ß', 'ss'), 'ẞ', 'SS'), NFD),
            '([A-Za-z])[\u0300-\u036f]+', '\1', 'g'), NFC),
        '[\u0300-\u036f]+', '', 'g'),
    '[\u0001-\u001f!-/:-@[-`{-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\ufe0f\ufeff-\uff0f\uff1a-\uff20\ufffd\U0001f000-\U0001faff]+',
    ' ', 'g'))) STORED;
CREATE INDEX contact_words ON contact USING gin (words);
CREATE INDEX contact_address ON contact (email COLLATE "C");
