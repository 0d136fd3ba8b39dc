-- Who failed how often. Subjects are keyed hashes: no address and no name of a device can be read from them.
CREATE TABLE abuse_subjects (
    subject        TEXT    NOT NULL PRIMARY KEY,
    last_failed_at INTEGER NOT NULL,
    locked_until   INTEGER,
    locks          INTEGER NOT NULL
) STRICT;

CREATE INDEX abuse_subjects_to_forget ON abuse_subjects (last_failed_at);

-- A failure counts on when its session has been erased; it then no longer says which one it was.
CREATE TABLE abuse_failures (
    subject    TEXT    NOT NULL,
    failed_at  INTEGER NOT NULL,
    session_id TEXT REFERENCES sessions (id) ON DELETE SET NULL,
    attempt    INTEGER NOT NULL
) STRICT;

CREATE INDEX abuse_failures_by_subject ON abuse_failures (subject, failed_at);
CREATE INDEX abuse_failures_by_session ON abuse_failures (session_id);
CREATE INDEX abuse_failures_to_forget ON abuse_failures (failed_at);

CREATE TABLE settings (
    name       TEXT    NOT NULL PRIMARY KEY,
    value      TEXT    NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

-- Each row's hash covers its own values and the hash before it.
CREATE TABLE audit_log (
    sequence   INTEGER NOT NULL PRIMARY KEY,
    at         INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    session_id TEXT,
    hash       BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
