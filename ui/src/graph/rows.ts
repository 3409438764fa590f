import type { NodeExecution } from "@/idl";
import { isTerminal } from "@/lib/phase";
import { spanOf } from "@/lib/span";
import { ms, seconds } from "@/lib/time";
import type { Describer } from "./describe";
import type { GraphKind } from "./model";
import { shownPhase } from "./waiting";

/** A node execution as a line of a table. */
export interface NodeRow {
  id: string;
  name: string;
  kind: GraphKind;
  detail: string;
  /** How many nodes it lies in. */
  depth: number;
  parent: string | undefined;
  hasChildren: boolean;
  phase: string;
  /** "hit", "stored", "missed", …; empty: not cached. */
  cache: string;
  /** ms since the epoch, NaN where it has not come to that. */
  createdAt: number;
  startedAt: number;
  endedAt: number;
  /** Seconds; NaN while it runs. */
  duration: number;
}

const CACHE: Record<string, string> = {
  CACHE_HIT: "hit", CACHE_POPULATED: "stored", CACHE_MISS: "missed", CACHE_SKIPPED: "skipped", CACHE_LOOKUP_FAILURE: "look-up failed", CACHE_PUT_FAILURE: "not stored", CACHE_EVICTED: "evicted",
};

/** Every node that was reached, each behind the one it lies in, brothers in the order in which they were reached. */
export function nodeRows(nodes: ReadonlyMap<string, NodeExecution>, describer: Describer): NodeRow[] {
  const children = new Map<string | undefined, string[]>();
  for (const id of nodes.keys()) {
    const parent = describer.parents.get(id);
    const brothers = children.get(nodes.has(parent ?? "") ? parent : undefined);
    if (brothers) brothers.push(id);
    else children.set(nodes.has(parent ?? "") ? parent : undefined, [id]);
  }
  const rows: NodeRow[] = [];
  function add(parent: string | undefined, depth: number): void {
    for (const id of children.get(parent) ?? []) {
      const row = rowOf(id, nodes.get(id), describer, depth);
      if (!row) continue;
      row.hasChildren = children.has(id);
      rows.push(row);
      if (row.hasChildren) add(id, depth + 1);
    }
  }
  add(undefined, 0);
  return rows;
}

function rowOf(id: string, node: NodeExecution | undefined, describer: Describer, depth: number): NodeRow | undefined {
  const { kind, name, detail } = describer.describe(id);
  if (kind === "start" || kind === "end") return undefined;
  const closure = node?.closure;
  const phase = shownPhase(closure?.phase ?? "UNDEFINED", kind);
  return {
    id, name, kind, detail, depth, phase,
    ...spanOf(closure),
    duration: isTerminal(phase) ? seconds(closure?.duration) : Number.NaN,
    parent: describer.parents.get(id),
    hasChildren: false,
    cache: CACHE[closure?.task_node_metadata?.cache_status ?? ""] ?? "",
    createdAt: ms(closure?.created_at),
  };
}

export type SortKey = "order" | "name" | "phase" | "cache" | "startedAt" | "duration";

/** Rows that a reader asked for. Sorted by anything but their order they lose their nesting, as do those found by text or phase. */
export function chooseRows(rows: readonly NodeRow[], text: string, phases: ReadonlySet<string>, sort: { key: SortKey; isDown: boolean }, collapsed: ReadonlySet<string>): { rows: NodeRow[]; isNested: boolean } {
  const wanted = text.trim().toLowerCase();
  const isNested = !wanted && phases.size === 0 && sort.key === "order";
  if (isNested) return { rows: withoutHidden(rows, collapsed), isNested };
  const found = rows.filter((row) => (phases.size === 0 || phases.has(row.phase)) && (!wanted || `${row.name} ${row.id} ${row.detail}`.toLowerCase().includes(wanted)));
  if (sort.key !== "order") {
    const key = sort.key;
    found.sort((a, b) => compare(a[key], b[key]) * (sort.isDown ? -1 : 1));
  }
  return { rows: found, isNested };
}

function withoutHidden(rows: readonly NodeRow[], collapsed: ReadonlySet<string>): NodeRow[] {
  const shown: NodeRow[] = [];
  let hiddenBelow = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    if (row.depth > hiddenBelow) continue;
    hiddenBelow = collapsed.has(row.id) ? row.depth : Number.POSITIVE_INFINITY;
    shown.push(row);
  }
  return shown;
}

/** Texts as people sort them; what has no number yet stands last whichever way. */
function compare(a: string | number, b: string | number): number {
  if (typeof a === "string" || typeof b === "string") return String(a).localeCompare(String(b), "en", { numeric: true });
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a - b;
}
