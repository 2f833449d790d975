-- The files of media messages. `file_name` is what they are called outside, `path` where they lie: nothing that a sender
-- chose becomes a path.
CREATE TABLE media_files (
    id              TEXT PRIMARY KEY,
    session_id      TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    -- messages.id. Not a foreign key: the file of a message that was deleted goes when its time has come.
    message_id      TEXT NOT NULL UNIQUE,
    -- As WhatsApp knows the message: what a phone is asked with to upload again.
    chat            TEXT NOT NULL,
    sender          TEXT NOT NULL,
    from_me         INTEGER NOT NULL,
    wa_id           TEXT NOT NULL,
    file_name       TEXT NOT NULL UNIQUE,
    -- The contract's message type: IMAGE, VIDEO, AUDIO, DOCUMENT, STICKER.
    kind            TEXT NOT NULL,
    -- What the sender calls the file.
    title           TEXT,
    -- As the sender says, until it is stored; then as the content says.
    mime            TEXT NOT NULL,
    bytes           INTEGER,
    -- Of the stored content.
    sha256          BLOB,
    -- Below the media directory; NULL when it is not stored.
    path            TEXT,
    state           TEXT NOT NULL CHECK (state IN ('PENDING', 'STORED', 'FAILED', 'EXPIRED', 'TOO_LARGE')),
    error           TEXT,
    -- How it is downloaded.
    media_type      TEXT NOT NULL,
    direct_path     TEXT,
    static_url      TEXT,
    media_key       BLOB,
    file_sha256     BLOB,
    file_enc_sha256 BLOB,
    attempts        INTEGER NOT NULL DEFAULT 0,
    not_before_ms   INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    stored_at       INTEGER
) STRICT;
CREATE INDEX media_files_due ON media_files (session_id, not_before_ms) WHERE state = 'PENDING';
CREATE INDEX media_files_stored ON media_files (stored_at, id) WHERE state = 'STORED';
CREATE INDEX media_files_of_session ON media_files (session_id, stored_at, id) WHERE state = 'STORED';
CREATE INDEX media_files_by_message ON media_files (session_id, wa_id);
