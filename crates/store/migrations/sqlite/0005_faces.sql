-- Faces of pictures that a caller may name for a while: templates, sealed before they arrive here by the key of
-- `key_version`. No picture is kept.
CREATE TABLE faces (
    id                TEXT    NOT NULL PRIMARY KEY,
    recognition_model TEXT    NOT NULL,
    key_version       INTEGER NOT NULL,
    sealed            BLOB    NOT NULL,
    created_at        INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL
) STRICT;

CREATE INDEX faces_to_forget ON faces (expires_at);
CREATE INDEX faces_by_key ON faces (key_version);

-- The template of the reference image of a session that verifies. It goes with the session.
CREATE TABLE session_references (
    session_id  TEXT    NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    key_version INTEGER NOT NULL,
    sealed      BLOB    NOT NULL
) STRICT;

CREATE INDEX session_references_by_key ON session_references (key_version);
