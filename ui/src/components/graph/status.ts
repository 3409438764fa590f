import type { GraphNode } from "@/graph/model";
import type { RunShape } from "@/graph/build";
import { toneOf, type Tone } from "@/lib/phase";

/** How a node stands in a run. */
export interface NodeStatus {
  /** Undefined: it was not reached. */
  phase: string | undefined;
  /** Its result came from the output cache. */
  isCached: boolean;
  /** ms since the epoch; NaN: not begun. */
  startedAt: number;
  /** ms since the epoch; NaN: not ended. */
  endedAt: number;
}

/** A run as a graph shows it. A new object whenever a phase has changed. */
export interface GraphRun {
  shape: RunShape;
  statusOf: (node: GraphNode) => NodeStatus;
}

export const NO_STATUS: NodeStatus = { phase: undefined, isCached: false, startedAt: Number.NaN, endedAt: Number.NaN };

export function toneFor(status: NodeStatus): Tone {
  return status.isCached ? "cached" : toneOf(status.phase);
}
