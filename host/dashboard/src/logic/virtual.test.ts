import { describe, expect, it } from "vitest";
import { moved, reveal, visible } from "./virtual";

const view = (scrollTop: number, total = 10_000) =>
  visible({ total, rowHeight: 50, scrollTop, viewport: 500, overscan: 5 });

describe("a long list", () => {
  it("draws what can be seen and a little more", () => {
    expect(view(0)).toEqual({ first: 0, end: 15, above: 0, height: 500_000 });
    expect(view(5_000)).toMatchObject({ first: 95, end: 115, above: 4_750 });
  });

  it("ends where the list ends, whatever the browser says", () => {
    expect(view(499_500).end).toBe(10_000);
    expect(view(9_999_999).end).toBe(10_000);
    expect(view(-80).first).toBe(0);
    expect(view(0, 0)).toEqual({ first: 0, end: 0, above: 0, height: 0 });
    expect(view(4_000, 3)).toMatchObject({ first: 0, end: 3 });
  });

  it("never draws more than fits, at any place", () => {
    for (let top = 0; top < 500_000; top += 777) {
      const { first, end } = view(top);
      expect(end - first).toBeLessThanOrEqual(500 / 50 + 1 + 10);
    }
  });

  it("scrolls only when it has to", () => {
    expect(reveal(3, 50, 0, 500)).toBeNull();
    expect(reveal(20, 50, 0, 500)).toBe(550);
    expect(reveal(2, 50, 400, 500)).toBe(100);
  });

  it("arrow keys stay in the list", () => {
    expect(moved("ArrowDown", 9, 10, 5)).toBe(9);
    expect(moved("ArrowUp", 0, 10, 5)).toBe(0);
    expect(moved("PageDown", 2, 10, 5)).toBe(7);
    expect(moved("End", 2, 10, 5)).toBe(9);
    expect(moved("x", 2, 10, 5)).toBeNull();
    expect(moved("End", 0, 0, 5)).toBeNull();
  });
});
