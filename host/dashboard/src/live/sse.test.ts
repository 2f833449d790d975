import { describe, expect, it } from "vitest";
import { createParser } from "./sse";

const all = (...chunks: string[]) => {
  const parser = createParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
};

describe("server-sent events", () => {
  it("a frame ends with an empty line", () => {
    expect(all('id: 7\nevent: message.received\ndata: {"a":1}\n\n')).toEqual([
      { id: "7", event: "message.received", data: '{"a":1}' },
    ]);
    expect(all("data: not yet\n")).toEqual([]);
  });

  it("it does not matter where the stream was cut", () => {
    const whole = ": hello\r\nid: 9\r\nevent: a\r\ndata: one\r\ndata: two\r\n\r\nid: 10\r\ndata: three\r\n\r\n";
    const expected = [
      { id: "9", event: "a", data: "one\ntwo" },
      { id: "10", event: "message", data: "three" },
    ];
    for (let cut = 0; cut <= whole.length; cut += 1)
      expect(all(whole.slice(0, cut), whole.slice(cut))).toEqual(expected);
    expect(all(...whole)).toEqual(expected);
  });

  it("comments and frames without data say nothing", () => {
    expect(all(": ping\n\n", "event: x\n\n", "data: y\n\n")).toEqual([{ id: null, event: "message", data: "y" }]);
  });

  it("an id stays until the next one", () => {
    expect(all("id: 1\ndata: a\n\ndata: b\n\n").map((frame) => frame.id)).toEqual(["1", "1"]);
  });

  it("one space after the colon is not part of the value", () => {
    expect(all("data:x\n\ndata:  y\n\n").map((frame) => frame.data)).toEqual(["x", " y"]);
  });

  it("the server says how long to wait", () => {
    const parser = createParser();
    expect(parser.retry).toBeNull();
    parser.push("retry: 2500\nretry: soon\n");
    expect(parser.retry).toBe(2500);
  });

  it("a line without end is refused", () => {
    const parser = createParser();
    expect(() => {
      for (let n = 0; n < 5; n += 1) parser.push("x".repeat(1_000_000));
    }).toThrow();
  });
});
