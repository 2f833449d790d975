"""Writes many sessions and chats into the database of a gateway that does not run: 500 sessions, and one with 10,000 chats.

    rows.py DATABASE OWNER_EMAIL
"""

import sqlite3
import sys
import time

SESSIONS = 500
CHATS = 10_000
BUSY = "branch-000"

database, email = sys.argv[1:]
now = int(time.time() * 1000)
db = sqlite3.connect(database)
(owner,) = db.execute("SELECT id FROM users WHERE email = ?", (email,)).fetchone()
with db:
    db.executemany(
        "INSERT INTO sessions (id, user_id, slug, name, desired, status, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, 'stopped', 'STOPPED', ?, ?)",
        ((f"row-{n:03}", owner, f"branch-{n:03}", f"Branch {n}", now, now) for n in range(SESSIONS)),
    )
    (number,) = db.execute("SELECT number FROM sessions WHERE slug = ?", (BUSY,)).fetchone()
    for n in range(CHATS):
        jid = f"1303555{n:04}@s.whatsapp.net"
        at = now - n * 60_000
        db.execute(
            "INSERT INTO messages (n, id, session_id, chat, sender, from_me, wa_id, push_name, kind, content, status,"
            " timestamp, wire) VALUES (?, ?, 'row-000', ?, ?, 0, ?, ?, 'TEXT', ?, 3, ?, x'')",
            (number << 48 | at // 1000 << 16, f"m{n}", jid, jid, f"W{n}", f"Person {n}", f"Words of person {n}", at),
        )
        db.execute("INSERT INTO contacts (session_id, pn, push_name) VALUES ('row-000', ?, ?)", (jid, f"Person {n}"))
        db.execute(
            "INSERT INTO chats (session_id, jid, last_message, last_at, unread, created_at) VALUES ('row-000', ?, ?, ?, ?, ?)",
            (jid, f"m{n}", at, n % 3, at),
        )
db.close()
