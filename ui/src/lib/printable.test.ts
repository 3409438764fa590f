import { expect, it } from "vitest";
import { printable } from "./printable";

it("shows what hides", () => {
  expect(printable("a\u202eb\u0000c")).toBe("a\\u202eb\\u0000c");
  expect(printable("a\u061cb")).toBe("a\\u061cb");
});
it("ends a text that does not", () => {
  expect(printable("x".repeat(3000), 10)).toBe(`${"x".repeat(10)}…`);
});
it("keeps lines and tabs", () => {
  expect(printable("a\n\tb")).toBe("a\n\tb");
});
