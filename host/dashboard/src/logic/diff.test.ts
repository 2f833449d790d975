import { describe, expect, it } from "vitest";
import { diff, hunks } from "./diff";

const marks = (before: string, after: string) =>
  diff(before, after).map((line) => `${{ same: " ", added: "+", removed: "-" }[line.kind]}${line.text}`);

describe("lines that changed", () => {
  it("a changed line is removed and added", () => {
    expect(marks("a\nb\nc", "a\nx\nc")).toEqual([" a", "-b", "+x", " c"]);
  });

  it("lines that stay are found in between", () => {
    expect(marks("a\nb\nc\nd", "b\nc\nx\nd\ne")).toEqual(["-a", " b", " c", "+x", " d", "+e"]);
    expect(marks("same", "same")).toEqual([" same"]);
  });

  it("numbers are those of the new text", () => {
    expect(diff("a\nb", "a\nx\nb").map((line) => line.number)).toEqual([1, 2, 3]);
  });

  it("large texts do not take for ever", () => {
    const many = (word: string) => Array.from({ length: 6_000 }, (_, n) => `${word}${n}`).join("\n");
    const started = performance.now();
    expect(diff(many("a"), many("b"))).toHaveLength(12_000);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it("shows what is near a change", () => {
    const before = Array.from({ length: 40 }, (_, n) => `line ${n}`).join("\n");
    const shown = hunks(diff(before, before.replace("line 20", "changed")), 2);
    expect(shown.filter((line) => line !== null).map((line) => line?.text)).toEqual([
      "line 18",
      "line 19",
      "line 20",
      "changed",
      "line 21",
      "line 22",
    ]);
    expect(hunks(diff("a", "a"))).toEqual([]);
  });
});
