import { apart } from "@/lib/number";
import { inWords } from "@/lib/time";
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
const LONGEST_TEXT = 32;

/** What is set is left, what came out of it right: numbers first, then words, outputs and metrics, durations, versions. */
const ORDER: readonly ((axis: Axis) => boolean)[] = [
  (axis) => isSet(axis) && axis.isNumeric,
  isSet,
  ({ key, isNumeric }) => /^(outputs|metrics):/.test(key) && isNumeric,
  ({ key }) => key.startsWith("outputs:"),
  ({ key }) => key.startsWith("durations:"),
];

/** Axes for what differs: numbers by size, texts of which there are few by name; neither hashes nor long texts, which say nothing there. */
export function axesOf(groups: readonly Group[]): Axis[] {
  const rows = groups.filter(({ key }) => key !== "environment").flatMap(({ rows }) => rows.filter(({ isSame }) => !isSame));
  const axes = rows.map(axisOf).filter((axis) => axis !== undefined);
  axes.sort((a, b) => rank(a) - rank(b));
  // Of too many those stay that say most: what came out has half of them at least, and durations of nodes go first.
  const results = axes.filter((axis) => !isSet(axis));
  const inputs = axes.filter(isSet).slice(0, Math.max(MOST_AXES / 2, MOST_AXES - results.length));
  return [...inputs, ...results].slice(0, MOST_AXES);
}

function isSet({ key }: Axis): boolean {
  return /^(inputs|parameters):/.test(key);
}

function rank(axis: Axis): number {
  const at = ORDER.findIndex((is) => is(axis));
  return at < 0 ? ORDER.length : at;
}

/** What stands at an axis, and at which height: no two marks read the same. */
export function marksOf({ isNumeric, isSpan, low, high, texts }: Axis): (readonly [height: number, text: string])[] {
  if (!isNumeric) return texts.map((text, at) => [texts.length === 1 ? 0.5 : at / (texts.length - 1), text]);
  const heights = low === high ? [0.5] : [0, 0.5, 1];
  const values = low === high ? [low] : [low, low / 2 + high / 2, high];
  const said = isSpan ? wordsOf(values) : apart(values);
  return heights.map((height, at) => [height, said[at] ?? ""] as const).filter(([, text], at) => said.indexOf(text) === at);
}

function wordsOf(spans: readonly number[]): string[] {
  const words = spans.map(inWords);
  return new Set(words).size === words.length ? words : apart(spans).map((text) => `${text} s`);
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
  if (there.some(({ text, same }) => same !== undefined || text.length > LONGEST_TEXT || isHash(text))) return undefined;
  const texts = [...new Set(there.map(({ text }) => text))].sort();
  if (texts.length > MOST_TEXTS) return undefined;
  const height = (text: string) => (texts.length === 1 ? 0.5 : texts.indexOf(text) / (texts.length - 1));
  return { key, name, isNumeric: false, isSpan: false, low: 0, high: 0, texts, heights: cells.map((cell) => (cell ? height(cell.text) : Number.NaN)) };
}

/** Such as of a commit, or of what a version is made of. */
function isHash(text: string): boolean {
  return /^(?=.*\d)[0-9a-f]{7,}$/.test(text);
}
