import type { CompiledWorkflow, CompiledWorkflowClosure, Identifier, Node } from "@/idl";
import { shortName } from "@/lib/id";
import { conditionInWords } from "./condition";
import { childId } from "./id";
import type { GraphEdge, GraphKind, GraphModel, GraphNode } from "./model";

const START = "start-node";
const END = "end-node";

/** What of a run changes a graph's shape: what tasks made of themselves while they ran. */
export interface RunShape {
  /** Ids of task nodes that expanded into a graph or called others. */
  dynamic: ReadonlySet<string>;
  /** By the same ids their graphs, as far as they have been read. */
  closures: ReadonlyMap<string, CompiledWorkflowClosure>;
  /** By the same ids the nodes that lie in them, with their names, in the order in which they were reached. */
  calls: ReadonlyMap<string, readonly { specId: string; name: string }[]>;
}

export const NO_RUN: RunShape = { dynamic: new Set(), closures: new Map(), calls: new Map() };

interface Building {
  nodes: GraphNode[];
  edges: GraphEdge[];
  run: RunShape;
  isExpanded: (id: string) => boolean;
}

/** A compiled closure whose sub-workflows are found by their ids. */
export class Closure {
  private readonly workflows = new Map<string, CompiledWorkflow>();

  constructor(readonly closure: CompiledWorkflowClosure) {
    for (const each of closure.sub_workflows ?? []) this.workflows.set(keyOf(each.template?.id), each);
  }

  workflow(id: Identifier | undefined): CompiledWorkflow | undefined {
    return this.workflows.get(keyOf(id));
  }
}

function keyOf(id: Identifier | undefined): string {
  return [id?.project, id?.domain, id?.name, id?.version].join("|");
}

/**
 * The graph of a workflow with what is expanded drawn in place. Linear in the nodes shown: a collapsed node's inner graph is not
 * looked at.
 */
export function buildGraph(closure: CompiledWorkflowClosure, isExpanded: (id: string) => boolean, run: RunShape = NO_RUN): GraphModel {
  const building: Building = { nodes: [], edges: [], run, isExpanded };
  if (closure.primary) addWorkflow(building, closure.primary, new Closure(closure), undefined);
  return { nodes: building.nodes, edges: building.edges };
}

function addWorkflow(building: Building, compiled: CompiledWorkflow, closure: Closure, parent: string | undefined): void {
  const template = compiled.template;
  const known = new Set<string>();
  for (const node of template?.nodes ?? []) {
    known.add(node.id ?? "");
    addNode(building, node, closure, parent);
  }
  const inside = parent === undefined ? undefined : parent;
  for (const [from, ids] of Object.entries(compiled.connections?.downstream ?? {})) {
    for (const to of ids.ids ?? []) {
      if (known.has(from) && known.has(to)) building.edges.push({ from: childId(inside, from), to: childId(inside, to) });
    }
  }
  const failure = template?.failure_node;
  if (failure) addNode(building, failure, closure, parent, undefined, "failure");
}

function addNode(building: Building, node: Node, closure: Closure, parent: string | undefined, condition?: string, as?: GraphKind): void {
  const specId = node.id ?? "";
  const id = childId(parent, specId);
  const kind = as ?? kindOf(node, building.run.dynamic.has(id), building.run.closures.get(id));
  const isContainer = kind === "workflow" || kind === "branch" || kind === "dynamic" || kind === "calls";
  const made: GraphNode = {
    id,
    parent,
    specId,
    kind,
    name: nameOf(node, kind),
    detail: detailOf(node),
    isContainer,
    isExpanded: isContainer && building.isExpanded(id),
    ...(condition === undefined ? {} : { condition }),
  };
  building.nodes.push(made);
  if (made.isExpanded) addInner(building, made, node, closure);
}

function addInner(building: Building, made: GraphNode, node: Node, closure: Closure): void {
  if (made.kind === "workflow") {
    const inner = closure.workflow(node.workflow_node?.sub_workflow_ref);
    if (inner) addWorkflow(building, inner, closure, made.id);
  } else if (made.kind === "branch") {
    for (const arm of armsOf(node)) addNode(building, arm.node, closure, made.id, arm.condition);
  } else {
    const inner = building.run.closures.get(made.id);
    const before = building.nodes.length;
    if (inner?.primary) addWorkflow(building, inner.primary, new Closure(inner), made.id);
    addCalls(building, made.id, new Set(building.nodes.slice(before).map((each) => each.id)));
  }
}

/** What a task called and its graph, read before, does not have yet. */
function addCalls(building: Building, parent: string, known: ReadonlySet<string>): void {
  for (const call of building.run.calls.get(parent) ?? []) {
    const id = childId(parent, call.specId);
    if (known.has(id) || call.specId === START || call.specId === END) continue;
    building.nodes.push({ id, parent, specId: call.specId, name: call.name || call.specId, kind: "task", detail: "", isContainer: false, isExpanded: false });
  }
}

interface Arm {
  node: Node;
  condition: string;
}

export function armsOf(node: Node): Arm[] {
  const block = node.branch_node?.if_else;
  const found: Arm[] = [];
  for (const [at, each] of [block?.case, ...(block?.other ?? [])].entries()) {
    if (each?.then_node) found.push({ node: each.then_node, condition: `${at === 0 ? "if" : "else if"} ${conditionInWords(each.condition)}` });
  }
  if (block?.else_node) found.push({ node: block.else_node, condition: "otherwise" });
  return found;
}

export function kindOf(node: Node, isDynamic: boolean, inner: CompiledWorkflowClosure | undefined): GraphKind {
  if (node.id === START) return "start";
  if (node.id === END) return "end";
  if (isDynamic) return inner && hasEdges(inner) ? "dynamic" : "calls";
  if (node.array_node) return "map";
  if (node.branch_node) return "branch";
  if (node.workflow_node) return node.workflow_node.launchplan_ref ? "launch-plan" : "workflow";
  if (node.gate_node) return node.gate_node.approve ? "approval" : node.gate_node.signal ? "input" : "sleep";
  return node.task_node ? "task" : "unknown";
}

/** Calls of a running task depend on each other by its code alone: their graph has no edges. */
function hasEdges(closure: CompiledWorkflowClosure): boolean {
  return (closure.primary?.template?.nodes ?? []).some((node) => !!node.inputs?.length || !!node.upstream_node_ids?.length);
}

export function nameOf(node: Node, kind: GraphKind): string {
  if (kind === "start") return "start";
  if (kind === "end") return "end";
  return node.metadata?.name || shortName(targetOf(node)?.name) || node.id || "";
}

function targetOf(node: Node): Identifier | undefined {
  return node.task_node?.reference_id ?? node.workflow_node?.sub_workflow_ref ?? node.workflow_node?.launchplan_ref ?? node.array_node?.node?.task_node?.reference_id
    ?? node.array_node?.node?.workflow_node?.launchplan_ref;
}

export function detailOf(node: Node): string {
  const gate = node.gate_node;
  if (gate) return gate.approve?.signal_id ?? gate.signal?.signal_id ?? (gate.sleep?.duration ? `sleeps ${gate.sleep.duration}` : "");
  return targetOf(node)?.name ?? "";
}

/** How many nodes there would be with everything expanded, counted no further than `limit`. */
export function countAll(closure: CompiledWorkflowClosure, limit: number): number {
  const all = new Closure(closure);
  let left = limit;
  function count(nodes: readonly Node[]): void {
    for (const node of nodes) {
      if (left-- <= 0) return;
      if (node.branch_node) count(armsOf(node).map((arm) => arm.node));
      const inner = all.workflow(node.workflow_node?.sub_workflow_ref);
      if (inner) count(inner.template?.nodes ?? []);
    }
  }
  count(closure.primary?.template?.nodes ?? []);
  return limit - Math.max(0, left);
}
