-- Faces of pictures that a caller may name for a while: templates, sealed before they arrive here by the key of
-- `key_version`. No picture is kept.
CREATE TABLE faces (
    id                TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    recognition_model TEXT    NOT NULL,
    key_version       BIGINT NOT NULL,
    sealed            BYTEA   NOT NULL,
    created_at        BIGINT NOT NULL,
    expires_at        BIGINT NOT NULL
);

CREATE INDEX faces_to_forget ON faces (expires_at);
CREATE INDEX faces_by_key ON faces (key_version);

-- The template of the reference image of a session that verifies. It goes with the session.
CREATE TABLE session_references (
    session_id  TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    key_version BIGINT NOT NULL,
    sealed      BYTEA   NOT NULL
);

CREATE INDEX session_references_by_key ON session_references (key_version);
