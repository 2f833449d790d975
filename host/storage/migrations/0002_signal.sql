-- The linked device's state, as the WhatsApp library reads and writes it. Small rows live in their key's tree
-- (WITHOUT ROWID); rows that carry a record of kilobytes do not, so that the tree stays shallow.
-- Times here are seconds since 1970, the library's unit.

-- The library's own device record, JSON.
CREATE TABLE wa_device (
    session_id TEXT PRIMARY KEY REFERENCES sessions(id) ON DELETE CASCADE,
    device     BLOB NOT NULL
) STRICT;

CREATE TABLE wa_identities (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    address    TEXT NOT NULL,
    record     BLOB NOT NULL,
    PRIMARY KEY (session_id, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE wa_signal_sessions (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    address    TEXT NOT NULL,
    record     BLOB NOT NULL,
    PRIMARY KEY (session_id, address)
) STRICT;

CREATE TABLE wa_prekeys (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    id         INTEGER NOT NULL,
    record     BLOB NOT NULL,
    uploaded   INTEGER NOT NULL,
    PRIMARY KEY (session_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE wa_signed_prekeys (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    id         INTEGER NOT NULL,
    record     BLOB NOT NULL,
    PRIMARY KEY (session_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE wa_sender_keys (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    address    TEXT NOT NULL,
    record     BLOB NOT NULL,
    PRIMARY KEY (session_id, address)
) STRICT;

CREATE TABLE wa_app_state_keys (
    -- Grows with every write, a replaced row gets a new one: the highest is the key that was stored last.
    written     INTEGER PRIMARY KEY,
    session_id  TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    key_id      BLOB NOT NULL,
    key_data    BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    timestamp   INTEGER NOT NULL,
    UNIQUE (session_id, key_id)
) STRICT;

-- The library's own hash state, JSON.
CREATE TABLE wa_app_state_versions (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    state      BLOB NOT NULL,
    PRIMARY KEY (session_id, name)
) STRICT;

CREATE TABLE wa_app_state_mutation_macs (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    index_mac  BLOB NOT NULL,
    value_mac  BLOB NOT NULL,
    version    INTEGER NOT NULL,
    PRIMARY KEY (session_id, name, index_mac)
) STRICT, WITHOUT ROWID;

CREATE TABLE wa_lid_pn_mapping (
    -- As in wa_app_state_keys: settles which of two mappings learned in the same second is the newer one.
    written         INTEGER PRIMARY KEY,
    session_id      TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    lid             TEXT NOT NULL,
    phone_number    TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    learning_source TEXT NOT NULL,
    UNIQUE (session_id, lid)
) STRICT;
CREATE INDEX wa_lid_pn_mapping_by_phone ON wa_lid_pn_mapping (session_id, phone_number, updated_at);

CREATE TABLE wa_base_keys (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    address    TEXT NOT NULL,
    message_id TEXT NOT NULL,
    base_key   BLOB NOT NULL,
    PRIMARY KEY (session_id, address, message_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE wa_device_registry (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    user       TEXT NOT NULL,
    -- JSON list.
    devices    BLOB NOT NULL,
    timestamp  INTEGER NOT NULL,
    phash      TEXT,
    raw_id     INTEGER,
    PRIMARY KEY (session_id, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE wa_sender_key_devices (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    group_jid  TEXT NOT NULL,
    device_jid TEXT NOT NULL,
    has_key    INTEGER NOT NULL,
    PRIMARY KEY (session_id, group_jid, device_jid)
) STRICT, WITHOUT ROWID;
CREATE INDEX wa_sender_key_devices_by_device ON wa_sender_key_devices (session_id, device_jid);

CREATE TABLE wa_tc_tokens (
    session_id       TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    jid              TEXT NOT NULL,
    -- Empty: nothing received yet, the row only remembers sender_timestamp.
    token            BLOB NOT NULL,
    token_timestamp  INTEGER NOT NULL,
    sender_timestamp INTEGER,
    PRIMARY KEY (session_id, jid)
) STRICT, WITHOUT ROWID;

CREATE TABLE wa_sent_messages (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    chat       TEXT NOT NULL,
    message_id TEXT NOT NULL,
    payload    BLOB NOT NULL,
    stored_at  INTEGER NOT NULL,
    PRIMARY KEY (session_id, chat, message_id)
) STRICT;
CREATE INDEX wa_sent_messages_by_time ON wa_sent_messages (session_id, stored_at);

CREATE TABLE wa_msg_secrets (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    chat       TEXT NOT NULL,
    sender     TEXT NOT NULL,
    msg_id     TEXT NOT NULL,
    secret     BLOB NOT NULL,
    -- 0: never.
    expires_at INTEGER NOT NULL,
    -- 0: unknown.
    message_ts INTEGER NOT NULL,
    PRIMARY KEY (session_id, chat, sender, msg_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX wa_msg_secrets_by_expiry ON wa_msg_secrets (session_id, expires_at) WHERE expires_at <> 0;

CREATE TABLE wa_group_metadata (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    group_jid  TEXT NOT NULL,
    metadata   BLOB NOT NULL,
    PRIMARY KEY (session_id, group_jid)
) STRICT;

CREATE TABLE wa_pending_inbound (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    chat       TEXT NOT NULL,
    sender     TEXT NOT NULL,
    id         TEXT NOT NULL,
    message    BLOB NOT NULL,
    stored_at  INTEGER NOT NULL,
    PRIMARY KEY (session_id, chat, sender, id)
) STRICT;
CREATE INDEX wa_pending_inbound_by_time ON wa_pending_inbound (session_id, stored_at);
