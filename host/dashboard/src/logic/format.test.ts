import { describe, expect, it } from "vitest";
import { ago, bytes, dayLine, duration, initials, localInput, micros, percent, pick, short, stamp } from "./format";

const NOW = new Date(2026, 10, 26, 12, 0, 0).getTime();
const HOUR = 3_600_000;

describe("numbers and times as people read them", () => {
  it("short numbers", () => {
    expect([0, 999, 1_000, 1_299, 9_999, 52_911, 1_500_000].map(short)).toEqual([
      "0",
      "999",
      "1k",
      "1.2k",
      "9.9k",
      "52k",
      "1.5M",
    ]);
  });

  it("sizes", () => {
    expect([0, 999, 1_000, 184_320, 5_400_000, 2e12].map(bytes)).toEqual([
      "0 B",
      "999 B",
      "1.0 KB",
      "184 KB",
      "5.4 MB",
      "2.0 TB",
    ]);
    expect(bytes(-1)).toBe("0 B");
  });

  it("durations have two units at most", () => {
    expect([0, 59, 60, 3_661, 90_061, 86_400].map(duration)).toEqual([
      "0 s",
      "59 s",
      "1 min",
      "1 h 1 min",
      "1 d 1 h",
      "1 d",
    ]);
  });

  it("microseconds", () => {
    expect([null, 96, 1_120, 12_000, 3_400_000].map(micros)).toEqual(["–", "96 µs", "1.1 ms", "12 ms", "3.4 s"]);
  });

  it("how long ago", () => {
    expect(ago(NOW - 5_000, NOW)).toBe("just now");
    expect(ago(NOW - 3 * 60_000, NOW)).toBe("3 min. ago");
    expect(ago(NOW + 2 * HOUR, NOW)).toBe("in 2 hr.");
    expect(ago(NOW - 26 * HOUR, NOW)).toBe("yesterday");
    expect(ago(NOW - 30 * 24 * HOUR, NOW)).toBe("Oct 27");
    expect(ago(NOW - 400 * 24 * HOUR, NOW)).toContain("2025");
  });

  it("the day of a message", () => {
    expect(dayLine(NOW, NOW)).toBe("Today");
    expect(dayLine(NOW - 20 * HOUR, NOW)).toBe("Yesterday");
    expect(stamp(NOW - 3 * HOUR, NOW)).toBe("09:00");
    expect(stamp(NOW - 48 * HOUR, NOW)).toBe("Tue");
  });

  it("what a date field wants", () => {
    expect(localInput(NOW)).toBe("2026-11-26T12:00");
  });

  it("initials of any name", () => {
    expect(initials("Carl Carter")).toBe("CC");
    expect(initials("  Dora  Díaz Pérez ")).toBe("DP");
    expect(initials("李小龙")).toBe("李");
    expect(initials("👍")).toBe("#");
    expect(initials("<script>")).toBe("S");
  });

  it("shares and colours stay in their range", () => {
    expect([percent(1, 3), percent(9, 3), percent(1, 0)]).toEqual([33, 100, 0]);
    for (const name of ["", "a", "Ω", "x".repeat(500)]) expect(pick(name, 8)).toBeLessThan(8);
  });
});
