import { expect, test } from "vitest";
import { pieces } from "./ansi";

test("colours become names, and text stays text", () => {
  expect(pieces("\u001b[31mred\u001b[0m <b>")).toMatchObject([{ text: "red", color: "ansi-red" }, { text: " <b>", color: "" }]);
  expect(pieces("\u001b[1;32mok")).toMatchObject([{ text: "ok", color: "ansi-green", isBold: true }]);
});

test("cursors do not move, and control characters are shown", () => {
  expect(pieces("\u001b[2Ja\u0007b\u001b]0;title\u0007")).toMatchObject([{ text: "a\\u0007b\\u001b]0;title\\u0007" }]);
  expect(pieces("50%\r100%")).toMatchObject([{ text: "50%100%" }]);
  expect(pieces("")).toEqual([]);
});
