-- Versions of installed plugins, and the ledger of what each of them did. Twin of migrations/sqlite/0003_versions.sql.

CREATE TABLE plugin_version (
    installation_id TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (installation_id, digest)
);

-- One day of one version. Many workers add to it at once, so each day has several shards: whoever reads adds
-- them up, whoever writes seldom waits for another.
CREATE TABLE ledger (
    installation_id TEXT COLLATE "C" NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    shard BIGINT NOT NULL,
    runs BIGINT NOT NULL,
    faults BIGINT NOT NULL,
    fuel BIGINT NOT NULL,
    cpu_us BIGINT NOT NULL,
    wall_us BIGINT NOT NULL,
    host_calls BIGINT NOT NULL,
    kv_bytes BIGINT NOT NULL,
    proposed BIGINT NOT NULL,
    applied BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    corrected BIGINT NOT NULL,
    memory_bytes BIGINT NOT NULL,
    PRIMARY KEY (installation_id, day, digest, shard)
);

-- What of its grants it used, in the text form of a grant.
CREATE TABLE ledger_use (
    installation_id TEXT COLLATE "C" NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    shard BIGINT NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    calls BIGINT NOT NULL,
    bytes_out BIGINT NOT NULL,
    bytes_in BIGINT NOT NULL,
    PRIMARY KEY (installation_id, day, digest, shard, what)
);
