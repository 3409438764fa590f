import { post } from "@/api/client";
import type { ExecutionId, Literal } from "@/idl";

/** Answers a gate; an approval takes a boolean, false being a rejection. */
export function answerGate(id: ExecutionId, signalId: string, value: Literal): Promise<unknown> {
  return post(["api/v1/signals"], { id: { signal_id: signalId, execution_id: id }, value });
}

/** Has the cache forget what a node took from it and what it filled. */
export function evictCache(id: ExecutionId, nodeId: string): Promise<{ evicted?: string }> {
  return post<{ evicted?: string }>(["api/alula/v1/cache/evict"], { node: { node_id: nodeId, execution_id: id } });
}
