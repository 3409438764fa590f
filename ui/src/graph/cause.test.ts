import { describe, expect, test } from "vitest";
import type { NodeExecution } from "@/idl";
import { parseError } from "@/lib/error";
import { firstCause, ofItem } from "./cause";

function node(id: string, spec: string, phase: NonNullable<NodeExecution["closure"]>["phase"], second: number, message = "went wrong", isParent = false): NodeExecution {
  const error = phase === "FAILED" ? { code: "USER:ValueError", message, kind: "USER" as const } : undefined;
  return {
    id: { node_id: id },
    closure: { phase, updated_at: `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`, error },
    metadata: { spec_node_id: spec, is_parent_node: isParent },
  };
}

describe("the first cause", () => {
  test("is the innermost node that failed", () => {
    const cause = firstCause([node("n1", "n1", "FAILED", 3, "outer", true), node("n1-0-n0", "n0", "FAILED", 3, "inner")]);
    expect(cause).toMatchObject({ nodeId: "n1-0-n0", within: ["n1"], error: { headline: "inner" } });
  });

  test("is the earliest of several, whatever their order", () => {
    expect(firstCause([node("n2", "n2", "FAILED", 9), node("n1", "n1", "FAILED", 4), node("n0", "n0", "SUCCEEDED", 1)])?.nodeId).toBe("n1");
  });

  test("is not there while nothing has failed", () => {
    expect(firstCause([node("n0", "n0", "RUNNING", 1), node("n1", "n1", "ABORTED", 1)])).toBeUndefined();
  });
});

describe("a map", () => {
  test("tells the error of the item that failed first", () => {
    const trace = (item: number) => `RetriesExhausted|USER:ValueError: [1/1] currentAttempt done. Last Error: USER::ValueError: item ${item} is no good\n\nIn your code:\n  File "a.py"`;
    const parsed = parseError({ message: `map "n0": 2 of 3 items failed, 2 must succeed\n[0]: ${trace(6)}\n[12]: ${trace(13)}`, kind: "USER" });
    expect(ofItem(parsed)).toMatchObject({
      item: 0,
      summary: 'map "n0": 2 of 3 items failed, 2 must succeed',
      error: { code: "ValueError", headline: "ValueError: item 6 is no good", trace: 'In your code:\n  File "a.py"', attempts: "1 of 1" },
    });
  });
  test("is told from a trace of its own", () => {
    expect(ofItem(parseError({ message: "ValueError: x\n\nIn your code:\n  File" }))).toMatchObject({ summary: "", error: { headline: "ValueError: x" } });
  });
});
