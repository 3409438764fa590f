import type { Alula, Literal } from "@/idl";
import { sizeInWords } from "@/lib/size";
import { exact, inWords, ms } from "@/lib/time";
import { isMap, jsonText, type Plain } from "@/literal/plain";
import { floatOf } from "@/literal/scalar";
import { fileName, shownOf, type Shown } from "@/literal/shown";
import { jsonOfLiteral } from "@/literal/text";
import { cellOf, roundedCell } from "./cell";
import { columnLabels, columnOf, type ColumnKind, type ColumnLook, type ValueColumn } from "./columnKey";

export type ExecutionValues = Alula<"ExecutionValues">;

/** A value in a column. */
export interface ValueCell {
  text: string;
  /** All of it, where the text does not say all. */
  whole?: string;
  /** Read down a column: it stands at the right. */
  isNumber?: boolean;
  /** Words about a value rather than one. */
  isAbout?: boolean;
  /** For sorting; NaN where it is no number. */
  number: number;
}

const DEEPEST = 4;
const MOST_FIELDS = 100;
const LONGEST = 200;
const LONGEST_WHOLE = 2000;

/** Every column that executions have something in, by kind; fields of records by themselves. */
export function knownColumns(all: readonly ExecutionValues[]): Record<ColumnKind, ValueColumn[]> {
  const keys: Record<ColumnKind, Set<string>> = { inputs: new Set(), outputs: new Set(), metrics: new Set() };
  for (const values of all) {
    for (const kind of ["inputs", "outputs"] as const) {
      for (const [name, literal] of Object.entries(values[kind]?.literals ?? {})) for (const field of fieldsOf(name, literal)) keys[kind].add(`${kind}.${field}`);
    }
    for (const key of metricKeys(values)) keys.metrics.add(key);
    for (const key of values.left_out ?? []) keys[key.startsWith("outputs.") ? "outputs" : "inputs"].add(key);
  }
  const sorted = (kind: ColumnKind) => [...keys[kind]].sort(byNumberToo).map(columnOf).filter((each) => each !== undefined);
  return { inputs: sorted("inputs"), outputs: sorted("outputs"), metrics: sorted("metrics") };
}

/** A metric by its name, and where several nodes tell it each of theirs. */
function metricKeys({ metrics = [] }: ExecutionValues): string[] {
  const isTwice = (name: string) => metrics.filter((each) => each.name === name).length > 1;
  return metrics.flatMap(({ name = "", node_id = "" }) => [`metrics.${name}`, ...(isTwice(name) && !node_id.includes(".") ? [`metrics@${node_id}.${name}`] : [])]);
}

/** o2 before o10. */
function byNumberToo(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function fieldsOf(name: string, literal: Literal): string[] {
  const found: string[] = [];
  flatten(name, plainOf(literal), 0, (field) => found.push(field));
  return found.length ? found : [name];
}

/** Calls back with each field of a record, or with the value itself if it is none. */
function flatten(name: string, plain: Plain | undefined, depth: number, take: (name: string, plain: Plain) => unknown): void {
  if (plain === undefined) return;
  if (isMap(plain) && plain.size > 0 && plain.size <= MOST_FIELDS && depth < DEEPEST) for (const [field, each] of plain) flatten(`${name}.${field}`, each, depth + 1, take);
  else take(name, plain);
}

/** What an execution has in a column; undefined: nothing. */
export function valueCell(values: ExecutionValues, column: ValueColumn): ValueCell | undefined {
  if (column.kind === "metrics") return metricCell(values, column);
  const { kind, name } = column;
  const literals = new Map(Object.entries(values[kind]?.literals ?? {}));
  const [root = ""] = name.split(".");
  if (values.left_out?.some((each) => each === `${kind}.${name}` || each === `${kind}.${root}`)) return about("too large", "More than a list shows: open the execution to see it");
  const whole = literals.get(name);
  if (whole) return literalCell(whole);
  const holder = literals.get(root);
  let found: ValueCell | undefined;
  if (holder && root !== name) flatten(root, plainOf(holder), 0, (field, plain) => { if (field === name) found = plainCell(plain); });
  return found;
}

function metricCell({ metrics = [], left_out = [], is_left_out: isCut }: ExecutionValues, { name, nodeId }: ValueColumn): ValueCell | undefined {
  const told = metrics.filter((each) => each.name === name && (nodeId === undefined || each.node_id === nodeId));
  const cells = told.map(({ last }) => numberCell(floatOf(last ?? 0)));
  if (cells.length === 0 && isCut && !left_out.length) return about("not looked at", "More nodes than a list looks at: open the execution to see whether one told it");
  if (cells.length < 2) return cells[0];
  return about(`${cells.length} nodes${isCut && !left_out.length ? " or more" : ""}`, told.map(({ node_id = "" }, at) => `${node_id}: ${cells[at]?.text ?? ""}`).join("\n"));
}

function about(text: string, whole: string): ValueCell {
  return { text, whole, isAbout: true, number: Number.NaN };
}

function numberCell(plain: number | bigint): ValueCell {
  const exactly = cellOf(plain);
  const { text, number } = roundedCell(exactly);
  return { text, number, isNumber: true, ...(text === exactly.text ? {} : { whole: exactly.text }) };
}

function literalCell(literal: Literal): ValueCell {
  const shown = shownOf(literal);
  return shown.kind === "union" ? literalCell(shown.value) : shownCell(shown, literal);
}

function shownCell(shown: Exclude<Shown, { kind: "union" }>, literal: Literal): ValueCell {
  switch (shown.kind) {
    case "nothing": return about("none", "None");
    case "text": return textCell(shown.text);
    case "number": return literal.scalar?.primitive?.integer === undefined ? numberCell(floatOf(shown.text)) : numberCell(BigInt(shown.text));
    case "boolean": return { text: String(shown.value), number: Number.NaN };
    case "instant": return { text: exact(ms(shown.iso)).slice(0, 19) || shown.iso, whole: exact(ms(shown.iso)) || shown.iso, number: ms(shown.iso) };
    case "span": return { text: inWords(shown.seconds) || shown.text, whole: shown.text, isNumber: true, number: shown.seconds };
    case "file": return { ...textCell(fileName(shown.uri)), whole: shown.uri.slice(0, LONGEST_WHOLE), isAbout: true };
    case "frame": return about(shown.columns.length ? `${shown.columns.length} columns` : "data frame", shown.uri);
    case "bytes": return about(sizeInWords(shown.size), `${sizeInWords(shown.size)} of ${shown.tag || "bytes"}`);
    case "offloaded": return about("in the store", `${shown.words}, ${sizeInWords(shown.bytes)}: ${shown.uri}`);
    case "error": return textCell(shown.message);
    case "list": return restCell(literal, `${shown.items.length} items`);
    case "map": return restCell(literal, `${shown.entries.length} entries`);
    case "tree": case "unknown": return plainCell(shown.value);
  }
}

function restCell(literal: Literal, words: string): ValueCell {
  const plain = plainOf(literal);
  return plain === undefined ? about(words, words) : plainCell(plain);
}

function plainCell(plain: Plain): ValueCell {
  if (typeof plain === "number" || typeof plain === "bigint") return numberCell(plain);
  if (plain === null) return about("none", "None");
  return textCell(typeof plain === "string" ? plain : jsonText(plain));
}

function textCell(text: string): ValueCell {
  return { text: text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text, whole: text.slice(0, LONGEST_WHOLE), number: Number.NaN };
}

/** Undefined: it cannot be written down. */
function plainOf(literal: Literal): Plain | undefined {
  try {
    return jsonOfLiteral(literal);
  } catch {
    return undefined;
  }
}

const NARROWEST = 6;
const WIDEST = 14;
const SAMPLE = 200;
/** rem of a letter, and of a digit, of which none may be cut: what is left would be another number. */
const LETTER = 0.5;
const DIGIT = 0.57;
/** What a float to six digits may take; inputs are seldom so long. */
const FLOAT = 12;
/** rem of a head's button, which numbers leave free too. */
const BUTTON = 1.75;

/** How columns are drawn, by their names and by what the first rows have. */
export function columnLooks(columns: readonly ValueColumn[], all: readonly (ExecutionValues | undefined)[]): ColumnLook[] {
  const some = all.filter((each) => each !== undefined).slice(0, SAMPLE);
  return columnLabels(columns).map((label, at) => {
    const column = columns[at];
    const cells = column ? some.map((values) => valueCell(values, column)).filter((cell) => cell !== undefined) : [];
    const isNumber = cells.filter((cell) => cell.isNumber).length * 2 > cells.length;
    const least = column?.kind === "inputs" ? 0 : FLOAT;
    const letters = Math.max(0, ...cells.map(({ text, isNumber }) => (isNumber && /[.e]/.test(text) ? Math.max(least, text.length) : text.length)));
    const wanted = Math.max(label.length * LETTER + BUTTON, letters * (isNumber ? DIGIT : LETTER) + (isNumber ? BUTTON : 0));
    return { label, isNumber, width: Math.min(WIDEST, Math.max(NARROWEST, Math.ceil(wanted))) };
  });
}

/** Rows by what they have in a column: numbers before texts, and what is neither last, whichever way. */
export function sortedByCell<T>(rows: readonly T[], cellOfRow: (row: T) => ValueCell | undefined, isDown: boolean): T[] {
  const cells = new Map(rows.map((row) => [row, cellOfRow(row)]));
  const sign = isDown ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [cells.get(one), cells.get(other)];
    if (rank(a) !== rank(b) || !a || !b) return rank(a) - rank(b);
    if (rank(a) === 0) return a.number === b.number ? 0 : sign * (a.number < b.number ? -1 : 1);
    return rank(a) === 1 ? sign * byNumberToo(a.text, b.text) : 0;
  });
}

function rank(cell: ValueCell | undefined): number {
  if (!cell) return 3;
  if (!Number.isNaN(cell.number)) return 0;
  return cell.isNumber || cell.isAbout ? 2 : 1;
}
