-- Which article an answer quotes, whether it helped, and what is learnt from it. Twin of migrations/postgres/0008_answers.sql.

ALTER TABLE message ADD COLUMN article TEXT;
ALTER TABLE message ADD COLUMN helped BOOLEAN;

-- Questions that an article was confirmed to answer: redacted like the messages that they come from.
CREATE TABLE alternate (
    article_id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    text TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (article_id, ticket_id)
);
CREATE INDEX alternate_of_ticket ON alternate (ticket_id);
INSERT INTO counter (name, value) VALUES ('alternates', 0);
