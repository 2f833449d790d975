import { describe, expect, it } from "vitest";
import { errorFrom } from "./error";
import { path, queryOf } from "./http";
import { item, list, time } from "./read";

describe("answers of the gateway", () => {
  it("lists are bare, in an envelope, or under a name", () => {
    const each = (row: Record<string, unknown>) => row.a;
    for (const body of [[{ a: 1 }], { data: [{ a: 1 }] }]) expect(list(body, each)).toEqual([1]);
    expect(list({ data: { labels: [{ a: 2 }] } }, each, "labels")).toEqual([2]);
    expect(list({ success: true, labels: [{ a: 3 }] }, each, "labels")).toEqual([3]);
    for (const junk of [null, "x", 7, {}, { data: "x" }, [1, "a", null]]) expect(list(junk, each)).toEqual([]);
  });

  it("an object may stand in an envelope", () => {
    expect(item({ data: { x: 1 } }, (data) => data.x)).toBe(1);
    expect(item({ x: 2 }, (data) => data.x)).toBe(2);
    expect(item(null, (data) => data.x)).toBeUndefined();
  });

  it("times in any form", () => {
    expect(time("2026-01-15T08:00:00.000Z")).toBe(1_768_464_000_000);
    expect(time(1_768_464_000)).toBe(1_768_464_000_000);
    expect(time("1768464000")).toBe(1_768_464_000_000);
    expect(time(1_768_464_000_000)).toBe(1_768_464_000_000);
    for (const junk of [null, "", "never", 0, -1, {}]) expect(time(junk)).toBeNull();
  });
});

describe("errors of the gateway", () => {
  it("carry message, code and the request's id", () => {
    const error = errorFrom(
      503,
      { message: "Session not ready", code: "session_not_ready", requestId: "r-1" },
      "3",
      "?",
    );
    expect(error).toMatchObject({
      message: "Session not ready",
      code: "session_not_ready",
      requestId: "r-1",
      retryAfter: 3,
      isPassing: true,
    });
  });

  it("name the field they are about", () => {
    expect(errorFrom(400, { message: "phoneNumber: has too few digits" }, null, "?").fields).toEqual({
      phoneNumber: "has too few digits",
    });
    expect(errorFrom(409, { message: "sessionId is already taken", field: "sessionId" }, null, "?").fields).toEqual({
      sessionId: "sessionId is already taken",
    });
    expect(errorFrom(400, { message: "x", fields: { name: "is missing", bad: 7 } }, null, "?").fields).toEqual({
      name: "is missing",
    });
    expect(errorFrom(400, { message: "Timed out waiting for: something" }, null, "?").fields).toEqual({});
  });

  it("of any form have a text", () => {
    for (const junk of [null, "<html>", 7, [], { error: { formErrors: [] } }])
      expect(errorFrom(502, junk, null, "bad").message).toBe("bad");
    expect(errorFrom(400, { error: "e" }, "soon", "?")).toMatchObject({ message: "e", retryAfter: null });
  });
});

describe("paths", () => {
  it("are escaped part by part", () => {
    expect(path`/chat/${"a/b"}/${"1@g.us"}/x`).toBe("/chat/a%2Fb/1%40g.us/x");
    expect(path`/x/${"../../etc"}`).toBe("/x/..%2F..%2Fetc");
  });

  it("queries leave out what is empty", () => {
    expect(queryOf({ a: 1, b: "", c: null, d: undefined, e: false })).toBe("?a=1&e=false");
    expect(queryOf(undefined)).toBe("");
  });
});
