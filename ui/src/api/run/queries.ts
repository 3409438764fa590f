import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { executionKeys } from "@/api/execution/keys";
import { get } from "@/api/client";
import type { Alula, AttemptMetrics, CacheExplanation, CompiledWorkflowClosure, ExecutionId, Identifier, LiteralMap } from "@/idl";
import { idPath } from "@/lib/id";
import { readAttempts } from "./attempts";
import { runKeys } from "./keys";

/** While a node changes there is a new answer every second or so, of a large map a large one: the old ones are not kept. */
const BRIEF_MS = 5_000;

/** Attempts of one node or one item, by number. `item` counts from 0. */
export function attemptsQuery(id: ExecutionId, at: unknown, nodeId: string, item?: number) {
  return queryOptions({
    queryKey: runKeys.attempts(id, at, nodeId, item),
    queryFn: ({ signal }) => readAttempts(id, item === undefined ? { node_id: nodeId, without_items: true } : { node_id: nodeId, item: item + 1 }, signal),
    placeholderData: keepPreviousData,
    gcTime: BRIEF_MS,
  });
}

/** Where a map's items stand: one byte each. */
export interface Items {
  size: number;
  phases: Uint8Array;
  cached: Uint8Array;
}

export function itemsQuery(id: ExecutionId, nodeId: string, at: unknown) {
  return queryOptions({
    queryKey: runKeys.items(id, nodeId, at),
    queryFn: async ({ signal }): Promise<Items> => {
      const found = await get<Alula<"ItemsResponse">>(["api/alula/v1/items", ...idPath(id), nodeId], {}, signal);
      return { size: found.size ?? 0, phases: bytesOf(found.phases), cached: bytesOf(found.cached) };
    },
    placeholderData: keepPreviousData,
    gcTime: BRIEF_MS,
  });
}

/** What failed among a map's items, and how long they took. */
export function itemsSummaryQuery(id: ExecutionId, nodeId: string, at: unknown) {
  return queryOptions({
    queryKey: runKeys.itemsSummary(id, nodeId, at),
    queryFn: ({ signal }) => get<Alula<"ItemsSummary">>(["api/alula/v1/items_summary", ...idPath(id), nodeId], {}, signal),
    placeholderData: keepPreviousData,
    gcTime: BRIEF_MS,
  });
}

function bytesOf(text: string | undefined): Uint8Array {
  return Uint8Array.from(atob(text ?? ""), (char) => char.charCodeAt(0));
}

export interface NodeData {
  full_inputs?: LiteralMap;
  full_outputs?: LiteralMap;
  dynamic_workflow?: { compiled_workflow?: CompiledWorkflowClosure };
}

/** A node's values, and the graph it made if it is dynamic. */
export function nodeDataQuery(id: ExecutionId, nodeId: string, at: unknown) {
  return queryOptions({
    queryKey: runKeys.nodeData(id, nodeId, at),
    queryFn: ({ signal }) => get<NodeData>(["api/v1/data/node_executions", ...idPath(id), nodeId], {}, signal),
    placeholderData: keepPreviousData,
  });
}

export function cacheQuery(id: ExecutionId, nodeId: string, at: unknown) {
  return queryOptions({
    queryKey: runKeys.cache(id, nodeId, at),
    queryFn: ({ signal }) => get<CacheExplanation>(["api/alula/v1/cache", ...idPath(id), nodeId], {}, signal),
  });
}

/** What every attempt of a node said: parameters, progress and each metric's range. */
export function metricsQuery(id: ExecutionId, nodeId: string, at: unknown) {
  return queryOptions({
    queryKey: runKeys.metrics(id, nodeId, at),
    queryFn: ({ signal }) => readMetrics(id, nodeId, signal),
    placeholderData: keepPreviousData,
  });
}

async function readMetrics(id: ExecutionId, nodeId: string, signal: AbortSignal): Promise<AttemptMetrics[]> {
  const found = await get<{ attempts?: AttemptMetrics[] }>(["api/alula/v1/metrics", ...idPath(id)], { node_id: nodeId, all_attempts: true }, signal);
  return found.attempts ?? [];
}

/** Of which commit a version is. */
export function provenanceQuery(id: Identifier) {
  return queryOptions({
    queryKey: runKeys.provenance(id.resource_type ?? "", id),
    queryFn: ({ signal }) =>
      get<Alula<"Provenance">>(["api/alula/v1/provenance", id.resource_type ?? "", ...idPath(id), id.version ?? ""], {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What happened to an execution, oldest first. */
export function eventsQuery(id: ExecutionId) {
  return infiniteQueryOptions({
    queryKey: executionKeys.events(id),
    queryFn: ({ pageParam, signal }) => get<Alula<"EventsResponse">>(["api/alula/v1/events", ...idPath(id)], { limit: 500, token: pageParam }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.token || undefined,
  });
}
