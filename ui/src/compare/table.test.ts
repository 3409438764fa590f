import { describe, expect, it } from "vitest";
import type { ComparedExecution, Literal } from "@/idl";
import { toCsv } from "./csv";
import { axesOf, isWithin, marksOf, telling, type Axis } from "./parallel";
import { pointsOf, rangeOf, smooth } from "./curve";
import { compareExecutions } from "./table";

const integer = (value: string): Literal => ({ scalar: { primitive: { integer: value } } });
const float = (value: number | "NaN"): Literal => ({ scalar: { primitive: { float_value: value } } });
const file = (uri: string, hash: string): Literal => ({ scalar: { blob: { uri } }, hash });

function run(change: Partial<ComparedExecution>): ComparedExecution {
  return { workflow_id: { name: "w", version: "v1" }, execution: { closure: { duration: "2s" } }, ...change };
}

const rows = (...executions: ComparedExecution[]) => compareExecutions(executions).flatMap(({ rows }) => rows);
const row = (key: string, ...executions: ComparedExecution[]) => rows(...executions).find((each) => each.key === key);

describe("what differs", () => {
  it("tells numbers beyond 2^53 apart", () => {
    const a = run({ inputs: { literals: { n: integer("9007199254740993") } } });
    const b = run({ inputs: { literals: { n: integer("9007199254740992") } } });
    expect(row("inputs:n", a, b)).toMatchObject({ isSame: false, cells: [{ text: "9007199254740993" }, { text: "9007199254740992" }] });
  });
  it("takes files of one content for the same, wherever they lie", () => {
    const a = run({ outputs: { literals: { m: file("s3://a/1/model.bin", "h") } } });
    const b = run({ outputs: { literals: { m: file("s3://b/2/model.bin", "h") } } });
    const c = run({ outputs: { literals: { m: file("s3://b/2/model.bin", "i") } } });
    expect(row("outputs:m", a, b)).toMatchObject({ isSame: true, cells: [{ text: "model.bin · h" }, { text: "model.bin · h" }] });
    expect(row("outputs:m", a, c)?.isSame).toBe(false);
  });
  it("says where one has what the other lacks", () => {
    const a = run({ inputs: { literals: { x: integer("1") } } });
    expect(row("inputs:x", a, run({}))).toMatchObject({ isSame: false, cells: [{ text: "1" }, undefined] });
  });
  it("shows NaN as itself and equal to itself", () => {
    const a = run({ outputs: { literals: { x: float("NaN") } } });
    expect(row("outputs:x", a, a)).toMatchObject({ isSame: true, cells: [{ text: "NaN" }, { text: "NaN" }] });
  });
  it("names the node of a metric only where several tell", () => {
    const nodes = [
      { node_id: "n0", name: "train" },
      { node_id: "n1", name: "test" },
    ];
    const tells = (...ids: string[]) => run({ nodes, metrics: ids.map((node_id) => ({ node_id, metrics: [{ name: "loss", last: 0.5 }] })) });
    expect(row("metrics:loss", tells("n0"), tells("n0"))?.isSame).toBe(true);
    expect(row("metrics:test.loss", tells("n0", "n1"), tells("n0"))?.cells[1]).toBeUndefined();
  });
  it("keeps metrics of nodes of one name apart", () => {
    const nodes = ["n0", "n1"].map((node_id) => ({ node_id, name: "train" }));
    const a = run({ nodes, metrics: [0.5, 0.25].map((last, at) => ({ node_id: `n${at}`, metrics: [{ name: "loss", last }] })) });
    expect(row("metrics:train (n0).loss", a, a)?.cells[0]?.number).toBe(0.5);
    expect(row("metrics:train (n1).loss", a, a)?.cells[0]?.number).toBe(0.25);
  });
  it("keeps nodes of one name apart and says what came from the cache", () => {
    const a = run({
      nodes: [
        { node_id: "n0", name: "double", duration_us: "1500000" },
        { node_id: "n1", name: "double", cache_status: "CACHE_HIT" },
      ],
    });
    expect(row("durations:double (n0)", a, a)?.cells[0]?.number).toBe(1.5);
    expect(row("durations:double (n1)", a, a)?.cells[0]?.text).toBe("from the cache");
  });
  it("says so where a value cannot be read", () => {
    const a = run({ inputs: { literals: { x: { scalar: { binary: { tag: "msgpack", value: "wcHB" } } } } } });
    expect(row("inputs:x", a, a)?.cells[0]?.text).toBe("(cannot be read)");
  });
});

describe("axes", () => {
  it("stand for numbers and for few texts, only where they differ", () => {
    const at = (x: string, version: string) => run({ inputs: { literals: { x: integer(x), y: integer("1") } }, workflow_id: { name: "w", version } });
    const axes = axesOf(compareExecutions([at("1", "a"), at("3", "b"), at("2", "a")]));
    expect(axes.map(({ key, heights }) => [key, heights])).toEqual([
      ["inputs:x", [0, 1, 0.5]],
      ["versions:version", [0, 1, 0]],
    ]);
  });
});

describe("axes by size", () => {
  const runs = [0.001, 0.01, 0.1].map((rate, at) => run({ inputs: { literals: { rate: float(rate) } }, outputs: { literals: { score: float(at), note: float(at === 0 ? "NaN" : at) } } }));
  const axes = axesOf(compareExecutions(runs));
  it("are logarithmic where the largest is many times the least", () => {
    expect(axes[0]).toMatchObject({ key: "inputs:rate", isLog: true });
    expect(axes[0]?.heights.map((each) => Number(each.toFixed(6)))).toEqual([0, 0.5, 1]);
    expect(marksOf(axes[0] as Axis).map(([, text]) => text)).toEqual(["0.001", "0.01", "0.1"]);
    expect(axes[1]).toMatchObject({ key: "outputs:score", isLog: false });
  });
  it("are looked at in parts, and coloured by the first number that came out", () => {
    expect([0, 1, 2].map((at) => isWithin(axes, { "inputs:rate": [0.4, 1], "outputs:score": [0, 0.6] }, at))).toEqual([false, true, false]);
    expect([0, 1, 2].map((at) => isWithin(axes, {}, at))).toEqual([true, true, true]);
    expect(telling(axes)?.key).toBe("outputs:score");
  });
});

describe("axes stand in order", () => {
  const given = (learning: number, name: string, score: number, hash: string, us: string) =>
    run({
      inputs: { literals: { a_name: { scalar: { primitive: { string_value: name } } }, rate: float(learning), long: { scalar: { primitive: { string_value: `${name}${"x".repeat(50)}` } } } } },
      outputs: { literals: { score: float(score), model: file(`s3://a/${hash}`, hash) } },
      source: { commit: `0123456789${hash}` },
      nodes: [{ node_id: "n0", name: "fit", duration_us: us }],
      metrics: [{ node_id: "n0", metrics: [{ name: "loss", last: score / 2 }] }],
    });
  const axes = axesOf(compareExecutions([given(0.1, "a", 0.5, "ab1", "2000000"), given(0.1001, "b", 0.7, "ab2", "2000100")]));
  it("numbers that were set, words, what came out, durations; no hashes and no long texts", () => {
    expect(axes.map(({ key }) => key)).toEqual(["inputs:rate", "inputs:a_name", "outputs:score", "metrics:loss", "durations:fit"]);
  });
  it("with marks that differ, however small the span", () => {
    expect(marksOf(axes[0] as Axis).map(([, text]) => text)).toEqual(["0.1", "0.10005", "0.1001"]);
    expect(marksOf(axes[4] as Axis).map(([, text]) => text)).toEqual(["2 s", "2.00005 s", "2.0001 s"]);
    expect(marksOf({ ...(axes[0] as Axis), high: 0.1 })).toEqual([[0.5, "0.1"]]);
  });
  it("and leave what came out its place among many inputs", () => {
    const many = (base: number) => run({ inputs: { literals: Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`x${at}`, float(base + at)])) }, outputs: { literals: { y: float(base) } } });
    const keys = axesOf(compareExecutions([many(1), many(2)])).map(({ key }) => key);
    expect(keys).toHaveLength(12);
    expect(keys.at(-1)).toBe("outputs:y");
  });
});

describe("CSV", () => {
  it("quotes what must be quoted and defuses formulas, not numbers", () => {
    const a = run({ inputs: { literals: { "a,b": { scalar: { primitive: { string_value: '=HYPERLINK("x")' } } }, n: integer("-5") } } });
    const csv = toCsv(compareExecutions([a, a]), ["one", "two"]);
    expect(csv).toContain(`Inputs,"a,b","'=HYPERLINK(""x"")","'=HYPERLINK(""x"")"\r\n`);
    expect(csv).toContain("Inputs,n,-5,-5\r\n");
  });
});

describe("points of a curve", () => {
  const series = { steps: [2, 0, 1], at: [1_000_000, 1_500_000, 3_000_000], values: [8, 4, "NaN"] };
  it("go from left to right before they are smoothed", () => {
    expect(pointsOf(series, { isTime: false, weight: 0 })).toEqual({ x: [0, 1, 2], y: [4, Number.NaN, 8] });
    expect(pointsOf(series, { isTime: false, weight: 0.5 }).y[2]).toBeCloseTo(20 / 3);
  });
  it("are seconds since the first by time", () => {
    expect(pointsOf(series, { isTime: true, weight: 0 })).toEqual({ x: [0, 0.5, 2], y: [8, 4, Number.NaN] });
    expect(pointsOf(undefined, { isTime: true, weight: 0 })).toEqual({ x: [], y: [] });
  });
  it("are looked at closer in the terms of their series", () => {
    expect(rangeOf(series, { from: 0.5, to: 2 }, true)).toEqual({ isTime: true, from: 1_500_000, to: 3_000_000 });
    expect(rangeOf(series, { from: 0.5, to: 2 }, false)).toEqual({ isTime: false, from: 0.5, to: 2 });
  });
});

describe("smoothing", () => {
  it("keeps a constant, its first value and what is no number", () => {
    expect(smooth([3, 3, Number.NaN, 3], 0.9).map((value) => Number(value.toFixed(9)))).toEqual([3, 3, Number.NaN, 3]);
    expect(smooth([4, 8], 0.5)[1]).toBeCloseTo(20 / 3);
  });
});
