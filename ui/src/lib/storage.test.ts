// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { lastPlace } from "./place";
import { isFlag, isNumber, keep, recall } from "./storage";

test("what is kept comes back, whatever else stands there does not", () => {
  keep("drawer", 700);
  expect(recall("drawer", 520, isNumber)).toBe(700);
  for (const garbage of ["{", "null", '"700"', "[]", '{"a":1}', "1e999"]) {
    localStorage.setItem("alula.drawer", garbage);
    expect(recall("drawer", 520, isNumber), garbage).toBe(520);
  }
  localStorage.setItem("alula.diff.split", "1");
  expect(recall("diff.split", false, isFlag)).toBe(false);
});

test("a place is a project and a domain", () => {
  for (const garbage of ["[]", "null", "7", '{"project":1,"domain":"d"}', '{"project":"p"}']) {
    localStorage.setItem("alula.place", garbage);
    expect(Object.values(lastPlace()).every((each) => typeof each === "string"), garbage).toBe(true);
  }
  localStorage.setItem("alula.place", '{"project":"p","domain":"d"}');
  expect(lastPlace()).toEqual({ project: "p", domain: "d" });
});
