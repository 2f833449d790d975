// A host that remembers, as far as this plugin needs one. Import it before the plugin.

import { Buffer } from "node:buffer";

// QuickJS has them, Node from version 25 on.
Uint8Array.fromBase64 ??= (text) => new Uint8Array(Buffer.from(text, "base64"));
Uint8Array.prototype.toBase64 ??= function () {
  return Buffer.from(this).toString("base64");
};

/** What the plugin sent and logged, what its store holds, and the rights it has not. */
export const host = { sent: [], logged: [], stored: new Map(), denied: new Set(), now: 0 };

export function reset() {
  Object.assign(host, { sent: [], logged: [], stored: new Map(), denied: new Set(), now: 1_700_000_000_000 });
}

/** An event as the host delivers it. */
export function textEvent(sequence, content) {
  return {
    id: `event-${sequence}`,
    kind: "message.received",
    session: { id: "session-1", slug: "shop" },
    sequence,
    chatSequence: sequence,
    timestampMs: host.now,
    schema: 1,
    data: JSON.stringify({
      key: { remoteJid: "15550100@s.whatsapp.net", fromMe: false, id: `M${sequence}` },
      chat: "15550100@s.whatsapp.net",
      type: "TEXT",
      content,
    }),
    ext: [],
  };
}

/** A request as the host delivers it. */
export function request(method, route, body = { tag: "none" }) {
  return {
    method,
    route,
    path: route.replace("{sessionId}", "shop"),
    params: [["sessionId", "shop"]],
    query: null,
    headers: [],
    body,
    session: { id: "session-1", slug: "shop" },
    principal: { userId: "user-1", role: "OWNER" },
    ext: [],
  };
}

/** A component sees a host's refusal as an Error whose payload is the WIT variant. */
function needs(right) {
  if (!host.denied.has(right)) return;
  throw Object.assign(new Error("refused"), { payload: { tag: "denied", val: `no right ${right}` } });
}

const same = (a, b) => (a === null || b === null ? a === b : Buffer.compare(a, b) === 0);

globalThis.fakeHost = {
  log: { write: (level, message) => void host.logged.push({ level, message }) },
  clock: { nowMs: () => host.now, uniqueId: () => `id-${(host.now += 1)}` },
  store: {
    get(key) {
      needs("store");
      return host.stored.get(key) ?? null;
    },
    put(key, value) {
      needs("store");
      host.stored.set(key, value);
    },
    compareAndPut(key, expected, value) {
      needs("store");
      if (!same(host.stored.get(key) ?? null, expected)) return false;
      host.stored.set(key, value);
      return true;
    },
  },
  "whatsapp-messages": {
    sendText(session, to, text, mentions) {
      needs("whatsapp-messages");
      host.sent.push({ session, to, text, mentions });
      return { id: "OUT1", chat: to, sender: "", timestampMs: host.now, status: "SENT", ext: [] };
    },
  },
};
