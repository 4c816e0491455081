-- The words of customers' names, by which their tickets are found, as messages are found by theirs: without capitals and
-- marks, and ß is ss. Triggers keep them in step, within the transaction that writes or erases a name; a contact never
-- goes. Addresses have had their index since step 1. Twin of migrations/postgres/0019_customers.sql.

-- A contact's row among the words: VACUUM may renumber rows that have no number of their own.
CREATE TABLE contact_place (place INTEGER NOT NULL PRIMARY KEY, contact_id TEXT NOT NULL UNIQUE);
CREATE VIRTUAL TABLE contact_words USING fts5(words, content = '', tokenize = 'unicode61 remove_diacritics 2');
-- A word that goes is taken out of the index at once instead of being marked as gone.
INSERT INTO contact_words (contact_words, rank) VALUES ('secure-delete', 1);

INSERT INTO contact_place (contact_id) SELECT contact_id FROM contact ORDER BY contact_id;
INSERT INTO contact_words (rowid, words)
    SELECT p.place, replace(replace(substr(COALESCE(c.name, ''), 1, 1000), 'ß', 'ss'), 'ẞ', 'SS')
    FROM contact_place p JOIN contact c ON c.contact_id = p.contact_id ORDER BY p.place;

CREATE TRIGGER contact_words_come AFTER INSERT ON contact BEGIN
    INSERT INTO contact_place (contact_id) VALUES (NEW.contact_id);
    INSERT INTO contact_words (rowid, words) SELECT place, replace(replace(substr(COALESCE(NEW.name, ''), 1, 1000), 'ß', 'ss'), 'ẞ', 'SS') FROM contact_place WHERE contact_id = NEW.contact_id;
END;
CREATE TRIGGER contact_words_change AFTER UPDATE OF name ON contact WHEN OLD.name IS NOT NEW.name BEGIN
    INSERT INTO contact_words (contact_words, rowid, words) SELECT 'delete', place, replace(replace(substr(COALESCE(OLD.name, ''), 1, 1000), 'ß', 'ss'), 'ẞ', 'SS') FROM contact_place WHERE contact_id = OLD.contact_id;
    INSERT INTO contact_words (rowid, words) SELECT place, replace(replace(substr(COALESCE(NEW.name, ''), 1, 1000), 'ß', 'ss'), 'ẞ', 'SS') FROM contact_place WHERE contact_id = NEW.contact_id;
END;
