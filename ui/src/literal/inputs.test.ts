import { expect, it } from "vitest";
import type { LiteralType, Parameter } from "@/idl";
import { inputsOf, isTyped, typedOf, valueOf, writeInputs } from "./inputs";
import { emptyOf, type Value } from "./value";

const INT: LiteralType = { simple: "INTEGER" };
const integer = (value: string) => ({ scalar: { primitive: { integer: value } } });
const text = (value: string): Value => ({ form: "text", text: value });
const parameters: Record<string, Parameter> = {
  b: { var: { type: INT }, default: integer("2") },
  a: { var: { type: INT, description: "How many" }, required: true },
  c: { var: { type: { union_type: { variants: [INT, { simple: "NONE" }] } } }, required: false },
};
const inputs = inputsOf(parameters, { d: integer("9") }, { d: { type: INT, description: "Never another" } });

it("has what must be given first and what is fixed last", () => {
  expect(inputs.map((input) => [input.name, input.isRequired, input.description])).toEqual([
    ["a", true, "How many"],
    ["b", false, ""],
    ["c", false, ""],
    ["d", false, "Never another"],
  ]);
  expect(inputs.map((input) => valueOf(input, undefined))).toEqual([{ form: "unset" }, text("2"), { form: "union", variant: 1, value: text("null") }, text("9")]);
});

it("sends what was typed and leaves the rest to the server", () => {
  expect(writeInputs(inputs, new Map([["a", text("1")]])).literals).toEqual({ a: integer("1") });
  expect([...writeInputs(inputs, new Map([["b", text("x")]])).problems.keys()]).toEqual(["a", "b"]);
});

it("does not send what was typed for another type", () => {
  const typed = new Map<string, Value>([["a", text("1")], ["b", { form: "list", items: [] }]]);
  expect(inputs.map((input) => isTyped(input, typed))).toEqual([true, false, false, false]);
  expect(Object.keys(writeInputs(inputs, typed).literals)).toEqual(["a"]);
});

it("takes over what an execution was given, but for what is the default anyway", () => {
  expect([...typedOf(inputs, { a: integer("5"), b: integer("2"), d: integer("9"), z: integer("1") })]).toEqual([["a", text("5")]]);
});

it("takes a required list or map that nobody touched for not given, an empty one for given", () => {
  const types: Record<string, LiteralType> = { params: { collection_type: INT }, rates: { map_value_type: INT } };
  const required = inputsOf(Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { var: { type }, required: true }])), {}, {});
  const untouched = writeInputs(required, new Map());
  expect(untouched.literals).toEqual({});
  expect([...untouched.problems.values()].flat()).toEqual([
    { path: "", message: "Required: list[int]", isMissing: true },
    { path: "", message: "Required: dict[str, int]", isMissing: true },
  ]);
  const empty = new Map([["params", emptyOf("list")], ["rates", emptyOf("map")]]);
  expect(writeInputs(required, empty)).toEqual({ literals: { params: { collection: { literals: [] } }, rates: { map: { literals: {} } } }, problems: new Map() });
});
