-- Times are milliseconds since 1970-01-01 UTC. Documents are JSON text, checked before they arrive here.

CREATE TABLE sessions (
    id                    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind                  TEXT   NOT NULL CHECK (kind IN ('detect', 'detect-with-verify')),
    operation_mode        TEXT   NOT NULL CHECK (operation_mode IN ('Passive', 'PassiveActive')),
    parameters            TEXT   NOT NULL,
    device_correlation_id TEXT,
    user_correlation_id   TEXT,
    token_ttl_secs        BIGINT NOT NULL,
    created_at            BIGINT NOT NULL,
    token_expires_at      BIGINT NOT NULL,
    erase_after           BIGINT NOT NULL,
    status                TEXT   NOT NULL CHECK (status IN ('NotStarted', 'Running', 'Succeeded', 'Failed', 'Canceled')),
    is_open               BIGINT NOT NULL CHECK (is_open IN (0, 1)),
    attempts_allowed      BIGINT NOT NULL,
    attempts_begun        BIGINT NOT NULL CHECK (attempts_begun BETWEEN 0 AND attempts_allowed),
    running_attempt       BIGINT,
    running_until         BIGINT,
    started_at            BIGINT,
    CHECK ((running_attempt IS NULL) = (running_until IS NULL)),
    CHECK ((running_attempt IS NOT NULL) = (status = 'Running'))
);

CREATE INDEX sessions_by_age ON sessions (created_at, id);
CREATE INDEX sessions_to_erase ON sessions (erase_after);
CREATE INDEX sessions_running ON sessions (running_until) WHERE running_until IS NOT NULL;

CREATE TABLE attempts (
    session_id  TEXT COLLATE "C" NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL,
    status      TEXT   NOT NULL CHECK (status IN ('Running', 'Succeeded', 'Failed', 'Canceled')),
    begun_at    BIGINT NOT NULL,
    must_end_by BIGINT NOT NULL,
    ended_at    BIGINT,
    decision    TEXT CHECK (decision IN ('realface', 'spoofface', 'uncertain')),
    digest      BYTEA CHECK (length(digest) = 32),
    document    TEXT,
    client      TEXT,
    PRIMARY KEY (session_id, number),
    CHECK ((ended_at IS NULL) = (status = 'Running')),
    CHECK ((decision IS NOT NULL) = (status = 'Succeeded')),
    CHECK ((digest IS NOT NULL) = (status = 'Succeeded'))
);

-- The database itself refuses a second running attempt, whatever the code above it does.
CREATE UNIQUE INDEX attempts_one_running ON attempts (session_id) WHERE status = 'Running';

CREATE TABLE used_tokens (
    session_id TEXT COLLATE "C" NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    token_id   TEXT   NOT NULL,
    used_at    BIGINT NOT NULL,
    PRIMARY KEY (session_id, token_id)
);

CREATE TABLE api_keys (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    label      TEXT   NOT NULL,
    scopes     TEXT   NOT NULL,
    sha256     BYTEA  NOT NULL CHECK (length(sha256) = 32),
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);

CREATE TABLE secrets (
    purpose    TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    material   BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (purpose, version)
);
