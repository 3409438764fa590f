import { apart } from "@/lib/number";
import { inWords } from "@/lib/time";
import { betterEnd } from "./best";
import { distinctRows } from "./distinct";
import type { Group, Row } from "./table";

/** One vertical line of a parallel plot: a row in which the executions differ. */
export interface Axis {
  key: string;
  name: string;
  isNumeric: boolean;
  isSpan: boolean;
  /** Its heights are those of the logarithms: the largest is many times the least. */
  isLog: boolean;
  /** At the foot and at the head of a numeric axis. */
  low: number;
  high: number;
  /** Of an axis of texts, from the foot up. */
  texts: readonly string[];
  /** Of each execution: 0 at the foot, 1 at the head; NaN: it has nothing there. */
  heights: readonly number[];
}

const MOST_TEXTS = 12;
/** So many times its foot is the head of an axis that becomes logarithmic. */
const WIDE = 50;
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
  const axes = distinctRows(rows).map(axisOf).filter((axis) => axis !== undefined);
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
export function marksOf({ isNumeric, isSpan, isLog, low, high, texts }: Axis): (readonly [height: number, text: string])[] {
  if (!isNumeric) return texts.map((text, at) => [texts.length === 1 ? 0.5 : at / (texts.length - 1), text]);
  const heights = low === high ? [0.5] : [0, 0.5, 1];
  const values = low === high ? [low] : [low, isLog ? Math.sqrt(low) * Math.sqrt(high) : low / 2 + high / 2, high];
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
    const isLog = low > 0 && high / low >= WIDE && betterEnd(name) !== "high"; // an accuracy is read by its differences
    const share = (number: number) => (isLog ? Math.log(number / low) / Math.log(high / low) : (number - low) / (high - low));
    const height = (number: number) => (high === low ? 0.5 : Math.max(0, Math.min(1, share(number))));
    return { key, name, isNumeric: true, isSpan, isLog, low, high, texts: [], heights: cells.map((cell) => (cell ? height(cell.number) : Number.NaN)) };
  }
  if (there.some(({ text, same }) => same !== undefined || text.length > LONGEST_TEXT || isHash(text))) return undefined;
  const texts = [...new Set(there.map(({ text }) => text))].sort();
  if (texts.length > MOST_TEXTS) return undefined;
  const height = (text: string) => (texts.length === 1 ? 0.5 : texts.indexOf(text) / (texts.length - 1));
  return { key, name, isNumeric: false, isSpan: false, isLog: false, low: 0, high: 0, texts, heights: cells.map((cell) => (cell ? height(cell.text) : Number.NaN)) };
}

/** What is looked at of axes, by their keys: from one height to another. */
export type Ranges = Readonly<Record<string, readonly [from: number, to: number]>>;

/** Whether an execution lies within every range; where it has nothing on an axis it lies outside. */
export function isWithin(axes: readonly Axis[], ranges: Ranges, execution: number): boolean {
  return axes.every(({ key, heights }) => {
    const range = ranges[key];
    const height = heights[execution] ?? Number.NaN;
    return !range || (height >= range[0] && height <= range[1]);
  });
}

/** By which axis lines are coloured unless somebody chooses: the first number that came out, one that says which end is better before others. */
export function telling(axes: readonly Axis[]): Axis | undefined {
  const results = axes.filter(({ key, isNumeric }) => isNumeric && /^(metrics|outputs):/.test(key));
  return results.find(({ name }) => betterEnd(name)) ?? results[0];
}

/** Such as of a commit, or of what a version is made of. */
function isHash(text: string): boolean {
  return /^(?=.*\d)[0-9a-f]{7,}$/.test(text);
}
