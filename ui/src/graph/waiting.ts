import type { NodeExecution } from "@/idl";
import type { Describer } from "./describe";

/** A gate at which an execution waits for a person. */
export interface Waiting {
  nodeId: string;
  name: string;
  /** Yes or no, rather than a value. */
  isApproval: boolean;
}

/** The gates that wait for an answer now, in the order in which they were reached. */
export function waitingFor(nodes: ReadonlyMap<string, NodeExecution>, describer: Describer): Waiting[] {
  const found: Waiting[] = [];
  for (const [nodeId, node] of nodes) {
    if (node.closure?.phase !== "RUNNING") continue;
    const { kind, name } = describer.describe(nodeId);
    if (kind === "approval" || kind === "input") found.push({ nodeId, name, isApproval: kind === "approval" });
  }
  return found;
}
