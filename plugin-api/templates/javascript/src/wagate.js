// What every plugin needs, whatever it does: tables of routes and hooks, answers, errors, JSON in the store.
// Copy it along; it knows nothing of your plugin.

import clock from "wagate:plugin/clock";
import log from "wagate:plugin/log";
import store from "wagate:plugin/store";

// --- Answers, in the forms of the REST API ---

/** The value as it is. */
export function json(value, status = 200) {
  return {
    status,
    headers: [["content-type", "application/json"]],
    body: { tag: "text", val: JSON.stringify(value) },
  };
}

/** `{"status":true,"message":...,"data":...}` */
export function data(message, value) {
  return json({ status: true, message, data: value });
}

/** `{"status":false,"message":m,"error":m}`, for a status that `fail` has no word for. */
export function failure(status, message) {
  return json({ status: false, message, error: message }, status);
}

// --- Errors ---

/**
 * An error to throw. `tag` is a case of the WIT variant `error`: `denied` (a route answers 403), `not-found` (404),
 * `invalid` (400), `conflict` (409), `timeout` (504), `internal` (500), `failed` (500).
 *
 * The host reads `payload` of what is thrown. What a host call throws has one too: let it pass.
 */
export function fail(tag, text) {
  return withPayload(text, { tag, val: text });
}

/** "Not now": a route answers 503, a hook is called again with the same event. */
export function unavailable(message, retryAfterMs = null) {
  return withPayload(message, { tag: "unavailable", val: { message, retryAfterMs } });
}

/** The tag of what a host call threw, e.g. `not-found`; undefined for an error of JavaScript's own. */
export function tagOf(error) {
  return error?.payload?.tag;
}

function withPayload(message, payload) {
  return Object.assign(new Error(message), { payload });
}

/**
 * Around every function the host calls. Thrown without a payload, an error would end the instance and leave no
 * trace; this way the log has it with its stack, and the caller gets `internal`.
 */
export function guarded(call) {
  return (...args) => {
    try {
      const result = call(...args);
      if (typeof result?.then === "function") throw new TypeError("a plugin's functions cannot be async");
      return result;
    } catch (error) {
      if (tagOf(error)) throw error;
      log.write("error", text(error));
      throw fail("internal", String(error).toWellFormed());
    }
  };
}

// --- Tables ---

/** `httpRoutes.handleHttp` from handlers by method and route as in plugin.toml. A handler returns an answer. */
export function router(routes) {
  return guarded((request) => {
    const name = `${request.method} ${request.route}`;
    const handler = routes[name];
    if (!handler) throw fail("internal", `plugin.toml declares ${name}, but no handler answers it`);
    const answer = handler(request);
    if (typeof answer?.then !== "function" && !answer?.body?.tag) throw new TypeError(`${name} returned no answer`);
    return answer;
  });
}

/** `events.onEvent` from handlers by kind. What they return does not matter. */
export function hooks(kinds) {
  return guarded((event) => kinds[event.kind]?.(event));
}

/** The JSON body of a request; an empty one reads as `{}`. */
export function bodyOf(request) {
  const { tag, val } = request.body;
  const body = tag === "bytes" ? decode(val) : (val ?? "");
  try {
    return body.trim() === "" ? {} : JSON.parse(body);
  } catch (error) {
    throw fail("invalid", `Invalid JSON body: ${error.message}`);
  }
}

// --- The store ---

/** The JSON value under a key; null when there is none. */
export function getJson(key) {
  const bytes = store.get(key);
  return bytes === null ? null : JSON.parse(decode(bytes));
}

export function putJson(key, value) {
  store.put(key, encode(JSON.stringify(value)));
}

/** Replaces the value under a key by `change(value)`, again when another instance was faster. Returns the new one. */
export function updateJson(key, change) {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const before = store.get(key);
    const after = change(before === null ? null : JSON.parse(decode(before)));
    if (store.compareAndPut(key, before, encode(JSON.stringify(after)))) return after;
  }
  throw unavailable(`${key} changes all the time`);
}

// --- Text and bytes ---
//
// QuickJS has no TextEncoder, and a loop over the characters takes ten times as long as this way through base64,
// each step of which is built in. `escape` and `unescape` turn UTF-8 bytes in `%` notation into characters and back.

/** UTF-8 bytes of a text. */
export function encode(text) {
  return Uint8Array.fromBase64(btoa(unescape(encodeURIComponent(text.toWellFormed()))));
}

/** The text in UTF-8 bytes; throws when they are something else. */
export function decode(bytes) {
  const characters = atob(bytes.toBase64());
  return /[\x80-\xff]/.test(characters) ? decodeURIComponent(escape(characters)) : characters;
}

// --- What a component lacks: WASI's clock and console ---

const HostlessDate = Date;
globalThis.Date = class Date extends HostlessDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [clock.nowMs()] : parts));
  }
  static now() {
    return clock.nowMs();
  }
};

const line =
  (level) =>
  (...parts) =>
    log.write(level, parts.map(text).join(" "));
globalThis.console ??= {
  error: line("error"),
  warn: line("warn"),
  info: line("info"),
  log: line("info"),
  debug: line("debug"),
};

function text(value) {
  if (value instanceof Error) return `${value}\n${value.stack ?? ""}`.trim().toWellFormed();
  return (typeof value === "string" ? value : (JSON.stringify(value) ?? String(value))).toWellFormed();
}
