-- People: who may log in, with what, to which sessions; what was done; what they are told. Times are milliseconds since 1970.

-- A user who is being deleted: nothing of theirs works any more, their sessions are taken down one by one.
ALTER TABLE users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;

-- How a key begins, to tell keys apart in a list.
ALTER TABLE api_keys ADD COLUMN prefix TEXT NOT NULL DEFAULT '';
-- JSON lists: actions, and row ids of sessions. NULL: everything its user may do, on every session.
ALTER TABLE api_keys ADD COLUMN scopes TEXT;
ALTER TABLE api_keys ADD COLUMN sessions TEXT;
-- The one that `/api/user/api-key` is about.
ALTER TABLE api_keys ADD COLUMN is_default INTEGER NOT NULL DEFAULT 0;
CREATE INDEX api_keys_by_user ON api_keys (user_id, id);
CREATE UNIQUE INDEX api_keys_default ON api_keys (user_id) WHERE is_default = 1;
CREATE INDEX sessions_by_user ON sessions (user_id);

-- Logins with a password: what a cookie stands for.
CREATE TABLE logins (
    id           TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    -- SHA-256 of the cookie's value.
    token_hash   BLOB NOT NULL UNIQUE,
    address      TEXT,
    user_agent   TEXT,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    -- Whatever happens, not valid from this moment on.
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX logins_by_user ON logins (user_id);
CREATE INDEX logins_by_end ON logins (expires_at);

-- Sessions shared with other users.
CREATE TABLE session_access (
    id         TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    user_id    TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    UNIQUE (session_id, user_id)
) STRICT;
CREATE INDEX session_access_by_user ON session_access (user_id);

-- What administrators and users did. Entries outlive whom and what they name, so there is no foreign key.
CREATE TABLE audit (
    id         TEXT PRIMARY KEY,
    at         INTEGER NOT NULL,
    actor_id   TEXT,
    actor      TEXT NOT NULL,
    action     TEXT NOT NULL,
    target     TEXT,
    outcome    TEXT NOT NULL CHECK (outcome IN ('ok', 'refused')),
    detail     TEXT,
    address    TEXT,
    request_id TEXT
) STRICT;
CREATE INDEX audit_by_time ON audit (at);
CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- At most one row, 'default': made when something is saved for the first time.
CREATE TABLE system_settings (
    id                  TEXT PRIMARY KEY CHECK (id = 'default'),
    app_name            TEXT NOT NULL,
    logo_url            TEXT,
    favicon_url         TEXT,
    timezone            TEXT NOT NULL,
    -- NULL: as the settings file says.
    enable_registration INTEGER,
    updated_at          INTEGER NOT NULL
) STRICT;

-- What the host remembers about itself: for one, which secret key its secrets are sealed with.
CREATE TABLE host_state (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE notifications (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    title      TEXT NOT NULL,
    message    TEXT NOT NULL,
    type       TEXT NOT NULL DEFAULT 'INFO',
    read       INTEGER NOT NULL DEFAULT 0,
    href       TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX notifications_by_user ON notifications (user_id, id);
