-- The first schema. Columns are TEXT, BIGINT, BOOLEAN and BYTEA; times are milliseconds since 1970 UTC;
-- lists and maps are JSON text. Ids sort by time. Text that is sorted has byte order, as in SQLite. Twin of migrations/sqlite/0001_first.sql.

CREATE TABLE contact (
    contact_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT,
    email TEXT NOT NULL UNIQUE,
    locale TEXT COLLATE "C",
    time_zone TEXT,
    verified BOOLEAN NOT NULL,
    proactive_consent BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE ticket (
    ticket_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    status TEXT NOT NULL,
    status_category TEXT NOT NULL,
    priority TEXT NOT NULL,
    channel TEXT NOT NULL,
    language TEXT,
    category TEXT,
    requester_id TEXT COLLATE "C" NOT NULL,
    team TEXT,
    assignee TEXT,
    tags TEXT NOT NULL,
    custom TEXT NOT NULL,
    set_by_person TEXT NOT NULL,
    version BIGINT NOT NULL,
    event_sequence BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_customer_message_at BIGINT,
    last_reply_at BIGINT,
    solved_at BIGINT
);
CREATE INDEX ticket_by_requester ON ticket (requester_id, ticket_id);
CREATE INDEX ticket_by_status ON ticket (status_category, ticket_id);

-- `attachments` repeats the attachment rows so that a ticket is read in two statements.
CREATE TABLE message (
    message_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    ticket_id TEXT COLLATE "C" NOT NULL REFERENCES ticket (ticket_id) DEFERRABLE INITIALLY DEFERRED,
    direction TEXT NOT NULL,
    author_kind TEXT NOT NULL,
    author_id TEXT NOT NULL,
    public BOOLEAN NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    reply_text TEXT NOT NULL,
    auto_class TEXT NOT NULL,
    automatic BOOLEAN NOT NULL,
    to_address TEXT,
    to_domain TEXT,
    internet_message_id TEXT,
    in_reply_to TEXT,
    reference_ids TEXT NOT NULL,
    language TEXT,
    delivery TEXT NOT NULL,
    delivery_reason TEXT,
    created_at BIGINT NOT NULL,
    attachments TEXT NOT NULL
);
CREATE INDEX message_by_ticket ON message (ticket_id, message_id);
CREATE INDEX message_by_internet_id ON message (internet_message_id) WHERE internet_message_id IS NOT NULL;
CREATE INDEX message_automatic ON message (created_at) WHERE automatic;

CREATE TABLE blob (
    sha256 TEXT NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL
);

CREATE TABLE attachment (
    attachment_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    message_id TEXT COLLATE "C" NOT NULL REFERENCES message (message_id) DEFERRABLE INITIALLY DEFERRED,
    file_name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL
);
CREATE INDEX attachment_by_message ON attachment (message_id);

CREATE TABLE event (
    event_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    ticket_id TEXT COLLATE "C",
    sequence BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    cause TEXT,
    changes TEXT NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (ticket_id, sequence)
);

-- Runs and decisions keep the whole record as JSON; columns are what is asked for.
CREATE TABLE run (
    run_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    installation_id TEXT COLLATE "C" NOT NULL,
    ticket_id TEXT COLLATE "C",
    started_at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX run_by_ticket ON run (ticket_id, run_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX run_by_installation ON run (installation_id, run_id);

CREATE TABLE decision (
    decision_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    ticket_id TEXT COLLATE "C" NOT NULL,
    digest TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX decision_by_ticket ON decision (ticket_id, decision_id);

CREATE TABLE redaction (
    redaction_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    ticket_id TEXT COLLATE "C" NOT NULL,
    digest TEXT NOT NULL,
    body TEXT NOT NULL,
    sealed BYTEA
);
CREATE INDEX redaction_by_ticket ON redaction (ticket_id, redaction_id);

CREATE TABLE intake (
    intake_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    ticket_id TEXT COLLATE "C"
);
CREATE INDEX intake_by_state ON intake (state, intake_id) WHERE state <> 'done';

CREATE TABLE seen (
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (source, external_id)
);

-- A lane exists while it has jobs. `fence` grows with every claim and is never given twice, so that a
-- lane that went and came again cannot be finished by a holder from before.
CREATE TABLE lane (
    lane_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    ready_at BIGINT,
    lease_until BIGINT,
    owner TEXT NOT NULL,
    fence BIGINT NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX lane_ready ON lane (ready_at, lane_id) WHERE ready_at IS NOT NULL;

CREATE TABLE job (
    lane_id TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    payload TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    error TEXT NOT NULL,
    ready_at BIGINT NOT NULL,
    PRIMARY KEY (lane_id, sequence)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
-- Jobs of a lane are numbered while its row is locked, so numbers follow the order of commits there.
CREATE SEQUENCE job_sequence;
CREATE SEQUENCE lane_fence;

CREATE TABLE dead_job (
    sequence BIGINT NOT NULL PRIMARY KEY,
    lane_id TEXT COLLATE "C" NOT NULL,
    payload TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    error TEXT NOT NULL,
    died_at BIGINT NOT NULL
);

CREATE TABLE kv (
    installation_id TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    value BYTEA NOT NULL,
    size_bytes BIGINT NOT NULL,
    PRIMARY KEY (installation_id, key)
);

CREATE TABLE installation (
    installation_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    faults_in_a_row BIGINT NOT NULL,
    quarantine TEXT,
    updated_at BIGINT NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE component (
    digest TEXT NOT NULL PRIMARY KEY,
    bytes BYTEA NOT NULL
);

CREATE TABLE schedule (
    schedule_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    installation_id TEXT COLLATE "C" NOT NULL,
    declaration TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    next_at BIGINT,
    last_for BIGINT
);
CREATE INDEX schedule_due ON schedule (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE schedule_fire (
    schedule_id TEXT COLLATE "C" NOT NULL,
    scheduled_for BIGINT NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (schedule_id, scheduled_for)
);

CREATE TABLE article (
    article_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    key TEXT COLLATE "C" NOT NULL,
    locale TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (key, locale)
);

CREATE TABLE token (
    token_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT
);

CREATE TABLE webhook (
    webhook_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    secret BYTEA NOT NULL,
    enabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE audit (
    sequence BIGINT NOT NULL PRIMARY KEY,
    audit_id TEXT COLLATE "C" NOT NULL UNIQUE,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    details TEXT NOT NULL,
    previous TEXT NOT NULL,
    digest TEXT NOT NULL
);

CREATE TABLE suppression (
    address TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    reason TEXT NOT NULL,
    until BIGINT,
    created_at BIGINT NOT NULL
);

CREATE TABLE setting (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counter (name, value) VALUES ('ticket_number', 0), ('articles', 0), ('audit', 0);
