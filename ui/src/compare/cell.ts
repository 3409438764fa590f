import { floatText, isList, isMap, jsonText, type Plain } from "@/literal/plain";

/** What one execution has in a row; none where it has nothing there. */
export interface Cell {
  /** As it is shown. */
  text: string;
  /** For sorting and for axes; NaN where it is no number. */
  number: number;
  /** What makes two cells equal; the text where it is left out (a file is its content, not its address). */
  same?: string;
  /** Of a text that was cut, all of it. */
  whole?: string;
  /** In a narrow column: from a little before the first place where the texts of the row differ. */
  brief?: string;
}

const DEEPEST = 5;
const MOST_FIELDS = 200;
const MOST_ITEMS = 20;
const LONGEST = 400;
/** So many characters are seen in a column, and so many of them before the first that differs. */
const NARROW = 28;
const LEAD = 8;

/** The cells of a value: one of a scalar, one for each field of a record and item of a short list (`a.b[2].c`); what is long or lies too deep as JSON. */
export function cellsOf(name: string, plain: Plain): Map<string, Cell> {
  const found = new Map<string, Cell>();
  flatten(name, plain, 0, found);
  return found;
}

function flatten(name: string, plain: Plain, depth: number, found: Map<string, Cell>): void {
  const parts = depth < DEEPEST ? partsOf(name, plain) : [];
  if (parts.length > 0 && found.size + parts.length <= MOST_FIELDS) for (const [part, each] of parts) flatten(part, each, depth + 1, found);
  else found.set(name, cellOf(plain));
}

function partsOf(name: string, plain: Plain): (readonly [string, Plain])[] {
  if (isMap(plain)) return [...plain].map(([field, each]) => [name ? `${name}.${field}` : field, each]);
  return isList(plain) && plain.length <= MOST_ITEMS ? plain.map((each, at) => [`${name}[${at}]`, each]) : [];
}

export function cellOf(plain: Plain): Cell {
  if (typeof plain === "number") return { text: floatText(plain), number: plain };
  if (typeof plain === "bigint") return { text: plain.toString(), number: Number(plain) };
  if (typeof plain === "string") return cut(plain);
  if (isList(plain) || isMap(plain)) return cut(jsonText(plain));
  return { text: jsonText(plain), number: Number.NaN };
}

function cut(text: string): Cell {
  return text.length > LONGEST ? { text: part(text, 0, LONGEST), number: Number.NaN, whole: text } : { text, number: Number.NaN };
}

/** The cells of a row, with what is too long to be seen whole cut around the first place where they differ. */
export function cutAround(cells: readonly (Cell | undefined)[]): readonly (Cell | undefined)[] {
  const texts = cells.filter((cell) => cell !== undefined).map(wholeOf);
  const [first = ""] = texts;
  const at = Math.min(...texts.map((text) => firstDifference(first, text)));
  const longest = Math.max(0, ...texts.map(({ length }) => length));
  if (at >= longest || longest <= NARROW || at < NARROW - LEAD) return cells;
  return cells.map((cell) => {
    if (!cell || !Number.isNaN(cell.number)) return cell;
    const whole = wholeOf(cell);
    const from = whole.length > LONGEST && at > LONGEST / 2 ? at - LONGEST / 2 : 0;
    return { ...cell, text: part(whole, from, LONGEST), brief: part(whole, at - LEAD, LONGEST) };
  });
}

function wholeOf({ whole, text }: Cell): string {
  return whole ?? text;
}

/** Where two texts begin to differ; Infinity if they are the same. */
function firstDifference(one: string, other: string): number {
  if (one === other) return Number.POSITIVE_INFINITY;
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return at;
}

function part(text: string, from: number, length: number): string {
  return `${from > 0 ? "…" : ""}${text.slice(from, from + length)}${from + length < text.length ? "…" : ""}`;
}

/** To six digits where a float has more: a column is read down, and its exact values stand in the differences and in the CSV. */
export function roundedCell(cell: Cell): Cell {
  if (!/[.e]/.test(cell.text) || cell.text !== floatText(cell.number)) return cell;
  const whole = Math.trunc(Math.abs(cell.number)).toString().length; // never zeros in place of digits before the point
  return { ...cell, text: floatText(Number(cell.number.toPrecision(Math.min(100, Math.max(6, whole))))) };
}

/** Whether all executions have the same there; one that has nothing differs from one that has. */
export function areSame(cells: readonly (Cell | undefined)[]): boolean {
  return cells.every((cell) => isSameCell(cells[0], cell));
}

export function isSameCell(one: Cell | undefined, other: Cell | undefined): boolean {
  return identity(one) === identity(other);
}

function identity(cell: Cell | undefined): string | undefined {
  return cell && (cell.same ?? wholeOf(cell));
}
