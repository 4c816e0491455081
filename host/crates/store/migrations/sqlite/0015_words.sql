-- The words of messages, by which tickets are found. Triggers keep them in step, within the transaction that writes, strikes
-- or erases a text. Capitals are alike; letters with marks are letters of their own, as in PostgreSQL.
-- Twin of migrations/postgres/0015_words.sql.

-- A message's row among the words: VACUUM may renumber rows that have no number of their own.
CREATE TABLE message_place (place INTEGER NOT NULL PRIMARY KEY, message_id TEXT NOT NULL UNIQUE, ticket_id TEXT NOT NULL);
-- Keeps words and where they stand, and no second copy of the texts.
CREATE VIRTUAL TABLE message_words USING fts5(words, content = '', tokenize = 'unicode61 remove_diacritics 0');
-- A word that goes is taken out of the index at once instead of being marked as gone.
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);

INSERT INTO message_place (message_id, ticket_id) SELECT message_id, ticket_id FROM message ORDER BY message_id;
INSERT INTO message_words (rowid, words)
    SELECT p.place, substr(m.subject || ' ' || m.text, 1, 100000)
    FROM message_place p JOIN message m ON m.message_id = p.message_id ORDER BY p.place;

CREATE TRIGGER message_words_come AFTER INSERT ON message BEGIN
    INSERT INTO message_place (message_id, ticket_id) VALUES (NEW.message_id, NEW.ticket_id);
    INSERT INTO message_words (rowid, words) SELECT place, substr(NEW.subject || ' ' || NEW.text, 1, 100000) FROM message_place WHERE message_id = NEW.message_id;
END;
CREATE TRIGGER message_words_change AFTER UPDATE OF subject, text ON message
WHEN OLD.subject <> NEW.subject OR OLD.text <> NEW.text BEGIN
    INSERT INTO message_words (message_words, rowid, words) SELECT 'delete', place, substr(OLD.subject || ' ' || OLD.text, 1, 100000) FROM message_place WHERE message_id = OLD.message_id;
    INSERT INTO message_words (rowid, words) SELECT place, substr(NEW.subject || ' ' || NEW.text, 1, 100000) FROM message_place WHERE message_id = NEW.message_id;
END;
CREATE TRIGGER message_words_move AFTER UPDATE OF ticket_id ON message BEGIN
    UPDATE message_place SET ticket_id = NEW.ticket_id WHERE message_id = NEW.message_id;
END;
CREATE TRIGGER message_words_go AFTER DELETE ON message BEGIN
    INSERT INTO message_words (message_words, rowid, words) SELECT 'delete', place, substr(OLD.subject || ' ' || OLD.text, 1, 100000) FROM message_place WHERE message_id = OLD.message_id;
    DELETE FROM message_place WHERE message_id = OLD.message_id;
END;
