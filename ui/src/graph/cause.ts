import type { NodeExecution } from "@/idl";
import { firstItem, parseError, type ParsedError } from "@/lib/error";
import { ms } from "@/lib/time";
import { ancestorsOf, parentsOf } from "./id";

/** Where an execution first went wrong. */
export interface Cause {
  nodeId: string;
  /** The nodes it lies in, the nearest first. */
  within: readonly string[];
  /** Index of the item of a map that failed first. */
  item?: number;
  /** What the map says of all its items, empty if it is none. */
  summary: string;
  error: ParsedError;
}

/**
 * The deepest node that failed first: what failed inside another is its cause, and of those that failed by themselves the one
 * that ended before the others. Undefined while nothing has failed.
 */
export function firstCause(nodes: Iterable<NodeExecution>): Cause | undefined {
  const all = [...nodes];
  const failed = all.filter((node) => isFailed(node));
  if (failed.length === 0) return undefined;
  const parents = parentsOf(all);
  const within = new Map(failed.map((node) => [idOf(node), ancestorsOf(idOf(node), parents)]));
  const causes = new Set([...within.values()].flat());
  let first: NodeExecution | undefined;
  for (const node of failed) {
    if (causes.has(idOf(node))) continue;
    if (!first || endOf(node) < endOf(first)) first = node;
  }
  if (!first) return undefined;
  const error = parseError(first.closure?.error ?? {});
  return { nodeId: idOf(first), within: within.get(idOf(first)) ?? [], ...ofItem(error) };
}

/** Of a map's error that of the first item; any other as it is. */
export function ofItem(error: ParsedError): Pick<Cause, "item" | "summary" | "error"> {
  const found = firstItem(error);
  return found ? { item: found.item, summary: error.headline, error: found.error } : { summary: "", error };
}

function isFailed(node: NodeExecution): boolean {
  const phase = node.closure?.phase;
  return phase === "FAILED" || phase === "TIMED_OUT" || phase === "FAILING";
}

function idOf(node: NodeExecution): string {
  return node.id?.node_id ?? "";
}

function endOf(node: NodeExecution): number {
  const at = ms(node.closure?.updated_at);
  return Number.isNaN(at) ? Number.POSITIVE_INFINITY : at;
}
