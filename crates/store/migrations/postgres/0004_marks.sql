-- Marks of captures, by which one that is sent again is known. They are keyed hashes: no face can be read from them, and
-- they stay when their session is erased, then without saying which one it was.
CREATE TABLE capture_marks (
    sequence   BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    taken_at   BIGINT NOT NULL,
    session_id TEXT COLLATE "C" REFERENCES sessions (id) ON DELETE SET NULL,
    attempt    BIGINT NOT NULL,
    frames     BYTEA  NOT NULL,
    course     BYTEA  NOT NULL
);

CREATE INDEX capture_marks_by_session ON capture_marks (session_id);
CREATE INDEX capture_marks_to_forget ON capture_marks (taken_at);
