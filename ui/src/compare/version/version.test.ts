import { expect, it } from "vitest";
import type { CompiledWorkflow, TaskTemplate } from "@/idl";
import { fileChanges } from "./files";
import { graphChanges } from "./graph";
import { folded, lineChanges, paired } from "./lines";
import { taskChanges } from "./settings";
import { interfaceChanges } from "./signature";

const promise = (node: string, from = "o0") => ({ binding: { promise: { node_id: node, var: from } } });

function workflow(version: string, nodes: { id: string; name: string; x: string; retries?: number }[]): CompiledWorkflow {
  return {
    template: {
      id: { name: "w", version },
      nodes: nodes.map(({ id, name, x, retries }) => ({
        id,
        metadata: { name, retries: { retries } },
        inputs: [{ var: "x", ...promise(x) }],
        task_node: { reference_id: { name: `m.${name}`, version } },
      })),
      outputs: [{ var: "o0", ...promise(nodes.at(-1)?.id ?? "") }],
    },
  };
}

it("finds nothing in a graph that only got another version", () => {
  const nodes = [{ id: "n0", name: "a", x: "start-node" }];
  expect(graphChanges(workflow("1", nodes), workflow("2", nodes))).toEqual({ nodes: [], edges: [] });
});

it("knows a node by its name though its number changed", () => {
  const before = workflow("1", [{ id: "n0", name: "a", x: "start-node" }, { id: "n1", name: "c", x: "n0" }]);
  const after = workflow("2", [{ id: "n0", name: "a", x: "start-node" }, { id: "n1", name: "b", x: "n0" }, { id: "n2", name: "c", x: "n1", retries: 2 }]);
  expect(graphChanges(before, after)).toEqual({
    nodes: [
      { node: "b", status: "added", changes: [] },
      { node: "c", status: "changed", changes: [{ name: "input x", before: "a.o0", after: "b.o0" }, { name: "retries", before: undefined, after: "2" }] },
    ],
    edges: [
      { edge: "a → b", status: "added" },
      { edge: "a → c", status: "removed" },
      { edge: "b → c", status: "added" },
    ],
  });
});

it("says what tasks ask for now", () => {
  const task = (memory: string, retries: number): TaskTemplate => ({
    id: { name: "m.train" },
    type: "python-task",
    container: { resources: { requests: [{ name: "MEMORY", value: memory }] }, args: [memory] },
    metadata: { retries: { retries }, discoverable: true, discovery_version: "1" },
  });
  expect(taskChanges([task("1Gi", 0)], [task("2Gi", 3)])).toEqual([
    { task: "m.train", status: "changed", changes: [{ name: "memory", before: "1Gi", after: "2Gi" }, { name: "retries", before: undefined, after: "3" }] },
  ]);
  expect(taskChanges([task("1Gi", 0)], [])).toEqual([{ task: "m.train", status: "removed", changes: [] }]);
});

it("says which inputs came, went and changed their type", () => {
  const of = (variables: Record<string, "INTEGER" | "FLOAT">) => ({ interface: { inputs: { variables: Object.fromEntries(Object.entries(variables).map(([name, simple]) => [name, { type: { simple } }])) } } });
  expect(interfaceChanges(of({ a: "INTEGER", b: "INTEGER" }), of({ b: "FLOAT", c: "INTEGER" }))).toEqual([
    { name: "input a", before: "int", after: undefined },
    { name: "input b", before: "int", after: "float" },
    { name: "input c", before: undefined, after: "int" },
  ]);
});

it("tells files by their digest", () => {
  const file = (path: string, digest: string) => ({ path, digest, size: "1" });
  const { changes, same } = fileChanges([file("a", "1"), file("b", "1"), file("c", "1")], [file("a", "1"), file("b", "2"), file("d", "1")]);
  expect(same).toBe(1);
  expect(changes.map(({ path, status }) => `${status} ${path}`)).toEqual(["changed b", "removed c", "added d"]);
});

const LONG = Array.from({ length: 30 }, (_, at) => `line ${at + 1}`);
const changed = LONG.with(14, "another").join("\n");

it("folds what is the same far from a change", () => {
  const lines = lineChanges(LONG.join("\n"), changed) ?? [];
  const kinds = folded(lines).map((each) => (each.kind === "fold" ? `${each.lines.length} folded` : each.kind));
  expect(kinds).toEqual(["11 folded", "same", "same", "same", "gone", "new", "same", "same", "same", "12 folded"]);
});

it("numbers lines on both sides", () => {
  const lines = lineChanges("a\nb\nc\n", "a\nx\ny\nc\n") ?? [];
  expect(lines).toEqual([
    { kind: "same", before: 1, after: 1, text: "a" },
    { kind: "gone", before: 2, text: "b" },
    { kind: "new", after: 2, text: "x" },
    { kind: "new", after: 3, text: "y" },
    { kind: "same", before: 3, after: 4, text: "c" },
  ]);
  expect(paired(lines).map(({ before, after }) => [before?.text, after?.text])).toEqual([["a", "a"], ["b", "x"], [undefined, "y"], ["c", "c"]]);
});
