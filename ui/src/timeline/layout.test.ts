import { describe, expect, test } from "vitest";
import type { NodeRow } from "@/graph/rows";
import type { AttemptDetail } from "@/idl";
import { barsOf, VisibleRows, timelineRows, spanOfAll, ticks, wholeOf } from "./layout";

const BEGIN = Date.parse("2026-01-01T00:00:00Z");
const iso = (second: number) => new Date(BEGIN + 1000 * second).toISOString();

function row(id: string, depth: number, more: Partial<NodeRow> = {}): NodeRow {
  return { id, name: id, kind: "task", detail: "", depth, parent: undefined, hasChildren: false, phase: "SUCCEEDED", cache: "", createdAt: BEGIN, startedAt: BEGIN, endedAt: BEGIN + 4000, duration: 4, ...more };
}

function attempt(id: string, number: number, from: number, to: number, item = 0): AttemptDetail {
  return { node: { node_id: id }, retry_attempt: number, item, created_at: iso(from), ended_at: iso(to), phase: "SUCCEEDED", times: { run_us: String((to - from) * 1e6) } };
}

const seconds = (bar: { from: number; to: number }) => [(bar.from - BEGIN) / 1000, (bar.to - BEGIN) / 1000];

describe("a timeline", () => {
  const nodes = [row("w", 0, { hasChildren: true }), row("a", 1), row("m", 0, { kind: "map", endedAt: BEGIN + 9000 })];
  const rows = timelineRows(nodes, ({ kind }) => kind === "map");

  test("reaches from the first beginning to the last end, or to now", () => {
    const { from, to } = spanOfAll(nodes, BEGIN);
    expect([from, to > BEGIN + 9000, to < BEGIN + 9500]).toEqual([BEGIN, true, true]);
    expect(spanOfAll([...nodes, row("r", 0, { phase: "RUNNING", endedAt: Number.NaN })], BEGIN + 20_000).to).toBeGreaterThan(BEGIN + 20_000);
    expect(spanOfAll([], BEGIN).from).toBe(BEGIN);
  });

  test("has a bar for each attempt, and one for what has none", () => {
    expect(barsOf([attempt("a", 0, 0, 1), attempt("a", 1, 1, 3)], BEGIN).map((bar) => [bar.attempt, ...seconds(bar)])).toEqual([[0, 0, 1], [1, 1, 3]]);
    expect(wholeOf(row("w", 0), BEGIN).map((bar) => [bar.attempt, ...seconds(bar)])).toEqual([[-1, 0, 4]]);
  });

  test("folds a map's items from the start, and others when asked", () => {
    const shown = (...toggled: string[]) => {
      const lines = new VisibleRows(rows, new Set(toggled), () => 3);
      return Array.from({ length: lines.count }, (_, at) => lines.at(at)?.key);
    };
    expect(shown()).toEqual(["w", "a", "m"]);
    expect(shown("m", "w")).toEqual(["w", "m", "m[0]", "m[1]", "m[2]"]);
  });

  test("finds any of the items of several large maps", () => {
    const many = timelineRows([row("m", 0), row("n", 0), row("z", 0)], ({ id }) => id !== "z");
    const lines = new VisibleRows(many, new Set(["m", "n"]), () => 50_000);
    expect([0, 1, 50_000, 50_001, 50_002, 100_001, 100_002, 100_003].map((at) => lines.at(at)?.key)).toEqual(["m", "m[0]", "m[49999]", "n", "n[0]", "n[49999]", "z", undefined]);
    expect([lines.count, lines.at(-1)]).toEqual([100_003, undefined]);
  });
});

test("a scale has round marks and not too many", () => {
  expect(ticks(0, 9, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(ticks(0.3, 1.1, 4)).toEqual([0.4, 0.6, 0.8, 1]);
  for (const span of [1e-3, 0.4, 37, 9999, 1e7]) expect(ticks(0, span, 8).length).toBeLessThanOrEqual(9);
});
