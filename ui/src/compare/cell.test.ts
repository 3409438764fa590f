import { expect, test } from "vitest";
import { cellOf, roundedCell } from "./cell";

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
