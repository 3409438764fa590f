import { describe, expect, test } from "vitest";
import { layered } from "./layered";
import { layoutGraph, type Box, type Layout } from "./layout";
import type { GraphEdge, GraphNode } from "./model";

const size = { width: 100, height: 40 };
const sized = (...ids: string[]) => ids.map((id) => ({ id, ...size }));
const at = (layout: Layout, id: string): Box => layout.boxes.get(id) ?? { x: Number.NaN, y: Number.NaN, width: 0, height: 0 };

function overlaps(boxes: readonly Box[]): number {
  let found = 0;
  boxes.forEach((a, i) => {
    for (const b of boxes.slice(i + 1)) if (a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height) found++;
  });
  return found;
}

/** A repeatable stream of numbers in [0, 1). */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

function randomGraph(count: number, seed: number): [ReturnType<typeof sized>, GraphEdge[]] {
  const next = random(seed);
  const nodes = sized(...Array.from({ length: count }, (_, n) => `n${n}`));
  const edges: GraphEdge[] = [];
  for (let to = 1; to < count; to++) for (let k = 0; k < 2; k++) edges.push({ from: `n${Math.floor(next() * to)}`, to: `n${to}` });
  return [nodes, edges];
}

describe("the layered layout", () => {
  test("goes from left to right along every edge and lays nothing over another", () => {
    for (const seed of [3, 17, 99]) {
      const [nodes, edges] = randomGraph(120, seed);
      const layout = layered(nodes, edges);
      for (const { from, to } of edges) expect(at(layout, from).x + size.width).toBeLessThan(at(layout, to).x);
      expect(overlaps([...layout.boxes.values()])).toBe(0);
      for (const box of layout.boxes.values()) {
        expect(box.x).toBeGreaterThanOrEqual(0);
        expect(box.y).toBeGreaterThanOrEqual(-1e-6);
        expect(box.y + box.height).toBeLessThanOrEqual(layout.height + 1e-6);
      }
    }
  });

  test("stands a node in the middle of its successors", () => {
    const layout = layered(sized("a", "b", "c", "d"), [
      { from: "a", to: "b" },
      { from: "a", to: "c" },
      { from: "b", to: "d" },
      { from: "c", to: "d" },
    ]);
    expect(at(layout, "a").y).toBeCloseTo((at(layout, "b").y + at(layout, "c").y) / 2);
    expect(at(layout, "d").y).toBeCloseTo(at(layout, "a").y);
  });

  test("folds a fan of thousands into a block", () => {
    const ids = Array.from({ length: 5000 }, (_, n) => `n${n}`);
    const layout = layered(sized("root", ...ids), ids.map((to) => ({ from: "root", to })));
    expect(layout.width / layout.height).toBeGreaterThan(0.5);
    expect(layout.width / layout.height).toBeLessThan(4);
  });

  test("survives a cycle and an edge that leads nowhere", () => {
    const layout = layered(sized("a", "b"), [{ from: "a", to: "b" }, { from: "b", to: "a" }, { from: "a", to: "gone" }]);
    expect(layout.boxes.size).toBe(2);
  });

  test("places 10,000 nodes", () => {
    const [nodes, edges] = randomGraph(10_000, 5);
    expect(layered(nodes, edges).boxes.size).toBe(10_000);
  });
});

describe("nested graphs", () => {
  const node = (id: string, parent?: string, isExpanded = false): GraphNode => ({
    id, parent, specId: id, name: id, kind: isExpanded ? "workflow" : "task", detail: "", isContainer: isExpanded, isExpanded,
  });

  test("lie within their frames, whose neighbours keep clear", async () => {
    const model = { nodes: [node("a"), node("w", undefined, true), node("x", "w"), node("y", "w"), node("b")], edges: [{ from: "a", to: "w" }, { from: "x", to: "y" }, { from: "w", to: "b" }] };
    const layout = await layoutGraph(model, layered);
    const frame = at(layout, "w");
    for (const id of ["x", "y"]) {
      const box = at(layout, id);
      expect(box.x).toBeGreaterThan(frame.x);
      expect(box.y).toBeGreaterThan(frame.y);
      expect(box.x + box.width).toBeLessThan(frame.x + frame.width);
      expect(box.y + box.height).toBeLessThan(frame.y + frame.height);
    }
    expect(overlaps([at(layout, "a"), frame, at(layout, "b")])).toBe(0);
    expect([...layout.boxes.keys()]).toEqual(["a", "w", "x", "y", "b"]);
  });
});
