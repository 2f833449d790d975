-- Times are milliseconds since 1970. Everything of a session hangs on sessions(id), never on its slug.
CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,
    name          TEXT,
    password_hash TEXT,
    role          TEXT NOT NULL CHECK (role IN ('SUPERADMIN', 'OWNER', 'STAFF')),
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
    id           TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    hash         BLOB NOT NULL UNIQUE,
    last4        TEXT NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER,
    created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    slug       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    desired    TEXT NOT NULL CHECK (desired IN ('running', 'stopped')),
    status     TEXT NOT NULL,
    cause      TEXT,
    pn         TEXT,
    lid        TEXT,
    push_name  TEXT,
    config     TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- The next number of the session's event log: kept here so that pruning old events never reuses one.
    next_sequence INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE messages (
    id         TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    chat       TEXT NOT NULL,
    sender     TEXT NOT NULL,
    from_me    INTEGER NOT NULL,
    wa_id      TEXT NOT NULL,
    push_name  TEXT,
    kind       TEXT NOT NULL,
    content    TEXT,
    status     INTEGER NOT NULL,
    timestamp  INTEGER NOT NULL,
    quote_id   TEXT,
    wire       BLOB NOT NULL,
    UNIQUE (session_id, chat, sender, wa_id)
) STRICT;
CREATE INDEX messages_by_chat ON messages (session_id, chat, timestamp, id);
CREATE INDEX messages_by_wa_id ON messages (session_id, wa_id);

CREATE TABLE chats (
    session_id    TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    jid           TEXT NOT NULL,
    last_message  TEXT,
    last_at       INTEGER NOT NULL,
    unread        INTEGER NOT NULL DEFAULT 0,
    next_sequence INTEGER NOT NULL DEFAULT 1,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (session_id, jid)
) STRICT, WITHOUT ROWID;
CREATE INDEX chats_by_time ON chats (session_id, last_at);

-- One person, two addresses; either may be unknown.
CREATE TABLE contacts (
    id         INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    pn         TEXT,
    lid        TEXT,
    push_name  TEXT,
    UNIQUE (session_id, pn),
    UNIQUE (session_id, lid)
) STRICT;

CREATE TABLE events (
    session_id    TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    sequence      INTEGER NOT NULL,
    id            TEXT NOT NULL,
    kind          TEXT NOT NULL,
    chat          TEXT,
    chat_sequence INTEGER,
    timestamp     INTEGER NOT NULL,
    schema        INTEGER NOT NULL,
    data          TEXT NOT NULL,
    PRIMARY KEY (session_id, sequence),
    UNIQUE (session_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE hook_cursors (
    plugin     TEXT NOT NULL,
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    sequence   INTEGER NOT NULL,
    PRIMARY KEY (plugin, session_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE send_journal (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    wa_id      TEXT NOT NULL,
    chat       TEXT NOT NULL,
    cause      TEXT,
    state      TEXT NOT NULL CHECK (state IN ('sending', 'accepted', 'failed')),
    error      TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (session_id, wa_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX send_journal_by_time ON send_journal (created_at);

CREATE TABLE plugin_store (
    plugin TEXT NOT NULL,
    key    TEXT NOT NULL,
    value  BLOB NOT NULL,
    PRIMARY KEY (plugin, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
    namespace  TEXT NOT NULL,
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    json       TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (namespace, session_id)
) STRICT, WITHOUT ROWID;
