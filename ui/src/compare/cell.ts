import { floatText, isList, isMap, jsonText, type Plain } from "@/literal/plain";

/** What one execution has in a row; none where it has nothing there. */
export interface Cell {
  /** As it is shown. */
  text: string;
  /** For sorting and for axes; NaN where it is no number. */
  number: number;
  /** What makes two cells equal; the text where it is left out (a file is its content, not its address). */
  same?: string;
}

const DEEPEST = 5;
const MOST_FIELDS = 200;
const LONGEST = 400;

/** The cells of a value: one of a scalar, one for each field of a record, by dotted name; lists and what lies too deep as JSON. */
export function cellsOf(name: string, plain: Plain): Map<string, Cell> {
  const found = new Map<string, Cell>();
  flatten(name, plain, 0, found);
  return found;
}

function flatten(name: string, plain: Plain, depth: number, found: Map<string, Cell>): void {
  if (isMap(plain) && plain.size > 0 && depth < DEEPEST && found.size + plain.size <= MOST_FIELDS) {
    for (const [field, each] of plain) flatten(name ? `${name}.${field}` : field, each, depth + 1, found);
  } else found.set(name, cellOf(plain));
}

export function cellOf(plain: Plain): Cell {
  if (typeof plain === "number") return { text: floatText(plain), number: plain };
  if (typeof plain === "bigint") return { text: plain.toString(), number: Number(plain) };
  if (typeof plain === "string") return cut(plain);
  if (isList(plain) || isMap(plain)) return cut(jsonText(plain));
  return { text: jsonText(plain), number: Number.NaN };
}

function cut(text: string): Cell {
  return text.length > LONGEST ? { text: `${text.slice(0, LONGEST)}…`, number: Number.NaN, same: text } : { text, number: Number.NaN };
}

/** To six digits where a float has more: a column is read down, and its exact values stand in the differences and in the CSV. */
export function roundedCell(cell: Cell): Cell {
  if (!/[.e]/.test(cell.text) || cell.text !== floatText(cell.number)) return cell;
  const whole = Math.trunc(Math.abs(cell.number)).toString().length; // never zeros in place of digits before the point
  return { ...cell, text: floatText(Number(cell.number.toPrecision(Math.min(100, Math.max(6, whole))))) };
}

/** Whether all executions have the same there; one that has nothing differs from one that has. */
export function areSame(cells: readonly (Cell | undefined)[]): boolean {
  const first = identity(cells[0]);
  return cells.every((cell) => identity(cell) === first);
}

function identity(cell: Cell | undefined): string | undefined {
  return cell && (cell.same ?? cell.text);
}
