-- What arrives: messages in the order of time, their edits, reactions, votes and receipts; chats, people, groups and labels
-- as WhatsApp knows them; the text index; what history sync has still to do.

-- A small number for each session, so that one integer names a message and its time (see messages.n). Freed by a
-- deletion, the lowest free one is taken.
ALTER TABLE sessions ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
-- Bytes of the session's event log: what retention by size looks at.
ALTER TABLE sessions ADD COLUMN event_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET
    number = (SELECT count(*) FROM sessions AS earlier WHERE earlier.id <= sessions.id),
    event_bytes = (SELECT coalesce(sum(length(CAST(data AS BLOB))), 0) FROM events WHERE session_id = sessions.id);
CREATE UNIQUE INDEX sessions_by_number ON sessions (number) WHERE number <> 0;
CREATE TRIGGER sessions_number AFTER INSERT ON sessions WHEN new.number = 0 BEGIN
    UPDATE sessions SET number = (
        SELECT min(free) FROM (SELECT 1 AS free UNION ALL SELECT number + 1 FROM sessions WHERE number <> 0)
        WHERE free NOT IN (SELECT number FROM sessions)
    ) WHERE id = new.id;
END;

CREATE TABLE messages_in_time (
    -- session number << 48 | seconds << 16 | position within the second: sorts by session and time. The text index names
    -- messages by it, so that a search in one session is a range of the index.
    n          INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    chat       TEXT NOT NULL,
    sender     TEXT NOT NULL,
    from_me    INTEGER NOT NULL,
    wa_id      TEXT NOT NULL,
    push_name  TEXT,
    kind       TEXT NOT NULL,
    content    TEXT,
    status     INTEGER NOT NULL,
    -- A recipient has played it (voice, view once).
    played     INTEGER NOT NULL DEFAULT 0,
    timestamp  INTEGER NOT NULL,
    quote_id   TEXT,
    edited_at  INTEGER,
    deleted_at INTEGER,
    deleted_by TEXT,
    starred    INTEGER NOT NULL DEFAULT 0,
    mime_type  TEXT,
    file_name  TEXT,
    file_size  INTEGER,
    wire       BLOB NOT NULL,
    UNIQUE (session_id, chat, sender, wa_id)
) STRICT;
INSERT INTO messages_in_time (n, id, session_id, chat, sender, from_me, wa_id, push_name, kind, content, status, timestamp,
    quote_id, wire)
SELECT (s.number << 48) | (min(max(m.timestamp / 1000, 0), 4294967295) << 16)
        | (row_number() OVER (PARTITION BY m.session_id, min(max(m.timestamp / 1000, 0), 4294967295)
            ORDER BY m.timestamp, m.id) - 1),
    m.id, m.session_id, m.chat, m.sender, m.from_me, m.wa_id, m.push_name, m.kind, m.content, m.status, m.timestamp,
    m.quote_id, m.wire
FROM messages m JOIN sessions s ON s.id = m.session_id;
DROP TABLE messages;
ALTER TABLE messages_in_time RENAME TO messages;
-- The rowid n stands at the end of every index: both give messages in the order of time.
CREATE INDEX messages_by_chat ON messages (session_id, chat);
CREATE INDEX messages_by_wa_id ON messages (session_id, wa_id);
CREATE INDEX messages_by_kind ON messages (session_id, kind) WHERE kind <> 'TEXT';

-- Text of the messages by three characters, without a copy of it. Written in batches beside the commits that wait for
-- nothing; what is not in step yet stands in message_text_stale.
CREATE VIRTUAL TABLE message_text USING fts5 (
    content, content = '', contentless_delete = 1, tokenize = 'trigram'
);
CREATE TABLE message_text_stale (
    n INTEGER PRIMARY KEY
) STRICT;
CREATE TRIGGER messages_text_insert AFTER INSERT ON messages WHEN new.content IS NOT NULL BEGIN
    INSERT OR IGNORE INTO message_text_stale (n) VALUES (new.n);
END;
CREATE TRIGGER messages_text_update AFTER UPDATE OF content ON messages WHEN new.content IS NOT old.content BEGIN
    INSERT OR IGNORE INTO message_text_stale (n) VALUES (new.n);
END;
CREATE TRIGGER messages_text_delete AFTER DELETE ON messages WHEN old.content IS NOT NULL BEGIN
    INSERT OR IGNORE INTO message_text_stale (n) VALUES (old.n);
END;
INSERT INTO message_text_stale (n) SELECT n FROM messages WHERE content IS NOT NULL;

-- The newest emoji of each person on each message; NULL: taken back.
CREATE TABLE reactions (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    chat       TEXT NOT NULL,
    wa_id      TEXT NOT NULL,
    sender     TEXT NOT NULL,
    from_me    INTEGER NOT NULL,
    emoji      TEXT,
    timestamp  INTEGER NOT NULL,
    PRIMARY KEY (session_id, chat, wa_id, sender)
) STRICT, WITHOUT ROWID;

-- The newest vote of each person in each poll: SHA-256 of the chosen options, hexadecimal, a JSON list.
CREATE TABLE poll_votes (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    chat       TEXT NOT NULL,
    wa_id      TEXT NOT NULL,
    voter      TEXT NOT NULL,
    options    TEXT NOT NULL,
    timestamp  INTEGER NOT NULL,
    PRIMARY KEY (session_id, chat, wa_id, voter)
) STRICT, WITHOUT ROWID;

-- How far each recipient has come with each message of this account.
CREATE TABLE message_receipts (
    session_id   TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    wa_id        TEXT NOT NULL,
    participant  TEXT NOT NULL,
    delivered_at INTEGER,
    read_at      INTEGER,
    played_at    INTEGER,
    PRIMARY KEY (session_id, wa_id, participant)
) STRICT, WITHOUT ROWID;

-- Kept for its next_sequence, shown nowhere: no message yet, or deleted by the account's owner.
ALTER TABLE chats ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chats ADD COLUMN name TEXT;
ALTER TABLE chats ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chats ADD COLUMN pinned_at INTEGER;
-- Milliseconds since 1970; -1: until it is taken back.
ALTER TABLE chats ADD COLUMN muted_until INTEGER;
ALTER TABLE chats ADD COLUMN marked_unread INTEGER NOT NULL DEFAULT 0;
-- messages.n of the newest message that was read.
ALTER TABLE chats ADD COLUMN read_n INTEGER NOT NULL DEFAULT 0;
-- Disappearing messages, seconds; 0: they stay.
ALTER TABLE chats ADD COLUMN ephemeral_seconds INTEGER NOT NULL DEFAULT 0;
UPDATE chats SET
    hidden = last_message IS NULL OR jid = 'status@broadcast',
    read_n = coalesce((SELECT max(n) FROM messages
        WHERE messages.session_id = chats.session_id AND messages.chat = chats.jid AND messages.from_me), 0);

-- As the account's owner saved it.
ALTER TABLE contacts ADD COLUMN name TEXT;
ALTER TABLE contacts ADD COLUMN first_name TEXT;
-- A business account's certified name.
ALTER TABLE contacts ADD COLUMN verified_name TEXT;
ALTER TABLE contacts ADD COLUMN about TEXT;
ALTER TABLE contacts ADD COLUMN picture_id TEXT;
ALTER TABLE contacts ADD COLUMN picture_url TEXT;
ALTER TABLE contacts ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;

CREATE TABLE groups (
    id                  TEXT PRIMARY KEY,
    session_id          TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    jid                 TEXT NOT NULL,
    subject             TEXT NOT NULL,
    subject_owner       TEXT,
    subject_at          INTEGER,
    description         TEXT,
    description_id      TEXT,
    description_owner   TEXT,
    description_at      INTEGER,
    owner               TEXT,
    created             INTEGER,
    announce            INTEGER NOT NULL DEFAULT 0,
    restricted          INTEGER NOT NULL DEFAULT 0,
    ephemeral_seconds   INTEGER NOT NULL DEFAULT 0,
    join_approval       INTEGER NOT NULL DEFAULT 0,
    -- Everybody may add members, not only admins.
    member_add          INTEGER NOT NULL DEFAULT 0,
    is_community        INTEGER NOT NULL DEFAULT 0,
    is_announcement     INTEGER NOT NULL DEFAULT 0,
    linked_parent       TEXT,
    suspended           INTEGER NOT NULL DEFAULT 0,
    addressing          TEXT NOT NULL DEFAULT 'pn',
    invite_code         TEXT,
    picture_id          TEXT,
    picture_url         TEXT,
    -- JSON list of {jid, alt, admin}.
    participants        TEXT NOT NULL DEFAULT '[]',
    size                INTEGER NOT NULL DEFAULT 0,
    -- The account is a member.
    participating       INTEGER NOT NULL DEFAULT 1,
    created_at          INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL,
    UNIQUE (session_id, jid)
) STRICT;

-- WhatsApp Business labels as the account's app state has them. Not the API's own tags.
CREATE TABLE labels (
    session_id    TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    id            TEXT NOT NULL,
    name          TEXT NOT NULL,
    color         INTEGER NOT NULL,
    predefined_id INTEGER,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (session_id, id)
) STRICT, WITHOUT ROWID;

-- A label on a chat (wa_id '') or on a message.
CREATE TABLE label_targets (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    label_id   TEXT NOT NULL,
    chat       TEXT NOT NULL,
    wa_id      TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    PRIMARY KEY (session_id, label_id, chat, wa_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX label_targets_by_chat ON label_targets (session_id, chat, wa_id);

-- Chunks of history the phone has sent, compressed as they came, until all of their messages are stored.
CREATE TABLE history_chunks (
    session_id    TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    -- SHA-256 of the blob.
    id            TEXT NOT NULL,
    sync_type     INTEGER NOT NULL,
    chunk_order   INTEGER,
    progress      INTEGER,
    -- Compressed and unpacked sizes.
    bytes         INTEGER NOT NULL,
    unpacked      INTEGER NOT NULL,
    -- NULL once it is done.
    blob          BLOB,
    -- Where to go on: conversations that are done, and messages of the next one.
    conversations INTEGER NOT NULL DEFAULT 0,
    messages      INTEGER NOT NULL DEFAULT 0,
    -- Messages stored so far.
    stored        INTEGER NOT NULL DEFAULT 0,
    attempts      INTEGER NOT NULL DEFAULT 0,
    error         TEXT,
    created_at    INTEGER NOT NULL,
    finished_at   INTEGER,
    PRIMARY KEY (session_id, id)
) STRICT;
CREATE INDEX history_chunks_waiting ON history_chunks (session_id, created_at) WHERE blob IS NOT NULL;

