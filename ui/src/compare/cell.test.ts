import { expect, it, test } from "vitest";
import type { Plain } from "@/literal/plain";
import { areSame, cellOf, cellsOf, cutAround, roundedCell } from "./cell";

test.each([
  [0.9777777777777777, "0.977778"],
  [0.1 + 0.2, "0.3"],
  [1234567.891, "1234568.0"],
  [1.7976931348623157e308, "1.7976931348623157e+308"],
  [6.02214076e-23, "6.02214e-23"],
  [0.5, "0.5"],
  [Number.NaN, "NaN"],
  [123456789n, "123456789"],
  ["0.9777777777777777", "0.9777777777777777"],
])("%s is shown as %s in a column", (plain, text) => {
  const cell = cellOf(plain);
  expect(roundedCell(cell)).toEqual({ ...cell, text });
});

const record = (rate: number): Plain => new Map<string, Plain>([["alpha", rate], ["penalty", "l2"]]);

it("splits short lists into their items, and no long ones", () => {
  expect([...cellsOf("params", [record(0.5), record(0.25)])].map(([name, { text }]) => [name, text])).toEqual([
    ["params[0].alpha", "0.5"],
    ["params[0].penalty", "l2"],
    ["params[1].alpha", "0.25"],
    ["params[1].penalty", "l2"],
  ]);
  expect([...cellsOf("grid", [[1n], [], 2n])].map(([name, { text }]) => [name, text])).toEqual([["grid[0][0]", "1"], ["grid[1]", "[]"], ["grid[2]", "2"]]);
  expect([...cellsOf("xs", Array<Plain>(21).fill(1n)).keys()]).toEqual(["xs"]);
  expect(cellsOf("xs", Array<Plain>(20).fill(Array<Plain>(20).fill(1n))).size).toBeLessThanOrEqual(220);
});

it("cuts long texts around the first place where they differ", () => {
  const [same, a, b] = ["x".repeat(1000), `${"x".repeat(1000)}a`, `${"x".repeat(1000)}b${"y".repeat(1000)}`];
  const [one, other] = cutAround([cellOf(a), cellOf(b)]);
  expect(one).toMatchObject({ text: `…${"x".repeat(200)}a`, brief: "…xxxxxxxxa" });
  expect(other?.text).toBe(`…${"x".repeat(200)}b${"y".repeat(199)}…`);
  expect(areSame([one, other])).toBe(false);
  const alike = [cellOf(same), cellOf(same)];
  expect(cutAround(alike)).toEqual(alike);
  expect(areSame(cutAround(alike))).toBe(true);
});

it("shows in a narrow column what differs beyond its width", () => {
  const texts = ["s3://bucket/a/long/way/to/the/model-1.bin", "s3://bucket/a/long/way/to/the/model-2.bin"];
  expect(cutAround(texts.map(cellOf)).map((cell) => cell?.brief)).toEqual(["…e/model-1.bin", "…e/model-2.bin"]);
  expect(cutAround([cellOf("l1"), undefined, cellOf("l2")]).map((cell) => cell?.brief)).toEqual([undefined, undefined, undefined]);
});
