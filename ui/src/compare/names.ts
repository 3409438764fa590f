import { lastOf } from "./distinct";
import type { Group, Row } from "./table";

/** What tells compared executions apart by more than their names, for instance `lr=0.01 depth=6`. */
const MOST_PARTS = 3;
const LONGEST = 24;

/** A name that nobody chose: as the server makes them. */
export function isGenerated(name: string): boolean {
  return /^a[a-z0-9]{19}$/.test(name);
}

/**
 * What each execution is called where it is compared: the name that somebody chose, else the inputs by which it differs from the others.
 * Where these leave two of them alike, the beginning of the name follows.
 */
export function labelsOf(groups: readonly Group[], names: readonly string[]): string[] {
  const rows = tellingRows(groups.filter(({ key }) => key === "inputs" || key === "parameters").flatMap((group) => group.rows));
  const said = names.map((name, at) => (isGenerated(name) ? partsOf(rows, at) : "") || name);
  return said.map((label, at) => (label !== names[at] && said.indexOf(label) !== said.lastIndexOf(label) ? `${label} · ${names[at]?.slice(0, 6) ?? ""}` : label));
}

function partsOf(rows: readonly Row[], at: number): string {
  return rows.map(({ name, cells }) => `${lastOf(name)}=${cells[at]?.text ?? "–"}`).join(" ");
}

/** A few rows that together tell most of them apart, in the order in which they stand. */
function tellingRows(rows: readonly Row[]): Row[] {
  const left = rows.filter(isTelling);
  const chosen: Row[] = [];
  let apart = 1;
  while (chosen.length < MOST_PARTS) {
    const counts = left.map((row) => groupsBy([...chosen, row]));
    const best = Math.max(0, ...counts);
    if (best <= apart) break;
    const [row] = left.splice(counts.indexOf(best), 1);
    if (row) chosen.push(row);
    apart = best;
  }
  return rows.filter((row) => chosen.includes(row));
}

function isTelling({ isSame, cells }: Row): boolean {
  return !isSame && cells.every((cell) => !cell || (cell.same === undefined && cell.text.length <= LONGEST));
}

/** Into how many groups rows part the executions. */
function groupsBy(rows: readonly Row[]): number {
  const count = rows[0]?.cells.length ?? 0;
  return new Set(Array.from({ length: count }, (_, at) => JSON.stringify(rows.map(({ cells }) => cells[at]?.text)))).size;
}
