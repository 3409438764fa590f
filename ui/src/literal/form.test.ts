import { expect, it } from "vitest";
import type { LiteralType } from "@/idl";
import { canStay, fits, fromLiteral, initial, shapeOfType, typeWords, writeLiteral, type Value } from "./index";
import { parseJson } from "./json";
import { decodeMsgpack, encodeMsgpack } from "./msgpack";
import type { Plain } from "./plain";
import { launchCommand, launchPython, type LaunchWords } from "./text";
import { draftPlain } from "./write";

const struct = (metadata: Record<string, unknown>): LiteralType => ({ simple: "STRUCT", metadata });
const text = (value: string): Value => ({ form: "text", text: value });

it("lays out a record that requires itself no deeper than it must", () => {
  const cyclic = struct({ $ref: "#/$defs/A", $defs: { A: { type: "object", properties: { a: { $ref: "#/$defs/A" } }, required: ["a"] } } });
  const value = initial(shapeOfType(cyclic));
  expect(JSON.stringify(value, (_, each: unknown) => (each instanceof Map ? [...each] : each)).length).toBeLessThan(500);
  expect(writeLiteral(shapeOfType(cyclic), value).problems[0]?.path).toBe("a.a.a.a");
});

it.each([
  { $ref: "#" },
  { $ref: "#/$defs/A", $defs: { A: { $ref: "#/$defs/B" }, B: { $ref: "#/$defs/A" } } },
  { $ref: "#/$defs/A", $defs: { A: { anyOf: [{ $ref: "#/$defs/A" }, { type: "null" }] } } },
  { $ref: "#/$defs/A", $defs: { A: { allOf: [{ $ref: "#/$defs/A" }] } } },
  { $ref: "#/nowhere/%zz" },
  { type: "object", properties: 7, required: "x" },
  { type: "array", items: { $ref: "#" } },
])("a schema that leads nowhere ends: %j", (schema) => {
  const shape = shapeOfType(struct(schema));
  expect(writeLiteral(shape, initial(shape))).toBeDefined();
});

it("keeps fields that a schema does not know", () => {
  const shape = shapeOfType(struct({ type: "object", properties: { a: { type: "integer" } } }));
  const generic = { a: 1, __proto__x: 2 };
  expect(writeLiteral(shape, fromLiteral(shape, { scalar: { generic } })).value).toEqual({ scalar: { generic } });
});

it("says where in a list or record something is wrong", () => {
  const list = shapeOfType({ collection_type: { simple: "INTEGER" } });
  const value: Value = { form: "list", items: [{ key: 1, value: text("1") }, { key: 2, value: text("x") }] };
  expect(writeLiteral(list, value).problems).toEqual([{ path: "1", message: "A whole number is expected, such as 42", isMissing: false }]);
});

it("refuses two entries of one key", () => {
  const map = shapeOfType({ map_value_type: { simple: "INTEGER" } });
  const entry = (key: number) => ({ key, name: "a", value: text("1") });
  expect(writeLiteral(map, { form: "map", entries: [entry(1), entry(2)] }).problems[0]?.message).toContain("twice");
});

it("tells a protobuf Struct's ints that it cannot hold", () => {
  const shape = shapeOfType(struct({ type: "object", properties: { a: { type: "integer" } } }));
  const value: Value = { form: "record", fields: new Map([["a", text("9007199254740993")]]) };
  expect(writeLiteral(shape, value).problems[0]?.message).toContain("holds only floats");
});

it("keeps a literal that does not fit its type", () => {
  const shape = shapeOfType({ simple: "INTEGER" });
  const literal = { scalar: { primitive: { string_value: "x" } } };
  expect(fromLiteral(shape, literal)).toEqual({ form: "literal", literal });
});

it("keeps a stored value that a form would refuse", () => {
  const literal = { scalar: { primitive: { duration: "315576000000.999999999s" } } };
  const shape = shapeOfType({ simple: "DURATION" });
  expect(fromLiteral(shape, literal)).toEqual({ form: "literal", literal });
  expect(fromLiteral(shapeOfType({ collection_type: { simple: "DURATION" } }), { collection: { literals: [literal] } })).toMatchObject({ items: [{ value: { literal } }] });
});

it("reads JSON exactly", () => {
  expect(parseJson('{"a": [1, 1.0, 9007199254740993, -Infinity, 1e2], "b": null}')).toEqual(new Map<string, Plain>([["a", [1n, 1, 9007199254740993n, -Infinity, 100]], ["b", null]]));
  expect(() => parseJson('{"a": 1,}')).toThrow('line 1, column 9: expected a name in "quotes", found "}"');
  expect(() => parseJson("[1\n2]")).toThrow("line 2, column 1");
  expect(() => parseJson("[".repeat(100_000))).toThrow("nested too deep");
});

it.each<Plain>([0n, 127n, 128n, -32n, -33n, 255n, 65536n, -(2n ** 63n), 2n ** 64n - 1n, 1, -0.5, "x".repeat(40), "ü".repeat(40_000), [...Array<Plain>(20).fill(1n)], new Uint8Array(300)])(
  "msgpack gives back %s",
  (plain) => expect(decodeMsgpack(encodeMsgpack(plain))).toEqual(plain),
);

it("does not read msgpack that ends early or nests without end", () => {
  expect(() => decodeMsgpack(Uint8Array.from([0x92, 1]))).toThrow();
  expect(() => decodeMsgpack(new Uint8Array(10_000).fill(0x91))).toThrow();
});

it("keeps what was typed for a type that it still fits", () => {
  expect(canStay(shapeOfType({ simple: "FLOAT" }), text("1"))).toBe(true);
  expect(canStay(shapeOfType({ enum_type: { values: ["a"] } }), text("b"))).toBe(false);
  expect(canStay(shapeOfType({ simple: "FLOAT" }), { form: "list", items: [] })).toBe(false);
});

it("names types as Python does", () => {
  expect(typeWords({ union_type: { variants: [{ collection_type: { simple: "INTEGER" } }, { simple: "NONE" }] } })).toBe("list[int] | None");
});

it("lets an output flow where its type is welcome", () => {
  const optional: LiteralType = { union_type: { variants: [{ simple: "INTEGER" }, { simple: "NONE" }] } };
  expect(fits({ simple: "INTEGER" }, optional)).toBe(true);
  expect(fits(optional, { simple: "INTEGER" })).toBe(false);
  expect(fits({ simple: "FLOAT" }, { simple: "INTEGER" })).toBe(false);
});

const WORDS: LaunchWords = {
  server: "", project: "p", domain: "d", target: "a.wf", version: "v1", name: "", overwriteCache: false, labels: new Map(), annotations: new Map(), env: new Map(), maxParallelism: 0, interruptible: undefined, outputs: "",
  inputs: [
    { name: "how_many", type: { simple: "INTEGER" }, literal: { scalar: { primitive: { integer: "-3" } } } },
    { name: "fast", type: { simple: "BOOLEAN" }, literal: { scalar: { primitive: { boolean: false } } } },
    { name: "name", type: { simple: "STRING" }, literal: { scalar: { primitive: { string_value: "it's $HOME" } } } },
  ],
};

it("writes the command as the shell and alula read it", () => {
  expect(launchCommand(WORDS).text).toBe("alula launch a.wf:v1 \\\n  --project p \\\n  --domain d \\\n  --how-many=-3 \\\n  --no-fast \\\n  -i 'name=it'\\''s $HOME'");
  expect(launchCommand({ ...WORDS, inputs: [{ name: "x; rm -rf ~", type: { simple: "STRING" }, literal: { scalar: { primitive: { string_value: "$(y)" } } } }] }).text).toContain(" -i 'x; rm -rf ~=$(y)'");
});

const EVERYTHING: LaunchWords = {
  ...WORDS, inputs: [], name: "told", overwriteCache: true, labels: new Map([["team", "it's a = $(b)"], ["-x", ""]]), annotations: new Map([["why", "two\nlines"]]), env: new Map([["SEED", "7"]]),
  maxParallelism: 3, interruptible: false, outputs: "s3://bucket/a b",
};

it("writes every option of the form into the command", () => {
  const { text: written, missing } = launchCommand(EVERYTHING);
  const options = ["--name told", "--overwrite-cache", "--label 'team=it'\\''s a = $(b)'", "--label=-x=", "--annotation 'why=two\nlines'", "--env SEED=7", "--max-parallelism 3", "--no-interruptible", "--output-prefix 's3://bucket/a b'"];
  expect(written).toBe(["alula launch a.wf:v1", "--project p", "--domain d", ...options].join(" \\\n  "));
  expect(missing).toEqual([]);
  expect(launchCommand({ ...WORDS, inputs: [], labels: new Map([["a=b", "c"]]) }).missing).toEqual(["label a=b"]);
  const label = { name: "label", type: { simple: "STRING" }, literal: { scalar: { primitive: { string_value: "cat" } } } } as const;
  expect(launchCommand({ ...WORDS, inputs: [label] }).text).toContain(" -i label=cat");
});

it("writes every option of the form into the Python", () => {
  const { text: written, missing } = launchPython(EVERYTHING);
  for (const said of ['name="told"', '"team": "it\'s a = $(b)"', 'annotations={"why": "two\\nlines"}', 'env={"SEED": "7"}', "max_parallelism=3", "overwrite_cache=True", "interruptible=False", 'output_prefix="s3://bucket/a b"']) {
    expect(written).toContain(said);
  }
  expect(missing).toEqual([]);
});

it("writes the same in Python", () => {
  const { text: written } = launchPython({ ...WORDS, labels: new Map([["team", "a"]]), interruptible: true });
  expect(written).toContain('client.launch.with_options(labels={"team": "a"}, interruptible=True)');
  expect(written).toContain("how_many=-3");
  expect(written).toContain('name="it\'s $HOME"');
});

it("names the server where it would not be found", () => {
  const words = { ...WORDS, inputs: [], server: "[::1]:4000" };
  expect(launchCommand(words).text).toBe("alula launch a.wf:v1 \\\n  --project p \\\n  --domain d \\\n  --address '[::1]:4000'");
  expect(launchPython(words).text).toContain('al.connect("[::1]:4000", project="p", domain="d")');
  expect(launchPython({ ...words, server: "" }).text).toContain('al.connect(project="p", domain="d")');
});

it("shows of an unfinished record what is there", () => {
  const shape = shapeOfType(struct({ type: "object", properties: { a: { type: "integer" }, b: { type: "string", default: "x" } }, required: ["a"] }));
  expect(draftPlain(shape, initial(shape))).toEqual(new Map([["b", "x"]]));
});
