-- Words are found with and without the marks on Latin letters, and ß is ss: the column is made anew of letters without
-- marks (U+0300 to U+036F, taken off A to Z after NFD), and what is left is composed again as it is looked for; on other
-- letters (й) a mark makes another letter, and one that makes none goes. NFD and ß make a text longer, so that it is cut
-- once more: a tsvector has its limit. Twin of migrations/sqlite/0017_marks.sql.

ALTER TABLE message DROP COLUMN words;
ALTER TABLE message ADD COLUMN words TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple', regexp_replace(
    regexp_replace(
        left(normalize(regexp_replace(
            normalize(replace(replace(left(subject || ' ' || text, 100000), 'ß', 'ss'), 'ẞ', 'SS'), NFD),
            '([A-Za-z])[\u0300-\u036f]+', '\1', 'g'), NFC), 100000),
        '[\u0300-\u036f]+', '', 'g'),
    '[\u0001-\u001f!-/:-@[-`{-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\ufe0f\ufeff-\uff0f\uff1a-\uff20\ufffd\U0001f000-\U0001faff]+',
    ' ', 'g'))) STORED;
CREATE INDEX message_words ON message USING gin (words);
