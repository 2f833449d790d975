import { describe, expect, it } from "vitest";
import { type Node, parse, plain } from "./markup";

/** The tree as text: `<b>..</b>` only here, in a test. */
const show = (text: string): string => {
  const each = (node: Node): string => {
    if ("inside" in node) return `[${node.kind} ${node.inside.map(each).join("")}]`;
    return node.kind === "text" ? node.text : `[${node.kind} ${node.text}]`;
  };
  return parse(text).map(each).join("");
};

describe("WhatsApp's marks", () => {
  it("bold, italic, struck, code", () => {
    expect(show("a *b* _c_ ~d~ `e` f")).toBe("a [bold b] [italic c] [strike d] [code e] f");
    expect(show("*_both_*")).toBe("[bold [italic both]]");
  });

  it("marks inside of words and loose ones stay as they are", () => {
    for (const text of ["snake_case_name", "2*3*4", "* a *", "**", "a * b", "_ _", "*open", "~~"])
      expect(show(text)).toBe(text);
  });

  it("a mark does not reach over lines", () => {
    expect(show("*a\nb*")).toBe("*a\nb*");
  });

  it("blocks of code keep what is in them", () => {
    expect(show("x ```*no* https://a.b/``` y")).toBe("x [pre *no* https://a.b/] y");
    expect(show("``` open")).toBe("``` open");
  });

  it("links end before the sentence does", () => {
    expect(show("see https://example.com/a_b_c. Or (https://example.com/x(1)).")).toBe(
      "see [link https://example.com/a_b_c]. Or ([link https://example.com/x(1)]).",
    );
  });

  it("only http and https are links", () => {
    for (const text of ["javascript:alert(1)", "https://", "data:text/html,x"]) expect(show(text)).toBe(text);
  });

  it("nothing hangs on hostile texts", () => {
    const started = performance.now();
    for (const text of [
      "*".repeat(20_000),
      "_*~".repeat(6_000),
      "`".repeat(9_999),
      "*a ".repeat(5_000),
      "http://".repeat(3_000),
    ])
      parse(text);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it("plain text for lists", () => {
    expect(plain("*Hello* ```x``` https://a.example/")).toBe("Hello x https://a.example/");
  });
});
