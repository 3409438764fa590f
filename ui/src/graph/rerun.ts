import type { CompiledWorkflow, NodeExecution } from "@/idl";
import type { Describer } from "./describe";
import { ancestorsOf } from "./id";
import { nameOf } from "./build";

const DONE = new Set(["SUCCEEDED", "RECOVERED", "SKIPPED"]);
const INNER = "-0-";

/**
 * From which node a rerun goes on so that this one runs anew: itself where sub-workflows alone hold it, else the outermost of
 * what it lies in that began by itself. Undefined: nothing begins there, such as at a failure node.
 */
export function pointOf(nodeId: string, describer: Describer): string | undefined {
  const path = [...ancestorsOf(nodeId, describer.parents).reverse(), nodeId];
  let point: string | undefined;
  for (const id of path) {
    const { kind, node } = describer.describe(id);
    if (kind === "failure" || kind === "start" || kind === "end") return undefined;
    // A long id is a hash, which says no way to it.
    if (point !== undefined && id !== `${point}${INNER}${node?.id ?? ""}`) break;
    point = id;
    if (kind !== "workflow") break;
  }
  return point;
}

/** From which nodes a rerun goes on that keeps all that succeeded: the innermost of those that did not. */
export function unsuccessful(nodes: ReadonlyMap<string, NodeExecution>, describer: Describer): string[] {
  const found = new Set<string>();
  for (const [id, node] of nodes) {
    if (DONE.has(node.closure?.phase ?? "")) continue;
    const point = pointOf(id, describer);
    if (point !== undefined) found.add(point);
  }
  return [...found].filter((id) => ![...found].some((other) => other.startsWith(`${id}${INNER}`)));
}

/** What a rerun goes on from, as the server is asked and the address says it. */
export interface Start {
  /** Ids or names of nodes; these and what follows are computed anew. */
  from_nodes: string[];
  /** What succeeded is kept even if there are none; else nothing is. */
  keep_succeeded?: true;
}

/** What a recovery with changes goes on from; what did not succeed need not be a node. */
export function recoveryOf(nodes: ReadonlyMap<string, NodeExecution>, describer: Describer): Start {
  return { from_nodes: unsuccessful(nodes, describer), keep_succeeded: true };
}

/** Whether anything is kept; else it is a relaunch. */
export function keepsAnything({ from_nodes: from, keep_succeeded: keeps }: Start): boolean {
  return keeps === true || from.length > 0;
}

/** Names of the nodes of a workflow by what a rerun does with them. */
export interface Plan {
  /** What they gave is taken over where they would be given the same. */
  kept: string[];
  /** Sub-workflows that are gone on with from a node in them. */
  partly: string[];
  anew: string[];
}

/** What a rerun from some nodes means for each of a workflow. */
export function planOf(workflow: CompiledWorkflow | undefined, from: readonly string[]): Plan {
  const nodes = (workflow?.template?.nodes ?? []).filter(({ id = "" }) => id !== "start-node" && id !== "end-node");
  const names = new Map(nodes.map((node) => [node.id ?? "", nameOf(node, "unknown")]));
  const within = new Set([...names.keys()].filter((id) => from.some((each) => each.startsWith(`${id}${INNER}`))));
  const named = [...names].filter(([id, name]) => from.includes(id) || from.includes(name)).map(([id]) => id);
  const downstream = workflow?.connections?.downstream ?? {};
  const anew = new Set<string>(named);
  const left = [...named, ...within];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    for (const next of downstream[at]?.ids ?? []) {
      if (anew.has(next)) continue;
      anew.add(next);
      left.push(next);
    }
  }
  const plan: Plan = { kept: [], partly: [], anew: [] };
  for (const [id, name] of names) plan[anew.has(id) ? "anew" : within.has(id) ? "partly" : "kept"].push(name);
  return plan;
}
