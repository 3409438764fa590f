import type { ExecutionError, NodeExecution } from "@/idl";
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

export interface ParsedError {
  /** "ValueError" of "RetriesExhausted|USER:ValueError". */
  code: string;
  /** USER, SYSTEM or UNKNOWN. */
  kind: string;
  /** What happened, in one line. */
  headline: string;
  /** The frames and what else there is, empty if there is nothing. */
  trace: string;
  /** "2 of 2": which attempt it was of how many, empty if it is not said. */
  attempts: string;
}

const HEAD = /^\[(\d+)\/(\d+)\] currentAttempt done\. Last Error: (?:USER|SYSTEM|UNKNOWN)?(?:::)?/;

/** An error in the parts that a reader looks for. */
export function parseError(error: ExecutionError): ParsedError {
  const head = HEAD.exec(error.message ?? "");
  const message = (error.message ?? "").slice(head?.[0].length ?? 0).trim();
  const end = message.indexOf("\n");
  const code = (error.code ?? "").split("|").at(-1) ?? "";
  return {
    code: code.replace(/^(USER|SYSTEM|UNKNOWN):+/, ""),
    kind: error.kind ?? "UNKNOWN",
    headline: end < 0 ? message : message.slice(0, end).trim(),
    trace: end < 0 ? "" : message.slice(end).trim(),
    attempts: head ? `${head[1]} of ${head[2]}` : "",
  };
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

const ITEM = /^\[(\d+)\]: ([\w|:.]+): ([\s\S]*?)(?=\n\[\d+\]: |$(?![\s\S]))/;

/** Of a map's error, which tells one item after the other, that of the first; any other as it is. */
export function ofItem(error: ParsedError): Pick<Cause, "item" | "summary" | "error"> {
  const found = ITEM.exec(error.trace);
  if (!found) return { summary: "", error };
  return { item: Number(found[1]), summary: error.headline, error: parseError({ code: found[2], message: found[3], kind: error.kind as ExecutionError["kind"] }) };
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
