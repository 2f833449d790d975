import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { host, request, reset, textEvent } from "./host.js";
import { events, guest, httpRoutes } from "../src/plugin.js";
import { bodyOf, decode, encode, guarded, updateJson } from "../src/wagate.js";

const ROUTE = "/api/hello-js/{sessionId}";

beforeEach(reset);

function show() {
  const answer = httpRoutes.handleHttp(request("GET", ROUTE));
  assert.equal(answer.status, 200);
  return JSON.parse(answer.body.val).data;
}

test("the manifest names every route and hook", () => {
  const manifest = guest.describe();
  assert.match(manifest, /id = "hello-js"/);
  assert.ok(manifest.includes(`path = "${ROUTE}"`));
  assert.ok(manifest.includes('"message.received"'));
});

test("ping is answered and counted, other texts are not", () => {
  events.onEvent(textEvent(1, "hello"));
  assert.equal(show().count, 0);
  events.onEvent(textEvent(2, " Ping "));
  assert.deepEqual(host.sent, [
    { session: "session-1", to: "15550100@s.whatsapp.net", text: "pong from JavaScript", mentions: [] },
  ]);
  assert.equal(show().count, 1);
});

test("an event that comes twice is counted once", () => {
  events.onEvent(textEvent(2, "ping"));
  events.onEvent(textEvent(2, "ping"));
  events.onEvent(textEvent(3, "ping"));
  assert.equal(show().count, 2);
});

test("events of an unknown kind are passed over", () => {
  events.onEvent({ ...textEvent(1, "ping"), kind: "call.received" });
  assert.equal(host.sent.length, 0);
});

test("settings are taken, and what is wrong is refused by name", () => {
  guest.init('{"settings":{"answer":"hi"}}');
  assert.equal(show().answer, "hi");
  const message = (config) => {
    try {
      guest.init(config);
    } catch (error) {
      return error.payload;
    }
  };
  assert.deepEqual(message('{"settings":{"anser":"hi"}}'), {
    tag: "invalid",
    val: "[settings] anser: unknown; expected answer",
  });
  assert.equal(message('{"settings":{"answer":5}}').tag, "invalid");
  guest.init('{"settings":{"answer":"pong from JavaScript"}}');
});

test("what the host refuses passes through", () => {
  host.denied.add("store");
  assert.throws(() => show(), (error) => error.payload.tag === "denied");
  assert.equal(host.logged.length, 0);
});

test("an error without a payload is logged and becomes internal", () => {
  assert.throws(guarded(() => null.x), (error) => error.payload.tag === "internal");
  assert.match(host.logged[0].message, /TypeError/);
  assert.throws(guarded(async () => {}), (error) => error.payload.val.includes("async"));
  assert.throws(
    () => httpRoutes.handleHttp(request("GET", "/api/other")),
    (error) => error.payload.tag === "internal",
  );
});

test("an update is repeated when another instance was faster", () => {
  let calls = 0;
  const value = updateJson("k", (before) => {
    calls += 1;
    if (calls === 1) host.stored.set("k", encode("5"));
    return (before ?? 0) + 1;
  });
  assert.equal(value, 6);
  assert.equal(calls, 2);
});

test("text survives the way to bytes and back", () => {
  for (const text of ["", "plain", "é ÿ", "€ 日本 😀", "x".repeat(100_000)]) {
    assert.deepEqual(encode(text), new Uint8Array(new TextEncoder().encode(text)));
    assert.equal(decode(encode(text)), text);
  }
  assert.equal(decode(encode("\ud800")), "\ufffd");
  assert.throws(() => decode(new Uint8Array([0xff])), URIError);
});

test("a body is read as JSON, or refused", () => {
  const post = (body) => bodyOf(request("POST", ROUTE, body));
  assert.deepEqual(post({ tag: "none" }), {});
  assert.deepEqual(post({ tag: "text", val: '{"a":1}' }), { a: 1 });
  assert.deepEqual(post({ tag: "bytes", val: encode("[2]") }), [2]);
  assert.throws(() => post({ tag: "text", val: "{" }), (error) => error.payload.tag === "invalid");
});

test("time is the host's", () => {
  assert.equal(Date.now(), host.now);
  assert.equal(new Date().getTime(), host.now);
  assert.equal(new Date(5).toISOString(), "1970-01-01T00:00:00.005Z");
});
