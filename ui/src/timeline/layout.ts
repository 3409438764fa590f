import type { NodeRow } from "@/graph/rows";
import type { AttemptDetail } from "@/idl";
import { ASKING } from "@/lib/phase";
import { partsOf, type Part } from "./parts";

/** One bar: an attempt with its parts, or a node of which no attempt is known. */
export interface Bar {
  /** Number of the attempt; -1: the node as a whole. */
  attempt: number;
  phase: string;
  from: number;
  to: number;
  parts: readonly Part[];
}

export interface TimelineRow {
  key: string;
  nodeId: string;
  /** Index of a map's item; undefined: the node. */
  item: number | undefined;
  name: string;
  depth: number;
  phase: string;
  isCached: boolean;
  /** Rows that fold away under this one: of what lies in it, or of its items. */
  isFoldable: boolean;
  /** A map: it begins folded, and its items are rows only when it is opened. */
  isMap: boolean;
  /** Undefined: an item. */
  node: NodeRow | undefined;
}

/** A span of time, ms since the epoch. */
export interface Span {
  from: number;
  to: number;
}

const MARGIN = 0.02;

/** Rows of nodes in their order; those of a map's items come when it is opened. */
export function timelineRows(nodes: readonly NodeRow[], isMap: (node: NodeRow) => boolean): TimelineRow[] {
  return nodes.map((node) => ({
    key: node.id, nodeId: node.id, item: undefined, name: node.name, depth: node.depth, phase: node.phase, node,
    isCached: node.cache === "hit", isFoldable: isMap(node) || node.hasChildren, isMap: isMap(node),
  }));
}

/** From the first node's beginning to the last one's end, or to now while any goes on. */
export function spanOfAll(nodes: readonly NodeRow[], now: number): Span {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const node of nodes) {
    const begin = begun(node);
    if (!Number.isFinite(begin)) continue;
    from = Math.min(from, begin);
    to = Math.max(to, ended(node, begin, now));
  }
  if (!Number.isFinite(from)) return { from: now, to: now + 1 };
  // A little room at the right, so that the last bar's end is seen.
  return { from, to: Math.max(to, from + 1) + MARGIN * (to - from) };
}

function begun(node: NodeRow): number {
  return Number.isFinite(node.createdAt) ? node.createdAt : node.startedAt;
}

function ended(node: NodeRow, from: number, now: number): number {
  if (Number.isFinite(node.endedAt)) return node.endedAt;
  return node.phase === "RUNNING" || node.phase === ASKING || node.phase === "DYNAMIC_RUNNING" || node.phase === "QUEUED" ? Math.max(now, from) : from;
}

/** Bars of attempts one behind the other, each in the parts that its time went into. */
export function barsOf(attempts: readonly AttemptDetail[], now: number): Bar[] {
  return attempts.map((attempt) => {
    const parts = partsOf(attempt, now);
    const from = parts[0]?.from ?? Date.parse(attempt.created_at ?? "");
    return { attempt: attempt.retry_attempt ?? 0, phase: attempt.phase ?? "UNDEFINED", from, to: parts.at(-1)?.to ?? from, parts };
  });
}

/** A node as one piece: it has no attempts (a branch, a gate, a sub-workflow), or they are not read yet. */
export function wholeOf(node: NodeRow, now: number): Bar[] {
  const from = Number.isFinite(node.startedAt) ? node.startedAt : node.createdAt;
  if (!Number.isFinite(from)) return [];
  return [{ attempt: -1, phase: node.phase, from, to: ended(node, from, now), parts: [] }];
}

/** Rows that are seen while some are folded, counted and found without making those of fifty thousand items. */
export class VisibleRows {
  readonly count: number;
  private readonly starts: number[] = [];
  private readonly rows: TimelineRow[] = [];

  /** @param items how many a map has; 0 as long as that is not known. */
  constructor(rows: readonly TimelineRow[], toggled: ReadonlySet<string>, items: (nodeId: string) => number) {
    let hiddenBelow = Number.POSITIVE_INFINITY;
    let count = 0;
    for (const row of rows) {
      if (row.depth > hiddenBelow) continue;
      const isFolded = isFoldedIn(row, toggled);
      hiddenBelow = isFolded ? row.depth : Number.POSITIVE_INFINITY;
      this.rows.push(row);
      this.starts.push(count);
      count += 1 + (row.isMap && !isFolded ? items(row.nodeId) : 0);
    }
    this.count = count;
  }

  at(index: number): TimelineRow | undefined {
    if (index < 0 || index >= this.count) return undefined;
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    const row = this.rows[low];
    const item = index - (this.starts[low] ?? 0) - 1;
    return row && item >= 0 ? itemRow(row, item) : row;
  }
}

export function isFoldedIn(row: TimelineRow, toggled: ReadonlySet<string>): boolean {
  return row.isFoldable && row.isMap !== toggled.has(row.key);
}

function itemRow(map: TimelineRow, item: number): TimelineRow {
  const name = `[${item}]`;
  return { key: map.nodeId + name, nodeId: map.nodeId, item, name, depth: map.depth + 1, phase: "UNDEFINED", isCached: false, isFoldable: false, isMap: false, node: undefined };
}

const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800];

/** Marks of a scale in seconds: round ones, `most` of them at most. */
export function ticks(from: number, to: number, most: number): number[] {
  const wanted = (to - from) / Math.max(1, most);
  const step = STEPS.find((each) => each >= wanted) ?? Math.ceil(wanted / 604_800) * 604_800;
  const found: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to + step * 1e-9 && found.length <= most + 1; at += step) found.push(Math.round(at * 1e6) / 1e6);
  return found;
}
