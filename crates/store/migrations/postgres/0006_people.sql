-- Who is enrolled. A collection has a random id of its own beside the one that callers gave: erased and made again it is
-- another one. `generation` counts the changes of what it holds; nodes know by it what they have to read anew.
CREATE TABLE face_groups (
    uid                TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind               TEXT    NOT NULL,
    id                 TEXT COLLATE "C" NOT NULL,
    name               TEXT    NOT NULL,
    user_data          TEXT,
    recognition_model  TEXT    NOT NULL,
    created_at         BIGINT NOT NULL,
    generation         BIGINT NOT NULL,
    removed_at         BIGINT NOT NULL,
    people             BIGINT NOT NULL CHECK (people >= 0),
    faces              BIGINT NOT NULL CHECK (faces >= 0),
    trained_generation BIGINT,
    trained_at         BIGINT,
    training_status    TEXT CHECK (training_status IN ('running', 'succeeded', 'failed')),
    training_created   BIGINT,
    training_changed   BIGINT,
    training_end_by    BIGINT,
    CHECK ((training_status IS NULL) = (training_created IS NULL)),
    CHECK ((training_status IS NULL) = (training_changed IS NULL)),
    CHECK ((training_status IS NULL) = (training_end_by IS NULL)),
    CHECK ((trained_generation IS NULL) = (trained_at IS NULL))
);

CREATE UNIQUE INDEX face_groups_by_key ON face_groups (kind, id);

CREATE TABLE people (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    group_uid  TEXT COLLATE "C" NOT NULL REFERENCES face_groups (uid) ON DELETE CASCADE,
    name       TEXT    NOT NULL,
    user_data  TEXT,
    faces      BIGINT NOT NULL CHECK (faces >= 0),
    created_at BIGINT NOT NULL
);

CREATE INDEX people_by_group ON people (group_uid, id);

-- Templates, sealed before they arrive here by a key of `key_version`.
CREATE TABLE enrolled_faces (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    group_uid    TEXT COLLATE "C" NOT NULL REFERENCES face_groups (uid) ON DELETE CASCADE,
    person_id    TEXT COLLATE "C" REFERENCES people (id) ON DELETE CASCADE,
    user_data    TEXT,
    added_at     BIGINT NOT NULL,
    key_version  BIGINT NOT NULL,
    sealed       BYTEA   NOT NULL,
    created_at   BIGINT NOT NULL
);

CREATE INDEX enrolled_faces_by_group ON enrolled_faces (group_uid, id);
CREATE INDEX enrolled_faces_by_change ON enrolled_faces (group_uid, added_at, id);
CREATE INDEX enrolled_faces_by_person ON enrolled_faces (person_id, id);
CREATE INDEX enrolled_faces_by_key ON enrolled_faces (key_version);

-- People of the directory in groups that know them by their ids.
CREATE TABLE group_members (
    group_uid TEXT COLLATE "C" NOT NULL REFERENCES face_groups (uid) ON DELETE CASCADE,
    person_id TEXT COLLATE "C" NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    PRIMARY KEY (group_uid, person_id)
);

CREATE INDEX group_members_by_person ON group_members (person_id);

-- What an entry is about, if it is no session. People stand in it by a hash of their ids.
ALTER TABLE audit_log ADD COLUMN subject TEXT;
