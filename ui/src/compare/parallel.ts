import type { Group, Row } from "./table";

/** One vertical line of a parallel plot: a row in which the executions differ. */
export interface Axis {
  key: string;
  name: string;
  isNumeric: boolean;
  isSpan: boolean;
  /** At the foot and at the head of a numeric axis. */
  low: number;
  high: number;
  /** Of an axis of texts, from the foot up. */
  texts: readonly string[];
  /** Of each execution: 0 at the foot, 1 at the head; NaN: it has nothing there. */
  heights: readonly number[];
}

const MOST_TEXTS = 12;
const MOST_AXES = 12;

/** Axes for what differs: numbers by size, texts of which there are few by name. What went in is left, what came out right. */
export function axesOf(groups: readonly Group[]): Axis[] {
  const rows = groups.filter(({ key }) => key !== "environment").flatMap(({ rows }) => rows.filter(({ isSame }) => !isSame));
  const axes = rows.map(axisOf).filter((axis) => axis !== undefined);
  if (axes.length <= MOST_AXES) return axes;
  // Of too many those stay that say most: durations of nodes go first.
  const durations = axes.filter(({ key }) => key.startsWith("durations:")).slice(1);
  const kept = new Set(axes.filter((axis) => !durations.includes(axis)).slice(0, MOST_AXES));
  return axes.filter((axis) => kept.has(axis));
}

function axisOf({ key, name, cells, isSpan = false }: Row): Axis | undefined {
  const there = cells.filter((cell) => cell !== undefined);
  if (there.length === 0) return undefined;
  if (there.every(({ number }) => !Number.isNaN(number))) {
    const finite = there.map(({ number }) => number).filter(Number.isFinite);
    const low = Math.min(...finite);
    const high = Math.max(...finite);
    if (!Number.isFinite(low)) return undefined;
    const height = (number: number) => (high === low ? 0.5 : Math.max(0, Math.min(1, (number - low) / (high - low))));
    return { key, name, isNumeric: true, isSpan, low, high, texts: [], heights: cells.map((cell) => (cell ? height(cell.number) : Number.NaN)) };
  }
  const texts = [...new Set(there.map(({ text }) => text))].sort();
  if (texts.length > MOST_TEXTS) return undefined;
  const height = (text: string) => (texts.length === 1 ? 0.5 : texts.indexOf(text) / (texts.length - 1));
  return { key, name, isNumeric: false, isSpan: false, low: 0, high: 0, texts, heights: cells.map((cell) => (cell ? height(cell.text) : Number.NaN)) };
}
