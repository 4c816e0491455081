-- Who is signed in to the console, known to each host.
CREATE TABLE session (
    digest TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    token_id TEXT COLLATE "C" NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX session_until ON session (until);
-- Originals that are still kept: those whose time is over are found without those that have gone.
DROP INDEX intake_done;
CREATE INDEX intake_sealed ON intake (received_at) WHERE state = 'done' AND LENGTH(sealed) > 0;
