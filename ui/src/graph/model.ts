/** A workflow's graph as it is drawn: what there is and how it hangs together, without positions and without phases. */

export type GraphKind =
  | "start" | "end" | "task" | "map" | "workflow" | "branch" | "approval" | "input" | "sleep" | "dynamic" | "calls" | "launch-plan" | "failure" | "unknown";

export interface GraphNode {
  /** As the node execution's, whether or not there is one yet. */
  id: string;
  /** The node it is drawn in; undefined: the graph's own. */
  parent?: string;
  specId: string;
  name: string;
  kind: GraphKind;
  /** What it runs: a task's or workflow's name, a condition in words. */
  detail: string;
  /** On an arm of a branch: when it is taken. */
  condition?: string;
  /** It holds a graph of its own. */
  isContainer: boolean;
  isExpanded: boolean;
}

export interface GraphEdge {
  from: string;
  to: string;
}

export interface GraphModel {
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
}

/** How large a node is drawn, in the graph's own units (px at zoom 1). */
const NODE_WIDTH = 188;
const NODE_HEIGHT = 48;
/** Of the small round ends of a graph. */
const END_SIZE = 28;
export const CONDITION_HEIGHT = 16;
export const CONTAINER_HEAD = 34;
export const CONTAINER_PAD = 14;

export function sizeOf(kind: GraphKind): { width: number; height: number } {
  return kind === "start" || kind === "end" ? { width: END_SIZE, height: END_SIZE } : { width: NODE_WIDTH, height: NODE_HEIGHT };
}
