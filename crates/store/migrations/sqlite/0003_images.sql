-- Pictures, sealed before they arrive here. Each has a key of its own, which is wrapped by a key of `key_version`.
CREATE TABLE session_images (
    id          TEXT    NOT NULL PRIMARY KEY,
    session_id  TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    key_version INTEGER NOT NULL,
    wrapped_key BLOB    NOT NULL,
    sealed      BLOB    NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX session_images_by_session ON session_images (session_id);
CREATE INDEX session_images_by_key ON session_images (key_version);
