"""What the gateway needs so that its routes do something: a paired session with chats, groups, labels, rules, webhooks.

    world.py READY KEY     READY: the gateway's ready line; KEY: its administrator's API key

Prints a JSON object: the key to ask with, and for each parameter of a path the values that exist.
"""

import json
import sys
import time
import urllib.error
import urllib.request

OWNER = "12025557101"
FRIENDS = ["12025557102", "12025557103"]
# Sessions that may be stopped, logged out and deleted. The paired one is not among them.
SPARES = 40
WITHIN_SECONDS = 60
# One pixel.
PICTURE = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def call(base, method, path, body=None, key=None):
    headers = {"content-type": "application/json"}
    if key:
        headers["x-api-key"] = key
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=WITHIN_SECONDS) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read() or b"null")


def eventually(what, look):
    deadline = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise SystemExit(f"{what}: not within {WITHIN_SECONDS} s")


def main():
    ready, admin_key = json.loads(sys.argv[1]), sys.argv[2]
    http, control = ready["http"], ready["sandbox"]["control"]

    def api(method, path, body=None):
        status, answer = call(http, method, path, body, admin_key)
        if status >= 300:
            raise SystemExit(f"{method} {path}: {status} {answer}")
        return answer

    def phone(path, body):
        status, answer = call(control, "POST", path, body)
        if status >= 300:
            raise SystemExit(f"{path}: {status} {answer}")
        return answer

    for number in [OWNER, *FRIENDS]:
        phone("/phones", {"number": number, "name": f"Phone {number}"})
    api("POST", "/api/sessions", {"name": "Shop", "sessionId": "shop"})

    def qr():
        status, answer = call(http, "GET", "/api/sessions/shop/qr", key=admin_key)
        return answer["qr"] if status == 200 else None

    phone(f"/phones/{OWNER}/scan", {"qr": eventually("a QR", qr)})
    eventually(
        "the session connects",
        lambda: api("GET", "/api/sessions/shop")["data"]["status"] == "CONNECTED",
    )
    jids = [f"{number}@s.whatsapp.net" for number in FRIENDS]
    for friend in FRIENDS:
        phone(f"/phones/{friend}/messages", {"to": f"{OWNER}@s.whatsapp.net", "text": "hello"})
    sent = api("POST", f"/api/messages/shop/{jids[0]}/send", {"message": {"text": "hello"}})
    # What a list of messages holds besides texts: other kinds, and fields that are null.
    for kind in (
        {"poll": {"name": "When?", "values": ["today", "tomorrow"]}},
        {"location": {"degreesLatitude": 1.5, "degreesLongitude": 2.5}},
        {"image": {"url": f"data:image/gif;base64,{PICTURE}"}},
    ):
        for jid in jids:
            api("POST", f"/api/messages/shop/{jid}/send", {"message": kind})
    api("POST", "/api/groups/shop/create", {"subject": "Friends", "participants": jids})
    [group] = api("GET", "/api/groups/shop")

    def row_id(answer):
        row = answer["data"]
        return row["id"] if "id" in row else next(iter(row.values()))["id"]

    def later():
        return f"{time.gmtime().tm_year + 3}-01-01T10:00:00.000Z"

    rules, hooks, schedules, labels, users, keys = [], [], [], [], [], []
    for n in range(20):
        rules.append(row_id(api("POST", "/api/autoreplies/shop", {"keyword": f"word {n}", "response": "hi"})))
        hook = {"name": f"hook {n}", "url": "https://receiver.invalid/in", "events": ["message.received"]}
        hooks.append(row_id(api("POST", "/api/webhooks/shop", hook)))
        plan = {"jid": jids[0], "content": "later", "sendAt": later()}
        schedules.append(row_id(api("POST", "/api/scheduler/shop", plan)))
        key = api("POST", "/api/user/api-keys", {"name": f"key {n}"})
        keys.append(row_id(key))
    for n in range(10):
        labels.append(row_id(api("POST", "/api/labels/shop", {"name": f"label {n}", "color": n})))
        person = {"name": f"Person {n}", "email": f"person{n}@example.test", "password": "a long password"}
        users.append(row_id(api("POST", "/api/users", person)))
        note = {"title": "Note", "message": f"number {n}", "broadcast": True}
        api("POST", "/api/notifications", note)
    notes = [note["id"] for note in api("GET", "/api/notifications")]
    spares = []
    for n in range(SPARES):
        api("POST", "/api/sessions", {"name": f"Spare {n}", "sessionId": f"spare-{n}"})
        spares.append(f"spare-{n}")
    broadcast = {"recipients": jids, "message": "hello all", "delay": 0}
    api("POST", "/api/messages/shop/broadcast", broadcast)
    history = api("GET", "/api/messages/shop/broadcast/history")
    asking = api("POST", "/api/user/api-keys", {"name": "schemathesis"})
    print(
        json.dumps(
            {
                "key": asking["data"]["key"],
                "sessions": ["shop"],
                "spares": spares,
                "jids": jids,
                "groups": [group["id"]],
                "messages": [sent["data"]["key"]["id"]],
                "rules": rules,
                "webhooks": hooks,
                "schedules": schedules,
                "labels": labels,
                "users": users,
                "keys": keys,
                "notifications": notes,
                "broadcasts": [row["id"] for row in history["data"]],
                "plugins": ["labels"],
            }
        )
    )


main()
