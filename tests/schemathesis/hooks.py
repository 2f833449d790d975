"""Most random names lead nowhere: a session, chat or rule is taken from those that exist, nine times in ten."""

import json
import os
import random

import schemathesis

with open(os.environ["WORLD"], encoding="utf-8") as file:
    WORLD = json.load(file)
CHOICE = random.Random(int(os.environ.get("SEED", "1")))
REAL = 0.9

# These end a session, or change whether it is linked: asked of one that nobody else needs.
ENDING = ("/logout", "/stop", "/start", "/restart", "/pair", "/passkey", "/qr")
# What a parameter of a path is called, and what there is of it.
KINDS = {
    "replyId": "rules",
    "scheduleId": "schedules",
    "labelId": "labels",
    "logId": "broadcasts",
    "messageId": "messages",
}
# {id} is of many kinds: the segment before it says of which.
IDS = {"users": "users", "api-keys": "keys", "plugins": "plugins", "webhooks": "webhooks", "monitor": "sessions"}


def kind_of(operation, name):
    path = operation.path
    before = path.split("{" + name + "}")[0].rstrip("/").split("/")[-1]
    if name == "sessionId" or (name == "id" and before == "sessions"):
        ends = path.endswith(ENDING) or (operation.method.upper() == "DELETE" and path.endswith("/settings"))
        return "spares" if ends else "sessions"
    if name == "jid":
        return "groups" if "/groups/" in path else "jids"
    if name == "id":
        return IDS.get(before, "webhooks" if "/webhooks/" in path else None)
    return KINDS.get(name)


@schemathesis.hook
def before_call(context, case, kwargs):
    named = case.path_parameters or {}
    for name in named:
        there = WORLD.get(kind_of(case.operation, name) or "", [])
        # A plugin that is switched off takes its routes with it: never any but the one of the list.
        must = case.operation.path.startswith("/api/plugins/{id}")
        if there and (must or CHOICE.random() < REAL):
            named[name] = CHOICE.choice(there)
