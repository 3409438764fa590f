import type { NodeExecution } from "@/idl";
import { ASKING } from "@/lib/phase";
import type { Describer } from "./describe";
import type { GraphKind } from "./model";

/** A gate at which an execution waits for a person. */
export interface Waiting {
  nodeId: string;
  name: string;
  /** Yes or no, rather than a value. */
  isApproval: boolean;
}

/** A node's phase as it is shown: a gate that runs waits for a person. */
export function shownPhase(phase: string, kind: GraphKind): string {
  return phase === "RUNNING" && (kind === "approval" || kind === "input") ? ASKING : phase;
}

/** The gates that wait for an answer now, in the order in which they were reached. */
export function waitingFor(nodes: ReadonlyMap<string, NodeExecution>, describer: Describer): Waiting[] {
  const found: Waiting[] = [];
  for (const [nodeId, node] of nodes) {
    if (node.closure?.phase !== "RUNNING") continue;
    const { kind, name } = describer.describe(nodeId);
    if (shownPhase("RUNNING", kind) === ASKING) found.push({ nodeId, name, isApproval: kind === "approval" });
  }
  return found;
}
