-- Words are found with and without the marks on their letters, and ß is ss: the index is made anew, its tokenizer takes
-- marks off, and what goes in and out of it has no ß. Twin of migrations/postgres/0017_marks.sql.

DROP TRIGGER message_words_come;
DROP TRIGGER message_words_change;
DROP TRIGGER message_words_go;
DROP TABLE message_words;
CREATE VIRTUAL TABLE message_words USING fts5(words, content = '', tokenize = 'unicode61 remove_diacritics 2');
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);

INSERT INTO message_words (rowid, words)
    SELECT p.place, replace(replace(substr(m.subject || ' ' || m.text, 1, 100000), 'ß', 'ss'), 'ẞ', 'SS')
    FROM message_place p JOIN message m ON m.message_id = p.message_id ORDER BY p.place;

CREATE TRIGGER message_words_come AFTER INSERT ON message BEGIN
    INSERT INTO message_place (message_id, ticket_id) VALUES (NEW.message_id, NEW.ticket_id);
    INSERT INTO message_words (rowid, words) SELECT place, replace(replace(substr(NEW.subject || ' ' || NEW.text, 1, 100000), 'ß', 'ss'), 'ẞ', 'SS') FROM message_place WHERE message_id = NEW.message_id;
END;
CREATE TRIGGER message_words_change AFTER UPDATE OF subject, text ON message
WHEN OLD.subject <> NEW.subject OR OLD.text <> NEW.text BEGIN
    INSERT INTO message_words (message_words, rowid, words) SELECT 'delete', place, replace(replace(substr(OLD.subject || ' ' || OLD.text, 1, 100000), 'ß', 'ss'), 'ẞ', 'SS') FROM message_place WHERE message_id = OLD.message_id;
    INSERT INTO message_words (rowid, words) SELECT place, replace(replace(substr(NEW.subject || ' ' || NEW.text, 1, 100000), 'ß', 'ss'), 'ẞ', 'SS') FROM message_place WHERE message_id = NEW.message_id;
END;
CREATE TRIGGER message_words_go AFTER DELETE ON message BEGIN
    INSERT INTO message_words (message_words, rowid, words) SELECT 'delete', place, replace(replace(substr(OLD.subject || ' ' || OLD.text, 1, 100000), 'ß', 'ss'), 'ẞ', 'SS') FROM message_place WHERE message_id = OLD.message_id;
    DELETE FROM message_place WHERE message_id = OLD.message_id;
END;
