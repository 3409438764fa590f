import { describe, expect, test } from "vitest";
import { ends, id, task } from "@/testing/closure";
import type { CompiledWorkflowClosure, Node } from "@/idl";
import { NO_RUN } from "./build";
import { NodeIndex } from "./search";

const sub = (specId: string, name: string): Node => ({ id: specId, metadata: { name }, workflow_node: { sub_workflow_ref: id(name) } });

const closure: CompiledWorkflowClosure = {
  primary: {
    template: {
      id: id("outer"),
      nodes: [
        ...ends,
        sub("n0", "middle"),
        { id: "n1", metadata: { name: "when" }, branch_node: { if_else: { case: { then_node: task("n1-n0", "train_big") }, else_node: sub("n1-n1", "middle") } } },
        task("n2", "grown"),
        { id: "n3", metadata: { name: "map-score" }, array_node: { node: task("n3", "score") } },
        task("n4", "train"),
      ],
    },
  },
  sub_workflows: [{ template: { id: id("middle"), nodes: [...ends, sub("n0", "deep")] } }, { template: { id: id("deep"), nodes: [...ends, task("n0", "retrain")] } }],
};

const hundred = () => 100;
const none = () => undefined;

describe("a search among nodes", () => {
  const index = new NodeIndex(closure);

  test("finds what is collapsed, in sub-workflows and arms, with the way to it", () => {
    expect(index.search("retrain", 10, hundred).found.map((each) => [each.id, each.ancestors, each.where])).toEqual([
      ["n0-0-n0-0-n0", ["n0", "n0-0-n0"], "middle › deep"],
      ["n1-0-n1-n1-0-n0-0-n0", ["n1", "n1-0-n1-n1", "n1-0-n1-n1-0-n0"], "when › middle › deep"],
    ]);
  });

  test("has what is called so first, then what begins so", () => {
    expect(index.search("train", 10, hundred).found.map((each) => each.name)).toEqual(["train", "train_big", "retrain", "retrain"]);
    expect(index.search("train", 2, hundred)).toMatchObject({ total: 4, found: [{ name: "train" }, { name: "train_big" }] });
  });

  test("finds by id and by task, and never the ends of a graph", () => {
    expect(index.search("n0-0-n0-0", 10, hundred).found.map((each) => each.name)).toContain("retrain");
    expect(index.search("m.score", 10, hundred).found.map((each) => each.name)).toEqual(["map-score"]);
    expect(index.search("start", 10, hundred).found).toEqual([]);
  });

  test("finds an item of a map by its number", () => {
    for (const text of ["score 57", "score[57]", "map-score #57", "57"]) expect(index.search(text, 10, hundred).found).toEqual([{ id: "n3", name: "map-score", kind: "map", item: 57, ancestors: [], where: "" }]);
    expect(index.search("57", 10, none).found).toEqual([]);
    expect(index.search("other 57", 10, hundred).found).toEqual([]);
  });

  test("offers no item that is not there", () => {
    expect(index.search("score 99", 10, hundred)).toMatchObject({ found: [{ item: 99 }], total: 1, beyond: [] });
    expect(index.search("score 100", 10, hundred)).toMatchObject({ found: [], total: 0, beyond: [{ name: "map-score", item: 100, count: 100 }] });
    expect(index.search("score 1", 10, none)).toMatchObject({ found: [], total: 0, beyond: [], unknown: ["n3"] });
  });

  test("finds what a task made of itself, once its graph is read, and what it called", () => {
    const made: CompiledWorkflowClosure = { primary: { template: { id: id("made"), nodes: [...ends, { ...task("n0", "inc"), upstream_node_ids: ["start-node"] }] } } };
    const dynamic = new Set(["n2"]);
    const before = new NodeIndex(closure, { dynamic, closures: new Map(), calls: new Map([["n2", [{ specId: "c0", name: "called" }]]]) });
    expect(before.search("called", 10, hundred).found.map((each) => [each.id, each.where])).toEqual([["n2-0-c0", "grown"]]);
    const after = new NodeIndex(closure, { ...NO_RUN, dynamic, closures: new Map([["n2", made]]) });
    expect(after.search("inc", 10, hundred).found.map((each) => [each.id, each.ancestors])).toEqual([["n2-0-n0", ["n2"]]]);
  });

  test("finds one of ten thousand nodes, and ends in graphs that hold each other a million times", () => {
    const many: CompiledWorkflowClosure = { primary: { template: { id: id("many"), nodes: Array.from({ length: 10_000 }, (_, at) => task(`n${at}`, `task_${at}`)) } } };
    const large = new NodeIndex(many);
    expect(large.search("task_9999", 12, hundred).found.map((each) => each.id)).toEqual(["n9999"]);
    const levels = Array.from({ length: 20 }, (_, at) => ({ template: { id: id(`w${at}`), nodes: [sub("n0", `w${at + 1}`), sub("n1", `w${at + 1}`)] } }));
    const deep = new NodeIndex({ primary: levels[0], sub_workflows: levels });
    expect(deep.isCut).toBe(true);
    expect(index.isCut).toBe(false);
  });
});
