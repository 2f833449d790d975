-- What every message writes, with fewer indexes: each that is gone is a page less in the write-ahead log.
-- Indexes are made before their table is filled, and nothing is put aside in a temporary one: that would need a disk of its
-- own, as large as the indexes, where there may be none.

-- By session and wa_id is how messages are looked for: the unique index begins with it, and serves for both.
CREATE TABLE messages_by_id (
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
    UNIQUE (session_id, wa_id, chat, sender)
) STRICT;
DROP INDEX messages_by_chat;
DROP INDEX messages_by_kind;
CREATE INDEX messages_by_chat ON messages_by_id (session_id, chat);
CREATE INDEX messages_by_kind ON messages_by_id (session_id, kind) WHERE kind <> 'TEXT';
INSERT INTO messages_by_id SELECT n, id, session_id, chat, sender, from_me, wa_id, push_name, kind, content, status, played,
    timestamp, quote_id, edited_at, deleted_at, deleted_by, starred, mime_type, file_name, file_size, wire
FROM messages ORDER BY n;
DROP TABLE messages;
ALTER TABLE messages_by_id RENAME TO messages;
CREATE TRIGGER messages_text_insert AFTER INSERT ON messages WHEN new.content IS NOT NULL BEGIN
    INSERT OR IGNORE INTO message_text_stale (n) VALUES (new.n);
END;
CREATE TRIGGER messages_text_update AFTER UPDATE OF content ON messages WHEN new.content IS NOT old.content BEGIN
    INSERT OR IGNORE INTO message_text_stale (n) VALUES (new.n);
END;
CREATE TRIGGER messages_text_delete AFTER DELETE ON messages WHEN old.content IS NOT NULL BEGIN
    INSERT OR IGNORE INTO message_text_stale (n) VALUES (old.n);
END;

-- A delivery's id is made of its endpoint and key: being unique once is enough. Without that index a foreign key would look
-- through the whole table when an endpoint goes, so a trigger takes its deliveries away, by the indexes there are.
CREATE TABLE attempts_before AS SELECT * FROM delivery_attempts;
DROP TABLE delivery_attempts;
CREATE TABLE deliveries_by_id (
    seq              INTEGER PRIMARY KEY,
    id               TEXT NOT NULL UNIQUE,
    endpoint_id      TEXT NOT NULL,
    key              TEXT NOT NULL,
    lane             TEXT NOT NULL,
    label            TEXT NOT NULL,
    content_type     TEXT NOT NULL,
    body             TEXT NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts         INTEGER NOT NULL DEFAULT 0,
    last_at          INTEGER,
    last_status      INTEGER,
    last_error       TEXT,
    last_response    TEXT,
    last_duration_ms INTEGER,
    created_at       INTEGER NOT NULL
) STRICT;
DROP INDEX deliveries_waiting;
DROP INDEX deliveries_ended;
CREATE INDEX deliveries_waiting ON deliveries_by_id (endpoint_id, lane, seq) WHERE state = 'pending';
CREATE INDEX deliveries_ended ON deliveries_by_id (endpoint_id, state, seq) WHERE state <> 'pending';
INSERT INTO deliveries_by_id SELECT seq, id, endpoint_id, key, lane, label, content_type, body, state, attempts, last_at,
    last_status, last_error, last_response, last_duration_ms, created_at
FROM deliveries ORDER BY seq;
DROP TABLE deliveries;
ALTER TABLE deliveries_by_id RENAME TO deliveries;
CREATE TRIGGER delivery_endpoints_gone AFTER DELETE ON delivery_endpoints BEGIN
    DELETE FROM deliveries WHERE endpoint_id = old.id AND state = 'pending';
    DELETE FROM deliveries WHERE endpoint_id = old.id AND state <> 'pending';
END;
CREATE TABLE delivery_attempts (
    seq         INTEGER PRIMARY KEY,
    delivery_id TEXT NOT NULL REFERENCES deliveries(id) ON DELETE CASCADE,
    endpoint_id TEXT NOT NULL,
    number      INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    status      INTEGER,
    error       TEXT,
    response    TEXT,
    duration_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX delivery_attempts_by_delivery ON delivery_attempts (delivery_id);
CREATE INDEX delivery_attempts_by_endpoint ON delivery_attempts (endpoint_id, at);
INSERT INTO delivery_attempts SELECT seq, delivery_id, endpoint_id, number, at, status, error, response, duration_ms
FROM attempts_before;
DROP TABLE attempts_before;

-- Seldom more than a few rows, each there for a moment: one tree instead of three, and what is old is looked for in all.
CREATE TABLE wa_pending_inbound_now (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    chat       TEXT NOT NULL,
    sender     TEXT NOT NULL,
    id         TEXT NOT NULL,
    message    BLOB NOT NULL,
    stored_at  INTEGER NOT NULL,
    PRIMARY KEY (session_id, chat, sender, id)
) STRICT, WITHOUT ROWID;
INSERT INTO wa_pending_inbound_now SELECT session_id, chat, sender, id, message, stored_at FROM wa_pending_inbound;
DROP TABLE wa_pending_inbound;
ALTER TABLE wa_pending_inbound_now RENAME TO wa_pending_inbound;
