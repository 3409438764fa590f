import type { NodeRow } from "@/graph/rows";
import type { AttemptDetail } from "@/idl";
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
  /** It begins folded: a map's items. */
  isFoldedAtFirst: boolean;
  bars: readonly Bar[];
}

export interface Timeline {
  rows: readonly TimelineRow[];
  /** ms since the epoch. */
  from: number;
  to: number;
}

const MARGIN = 0.02;

/** Rows of nodes and, beneath a map, of its items; each with its attempts one behind the other. */
export function layTimeline(nodes: readonly NodeRow[], attempts: readonly AttemptDetail[], now: number): Timeline {
  const byNode = group(attempts);
  const rows: TimelineRow[] = [];
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  function note(bars: readonly Bar[]): void {
    for (const bar of bars) {
      from = Math.min(from, bar.from);
      to = Math.max(to, bar.to);
    }
  }
  for (const node of nodes) {
    const mine = byNode.get(node.id);
    const own = (mine?.get(0) ?? []).map((attempt) => barOf(attempt, now));
    const bars = own.length ? own : wholeOf(node, now);
    const items = mine ? [...mine.keys()].filter((item) => item > 0).sort((a, b) => a - b) : [];
    note(bars);
    rows.push({
      key: node.id, nodeId: node.id, item: undefined, name: node.name, depth: node.depth, phase: node.phase, bars,
      isCached: node.cache === "hit", isFoldable: items.length > 0 || node.hasChildren, isFoldedAtFirst: items.length > 0,
    });
    for (const item of items) {
      const found = mine?.get(item) ?? [];
      const itemBars = found.map((attempt) => barOf(attempt, now));
      note(itemBars);
      const last = found.at(-1);
      rows.push({
        key: `${node.id}[${item - 1}]`, nodeId: node.id, item: item - 1, name: `[${item - 1}]`, depth: node.depth + 1, phase: last?.phase ?? "UNDEFINED", bars: itemBars,
        isCached: last?.cache_status === "CACHE_HIT", isFoldable: false, isFoldedAtFirst: false,
      });
    }
  }
  if (!Number.isFinite(from)) return { rows, from: now, to: now + 1 };
  // A little room at the right, so that the last bar's end is seen.
  return { rows, from, to: Math.max(to, from + 1) + MARGIN * (to - from) };
}

function group(attempts: readonly AttemptDetail[]): Map<string, Map<number, AttemptDetail[]>> {
  const found = new Map<string, Map<number, AttemptDetail[]>>();
  for (const attempt of attempts) {
    const id = attempt.node?.node_id ?? "";
    const items = found.get(id) ?? new Map<number, AttemptDetail[]>();
    const item = attempt.item ?? 0;
    const mine = items.get(item) ?? [];
    mine.push(attempt);
    items.set(item, mine);
    found.set(id, items);
  }
  return found;
}

function barOf(attempt: AttemptDetail, now: number): Bar {
  const parts = partsOf(attempt, now);
  const from = parts[0]?.from ?? Date.parse(attempt.created_at ?? "");
  return { attempt: attempt.retry_attempt ?? 0, phase: attempt.phase ?? "UNDEFINED", from, to: parts.at(-1)?.to ?? from, parts };
}

/** A node without attempts (a branch, a gate, a sub-workflow) as one piece. */
function wholeOf(node: NodeRow, now: number): Bar[] {
  const from = Number.isFinite(node.startedAt) ? node.startedAt : node.createdAt;
  if (!Number.isFinite(from)) return [];
  const to = Number.isFinite(node.endedAt) ? node.endedAt : node.phase === "RUNNING" || node.phase === "DYNAMIC_RUNNING" || node.phase === "QUEUED" ? Math.max(now, from) : from;
  return [{ attempt: -1, phase: node.phase, from, to, parts: [] }];
}

/** Rows that are seen while some are folded. */
export function unfolded(rows: readonly TimelineRow[], toggled: ReadonlySet<string>): TimelineRow[] {
  const shown: TimelineRow[] = [];
  let hiddenBelow = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    if (row.depth > hiddenBelow) continue;
    hiddenBelow = row.isFoldable && row.isFoldedAtFirst !== toggled.has(row.key) ? row.depth : Number.POSITIVE_INFINITY;
    shown.push(row);
  }
  return shown;
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
