import { describe, expect, test } from "vitest";
import type { NodeRow } from "@/graph/rows";
import type { AttemptDetail } from "@/idl";
import { layTimeline, ticks, unfolded } from "./layout";

const BEGIN = Date.parse("2026-01-01T00:00:00Z");
const iso = (second: number) => new Date(BEGIN + 1000 * second).toISOString();

function row(id: string, depth: number, more: Partial<NodeRow> = {}): NodeRow {
  return { id, name: id, kind: "task", detail: "", depth, parent: undefined, hasChildren: false, phase: "SUCCEEDED", cache: "", createdAt: BEGIN, startedAt: BEGIN, endedAt: BEGIN + 4000, duration: 4, ...more };
}

function attempt(id: string, number: number, from: number, to: number, item = 0): AttemptDetail {
  return { node: { node_id: id }, retry_attempt: number, item, created_at: iso(from), ended_at: iso(to), phase: "SUCCEEDED", times: { run_us: String((to - from) * 1e6) } };
}

describe("a timeline", () => {
  const timeline = layTimeline([row("w", 0, { hasChildren: true }), row("a", 1), row("m", 0)], [attempt("a", 0, 0, 1), attempt("a", 1, 1, 3), attempt("m", 0, 2, 9, 2), attempt("m", 0, 2, 5, 1)], BEGIN);

  test("has a bar for each attempt, and one for what has none", () => {
    expect(timeline.rows.map((each) => [each.key, each.bars.map((bar) => [bar.attempt, (bar.from - BEGIN) / 1000, (bar.to - BEGIN) / 1000])])).toEqual([
      ["w", [[-1, 0, 4]]],
      ["a", [[0, 0, 1], [1, 1, 3]]],
      ["m", [[-1, 0, 4]]],
      ["m[0]", [[0, 2, 5]]],
      ["m[1]", [[0, 2, 9]]],
    ]);
    expect(timeline.from).toBe(BEGIN);
    expect(timeline.to).toBeGreaterThan(BEGIN + 9000);
    expect(timeline.to).toBeLessThan(BEGIN + 9500);
  });

  test("folds a map's items from the start, and others when asked", () => {
    expect(unfolded(timeline.rows, new Set()).map((each) => each.key)).toEqual(["w", "a", "m"]);
    expect(unfolded(timeline.rows, new Set(["m", "w"])).map((each) => each.key)).toEqual(["w", "m", "m[0]", "m[1]"]);
  });

  test("of nothing is empty", () => {
    expect(layTimeline([], [], BEGIN)).toMatchObject({ rows: [], from: BEGIN });
  });
});

test("a scale has round marks and not too many", () => {
  expect(ticks(0, 9, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(ticks(0.3, 1.1, 4)).toEqual([0.4, 0.6, 0.8, 1]);
  for (const span of [1e-3, 0.4, 37, 9999, 1e7]) expect(ticks(0, span, 8).length).toBeLessThanOrEqual(9);
});
