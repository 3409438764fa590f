import { describe, expect, it } from "vitest";
import { inWords, ms, relative, seconds } from "./time";

describe("spans", () => {
  it.each([
    [0, "0 ms"],
    [0.0123, "12 ms"],
    [1, "1 s"],
    [3.456, "3.46 s"],
    [59.94, "59.9 s"],
    [59.96, "1 min"],
    [125, "2 min 5 s"],
    [3600, "1 h"],
    [3780, "1 h 3 min"],
    [187_200, "2 d 4 h"],
    [-2, "−2 s"],
    [Number.NaN, ""],
  ])("%d s is %s", (span, words) => expect(inWords(span)).toBe(words));

  it("reads the wire's durations", () => {
    expect(seconds("1.500s")).toBe(1.5);
    expect(seconds(undefined)).toBeNaN();
  });
});

describe("instants", () => {
  const now = ms("2026-11-25T12:00:00Z");
  it.each([
    ["2026-11-25T11:59:58Z", "just now"],
    ["2026-11-25T11:59:20Z", "40 s ago"],
    ["2026-11-25T10:30:00Z", "1 h ago"],
    ["2026-11-23T12:00:00Z", "2 d ago"],
    ["2026-11-25T14:00:00Z", "in 2 h"],
  ])("%s is %s", (instant, words) => expect(relative(ms(instant), now)).toBe(words));

  it("keeps the milliseconds of microseconds", () => {
    expect(ms("2026-11-25T23:52:44.957263Z") % 1000).toBe(957);
  });
});
