import { describe, expect, it } from "vitest";
import { readoutAt } from "./readout";

describe("what curves have at a place", () => {
  const curves = [
    { x: [0, 10, 20], y: [1, 2, 3] },
    { x: [0, 5], y: [9, 8] },
    { x: [0, 11, 20], y: [5, Number.NaN, 7] },
    { x: [], y: [] },
  ];
  it("is of each the nearest point, the largest first", () => {
    expect(readoutAt(curves, 4)).toEqual({ x: 4, values: [{ at: 1, y: 8 }, { at: 2, y: 5 }, { at: 0, y: 1 }] });
    expect(readoutAt(curves, 15).values).toEqual([{ at: 0, y: 2 }]);
    expect(readoutAt(curves, 20).values).toEqual([{ at: 2, y: 7 }, { at: 0, y: 3 }]);
  });
  it("is nothing beyond their ends", () => {
    expect(readoutAt(curves, 21).values).toEqual([]);
    expect(readoutAt(curves, -1).values).toEqual([]);
  });
});
