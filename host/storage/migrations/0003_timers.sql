-- The plugins' timers. Times are milliseconds since 1970.
CREATE TABLE timers (
    plugin      TEXT NOT NULL,
    name        TEXT NOT NULL,
    -- Of this setting: another one when the timer is set to another schedule. The ids of its occurrences hold it.
    id          TEXT NOT NULL UNIQUE,
    session_id  TEXT REFERENCES sessions(id) ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (kind IN ('at', 'cron')),
    at_ms       INTEGER,
    expression  TEXT,
    timezone    TEXT,
    payload     TEXT NOT NULL,
    -- NULL: it will not fire again, and is deleted when its last occurrence has ended.
    next_ms     INTEGER,
    -- The occurrence that was claimed last. next_ms is always after it: no occurrence is claimed twice.
    last_due_ms INTEGER,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (plugin, name)
) STRICT;
CREATE INDEX timers_by_next ON timers (plugin, next_ms) WHERE next_ms IS NOT NULL;
CREATE INDEX timers_by_session ON timers (session_id);

-- Claimed occurrences that have not ended; at most one of a timer.
CREATE TABLE timer_fires (
    plugin        TEXT NOT NULL,
    name          TEXT NOT NULL,
    id            TEXT NOT NULL UNIQUE,
    -- timers.id at the claim.
    timer_id      TEXT NOT NULL,
    session_id    TEXT REFERENCES sessions(id) ON DELETE CASCADE,
    payload       TEXT NOT NULL,
    due_ms        INTEGER NOT NULL,
    claimed_at    INTEGER NOT NULL,
    -- Deliveries that failed for reasons of the plugin's own.
    attempts      INTEGER NOT NULL DEFAULT 0,
    -- Deliveries that were put off until better times.
    waits         INTEGER NOT NULL DEFAULT 0,
    not_before_ms INTEGER NOT NULL,
    PRIMARY KEY (plugin, name)
) STRICT;
CREATE INDEX timer_fires_by_time ON timer_fires (plugin, not_before_ms);
CREATE INDEX timer_fires_by_session ON timer_fires (session_id);
