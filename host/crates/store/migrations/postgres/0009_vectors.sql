-- Vectors of articles' texts by the model that made them: what was reckoned once is not reckoned again. Twin of migrations/sqlite/0009_vectors.sql.

CREATE TABLE text_vector (
    model TEXT NOT NULL,
    digest TEXT NOT NULL,
    vector BYTEA NOT NULL,
    PRIMARY KEY (model, digest)
);
