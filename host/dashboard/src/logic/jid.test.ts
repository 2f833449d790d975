import { describe, expect, it } from "vitest";
import { bare, display, fromInput, isSame, kindOf, manyFromInput } from "./jid";

describe("addresses", () => {
  it("are read out as numbers", () => {
    expect(display("12025550102@s.whatsapp.net")).toBe("+1 202 555 0102");
    expect(display("12025550102:7@s.whatsapp.net")).toBe("+1 202 555 0102");
    expect(display("4915112345678@s.whatsapp.net")).toBe("+49 15 112 345 678");
    expect(display("100000000000001@lid")).toBe("~100000000000001");
    expect(display("12036304@g.us")).toBe("12036304");
  });

  it("have one form", () => {
    expect(bare("12025550102:3@c.us")).toBe("12025550102@s.whatsapp.net");
    expect(isSame("12025550102", "12025550102@c.us")).toBe(true);
    expect(isSame("1@lid", "1@s.whatsapp.net")).toBe(false);
  });

  it("are of a kind", () => {
    expect(["1@s.whatsapp.net", "1@lid", "1@g.us", "status@broadcast", "1@newsletter", "1"].map(kindOf)).toEqual([
      "person",
      "person",
      "group",
      "status",
      "newsletter",
      "person",
    ]);
  });

  it("come out of what people type", () => {
    expect(fromInput(" +1 (202) 555-0102 ")).toBe("12025550102@s.whatsapp.net");
    expect(fromInput("12036304@g.us")).toBe("12036304@g.us");
    for (const bad of ["", "123", "hello", "1@example.com", "a b@g.us", "1".repeat(16)])
      expect(fromInput(bad)).toBeNull();
  });

  it("many at once, each once", () => {
    expect(manyFromInput("12025550101, 12025550102\n+1 202 555 0101; nobody")).toEqual({
      good: ["12025550101@s.whatsapp.net", "12025550102@s.whatsapp.net"],
      bad: ["nobody"],
    });
  });
});
