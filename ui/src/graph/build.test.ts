import { describe, expect, test } from "vitest";
import { ends, id, task } from "@/testing/closure";
import type { CompiledWorkflowClosure } from "@/idl";
import { buildGraph, countAll, NO_RUN } from "./build";


const closure: CompiledWorkflowClosure = {
  primary: {
    template: {
      id: id("outer"),
      nodes: [
        ...ends,
        { id: "n0", metadata: { name: "inner" }, workflow_node: { sub_workflow_ref: id("inner") } },
        {
          id: "n1",
          metadata: { name: "when0" },
          branch_node: {
            if_else: {
              case: { condition: { comparison: { operator: "GT", left_value: { var: "n0.o0" }, right_value: { primitive: { integer: "5" } } } }, then_node: task("n1-n0", "big") },
              else_node: task("n1-n1", "small"),
            },
          },
        },
        task("n2", "grown"),
        { id: "n3", metadata: { name: "map-item" }, array_node: { node: task("n3", "item") } },
        { id: "n4", metadata: { name: "go" }, gate_node: { approve: { signal_id: "go" } } },
      ],
      failure_node: task("fn0", "tidy"),
    },
    connections: { downstream: { "start-node": { ids: ["n0"] }, n0: { ids: ["n1", "n2"] }, n2: { ids: ["end-node", "nowhere"] } } },
  },
  sub_workflows: [{ template: { id: id("inner"), nodes: [...ends, task("n0", "deep")] }, connections: { downstream: { "start-node": { ids: ["n0"] } } } }],
};

describe("a graph", () => {
  test("has a node for each, by kind, and only edges that lead somewhere", () => {
    const graph = buildGraph(closure, () => false);
    expect(graph.nodes.map((each) => [each.id, each.kind])).toEqual([
      ["start-node", "start"], ["end-node", "end"], ["n0", "workflow"], ["n1", "branch"], ["n2", "task"], ["n3", "map"], ["n4", "approval"], ["fn0", "failure"],
    ]);
    expect(graph.edges).toEqual([{ from: "start-node", to: "n0" }, { from: "n0", to: "n1" }, { from: "n0", to: "n2" }, { from: "n2", to: "end-node" }]);
  });

  test("shows what is expanded in place, with ids as node executions have them", () => {
    const graph = buildGraph(closure, (each) => each === "n0" || each === "n1");
    const inside = graph.nodes.filter((each) => each.parent);
    expect(inside.map((each) => [each.id, each.parent, each.condition])).toEqual([
      ["n0-0-start-node", "n0", undefined],
      ["n0-0-end-node", "n0", undefined],
      ["n0-0-n0", "n0", undefined],
      ["n1-0-n1-n0", "n1", "if n0.o0 > 5"],
      ["n1-0-n1-n1", "n1", "otherwise"],
    ]);
    expect(graph.edges).toContainEqual({ from: "n0-0-start-node", to: "n0-0-n0" });
  });

  test("shows what a task made of itself, and calls before their graph is read", () => {
    const made: CompiledWorkflowClosure = {
      primary: { template: { id: id("grown"), nodes: [...ends, task("n0", "inc"), { ...task("n1", "inc"), upstream_node_ids: ["n0"] }] }, connections: { downstream: { n0: { ids: ["n1"] } } } },
    };
    const run = { ...NO_RUN, dynamic: new Set(["n2"]) };
    const read = buildGraph(closure, (each) => each === "n2", { ...run, closures: new Map([["n2", made]]) });
    expect(read.nodes.find((each) => each.id === "n2")?.kind).toBe("dynamic");
    expect(read.edges).toContainEqual({ from: "n2-0-n0", to: "n2-0-n1" });
    const called = buildGraph(closure, (each) => each === "n2", { ...run, calls: new Map([["n2", [{ specId: "c0", name: "inc" }]]]) });
    expect(called.nodes.find((each) => each.id === "n2-0-c0")).toMatchObject({ parent: "n2", name: "inc", kind: "task" });
  });

  test("is counted with all that is inside, up to a limit", () => {
    expect(countAll(closure, 1000)).toBe(7 + 3 + 2);
    expect(countAll(closure, 4)).toBe(4);
  });
});
