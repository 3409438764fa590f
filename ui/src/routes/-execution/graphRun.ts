import type { RunState } from "@/api/run/store";
import type { GraphRun, NodeStatus } from "@/components/graph/status";
import type { RunShape } from "@/graph/build";
import type { GraphNode } from "@/graph/model";
import { shownPhase } from "@/graph/waiting";
import { isTerminal } from "@/lib/phase";
import { spanOf } from "@/lib/span";

/** A run as its graph shows it. */
export function graphRun(run: RunState, shape: RunShape): GraphRun {
  function statusOf(node: GraphNode): NodeStatus {
    const found = run.nodes.get(node.id);
    const closure = found?.closure;
    return {
      phase: found ? shownPhase(closure?.phase ?? "UNDEFINED", node.kind) : isSkipped(run, node) ? "SKIPPED" : undefined,
      isCached: closure?.task_node_metadata?.cache_status === "CACHE_HIT",
      ...spanOf(closure),
    };
  }
  return { shape, statusOf };
}

/** An arm of a branch that was not taken: the branch is over, or took another. */
function isSkipped(run: RunState, node: GraphNode): boolean {
  if (node.condition === undefined || node.parent === undefined) return false;
  return isTerminal(run.nodes.get(node.parent)?.closure?.phase);
}
