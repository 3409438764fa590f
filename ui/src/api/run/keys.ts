import type { ExecutionId } from "@/idl";
import { executionKeys } from "@/api/execution/keys";

/** Beneath the execution's own key. `at` is what makes an answer stale: a phase, a count of attempts. */
export const runKeys = {
  attempts: (id: ExecutionId, at: unknown, nodeId?: string, item?: number) => [...executionKeys.one(id), "attempts", nodeId, item, at] as const,
  items: (id: ExecutionId, nodeId: string, at: unknown) => [...executionKeys.one(id), "items", nodeId, at] as const,
  itemsSummary: (id: ExecutionId, nodeId: string, at: unknown) => [...executionKeys.one(id), "items-summary", nodeId, at] as const,
  nodeData: (id: ExecutionId, nodeId: string, at: unknown) => [...executionKeys.one(id), "node", nodeId, at] as const,
  cache: (id: ExecutionId, nodeId: string, at: unknown) => [...executionKeys.one(id), "cache", nodeId, at] as const,
  metrics: (id: ExecutionId, nodeId: string, at: unknown) => [...executionKeys.one(id), "metrics", nodeId, at] as const,
  series: (id: ExecutionId, nodeId: string, attempt: number, item: number) => [...executionKeys.one(id), "series", nodeId, attempt, item] as const,
  provenance: (kind: string, id: unknown) => ["version", "provenance", kind, id] as const,
};
