-- Who failed how often. Subjects are keyed hashes: no address and no name of a device can be read from them.
CREATE TABLE abuse_subjects (
    subject        TEXT    NOT NULL PRIMARY KEY,
    last_failed_at BIGINT NOT NULL,
    locked_until   BIGINT,
    locks          BIGINT NOT NULL
);

CREATE INDEX abuse_subjects_to_forget ON abuse_subjects (last_failed_at);

-- A failure counts on when its session has been erased; it then no longer says which one it was.
CREATE TABLE abuse_failures (
    subject    TEXT    NOT NULL,
    failed_at  BIGINT NOT NULL,
    session_id TEXT COLLATE "C" REFERENCES sessions (id) ON DELETE SET NULL,
    attempt    BIGINT NOT NULL
);

CREATE INDEX abuse_failures_by_subject ON abuse_failures (subject, failed_at);
CREATE INDEX abuse_failures_by_session ON abuse_failures (session_id);
CREATE INDEX abuse_failures_to_forget ON abuse_failures (failed_at);

CREATE TABLE settings (
    name       TEXT    NOT NULL PRIMARY KEY,
    value      TEXT    NOT NULL,
    changed_at BIGINT NOT NULL
);

-- Each row's hash covers its own values and the hash before it.
CREATE TABLE audit_log (
    sequence   BIGINT NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    actor      TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    session_id TEXT,
    hash       BYTEA   NOT NULL CHECK (length(hash) = 32)
);
