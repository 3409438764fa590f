import { expect, it } from "vitest";
import { markable } from "./curve";

it("leaves a scale as it is whose marks can be told apart", () => {
  expect(markable(0, 1)).toEqual([0, 1]);
  expect(markable(1.7e18, 1.7e18 + 2 ** 40)).toEqual([1.7e18, 1.7e18 + 2 ** 40]);
  expect(markable(-5e-300, 5e-300)).toEqual([-5e-300, 5e-300]);
  expect(markable(0, 0)).toEqual([0, 0]);
});

it("widens one between numbers that have none between them", () => {
  for (const [low, high] of [[2 ** 63 - 1024, 2 ** 63], [-1e16, -1e16 + 2], [3, 3]] as const) {
    const [from, to] = markable(low, high);
    expect(from).toBeLessThan(low);
    expect(to).toBeGreaterThan(high);
    expect(from + (to - from) / 1000).toBeGreaterThan(from);
  }
});

it("keeps one finite", () => {
  const [from, to] = markable(-1.7e308, 1.7e308);
  expect(Number.isFinite(to - from)).toBe(true);
});
