import { describe, expect, test } from "vitest";
import type { CompiledWorkflowClosure, Node, NodeExecution } from "@/idl";
import { ends, id, task } from "@/testing/closure";
import { Describer } from "./describe";
import { keepsAnything, planOf, pointOf, recoveryOf, unsuccessful } from "./rerun";

const sub = (specId: string, name: string): Node => ({ id: specId, metadata: { name }, workflow_node: { sub_workflow_ref: id(name) } });
const closure: CompiledWorkflowClosure = {
  primary: {
    template: { id: id("main"), nodes: [...ends, task("n0", "load"), sub("n1", "inner"), task("n2", "report"), task("n3", "aside")], failure_node: task("fn0", "tidy") },
    connections: { downstream: { "start-node": { ids: ["n0", "n3"] }, n0: { ids: ["n1"] }, n1: { ids: ["n2"] }, n2: { ids: ["end-node"] } } },
  },
  sub_workflows: [{ template: { id: id("inner"), nodes: [...ends, task("n0", "fit"), task("n1", "check")] } }],
};

function run(...phases: [id: string, spec: string, phase: NonNullable<NodeExecution["closure"]>["phase"]][]) {
  const nodes = new Map(
    phases.map(([node, spec, phase]): [string, NodeExecution] => [node, { id: { node_id: node }, closure: { phase }, metadata: { spec_node_id: spec, is_parent_node: node === "n1" } }]),
  );
  return { nodes, describer: new Describer(closure, { dynamic: new Set(["n0"]), closures: new Map(), calls: new Map() }, nodes, new Map()) };
}

const failed = run(["n0", "n0", "SUCCEEDED"], ["n1", "n1", "FAILED"], ["n1-0-n0", "n0", "SUCCEEDED"], ["n1-0-n1", "n1", "FAILED"], ["n3", "n3", "ABORTED"], ["fn0", "fn0", "SUCCEEDED"]);

describe("a rerun", () => {
  test("goes on from a node in a sub-workflow", () => {
    expect(pointOf("n1-0-n1", failed.describer)).toBe("n1-0-n1");
    expect(pointOf("n2", failed.describer)).toBe("n2");
  });

  test("goes on from what made a node, where a task made it", () => {
    const grown = run(["n0", "n0", "FAILED"], ["n0-0-c1", "c1", "FAILED"]);
    expect(pointOf("n0-0-c1", grown.describer)).toBe("n0");
  });

  test("does not begin at a failure node", () => {
    expect(pointOf("fn0", failed.describer)).toBeUndefined();
  });

  test("keeps all that succeeded when it goes on from what did not", () => {
    expect(unsuccessful(failed.nodes, failed.describer)).toEqual(["n1-0-n1", "n3"]);
  });

  test("that recovers keeps what succeeded even where no node is left to begin from", () => {
    const whole = run(["n0", "n0", "SUCCEEDED"], ["fn0", "fn0", "FAILED"]);
    expect(recoveryOf(whole.nodes, whole.describer)).toEqual({ from_nodes: [], keep_succeeded: true });
    expect(recoveryOf(failed.nodes, failed.describer)).toEqual({ from_nodes: ["n1-0-n1", "n3"], keep_succeeded: true });
    expect([recoveryOf(whole.nodes, whole.describer), { from_nodes: ["n0"] }, { from_nodes: [] }].map(keepsAnything)).toEqual([true, true, false]);
  });

  test("tells what it keeps from what it computes anew", () => {
    expect(planOf(closure.primary, ["n1-0-n1"])).toEqual({ kept: ["load", "aside"], partly: ["inner"], anew: ["report"] });
    expect(planOf(closure.primary, ["n0"])).toEqual({ kept: ["aside"], partly: [], anew: ["load", "inner", "report"] });
    expect(planOf(closure.primary, [])).toEqual({ kept: ["load", "inner", "report", "aside"], partly: [], anew: [] });
  });
});
