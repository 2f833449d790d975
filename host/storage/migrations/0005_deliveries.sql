-- One number for the whole log, in the order of the commits: what a cursor of the live stream names.
ALTER TABLE events ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
UPDATE events SET position = numbered.n
FROM (SELECT session_id AS s, sequence AS q, row_number() OVER (ORDER BY session_id, sequence) AS n FROM events) AS numbered
WHERE events.session_id = numbered.s AND events.sequence = numbered.q;
CREATE UNIQUE INDEX events_by_position ON events (position);
-- Kept apart, so that a deleted session never gives a position back.
CREATE TABLE event_positions (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    next     INTEGER NOT NULL
) STRICT;
INSERT INTO event_positions SELECT 1, coalesce(max(position), 0) + 1 FROM events;

-- Events that a plugin's hook could not handle. A copy: the log is cut back, what waits here is not.
CREATE TABLE hook_parked (
    plugin        TEXT NOT NULL,
    session_id    TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    event_id      TEXT NOT NULL,
    sequence      INTEGER NOT NULL,
    chat_sequence INTEGER,
    kind          TEXT NOT NULL,
    chat          TEXT,
    timestamp     INTEGER NOT NULL,
    schema        INTEGER NOT NULL,
    data          TEXT NOT NULL,
    error         TEXT NOT NULL,
    attempts      INTEGER NOT NULL,
    parked_at     INTEGER NOT NULL,
    PRIMARY KEY (plugin, session_id, event_id)
) STRICT;
CREATE INDEX hook_parked_by_sequence ON hook_parked (plugin, session_id, sequence);
CREATE INDEX hook_parked_by_session ON hook_parked (session_id);

-- Where POSTs go to. Headers and secrets are sealed: they are credentials.
CREATE TABLE delivery_endpoints (
    id              TEXT PRIMARY KEY,
    plugin          TEXT NOT NULL,
    session_id      TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    url             TEXT NOT NULL,
    headers         TEXT,
    secret          TEXT,
    -- Signs too until that moment: receivers change over meanwhile.
    previous_secret TEXT,
    previous_until  INTEGER,
    -- The user who made it: without access to the session it gets nothing. NULL: the session's own.
    owner           TEXT,
    concurrency     INTEGER,
    timeout_ms      INTEGER,
    state           TEXT NOT NULL CHECK (state IN ('active', 'paused', 'disabled')),
    reason          TEXT,
    -- The first failure since the last success.
    failing_since   INTEGER,
    -- Tries in a row that failed while everything waited for the endpoint, and until when it waits.
    hold_step       INTEGER NOT NULL DEFAULT 0,
    hold_until      INTEGER,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    UNIQUE (plugin, session_id, name)
) STRICT;
CREATE INDEX delivery_endpoints_by_session ON delivery_endpoints (session_id);

CREATE TABLE deliveries (
    -- The order in which they were queued.
    seq              INTEGER PRIMARY KEY,
    id               TEXT NOT NULL UNIQUE,
    endpoint_id      TEXT NOT NULL REFERENCES delivery_endpoints(id) ON DELETE CASCADE,
    key              TEXT NOT NULL,
    -- One lane keeps its order.
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
    created_at       INTEGER NOT NULL,
    UNIQUE (endpoint_id, key)
) STRICT;
CREATE INDEX deliveries_waiting ON deliveries (endpoint_id, lane, seq) WHERE state = 'pending';
CREATE INDEX deliveries_ended ON deliveries (endpoint_id, state, seq) WHERE state <> 'pending';

-- One row a lane in which something waits, or whose receiver is yet to be told what was left out.
CREATE TABLE delivery_lanes (
    endpoint_id TEXT NOT NULL REFERENCES delivery_endpoints(id) ON DELETE CASCADE,
    lane        TEXT NOT NULL,
    -- When its oldest delivery may leave. NULL: none waits.
    next_ms     INTEGER,
    -- It waits because of the endpoint, not because of what it carries.
    held        INTEGER NOT NULL DEFAULT 0,
    -- Dead letters since the last one that arrived.
    skipped     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (endpoint_id, lane)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_lanes_by_time ON delivery_lanes (endpoint_id, next_ms) WHERE next_ms IS NOT NULL;

-- Tries that were not the last word on a delivery. The one that arrived stands in deliveries itself.
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

-- Requests with an Idempotency-Key, and what they were answered with.
CREATE TABLE request_keys (
    caller     TEXT NOT NULL,
    method     TEXT NOT NULL,
    path       TEXT NOT NULL,
    key        TEXT NOT NULL,
    -- What sends made under this request derive their ids from.
    request_id TEXT NOT NULL UNIQUE,
    body_hash  BLOB NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('running', 'open', 'done')),
    -- The run of the host that works on it: another one's work has ended with it.
    run        TEXT NOT NULL,
    status     INTEGER,
    headers    TEXT,
    body       BLOB,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (caller, method, path, key)
) STRICT;
CREATE INDEX request_keys_by_time ON request_keys (created_at);

-- Messages that wait for their session's connection.
CREATE TABLE send_queue (
    seq        INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    wa_id      TEXT NOT NULL,
    recipient  TEXT NOT NULL,
    wire       BLOB NOT NULL,
    options    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (session_id, wa_id)
) STRICT;
CREATE INDEX send_queue_by_expiry ON send_queue (expires_at);
