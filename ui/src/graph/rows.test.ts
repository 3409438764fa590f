import { describe, expect, test } from "vitest";
import type { NodeExecution } from "@/idl";
import { NO_RUN } from "./build";
import { Describer } from "./describe";
import { chooseRows, nodeRows } from "./rows";

function node(id: string, spec: string, phase: NonNullable<NodeExecution["closure"]>["phase"], started: string, duration: string, isParent = false): [string, NodeExecution] {
  return [id, { id: { node_id: id }, closure: { phase, started_at: started, created_at: started, duration }, metadata: { spec_node_id: spec, is_parent_node: isParent } }];
}

const nodes = new Map([
  node("start-node", "start-node", "SUCCEEDED", "2026-01-01T00:00:00Z", "0s"),
  node("n0", "n0", "SUCCEEDED", "2026-01-01T00:00:01Z", "5s", true),
  node("n1", "n1", "RUNNING", "2026-01-01T00:00:02Z", "0s"),
  node("n0-0-n3", "n3", "FAILED", "2026-01-01T00:00:03Z", "2s"),
]);
const describer = new Describer({}, NO_RUN, nodes, new Map([["n1", "called"]]));
const rows = nodeRows(nodes, describer);
const ORDER = { key: "order", isDown: false } as const;

describe("rows of nodes", () => {
  test("stand behind what they lie in, without the ends of graphs", () => {
    expect(rows.map((row) => [row.id, row.depth, row.hasChildren])).toEqual([["n0", 0, true], ["n0-0-n3", 1, false], ["n1", 0, false]]);
    expect(rows[2]).toMatchObject({ name: "called", duration: Number.NaN, endedAt: Number.NaN });
    expect(rows[1]?.endedAt).toBe(Date.parse("2026-01-01T00:00:05Z"));
  });

  test("are hidden in what is collapsed", () => {
    expect(chooseRows(rows, "", new Set(), ORDER, new Set(["n0"])).rows.map((row) => row.id)).toEqual(["n0", "n1"]);
  });

  test("are found by text and phase, whatever is collapsed, and sorted with what runs last", () => {
    expect(chooseRows(rows, "N3", new Set(), ORDER, new Set(["n0"])).rows.map((row) => row.id)).toEqual(["n0-0-n3"]);
    expect(chooseRows(rows, "", new Set(["RUNNING"]), ORDER, new Set()).rows.map((row) => row.id)).toEqual(["n1"]);
    const sorted = chooseRows(rows, "", new Set(), { key: "duration", isDown: false }, new Set());
    expect(sorted.rows.map((row) => row.id)).toEqual(["n0-0-n3", "n0", "n1"]);
    expect(sorted.isNested).toBe(false);
  });
});
