import { describe, expect, it, test } from "vitest";
import type { Literal } from "@/idl";
import { columnLooks, knownColumns, sortedByCell, valueCell, type ExecutionValues, type ValueCell } from "./column";
import { columnLabels, columnOf, columnsOf, MOST_COLUMNS, wantedOf } from "./columnKey";

const primitive = (value: NonNullable<NonNullable<Literal["scalar"]>["primitive"]>): Literal => ({ scalar: { primitive: value } });
const config: Literal = { scalar: { generic: { rate: 0.5, net: { depth: 3 }, tags: ["a", "b"] } } };
const of = (literal: Literal): ExecutionValues => ({ inputs: { literals: { x: literal } } });
const cell = (values: ExecutionValues, key: string) => {
  const column = columnOf(key);
  return column && valueCell(values, column);
};

test.each<[string, Literal, string, object]>([
  ["a float to six digits", primitive({ float_value: 0.123456789 }), "0.123457", { whole: "0.123456789", isNumber: true, number: 0.123456789 }],
  ["NaN", primitive({ float_value: "NaN" }), "NaN", { isNumber: true, number: Number.NaN }],
  ["an infinity", primitive({ float_value: "-Infinity" }), "-Infinity", { number: -Infinity }],
  ["every digit of an int beyond 2^53", primitive({ integer: "9007199254740993" }), "9007199254740993", { isNumber: true }],
  ["a truth", primitive({ boolean: false }), "false", {}],
  ["an empty text", primitive({ string_value: "" }), "", {}],
  ["a long text, cut", primitive({ string_value: "x".repeat(5000) }), `${"x".repeat(200)}…`, { whole: "x".repeat(2000) }],
  ["markup as it is", primitive({ string_value: "<img src=x onerror=alert(1)>" }), "<img src=x onerror=alert(1)>", {}],
  ["a duration in words", primitive({ duration: "5400s" }), "1 h 30 min", { isNumber: true, number: 5400 }],
  ["a file by its name", { scalar: { blob: { uri: "s3://b/long/way/model.pt" } } }, "model.pt", { whole: "s3://b/long/way/model.pt", isAbout: true }],
  ["what lies in the store", { offloaded_metadata: { uri: "s3://b/x", size_bytes: "2048" } }, "in the store", { isAbout: true }],
  ["nothing", { scalar: { none_type: {} } }, "none", { isAbout: true }],
  ["what a union holds", { scalar: { union: { value: primitive({ integer: "7" }) } } }, "7", { isNumber: true, number: 7 }],
  ["a list as JSON", { collection: { literals: [primitive({ integer: "1" }), primitive({ integer: "2" })] } }, "[1, 2]", {}],
])("shows %s", (_, literal, text, more) => {
  expect(cell(of(literal), "inputs.x")).toMatchObject({ text, ...more });
});

test("an instant is shown to the second, whole on demand", () => {
  const found = cell(of(primitive({ datetime: "2026-01-31T08:00:00.250Z" })), "inputs.x");
  expect(found?.text).toMatch(/^2026-0[12]-\d\d \d\d:\d\d:00$/);
  expect(found?.whole).toContain(".250 UTC");
});

describe("a field of a record", () => {
  it("is a column by itself", () => {
    expect(knownColumns([of(config)]).inputs.map(({ key }) => key)).toEqual(["inputs.x.net.depth", "inputs.x.rate", "inputs.x.tags"]);
    expect([cell(of(config), "inputs.x.rate")?.text, cell(of(config), "inputs.x.net.depth")?.text, cell(of(config), "inputs.x.tags")?.text]).toEqual(["0.5", "3", '["a", "b"]']);
    expect(cell(of(config), "inputs.x.none")).toBeUndefined();
  });

  it("is asked for by the value that it lies in, or that has its name", () => {
    expect(wantedOf(columnsOf(["inputs.x.net.depth", "inputs.x.rate", "outputs.o0", "metrics@n1.loss", "metrics.loss"]))).toEqual({
      inputs: ["x.net.depth", "x", "x.rate"],
      outputs: ["o0"],
      metrics: ["loss"],
    });
  });

  it("does not take a name for more than a name", () => {
    const odd = of({ scalar: { generic: JSON.parse('{"__proto__": 1, "constructor": 2}') as never } });
    expect(cell(odd, "inputs.x.__proto__")?.text).toBe("1");
    expect(cell(odd, "inputs.constructor")).toBeUndefined();
    expect(cell(of(config), "inputs.toString")).toBeUndefined();
  });
});

describe("a metric", () => {
  const twice: ExecutionValues = { metrics: [{ node_id: "n1", name: "loss", last: 0.5 }, { node_id: "n2", name: "loss", last: "NaN" }, { node_id: "n2", name: "acc.top1" }] };

  it("has one value where one node tells it, and says so where several do", () => {
    expect(cell(twice, "metrics.acc.top1")).toMatchObject({ text: "0.0", number: 0 });
    expect(cell(twice, "metrics.loss")).toMatchObject({ text: "2 nodes", whole: "n1: 0.5\nn2: NaN", isAbout: true });
    expect(cell({ ...twice, is_left_out: true }, "metrics.loss")?.text).toBe("2 nodes or more");
    expect(cell(twice, "metrics@n1.loss")?.text).toBe("0.5");
    expect(cell(twice, "metrics@n3.loss")).toBeUndefined();
    expect(cell({ ...twice, is_left_out: true }, "metrics.other")).toMatchObject({ text: "not looked at", isAbout: true });
  });

  it("is offered for each of these", () => {
    expect(knownColumns([twice]).metrics.map(({ key }) => key)).toEqual(["metrics.acc.top1", "metrics.loss", "metrics@n1.loss", "metrics@n2.loss"]);
  });
});

test("what the server leaves out is said", () => {
  const values: ExecutionValues = { inputs: {}, left_out: ["inputs.x"], is_left_out: true };
  expect(cell(values, "inputs.x")?.text).toBe("too large");
  expect(cell(values, "inputs.x.rate")?.text).toBe("too large");
  expect(knownColumns([values]).inputs.map(({ key }) => key)).toEqual(["inputs.x"]);
});

test("an address names columns, each once, no more than a list holds", () => {
  expect(columnsOf(["inputs.a", "inputs.a", "nothing.b", "inputs.", "inputs@n1.a", "outputs.o 0"]).map(({ key }) => key)).toEqual(["inputs.a", "outputs.o 0"]);
  expect(columnsOf(Array.from({ length: 1000 }, (_, at) => `inputs.x${at}`))).toHaveLength(MOST_COLUMNS);
  expect(columnLabels(columnsOf(["inputs.rate", "metrics.rate", "metrics.loss", "metrics@n1.loss"]))).toEqual(["rate (input)", "rate (metric)", "loss (metric)", "loss · n1"]);
});

test("rows are sorted by a column, what has no number or text last either way", () => {
  const cells = { a: { text: "2", number: 2 }, b: { text: "10", number: 10 }, c: { text: "NaN", number: Number.NaN, isNumber: true }, d: { text: "x10", number: Number.NaN }, e: { text: "x9", number: Number.NaN } };
  const sorted = (isDown: boolean) => sortedByCell([..."fcedba"], (row) => (cells as Partial<Record<string, ValueCell>>)[row], isDown).join("");
  expect([sorted(false), sorted(true)]).toEqual(["abedcf", "badecf"]);
});

test("a column is as wide as its first values need, and at the right where they are numbers", () => {
  const values = ["2026-01-31T08:00:00Z", "2026-02-28T08:00:00Z"].map((datetime, at): ExecutionValues => ({ inputs: { literals: { at: primitive({ datetime }), n: primitive({ integer: String(at) }) } } }));
  const looks = columnLooks(columnsOf(["inputs.at", "inputs.n", "metrics.a_rather_long_name_of_a_metric"]), [undefined, ...values]);
  expect(columnLooks(columnsOf(["inputs.x"]), [of(primitive({ string_value: "a" })), of(primitive({ string_value: "b" })), of(primitive({ integer: "1" }))])[0]?.isNumber).toBe(false);
  expect(looks.map(({ isNumber, width }) => [isNumber, width])).toEqual([[false, 10], [true, 6], [false, 14]]);
});
