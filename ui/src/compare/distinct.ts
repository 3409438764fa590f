import { isSameCell } from "./cell";
import type { Row } from "./table";

/**
 * Rows without those that say of every execution what another says: the parameter `lr` beside the input `config.lr`, an output
 * without a name of its own beside the metric that it is. What is the same in all is no reason to leave anything out.
 */
export function distinctRows<R extends Row>(rows: readonly R[]): R[] {
  return rows.filter((row, at) => row.isSame || !rows.some((other, place) => place !== at && isRepeated(row, other, place < at)));
}

function isRepeated(row: Row, other: Row, isEarlier: boolean): boolean {
  const isNameless = isUnnamed(row) && !isUnnamed(other);
  return (isNameless || (isEarlier && lastOf(other.name) === lastOf(row.name))) && row.cells.every((cell, at) => isSameCell(cell, other.cells[at]));
}

/** An output that its task gave no name. */
function isUnnamed({ key }: Row): boolean {
  return /^outputs:o\d+$/.test(key);
}

/** `config.lr` is `lr`. */
export function lastOf(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}
